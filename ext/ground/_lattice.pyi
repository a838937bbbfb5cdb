from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_Heights = NDArray[np.float32]

def halve(
    coarse: _Heights, j0: int, i0: int, work: _Heights, fine: _Heights, row0: int, col0: int
) -> None: ...
def block_max(z: _Heights, top: _Heights) -> None: ...
def add_noise(
    z: _Heights,
    first_node: tuple[int, int],
    seed: int,
    octave: Mapping[str, float],
    fade: Mapping[str, float],
    white: _Heights,
    smooth: _Heights,
) -> None: ...
