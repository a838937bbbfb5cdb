"""The march over a divert map: scaled numbers, the lanes, and the cells that are left over."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.guidance.divert.divert import BLOCK, CELL_NUMBERS, PATH_TABLES, divert_kernel
from farside.ext.guidance.optimal import _optimal
from farside.ext.guidance.records._codes import ExtremalStatus, ThrustStructure
from farside.guidance.optimal import OptimalError, Thrust
from farside.raster.arrays import given_length, plain_array
from farside.terrain.elevation import ElevationMap

Vector = NDArray[np.float64]
Image = NDArray[np.float64]

_NEAR = 60  # Newton steps from a neighbour, at most
_ALONE = 3000  # and without one
_FULL = ThrustStructure.FULL  # which the lanes do not know
_FULL_LEAST = ThrustStructure.FULL_LEAST  # from beneath, which they do not know either
_TIMES = ("t_f", "t_2", "t_1")  # of an extremal, in the order of a cell's numbers


class DivertError(OptimalError):
    """A divert map cannot be made from what was given."""


@dataclass(frozen=True, eq=False)
class DivertState:
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
        """Return the targets (n, 3) over cells."""
        return np.stack(
            [
                elevation.east_m + cols * elevation.cell_m,
                elevation.north_m + rows * elevation.cell_north_m,
                elevation.heights[rows, cols] + self.above_m,
            ],
            axis=1,
        )

    def solve(
        self, targets: Vector, guesses: NDArray[np.void], steps: int
    ) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
        """Solve one by one from guesses: (n,) EXTREMAL, and whether they are answers."""
        landers = np.empty(len(targets), _optimal.LANDER)
        landers["r"] = self.r_m - targets
        landers["v"] = self.v_mps
        landers["v_f"] = self.target_mps
        landers["g"] = self.gravity_mps2
        landers["mass_kg"] = self.mass_kg
        for name in ("least_n", "full_n", "exhaust_mps"):
            landers[name] = getattr(self.thrust, name)
        found = np.zeros(len(targets), _optimal.EXTREMAL)
        status = np.empty(len(targets), np.uint8)
        _optimal.solve(landers, guesses, found, status, steps)
        return found, status == ExtremalStatus.OPTIMAL


def divert_state(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    mass_kg: float,
    thrust: Thrust,
    target_mps: ArrayLike,
    above_m: float,
    gravity_mps2: ArrayLike,
    dry_mass_kg: float,
    elevation: ElevationMap,
) -> DivertState:
    """Refuse what cannot be."""
    vectors = []
    for given, name in (
        (r_m, "place"),
        (v_mps, "speed"),
        (target_mps, "speed at the target"),
        (gravity_mps2, "gravity"),
    ):
        try:
            held = plain_array(given)
            vector = np.array(held if held.dtype.kind in "iuf" else np.nan, np.float64)
        except (TypeError, ValueError):
            vector = np.array(np.nan)
        if vector.shape != (3,) or not np.isfinite(vector).all():
            raise DivertError(f"{name} {str(given)[:80]}: give three finite numbers")
        vectors.append(vector)
    place, speed, end, gravity = vectors
    if not isinstance(elevation, ElevationMap):
        raise DivertError(
            f"a map of type {type(elevation).__name__}: give an ElevationMap, e.g. "
            "ElevationMap.from_array(heights, cell_m)"
        )
    if not isinstance(thrust, Thrust):
        raise DivertError(
            f"an engine of type {type(thrust).__name__}: give Thrust(least_n, full_n, exhaust_mps)"
        )
    if not deterministic.length(gravity) > 0.0:
        raise DivertError("no gravity: give one that pulls")
    # what is no number counts as NaN
    if not 0.0 <= given_length(dry_mass_kg) < given_length(mass_kg) < math.inf:
        raise DivertError(f"{mass_kg} kg, {dry_mass_kg} of them dry: give 0 or more, then more")
    if not math.isfinite(given_length(above_m)):
        raise DivertError(f"{above_m} m above the cells: give a finite number")
    if not np.isfinite(elevation.heights).any():
        raise DivertError("the map has no height at all: nothing to land on was seen")
    return DivertState(place, speed, float(mass_kg), thrust, end, above_m, gravity, dry_mass_kg)


class March:
    """A map on its way: scaled numbers, and the roots found so far.

    Axes are turned so that the third is straight up: a lander that ends upright has p_f along it.
    """

    def __init__(self, state: DivertState, elevation: ElevationMap) -> None:
        self.state, self.elevation = state, elevation
        self.rows, self.cols = elevation.shape
        self.seen = np.isfinite(elevation.heights)
        self.filled = elevation.heights
        if not self.seen.all():
            self.filled = np.where(self.seen, self.filled, self.filled[self.seen].mean())
        self.roots = np.zeros((self.rows, CELL_NUMBERS, -(-self.cols // BLOCK) * BLOCK))
        self.axes = np.eye(3)
        self.length_m = self.time_s = 1.0

    def start(self, tries: int) -> bool:
        """Solve one cell, the middle if it can be, preferably one that coasts."""
        places = np.flatnonzero(self.seen)
        row, col = self.rows // 2, self.cols // 2
        if not self.seen[row, col]:
            row, col = divmod(int(places[len(places) // 2]), self.cols)
        # the middle, then cells evenly over all that are seen
        others = places[:: max(1, len(places) // max(tries, 1))][:tries]
        first = None
        for at in (row * self.cols + col, *others.tolist()):
            row, col = divmod(at, self.cols)
            found, solved = self.state.solve(
                self.state.targets(self.elevation, np.array([row]), np.array([col])),
                np.zeros(1, _optimal.EXTREMAL),
                _ALONE,
            )
            if found["unknowns"][0] == _FULL_LEAST:
                continue
            if solved[0] and (first is None or found["unknowns"][0] > _FULL):
                first = row, col, found
                if found["unknowns"][0] > _FULL:
                    break
        if first is None:
            return False
        self.row, self.col, answer = first
        self._scale()
        self.seed = self._to_lanes(answer)[0]
        return True

    def _scale(self) -> None:
        state = self.state
        gravity = deterministic.length(state.gravity_mps2)
        third = -state.gravity_mps2 / gravity
        across = np.eye(3)[0 if abs(third[0]) < 0.8 else 1]
        first = across - deterministic.dot(across, third) * third
        first /= deterministic.length(first)
        self.axes = np.stack([first, np.cross(third, first), third])
        at = state.targets(self.elevation, np.array([self.row]), np.array([self.col]))[0]
        self.length_m = max(
            deterministic.length(state.r_m - at),
            (
                deterministic.dot(state.v_mps, state.v_mps)
                + deterministic.dot(state.target_mps, state.target_mps)
            )
            / gravity,
        )
        self.time_s = math.sqrt(self.length_m / gravity)
        speed = self.length_m / self.time_s
        weight = state.mass_kg * gravity
        self.problem = np.concatenate(
            [
                deterministic.product(self.axes, state.v_mps) / speed,
                deterministic.product(self.axes, state.target_mps) / speed,
                deterministic.product(self.axes, state.gravity_mps2) / gravity,
                -self.axes[:, 2],
                [
                    state.thrust.least_n / weight,
                    state.thrust.full_n / weight,
                    speed / state.thrust.exhaust_mps,
                ],
            ]
        )
        padding = ((0, 0), (0, self.roots.shape[2] - self.cols))
        self.heights = np.pad(
            (self.filled + np.float64(state.above_m)) / self.length_m, padding, mode="edge"
        )

    def _to_lanes(self, answers: NDArray[np.void]) -> Vector:
        """Return a cell's numbers (n, 9) from extremals of the scalar solver (n,)."""
        q, p = (deterministic.product(answers[name], self.axes.T) for name in ("q", "p"))
        size = p[:, 2:]
        return np.concatenate(
            [
                q / size * self.time_s,
                p[:, :2] / size,
                np.stack([answers[name] for name in _TIMES], axis=1) / self.time_s,
                answers["unknowns"][:, None],
            ],
            axis=1,
        )

    def _to_scalar(self, numbers: Vector) -> NDArray[np.void]:
        """Return guesses for the scalar solver (n,) from cells' numbers (n, 9)."""
        p = np.concatenate([numbers[:, 3:5], np.ones((len(numbers), 1))], axis=1)
        size = deterministic.lengths(p)[:, None]
        guesses = np.zeros(len(numbers), _optimal.EXTREMAL)
        guesses["q"] = deterministic.product(numbers[:, 0:3], self.axes) / (size * self.time_s)
        guesses["p"] = deterministic.product(p, self.axes) / size
        for k, name in enumerate(_TIMES):
            guesses[name] = numbers[:, 5 + k] * self.time_s
        guesses["unknowns"] = numbers[:, 8]
        return guesses

    def solve_lanes(self) -> None:
        """Solve all cells in lanes, each from those before it."""
        east = self.elevation.east_m + np.arange(self.roots.shape[2]) * self.elevation.cell_m
        north = self.elevation.north_m + np.arange(self.rows) * self.elevation.cell_north_m
        r, axes = deterministic.product(self.axes, self.state.r_m), self.axes
        divert_kernel.march(
            self.problem,
            np.ascontiguousarray((r[:, None] - axes[:, :1] * east) / self.length_m),
            np.ascontiguousarray(-(north[:, None] * axes[:, 1]) / self.length_m),
            self.heights,
            self.seed,
            self.row,
            self.col,
            self.roots,
        )
        if self.seed[8] == _FULL:
            self.roots[self.row, :, self.col] = self.seed

    def solve_rest(self, tries: int) -> None:
        """Solve what is left one by one: from neighbours, then a few without any help."""
        kinds = self.roots[:, 8, : self.cols]
        kinds[kinds < 0.0] = 0.0
        if not ((kinds == 0.0) & self.seen).any():
            return
        self._solve_outward(kinds > 0.0)
        places = np.flatnonzero((kinds == 0.0) & self.seen)
        # evenly over what is left
        places = places[:: max(1, -(-len(places) // max(tries, 1)))][:tries]
        if len(places):
            alone = np.zeros(len(places), _optimal.EXTREMAL)
            self._solve_outward(self._solve(places, alone, _ALONE))

    def _solve_outward(self, gained: NDArray[np.bool_]) -> None:
        """Solve cells beside those just gained, and so on."""
        kinds = self.roots[:, 8, : self.cols]
        while gained.any():
            beside = cv2.dilate(gained.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            places = np.flatnonzero(beside & (kinds == 0.0) & self.seen)
            guesses = self._to_scalar(self._solved_neighbours(*np.divmod(places, self.cols)))
            gained = self._solve(places, guesses, _NEAR)

    def _solve(
        self, places: NDArray[np.intp], guesses: NDArray[np.void], steps: int
    ) -> NDArray[np.bool_]:
        """Solve cells, keep what is found, and tell where that is."""
        rows, cols = np.divmod(places, self.cols)
        targets = self.state.targets(self.elevation, rows, cols)
        found, solved = self.state.solve(targets, guesses, steps)
        solved &= deterministic.product(found["p"], self.axes[2]) > 1e-6
        self.roots[rows[solved], :, cols[solved]] = self._to_lanes(found[solved])
        gained = np.zeros((self.rows, self.cols), bool)
        gained[rows[solved], cols[solved]] = True
        return gained

    def _solved_neighbours(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> Vector:
        """Return the numbers of a solved cell beside each."""
        numbers = np.zeros((len(rows), CELL_NUMBERS))
        for down, right in ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            i = np.clip(rows + down, 0, self.rows - 1)
            j = np.clip(cols + right, 0, self.cols - 1)
            beside = self.roots[i, :, j]
            take = (numbers[:, 8] == 0.0) & (beside[:, 8] > 0.0)
            numbers[take] = beside[take]
        return numbers

    def check_paths(self, margin_m: float, none: NDArray[np.bool_]) -> list[Image]:
        """Follow the ways: propellant, time, spare clearance, glide slope, greatest tilt, last.

        What is none is NaN.
        """
        roots, problem = self.roots, self.problem
        out = np.empty((4, self.rows, roots.shape[2]))
        ground = np.where(self.seen, self.filled, np.nan) / np.float32(self.length_m)
        grid = np.array(
            [
                self.elevation.cell_m,
                self.elevation.cell_north_m,
                float(np.nanmax(ground)) * self.length_m,
                margin_m,
            ]
        )
        divert_kernel.check_paths(
            problem,
            self.axes,
            self.heights,
            np.ascontiguousarray(ground, np.float32),
            grid / self.length_m,
            *PATH_TABLES,
            roots,
            out,
        )
        # what is lost may hold anything
        with np.errstate(invalid="ignore", over="ignore"):
            t_f, t_2, t_1 = (roots[:, k, : self.cols] for k in (5, 6, 7))
            full, least = problem[13] * problem[14], problem[12] * problem[14]
            propellant_kg = self.state.mass_kg * (full * (t_f - t_2 + t_1) + least * (t_2 - t_1))
            spare, steep, end_cos, least_cos = (layer[:, : self.cols] for layer in out)
            looks = [
                propellant_kg,
                t_f * self.time_s,
                np.where(spare < 100.0, spare * self.length_m, np.inf),
                np.degrees(deterministic.arctan(np.sign(steep) * np.sqrt(np.abs(steep)))),
                np.degrees(deterministic.arccos(least_cos)),
                np.degrees(deterministic.arccos(end_cos)),
            ]
        for layer in looks:
            layer[none] = np.nan
        return looks
