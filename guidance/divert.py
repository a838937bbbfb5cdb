"""What every cell of a map would cost to reach: least propellant and its time, each certified.

Every cell is a problem of its own, the descent of least propellant in free time
(`farside.guidance.optimal`), solved with its certificate: from the solutions of the two cells before
it one Newton step is mostly enough, and neighbouring cells go through the equations at once
(`farside.ext.divert`). Then the ways are followed: how they keep from the ground, how shallow they
come in, how far the lander leans, whether the tank holds. These limits are not part of the problem:
a way that breaks one is not bent, its cell is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext import _optimal
from farside.ext.divert import BLOCK, NUMBERS, WAY_TABLES, divert_kernel
from farside.guidance.optimal import OptimalDescent, OptimalError, Thrust, optimal_descent
from farside.mission.moon import SURFACE_GRAVITY_MPS2
from farside.terrain.elevation import ElevationMap

Vector = NDArray[np.float64]
Image = NDArray[np.float64]

_CHUNK = 16  # cells that the scalar solver takes at a time


class DivertError(OptimalError):
    """A divert map cannot be made from what was given."""


class Reach(IntEnum):
    """What became of a cell."""

    REACHED = 0
    """Its optimum is known and certified, and its way holds every limit."""
    NOT_FOUND = 1
    """No certified optimum: out of reach, or a way that ends from beneath its target."""
    UNSEEN = 2
    """The map has no height there."""
    TANK_EMPTY = 3
    """Certified, but it takes more propellant than there is."""
    NEAR_GROUND = 4
    """The way comes nearer to the ground than the limits allow."""
    SHALLOW = 5
    """Somewhere on the way the lander is seen from the target below the glide slope."""
    TILTED = 6
    """The thrust leans further from the vertical than the limits allow."""


@dataclass(frozen=True)
class WayLimits:
    """What the way to a cell has to hold."""

    clearance_m: float = 5.0
    """Height above the ground; nearer to the target half the height above it, if that is less."""
    glide_slope_deg: float = 0.0
    """Least angle above the horizontal at which the target sees the lander."""
    tilt_deg: float = 90.0
    """Greatest tilt of the thrust on the way."""
    end_tilt_deg: float = 90.0
    """The same at the end."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 <= self.clearance_m < math.inf:
            raise DivertError(f"a clearance of {self.clearance_m} m: give 0 or more")
        if not -90.0 <= self.glide_slope_deg < 90.0:
            raise DivertError(f"a glide slope of {self.glide_slope_deg} deg: give -90 to 90")
        if not (0.0 < self.tilt_deg <= 180.0 and 0.0 < self.end_tilt_deg <= 180.0):
            raise DivertError(
                f"tilts of {self.tilt_deg} and {self.end_tilt_deg} deg: give 0 to 180"
            )


@dataclass(frozen=True, eq=False)
class DivertMap:
    """Least propellant to every cell of an elevation map; all arrays are (rows, cols)."""

    elevation: ElevationMap
    propellant_kg: Image
    """Least propellant, whatever the way's limits say; NaN where nothing was found."""
    time_s: Image
    """Of flight; NaN likewise, as all that follows."""
    reach: NDArray[np.uint8]
    """`Reach` of the cell."""
    spare_clearance_m: Image
    """Least height above the ground on the way, less what the limits ask for; infinite where the
    way is not over seen ground of the map. At 16 moments of each arc; a ridge that stands between
    two of them is missed."""
    glide_slope_deg: Image
    """Least angle above the horizontal at which the target sees the lander on its way."""
    tilt_deg: Image
    """Greatest tilt of the thrust on the way."""
    end_tilt_deg: Image
    """Tilt of the thrust at the end."""
    structure: NDArray[np.uint8]
    """Unknowns of the thrust structure: 8 full-least-full, 7 least-full, 6 full; 0 none."""
    state: _State = field(repr=False)
    roots: NDArray[np.float64] = field(repr=False)

    @property
    def cost(self) -> NDArray[np.float32]:
        """Propellant [kg] of what is reached, infinite elsewhere: for `Assessment.sites`."""
        reached = self.reach == Reach.REACHED
        return np.where(reached, self.propellant_kg, np.inf).astype(np.float32)

    def descent(self, row: int, col: int) -> OptimalDescent:
        """Solve one cell again, to 1e-9, with its switches and its primer."""
        s = self.state
        return optimal_descent(
            s.r_m,
            s.v_mps,
            s.mass_kg,
            s.thrust,
            target_m=s.targets(self.elevation, np.array([row]), np.array([col]))[0],
            target_mps=s.target_mps,
            gravity_mps2=s.gravity_mps2,
            dry_mass_kg=s.dry_mass_kg,
        )


@dataclass(frozen=True, eq=False)
class _State:
    """The lander, and what it is to be at a target."""

    r_m: Vector
    v_mps: Vector
    mass_kg: float
    thrust: Thrust
    target_mps: Vector
    above_m: float
    gravity_mps2: Vector
    dry_mass_kg: float

    def targets(
        self, elevation: ElevationMap, rows: NDArray[np.intp], cols: NDArray[np.intp]
    ) -> Vector:
        """Give the targets (n, 3) over cells."""
        return np.stack(
            [
                elevation.east_m + cols * elevation.cell_m,
                elevation.north_m + rows * elevation.cell_north_m,
                elevation.heights[rows, cols] + self.above_m,
            ],
            axis=1,
        )

    def solve(self, targets: Vector, guesses: Vector) -> tuple[Vector, NDArray[np.bool_]]:
        """Solve one by one: (n, 13) answers as in `_optimal.solve`, and whether they are any."""
        problems = np.empty((len(targets), 16))
        problems[:, 0:3] = self.r_m - targets
        problems[:, 3:6] = self.v_mps
        problems[:, 6:9] = self.target_mps
        problems[:, 9:12] = self.gravity_mps2
        problems[:, 12:] = (
            self.mass_kg,
            self.thrust.least_n,
            self.thrust.full_n,
            self.thrust.exhaust_mps,
        )
        found, status = np.zeros((len(targets), 13)), np.empty(len(targets), np.uint8)
        _optimal.solve(problems, np.ascontiguousarray(guesses), found, status)
        return found, status == 0


def divert_map(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    mass_kg: float,
    thrust: Thrust,
    elevation: ElevationMap,
    *,
    target_mps: ArrayLike = (0.0, 0.0, 0.0),
    above_m: float = 0.0,
    gravity_mps2: ArrayLike = (0.0, 0.0, -SURFACE_GRAVITY_MPS2),
    dry_mass_kg: float = 0.0,
    limits: WayLimits | None = None,
    lone_tries: int = 64,
) -> DivertMap:
    """Find the least propellant to every cell of a map, and which of the ways may be flown.

    Parameters
    ----------
    r_m, v_mps
        (3,) place and speed: east, north, up, in the map's frame.
    mass_kg
        Of the lander there.
    thrust
        Its engine.
    elevation
        The map; unseen cells are no targets, and no ground to keep from.
    target_mps, above_m
        How fast and how high above its cell the lander is to end.
    gravity_mps2
        (3,) constant.
    dry_mass_kg
        What is left when the tank is empty.
    limits
        Of the way; `WayLimits()` unless given.
    lone_tries
        Cells that may fail when solved alone, where their neighbours are no help: each takes
        milliseconds, and most of them are out of reach.

    Raises
    ------
    DivertError
        If a number is not finite or impossible, or the map has no height at all.
    """
    limits = limits or WayLimits()
    state = _checked(
        r_m, v_mps, mass_kg, thrust, target_mps, above_m, gravity_mps2, dry_mass_kg, elevation
    )
    march = _March(state, elevation)
    if march.start(lone_tries):
        march.go()
        march.mend(lone_tries)
    return march.result(limits)


class _March:
    """A map on its way: turned axes, scaled numbers, and the roots found so far."""

    def __init__(self, state: _State, elevation: ElevationMap) -> None:
        self.state, self.elevation = state, elevation
        self.rows, self.cols = elevation.shape
        self.seen = np.isfinite(elevation.heights)
        self.filled = elevation.heights
        if not self.seen.all():
            self.filled = np.where(self.seen, self.filled, self.filled[self.seen].mean())
        self.roots = np.zeros((self.rows, NUMBERS, -(-self.cols // BLOCK) * BLOCK))
        self.axes = np.eye(3)
        self.length_m = self.time_s = 1.0

    def start(self, tries: int) -> bool:
        """Solve one cell, the middle if it can be, and turn the axes along its p_f."""
        rows, cols = np.nonzero(self.seen)
        away = np.hypot((rows + 0.5) / self.rows - 0.5, (cols + 0.5) / self.cols - 0.5)
        # the middle first, then cells evenly over all that are seen
        others = np.argsort(away, kind="stable")[:: max(1, len(away) // max(tries, 1))]
        for k in others[: max(tries, 1)]:
            at = rows[k : k + 1], cols[k : k + 1]
            found, solved = self.state.solve(
                self.state.targets(self.elevation, *at), np.zeros((1, 13))
            )
            if solved[0] and found[0, 9] > 6:
                self.row, self.col = int(rows[k]), int(cols[k])
                self._turn(found[0])
                return True
        return False

    def _turn(self, answer: Vector) -> None:
        state = self.state
        third = -state.gravity_mps2 / np.linalg.norm(state.gravity_mps2)
        across = np.eye(3)[0 if abs(third[0]) < 0.8 else 1]
        first = across - (across @ third) * third
        first /= np.linalg.norm(first)
        self.axes = np.stack([first, np.cross(third, first), third])
        gravity = float(np.linalg.norm(state.gravity_mps2))
        at = state.targets(self.elevation, np.array([self.row]), np.array([self.col]))[0]
        self.length_m = max(
            float(np.linalg.norm(state.r_m - at)),
            float(state.v_mps @ state.v_mps + state.target_mps @ state.target_mps) / gravity,
        )
        self.time_s = math.sqrt(self.length_m / gravity)
        speed = self.length_m / self.time_s
        weight = state.mass_kg * gravity
        self.problem = np.concatenate(
            [
                self.axes @ state.v_mps / speed,
                self.axes @ state.target_mps / speed,
                self.axes @ state.gravity_mps2 / gravity,
                -self.axes[:, 2],
                [
                    state.thrust.least_n / weight,
                    state.thrust.full_n / weight,
                    speed / state.thrust.exhaust_mps,
                ],
            ]
        )
        self.seed = self._inward(answer[None])[0]
        padding = ((0, 0), (0, self.roots.shape[2] - self.cols))
        self.heights = np.pad(
            (self.filled + np.float64(state.above_m)) / self.length_m, padding, mode="edge"
        )

    def _inward(self, answers: Vector) -> Vector:
        """Give a cell's numbers (n, 9) from answers of the scalar solver (n, 13)."""
        q, p = answers[:, 0:3] @ self.axes.T, answers[:, 3:6] @ self.axes.T
        size = p[:, 2:]
        return np.concatenate(
            [
                q / size * self.time_s,
                p[:, :2] / size,
                answers[:, 6:9] / self.time_s,
                answers[:, 9:10],
            ],
            axis=1,
        )

    def _outward(self, numbers: Vector) -> Vector:
        """Give guesses for the scalar solver (n, 13) from cells' numbers (n, 9)."""
        p = np.concatenate([numbers[:, 3:5], np.ones((len(numbers), 1))], axis=1)
        size = np.linalg.norm(p, axis=1, keepdims=True)
        guesses = np.zeros((len(numbers), 13))
        guesses[:, 0:3] = numbers[:, 0:3] @ self.axes / (size * self.time_s)
        guesses[:, 3:6] = p @ self.axes / size
        guesses[:, 6:9] = numbers[:, 5:8] * self.time_s
        guesses[:, 9] = numbers[:, 8]
        return guesses

    def go(self) -> None:
        """Solve all cells in lanes, each from those before it."""
        east = self.elevation.east_m + np.arange(self.roots.shape[2]) * self.elevation.cell_m
        north = self.elevation.north_m + np.arange(self.rows) * self.elevation.cell_north_m
        r, axes = self.axes @ self.state.r_m, self.axes
        divert_kernel.march(
            self.problem,
            np.ascontiguousarray((r[:, None] - axes[:, :1] * east) / self.length_m),
            np.ascontiguousarray(-np.outer(north, axes[:, 1]) / self.length_m),
            self.heights,
            self.seed,
            self.row,
            self.col,
            self.roots,
        )

    def mend(self, tries: int) -> None:
        """Solve what is left one by one, from a neighbour that is solved, until too many fail."""
        kinds = self.roots[:, 8, : self.cols]
        kinds[kinds < 0.0] = 0.0
        if (kinds > 0.0).all():
            return
        around = np.ones((3, 3), np.uint8)
        failed = np.zeros((self.rows, self.cols), bool)
        while tries > 0:
            left = (kinds == 0.0) & self.seen & ~failed
            if not left.any():
                return
            edge = left & (cv2.dilate((kinds > 0.0).astype(np.uint8), around) > 0)
            rows, cols = np.nonzero(edge)
            if len(rows) == 0:
                return
            for k in range(0, len(rows), _CHUNK):
                at = rows[k : k + _CHUNK], cols[k : k + _CHUNK]
                found, solved = self.state.solve(
                    self.state.targets(self.elevation, *at), self._outward(self._near(*at))
                )
                upright = solved & (found[:, 3:6] @ self.axes[2] > 1e-6)
                mended = at[0][upright], at[1][upright]
                self.roots[mended[0], :, mended[1]] = self._inward(found[upright])
                failed[at[0][~upright], at[1][~upright]] = True
                tries -= int((~upright).sum())
                if tries <= 0:
                    return

    def _near(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> Vector:
        """Give the numbers of a solved cell beside each."""
        numbers = np.zeros((len(rows), NUMBERS))
        for down, right in ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            i = np.clip(rows + down, 0, self.rows - 1)
            j = np.clip(cols + right, 0, self.cols - 1)
            beside = self.roots[i, :, j]
            take = (numbers[:, 8] == 0.0) & (beside[:, 8] > 0.0)
            numbers[take] = beside[take]
        return numbers

    def result(self, limits: WayLimits) -> DivertMap:
        """Follow the ways, and judge."""
        state, roots = self.state, self.roots[:, :, : self.cols]
        kind = roots[:, 8]
        none = ~((kind > 0.0) & self.seen)
        if none.all():
            empty = np.full((self.rows, self.cols), np.nan)
            looks = [empty] * 6
        else:
            looks = self._looks(limits, none)
        propellant_kg, time_s, spare, glide, tilt, end_tilt = looks
        reach = np.zeros((self.rows, self.cols), np.uint8)
        with np.errstate(invalid="ignore"):
            for broken, verdict in (
                (tilt > limits.tilt_deg, Reach.TILTED),
                (end_tilt > limits.end_tilt_deg, Reach.TILTED),
                (glide < limits.glide_slope_deg, Reach.SHALLOW),
                (spare < 0.0, Reach.NEAR_GROUND),
                (propellant_kg > state.mass_kg - state.dry_mass_kg, Reach.TANK_EMPTY),
                (none, Reach.NOT_FOUND),
                (~self.seen, Reach.UNSEEN),
            ):
                reach[broken] = verdict
        return DivertMap(
            self.elevation,
            propellant_kg,
            time_s,
            reach,
            spare,
            glide,
            tilt,
            end_tilt,
            np.where(none, 0.0, kind).astype(np.uint8),
            state,
            self.roots,
        )

    def _looks(self, limits: WayLimits, none: NDArray[np.bool_]) -> list[Image]:
        roots, problem = self.roots, self.problem
        out = np.empty((4, self.rows, roots.shape[2]))
        ground = np.where(self.seen, self.filled, np.nan) / np.float32(self.length_m)
        grid = np.array(
            [
                self.elevation.cell_m,
                self.elevation.cell_north_m,
                float(np.nanmax(ground)) * self.length_m,
                limits.clearance_m,
            ]
        )
        divert_kernel.look(
            problem,
            self.axes,
            self.heights,
            np.ascontiguousarray(ground, np.float32),
            grid / self.length_m,
            *WAY_TABLES,
            roots,
            out,
        )
        t_f, t_2, t_1 = (roots[:, k, : self.cols] for k in (5, 6, 7))
        full, least = problem[13] * problem[14], problem[12] * problem[14]
        propellant_kg = self.state.mass_kg * (full * (t_f - t_2 + t_1) + least * (t_2 - t_1))
        spare, steep, end_cos, least_cos = (layer[:, : self.cols] for layer in out)
        looks = [
            propellant_kg,
            t_f * self.time_s,
            np.where(spare < 100.0, spare * self.length_m, np.inf),
            np.degrees(np.arctan(np.sign(steep) * np.sqrt(np.abs(steep)))),
            np.degrees(np.arccos(np.clip(least_cos, -1.0, 1.0))),
            np.degrees(np.arccos(np.clip(end_cos, -1.0, 1.0))),
        ]
        for layer in looks:
            layer[none] = np.nan
        return looks


def _checked(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    mass_kg: float,
    thrust: Thrust,
    target_mps: ArrayLike,
    above_m: float,
    gravity_mps2: ArrayLike,
    dry_mass_kg: float,
    elevation: ElevationMap,
) -> _State:
    """Refuse what cannot be."""
    vectors = []
    for given, name in (
        (r_m, "place"),
        (v_mps, "speed"),
        (target_mps, "speed at the target"),
        (gravity_mps2, "gravity"),
    ):
        vector = np.array(given, np.float64)
        if vector.shape != (3,) or not np.isfinite(vector).all():
            raise DivertError(f"{name} {given}: give three finite numbers")
        vectors.append(vector)
    place, speed, end, gravity = vectors
    if not np.linalg.norm(gravity) > 0.0:
        raise DivertError("no gravity: give one that pulls")
    if not 0.0 <= dry_mass_kg < mass_kg < math.inf:
        raise DivertError(f"{mass_kg} kg, {dry_mass_kg} of them dry: give 0 or more, then more")
    if not math.isfinite(above_m):
        raise DivertError(f"{above_m} m above the cells: give a finite number")
    if not np.isfinite(elevation.heights).any():
        raise DivertError("the map has no height at all: nothing to land on was seen")
    return _State(place, speed, float(mass_kg), thrust, end, above_m, gravity, dry_mass_kg)
