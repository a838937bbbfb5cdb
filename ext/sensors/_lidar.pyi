import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel

def scan_ground(
    ground: GroundModel,
    rows: NDArray[np.void],
    half_across: float,
    half_along: float,
    across: int,
    along: int,
    head_axes: NDArray[np.float64],
    sigma_m: float,
    bias_m: float,
    max_range_m: float,
    seed: int,
    stream: int,
    points: NDArray[np.float64],
) -> None: ...
