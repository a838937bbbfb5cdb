"""Hazard maps: where the lander may stand, how far from danger, and why not elsewhere."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.terrain._clearance import clearance
from farside.terrain.elevation import ElevationMap
from farside.terrain.footprint import Footprint
from farside.terrain.shadow import shadowed

#: Cells a side up to which distances are counted by the kernel; beyond, by SciPy.
MAX_SIDE = 16383


class Reason(enum.IntFlag):
    """Why a cell is no landing site; 0 where it is one."""

    SLOPE = 1
    """The least-squares plane of the footprint is steeper than the limit."""
    ROUGH = 2
    """Some ground under the footprint deviates from that plane by more than the limit."""
    UNSEEN = 4
    """The footprint holds a cell without height."""
    EDGE = 8
    """The footprint leaves the map."""
    SHADOW = 16
    """With UNSEEN: some of the unseen ground is hidden from the sensor by higher ground."""
    NEAR = 32
    """Safe itself, but a cell within the navigation error is not."""
    STAND_SLOPE = 64
    """On its legs, at some heading, the lander would stand steeper than the limit."""
    BELLY = 128
    """At some heading ground under the footprint would reach the belly."""
    UNSURE = 256
    """The probability of a safe landing is less than was asked for."""
    OUT_OF_REACH = 512
    """No way leads there: its cost is not finite (`sites.mark_out_of_reach`)."""
    RAMP = 1024
    """A rover could not leave there: its ramp, or the ground beyond, is too steep or not seen."""


@dataclass(frozen=True)
class HazardLimits:
    """What the lander stands.

    Attributes
    ----------
    slope_deg : float
        Greatest slope of the plane under the footprint [deg], above 0 and below 90.
    roughness_m : float
        Greatest distance of a height from the plane under the footprint [m].

    Examples
    --------
    >>> from farside.terrain import HazardLimits
    >>> HazardLimits(slope_deg=8.0, roughness_m=0.2)
    HazardLimits(slope_deg=8.0, roughness_m=0.2)
    >>> HazardLimits(slope_deg=95.0, roughness_m=0.2)
    Traceback (most recent call last):
        ...
    farside.ext.common.errors.FarsideError: ...
    """

    slope_deg: float
    roughness_m: float

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 < self.slope_deg < 90.0:
            raise FarsideError(f"a slope limit of {self.slope_deg} deg: give one between 0 and 90")
        if not 0.0 < self.roughness_m < math.inf:
            raise FarsideError(f"a roughness limit of {self.roughness_m} m: give a positive one")


@dataclass(frozen=True, eq=False)
class HazardMap:
    """Hazards on the grid of an elevation map; every array is (rows, cols).

    Attributes
    ----------
    elevation : ElevationMap
        The ground; its frame is that of every map here.
    limits : HazardLimits
        Of slope and roughness.
    footprint_m : float
        Diameter of the disc that must be clear under the lander [m].
    navigation_error_m : float
        Within so far of a site every cell has to be safe, too [m].
    slope_deg : ndarray, (rows, cols)
        Of the footprint's least-squares plane [deg]; NaN where UNSEEN or EDGE.
    roughness_m : ndarray, (rows, cols)
        Greatest deviation from that plane [m], or a bound if not `exact`; NaN as the slope.
    clearance_m : ndarray, (rows, cols)
        Distance to the nearest cell centre whose own footprint is not safe [m]; 0 there.
    reasons : ndarray of uint8 or uint16, (rows, cols)
        Bits of `Reason`; wider where OUT_OF_REACH or RAMP is among them.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap, HazardLimits, Reason, map_hazards
    >>> heights = np.zeros((101, 101))
    >>> heights[50, 20] = 0.4  # a rock
    >>> ground = ElevationMap.from_array(heights, cell_m=0.1)
    >>> hazards = map_hazards(ground, HazardLimits(8.0, 0.2), 2.0, navigation_error_m=0.0)
    >>> round(hazards.safe_share, 3), Reason(int(hazards.reasons[50, 20])).name
    (0.611, 'ROUGH')
    """

    elevation: ElevationMap
    limits: HazardLimits
    footprint_m: float
    navigation_error_m: float
    slope_deg: NDArray[np.float32]
    roughness_m: NDArray[np.float32]
    clearance_m: NDArray[np.float32]
    reasons: NDArray[np.uint8] | NDArray[np.uint16]

    @property
    def safe(self) -> NDArray[np.bool_]:
        """Cells that may be chosen: nothing speaks against them."""
        safe: NDArray[np.bool_] = self.reasons == 0
        return safe

    @property
    def safe_share(self) -> float:
        """Share of the map's cells that may be chosen."""
        return float(self.safe.mean())


def map_hazards(
    elevation: ElevationMap,
    limits: HazardLimits,
    footprint_m: float,
    navigation_error_m: float,
    *,
    sensor_m: tuple[float, float, float] | None = None,
    exact: bool = True,
    workspace: Footprint | None = None,
) -> HazardMap:
    """Map slope, roughness, unseen ground and clearance.

    Parameters
    ----------
    elevation : ElevationMap
        The ground as seen.
    limits : HazardLimits
        What the lander stands.
    footprint_m : float
        Diameter of the disc that must be safe [m].
    navigation_error_m : float
        Touchdown error against the map [m]: every cell within it must be safe too.
    sensor_m : three floats, optional
        East, north, up of the sensor [m]; tells shadow from ground outside the scan.
    exact : bool, optional
        Whether roughness is exact in every cell, or only its verdict against the limit (faster).
    workspace : Footprint, optional
        Reused between cycles; made here if absent.

    Returns
    -------
    HazardMap

    Raises
    ------
    ValueError
        If the footprint or navigation error is impossible.

    References
    ----------
    .. [1] Meijster, Roerdink and Hesselink, *A general algorithm for computing distance transforms
       in linear time*, 2000: the clearance.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import ElevationMap, HazardLimits, map_hazards
    >>> heights = np.zeros((101, 101))
    >>> heights[50, 20] = 0.4  # a rock, 2 m east and 5 m north
    >>> ground = ElevationMap.from_array(heights, cell_m=0.1)
    >>> hazards = map_hazards(ground, HazardLimits(8.0, 0.2), 2.0, navigation_error_m=0.3)
    >>> bool(hazards.safe[50, 50]), bool(hazards.safe[50, 32])  # 3 m off the rock; 1.2 m
    (True, False)
    >>> round(float(hazards.clearance_m[50, 50]), 2)  # the footprint's radius is 1 m
    2.0
    """
    if not 0.0 <= navigation_error_m < math.inf:
        raise FarsideError(f"a navigation error of {navigation_error_m} m: give 0 or more")
    if workspace is None:
        workspace = Footprint(
            elevation.shape, elevation.cell_m, footprint_m, elevation.cell_north_m
        )
    elif workspace.footprint_m != footprint_m:
        raise FarsideError(
            f"the workspace is for a footprint of {workspace.footprint_m} m, not {footprint_m} m"
        )
    slope_deg, roughness_m, state = workspace.measure(
        elevation, None if exact else limits.roughness_m
    )
    # NaN compares false: where a footprint is not whole only its state speaks.
    reasons = (
        (slope_deg > np.float32(limits.slope_deg)) * np.uint8(Reason.SLOPE)
        | (roughness_m > np.float32(limits.roughness_m)) * np.uint8(Reason.ROUGH)
        | np.array([0, Reason.UNSEEN, Reason.EDGE], np.uint8)[state]
    )
    if sensor_m is not None and (state == 1).any():
        under = hidden_within(disc_reach_m(footprint_m, elevation), elevation, sensor_m)
        reasons[under & (state == 1)] |= np.uint8(Reason.SHADOW)

    # Dilating by a disc is the exact distance transform cut at its radius, whatever the radius.
    clearance_m = distance_to_bad(reasons == 0, elevation)
    near = (clearance_m <= np.float32(navigation_error_m + 1e-6)) & (reasons == 0)
    reasons[near] = Reason.NEAR
    return HazardMap(
        elevation,
        limits,
        footprint_m,
        navigation_error_m,
        slope_deg,
        roughness_m,
        clearance_m,
        reasons,
    )


def disc_reach_m(footprint_m: float, elevation: ElevationMap) -> float:
    """Return the distance [m] from a footprint's middle that holds its cells and no others."""
    mean_cell_m = math.sqrt(elevation.cell_east_m * elevation.cell_north_m)
    return math.sqrt(
        0.25 * footprint_m * footprint_m
        + 0.25 * footprint_m * mean_cell_m
        + 1e-3 * mean_cell_m * mean_cell_m
    )


def hidden_within(
    reach_m: float, elevation: ElevationMap, sensor_m: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Return which cells have, within `reach_m`, one that the sensor cannot see for ground.

    Parameters
    ----------
    reach_m : float
        From cell centre to cell centre [m].
    elevation : ElevationMap
        The ground as seen.
    sensor_m : three floats
        East, north, up of the sensor [m].

    Raises
    ------
    ValueError
        If the sensor is not above the highest seen ground.
    """
    hidden = shadowed(elevation, sensor_m)
    if not hidden.any():
        return hidden
    within: NDArray[np.bool_] = distance_to_bad(~hidden, elevation) <= np.float32(reach_m)
    return within


def distance_to_bad(good: NDArray[np.bool_], elevation: ElevationMap) -> NDArray[np.float32]:
    """Return the distance from every cell to the nearest bad one [m]; 1e6 cells without any."""
    east_m, north_m = elevation.cell_east_m, elevation.cell_north_m
    if good.all():
        return np.full(good.shape, np.float32(1e6 * min(east_m, north_m)))
    if east_m != north_m or max(good.shape) > MAX_SIDE:
        from scipy.ndimage import distance_transform_edt  # no map of a flight comes here

        return np.asarray(distance_transform_edt(good, sampling=(north_m, east_m)), np.float32)
    # not OpenCV's, whose last bit depends on the number of its threads
    distance_m = np.empty(good.shape, np.float32)
    clearance(np.ascontiguousarray(good).view(np.uint8), east_m, distance_m)
    return distance_m
