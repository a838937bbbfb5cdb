"""Where a wavelength is left to synthetic detail, because no raster there shows it.

    s(place) = product over the rasters that resolve it of (1 - coverage of the raster there)

Over most blocks a coverage is 0 or 1 throughout. Some nodes show that: with r the most pixels
between two of them next to each other, every node lies within r of one of those in row and in
column, so that all are outside a raster's frame if these are by 2 r, and all are deep inside if
these are by 2 sqrt(2) r more than deep.
"""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from farside.ground.lattice import Block, Heights
from farside.ground.measured import BLEND, Measured
from farside.raster import Raster

Array = NDArray[np.float64]

RESOLVED_PIXELS = 3.5  # a raster shows wavelengths from this many of its pixels up
_STEP = 16  # nodes between those that are looked at first
_KEPT = 4  # coverages of blocks: an octave and the next finer one ask for the same


class Shares:
    """The shares of wavelengths in the ground of some rasters.

    Parameters
    ----------
    measured : Measured
        The rasters.
    """

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        site = measured.arcs.latitude_deg, measured.arcs.longitude_deg
        self._postings = [raster.posting_m(*site) for raster in measured.rasters]
        self._kept: dict[tuple[int, int, Block], Heights | float] = {}
        self._lock = Lock()  # of what is kept: heights and albedo are drawn side by side

    def at(self, wave_m: float, u: Array, v: Array) -> Array:
        """Return the share of a wavelength [m] at arcs u, v (n,) [m]."""
        out = np.ones(u.shape)
        for number in self._resolving(wave_m):
            out *= 1.0 - self._measured.coverage(number, u, v)
        return out

    def over(self, wave_m: float, level: int, block: Block) -> Heights | float:
        """Return the share of a wavelength [m] at a block's nodes; 0 or 1 if throughout."""
        parts = [self._coverage(number, level, block) for number in self._resolving(wave_m)]
        if any(isinstance(part, float) and part == 1.0 for part in parts):
            return 0.0
        out: Heights | float = 1.0
        for part in parts:
            if not isinstance(part, float):
                out = out * (np.float32(1.0) - part)
        return out

    def _resolving(self, wave_m: float) -> list[int]:
        return [n for n, each in enumerate(self._postings) if wave_m > RESOLVED_PIXELS * each]

    def _coverage(self, number: int, level: int, block: Block) -> Heights | float:
        """Return the coverage of a raster at a block's nodes; 0 or 1 where it is throughout."""
        key = number, level, block
        with self._lock:
            if key not in self._kept:
                if len(self._kept) >= _KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = self._found(number, level, block)
            return self._kept[key]

    def _found(self, number: int, level: int, block: Block) -> Heights | float:
        u, v = block.arcs(level)
        cols, rows = _some(block.shape[1]), _some(block.shape[0])
        raster = self._measured.rasters[number]
        same = _throughout(raster, *self._measured.arcs.latlon(u[:, cols], v[rows]))
        if same is not None:
            return same
        return self._measured.coverage(number, u, v).astype(np.float32)


def _some(count: int) -> NDArray[np.intp]:
    """Return some of so many indices, the first and the last among them."""
    return np.append(np.arange(0, count - 1, _STEP), count - 1)


def _throughout(raster: Raster, latitude_deg: Array, longitude_deg: Array) -> float | None:
    """Return the coverage, 0 or 1, of all places among these; None where it is not the same."""
    row, col = raster.pixel(latitude_deg, longitude_deg)
    steps = [np.abs(np.diff(x, axis=axis)) for x in (row, col) for axis in (0, 1)]
    reach = max(float(step.max()) if step.size else 0.0 for step in steps)
    last_row, last_col = np.subtract(raster.heights_m.shape, 1)
    for x, last in ((row, last_row), (col, last_col)):
        if x.max() < -2.0 * reach - 1.0 or x.min() > last + 2.0 * reach + 1.0:
            return 0.0
    # the distance to an edge changes by no more than the way does
    deep = BLEND + 3.0 * reach + 1.0
    return 1.0 if float(raster.inside(latitude_deg, longitude_deg).min()) > deep else None
