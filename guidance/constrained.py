"""The descent of least propellant that keeps a glide slope, a limit of tilt and above its target.

Lossless convexification (Acikmese & Ploen, JGCD 30(5), 2007; Blackmore, Acikmese & Scharf, JGCD
33(4), 2010): the thrust's lower limit, which is not convex, is kept by a bound s >= |u| on its
acceleration that is tight at the optimum; the log of the mass makes the rest convex. At N + 1 nodes
this is a program of second-order cones, solved by our own interior-point method, whose steps are
one pass over the nodes backwards and one forwards: no memory is taken, and the steps are counted.

A plan is checked between its nodes: height and glide slope hold there to 1e-5 of the scale
|r| + v.v / 2g, least thrust to 1 %. Where they do not, the nodes are tightened and solved anew,
then with more nodes (between_nodes.pxi). Where the convexification is loose, as straight
above a target, the thrust is held to an even turn or upright; `propellant_kg` includes what that
costs.

Where no time of flight reaches the target, the answer is the least miss, then the least propellant
at that miss. The equations and the constraints as programmed are in transcription.pxi
of ext/guidance/constrained.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.numbers import numbers
from farside.ext.guidance.constrained.constrained import (
    MOST_INTERVALS,
    NODE,
    RESULT,
    ConstrainedSolver,
    new_problem,
)
from farside.ext.guidance.records import _codes as codes
from farside.guidance.constrained_plan import (
    ConstrainedDescent,
    ConstrainedError,
    Limits,
    SolverOptions,
    SolverStatus,
)
from farside.guidance.optimal import OptimalError, Optimality, Target, Thrust, optimal_descent
from farside.guidance.upright import Sideways, drift
from farside.mission.moon import SURFACE_GRAVITY_MPS2

Vector = NDArray[np.float64]

_ABOVE_TARGET, _AT_REST, _FREE_TIME = Limits(), Target(), SolverOptions()

__all__ = [
    "ConstrainedDescent",
    "ConstrainedError",
    "Limits",
    "SolverOptions",
    "SolverStatus",
    "constrained_descent",
]


class _Solver(threading.local):
    """The kernel's workspace, once in each thread."""

    def __init__(self) -> None:
        self.kernel = ConstrainedSolver()


_SOLVER = _Solver()


@dataclass(frozen=True, eq=False)
class _Problem:
    """A problem in SI, its numbers checked, and the units of the scaled one."""

    start_m: Vector
    speed_mps: Vector
    mass_kg: float
    thrust: Thrust
    limits: Limits
    target_m: Vector
    arrival_mps: Vector
    gravity_mps2: Vector
    length_m: float
    """L = |r| + v.v / 2g."""
    unit_s: float
    """sqrt(L / g)."""

    def scaled(self, sideways: Sideways | None) -> NDArray[np.void]:
        """Return the kernel's PROBLEM; vertical motion alone where the thrust is upright."""
        length, unit_s, limits, thrust = self.length_m, self.unit_s, self.limits, self.thrust
        pull = float(np.linalg.norm(self.gravity_mps2))
        cos_tilt = _cosine(limits.tilt_deg)
        slope = limits.glide_slope_deg
        problem = new_problem(
            r=(self.start_m - self.target_m) / length,
            v=self.speed_mps * unit_s / length,
            v_f=self.arrival_mps * unit_s / length,
            g=self.gravity_mps2 / pull,
            rho_1=thrust.least_n / (self.mass_kg * pull),
            rho_2=thrust.full_n / (self.mass_kg * pull),
            alpha=length / (unit_s * thrust.exhaust_mps),
            dry=limits.dry_mass_kg / self.mass_kg,
            cos_tilt=cos_tilt,
            cos_end=max(cos_tilt, _cosine(limits.end_tilt_deg)),
            cot_glide=0.0 if slope is None else 1.0 / math.tan(math.radians(slope)),
            floored=limits.above_target,
            floor=limits.floor_m / length,
        )
        if sideways is not None:
            for name in ("r", "v", "v_f", "g"):
                problem[name][:, :2] = 0.0
        return problem


def constrained_descent(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    mass_kg: float,
    thrust: Thrust,
    limits: Limits = _ABOVE_TARGET,
    *,
    target: Target = _AT_REST,
    gravity_mps2: ArrayLike = (0.0, 0.0, -SURFACE_GRAVITY_MPS2),
    options: SolverOptions = _FREE_TIME,
) -> ConstrainedDescent:
    """Find the descent of least propellant within limits, or the one that misses least.

    Parameters
    ----------
    r_m, v_mps
        (3,) place [m] and speed [m/s], in axes that do not turn, z up.
    mass_kg
        Of the lander there [kg].
    thrust
        Its engine.
    limits
        Glide slope, tilt, ground, tank.
    target
        Where to be, and how fast, at the end.
    gravity_mps2
        (3,) constant [m/s^2].
    options
        The time of flight, if it is given, and the number of nodes.

    Returns
    -------
    The plan, and in `status` what it is worth; without one its numbers are NaN.

    Raises
    ------
    ConstrainedError
        If a number is not finite or impossible.

    References
    ----------
    .. [1] Acikmese and Ploen, *Convex programming approach to powered descent guidance for Mars
       landing*, 2007.
    .. [2] Blackmore, Acikmese and Scharf, *Minimum-landing-error powered-descent guidance for Mars
       landing using convex optimization*, 2010.
    .. [3] Rao, Wright and Rawlings, *Application of interior-point methods to model predictive
       control*, 1998.

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
    asked = _problem(r_m, v_mps, mass_kg, thrust, limits, target, gravity_mps2)
    time_s, sideways = options.time_s, None
    first_s = time_s or options.guess_s or _guess_s(asked)
    if limits.tilt_deg == 0.0:
        sideways = drift(
            asked.start_m, asked.speed_mps, asked.target_m, asked.arrival_mps, asked.gravity_mps2
        )
        if sideways is None or not (sideways.reaches or options.nearest):
            return _nothing(asked, SolverStatus.INFEASIBLE)
        if sideways.time_s is not None:
            if time_s is not None and abs(time_s - sideways.time_s) > 1e-9 * sideways.time_s:
                return _nothing(asked, SolverStatus.INFEASIBLE)
            time_s = first_s = sideways.time_s
    nearest = options.nearest and sideways is None
    problem = asked.scaled(sideways)
    nodes, result, status = _solve(
        problem, options.intervals, first_s, asked.unit_s, time_s is None, nearest
    )
    if status in (SolverStatus.INFEASIBLE, SolverStatus.NOT_FOUND):
        return _nothing(asked, status, int(result["solves"]), int(result["steps"]))
    if sideways is None:
        return _in_si(asked, status, nodes, result)
    if not sideways.reaches:
        status = SolverStatus.MISSED
        result["miss"] = sideways.miss_m / asked.length_m
    plan = _in_si(asked, status, nodes, result)
    start, speed, gravity = asked.start_m[:2], asked.speed_mps[:2], asked.gravity_mps2[:2]
    t = plan.t_s[:, None]
    plan.r_m[:, :2] = start + speed * t + 0.5 * gravity * t * t
    return plan


def _problem(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    mass_kg: float,
    thrust: Thrust,
    limits: Limits,
    target: Target,
    gravity_mps2: ArrayLike,
) -> _Problem:
    """Check the numbers of a problem and choose its units."""
    start, speed = _vector(r_m, "place"), _vector(v_mps, "speed")
    end, arrival = _vector(target.r_m, "target"), _vector(target.v_mps, "speed at the target")
    gravity = _vector(gravity_mps2, "gravity")
    pull = float(np.linalg.norm(gravity))
    size = float(np.linalg.norm(start - end)) + 0.5 * float(speed @ speed) / max(pull, 1e-9)
    if not limits.dry_mass_kg < mass_kg < math.inf:
        raise ConstrainedError(f"{mass_kg} kg, {limits.dry_mass_kg} dry: give 0 or more, then more")
    if pull == 0.0 or size == 0.0:
        raise ConstrainedError("there is no gravity, or the lander is at the target at rest")
    unit_s = math.sqrt(size / pull)
    return _Problem(start, speed, mass_kg, thrust, limits, end, arrival, gravity, size, unit_s)


def _cosine(tilt_deg: float | None) -> float:
    """Return the cosine of a tilt; -1 where any will do."""
    return -1.0 if tilt_deg is None else math.cos(math.radians(tilt_deg))


def _solve(
    problem: NDArray[np.void],
    intervals: int,
    first_s: float,
    unit_s: float,
    free: bool,
    nearest: bool,
) -> tuple[NDArray[np.void], np.void, SolverStatus]:
    """Solve with more nodes in turn until limits hold between them, from the time `first_s`.

    Returns
    -------
    NODE records, a RESULT with solves and steps of all, and the status.
    """
    result, solves, steps = np.empty(1, RESULT), 0, 0
    for count in _grids(intervals):
        problem["intervals"] = count
        nodes = np.empty(count + 1, NODE)
        status = _SOLVER.kernel.solve(problem, first_s / unit_s, free, nearest, nodes, result)
        if status == codes.SolverStatus.BAD_INPUT:
            raise ConstrainedError("the thrust's limits, or the time, are out of all proportion")
        solves, steps = solves + int(result["solves"][0]), steps + int(result["steps"][0])
        if not result["slipped"][0]:
            break
        # these nodes have a plan in this time; more of them start there
        first_s = float(result["t_f"][0]) * unit_s
    result["solves"], result["steps"] = solves, steps
    return nodes, result[0], SolverStatus(status)


def _grids(intervals: int) -> list[int]:
    """Return the numbers of intervals to try in turn until limits hold between nodes.

    2.5 times as many each time to the most; then fewer, which suit some sharp turns of the thrust.
    """
    grids = [intervals]
    while grids[-1] < MOST_INTERVALS:
        grids.append(min(5 * grids[-1] // 2, MOST_INTERVALS))
    return grids + [n for n in (80, 64, 52) if n not in grids and n > intervals // 2]


def _nothing(
    asked: _Problem, status: SolverStatus, solves: int = 0, steps: int = 0
) -> ConstrainedDescent:
    """Return the answer where no plan was found."""
    nothing, rows, nan = np.empty(0), np.empty((0, 3)), math.nan
    return ConstrainedDescent(
        status, nan, nan, nan, np.full(2, nan), nothing, rows, rows, nothing, rows, nan,
        asked.gravity_mps2, nan, nan, solves, steps,
    )  # fmt: skip


def _in_si(
    asked: _Problem, status: SolverStatus, nodes: NDArray[np.void], result: np.void
) -> ConstrainedDescent:
    """Return the kernel's plan in SI."""
    time_s = float(result["t_f"]) * asked.unit_s
    h = time_s / (len(nodes) - 1)
    pull = nodes["u"] * (asked.length_m / asked.unit_s**2)
    v = np.empty((len(nodes), 3))
    v[0] = asked.speed_mps
    v[1:] = asked.speed_mps + np.cumsum(
        h * (0.5 * (pull[:-1] + pull[1:]) + asked.gravity_mps2), axis=0
    )
    miss = result["miss"] * asked.length_m
    r = nodes["r"] * asked.length_m + asked.target_m
    r[:, :2] += miss
    mass = asked.mass_kg * np.exp(nodes["z"])
    return ConstrainedDescent(
        status=status,
        time_s=time_s,
        propellant_kg=float(asked.mass_kg - mass[-1]),
        bound_kg=float(-asked.mass_kg * math.expm1(-float(result["bound"]))),
        miss_m=miss,
        t_s=np.linspace(0.0, time_s, len(nodes)),
        r_m=r,
        v_mps=v,
        mass_kg=mass,
        thrust_n=np.asarray(pull * mass[:, None], np.float64),
        loose=float(1.0 - np.min(np.linalg.norm(nodes["u"], axis=1) / nodes["s"])),
        gravity_mps2=asked.gravity_mps2,
        gap=float(result["gap"]),
        residual=float(result["primal_residual"]),
        solves=int(result["solves"]),
        steps=int(result["steps"]),
    )


def _guess_s(asked: _Problem) -> float:
    """Return the time of the descent without limits or, without one, of the least energy.

    The latter is D'Souza's (AIAA 97-3709): g.g/2 t^4 - 2 v.v t^2 - 12 v.r t - 18 r.r = 0.
    """
    speed, gravity = asked.speed_mps, asked.gravity_mps2
    away = asked.start_m - asked.target_m
    try:
        free = optimal_descent(
            asked.start_m, speed, asked.mass_kg, asked.thrust,
            target=Target(asked.target_m, asked.arrival_mps), gravity_mps2=gravity,
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
    vector = numbers(given, name, ConstrainedError)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise ConstrainedError(f"{name} {given!r}: give three finite numbers")
    return vector
