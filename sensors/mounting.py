"""How instruments are mounted: sets of beams, and small turns of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import elementary

Vector = Sequence[float]


def cone(boresight: tuple[float, float, float], cant_deg: float) -> NDArray[np.float64]:
    """Return three unit vectors evenly about a boresight, canted off it; (3, 3), one a row."""
    # Sines from ext: the C library's have other last bits on another CPU.
    axis = np.asarray(boresight, dtype=float)
    side, other = (np.array(v) for v in across(boresight))
    angles = np.array([math.radians(cant_deg), *(2.0 * math.pi * np.arange(3) / 3.0)])
    sine, cosine = np.empty(4), np.empty(4)
    elementary("sin", angles, sine)
    elementary("cos", angles, cosine)
    return np.array(
        [cosine[0] * axis + sine[0] * (cosine[k] * side + sine[k] * other) for k in (1, 2, 3)]
    )


def across(axis: Vector) -> tuple[list[float], list[float]]:
    """Return two unit vectors across an axis and each other: axis x body y, and axis x that."""
    side = [-axis[2], 0.0, axis[0]]
    if _length(side) < 1e-6:
        side = [1.0, 0.0, 0.0]
    length = _length(side)
    side = [part / length for part in side]
    return side, _cross(axis, side)


def turned(vector: Vector, by: Vector) -> list[float]:
    """Return a vector turned by a small rotation vector.

    Parameters
    ----------
    vector : (3,)
    by : (3,)
        Axis times angle [rad]. The turn is that of the unit quaternion whose vector part is half of
        it: the angle is 2 asin(|by| / 2), which is |by| but for its cube over 24. One longer than
        2 rad is a half turn about its axis.

    Returns
    -------
    list of float
        Summed in order: the same bits on every CPU. Zero turns leave the vector as it is.
    """
    h = [0.5 * part for part in by]
    square = h[0] * h[0] + h[1] * h[1] + h[2] * h[2]
    if square > 1.0:
        h = [part / math.sqrt(square) for part in h]
        square = 1.0
    w = math.sqrt(1.0 - square)
    # v' = v + 2 w (h x v) + 2 h x (h x v)
    once = _cross(h, vector)
    twice = _cross(h, once)
    return [vector[i] + 2.0 * (w * once[i] + twice[i]) for i in range(3)]


def _cross(a: Vector, b: Vector) -> list[float]:
    """Return a x b."""
    return [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]


def _length(a: Vector) -> float:
    """Return a vector's length, summed in order."""
    return math.sqrt(float(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]))
