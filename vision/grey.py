"""An image of any depth as whole numbers that kernels take."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.vision.errors import VisionError

Levels = NDArray[np.int16]

FULL_SCALE = 4095
#: Below it no crater of the smallest size has its surroundings; above it memory runs out.
LEAST_SIDE, MOST_PIXELS = 16, 2 * 10**8
#: An image is stretched between these percentiles of what is known.
STRETCH = (0.1, 99.9)
#: 1 sigma of an even ground at least [levels]: with less, its noise looks like craters.
LEAST_NOISE = 9.0


@dataclass(frozen=True, eq=False)
class Grey:
    """An image as whole numbers.

    Attributes
    ----------
    levels : (rows, cols) array
        0 to 4095.
    floor : float
        Variance [levels^2] that an even ground shows at least: four times that of the image's own
        steps (1/12 of a step's square), and 0.2 % of the full scale, 1 sigma.
    """

    levels: Levels
    floor: float


def grey_levels(image: ArrayLike, known: NDArray[np.bool_] | None = None) -> Grey:
    """Return an image as grey levels 0 to 4095, stretched between its 0.1 and 99.9 percentiles.

    Parameters
    ----------
    image : (rows, cols) array
        Grey values of any depth.
    known : (rows, cols) array of bool, optional
        Where the image holds something; not-a-number is unknown in any case. What is unknown takes
        the mean of the rest.

    Raises
    ------
    VisionError
        Not an image, too small, too large, or of one grey all over.

    Examples
    --------
    >>> grey_levels(np.tile(np.arange(16, dtype=np.uint8), (16, 1))).levels[0, :3]
    array([  0, 273, 546], dtype=int16)
    """
    array = np.asarray(image)
    if array.ndim != 2 or array.dtype.kind not in "uif":
        raise VisionError(
            f"an image is rows and columns of grey values, not {array.dtype} of shape "
            f"{array.shape}; give one band of it"
        )
    if min(array.shape) < LEAST_SIDE or array.size > MOST_PIXELS:
        raise VisionError(
            f"an image of {array.shape[1]} x {array.shape[0]} pixels; sides are {LEAST_SIDE} "
            f"pixels or more, all of it {MOST_PIXELS / 1e6:.0f} million or less: cut it"
        )
    valid = np.isfinite(array) if known is None else np.isfinite(array) & known
    if not valid.any():
        raise VisionError("the image holds no known pixel; check its nodata value")
    # ranks, not means of two: the same on every machine
    low, high = np.percentile(array[valid], STRETCH, method="nearest").astype(np.float64)
    if not high > low:
        low, high = float(array[valid].min()), float(array[valid].max())
    if not high > low:
        raise VisionError("the image is of one grey all over; there is nothing to find in it")
    gain = FULL_SCALE / (high - low)
    clipped = np.clip(np.where(valid, array, low).astype(np.float64), low, high)
    levels = np.rint((clipped - low) * gain).astype(np.int16)
    if not valid.all():
        levels[~valid] = round(float(levels[valid].mean()))
    step = gain if array.dtype.kind in "ui" else 0.0
    return Grey(np.ascontiguousarray(levels), max(4.0 * step * step / 12.0, LEAST_NOISE**2))
