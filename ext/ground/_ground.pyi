from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

BLOCK: int

@final
class GroundModel:
    def __init__(
        self,
        radius_m: float,
        arc_m: float,
        along: Sequence[float] | NDArray[np.float64],
        across: Sequence[float] | NDArray[np.float64],
    ) -> None: ...
    def set_radius(self, radius_m: float) -> None: ...
    def set_grid(
        self,
        name: str,
        z: NDArray[np.float32],
        top: NDArray[np.float32],
        highest: float,
        u0: float,
        v0: float,
        cell: float,
    ) -> None: ...
    def clear_grid(self, name: str) -> None: ...
    def covers(self, u: float, v: float, margin: float) -> bool: ...
    @property
    def radius_m(self) -> float: ...
    @property
    def arc_m(self) -> float: ...
    @property
    def flat(self) -> bool: ...

def places(model: GroundModel, p_site: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...
def heights_uv(
    model: GroundModel,
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None: ...
def heights(model: GroundModel, p_site: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...
def clearances(
    model: GroundModel, p_site: NDArray[np.float64], out: NDArray[np.float64]
) -> None: ...
def normals(model: GroundModel, p_site: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...
def cast_rays(
    model: GroundModel,
    origins: NDArray[np.float64],
    directions: NDArray[np.float64],
    max_range: float,
    out: NDArray[np.float64],
) -> None: ...
