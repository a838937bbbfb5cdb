"""The truth disc: slope and roughness of the ground under one footprint."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.ext.ground import _disc

Array = NDArray[np.float64]

POSTING_M = 0.1
_RADIUS_CELLS = 25
_RADIUS2_CELLS = _RADIUS_CELLS**2 + 12.5  # 2009 cells


class Disc(NamedTuple):
    """Slope [deg] of the least-squares plane, and the largest residual from it [m].

    Attributes
    ----------
    slope_deg : float
        Of the least-squares plane [deg].
    roughness_m : float
        Largest residual from it [m].

    Examples
    --------
    >>> from farside.ground import Disc, Ground
    >>> from farside.mission import load_mission
    >>> Ground(load_mission("chang-e-6"), flat=True).disc(0.0, 0.0)
    Disc(slope_deg=0.0, roughness_m=0.0)
    """

    slope_deg: float
    roughness_m: float


def disc_offsets() -> Array:
    """Return the 2009 cells of the 5 m footprint, dx^2 + dy^2 <= 25^2 + 12.5, as offsets [m]."""
    span = np.arange(-_RADIUS_CELLS, _RADIUS_CELLS + 1)
    dy, dx = np.meshgrid(span, span, indexing="ij")
    held = dx**2 + dy**2 <= _RADIUS2_CELLS
    return POSTING_M * np.stack([dx[held], dy[held]], axis=-1).astype(np.float64)


def fit_disc(offsets: Array, heights: Array) -> Disc:
    """Fit the plane of a disc.

    Parameters
    ----------
    offsets : ndarray, (n, 2)
        Places [m] about the centre, symmetric in both axes.
    heights : ndarray, (n,)
        Heights [m] there.

    Returns
    -------
    Disc
    """
    # Symmetric about the centre: the sums of x, y and x y vanish, and the three unknowns part.
    gradient = np.sum(offsets.T * heights, axis=1) / np.sum(offsets.T * offsets.T, axis=1)
    residual = heights - heights.mean() - deterministic.product(offsets, gradient)
    return Disc(
        math.degrees(deterministic.arctan(deterministic.length(gradient))),
        float(np.max(np.abs(residual))),
    )


def safe_share(
    heights: NDArray[np.float32], step: int, slope_deg: float, obstacle_m: float
) -> float:
    """Return the share of discs in a patch that are safe.

    Parameters
    ----------
    heights : ndarray, float32
        Heights [m] at 0.1 m; discs are tried wherever they lie inside.
    step : int
        Every how many cells, both ways.
    slope_deg, obstacle_m : float
        Largest slope, and largest residual from the plane, that are safe.

    Returns
    -------
    float
        0 to 1.
    """
    limit = deterministic.tan(math.radians(slope_deg))
    tangent, residual = _fitted(heights, step, (_RADIUS_CELLS, _RADIUS2_CELLS), limit)
    return float(np.mean((tangent <= limit) & (residual <= obstacle_m)))


def disc_residuals(
    heights: NDArray[np.float32], step: int, diameter_m: float
) -> NDArray[np.float32]:
    """Return the largest residuals [m] of discs from their planes, wherever discs lie inside.

    Parameters
    ----------
    heights : ndarray, float32
        Heights [m] at 0.1 m.
    step : int
        Every how many cells a disc is fitted, both ways.
    diameter_m : float
        Of a disc [m].

    Returns
    -------
    ndarray, float32
        The disc of row j and column i is centred on the node radius + step * (j, i).
    """
    radius = round(0.5 * diameter_m / POSTING_M)
    return _fitted(heights, step, (radius, radius * radius + 0.5 * radius), math.inf)[1]


def _fitted(
    heights: NDArray[np.float32], step: int, disc: tuple[int, float], limit: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return tangents and residuals of discs wherever they lie inside.

    `disc` is its radius and the square up to which a cell counts [cells]; residuals of discs that
    lean more than `limit` are not fitted.
    """
    radius, radius2 = disc
    span = np.subtract(heights.shape, 2 * radius + 1)
    if span.min() < 0:
        wide_m = (2 * radius + 1) * POSTING_M
        raise FarsideError(
            f"a patch for discs of {2 * radius * POSTING_M:g} m must be {wide_m:g} m wide at least"
        )
    tangent = np.empty(span // step + 1, dtype=np.float32)
    residual = np.empty_like(tangent)
    footprint = _numbers(radius, radius2)
    _disc.fit_discs(heights, (radius, radius), step, footprint, limit, tangent, residual)
    return tangent, residual


def _numbers(radius: int, radius2: float) -> dict[str, float]:
    """Return a disc by the names of the kernels' struct `Footprint`."""
    return {"radius": radius, "radius2": radius2, "cell_m": POSTING_M}


def span_discs(
    rough: NDArray[np.float32],
    features: NDArray[np.float32],
    step: int,
    diameter_m: float,
    planes: tuple[NDArray[np.float32], NDArray[np.float32]],
    obstacle_m: float,
    most: float,
) -> Array:
    """Return the multiples m for which discs of m rough + features stay near their planes.

    Parameters
    ----------
    rough, features : ndarray, float32
        Heights [m] at 0.1 m.
    step : int
        Every how many cells there is a disc, both ways.
    diameter_m : float
        Of a disc [m].
    planes : tuple of two ndarray, float32 (3, rows, cols)
        Of both: mean [m] and slopes along rows and down columns (tangents) of each disc.
    obstacle_m : float
        Largest residual [m].
    most : float
        Largest multiple that is asked for; 0 is the smallest.

    Returns
    -------
    ndarray (rows, cols, 2)
        Smallest and largest multiple; the smallest is above the largest where there is none. The
        disc of row j and column i is centred on the node radius + step * (j, i).
    """
    radius = round(0.5 * diameter_m / POSTING_M)
    spans = np.zeros((*planes[0].shape[1:], 2))
    spans[..., 1] = most
    footprint = _numbers(radius, radius * radius + 0.5 * radius)
    _disc.span_discs(rough, features, step, footprint, *planes, obstacle_m, spans)
    return spans


def disc_planes(heights: NDArray[np.float32], step: int, diameter_m: float) -> NDArray[np.float32]:
    """Return the least-squares planes of discs.

    Parameters
    ----------
    heights : ndarray, float32
        [m] at 0.1 m.
    step : int
        Every how many cells there is a disc, both ways.
    diameter_m : float
        Of a disc [m].

    Returns
    -------
    ndarray, float32 (3, rows, cols)
        Mean height [m], and slopes along rows and down columns (tangents).
    """
    radius = round(0.5 * diameter_m / POSTING_M)
    footprint = _numbers(radius, radius * radius + 0.5 * radius)
    rows, cols = ((n - 2 * radius - 1) // step + 1 for n in heights.shape)
    sums = np.zeros((heights.shape[0], heights.shape[1] + 1))
    moments = np.zeros_like(sums)
    np.cumsum(heights, axis=1, dtype=np.float64, out=sums[:, 1:])
    np.cumsum(heights * np.arange(heights.shape[1], dtype=np.float64), axis=1, out=moments[:, 1:])
    planes = np.empty((3, rows, cols), np.float32)
    _disc.plane_discs(sums, moments, step, footprint, planes)
    return planes


def safe_steps(
    spans: Array,
    planes: tuple[NDArray[np.float32], NDArray[np.float32]],
    pushes: Array,
    tangent: float,
    apart: float,
    count: int,
) -> NDArray[np.int32]:
    """Return where discs of m rough + features begin and cease to be safe, by push and multiple.

    Parameters
    ----------
    spans : ndarray (rows, cols, 2)
        Of `span_discs`.
    planes : tuple of two ndarray, float32 (3, rows, cols)
        Of both: `disc_planes`.
    pushes : ndarray (N, 2)
        Slopes that are added, across and down (tangents).
    tangent : float
        Steepest slope that is safe.
    apart : float
        Between the multiples 0, apart, 2 apart ...
    count : int
        Of them.

    Returns
    -------
    ndarray, int32 (N, count + 1)
        The sum up to a multiple is the number of discs that are safe at it.
    """
    steps = np.zeros((len(pushes), count + 1), np.int32)
    _disc.count_discs(spans, *planes, pushes, tangent, 0.0, apart, steps)
    return steps
