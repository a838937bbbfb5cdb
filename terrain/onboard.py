"""The coarse map carried from the ground, against which the altimeter's ranges are read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class OnboardMapError(ValueError):
    """An onboard map that cannot be flown with."""


@dataclass(frozen=True, eq=False)
class OnboardMap:
    """Expected ground along the approach, as arrays that the navigation kernel reads.

    Geometry: arcs on a sphere of radius_m about the Moon's centre, zero beneath the site: u along
    the flight and v across it. For a point rho from the centre (site axes),

        u = radius_m atan2(rho . along_site, rho . up)
        v = radius_m asin(rho . across_site / |rho|)

    and cell [i, j] is centred at v0_m + i cell_m, u0_m + j cell_m.
    """

    height_m: NDArray[np.float32]
    """(rows, cols) height above the site's radius [m]."""
    sigma_m: NDArray[np.float32]
    """(rows, cols) how far the ground strays from that height, 1 sigma [m]."""
    u0_m: float
    v0_m: float
    cell_m: float
    radius_m: float
    along_site: NDArray[np.float64]
    """(3,) horizontal unit vector along the flight, site frame (East-North-Up)."""
    across_site: NDArray[np.float64]
    """(3,) up x along."""

    def __post_init__(self) -> None:
        """Check shapes and numbers; keep read-only copies laid out as a kernel reads them."""
        height_m = self._keep("height_m", np.float32)
        sigma_m = self._keep("sigma_m", np.float32)
        along, across = self._keep("along_site", np.float64), self._keep("across_site", np.float64)
        if height_m.ndim != 2 or height_m.size == 0:
            raise OnboardMapError(
                f"onboard heights of shape {height_m.shape}: give rows and columns"
            )
        if sigma_m.shape != height_m.shape:
            raise OnboardMapError(
                f"sigmas of shape {sigma_m.shape} for heights of {height_m.shape}"
            )
        if not np.isfinite(height_m).all():
            raise OnboardMapError("onboard heights must be finite everywhere: fill the holes first")
        if not (np.isfinite(sigma_m).all() and (sigma_m >= 0.0).all()):
            raise OnboardMapError("onboard sigmas must be finite and 0 m or more in every cell")
        if not (math.isfinite(self.u0_m) and math.isfinite(self.v0_m)):
            raise OnboardMapError("u0_m and v0_m must be finite")
        for name in ("cell_m", "radius_m"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise OnboardMapError(f"{name} = {getattr(self, name)}: give a positive length")
        if along.shape != (3,) or across.shape != (3,):
            raise OnboardMapError("along_site and across_site must have three components each")
        axes = np.array([along, across, [0.0, 0.0, 1.0]])
        if not np.allclose(axes @ axes.T, np.eye(3), atol=1e-9):
            raise OnboardMapError(
                "along_site and across_site must be horizontal unit vectors at right angles"
            )

    def _keep(self, name: str, dtype: type[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        array: NDArray[np.floating[Any]] = np.array(getattr(self, name), dtype, order="C")
        array.setflags(write=False)
        object.__setattr__(self, name, array)
        return array
