"""Windows: all the ground there is at one posting, anywhere along the track."""

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.errors import FarsideError
from farside.ground.albedo import Albedo
from farside.ground.everywhere import Everywhere
from farside.ground.grid import Grid
from farside.ground.kept import KeptBlocks
from farside.ground.lattice import Block, Heights, cell_of, halve
from farside.ground.layers import Layers
from farside.ground.provenance import Provenance

LEVELS = range(16)  # 0.1 m to 3.3 km: the whole-Moon DEM's own posting
MOST_NODES = 2**24  # of one window: 64 MB
FARTHEST_M = 1000e3, 400e3  # of a window from the site, along and aside


class Windows:
    """Heights at a posting, drawn for each block: the same bits at the nodes two share.

    Parameters
    ----------
    layers : Layers
        The flight's own ground.
    """

    def __init__(self, layers: Layers) -> None:
        self.measured = layers.measured
        self.detail = Everywhere(layers.detail, layers.measured)
        self._albedo = Albedo(self.detail)
        self._raster_level = layers.raster_level
        self._kept = KeptBlocks(self.heights)
        self._kept_albedo = KeptBlocks(self._albedo.block)

    def grid(self, level: int, block: Block) -> Grid:
        """Return a block of a level as a grid of heights [m] above arc_m."""
        check_window(level, block)
        cell = cell_of(level)
        return Grid.of(self._kept.block(level, block), block.col * cell, block.row * cell, cell)

    def heights(self, level: int, block: Block) -> Heights:
        """Return heights [m] above arc_m: the level's relief, and finer features it can show."""
        z = self.relief(level, block)
        self.detail.add_finer(z, block, level)
        return z

    def relief(self, level: int, block: Block) -> Heights:
        """Return what finer levels are halved from: about the site the flight's, to the bit."""
        top = self.measured.region_level
        if level >= top:
            z = self.detail.regional(level, block)
            if level == top:
                self.detail.add_own(z, block, level)
            z += self.measured.block(level, block)
            return z
        coarse = block.coarser()
        z = halve(self.relief(level + 1, coarse), coarse, block)
        if level == self._raster_level:
            finer = self.measured.heights(*block.arcs(level))
            z += np.asarray(finer - self._from_region(level, block), dtype=np.float32)
        self.detail.add_own(z, block, level)
        return z

    def _from_region(self, level: int, block: Block) -> Heights:
        """Return what the region's level holds of the rasters, halved down to a finer one."""
        if level >= self.measured.region_level:
            return self.measured.block(level, block)
        coarse = block.coarser()
        return halve(self._from_region(level + 1, coarse), coarse, block)

    def albedo(self, level: int, block: Block) -> Heights:
        """Return the normal albedo of a window's nodes."""
        check_window(level, block)
        return self._kept_albedo.block(level, block)

    def provenance(self, level: int, block: Block) -> NDArray[np.uint8]:
        """Return flags of Provenance of a window's nodes."""
        check_window(level, block)
        raster = self.measured.raster_index(*block.arcs(level)) > 0
        flags = np.where(raster, Provenance.RASTER, Provenance.WHOLE_MOON)
        return np.asarray(flags | Provenance.SYNTHETIC, dtype=np.uint8)


def check_window(level: int, block: Block) -> None:
    """Refuse a window that there is not.

    Raises
    ------
    ValueError
        In one line: a level beyond 0 to 15, a block of fewer than 2 x 2 nodes or of more than
        16 million, nodes more than 1000 km along or 400 km aside from the site.
    """
    if level not in LEVELS:
        raise FarsideError(f"a window has a level from 0 to {LEVELS[-1]}, not {level}")
    rows, cols = block.shape
    if rows < 2 or cols < 2 or rows * cols > MOST_NODES:
        raise FarsideError(
            f"a window has 2 x 2 to {MOST_NODES} nodes, not {rows} x {cols}: take a coarser level"
        )
    reach = [max(-first, last - 1) * cell_of(level) for first, last in _ends(block)]
    for name, far, most in zip(("along", "aside"), reach, FARTHEST_M, strict=True):
        if far > most:
            raise FarsideError(
                f"a window reaches {far / 1e3:.0f} km {name} from the site; there is ground within "
                f"{most / 1e3:.0f} km"
            )


def _ends(block: Block) -> tuple[tuple[int, int], tuple[int, int]]:
    return (block.col, block.col_end), (block.row, block.row_end)
