"""The descent of least propellant in free time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

DESCENT: np.dtype[Any]
LANDER: np.dtype[Any]
EXTREMAL: np.dtype[Any]

def residual(
    problem: NDArray[np.void],
    x: NDArray[np.float64],
    unknowns: int,
    table: NDArray[np.float64],
) -> tuple[float, float, float, float]: ...
def solve(
    landers: NDArray[np.void],
    near: NDArray[np.void],
    found: NDArray[np.void],
    status: NDArray[np.uint8],
    most_steps: int = 3000,
) -> None: ...
