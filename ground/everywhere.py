"""Synthetic detail without an end: the flight's own about the site, and more of it elsewhere.

The flight's detail ends at a radius from the site, and holds what the finest raster there leaves
out. Here the same octaves, craters and rocks go on without fading, drawn from the same counters.
Where only coarser rasters lie, what those leave out is drawn too: octaves of noise up to their
resolution and craters up to half of it. Each of these has the share

    s(place) = product over the rasters that resolve it of (1 - coverage of the raster there)

so that nothing is drawn where a raster shows it. Within 0.9 of the radius the flight's detail
stands alone, to the bit.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ground.craters import REACH, CraterClass, crater_class, spectrum
from farside.ground.detail import (
    FIELD_NODES,
    FIRST_CRATERS,
    LONGEST_LOCAL_M,
    RESOLVED_PIXELS,
    SMALLEST_CRATER_M,
    Box,
    Detail,
    box_of,
)
from farside.ground.fractal import OCTAVE_CELLS, law_amplitude, octave_amplitudes, power_law
from farside.ground.lattice import Block, Heights, cell_of, halve
from farside.ground.measured import Measured
from farside.raster import whole_moon

Array = NDArray[np.float64]

_NO_FADE = {"inner_m": 1e30, "outer_m": 2e30}
SMALLEST_POSTINGS = 1.999  # across the smallest crater of a window: two, whatever is rounded
_ROCK_POSTINGS = 1.5
_LAG_M = 474.0  # of the mission's deviation
_FIELD_REACH = 3.0  # radii to which the flight's regional field gives way to octaves


class Everywhere(Detail):
    """The detail of one seed, anywhere.

    Parameters
    ----------
    near : Detail
        The flight's own.
    measured : Measured
        The rasters, which leave detail out.

    Attributes
    ----------
    gaps : dict
        Amplitudes [m] by level of the octaves that the flight's detail has not.
    larger : dict
        Craters by level that the flight's detail has not.
    """

    def __init__(self, near: Detail, measured: Measured) -> None:
        super().__init__(near.statistics, near.seed, measured.posting_m, near.region_level)
        self.near, self.measured = near, measured
        self.fade = _NO_FADE
        site = measured.arcs.latitude_deg, measured.arcs.longitude_deg
        self._postings = [raster.posting_m(*site) for raster in measured.rasters]
        self._coarsest_m = RESOLVED_PIXELS * whole_moon().posting_m(*site)
        self.larger = self._larger_craters()
        self.gaps = self._gaps()

    def _larger_craters(self) -> dict[int, list[CraterClass]]:
        """Return craters from the flight's largest on to half of what the whole-Moon DEM shows."""
        number = sum(len(part) for part in self.craters.values())
        smallest = SMALLEST_CRATER_M * 2.0**number
        classes: dict[int, list[CraterClass]] = {}
        while self.craters and 4.0 * smallest <= self._coarsest_m:
            level = round(deterministic.log2(smallest / (8.0 * cell_of(0))))
            classes.setdefault(min(level, self.region_level), []).append(
                crater_class(
                    FIRST_CRATERS + number,
                    smallest,
                    self.statistics.crater_age_ga,
                    self.statistics.crater_density,
                )
            )
            smallest, number = 2.0 * smallest, number + 1
        return classes

    def _gaps(self) -> dict[int, float]:
        """Return the octaves' amplitudes: the regional law's less the craters', and local ones."""
        stated, hurst = self.statistics.deviation_474_m, self.statistics.hurst_regional
        held = (self.craters, self.larger)
        craters = [each for kind in held for part in kind.values() for each in part]
        out: dict[int, float] = {}
        local = [n for n in range(self.region_level + 1) if _wave(n) <= LONGEST_LOCAL_M]
        amplitudes = octave_amplitudes(
            [cell_of(n) for n in local], self.statistics.hurst_local, self.statistics.slope_5m_deg
        )
        out.update((n, a) for n, a in zip(local, amplitudes, strict=True) if n not in self.octaves)
        level = local[-1] + 1
        while _wave(level) <= self._coarsest_m and stated > 0.0:
            k = np.array([2.0 * np.pi / _wave(level)])
            law = float(power_law(stated, _LAG_M, hurst)(k)[0])
            left = max(1.0 - float(spectrum(k, craters, self.ratio)[0]) / law, 0.0)
            out[level] = law_amplitude(cell_of(level), stated, _LAG_M, hurst) * math.sqrt(left)
            level += 1
        return out

    # ---- where ---------------------------------------------------------------------------------

    def share(self, wave_m: float, u: Array, v: Array) -> Array | None:
        """Return the share s of a wavelength [m] at arcs u, v [m]; None where it is 1 all over."""
        out = None
        for number, posting in enumerate(self._postings):
            if wave_m > RESOLVED_PIXELS * posting:
                bare = 1.0 - self.measured.coverage(number, u, v)
                out = bare if out is None else out * bare
        return out

    def beyond(self, block: Block, level: int, reach: float) -> Heights | None:
        """Return 0 within 0.9 radii of the site, 1 beyond `reach` radii; None for 1 all over."""
        u, v = block.arcs(level)
        end = reach * self.outer_m
        if _nearest(u) ** 2 + _nearest(v) ** 2 >= end * end:
            return None
        part = np.clip((np.sqrt(u * u + v * v) - self.inner_m) / (end - self.inner_m), 0.0, 1.0)
        return np.asarray(part * part * (3.0 - 2.0 * part), dtype=np.float32)

    # ---- what ----------------------------------------------------------------------------------

    @cached_property
    def _field(self) -> Heights | None:
        return self.near.field()

    def regional(self, level: int, block: Block) -> Heights:
        """Return relief [m] of the region's level or a coarser one, without its own features.

        The flight's periodic field g about the site, and octaves beyond: h g + sqrt(1 - h^2) d
        keeps the variance, h falling from 1 at 0.9 radii to 0 at 3.
        """
        far = self.beyond(block, level, _FIELD_REACH)
        if far is not None and not far.any():
            octaves = np.zeros(block.shape, dtype=np.float32)
        elif level > self.region_level:
            octaves = self._sum_of_octaves(level, block)
        else:
            coarse = block.coarser()
            octaves = halve(self._sum_of_octaves(level + 1, coarse), coarse, block)
        if far is None:
            return octaves
        near = np.float32(1.0) - far
        octaves *= np.sqrt(np.float32(1.0) - near * near)
        field = self._field_block(level, block)
        return octaves if field is None else np.asarray(field * near + octaves)

    def _field_block(self, level: int, block: Block) -> Heights | None:
        """Return the periodic field, repeated, on a block of the region's level or coarser."""
        if self._field is None:
            return None
        if level == self.region_level:
            coarse = block.coarser()
            field = self._field_block(level + 1, coarse)
            return None if field is None else halve(field, coarse, block)
        step, half = 2 ** (level - self.region_level - 1), FIELD_NODES // 2
        rows = (np.arange(block.row, block.row_end) * step + half) % FIELD_NODES
        cols = (np.arange(block.col, block.col_end) * step + half) % FIELD_NODES
        return np.ascontiguousarray(self._field[rows[:, None], cols[None, :]])

    def _sum_of_octaves(self, level: int, block: Block) -> Heights:
        """Return the sum [m] of the octaves of a level and all coarser ones."""
        if level > max(self.gaps, default=0):
            return np.zeros(block.shape, dtype=np.float32)
        coarse = block.coarser()
        z = halve(self._sum_of_octaves(level + 1, coarse), coarse, block)
        self._add_gap(z, block, level)
        return z

    def _add_gap(self, z: Heights, block: Block, level: int) -> None:
        if level not in self.gaps or self.gaps[level] == 0.0:
            return
        share = self.share(_wave(level), *block.arcs(level))
        if share is None:
            self.add_octave(z, block, level, self.gaps[level])
        elif share.any():
            part = np.zeros(block.shape, dtype=np.float32)
            self.add_octave(part, block, level, self.gaps[level])
            z += part * share.astype(np.float32)

    def add_own(self, z: Heights, block: Block, level: int) -> None:
        """Add to a block of the region's level or a finer one what belongs to it, in place."""
        self._add_local(z, block, level)
        self._add_shapes(z, block, level, [level], 0.0 if level == 0 else np.inf)

    def add_finer(self, z: Heights, block: Block, level: int) -> None:
        """Add what finer levels hold and this one can still show, in place.

        The octave below, craters of two postings and more, rocks of one and a half.
        """
        if level == 0:
            return
        below = Block(2 * block.row, 2 * block.row_end - 1, 2 * block.col, 2 * block.col_end - 1)
        part = np.zeros(below.shape, dtype=np.float32)
        if level - 1 <= self.region_level:
            self._add_local(part, below, level - 1)
            z += part[::2, ::2]
        else:
            self._add_gap(part, below, level - 1)
            part = part[::2, ::2]
            far = self.beyond(block, level, _FIELD_REACH)
            if far is not None:
                part *= np.sqrt(far * (np.float32(2.0) - far))
            z += part
        self._add_shapes(z, block, level, range(level), self.least_rock_m(level))

    def _add_larger(
        self, z: Heights, block: Block, level: int, classes: Iterable[CraterClass]
    ) -> None:
        """Add craters that the flight's detail has not, as deep as no raster shows them."""
        for each in classes:
            rows = self.draw_anywhere(each, box_of(level, block).grown(REACH * each.smallest_m))
            self.stamp_craters(z, block, level, rows)

    def draw_anywhere(self, each: CraterClass, box: Box) -> Array:
        """Return the craters of a class, the depths of larger ones times their place's share."""
        rows = self.draw_craters(each, box)
        if not any(each in part for part in self.larger.values()):
            return rows
        share = self.share(4.0 * each.smallest_m, rows[:, 0], rows[:, 1])
        if share is not None:
            rows[:, 3] *= share
        return rows[rows[:, 3] > 0.0]

    def least_rock_m(self, level: int) -> float:
        """Return the smallest rock [m] of a window of a level: all of them at level 0."""
        return 0.0 if level == 0 else _ROCK_POSTINGS * cell_of(level)

    def rocks_at(self, block: Block, level: int) -> NDArray[np.bool_]:
        """Return at which nodes of a window a rock stands."""
        least, far = self.least_rock_m(level), self.beyond(block, level, 1.0)
        out = np.zeros(block.shape, dtype=np.float32)
        if far is None or far.any():
            self.add_rocks(out, block, level, least)
        if far is not None:
            near = np.zeros(block.shape, dtype=np.float32)
            self.near.add_rocks(near, block, level, least)
            out = np.where(far == 0.0, near, np.where(far == 1.0, out, near + out))
        return np.asarray(out > 0.0)

    def _add_local(self, z: Heights, block: Block, level: int) -> None:
        if level in self.octaves:
            self.add_octave(z, block, level, self.octaves[level])
        elif level in self.gaps:
            part = np.zeros(block.shape, dtype=np.float32)
            self._add_gap(part, block, level)
            far = self.beyond(block, level, 1.0)
            z += part if far is None else part * far

    def _add_shapes(
        self, z: Heights, block: Block, level: int, of: Sequence[int], rock_m: float
    ) -> None:
        """Add craters of some levels, of two postings and more, and rocks from a diameter [m] on.

        Where the flight's own detail is whole, its own; from there to its radius both are mixed.
        """
        least = SMALLEST_POSTINGS * cell_of(level)
        classes = [each for n in of for each in self.craters.get(n, ()) if each.smallest_m >= least]
        far = self.beyond(block, level, 1.0)
        if far is None:
            self._add_whole(z, block, level, of, classes, rock_m)
            return
        near = z.copy()
        self.near.add_craters(near, block, level, classes)
        self.near.add_rocks(near, block, level, rock_m)
        if far.any():
            self._add_whole(z, block, level, of, classes, rock_m)
        mixed = near + far * (z - near)
        z[...] = np.where(far == 0.0, near, np.where(far == 1.0, z, mixed))

    def _add_whole(
        self,
        z: Heights,
        block: Block,
        level: int,
        of: Sequence[int],
        classes: Sequence[CraterClass],
        rock_m: float,
    ) -> None:
        self.add_craters(z, block, level, classes)
        for n in of:
            self._add_larger(z, block, level, self.larger.get(n, ()))
        self.add_rocks(z, block, level, rock_m)


def _wave(level: int) -> float:
    """Return the shortest wavelength [m] of the octave of a level."""
    return OCTAVE_CELLS * cell_of(level)


def _nearest(x: Array) -> float:
    """Return the distance [m] from zero to the nearest of an interval's nodes."""
    return float(max(x.min(), -x.max(), 0.0))
