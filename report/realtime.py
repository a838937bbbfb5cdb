"""How a loop kept to the clock as a folder: a figure and its numbers; whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from farside.flight.realtime import ClockedFlight
from farside.report.colours import BLUE, GREEN, LIMIT
from farside.report.output import FolderKind, write_figure
from farside.report.style import canvas, figure_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE, FACTS = "realtime.png", "realtime.json"
FOLDER: Final = FolderKind("loop by the clock", FACTS, frozenset((FIGURE, FACTS)))
#: Bins of the histograms: tenths of a decade, from 1 us.
TENTHS = 10


def realtime_figure(flights: Sequence[ClockedFlight]) -> Figure:
    """Draw how late the ticks began and how long they took, a panel for each flight.

    Parameters
    ----------
    flights : sequence of ClockedFlight

    Returns
    -------
    matplotlib.figure.Figure
        Histograms over the logarithm of the time, with the period beside them.
    """
    figure = canvas(7.5, 2.5 * len(flights), layout="constrained")
    with figure_style():
        panels = figure.subplots(len(flights), 1, squeeze=False)[:, 0]
        for axes, flight in zip(panels, flights, strict=True):
            _histograms(axes, flight)
        panels[-1].set_xlabel("time [us]")
    return figure


def _histograms(axes: Any, flight: ClockedFlight) -> None:
    """Draw one flight's ticks: many decades in both directions, so that one miss is seen."""
    kept = flight.deadlines
    times = (("late", 1e-3 * kept.late_ns, BLUE), ("took", 1e-3 * kept.took_ns, GREEN))
    most = max(float(values.max()) for _, values, _ in times)
    decades = np.log10(max(most, 1e-3 * kept.period_ns)) + 0.2
    edges = np.logspace(0.0, decades, int(np.ceil(TENTHS * decades)) + 1)
    for name, values, colour in times:
        axes.hist(
            np.maximum(values, 1.0), edges, histtype="step", color=colour, linewidth=1.4, label=name
        )
    axes.axvline(1e-3 * kept.period_ns, color=LIMIT, label="period")
    axes.set(xscale="log", yscale="log", xlim=(edges[0], edges[-1]), ylabel="ticks")
    axes.set_ylim(bottom=0.5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    axes.set_title(
        f"{flight.mission}, {flight.rate_hz:g} Hz: {len(kept.late_ns):,} ticks, "
        f"{kept.missed:,} missed, {kept.overran:,} by their own work"
    )
    axes.legend(loc="upper right")


def save_realtime(flights: Sequence[ClockedFlight], folder: str | Path) -> tuple[str, ...]:
    """Write figure and numbers of flights by the clock.

    Parameters
    ----------
    flights : sequence of ClockedFlight
    folder : str or Path
        Missing, empty, or an earlier one of these, which is replaced.

    Returns
    -------
    tuple of str
        The names of the files.

    Raises
    ------
    ReportError
        One line; nothing is left half-written.
    """
    facts = {"flights": [flight.to_dict() for flight in flights]}
    return write_figure(folder, FOLDER, realtime_figure(flights), facts)
