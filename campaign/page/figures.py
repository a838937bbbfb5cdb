"""The figures of a campaign: how often, how much, where, why, and whether it is enough."""

from __future__ import annotations

import math
from html import escape

import numpy as np
from scipy.stats import binom

from farside.campaign.page.cells import (
    MOST_CROSSES,
    MOST_DOTS,
    cloud_words,
    count_cells,
    shade_cells,
)
from farside.campaign.page.svg import WIDTH, Axes
from farside.campaign.page.ticks import (
    input_label,
    log_ticks,
    room,
    shorten,
    tick_text,
    ticks_of,
)
from farside.campaign.statistics.convergence import Prefix
from farside.campaign.statistics.dispersion import Dispersion
from farside.campaign.statistics.drivers import Driven, Driver
from farside.campaign.statistics.flights import Flags, Floats
from farside.campaign.statistics.requirements import Outcome
from farside.campaign.target import TARGET
from farside.mission.units import number

#: Points along a curve: more would not be seen.
CURVE_POINTS = 72
#: Bars of an outcome: the strongest inputs.
MOST_BARS = 6
#: A limit further out than this many ranges of the values is named at the edge instead.
FAR = 2.5


def success_figure(prefixes: tuple[Prefix, ...], target: float = TARGET) -> str:
    """Draw the share of failures with its bounds against the number of flights.

    Parameters
    ----------
    prefixes : tuple of Prefix
        The campaign so far, at growing numbers of flights.
    target : float
        Share of safe landings that is asked for: a line. Failures are few below it.
    """
    last = prefixes[-1]
    deepest = min(max(1.0 - last.success.high, 0.2 / last.flights), 0.5 * (1.0 - target))
    power = math.floor(math.log10(deepest))
    lines = [10.0**-each for each in range(-power + 1)]
    texts = [percent(1.0 - share) for share in lines]
    axes = Axes(
        _flights_span(prefixes[0].flights, last.flights), (10.0**power, 1.0),
        log_x=True, log_y=True, left=room(texts), height=270.0,
    )  # fmt: skip
    axes.grid_y(lines, texts)
    _flights_axis(axes)
    flights = [prefix.flights for prefix in prefixes]
    low = [max(1.0 - prefix.success.high, axes.y[0]) for prefix in prefixes]
    high = [max(1.0 - prefix.success.low, axes.y[0]) for prefix in prefixes]
    _band(axes, flights, low, high)
    axes.level(1.0 - target, "limit")
    failing = [1.0 - prefix.success.share for prefix in prefixes]
    axes.path(flights, [max(share, axes.y[0]) for share in failing], "curve")
    for prefix, share in zip(prefixes, failing, strict=True):
        says = (
            f"{prefix.flights:,} flights: {percent(prefix.success.share)} safe, 95 %: "
            f"{percent(prefix.success.low)} to {percent(prefix.success.high)}"
        )
        axes.dot(prefix.flights, max(share, axes.y[0]), says)
    line = f"target {percent(target)}: the band must lie below"
    axes.text(axes.left + 4.0, axes.at_y(1.0 - target) + 13.0, line, "limit-text")
    return axes.drawing(
        f"Share of failures against the number of flights, with 95 % bounds. After "
        f"{last.flights:,} flights {percent(last.success.share)} are safe, "
        f"{percent(last.success.low)} to {percent(last.success.high)}; the target is "
        f"{percent(target)}."
    )


def _flights_span(first: int, last: int) -> tuple[float, float]:
    """Return the ends of a scale of flights; a single number of flights stands in its middle."""
    return (float(first), float(last)) if last > first else (0.5 * first, 2.0 * first)


def _flights_axis(axes: Axes) -> None:
    """Draw the ticks of an axis of numbers of flights: whole ones."""
    sizes = [size for size in log_ticks(*axes.x) if size == round(size)]
    axes.grid_x(sizes, [number(size) for size in sizes], "flights")


def _band(axes: Axes, x: list[int], low: list[float], high: list[float]) -> None:
    """Fill between two bounds; of a single place, draw them as a whisker."""
    if len(x) > 1:
        axes.path([*x, *reversed(x)], [*high, *reversed(low)], "band", closed=True)
    else:
        axes.path([x[0], x[0]], [low[0], high[0]], "whisker")


def exceedance_figure(outcome: Outcome, values: Floats) -> str:
    """Draw the share of flights that are worse than a value, with its limit."""
    asked = outcome.requirement
    ordered = np.sort(asked.sense * values[np.isfinite(values)])
    count = len(ordered)
    # evenly spaced in the logarithm of what is left beyond, down to one flight
    beyond = np.unique(np.geomspace(1.0 / count, 1.0, CURVE_POINTS))[::-1]
    ranks = np.clip(np.ceil(count * (1.0 - beyond) - 1e-9).astype(int), 1, count)
    at = asked.sense * ordered[ranks - 1]
    low = np.clip(binom.ppf(0.025, count, 1.0 - beyond).astype(int), 1, count)
    high = np.clip(binom.ppf(0.975, count, 1.0 - beyond).astype(int) + 1, 1, count)
    bounds = [asked.sense * ordered[rank - 1] for rank in (low, high)]
    span = [float(values_end) for values_end in (at.min(), at.max())]
    # no narrower than the digits that the outcome is given with
    if span[1] - span[0] < 10.0**-asked.digits:
        middle, half = 0.5 * (span[0] + span[1]), 0.5 * 10.0 ** (1 - asked.digits)
        span = [middle - half, middle + half]
    limit, shown = asked.limit, False
    if limit is not None:
        reach = max(span[1] - span[0], 1e-12)
        shown = span[0] - FAR * reach <= limit <= span[1] + FAR * reach
        if shown:
            span = [min(span[0], limit), max(span[1], limit)]
    pad = 0.04 * (span[1] - span[0])
    shares = log_ticks(0.7 / count, 1.0)
    texts = [percent(share) for share in shares]
    axes = Axes(
        (span[0] - pad, span[1] + pad), (0.7 / count, 1.0), height=196.0, log_y=True,
        left=room(texts),
    )  # fmt: skip
    axes.grid_y(shares, texts)
    ticks = ticks_of(*axes.x)
    axes.grid_x(ticks, [tick_text(tick, ticks) for tick in ticks], unit_text(asked.unit))
    axes.path([*bounds[0], *bounds[1][::-1]], [*beyond, *beyond[::-1]], "band", closed=True)
    axes.path(at, beyond, "curve")
    if count == 1:
        # one flight makes no curve
        said = number(float(at[0]), asked.digits, asked.unit)
        axes.dot(float(at[0]), 1.0, f"the only flight: {said}")
    for each in outcome.percentiles:
        share = 1.0 - each.percent / 100.0
        if math.isfinite(each.value) and share >= axes.y[0]:
            said = number(each.value, asked.digits, asked.unit)
            axes.dot(each.value, share, f"{each.percent:g} % of flights: {said}")
    if limit is not None:
        _draw_limit(axes, limit, shown, number(limit, asked.digits, asked.unit), span)
    told = ", ".join(
        f"{each.percent:g} % of flights {number(each.value, asked.digits, asked.unit)}"
        for each in outcome.percentiles
        if math.isfinite(each.value)
    )
    bound = "" if limit is None else f"; limit {number(limit, asked.digits, asked.unit)}"
    return axes.drawing(f"Share of flights worse than a value: {asked.title}. {told}{bound}.")


def _draw_limit(axes: Axes, limit: float, shown: bool, text: str, span: list[float]) -> None:
    """Draw a limit, or say which way it lies."""
    if shown:
        axes.upright(limit, "limit")
        right = axes.at_x(limit) > 0.5 * WIDTH
        place = axes.at_x(limit) + (-5.0 if right else 5.0)
        axes.text(
            place, axes.top + 11.0, f"limit {text}", "limit-text", "end" if right else "start"
        )
        return
    if limit > span[1]:
        axes.text(
            WIDTH - axes.right - 4.0, axes.top + 11.0, f"limit {text} \u2192", "limit-text", "end"
        )
    else:
        axes.text(axes.left + 4.0, axes.top + 11.0, f"\u2190 limit {text}", "limit-text")


def reach_of(found: Dispersion, east_m: Floats, north_m: Floats) -> tuple[float, Flags]:
    """Return half the side of a figure of touchdowns [m], and which of them are in it."""
    outer = found.ellipses[-1]
    reach = 1.12 * max(
        outer.major_m + math.hypot(found.east_m, found.north_m),
        _reach(outer.empirical_major_m),
    )
    held = np.isfinite(east_m) & np.isfinite(north_m)
    inside = held & (np.hypot(east_m, north_m) <= 2.0 * reach)
    if inside.any():
        far = np.maximum(np.abs(east_m[inside]), np.abs(north_m[inside])).max()
        reach = max(reach, 1.04 * float(far))
    return max(reach, 1e-3), inside  # a millimetre, where all came to rest at one place


def dispersion_figure(
    found: Dispersion, east_m: Floats, north_m: Floats, good: Flags
) -> tuple[str, str]:
    """Draw touchdowns about a point, with the normal ellipses and the empirical ones.

    Returns
    -------
    drawing : str
    words : str
        How the touchdowns are drawn, where not each as a dot or a cross.
    """
    reach, inside = reach_of(found, east_m, north_m)
    axes = Axes((-reach, reach), (-reach, reach), height=WIDTH - 14.0, left=52.0)
    # square: what is lost to the axis below is lost to the left as well
    axes.top = axes.height - axes.bottom - (WIDTH - axes.left - axes.right)
    ticks = ticks_of(-reach, reach)
    texts = [tick_text(tick, ticks) for tick in ticks]
    axes.grid_x(ticks, texts, "east, m")
    axes.grid_y(ticks, texts)
    plain = np.flatnonzero(inside & good)
    if len(plain) > MOST_DOTS:
        shade_cells(axes, count_cells(east_m[plain], north_m[plain], reach), reach)
    else:
        dots = "".join(
            f"M{axes.at_x(float(east_m[i])):.1f} {axes.at_y(float(north_m[i])):.1f}h0"
            for i in plain
        )
        axes.add(f'<path class="cloud" d="{dots}"/>')
    for ellipse, style in zip(found.ellipses, ("in50", "in95", "in99"), strict=True):
        _draw_ellipse(axes, found, (ellipse.major_m, ellipse.minor_m), f"ellipse {style}")
        if math.isfinite(ellipse.empirical_major_m):
            radii = (ellipse.empirical_major_m, ellipse.empirical_minor_m)
            _draw_ellipse(axes, found, radii, f"ellipse found {style}")
    for i in np.flatnonzero(inside & ~good)[:MOST_CROSSES]:
        x, y = axes.at_x(float(east_m[i])), axes.at_y(float(north_m[i]))
        axes.add(f'<path class="cross" d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"/>')
    x, y = axes.at_x(0.0), axes.at_y(0.0)
    axes.add(f'<path class="aim" d="M{x - 7:.1f} {y:.1f}h14M{x:.1f} {y - 7:.1f}v14"/>')
    axes.text(axes.left + 4.0, axes.top + 12.0, "north, m", "axis")
    sizes = ", ".join(
        f"{number(100.0 * each.content, 1)} % within {number(each.major_m, 2)} by "
        f"{number(each.minor_m, 2, 'm')}"
        for each in found.ellipses
    )
    drawn = axes.drawing(
        f"Touchdowns about {found.about}, with normal ellipses, semi-axes: {sizes}."
    )
    return drawn, cloud_words(inside, good, reach)


def _reach(value: float) -> float:
    """Return a size, or nothing where it is unbounded."""
    return value if math.isfinite(value) else 0.0


def _draw_ellipse(axes: Axes, found: Dispersion, radii: tuple[float, float], style: str) -> None:
    """Draw one ellipse about the mean."""
    angle = np.linspace(0.0, 2.0 * np.pi, 73)
    turn = math.radians(found.azimuth_deg)
    along, across = radii[0] * np.cos(angle), radii[1] * np.sin(angle)
    east = found.east_m + along * math.sin(turn) + across * math.cos(turn)
    north = found.north_m + along * math.cos(turn) - across * math.sin(turn)
    axes.path(east, north, style, closed=True)


def drivers_figure(driven: Driven) -> str:
    """Draw the strongest partial rank correlations of an outcome with their bounds."""
    shown = driven.drivers[:MOST_BARS]
    step = 34.0
    axes = Axes(
        (-1.0, 1.0), (0.0, 1.0), height=34.0 + step * len(shown), left=20.0, bottom=30.0, top=2.0
    )
    ticks = (-1.0, -0.5, 0.0, 0.5, 1.0)
    axes.grid_x(ticks, [tick_text(tick, ticks) for tick in ticks], "")
    for i, driver in enumerate(shown):
        _draw_bar(axes, driver, axes.top + step * i)
    axes.upright(0.0, "zero")
    told = ", ".join(
        f"{input_label(each.input, each.unit)} {number(_strength(each), 2)}" for each in shown
    )
    return axes.drawing(f"Strongest inputs of {driven.title}, rank correlation: {told}.")


def _strength(driver: Driver) -> float:
    """Return the partial correlation; the plain one where there is none."""
    return driver.spearman if math.isnan(driver.partial) else driver.partial


def _draw_bar(axes: Axes, driver: Driver, top: float) -> None:
    """Draw one bar below its name: its colour says whether it is more than chance."""
    value = _strength(driver)
    zero, end = axes.at_x(0.0), axes.at_x(value)
    style = "bar" if driver.significant else "bar weak"
    label = input_label(driver.input, driver.unit)
    says = escape(f"{label}: {number(value, 3)}")
    axes.add(
        f'<rect class="{style}" x="{min(zero, end):.1f}" y="{top + 17:.1f}" '
        f'width="{max(abs(end - zero), 0.8):.1f}" height="12"><title>{says}</title></rect>'
    )
    if not math.isnan(driver.low):
        low, high, y = axes.at_x(driver.low), axes.at_x(driver.high), top + 23.0
        axes.add(f'<path class="whisker" d="M{low:.1f} {y:.1f}H{high:.1f}"/>')
    axes.text(axes.left, top + 12.5, shorten(label, WIDTH - axes.left - axes.right), "name")


def percentile_figure(outcome: Outcome, prefixes: tuple[Prefix, ...]) -> str:
    """Draw a 99th percentile with its bounds against the number of flights."""
    asked = outcome.requirement
    found = [(prefix.flights, prefix.followed[asked.name]) for prefix in prefixes]
    known = [(size, each) for size, each in found if math.isfinite(each.value)]
    if not known:
        return ""
    ends = [end for _, each in known for end in (each.value, each.low, each.high)]
    ends = [end for end in ends if math.isfinite(end)]
    pad = 0.08 * (max(ends) - min(ends)) or 0.5
    pad = max(pad, 0.5 * 10.0**-asked.digits)
    heights = (min(ends) - pad, max(ends) + pad)
    ticks = ticks_of(*heights, most=4)
    texts = [tick_text(tick, ticks) for tick in ticks]
    axes = Axes(
        _flights_span(known[0][0], known[-1][0]), heights,
        height=170.0, log_x=True, left=room(texts),
    )  # fmt: skip
    axes.grid_y(ticks, texts)
    _flights_axis(axes)
    sides = [
        [each.low if math.isfinite(each.low) else axes.y[0] for _, each in known],
        [each.high if math.isfinite(each.high) else axes.y[1] for _, each in known],
    ]
    flights = [size for size, _ in known]
    _band(axes, flights, *sides)
    axes.path(flights, [each.value for _, each in known], "curve")
    for size, each in known:
        axes.dot(
            size, each.value, f"{size:,} flights: {number(each.value, asked.digits, asked.unit)}"
        )
    last = known[-1][1]
    return axes.drawing(
        f"99th percentile of {asked.title} against the number of flights: after "
        f"{known[-1][0]:,} flights {number(last.value, asked.digits, asked.unit)}."
    )


def percent(share: float) -> str:
    """Write a share in percent with the digits that its distance from 0 and 1 needs."""
    near = 100.0 * min(share, 1.0 - share)
    digits = 0 if near <= 0.0 else min(max(0, math.ceil(-math.log10(near) - 1e-9)), 6)
    # one more where that one digit would round the share
    if digits < 4 and abs(round(near, digits) - near) > 1e-9:
        digits += 1
    return f"{number(100.0 * share, digits)}\u202f%"


def unit_text(unit: str) -> str:
    """Name a unit on an axis."""
    return unit or "\u2013"
