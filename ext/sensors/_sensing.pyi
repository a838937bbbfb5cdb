from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel

IMU_DRIFT_EVERY: int

@final
class SensorModel:
    def __init__(
        self, setup: Mapping[str, Any], moon: Mapping[str, Any], ground: GroundModel, seed: int
    ) -> None: ...
    @property
    def beams(self) -> int: ...
    def sense(
        self,
        tick: int,
        truth: NDArray[np.void],
        dv_body: NDArray[np.float64],
        dtheta_body: NDArray[np.float64],
        com_base_m: tuple[float, float, float],
        out: NDArray[np.void],
        thrust_n: float = 0.0,
        push_n: NDArray[np.float64] | None = None,
    ) -> None: ...
