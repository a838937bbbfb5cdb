"""The descent of least propellant that keeps a glide slope, a limit of tilt and above its target.

Lossless convexification (Acikmese & Ploen, JGCD 30(5), 2007; Blackmore, Acikmese & Scharf, JGCD
33(4), 2010): the thrust's lower limit, which is not convex, is kept by a bound s >= |u| on its
acceleration that is tight at the optimum; the log of the mass makes the rest convex. At N + 1 nodes
this is a program of second-order cones, solved by our own interior-point method, whose steps are
one pass over the nodes backwards and one forwards: no memory is taken, and the steps are counted.

A plan is looked along between its nodes: height and glide slope hold there to 1e-5 of the scale
|r| + v.v / 2g, least thrust to 1 %. Where they do not, the nodes are tightened and solved anew,
then with more nodes (between_nodes.pxi). Where the convexification is loose, as straight
above a target, the thrust is held to an even turn or upright, and what that costs is told.

Where no time of flight reaches the target, the answer is the least miss, then the least propellant
at that miss. The equations and the constraints as programmed are in transcription.pxi
of ext/guidance/constrained.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.guidance.constrained.constrained import (
    BAD_INPUT,
    FOUND_NUMBERS,
    MOST_INTERVALS,
    PLAN_NUMBERS,
    ConstrainedSolver,
)
from farside.guidance.optimal import OptimalError, Optimality, Thrust, optimal_descent
from farside.guidance.upright import drift
from farside.mission.moon import SURFACE_GRAVITY_MPS2

Vector = NDArray[np.float64]


class SolverStatus(IntEnum):
    """What became of a problem."""

    SOLVED = 0
    """Gap and residuals below 1e-8, scaled. Limits hold between nodes too, for 1 % more at most."""
    CLOSE = 1
    """A plan that keeps its limits, but dearer than it might be: gap and residuals are below 1e-4
    only, where rounding or the cap of steps ended it, or keeping limits between nodes has cost more
    than 1 % of the propellant. `bound_kg` says what it might take at least."""
    MISSED = 2
    """The target is out of reach: the least miss, and the least propellant that attains it; `gap`
    and `residual` say how exactly."""
    INFEASIBLE = 3
    """No plan in any time tried; each time has its proof, a dual ray. Or full thrust, straight up
    and at once, does not stop the fall above the ground, or the target's speed comes in flatter
    than the glide slope (rises, where the floor is the target's height): then there is none."""
    NOT_FOUND = 4
    """No plan within the cap of steps, and not for every time a proof that there is none; or one
    that keeps its limits at its nodes, and none that keeps them between."""


class ConstrainedError(FarsideError):
    """A number of the problem is impossible."""


@dataclass(frozen=True)
class Limits:
    """What a descent has to keep, at its nodes and between them."""

    glide_slope_deg: float | None = None
    """Least elevation of the lander seen from where it lands, in (0, 90)."""
    tilt_deg: float | None = None
    """Greatest angle of the thrust from the vertical, in [0, 180). With 0 nothing pushes sideways:
    a place aside is MISSED, a speed aside that is not the target's INFEASIBLE."""
    above_target: bool = True
    """Never below the floor; a glide slope asks more."""
    end_tilt_deg: float | None = None
    """Greatest angle of the thrust from the vertical at the end, in [0, 180)."""
    floor_m: float = 0.0
    """Height of that floor over the target, 0 or less."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.glide_slope_deg is not None and not 0.0 < self.glide_slope_deg < 90.0:
            raise ConstrainedError(
                f"a glide slope of {self.glide_slope_deg} deg: give one between 0 and 90, or None"
            )
        for tilt_deg in (self.tilt_deg, self.end_tilt_deg):
            if tilt_deg is not None and not 0.0 <= tilt_deg < 180.0:
                raise ConstrainedError(
                    f"a tilt of {tilt_deg} deg: give one from 0 to below 180, or None"
                )
        if not -math.inf < self.floor_m <= 0.0:
            raise ConstrainedError(
                f"a floor {self.floor_m} m over the target: give 0 or less, it comes down there"
            )


@dataclass(frozen=True, eq=False)
class ConstrainedDescent:
    """A plan at N + 1 nodes, evenly spaced in time; the thrust's acceleration is straight between.

    Vectors are in the axes of the state that was given, z up. Where nothing was found, numbers are
    NaN and arrays are empty.
    """

    status: SolverStatus
    time_s: float
    """Of flight."""
    propellant_kg: float
    bound_kg: float
    """No plan with these nodes in this time takes less propellant: proven by the dual, for limits
    at the nodes. 0 where the steps allowed did not suffice for a proof."""
    miss_m: Vector
    """(2,) where it lands less the target, x and y; 0 unless MISSED."""
    t_s: Vector
    """(N + 1,) from the state."""
    r_m: Vector
    """(N + 1, 3)."""
    v_mps: Vector
    """(N + 1, 3)."""
    mass_kg: Vector
    """(N + 1,)."""
    thrust_n: Vector
    """(N + 1, 3)."""
    loose: float
    """The largest excess of the bound s over the thrust's acceleration |u| at a node, as a part of
    s: next to 0 where the convexification is lossless. What burns is s."""
    gravity_mps2: Vector
    gap: float
    """Slack times dual, summed over all cones; of the log-mass, so 1e-8 is 1e-8 of the mass."""
    residual: float
    """The largest misfit of a cone or of the end, scaled."""
    solves: int
    """Cone programs solved, each at another time of flight."""
    steps: int
    """Interior-point steps in all of them."""

    def fly(self, t_s: ArrayLike) -> tuple[Vector, Vector, Vector]:
        """Return the flight at times after the state.

        Parameters
        ----------
        t_s
            (...) from 0 to `time_s` [s].

        Returns
        -------
        Place (..., 3) [m], speed (..., 3) [m/s] and the thrust's acceleration (..., 3) [m/s^2], in
        the axes of the state: closed form, since that acceleration is straight between nodes.
        """
        t = np.asarray(t_s, np.float64)
        step = float(self.t_s[1])
        k = np.clip((t / step).astype(np.int64), 0, len(self.t_s) - 2)
        past = (t - self.t_s[k])[..., None]
        u = self.thrust_n / self.mass_kg[:, None]
        rate = (u[k + 1] - u[k]) / step
        pull = u[k] + self.gravity_mps2
        v = self.v_mps[k] + past * (pull + 0.5 * past * rate)
        r = self.r_m[k] + past * (self.v_mps[k] + past * (0.5 * pull + past * rate / 6.0))
        return r, v, u[k] + past * rate


class _Solver(threading.local):
    """The kernel's room, once in each thread."""

    def __init__(self) -> None:
        self.kernel = ConstrainedSolver()


_SOLVER = _Solver()


def constrained_descent(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    mass_kg: float,
    thrust: Thrust,
    limits: Limits = Limits(),
    *,
    target_m: ArrayLike = (0.0, 0.0, 0.0),
    target_mps: ArrayLike = (0.0, 0.0, 0.0),
    gravity_mps2: ArrayLike = (0.0, 0.0, -SURFACE_GRAVITY_MPS2),
    dry_mass_kg: float = 0.0,
    time_s: float | None = None,
    guess_s: float | None = None,
    intervals: int = 20,
    nearest: bool = True,
) -> ConstrainedDescent:
    """Find the descent of least propellant within limits, or the one that misses least.

    Parameters
    ----------
    r_m, v_mps
        (3,) place and speed, in axes that do not turn, z up.
    mass_kg
        Of the lander there.
    thrust
        Its engine.
    limits
        Glide slope, tilt, ground.
    target_m, target_mps
        (3,) where to be, and how fast, at the end.
    gravity_mps2
        (3,) constant.
    dry_mass_kg
        What is left when the tank is empty; 0 asks nothing.
    time_s
        Of flight; None searches the best.
    guess_s
        Where that search begins; None takes the time of the descent without limits.
    intervals
        N, 4 to 100. The plan has more where N do not keep the limits between nodes.
    nearest
        Whether to look for the least miss where the target is out of reach.

    Returns
    -------
    The plan, and in `status` what it is worth; without one its numbers are NaN.

    Raises
    ------
    ConstrainedError
        If a number is not finite or impossible.

    Examples
    --------
    >>> from farside.guidance import Limits, Thrust, constrained_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0)
    >>> limits = Limits(glide_slope_deg=10.0, tilt_deg=45.0)
    >>> plan = constrained_descent(*state, 2500.0, engine, limits)
    >>> print(f"{plan.status.name}: {plan.propellant_kg:.1f} kg in {plan.time_s:.0f} s")
    SOLVED: 107.0 kg in 60 s
    >>> r_m, v_mps, thrust_mps2 = plan.fly([0.0, 30.0])
    >>> print(r_m.round())
    [[ 600.  150. 2000.]
     [ 117.  147.  669.]]
    """
    start, speed = _vector(r_m, "place"), _vector(v_mps, "speed")
    target, arrival = _vector(target_m, "target"), _vector(target_mps, "speed at the target")
    gravity = _vector(gravity_mps2, "gravity")
    pull = float(np.linalg.norm(gravity))
    away = start - target
    size = float(np.linalg.norm(away)) + 0.5 * float(speed @ speed) / max(pull, 1e-9)
    if not 0.0 <= dry_mass_kg < mass_kg < math.inf:
        raise ConstrainedError(f"{mass_kg} kg, {dry_mass_kg} dry: give 0 or more, then more")
    if not 4 <= intervals <= MOST_INTERVALS:
        raise ConstrainedError(f"{intervals} intervals: choose 4 to {MOST_INTERVALS}")
    if pull == 0.0 or size == 0.0:
        raise ConstrainedError("there is no gravity, or the lander is at the target at rest")
    if time_s is not None and not 0.0 < time_s < math.inf:
        raise ConstrainedError(f"a flight of {time_s} s: give a time above 0, or None")
    first_s = (
        time_s or guess_s or _guess(start, speed, mass_kg, thrust, target, arrival, gravity, away)
    )
    side = None
    if limits.tilt_deg == 0.0:
        side = drift(start, speed, target, arrival, gravity)
        if side is None or not (side.reaches or nearest):
            return _nothing(SolverStatus.INFEASIBLE, gravity, 0, 0)
        if side.time_s is not None:
            if time_s is not None and abs(time_s - side.time_s) > 1e-9 * side.time_s:
                return _nothing(SolverStatus.INFEASIBLE, gravity, 0, 0)
            time_s = first_s = side.time_s
    unit_s = math.sqrt(size / pull)
    plan = np.empty(PLAN_NUMBERS)
    plan[0:3] = away / size
    plan[3:6] = speed * unit_s / size
    plan[6:9] = arrival * unit_s / size
    plan[9:12] = gravity / pull
    plan[12:14] = thrust.least_n / (mass_kg * pull), thrust.full_n / (mass_kg * pull)
    plan[14] = size / (unit_s * thrust.exhaust_mps)
    plan[15] = dry_mass_kg / mass_kg
    plan[16] = -1.0 if limits.tilt_deg is None else math.cos(math.radians(limits.tilt_deg))
    slope = limits.glide_slope_deg
    plan[17] = 0.0 if slope is None else 1.0 / math.tan(math.radians(slope))
    plan[18] = limits.above_target
    end = plan[16] if limits.end_tilt_deg is None else math.cos(math.radians(limits.end_tilt_deg))
    plan[19] = max(plan[16], end)
    plan[20] = limits.floor_m / size
    if side is not None:
        plan[[0, 1, 3, 4, 6, 7, 9, 10]] = 0.0
        nearest = False
    found, solves, steps = np.empty(FOUND_NUMBERS), 0, 0
    for count in _grids(intervals):
        nodes = np.empty((count + 1, 8))
        status = _SOLVER.kernel.solve(
            plan, count, first_s / unit_s, time_s is None, nearest, nodes, found
        )
        if status == BAD_INPUT:
            raise ConstrainedError("the thrust's limits, or the time, are out of all proportion")
        solves, steps = solves + int(found[7]), steps + int(found[8])
        if not found[11]:
            break
        # these nodes have a plan in this time; more of them start there
        first_s = found[0] * unit_s
    if status in (SolverStatus.INFEASIBLE, SolverStatus.NOT_FOUND):
        return _nothing(SolverStatus(status), gravity, solves, steps)
    found[7:9] = solves, steps
    if side is not None and not side.reaches:
        status = SolverStatus.MISSED
        found[1:3] = side.miss_m / size
    told = _told(
        SolverStatus(status), nodes, found, size, unit_s, start, speed, target, mass_kg, gravity
    )
    if side is not None:
        t = told.t_s[:, None]
        told.r_m[:, :2] = start[:2] + speed[:2] * t + 0.5 * gravity[:2] * t * t
    return told


def _grids(intervals: int) -> list[int]:
    """Return the numbers of intervals to try in turn until limits hold between nodes.

    2.5 times as many each time to the most; then fewer, which suit some sharp turns of the thrust.
    """
    grids = [intervals]
    while grids[-1] < MOST_INTERVALS:
        grids.append(min(5 * grids[-1] // 2, MOST_INTERVALS))
    return grids + [n for n in (80, 64, 52) if n not in grids and n > intervals // 2]


def _nothing(status: SolverStatus, gravity: Vector, solves: int, steps: int) -> ConstrainedDescent:
    """Return what is told where no plan was found."""
    nothing, rows, nan = np.empty(0), np.empty((0, 3)), math.nan
    return ConstrainedDescent(
        status, nan, nan, nan, np.full(2, nan), nothing, rows, rows, nothing, rows, nan,
        gravity, nan, nan, solves, steps,
    )  # fmt: skip


def _told(
    status: SolverStatus,
    nodes: Vector,
    found: Vector,
    size: float,
    unit_s: float,
    start: Vector,
    speed: Vector,
    target: Vector,
    mass_kg: float,
    gravity: Vector,
) -> ConstrainedDescent:
    """Return the kernel's answer its units."""
    time_s = float(found[0]) * unit_s
    h = time_s / (len(nodes) - 1)
    pull = nodes[:, :3] * (size / unit_s**2)
    v = np.empty((len(nodes), 3))
    v[0] = speed
    v[1:] = speed + np.cumsum(h * (0.5 * (pull[:-1] + pull[1:]) + gravity), axis=0)
    miss = found[1:3] * size
    r = nodes[:, 4:7] * size + target
    r[:, :2] += miss
    mass = mass_kg * np.exp(nodes[:, 7])
    return ConstrainedDescent(
        status,
        time_s,
        float(mass_kg - mass[-1]),
        float(-mass_kg * math.expm1(-float(found[3]))),
        miss,
        np.linspace(0.0, time_s, len(nodes)),
        r,
        v,
        mass,
        np.asarray(pull * mass[:, None], np.float64),
        float(1.0 - np.min(np.linalg.norm(nodes[:, :3], axis=1) / nodes[:, 3])),
        gravity,
        float(found[4]),
        float(found[5]),
        int(found[7]),
        int(found[8]),
    )


def _guess(
    start: Vector,
    speed: Vector,
    mass_kg: float,
    thrust: Thrust,
    target: Vector,
    arrival: Vector,
    gravity: Vector,
    away: Vector,
) -> float:
    """Return the time of the descent without limits or, without one, of the least energy.

    The latter is D'Souza's (AIAA 97-3709): g.g/2 t^4 - 2 v.v t^2 - 12 v.r t - 18 r.r = 0.
    """
    try:
        free = optimal_descent(
            start, speed, mass_kg, thrust,
            target_m=target, target_mps=arrival, gravity_mps2=gravity,
        )  # fmt: skip
    except OptimalError as error:
        raise ConstrainedError(str(error)) from error
    if free.status == Optimality.OPTIMAL:
        return free.time_s
    roots = np.roots(
        [
            0.5 * float(gravity @ gravity),
            0.0,
            -2.0 * float(speed @ speed),
            -12.0 * float(speed @ away),
            -18.0 * float(away @ away),
        ]
    )
    real = roots[np.abs(roots.imag) < 1e-6 * np.abs(roots)].real
    return float(real.max())


def _vector(given: ArrayLike, name: str) -> Vector:
    vector = np.array(given, np.float64)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise ConstrainedError(f"{name} {given!r}: give three finite numbers")
    return vector
