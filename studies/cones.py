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


class _Rows:
    """Rows of a sparse matrix and their right-hand sides, put together block by block."""

    def __init__(self) -> None:
        self.parts: list[tuple[Vector, Vector, Vector]] = []
        self.right: list[Vector] = []
        self.count = 0

    def block(self, right: Vector, *terms: tuple[Vector, Vector | float]) -> None:
        """Add a row for each right-hand side; a term has the columns and values of all rows."""
        rows = self.count + np.arange(len(right))
        for columns, values in terms:
            spread = np.broadcast_to(np.asarray(values, float), rows.shape)
            self.parts.append((rows, np.broadcast_to(columns, rows.shape), spread))
        self.right.append(np.asarray(right, float))
        self.count += len(right)

    def matrix(self, width: int) -> tuple[sp.csc_matrix, Vector]:
        """Return the matrix and the right-hand side."""
        at_row, at_column, values = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        shape = (self.count, width)
        return sp.csc_matrix((values, (at_row, at_column)), shape=shape), np.concatenate(self.right)


def _equations(state: State, unit_s: float, h: float, alpha: float, n: int) -> _Rows:
    """Return both ends and the dynamics: first-order hold between nodes a step h apart."""
    equal, at = _Rows(), _NODE * np.arange(n)
    to = at + _NODE
    start = [*state.r_m / _LENGTH_M, *state.v_mps * unit_s / _LENGTH_M, 0.0]
    equal.block(np.array(start), (np.arange(7), 1.0))
    equal.block(np.zeros(6), (_NODE * n + np.arange(6), 1.0))
    for i in range(3):
        pull = -1.0 if i == 2 else 0.0
        # r+ = r + h v + h^2 (u / 3 + u+ / 6 + g / 2)
        equal.block(
            np.full(n, 0.5 * h * h * pull),
            (to + _R + i, 1.0), (at + _R + i, -1.0), (at + _V + i, -h),
            (at + _U + i, -h * h / 3.0), (to + _U + i, -h * h / 6.0),
        )  # fmt: skip
        # v+ = v + h (u / 2 + u+ / 2 + g)
        equal.block(
            np.full(n, h * pull),
            (to + _V + i, 1.0), (at + _V + i, -1.0),
            (at + _U + i, -0.5 * h), (to + _U + i, -0.5 * h),
        )  # fmt: skip
    # z+ = z - alpha h (s / 2 + s+ / 2)
    burnt = 0.5 * alpha * h
    equal.block(np.zeros(n), (to + _Z, 1.0), (at + _Z, -1.0), (at + _S, burnt), (to + _S, burnt))
    return equal


def _linear(full: float, z_0: Vector, ground: bool, inside: _Rows) -> None:
    """Add the half-lines: full thrust, and the ground."""
    n, here = len(z_0) - 1, _NODE * np.arange(len(z_0))
    # s <= full / mass (1 - d), d = z - z_0
    inside.block(1.0 + z_0, (here + _S, np.exp(z_0) / full), (here + _Z, 1.0))
    if ground:
        inside.block(np.zeros(n - 1), (_NODE * np.arange(1, n) + 2, -1.0))


def _curved(least: float, z_0: Vector, inside: _Rows) -> None:
    """Add the second-order cones: the bound on the thrust's acceleration, and the least thrust."""
    here = _NODE * np.arange(len(z_0))
    # |u| <= s
    columns = here[:, None] + np.array([_S, _U, _U + 1, _U + 2])
    inside.block(np.zeros(columns.size), (columns.ravel(), -1.0))
    # d^2 <= 2 a, a = s / mu - 1 + d, mu = least / mass: |(d, a - 1/2)| <= a + 1/2
    per = np.exp(z_0) / max(least, 1e-9)
    triple = np.stack([-0.5 - z_0, -z_0, -1.5 - z_0], axis=1)
    of_s = np.stack([-per, np.zeros_like(per), -per], axis=1)
    of_s_at, of_z_at = np.repeat(here + _S, 3), np.repeat(here + _Z, 3)
    inside.block(triple.ravel(), (of_s_at, of_s.ravel()), (of_z_at, -1.0))


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
    z_0 = np.log(1.0 - alpha * full * h * nodes) if about is None else about
    inside, width = _Rows(), _NODE * (n + 1)
    _linear(full, z_0, ground, inside)
    linear = inside.count
    _curved(least, z_0, inside)
    c = np.zeros(width)
    c[_NODE * n + _Z] = -1.0
    G, limits = inside.matrix(width)
    A, right = _equations(state, unit_s, h, alpha, n).matrix(width)
    G.eliminate_zeros()
    return c, G, limits, linear, [4] * (n + 1) + [3] * (n + 1), A, right


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
