"""From what shading shows of a cell to the probability that it is hazardous.

A logistic regression: p = 1 / (1 + exp(-w . f)). Its features f are listed in `columns`; its
weights were fitted to 126 synthetic scenes by studies/coarse_fit.py, of other seeds than those that
docs/coarse.md scores. Slopes count in the limit's: a slope of 1 is the mission's limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import exp
from farside.vision.hazard_weights import WEIGHTS

Array = NDArray[np.float64]
Cover = NDArray[np.float32]

#: Rim radii of the bowls that are looked for [m].
RADII_M = (5.5, 7.5, 10.0, 14.0, 20.0, 28.0, 40.0)


@dataclass(frozen=True, eq=False)
class Features:
    """What shading shows of each cell; arrays are (cells, cells).

    Attributes
    ----------
    bowls : sequence of arrays
        Cover by bowls of each of `RADII_M`.
    rock : ndarray
        Cover by small mounds.
    slope : ndarray
        Magnitude of the slope over the footprint, in limits.
    along : ndarray
        Magnitude of the slope along the light over the footprint, in limits.
    rough : ndarray
        Root mean square of it about the cell, in limits.
    hollow : ndarray
        Curvature, positive in hollows: change of the slope over 50 m, in limits of slope.
    shadow : ndarray
        1 in and beside cast shadows.
    gain : float
        Natural logarithm of the light's gain (`farside.vision.light`).
    noise : float
        Natural logarithm of noise to signal.
    """

    bowls: tuple[Cover, ...]
    rock: Cover
    slope: Array
    along: Array
    rough: Array
    hollow: Array
    shadow: Array
    gain: float
    noise: float


def columns(seen: Features) -> Iterator[NDArray[np.floating] | float]:
    """Yield the features in the order of the weights."""
    gain = min(max(seen.gain, -2.0), 2.5)
    slope, rough = np.minimum(seen.slope, 2.0), np.minimum(seen.rough, 1.5)
    hollow = np.clip(seen.hollow, -2.0, 2.0)
    yield 1.0
    yield gain
    yield gain * gain
    yield min(max(seen.noise, -4.0), 2.0)
    widest = seen.bowls[0]
    for each in seen.bowls:
        widest = np.maximum(widest, each)
        yield each
        yield np.maximum(each - np.float32(0.35), np.float32(0.0))
        yield np.maximum(each - np.float32(0.55), np.float32(0.0))
    yield seen.rock
    yield np.maximum(seen.rock - np.float32(0.5), np.float32(0.0))
    for knee in (0.0, 0.6, 0.9, 1.2):
        yield np.maximum(slope - knee, 0.0)
    along = np.minimum(seen.along, 2.0)
    for knee in (0.0, 0.7, 1.0):
        yield np.maximum(along - knee, 0.0)
    for knee in (0.0, 0.6):
        yield np.maximum(rough - knee, 0.0)
    yield hollow
    yield np.maximum(hollow, 0.0)
    yield seen.shadow
    yield widest * np.float32(gain)
    yield rough * gain
    yield slope * gain
    yield along * gain


def probability(seen: Features) -> NDArray[np.float32]:
    """Return the probability that each cell is hazardous."""
    z = np.zeros(seen.slope.shape)
    for weight, column in zip(WEIGHTS, columns(seen), strict=True):
        z += weight * np.asarray(column, np.float64)
    return np.asarray(1.0 / (1.0 + exp(-np.clip(z, -30.0, 30.0))), np.float32)
