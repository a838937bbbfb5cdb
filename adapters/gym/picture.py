"""Pictures of an episode: the lander from the side, as `render_mode="rgb_array"` gives them.

The vertical plane through the target and the place where the episode was first drawn, seen so that
the flight goes to the right. OpenCV draws into an array: no window, no display.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.ground import clearances
from farside.mission import Mission

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]

WIDTH, HEIGHT = 640, 480
#: Where ground at the target's level is drawn [pixels from the top].
LEVEL_ROW = 400
SKY, GROUND, EDGE = (12, 14, 24), (72, 70, 66), (150, 146, 138)
TRAIL, BODY, LEG = (90, 130, 190), (225, 225, 230), (150, 152, 160)
FLAME, MARK, WORDS = (255, 170, 60), (80, 220, 120), (230, 230, 230)
#: A lander is drawn at least so tall [pixels], however far away the view is.
LEAST_LANDER = 16.0
#: Half extent of the nearest view [m]; farther ones double it.
NEAREST_M = 10.0
TRAIL_MOST = 2000


class Painter:
    """What one environment draws with: its plane of view and the way flown so far.

    Parameters
    ----------
    mission : Mission
        Sizes of the lander.
    target_site : array_like, (3,)
        [m, site].
    thrust_max_n : float
        Full thrust, for the length of the flame.
    """

    def __init__(self, mission: Mission, target_site: Any, thrust_max_n: float) -> None:
        self.target = np.asarray(target_site, np.float64)
        self.thrust_max_n = thrust_max_n
        body, legs = mission.vehicle.body, mission.vehicle.legs
        self.com_m = body.com_height_dry_m
        self.reach_m = 0.5 * legs.span_m
        self.clear_m = legs.belly_clearance_m
        self.forget()

    def forget(self) -> None:
        """Begin a new episode."""
        self.along = np.zeros(2)
        self.trail: list[tuple[float, float]] = []
        self.ticks = 0

    def draw(self, truth: Array, ticks: int, model: Any) -> Picture:
        """Draw the lander now.

        Parameters
        ----------
        truth : ndarray, (17,)
            As `LunarLanding.truth`, SI.
        ticks : int
            Of 10 ms since the episode began.
        model : GroundModel
            What it flies over.

        Returns
        -------
        ndarray, (480, 640, 3), uint8
            Red, green, blue; row 0 at the top.
        """
        if ticks < self.ticks:  # begun anew by itself
            self.forget()
        self.ticks = ticks
        place = truth[:3] - self.target
        if not self.along.any():
            far = math.hypot(place[0], place[1])
            self.along = -place[:2] / far if far > 1.0 else np.array([1.0, 0.0])
        axes = _axes(truth[6:10])
        base = place - self.com_m * axes[2]
        at = self._seen(base)
        if not self.trail or self.trail[-1] != at:
            self.trail = [*self.trail[-TRAIL_MOST:], at]
        half_m = NEAREST_M
        # the lander stays in the left, upper part of the picture, the target in its middle
        while not (abs(at[0]) < 0.9 * half_m and -0.2 * half_m < at[1] < 1.1 * half_m):
            half_m *= 2.0
            if half_m > 1e7:
                break
        scale = 0.5 * WIDTH / half_m
        picture: Picture = np.full((HEIGHT, WIDTH, 3), SKY, np.uint8)
        self._draw_ground(picture, scale, model)
        way = [self._pixel(point, scale) for point in self.trail]
        if len(way) > 1:
            cv2.polylines(picture, [np.array(way, np.int32)], False, TRAIL, 1, cv2.LINE_AA)
        self._draw_lander(picture, scale, at, axes, truth[14] / self.thrust_max_n)
        self._write(picture, truth, base, ticks, half_m)
        return picture

    def _seen(self, p: Array) -> tuple[float, float]:
        """Return where a point [m, from the target] lies in the plane of view: across, up."""
        return float(p[:2] @ self.along), float(p[2])

    def _pixel(self, at: tuple[float, float], scale: float) -> tuple[int, int]:
        """Return column and row, kept where OpenCV can count them."""
        column, row = 0.5 * WIDTH + scale * at[0], LEVEL_ROW - scale * at[1]
        return round(min(max(column, -1e4), 1e4)), round(min(max(row, -1e4), 1e4))

    def _draw_ground(self, picture: Picture, scale: float, model: Any) -> None:
        across = (np.arange(0, WIDTH + 1, 4) - 0.5 * WIDTH) / scale
        points = np.empty((len(across), 3))
        points[:, :2] = self.target[:2] + across[:, None] * self.along
        points[:, 2] = self.target[2]
        above = np.empty(len(across))
        clearances(model, points, above)
        level = np.where(np.isfinite(above), -above, 0.0)
        edge = [self._pixel((a, z), scale) for a, z in zip(across, level, strict=True)]
        outline = np.array([*edge, (WIDTH, HEIGHT), (0, HEIGHT)], np.int32)
        cv2.fillPoly(picture, [outline], GROUND)
        cv2.polylines(picture, [np.array(edge, np.int32)], False, EDGE, 1, cv2.LINE_AA)
        column, row = self._pixel((0.0, 0.0), scale)
        cv2.line(picture, (column, row - 9), (column, row + 5), MARK, 2, cv2.LINE_AA)
        cv2.line(picture, (column - 7, row), (column + 7, row), MARK, 2, cv2.LINE_AA)

    def _draw_lander(
        self, picture: Picture, scale: float, at: tuple[float, float], axes: Array, share: float
    ) -> None:
        tall_m = 2.0 * self.com_m
        size = max(1.0, LEAST_LANDER / (scale * tall_m))
        up = np.array([axes[2][:2] @ self.along, axes[2][2]])
        # across the axis in the plane of view, as long as a leg seen square on
        side = np.array([up[1], -up[0]])
        side /= max(float(np.linalg.norm(side)), 1e-9)

        def corner(x_m: float, z_m: float) -> tuple[int, int]:
            p = np.array(at) + size * (x_m * side + z_m * up)
            return self._pixel((float(p[0]), float(p[1])), scale)

        wide = 0.6 * self.reach_m
        if share > 1e-3:
            end = self.clear_m - 1.5 * tall_m * share
            flame = [corner(-0.2 * wide, self.clear_m), corner(0.0, end)]
            flame.append(corner(0.2 * wide, self.clear_m))
            cv2.fillPoly(picture, [np.array(flame, np.int32)], FLAME, cv2.LINE_AA)
        for x in (-1.0, 1.0):
            foot = corner(x * self.reach_m, 0.0)
            cv2.line(picture, corner(x * wide, self.clear_m), foot, LEG, 1, cv2.LINE_AA)
        hull = [corner(x, z) for x, z in ((-wide, self.clear_m), (wide, self.clear_m))]
        hull += [corner(0.8 * wide, tall_m), corner(-0.8 * wide, tall_m)]
        cv2.fillPoly(picture, [np.array(hull, np.int32)], BODY, cv2.LINE_AA)

    def _write(
        self, picture: Picture, truth: Array, base: Array, ticks: int, half_m: float
    ) -> None:
        down = math.hypot(base[0], base[1])
        lines = (
            f"{TICK_S * ticks:8.2f} s",
            f"height {truth[16]:9.1f} m   {truth[5]:+7.2f} m/s",
            f"to go  {down:9.1f} m   {math.hypot(truth[3], truth[4]):7.2f} m/s",
            f"mass   {truth[13]:9.1f} kg  thrust {1e-3 * truth[14]:.2f} kN",
        )
        for i, line in enumerate(lines):
            place = (12, 22 + 18 * i)
            cv2.putText(picture, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, WORDS, 1, cv2.LINE_AA)
        note = f"{2.0 * half_m:.0f} m across"
        place = (WIDTH - 130, HEIGHT - 12)
        cv2.putText(picture, note, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, WORDS, 1, cv2.LINE_AA)


def _axes(q: Array) -> Array:
    """Return the body's axes in site components, one a row, of a scalar-first quaternion."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)],
            [2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x)],
            [2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
