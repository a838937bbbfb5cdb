"""Attitude quaternions (Hamilton, scalar first, body into frame) to matrices and axes, and back.

Sums are written out where bits count: a library's dot product has other bits on another CPU.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from farside.ext.common import deterministic

Array = npt.NDArray[np.float64]


def rotation_matrix(q: npt.ArrayLike) -> Array:
    """Return the rotation matrix of a quaternion.

    Parameters
    ----------
    q : array_like, (4,)
        Of any length above 0.

    Returns
    -------
    ndarray, (3, 3)
        Takes body components into those of the frame; its columns are the body axes.

    Examples
    --------
    >>> rotation_matrix([1.0, 0.0, 0.0, 0.0])[2].tolist()
    [0.0, 0.0, 1.0]
    """
    w, x, y, z = np.asarray(q, np.float64) / deterministic.length(q)
    return np.array(
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
            [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
            [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
        ]
    )


def body_z(q: npt.ArrayLike) -> Array:
    """Return body z, the direction of the thrust, of unit quaternions.

    Parameters
    ----------
    q : array_like, (..., 4)

    Returns
    -------
    ndarray, (..., 3)
        The third column of the rotation matrix.

    Examples
    --------
    >>> body_z([0.0, 1.0, 0.0, 0.0]).tolist()
    [0.0, 0.0, -1.0]
    """
    w, x, y, z = np.moveaxis(np.asarray(q, np.float64), -1, 0)
    return np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=-1)


def quaternion_of_axes(x: npt.ArrayLike, y: npt.ArrayLike, z: npt.ArrayLike) -> Array:
    """Return the quaternion of orthonormal body axes.

    From the largest of the four components, which none of the others divides.

    Parameters
    ----------
    x, y, z : array_like, (3,)
        The body axes in components of the frame.

    Returns
    -------
    ndarray, (4,)
        Its scalar part is not negative.

    References
    ----------
    Shepperd, S. W., "Quaternion from rotation matrix", J. Guid. Control 1 (1978).

    Examples
    --------
    >>> quaternion_of_axes([1, 0, 0], [0, 1, 0], [0, 0, 1]).tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    x, y, z = (np.asarray(axis, np.float64) for axis in (x, y, z))
    squares = [
        1.0 + x[0] + y[1] + z[2],
        1.0 + x[0] - y[1] - z[2],
        1.0 - x[0] + y[1] - z[2],
        1.0 - x[0] - y[1] + z[2],
    ]
    w, i, j = y[2] - z[1], z[0] - x[2], x[1] - y[0]
    a, b, c = y[0] + x[1], z[0] + x[2], z[1] + y[2]
    rows = (
        (squares[0], w, i, j),
        (w, squares[1], a, b),
        (i, a, squares[2], c),
        (j, b, c, squares[3]),
    )
    largest = max(range(4), key=squares.__getitem__)
    q = np.array(rows[largest]) / (2.0 * math.sqrt(squares[largest]))
    return q if q[0] >= 0.0 else -q


def axis_level(
    pitch_deg: float | None, azimuth_deg: float | None, arrival_azimuth_deg: float
) -> list[float]:
    """Return the thrust axis that a row of the phase table names: east, north, up.

    Parameters
    ----------
    pitch_deg : float or None
        Above the level; None names no axis.
    azimuth_deg : float or None
        East of north; None is against the arrival.
    arrival_azimuth_deg : float
        Of the flight at the site.

    Returns
    -------
    list of float
        A unit vector, or zeros where no axis is named.

    Examples
    --------
    >>> axis_level(90.0, None, 180.0)[2]
    1.0
    """
    if pitch_deg is None:
        return [0.0, 0.0, 0.0]
    if azimuth_deg is None:
        azimuth_deg = (arrival_azimuth_deg + 180.0) % 360.0
    pitch, turn = math.radians(pitch_deg), math.radians(azimuth_deg)
    level = deterministic.cos(pitch)
    return [
        level * deterministic.sin(turn),
        level * deterministic.cos(turn),
        deterministic.sin(pitch),
    ]
