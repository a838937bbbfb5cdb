"""The wiring of a flight on one page.

::

    truth     ground -> plant -> sensors --measurements--+
                          ^                              v
    flight                +-- command -- autopilot <- navigation <- onboard map
                                            ^
    map rate      lidar -> elevation -> hazards -> site -- retarget
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.loop._flight import ClosedLoop, Event
from farside.flight.assembly import assemble_lander, plant_at_start
from farside.flight.faults import drawn_faults
from farside.flight.inputs import (
    Inputs,
    check_inputs,
    drawn_inputs,
    mission_of,
    nominal_inputs,
)
from farside.flight.keys import flight_key
from farside.flight.moves import TargetMove
from farside.flight.start import Start
from farside.flight.telemetry import blank_rows
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import FlightConfig, Mission, SiteFrame
from farside.raster import Dem

#: Half width [m] of the ground rasterised under a lander that is low without having scanned.
PATCH_HALF_M = 25.0
#: Telemetry rows made at first; a longer flight gets more.
FIRST_ROWS = 100_000


@dataclass
class Flight:
    """Everything that one flight holds.

    mission is the one that is flown: its dispersed keys as they were drawn. map_shift [m, site,
    east and north] takes places on the flight side's map to true ones: truth less estimate when the
    map was made; at the end of the flight where none was. patches [m] are the arcs about which
    ground was rasterised. happening are the places in the mission's faults of those that happen.
    moves are those of the target before the site was chosen.
    """

    mission: Mission
    frame: SiteFrame
    ground: Ground
    autopilot: Autopilot
    start: Start
    loop: ClosedLoop
    telemetry: NDArray[np.void]
    seed: int
    run: int
    inputs: Inputs
    nominal: bool
    imaging: bool
    map_shift: tuple[float, float] = (0.0, 0.0)
    patches: list[tuple[float, float]] = field(default_factory=list)
    happening: tuple[int, ...] = ()
    moves: list[TargetMove] = field(default_factory=list)

    @property
    def key(self) -> int:
        """Of the flight's random streams."""
        return flight_key(self.seed, self.run)

    @property
    def flown(self) -> NDArray[np.void]:
        """The rows of telemetry flown so far."""
        return self.telemetry[: self.loop.tick_count]

    @property
    def fault_ticks(self) -> dict[int, int | None]:
        """The tick at which each fault that happens began, by its place; None where not yet."""
        return dict(zip(self.happening, self.loop.fault_ticks, strict=True))

    def rasterise_below(self, half_width_m: float) -> None:
        """Hold the ground at 0.1 m in a square about the point under the lander."""
        u, v = (float(arc) for arc in self.ground.arcs_below(self.loop.position))
        self.ground.rasterise(u, v, half_width_m)
        self.patches.append((u, v))

    def turn(self, ticks: int) -> Event:
        """Turn the wheel so many ticks at most, and give it what it stops for on the way.

        Returns
        -------
        Event
            EVENT_SCAN and EVENT_ENDED are the caller's; EVENT_NONE when the ticks are flown. An
            event that comes back before a tick was flown would come back for ever: it ends the
            flight.
        """
        end, served = self.loop.tick_count + ticks, (-1, Event.EVENT_NONE)
        while self.loop.tick_count < end:
            event = Event(self.loop.run(end - self.loop.tick_count))
            if event not in (Event.EVENT_FULL, Event.EVENT_GROUND):
                return event
            if served == (self.loop.tick_count, event):
                return Event.EVENT_ENDED
            served = (self.loop.tick_count, event)
            if event == Event.EVENT_FULL:
                self.grow()
            else:
                self.rasterise_below(PATCH_HALF_M)
        return Event.EVENT_NONE

    def advance(self, ticks: int) -> None:
        """Turn the wheel so many ticks, with no regard to the autopilot's wish for a map."""
        scans, self.loop.scans = self.loop.scans, False
        self.turn(ticks)
        self.loop.scans = scans

    def grow(self) -> None:
        """Make room for more telemetry."""
        longer = blank_rows(2 * len(self.telemetry))
        longer[: len(self.telemetry)] = self.telemetry
        self.loop.grow(longer)
        self.telemetry = longer


def wire(
    mission: Mission,
    *,
    seed: int,
    run: int = 0,
    inputs: Inputs | None = None,
    nominal: bool,
    dems: tuple[str | Path | Dem, ...],
    imaging: bool,
    ground_run: int | None = None,
    flat: bool = False,
) -> Flight:
    """Build the ground, the lander and the autopilot of a flight, and connect them.

    Arguments are those of `farside.flight.land`; ground_run is the run whose ground it flies over,
    its own if not given; flat ground is a plane at the site's elevation.
    """
    if inputs is not None and nominal:
        raise FarsideError("inputs of a nominal flight, which disperses nothing: give one of them")
    if nominal:
        inputs = nominal_inputs(mission)
    elif inputs is None:
        inputs = drawn_inputs(mission, seed, run)
    check_inputs(mission, inputs)
    mission = mission_of(mission, inputs)
    # A mission whose phases never scan lands where it was told to.
    imaging = imaging and any(phase.scan for phase in mission.phases)
    key = flight_key(seed, run)
    fixed = mission.dispersions.terrain == "fixed"
    over = 0 if fixed else run if ground_run is None else ground_run
    ground = Ground(mission, dems=dems, seed=flight_key(seed, over), flat=flat)
    autopilot = Autopilot(FlightConfig.of(mission), ground.radius_m)
    happening = drawn_faults(mission, key, nominal=nominal)
    built = plant_at_start(
        mission, ground, autopilot.plan, inputs, noise_key=None if nominal else key
    )
    lander = assemble_lander(
        mission,
        ground,
        autopilot,
        built,
        key=key,
        inputs=None if nominal else inputs,
        faults=happening,
    )
    telemetry = blank_rows(FIRST_ROWS)
    loop = ClosedLoop(lander, ground.model, autopilot.core, telemetry, imaging)
    return Flight(
        mission,
        built.frame,
        ground,
        autopilot,
        built.start,
        loop,
        telemetry,
        seed,
        run,
        inputs,
        nominal,
        imaging,
        happening=happening,
    )
