"""A closed-loop descent with all that navigation read in it, for whoever navigates once more."""

from functools import cache
from types import SimpleNamespace

import numpy as np

from farside.ext.common._records import MEASUREMENTS
from farside.ext.loop._flight import Event
from farside.flight.assembly import navigator_at_start
from farside.flight.land import TICKS_MAX
from farside.flight.wiring import PATCH_HALF_M, wire
from farside.mission import FlightConfig, load_mission
from farside.navigation import NAVIGATION_ESTIMATE

MISSION = load_mission("chang-e-6")
SEED = 3


@cache
def recorded():
    """Fly chang-e-6 to its site without imaging; measurements, telemetry, and ticks of maps made.

    `table` and `first` are those of a navigator that is to do the same. `commands` (N, 4) are the
    thrust [N] and torque [N m] told for the tick that each measurement ends; none for the first.
    """
    flight = wire(MISSION, seed=SEED, nominal=False, dems=(), imaging=False)
    flight.loop.timed = False
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    loop, measured, tied = flight.loop, np.zeros(TICKS_MAX, MEASUREMENTS), []
    made = 0
    while True:
        event = Event(loop.run(1))
        if event == Event.EVENT_GROUND:
            flight.rasterise_below(PATCH_HALF_M)
        elif event == Event.EVENT_FULL:
            flight.grow()
        elif event != Event.EVENT_NONE:
            break
        else:
            tick = loop.tick_count - 1
            loop.measured(measured[tick:])
            if loop.maps_made != made:
                made = loop.maps_made
                tied.append(tick)
    table, first = navigator_at_start(flight.mission, flight.ground, flight.start)
    measured = measured[: loop.tick_count]
    measured.setflags(write=False)
    rows = flight.flown.copy()
    commands = np.full((len(rows), 4), np.nan)
    commands[1:, 0], commands[1:, 1:] = rows["cmd_thrust_n"][:-1], rows["cmd_torque_nm"][:-1]
    return SimpleNamespace(
        measured=measured,
        rows=rows,
        commands=commands,
        tied=tied,
        first=first,
        table=table,
        config=FlightConfig.of(flight.mission),
        start=flight.start,
        ground=flight.ground,
    )


def pieces(flight):
    """Yield the first and last tick of each piece of a flight in which one map is in use."""
    ends = [*(tick + 1 for tick in flight.tied), len(flight.measured)]
    begins = [0, *ends[:-1]]
    yield from zip(begins, ends, strict=True)


@cache
def navigated():
    """Estimates (N,) by the Python door over the recorded measurements and commands."""
    from farside.navigation import Navigator

    flight = recorded()
    navigator = Navigator.of(flight.table, flight.first)
    out = np.zeros(len(flight.measured), NAVIGATION_ESTIMATE)
    for begin, end in pieces(flight):
        part = slice(begin, end)
        navigator.core.navigate_many(begin, flight.measured[part], out[part], flight.commands[part])
        if end < len(out):
            navigator.tie_map()
    out.setflags(write=False)
    return out
