"""An image of a camera as whole numbers, half as large again and again, and what it can tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.vision.corners import halve
from farside.mission.camera import Camera
from farside.vision.errors import VisionError

Levels = NDArray[np.int16]

_BITS = 12
_FULL_SCALE = 4095
#: An image is dark where less than this share is above this share of the full scale.
DARK_LEVEL, LIT_SHARE = 0.02, 0.05
#: It is saturated where more than this share is at the end of the scale.
SATURATED_SHARE = 0.5


class ImageVerdict(Enum):
    """What an image can be used for."""

    FIT = "fit"
    DARK = "dark"
    SATURATED = "saturated"


@dataclass(frozen=True, eq=False)
class CameraLevels:
    """An image and its halvings.

    Attributes
    ----------
    pyramid : tuple of (rows, cols) arrays
        Images [levels], 0 to 4095; each is half as large as the one before.
    noise : float
        Variance [levels^2] of a pixel of the first, by the camera's keys, at the mean level.
    verdict : ImageVerdict
        Whether it shows enough of the ground.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission.camera import Camera
    >>> from farside.vision import camera_levels
    >>> camera = Camera(name="small", pixels=(256, 256))
    >>> levels = camera_levels(np.full((256, 256), 128, np.uint8), camera, halvings=2)
    >>> [level.shape for level in levels.pyramid], levels.verdict.name
    ([(256, 256), (128, 128), (64, 64)], 'FIT')
    """

    pyramid: tuple[Levels, ...]
    noise: float
    verdict: ImageVerdict


def camera_levels(image: ArrayLike, camera: Camera, halvings: int) -> CameraLevels:
    """Return an image of a camera as levels 0 to 4095, halved so often.

    Parameters
    ----------
    image : (rows, cols) array of uint16 or uint8
        Numbers of the camera's `bits`.
    camera : Camera
        Its size, bits and noise are read.
    halvings : int
        0 or more; halvings that leave less than 64 pixels a side are left out.

    Returns
    -------
    CameraLevels

    Raises
    ------
    VisionError
        Not whole numbers, another size than the camera's, or beyond its bits.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.mission.camera import Camera
    >>> from farside.vision import camera_levels
    >>> camera = Camera(name="small", pixels=(64, 64))
    >>> levels = camera_levels(np.full((64, 64), 128, np.uint16), camera, 1)
    >>> int(levels.pyramid[0][0, 0]), levels.verdict.value
    (2048, 'fit')
    """
    array = np.asarray(image)
    columns, rows = camera.pixels
    if array.shape != (rows, columns) or array.dtype.kind != "u":
        raise VisionError(
            f"camera {camera.name} makes {rows} rows of {columns} unsigned numbers, not "
            f"{array.dtype} of shape {array.shape}; give its image"
        )
    most = (1 << camera.bits) - 1
    if int(array.max()) > most:
        raise VisionError(
            f"a pixel of {int(array.max())} in an image of {camera.name}, whose {camera.bits}"
            f" bits end at {most}; give the image as the camera made it"
        )
    saturated = int(np.count_nonzero(array == most))
    whole = array.astype(np.int32)
    shift = _BITS - camera.bits
    whole = whole << shift if shift >= 0 else whole >> -shift
    first = np.ascontiguousarray(whole, dtype=np.int16)
    lit = int(np.count_nonzero(first > DARK_LEVEL * _FULL_SCALE))
    verdict = ImageVerdict.FIT
    if saturated > SATURATED_SHARE * array.size:
        verdict = ImageVerdict.SATURATED
    elif lit < LIT_SHARE * array.size:
        verdict = ImageVerdict.DARK
    mean = int(first.sum(dtype=np.int64)) / first.size
    pyramid = [first]
    for _ in range(halvings):
        last = pyramid[-1]
        if min(last.shape) < 128:
            break
        half = np.empty((last.shape[0] // 2, last.shape[1] // 2), np.int16)
        halve(last, half)
        pyramid.append(half)
    return CameraLevels(tuple(pyramid), noise_variance(camera, mean), verdict)


def noise_variance(camera: Camera, level: float) -> float:
    """Return the variance [levels^2] of a pixel's noise at a level of 0 to 4095.

    Parameters
    ----------
    camera : Camera
        Full well, read noise, spread of the response and bits are read.
    level : float
        0 to 4095.

    Examples
    --------
    >>> round(noise_variance(Camera(name="lcam"), 2048.0) ** 0.5, 1)
    23.7
    """
    per_electron = _FULL_SCALE / camera.full_well_e
    electrons = level / per_electron
    step = 2.0 ** (_BITS - camera.bits)
    response = camera.prnu * level
    return float(
        per_electron * per_electron * (electrons + camera.read_noise_e * camera.read_noise_e)
        + response * response
        + step * step / 12.0
    )
