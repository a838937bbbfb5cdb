"""Where on the map a camera looks, and how far its view may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.relief import Window
from farside.vision.view import CameraView

Array = NDArray[np.float64]

#: Rays along a side of the image.
_RAYS: Final = 9
#: Ground seen flatter than this is left out: sine of the ray's elevation.
_FLATTEST: Final = 0.25
#: Cells of a window: a larger one is for a coarser level.
MOST_CELLS: Final = 3 * 10**6


@dataclass(frozen=True)
class Footprint:
    """The ground in view.

    Attributes
    ----------
    low, high : tuple of float
        Least and greatest arcs u, v [m].
    middle : tuple of float
        Arcs u, v [m] of the ground under the middle of the rays that meet it.
    range_m : float
        To it [m].
    sample_m : float
        Width of a pixel there [m], across the ray.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    middle: tuple[float, float]
    range_m: float
    sample_m: float


def footprint(image_map: ImageMap, view: CameraView) -> Footprint | None:
    """Return the ground in view, or None where the rays miss it or graze it.

    Parameters
    ----------
    image_map : ImageMap
        Its coarsest level gives the height.
    view : CameraView
    """
    pinhole, level = view.pinhole, image_map.levels[0]
    part = np.arange(_RAYS) / (_RAYS - 1.0)
    x, y = np.meshgrid(part * (pinhole.columns - 1), part * (pinhole.rows - 1))
    rays = view.rays(np.stack([x.ravel(), y.ravel()], axis=-1))
    u, v, above = (float(part[0]) for part in image_map.arcs(view.r_site[None, :]))
    ground = float(level.height_at(u, v))
    if not above - ground > 1.0:
        return None
    for _ in range(2):
        # | centre + t ray | = radius
        centre = view.r_site + np.array([0.0, 0.0, image_map.radius_m])
        radius = image_map.radius_m + ground
        b = deterministic.product(rays, centre)
        under = b * b - (deterministic.dot(centre, centre) - radius * radius)
        # steeper than the flattest: the cosine at the ground is sqrt(under) / radius
        meets = np.isfinite(b) & (b < 0.0) & (under > (_FLATTEST * radius) ** 2)
        if int(meets.sum()) < 4:
            return None
        far = -b[meets] - np.sqrt(under[meets])
        us, vs, _ = image_map.arcs(view.r_site + far[:, None] * rays[meets])
        ground = float(np.median(level.height_at(us, vs)))
    order = np.argsort(far, kind="stable")
    k = int(order[len(order) // 2])
    return Footprint(
        (float(us.min()), float(vs.min())),
        (float(us.max()), float(vs.max())),
        (float(np.median(us)), float(np.median(vs))),
        float(far[k]),
        float(far[k]) / pinhole.focal_px[0],
    )


def ground_sigma(
    image_map: ImageMap, view: CameraView, seen: Footprint, covariance: Array
) -> tuple[float, float]:
    """Return 1 sigma [m] along u and v of where the middle of the view is, map error included.

    Parameters
    ----------
    image_map : ImageMap
    view : CameraView
    seen : Footprint
    covariance : ndarray, (6, 6)
        Of position [m] and rotation vector [rad], site frame.
    """
    middle = image_map.points([seen.middle[0]], [seen.middle[1]], [0.0])[0]
    ray = middle - view.r_site
    down = min(float(ray[2]), -1.0)
    slope = ray / down
    # a point on the ground moves with r, with theta x ray, and slides along the ray to the ground
    moves = np.zeros((3, 6))
    moves[:, :3] = np.eye(3)
    x, y, z = ray.tolist()
    moves[:, 3:] = [[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]]
    slide = np.eye(3)
    slide[:, 2] -= slope
    moves = deterministic.product(image_map.axes[:2], deterministic.product(slide, moves))
    spread = deterministic.product(deterministic.product(moves, covariance), moves.T)
    tie = image_map.registration_sigma_m
    level = max(tie[0], tie[1])
    return (
        math.sqrt(max(float(spread[0, 0]), 0.0) + level * level),
        math.sqrt(max(float(spread[1, 1]), 0.0) + level * level),
    )


def window_of(
    level: MapLevel, seen: Footprint, margin_m: tuple[float, float]
) -> tuple[Window, float] | None:
    """Return a footprint's window of a level, and the share of it that the level holds.

    Parameters
    ----------
    level : MapLevel
    seen : Footprint
    margin_m : (along u, along v)
        Around the footprint [m].

    Returns
    -------
    window, share
        None where too little is left.
    """
    rows, cols = level.heights.shape
    col = math.floor((seen.low[0] - margin_m[0] - level.u0_m) / level.cell_m)
    col_end = math.ceil((seen.high[0] + margin_m[0] - level.u0_m) / level.cell_m) + 1
    row = math.floor((seen.low[1] - margin_m[1] - level.v0_m) / level.cell_m)
    row_end = math.ceil((seen.high[1] + margin_m[1] - level.v0_m) / level.cell_m) + 1
    whole = float(col_end - col) * float(row_end - row)
    held = Window(max(row, 0), min(row_end, rows), max(col, 0), min(col_end, cols))
    if held.row_end - held.row < 32 or held.col_end - held.col < 32:
        return None
    cells = (held.row_end - held.row) * (held.col_end - held.col)
    return held, cells / whole
