import numpy as np
from numpy.typing import NDArray

def splat_points(
    points: NDArray[np.float64],
    first_m: tuple[float, float],
    cell_m: tuple[float, float],
    reference_m: float,
    sums: NDArray[np.float32],
    below_m: float = ...,
) -> int: ...
def mean_heights(
    sums: NDArray[np.float32],
    least_weight: float,
    reference_m: float,
    heights: NDArray[np.float32],
    seen: NDArray[np.uint8],
) -> None: ...
def fill_single_holes(
    heights: NDArray[np.float32], seen: NDArray[np.uint8], interpolated: NDArray[np.uint8]
) -> int: ...
def extremes(
    heights: NDArray[np.float32],
    seen: NDArray[np.uint8],
    side: int,
    lowest: NDArray[np.float32],
    highest: NDArray[np.float32],
) -> None: ...
def level_heights(
    heights: NDArray[np.float32],
    seen: NDArray[np.uint8],
    reference_m: float,
    fill: float,
    level: NDArray[np.float32],
    unseen: NDArray[np.uint8],
) -> None: ...
