"""How strongly bowls of each size cover each cell: craters, and rocks as bowls turned over."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.vision.bowl import Bowl, bowl
from farside.vision.correlation import correlated, halved
from farside.vision.grey import Levels

Array = NDArray[np.float64]
Cover = NDArray[np.float32]

#: Levels of a slope: 0 is the middle of the scale, 0.8 its end; steeper ones are cut off.
LEVEL, STEEPEST = 2048, 0.8
#: Rim radius over the radius at which the slope turns.
RIM = 1.3
#: A bowl is met on the level of the pyramid on which its slope turns at this or less [cells].
MOST_CELLS = 6.0
#: Smallest bowl [cells]; what is smaller is met as that.
LEAST_CELLS = 1.2


def slope_levels(signal: Array) -> Levels:
    """Return slopes as whole numbers 0 to 4095."""
    scaled = np.rint(LEVEL + signal * (LEVEL / STEEPEST))
    return np.asarray(np.clip(scaled, 0.0, 4095.0), np.int16)


@lru_cache(maxsize=64)
def _bowl(tenths: int) -> Bowl:
    return bowl(0.1 * tenths)


@lru_cache(maxsize=64)
def _disc(quarters: int) -> NDArray[np.uint8]:
    """Return a disc of a radius in quarters of a cell."""
    r = 0.25 * quarters
    k = max(int(r), 1)
    at = np.arange(-k, k + 1)
    return (at[:, None] ** 2 + at**2 <= r * r + 0.25).astype(np.uint8)


def floor_of(template: Bowl, slope: float) -> float:
    """Return the variance [levels^2] in the window of a bowl whose steepest slope is `slope`."""
    pixels = 2 * len(template.offsets) + 1
    steepest = slope * LEVEL / STEEPEST / 127.0
    return steepest * steepest * template.energy / pixels


def responses(
    levels: list[Levels], radius_cells: float, toward: tuple[float, float], slope: float
) -> tuple[Cover, int]:
    """Return the correlation with bowls of a rim radius, weakened where they are shallow.

    Normalised as if a bowl of `slope` were added to each window: a perfect bowl of that slope has
    0.71, a shallow one or a poor one less. A mound has the same, negative.

    Parameters
    ----------
    levels : list of arrays
        Pyramid of slope levels; halves are added where they are needed.
    radius_cells : float
    toward : two floats
        Unit vector along which the signal is the slope.
    slope : float
        Steepest slope of the bowl that counts half.

    Returns
    -------
    correlation : ndarray of float32
        Of the level of the pyramid.
    step : int
        Cells to a cell of that level.
    """
    turn, k = max(radius_cells / RIM, LEAST_CELLS), 0
    while turn > MOST_CELLS:
        turn, k = 0.5 * turn, k + 1
    while len(levels) <= k:
        levels.append(halved(levels[-1]))
    template = _bowl(int(10.0 * turn + 0.5))
    right, down = correlated(levels[k], template, floor_of(template, slope))
    return np.float32(toward[0]) * right + np.float32(toward[1]) * down, 2**k


def cover(correlation: Cover, step: int, radius_cells: float, shape: tuple[int, int]) -> Cover:
    """Return the greatest correlation of the bowls that cover each cell, 0 to 1."""
    widest = cv2.dilate(correlation, _disc(math.floor(4.0 * 0.95 * radius_cells / step + 0.5)))
    if step > 1:
        widest = widest.repeat(step, axis=0).repeat(step, axis=1)
        missing = [(0, max(0, n - m)) for n, m in zip(shape, widest.shape, strict=True)]
        widest = np.pad(widest, missing, mode="edge")
    return np.clip(widest[: shape[0], : shape[1]], 0.0, 1.0)
