import numpy as np
from numpy.typing import NDArray

def residual(
    problem: NDArray[np.float64],
    x: NDArray[np.float64],
    unknowns: int,
    table: NDArray[np.float64],
) -> tuple[float, float, float, float]: ...
def solve(
    problems: NDArray[np.float64],
    guesses: NDArray[np.float64],
    found: NDArray[np.float64],
    status: NDArray[np.uint8],
    most_steps: int = 3000,
) -> None: ...
