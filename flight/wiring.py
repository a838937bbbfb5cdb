"""The wiring of a flight on one page.

    truth     ground -> plant -> sensors --measurements--+
                          ^                              v
    flight                +-- command -- autopilot <- navigation <- onboard map
                                            ^
    map rate      lidar -> elevation -> hazards -> site -- retarget
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.dynamics import build_vehicle
from farside.ext._flight import ClosedLoop
from farside.ext._plant import PlantModel
from farside.flight.start import Start, start
from farside.flight.telemetry import ROW
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import Mission, SiteFrame
from farside.mission import moon as luna
from farside.navigation import first_estimate, navigator_setup
from farside.sensors import sensor_setup
from farside.terrain import OnboardMap

#: Posting of the onboard map [m]: coarser than any raster the truth is made of.
ONBOARD_CELL_M = 8000.0
#: Telemetry rows made at first; a longer flight gets more.
FIRST_ROWS = 100_000


@dataclass
class Flight:
    """Everything that one flight holds."""

    mission: Mission
    frame: SiteFrame
    ground: Ground
    autopilot: Autopilot
    start: Start
    loop: ClosedLoop
    telemetry: NDArray[np.void]
    seed: int
    nominal: bool

    @property
    def flown(self) -> NDArray[np.void]:
        """The rows of telemetry flown so far."""
        return self.telemetry[: self.loop.tick_count]

    def grow(self) -> None:
        """Make room for more telemetry."""
        longer = np.zeros(2 * len(self.telemetry), ROW)
        longer[: len(self.telemetry)] = self.telemetry
        self.loop.grow(longer)
        self.telemetry = longer


def moon_numbers(frame: SiteFrame) -> dict[str, Any]:
    """Give the `Moon` of ext/types.pxd at a site."""
    return {
        "gm": luna.GM,
        "j2": luna.J2,
        "c22": luna.C22,
        "reference_radius_m": luna.REFERENCE_RADIUS_M,
        "radius_m": frame.radius_m,
        "omega_site": dict(zip("xyz", frame.omega_site, strict=True)),
        "site_to_moon": list(frame.moon_to_site.T.ravel()),
    }


def onboard_map(ground: Ground) -> OnboardMap:
    """Give the coarse map that the lander carries, averaged from what is measured of the ground."""
    coarse = ground.measured_grid(ONBOARD_CELL_M)
    return OnboardMap(
        height_m=coarse.height_m,
        sigma_m=coarse.sigma_m,
        u0_m=coarse.u0_m,
        v0_m=coarse.v0_m,
        cell_m=coarse.cell_m,
        radius_m=ground.arc_m,
        along_site=ground.along_site,
        across_site=ground.across_site,
    )


def wire(
    mission: Mission,
    *,
    seed: int,
    nominal: bool,
    dems: tuple[str | Path, ...],
    imaging: bool,
    flat: bool = False,
    timed: bool = True,
) -> Flight:
    """Build the two sides of a flight and connect them."""
    # The truth
    ground = Ground(mission, dems=dems, seed=seed, flat=flat)
    frame = SiteFrame(mission.site.latitude_deg, mission.site.longitude_deg, ground.radius_m)
    # The flight side
    autopilot = Autopilot(mission, ground.radius_m)
    chart = onboard_map(ground)
    first = start(mission, frame, autopilot.plan, seed, nominal)
    vehicle = build_vehicle(mission, first.vehicle)
    state = {
        "r_site": list(first.r_site),
        "v_site": list(first.v_site),
        "q_site_body": list(first.q_site_body),
        "omega_body": list(first.omega_body),
        "mass_kg": vehicle["mass_full_kg"],
    }
    plant = PlantModel(vehicle, moon_numbers(frame), ground.model, state)
    telemetry = np.zeros(FIRST_ROWS, ROW)
    loop = ClosedLoop(
        plant,
        ground.model,
        autopilot.core,
        sensor_setup(mission, seed, nominal),
        seed,
        navigator_setup(mission),
        first_estimate(
            mission, first.known_r_site, first.known_v_site, first.q_site_body, first.omega_body
        ),
        {
            "u0_m": chart.u0_m,
            "v0_m": chart.v0_m,
            "cell_m": chart.cell_m,
            "radius_m": chart.radius_m,
            "along_site": chart.along_site,
            "across_site": chart.across_site,
        },
        chart.height_m,
        chart.sigma_m,
        telemetry,
        timed,
        imaging,
    )
    return Flight(mission, frame, ground, autopilot, first, loop, telemetry, seed, nominal)
