from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

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
    def set_dead_reckoning(self, dead_reckoning: bool) -> None: ...
    def navigate(self, tick: int, measured: NDArray[np.void], out: NDArray[np.float64]) -> None: ...
    def propagate_covariance(self, dt: float) -> None: ...
    def update(
        self, H: _Vec, innovation: float, R: float, active_direction: _Vec | None = ...
    ) -> None: ...
    def map_height(self, rho: _Vec) -> tuple[float, float]: ...
