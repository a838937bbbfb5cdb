from typing import Any

import numpy as np
from numpy.typing import NDArray

LANDER: np.dtype[Any]
BOUNDS: np.dtype[Any]
COLLOCATION_PLAN: np.dtype[Any]

class KnotSolver:
    def solve(
        self,
        lander: NDArray[np.void],
        bounds: NDArray[np.void],
        plan: NDArray[np.void],
        warm: bool = True,
        most_steps: int = 400,
        guess_s: float = 0.0,
    ) -> int: ...
    def acceleration(self, t_s: float) -> tuple[float, float, float]: ...
    @staticmethod
    def room_bytes() -> tuple[int, int]: ...
