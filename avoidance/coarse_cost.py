"""Least propellant from the approach to the hover over each cell of a hazard map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.avoidance.decision import Estimate, Place
from farside.avoidance.divert_cost import BOUNDS, NO_LIMITS, HoverState
from farside.guidance.divert import divert_map
from farside.guidance.divert_march import DivertState
from farside.guidance.optimal import OptimalError, Thrust
from farside.mission import FlightConfig
from farside.terrain import ElevationMap
from farside.vision.ground_view import GroundGrid

Array = NDArray[np.float64]

#: Hover altitude where a mission's phases name none [m].
HOVER_M = 100.0


@dataclass(frozen=True, eq=False)
class ApproachCosts:
    """Least propellant of the cells of a grid.

    Attributes
    ----------
    extra_kg : ndarray, (cells, cells)
        Over the aim's [kg]; infinite where nothing reaches.
    aim_kg : float
        To the hover over the aim [kg].
    spare_kg : float
        What the way to the aim leaves in the tank, the descent from the hover not counted.
    """

    extra_kg: Array
    aim_kg: float
    spare_kg: float


def hover_altitude_m(config: FlightConfig) -> float:
    """Return the altitude of the hover from which a mission scans [m]."""
    for phase in config.phases:
        if phase.scan and phase.altitude_m > 0.0:
            return float(phase.altitude_m)
    return HOVER_M


def approach_costs(
    config: FlightConfig, estimate: Estimate, aim: Place, grid: GroundGrid, cell_m: float
) -> ApproachCosts | None:
    """Return the propellant of every cell; None where none is known to the aim.

    Each is the certified optimum of a descent that ends at rest at the hover's altitude, without
    limits of tilt: a lower bound of what is flown.

    Parameters
    ----------
    config : FlightConfig
    estimate : Estimate
        Of now.
    aim : three floats
        The ground steered to [m, site axes].
    grid : GroundGrid
        Whose cells are asked for.
    cell_m : float
        Posting of the optima; between them propellant is interpolated.
    """
    lander = HoverState.of(config, estimate)
    half_m = 0.5 * (grid.cells - 1) * grid.cell_m
    n = max(math.ceil(half_m / cell_m) + 1, 2)
    coarse = ElevationMap.from_array(
        np.full((2 * n + 1, 2 * n + 1), aim[2]),
        cell_m,
        east_m=aim[0] - n * cell_m,
        north_m=aim[1] - n * cell_m,
        trusted=True,
    )
    try:
        state = DivertState(
            lander.base_m,
            lander.v_mps,
            lander.mass_kg,
            Thrust.of(config, config.guidance.plan.margin),
            above_m=hover_altitude_m(config),
            dry_mass_kg=config.vehicle.dry_mass_kg,
        )
        divert = divert_map(state, coarse, limits=NO_LIMITS, lone_tries=config.avoidance.cost_tries)
    except OptimalError:
        return None
    reached = np.isin(divert.reach, BOUNDS)
    aim_kg = float(divert.propellant_kg[n, n]) if reached[n, n] else math.nan
    if not math.isfinite(aim_kg):
        return None
    kg = np.where(reached, divert.propellant_kg - aim_kg, np.inf)
    east, north = grid.places()
    extra = _between(kg, (east - coarse.east_m) / cell_m, (north - coarse.north_m) / cell_m)
    spare = lander.mass_kg - config.vehicle.dry_mass_kg - aim_kg
    return ApproachCosts(extra, aim_kg, spare)


def _between(table: Array, x: Array, y: Array) -> Array:
    """Interpolate between the four nodes about each place; infinite beside one that is."""
    col = np.clip(x.astype(np.int64), 0, table.shape[1] - 2)
    row = np.clip(y.astype(np.int64), 0, table.shape[0] - 2)
    a, b = np.clip(x - col, 0.0, 1.0), np.clip(y - row, 0.0, 1.0)[:, None]
    with np.errstate(invalid="ignore"):
        low = table[row][:, col] * (1.0 - a) + table[row][:, col + 1] * a
        high = table[row + 1][:, col] * (1.0 - a) + table[row + 1][:, col + 1] * a
        value = low * (1.0 - b) + high * b
    return np.where(np.isnan(value), np.inf, value)
