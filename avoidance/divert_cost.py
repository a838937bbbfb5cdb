"""Divert cost: the least propellant to each cell of a scan's map, from the hover.

The divert map (`farside.guidance.divert`) over the scanned ground, on coarser cells: the cost of a
cell changes by grams from one decimetre to the next, and a whole hazard cycle has 50 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.avoidance.decision import Estimate
from farside.guidance.divert import DivertMap, PathLimits, Reach, divert_map
from farside.guidance.divert_march import DivertState
from farside.guidance.optimal import OptimalError, Thrust
from farside.mission import FlightConfig
from farside.terrain import ElevationMap, LandingSite

#: No limit of tilt or clearance: the optimum falls with the engine turned over. It is a lower bound
#: of the cost and is not flown; the law that is flown keeps its own limits on its own path. What
#: the optimum cannot reach with this propellant is out of reach for every law.
NO_LIMITS = PathLimits(clearance_m=0.0, glide_slope_deg=-89.0, tilt_deg=180.0, end_tilt_deg=180.0)
#: An optimum that ends up in one of these is still a lower bound of the cost.
BOUNDS = (Reach.REACHED, Reach.NEAR_GROUND, Reach.SHALLOW, Reach.TILTED)


@dataclass(frozen=True, eq=False)
class HoverState:
    """The lander over the ground, as it estimates itself."""

    base_m: NDArray[np.float64]  # middle of the plane of its footpads, in the frame of the map
    v_mps: NDArray[np.float64]
    mass_kg: float

    @classmethod
    def of(cls, config: FlightConfig, estimate: Estimate) -> HoverState:
        """Return the state of an upright lander from an estimate of its centre of mass."""
        mass_kg = float(estimate.mass_kg)
        com_m = float(config.vehicle.com_height_m(mass_kg))
        base = np.array(estimate.r_site, np.float64) - (0.0, 0.0, com_m)
        return cls(base, np.array(estimate.v_site, np.float64), mass_kg)


@dataclass(frozen=True, eq=False)
class DivertCost:
    """The least propellant to each cell of a map.

    Attributes
    ----------
    divert : DivertMap
        Over the coarser cells.
    shape : tuple of two ints
        Rows and columns of the map.
    cells : int
        Of the map, along a side of a coarser one.
    cheapest_kg : float
        Least propellant of all cells [kg].
    spare_kg : float
        What that would leave in the tank [kg].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.avoidance import HazardAvoidance, HoverEstimate
    >>> from farside.mission import load_mission
    >>> east, north = np.meshgrid(np.arange(-25.5, 25.5, 0.1), np.arange(-25.5, 25.5, 0.1))
    >>> points = np.stack([east, north, 0.0 * east], -1).reshape(-1, 3)  # level ground
    >>> avoidance = HazardAvoidance(load_mission("chang-e-6"))
    >>> hover = HoverEstimate(r_site=(0.0, 0.0, 101.0), v_site=(0.0, 0.0, 0.0), mass_kg=1900.0)
    >>> scan = avoidance.assess(hover, points)
    >>> cost = scan.divert_cost
    >>> cost.cost_kg.shape, f"{cost.cheapest_kg:.1f} kg at least, {cost.spare_kg:.0f} kg to spare"
    ((512, 512), '15.9 kg at least, 214 kg to spare')
    >>> propellant_kg, time_s = cost.of(scan.best)
    >>> f"{propellant_kg:.1f} kg in {time_s:.0f} s"
    '15.9 kg in 14 s'
    """

    divert: DivertMap = field(repr=False)
    shape: tuple[int, int]
    cells: int
    cheapest_kg: float
    spare_kg: float

    @cached_property
    def _coarse_kg(self) -> NDArray[np.float32]:
        held = np.isin(self.divert.reach, BOUNDS)
        return np.where(held, self.divert.propellant_kg, np.inf).astype(np.float32)

    @cached_property
    def has_unreachable(self) -> bool:
        """Whether any cell is out of reach."""
        return not bool(np.isfinite(self._coarse_kg).all())

    @cached_property
    def cost_kg(self) -> NDArray[np.float32]:
        """(rows, cols) least propellant [kg]; infinite where nothing reaches."""
        coarse = self._coarse_kg
        across = self.cells * coarse.shape[1], self.cells * coarse.shape[0]
        rows, cols = self.shape
        if not self.has_unreachable:
            fine = cv2.resize(coarse, across, interpolation=cv2.INTER_LINEAR)
        else:
            # interpolation with a cell out of reach would be out of reach
            fine = cv2.resize(coarse, across, interpolation=cv2.INTER_NEAREST)
        return np.ascontiguousarray(fine[:rows, :cols], np.float32)

    @property
    def cost_scale_kg(self) -> float:
        """The cost that halves the cost score: the propellant to spare."""
        return self.spare_kg

    def of(self, site: LandingSite) -> tuple[float, float]:
        """Return the cost of a divert to a site.

        Parameters
        ----------
        site : LandingSite

        Returns
        -------
        propellant_kg, time_s : float
            The least propellant and its time of flight; NaN if unknown.
        """
        elevation = self.divert.elevation
        row = round((site.north_m - elevation.north_m) / elevation.cell_north_m)
        col = round((site.east_m - elevation.east_m) / elevation.cell_m)
        row = min(max(row, 0), elevation.shape[0] - 1)
        col = min(max(col, 0), elevation.shape[1] - 1)
        return float(self.divert.propellant_kg[row, col]), float(self.divert.time_s[row, col])


def divert_costs(
    config: FlightConfig, hover: HoverState, elevation: ElevationMap
) -> DivertCost | None:
    """Compute the cost of every cell of a map; None where no cell has one.

    The lander ends with its base on the ground of the cell, at the speed of the last phase that
    burns, with the thrust that plans keep to.
    """
    vehicle = config.vehicle
    last = [phase for phase in config.phases if phase.law != "off"][-1]
    try:
        state = DivertState(
            hover.base_m,
            hover.v_mps,
            hover.mass_kg,
            Thrust.of(config, config.guidance.plan.margin),
            target_mps=(0.0, 0.0, last.vertical_speed_mps),
            dry_mass_kg=vehicle.dry_mass_kg,
        )
        divert = divert_map(
            state,
            coarsened(elevation, config.avoidance.cost_cells),
            limits=NO_LIMITS,
            lone_tries=config.avoidance.cost_tries,
        )
    except OptimalError:
        return None
    least_kg = divert.propellant_kg[np.isin(divert.reach, BOUNDS)]
    if not least_kg.size:
        return None
    cheapest_kg = float(least_kg.min())
    spare_kg = hover.mass_kg - vehicle.dry_mass_kg - cheapest_kg
    return DivertCost(
        divert, elevation.shape, config.avoidance.cost_cells, cheapest_kg, max(spare_kg, 1e-3)
    )


def coarsened(elevation: ElevationMap, cells: int) -> ElevationMap:
    """Average a map over squares of cells; where none was seen it is the mean of the rest.

    Such a cell gets a cost only for the sake of its neighbours; no site is ever chosen there.
    """
    rows, cols = (-(-n // cells) for n in elevation.shape)
    known = np.full((rows * cells, cols * cells), np.nan, np.float32)
    known[: elevation.shape[0], : elevation.shape[1]] = elevation.heights
    unseen = np.isnan(known)
    known[unseen] = 0.0
    heights = cv2.resize(known, (cols, rows), interpolation=cv2.INTER_AREA)
    if unseen.any():
        weight = np.subtract(1.0, unseen, dtype=np.float32)
        held = cv2.resize(weight, (cols, rows), interpolation=cv2.INTER_AREA)
        level = heights.sum() / max(float(held.sum()), 1e-9)
        heights = np.divide(heights, held, out=np.full_like(heights, level), where=held > 0.0)
    aside = 0.5 * (cells - 1)
    return ElevationMap.from_array(
        heights,
        cells * elevation.cell_m,
        cell_north_m=cells * elevation.cell_north_m,
        east_m=elevation.east_m + aside * elevation.cell_m,
        north_m=elevation.north_m + aside * elevation.cell_north_m,
        frame=elevation.frame,
        tick=elevation.tick,
        trusted=True,
    )
