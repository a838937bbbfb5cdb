"""What the shading of an image shows of each cell of the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntFlag

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.vision.bowl_cover import Cover, cover, responses, slope_levels
from farside.vision.errors import VisionError
from farside.vision.ground_view import GroundGrid, GroundImage, Unknown, lay_on_ground
from farside.vision.hazard_model import RADII_M, SHALLOW_RADII_M, Features, Scene
from farside.vision.level_ground import relative_brightness
from farside.vision.light import Light, light_of, unit_sun
from farside.vision.means import box_mean
from farside.vision.shading import slopes
from farside.vision.texture import neighbours, texture
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Brightness over level ground's below which a cell is in a cast shadow.
SHADOW = 0.25
#: Slopes of more are cut off: shadows and saturation are no slopes.
CUT = 0.7
#: Level ground of less, over the noise of a pixel, is too dark to tell.
LEAST_SIGNAL = 5.0
#: Share of the grid that must be known, and that may be saturated.
LEAST_KNOWN, MOST_SATURATED = 0.2, 0.5
#: 1 sigma of a slope's footprint, and half width of the window of roughness [m].
FOOTPRINT_SIGMA_M, ROUGH_HALF_M = 2.0, 20.0
#: Side of the square over which the slope along the light is averaged [m]; three cells at least.
FOOTPRINT_M = 5.0
#: The steepest slope of the shallow bowls that counts half, over the limit.
SHALLOW = 0.35
#: Rim radius of the mounds that stand for rocks [cells], and the steepest slope that counts half.
ROCK_CELLS, ROCK_SLOPE = 1.5, 0.2


class ImageReason(IntFlag):
    """What speaks against a cell; 0: nothing that the image shows."""

    NONE = 0
    SHADOW = 1  # cast: nothing is seen there
    BRIGHT = 2  # a face beyond the limit towards the light
    SLOPE = 4  # steeper than the limit
    ROUGH = 8  # rough or steep all about
    CRATER = 16  # in a bowl with steep walls
    ROCK = 32  # a mound of two pixels and more
    OUTSIDE = 64  # unknown: the image does not show it
    SATURATED = 128  # unknown: as bright as the detector tells
    DARK = 256  # unknown: too dark to tell


@dataclass(frozen=True)
class Sensed:
    """What is known of an image's numbers, and of the ground's albedo.

    Attributes
    ----------
    full_scale : float
        The number of a saturated pixel.
    noise : float
        1 sigma of a pixel's noise, as a share of the full scale.
    albedo : float
        1 sigma of the ground's albedo from cell to cell, as a share of it.
    """

    full_scale: float = 255.0
    noise: float = 0.005
    albedo: float = 0.03

    def __post_init__(self) -> None:
        """Check the numbers."""
        given = (self.full_scale, self.noise, self.albedo)
        if not all(math.isfinite(n) for n in given) or not (
            self.full_scale >= 1.0 and 0.0 < self.noise < 1.0 and 0.0 <= self.albedo < 1.0
        ):
            raise VisionError("full scale is 1 or more, noise 0 to 1 and albedo's spread below 1")


@dataclass(frozen=True, eq=False)
class Shown:
    """What an image shows; arrays are (cells, cells).

    Attributes
    ----------
    features : Features
    signal : ndarray
        Slope along the light.
    relative : ndarray
        Brightness over level ground's; 1 where unknown.
    east, north : ndarray
        Slopes over the footprint.
    shadow : ndarray of bool
        Cast shadows.
    unknown : ndarray of uint16
        Flags of `ImageReason`; 0 where known.
    limit : float
        Of a slope: rise over run.
    """

    features: Features
    signal: Array
    relative: Array
    east: Array
    north: Array
    shadow: NDArray[np.bool_]
    unknown: NDArray[np.uint16]
    limit: float


def show(
    image: ArrayLike,
    view: CameraView,
    sun: ArrayLike,
    grid: GroundGrid,
    *,
    slope_deg: float = 8.0,
    sensed: Sensed | None = None,
) -> Shown:
    """Return what an image shows of the cells of a grid; arguments as of `map_image_hazards`."""
    if not 0.0 < slope_deg < 60.0:
        raise VisionError(f"a slope limit of {slope_deg:g} deg; give 0 to 60")
    known_of = sensed or Sensed()
    light = light_of(view, grid, unit_sun(sun))
    laid = lay_on_ground(image, view, grid, known_of.full_scale)
    state = _unknown(laid, light, known_of)
    known = state == 0
    relative = relative_brightness(laid.brightness, light.level, known)
    signal = np.where(known, (relative - 1.0) / light.gain, 0.0)
    signal = np.clip(signal, -CUT, CUT)
    limit = deterministic.tan(math.radians(slope_deg))
    shadow = known & (relative < SHADOW)
    features, east, north = _features(signal, relative, shadow, laid, light, (limit, known_of))
    return Shown(features, signal, relative, east, north, shadow, state, limit)


def _unknown(laid: GroundImage, light: Light, sensed: Sensed) -> NDArray[np.uint16]:
    """Return the reasons why cells are unknown; refuse an image that shows nothing."""
    outside = (laid.unknown & np.uint8(Unknown.OUTSIDE)) != 0
    full = (laid.unknown & np.uint8(Unknown.SATURATED)) != 0
    cells = full.size
    if np.count_nonzero(full) > MOST_SATURATED * cells:
        raise VisionError("most of the ground is saturated in the image; expose it for less time")
    inside = ~(outside | full)
    share = int(np.count_nonzero(inside)) / cells
    if share < LEAST_KNOWN:
        raise VisionError(
            f"the image shows {100.0 * share:.0f} % of the ground looked at; point the camera at "
            "it, or look from further away"
        )
    values = laid.brightness[inside]
    noise = sensed.noise * sensed.full_scale / laid.averaged
    low, middle, high = np.percentile(values, (1.0, 50.0, 99.0), method="nearest").tolist()
    dark = (
        f"the image is dark: {high:.3g} of {sensed.full_scale:g} at most, with a noise of "
        f"{noise:.2g}; expose it for longer, or check the Sun"
    )
    if not high > LEAST_SIGNAL * noise:
        raise VisionError(dark)
    if not high - low > 0.0:
        raise VisionError("the ground is of one grey all over; there is nothing to find in it")
    state = np.zeros(full.shape, np.uint16)
    state[outside] = ImageReason.OUTSIDE
    state[full] = ImageReason.SATURATED
    # level ground of the image's own brightness
    here = light.level[inside]
    level = middle / float(np.percentile(here, 50.0, method="nearest")) * light.level
    state[inside & (level < LEAST_SIGNAL * noise)] = ImageReason.DARK
    if np.count_nonzero(state == 0) < LEAST_KNOWN * cells:
        raise VisionError(dark)
    return state


def _features(
    signal: Array,
    relative: Array,
    shadow: NDArray[np.bool_],
    laid: GroundImage,
    light: Light,
    ground: tuple[float, Sensed],
) -> tuple[Features, Array, Array]:
    """Return what the shading shows, and the slopes east and north."""
    limit, sensed = ground
    cell = laid.grid.cell_m
    gain = light.middle_gain
    level = float(np.percentile(laid.brightness[~shadow], 50.0, method="nearest"))
    pixel = sensed.noise * sensed.full_scale / laid.averaged / max(level, 1e-6)
    spread = (sensed.albedo * sensed.albedo + pixel * pixel) / (gain * gain)
    whole = np.rint(np.clip(signal, -0.5, 0.5) * 1e4).astype(np.int64)
    square = int((whole * whole).sum()) / whole.size * 1e-8
    share = min(spread / max(square, 1e-9), 0.75)
    noise = min(max(share / (1.0 - share), 0.02), 3.0)
    east, north = slopes(signal, light.toward, noise, FOOTPRINT_SIGMA_M / cell)
    steep = np.sqrt(east * east + north * north) / limit
    hollow = np.zeros_like(steep)
    hollow[:, 1:-1] += east[:, 2:] - east[:, :-2]
    hollow[1:-1] += north[2:] - north[:-2]
    bowls, shallow, rock = _covers(signal, light, limit, cell)
    seen = Features(
        bowls,
        shallow,
        rock,
        steep,
        np.abs(box_mean(signal, max(int(0.5 * FOOTPRINT_M / cell + 0.5), 1))) / limit,
        np.sqrt(box_mean(steep * steep, max(int(ROUGH_HALF_M / cell + 0.5), 1))),
        hollow * (0.5 * 50.0 / cell / limit),
        cv2.dilate(shadow.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float64),
        texture(signal / limit, relative, light.toward, cell),
        neighbours(signal / limit, light.toward, cell),
        Scene.of(signal / limit, gain, noise, (laid.sample_m, cell)),
    )
    return seen, east, north


def _covers(
    signal: Array, light: Light, limit: float, cell_m: float
) -> tuple[tuple[Cover, ...], tuple[Cover, ...], Cover]:
    """Return the covers by bowls, by bowls of which shallow ones count, and by mounds."""
    levels = [slope_levels(signal)]
    parts: list[Cover] = []
    for radii, slope in ((RADII_M, limit), (SHALLOW_RADII_M, SHALLOW * limit)):
        for radius in radii:
            found, step = responses(levels, radius / cell_m, light.toward, slope)
            parts.append(cover(found, step, radius / cell_m, signal.shape))
    mound, step = responses(levels, ROCK_CELLS, light.toward, ROCK_SLOPE)
    n = len(RADII_M)
    rock = cover(-mound, step, ROCK_CELLS, signal.shape)
    return tuple(parts[:n]), tuple(parts[n:]), rock
