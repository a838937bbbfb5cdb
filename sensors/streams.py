"""Which stream of the counter-based generator serves what: one each, so that none shifts another.

Streams 16 to 27 belong to the sensors in the loop: noise, drifts, outages and switches
(ext/sensors/records.pxd).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._random import normals
from farside.mission.integers import seed_key, whole_number

DISPERSIONS: Final = 1
BIASES: Final = 2
KEYS: Final = 3  # of the mission file, `[[dispersions.keys]]`
LIDAR: Final = 32  # plus the number of the scan
LIDAR_BIAS: Final = 96  # plus the number of the scan
LIDAR_MOUNTING: Final = 160
LIDAR_ALBEDO: Final = 161
LIDAR_DEAD: Final = 162
LIDAR_FRAMES: Final = 192  # plus the number of the scan
LIDAR_TRACKING: Final = 4096  # plus the number of the frame
LIDAR_TRACKING_BIAS: Final = 12288  # plus the number of the frame
CAMERA_NOISE: Final = 0x80000000  # plus 28 bits of the camera's name
CAMERA_RESPONSE: Final = 0x90000000
CAMERA_MOUNTING: Final = 0xA0000000


def draw_normals(seed: int, stream: int, count: int) -> NDArray[np.float64]:
    """Return count standard normal deviates of one stream of a seed, (count,).

    Raises
    ------
    ValueError
        For a seed, a stream (below 2^32) or a count that is no whole number from 0 on.
    """
    out = np.empty(whole_number("count", count))
    normals(seed_key(seed), 0, whole_number("stream", stream, 0, 2**32 - 1), out)
    return out
