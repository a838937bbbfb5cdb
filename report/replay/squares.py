"""The ground of a flight in nested squares: a decimetre at the lander, kilometres at the horizon.

Every raster lies on the lattice of the truth (`farside.ground.lattice`), and its edges on nodes of
the mesh that is drawn of the next coarser one, so that the squares fit into each other.
"""

from collections.abc import Iterator
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from farside.ground import Ground
from farside.ground.lattice import Block, cell_of
from farside.report.replay.coding import Packed, pack_heights

#: The squares about the touchdown: level, cells to a side, cells to a side of the mesh's.
SQUARES = ((0, 640, 4), (1, 512, 8), (3, 384, 8), (5, 384, 8), (7, 384, 8), (9, 256, 4))
#: The strip flown over, and the Moon about it as far as the horizon of 20 km.
STRIP_LEVEL, STRIP_MESH, STRIP_HALF_M = 13, 4, 39e3
WIDE_LEVEL, WIDE_ASIDE_M = 17, 340e3
#: Half-width [cells] of the square that is drawn cell by cell about the touchdown.
CLOSE_CELLS = 56
#: Step of the heights, in cells: steps of 1:50 between neighbours cannot be seen.
STEP = 0.02
FINER_STEP = 0.01  # where light falls at a grazing angle on gentler ground
#: Most characters that all heights may take; a ground too rough for it gets coarser steps.
MOST_CHARACTERS = 1_050_000


class Raster(TypedDict):
    """One square or strip: node [i, j] lies at (v0_m + i cell_m, u0_m + j cell_m)."""

    name: str
    cell_m: float
    u0_m: float
    v0_m: float
    mesh: int  # cells to a side of a quad of the mesh
    heights: Packed  # above the radius of the site


def rasters(ground: Ground, east_m: float, north_m: float, behind_m: float) -> list[Raster]:
    """Rasterise the ground about a touchdown, the finest first.

    Parameters
    ----------
    ground : Ground
        The truth.
    east_m, north_m : float
        The place of rest, site axes.
    behind_m : float
        How far before the site the flight begins, along u.
    """
    coarser = 1.0
    while True:
        found = _rasters(ground, east_m, north_m, behind_m, coarser)
        if sum(len(raster["heights"]["data"]) for raster in found) <= MOST_CHARACTERS:
            return found
        coarser *= 2.0


def _rasters(
    ground: Ground, east_m: float, north_m: float, behind_m: float, coarser: float
) -> list[Raster]:
    u, v = (float(arc) for arc in ground.arcs_of(east_m, north_m))
    found = [
        _raster(ground, level, block, mesh, coarser)
        for (level, _, mesh), block in zip(SQUARES, _nested(u, v), strict=True)
    ]
    quad = cell_of(WIDE_LEVEL)
    edges = [_outward(-behind_m - 60e3, quad), 3 * quad]
    side = _outward(-STRIP_HALF_M, quad)
    strip = _block(STRIP_LEVEL, edges[0], edges[1], side, -side)
    found.append(_raster(ground, STRIP_LEVEL, strip, STRIP_MESH, coarser))
    aside = _outward(-WIDE_ASIDE_M, quad)
    wide = _block(WIDE_LEVEL, edges[0] + aside, -aside, aside, -aside)
    far_u, far_v = wide.arcs(WIDE_LEVEL)
    heights = np.asarray(ground.measured_heights(far_u, far_v), np.float32)
    found.append(_packed("wide", WIDE_LEVEL, wide, 1, heights, coarser))
    return found


def _nested(u: float, v: float) -> Iterator[Block]:
    """Return the squares about arcs u, v [m], each on nodes of the mesh of the next."""
    coarser = [*SQUARES[1:], (STRIP_LEVEL, 0, STRIP_MESH)]
    for (level, cells, _), (next_level, _, next_mesh) in zip(SQUARES, coarser, strict=True):
        fit = next_mesh << (next_level - level)
        half = max(fit, cells // 2 // fit * fit)
        col, row = (round(at / cell_of(level) / fit) * fit for at in (u, v))
        yield Block(row - half, row + half + 1, col - half, col + half + 1)


def _outward(at_m: float, quad_m: float) -> float:
    """Return the next whole quad away from the middle, on the negative side."""
    return float(np.floor(at_m / quad_m) * quad_m)


def _block(level: int, west: float, east: float, south: float, north: float) -> Block:
    """Return the block between arcs [m]: along u from west to east, along v from south to north."""
    cell = cell_of(level)
    return Block(
        round(south / cell), round(north / cell) + 1, round(west / cell), round(east / cell) + 1
    )


def _raster(ground: Ground, level: int, block: Block, mesh: int, coarser: float) -> Raster:
    name = "strip" if level == STRIP_LEVEL else f"square {level}"
    return _packed(name, level, block, mesh, ground.overview(level, block), coarser)


def _packed(
    name: str, level: int, block: Block, mesh: int, heights: NDArray[np.float32], coarser: float
) -> Raster:
    cell = cell_of(level)
    step = coarser * (STEP if level == 0 else FINER_STEP)
    return Raster(
        name=name,
        cell_m=cell,
        u0_m=block.col * cell,
        v0_m=block.row * cell,
        mesh=mesh,
        heights=pack_heights(heights, step * cell),
    )
