"""What an assessment supposes: how the map was measured, and how the touchdown disperses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.raster.arrays import plain_array


@dataclass(frozen=True)
class ErrorCorrelation:
    """How the errors of a map hang together: share exp(-distance / length)."""

    share: float = 0.0
    """Of the variance, in errors that neighbours have in common; 0: white."""
    length_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Sensing:
    """How a map was measured; the defaults are those of posted heights without error.

    Parameters
    ----------
    sigma_m : float or array_like (rows, cols)
        1-sigma error of the heights, or of each return [m].
    spacing_m : float
        Of the returns that the map was gridded from [m]: their tops are then restored, and the
        limit of the deviation keeps a margin for what is still missing (`returns.restore`). 0 for
        heights that are taken as they are.
    sensor_m : three floats, optional
        East, north, up of the sensor [m]; tells shadow from ground outside the scan.
    fused : bool
        Whether sigma_m is the error of the map's heights, though returns made it: of
        `fusion.FusedMap`. Otherwise, where there is a spacing, it is that of a return.
    correlation : ErrorCorrelation
        Of the errors from cell to cell; by default none.

    Examples
    --------
    >>> from farside.terrain import Sensing
    >>> scanned = Sensing(sigma_m=0.03, spacing_m=0.12, sensor_m=(0.0, 0.0, 100.0))
    >>> errors = scanned.sigma_map((200, 200))
    >>> errors.shape, round(float(errors[0, 0]), 3)
    ((200, 200), 0.03)
    """

    sigma_m: float | ArrayLike = 0.0
    spacing_m: float = 0.0
    sensor_m: tuple[float, float, float] | None = None
    fused: bool = False
    correlation: ErrorCorrelation = ErrorCorrelation()

    def sigma_map(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return the error of each height of a map.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the map.

        Returns
        -------
        ndarray, float32
            1 sigma [m]: of that shape, or a single number.

        Raises
        ------
        ValueError
            If an error is none that a height can have, or the errors are of another map.
        """
        given = np.asarray(plain_array(self.sigma_m), np.float32)
        if given.shape not in ((), shape):
            raise FarsideError(
                f"sigma of {given.shape} for a map of {shape} cells: give one or as many"
            )
        if not (np.isfinite(given).all() and (given >= 0.0).all()):
            raise FarsideError("the noise of a height must be finite and 0 m or more")
        return np.broadcast_to(given, shape)


@dataclass(frozen=True, eq=False)
class TouchdownDispersion:
    """Where the middle of the lander comes down about a chosen point; by default on it.

    Parameters
    ----------
    east_m, north_m : float
        1-sigma touchdown error along east and north [m].
    correlation : float
        Of the two, between -1 and 1 [-].
    turn_deg : array_like (rows, cols), optional
        Clockwise from true north to the map's rows, where it is not the same all over (about a
        pole): the dispersion is then along each cell's own east and north.

    Raises
    ------
    ValueError
        If a number is impossible.

    Examples
    --------
    >>> from farside.terrain import TouchdownDispersion
    >>> TouchdownDispersion(east_m=0.8, north_m=0.5, correlation=0.2).axes_m
    (0.8, 0.5)
    """

    east_m: float = 0.0
    north_m: float = 0.0
    correlation: float = 0.0
    turn_deg: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not all(0.0 <= s < math.inf for s in self.axes_m):
            raise FarsideError(f"a dispersion of {self.axes_m} m: give two of 0 or more")
        if not -1.0 < self.correlation < 1.0:
            raise FarsideError(f"a correlation of {self.correlation}: give one between -1 and 1")

    @property
    def axes_m(self) -> tuple[float, float]:
        """1-sigma along east and north [m]."""
        return self.east_m, self.north_m


def measured_variance(
    sigma_m: NDArray[np.float32], interpolated: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the variance of heights, in filled holes the mean of those that were measured [m^2].

    The error of a filled hole is what it may hide: it lifts no height that was measured. Counted as
    noise it would excuse the deviation of the ground about it.

    Parameters
    ----------
    sigma_m : ndarray
        (rows, cols) 1-sigma error of each height [m].
    interpolated : ndarray
        (rows, cols) whether a height was filled.
    """
    variance = np.ascontiguousarray(sigma_m * sigma_m)
    filled = np.flatnonzero(interpolated)
    if 0 < len(filled) < variance.size:
        flat = variance.reshape(-1)
        total = float(flat.sum(dtype=np.float64)) - float(flat[filled].sum(dtype=np.float64))
        flat[filled] = total / (variance.size - len(filled))
    return variance
