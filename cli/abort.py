"""`farside abort`: whether each moment of a nominal descent still leads to a safe orbit."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farside.cli import options as words

if TYPE_CHECKING:
    from farside.guidance.abort import AbortBoundary


def abort(
    mission: words.Mission,
    every: Annotated[
        float, typer.Option(min=0.1, metavar="S", help="Seconds between two moments.")
    ] = 10.0,
    clearance: Annotated[
        float,
        typer.Option(min=0.0, metavar="M", help="Least height on the way, metres above the site."),
    ] = 100.0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write to; aborts/MISSION if not given."),
    ] = None,
) -> int:
    """Solve the aborts to orbit along a mission's nominal descent.

    Writes abort.json, abort.csv and abort.png. Exit status: 0, or 2 bad input.
    """
    from farside.ext.common.errors import FarsideError
    from farside.mission import load_mission
    from farside.report.output import check_output

    try:
        plan = load_mission(mission)
        folder = out or Path("aborts") / plan.name
        from farside.report.abort import ABORTS, save_abort

        check_output(folder, ABORTS)
        from farside.flight import land
        from farside.flight.abort import aborts_of

        landing = land(plan, nominal=True, imaging=False)
        aborts = aborts_of(landing, every_s=every, clearance_m=clearance)
        written = save_abort(aborts, plan.name, plan.title, folder, landing)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    for line in _lines(aborts):
        print(line)
    print(f"Written to {folder}: {', '.join(written)}")
    return 0


def _lines(aborts: "AbortBoundary") -> Iterator[str]:
    """Yield what the boundaries are, a line each."""
    from farside.guidance.abort import AbortWay

    for way in (AbortWay.DESCENT_STAGE, AbortWay.BOTH_STAGES, AbortWay.ASCENT_STAGE):
        last_s = aborts.last(way)
        if math.isfinite(last_s):
            at = next(p for p in aborts.points if p.state.time_s == last_s)
            left = at.tried[way].left_kg
            name = way.name.lower().replace("_", " ")
            yield (
                f"{name}: to orbit until {last_s:.1f} s, {at.state.height_m:.0f} m above the "
                f"site, {left:.0f} kg left then"
            )
    lost = [p.state.time_s for p in aborts.points if p.way is AbortWay.NONE]
    if lost:
        yield f"no way found at {len(lost)} of {len(aborts.points)} moments: {_spans(lost)} s"
    else:
        yield f"a way to orbit from each of {len(aborts.points)} moments"


def _spans(times: list[float]) -> str:
    """Write up to eight times."""
    shown = ", ".join(f"{time:g}" for time in times[:8])
    return shown + (f", ... {times[-1]:g}" if len(times) > 8 else "")
