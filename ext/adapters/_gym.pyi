from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel

MODES: dict[str, int]
FLYING: int
LANDED: int
CRASHED: int
OUTSIDE: int
OUT_OF_TIME: int
NEXT_STEP: int
SAME_STEP: int
DISABLED: int
OBSERVED: int
FACTS: int
TRUTH: int

@final
class GymCore:
    @property
    def facts(self) -> NDArray[np.float64]: ...
    @property
    def final(self) -> NDArray[np.float32]: ...
    def __new__(
        cls,
        setup: dict[str, Any],
        vehicle: dict[str, Any],
        moon: dict[str, Any],
        ground: GroundModel,
        count: int,
    ) -> Self: ...
    def dump(self) -> bytes: ...
    def load(self, kept: bytes) -> None: ...
    def reseed(self, i: int, seed: int) -> None: ...
    def again(self, i: int) -> None: ...
    def place(self, i: int, state: dict[str, Any]) -> None: ...
    def fail(self, i: int, rows: list[dict[str, Any]]) -> None: ...
    def observe(self, observed: NDArray[np.float32]) -> None: ...
    def step(
        self,
        actions: NDArray[np.float32],
        autoreset: int,
        observed: NDArray[np.float32],
        rewards: NDArray[np.float64],
        terminated: NDArray[np.uint8],
        truncated: NDArray[np.uint8],
    ) -> int: ...
    def truth(self, i: int, out: NDArray[np.float64]) -> None: ...
    def ticks(self, i: int) -> int: ...
