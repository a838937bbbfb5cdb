from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Heights = NDArray[np.float32]
Array = NDArray[np.float64]

def draw_craters(
    out: Array,
    seed: int,
    crater_class: Mapping[str, float],
    ratio: tuple[float, float],
    reach: float,
    fade: Mapping[str, float],
    box: Mapping[str, float],
) -> int: ...
def draw_rocks(
    out: Array,
    seed: int,
    rock_class: Mapping[str, float],
    fade: Mapping[str, float],
    box: Mapping[str, float],
) -> int: ...
def stamp_craters(
    z: Heights,
    first: tuple[int, int],
    cell: float,
    craters: Array,
    profiles: tuple[Heights, Heights],
    reach: float,
    ratio: tuple[float, float],
) -> None: ...
def stamp_rocks(z: Heights, first: tuple[int, int], cell: float, rocks: Array) -> None: ...
