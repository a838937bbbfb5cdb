"""How well the lander knew its state: the table and the figures of NEES on a campaign's page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from farside.campaign.page.svg import Axes
from farside.campaign.page.tables import table
from farside.campaign.page.ticks import log_ticks, room, tick_text, ticks_of
from farside.campaign.statistics.consistency import Consistency
from farside.mission.units import number


def by_block(found: Sequence[Consistency]) -> dict[str, list[Consistency]]:
    """Group by block, in order."""
    blocks: dict[str, list[Consistency]] = {}
    for each in found:
        blocks.setdefault(each.block, []).append(each)
    return blocks


def titled(name: str) -> str:
    """Return a block or an epoch in words."""
    return name.replace("_", " ")


def consistency_table(found: Sequence[Consistency]) -> str:
    """Tabulate mean NEES of each block at each epoch; nothing where there is none."""
    if not found:
        return ""
    epochs = list(dict.fromkeys(each.epoch for each in found))
    rows = []
    for block, means in by_block(found).items():
        at = {each.epoch: each for each in means}
        cells = [_cell(at[epoch]) if epoch in at else "\u2013" for epoch in epochs]
        rows.append((escape(titled(block)), *cells))
    return table(("mean NEES, 3 states", *(escape(titled(epoch)) for epoch in epochs)), rows)


def _cell(each: Consistency) -> str:
    """Write a mean, its band below, and whether it is outside."""
    mood = "good" if each.inside else "bad"
    return (
        f'<span class="{mood}">{number(each.mean, 2)}</span>'
        f"<small>{number(each.low, 2)} to {number(each.high, 2)}</small>"
    )


def consistency_figure(means: Sequence[Consistency]) -> str:
    """Draw the mean NEES of a block against time, with its band."""
    times = [each.time_s for each in means]
    values = [each.mean for each in means]
    low, high = min(each.low for each in means), max(each.high for each in means)
    span = 0.8 * min(low, *values), 1.25 * max(high, *values)
    ticks = log_ticks(*span)
    texts = [tick_text(tick, ticks) for tick in ticks]
    axes = Axes((0.0, 1.05 * max(times)), span, height=170.0, log_y=True, left=room(texts))
    axes.grid_y(ticks, texts)
    seconds = ticks_of(*axes.x)
    axes.grid_x(seconds, [tick_text(tick, seconds) for tick in seconds], "s")
    if len(means) > 1:
        lows, highs = [each.low for each in means], [each.high for each in means]
        axes.path([*times, *times[::-1]], [*highs, *lows[::-1]], "band", closed=True)
        axes.path(times, values, "curve")
    for each in means:
        says = (
            f"{titled(each.epoch)}: {number(each.mean, 2)}, 95 %: {number(each.low, 2)} to "
            f"{number(each.high, 2)}; {each.flights:,} flights"
        )
        axes.dot(each.time_s, each.mean, says)
    outside = sum(not each.inside for each in means)
    return axes.drawing(
        f"Mean NEES of the {titled(means[0].block)} against time, with its 95 % band: outside at "
        f"{outside} of {len(means)} epochs."
    )
