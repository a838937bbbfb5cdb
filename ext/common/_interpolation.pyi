import numpy as np
from numpy.typing import NDArray

Heights = NDArray[np.float32]
Array = NDArray[np.float64]

def interpolate(z: Heights, row: Array, col: Array, cubic: bool, out: Heights) -> None: ...
