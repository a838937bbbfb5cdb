"""The coarse map carried from the ground, against which the altimeter's ranges are read."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.raster.arrays import plain_array


class OnboardMapError(FarsideError):
    """An onboard map that cannot be flown with."""


@dataclass(frozen=True, eq=False)
class OnboardMap:
    """Expected ground along the approach, as arrays that the navigation kernel reads.

    Geometry: spherical coordinates turned so that the site is at (0, 0); u is the arc along the
    track and v the arc across it, both on the sphere of the site's radius. Cell [i, j] is centred
    at u = u0_m + j cell_m, v = v0_m + i cell_m.

    Attributes
    ----------
    heights : ndarray, (rows, cols)
        Height above the site's radius [m].
    sigma : ndarray, (rows, cols)
        1-sigma error of those heights [m], greater than 0.
    u0_m, v0_m : float
        Arc of cell [0, 0] along and across the track, from the site [m].
    cell_m : float
        Size of a cell, both ways [m].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.terrain import OnboardMap
    >>> coarse = OnboardMap(np.zeros((3, 5)), np.full((3, 5), 20.0), -4000.0, -2000.0, 2000.0)
    >>> coarse.heights.shape, float(coarse.sigma[0, 0])  # rows across the track, columns along it
    ((3, 5), 20.0)
    """

    heights: NDArray[np.float32]
    sigma: NDArray[np.float32]
    u0_m: float
    v0_m: float
    cell_m: float

    def __post_init__(self) -> None:
        """Check shapes and numbers, and make the arrays what a kernel can read."""
        heights = np.array(plain_array(self.heights), np.float32, order="C")
        sigma = np.array(plain_array(self.sigma), np.float32, order="C")
        if heights.ndim != 2 or min(heights.shape) < 2:
            raise OnboardMapError(
                f"onboard heights of shape {heights.shape}: give at least 2 x 2 cells"
            )
        if sigma.shape != heights.shape:
            raise OnboardMapError(f"sigma of shape {sigma.shape} for heights of {heights.shape}")
        if not np.isfinite(heights).all():
            raise OnboardMapError("onboard heights must be finite everywhere: fill the holes first")
        if not (np.isfinite(sigma).all() and (sigma > 0.0).all()):
            raise OnboardMapError("onboard sigma must be finite and above 0 m in every cell")
        if not (math.isfinite(self.cell_m) and self.cell_m > 0.0):
            raise OnboardMapError(f"onboard cells of {self.cell_m} m: give a positive size")
        if not (math.isfinite(self.u0_m) and math.isfinite(self.v0_m)):
            raise OnboardMapError("u0_m and v0_m must be finite")
        for array in (heights, sigma):
            array.setflags(write=False)
        object.__setattr__(self, "heights", heights)
        object.__setattr__(self, "sigma", sigma)
