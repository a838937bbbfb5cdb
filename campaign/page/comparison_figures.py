"""The figures of a comparison: two shares with their bounds, and two distributions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from farside.campaign.compare import Comparison, Moved
from farside.campaign.page.figures import percent
from farside.campaign.page.svg import WIDTH, Axes
from farside.campaign.page.ticks import tick_text, ticks_of
from farside.campaign.statistics.flights import Floats
from farside.mission.units import number

#: Points along a curve: more would not be seen.
CURVE_POINTS = 160
#: A limit further out than this many ranges of the values is not drawn.
FAR = 1.0
STYLES = ("of-a", "of-b")


def success_bars(found: Comparison) -> str:
    """Draw the share of success of both campaigns with its two-sided 95 % bounds."""
    shares = (found.success_a, found.success_b)
    low = min(share.low for share in shares)
    high = max(share.high for share in shares)
    pad = max(0.08 * (high - low), 1e-4)
    axes = Axes((max(low - pad, 0.0), min(high + pad, 1.0)), (0.0, 1.0), height=118.0, left=30.0)
    ticks = ticks_of(*axes.x, most=4)
    axes.grid_x(ticks, [percent(tick) for tick in ticks], "flights that succeed")
    for share, name, style, y in zip(shares, "AB", STYLES, (26.0, 60.0), strict=True):
        at, ends = axes.at_x(share.share), (axes.at_x(share.low), axes.at_x(share.high))
        says = (
            f"{name}: {share.count:,} of {share.of:,}, {percent(share.share)}; 95 %: "
            f"{percent(share.low)} to {percent(share.high)}"
        )
        axes.add(f'<path class="bounds {style}" d="M{ends[0]:.1f} {y:.1f}H{ends[1]:.1f}"/>')
        _spot(axes, at, y, says, style)
        axes.text(axes.left - 10.0, y + 4.0, name, "axis", "end")
    return axes.drawing("Share of success of both campaigns with 95 % bounds")


def distribution_figure(
    each: Moved, values: Sequence[Floats], limits: Sequence[float | None]
) -> str:
    """Draw the share of flights up to a value, of both campaigns, with the limit of each."""
    held = [np.sort(column[np.isfinite(column)]) for column in values]
    ends = [float(end) for column in held for end in (column[0], column[-1])]
    span = (min(ends), max(ends))
    reach = span[1] - span[0] or 1.0
    near = [
        limit for limit in dict.fromkeys(limits)
        if limit is not None and span[0] - FAR * reach <= limit <= span[1] + FAR * reach
    ]  # fmt: skip
    span = (min([span[0], *near]), max([span[1], *near]))
    pad = 0.04 * (span[1] - span[0] or 1.0)
    axes = Axes((span[0] - pad, span[1] + pad), (0.0, 1.0), height=210.0, left=48.0)
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    axes.grid_y(shares, [percent(share) for share in shares])
    ticks = ticks_of(*axes.x)
    axes.grid_x(ticks, [tick_text(tick, ticks) for tick in ticks], each.unit or "\u2013")
    for limit in near:
        axes.upright(limit, "limit")
        right = axes.at_x(limit) > 0.5 * WIDTH
        text = f"limit {number(limit, each.digits, each.unit)}"
        place = axes.at_x(limit) + (-5.0 if right else 5.0)
        axes.text(place, axes.at_y(0.0) - 8.0, text, "limit-text", "end" if right else "start")
    for column, style in zip(held, STYLES, strict=True):
        axes.path(*_steps(column, axes.x), f"curve {style}")
    for column, name, style in zip(held, "AB", STYLES, strict=True):
        middle = float(np.median(column))
        says = f"{name}: median {number(middle, each.digits, each.unit)}"
        axes.dot(middle, 0.5, says, f"dot {style}")
    return axes.drawing(f"Share of flights up to a value, A and B: {each.title}")


def _steps(ordered: Floats, ends: tuple[float, float]) -> tuple[list[float], list[float]]:
    """Return the empirical distribution function as a line of steps, from end to end."""
    count = len(ordered)
    # of many flights, every so many-th: the first and the last among them
    ranks = np.unique(np.linspace(1, count, min(count, CURVE_POINTS)).round().astype(int))
    x, y = [ends[0]], [0.0]
    for rank in ranks:
        value = float(ordered[rank - 1])
        x += [value, value]
        y += [y[-1], rank / count]
    return [*x, ends[1]], [*y, 1.0]


def shift_figure(outcomes: Sequence[Moved]) -> str:
    """Draw the shift of each outcome in parts of A's median, with its 95 % bounds."""
    rows = [each for each in outcomes if _parts(each)]
    if not rows:
        return ""
    parts = [part for each in rows for part in _parts(each)]
    reach = 1.1 * max(max(abs(part) for part in parts), 1e-3)
    step = 25.0
    axes = Axes(
        (-reach, reach), (0.0, 1.0),
        height=40.0 + step * len(rows), left=172.0, bottom=36.0, top=2.0,
    )  # fmt: skip
    ticks = ticks_of(-reach, reach, most=4)
    texts = [f"{tick_text(100.0 * t, [100.0 * tick for tick in ticks])}\u202f%" for t in ticks]
    axes.grid_x(ticks, texts, "B less A, of the median of A")
    axes.upright(0.0, "zero")
    for i, each in enumerate(rows):
        y = axes.top + step * i + 14.0
        estimate, low, high = _parts(each)
        style = "of-b" if each.significant else "weak"
        says = f"{each.title}: {number(each.shift.estimate, each.digits, each.unit)}"
        axes.add(
            f'<path class="bounds {style}" d="M{axes.at_x(low):.1f} {y:.1f}'
            f'H{axes.at_x(high):.1f}"/>'
        )
        _spot(axes, axes.at_x(estimate), y, says, style)
        axes.text(axes.left - 6.0, y + 4.0, each.title, "tick", "end")
    return axes.drawing("Shift of each outcome with 95 % bounds, relative to the median of A")


def _spot(axes: Axes, x: float, y: float, says: str, style: str) -> None:
    """Draw a point at a place of the drawing; it tells its numbers when it is pointed at."""
    axes.add(
        f'<circle class="dot {style}" cx="{x:.1f}" cy="{y:.1f}" r="4.2">'
        f"<title>{escape(says)}</title></circle>"
    )


def _parts(each: Moved) -> tuple[float, ...]:
    """Return a shift and its bounds in parts of A's median; empty where there are none."""
    found = (each.shift.estimate, each.shift.low, each.shift.high)
    if not each.median_a or not all(math.isfinite(value) for value in (*found, each.median_a)):
        return ()
    return tuple(value / abs(each.median_a) for value in found)
