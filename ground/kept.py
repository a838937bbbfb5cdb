"""Blocks of a lattice that were drawn before, for those that overlap them.

Pictures follow each other: much of the ground that one shows the one before showed too. What two
blocks share has the same bits, so that it is copied, and only what is new is drawn, in up to four
strips about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from farside.ext.common.threads import mapped
from farside.ground.lattice import Block, Heights

#: Blocks that are kept, those of one level among them, and nodes of one at most: 4 MB.
KEPT, OF_A_LEVEL, MOST_NODES = 14, 2, 2**20
#: Share of a block that is to be known, and side of what is known at least [nodes]: a strip costs
#: what belongs to its surroundings beside its own nodes.
SHARE, SIDE = 0.5, 64

Draw = Callable[[int, Block], Heights]


class KeptBlocks:
    """What draws blocks, with the last ones kept.

    Parameters
    ----------
    draw : callable
        Called with level and block, it returns an array of the block's shape: of the same bits at
        nodes that two blocks share.
    """

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._kept: tuple[tuple[int, Block, Heights], ...] = ()  # the last first

    def block(self, level: int, block: Block) -> Heights:
        """Return a block of a level, the caller's own."""
        known = [(have, z, _both(block, have)) for at, have, z in self._kept if at == level]
        best = max(known, key=lambda each: _size(each[2]), default=None)
        if best is None or not _is_worth(best[2], block):
            out = self._draw(level, block)
        else:
            have, z, part = best
            out = np.empty(block.shape, np.float32)
            out[_inside(block, part)] = z[_inside(have, part)]

            def draw(strip: Block) -> None:
                out[_inside(block, strip)] = self._draw(level, strip)

            mapped(draw, _about(block, part))
        if min(block.shape) >= SIDE and _size(block) <= MOST_NODES:
            self._keep(level, block, out.copy())
        return out

    def _keep(self, level: int, block: Block, z: Heights) -> None:
        """Keep a block, and leave the oldest; in one step, for several threads may draw."""
        same = [each for each in self._kept if each[0] == level][: OF_A_LEVEL - 1]
        others = [each for each in self._kept if each[0] != level or any(each is s for s in same)]
        self._kept = ((level, block, z), *others[: KEPT - 1])


def _size(block: Block) -> int:
    """Return how many nodes a block has; none where an end lies before its beginning."""
    rows, cols = block.shape
    return max(rows, 0) * max(cols, 0)


def _both(one: Block, other: Block) -> Block:
    """Return what two blocks share."""
    return Block(
        max(one.row, other.row),
        min(one.row_end, other.row_end),
        max(one.col, other.col),
        min(one.col_end, other.col_end),
    )


def _is_worth(part: Block, block: Block) -> bool:
    """Return whether so much of a block is known that the rest is drawn in strips."""
    return part == block or (min(part.shape) >= SIDE and _size(part) >= SHARE * _size(block))


def _inside(block: Block, part: Block) -> tuple[slice, slice]:
    """Return where a part lies in the array of its block."""
    return (
        slice(part.row - block.row, part.row_end - block.row),
        slice(part.col - block.col, part.col_end - block.col),
    )


def _about(block: Block, part: Block) -> Iterator[Block]:
    """Yield strips that hold what of a block lies about a part of it, two nodes wide at least."""
    if part.row > block.row:
        yield Block(block.row, max(part.row, block.row + 2), block.col, block.col_end)
    if part.row_end < block.row_end:
        yield Block(min(part.row_end, block.row_end - 2), block.row_end, block.col, block.col_end)
    if part.col > block.col:
        yield Block(part.row, part.row_end, block.col, max(part.col, block.col + 2))
    if part.col_end < block.col_end:
        yield Block(part.row, part.row_end, min(part.col_end, block.col_end - 2), block.col_end)
