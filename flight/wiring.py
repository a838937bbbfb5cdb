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

from farside.dynamics import PlantModel, build_vehicle
from farside.dynamics.moon import moon_numbers
from farside.ext.common import deterministic
from farside.ext.loop._flight import ClosedLoop, Event
from farside.flight.inputs import Inputs, drawn_inputs, nominal_inputs
from farside.flight.keys import flight_key
from farside.flight.start import Start, start
from farside.flight.telemetry import blank_rows
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import FlightConfig, Mission, SiteFrame
from farside.navigation import initial_estimate, navigator_setup
from farside.raster import Dem
from farside.sensors import sensor_setup
from farside.terrain import OnboardMap

#: Posting of the onboard map [m]: coarser than any raster the truth is made of.
ONBOARD_CELL_M = 8000.0
#: What the onboard map is wrong by where the ground is smooth [m], 1 sigma: the DEM's own error.
MAP_SIGMA_M = 10.0
#: Half width [m] of the ground rasterised under a lander that is low without having scanned.
PATCH_HALF_M = 25.0
#: Telemetry rows made at first; a longer flight gets more.
FIRST_ROWS = 100_000


@dataclass
class Flight:
    """Everything that one flight holds.

    map_shift [m, site, east and north] takes places on the flight side's map to true ones: truth
    less estimate when the map was made; at the end of the flight where none was. patches [m] are
    the arcs about which ground was rasterised.
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
    map_shift: tuple[float, float] = (0.0, 0.0)
    patches: list[tuple[float, float]] = field(default_factory=list)

    @property
    def key(self) -> int:
        """Of the flight's random streams."""
        return flight_key(self.seed, self.run)

    @property
    def flown(self) -> NDArray[np.void]:
        """The rows of telemetry flown so far."""
        return self.telemetry[: self.loop.tick_count]

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


def onboard_map(ground: Ground) -> OnboardMap:
    """Return the lander's coarse map, averaged from what is measured of the ground."""
    coarse = ground.measured_grid(ONBOARD_CELL_M)
    heights = coarse.heights_m
    rows, cols = heights.shape
    u = coarse.u0_m + coarse.cell_m * np.arange(cols)
    v = coarse.v0_m + coarse.cell_m * np.arange(rows)
    # The site itself was surveyed before the flight: there the map is 0, and about it nearly so.
    near = deterministic.exp(-0.5 * (u**2 + v[:, None] ** 2) / (coarse.cell_m * coarse.cell_m))
    at_site = bilinear(heights, -coarse.u0_m / coarse.cell_m, -coarse.v0_m / coarse.cell_m)
    weight = bilinear(near, -coarse.u0_m / coarse.cell_m, -coarse.v0_m / coarse.cell_m)
    return OnboardMap(
        heights=(heights - at_site / weight * near).astype(np.float32),
        sigma=deterministic.hypot(coarse.rms_m, MAP_SIGMA_M).astype(np.float32),
        u0_m=coarse.u0_m,
        v0_m=coarse.v0_m,
        cell_m=coarse.cell_m,
    )


def bilinear(grid: NDArray[np.float64], x: float, y: float) -> float:
    """Return a grid's value between its nodes, at column x and row y."""
    j, i = int(x), int(y)
    fx, fy = x - j, y - i
    low = (1.0 - fx) * grid[i, j] + fx * grid[i, j + 1]
    high = (1.0 - fx) * grid[i + 1, j] + fx * grid[i + 1, j + 1]
    return float((1.0 - fy) * low + fy * high)


def wire(
    mission: Mission,
    *,
    seed: int,
    run: int = 0,
    inputs: Inputs | None = None,
    nominal: bool,
    dems: tuple[str | Path | Dem, ...],
    imaging: bool,
    flat: bool = False,
    timed: bool = True,
) -> Flight:
    """Build the two sides of a flight and connect them."""
    if nominal:
        inputs = nominal_inputs(mission)
    elif inputs is None:
        inputs = drawn_inputs(mission, seed, run)
    key = flight_key(seed, run)
    # The truth
    fixed = mission.dispersions.terrain == "fixed"
    ground = Ground(mission, dems=dems, seed=flight_key(seed, 0) if fixed else key, flat=flat)
    frame = SiteFrame(mission.site.latitude_deg, mission.site.longitude_deg, ground.radius_m)
    # The flight side
    autopilot = Autopilot(mission, ground.radius_m)
    chart = onboard_map(ground)
    aboard = FlightConfig.of(mission)
    first = start(mission, frame, autopilot.plan, inputs)
    vehicle = build_vehicle(mission, first.vehicle)
    state = {
        "r_site": list(first.r_site),
        "v_site": list(first.v_site),
        "q_site_body": list(first.q_site_body),
        "omega_body": list(first.omega_body),
        "mass_kg": vehicle["mass_full_kg"],
    }
    plant = PlantModel(vehicle, moon_numbers(frame), ground.model, state)
    telemetry = blank_rows(FIRST_ROWS)
    loop = ClosedLoop(
        plant,
        ground.model,
        autopilot.core,
        sensor_setup(mission, None if nominal else inputs.as_dict()),
        key,
        navigator_setup(aboard),
        initial_estimate(
            aboard,
            first.known_r_site,
            first.known_v_site,
            first.q_site_body,
            first.omega_body,
            exact=nominal,
        ),
        {
            "u0_m": chart.u0_m,
            "v0_m": chart.v0_m,
            "cell_m": chart.cell_m,
            "radius_m": ground.arcs.arc_m,
            "along_site": ground.arcs.axes[0],
            "across_site": ground.arcs.axes[1],
        },
        chart.heights,
        chart.sigma,
        telemetry,
        timed,
        imaging,
    )
    return Flight(
        mission, frame, ground, autopilot, first, loop, telemetry, seed, run, inputs, nominal
    )
