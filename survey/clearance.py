"""Distance to the nearest cell that is not safe, exact, for a map of any size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from farside.survey.geometry import Geometry
from farside.terrain.kernels import count_steps, far, nearest

_STRIP = 512  # rows worked on together


class Unsafe:
    """Which cells of a map are not safe, an eighth of a byte each."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """Begin with nothing marked."""
        self.shape = shape
        self._bits = np.zeros((shape[0], -(-shape[1] // 8)), np.uint8)

    def mark(self, top: int, left: int, unsafe: NDArray[np.bool_]) -> None:
        """Set a window, whose first column is a multiple of 8 and last one so too, or the map's."""
        packed = np.packbits(unsafe, axis=1)
        self._bits[top : top + unsafe.shape[0], left // 8 : left // 8 + packed.shape[1]] = packed

    def rows(self, top: int, bottom: int) -> NDArray[np.uint8]:
        """Return whole rows as (bottom - top, cols) of 0 and 1."""
        return np.unpackbits(self._bits[top:bottom], axis=1, count=self.shape[1])

    @property
    def count(self) -> int:
        """How many cells are marked."""
        strips = range(0, self.shape[0], _STRIP)
        return sum(int(np.count_nonzero(self.rows(top, top + _STRIP))) for top in strips)


def clearances(unsafe: Unsafe, geometry: Geometry) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield strips of whole rows from the first: their first row, and the distances [m].

    Parameters
    ----------
    unsafe : Unsafe
        The whole map.
    geometry : Geometry
        Cell sizes; each row is measured with those of the band in its middle, and where the scale
        changes along it, the distances take the scale of where they are.
    """
    cols = unsafe.shape[1]
    strips = [
        (top, min(top + _STRIP, band.bottom), band)
        for band in geometry.bands
        if band.left <= cols // 2 < (band.right or cols)
        for top in range(band.top, band.bottom, _STRIP)
    ]
    # what lies below every strip, from the last to the first
    below = np.full((len(strips), cols), far(), np.int32)
    for i in range(len(strips) - 1, 0, -1):
        top, bottom, _ = strips[i]
        below[i - 1] = below[i]
        steps = np.full((bottom - top, cols), far(), np.int32)
        count_steps(unsafe.rows(top, bottom), below[i - 1], steps, True)
    above = np.full(cols, far(), np.int32)
    for (top, bottom, band), carry in zip(strips, below, strict=True):
        marked = unsafe.rows(top, bottom)
        steps = np.empty((bottom - top, cols), np.int32)
        count_steps(marked, above, steps, False)
        count_steps(marked, carry.copy(), steps, True)
        distance_m = np.empty(steps.shape, np.float32)
        nearest(steps, band.across_m, band.down_m, distance_m)
        for beside in geometry.bands:
            if beside.top == band.top and beside != band:
                area = (beside.across_m * beside.down_m) / (band.across_m * band.down_m)
                distance_m[:, beside.left : beside.right] *= np.float32(area**0.5)
        yield top, distance_m
