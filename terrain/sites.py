"""The choice: ranked, mutually separated landing sites, or the least bad one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.raster.arrays import plain_array
from farside.terrain.elevation import AROUND_M, ElevationMap
from farside.terrain.hazards import HazardMap, Reason


@dataclass(frozen=True, kw_only=True)
class LandingSite:
    """A point to land on, in the frame of its map.

    Attributes
    ----------
    east_m, north_m : float
        Place in the map's frame [m].
    height_m : float
        Of the map at its cell, the frame's up [m].
    slope_deg : float
        Of that plane [deg].
    roughness_m : float
        Greatest deviation from it under the footprint [m].
    clearance_m : float
        Distance to the nearest cell that is not safe [m].
    score : float
        0 to 1, more is better; 0 for the least bad [-].
    cost : float
        To reach it: metres from `here`, or in the unit of the cost map, say kilograms [m or that
        unit].
    reasons : Reason
        What speaks against it: nothing, unless it is the least bad.
    exceedance : float
        Worst ratio to a limit within the navigation error [-]; only for the least bad.
    least_bad : bool
        True if nothing was safe and this exceeds the limits least.
    probability : float
        That a landing there is safe [-]; NaN of the disc rule.
    bound : float
        Lower bound of the same, proved [-].
    heading_deg : float
        Best heading of the first pad, from east towards north [deg]; NaN without legs.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap, HazardLimits, choose_sites, map_hazards
    >>> ground = ElevationMap.from_array(np.zeros((101, 101)), cell_m=0.1)
    >>> hazards = map_hazards(ground, HazardLimits(8.0, 0.2), 2.0, navigation_error_m=0.0)
    >>> site = choose_sites(hazards, (5.0, 5.0))[0]  # the middle of level ground
    >>> round(site.east_m, 1), round(site.north_m, 1), round(site.clearance_m, 1), site.cost
    (5.0, 5.0, 4.1, 0.0)
    >>> site.reasons.value, site.least_bad
    (0, False)
    """

    east_m: float
    north_m: float
    height_m: float
    slope_deg: float
    roughness_m: float
    clearance_m: float
    score: float
    cost: float
    reasons: Reason
    exceedance: float = 0.0
    least_bad: bool = False
    probability: float = math.nan
    bound: float = math.nan
    heading_deg: float = math.nan


class AssessedMap(Protocol):
    """What a hazard map and an assessment have in common; arrays are (rows, cols)."""

    @property
    def elevation(self) -> ElevationMap:
        """The ground as seen."""

    @property
    def slope_deg(self) -> NDArray[np.float32]:
        """Of the footprint's plane."""

    @property
    def roughness_m(self) -> NDArray[np.float32]:
        """Greatest deviation from it."""

    @property
    def clearance_m(self) -> NDArray[np.float32]:
        """Distance to the nearest cell that is not safe."""

    @property
    def reasons(self) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Bits of `Reason`."""


@dataclass(frozen=True)
class SiteWeights:
    """How a score is made up; the weights add up to 1.

        score = clearance   c / (c + clearance_scale_m)
              + slope       (1 - slope / limit)
              + roughness   (1 - roughness / limit)
              + cost        1 / (1 + (cost - free) / cost_scale)

    Each term lies in 0 .. 1 and is strictly monotone: more clearance, less slope, less roughness
    and less cost always score higher. The scales are where the outer terms are worth one half.
    What is `free` and the default of `cost_scale`: see `cost_score`.

    Attributes
    ----------
    clearance, slope, roughness, cost : float
        Weights of the four terms, 0 or more; they add up to 1 [-].
    clearance_scale_m : float
        Clearance that is worth one half [m].
    cost_scale : float, optional
        Cost beyond `free` that is worth one half [unit of the cost].

    Examples
    --------
    >>> from farside.terrain import SiteWeights
    >>> SiteWeights(clearance=0.7, slope=0.1, roughness=0.1, cost=0.1).clearance_scale_m
    2.0
    >>> SiteWeights(clearance=0.7)
    Traceback (most recent call last):
        ...
    farside.ext.common.errors.FarsideError: ...
    """

    clearance: float = 0.4
    slope: float = 0.2
    roughness: float = 0.2
    cost: float = 0.2
    clearance_scale_m: float = 2.0
    cost_scale: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        weights = (self.clearance, self.slope, self.roughness, self.cost)
        if min(weights) < 0.0 or abs(sum(weights) - 1.0) > 1e-9:
            raise FarsideError(f"site weights {weights}: give four of 0 or more that add up to 1")
        if not self.clearance_scale_m > 0.0:
            raise FarsideError("clearance_scale_m must be positive")
        _check_scale(self.cost_scale)


def choose_sites(
    hazard: HazardMap,
    here: tuple[float, float],
    *,
    count: int = 5,
    separation_m: float | None = None,
    cost: NDArray[np.float32] | None = None,
    weights: SiteWeights | None = None,
) -> list[LandingSite]:
    """Rank the best safe sites, each `separation_m` from every better one.

    Parameters
    ----------
    hazard : HazardMap
        The map.
    here : two floats
        East and north [m] of where the lander comes down without a divert.
    count : int, optional
        How many sites at most.
    separation_m : float, optional
        Least distance between two sites [m]; by default the footprint.
    cost : ndarray, optional
        (rows, cols) cost to reach each cell, in any unit; not finite = out of reach. By default
        the distance from here [m].
    weights : SiteWeights, optional
        What counts how much, and what of the cost is worth half; see `SiteWeights`.

    Returns
    -------
    Best first; empty if no safe cell is in reach.

    Raises
    ------
    ValueError
        If the cost map has another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap, HazardLimits, choose_sites, map_hazards
    >>> heights = np.zeros((101, 101))
    >>> heights[50, 20] = 0.4  # a rock, 2 m east and 5 m north
    >>> ground = ElevationMap.from_array(heights, cell_m=0.1)
    >>> hazards = map_hazards(ground, HazardLimits(8.0, 0.2), 2.0, navigation_error_m=0.0)
    >>> best, second = choose_sites(hazards, here=(5.0, 5.0), count=2)
    >>> round(best.east_m, 1), round(best.north_m, 1), round(best.clearance_m, 1)  # farther from it
    (6.0, 5.0, 3.0)
    >>> round(best.score, 3)  # 0.4 x 3/(3 + 2) + 0.2 + 0.2 + 0.2/(1 + 1/8)
    0.818
    """
    weights = weights or SiteWeights()
    elevation = hazard.elevation
    costs = cost_map_of(elevation, here, cost)
    cheapness = cost_score(costs, cost is None, hazard.footprint_m, weights.cost_scale)
    ok = hazard.safe & np.isfinite(costs)
    # NaN where the footprint is not whole, infinite cost out of reach: neither is ok.
    share = np.float32
    with np.errstate(invalid="ignore"):
        score = (
            share(weights.clearance)
            * (hazard.clearance_m / (hazard.clearance_m + share(weights.clearance_scale_m)))
            + share(weights.slope) * (1 - hazard.slope_deg / share(hazard.limits.slope_deg))
            + share(weights.roughness) * (1 - hazard.roughness_m / share(hazard.limits.roughness_m))
            + share(weights.cost) * cheapness
        )
    score[~ok] = -1.0
    apart_m = hazard.footprint_m if separation_m is None else separation_m
    return [
        site_at(hazard, row, col, score=best, cost=float(costs[row, col]))
        for row, col, best in best_apart(score, count, apart_m, elevation)
    ]


def least_bad(
    hazard: HazardMap, here: tuple[float, float], cost: NDArray[np.float32] | None = None
) -> LandingSite | None:
    """Pick the cell that passes the limits by least, when nothing is safe.

    The measure is max(slope / limit, roughness / limit), at its worst over all cells within the
    navigation error; a cell whose footprint is not whole, or that is out of reach, counts as
    infinitely bad. If that leaves nothing, the navigation error is not held against any cell. Ties
    go to the cheapest.

    Parameters
    ----------
    hazard : HazardMap
        The map.
    here : two floats
        East and north [m] of where the lander comes down without a divert.
    cost : ndarray, optional
        As of `choose_sites`.

    Returns
    -------
    The site, with `least_bad` set; None if no footprint in reach on the map was seen whole.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap, HazardLimits, least_bad, map_hazards
    >>> north = 0.1 * np.arange(101)[:, None] * np.ones(101)
    >>> bowl = ElevationMap.from_array(0.02 * (north - 5.0) ** 2 + 0.2 * north, cell_m=0.1)
    >>> hazards = map_hazards(bowl, HazardLimits(2.0, 0.2), footprint_m=2.0, navigation_error_m=0.0)
    >>> hazards.safe_share  # steeper than 2 deg all over
    0.0
    >>> site = least_bad(hazards, here=(5.0, 5.0))
    >>> round(site.north_m, 1), round(site.slope_deg, 2)  # atan(0.2 - 0.04 x 4)
    (1.0, 2.29)
    >>> round(site.exceedance, 2), site.least_bad
    (1.15, True)
    """
    costs = cost_map_of(hazard.elevation, here, cost)
    own = np.fmax(
        hazard.slope_deg / np.float32(hazard.limits.slope_deg),
        hazard.roughness_m / np.float32(hazard.limits.roughness_m),
    )
    own[np.isnan(own)] = np.inf
    beyond = ~np.isfinite(costs) | ((hazard.reasons & np.uint16(Reason.OUT_OF_REACH)) != 0)
    if not np.isfinite(own[~beyond]).any():
        return None
    within = _disc_mask(hazard.navigation_error_m, hazard.elevation)
    worst = cv2.dilate(own, within, borderValue=float("inf"))
    # A neighbour out of reach is no worse ground for that: only it itself is never taken.
    worst[beyond] = np.inf
    if not np.isfinite(worst).any():
        worst = np.where(beyond, np.inf, own)
    smallest = float(worst.min())
    tied = np.where(worst == worst.min(), costs, np.inf)
    row, col = divmod(int(tied.argmin()), hazard.elevation.shape[1])
    return site_at(
        hazard,
        row,
        col,
        score=0.0,
        cost=float(costs[row, col]),
        exceedance=smallest,
        least_bad=True,
    )


def probability_score(
    probability: NDArray[np.float32],
    clearance_m: NDArray[np.float32],
    scale_m: float,
    cost: NDArray[np.float32] | None = None,
    clearance_weight: float = 0.5,
) -> NDArray[np.float32]:
    """Return the score of every cell of a map that has probabilities.

        score = probability * (w c / (c + scale) + (1 - w) cost score),

    with c the clearance and w its weight; where no place costs more than another, probability * c /
    (c + scale). A clearance of infinity is worth 1.

    Parameters
    ----------
    probability : ndarray
        (rows, cols) of a safe landing.
    clearance_m : ndarray
        (rows, cols) distance to the nearest cell that is not safe [m].
    scale_m : float
        The clearance that is worth one half [m].
    cost : ndarray, optional
        (rows, cols) as `cost_score` gives it; None where every place costs the same.
    clearance_weight : float
        Of the clearance, 0 to 1; the rest is that of the cost.
    """
    with np.errstate(invalid="ignore"):
        share = clearance_m / (clearance_m + np.float32(scale_m))
    unbounded = np.isinf(clearance_m)
    if unbounded.any():
        share[unbounded] = 1.0
    if cost is None:
        return np.asarray(probability * share, np.float32)
    weight, rest = np.float32(clearance_weight), np.float32(1.0 - clearance_weight)
    return np.asarray(probability * (weight * share + rest * cost), np.float32)


def cost_map_of(
    elevation: ElevationMap, here: tuple[float, float], cost: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Return the cost of every cell: the map given, or the distance from here [m]."""
    if cost is not None:
        cost = np.asarray(plain_array(cost), np.float32)
        if cost.shape != elevation.shape:
            raise FarsideError(f"a cost map of {cost.shape} for a hazard map of {elevation.shape}")
        return cost
    rows, cols = elevation.shape
    north = elevation.north_m + np.arange(rows) * elevation.cell_north_m - here[1]
    east = elevation.east_m + np.arange(cols) * elevation.cell_east_m - here[0]
    distance: NDArray[np.float32] = np.sqrt(
        np.square(north).astype(np.float32)[:, None] + np.square(east).astype(np.float32)
    )
    return distance


def cost_score(
    costs: NDArray[np.float32], in_metres: bool, footprint_m: float, scale: float | None
) -> NDArray[np.float32]:
    """Return the score, 0 to 1, of what each cell costs to reach.

        1 / (1 + (cost - free) / scale)

    Parameters
    ----------
    costs : ndarray
        Cost of every cell; where it is not finite the score is 0.
    in_metres : bool
        Whether it is the distance from the lander. Then nothing is free, and by default 4
        footprints score half. Any other cost is counted from the cheapest cell, since what all
        cells cost ranks none above another: a landing takes 16 kg to any site, and the divert a
        part of one.
    footprint_m : float
        Of the lander.
    scale : float, optional
        The cost that scores half; by default 4 footprints or, of a cost in another unit, what the
        median cell costs above the cheapest: on a map with its middle under the lander the two are
        equal. With the propellant to spare as scale the cost counts only as much as it matters.

    Raises
    ------
    ValueError
        If the scale is not above 0.
    """
    _check_scale(scale)
    finite = np.isfinite(costs)
    whole = bool(finite.all())
    known = costs if whole else costs[finite]
    free = 0.0 if in_metres or not known.size else float(known.min())
    if scale is None and in_metres:
        scale = 4.0 * footprint_m
    elif scale is None:
        # where all cost the same nothing is ranked by it, whatever the scale
        scale = (float(np.median(known)) - free if known.size else 0.0) or 1.0
    share: NDArray[np.float32] = costs - np.float32(free)
    share /= np.float32(scale)
    share += np.float32(1.0)
    np.reciprocal(share, out=share)
    if not whole:
        share[~finite] = 0.0
    return share


def _check_scale(scale: float | None) -> None:
    if scale is not None and not 0.0 < scale < math.inf:
        raise FarsideError(f"a cost scale of {scale}: give one above 0, in the unit of the cost")


def mark_out_of_reach(
    reasons: NDArray[np.uint8] | NDArray[np.uint16], cost: NDArray[np.float32]
) -> NDArray[np.uint16]:
    """Return the reasons of a map, with OUT_OF_REACH where the cost is not finite.

    Clearances stay what they are: ground out of reach is no hazard to stand beside.
    """
    beyond = ~np.isfinite(cost) * np.uint16(Reason.OUT_OF_REACH)
    return np.asarray(reasons | beyond, np.uint16)


def best_apart(
    score: NDArray[np.float32], count: int, apart_m: float, elevation: ElevationMap
) -> Iterator[tuple[int, int, float]]:
    """Yield row, column and score of the best cells, each `apart_m` from every better one.

    A score below 0 is no cell; what is struck out on the way becomes -1 in `score`.
    """
    if not apart_m >= 0.0:
        raise FarsideError(f"sites {apart_m} m apart: give metres, 0 or more")
    for _rank in range(count):
        row, col = divmod(int(score.argmax()), elevation.shape[1])
        best = float(score[row, col])
        if best < 0.0:
            return
        yield row, col, best
        suppress_near(score, row, col, apart_m, elevation)


def suppress_near(
    score: NDArray[np.float32], row: int, col: int, apart_m: float, elevation: ElevationMap
) -> None:
    """Suppress the cells closer than `apart_m` to a chosen one (non-maximum suppression)."""
    apart_m = min(apart_m, AROUND_M)
    down = math.ceil(apart_m / elevation.cell_north_m)
    aside = math.ceil(apart_m / elevation.cell_east_m)
    top, left = max(0, row - down), max(0, col - aside)
    part = score[top : row + down + 1, left : col + aside + 1]
    north = (np.arange(top, top + part.shape[0])[:, None] - row) * elevation.cell_north_m
    east = (np.arange(left, left + part.shape[1]) - col) * elevation.cell_east_m
    part[north * north + east * east < (apart_m - 1e-9) * abs(apart_m - 1e-9)] = -1.0
    score[row, col] = -1.0


def _disc_mask(radius_m: float, elevation: ElevationMap) -> NDArray[np.uint8]:
    """Return the cells whose centres lie within a radius, as an OpenCV structuring element."""
    down = int(radius_m / elevation.cell_north_m + 1e-6)
    aside = int(radius_m / elevation.cell_east_m + 1e-6)
    north = np.arange(-down, down + 1)[:, None] * elevation.cell_north_m
    east = np.arange(-aside, aside + 1) * elevation.cell_east_m
    return (north**2 + east**2 <= (radius_m + 1e-6 * elevation.cell_m) ** 2).astype(np.uint8)


def site_at(
    found: AssessedMap, row: int, col: int, *, score: float, cost: float, **more: Any
) -> LandingSite:
    """Return a cell of a map as a site.

    Parameters
    ----------
    found : HazardMap or Assessment
    row, col : int
    score, cost : float
        As of `LandingSite`.
    **more
        Its other fields, where they are not the defaults.
    """
    east_m, north_m = found.elevation.position_m(row, col)
    return LandingSite(
        east_m=east_m,
        north_m=north_m,
        height_m=float(found.elevation.heights[row, col]),
        slope_deg=float(found.slope_deg[row, col]),
        roughness_m=float(found.roughness_m[row, col]),
        clearance_m=float(found.clearance_m[row, col]),
        score=score,
        cost=cost,
        reasons=Reason(int(found.reasons[row, col])),
        **more,
    )
