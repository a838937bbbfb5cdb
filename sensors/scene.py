"""The ground before a camera: its windows, their shadows and their light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.threads import beside, in_bands
from farside.ext.sensors.view import View
from farside.ground import Ground
from farside.ground.grid import Grid
from farside.ground.lattice import Block, Heights
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
#: Height of a camera at most [m]: 60 deg off nadir is then within what windows reach.
HIGHEST_M: Final = 200e3
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
        """Return I/F of a rectangle (row, column, rows, columns) of pixels, shadows included."""
        row, col, rows, cols = window
        out = np.zeros((rows, cols), np.float32)
        if self.lanes is not None and self.plan is not None:
            rays = _rays(self.pinhole, samples)
            lanes, first = self.lanes, self.plan.first

            def band(top: int, end: int) -> None:
                lanes.render(rays, first, TILE, samples, row + top, col, out[top:end])

            in_bands(rows, band)
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
    if view.height_m > HIGHEST_M:
        raise ViewError(
            f"the camera is {view.height_m / 1e3:.0f} km up; there is ground for pictures from "
            f"{HIGHEST_M / 1e3:.0f} km at most"
        )
    slant = slant_at(ground.arcs, toward, view.u, view.v)
    plan = plan_windows(ground, view, pinhole, slant)
    lanes = None if plan is None else _lay(ground, view, plan, toward, chosen)
    albedo = ground.albedo_mean / chosen.normal_albedo
    return Scene(view, pinhole, slant, chosen, albedo, lanes, plan)


def _sun_unit(sun: ArrayLike) -> Array:
    """Return the Sun's direction as a unit vector."""
    s = np.asarray(sun, np.float64)
    size = deterministic.length(s) if s.shape == (3,) else math.nan
    if not (math.isfinite(size) and size > 1e-6):
        raise ViewError(f"sun {s.tolist()}: give a direction east, north, up")
    return np.asarray(s / size)


def _lay(ground: Ground, view: Viewpoint, plan: Plan, sun: Array, chosen: Law) -> View:
    """Rasterise the windows, find their shadows, and give all of it to the kernels."""

    def source(level: int, block: Block) -> Heights:
        return ground.window(level, block).heights

    lanes = View(view.lanes(sun), **law_setup(chosen))
    tops: tuple[float, float] | None = None
    made: list[tuple[Any, ...]] = []
    with beside() as begin:
        # a third of the work, and it does not rest on the heights
        albedos = [begin(ground.albedo, *window) for window in reversed(plan.windows)]
        for level, block in reversed(plan.windows):
            grid = ground.window(level, block)
            z = grid.heights
            _check_above(view, grid)
            tops = tops or (float(z.min()), float(z.max()))
            lit = shade(source, ground.arcs, sun, level, block, z, tops)
            place = _place(ground.arcs.arc_m, view, grid, block)
            place["per_albedo"] = 1.0 / chosen.normal_albedo
            made.append((z, grid.block_max, lit.upper, lit.lower, albedos[len(made)], place))
    for z, block_max, upper, lower, albedo, place in reversed(made):
        lanes.add(z, block_max, upper, lower, albedo(), place)
    return lanes


def _place(arc_m: float, view: Viewpoint, grid: Grid, block: Block) -> dict[str, float]:
    """Return where a window lies, and what its slopes are to be stretched by."""
    cell, z = grid.cell, grid.heights
    middle_v = 0.5 * cell * (block.row + block.row_end - 1)
    stretch = arc_m / (arc_m + 0.5 * float(z.min() + z.max())) / cell
    return {
        "off_u": grid.u0 - view.u,
        "off_v": grid.v0 - view.v,
        "per_cell": 1.0 / cell,
        "stretch_u": stretch / deterministic.cos(middle_v / arc_m),
        "stretch_v": stretch,
    }


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
    """Return x / z and y / z of the samples of all pixels, (2, rows, columns filled up to 16s)."""
    rows, cols = pinhole.rows * samples, pinhole.columns * samples
    wide = -(-cols // 16) * 16
    out = np.empty((2, rows, wide), np.float32)
    off = 0.5 / samples - 0.5
    x = np.minimum(np.arange(wide), cols - 1) / samples + off
    y = np.arange(rows) / samples + off
    for row in range(0, rows, 16):
        some = y[row : row + 16]
        px = np.stack([np.tile(x, len(some)), np.repeat(some, wide)], axis=1)
        rays = pinhole.rays(px)
        out[:, row : row + 16] = (rays[:, :2] / rays[:, 2:]).T.reshape(2, -1, wide)
    return out
