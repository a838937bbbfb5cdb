"""A place from the altimeter's profile and the map of heights (TERCOM), or why there is none.

The ranges of the last kilometres, with the estimated way of the lander, are a profile of heights.
It is shifted over the onboard map within the uncertainty of the place; where it fits, the lander
is. Error of height and vertical speed come out in the same fit (`ext/navigation/profile.pxd`).
(Golden, Terrain contour matching, SPIE 238, 1980; Johnson & Montgomery, IEEE Aerospace 2008.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers
from farside.navigation.map_fix import place_fix
from farside.raster.arrays import plain_array

Array = NDArray[np.float64]

_MOST_NODES = 2**26


class ProfileError(FarsideError):
    """A map or a profile that cannot be used; one line that says why, and the way out."""


class ProfileVerdict(Enum):
    """What came of a profile."""

    FIXED = "fixed"
    SHORT = "short"
    OFF_MAP = "off map"
    FLAT = "flat"
    MISFIT = "misfit"
    AMBIGUOUS = "ambiguous"
    COARSE = "coarse"


@dataclass(frozen=True, eq=False)
class HeightMap:
    """Heights in arcs about the site, as the onboard map has them.

    u is the arc along `along_site`, v that across it (up x along), on the sphere of `radius_m`.

    Attributes
    ----------
    heights_m : (rows, cols) array
        Above `radius_m` [m]; node [i, j] stands at u0_m + j cell_m, v0_m + i cell_m.
    u0_m, v0_m, cell_m : float
        First node and posting [m].
    radius_m : float
        Of the site from the Moon's centre [m].
    along_site : (3,) array
        Horizontal unit vector at the site: east, north, 0 [-].
    sigma_m : float
        Deviation of the ground's mean over a cell from the map [m], errors of interpolation
        included.
    correlation_m : float
        Length over which those errors hold together [m].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.navigation import HeightMap
    >>> onboard = HeightMap(
    ...     np.zeros((5, 5)), -200.0, -200.0, 100.0, 1737400.0, np.array([1.0, 0.0, 0.0]), 2.0)
    >>> arcs = onboard.arcs(np.array([[10e3, 0.0, 0.0]]))  # 10 km east on the level: 29 m above it
    >>> arcs.round(1).tolist()
    [[9999.9, 0.0, 28.8]]
    >>> onboard.place(arcs[0]).round(1).tolist()
    [10000.0, 0.0, 0.0]
    """

    heights_m: NDArray[np.float32]
    u0_m: float
    v0_m: float
    cell_m: float
    radius_m: float
    along_site: Array
    sigma_m: float
    correlation_m: float = 0.0

    def __post_init__(self) -> None:
        """Check shapes and numbers, and make the heights what a kernel reads."""
        heights = np.asanyarray(self.heights_m)
        if heights.ndim != 2 or min(heights.shape) < 4 or heights.size > _MOST_NODES:
            raise ProfileError(
                f"a map of heights of shape {heights.shape}; give 4 x 4 to 64 M nodes"
            )
        heights = np.array(plain_array(heights), np.float32, order="C")
        along = numbers(self.along_site, "along_site", ProfileError)
        sizes = (self.u0_m, self.v0_m, self.cell_m, self.radius_m, self.sigma_m)
        if not (np.isfinite(heights).all() and all(map(math.isfinite, sizes))):
            raise ProfileError("a map's numbers are finite: fill its holes first")
        if not (self.cell_m > 0.0 and self.radius_m > 0.0 and self.sigma_m > 0.0):
            raise ProfileError("cell_m, radius_m and sigma_m of a map are above 0 m")
        if not 0.0 <= self.correlation_m < math.inf:
            raise ProfileError("correlation_m of a map is 0 m or more")
        if along.shape != (3,) or along[2] != 0.0 or abs(deterministic.length(along) - 1.0) > 1e-6:
            raise ProfileError("along_site is a horizontal unit vector: east, north, 0")
        heights.setflags(write=False)
        object.__setattr__(self, "heights_m", heights)
        object.__setattr__(self, "along_site", along)

    def arcs(self, r_site: Array) -> Array:
        """Return the arcs and heights of places.

        Parameters
        ----------
        r_site : (n, 3) array
            East, north, up [m].

        Returns
        -------
        ndarray, (n, 3)
            u, v, and height above radius_m [m].
        """
        along, across, up = self._axes(r_site)
        far = deterministic.lengths(np.stack([along, across, up], axis=-1))
        return np.stack(
            [
                self.radius_m * deterministic.arctan2(along, up),
                self.radius_m * deterministic.arcsin(across / far),
                far - self.radius_m,
            ],
            axis=-1,
        )

    def place(self, arcs: Array) -> Array:
        """Return where arcs and a height are in the site frame.

        Parameters
        ----------
        arcs : (3,) array
            u, v, and height above radius_m [m].

        Returns
        -------
        ndarray, (3,)
            East, north, up [m].
        """
        u, v, far = arcs[0] / self.radius_m, arcs[1] / self.radius_m, arcs[2] + self.radius_m
        level = far * deterministic.cos(float(v))
        along, across = level * deterministic.sin(float(u)), far * deterministic.sin(float(v))
        a, b = self.along_site[0], self.along_site[1]
        up = level * deterministic.cos(float(u)) - self.radius_m
        return np.array([along * a - across * b, along * b + across * a, up])

    def _axes(self, r_site: Array) -> tuple[Array, Array, Array]:
        a, b = float(self.along_site[0]), float(self.along_site[1])
        east, north = r_site[:, 0], r_site[:, 1]
        return east * a + north * b, north * a - east * b, r_site[:, 2] + self.radius_m


@dataclass(frozen=True)
class ProfileLimits:
    """What a profile's fit is held to.

    Attributes
    ----------
    height_sigma_m : float
        Deviation of the estimated height [m].
    climb_sigma_mps : float
        Deviation of the estimated vertical speed [m/s].
    speed_sigma_mps : float
        Deviation of the estimated horizontal velocity, each axis [m/s].
    range_sigma_m : float
        Deviation of a range [m].
    beam_sigma_rad : float
        Deviation of the beam's direction, mounting and attitude, each axis [rad]: it carries the
        place of the beam's end, and with it the fix.
    least_samples : int
        Samples of the profile, one a cell.
    relief_ratio : float
        Least deviation of the profile from a straight line, over its expected errors [-].
    residual_ratio : float
        Most of the fit's residual variance over the expected one [-].
    second_margin : float
        Least that the misfit elsewhere (chi^2) exceeds the best by [-].
    place_sigma_m : float
        Most that the worse axis of the fix may deviate [m].

    Examples
    --------
    >>> from farside.navigation import ProfileLimits
    >>> ProfileLimits(place_sigma_m=25.0).height_sigma_m
    300.0
    >>> ProfileLimits(place_sigma_m=-1.0)
    Traceback (most recent call last):
        ...
    farside.navigation.terrain_profile.ProfileError: ...
    """

    height_sigma_m: float = 300.0
    climb_sigma_mps: float = 1.0
    speed_sigma_mps: float = 0.5
    range_sigma_m: float = 1.0
    beam_sigma_rad: float = 2e-3
    least_samples: int = 24
    relief_ratio: float = 3.0
    residual_ratio: float = 3.0
    second_margin: float = 25.0
    place_sigma_m: float = 40.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value > 0):
                raise ProfileError(f"{name} = {value}; give a finite number above 0")


@dataclass(frozen=True, eq=False)
class ProfileFix:
    """What a profile tells of the place at its last range.

    Attributes
    ----------
    verdict : ProfileVerdict
        The rest is a place only if it is FIXED.
    tick : int
        Time tag: that of the last range.
    place_m : (2,) array
        East and north of the lander, site frame [m].
    axis : (2,) array
        First principal axis of the covariance: east, north [-].
    variance_m2 : (2,) array
        Along it, and along the one 90 deg to its left [m^2].
    offset_m : (2,) array
        Of the place from the estimate, along u and v [m].
    common_m2 : float
        Of the variance, what every such fix shares: the beam's direction [m^2].
    height_error_m : float
        Truth less estimate of the height, by the map [m].
    samples : int
        Of the profile.
    relief_ratio, residual_ratio, second_margin : float
        What the limits of the same names are held against [-].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.navigation import ProfileFix, ProfileVerdict
    >>> fix = ProfileFix(
    ...     ProfileVerdict.FIXED, tick=4000, place_m=np.array([3000.0, 900.0]),
    ...     axis=np.array([1.0, 0.0]), variance_m2=np.array([900.0, 400.0]),
    ...     offset_m=np.array([-400.0, 300.0]), common_m2=36.0)
    >>> record = fix.record()
    >>> record.shape, record["place_m"].tolist(), int(record["tick"][0])
    ((1,), [[3000.0, 900.0]], 4000)
    """

    verdict: ProfileVerdict
    tick: int
    place_m: Array
    axis: Array
    variance_m2: Array
    offset_m: Array
    common_m2: float = 0.0
    height_error_m: float = math.nan
    samples: int = 0
    relief_ratio: float = math.nan
    residual_ratio: float = math.nan
    second_margin: float = math.nan

    def record(self) -> NDArray[np.void]:
        """Return the place as the navigator takes it, a `PLACE_FIX`.

        Returns
        -------
        structured array (1,), dtype `PLACE_FIX`

        Raises
        ------
        ProfileError
            A verdict other than FIXED.
        """
        if self.verdict is not ProfileVerdict.FIXED:
            raise ProfileError(f"no place: {self.verdict.value}")
        return place_fix(self.tick, self.place_m, self.axis, self.variance_m2, self.common_m2)
