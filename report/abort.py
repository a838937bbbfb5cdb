"""Aborts of a descent: figure, table and facts."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from farside.ext.common.version import version
from farside.flight.landing import Landing
from farside.guidance.abort import AbortBoundary, AbortPoint, AbortWay
from farside.report.colours import BLACK, BLUE, GREEN, GREY, LIMIT, ORANGE, SKY
from farside.report.output import FolderKind, write_folder
from farside.report.pictures import render
from farside.report.style import canvas, figure_style
from farside.report.track import Track, stride

FACTS, TABLE, PICTURE = "abort.json", "abort.csv", "abort.png"
ABORTS = FolderKind("set of aborts", FACTS, frozenset((FACTS, TABLE, PICTURE)))
WAYS = {
    AbortWay.THERE: ("in a safe orbit still", SKY),
    AbortWay.DESCENT_STAGE: ("descent stage", BLUE),
    AbortWay.BOTH_STAGES: ("descent stage dry, then ascent stage", GREEN),
    AbortWay.ASCENT_STAGE: ("ascent stage at once", ORANGE),
    AbortWay.NONE: ("no way to orbit", LIMIT),
}
COLUMNS = (
    "time_s", "height_m", "sink_mps", "level_mps", "mass_kg", "way", "orbit_periapsis_m",
    "orbit_apoapsis_m", "ascent_s", "propellant_kg", "left_kg", "lowest_m", "turn_s", "rise_s",
    "left_descent_stage_kg", "left_both_stages_kg", "left_ascent_stage_kg",
    "stop_descent_stage_m", "stop_ascent_stage_m",
)  # fmt: skip


def abort_rows(aborts: AbortBoundary) -> list[dict[str, Any]]:
    """Return a row of `COLUMNS` for each moment; None where there is no number."""
    return [_row(point) for point in aborts.points]


def _row(point: AbortPoint) -> dict[str, Any]:
    state, ascent = point.state, point.ascent
    values: dict[str, Any] = {
        "time_s": state.time_s,
        "height_m": state.height_m,
        "sink_mps": point.sink_mps,
        "level_mps": point.level_mps,
        "mass_kg": state.mass_kg,
        "way": point.way.name.lower(),
    }
    if ascent is not None:
        values |= {
            "orbit_periapsis_m": ascent.periapsis_m,
            "orbit_apoapsis_m": ascent.apoapsis_m,
            "ascent_s": ascent.time_s,
            "propellant_kg": ascent.propellant_kg,
            "left_kg": ascent.left_kg,
            "lowest_m": ascent.lowest_m,
        }
        if point.way is not AbortWay.THERE:
            values["turn_s"] = ascent.stages[0].delay_s
            values["rise_s"] = ascent.opening.time_s - ascent.stages[0].delay_s
    for way, tried in point.tried.items():
        values[f"left_{way.name.lower()}_kg"] = tried.left_kg
    for way, height_m in point.stop_m.items():
        values[f"stop_{way.name.lower()}_m"] = height_m
    return {name: _rounded(values.get(name)) for name in COLUMNS}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    return value


def draw_abort(aborts: AbortBoundary, title: str, landing: Landing | None = None) -> Figure:
    """Draw what each moment has left in orbit, and the dead man's curves.

    Below its curve an engine at full thrust, straight up, does not stop the fall above the ground:
    a descent whose track enters there relies on the engine that it has.

    Parameters
    ----------
    aborts
        Along a descent.
    title
        Of the descent.
    landing
        The descent itself, for its whole track; by default that goes from moment to moment.
    """
    with figure_style():
        figure = canvas(10.0, 4.6)
        _left(figure.add_axes((0.07, 0.12, 0.50, 0.76)), aborts)
        _curves(
            figure.add_axes((0.645, 0.12, 0.335, 0.76)),
            aborts,
            None if landing is None else Track(landing),
        )
        apsides = f"{aborts.orbit.periapsis_m / 1e3:g} x {aborts.orbit.apoapsis_m / 1e3:g} km"
        figure.text(0.07, 0.945, f"{title}: aborts to {apsides} or better", fontweight="bold")
    return figure


def _left(axes: Axes, aborts: AbortBoundary) -> None:
    """Draw propellant left in orbit against time, a colour for each way."""
    times = np.array([point.state.time_s for point in aborts.points])
    ways = np.array([int(point.way) for point in aborts.points])
    for way, (label, colour) in WAYS.items():
        here = ways == way
        if here.any():
            left = [p.left_kg for p, taken in zip(aborts.points, here, strict=True) if taken]
            values = np.zeros(int(here.sum())) if way is AbortWay.NONE else np.array(left)
            mark = "x" if way is AbortWay.NONE else "o"
            axes.plot(times[here], values, mark, color=colour, markersize=3.5, label=label)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set(xlabel="time of the abort since initiation, s", ylabel="propellant left in orbit, kg")
    axes.legend(loc="upper right")


def _curves(axes: Axes, aborts: AbortBoundary, track: Track | None) -> None:
    """Draw height against speed downwards, with the curves from which full thrust just stops."""
    sink = np.array([point.sink_mps for point in aborts.points])
    height = np.array([point.state.height_m for point in aborts.points])
    flown = (sink, height)
    if track is not None:
        last = len(track.t_s) if track.contact is None else track.contact
        some = stride(0, last)
        flown = (-track.vertical_mps[some], track.altitude_m[some])
    axes.plot(flown[0], np.maximum(flown[1], 1.0), color=BLACK, label="the descent")
    for way, (sinks, heights) in aborts.curves.items():
        label, colour = WAYS[way]
        seen = np.isfinite(heights)
        label = f"stops: {label.split(' at ')[0]}"
        edge = np.maximum(heights[seen], 1.0)
        axes.plot(sinks[seen], edge, "--", color=colour, label=label)
        axes.fill_between(sinks[seen], edge, 1.0, color=colour, alpha=0.12, linewidth=0)
    lost = np.array([point.way is AbortWay.NONE for point in aborts.points])
    if lost.any():
        look = {"color": WAYS[AbortWay.NONE][1], "markersize": 5.0, "label": "no way to orbit"}
        axes.plot(sink[lost], np.maximum(height[lost], 1.0), "x", **look)  # type: ignore[arg-type]
    axes.axhline(aborts.clearance_m, color=GREY, linewidth=0.8)
    axes.set_title("Dead man's curves")
    axes.set_yscale("log")
    axes.set_ylim(1.0, 3e4)
    axes.yaxis.set_major_formatter(lambda value, _place: f"{value:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(min(-5.0, float(sink.min())), max(80.0, 1.05 * float(sink.max())))
    axes.set(xlabel="speed downwards, m/s", ylabel="height above the site's level, m")
    axes.legend(loc="lower right")


def save_abort(
    aborts: AbortBoundary,
    name: str,
    title: str,
    folder: str | Path,
    landing: Landing | None = None,
) -> tuple[str, ...]:
    """Write the aborts of a descent: `abort.json`, `abort.csv`, `abort.png`.

    Parameters
    ----------
    aborts
        Along a descent.
    name, title
        Of the mission.
    folder
        Where to; an earlier set of aborts in it is replaced.
    landing
        The descent itself, for its track in the figure.

    Returns
    -------
    tuple of str
        Names of the files.

    Raises
    ------
    ReportError
        The folder was refused, or could not be written.
    """
    figure = draw_abort(aborts, title, landing)
    return write_folder(folder, ABORTS, lambda fresh: _write(aborts, name, figure, fresh))


def abort_facts(aborts: AbortBoundary, name: str) -> dict[str, Any]:
    """Return what `abort.json` holds."""
    last = {way.name.lower(): _rounded(aborts.last(way)) for way in AbortWay if way > 1}
    return {
        "farside": version(),
        "mission": name,
        "periapsis_m": aborts.orbit.periapsis_m,
        "apoapsis_m": aborts.orbit.apoapsis_m,
        "clearance_m": aborts.clearance_m,
        "last_s": _rounded(aborts.last()),
        "last_by_way_s": last,
        "no_way_s": [p.state.time_s for p in aborts.points if p.way is AbortWay.NONE],
        "dead_mans_curves": {
            way.name.lower(): {
                "sink_mps": sinks.tolist(),
                "height_m": [_rounded(float(h)) for h in heights],
            }
            for way, (sinks, heights) in aborts.curves.items()
        },
        "moments": abort_rows(aborts),
    }


def _write(aborts: AbortBoundary, name: str, figure: Figure, folder: Path) -> tuple[str, ...]:
    text = json.dumps(abort_facts(aborts, name), indent=2, allow_nan=False) + "\n"
    (folder / FACTS).write_text(text, encoding="utf-8")
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(abort_rows(aborts))
    (folder / TABLE).write_text(table.getvalue(), encoding="utf-8")
    (folder / PICTURE).write_bytes(render(figure).png)
    return FACTS, TABLE, PICTURE
