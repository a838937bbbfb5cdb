"""Craters of an image: the shading of a bowl, found at every size and place.

The image is correlated with bowls of 6 sizes an octave, both components at once (`ext/vision`); the
maxima over place and size are craters where no surer one overlaps. No network, no training: what
was fitted to images is six numbers, named below. Why: decision 063.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.deterministic import cos, sin
from farside.vision.azimuth import SunAzimuth, sun_azimuth
from farside.vision.bowl_peaks import LEAST, peaks, separate
from farside.vision.correlation import PyramidLevel, pyramid
from farside.vision.ellipse import ellipses, semi_axes
from farside.vision.errors import VisionError
from farside.vision.grey import Levels, grey_levels

Array = NDArray[np.float64]

#: Fitted to the LROC NAC images of docs/craters.md, as are LEAST, BY_SIZE and OVERLAP of
#: vision/bowl_peaks.py. Rim radius over the radius at which the slope turns, less for larger
#: craters, whose rims are sharper beside their size: RIM - RIM_FALL (r / px - 3), RIM_LEAST at
#: least. It is the rim that people draw about worn craters; the crest of a sharp one lies at 1.
RIM, RIM_FALL, RIM_LEAST = 1.42, 0.02, 1.22
#: A bowl's shading stands nearer to the bright wall than its rim does: by this much of its radius.
TOWARDS = 0.1
#: Diameters are looked for up to the image's shorter side over this.
WIDEST_SHARE = 2.0


@dataclass(frozen=True, eq=False)
class Craters:
    """Craters of an image, the surest first.

    Attributes
    ----------
    x_px, y_px : (N,) arrays
        Middle, right and down from the middle of the image's first pixel.
    semi_major_px, semi_minor_px : (N,) arrays
        Of the rim that people draw on worn craters: 1.05 to 1.45 times the crest of a sharp one.
    angle_deg : (N,) array
        Of the major axis, from the right, clockwise; 0 of a circle. -90 to 90.
    confidence : (N,) array
        0 to 1 [-]: the correlation with a bowl, raised a little with size. It ranks; it is no
        probability. Precision and recall are the same near 0.6 on LROC NAC images.
    sun : SunAzimuth
        As given, or as found.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.vision import find_craters
    >>> y, x = np.mgrid[-32:32, -32:32] / 12.0
    >>> found = find_craters(128.0 + 60.0 * np.where(np.hypot(x, y) < 1.0, x, 0.0))
    >>> len(found), round(float(found.x_px[0])), round(float(found.y_px[0]))  # 32, 32 drawn
    (1, 31, 32)
    >>> round(float(found.semi_major_px[0]))  # 12 drawn, as a sharp bowl
    15
    """

    x_px: Array
    y_px: Array
    semi_major_px: Array
    semi_minor_px: Array
    angle_deg: Array
    confidence: Array
    sun: SunAzimuth

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.x_px)


def find_craters(
    image: ArrayLike,
    *,
    sun_azimuth_deg: float | None = None,
    least: float = LEAST,
    known: NDArray[np.bool_] | None = None,
    widest_px: float | None = None,
) -> Craters:
    """Find the craters of an image, of 8 pixels and more.

    Parameters
    ----------
    image : (rows, cols) array
        Grey values of any depth, seen from above or nearly so.
    sun_azimuth_deg : float, optional
        Clockwise from the image's upper edge towards the Sun; found from the shading if not given.
    least : float
        Least confidence of what is returned, 0.3 to 1.
    known : (rows, cols) array of bool, optional
        Where the image holds something; a crater whose middle is unknown is left out.
    widest_px : float, optional
        Diameters are looked for up to about this, for less time; half the image's shorter side if
        not given. The two smallest octaves are met in any case.

    Returns
    -------
    Craters

    Raises
    ------
    VisionError
        One line: not an image, of one grey, too small or too large; an azimuth or a width that is
        no number.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.vision import find_craters
    >>> y, x = np.mgrid[-32:32, -32:32] / 12.0
    >>> bowl = np.where(np.hypot(x, y) < 1.0, x, 0.0)
    >>> found = find_craters(128.0 + 60.0 * bowl)  # lit from the left
    >>> round(found.sun.azimuth_deg), round(float(found.y_px[0])), len(found) > 0
    (270, 32, True)

    Notes
    -----
    A Sun that is found has the craters' word for it: where mounds outnumber them it is opposite.
    `sun.contrast` below 2 says that the image does not tell.
    """
    if not LEAST <= least <= 1.0:
        raise VisionError(f"a least confidence of {least:g}; give one of {LEAST} to 1")
    if sun_azimuth_deg is not None and not math.isfinite(sun_azimuth_deg):
        raise VisionError("the Sun's azimuth is no number; give degrees clockwise from the top")
    if widest_px is not None and not widest_px > 0.0:
        raise VisionError(f"a widest crater of {widest_px:g} px; give more than 0")
    grey = grey_levels(image, known)
    levels = grey.levels
    sun = (
        sun_azimuth(levels, grey.floor)
        if sun_azimuth_deg is None
        else SunAzimuth(sun_azimuth_deg % 360.0, math.inf)
    )
    bright = sun.bright_rad
    widest = min(levels.shape) / WIDEST_SHARE
    if widest_px is not None:
        widest = min(widest, widest_px)
    parts = [_peaks(level, bright) for level in pyramid(levels, grey.floor, 0.5 * widest)]
    found = separate(np.concatenate(parts)) if parts else np.empty((0, 4))
    found = found[found[:, 3] >= least]
    if known is not None:
        rows, cols = (np.rint(found[:, k]).astype(int) for k in (1, 0))
        found = found[
            known[np.clip(rows, 0, known.shape[0] - 1), np.clip(cols, 0, known.shape[1] - 1)]
        ]
    return _rims(levels, found, sun)


def _rims(levels: Levels, found: Array, sun: SunAzimuth) -> Craters:
    """Return the rims of bowls: rows of x, y, radius at which the slope turns [px] and rank."""
    shapes = ellipses(levels, found[:, :3], sun.bright_rad)
    major, minor, angle = semi_axes(shapes[:, 2:])
    turn = np.sqrt(major * minor)
    rim = np.clip(RIM - RIM_FALL * (turn - 3.0), RIM_LEAST, RIM)
    return Craters(
        shapes[:, 0] - TOWARDS * turn * cos(sun.bright_rad),
        shapes[:, 1] - TOWARDS * turn * sin(sun.bright_rad),
        rim * major,
        rim * minor,
        np.degrees(angle),
        np.minimum(found[:, 3], 1.0),
        sun,
    )


def _peaks(level: PyramidLevel, bright_rad: float) -> Array:
    """Return the maxima of bowls whose bright walls lie in a direction: `peaks`."""
    stack = np.float32(cos(bright_rad)) * level.right
    stack += np.float32(sin(bright_rad)) * level.down
    return peaks(stack, level.radii_px, level.step)
