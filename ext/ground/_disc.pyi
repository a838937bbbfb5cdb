from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

def fit_discs(
    z: NDArray[np.float32],
    first: tuple[int, int],
    step: int,
    footprint: Mapping[str, float],
    tangent_limit: float,
    tangent: NDArray[np.float32],
    residual: NDArray[np.float32],
) -> None: ...
def level_discs(
    z: NDArray[np.float32],
    step: int,
    footprint: Mapping[str, float],
    mean: NDArray[np.float32],
    across: NDArray[np.float32],
    down: NDArray[np.float32],
    limit: float,
    level: NDArray[np.uint8],
) -> None: ...
