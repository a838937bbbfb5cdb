"""The assessment of a map for a lander: where it can stand, how surely, and why not elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.terrain.conditions import Sensing, TouchdownDispersion
from farside.terrain.elevation import ElevationMap
from farside.terrain.footprint import Datum, Footprint
from farside.terrain.hazards import (
    HazardLimits,
    Reason,
    disc_reach_m,
    distance_to_bad,
    hidden_within,
)
from farside.terrain.lander import LanderFootprint
from farside.terrain.legs import LegContact, SupportPlanes
from farside.terrain.probability import (
    NoiseUnderDisc,
    SafetyProbability,
    blur_probability,
    blur_probability_turned,
)
from farside.terrain.returns import Restored, restore
from farside.terrain.sites import (
    LandingSite,
    best_apart,
    cost_map_of,
    cost_score,
    probability_score,
    site_at,
)

LegCells = Literal["survivors", "all", "none"]

HOPELESS = 0.01
"""Least probability of a safe disc where "survivors" computes the contact of the legs."""
BAND_SIGMA = 3.0
"""A rise further than this many sigma from the belly clearance left need not be exact.

Of the usual noise: of a cell with more, beside a filled hole, a rise below the band is told too
high, and one above it is above the clearance anyhow.
"""


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a lander would find; every array is (rows, cols), float32 but for the reasons.

    Attributes
    ----------
    elevation : ElevationMap
        The ground; its frame is that of every map here.
    lander : LanderFootprint
        Footprint, legs and clearance.
    limits : HazardLimits
        Of slope and roughness.
    sigma_m : ndarray, (rows, cols)
        1-sigma error of each height [m].
    dispersion_m : tuple of two floats
        1-sigma touchdown error, east and north [m].
    slope_deg : ndarray, (rows, cols)
        Of the footprint's least-squares plane [deg]; NaN where UNSEEN or EDGE.
    roughness_m : ndarray, (rows, cols)
        Greatest deviation from that plane [m]; NaN as the slope.
    stand_slope_worst_deg : ndarray, (rows, cols)
        Steepest plane that the pads rest on at any heading [deg]; NaN where not computed.
    stand_slope_best_deg : ndarray, (rows, cols)
        The same at the best heading [deg].
    best_heading_deg : ndarray, (rows, cols)
        Of the first pad, from east towards north [deg].
    rise_worst_m : ndarray, (rows, cols)
        Highest ground above the pads' plane under the footprint at any heading [m].
    rise_best_m : ndarray, (rows, cols)
        The same at the best heading [m].
    stand_probability : ndarray, (rows, cols)
        That a stand there is safe, given the noise of the heights [-]; unknown counts 0.
    probability : ndarray, (rows, cols)
        That a landing there is safe, with the touchdown error folded in [-].
    bound : ndarray, (rows, cols)
        Lower bound of the same, proved [-].
    clearance_m : ndarray, (rows, cols)
        Distance to the nearest cell that is not safe [m]; 0 there.
    reasons : ndarray of uint16, (rows, cols)
        Bits of `Reason`.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import load_mission
    >>> from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess
    >>> heights = np.zeros((151, 151))
    >>> heights[75, 100] = 0.4  # a rock, 2.5 m east of the middle
    >>> ground = ElevationMap.from_array(heights, 0.1, east_m=-7.5, north_m=-7.5)
    >>> lander = LanderFootprint.of(load_mission("chang-e-6"))
    >>> found = assess(ground, lander, HazardLimits(8.0, 0.2))
    >>> best = found.sites(count=1)[0]
    >>> best.east_m < 0.0, best.probability  # away from the rock
    (True, 1.0)
    >>> int(found.safe.sum() - found.relaxed(0.9).safe.sum())  # without noise all is 0 or 1
    0
    """

    elevation: ElevationMap
    lander: LanderFootprint
    limits: HazardLimits
    sigma_m: NDArray[np.float32]
    dispersion_m: tuple[float, float]
    slope_deg: NDArray[np.float32]
    roughness_m: NDArray[np.float32]
    stand_slope_worst_deg: NDArray[np.float32]
    stand_slope_best_deg: NDArray[np.float32]
    best_heading_deg: NDArray[np.float32]
    rise_worst_m: NDArray[np.float32]
    rise_best_m: NDArray[np.float32]
    stand_probability: NDArray[np.float32]
    probability: NDArray[np.float32]
    bound: NDArray[np.float32]
    clearance_m: NDArray[np.float32]
    reasons: NDArray[np.uint16]

    @property
    def safe(self) -> NDArray[np.bool_]:
        """Cells that nothing speaks against."""
        safe: NDArray[np.bool_] = self.reasons == 0
        return safe

    def relaxed(self, least_probability: float) -> Assessment:
        """Return the same assessment for a lower least probability.

        Parameters
        ----------
        least_probability : float
            Not above the one that the assessment was made with.

        Returns
        -------
        Assessment
        """
        enough = self.probability >= np.float32(least_probability)
        reasons = np.where(enough, self.reasons & ~np.uint16(Reason.UNSURE), self.reasons)
        clearance_m = distance_to_bad(reasons == 0, self.elevation)
        return replace(self, reasons=reasons, clearance_m=clearance_m)

    def sites(
        self,
        count: int = 5,
        separation_m: float | None = None,
        here: tuple[float, float] | None = None,
        cost: NDArray[np.float32] | None = None,
        cost_scale: float | None = None,
        clearance_weight: float = 0.5,
        clearance_scale: float = 0.5,
    ) -> list[LandingSite]:
        """Rank the best safe cells, each `separation_m` from every better one.

            score = probability * (w c / (c + c_half) + (1 - w) / (1 + (cost - free) / scale))

        with c the clearance, w its weight, c_half what is worth one half of it, by default half a
        footprint, and the scale by default 4 footprints of metres, or in another unit
        what the median cell costs above the cheapest, which is free (`sites.cost_score`).
        Probability, clearance and cheapness each always score higher.

        Parameters
        ----------
        count : int, optional
            How many sites at most.
        separation_m : float, optional
            Least distance between two sites [m]; by default the footprint.
        here : two floats, optional
            East and north [m] of where the lander comes down without a divert; by default the
            middle of the map.
        cost : ndarray, optional
            (rows, cols) cost to reach each cell, in any unit; not finite = out of reach. By
            default the distance from here [m].
        cost_scale : float, optional
            What of it is worth half, in its unit.
        clearance_weight : float, optional
            w, 0 to 1.
        clearance_scale : float, optional
            c_half, in footprints.

        Returns
        -------
        Best first; empty if no safe cell is in reach.

        Raises
        ------
        ValueError
            If the cost map has another shape, or the scale is not above 0.
        """
        elevation, width_m = self.elevation, self.lander.footprint_m
        if here is None:
            rows, cols = elevation.shape
            south_west, north_east = (
                elevation.position_m(0, 0),
                elevation.position_m(rows - 1, cols - 1),
            )
            here = (
                0.5 * (south_west[0] + north_east[0]),
                0.5 * (south_west[1] + north_east[1]),
            )
        costs = cost_map_of(elevation, here, cost)
        score = probability_score(
            self.probability,
            self.clearance_m,
            clearance_scale * width_m,
            cost_score(costs, cost is None, width_m, cost_scale),
            clearance_weight,
        )
        score[~(self.safe & np.isfinite(costs))] = -1.0
        apart_m = width_m if separation_m is None else separation_m
        return [
            site_at(
                self,
                row,
                col,
                score=best,
                cost=float(costs[row, col]),
                probability=float(self.probability[row, col]),
                bound=float(self.bound[row, col]),
                heading_deg=float(self.best_heading_deg[row, col]),
            )
            for row, col, best in best_apart(score, count, apart_m, elevation)
        ]


class Workspace:
    """Layouts and buffers for maps of one shape, cell and lander: made once, used every cycle."""

    def __init__(
        self,
        shape: tuple[int, int],
        cell_m: tuple[float, float],
        lander: LanderFootprint,
        datum: Datum | None = None,
    ) -> None:
        """Lay out the disc and, when first needed, the legs.

        Parameters
        ----------
        shape : two ints
        cell_m : two floats
        lander : LanderFootprint
        datum : Datum, optional
            As of `LegContact`.
        """
        self.shape, self.cell_m, self.lander, self.datum = shape, cell_m, lander, datum
        self.disc = Footprint(shape, cell_m[0], lander.footprint_m, cell_m[1], datum)

    @cached_property
    def legs(self) -> LegContact:
        """The legs' own workspace."""
        return LegContact(self.shape, self.cell_m, self.lander, self.datum)


def assess(
    elevation: ElevationMap,
    lander: LanderFootprint,
    limits: HazardLimits,
    *,
    sensing: Sensing | None = None,
    dispersion: TouchdownDispersion | None = None,
    leg_cells: LegCells = "survivors",
    least_probability: float = 0.997,
    workspace: Workspace | None = None,
) -> Assessment:
    """Assess every cell of a map as the place where the middle of the lander comes down.

    A cell is safe if the disc's slope and deviation are within the limits, if at every heading
    every plane that the legs may rest on is within the slope limit and no ground under the
    footprint rises above it by more than the belly clearance, and if, with noise or dispersion,
    the probability of all that is at least `least_probability`.

    Parameters
    ----------
    elevation : ElevationMap
        The ground as seen.
    lander : LanderFootprint
        What lands.
    limits : HazardLimits
        What it withstands.
    sensing : Sensing, optional
        How the map was measured; by default heights without error.
    dispersion : TouchdownDispersion, optional
        Of the touchdown; by default none.
    leg_cells : {"survivors", "all", "none"}, optional
        Where the contact of the legs is computed: in the cells that the disc does not rule out, in
        all whose footprint and pads are seen, or nowhere (then only the disc decides).
    least_probability : float, optional
        Below it a cell is UNSURE; not applied where there is neither noise nor dispersion.
    workspace : Workspace, optional
        Reused between cycles; made here if absent.

    Returns
    -------
    Assessment

    Raises
    ------
    ValueError
        If a number is impossible, an array has another shape, or the sensor is below the ground.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission import load_mission
    >>> from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, Sensing, assess
    >>> heights = np.zeros((101, 101))
    >>> heights[50, 50] = 0.4  # a rock in the middle, 5 cm lower than the belly
    >>> ground = ElevationMap.from_array(heights, cell_m=0.1)
    >>> lander, limits = LanderFootprint.of(load_mission("chang-e-6")), HazardLimits(8.0, 0.45)
    >>> found = assess(ground, lander, limits, sensing=Sensing(sigma_m=0.02))
    >>> bool(found.safe[50, 50]), round(float(found.probability[50, 50]), 2)
    (True, 1.0)
    >>> worse = assess(ground, lander, limits, sensing=Sensing(sigma_m=0.1))
    >>> bool(worse.safe[50, 50]), round(float(worse.probability[50, 50]), 2)
    (False, 0.95)
    """
    sensing, dispersion = sensing or Sensing(), dispersion or TouchdownDispersion()
    sigma = sensing.sigma_map(elevation.shape)
    if not 0.0 <= least_probability <= 1.0:
        raise FarsideError(f"a least probability of {least_probability}: give one between 0 and 1")
    workspace = _laid_out(workspace, elevation, lander)
    seen = _restored(elevation, sigma, limits, sensing)
    noise = NoiseUnderDisc.of(seen.sigma_m, elevation, lander, workspace.disc)
    slope_deg, roughness_m, state = workspace.disc.measure(seen.elevation)
    safety = SafetyProbability(seen.limits, lander, noise, sensing.correlation, fused=sensing.fused)
    stand_probability, bound, reasons = safety.disc(slope_deg, roughness_m, state)
    planes = SupportPlanes.nowhere(elevation.shape)
    if leg_cells != "none":
        least = HOPELESS if leg_cells == "survivors" else -1.0
        known = workspace.legs.known(elevation)
        wanted = safety.select_cells(*known, stand_probability, least, reasons)
        band_m = BAND_SIGMA * lander.rest.belly_error_m(noise.usual_m(wanted))
        planes = workspace.legs.measure(seen.elevation, wanted, band_m)
        safety.legs(planes.slope_worst_deg, planes.rise_worst_m, stand_probability, bound, reasons)
    certain = noise.greatest_m == 0.0 and (lander.rest.rigid or leg_cells == "none")
    if certain:
        stand_probability = bound = (reasons == 0).astype(np.float32)
    probability = _landed(stand_probability, elevation, dispersion)
    if not certain or max(dispersion.axes_m) > 0.0:
        safety.mark_uncertain(probability, least_probability, reasons)
    if sensing.sensor_m is not None:
        reach_m = None if leg_cells == "none" else workspace.legs.rim_m
        reasons |= _shadow_bits(reasons, elevation, lander, sensing.sensor_m, reach_m)
    return Assessment(
        elevation=elevation,
        lander=lander,
        limits=limits,
        sigma_m=sigma,
        dispersion_m=dispersion.axes_m,
        slope_deg=slope_deg,
        roughness_m=roughness_m,
        stand_slope_worst_deg=planes.slope_worst_deg,
        stand_slope_best_deg=planes.slope_best_deg,
        best_heading_deg=planes.heading_best_deg,
        rise_worst_m=planes.rise_worst_m,
        rise_best_m=planes.rise_best_m,
        stand_probability=stand_probability,
        probability=probability,
        bound=_landed(bound, elevation, dispersion),
        clearance_m=distance_to_bad(reasons == 0, elevation),
        reasons=reasons,
    )


def _restored(
    elevation: ElevationMap, sigma_m: NDArray[np.float32], limits: HazardLimits, sensing: Sensing
) -> Restored:
    """Return the map as a posted one, by how it was sensed."""
    return restore(
        elevation,
        sigma_m,
        limits,
        sensing.spacing_m,
        fused=sensing.fused,
        correlation=sensing.correlation,
    )


def _laid_out(
    workspace: Workspace | None, elevation: ElevationMap, lander: LanderFootprint
) -> Workspace:
    """Return the workspace given, or one of this map and lander."""
    if workspace is None:
        cell_m = (elevation.cell_east_m, elevation.cell_north_m)
        return Workspace(elevation.shape, cell_m, lander)
    if workspace.lander != lander:
        raise FarsideError("the workspace is laid out for another lander")
    return workspace


def _landed(
    safe: NDArray[np.float32], elevation: ElevationMap, dispersion: TouchdownDispersion
) -> NDArray[np.float32]:
    """Return the probability of a safe landing from that of a safe stand."""
    cell_m = (elevation.cell_east_m, elevation.cell_north_m)
    if dispersion.turn_deg is None:
        return blur_probability(safe, cell_m, dispersion.axes_m, dispersion.correlation)
    return blur_probability_turned(safe, cell_m, dispersion.axes_m, dispersion.turn_deg)


def _shadow_bits(
    reasons: NDArray[np.uint16],
    elevation: ElevationMap,
    lander: LanderFootprint,
    sensor_m: tuple[float, float, float],
    reach_m: float | None,
) -> NDArray[np.uint16]:
    """Return SHADOW where UNSEEN is set and a hidden cell is under the disc or within reach_m."""
    unseen = (reasons & np.uint16(Reason.UNSEEN)) != 0
    if not unseen.any():
        return np.zeros_like(reasons)
    reach = disc_reach_m(lander.footprint_m, elevation) if reach_m is None else reach_m
    under = hidden_within(reach, elevation, sensor_m)
    return np.asarray((unseen & under) * np.uint16(Reason.SHADOW), np.uint16)
