import numpy as np
from numpy.typing import NDArray

def refine(
    image: NDArray[np.int16],
    grid: NDArray[np.float64],
    sun_x: float,
    sun_y: float,
    bowls: NDArray[np.float64],
    correlations: NDArray[np.float64],
    halvings: int,
) -> None: ...
