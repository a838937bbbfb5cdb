import numpy as np
from numpy.typing import NDArray

def scaling(
    slack: NDArray[np.float64], dual: NDArray[np.float64], x: NDArray[np.float64]
) -> NDArray[np.float64]: ...
def inverse_step(x: NDArray[np.float64], d: NDArray[np.float64]) -> float: ...

class IterateParts:
    def __init__(
        self,
        state: NDArray[np.float64],
        thrust: NDArray[np.float64],
        limits: NDArray[np.float64],
        intervals: int,
        t_f: float,
        aim: int,
    ) -> None: ...
    def constraints(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    def direction(
        self,
        x: NDArray[np.float64],
        slack: NDArray[np.float64],
        dual: NDArray[np.float64],
        ends: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None: ...
    def residual(self) -> NDArray[np.float64]: ...
