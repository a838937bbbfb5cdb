import numpy as np
from numpy.typing import NDArray

def join_halves(
    even: NDArray[np.float32],
    odd: NDArray[np.float32],
    levels: tuple[float, float, float],
    heights: NDArray[np.float32],
    seen: NDArray[np.uint8],
    weight: NDArray[np.float32],
    spread: NDArray[np.float32],
    told: NDArray[np.uint8],
) -> None: ...
def box_mean(
    values: NDArray[np.float32], half_rows: int, half_cols: int, out: NDArray[np.float32]
) -> None: ...
def mean_where(
    values: NDArray[np.float32], where: NDArray[np.uint8], power: int
) -> tuple[float, int]: ...
def lag_covariance(
    values: NDArray[np.float32], where: NDArray[np.uint8], level: float, lag: int
) -> float: ...
def mean_square_bend(z: NDArray[np.float32], distance: int) -> tuple[float, int]: ...
