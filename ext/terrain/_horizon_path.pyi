import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int32]
_Floats = NDArray[np.float32]

def crossings(
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    length_m: float,
    least_m: float,
    most_m: float,
    step_m: float,
    radius_m: float,
    group_m: float,
) -> tuple[_Ints, _Ints, _Floats, _Ints, _Floats]: ...
