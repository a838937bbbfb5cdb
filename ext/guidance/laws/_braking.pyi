import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

def newton_step(
    gm: float,
    radius_m: float,
    omega_site: _Array,
    gate: _Array,
    r_site: _Array,
    v_site: _Array,
    full_mps2: float,
    exhaust_mps: float,
    parts: _Array,
    part: int,
    level_max: float,
    hold_level: bool,
    x: _Array,
) -> float: ...
def flown_arc(
    gm: float,
    radius_m: float,
    omega_site: _Array,
    gate: _Array,
    r_site: _Array,
    v_site: _Array,
    full_mps2: float,
    exhaust_mps: float,
    parts: _Array,
    part: int,
    x: _Array,
) -> tuple[float, float]: ...
