"""The price of a site: what the least propellant to each cell of a scan's map is, from the hover.

The divert map (`farside.guidance.divert`) over the scanned ground, on coarser cells: the price of a
cell changes by grams from one decimetre to the next, and a whole hazard cycle has 50 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.guidance.divert import DivertMap, Reach, WayLimits, divert_map
from farside.guidance.optimal import OptimalError, Thrust
from farside.mission import Mission
from farside.terrain import ElevationMap, LandingSite

#: Cells of the map along a side of one that is priced: 1.6 m for the lander's 0.1.
COARSER = 16
#: No limit of tilt or clearance: the optimum falls with the engine turned over, a way that is
#: priced but not flown, and the law that is flown keeps its own limits on a way of its own. What
#: not even the optimum can reach, or not with this tank, is out of reach for every law.
WAY = WayLimits(clearance_m=0.0, glide_slope_deg=-89.0, tilt_deg=180.0, end_tilt_deg=180.0)
#: What an optimum that does not keep the ground off is no less a bound for.
BOUNDS = (Reach.REACHED, Reach.NEAR_GROUND, Reach.SHALLOW, Reach.TILTED)


@dataclass(frozen=True, eq=False)
class Hover:
    """The lander as it hangs over the ground, by its own estimate."""

    base_m: NDArray[np.float64]  # middle of the plane of its footpads, in the frame of the map
    v_mps: NDArray[np.float64]
    mass_kg: float


@dataclass(frozen=True, eq=False)
class Price:
    """What each cell of a map costs to reach."""

    divert: DivertMap = field(repr=False)  # over the coarser cells
    shape: tuple[int, int]  # of the map
    cheapest_kg: float  # least propellant of all
    spare_kg: float  # what that would leave in the tank

    @cached_property
    def _coarse_kg(self) -> NDArray[np.float32]:
        held = np.isin(self.divert.reach, BOUNDS)
        return np.where(held, self.divert.propellant_kg, np.inf).astype(np.float32)

    @cached_property
    def leaves_out(self) -> bool:
        """Whether any cell is out of reach."""
        return not bool(np.isfinite(self._coarse_kg).all())

    @cached_property
    def cost_kg(self) -> NDArray[np.float32]:
        """(rows, cols) least propellant [kg]; infinite where nothing reaches."""
        coarse = self._coarse_kg
        across = COARSER * coarse.shape[1], COARSER * coarse.shape[0]
        rows, cols = self.shape
        if not self.leaves_out:
            fine = cv2.resize(coarse, across, interpolation=cv2.INTER_LINEAR)
        else:
            # a mean with a cell out of reach would be out of reach
            fine = cv2.resize(coarse, across, interpolation=cv2.INTER_NEAREST)
        return np.ascontiguousarray(fine[:rows, :cols], np.float32)

    @property
    def scale_kg(self) -> float:
        """What of it is worth half: what the tank can spare."""
        return self.spare_kg

    def of(self, site: LandingSite) -> tuple[float, float]:
        """Return the least propellant [kg] to a site and its time of flight [s]; NaN if unknown."""
        elevation = self.divert.elevation
        row = round((site.north_m - elevation.north_m) / elevation.cell_north_m)
        col = round((site.east_m - elevation.east_m) / elevation.cell_m)
        row = min(max(row, 0), elevation.shape[0] - 1)
        col = min(max(col, 0), elevation.shape[1] - 1)
        return float(self.divert.propellant_kg[row, col]), float(self.divert.time_s[row, col])


def hover_of(mission: Mission, row: NDArray[np.void]) -> Hover:
    """Return the lander as it knows itself in a row of telemetry: it hangs upright."""
    vehicle, body, mass_kg = mission.vehicle, mission.vehicle.body, float(row["est_mass_kg"])
    share = (mass_kg - vehicle.dry_mass_kg) / vehicle.usable_propellant_kg
    com_m = body.com_height_dry_m + min(max(share, 0.0), 1.0) * (
        body.com_height_full_m - body.com_height_dry_m
    )
    base = np.array(row["est_r_site"], np.float64) - (0.0, 0.0, com_m)
    return Hover(base, np.array(row["est_v_site"], np.float64), mass_kg)


def price_sites(mission: Mission, hover: Hover, elevation: ElevationMap) -> Price | None:
    """Price every cell of a map; None where no cell has a price.

    The lander ends with its base on the ground of the cell, at the speed of the last phase that
    burns, with the thrust that plans keep to.
    """
    vehicle = mission.vehicle
    last = [phase for phase in mission.phases if phase.law != "off"][-1]
    try:
        divert = divert_map(
            hover.base_m,
            hover.v_mps,
            hover.mass_kg,
            Thrust.of(mission, mission.guidance.plan.margin),
            coarser(elevation),
            target_mps=(0.0, 0.0, last.vertical_speed_mps),
            dry_mass_kg=vehicle.dry_mass_kg,
            limits=WAY,
            lone_tries=2,
        )
    except OptimalError:
        return None
    least_kg = divert.propellant_kg[np.isin(divert.reach, BOUNDS)]
    if not least_kg.size:
        return None
    cheapest_kg = float(least_kg.min())
    spare_kg = hover.mass_kg - vehicle.dry_mass_kg - cheapest_kg
    return Price(divert, elevation.shape, cheapest_kg, max(spare_kg, 1e-3))


def coarser(elevation: ElevationMap) -> ElevationMap:
    """Average a map over squares of cells; where none was seen the mean of the rest stands in.

    Such a cell has a price, so that those beside it have one; no site is ever chosen there.
    """
    rows, cols = (-(-n // COARSER) for n in elevation.shape)
    known = np.full((rows * COARSER, cols * COARSER), np.nan, np.float32)
    known[: elevation.shape[0], : elevation.shape[1]] = elevation.heights
    unseen = np.isnan(known)
    known[unseen] = 0.0
    heights = cv2.resize(known, (cols, rows), interpolation=cv2.INTER_AREA)
    if unseen.any():
        weight = np.subtract(1.0, unseen, dtype=np.float32)
        held = cv2.resize(weight, (cols, rows), interpolation=cv2.INTER_AREA)
        level = heights.sum() / max(float(held.sum()), 1e-9)
        heights = np.divide(heights, held, out=np.full_like(heights, level), where=held > 0.0)
    aside = 0.5 * (COARSER - 1)
    return ElevationMap.from_array(
        heights,
        COARSER * elevation.cell_m,
        cell_north_m=COARSER * elevation.cell_north_m,
        east_m=elevation.east_m + aside * elevation.cell_m,
        north_m=elevation.north_m + aside * elevation.cell_north_m,
        frame=elevation.frame,
        tick=elevation.tick,
        trusted=True,
    )
