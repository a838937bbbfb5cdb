import numpy as np
from numpy.typing import NDArray

class KnotSolver:
    def solve(
        self,
        problem: NDArray[np.float64],
        bounds: NDArray[np.float64],
        u: NDArray[np.float64],
        found: NDArray[np.float64],
        warm: bool = True,
        most_steps: int = 400,
        guess_s: float = 0.0,
        between: bool = True,
    ) -> int: ...
    def acceleration(self, t_s: float) -> tuple[float, float, float]: ...
    @staticmethod
    def room_bytes() -> tuple[int, int]: ...
