"""The march over a divert map: scaled numbers, the lanes, and the cells that are left over."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.guidance.divert.divert import (
    BLOCK,
    CELL,
    CELL_NUMBERS,
    CLEARANCE,
    PATH_TABLES,
    PROBLEM,
    cell_planes,
    divert_kernel,
)
from farside.ext.guidance.optimal import _optimal
from farside.ext.guidance.records._codes import ExtremalStatus, ThrustStructure
from farside.guidance.divert_checks import DivertError, finite_vector, require_cells
from farside.guidance.optimal import Thrust
from farside.mission.moon import SURFACE_GRAVITY_MPS2
from farside.raster.arrays import given_length
from farside.terrain.elevation import ElevationMap

Vector = NDArray[np.float64]
Image = NDArray[np.float64]

_NEAR = 60  # Newton steps from a neighbour, at most
_ALONE = 3000  # and without one
_FULL = ThrustStructure.FULL  # which the lanes do not know
_FULL_LEAST = ThrustStructure.FULL_LEAST  # from beneath, which they do not know either
_TIMES = ("t_f", "t_2", "t_1")  # of an extremal, and of a cell


@dataclass(frozen=True, eq=False, init=False)
class DivertState:
    """The lander, and how it is to be at a target.

    Parameters
    ----------
    r_m, v_mps : array_like, shape (3,)
        Place [m] and speed [m/s]: east, north, up, in the map's frame.
    mass_kg : float
        Of the lander there.
    thrust : Thrust
        Its engine.
    target_mps : array_like, shape (3,)
        How fast it is to end, the map's frame [m/s].
    above_m : float
        How high above its cell [m].
    gravity_mps2 : array_like, shape (3,)
        Constant, the map's frame [m/s^2].
    dry_mass_kg : float
        What is left when the tank is empty [kg].

    Raises
    ------
    DivertError
        If a number is not finite or impossible.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.ext.guidance.optimal._optimal import EXTREMAL
    >>> from farside.guidance import DivertState, Thrust
    >>> from farside.terrain import ElevationMap
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = DivertState((0.0, 0.0, 500.0), (0.0, 0.0, -30.0), 2000.0, engine, above_m=30.0)
    >>> ground = ElevationMap.from_array(np.zeros((3, 3)), 20.0)
    >>> targets = state.targets(ground, np.array([0, 2]), np.array([0, 1]))
    >>> targets.tolist()
    [[0.0, 0.0, 30.0], [20.0, 40.0, 30.0]]
    >>> answers, solved = state.solve(targets, np.zeros(2, EXTREMAL), steps=60)
    >>> solved.tolist()
    [True, True]
    """

    r_m: Vector
    v_mps: Vector
    mass_kg: float
    thrust: Thrust
    target_mps: Vector
    above_m: float
    gravity_mps2: Vector
    dry_mass_kg: float

    def __init__(
        self,
        r_m: ArrayLike,
        v_mps: ArrayLike,
        mass_kg: float,
        thrust: Thrust,
        *,
        target_mps: ArrayLike = (0.0, 0.0, 0.0),
        above_m: float = 0.0,
        gravity_mps2: ArrayLike = (0.0, 0.0, -SURFACE_GRAVITY_MPS2),
        dry_mass_kg: float = 0.0,
    ) -> None:
        place, speed = finite_vector(r_m, "place"), finite_vector(v_mps, "speed")
        end = finite_vector(target_mps, "speed at the target")
        gravity = finite_vector(gravity_mps2, "gravity")
        if not isinstance(thrust, Thrust):
            raise DivertError(
                f"an engine of type {type(thrust).__name__}: "
                "give Thrust(least_n, full_n, exhaust_mps)"
            )
        if not deterministic.length(gravity) > 0.0:
            raise DivertError("no gravity: give one that pulls")
        # what is no number counts as NaN
        if not 0.0 <= given_length(dry_mass_kg) < given_length(mass_kg) < math.inf:
            raise DivertError(f"{mass_kg} kg, {dry_mass_kg} of them dry: give 0 or more, then more")
        if not math.isfinite(given_length(above_m)):
            raise DivertError(f"{above_m} m above the cells: give a finite number")
        held = (place, speed, float(mass_kg), thrust, end, above_m, gravity, dry_mass_kg)
        for each, value in zip(fields(self), held, strict=True):
            object.__setattr__(self, each.name, value)

    def targets(
        self, elevation: ElevationMap, rows: NDArray[np.intp], cols: NDArray[np.intp]
    ) -> Vector:
        """Return the targets over cells.

        Parameters
        ----------
        elevation : ElevationMap
        rows, cols : ndarray of int, shape (n,)

        Returns
        -------
        ndarray, (n, 3)
            East, north, up [m].

        Raises
        ------
        DivertError
            If one is no cell of the map.
        """
        require_cells(elevation, rows, cols)
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
        """Solve one by one, without the map.

        Parameters
        ----------
        targets : ndarray, shape (n, 3)
            East, north, up [m].
        guesses : ndarray of EXTREMAL, shape (n,)
            Zeros where there is none.
        steps : int
            Newton steps, at most.

        Returns
        -------
        answers : ndarray of EXTREMAL, shape (n,)
        solved : ndarray of bool, shape (n,)
            Whether they are answers.
        """
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
        self.roots = np.zeros(self.rows, cell_planes(-(-self.cols // BLOCK) * BLOCK))
        #: The same as numbers: (rows, CELL_NUMBERS, columns).
        self.numbers = self.roots.view(np.float64).reshape(self.rows, CELL_NUMBERS, -1)
        self.kinds = self.roots["kind"][:, : self.cols]
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
        self.seed = self._to_lanes(answer)
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
        self.problem = np.zeros(1, PROBLEM)
        self.problem["v"] = deterministic.product(self.axes, state.v_mps) / speed
        self.problem["v_f"] = deterministic.product(self.axes, state.target_mps) / speed
        self.problem["g"] = deterministic.product(self.axes, state.gravity_mps2) / gravity
        self.problem["axes"] = self.axes
        self.problem["rho_1"] = state.thrust.least_n / weight
        self.problem["rho_2"] = state.thrust.full_n / weight
        self.problem["alpha"] = speed / state.thrust.exhaust_mps
        padding = ((0, 0), (0, self.numbers.shape[2] - self.cols))
        self.heights = np.pad(
            (self.filled + np.float64(state.above_m)) / self.length_m, padding, mode="edge"
        )

    def _to_lanes(self, answers: NDArray[np.void]) -> NDArray[np.void]:
        """Return cells (n,) from extremals of the scalar solver (n,)."""
        q, p = (deterministic.product(answers[name], self.axes.T) for name in ("q", "p"))
        size = p[:, 2:]
        cells = np.empty(len(answers), CELL)
        cells["q"] = q / size * self.time_s
        cells["p"] = p[:, :2] / size
        for name in _TIMES:
            cells[name] = answers[name] / self.time_s
        cells["kind"] = answers["unknowns"]
        return cells

    def _to_scalar(self, cells: NDArray[np.void]) -> NDArray[np.void]:
        """Return guesses for the scalar solver (n,) from cells (n,)."""
        p = np.concatenate([cells["p"], np.ones((len(cells), 1))], axis=1)
        size = deterministic.lengths(p)[:, None]
        guesses = np.zeros(len(cells), _optimal.EXTREMAL)
        guesses["q"] = deterministic.product(cells["q"], self.axes) / (size * self.time_s)
        guesses["p"] = deterministic.product(p, self.axes) / size
        for name in _TIMES:
            guesses[name] = cells[name] * self.time_s
        guesses["unknowns"] = cells["kind"]
        return guesses

    def solve_lanes(self) -> None:
        """Solve all cells in lanes, each from those before it."""
        east = self.elevation.east_m + np.arange(self.numbers.shape[2]) * self.elevation.cell_m
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
            self.numbers,
        )
        if self.seed["kind"][0] == _FULL:
            self._keep(self.row, self.col, self.seed)

    def _keep(
        self, rows: NDArray[np.intp] | int, cols: NDArray[np.intp] | int, cells: NDArray[np.void]
    ) -> None:
        """Write down the roots of cells."""
        self.numbers[rows, :, cols] = cells.view(np.float64).reshape(-1, CELL_NUMBERS)

    def solve_rest(self, tries: int) -> None:
        """Solve what is left one by one: from neighbours, then a few without any help."""
        kinds = self.kinds
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
        while gained.any():
            beside = cv2.dilate(gained.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            places = np.flatnonzero(beside & (self.kinds == 0.0) & self.seen)
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
        self._keep(rows[solved], cols[solved], self._to_lanes(found[solved]))
        gained = np.zeros((self.rows, self.cols), bool)
        gained[rows[solved], cols[solved]] = True
        return gained

    def _solved_neighbours(
        self, rows: NDArray[np.intp], cols: NDArray[np.intp]
    ) -> NDArray[np.void]:
        """Return a solved cell beside each."""
        cells = np.zeros(len(rows), CELL)
        numbers = cells.view(np.float64).reshape(-1, CELL_NUMBERS)
        for down, right in ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            i = np.clip(rows + down, 0, self.rows - 1)
            j = np.clip(cols + right, 0, self.cols - 1)
            take = (cells["kind"] == 0.0) & (self.kinds[i, j] > 0.0)
            numbers[take] = self.numbers[i[take], :, j[take]]
        return cells

    def check_paths(self, margin_m: float, none: NDArray[np.bool_]) -> list[Image]:
        """Follow the ways: propellant, time, spare clearance, glide slope, greatest tilt, last.

        What is none is NaN.
        """
        out = np.empty((4, self.rows, self.numbers.shape[2]))
        ground = np.where(self.seen, self.filled, np.nan) / np.float32(self.length_m)
        clearance = np.zeros(1, CLEARANCE)
        cell = np.array([self.elevation.cell_m, self.elevation.cell_north_m])
        clearance["cell"] = cell / self.length_m
        clearance["highest"] = float(np.nanmax(ground)) * self.length_m / self.length_m
        clearance["margin"] = margin_m / self.length_m
        divert_kernel.check_paths(
            self.problem,
            clearance,
            self.heights,
            np.ascontiguousarray(ground, np.float32),
            *PATH_TABLES,
            self.numbers,
            out,
        )
        # what is lost may hold anything
        with np.errstate(invalid="ignore", over="ignore"):
            t_f, t_2, t_1 = (self.roots[name][:, : self.cols] for name in _TIMES)
            problem = self.problem[0]
            full, least = (problem[name] * problem["alpha"] for name in ("rho_2", "rho_1"))
            propellant_kg = self.state.mass_kg * (full * (t_f - t_2 + t_1) + least * (t_2 - t_1))
            spare, steep, end_cos, least_cos = (layer[:, : self.cols] for layer in out)
            checks = [
                propellant_kg,
                t_f * self.time_s,
                np.where(spare < 100.0, spare * self.length_m, np.inf),
                np.degrees(deterministic.arctan(np.sign(steep) * np.sqrt(np.abs(steep)))),
                np.degrees(deterministic.arccos(least_cos)),
                np.degrees(deterministic.arccos(end_cos)),
            ]
        for layer in checks:
            layer[none] = np.nan
        return checks
