"""A place on the map in use, or on the image map, as the navigator takes it.

Kernels: ext/navigation/map_fix.pxd, place_fix.pxd.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.navigation._guarded import MAP_FIX, PLACE_FIX

Array = NDArray[np.float64]
Pair = Sequence[float] | Array


def map_fix(
    tick: int, place_m: Pair, axis: Pair, variance_m2: Pair, gate: float, since_s: float = 0.0
) -> NDArray[np.void]:
    """Return a place on the map in use as a record.

    Parameters
    ----------
    tick : int
        Time tag: of the estimate that the place corrects.
    place_m : sequence of float
        Of the centre of mass: east, north on the map [m].
    axis : sequence of float
        Unit vector of the first principal axis of the covariance: east, north.
    variance_m2 : sequence of float
        Along that axis and the one 90 deg to its left [m^2].
    gate : float
        Of innovation^2 over its variance, on each axis.
    since_s : float, optional
        Above 0 there is no gate: the estimate has been wrong for so long.

    Returns
    -------
    structured array (1,), dtype `MAP_FIX`

    Examples
    --------
    >>> from farside.navigation import map_fix
    >>> map_fix(100, (3.0, -2.0), (1.0, 0.0), (0.01, 0.04), 15.1)["place_m"]
    array([[ 3., -2.]])
    """
    record = _placed(MAP_FIX, tick, place_m, axis, variance_m2)
    record["gate"], record["since_s"] = gate, since_s
    return record


def place_fix(
    tick: int, place_m: Pair, axis: Pair, variance_m2: Pair, common_m2: float = 0.0
) -> NDArray[np.void]:
    """Return a place on the onboard image map, found without an image, as a record.

    Parameters
    ----------
    tick : int
        Time tag: of the estimate that the place corrects.
    place_m : sequence of float
        Of the centre of mass: east, north on the map [m].
    axis : sequence of float
        Unit vector of the first principal axis of the covariance: east, north.
    variance_m2 : sequence of float
        Along that axis and the one 90 deg to its left [m^2].
    common_m2 : float, optional
        Of it, that all such places share, each way [m^2]: no number of them takes it away.

    Returns
    -------
    structured array (1,), dtype `PLACE_FIX`

    Examples
    --------
    >>> from farside.navigation import place_fix
    >>> place_fix(100, (3000.0, -200.0), (1.0, 0.0), (900.0, 1600.0), 400.0)["variance_m2"]
    array([[ 900., 1600.]])
    """
    record = _placed(PLACE_FIX, tick, place_m, axis, variance_m2)
    record["common_m2"] = common_m2
    return record


def _placed(
    dtype: np.dtype[np.void], tick: int, place_m: Pair, axis: Pair, variance_m2: Pair
) -> NDArray[np.void]:
    """Return a record of a kind with its time tag, place and covariance."""
    record: NDArray[np.void] = np.zeros(1, dtype)
    record["tick"] = tick
    record["place_m"], record["axis"], record["variance_m2"] = place_m, axis, variance_m2
    return record


def principal_axes(spread: Array) -> tuple[Array, Array]:
    """Return the first principal axis of a covariance, and the variances along both.

    Parameters
    ----------
    spread : ndarray, (2, 2)
        East and north [m^2].

    Returns
    -------
    ndarray, (2,)
        Unit vector, east and north.
    ndarray, (2,)
        Along it, the larger, and across it [m^2].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.navigation import principal_axes
    >>> axis, variance = principal_axes(np.array([[4.0, 0.0], [0.0, 9.0]]))
    >>> axis.tolist(), variance.tolist()
    ([0.0, 1.0], [9.0, 4.0])
    """
    mean, half = 0.5 * (spread[0, 0] + spread[1, 1]), 0.5 * (spread[0, 0] - spread[1, 1])
    cross = float(spread[0, 1])
    size = math.sqrt(half * half + cross * cross)
    # of two forms of the eigenvector the one without cancellation
    axis = np.array([half + size, cross] if half >= 0.0 else [cross, size - half])
    length = deterministic.length(axis)
    axis = axis / length if length > 0.0 else np.array([1.0, 0.0])
    return axis, np.array([mean + size, mean - size])
