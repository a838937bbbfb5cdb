"""The command `farside realtime`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farside.cli import options
from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from rich.table import Table

    from farside.flight.realtime import ClockedFlight

#: Rates that are flown where none is asked for [Hz].
RATES_HZ = (100.0, 1000.0)


def realtime(
    mission: options.Mission = "chang-e-6",
    rate: Annotated[
        list[float] | None,
        typer.Option(
            metavar="HZ", help="Ticks a second; may be given again.", show_default="100 and 1000"
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="S", help="How long the clock runs, at each rate.")
    ] = 10.0,
    from_s: Annotated[
        float | None,
        typer.Option(
            "--from",
            metavar="S",
            help="Flight time from which on the clock is kept; where braking is planned to end if "
            "not given.",
        ),
    ] = None,
    seed: options.LandingSeed = None,
    maps: Annotated[
        bool, typer.Option("--maps", help="Make hazard maps in a second thread all the while.")
    ] = False,
    no_imaging: options.NoImaging = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write to; realtime/MISSION if not given."),
    ] = None,
) -> int:
    """Fly a descent by the clock, and tell whether every tick keeps its deadline on this machine.

    Asks for SCHED_FIFO and for locked memory, and says what is not granted. Writes realtime.json
    and realtime.png. Exit status: 0 every deadline was kept, 1 some were missed, 2 bad input.
    """
    from farside.cli.tables import console
    from farside.flight.realtime import fly_by_clock
    from farside.mission import load_mission
    from farside.report.output import check_output
    from farside.report.realtime import FOLDER, save_realtime

    try:
        plan = load_mission(mission)
        folder = out or Path("realtime") / plan.name
        check_output(folder, FOLDER)
        flights = [
            fly_by_clock(
                plan,
                rate_hz=each,
                seconds=seconds,
                from_s=from_s,
                seed=seed or 0,
                imaging=not no_imaging,
                maps=maps,
            )
            for each in rate or RATES_HZ
        ]
        written = save_realtime(flights, folder)
    except FarsideError as why:
        raise typer.TyperException(str(why)) from None
    screen = console()
    screen.print(_table(flights))
    for line in _notes(flights):
        screen.print(line)
    screen.print(f"Written to {folder}: {', '.join(written)}")
    return 1 if any(flight.deadlines.missed for flight in flights) else 0


def _table(flights: "Sequence[ClockedFlight]") -> "Table":
    """Tabulate the ticks of each rate, and their times in microseconds."""
    from farside.cli.tables import plain_table
    from farside.flight.deadlines import SHARES

    shares = ["worst" if share == 100.0 else f"{share:g} %" for share in SHARES]
    table = plain_table("rate", "ticks", "missed", "by work", "us", *shares)
    for flight in flights:
        kept = flight.deadlines
        first = (
            f"{flight.rate_hz:g} Hz",
            f"{len(kept.late_ns)}",
            f"{kept.missed}",
            f"{kept.overran}",
        )
        times = (("late", kept.late_ns), ("took", kept.took_ns), ("jitter", kept.jitter_ns))
        for row, (name, of) in enumerate(times):
            told = [f"{1e-3 * ns:.0f}" for ns in kept.shares(of).values()]
            table.add_row(*(("",) * 4 if row else first), name, *told)
    return table


def _notes(flights: "Sequence[ClockedFlight]") -> "list[str]":
    """Say what was flown, how long the clock stood still, what was refused and what maps took."""
    lines = []
    for flight in flights:
        span = f"{flight.from_s:.1f} to {flight.to_s:.1f} s of the flight"
        rest = ", to rest" if flight.at_rest else ""
        lines.append(
            f"{flight.rate_hz:g} Hz: {span}{rest}; "
            f"the clock stood still for {flight.held_s:.1f} s of the simulator's own work"
        )
        if flight.maps_ms and flight.map_deadline_ms is not None:
            late = sum(took > flight.map_deadline_ms for took in flight.maps_ms)
            lines.append(
                f"{flight.rate_hz:g} Hz: {len(flight.maps_ms)} maps beside it, the worst in "
                f"{max(flight.maps_ms):.0f} ms; {late} took more than the mission's "
                f"{flight.map_deadline_ms:.0f} ms"
            )
    refused = dict.fromkeys(line for flight in flights for line in flight.refused)
    return lines + [f"not real-time: {line}" for line in refused]
