from typing import Any, final

import numpy as np
from numpy.typing import NDArray

@final
class IdealPlant:
    def __init__(
        self,
        vehicle: dict[str, Any],
        moon: dict[str, Any],
        state: dict[str, Any],
        tick_s: float = ...,
    ) -> None: ...
    def observe(self, estimate: NDArray[np.void]) -> None: ...
    def step(self, command: NDArray[np.void]) -> None: ...
    @property
    def thrust_n(self) -> float: ...
