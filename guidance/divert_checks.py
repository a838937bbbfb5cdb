"""What a divert map refuses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.guidance.optimal import OptimalError
from farside.raster.arrays import plain_array
from farside.terrain.elevation import ElevationMap

Vector = NDArray[np.float64]


class DivertError(OptimalError):
    """A divert map cannot be made from what was given."""


def finite_vector(given: ArrayLike, name: str) -> Vector:
    """Return three finite numbers, or refuse what they are not.

    Parameters
    ----------
    given : array_like
    name : str
        Of what they are, for the error.

    Returns
    -------
    ndarray, (3,)

    Raises
    ------
    DivertError
        If they are not three finite numbers.
    """
    try:
        held = plain_array(given)
        vector = np.array(held if held.dtype.kind in "iuf" else np.nan, np.float64)
    except (TypeError, ValueError):
        vector = np.array(np.nan)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise DivertError(f"{name} {str(given)[:80]}: give three finite numbers")
    return vector


def require_heights(elevation: ElevationMap) -> None:
    """Refuse what is no map, or has no height.

    Parameters
    ----------
    elevation : ElevationMap

    Raises
    ------
    DivertError
        If it is of another type, or nothing was seen of it.
    """
    if not isinstance(elevation, ElevationMap):
        raise DivertError(
            f"a map of type {type(elevation).__name__}: give an ElevationMap, e.g. "
            "ElevationMap.from_array(heights, cell_m)"
        )
    if not np.isfinite(elevation.heights).any():
        raise DivertError("the map has no height at all: nothing to land on was seen")


def require_cells(elevation: ElevationMap, rows: ArrayLike, cols: ArrayLike) -> None:
    """Refuse what are no cells of a map: an index below 0 would take another cell's height.

    Parameters
    ----------
    elevation : ElevationMap
    rows, cols : array_like of int

    Raises
    ------
    DivertError
        If one is no whole number, or is not on the map.
    """
    for given, count, name in zip((rows, cols), elevation.shape, ("row", "col"), strict=True):
        held = np.asarray(given)
        if held.dtype.kind not in "iu" or not ((held >= 0) & (held < count)).all():
            raise DivertError(
                f"{name} {str(given)[:80]}: give a whole number from 0 to {count - 1}, of the map"
            )
