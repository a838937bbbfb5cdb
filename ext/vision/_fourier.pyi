import numpy as np
from numpy.typing import NDArray

def transform(
    real: NDArray[np.float64],
    imaginary: NDArray[np.float64],
    cosine: NDArray[np.float64],
    sine: NDArray[np.float64],
    inverse: bool,
) -> None: ...
