import numpy as np
from numpy.typing import NDArray

_Heights = NDArray[np.float32]
_Array = NDArray[np.float64]

def interpolate(z: _Heights, row: _Array, col: _Array, cubic: bool, out: _Heights) -> None: ...
