"""The ground that there is for pictures."""

from __future__ import annotations

import math
from typing import Final

from farside.ground.lattice import Block, cell_of
from farside.ground.windows import FARTHEST_M, LEVELS
from farside.sensors.viewpoint import ViewError

#: Level of the coarsest windows.
COARSEST: Final = LEVELS[-1]


def held_block(level: int, block: Block) -> Block:
    """Return the part of a block that there is ground for: `farside.ground.windows.FARTHEST_M`.

    Raises
    ------
    ViewError
        There is none.
    """
    along, aside = (math.floor(far / cell_of(level)) for far in FARTHEST_M)
    held = Block(
        max(block.row, -aside),
        min(block.row_end, aside + 1),
        max(block.col, -along),
        min(block.col_end, along + 1),
    )
    if min(held.shape) < 2:
        raise ViewError(
            f"the camera sees ground more than {FARTHEST_M[0] / 1e3:.0f} km along or "
            f"{FARTHEST_M[1] / 1e3:.0f} km aside of the site; move it nearer"
        )
    return held
