"""How strong the shading of each cell is, at which scales, and how it turns along the light.

    s       slope along the light, in limits;  r: brightness over level ground's
    m_w     mean over a square of about w metres
    a_w   = m_w |s|                          w = 0 (the cell), 5, 12, 25                    (1)
    e_k   = sqrt(m_12 (m_k s - m_k+1 s)^2)   m_0 s = s, then squares of 4, 8 and 16 m       (2)
    d_l   = m_4 s (x + l k) - m_4 s (x - l k)  k along the light, l = 4 and 7 m             (3)
    t_ij  = s (x + 4 m (i k + j k'))         i, j = -2 .. 2, k' across the light            (4)

(3) is positive where ground rises away on both sides: in hollows. Means are sums of whole numbers,
of 1/4096: the same bits in any order.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Plane = NDArray[np.float32]

#: Steps of a value in the sums, and the greatest value.
STEPS, GREATEST = 4096.0, 7.99
#: Sides of squares [m]: of (1), of the bands of (2), and of their energy.
STRENGTH_M, BAND_M, ENERGY_M = (5.0, 12.0, 25.0), (4.0, 8.0, 16.0), 12.0
#: Of (4): its step [m], how many on each side, and the posting below which s is averaged [m].
STEP_M, STEPS_OUT, FINE_M = 4.0, 2, 1.3
#: Distances of (3) [m], and sides of the squares of the brightness [m].
APART_M, BRIGHT_M = (4.0, 7.0), (5.0, 15.0)


def square_mean(values: NDArray[np.floating], side_m: float, cell_m: float) -> Plane:
    """Return the mean over squares of three cells and more along a side; edges are repeated.

    Parameters
    ----------
    values : ndarray, (n, n)
        Beyond +-8 they are cut off.
    side_m, cell_m : float
        Of the square and of a cell [m].

    Examples
    --------
    >>> [round(float(v), 3) for v in square_mean(np.eye(5), 2.0, 1.0)[2]]
    [0.111, 0.222, 0.333, 0.222, 0.111]
    """
    side = 2 * max(int(0.5 * side_m / cell_m + 0.5), 1) + 1
    whole = np.rint(np.clip(values, -GREATEST, GREATEST) * STEPS).astype(np.int16)
    total = cv2.boxFilter(
        whole, cv2.CV_32S, (side, side), normalize=False, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(total * (1.0 / (STEPS * side * side)), np.float32)


def shifted(values: Plane, right: int, down: int) -> Plane:
    """Return the value so many columns right and rows down of each cell; edges are repeated."""
    k = max(abs(right), abs(down))
    wide = np.pad(values, k, mode="edge")
    rows, cols = values.shape
    return wide[k + down : k + down + rows, k + right : k + right + cols]


def texture(
    slope: Array, relative: Array, toward: tuple[float, float], cell_m: float
) -> tuple[Plane, ...]:
    """Return 13 planes of strength, scale, brightness and turn.

    a_0, a_5, a_12, a_25; e_0 to e_2; the brightness over 5 m and 15 m, its least and its greatest
    about the cell; d_4 and d_7.

    Parameters
    ----------
    slope : ndarray, (n, n)
        Along the light, in limits; 0 where unknown.
    relative : ndarray, (n, n)
        Brightness over level ground's; 1 where unknown.
    toward : two floats
        East and north of the unit vector along the light.
    cell_m : float
        Posting [m].
    """
    size = np.minimum(np.abs(slope), 4.0)
    planes = [np.asarray(np.minimum(size, 3.0), np.float32)]
    planes += [square_mean(size, side, cell_m) for side in STRENGTH_M]
    finer = np.asarray(np.clip(slope, -4.0, 4.0), np.float32)
    smooth = square_mean(finer, BAND_M[0], cell_m)
    for side in BAND_M:
        coarser = square_mean(slope, side, cell_m)
        band = np.clip(finer - coarser, np.float32(-2.8), np.float32(2.8))
        planes.append(np.sqrt(square_mean(band * band, ENERGY_M, cell_m)))
        finer = coarser
    bright = np.clip(relative, 0.0, 2.0) - 1.0
    planes += [square_mean(bright, side, cell_m) for side in BRIGHT_M]
    about = np.ones((3, 3), np.uint8)
    grey = np.asarray(bright, np.float32)
    planes += [np.asarray(at(grey, about), np.float32) for at in (cv2.erode, cv2.dilate)]
    for apart in APART_M:
        right, up = (math.floor(part * apart / cell_m + 0.5) for part in toward)
        planes.append(shifted(smooth, right, up) - shifted(smooth, -right, -up))
    return tuple(np.asarray(plane, np.float32) for plane in planes)


def neighbours(slope: Array, toward: tuple[float, float], cell_m: float) -> tuple[Plane, ...]:
    """Return the 25 planes t_ij of (4), j in turn for each i; arguments as of `texture`.

    The nearest cell is taken.
    """
    cut = np.asarray(np.clip(slope, -3.0, 3.0), np.float32)
    base = cut if cell_m > FINE_M else square_mean(cut, 3.0 * cell_m, cell_m)
    east, north = (part * STEP_M / cell_m for part in toward)
    out = range(-STEPS_OUT, STEPS_OUT + 1)
    planes = []
    for i in out:
        for j in out:
            right = math.floor(i * east - j * north + 0.5)
            up = math.floor(i * north + j * east + 0.5)
            planes.append(shifted(base, right, up))
    return tuple(planes)
