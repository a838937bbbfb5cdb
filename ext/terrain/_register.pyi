import numpy as np
from numpy.typing import NDArray

def deviations(
    heights: NDArray[np.float32],
    first_m: tuple[float, float],
    cell_m: tuple[float, float],
    points: NDArray[np.float64],
    level_m: float,
    reach_m: float,
    clip_m: float,
    out: NDArray[np.float64],
) -> None: ...
def normal_equations(
    heights: NDArray[np.float32],
    first_m: tuple[float, float],
    cell_m: tuple[float, float],
    points: NDArray[np.float64],
    shift_m: tuple[float, float, float],
    scale_m: float,
) -> tuple[tuple[float, ...], tuple[float, ...], float, float, int]: ...
