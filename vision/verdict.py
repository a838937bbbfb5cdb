"""Whether an image can be matched at all, and whether its matches may be believed."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.numbers import numbers
from farside.mission.pinhole import Pinhole
from farside.vision.errors import VisionError
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.pose import Solved, mahalanobis
from farside.vision.relief import Grey, halved
from farside.vision.trn_result import TrnCode
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: The verdict (docs/trn.md): inliers, their share of the landmarks, log10 of the chance of so many.
_LEAST_INLIERS, _LEAST_SHARE, _CHANCE = 10, 0.25, -9.0
#: x' P^-1 x of the change of the pose: 6 degrees of freedom, 5 sigma and the map's own error.
_MOST_SURPRISE: Final = 60.0
#: Bias that all matches of an image share [resolutions], 1 sigma: other light moves edges one way.
BIAS, _BIAS_UP = 0.15, 0.1


def prepare(grey: Grey, bits: int) -> tuple[TrnCode, list[Grey]]:
    """Return an image and its halves with 0 for what is saturated, or why it is of no use.

    Parameters
    ----------
    grey : ndarray, uint16
    bits : int
        Of a pixel.
    """
    full = 2**bits - 1
    saturated = grey >= full
    if int(np.count_nonzero(saturated)) > 0.5 * grey.size:
        return TrnCode.SATURATED, []
    low, high = np.percentile(grey[~saturated], (1.0, 99.0), method="nearest").tolist()
    if high < 0.01 * full + 2.0:
        return TrnCode.DARK, []
    if high - low < 0.005 * full + 2.0:
        return TrnCode.BLANK, []
    clean = np.where(saturated, np.uint16(0), np.maximum(grey, np.uint16(1)))
    images = [np.ascontiguousarray(clean)]
    while min(images[-1].shape) >= 128:
        images.append(halved(images[-1]))
    return TrnCode.FIX, images


def checked_image(image: ArrayLike, pinhole: Pinhole, bits: int) -> Grey:
    """Return an image of a camera as 16 bits.

    Parameters
    ----------
    image : array_like, (rows, columns), unsigned
    pinhole : Pinhole
    bits : int
        Of a pixel.

    Raises
    ------
    VisionError
        Of another size, type or depth.
    """
    grey = np.asarray(image)
    if grey.ndim != 2 or grey.dtype.kind != "u":
        raise VisionError(
            f"an image is rows and columns of whole grey values, not {grey.dtype} of shape "
            f"{grey.shape}"
        )
    if grey.shape != (pinhole.rows, pinhole.columns):
        raise VisionError(
            f"an image of {grey.shape[1]} x {grey.shape[0]} pixels of a camera of "
            f"{pinhole.columns} x {pinhole.rows}; give the camera that took it"
        )
    if int(grey.max()) >= 2**bits:
        raise VisionError(
            f"a pixel of {int(grey.max())} in an image of {bits} bits; give its depth"
        )
    return np.ascontiguousarray(grey, np.uint16)


def received(
    image: ArrayLike, pinhole: Pinhole, bits: int, estimate: CameraView, sun_site: ArrayLike
) -> tuple[TrnCode, list[Grey], Array]:
    """Check what a matcher is given: FIX, or why the image is of no use; `prepare`; the Sun.

    Parameters
    ----------
    image, pinhole, bits
        As of `checked_image`.
    estimate : CameraView
    sun_site : array_like, (3,)

    Raises
    ------
    VisionError
        One line: an image, an estimate or a Sun that is none.
    """
    grey = checked_image(image, pinhole, bits)
    check_estimate(estimate)
    sun = unit_sun(sun_site)
    if not sun[2] > 0.0:
        return TrnCode.NIGHT, [], sun
    return (*prepare(grey, bits), sun)


def log_chance(inliers: int, tried: int, reach: int) -> float:
    """Return log10 of the chance that so many of the landmarks agree by accident.

    A false peak falls anywhere in its window of side 2 reach + 1, within 1.5 cells of a given place
    with p = pi 1.5^2 / side^2. Three of them fix the shift, so that (the upper bound of a binomial
    tail, Arratia & Gordon 1989) n (p/q)^q ((1 - p)/(1 - q))^(1 - q) counts with one for each pair.
    """
    p = min(math.pi * 2.25 / (2 * reach + 1) ** 2, 0.5)
    count = max(inliers - 3, 0)
    q = count / tried
    if q <= p:
        return 0.0
    tail = q * deterministic.log(p / q)
    if q < 1.0:
        tail += (1.0 - q) * deterministic.log((1.0 - p) / (1.0 - q))
    return (tried * tail + 2.0 * deterministic.log(float(tried))) / 2.302585092994046


def verdict(
    image_map: ImageMap, solved: Solved, inliers: int, tried: int, chance: float, spread: Array
) -> TrnCode:
    """Return FIX, or why what agrees is not believed.

    Parameters
    ----------
    image_map : ImageMap
    solved : Solved
        The pose that the inliers ask for.
    inliers, tried : int
    chance : float
        `log_chance`.
    spread : ndarray, (6, 6)
        Covariance of the estimate.
    """
    if inliers < _LEAST_INLIERS or inliers < _LEAST_SHARE * tried or chance > _CHANCE:
        return TrnCode.DISAGREE
    wide = spread.copy()
    for k, sigma in enumerate(image_map.registration_sigma_m):
        wide[k, k] += sigma * sigma
    if mahalanobis(solved.moved, wide) > _MOST_SURPRISE:
        return TrnCode.IMPROBABLE
    return TrnCode.FIX


def biased(covariance: Array, level: MapLevel) -> Array:
    """Return a covariance with the errors that all matches of an image share."""
    spread, shared = covariance.copy(), BIAS * level.resolution_m
    up = _BIAS_UP * level.resolution_m
    spread[0, 0] += shared * shared
    spread[1, 1] += shared * shared
    spread[2, 2] += up * up + 0.25 * level.height_sigma_m * level.height_sigma_m
    return spread


def unit_sun(vector: ArrayLike) -> Array:
    """Return the unit vector (3,) to the Sun; raise VisionError where it is none."""
    sun = numbers(vector, "a Sun", VisionError)
    size = deterministic.length(sun) if sun.shape == (3,) else 0.0
    if not (math.isfinite(size) and size > 1e-9):
        raise VisionError("a Sun is the unit vector towards it, three finite numbers")
    return np.asarray(sun / size)


def check_estimate(view: CameraView) -> None:
    """Raise VisionError for a pose that is none."""
    if not (np.isfinite(view.r_site).all() and np.isfinite(view.axes).all()):
        raise VisionError("an estimate is a finite position [m] and finite axes")


def checked_covariance(covariance: ArrayLike) -> Array:
    """Return a covariance (6, 6); raise VisionError where it is none."""
    spread = numbers(covariance, "a covariance", VisionError)
    if spread.shape != (6, 6) or not np.isfinite(spread).all():
        raise VisionError("a covariance is 6 x 6 finite numbers: position, then rotation vector")
    if not (np.diag(spread) > 0.0).all() or np.abs(spread - spread.T).max() > 1e-6 * spread.max():
        raise VisionError("a covariance is symmetric, its variances above 0")
    return spread
