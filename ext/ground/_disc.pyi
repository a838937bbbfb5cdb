import numpy as np
from numpy.typing import NDArray

def fit_discs(
    z: NDArray[np.float32],
    row: int,
    col: int,
    step: int,
    radius: int,
    radius2: float,
    cell: float,
    tangent_limit: float,
    tangent: NDArray[np.float32],
    residual: NDArray[np.float32],
) -> None: ...
