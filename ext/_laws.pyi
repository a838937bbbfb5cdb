from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vec = Sequence[float] | NDArray[np.float64]

def fractional_polynomial(
    r: Vec,
    v: Vec,
    r_target: Vec,
    v_target: Vec,
    a_target: Vec,
    g: Vec,
    t_go: float,
    gamma: float,
    kr: float,
) -> tuple[float, float, float]: ...
def hold_point(
    r: Vec, v: Vec, r_target: Vec, v_target: Vec, g: Vec, frequency: float, reach_m: float
) -> tuple[float, float, float]: ...
def limit_thrust(
    a: Vec, up: Vec, full_mps2: float, least_up_mps2: float, tan_tilt: float
) -> tuple[tuple[float, float, float], bool]: ...
def pointing(thrust: Vec, x_towards: Vec) -> tuple[float, float, float, float]: ...
def turn_between(a: Vec, b: Vec) -> tuple[float, float, float]: ...
def turned(q: Vec, by: Vec) -> tuple[float, float, float, float]: ...
def follow(
    q: Vec,
    omega: Vec,
    wanted: Vec,
    rate_radps: float,
    acceleration_radps2: float,
    dt: float,
    out: NDArray[np.float64],
) -> None: ...
def hold_attitude(
    q_reference: Vec,
    omega_reference: Vec,
    q: Vec,
    omega: Vec,
    inertia: Vec,
    frequency: float,
    damping: float,
    torque_limit: Vec,
) -> tuple[float, float, float]: ...

class Navigation:
    def __init__(
        self,
        setup: Mapping[str, Any],
        moon: Mapping[str, Any],
        first: Mapping[str, Any],
        chart: Mapping[str, Any],
        height_m: NDArray[np.float32],
        sigma_m: NDArray[np.float32],
    ) -> None: ...
    @property
    def state(self) -> dict[str, Any]: ...
    def anchor(self, anchored: bool) -> None: ...
    def navigate(
        self, tick: int, measured: NDArray[np.void], out: NDArray[np.float64]
    ) -> None: ...
    def spread(self, dt: float) -> None: ...
    def correct(
        self, h: Vec, innovation: float, variance: float, only: Vec | None = ...
    ) -> None: ...
    def map_height(self, rho: Vec) -> tuple[float, float]: ...
