"""Normal albedo: what share of the light ground sends straight back to the Sun.

    a = mean (1 + spread n) (1 + gain (b - E b)) q

n is noise of octaves from 50 km waves down, of variance 1, amplitudes growing as posting^0.2; b the
fields of fresh craters of two postings and more (1 inside the rim of the freshest, x^-3 and rays
beyond); q the ratio of rock to soil where a rock stands, 1 elsewhere. mean, spread, gain and q are
keys of the mission's [ground]. Less its expectation E b, so that a coarser posting, which leaves
small craters out, is not darker.
"""

import math

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.ground import _rocks
from farside.ground.blocks import fields_of, mean_chance
from farside.ground.craters import CraterClass
from farside.ground.detail import box_of
from farside.ground.everywhere import Everywhere, shows
from farside.ground.lattice import Block, Heights, cell_of, halve

Array = NDArray[np.float64]

_STREAM = 0x800  # of the noise
_LONGEST_LEVEL = 16  # 6.6 km between nodes: waves of 50 km
_HURST = 0.2  # amplitudes go as posting to this power: ours
_NODE_VARIANCE = (70.0 / 256.0) ** 2  # of white noise smoothed by (1 4 6 4 1) / 16 both ways
_LIMITS = 0.3, 2.0  # of 1 + spread n


class Albedo:
    """Normal albedo of a ground, drawn by place as its heights are.

    Parameters
    ----------
    detail : Everywhere
        Whose craters and rocks are brighter.
    """

    def __init__(self, detail: Everywhere) -> None:
        self.detail = detail
        levels = np.arange(float(_LONGEST_LEVEL + 1))
        growing = deterministic.power(2.0, _HURST * levels)
        scale = 1.0 / math.sqrt(_NODE_VARIANCE * math.fsum(growing * growing))
        self._expected = {each: self._expected_field(each) for each in self._classes()}
        self._amplitudes = [scale * float(each) for each in growing]

    def block(self, level: int, block: Block) -> Heights:
        """Return the normal albedo of the nodes of a block of a level, float32."""
        stated = self.detail.statistics
        noise = np.float32(1.0) + np.float32(stated.albedo_spread) * self._noise(level, block)
        least, most = (np.float32(limit) for limit in _LIMITS)
        out = np.clip(noise, least, most)
        fresh = np.minimum(self._fresh(level, block), np.float32(1.0))
        expected = sum(mean for each, mean in self._expected.items() if shows(level, each))
        fresh -= np.float32(expected)
        out *= np.float32(1.0) + np.float32(stated.albedo_fresh_gain) * fresh
        out[self.detail.rocks_at(block, level)] *= np.float32(stated.albedo_rock_ratio)
        return np.asarray(out * np.float32(stated.albedo_mean), dtype=np.float32)

    def _noise(self, level: int, block: Block) -> Heights:
        if level > _LONGEST_LEVEL:
            return np.zeros(block.shape, dtype=np.float32)
        coarse = block.coarser()
        z = halve(self._noise(level + 1, coarse), coarse, block)
        self.detail.add_octave(z, block, level, self._amplitudes[level], _STREAM)
        return z

    def _classes(self) -> list[CraterClass]:
        held = self.detail.craters, self.detail.larger
        return [each for kind in held for part in kind.values() for each in part]

    def _expected_field(self, each: CraterClass) -> float:
        """Return E b of a class of craters, without the overlaps of their fields."""
        stated = self.detail.statistics
        if not stated.crater_depth_ratio[1] > stated.crater_depth_ratio[0]:
            return 0.0  # none is fresher than another
        chance = mean_chance(stated, [each], 0.0)
        return -deterministic.log(1.0 - chance) * (1.0 + stated.crater_ray_contrast)

    def _fresh(self, level: int, block: Block) -> Heights:
        """Return the sum of the fields of fresh craters of two postings and more."""
        z = np.zeros(block.shape, dtype=np.float32)
        detail, cell = self.detail, cell_of(level)
        contrast = detail.statistics.crater_ray_contrast
        for each in filter(lambda each: shows(level, each), self._expected):
            box = box_of(level, block).grown(_rocks.FIELD_REACH * each.smallest_m)
            fields = fields_of(detail.statistics, detail.draw_anywhere(each, box), 0.0)
            _rocks.stamp_fields(z, (block.row, block.col), cell, fields, contrast)
        return z
