from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_Heights = NDArray[np.float32]
_Array = NDArray[np.float64]

def draw_craters(
    out: _Array,
    seed: int,
    crater_class: Mapping[str, float],
    ratio: tuple[float, float],
    reach: float,
    fade: Mapping[str, float],
    box: Mapping[str, float],
) -> int: ...
def stamp_craters(
    z: _Heights,
    first: tuple[int, int],
    cell: float,
    craters: _Array,
    profiles: tuple[_Heights, _Heights],
    reach: float,
    ratio: tuple[float, float],
    rays: tuple[float, float],
) -> None: ...
