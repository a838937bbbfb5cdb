import numpy as np
from numpy.typing import NDArray

def misfits(
    heights: NDArray[np.float32],
    u0_m: float,
    v0_m: float,
    cell_m: float,
    samples: NDArray[np.float64],
    bias_m2: float,
    trend_m2: float,
    du: NDArray[np.float64],
    dv: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...
def normal_equations(
    heights: NDArray[np.float32],
    u0_m: float,
    v0_m: float,
    cell_m: float,
    samples: NDArray[np.float64],
    du: float,
    dv: float,
    out: NDArray[np.float64],
) -> bool: ...
