from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from farside.ext.navigation._codes import Trust

#: Where each group of states begins.
PLACES: dict[str, int]
SIZE: int
CLONE_SIZE: int
FIRST_CONSIDERED: int
STEP_TICKS: int
CHANNELS: int

_Vec = Sequence[float] | NDArray[np.float64]

@final
class Navigation:
    def __init__(
        self,
        setup: Mapping[str, Any],
        moon: Mapping[str, Any],
        initial: Mapping[str, Any],
        onboard_map: Mapping[str, Any],
        height_m: NDArray[np.float32],
        sigma_m: NDArray[np.float32],
    ) -> None: ...
    @property
    def state(self) -> dict[str, Any]: ...
    @property
    def covariance(self) -> NDArray[np.float64]: ...
    @property
    def trust(self) -> list[Trust]: ...
    @property
    def place_in_map(self) -> tuple[float, float, float]: ...
    @property
    def height(self) -> float: ...
    def copy(self) -> Self: ...
    def tie_map(self) -> None: ...
    def tie_to_scan(self, tick: int, variance_m2: float, height_m: float = 0.0) -> bool: ...
    def take_fix(
        self,
        tag: int,
        tick: int,
        place_m: Sequence[float],
        axis: Sequence[float],
        variance_m2: Sequence[float],
        gate: float,
        since_s: float = 0.0,
        height_m: float = 0.0,
    ) -> int: ...
    def clone_pose(self, tick: int) -> None: ...
    def forget_clone(self, tick: int) -> None: ...
    def command(self, thrust_n: float) -> None: ...
    def navigate(self, tick: int, measured: NDArray[np.void], out: NDArray[np.float64]) -> None: ...
    def transition(self) -> NDArray[np.float64]: ...
    def propagate_covariance(self) -> None: ...
    def update(self, H: _Vec, innovation: float, R: float) -> None: ...
    def map_height(self, rho: _Vec) -> tuple[float, float]: ...
