"""Ranks of many columns that need not be in memory together, and their correlations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from farside.campaign.statistics.flights import Floats
from farside.campaign.store import no_room, scratch_file

#: Rows whose ranks are in memory at once: with a hundred columns 26 MB.
BLOCK_ROWS = 32_768

#: Reads a column.
Column = Callable[[], Floats]


def rank_gram(columns: list[Column]) -> NDArray[np.float64]:
    """Return the correlations of the ranks of columns with each other.

    Parameters
    ----------
    columns : list of callable
        Each returns one column, (N,), finite and not constant.

    Returns
    -------
    (D, D) array
        Spearman's correlations. Midranks are multiples of a half: they are kept as whole numbers in
        a scratch file, 4 bytes each, and multiplied block by block of rows.

    Raises
    ------
    CampaignError
        The scratch file cannot be written.
    """
    with scratch_file() as file:
        flights, scales = 0, []
        for each in columns:
            twice = np.rint(2.0 * rankdata(each())).astype(np.int32)
            flights = len(twice)
            # the mean of the ranks is (N + 1) / 2, of twice the ranks N + 1, exactly
            off = twice - (flights + 1.0)
            scales.append(float(np.sqrt((off**2).mean())))
            try:
                file.write(twice.tobytes())
            except OSError as why:
                raise no_room(why, f"the ranks of {flights:,} flights") from None
        gram = np.zeros((len(columns), len(columns)))
        for block in _blocks(file.seek, file.read, flights, len(columns)):
            block -= flights + 1.0
            block /= scales
            gram += block.T @ block
    return gram / flights


def _blocks(
    seek: Callable[[int], int], read: Callable[[int], bytes], rows: int, columns: int
) -> Iterator[Floats]:
    """Yield twice the ranks by blocks of rows, (B, D)."""
    size = np.dtype(np.int32).itemsize
    for first in range(0, rows, BLOCK_ROWS):
        count = min(BLOCK_ROWS, rows - first)
        block = np.empty((count, columns))
        for j in range(columns):
            seek((j * rows + first) * size)
            block[:, j] = np.frombuffer(read(count * size), np.int32)
        yield block
