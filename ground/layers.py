"""The layers put together: the region, and any block of it at 0.1 m."""

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel, heights_uv
from farside.ground.detail import Detail
from farside.ground.grid import Grid
from farside.ground.lattice import Block, Heights, cell_of, halve
from farside.ground.measured import Measured
from farside.mission.ground_statistics import GroundStatistics

Array = NDArray[np.float64]


class Layers:
    """Measured ground and the detail of one seed.

    Parameters
    ----------
    measured : Measured
        What rasters hold.
    statistics : GroundStatistics
        Of the mission's [ground].
    seed : int
        Of the detail.

    Attributes
    ----------
    detail : Detail
        What is drawn.
    region : Grid
        Everything there is at the region's posting.
    """

    def __init__(self, measured: Measured, statistics: GroundStatistics, seed: int) -> None:
        self.measured = measured
        self.detail = Detail(statistics, seed, measured.posting_m, measured.region_level)
        block, cell = measured.region_block, cell_of(measured.region_level)
        heights = self.detail.region(block)
        heights += measured.region
        self.region = Grid.of(heights, block.col * cell, block.row * cell, cell)

    def model(self) -> GroundModel:
        """Return a model with corridor and region, its heights above arc_m until `set_radius`."""
        along, across, _ = self.measured.arcs.axes
        model = GroundModel(self.measured.arcs.arc_m, self.measured.arcs.arc_m, along, across)
        self.measured.corridor.set_in(model, "corridor")
        self.region.set_in(model, "region")
        return model

    def fine(self, block: Block) -> Grid:
        """Rasterise a block of level 0: the region, halved down with each level's own detail."""
        return self.down_to(0, block)

    def down_to(self, least: int, block: Block) -> Grid:
        """Rasterise a block of a level, without the detail of finer ones."""
        top, cell = self.measured.region_level, cell_of(least)
        blocks = {least: block}
        for level in range(least, top):
            blocks[level + 1] = blocks[level].coarser()
        if least > top:
            heights = self._corridor_and_region(*block.arcs(least))
        else:
            heights = self._region_heights(blocks[top])
        raster_level = self.raster_level
        for level in range(top - 1, least - 1, -1):
            heights = halve(heights, blocks[level + 1], blocks[level])
            if level == raster_level:
                heights += self._finer_raster(blocks, level)
            self.detail.add_features(heights, blocks[level], level)
        return Grid.of(heights, block.col * cell, block.row * cell, cell)

    def _region_heights(self, block: Block) -> Heights:
        inside = block.within(self.measured.region_block)
        if inside is not None:
            return np.ascontiguousarray(self.region.heights[inside])
        # a block over the edge: the corridor beyond it
        return self._corridor_and_region(*block.arcs(self.measured.region_level))

    def _corridor_and_region(self, u: Array, v: Array) -> Heights:
        u, v = np.broadcast_arrays(u, v)
        heights = np.empty(u.size)
        heights_uv(self.model(), u.ravel(), v.ravel(), heights)
        return heights.reshape(u.shape).astype(np.float32)

    @property
    def raster_level(self) -> int:
        """Return the level at which rasters too fine for the region are read; -1 if none is."""
        top = self.measured.region_level
        level = top
        while level > 0 and cell_of(level) > 0.6 * self.measured.posting_m:
            level -= 1
        return level if level < top else -1

    def _finer_raster(self, blocks: dict[int, Block], level: int) -> Heights:
        """Return what rasters hold at a level [m] beyond what the region could take of them."""
        top = self.measured.region_level
        inside = blocks[top].within(self.measured.region_block)
        if inside is None:
            return np.zeros(blocks[level].shape, dtype=np.float32)
        coarse = np.ascontiguousarray(self.measured.region[inside])
        for below in range(top - 1, level - 1, -1):
            coarse = halve(coarse, blocks[below + 1], blocks[below])
        fine = self.measured.heights(*blocks[level].arcs(level))
        return np.asarray(fine - coarse, dtype=np.float32)
