from typing import Any

import numpy as np
import numpy.typing as npt

from farside.ext.ground._ground import GroundModel

Array = npt.NDArray[np.float64]

PLANT_ROW: np.dtype[Any]

class PlantModel:
    def __init__(
        self,
        vehicle: dict[str, Any],
        moon: dict[str, Any],
        ground: GroundModel,
        state: dict[str, Any],
        tick_s: float = ...,
    ) -> None: ...
    def start(self, state: dict[str, Any]) -> None: ...
    def step(self, throttle_n: float, torque_body_nm: Array, ticks: int = ...) -> None: ...
    def fly(self, throttle_n: Array, torque_body_nm: Array, log: npt.NDArray[np.void]) -> None: ...
    @property
    def plant(self) -> dict[str, Any]: ...
    def gravity(self, r_site: Array) -> tuple[float, float, float]: ...
