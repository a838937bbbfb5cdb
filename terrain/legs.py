"""The lander on its legs: its support planes in every cell, at the worst heading and the best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.terrain._points import level_heights
from farside.ext.terrain.legs import LegsKernel, LegsLayout, lay_out_legs
from farside.terrain.elevation import ElevationMap
from farside.terrain.footprint import Datum, FootprintError, chords
from farside.terrain.hazards import distance_to_bad
from farside.terrain.lander import LanderFootprint

COMMON_RELIEF_M = 256.0
"""Maps of less relief are bounded as if they had this much: 0.3 mm of rounding."""
EXACT_BAND_M = 1e30
"""A band that holds every rise: all are exact."""


@dataclass(frozen=True, eq=False)
class SupportPlanes:
    """Support planes of the lander, (rows, cols) float32; NaN where it was not asked for."""

    slope_worst_deg: NDArray[np.float32]
    slope_best_deg: NDArray[np.float32]
    heading_best_deg: NDArray[np.float32]
    rise_worst_m: NDArray[np.float32]
    rise_best_m: NDArray[np.float32]

    @classmethod
    def nowhere(cls, shape: tuple[int, int]) -> SupportPlanes:
        """Return planes that were computed in no cell."""
        return cls(*(np.full(shape, np.nan, np.float32) for _ in range(5)))


class LegContact:
    """Workspace for maps of one shape, cell and lander: make one, use it every cycle.

    The lander is rigid; each pad comes down on the highest ground under it, at the cell nearest to
    its place. It rests on three pads with its middle over their triangle and no ground above any
    pad; on an even number of legs it may rest on an opposite pair and lean to either side, and the
    steeper side counts. The middle stands for the centre of mass: with the true one higher up,
    one of the two sides may not be stable, so that nothing is left out.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        cell_m: tuple[float, float],
        lander: LanderFootprint,
        datum: Datum | None = None,
    ) -> None:
        """Lay the legs out and allocate.

        Parameters
        ----------
        shape : two ints
        datum : Datum, optional
            As of `Footprint`.
        cell_m : two floats
            Cell size along east and north [m].
        lander : LanderFootprint
            What stands.

        Raises
        ------
        FootprintError
            If the cells are too large to tell the pads apart.
        """
        self.shape, self.cell_m, self.lander, self.datum = shape, cell_m, lander, datum
        try:
            layout = _layout(lander, cell_m)
        except ValueError as refusal:
            raise FootprintError(str(refusal)) from None
        disc, pad = (chords(0.5 * d, cell_m) for d in (lander.footprint_m, lander.pad_m))
        self.reach = (
            max(len(disc) - 1, int(np.abs(layout.pads[..., 1]).max()) + len(pad) - 1),
            max(int(disc[0]), int(np.abs(layout.pads[..., 0]).max()) + int(pad[0])),
        )
        self._kernel = LegsKernel(*shape, layout)
        self._level = np.full(shape, 0.0, np.float32)
        self._unseen = np.full(shape, 0, np.uint8)

    def known(self, elevation: ElevationMap) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return where footprint and pads are on the map at every heading, and on seen ground.

        Ground counts as unseen if a cell without height lies within a cell of the footprint's rim,
        or of the outermost rim of a pad, whichever is further out.
        """
        rows, cols = self.shape
        inside = np.zeros(self.shape, np.bool_)
        inside[self.reach[0] : rows - self.reach[0], self.reach[1] : cols - self.reach[1]] = True
        if elevation.seen.all():
            return inside, inside
        far = distance_to_bad(elevation.seen, elevation) > np.float32(self.rim_m)
        return inside, inside & far

    @property
    def rim_m(self) -> float:
        """How near to the middle all ground must be seen: a cell beyond footprint and pads [m]."""
        lander = self.lander
        return 0.5 * max(lander.footprint_m, lander.span_m + lander.pad_m) + max(self.cell_m)

    def measure(
        self, elevation: ElevationMap, wanted: NDArray[np.bool_], band_m: float = EXACT_BAND_M
    ) -> SupportPlanes:
        """Compute the support planes of the lander on every wanted cell, at every heading.

        Parameters
        ----------
        elevation : ElevationMap
            Map of this workspace's shape and cell.
        wanted : ndarray
            (rows, cols) cells whose footprint and pads are all on seen ground.
        band_m : float, optional
            A rise within this of the belly clearance left is exact [m]; another is only known to
            lie on its side of the band. Slopes are always exact.
        """
        if elevation.shape != self.shape:
            raise FootprintError(f"a map of {elevation.shape} cells in a workspace of {self.shape}")
        if self.datum is not None:
            low, high = self.datum.lowest_m, self.datum.highest_m
        else:
            low, high = float(np.nanmin(elevation.heights)), float(np.nanmax(elevation.heights))
        reference_m = math.floor(low)
        seen = elevation.seen.view(np.uint8)
        level_heights(
            elevation.heights, seen, reference_m, low - reference_m, self._level, self._unseen
        )
        # Bounds allow for the rounding of heights up to this: the same for every tile of a raster.
        self._kernel.load(self._level, max(COMMON_RELIEF_M, high - reference_m))
        maps = np.full((5, *self.shape), np.nan, np.float32)
        mask = np.ascontiguousarray(wanted).view(np.uint8)
        self._kernel.map(mask, self.lander.belly_left_m, band_m, maps)
        slope_worst, slope_best, heading, rise_worst, rise_best = maps
        np.multiply(heading, np.float32(self.lander.heading_deg(1)), out=heading)
        return SupportPlanes(slope_worst, slope_best, heading, rise_worst, rise_best)


@lru_cache(maxsize=16)
def _layout(lander: LanderFootprint, cell_m: tuple[float, float]) -> LegsLayout:
    """Lay a lander out on cells: once for every workspace of the same."""
    return lay_out_legs(
        lander.legs,
        lander.headings,
        0.5 * lander.span_m,
        cell_m,
        chords(0.5 * lander.footprint_m, cell_m),
        chords(0.5 * lander.pad_m, cell_m),
    )
