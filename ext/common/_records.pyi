from typing import Any

import numpy as np

TICK_HZ: int
TICK_S: float
GUIDANCE_EVERY: int
LANDER_STATE: np.dtype[Any]
MEASUREMENTS: np.dtype[Any]
ROW: np.dtype[Any]
