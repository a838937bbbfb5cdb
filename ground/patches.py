"""The ground at 0.1 m: a patch for the kernels, and tiles for questions about places."""

from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.ground import _ground
from farside.ext.ground._ground import GroundModel
from farside.ground.grid import Grid
from farside.ground.lattice import FINEST_M, Block
from farside.ground.layers import Layers

Array = NDArray[np.float64]

_TILE = 128  # cells of a tile rasterised for a question: 12.8 m, what a footprint needs
_TILES = 256  # kept: 17 MB


def square_block(u: float, v: float, half_width_m: float) -> Block:
    """Return the nodes of level 0 in a square about arcs u, v [m]."""
    half = int(np.ceil(half_width_m / FINEST_M))
    row, col = round(v / FINEST_M), round(u / FINEST_M)
    return Block(row - half, row + half + 1, col - half, col + half + 1)


def heights_on(model: GroundModel, u: Array, v: Array) -> Array:
    """Return the heights [m] above radius_m that a model's grids hold at arcs u, v (n,) [m]."""
    out = np.empty(u.shape)
    _ground.heights_uv(model, u, v, out)
    return out


class Patches:
    """Rasterised blocks of level 0.

    Parameters
    ----------
    layers : Layers
        What is rasterised.
    model : GroundModel
        The kernels': holds one patch.

    Attributes
    ----------
    asked : GroundModel
        Answers questions, so that they leave the patch of a flight alone.
    """

    def __init__(self, layers: Layers, model: GroundModel) -> None:
        self._layers, self._model = layers, model
        self.asked = layers.model()
        self._tiles: OrderedDict[tuple[int, int], Grid] = OrderedDict()
        self._laid: tuple[Block, Grid] | None = None

    def lay(self, block: Block) -> None:
        """Rasterise a block and make it the patch of the kernels' model."""
        grid = self.grid(block)
        grid.set_in(self._model, "patch")
        self._laid = block, grid

    def grid(self, block: Block) -> Grid:
        """Return a block: cut out of the kernels' patch, the same bits, if it lies inside."""
        inside = block.within(self._laid[0]) if self._laid else None
        if self._laid is None or inside is None:
            return self._layers.fine(block)
        z = np.ascontiguousarray(self._laid[1].heights[inside])
        return Grid.of(z, block.col * FINEST_M, block.row * FINEST_M, FINEST_M)

    def by_tile(
        self, u: ArrayLike, v: ArrayLike
    ) -> Iterator[tuple[NDArray[np.intp], Array, Array]]:
        """Sort places by tile, and lay each tile in the model `asked` as it is come to.

        Parameters
        ----------
        u, v : array_like
            Arcs [m], of one shape.

        Yields
        ------
        index, u, v : ndarray
            Places in the flattened arrays, and their arcs; read `asked` before the next.
        """
        u, v = np.broadcast_arrays(np.asarray(u, np.float64), np.asarray(v, np.float64))
        u, v = u.ravel(), v.ravel()
        side = _TILE * FINEST_M
        reach = self._layers.detail.outer_m
        fine = u * u + v * v < reach * reach
        held = np.flatnonzero(~fine)
        if held.size:
            yield held, u[held], v[held]
        inside = np.flatnonzero(fine)
        if not inside.size:
            return
        row = np.floor(v[inside] / side).astype(np.intp)
        col = np.floor(u[inside] / side).astype(np.intp)
        across = int(reach / side) + 2  # more columns than there are on either side
        key = row * (2 * across) + col
        order = np.argsort(key, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
            self._tile(int(row[part[0]]), int(col[part[0]])).set_in(self.asked, "patch")
            held = inside[part]
            yield held, u[held], v[held]

    def _tile(self, row: int, col: int) -> Grid:
        tile = self._tiles.pop((row, col), None)
        if tile is None:
            first_row, first_col = row * _TILE, col * _TILE
            tile = self.grid(
                Block(first_row, first_row + _TILE + 1, first_col, first_col + _TILE + 1)
            )
        self._tiles[row, col] = tile
        if len(self._tiles) > _TILES:
            self._tiles.popitem(last=False)
        return tile


class FlatPatches:
    """The same of an exact sphere: nothing is rasterised, and its model answers everything.

    Parameters
    ----------
    model : GroundModel
        Of the sphere.
    """

    def __init__(self, model: GroundModel) -> None:
        self.asked = model

    def lay(self, block: Block) -> None:
        """Do nothing: the model needs no patch."""

    def grid(self, block: Block) -> Grid:
        """Return a block of zeros."""
        z = np.zeros(block.shape, dtype=np.float32)
        return Grid.of(z, block.col * FINEST_M, block.row * FINEST_M, FINEST_M)

    def by_tile(
        self, u: ArrayLike, v: ArrayLike
    ) -> Iterator[tuple[NDArray[np.intp], Array, Array]]:
        """Yield all places at once."""
        u, v = np.broadcast_arrays(np.asarray(u, np.float64), np.asarray(v, np.float64))
        if u.size:
            yield np.arange(u.size), u.ravel(), v.ravel()
