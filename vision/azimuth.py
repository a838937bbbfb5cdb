"""The Sun's azimuth from an image's own shading."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common.deterministic import angle_of, arctan2, cos, dot, sin
from farside.vision.bowl import bowl
from farside.vision.correlation import correlated, halved
from farside.vision.grey import Levels

#: Bowls by which the Sun is looked for [px of a level], and the correlation that counts.
RADII_PX, COUNTS = (4.0, 6.0), 0.6
#: Sectors of the circle, and those on each side that make up a sum: 35 degrees in all.
SECTORS, BESIDE = 72, 3
#: Sectors from the best one beyond which a second one would be another Sun: 30 degrees.
APART = 6


@dataclass(frozen=True)
class SunAzimuth:
    """Where the light comes from.

    Attributes
    ----------
    azimuth_deg : float
        Clockwise from the image's upper edge, towards the Sun.
    contrast : float
        Weight of the bowls that agree with it over that of the best other direction, more than 30
        degrees away [-]; inf where the azimuth was given, or no bowl speaks for another. Below 2 it
        is a guess.

    Examples
    --------
    >>> import math
    >>> from farside.vision import SunAzimuth
    >>> sun = SunAzimuth(azimuth_deg=270.0, contrast=math.inf)  # on the left
    >>> round(math.degrees(sun.bright_rad) % 360.0)  # the right wall is bright
    0
    """

    azimuth_deg: float
    contrast: float

    @property
    def bright_rad(self) -> float:
        """Direction of a crater's bright wall [rad], from the right, clockwise."""
        return math.radians(self.azimuth_deg + 90.0)


def sun_azimuth(image: Levels, floor: float) -> SunAzimuth:
    """Return the azimuth by which most of an image's bowls are lit.

    Each bowl says where its bright wall is: the direction of the two components' correlation. A
    mound looks like a bowl with the Sun opposite; on the Moon craters outnumber mounds.
    """
    bright, weight = (np.concatenate(parts) for parts in zip(*_votes(image, floor), strict=True))
    sector = np.floor((bright / (2.0 * math.pi) + 1.0) * SECTORS).astype(int) % SECTORS
    counts = np.zeros(SECTORS)
    np.add.at(counts, sector, weight)
    sums = np.stack([np.roll(counts, k) for k in range(-BESIDE, BESIDE + 1)]).sum(axis=0)
    best = int(np.argmax(sums))
    if not sums[best] > 0.0:
        return SunAzimuth(0.0, 1.0)
    other = float(sums[_apart(np.arange(SECTORS), best) >= APART].max())
    near = _apart(sector, best) < APART
    east, south = (float(dot(weight[near], f(bright[near]))) for f in (cos, sin))
    middle = math.degrees(angle_of(south, east))
    return SunAzimuth((middle - 90.0) % 360.0, float(sums[best]) / other if other else math.inf)


def _apart(sector: NDArray[np.int_], best: int) -> NDArray[np.int_]:
    """Return how many sectors lie between each and the best one."""
    return np.abs((sector - best + SECTORS // 2) % SECTORS - SECTORS // 2)


def _votes(
    image: Levels, floor: float
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield direction of the bright wall [rad] and weight of the bowls of each size."""
    for level in (image, halved(image)):
        for radius in RADII_PX:
            right, down = correlated(level, bowl(radius), floor)
            strong = np.sqrt(right * right + down * down)
            peak = (strong == cv2.dilate(strong, np.ones((5, 5), np.uint8))) & (strong > COUNTS)
            bright = arctan2(down[peak].astype(np.float64), right[peak].astype(np.float64))
            yield bright, strong[peak].astype(np.float64) - COUNTS
