"""What pictures show of a ground: any block of it at any posting."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel, cast_rays
from farside.ground.arcs import Arcs
from farside.ground.grid import Grid
from farside.ground.lattice import Block, cell_of
from farside.ground.layers import Layers
from farside.ground.windows import Windows, check_window


class Views:
    """The part of `Ground` that answers pictures and cameras, and no flight."""

    arcs: Arcs
    flat: bool
    model: GroundModel
    _layers: Layers
    albedo_mean: float

    @cached_property
    def _windows(self) -> Windows:
        return Windows(self._layers)

    @cached_property
    def _coarse(self) -> GroundModel:
        """The kernels' model of corridor and region, on which no patch is ever laid."""
        if self.flat:
            return self.model
        model = self._layers.model()
        model.set_radius(self.model.radius_m)
        return model

    def window(self, level: int, block: Block) -> Grid:
        """Rasterise all the ground there is at a posting, in any block along the track.

        Measured heights, and synthetic detail that does not end at `ground.radius_m` from the site:
        octaves of noise, craters from two postings across, rocks from one and a half. Within 0.9 of
        that radius it is the ground that the flight has (less the last 100 m of a posting of
        12.8 m: `halve` carries what lies beyond inwards). Nodes that two blocks share have the same
        bits.

        Parameters
        ----------
        level : int
            Of the lattice (`farside.ground.lattice`): 0.1 m * 2^level; 0 to 15.
        block : Block
            Its nodes, within 1000 km along and 400 km aside of the site: beyond the corridor and
            its rasters the whole-Moon DEM goes on.

        Returns
        -------
        Grid
            Heights above arcs.arc_m: add arcs.arc_m - radius_m for those above radius_m.

        Raises
        ------
        ValueError
            One line: a level or a block that there is not.

        Examples
        --------
        >>> from farside.ground import Ground
        >>> from farside.ground.lattice import Block
        >>> from farside.mission import load_mission
        >>> ground = Ground(load_mission("chang-e-6"))
        >>> seen = ground.window(5, Block(-30, 31, -32000, -31939))  # 3.2 m, 102 km before
        >>> seen.heights.shape
        (61, 61)
        """
        if self.flat:
            check_window(level, block)
            cell = cell_of(level)
            zero = np.zeros(block.shape, dtype=np.float32)
            return Grid.of(zero, block.col * cell, block.row * cell, cell)
        return self._windows.grid(level, block)

    def cast(
        self, r_site: NDArray[np.float64], rays: NDArray[np.float64], farthest_m: float
    ) -> NDArray[np.float64]:
        """Return how far rays from a place meet corridor and region, the flight's coarse ground.

        No patch is looked at: what a picture shows does not rest on what was rasterised before.

        Parameters
        ----------
        r_site : ndarray, (3,)
            East, north, up [m].
        rays : ndarray, (n, 3)
            Unit vectors, site frame.
        farthest_m : float
            Beyond it nothing is met [m].

        Returns
        -------
        ndarray, (n,)
            [m]; NaN for a ray that meets nothing.
        """
        out = np.empty(len(rays))
        start = np.ascontiguousarray(np.broadcast_to(r_site, rays.shape), np.float64)
        cast_rays(self._coarse, start, np.ascontiguousarray(rays, np.float64), farthest_m, out)
        return out

    def albedo(self, level: int, block: Block) -> NDArray[np.float32]:
        """Return the normal albedo of the nodes of a window: mean, patches, fresh craters, rocks.

        Parameters
        ----------
        level : int
            Of the lattice.
        block : Block
            Its nodes.

        Returns
        -------
        ndarray of float32, block.shape
            Normal albedo; `ground.albedo_mean` all over if the ground is flat.

        Raises
        ------
        ValueError
            One line: a level or a block that there is not.
        """
        if self.flat:
            check_window(level, block)
            return np.full(block.shape, self.albedo_mean, dtype=np.float32)
        return self._windows.albedo(level, block)

    def window_provenance(self, level: int, block: Block) -> NDArray[np.uint8]:
        """Return what the heights of a window are made of: flags of Provenance; 0 if flat.

        Parameters
        ----------
        level : int
            Of the lattice.
        block : Block
            Its nodes.

        Returns
        -------
        ndarray of uint8, block.shape
            SYNTHETIC everywhere, with RASTER or WHOLE_MOON.
        """
        if self.flat:
            check_window(level, block)
            return np.zeros(block.shape, dtype=np.uint8)
        return self._windows.provenance(level, block)

    def overview(self, level: int, block: Block) -> NDArray[np.float32]:
        """Rasterise a block of the flight's own ground at a coarser posting, for pictures of it.

        Finer detail is left out, and beyond `ground.radius_m` from the site all detail: what a
        camera sees there is `window`.

        Parameters
        ----------
        level : int
            Of the lattice (`farside.ground.lattice`): 0.1 m * 2^level.
        block : Block
            Its nodes; beyond the corridor the corridor's edge is repeated.

        Returns
        -------
        ndarray, block.shape
            Heights [m] above radius_m.
        """
        if self.flat:
            return np.zeros(block.shape, dtype=np.float32)
        heights = self._layers.down_to(level, block).heights
        return np.asarray(heights + np.float32(self.arcs.arc_m - self.model.radius_m), np.float32)
