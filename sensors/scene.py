"""The ground before a camera: its windows, their shadows and their light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.sensors.view import View
from farside.ground import Ground
from farside.ground.grid import Grid
from farside.ground.lattice import Block, Heights, cell_of
from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole
from farside.sensors.photometry import Law, Regolith, law, law_setup
from farside.sensors.sunlight import Slant, shade, slant_at
from farside.sensors.view_plan import TILE, Plan, plan_windows
from farside.sensors.viewpoint import PERFECT, Mounting, Pose, ViewError, Viewpoint, viewpoint

Array = NDArray[np.float64]
Window = tuple[int, int, int, int]

#: Rays of a pixel, each way.
SAMPLES: Final = 2
#: Samples of a frame at most: their rays are kept, 8 bytes each.
SAMPLES_MOST: Final = 2**26


@dataclass(frozen=True, eq=False)
class Scene:
    """The ground before a camera, ready to be looked at.

    Attributes
    ----------
    view : Viewpoint
    pinhole : Pinhole
    slant : Slant
        The Sun over the camera's own arcs.
    law : Law
        How the ground scatters.
    albedo : float
        Mean albedo of the ground over the law's.
    lanes : View or None
        The kernels'; None where there is nothing but sky.
    plan : Plan or None
        Its windows.
    """

    view: Viewpoint
    pinhole: Pinhole
    slant: Slant
    law: Law
    albedo: float
    lanes: View | None
    plan: Plan | None

    @property
    def distance_m(self) -> Array:
        """Range [m] to the ground at every TILE-th pixel and the last, (m, n); NaN in the sky."""
        if self.plan is None:
            shape = [-(-side // TILE) + 1 for side in (self.pinhole.rows, self.pinhole.columns)]
            return np.full(shape, np.nan)
        return self.plan.distance_m

    def radiance_factor(self, window: Window, samples: int = SAMPLES) -> NDArray[np.float32]:
        """Return I/F of the pixels of a rectangle (row, column, rows, columns), shadows included."""
        row, col, rows, cols = window
        out = np.zeros((rows, cols), np.float32)
        if self.lanes is not None and self.plan is not None:
            rays = _rays(self.pinhole, samples)
            self.lanes.render(rays, self.plan.first, TILE, samples, row, col, out)
        return out

    def truth(self, window: Window) -> Truth:
        """Return what the middle of each pixel of a rectangle looks at."""
        row, col, rows, cols = window
        made = np.full((5, rows, cols), np.nan, np.float32)
        rays = _rays(self.pinhole, 1)
        if self.lanes is not None and self.plan is not None:
            self.lanes.trace(rays, self.plan.first, TILE, row, col, made)
        x, y = rays[:, row : row + rows, col : col + cols].astype(np.float64)
        range_m = made[0].astype(np.float64)
        depth = range_m / np.sqrt(1.0 + x * x + y * y)
        axes = self.view.axes_site
        points = [
            self.view.r_site[k] + depth * (axes[0, k] * x + axes[1, k] * y + axes[2, k])
            for k in range(3)
        ]
        return Truth(
            depth_m=depth,
            range_m=range_m,
            u_m=self.view.u + made[1].astype(np.float64),
            v_m=self.view.v + made[2].astype(np.float64),
            points_site=np.stack(points, axis=-1),
            radiance_factor=made[3],
            lit=made[4],
        )


@dataclass(frozen=True, eq=False)
class Truth:
    """What the middle of each pixel looks at; NaN in the sky.

    Attributes
    ----------
    depth_m : ndarray, (rows, columns)
        Along the camera's z axis [m].
    range_m : ndarray
        Along the pixel's ray [m].
    u_m, v_m : ndarray
        Arcs about the site [m].
    points_site : ndarray, (rows, columns, 3)
        East, north, up [m].
    radiance_factor : ndarray, float32
        I/F, shadows included.
    lit : ndarray, float32
        Share of the Sun's disc that is seen from there over the relief, 0 to 1.
    """

    depth_m: Array
    range_m: Array
    u_m: Array
    v_m: Array
    points_site: Array
    radiance_factor: NDArray[np.float32]
    lit: NDArray[np.float32]


def look(
    ground: Ground,
    camera: Camera,
    pose: Pose,
    sun: ArrayLike,
    *,
    photometry: str = "hapke",
    regolith: Regolith | None = None,
    mounting: Mounting = PERFECT,
) -> Scene:
    """Lay the ground before a camera: windows, shadows, law.

    Parameters
    ----------
    ground : Ground
    camera : Camera
    pose : Pose
        Of the lens, and of the body that carries it.
    sun : array_like, (3,)
        Direction of the Sun, site frame.
    photometry : str
        Law by name: `farside.sensors.photometry.law`.
    regolith : Regolith, optional
        Its parameters.
    mounting : Mounting
        Its errors.

    Returns
    -------
    Scene

    Raises
    ------
    ViewError, PhotometryError
        One line: a pose under the ground, a Sun that is no direction, a law there is none of.
    """
    toward = _sun_unit(sun)
    chosen = law(photometry, regolith)
    pinhole = camera.pinhole
    if pinhole.columns * pinhole.rows * SAMPLES**2 > SAMPLES_MOST:
        raise ViewError(
            f"{pinhole.columns} x {pinhole.rows} pixels: {SAMPLES_MOST // SAMPLES**2} at most"
        )
    view = viewpoint(ground.arcs, ground.radius_m, camera, pose, mounting)
    slant = slant_at(ground.arcs, toward, view.u, view.v)
    plan = plan_windows(ground.model, view, pinhole, slant, _DETAIL_M)
    lanes = None if plan is None else _lay(ground, view, plan, toward, chosen)
    albedo = ground.albedo_mean / chosen.normal_albedo
    return Scene(view, pinhole, slant, chosen, albedo, lanes, plan)


#: About the site the model of the flight holds the ground's detail so far at least [m].
_DETAIL_M = 4000.0


def _sun_unit(sun: ArrayLike) -> Array:
    """Return the Sun's direction as a unit vector."""
    s = np.asarray(sun, np.float64)
    size = deterministic.length(s) if s.shape == (3,) else math.nan
    if not (math.isfinite(size) and size > 1e-6):
        raise ViewError(f"sun {sun}: give a direction east, north, up")
    return np.asarray(s / size)


def _lay(ground: Ground, view: Viewpoint, plan: Plan, sun: Array, chosen: Law) -> View:
    """Rasterise the windows, find their shadows, and give all of it to the kernels."""

    def source(level: int, block: Block) -> Heights:
        return ground.window(level, block).heights

    lanes = View(view.lanes(sun), **law_setup(chosen))
    arc_m = ground.arcs.arc_m
    tops: tuple[float, float] | None = None
    made = []
    for level, block in reversed(plan.windows):
        grid = ground.window(level, block)
        z = grid.heights
        _check_above(view, grid)
        tops = tops or (float(z.min()), float(z.max()))
        lit = shade(source, ground.arcs, sun, level, block, z, tops)
        cell = cell_of(level)
        middle_v = 0.5 * cell * (block.row + block.row_end - 1)
        stretch = arc_m / (arc_m + 0.5 * float(z.min() + z.max())) / cell
        place = {
            "off_u": grid.u0 - view.u,
            "off_v": grid.v0 - view.v,
            "per_cell": 1.0 / cell,
            "stretch_u": stretch / deterministic.cos(middle_v / arc_m),
            "stretch_v": stretch,
            "per_albedo": 1.0 / chosen.normal_albedo,
        }
        albedo = ground.albedo(level, block)
        made.append((z, grid.block_max, lit.upper, lit.lower, albedo, place))
    for window in reversed(made):
        lanes.add(*window)
    return lanes


def _check_above(view: Viewpoint, grid: Grid) -> None:
    """Refuse a camera under the ground of a window."""
    x, y = (view.u - grid.u0) / grid.cell, (view.v - grid.v0) / grid.cell
    rows, cols = grid.heights.shape
    if not (0.0 <= x < cols - 1 and 0.0 <= y < rows - 1):
        return
    i, j = int(x), int(y)
    cell = grid.heights[j : j + 2, i : i + 2].astype(np.float64)
    low, high = cell[:, 0] * (1.0 - x + i) + cell[:, 1] * (x - i)
    below = view.height_m - (low * (1.0 - y + j) + high * (y - j))
    if not below > 0.0:
        raise ViewError(f"the camera is {-below:.1f} m under the ground; raise the up of r_site")


@lru_cache(maxsize=4)
def _rays(pinhole: Pinhole, samples: int) -> NDArray[np.float32]:
    """Return x / z and y / z of the samples of all pixels, (2, rows, columns to a multiple of 16)."""
    rows, cols = pinhole.rows * samples, pinhole.columns * samples
    wide = -(-cols // 16) * 16
    out = np.empty((2, rows, wide), np.float32)
    off = 0.5 / samples - 0.5
    x = np.minimum(np.arange(wide), cols - 1) / samples + off
    for row in range(rows):
        px = np.stack([x, np.full(wide, row / samples + off)], axis=1)
        rays = pinhole.rays(px)
        out[:, row] = (rays[:, :2] / rays[:, 2:]).T
    return out
