"""Blocks kept from before: what is shared is copied, the rest drawn, the same as all drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farside.ground import Ground, kept
from farside.ground.kept import KeptBlocks
from farside.ground.lattice import Block
from farside.mission import load_mission


def drawn(level, block):
    assert min(block.shape) >= 2
    row, col = np.arange(block.row, block.row_end), np.arange(block.col, block.col_end)
    return (1000.0 * level + row[:, None] + 0.001 * col[None, :]).astype(np.float32)


BLOCKS = st.builds(
    lambda row, col, rows, cols: Block(row, row + rows, col, col + cols),
    *[st.integers(-20, 20)] * 2,
    *[st.integers(2, 40)] * 2,
)


@given(st.lists(st.tuples(st.sampled_from([3, 4]), BLOCKS), max_size=8))
def test_whatever_was_drawn_before_a_block_is_as_drawn_alone(asked):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "SIDE", 3)
        blocks = KeptBlocks(drawn)
        for level, block in asked:
            found = blocks.block(level, block)
            assert (found == drawn(level, block)).all()
            found[...] = -1.0  # the caller's own


def test_only_what_is_new_is_drawn():
    nodes = []

    def counted(level, block):
        nodes.append(block.shape[0] * block.shape[1])
        return drawn(level, block)

    blocks = KeptBlocks(counted)
    blocks.block(2, Block(0, 200, 0, 300))
    blocks.block(2, Block(20, 220, -10, 290))
    assert nodes == [60_000, 20 * 300, 180 * 10]
    blocks.block(2, Block(30, 100, 0, 280))  # inside
    assert len(nodes) == 3
    blocks.block(3, Block(0, 200, 0, 300))  # another level
    blocks.block(2, Block(900, 1100, 0, 300))  # elsewhere
    assert nodes[3:] == [60_000, 60_000]


@pytest.mark.parametrize("level", [1, 7])
def test_ground_and_albedo_are_those_of_a_ground_that_kept_nothing(level):
    mission = load_mission("chang-e-6")
    moving, fresh = Ground(mission, seed=3), Ground(mission, seed=3)._windows
    for row, col in ((0, 0), (9, -31), (-40, -50), (-41, -50)):
        block = Block(row, row + 130, col, col + 150)
        assert (moving.window(level, block).heights == fresh.heights(level, block)).all()
        assert (moving.albedo(level, block) == fresh._albedo.block(level, block)).all()
