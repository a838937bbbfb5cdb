from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBLEM: np.dtype[Any]

def newton_step(
    problem: NDArray[np.void], level_max: float, hold_level: bool, x: NDArray[np.float64]
) -> float: ...
def flown_arc(problem: NDArray[np.void], x: NDArray[np.float64]) -> tuple[float, float]: ...
