"""Hazards of the ground in one image with a known pose and Sun: shadows, slopes, craters, rocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.vision.ground_view import GroundGrid
from farside.vision.hazard_model import probability
from farside.vision.shown import ImageReason, Sensed, Shown, show
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Values from which a cell carries a reason.
CRATER_FROM, ROCK_FROM, SLOPE_FROM, ROUGH_FROM = 0.55, 0.45, 1.0, 0.7

#: Probability of a cell in a cast shadow at least.
LEAST_IN_SHADOW = 0.5

UNKNOWN = ImageReason.OUTSIDE | ImageReason.SATURATED | ImageReason.DARK


@dataclass(frozen=True, eq=False)
class ImageHazards:
    """Hazards of the cells of a grid; arrays are (cells, cells), rows northwards.

    Attributes
    ----------
    grid : GroundGrid
    probability : ndarray of float32
        That a cell is hazardous; 1 where it is unknown.
    reasons : ndarray of uint16
        Flags of `ImageReason`.
    east, north : ndarray of float32
        Slopes over the footprint as the shading has them; 0 where unknown.
    brightness : ndarray of float32
        Over level ground's; 0 where unknown.
    known_share : float
        Of the grid.
    """

    grid: GroundGrid
    probability: NDArray[np.float32]
    reasons: NDArray[np.uint16]
    east: NDArray[np.float32] = field(repr=False)
    north: NDArray[np.float32] = field(repr=False)
    brightness: NDArray[np.float32] = field(repr=False)
    known_share: float = 1.0

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Where the image tells nothing."""
        return np.asarray((self.reasons & np.uint16(UNKNOWN)) != 0)


def map_image_hazards(
    image: ArrayLike,
    view: CameraView,
    sun: ArrayLike,
    grid: GroundGrid,
    *,
    slope_deg: float = 8.0,
    sensed: Sensed | None = None,
) -> ImageHazards:
    """Map the hazards that an image shows.

    Parameters
    ----------
    image : array_like of whole numbers, (rows, columns)
    view : CameraView
        Where it was taken from.
    sun : array_like, (3,)
        Direction of the Sun: east, north, up.
    grid : GroundGrid
        Where on the ground to look.
    slope_deg : float
        Limit of the slope.
    sensed : Sensed, optional
        Of the image; an 8 bit one by default.

    Returns
    -------
    ImageHazards

    Raises
    ------
    VisionError
        One line: no such image, too dark, of one grey, saturated, aside; no Sun; light that tells
        no slopes.

    Notes
    -----
    An image tells the slope along one direction, and a change of albedo looks like a slope. Ground
    that leans across the light all over looks level.
    """
    shown = show(image, view, sun, grid, slope_deg=slope_deg, sensed=sensed)
    known = shown.unknown == 0
    chance = probability(shown.features)
    # nothing is seen there
    chance[shown.shadow] = np.maximum(chance[shown.shadow], np.float32(LEAST_IN_SHADOW))
    chance[~known] = 1.0
    lost = np.where(known, 1.0, 0.0)
    return ImageHazards(
        grid,
        chance,
        _reasons(shown),
        (shown.east * lost).astype(np.float32),
        (shown.north * lost).astype(np.float32),
        (shown.relative * lost).astype(np.float32),
        int(np.count_nonzero(known)) / known.size,
    )


def _reasons(shown: Shown) -> NDArray[np.uint16]:
    """Return the flags of each cell."""
    seen = shown.features
    widest = seen.bowls[0]
    for each in seen.bowls[1:]:
        widest = np.maximum(widest, each)
    reasons = shown.unknown.copy()
    for flag, where in (
        (ImageReason.SHADOW, shown.shadow),
        (ImageReason.BRIGHT, shown.signal > shown.limit),
        (ImageReason.SLOPE, seen.slope > SLOPE_FROM),
        (ImageReason.ROUGH, seen.rough > ROUGH_FROM),
        (ImageReason.CRATER, widest > CRATER_FROM),
        (ImageReason.ROCK, seen.rock > ROCK_FROM),
    ):
        reasons[where & (shown.unknown == 0)] |= np.uint16(flag)
    return reasons
