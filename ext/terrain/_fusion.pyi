import numpy as np
from numpy.typing import NDArray

def join_halves(
    even: NDArray[np.float32],
    odd: NDArray[np.float32],
    least_weight: float,
    half_weight: float,
    reference_m: float,
    heights: NDArray[np.float32],
    seen: NDArray[np.uint8],
    weight: NDArray[np.float32],
    spread: NDArray[np.float32],
    told: NDArray[np.uint8],
) -> None: ...
