from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Heights = NDArray[np.float32]

def halve(
    coarse: Heights, j0: int, i0: int, work: Heights, fine: Heights, row0: int, col0: int
) -> None: ...
def block_max(z: Heights, top: Heights) -> None: ...
def add_noise(
    z: Heights,
    first_node: tuple[int, int],
    seed: int,
    octave: Mapping[str, float],
    fade: Mapping[str, float],
    white: Heights,
    smooth: Heights,
) -> None: ...
