"""Functions and small products for set-up in Python: the same bits on every CPU.

libm, numpy, LAPACK and BLAS pick their code by the CPU, and with it the last bits of what a flight
starts from. These take the kernels' own functions (elementary.pxd, special.pxd) and sum in a fixed
order. Numbers give numbers, arrays of float64 give arrays.
"""

import math
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import _deterministic
from farside.ext.common.errors import FarsideError

Array = NDArray[np.float64]
Real = TypeVar("Real", float, NDArray[np.float64])

_LN_2, _LN_10 = 0.6931471805599453, 2.302585092994046
#: Sums of a product that are made by one call of numpy: of so many terms on, and terms in all.
_LONG, _LONG_MOST = 16, 2**20


def sin(x: Real) -> Real:
    """Return the sine of x [rad], |x| < 1e5."""
    return _each("sin", x)


def cos(x: Real) -> Real:
    """Return the cosine of x [rad], |x| < 1e5."""
    return _each("cos", x)


def tan(x: Real) -> Real:
    """Return the tangent of x [rad], |x| < 1e5."""
    return _each("tan", x)


def arctan(x: Real) -> Real:
    """Return the arc tangent [rad]."""
    return _each("arctan", x)


def arcsin(x: Real) -> Real:
    """Return the arc sine [rad] of x held inside [-1, 1]."""
    return _each("arcsin", x)


def arccos(x: Real) -> Real:
    """Return the arc cosine [rad] of x held inside [-1, 1]."""
    return _each("arccos", x)


def exp(x: Real) -> Real:
    """Return e^x; 0 below -700, infinity above 700."""
    return _each("exp", x)


def expm1(x: Real) -> Real:
    """Return e^x - 1."""
    return _each("expm1", x)


def log(x: Real) -> Real:
    """Return the natural logarithm of x > 0."""
    return _each("log", x)


def log2(x: Real) -> Real:
    """Return the logarithm of x > 0 to base 2."""
    return log(x) / _LN_2


def log10(x: Real) -> Real:
    """Return the logarithm of x > 0 to base 10."""
    return log(x) / _LN_10


def normal_share(x: Real) -> Real:
    """Return the share of standard normal draws below x, to 1e-13 of itself."""
    return _each("normal_share", x)


def gamma(x: Real) -> Real:
    """Return Gamma(x), 0 < x < 100, to 1e-13 of itself."""
    return _each("gamma", x)


def arctan2(y: ArrayLike, x: ArrayLike) -> Array:
    """Return the angles of (x, y) [rad], broadcast together."""
    return _each_two("arctan2", y, x)


def power(x: ArrayLike, y: ArrayLike) -> Array:
    """Return x^y of x > 0, broadcast together, to |y ln x| units in the last place."""
    return _each_two("power", x, y)


def power_of(x: float, y: float) -> float:
    """Return x^y of a number x > 0."""
    return _deterministic.one_two("power", x, y)


def angle_of(y: float, x: float) -> float:
    """Return the angle of the point (x, y) [rad]."""
    return _deterministic.one_two("arctan2", y, x)


def bessel_j0(x: Array) -> Array:
    """Return the Bessel function J0 of |x| < 1e5, to 1e-15."""
    out = np.empty(x.size)
    _deterministic.bessel_j0(np.ascontiguousarray(x, np.float64).ravel(), out)
    return out.reshape(x.shape)


def hypot(x: ArrayLike, y: ArrayLike) -> Array:
    """Return sqrt(x^2 + y^2), broadcast together; squares must not overflow."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    return np.asarray(np.sqrt(x * x + y * y))


def dot(a: ArrayLike, b: ArrayLike) -> float:
    """Return the scalar product of two short vectors."""
    first, second = np.asarray(a, np.float64).tolist(), np.asarray(b, np.float64).tolist()
    total = 0.0
    for x, y in zip(first, second, strict=True):
        total += x * y
    return total


def length(a: ArrayLike) -> float:
    """Return the length of a short vector."""
    return math.sqrt(dot(a, a))


def lengths(a: Array) -> Array:
    """Return the lengths of vectors along the last axis, (...)."""
    total = a[..., 0] * a[..., 0]
    for k in range(1, a.shape[-1]):
        total = total + a[..., k] * a[..., k]
    return np.asarray(np.sqrt(total))


def product(a: ArrayLike, b: ArrayLike) -> Array:
    """Return the matrix product of a (..., k) and b (k,) or (k, n), summed from the first k on."""
    left, right = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if left.shape[-1] != right.shape[0]:
        raise FarsideError(f"no product of {left.shape} and {right.shape}")
    each = left if right.ndim == 1 else left[..., None]
    if _LONG <= right.shape[0] and left.size * (right.size // right.shape[0]) <= _LONG_MOST:
        # each partial sum is the one before and a term: the order of the loop below
        along = -right.ndim
        return np.asarray(np.add.accumulate(each * right, axis=along).take(-1, axis=along))
    total = (each[..., 0] if right.ndim == 1 else each[..., 0, :]) * right[0]
    for k in range(1, right.shape[0]):
        total = total + (each[..., k] if right.ndim == 1 else each[..., k, :]) * right[k]
    return np.asarray(total)


def determinant(m: Array) -> float:
    """Return the determinant of a (3, 3) matrix."""
    return dot(m[0], np.cross(m[1], m[2]))


def inverse(m: Array) -> Array:
    """Return the inverse of a (3, 3) matrix, by its cofactors."""
    a, b, c = m
    columns = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
    return np.asarray(columns / dot(a, columns[:, 0]))


def solution(m: Array, b: Array) -> Array:
    """Return x of m x = b for a small (n, n) matrix, by Gauss's elimination with row pivots."""
    rows = [[*left, right] for left, right in zip(m.tolist(), b.tolist(), strict=True)]
    for k in range(len(rows)):
        pivot = max(range(k, len(rows)), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(k + 1, len(rows)):
            part = rows[i][k] / rows[k][k]
            rows[i] = [x - part * y for x, y in zip(rows[i], rows[k], strict=True)]
    found = [0.0] * len(rows)
    for k in reversed(range(len(rows))):
        found[k] = (rows[k][-1] - dot(rows[k][k + 1 : -1], found[k + 1 :])) / rows[k][k]
    return np.array(found)


def _each(name: str, x: Real) -> Real:
    if isinstance(x, np.ndarray):
        out = np.empty(x.size)
        _deterministic.each(name, np.ascontiguousarray(x, np.float64).ravel(), out)
        return out.reshape(x.shape)
    return _deterministic.one(name, x)


def _each_two(name: str, x: ArrayLike, y: ArrayLike) -> Array:
    first, second = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    out = np.empty(first.size)
    _deterministic.each_two(
        name, np.ascontiguousarray(first).ravel(), np.ascontiguousarray(second).ravel(), out
    )
    return out.reshape(first.shape)
