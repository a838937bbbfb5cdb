import numpy as np
from numpy.typing import NDArray

def clearance(good: NDArray[np.uint8], cell_m: float, distance_m: NDArray[np.float32]) -> None: ...
