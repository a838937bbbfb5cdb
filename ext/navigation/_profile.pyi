import numpy as np
from numpy.typing import NDArray

def misfits(
    heights: NDArray[np.float32],
    frame: NDArray[np.float64],
    samples: NDArray[np.float64],
    variances: NDArray[np.float64],
    du: NDArray[np.float64],
    dv: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...
def normal_equations(
    heights: NDArray[np.float32],
    frame: NDArray[np.float64],
    samples: NDArray[np.float64],
    du: float,
    dv: float,
    out: NDArray[np.float64],
) -> bool: ...
