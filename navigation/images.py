"""What is found in images, as the navigator takes it: ext/navigation/image_records.pxd."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers, shaped
from farside.ext.navigation._guarded import LANDMARK, MATCHES_MOST, MOTION_PAIR


def landmarks(
    places_site: ArrayLike,
    pixels: ArrayLike,
    variance_px2: ArrayLike,
    height_variance_m2: ArrayLike = 0.0,
) -> NDArray[np.void]:
    """Return matches of an image with the onboard map as records.

    Parameters
    ----------
    places_site : (n, 3) array_like
        Places on the map's ground [m, site].
    pixels : (n, 2) array_like
        Columns and rows at which they were found.
    variance_px2 : array_like
        Of each: a number or (n,) where both axes have it; (n, 3) of column, column with row, row.
    height_variance_m2 : array_like, optional
        Of the map's ground there [m^2]; a number or (n,).

    Returns
    -------
    structured array (n,), dtype `LANDMARK`

    Raises
    ------
    ValueError
        Shapes that do not fit together, or more than 512 matches.

    Examples
    --------
    >>> from farside.navigation import landmarks
    >>> landmarks([[120.0, -40.0, 3.0]], [[512.0, 300.5]], 0.04)["variance_px2"]
    array([[0.04, 0.  , 0.04]])
    """
    records = _records(len(np.atleast_2d(np.asarray(pixels))), LANDMARK)
    records["place_site"] = shaped("places_site", places_site, len(records), 3)
    records["pixel"] = shaped("pixels", pixels, len(records), 2)
    records["variance_px2"] = _variance(variance_px2, len(records))
    records["height_variance_m2"] = height_variance_m2
    return records


def motion_pairs(
    pixels_from: ArrayLike,
    pixels_to: ArrayLike,
    variance_px2: ArrayLike,
    above_m: ArrayLike = 0.0,
    above_variance_m2: ArrayLike = 0.0,
) -> NDArray[np.void]:
    """Return ground that is seen in two images as records.

    Parameters
    ----------
    pixels_from, pixels_to : (n, 2) array_like
        Columns and rows in the first image, and where the same was found in the second.
    variance_px2 : array_like
        Of where it was found, as of `landmarks`.
    above_m : array_like, optional
        The ground there above that beneath the lander, where a map tells it [m]; a number or (n,).
    above_variance_m2 : array_like, optional
        Of that [m^2], beside `motion_relief_share` of the height.

    Returns
    -------
    structured array (n,), dtype `MOTION_PAIR`

    Raises
    ------
    ValueError
        Shapes that do not fit together, or more than 512 pairs.

    Examples
    --------
    >>> from farside.navigation import motion_pairs
    >>> pairs = motion_pairs([[512.0, 300.5]], [[512.0, 318.25]], 0.04)
    >>> pairs.shape, pairs["pixel_to"].tolist(), pairs["variance_px2"].tolist()
    ((1,), [[512.0, 318.25]], [[0.04, 0.0, 0.04]])
    """
    records = _records(len(np.atleast_2d(np.asarray(pixels_to))), MOTION_PAIR)
    records["pixel_from"] = shaped("pixels_from", pixels_from, len(records), 2)
    records["pixel_to"] = shaped("pixels_to", pixels_to, len(records), 2)
    records["variance_px2"] = _variance(variance_px2, len(records))
    records["above_m"] = above_m
    records["above_variance_m2"] = above_variance_m2
    return records


def _records(count: int, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    if count > MATCHES_MOST:
        raise FarsideError(f"{count} matches of an image; give the best {MATCHES_MOST}")
    return np.zeros(count, dtype)


def _variance(value: ArrayLike, count: int) -> NDArray[np.float64]:
    """Return variances of n matches as (n, 3): column, column with row, row."""
    given = numbers(value, "variance_px2")
    if given.shape == (count, 3) and given.ndim == 2:
        return given
    if given.shape not in ((), (count,)):
        raise FarsideError(
            f"variance_px2 of shape {given.shape}; a number, ({count},) or ({count}, 3) is wanted"
        )
    out = np.zeros((count, 3))
    out[:, 0] = out[:, 2] = given
    return out
