"""Correlation of an image with bowls of every size, level by level of a pyramid."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import power
from farside.ext.vision.bowls import correlate
from farside.vision.bowl import Bowl, bowl
from farside.vision.grey import Levels

#: Sizes an octave, and the radius of the smallest bowl [px].
SIZES, FIRST_PX = 6, 3.0
#: Octaves of the first level; the others hold one, the upper of these: a bowl of few pixels of an
#: image that was halved is known worse (0.84 to 0.87 of craters over 20 px on LROC NAC images).
FIRST_OCTAVES = 2


@dataclass(frozen=True)
class PyramidLevel:
    """Correlations of one level of the pyramid.

    Attributes
    ----------
    step : int
        Pixels of the image to a pixel of this level.
    radii_px : (K,) array
        Radii of the bowls [pixels of this level], one more on each side than it answers for.
    right, down : (K, rows, cols) arrays
        Normalised correlation with a bowl whose bright wall is on the right, and below.
    """

    step: int
    radii_px: NDArray[np.float64]
    right: NDArray[np.float32]
    down: NDArray[np.float32]


def halved(image: Levels) -> Levels:
    """Return the means of 2 x 2 pixels, rounded; an odd last row or column is left out."""
    rows, cols = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    whole = image[:rows, :cols].astype(np.int32)
    total = whole[::2, ::2] + whole[1::2, ::2] + whole[::2, 1::2] + whole[1::2, 1::2]
    return np.asarray((total + 2) >> 2, dtype=np.int16)


def correlated(
    image: Levels, template: Bowl, floor: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the normalised correlation of every pixel with both components of a template.

    `floor` is the least variance of a window [levels^2].
    """
    half = len(template.half_widths) - 1
    padded = cv2.copyMakeBorder(image, half, half, half, half, cv2.BORDER_REFLECT_101)
    right, down = (np.empty(image.shape, dtype=np.float32) for _ in range(2))
    correlate(
        padded,
        template.offsets,
        template.weights,
        template.half_widths,
        template.energy,
        floor,
        right,
        down,
    )
    return right, down


def pyramid(image: Levels, floor: float, greatest_px: float) -> Iterator[PyramidLevel]:
    """Yield the correlations of each level, until bowls of `greatest_px` of the image are met."""
    step, last = 1, FIRST_OCTAVES * SIZES
    radii = FIRST_PX * power(2.0, np.arange(-1, last + 1) / SIZES)
    while step * radii[1] <= greatest_px and min(image.shape) > 2.0 * radii[-1]:
        pairs = [correlated(image, bowl(float(radius)), floor) for radius in radii]
        yield PyramidLevel(
            step, radii, np.stack([pair[0] for pair in pairs]), np.stack([p[1] for p in pairs])
        )
        image, step = halved(image), 2 * step
        radii = FIRST_PX * power(2.0, np.arange(last - SIZES - 1, last + 1) / SIZES)
