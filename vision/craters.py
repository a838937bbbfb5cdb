"""Craters of an image: the shading of a bowl, found at every size and place.

The image is correlated with bowls of 6 sizes an octave, both components at once (`ext/vision`); the
maxima over place and size are craters where no surer one overlaps. No network, no training: what
was fitted to images is six numbers, named below. Why: decision 063.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from farside.ext.common.deterministic import cos, exp, log, sin
from farside.vision.azimuth import SunAzimuth, sun_azimuth
from farside.vision.correlation import PyramidLevel, pyramid
from farside.vision.ellipse import ellipses, semi_axes
from farside.vision.errors import VisionError
from farside.vision.grey import Levels, grey_levels

Array = NDArray[np.float64]

#: Correlation of a candidate at least.
LEAST = 0.3
#: Of two craters of one correlation the larger is likelier, for more pixels agree: rank =
#: correlation times (radius / 3 px) to this power. Fitted to the LROC NAC images of
#: docs/craters.md, as are the next five numbers.
BY_SIZE = 0.1
#: Rim radius over the radius at which the slope turns, less for larger craters, whose rims are
#: sharper beside their size: RIM - RIM_FALL (r / px - 3), RIM_LEAST at least. It is the rim that
#: people draw about worn craters; the crest of a sharp one lies at 1.
RIM, RIM_FALL, RIM_LEAST = 1.42, 0.02, 1.22
#: A bowl's shading stands nearer to the bright wall than its rim does: by this much of its radius.
TOWARDS = 0.1
#: Two finds are one crater where their boxes share more than this of their union.
OVERLAP = 0.25
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
        Of the rim.
    angle_deg : (N,) array
        Of the major axis, from the right, clockwise; 0 of a circle. -90 to 90.
    confidence : (N,) array
        0 to 1: the correlation with a bowl, raised a little with size. It ranks; it is no
        probability. Precision and recall are the same near 0.6 on LROC NAC images.
    sun : SunAzimuth
        As given, or as found.
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

    Returns
    -------
    Craters

    Raises
    ------
    VisionError
        One line: not an image, of one grey, too small or too large; an azimuth that is no number.

    Examples
    --------
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
    grey = grey_levels(image, known)
    levels = grey.levels
    sun = (
        sun_azimuth(levels, grey.floor)
        if sun_azimuth_deg is None
        else SunAzimuth(sun_azimuth_deg % 360.0, math.inf)
    )
    bright = sun.bright_rad
    widest = min(levels.shape) / WIDEST_SHARE
    peaks = [_peaks(level, bright) for level in pyramid(levels, grey.floor, 0.5 * widest)]
    found = _separate(np.concatenate(peaks)) if peaks else np.empty((0, 4))
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


def _parabola(before: Array, at: Array, after: Array) -> Array:
    """Return where the parabola through three values is highest, within half a step."""
    bend = np.minimum(before - 2.0 * at + after, -1e-9)
    return np.clip(0.5 * (before - after) / bend, -0.5, 0.5)


def _peaks(level: PyramidLevel, bright_rad: float) -> Array:
    """Return x, y, radius at which the slope turns [px of the image] and rank of the maxima."""
    stack = np.float32(cos(bright_rad)) * level.right
    stack += np.float32(sin(bright_rad)) * level.down
    by_size = exp(BY_SIZE * log(level.step * level.radii_px / 3.0))
    ranks = stack * by_size.astype(np.float32)[:, None, None]
    if level.step == 1:
        # what is smaller than the smallest bowl is found as that
        ranks[0] = -1.0
    square = np.ones((3, 3), np.uint8)
    highest = np.stack([cv2.dilate(rank, square) for rank in ranks])
    around = np.maximum(np.maximum(highest[:-2], highest[1:-1]), highest[2:])
    layer, row, col = np.nonzero((ranks[1:-1] == around) & (stack[1:-1] > LEAST))
    layer += 1
    padded = np.pad(ranks, ((0, 0), (1, 1), (1, 1)), mode="edge")

    def rank(k: int, i: int, j: int) -> Array:
        return padded[layer + k, row + 1 + i, col + 1 + j].astype(np.float64)

    at = rank(0, 0, 0)
    x = col + _parabola(rank(0, 0, -1), at, rank(0, 0, 1))
    y = row + _parabola(rank(0, -1, 0), at, rank(0, 1, 0))
    size = _parabola(rank(-1, 0, 0), at, rank(1, 0, 0))
    size[(layer == 1) & (level.step == 1)] = 0.0
    ratio = float(log(level.radii_px[1] / level.radii_px[0]))
    radius = level.radii_px[layer] * exp(ratio * size) * level.step
    middle = 0.5 * (level.step - 1)  # of the image's pixels that make the level's first one
    return np.column_stack([x * level.step + middle, y * level.step + middle, radius, at])


def _separate(found: Array) -> Array:
    """Keep the surest of finds that overlap; the surest first."""
    found = found[np.lexsort((found[:, 0], found[:, 1], -found[:, 3]))]
    tree = cKDTree(found[:, :2])
    kept = np.ones(len(found), dtype=bool)
    # a box of side s shares at most (s / S)^2 of the union: beyond that ratio nothing overlaps
    reach = (1.0 + 1.0 / math.sqrt(OVERLAP)) * math.sqrt(2.0)
    for k, (x, y, radius, _) in enumerate(found):
        if not kept[k]:
            continue
        near = np.array(tree.query_ball_point((x, y), radius * reach), dtype=int)
        near = near[(near > k) & kept[near]]
        other = found[near]
        shared = np.ones(len(near))
        for axis, middle in enumerate((x, y)):
            first = np.maximum(middle - radius, other[:, axis] - other[:, 2])
            last = np.minimum(middle + radius, other[:, axis] + other[:, 2])
            shared *= np.maximum(last - first, 0.0)
        union = 4.0 * radius * radius + 4.0 * other[:, 2] ** 2 - shared
        kept[near[shared > OVERLAP * union]] = False
    return found[kept]
