"""Detectors to measure: ours, and what a user would build from OpenCV or a slope map.

Each takes a scene, and nothing that the scorer keeps, and gives a mask or probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.scenes.sampling import HOVER_M
from farside.scenes.scene import CELL_M, Scene
from farside.sensors.lidar import lidar_of
from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardLimits,
    LanderFootprint,
    assess,
    map_hazards,
)
from farside.terrain.conditions import Sensing

Mask = NDArray[np.bool_] | NDArray[np.float32]
Heights = NDArray[np.float32]
Stand = Literal["survivors", "none"]


def elevation_of(scene: Scene) -> ElevationMap:
    """Return a scene as the flight side's map: its rows run north."""
    return ElevationMap.from_array(scene.elevation_m[::-1], CELL_M, trusted=True)


def disc_hazards(scene: Scene, margin_m: float = 0.0) -> Mask:
    """Ours: exact slope and deviation of the footprint, the deviation kept a margin [m] inside."""
    hazards = scene.mission.hazards
    limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m - margin_m)
    found = map_hazards(elevation_of(scene), limits, hazards.footprint_m, 0.0)
    return np.ascontiguousarray(found.safe[::-1])


def odds(scene: Scene, stand: Stand) -> Mask:
    """Ours: the probability that the disc, or the disc and the legs, are safe there."""
    return np.ascontiguousarray(_assessed(scene, stand).probability[::-1])


def sure(scene: Scene, stand: Stand) -> Mask:
    """Ours: what nothing speaks against, the probability being 0.997 or more."""
    return np.ascontiguousarray(_assessed(scene, stand).safe[::-1])


@lru_cache(maxsize=2)
def _assessed(scene: Scene, stand: Stand) -> Assessment:
    hazards, sampling = scene.mission.hazards, scene.sampling
    spacing_m = lidar_of(scene.mission).spacing_m(HOVER_M) if sampling.kind == "lidar" else 0.0
    return assess(
        elevation_of(scene),
        LanderFootprint.of(scene.mission),
        HazardLimits(hazards.slope_deg, hazards.obstacle_m),
        sensing=Sensing(sampling.noise_m, spacing_m),
        leg_cells=stand,
    )


def opencv_hazards(scene: Scene) -> Mask:
    """OpenCV alone: the footprint's plane by filter2D, and deviation from a box's mean, dilated."""
    z, known = _filled(scene)
    hazards = scene.mission.hazards
    disc = _disc(hazards.footprint_m)
    span = np.arange(len(disc), dtype=np.float32) - len(disc) // 2
    moment = float(np.sum(disc * span**2))
    slopes = [
        cv2.filter2D(z, cv2.CV_32F, weights / moment / CELL_M)
        for weights in (disc * span, disc * span[:, None])
    ]
    deviation = cv2.dilate(np.abs(z - cv2.blur(z, disc.shape)), disc.astype(np.uint8))
    safe = np.hypot(*slopes) <= np.tan(np.radians(hazards.slope_deg))
    return _whole(safe & (deviation <= hazards.obstacle_m), known, disc)


def steepness_hazards(scene: Scene, under_footprint: bool) -> Mask:
    """Slope maps: of 3 x 3 cells (Horn), at the middle alone or everywhere under the footprint."""
    z, known = _filled(scene)
    hazards = scene.mission.hazards
    across, down = (
        cv2.Sobel(z, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=0.125 / CELL_M) for dx in (1, 0)
    )
    safe = np.hypot(across, down) <= np.tan(np.radians(hazards.slope_deg))
    disc = _disc(hazards.footprint_m)
    return _whole(safe, known & safe if under_footprint else known, disc)


DETECTORS: dict[str, Callable[[Scene], Mask]] = {
    "farside, disc": disc_hazards,
    "farside, disc, 3 cm inside": lambda scene: disc_hazards(scene, 0.03),
    "farside, odds of the disc": lambda scene: odds(scene, "none"),
    "farside, disc, 0.997 sure": lambda scene: sure(scene, "none"),
    "farside, odds of the stand": lambda scene: odds(scene, "survivors"),
    "farside, stand, 0.997 sure": lambda scene: sure(scene, "survivors"),
    "OpenCV: filter2D, box": opencv_hazards,
    "3 x 3 slope under the footprint": lambda scene: steepness_hazards(scene, True),
    "3 x 3 slope at the middle": lambda scene: steepness_hazards(scene, False),
}
PREDICTS = {"farside, odds of the disc": "disc", "farside, odds of the stand": "stand"}
"""The rule whose truth a detector's probability is of."""


def _disc(footprint_m: float) -> Heights:
    """Return the cells of a footprint as an image of ones."""
    radius = 0.5 * footprint_m / CELL_M
    span = np.arange(-int(radius), int(radius) + 1)
    square = radius**2 + 0.5 * radius
    return (span**2 + span[:, None] ** 2 <= square).astype(np.float32)


def _filled(scene: Scene) -> tuple[Heights, NDArray[np.bool_]]:
    """Return heights without holes, and where they were known."""
    known = np.isfinite(scene.elevation_m)
    middle = np.float32(np.median(scene.elevation_m[known]))
    return np.where(known, scene.elevation_m - middle, np.float32(0.0)), known


def _whole(safe: NDArray[np.bool_], good: NDArray[np.bool_], disc: Heights) -> NDArray[np.bool_]:
    """Keep what is safe and has good cells all over the footprint."""
    all_good = cv2.erode(good.view(np.uint8), disc.astype(np.uint8), borderValue=0)
    return safe & all_good.astype(np.bool_)
