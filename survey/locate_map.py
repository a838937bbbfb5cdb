"""An image map made of a user's own rasters: a DEM, and an ortho-image where there is one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ground.arcs import Arcs
from farside.raster.image import Image, open_image
from farside.raster.raster import MOON_RADIUS_M, Raster
from farside.raster.read import open_raster
from farside.survey.errors import SurveyError
from farside.vision.image_map import ImageMap, MapLevel

Array = NDArray[np.float64]

#: Cells along a side of the finest level at most.
MOST_SIDE: Final = 3000
#: A coarser level has so many cells of the finer one to a side, where that leaves enough.
_STEP, _LEAST_SIDE = 4, 96


def map_of_rasters(
    dem: str | Path,
    ortho: str | Path | None,
    place: tuple[float, float],
    half_m: float,
    sample_m: float,
) -> ImageMap:
    """Return an image map about a place.

    Parameters
    ----------
    dem : str or Path
        Heights in any lunar CRS.
    ortho : str or Path, optional
        An image with a lunar CRS: brightness where the DEM explains none. 1 everywhere without it.
    place : (latitude, longitude)
        Of the middle [deg]: the origin of the site frame, on the DEM.
    half_m : float
        Half the side of the map [m]; less where the DEM ends.
    sample_m : float
        Width of a pixel on the ground [m]: the map is no finer than half of it.

    Raises
    ------
    RasterError, SurveyError
        One line.
    """
    steps = np.linspace(-half_m, half_m, 81)
    rough = Arcs(*place, 90.0, MOON_RADIUS_M)
    around = rough.latlon(steps[None, :], steps[:, None])
    raster = open_raster(dem, place, (around[0].ravel(), around[1].ravel()))
    level = float(raster.sample(np.array([place[0]]), np.array([place[1]]))[0])
    arcs = Arcs(*place, 90.0, MOON_RADIUS_M + level)
    posting = raster.posting_m(*place)
    cell = max(posting, 0.5 * sample_m, 2.0 * half_m / MOST_SIDE)
    count = math.floor(half_m / cell)
    cell_arcs = cell * np.arange(-count, count + 1)
    latitude, longitude = arcs.latlon(cell_arcs[None, :], cell_arcs[:, None])
    heights, known = _heights(raster, latitude, longitude, level)
    albedo = np.full(heights.shape, 128, np.uint8)
    if ortho is not None:
        albedo = _albedo(open_image(ortho), latitude, longitude)
    albedo[~known] = 0
    finest = MapLevel(-count * cell, -count * cell, cell, max(posting, cell), 0.5 * posting,
                      heights, albedo)  # fmt: skip
    levels = [finest]
    while min(levels[0].heights.shape) // _STEP >= _LEAST_SIDE:
        levels.insert(0, _coarser(levels[0]))
    return ImageMap(
        MOON_RADIUS_M + level, MOON_RADIUS_M + level, (1.0, 0.0, 0.0), (0.0, 0.0, 0.0),
        (0.0, 0.0, 1.0), tuple(levels),
    )  # fmt: skip


def _heights(
    raster: Raster, latitude: Array, longitude: Array, level: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return heights above the middle's, 0 in holes, and where they are known."""
    sampled = raster.sample(latitude, longitude, cubic=True)
    known = np.isfinite(sampled)
    if int(known.sum()) < 0.05 * known.size:
        raise SurveyError(
            f"{raster.name}: does not cover what the camera may see; give a larger map or a "
            "better guess"
        )
    return np.where(known, sampled - level, 0.0).astype(np.float32), known


def _albedo(image: Image, latitude: Array, longitude: Array) -> NDArray[np.uint8]:
    """Return brightness of an ortho-image, its median at 128; 0 where it holds nothing."""
    if image.projection is None:
        raise SurveyError(f"{image.name}: names no place on the Moon; give an ortho-image")
    x, y = image.projection.from_degrees(longitude.ravel(), latitude.ravel())
    a, b, c, d, e, f = image.transform
    det = a * e - b * d
    col = (e * (x - c) - b * (y - f)) / det - 0.5
    row = (a * (y - f) - d * (x - c)) / det - 0.5
    grey = np.where(image.known, image.grey, 0).astype(np.float32)
    maps = [np.ascontiguousarray(p.reshape(latitude.shape), np.float32) for p in (col, row)]
    # as many pixels as a cell holds are averaged
    pixels = max(1, round(float(np.abs(np.diff(maps[0], axis=1)).mean())))
    smooth = cv2.blur(grey, (pixels, pixels)) if pixels > 1 else grey
    values = cv2.remap(smooth, maps[0], maps[1], cv2.INTER_LINEAR, borderValue=0.0)
    held = values > 0.0
    if int(held.sum()) < 0.05 * held.size:
        raise SurveyError(
            f"{image.name}: does not cover what the camera may see; give a larger one or none"
        )
    scaled = values * (128.0 / float(np.median(values[held])))
    return np.where(held, np.clip(np.rint(scaled), 1, 255), 0).astype(np.uint8)


def _coarser(level: MapLevel) -> MapLevel:
    """Return a level of means of 4 x 4 cells; unknown where one of them is."""
    rows, cols = (side // _STEP * _STEP for side in level.heights.shape)
    blocks = (rows // _STEP, _STEP, cols // _STEP, _STEP)
    heights = level.heights[:rows, :cols].reshape(blocks).mean(axis=(1, 3))
    albedo = level.albedo[:rows, :cols].reshape(blocks)
    mean = np.where(albedo.min(axis=(1, 3)) > 0, np.rint(albedo.mean(axis=(1, 3))), 0.0)
    cell, off = level.cell_m * _STEP, 0.5 * (_STEP - 1) * level.cell_m
    return MapLevel(
        level.u0_m + off, level.v0_m + off, cell, cell, level.height_sigma_m,
        heights.astype(np.float32), mean.astype(np.uint8),
    )  # fmt: skip
