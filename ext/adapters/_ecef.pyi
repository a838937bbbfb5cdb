from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

@final
class FromEcef:
    def __init__(self, moon_to_site: NDArray[np.float64], radius_m: float) -> None: ...
    def write(
        self,
        estimate: NDArray[np.void],
        moved: NDArray[np.float64],
        ecef_to_body: NDArray[np.float64],
    ) -> None: ...

@final
class Taps:
    def __init__(
        self,
        convert: FromEcef,
        reads: Sequence[Callable[[], float]],
        torque: Sequence[Callable[[float], Any]],
        throttle: Callable[[float], Any],
        run: Callable[[], Any],
        matrix: Callable[[], NDArray[np.float64]],
        setup: Mapping[str, float],
    ) -> None: ...
    @property
    def thrust_n(self) -> float: ...
    def observe(self, estimate: NDArray[np.void]) -> tuple[float, float, float]: ...
    def level(self, height_m: float) -> None: ...
    def obey(self, command: NDArray[np.void]) -> None: ...
    def step(self, thrust_n: float, x: float, y: float, z: float) -> None: ...
