"""The assessment of a map for a lander: where it can stand, how sure that is, and why not elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.terrain.elevation import ElevationMap
from farside.terrain.footprint import Footprint
from farside.terrain.hazards import HazardLimits, Reason, distance_to_bad
from farside.terrain.lander import LanderFootprint
from farside.terrain.sites import LandingSite, price_of, strike_out

Stand = Literal["survivors", "all", "none"]


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a lander would find; every array is (rows, cols), float32 but for the reasons."""

    elevation: ElevationMap
    lander: LanderFootprint
    limits: HazardLimits
    sigma_m: NDArray[np.float32]
    """1-sigma error of each height [m]."""
    dispersion_m: tuple[float, float]
    """1-sigma touchdown error, east and north [m]."""
    slope_deg: NDArray[np.float32]
    """Of the footprint's least-squares plane; NaN where UNSEEN or EDGE."""
    roughness_m: NDArray[np.float32]
    """Greatest deviation from that plane [m]; NaN likewise."""
    stand_slope_worst_deg: NDArray[np.float32]
    """Steepest plane that the pads rest on at any heading; NaN where not computed."""
    stand_slope_best_deg: NDArray[np.float32]
    """The same at the best heading."""
    best_heading_deg: NDArray[np.float32]
    """Of the first pad, from east towards north."""
    rise_worst_m: NDArray[np.float32]
    """Highest ground above the pads' plane under the footprint at any heading [m]."""
    rise_best_m: NDArray[np.float32]
    """The same at the best heading."""
    stand_probability: NDArray[np.float32]
    """That a stand there is safe, given the noise of the heights; unknown counts 0."""
    probability: NDArray[np.float32]
    """That a landing there is safe, with the touchdown error folded in."""
    bound: NDArray[np.float32]
    """Conservative lower bound of the same."""
    clearance_m: NDArray[np.float32]
    """Distance to the nearest cell that is not safe [m]; 0 there."""
    reasons: NDArray[np.uint16]
    """Bits of `Reason`."""

    @property
    def safe(self) -> NDArray[np.bool_]:
        """Cells that nothing speaks against."""
        safe: NDArray[np.bool_] = self.reasons == 0
        return safe

    def sites(
        self,
        count: int = 5,
        separation_m: float | None = None,
        here: tuple[float, float] | None = None,
        cost: NDArray[np.float32] | None = None,
    ) -> list[LandingSite]:
        """Rank the best safe cells, each `separation_m` from every better one.

            score = probability * (0.5 c / (c + footprint / 2) + 0.5 / (1 + cost / (4 footprint)))

        with c the clearance. Probability, clearance and cheapness each always score higher.

        Parameters
        ----------
        count
            How many sites at most.
        separation_m
            Least distance between two sites [m]; by default the footprint.
        here
            East and north [m] of where the lander comes down without a divert; by default the
            middle of the map.
        cost
            (rows, cols) cost to reach each cell, 0 or more; not finite = out of reach. By default
            the distance from here [m].

        Returns
        -------
        Best first; empty if no safe cell is in reach.
        """
        elevation, width_m = self.elevation, self.lander.footprint_m
        if here is None:
            rows, cols = elevation.shape
            south_west, north_east = elevation.position_m(0, 0), elevation.position_m(rows - 1, cols - 1)
            here = (
                0.5 * (south_west[0] + north_east[0]),
                0.5 * (south_west[1] + north_east[1]),
            )
        price = price_of(elevation, here, cost)
        half = np.float32(0.5)
        score = self.probability * (
            half * self.clearance_m / (self.clearance_m + np.float32(0.5 * width_m))
            + half / (1 + price / np.float32(4.0 * width_m))
        )
        score[~(self.safe & np.isfinite(price))] = -1.0
        sites: list[LandingSite] = []
        while len(sites) < count:
            row, col = divmod(int(score.argmax()), elevation.shape[1])
            best = float(score[row, col])
            if best < 0.0:
                break
            sites.append(self._site(row, col, best, float(price[row, col])))
            strike_out(
                score, row, col, width_m if separation_m is None else separation_m, elevation
            )
        return sites

    def _site(self, row: int, col: int, score: float, cost: float) -> LandingSite:
        east_m, north_m = self.elevation.position_m(row, col)
        return LandingSite(
            east_m,
            north_m,
            float(self.elevation.heights[row, col]),
            float(self.slope_deg[row, col]),
            float(self.roughness_m[row, col]),
            float(self.clearance_m[row, col]),
            score,
            cost,
            Reason(int(self.reasons[row, col])),
            probability=float(self.probability[row, col]),
            bound=float(self.bound[row, col]),
            heading_deg=float(self.best_heading_deg[row, col]),
        )


def assess(
    elevation: ElevationMap,
    lander: LanderFootprint,
    limits: HazardLimits,
    *,
    sigma_m: float | ArrayLike = 0.0,
    dispersion_m: tuple[float, float] = (0.0, 0.0),
    correlation: float = 0.0,
    stand: Stand = "survivors",
    least_probability: float = 0.99,
    workspace: Footprint | None = None,
) -> Assessment:
    """Assess every cell of a map as the place where the middle of the lander comes down.

    Raises
    ------
    ValueError
        If a number is impossible or an array has another shape.
    """
    sigma = np.broadcast_to(np.asarray(sigma_m, np.float32), elevation.shape)
    if workspace is None:
        workspace = Footprint(
            elevation.shape, elevation.cell_m, lander.footprint_m, elevation.cell_north_m
        )
    slope_deg, roughness_m, state = workspace.measure(elevation)
    reasons = (
        (slope_deg > np.float32(limits.slope_deg)) * np.uint16(Reason.SLOPE)
        | (roughness_m > np.float32(limits.roughness_m)) * np.uint16(Reason.ROUGH)
        | np.array([0, Reason.UNSEEN, Reason.EDGE], np.uint16)[state]
    )
    nothing = np.full(elevation.shape, np.nan, np.float32)
    sure = (reasons == 0).astype(np.float32)
    return Assessment(
        elevation, lander, limits, sigma, dispersion_m, slope_deg, roughness_m,
        nothing, nothing, nothing, nothing, nothing,
        sure, sure, sure, distance_to_bad(reasons == 0, elevation), reasons,
    )
