from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_Vec = Sequence[float] | NDArray[np.float64]

def fractional_polynomial(
    r: _Vec,
    v: _Vec,
    target: tuple[_Vec, _Vec, _Vec],
    g: _Vec,
    t_go: float,
    gamma: float,
    kr: float,
) -> tuple[float, float, float]: ...
def hold_point(
    r: _Vec, v: _Vec, r_target: _Vec, v_target: _Vec, g: _Vec, frequency: float, brake_mps2: float
) -> tuple[float, float, float]: ...
def limit_thrust(
    a: _Vec, up: _Vec, full_mps2: float, least_up_mps2: float, tan_tilt: float
) -> tuple[tuple[float, float, float], bool]: ...
def pointing(thrust: _Vec, x_towards: _Vec) -> tuple[float, float, float, float]: ...
def rotation_vector_between(a: _Vec, b: _Vec) -> tuple[float, float, float]: ...
def rotate_by(q: _Vec, by: _Vec) -> tuple[float, float, float, float]: ...
def slew_reference(
    q: _Vec,
    omega: _Vec,
    wanted: _Vec,
    slew: Mapping[str, float],
    dt: float,
    out: NDArray[np.float64],
) -> None: ...
def hold_attitude(
    q_reference: _Vec,
    omega_reference: _Vec,
    q: _Vec,
    omega: _Vec,
    inertia: _Vec,
    frequency: float,
    damping: float,
    torque_limit: _Vec,
) -> tuple[float, float, float]: ...
