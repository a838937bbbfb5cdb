"""Synthetic detail without an end: the flight's own about the site, and more of it elsewhere.

The flight's detail ends at a radius from the site, and holds what the finest raster there leaves
out. Here the same octaves, craters and rocks go on without fading, drawn from the same counters.
Where only coarser rasters lie, what those leave out is drawn too: octaves of noise up to their
resolution and craters up to half of it, as far as no raster shows them (`shares`). Within 0.9 of
the radius the flight's detail stands alone, to the bit.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.ground.craters import REACH, CraterClass, spectrum
from farside.ground.detail import (
    FIELD_NODES,
    LONGEST_LOCAL_M,
    Box,
    Detail,
    box_of,
)
from farside.ground.fractal import OCTAVE_CELLS, law_amplitude, octave_amplitudes, power_law
from farside.ground.lattice import Block, Heights, cell_of, halve
from farside.ground.measured import Measured
from farside.ground.shares import RESOLVED_PIXELS, Shares
from farside.raster import whole_moon

Array = NDArray[np.float64]

_NO_FADE = {"inner_m": 1e30, "outer_m": 2e30}
_SMALLEST_POSTINGS = 1.999  # of a crater: two, whatever is rounded
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
        self._shares = Shares(measured)
        site = measured.arcs.latitude_deg, measured.arcs.longitude_deg
        self._coarsest_m = RESOLVED_PIXELS * whole_moon().posting_m(*site)
        self.larger = self._larger_craters()
        self.gaps = self._gaps()

    def _larger_craters(self) -> dict[int, list[CraterClass]]:
        """Return craters from the flight's largest on to half of what the whole-Moon DEM shows."""
        if not self.craters:
            return {}
        known = sum(len(part) for part in self.craters.values())
        return self.crater_classes(known, 0.5 * self._coarsest_m)

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

    def beyond(self, block: Block, level: int, reach: float) -> Heights | float:
        """Return 0 within 0.9 radii of the site, 1 beyond `reach` radii; a number if throughout."""
        u, v = block.arcs(level)
        end = reach * self.outer_m
        if _nearest(u) ** 2 + _nearest(v) ** 2 >= end * end:
            return 1.0
        if max(abs(u[0, 0]), abs(u[0, -1])) + max(abs(v[0, 0]), abs(v[-1, 0])) <= self.inner_m:
            return 0.0
        part = np.clip((np.sqrt(u * u + v * v) - self.inner_m) / (end - self.inner_m), 0.0, 1.0)
        return np.asarray(part * part * (3.0 - 2.0 * part), dtype=np.float32)

    # ---- what ----------------------------------------------------------------------------------

    @cached_property
    def _field(self) -> Heights | None:
        return self.near.field()

    def regional(self, level: int, block: Block) -> Heights:
        """Return relief [m] of the region's level or a coarser one, without its own features.

        The flight's periodic field h about the site, and octaves d beyond: g h + sqrt(1 - g^2) d
        keeps the variance, g falling from 1 at 0.9 radii to 0 at 3.
        """
        far = self.beyond(block, level, _FIELD_REACH)
        near = np.float32(1.0) - np.asarray(far, dtype=np.float32)
        out = np.zeros(block.shape, dtype=np.float32)
        if near.min() < 1.0:
            octaves = self._octaves_at(level, block)
            octaves *= np.sqrt(np.float32(1.0) - near * near)
            out += octaves
        field = self._field_block(level, block) if near.max() > 0.0 else None
        if field is not None:
            out += field * near
        return out

    def _octaves_at(self, level: int, block: Block) -> Heights:
        """Return the octaves of coarser levels than the region's at one of these or at its own."""
        if level > self.region_level:
            return self._sum_of_octaves(level, block)
        coarse = block.coarser()
        return halve(self._sum_of_octaves(level + 1, coarse), coarse, block)

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
        gap = self._gap(level, level, block)
        return z if gap is None else z + gap

    def _gap(self, octave: int, level: int, block: Block) -> Heights | None:
        """Return an octave that the flight's detail has not, at the nodes of a block.

        Of the octave's own level or the next coarser one; None where rasters show it all over.
        """
        if self.gaps.get(octave, 0.0) == 0.0:
            return None
        share = self._shares.over(_wave(octave), level, block)
        if isinstance(share, float) and share == 0.0:
            return None
        part = self._octave_at(octave, level, block, self.gaps[octave])
        return part if isinstance(share, float) else part * share

    def _octave_at(self, octave: int, level: int, block: Block, amplitude_m: float) -> Heights:
        """Return an octave at the nodes of a block of its own level or the next coarser one."""
        if octave < level:
            block = Block(
                2 * block.row, 2 * block.row_end - 1, 2 * block.col, 2 * block.col_end - 1
            )
        part = np.zeros(block.shape, dtype=np.float32)
        self.add_octave(part, block, octave, amplitude_m)
        return part if octave == level else part[::2, ::2]

    def add_own(self, z: Heights, block: Block, level: int) -> None:
        """Add to a block of the region's level or a finer one what belongs to it, in place."""
        if level in self.octaves:
            self.add_octave(z, block, level, self.octaves[level])
        else:
            self._add_local(z, block, level, level)
        self._add_shapes(z, block, level, [level], 0.0 if level == 0 else np.inf)

    def add_finer(self, z: Heights, block: Block, level: int) -> None:
        """Add what finer levels hold and this one can still show, in place.

        The octave below, craters of two postings and more, rocks of one and a half.
        """
        if level == 0:
            return
        if level - 1 in self.octaves:
            z += self._octave_at(level - 1, level, block, self.octaves[level - 1])
        else:
            self._add_local(z, block, level, level - 1)
        self._add_shapes(z, block, level, range(level), self.least_rock_m(level))

    def _add_local(self, z: Heights, block: Block, level: int, octave: int) -> None:
        """Add an octave that the flight's detail has not, outside that."""
        far = self.beyond(block, level, _FIELD_REACH if octave > self.region_level else 1.0)
        if isinstance(far, float) and far == 0.0:
            return
        gap = self._gap(octave, level, block)
        if gap is None:
            return
        if octave > self.region_level:
            far = np.sqrt(np.asarray(far * (2.0 - far), dtype=np.float32))
        z += gap * far

    def draw_anywhere(self, each: CraterClass, box: Box) -> Array:
        """Return the craters of a class, the depths of larger ones times their place's share."""
        rows = self.draw_craters(each, box)
        if not any(each in part for part in self.larger.values()):
            return rows
        rows[:, 3] *= self._shares.at(4.0 * each.smallest_m, rows[:, 0], rows[:, 1])
        return rows[rows[:, 3] > 0.0]

    def least_rock_m(self, level: int) -> float:
        """Return the smallest rock [m] of a window of a level: all of them at level 0."""
        return 0.0 if level == 0 else _ROCK_POSTINGS * cell_of(level)

    def rocks_at(self, block: Block, level: int) -> NDArray[np.bool_]:
        """Return at which nodes of a window a rock stands."""
        least, out = self.least_rock_m(level), np.zeros(block.shape, dtype=np.float32)
        self._mix(
            out,
            self.beyond(block, level, 1.0),
            lambda z: self.near.add_rocks(z, block, level, least),
            lambda z: self.add_rocks(z, block, level, least),
        )
        return np.asarray(out > 0.0)

    @staticmethod
    def _mix(
        z: Heights,
        far: Heights | float,
        add_flights: Callable[[Heights], None],
        add_all: Callable[[Heights], None],
    ) -> None:
        """Add in place: the flight's own where `far` is 0, all where it is 1, mixed between."""
        if isinstance(far, float):
            (add_all if far == 1.0 else add_flights)(z)
            return
        near = z.copy()
        add_flights(near)
        add_all(z)
        mixed = near + far * (z - near)
        z[...] = np.where(far == 0.0, near, np.where(far == 1.0, z, mixed))

    def _add_shapes(
        self, z: Heights, block: Block, level: int, of: Sequence[int], rock_m: float
    ) -> None:
        """Add craters of some levels, of two postings and more, and rocks from a diameter [m] on.

        Where the flight's own detail is whole, its own; from there to its radius both are mixed.
        """
        classes = [
            [each for n in of for each in held.get(n, ()) if shows(level, each)]
            for held in (self.craters, self.larger)
        ]

        def add_flights(to: Heights) -> None:
            self.near.add_craters(to, block, level, classes[0])
            self.near.add_rocks(to, block, level, rock_m)

        def add_all(to: Heights) -> None:
            self.add_craters(to, block, level, classes[0])
            for each in classes[1]:
                box = box_of(level, block).grown(REACH * each.smallest_m)
                self.stamp_craters(to, block, level, self.draw_anywhere(each, box))
            self.add_rocks(to, block, level, rock_m)

        self._mix(z, self.beyond(block, level, 1.0), add_flights, add_all)


def shows(level: int, each: CraterClass) -> bool:
    """Return whether a window of a level shows a class of craters: of two postings and more."""
    return each.smallest_m >= _SMALLEST_POSTINGS * cell_of(level)


def _wave(level: int) -> float:
    """Return the shortest wavelength [m] of the octave of a level."""
    return OCTAVE_CELLS * cell_of(level)


def _nearest(x: Array) -> float:
    """Return the distance [m] from zero to the nearest of an interval's nodes."""
    return float(max(x.min(), -x.max(), 0.0))
