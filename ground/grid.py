"""A grid of heights as kernels take it."""

from dataclasses import dataclass

import numpy as np

from farside.ext.ground import _lattice
from farside.ext.ground._ground import BLOCK, GroundModel
from farside.ground.lattice import Heights


@dataclass(frozen=True, eq=False)
class Grid:
    """Heights [m] above the sphere of the arcs, at u0 + column * cell and v0 + row * cell [m]."""

    heights: Heights
    block_max: Heights
    u0: float
    v0: float
    cell: float

    @classmethod
    def of(cls, heights: Heights, u0: float, v0: float, cell: float) -> "Grid":
        """Make a grid of heights, with the highest node of each block of cells and about it."""
        block_max = np.empty(-(-np.subtract(heights.shape, 1) // BLOCK), dtype=np.float32)
        _lattice.block_max(heights, block_max)
        return cls(heights, block_max, u0, v0, cell)

    def set_in(self, model: GroundModel, name: str) -> None:
        """Set the grid in a model under a name."""
        highest = float(self.heights.max())
        model.set_grid(name, self.heights, self.block_max, highest, self.u0, self.v0, self.cell)
