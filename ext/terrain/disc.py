"""The disc kernel for this CPU, chosen when imported: AVX-512, AVX2 or plain x86-64.

All three are compiled from disc.pxi and give the same bits. The environment variable FARSIDE_ISA
(x86_64, avx2, avx512) overrides the choice, for tests and comparisons.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.dispatch import ISA, built_for

BLOCK = 8  # cells a side that share one bound; also the length of a run


class DiscLayout(NamedTuple):
    """A footprint disc cut into blocks of cells, and these into runs along rows.

    Sites come in phases (site row in its tile modulo BLOCK), for the bands of blocks lie still
    while the site moves down its tile.
    """

    half_width: NDArray[np.int32]  # (D + 1,) row d: columns -half_width[d] .. half_width[d]
    half_height: NDArray[np.int32]  # (E + 1,) the same set of cells by columns
    blocks: NDArray[np.int32]  # (B, 6) band, column, whole in the disc, first run, last, row
    phases: NDArray[np.int32]  # (BLOCK + 1,) first block of each phase
    runs: NDArray[np.int32]  # (N, 3) row, column from the site, cells


def lay_out_disc(half_width: NDArray[np.int32], half_height: NDArray[np.int32]) -> DiscLayout:
    """Cover a disc with blocks, and the cells of each block with runs.

    A run is BLOCK cells wherever the chord is as long, so it may reach into the next block: a cell
    may be met twice, but none outside the disc ever is.
    """
    rows, cols = len(half_width) - 1, len(half_height) - 1
    # As many blocks as cover 2 E + 1 columns, whole ones on both sides of the site.
    top = -(-(2 * rows + 1) // BLOCK) * BLOCK // 2
    left = -(-(2 * cols + 1) // BLOCK) * BLOCK // 2
    runs: list[tuple[int, int, int]] = []
    blocks: list[tuple[int, int, int, int, int, int]] = []
    phases = [0]
    for phase in range(BLOCK):
        for band in range(2 * top // BLOCK + 1):
            first_row = band * BLOCK - top - phase
            for column in range(-left, left, BLOCK):
                first_run, cells = len(runs), 0
                for row in range(max(first_row, -rows), min(first_row + BLOCK - 1, rows) + 1):
                    half = int(half_width[abs(row)])
                    start, end = max(column, -half), min(column + BLOCK - 1, half)
                    if start > end:
                        continue
                    cells += end - start + 1
                    if 2 * half + 1 < BLOCK:
                        runs += [(row, e, 1) for e in range(start, end + 1)]
                    else:
                        runs.append((row, min(start, half - BLOCK + 1), BLOCK))
                if cells:
                    whole = int(cells == BLOCK * BLOCK)
                    blocks.append((band, column, whole, first_run, len(runs), first_row))
        phases.append(len(blocks))
    return DiscLayout(
        half_width,
        half_height,
        np.array(blocks, np.int32),
        np.array(phases, np.int32),
        np.array(runs, np.int32),
    )


def load_disc_kernel(isa: str) -> Any:
    """Return the DiscKernel class built for an instruction set.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "terrain.disc").DiscKernel


DiscKernel: Any = load_disc_kernel(ISA)
