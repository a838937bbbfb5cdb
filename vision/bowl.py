"""The shading of a bowl crater as a template of whole numbers, for a disc of pixels."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import exp

#: The template reaches this far, in radii of the bowl: the outer slope of the rim is in it.
REACH = 1.9
#: Slope of the ground just outside the rim over that just inside, and how far it decays [radii]:
#: a simple crater's rim stands 0.04 D high, falls off within half a radius, and a slope of
#: 0.8 (depth 0.2 D, parabola) is inside (Pike 1977).
OUTSIDE, DECAY = 0.35, 0.35
#: Rims are rounded [radii, 1 sigma]; the images' own blur adds at least half a pixel.
ROUNDED, LEAST_BLUR_PX = 0.15, 0.5
_FINE = 4  # samples a side of a pixel
_GREATEST = 127


@dataclass(frozen=True)
class Bowl:
    """A template of both components: right and down in the image.

    Attributes
    ----------
    radius_px : float
        Radius at which the slope turns.
    offsets : (N, 2) array
        Row and column of each pixel of half the disc.
    weights : (N, 2) array
        Whole numbers, right and down; those of the other half are their negatives.
    half_widths : (h + 1,) array
        Columns of the disc beside the middle, for each row from it.
    energy : float
        Sum of a component's squares over the whole disc.
    """

    radius_px: float
    offsets: NDArray[np.int32]
    weights: NDArray[np.int16]
    half_widths: NDArray[np.int32]
    energy: float


def profile(q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope towards the middle, 1 at the rim, at `q` radii."""
    outside = -OUTSIDE * exp(-(np.maximum(q, 1.0) - 1.0) / DECAY)
    return np.where(q < 1.0, q, outside)


def _blurred(fine: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Blur by a Gaussian of `sigma` samples along both axes, with zeros around."""
    reach = math.ceil(4.0 * sigma)
    along = np.arange(-reach, reach + 1) / sigma
    kernel = exp(-0.5 * along * along)
    kernel = kernel / math.fsum(kernel)
    for _ in range(2):
        wide = np.pad(fine, ((reach, reach), (0, 0)))
        total = np.zeros_like(fine)
        for shift, weight in enumerate(kernel):
            total += weight * wide[shift : shift + len(fine)]
        fine = total.T
    return fine


@cache
def bowl(radius_px: float) -> Bowl:
    """Return the template of a bowl whose slope turns at `radius_px`.

    The template is the derivative of the bowl's heights along each axis, averaged over each pixel:
    what the light of a Sun that is not low adds to even ground is proportional to it (Horn 1977,
    linear shading).
    """
    half = math.floor(REACH * radius_px + 0.5)
    side = 2 * half + 1
    at = (np.arange(side * _FINE) + 0.5) / _FINE - 0.5 * side
    x, y = np.meshgrid(at, at)
    distance = np.maximum(np.sqrt(x * x + y * y), 1e-9)
    slope = profile(distance / radius_px) * x / distance
    fine = _blurred(slope, _FINE * max(ROUNDED * radius_px, LEAST_BLUR_PX))
    right = fine.reshape(side, _FINE, side, _FINE).mean(axis=(1, 3))
    rows, cols = np.mgrid[-half : half + 1, -half : half + 1]
    inside = rows * rows + cols * cols <= (REACH * radius_px + 0.5) ** 2
    scale = _GREATEST / float(np.abs(right[inside]).max())
    # odd to the bit: the mean of both halves
    whole = np.rint(0.5 * scale * (right - right[:, ::-1]))
    first = inside & ((rows > 0) | ((rows == 0) & (cols > 0)))
    weights = np.stack([whole[first], whole.T[first]], axis=1)
    widths = [int(cols[row][inside[row]].max()) for row in range(half, side)]
    return Bowl(
        radius_px,
        np.ascontiguousarray(np.stack([rows[first], cols[first]], axis=1), dtype=np.int32),
        np.ascontiguousarray(weights, dtype=np.int16),
        np.array(widths, dtype=np.int32),
        2.0 * float((weights[:, 0] ** 2).sum()),
    )
