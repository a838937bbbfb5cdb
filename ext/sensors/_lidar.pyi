from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.ground._ground import GroundModel

def scan_ground(
    ground: GroundModel,
    rows: NDArray[np.void],
    setup: Mapping[str, Any],
    seed: int,
    stream: int,
    points: NDArray[np.float64],
) -> None: ...
