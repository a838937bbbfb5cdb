import numpy as np
from numpy.typing import NDArray

Heights = NDArray[np.float32]
Array = NDArray[np.float64]

def draw_craters(
    out: Array,
    seed: int,
    kind: int,
    tile: float,
    mean: float,
    smallest: float,
    fewer: float,
    falling: float,
    ratio_lo: float,
    ratio_hi: float,
    reach: float,
    inner: float,
    outer: float,
    u_lo: float,
    u_hi: float,
    v_lo: float,
    v_hi: float,
) -> int: ...
def draw_rocks(
    out: Array,
    seed: int,
    kind: int,
    tile: float,
    mean: float,
    smallest: float,
    q: float,
    inner: float,
    outer: float,
    u_lo: float,
    u_hi: float,
    v_lo: float,
    v_hi: float,
) -> int: ...
def stamp_craters(
    z: Heights,
    j0: int,
    i0: int,
    cell: float,
    craters: Array,
    degraded: Heights,
    young: Heights,
    reach: float,
    ratio_lo: float,
    ratio_hi: float,
) -> None: ...
def stamp_rocks(z: Heights, j0: int, i0: int, cell: float, rocks: Array) -> None: ...
