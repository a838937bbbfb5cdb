"""From what shading shows of a cell to the probability that it is hazardous.

A network of two hidden layers (ext/vision/layers.pxi) of 56 planes and 6 numbers of the scene:

    p = 1 / (1 + exp(-z)),  z as of layers.pxi; the scene's numbers count in its first bias

Its weights were fitted by studies/coarse_fit.py to synthetic scenes of other seeds than those that
docs/coarse.md scores. Slopes count in the limit's: a slope of 1 is the mission's limit. The network
is asked at every second cell; between them the mean of those beside is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import exp, log
from farside.ext.vision.layers import evaluate
from farside.vision.hazard_weights import HIDDEN, WEIGHTS

Array = NDArray[np.float64]
Cover = NDArray[np.float32]

#: Rim radii of the bowls that are looked for [m], and of those of which shallow ones count.
RADII_M = (5.5, 7.5, 10.0, 14.0, 20.0, 28.0, 40.0)
SHALLOW_RADII_M = RADII_M[:5]
#: Planes and the scene's numbers; the network is asked at every so many cells.
PLANES, NUMBERS, EVERY = 56, 6, 2
#: The kernel takes a multiple of so many cells.
_BLOCK = 64


@dataclass(frozen=True)
class Scene:
    """Numbers of a scene, natural logarithms.

    Attributes
    ----------
    gain : float
        Of the light (`farside.vision.light`).
    noise : float
        Noise to signal.
    sample, cell : float
        Width of a pixel on the ground, and of a cell [log m].
    square, size : float
        Root mean square, and mean magnitude, of the slope along the light, in limits.
    """

    gain: float
    noise: float
    sample: float
    square: float
    size: float
    cell: float

    @classmethod
    def of(cls, slope: Array, gain: float, noise: float, widths_m: tuple[float, float]) -> Scene:
        """Return the numbers of a scene: slopes along the light in limits, gain, noise to signal.

        Parameters
        ----------
        slope : ndarray, (n, n)
        gain, noise : float
        widths_m : two floats
            Of a pixel on the ground, and of a cell [m].
        """
        whole = np.rint(np.minimum(np.abs(slope), 4.0) * 1e4).astype(np.int64)
        square = int((whole * whole).sum()) / whole.size * 1e-8
        return cls(
            min(max(log(gain), -4.0), 2.5),
            min(max(log(noise), -4.0), 2.0),
            log(widths_m[0]),
            0.5 * log(square + 1e-6),
            log(int(whole.sum()) / whole.size * 1e-4 + 1e-3),
            log(widths_m[1]),
        )

    def numbers(self) -> tuple[float, ...]:
        """Return them in the order of the weights."""
        return self.gain, self.noise, self.sample, self.square, self.size, self.cell


@dataclass(frozen=True, eq=False)
class Features:
    """What shading shows of each cell; arrays are (cells, cells).

    Attributes
    ----------
    bowls, shallow : sequence of arrays
        Cover by bowls of each of `RADII_M`, and of `SHALLOW_RADII_M` where shallow ones count.
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
    texture, near : sequence of arrays
        `farside.vision.texture`'s planes.
    scene : Scene
    """

    bowls: tuple[Cover, ...]
    shallow: tuple[Cover, ...]
    rock: Cover
    slope: Array
    along: Array
    rough: Array
    hollow: Array
    shadow: Array
    texture: tuple[Cover, ...]
    near: tuple[Cover, ...]
    scene: Scene

    def planes(self) -> NDArray[np.float32]:
        """Return every second cell of what counts, in the order of the weights: (planes, n, n)."""
        own = (
            np.minimum(self.slope, 3.0),
            np.minimum(self.along, 3.0),
            np.minimum(self.rough, 2.0),
            np.clip(self.hollow, -2.0, 2.0),
            self.shadow,
        )
        parts = (*self.bowls, *self.shallow, self.rock, *own, *self.texture, *self.near)
        return np.stack([np.asarray(part[::EVERY, ::EVERY], np.float32) for part in parts])


@dataclass(frozen=True, eq=False)
class Layers:
    """The network's weights, as layers.pxi has them."""

    v: Cover
    numbers: Array
    b: Array
    w: Cover
    c: Cover
    u: Cover
    d: float


@lru_cache(maxsize=1)
def layers() -> Layers:
    """Return the network's weights."""
    flat: Array = np.array(WEIGHTS.split(), np.float64)
    first, second = HIDDEN
    sizes = (first * PLANES, first * NUMBERS, first, second * first, second, second, 1)
    v, numbers, b, w, c, u, d = np.split(flat, np.cumsum(sizes)[:-1])
    return Layers(
        v.reshape(first, PLANES).astype(np.float32),
        numbers.reshape(first, NUMBERS),
        b,
        w.reshape(second, first).astype(np.float32),
        c.astype(np.float32),
        u.astype(np.float32),
        float(d[0]),
    )


def probability(seen: Features) -> NDArray[np.float32]:
    """Return the probability that each cell is hazardous."""
    net, planes = layers(), seen.planes()
    shape = planes.shape[1:]
    cells = shape[0] * shape[1]
    flat = np.zeros((PLANES, -(-cells // _BLOCK) * _BLOCK), np.float32)
    flat[:, :cells] = planes.reshape(PLANES, cells)
    scene = seen.scene.numbers()
    bias = [
        own + math.fsum(a * b for a, b in zip(row, scene, strict=True))
        for own, row in zip(net.b.tolist(), net.numbers.tolist(), strict=True)
    ]
    z = np.empty(flat.shape[1], np.float32)
    evaluate(flat, net.v, np.array(bias, np.float32), net.w, net.c, net.u, net.d, z)
    exponent: Array = np.clip(z[:cells].astype(np.float64), -30.0, 30.0)
    some = np.asarray(1.0 / (1.0 + exp(-exponent)), np.float32).reshape(shape)
    return _spread(_spread(some, seen.slope.shape[0]).T, seen.slope.shape[1]).T.copy()


def _spread(some: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """Return rows of which every second is given; between two stands their mean."""
    out = np.empty((rows, some.shape[1]), np.float32)
    out[::EVERY] = some
    after = np.concatenate([some[1:], some[-1:]])[: rows // EVERY]
    out[1::EVERY] = np.float32(0.5) * (some[: rows // EVERY] + after)
    return out
