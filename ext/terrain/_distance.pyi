import numpy as np
from numpy.typing import NDArray

def count_steps(
    marked: NDArray[np.uint8], carry: NDArray[np.int32], steps: NDArray[np.int32], upwards: bool
) -> None: ...
def nearest(
    steps: NDArray[np.int32], across_m: float, down_m: float, distance_m: NDArray[np.float32]
) -> None: ...
def far() -> int: ...
