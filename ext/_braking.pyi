import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

def newton_step(
    gm: float,
    radius_m: float,
    omega_site: Array,
    gate: Array,
    r_site: Array,
    v_site: Array,
    full_mps2: float,
    exhaust_mps: float,
    level_max: float,
    hold_level: bool,
    x: Array,
) -> float: ...
def flown_arc(
    gm: float,
    radius_m: float,
    omega_site: Array,
    gate: Array,
    r_site: Array,
    v_site: Array,
    full_mps2: float,
    exhaust_mps: float,
    x: Array,
) -> float: ...
