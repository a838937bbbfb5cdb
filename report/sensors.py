"""What was believed of each sensor: its state over time, and its innovations in their gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.flight.health import (
    MEASURING,
    RETURNING,
    STATES,
    UNITS,
    gates_of,
    reports,
    runs,
    states,
)
from farside.mission.units import number
from farside.navigation import Trust
from farside.report.bands import FOOT_IN, HEAD_IN, paired_axes
from farside.report.colours import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LIMIT,
    ORANGE,
    PURPLE,
    SKY,
    UNKNOWN,
    VERMILION,
    YELLOW,
)
from farside.report.fault_marks import FaultSpan, fault_spans, mark_faults
from farside.report.key import fit, text_width_in
from farside.report.limits import HALO
from farside.report.track import Array, Track, bins_of, envelope

#: In the order of the key; a sensor that has not been heard yet has no bar.
COLOURS: dict[int, str] = {
    Trust.TRUST_BELIEVED: GREEN,
    Trust.TRUST_DOUBTED: YELLOW,
    Trust.TRUST_REJECTED: VERMILION,
    Trust.TRUST_STUCK: PURPLE,
    Trust.TRUST_ZERO: BLACK,
    Trust.TRUST_SATURATED: ORANGE,
    Trust.TRUST_SILENT: UNKNOWN,
    RETURNING: SKY,
}
#: Words of the key where the state's name alone says too little.
WORDS = {
    int(Trust.TRUST_DOUBTED): "doubted: last report not used",
    RETURNING: "heard again, under test",
}
MARKS = ((BLUE, "innovation, used"), (VERMILION, "innovation, not used"))
# Of a lane [in]: the bar at its top, and the innovations about their middle.
LANE_IN, LOW_LANE_IN = 0.72, 0.34
BAR_TOP_IN, BAR_IN, THIN_IN = 0.06, 0.13, 0.05
MIDDLE_IN, GATE_IN, MOST_GATES = 0.46, 0.17, 1.4
BINS_PER_IN, SPREAD_IN = 110, np.array([-0.006, 0.006])
SIZE_PT = 7.5


@dataclass(frozen=True)
class Innovations:
    """Reports of a unit that were tested: rows, innovation in gates, and whether it was used."""

    rows: NDArray[np.intp]
    gates: Array
    used: NDArray[np.bool_]


def innovations(telemetry: NDArray[np.void], i: int, gate: float) -> Innovations:
    """Return a unit's innovations as multiples of its gate; one that is no number is infinite."""
    rows = reports(telemetry, i)
    nu = telemetry["innovation"][rows, i].astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = nu / (gate * telemetry["innovation_sigma"][rows, i].astype(float))
    used = telemetry["trust"][rows, i] == Trust.TRUST_BELIEVED
    return Innovations(rows, np.nan_to_num(size, nan=np.inf), used)


def draw_sensors(track: Track) -> Figure:
    """Draw a lane for each sensor and beam, and one for each fault, over time."""
    telemetry, health = track.landing.telemetry, track.landing.plan.health
    faults = fault_spans(track.landing)
    codes = states(telemetry, health)
    seen = set(np.unique(codes).tolist())
    key = [(at, WORDS.get(code, STATES[code])) for code, at in COLOURS.items() if code in seen]
    tops = np.cumsum([0.0, *[LANE_IN] * MEASURING, *[LOW_LANE_IN] * (1 + len(faults))])
    deep_in = float(tops[-1]) + BAR_TOP_IN
    figure, ((whole, close),) = paired_axes(
        track, ("",), deep_in + HEAD_IN + FOOT_IN, [*key, *MARKS], fill=1.0
    )
    tested = [innovations(telemetry, i, gate) for i, gate in enumerate(gates_of(health))]
    for axes, first in ((whole, 0), (close, track.last_stretch())):
        axes.set_ylim(deep_in, 0.0)  # inches
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        for i, top in enumerate(tops[: len(UNITS)]):
            _bars(axes, track, codes[first:, i], first, float(top))
        for top, each in zip(tops, tested, strict=False):
            _innovations(axes, track, each, first, float(top))
        for top, span in zip(tops[len(UNITS) :], faults, strict=False):
            _fault(axes, span, float(top), named=axes is whole)
        mark_faults(axes, faults)
    for i, unit in enumerate(UNITS):
        words = unit.replace("velocimeter.beam", "beam ").replace("_", " ")
        _name(whole, _counted(words, tested[i]) if i < MEASURING else words, float(tops[i]))
    for top in tops[len(UNITS) : -1]:
        _name(whole, "fault", float(top))
    return figure


def _name(axes: Axes, words: str, top: float) -> None:
    """Write what a lane is, left of it."""
    axes.annotate(
        words, (0.0, top + 0.5 * BAR_TOP_IN), (-4.0, 0.0), xycoords=("axes fraction", "data"),
        textcoords="offset points", ha="right", va="top", fontsize=SIZE_PT, color=BLACK,
    )  # fmt: skip


def _counted(words: str, tested: Innovations) -> str:
    """Return a unit's name with how many of its reports were tested and not used."""
    refused = int(np.count_nonzero(~tested.used))
    return f"{words}\n{number(refused)} of {number(len(tested.rows))}\nnot used"


def _bars(axes: Axes, track: Track, codes: NDArray[np.uint8], first: int, top: float) -> None:
    """Draw a unit's states: a thin bar while it is believed, a high one while it is not."""
    t_s = np.append(track.t_s, track.t_s[-1:] + TICK_S)
    spans: dict[int, list[tuple[float, float]]] = {}
    for code, begin, end in runs(codes):
        start_s = float(t_s[first + begin])
        spans.setdefault(code, []).append((start_s, float(t_s[first + end]) - start_s))
    for code, colour in COLOURS.items():
        if code not in spans:
            continue
        plain, silent = code == Trust.TRUST_BELIEVED, code == Trust.TRUST_SILENT
        high = THIN_IN if plain else BAR_IN
        axes.broken_barh(
            spans[code],
            (top + BAR_TOP_IN + 0.5 * (BAR_IN - high), high),
            facecolor=colour,
            # an edge: one report of 800 s is seen
            edgecolor="none" if plain else GREY if silent else colour,
            hatch="//////" if silent else None,
            linewidth=0.0 if plain else 0.7,
        )


def _innovations(axes: Axes, track: Track, tested: Innovations, first: int, top: float) -> None:
    """Draw a unit's innovations between its gates; what was not used by crosses."""
    left, right = axes.get_xlim()
    middle = top + MIDDLE_IN
    for edge in (-GATE_IN, 0.0, GATE_IN):
        look = {"linewidth": 0.5} if not edge else {"linewidth": 0.8, "linestyle": (0, (4, 2))}
        axes.plot((left, right), (middle + edge,) * 2, color=GREY, **look)
    late = tested.rows >= first
    t_s, used = track.t_s[tested.rows[late]], tested.used[late]
    y = middle - GATE_IN * np.clip(tested.gates[late], -MOST_GATES, MOST_GATES)
    wide_in = axes.bbox.width / axes.figure.dpi
    for which, colour in ((used, BLUE), (~used, VERMILION)):
        there = t_s[which]
        bins = bins_of((there - left) / (right - left), round(BINS_PER_IN * wide_in))
        ends, x = envelope(y[which], bins), there[bins]
        if not len(bins):
            continue
        if colour == BLUE:
            # a stroke a bin, and none between them
            strokes = np.insert(ends + SPREAD_IN, 2, np.nan, axis=1)
            axes.plot(np.repeat(x, 3), strokes.ravel(), color=colour, linewidth=0.8)
        else:
            axes.plot(np.repeat(x, 2), ends.ravel(), "x", color=colour, markersize=3.0)


def _fault(axes: Axes, span: FaultSpan, top: float, *, named: bool) -> None:
    """Draw when a fault lasted, and its line of text below."""
    axes.broken_barh(
        [(span.start_s, max(span.end_s - span.start_s, 0.0))],
        (top + BAR_TOP_IN, THIN_IN),
        facecolor=LIMIT,
        edgecolor=LIMIT,
        linewidth=0.7,
    )
    if not named:
        return
    left, right = axes.get_xlim()
    start = min(max((span.start_s - left) / (right - left), 0.0), 1.0)
    wide_in = axes.bbox.width / axes.figure.dpi
    words = fit(span.text, SIZE_PT, wide_in)
    fits = text_width_in(words, SIZE_PT) <= (1.0 - start) * wide_in
    label = axes.text(
        start if fits else 1.0, top + BAR_TOP_IN + THIN_IN + 0.02, words,
        transform=axes.get_yaxis_transform(), ha="left" if fits else "right", va="top",
        fontsize=SIZE_PT, color=LIMIT,
    )  # fmt: skip
    label.set_path_effects(HALO)
