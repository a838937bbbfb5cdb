"""The divert map's kernel for this CPU, chosen when imported, and the tables of its ways.

All three builds come from divert.pxi and give the same bits; FARSIDE_ISA overrides the choice.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.dispatch import ISA, built_for

ARC_SAMPLES = 16  # samples of an arc, evenly in time
NODES = 6  # of Gauss and Legendre, as in divert.pxi
#: Positive roots of the Legendre polynomial of degree 6, the greatest first.
LEGENDRE: Final = (0.93246951420315203, 0.66120938646626451, 0.23861918608319691)
BLOCK = 8  # columns come in whole blocks


def path_tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Integrate the polynomials through an arc's Gauss nodes, once and twice, up to each sample.

    Returns
    -------
    Two (16, 6) arrays: what each node's value adds to the first and the second integral over the
    share (k + 1) / 16 of an arc of unit length.
    """
    nodes = [0.5 * (1.0 - node) for node in LEGENDRE] + [0.5 * (1.0 + x) for x in LEGENDRE[::-1]]
    # column i: coefficients of the polynomial that is 1 at node i and 0 at the others
    basis = np.zeros((NODES, NODES))
    for i, node in enumerate(nodes):
        product = np.array([1.0])
        for other in nodes[:i] + nodes[i + 1 :]:
            # times (x - other) / (node - other)
            product = (np.append(0.0, product) - other * np.append(product, 0.0)) / (node - other)
        basis[:, i] = product
    powers = np.arange(NODES)
    share = (np.arange(ARC_SAMPLES) + 1.0) / ARC_SAMPLES
    steps = np.cumprod(np.broadcast_to(share[:, None], (ARC_SAMPLES, NODES + 1)), axis=1)
    once = steps[:, :-1] / (powers + 1)
    twice = steps[:, 1:] / ((powers + 1) * (powers + 2))
    return deterministic.product(once, basis), deterministic.product(twice, basis)


PATH_TABLES: Final = path_tables()


def load_divert_kernel(isa: str) -> Any:
    """Return the module built for an instruction set: march and check_paths.

    Raises
    ------
    ValueError
        If this CPU, or this build, does not have the instruction set.
    """
    return built_for(isa, "guidance.divert.divert")


divert_kernel: Any = load_divert_kernel(ISA)
#: The records of divert.pxi: a map's problem, what keeps its ways from the ground, a cell's root.
PROBLEM: Final[np.dtype[Any]] = divert_kernel.PROBLEM
CLEARANCE: Final[np.dtype[Any]] = divert_kernel.CLEARANCE
CELL: Final[np.dtype[Any]] = divert_kernel.CELL
CELL_NUMBERS = CELL.itemsize // 8


def cell_planes(cols: int) -> np.dtype[Any]:
    """Return the dtype of a row of cells whose fields are planes: each of CELL, `cols` times.

    Parameters
    ----------
    cols : int

    Returns
    -------
    dtype
        With the field names of CELL; a vector of n numbers has the shape (n, cols).
    """
    return np.dtype(
        [(name, "f8", (*CELL[name].shape, cols)) for name in CELL.names or ()],
    )
