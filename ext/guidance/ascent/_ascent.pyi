from typing import Any

import numpy as np
from numpy.typing import NDArray

PROBLEM: np.dtype[Any]
LOOK: np.dtype[Any]
UNKNOWNS: int

def solve(
    problem: NDArray[np.void], higher: bool, touching: bool, x: NDArray[np.float64], most: int
) -> tuple[float, int]: ...
def look(
    problem: NDArray[np.void],
    higher: bool,
    touching: bool,
    x: NDArray[np.float64],
    seen: NDArray[np.void],
    f: NDArray[np.float64],
) -> None: ...
def sizes(
    problem: NDArray[np.void], guesses: NDArray[np.float64], found: NDArray[np.float64]
) -> None: ...
