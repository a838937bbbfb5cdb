from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

_Vec = Sequence[float] | NDArray[np.float64]
_Three = tuple[float, float, float]

def zem_zev(r: _Vec, v: _Vec, r_target: _Vec, v_target: _Vec, g: _Vec, t_go: float) -> _Three: ...
def best_time(r: _Vec, v: _Vec, g: _Vec, weight: float) -> float: ...
def effort(r: _Vec, v: _Vec, g: _Vec, weight: float, t: float) -> float: ...
def fictitious_target(
    r: _Vec,
    v: _Vec,
    target: tuple[_Vec, _Vec, _Vec],
    t_go: float,
    margin: float,
    gamma: float,
    kr: float,
) -> tuple[_Three, _Three] | None: ...
def null_velocity(v: _Vec, v_target: _Vec, g: _Vec, tau: float) -> _Three: ...
def at_full_throttle(was: bool, wanted_n: float, low_n: float, high_n: float) -> bool: ...
def spin(
    law: int,
    r: _Vec,
    v: _Vec,
    r_target: _Vec,
    v_target: _Vec,
    g: _Vec,
    t_go: float,
    passes: int,
) -> float: ...

@final
class ApolloLaw:
    t: float
    @property
    def passes(self) -> int: ...
    @property
    def found(self) -> bool: ...
    def __init__(
        self,
        target: Mapping[str, Any],
        lead: float,
        gain: float,
        up: _Vec,
        arrival: _Vec,
        t: float,
    ) -> None: ...
    def command(
        self, x: float, y: float, z: float, vx: float, vy: float, vz: float, gz: float
    ) -> _Three: ...
    def saturated(self, a: _Vec, r: _Vec, v: _Vec, full_mps2: float) -> _Three: ...
    def spin(self, r: _Vec, v: _Vec, g: _Vec, passes: int) -> float: ...
