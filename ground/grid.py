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
    tops: Heights
    u0: float
    v0: float
    cell: float

    @classmethod
    def of(cls, heights: Heights, u0: float, v0: float, cell: float) -> "Grid":
        """Make a grid of heights, with the highest node of each block of cells and about it."""
        tops = np.empty(-(-np.subtract(heights.shape, 1) // BLOCK), dtype=np.float32)
        _lattice.tops(heights, tops)
        return cls(heights, tops, u0, v0, cell)

    def lay(self, model: GroundModel, name: str) -> None:
        """Return the grid to a model under a name."""
        highest = float(self.heights.max())
        model.lay(name, self.heights, self.tops, highest, self.u0, self.v0, self.cell)
