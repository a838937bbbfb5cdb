"""Synthetic detail: what the finest raster cannot show, drawn from the statistics of a mission.

Each kind of detail lives on the level of the lattice that can just hold it: an octave of noise
whose shortest waves are eight postings, craters of eight to sixteen postings across. A level is the
one above it at half the posting, plus its own. All of it is drawn from counters that name the
place, so that every block of a level agrees with every other, whatever was asked for first.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.ground import _craters, _lattice, _rocks
from farside.ground.blocks import fields_of, rock_octaves
from farside.ground.craters import REACH, CraterClass, crater_class, profiles, spectrum
from farside.ground.fractal import OCTAVE_CELLS, octave_amplitudes, periodic_field, power_law
from farside.ground.lattice import FINEST_M, Block, Heights, cell_of, halve
from farside.ground.rocks import RockClass
from farside.ground.scratch import scratch
from farside.ground.shares import RESOLVED_PIXELS
from farside.mission.ground_statistics import GroundStatistics

Array = NDArray[np.float64]

LONGEST_LOCAL_M = 100.0  # never the regional exponent below: it leaves no safe cell at all
FIELD_NODES = 512  # of the regional field, at twice the region's posting: 13.1 km, periodic
SMALLEST_CRATER_M = 0.4
_CRATER_CELLS = 8  # postings across the smallest crater of a level
_ROCK_REACH = (
    1.0  # of a rock from its middle, in diameters: 0.5, stretched by 1.25 and lobed by 1.53
)
_FULL = 0.9  # share of the radius within which detail is whole; from there it tapers
_NOISE, FIRST_CRATERS = 0x100, 0x200  # streams; rocks have theirs from 0x300 on (ground/blocks.py)


@dataclass(frozen=True)
class Box:
    """A rectangle of arcs [m]; features belong to it by their centres."""

    u_lo: float
    u_hi: float
    v_lo: float
    v_hi: float

    def grown(self, by_m: float) -> "Box":
        """Return the box with a margin all round."""
        return Box(self.u_lo - by_m, self.u_hi + by_m, self.v_lo - by_m, self.v_hi + by_m)


def box_of(level: int, block: Block) -> Box:
    """Return the rectangle of arcs that a block of a level covers."""
    cell = cell_of(level)
    return Box(block.col * cell, block.col_end * cell, block.row * cell, block.row_end * cell)


class Detail:
    """The detail of one seed.

    Parameters
    ----------
    statistics : GroundStatistics
        Of the mission's [ground].
    seed : int
        Of everything drawn.
    posting_m : float
        Of the finest raster: wavelengths above RESOLVED_PIXELS of it are measured, and left alone.
    region_level : int
        The level of the lattice that holds the region.
    """

    def __init__(
        self, statistics: GroundStatistics, seed: int, posting_m: float, region_level: int
    ) -> None:
        self.statistics = statistics
        self.seed = seed
        self.resolved_m = RESOLVED_PIXELS * posting_m
        self.region_level = region_level
        self.inner_m = _FULL * statistics.radius_m
        self.outer_m = statistics.radius_m
        self.fade = {"inner_m": self.inner_m, "outer_m": self.outer_m}
        self.ratio = statistics.crater_depth_ratio
        self.craters = self._crater_classes()
        self.rocks = rock_octaves(
            statistics, [each for part in self.craters.values() for each in part]
        )
        self.shape = dict(
            zip(
                ("axis_lo", "axis_hi", "burial_lo", "burial_hi", "irregularity"),
                (
                    *statistics.rock_axis_ratio,
                    *statistics.rock_burial,
                    statistics.rock_irregularity,
                ),
                strict=True,
            )
        )
        self.octaves = self._octaves()

    def _crater_classes(self) -> dict[int, list[CraterClass]]:
        """Return craters by level; the largest span half of what is resolved."""
        if not (self.statistics.crater_density > 0.0 and self.statistics.crater_age_ga > 0.0):
            return {}
        return self.crater_classes(0, min(0.5 * self.resolved_m, 0.2 * self.outer_m))

    def crater_classes(self, first: int, largest_m: float) -> dict[int, list[CraterClass]]:
        """Return classes of craters by the level that draws them.

        Parameters
        ----------
        first : int
            Number of the first class: each spans diameters from SMALLEST_CRATER_M * 2^number [m] to
            twice that.
        largest_m : float
            Largest diameter [m].
        """
        statistics = self.statistics
        classes: dict[int, list[CraterClass]] = {}
        smallest, number = SMALLEST_CRATER_M * 2.0**first, first
        while 2.0 * smallest <= largest_m:
            level = max(round(deterministic.log2(smallest / (_CRATER_CELLS * FINEST_M))), 0)
            made = crater_class(
                FIRST_CRATERS + number,
                smallest,
                statistics.crater_age_ga,
                statistics.crater_density,
            )
            classes.setdefault(min(level, self.region_level), []).append(made)
            smallest, number = 2.0 * smallest, number + 1
        return classes

    def _octaves(self) -> dict[int, float]:
        """Return amplitudes [m] by level of the local octaves, up to the regional field."""
        longest = min(LONGEST_LOCAL_M, self.resolved_m)
        levels = [
            level
            for level in range(self.region_level + 1)
            if OCTAVE_CELLS * cell_of(level) <= longest
        ]
        amplitudes = octave_amplitudes(
            [cell_of(level) for level in levels],
            self.statistics.hurst_local,
            self.statistics.slope_5m_deg,
        )
        return dict(zip(levels, amplitudes, strict=True))

    def field(self) -> Heights | None:
        """Return the periodic regional field [m] on the lattice above the region's, if any.

        It has the spectrum of the measured deviations less what the craters bring, so that
        together they have it: and nothing above the wavelength that is measured, nor below 100 m.
        Node n of that lattice is at index n + half of the nodes, modulo all of them.
        """
        level = self.region_level
        shortest = max(LONGEST_LOCAL_M, 4.0 * cell_of(level + 1))
        if self.resolved_m <= shortest or self.statistics.deviation_474_m == 0.0:
            return None
        craters = tuple(each for part in self.craters.values() for each in part)
        return periodic_field(
            *_field_spectrum(
                self.statistics.deviation_474_m,
                self.statistics.hurst_regional,
                tuple(each for each in craters if 4.0 * each.smallest_m > shortest),
                self.ratio,
                cell_of(level + 1),
            ),
            nodes=FIELD_NODES,
            cell_m=cell_of(level + 1),
            longest_m=self.resolved_m,
            shortest_m=shortest,
            seed=self.seed,
        )

    def region(self, block: Block) -> Heights:
        """Return the region's detail [m]: regional field, large craters, the longest octave."""
        field = self.field()
        if field is None:
            z = np.zeros(block.shape, dtype=np.float32)
        else:
            half = FIELD_NODES // 2
            z = halve(field, Block(-half, half, -half, half), block)
            z *= _taper(block, self.region_level, self.inner_m, self.outer_m)
        self.add_features(z, block, self.region_level)
        return z

    def add_features(self, z: Heights, block: Block, level: int) -> None:
        """Add to a block of a level what belongs to that level, in place."""
        if level in self.octaves:
            self.add_octave(z, block, level, self.octaves[level])
        self.add_craters(z, block, level, self.craters.get(level, ()))
        if level == 0:
            self.add_rocks(z, block, level, 0.0)

    def add_octave(
        self, z: Heights, block: Block, level: int, amplitude_m: float, stream: int = _NOISE
    ) -> None:
        """Add to a block of a level its own octave of noise, in place."""
        octets = -(-(block.shape[1] + 4 + 7) // 8)
        rows = block.shape[0] + 4
        white, smooth = scratch((rows, 8 * octets), (rows, block.shape[1]))
        _lattice.add_noise(
            z,
            (block.row, block.col),
            self.seed,
            {"level": stream + level, "amplitude_m": amplitude_m, "cell_m": cell_of(level)},
            self.fade,
            white,
            smooth,
        )

    def add_craters(
        self, z: Heights, block: Block, level: int, classes: Iterable[CraterClass]
    ) -> None:
        """Add craters of some classes to a block of a level, in place."""
        for crater in classes:
            box = box_of(level, block).grown(REACH * crater.smallest_m)
            self.stamp_craters(z, block, level, self.draw_craters(crater, box))

    def stamp_craters(self, z: Heights, block: Block, level: int, rows: Array) -> None:
        """Add drawn craters to a block of a level, in place."""
        cell, first = cell_of(level), (block.row, block.col)
        rays = self.statistics.crater_ray_contrast, self.statistics.crater_fresh_share
        _craters.stamp_craters(z, first, cell, rows, profiles(), REACH, self.ratio, rays)

    def add_rocks(self, z: Heights, block: Block, level: int, least_m: float) -> None:
        """Add the rocks of a diameter [m] and more to a block of a level, in place."""
        first, box = (block.row, block.col), box_of(level, block)
        for rows in self.draw_rocks(box, _ROCK_REACH, least_m):
            _rocks.stamp_rocks(z, first, cell_of(level), rows)

    def draw_craters(self, each: CraterClass, box: Box) -> Array:
        """Return the craters of a class centred in a box: rows of `_craters.draw_craters`."""
        return _drawn(
            each, box, 7,
            lambda rows: _craters.draw_craters(
                rows, self.seed, vars(each), self.ratio, REACH, self.fade, vars(box)
            ),
        )  # fmt: skip

    def draw_rocks(self, box: Box, reach: float = 0.0, least_m: float = 0.0) -> Iterator[Array]:
        """Yield the rocks of `least_m` and more centred in a box: rows of `_rocks.draw_rocks`.

        With `reach` also those centred outside, within so many diameters of it.
        """
        if least_m > self.statistics.rock_diameter_m[1]:
            return
        fields = self._fields(box.grown(reach * self.statistics.rock_diameter_m[1]))
        for octave in self.rocks:
            for each in (octave.even, octave.clustered):
                if each is None or 2.0 * each.smallest_m < least_m:
                    continue
                near = None
                if each is octave.clustered:
                    near = fields[2.0 * fields[:, 2] >= octave.crater_m]
                    if not len(near):
                        continue
                rows = self._rocks(each, box.grown(2.0 * reach * each.smallest_m), near)
                yield rows if each.smallest_m >= least_m else rows[rows[:, 2] >= least_m]

    def _rocks(self, each: RockClass, box: Box, fields: Array | None) -> Array:
        contrast = self.statistics.crater_ray_contrast
        return _drawn(
            each, box, 12,
            lambda rows: _rocks.draw_rocks(
                rows, self.seed, vars(each), self.shape, self.fade, vars(box), fields, contrast
            ),
        )  # fmt: skip

    def _fields(self, box: Box) -> Array:
        """Return the fields of blocks that reach into a box, always in the same order."""
        least = self.statistics.rock_cluster_crater_m
        rows = [
            self.draw_craters(each, box.grown(_rocks.FIELD_REACH * each.smallest_m))
            for level in self.craters.values()
            for each in level
            if 2.0 * each.smallest_m > least
            and self.statistics.rock_cluster_share > 0.0
            and any(octave.clustered for octave in self.rocks)
        ]
        return fields_of(self.statistics, np.concatenate([np.empty((0, 7)), *rows]), least)


def _drawn(
    each: CraterClass | RockClass, box: Box, columns: int, draw: Callable[[Array], int]
) -> Array:
    """Return the rows that a kernel draws, with room for six sigma more than expected."""
    area = (box.u_hi - box.u_lo) * (box.v_hi - box.v_lo)
    expected = each.mean * area / (each.tile_m * each.tile_m)
    room = int(expected + 6.0 * math.sqrt(expected)) + 16
    while True:
        rows = np.empty((room, columns))
        count = draw(rows)
        if count <= room:
            return rows[:count]
        room = count


@lru_cache(maxsize=4)
def _taper(block: Block, level: int, inner_m: float, outer_m: float) -> Heights:
    u, v = block.arcs(level)
    part = np.clip((outer_m - deterministic.hypot(u, v)) / (outer_m - inner_m), 0.0, 1.0)
    return (part * part * (3.0 - 2.0 * part)).astype(np.float32)


@lru_cache(maxsize=4)
def _field_spectrum(
    deviation_m: float,
    hurst: float,
    craters: tuple[CraterClass, ...],
    ratio: tuple[float, float],
    cell_m: float,
) -> tuple[Array, Array]:
    """Return wavenumbers [rad/m] and S [m4/rad2]: the measured law less the craters' share."""
    least, most = math.pi / (FIELD_NODES * cell_m), 2.0 * math.pi / cell_m
    k = least * deterministic.exp(deterministic.log(most / least) / 299.0 * np.arange(300.0))
    law = power_law(deviation_m, 474.0, hurst)(k)
    return k, np.maximum(law - spectrum(k, craters, ratio), 0.0)
