from typing import Any

import numpy as np
from numpy.typing import NDArray

class GravityTableCore:
    values: NDArray[np.float32]
    def __init__(self, fields: dict[str, Any], values: NDArray[np.float32]) -> None: ...
    def at(self, r_site: NDArray[np.float64], g: NDArray[np.float64]) -> None: ...
