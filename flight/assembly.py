"""The assembly of a lander: the one for a flight, for its FMU and for whoever else flies the truth.

Truth and flight side meet here as records: the plant as built, sensors with their errors, the
navigation filter with what it knows at the start, and the onboard map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.dynamics import PlantModel, build_vehicle
from farside.dynamics.lander import LanderState
from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import ascent_vehicle
from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ
from farside.ext.loop._lander import LanderModel
from farside.flight.faults import fault_rows
from farside.flight.inputs import Inputs
from farside.flight.start import Start, start
from farside.ground import Ground
from farside.guidance import Autopilot, BrakingPlan
from farside.guidance.autopilot import TRACK_NODES
from farside.mission import FlightConfig, Mission, SiteFrame
from farside.mission.gravity_table import descent_table
from farside.navigation import (
    NavigationTable,
    initial_estimate,
    navigation_table,
    navigator_setup,
)
from farside.navigation.estimate import upper_setup
from farside.sensors import sensor_setup
from farside.terrain import OnboardMap

#: Posting of the onboard map [m]: coarser than any raster the truth is made of.
ONBOARD_CELL_M = 8000.0
#: Arc between nodes of the ground's profile along the track [m]: a quarter of the map's posting.
TRACK_STEP_M = 2000.0
#: What the onboard map is wrong by where the ground is smooth [m], 1 sigma: the DEM's own error.
MAP_SIGMA_M = 10.0


@dataclass(frozen=True)
class PlantAtStart:
    """The true lander where a flight starts, and the frame of its site."""

    frame: SiteFrame
    start: Start
    plant: PlantModel
    vehicle: dict[str, Any]
    """The struct `Vehicle` as built."""


def site_frame(mission: Mission, radius_m: float | None = None) -> SiteFrame:
    """Return the frame of a mission's site.

    Parameters
    ----------
    mission : Mission
    radius_m : float, optional
        Of the ground at the site; that of the mission's elevation where not given.
    """
    site = mission.site
    return SiteFrame(
        site.latitude_deg, site.longitude_deg, site.radius_m if radius_m is None else radius_m
    )


def plant_at_start(
    mission: Mission,
    ground: Ground,
    plan: BrakingPlan,
    inputs: Inputs,
    noise_key: int | None = None,
) -> PlantAtStart:
    """Build the true lander that a flight's inputs make, at powered-descent initiation.

    Parameters
    ----------
    mission : Mission
    ground : Ground
        The true ground.
    plan : BrakingPlan
        Where braking is planned to start.
    inputs : Inputs
        What is dispersed.
    noise_key : int, optional
        Of the thrust's noise: the flight's key; without one there is none.
    """
    frame = site_frame(mission, ground.radius_m)
    first = start(mission, frame, plan, inputs)
    vehicle = build_vehicle(mission, first.vehicle, noise_key)
    retro = vehicle["retro"]
    state = LanderState(
        first.r_site,
        first.v_site,
        first.q_site_body,
        first.omega_body,
        vehicle["mass_full_kg"] + retro["propellant_kg"] + retro["case_kg"],
    )
    field = descent_table(
        mission.site, mission.orbit, plan.r_site, frame.radius_m, mission.gravity.degree
    )
    plant = PlantModel(vehicle, moon_numbers(frame), ground.model, state.numbers(), field=field)
    return PlantAtStart(frame, first, plant, vehicle)


def assemble_lander(
    mission: Mission,
    ground: Ground,
    autopilot: Autopilot,
    built: PlantAtStart,
    *,
    key: int,
    inputs: Inputs | None,
    faults: Sequence[int] = (),
) -> LanderModel:
    """Return a lander with its sensors and its navigation, at tick 0.

    Parameters
    ----------
    mission : Mission
    ground : Ground
        What the onboard map is averaged from.
    autopilot : Autopilot
        Whose phase table says where navigation counts places from the end of braking.
    built : PlantAtStart
    key : int
        Of the sensors' noise: `farside.flight.keys.flight_key`.
    inputs : Inputs, optional
        The sensors' constant errors; None measures perfectly and knows the start exactly.
    faults : sequence of int
        Places in `mission.faults` of those that happen.
    """
    first, onboard = built.start, onboard_map(ground)
    autopilot.load_track(TRACK_STEP_M, track_profile(onboard))
    aboard = FlightConfig.of(mission)
    lander = LanderModel(
        built.plant,
        autopilot.core,
        sensor_setup(mission, None if inputs is None else inputs.as_dict()),
        key,
        navigator_setup(aboard),
        initial_estimate(
            aboard,
            first.known_r_site,
            first.known_v_site,
            first.known_q_site_body,
            first.omega_body,
            exact=inputs is None,
        ),
        {
            "u0_m": onboard.u0_m,
            "v0_m": onboard.v0_m,
            "cell_m": onboard.cell_m,
            "radius_m": ground.arcs.arc_m,
            "along_site": ground.arcs.axes[0],
            "across_site": ground.arcs.axes[1],
            "heights_m": onboard.heights,
            "sigma_m": onboard.sigma,
        },
        descent_table(
            aboard.site,
            aboard.orbit,
            first.known_r_site,
            built.frame.radius_m,
            aboard.navigation.gravity_degree,
        ),
    )
    lander.write_checkpoints(round(TICK_HZ * aboard.computer.checkpoint_s))
    if mission.vehicle.ascent is not None:
        lander.carry(ascent_vehicle(mission, built.vehicle), upper_setup(aboard))
    lander.fail(fault_rows(mission, faults, sensor_setup(mission, {})))
    return lander


def navigator_at_start(
    mission: Mission, ground: Ground, first: Start
) -> tuple[NavigationTable, Any]:
    """Return table and initial estimate of a navigator that is to do as a flight's own.

    Parameters
    ----------
    mission : Mission
    ground : Ground
        What the onboard map is averaged from.
    first : Start
        Of the flight.

    Returns
    -------
    table : NavigationTable
    first : dict
        As of `farside.navigation.initial_estimate`.
    """
    config = FlightConfig.of(mission)
    estimate = initial_estimate(
        config, first.known_r_site, first.known_v_site, first.known_q_site_body, first.omega_body
    )
    table = navigation_table(
        config,
        first.known_r_site,
        radius_m=ground.radius_m,
        onboard_map=onboard_map(ground),
        map_radius_m=ground.arcs.arc_m,
    )
    return table, estimate


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
    moved = at_site / weight * near
    # Between nodes the ground is off by what it is in the cells about, not in one alone.
    variance = smoothed(coarse.rms_m * coarse.rms_m) + moved * moved + MAP_SIGMA_M * MAP_SIGMA_M
    return OnboardMap(
        heights=(heights - moved).astype(np.float32),
        sigma=np.sqrt(variance).astype(np.float32),
        u0_m=coarse.u0_m,
        v0_m=coarse.v0_m,
        cell_m=coarse.cell_m,
    )


def smoothed(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return means over a cell and its eight neighbours, with weights 1, 2, 1 each way."""
    p = np.pad(grid, 1, mode="edge")
    p = 0.25 * (p[:-2] + 2.0 * p[1:-1] + p[2:])
    found: NDArray[np.float64] = 0.25 * (p[:, :-2] + 2.0 * p[:, 1:-1] + p[:, 2:])
    return found


def track_profile(onboard: OnboardMap) -> NDArray[np.float64]:
    """Return the onboard map's heights along the track, from the site on, every TRACK_STEP_M."""
    rows, cols = onboard.heights.shape
    heights = onboard.heights.astype(np.float64)
    y = min(max(-onboard.v0_m / onboard.cell_m, 0.0), rows - 1.001)
    arcs = TRACK_STEP_M * np.arange(TRACK_NODES)
    at = np.clip((arcs - onboard.u0_m) / onboard.cell_m, 0.0, cols - 1.001)
    return np.array([bilinear(heights, float(x), y) for x in at])


def bilinear(grid: NDArray[np.float64], x: float, y: float) -> float:
    """Return a grid's value between its nodes, at column x and row y."""
    j, i = int(x), int(y)
    fx, fy = x - j, y - i
    low = (1.0 - fx) * grid[i, j] + fx * grid[i, j + 1]
    high = (1.0 - fx) * grid[i + 1, j] + fx * grid[i + 1, j + 1]
    return float((1.0 - fy) * low + fy * high)
