"""Slopes of the ground from the shading of an image: linear shape from shading.

    s       signal: relative brightness over gain, the slope along the unit vector k of the light
    q       wave vector, theta its angle from k
    e       noise to signal: variance of albedo and detector, as slopes, over that of slopes
    z'(q) = q/|q| cos(theta) / (cos^2(theta) + e) S(q)                                  (1)

The linear reflectance of Pentland (1990), inverted by Wiener's filter, for slopes whose spectrum
falls off like the noise's. Ridges that run along the light leave no shading: (1) makes them level.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.vision._fourier import transform

Array = NDArray[np.float64]

#: Side of the transform; the signal is mirrored at its edges to fill it.
SIDE = 512


@lru_cache(maxsize=2)
def _tables() -> tuple[Array, Array, Array]:
    """Return the twiddles' cosines and sines, and the wave numbers over 2 pi [1/cell]."""
    angle: Array = 2.0 * math.pi / SIDE * np.arange(SIDE // 2, dtype=np.float64)
    wave: Array = np.arange(SIDE, dtype=np.float64) / SIDE
    wave[SIDE // 2 :] -= 1.0
    return deterministic.cos(angle), deterministic.sin(angle), wave


def slopes(
    signal: Array, toward: tuple[float, float], noise: float, blur_cells: float
) -> tuple[Array, Array]:
    """Return the slopes east and north of every cell.

    Parameters
    ----------
    signal : ndarray, (n, n), n of 512 at most
        Slope along `toward`, rows northwards.
    toward : two floats
        East and north of the unit vector along which brightness rises with the ground.
    noise : float
        e of (1), above 0.
    blur_cells : float
        Slopes are averaged by a Gaussian of this sigma [cells].

    Returns
    -------
    east, north : ndarray, (n, n)
        Rise over run.

    Examples
    --------
    >>> x = np.arange(64.0)
    >>> wave = np.tile(0.1 * np.where(x // 8 % 2 == 0, 1.0, -1.0), (64, 1))
    >>> east, north = slopes(wave, (1.0, 0.0), 0.01, 1.0)
    >>> round(float(east[32, 36]), 2), abs(float(north[32, 36])) < 1e-9
    (0.1, True)
    """
    rows, cols = signal.shape
    top, left = (SIDE - rows) // 2, (SIDE - cols) // 2
    real = np.ascontiguousarray(
        np.pad(
            signal,
            ((top, SIDE - rows - top), (left, SIDE - cols - left)),
            mode="symmetric",
        )
    )
    imaginary = np.zeros((SIDE, SIDE))
    cosine, sine, wave = _tables()
    transform(real, imaginary, cosine, sine, False)
    # what comes out is transposed: rows are waves eastwards
    qx, qy = wave[:, None], wave[None, :]
    square = qx * qx + qy * qy
    square[0, 0] = 1.0
    along = qx * toward[0] + qy * toward[1]
    soft = -2.0 * math.pi * math.pi * blur_cells * blur_cells
    fall = deterministic.exp(soft * wave * wave)
    ratio = along / (along * along + noise * square) * (fall[:, None] * fall[None, :])  # (1)
    ratio /= float(SIDE * SIDE)
    # both slopes are real: east + i north comes back in one transform
    to_re, to_im = ratio * qx, ratio * qy
    first = to_re * real - to_im * imaginary
    imaginary = to_re * imaginary + to_im * real
    transform(first, imaginary, cosine, sine, True)
    part = slice(top, top + rows), slice(left, left + cols)
    return np.ascontiguousarray(first[part]), np.ascontiguousarray(imaginary[part])
