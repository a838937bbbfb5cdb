from typing import Any, final

import numpy as np
import numpy.typing as npt

from farside.ext.common._gravity_table import GravityTableCore
from farside.ext.ground._ground import GroundModel

_Array = npt.NDArray[np.float64]

PLANT_ROW: np.dtype[Any]

@final
class PlantModel:
    def __init__(
        self,
        vehicle: dict[str, Any],
        moon: dict[str, Any],
        ground: GroundModel,
        state: dict[str, Any],
        tick_s: float = ...,
        field: GravityTableCore | None = ...,
    ) -> None: ...
    def start(self, state: dict[str, Any]) -> None: ...
    def fail(self, **parts: Any) -> None: ...
    def swing(self, x_m: float, y_m: float, x_mps: float, y_mps: float) -> None: ...
    def step(self, throttle_n: float, torque_body_nm: _Array, ticks: int = ...) -> None: ...
    def fly(
        self, throttle_n: _Array, torque_body_nm: _Array, log: npt.NDArray[np.void]
    ) -> None: ...
    @property
    def plant(self) -> dict[str, Any]: ...
    def gravity(self, r_site: _Array) -> tuple[float, float, float]: ...
