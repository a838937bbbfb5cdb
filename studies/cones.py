"""The descent in free time as a sparse cone programme, for solvers of cones: an oracle and a peer.

Lossless convexification (Acikmese & Ploen, JGCD 30(5), 2007), first-order hold, the target at the
origin, z up. It carries the thrust's bounds and, if asked to, the ground: no node below the target.
Both bounds are expanded about a course of the mass, full thrust's to begin with, on the safe side:
the plan is a little dearer than the true optimum, by what `refined` takes away, which expands about
the mass just found. Nothing is shared with the library's own programme.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from farside.guidance import Thrust

Vector = NDArray[np.float64]

_NODE = 11  # numbers of a node: r (3), v (3), ln of mass, u (3), s
_R, _V, _Z, _U, _S = 0, 3, 6, 7, 10
_LENGTH_M = 1000.0


@dataclass(frozen=True)
class State:
    """Where a descent begins, relative to its target, and with what."""

    r_m: Vector
    v_mps: Vector
    mass_kg: float
    thrust: Thrust
    gravity_mps2: float


@dataclass(frozen=True)
class Answer:
    """What a solver said of one flight time, or of the best."""

    verdict: str
    """'solved', 'infeasible' (with a dual ray as proof) or 'unsure'."""
    propellant_kg: float = np.inf
    time_s: float = np.nan
    log_mass: Vector | None = None
    """(N + 1,) of the mass over that at the start."""


def installed() -> list[str]:
    """Name the solvers that are there: Clarabel first."""
    return [name for name in ("clarabel", "ecos") if importlib.util.find_spec(name)]


def programme(
    state: State, time_s: float, intervals: int, ground: bool, about: Vector | None = None
) -> tuple[Vector, sp.csc_matrix, Vector, int, list[int], sp.csc_matrix, Vector]:
    """Return c, G, h, the count of linear rows, the cones' sizes, A and b: h - G x is in them."""
    n, nodes = intervals, np.arange(intervals + 1)
    unit_s = np.sqrt(_LENGTH_M / state.gravity_mps2)
    h = time_s / unit_s / n
    weight = state.mass_kg * state.gravity_mps2
    least, full = state.thrust.least_n / weight, state.thrust.full_n / weight
    alpha = _LENGTH_M / unit_s / state.thrust.exhaust_mps
    at, to = _NODE * nodes[:-1], _NODE * nodes[1:]
    equal, right, row = [], [], 0

    def put(rows: Vector, columns: Vector, value: float) -> None:
        equal.append((rows, columns, np.full(len(rows), value)))

    for i, start in enumerate([*state.r_m / _LENGTH_M, *state.v_mps * unit_s / _LENGTH_M, 0.0]):
        put(np.array([row]), np.array([i]), 1.0)
        right.append(start)
        row += 1
    for i in range(6):
        put(np.array([row]), np.array([_NODE * n + i]), 1.0)
        right.append(0.0)
        row += 1
    for i in range(3):
        pull = -1.0 if i == 2 else 0.0
        rows = row + np.arange(n)
        # r+ = r + h v + h^2 (u / 3 + u+ / 6 + g / 2)
        for columns, value in (
            (to + _R, 1.0), (at + _R, -1.0), (at + _V, -h),
            (at + _U, -h * h / 3.0), (to + _U, -h * h / 6.0),
        ):  # fmt: skip
            put(rows, columns + i, value)
        right += [0.5 * h * h * pull] * n
        rows = rows + n
        # v+ = v + h (u / 2 + u+ / 2 + g)
        for columns, value in (
            (to + _V, 1.0), (at + _V, -1.0), (at + _U, -0.5 * h), (to + _U, -0.5 * h),
        ):  # fmt: skip
            put(rows, columns + i, value)
        right += [h * pull] * n
        row += 2 * n
    rows = row + np.arange(n)
    # z+ = z - alpha h (s / 2 + s+ / 2)
    burnt = 0.5 * alpha * h
    for columns, value in ((to + _Z, 1.0), (at + _Z, -1.0), (at + _S, burnt), (to + _S, burnt)):
        put(rows, columns, value)
    right += [0.0] * n
    row += n
    z_0 = np.log(1.0 - alpha * full * h * nodes) if about is None else about
    mass, here = np.exp(z_0), _NODE * nodes
    inside, limits, used = [], [], 0

    def hold(rows: Vector, columns: Vector, values: Vector | float) -> None:
        inside.append((rows, columns, np.broadcast_to(np.asarray(values, float), rows.shape)))

    # s <= full / mass (1 - d), d = z - z_0
    hold(used + nodes, here + _S, mass / full)
    hold(used + nodes, here + _Z, 1.0)
    limits.append(1.0 + z_0)
    used += n + 1
    if ground:
        between = np.arange(1, n)
        hold(used + between - 1, _NODE * between + 2, -1.0)
        limits.append(np.zeros(n - 1))
        used += n - 1
    linear = used
    # |u| <= s
    for i, column in enumerate((_S, _U, _U + 1, _U + 2)):
        hold(used + 4 * nodes + i, here + column, -1.0)
    limits.append(np.zeros(4 * (n + 1)))
    used += 4 * (n + 1)
    # d^2 <= 2 a, a = s / mu - 1 + d, mu = least / mass: |(d, a - 1/2)| <= a + 1/2
    per = mass / max(least, 1e-9)
    for i in (0, 2):
        hold(used + 3 * nodes + i, here + _S, -per)
        hold(used + 3 * nodes + i, here + _Z, -1.0)
    hold(used + 3 * nodes + 1, here + _Z, -1.0)
    triple = np.stack([-0.5 - z_0, -z_0, -1.5 - z_0], axis=1)
    limits.append(triple.ravel())
    used += 3 * (n + 1)
    width = _NODE * (n + 1)
    c = np.zeros(width)
    c[_NODE * n + _Z] = -1.0
    return (
        c,
        _matrix(inside, used, width),
        np.concatenate(limits),
        linear,
        [4] * (n + 1) + [3] * (n + 1),
        _matrix(equal, row, width),
        np.array(right),
    )


def _matrix(parts: list[tuple[Vector, Vector, Vector]], rows: int, columns: int) -> sp.csc_matrix:
    at_row, at_column, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    return sp.csc_matrix((values, (at_row, at_column)), shape=(rows, columns))


def by_clarabel(*problem) -> tuple[str, Vector | None]:
    """Solve by Clarabel."""
    import clarabel

    c, G, h, linear, sizes, A, b = problem
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    kinds = [clarabel.ZeroConeT(len(b)), clarabel.NonnegativeConeT(linear)]
    kinds += [clarabel.SecondOrderConeT(size) for size in sizes]
    rows = sp.csc_matrix(sp.vstack([A, G]))
    nothing = sp.csc_matrix((len(c), len(c)))
    found = clarabel.DefaultSolver(
        nothing, c, rows, np.concatenate([b, h]), kinds, settings
    ).solve()
    name = str(found.status)
    if name in ("Solved", "AlmostSolved"):
        return "solved", np.array(found.x)
    return "infeasible" if name == "PrimalInfeasible" else "unsure", None


def by_ecos(*problem) -> tuple[str, Vector | None]:
    """Solve by ECOS."""
    import ecos

    c, G, h, linear, sizes, A, b = problem
    found = ecos.solve(c, G, h, {"l": linear, "q": sizes}, A, b, verbose=False)
    flag = found["info"]["exitFlag"]
    if flag in (0, 10):
        return "solved", np.array(found["x"])
    return "infeasible" if flag == 1 else "unsure", None


SOLVERS: dict[str, Callable[..., tuple[str, Vector | None]]] = {
    "clarabel": by_clarabel,
    "ecos": by_ecos,
}


def given_time(
    state: State, time_s: float, intervals: int, ground: bool = False,
    about: Vector | None = None, solver: str = "clarabel",
) -> Answer:  # fmt: skip
    """Solve for one flight time."""
    burnt = state.thrust.full_n / state.thrust.exhaust_mps * time_s
    if about is None and not burnt < 0.99 * state.mass_kg:
        return Answer("unsure")
    verdict, x = SOLVERS[solver](*programme(state, time_s, intervals, ground, about))
    if x is None:
        return Answer(verdict, time_s=time_s)
    z = x[_Z::_NODE]
    return Answer("solved", float(-state.mass_kg * np.expm1(z[-1])), time_s, z)


def times(state: State, count: int = 28) -> Vector:
    """Return flight times [s], all that could be of use: from the shortest stop to a slow descent.

    No flight ends before full thrust straight against the speed could stop it in free space, and
    the slowest has three times the time of a fall and of a stop against gravity.
    """
    pull = state.thrust.full_n / state.mass_kg
    speed, far = float(np.linalg.norm(state.v_mps)), float(np.linalg.norm(state.r_m))
    net = pull - state.gravity_mps2
    low = max(0.8 * speed / (1.4 * (pull + state.gravity_mps2)), 5.0)
    high = 3.0 * (speed / net + np.sqrt(2.0 * far / state.gravity_mps2) + np.sqrt(2.0 * far / net))
    return np.asarray(np.geomspace(low, high, count), np.float64)


def free_time(
    state: State, intervals: int, ground: bool = False, solver: str = "clarabel"
) -> Answer:
    """Solve for the best flight time: looked for at N = 20, then by Brent's method at N.

    The verdict is 'infeasible' only if every time looked at has its dual ray, at N.
    """
    tried = times(state)
    coarse = [given_time(state, t, 20, ground, solver=solver) for t in tried]
    best = int(np.argmin([answer.propellant_kg for answer in coarse]))
    if not np.isfinite(coarse[best].propellant_kg):
        fine = [given_time(state, t, intervals, ground, solver=solver) for t in tried]
        best = int(np.argmin([answer.propellant_kg for answer in fine]))
        if not np.isfinite(fine[best].propellant_kg):
            proven = all(answer.verdict == "infeasible" for answer in fine)
            return Answer("infeasible" if proven else "unsure")
    low, high = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
    found: dict[float, Answer] = {}

    def cost(time_s: float) -> float:
        found[time_s] = given_time(state, time_s, intervals, ground, solver=solver)
        return min(found[time_s].propellant_kg, 2.0 * state.mass_kg)

    # To 0.02 s: the cost is level there to 1e-5 kg.
    minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 0.02})
    return min(found.values(), key=lambda one: one.propellant_kg)


def refined(state: State, answer: Answer, ground: bool, rounds: int = 2) -> Answer:
    """Expand the thrust's bounds about the mass that was found, and solve anew in the same time."""
    for _ in range(rounds):
        if answer.log_mass is None:
            break
        intervals = len(answer.log_mass) - 1
        again = given_time(state, answer.time_s, intervals, ground, answer.log_mass)
        if again.verdict != "solved":
            break
        answer = again
    return answer
