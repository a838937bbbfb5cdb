"""Craters of a camera's image, found on the map's grid: there they are circles of known size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.azimuth import sun_azimuth
from farside.vision.bowl_cover import RIM
from farside.vision.correlation import FIRST_PX
from farside.vision.crater_bowls import LEAST_RESOLUTIONS
from farside.vision.craters import RIM as IMAGE_RIM
from farside.vision.craters import RIM_FALL, RIM_LEAST, TOWARDS, find_craters
from farside.vision.errors import VisionError
from farside.vision.footprint import Footprint, footprint, window_of
from farside.vision.grey import grey_levels
from farside.vision.image_map import LEAST_SIDE, ImageMap, MapLevel
from farside.vision.relief import Grey, Grid, Window, lay
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: A crater of an image: middle [px], rim radius [px], confidence (0 to 1).
DETECTION: Final = np.dtype([("px", "f8", 2), ("radius_px", "f8"), ("confidence", "f8")])
#: Cells of a grid on which craters are looked for: 0.3 s.
MOST_CELLS: Final = 280_000
#: A cell is this share of a pixel on the ground at least.
_FINEST: Final = 0.7
#: Rim diameters are looked for up to this share of the grid's shorter side.
_WIDEST: Final = 0.25
LEAST_CONFIDENCE: Final = 0.5
#: Contrast from which the shading's own azimuth is sure, and how far off it is another Sun's [deg].
_PLAIN, _OTHER_DEG = 2.0, 60.0


@dataclass(frozen=True, eq=False)
class SeenCraters:
    """The craters of an image, the surest first, where the estimate has them.

    Attributes
    ----------
    detections : ndarray of DETECTION, (n,)
    u_m, v_m : ndarray, (n,)
        Arcs [m] of where the estimate puts them.
    radius_m : ndarray, (n,)
        Rims [m], at the estimate's range.
    cell_m : float
        Of the grid on which they were found.
    radii_m : (smallest, greatest)
        Rims [m] that were looked for.
    other_light : bool
        The shading says plainly that the Sun stands elsewhere: then bowls lie beside what is found.
    """

    detections: NDArray[np.void]
    u_m: Array
    v_m: Array
    radius_m: Array
    cell_m: float
    radii_m: tuple[float, float]
    other_light: bool = False

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.detections)


def coarser(level: MapLevel) -> MapLevel:
    """Return a level with every second of its nodes."""
    cell = 2.0 * level.cell_m
    return replace(
        level,
        cell_m=cell,
        resolution_m=max(level.resolution_m, cell),
        heights=np.ascontiguousarray(level.heights[::2, ::2]),
        albedo=np.ascontiguousarray(level.albedo[::2, ::2]),
    )


def grid_for(image_map: ImageMap, seen: Footprint) -> Grid | None:
    """Return the finest grid about a footprint that suits camera, map and time; None for none.

    Parameters
    ----------
    image_map : ImageMap
    seen : Footprint
    """
    best: tuple[float, Grid] | None = None
    for level in image_map.levels:
        tried: MapLevel | None = level
        for _ in range(4):
            if tried is None:
                break
            held = window_of(tried, seen, (0.0, 0.0))
            if held is not None and held[1] > 0.5:
                window = held[0]
                cells = (window.row_end - window.row) * (window.col_end - window.col)
                fine = FIRST_PX * tried.cell_m >= 0.999 * LEAST_RESOLUTIONS * level.resolution_m
                suits = cells <= MOST_CELLS and tried.cell_m >= _FINEST * seen.sample_m
                if suits and (fine or tried.cell_m >= level.resolution_m / 2.0):
                    if best is None or tried.cell_m < best[0]:
                        best = tried.cell_m, Grid.of(image_map, tried, window)
                    break
            wide = min(tried.heights.shape) >= 2 * LEAST_SIDE
            tried = coarser(tried) if wide else None
    return None if best is None else best[1]


def see_craters(
    grid: Grid,
    view: CameraView,
    images: list[Grey],
    sun_site: Array,
    least: float = LEAST_CONFIDENCE,
) -> SeenCraters | None:
    """Return the craters of an image, found on a grid; None where it shows nothing there.

    Parameters
    ----------
    grid : Grid
    view : CameraView
        Where the camera is thought to be.
    images : list of ndarray, uint16
        The image, then its halves; 0 is unknown.
    sun_site : ndarray, (3,)
        Unit vector to the Sun.
    least : float
        Least confidence, 0.3 to 1.
    """
    laid, cell = lay(grid, view, images), grid.level.cell_m
    known = laid > 0
    widest = _WIDEST * min(laid.shape)
    told_deg = sun_azimuth_deg(grid, sun_site)
    try:
        grey = grey_levels(laid, known)
        found = find_craters(
            laid, sun_azimuth_deg=told_deg, least=least, known=known,
            widest_px=widest,
        )  # fmt: skip
    except VisionError:
        return None
    shown = sun_azimuth(grey.levels, grey.floor)
    off_deg = abs((shown.azimuth_deg - told_deg + 180.0) % 360.0 - 180.0)
    other = shown.contrast >= _PLAIN and off_deg > _OTHER_DEG
    turn = turn_radius(np.sqrt(found.semi_major_px * found.semi_minor_px))
    kept = _whole(known, found.x_px, found.y_px, turn) & (2.0 * RIM * turn <= widest)
    x, y, turn = found.x_px[kept], found.y_px[kept], turn[kept]
    # the rim that people draw lies towards the Sun; the bowl of the heights does not
    away = math.radians(found.sun.azimuth_deg)
    x = x - TOWARDS * turn * deterministic.sin(away)
    y = y + TOWARDS * turn * deterministic.cos(away)
    u, v = grid.arcs(y, x)
    places = grid.image_map.points(u, v, grid.level.height_at(u, v))
    radius = RIM * cell * turn
    detections = np.zeros(len(x), DETECTION)
    detections["px"] = view.project(places)
    far = deterministic.lengths(places - view.r_site)
    detections["radius_px"] = radius * view.pinhole.focal_px[0] / far
    detections["confidence"] = found.confidence[kept]
    inside = np.isfinite(detections["px"]).all(axis=1)
    radii = RIM * FIRST_PX * cell, 0.5 * widest * cell
    return SeenCraters(detections[inside], u[inside], v[inside], radius[inside], cell, radii, other)


def turn_radius(rim: Array) -> Array:
    """Return the radii at which the slope turns of the rims that `find_craters` gives [px].

    rim = t (RIM - RIM_FALL (t - 3)), its factor RIM_LEAST at least: the smaller root for t.
    """
    whole = IMAGE_RIM + 3.0 * RIM_FALL
    root = np.sqrt(np.maximum(whole * whole - 4.0 * RIM_FALL * rim, 0.0))
    near = (whole - root) / (2.0 * RIM_FALL)
    last = (whole - RIM_LEAST) / RIM_FALL
    return np.asarray(np.where(near <= last, np.minimum(near, rim / RIM_LEAST), rim / RIM_LEAST))


def sun_azimuth_deg(grid: Grid, sun_site: Array) -> float:
    """Return the Sun's azimuth on a grid [deg], clockwise from row 0 seen with columns rightward.

    It is that of the grid's middle: along a track of 100 km it turns by degrees.
    """
    along, across, up = deterministic.product(grid.image_map.axes, sun_site).tolist()
    cos_phi, sin_phi = grid.columns[len(grid.columns) // 2].tolist()
    cos_theta, sin_theta = grid.rows[len(grid.rows) // 2].tolist()
    right = along * cos_phi - up * sin_phi
    level = along * sin_phi + up * cos_phi
    down = across * cos_theta - level * sin_theta
    return math.degrees(deterministic.angle_of(right, -down))


def _whole(known: NDArray[np.bool_], x: Array, y: Array, turn: Array) -> NDArray[np.bool_]:
    """Return which bowls lie wholly on what is known."""
    edged = np.pad(known.astype(np.uint8), 1)
    distance = cv2.distanceTransform(edged, cv2.DIST_C, 3)[1:-1, 1:-1]
    rows = np.clip(np.rint(y).astype(np.intp), 0, known.shape[0] - 1)
    cols = np.clip(np.rint(x).astype(np.intp), 0, known.shape[1] - 1)
    return np.asarray(distance[rows, cols] >= turn)


def flat_grid(image_map: ImageMap, view: CameraView, height_m: float) -> Grid | None:
    """Return a grid of level ground beneath a camera that may be anywhere; None where it looks up.

    Parameters
    ----------
    image_map : ImageMap
        Whose arcs it has; its heights are not used.
    view : CameraView
    height_m : float
        Of the ground, above the datum's radius.
    """

    def level(u0_m: float, v0_m: float, cell_m: float, shape: tuple[int, int]) -> MapLevel:
        heights = np.full(shape, height_m, np.float32)
        return MapLevel(u0_m, v0_m, cell_m, cell_m, 0.0, heights, np.full(shape, 128, np.uint8))

    flat = replace(image_map, levels=(level(0.0, 0.0, 1.0, (LEAST_SIDE, LEAST_SIDE)),))
    seen = footprint(flat, view)
    if seen is None:
        return None
    sides = seen.high[0] - seen.low[0], seen.high[1] - seen.low[1]
    cell_m = max(_FINEST * seen.sample_m, math.sqrt(sides[0] * sides[1] / MOST_CELLS))
    if not cell_m < 10000.0:
        return None
    cols, rows = (max(int(side / cell_m) + 2, LEAST_SIDE) for side in sides)
    if rows * cols > 4 * MOST_CELLS:
        return None
    ground = level(seen.low[0], seen.low[1], cell_m, (rows, cols))
    return Grid.of(image_map, ground, Window(0, rows, 0, cols))
