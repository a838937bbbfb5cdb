from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_Heights = NDArray[np.float32]
_Array = NDArray[np.float64]

FIELD_REACH: float
FIELD_THIN: float

def draw_rocks(
    out: _Array,
    seed: int,
    rock_class: Mapping[str, float],
    shape: Mapping[str, float],
    fade: Mapping[str, float],
    box: Mapping[str, float],
    fields: _Array | None = None,
    contrast: float = 0.0,
) -> int: ...
def stamp_rocks(z: _Heights, first: tuple[int, int], cell: float, rocks: _Array) -> None: ...
def stamp_fields(
    z: _Heights, first: tuple[int, int], cell: float, fields: _Array, contrast: float
) -> None: ...
