"""The search for an ascent: fixed starts, then plane, apoapsis and least altitude one by one."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.guidance.ascent import _ascent
from farside.guidance.ascent_problem import (
    PLANE_FREE,
    PLANE_INCLINATION,
    PLANE_NODE,
    POLE,
    AscentOrbit,
    Scaled,
)

Vector = NDArray[np.float64]

#: Size of the residuals of a solved problem.
SOLVED = 1e-9
#: Newton steps of one try, and starts tried.
MOST_STEPS, STARTS = 60, 8
#: So many roots of the fixed starts are compared.
ROOTS = 2
#: Tries on the way from one plane to another, and to the least altitude.
WAY_TRIES = 24

#: Pitch of the first and the last primer [rad], spent speed over the least, true anomaly [rad].
_LONG = ((-0.3, 0.1, 0.5, 0.9, 1.3), (-0.6, -0.2, 0.2, 0.6), (1.02, 1.15, 1.4), (0.0, 0.2))
#: The same of short burns that turn a fall: tried where none of those leads to an answer.
_SHORT = ((0.6, 1.0, 1.3, 1.5), (0.0, 0.6, 1.2), (1.02, 1.3, 2.0, 4.0, 8.0, 16.0), (0.0, 0.1, 0.3))


@dataclass(frozen=True, eq=False)
class Found:
    """What a search ended with; the unknowns are the kernel's."""

    unknowns: Vector
    higher: bool
    touching: bool
    residual: float
    steps: int
    lowest: float = math.nan
    """Least radius, scaled."""
    lowest_at: float = math.nan
    pause_worth: float = math.nan
    apoapsis_worth: float = math.nan
    inclination_deg: float = math.nan
    problem: NDArray[np.void] | None = field(default=None, repr=False)

    @property
    def solved(self) -> bool:
        """Whether it meets its conditions."""
        return self.residual <= SOLVED


def search(scaled: Scaled, orbit: AscentOrbit, near: Found | None) -> Found:
    """Solve an ascent: from a neighbour's answer, else from fixed starts.

    Parameters
    ----------
    scaled
        The problem; its plane is set here.
    orbit
        Where it ends.
    near
        A neighbour's answer; what comes of it is kept if it is an answer of the same kind.

    Returns
    -------
    Found
    """
    if near is not None and near.solved:
        problem = scaled.problem.copy()
        _set_plane(problem, orbit)
        x = near.unknowns.copy()
        if not near.higher:
            x[7] = scaled.eccentricity
        found = _solve(problem, near.higher, near.touching, x.copy(), 12)
        if not found.solved and orbit.higher and not near.higher:
            found = _solve(problem, True, near.touching, x, 25)
        found = _finish(scaled, problem, orbit, found)
        if found.solved:
            return found
    return _cold(scaled, orbit)


def _solve(
    problem: NDArray[np.void], higher: bool, touching: bool, x: Vector, most: int = MOST_STEPS
) -> Found:
    """Improve x in place, and look along its flight."""
    size, steps = _ascent.solve(problem, higher, touching, x, most)
    if not size <= SOLVED:
        return Found(x, higher, touching, size, steps)
    seen, f = np.zeros(1, _ascent.LOOK), np.zeros(_ascent.UNKNOWNS)
    _ascent.look(problem, higher, touching, x, seen, f)
    look = seen[0]
    return Found(
        x,
        higher,
        touching,
        size,
        steps,
        lowest=float(look["lowest"]),
        lowest_at=float(look["lowest_at"]),
        pause_worth=float(look["least_worth"]),
        apoapsis_worth=float(look["apoapsis_worth"]),
        problem=problem,
    )


def _cold(scaled: Scaled, orbit: AscentOrbit) -> Found:
    """Solve without a guess: in the plane of the motion first, then in the plane wanted."""
    problem = scaled.problem.copy()
    best = _best_start(problem, _guesses(scaled, _LONG))
    if not best.solved:
        again = _best_start(problem, _guesses(scaled, _SHORT))
        best = replace(again, steps=again.steps + best.steps)
    if not best.solved:
        again = _from_slower(scaled, orbit)
        best = replace(again, steps=again.steps + best.steps)
    if not best.solved:
        return best
    if orbit.inclination_deg is not None:
        best, problem = _turn_plane(scaled, orbit, best)
        if not best.solved:
            return best
    return _finish(scaled, problem, orbit, best)


def _best_start(problem: NDArray[np.void], guesses: Vector) -> Found:
    """Solve from the starts with the least residuals; keep the shortest of the first roots."""
    sizes = np.empty(len(guesses))
    _ascent.sizes(problem, guesses, sizes)
    order = np.argsort(sizes, kind="stable")
    best: Found | None = None
    steps = roots = 0
    for i in order[:STARTS]:
        found = _solve(problem, False, False, guesses[i].copy())
        steps += found.steps
        if not found.solved:
            continue
        roots += 1
        if best is None or found.unknowns[2] < best.unknowns[2] * (1.0 - 1e-9):
            best = found
        if roots == ROOTS:
            break
    if best is None:
        return Found(guesses[order[0]], False, False, math.inf, steps)
    return replace(best, steps=steps)


def _from_slower(scaled: Scaled, orbit: AscentOrbit) -> Found:
    """Solve for a slower state, then step by step for that given: one of almost orbital speed."""
    problem = scaled.problem.copy()
    v = np.array(scaled.problem[0]["v"].tolist())
    slower = deterministic.dot(v, scaled.ahead) * scaled.ahead
    at, step = -0.05, 0.02
    problem[0]["v"] = tuple(v + at * slower)
    best = _best_start(problem, _guesses(replace(scaled, problem=problem), _LONG))
    steps = best.steps
    if not best.solved:
        return best
    for _ in range(WAY_TRIES):
        share = min(at + step, 0.0)
        problem[0]["v"] = tuple(v + share * slower)
        tried = _solve(problem, best.higher, False, best.unknowns.copy(), 20)
        steps += tried.steps
        # where a higher apoapsis costs nothing the flight to a lower one ceases to be one
        if orbit.higher and not best.higher and not (tried.solved and tried.apoapsis_worth > 0.0):
            freed = _solve(problem, True, False, best.unknowns.copy(), 20)
            steps += freed.steps
            tried = freed if freed.solved else tried
        if not tried.solved:
            step *= 0.4
            continue
        best, at = tried, share
        if share >= 0.0:
            return replace(best, steps=steps)
        step *= 1.6
    return replace(best, residual=math.inf, steps=steps)


def _guesses(scaled: Scaled, choices: tuple[tuple[float, ...], ...]) -> Vector:
    """Return fixed starts: a linear tangent of the pitch, and the ideal burn's time."""
    grid = np.array(list(itertools.product(*choices)))
    row = scaled.problem[0]
    e = scaled.eccentricity
    v = np.array(row["v"].tolist())
    ahead = np.array(row["ahead"].tolist())
    along = deterministic.dot(v, ahead)
    rest = v - along * ahead
    insertion = math.sqrt((1.0 + e) / float(row["periapsis"]))
    need = math.sqrt((insertion - along) ** 2 + deterministic.dot(rest, rest))
    burn = row["burnout"]
    done = 0.0
    if burn["duration"] > 0.0:
        end = float(burn["mass"] - burn["flow"] * burn["duration"])
        done = float(burn["thrust"] / burn["flow"]) * deterministic.log(float(burn["mass"]) / end)
    exhaust, thrust = float(row["exhaust"]), float(row["thrust"])
    x = np.zeros((len(grid), _ascent.UNKNOWNS))
    spent = np.maximum(grid[:, 2] * need - done, 0.02 * need)
    last_s = exhaust / thrust * -deterministic.expm1(-spent / exhaust)
    whole_s = last_s + float(burn["duration"] + row["pause"]["duration"])
    x[:, 0], x[:, 2], x[:, 3], x[:, 7] = grid[:, 0], last_s, grid[:, 3], e
    tangents = [
        (deterministic.tan(first) - deterministic.tan(last)) * deterministic.cos(first)
        for first in choices[0]
        for last in choices[1]
    ]
    x[:, 1] = np.repeat(tangents, len(choices[2]) * len(choices[3])) / whole_s
    return x


def _set_plane(problem: NDArray[np.void], orbit: AscentOrbit) -> None:
    """Write the plane wanted into a problem."""
    row = problem[0]
    if orbit.inclination_deg is None:
        row["plane"] = PLANE_FREE
        return
    if orbit.node_deg is None:
        row["plane"] = PLANE_INCLINATION
        row["cos_inclination"] = deterministic.cos(math.radians(orbit.inclination_deg))
        return
    row["plane"] = PLANE_NODE
    _set_normal(row, orbit.normal())


def _set_normal(row: np.void, normal: Vector) -> None:
    """Write two axes of the plane with this normal into a problem."""
    first = np.cross(normal, (1.0, 0.0, 0.0) if abs(normal[0]) < 0.8 else (0.0, 1.0, 0.0))
    first = first / deterministic.length(first)
    row["plane_a"], row["plane_b"] = tuple(first), tuple(np.cross(normal, first))


def _turn_plane(scaled: Scaled, orbit: AscentOrbit, found: Found) -> tuple[Found, NDArray[np.void]]:
    """Carry an answer in the plane of the motion over to the plane wanted, step by step."""
    row = scaled.problem[0]
    up, ahead = np.array(row["r"].tolist()), scaled.ahead
    here = np.cross(up, ahead)
    v = np.array(row["v"].tolist())
    x = found.unknowns.copy()
    # of ext/guidance/ascent: p_r along, which A = 0 gives where the plane is free
    x[5] = deterministic.dot(v, ahead) * deterministic.sin(x[0]) - deterministic.dot(
        v, up
    ) * deterministic.cos(x[0])
    begin = float(np.clip(here[2], -1.0, 1.0))
    wanted = orbit.normal() if orbit.node_deg is not None else None
    goal = deterministic.cos(math.radians(orbit.inclination_deg or 0.0))
    at, step, steps = 0.0, 1.0, found.steps
    problem = scaled.problem.copy()
    _set_plane(problem, orbit)
    best = replace(found, residual=math.inf)
    for _ in range(WAY_TRIES):
        share = min(at + step, 1.0)
        if wanted is None:
            problem[0]["cos_inclination"] = begin + share * (goal - begin)
        else:
            normal = here + share * (wanted - here)
            size = deterministic.length(normal)
            if size < 1e-3:
                break
            _set_normal(problem[0], normal / size)
        tried = _solve(problem, False, False, x.copy(), 20)
        steps += tried.steps
        if not tried.solved:
            step *= 0.4
            continue
        x, at = tried.unknowns, share
        if share >= 1.0:
            return replace(tried, steps=steps), problem
        step *= 1.6
    return replace(best, steps=steps), problem


def _finish(scaled: Scaled, problem: NDArray[np.void], orbit: AscentOrbit, found: Found) -> Found:
    """Free the apoapsis where that costs less, lift a flight that comes too low."""
    if not found.solved:
        return found
    if orbit.higher and not found.higher and found.apoapsis_worth < 0.0:
        freed = _solve(problem, True, found.touching, found.unknowns.copy())
        freed = replace(freed, steps=freed.steps + found.steps)
        if freed.solved and freed.unknowns[7] >= scaled.eccentricity:
            found = freed
    elif found.higher and found.unknowns[7] < scaled.eccentricity:
        x = found.unknowns.copy()
        x[7] = scaled.eccentricity
        found = _solve(problem, False, found.touching, x)
    least = float(problem[0]["least_radius"])
    if found.touching and found.unknowns[9] < 0.0:
        # nothing holds it there: it flies higher by itself
        x = found.unknowns.copy()
        x[8] = x[9] = 0.0
        found = _solve(problem, found.higher, False, x)
    if found.solved and not found.touching and found.lowest < least and found.lowest_at > 0.0:
        found = _lift(problem, found, least)
    return replace(found, inclination_deg=_inclination_deg(problem, scaled, orbit))


def _lift(problem: NDArray[np.void], found: Found, least: float) -> Found:
    """Lift a flight until it touches the least radius; as it was where that is out of reach."""
    x = found.unknowns.copy()
    x[8], x[9] = found.lowest_at, 0.0
    at, step, steps = 0.0, 1.0, found.steps
    lifted = problem.copy()
    for _ in range(WAY_TRIES):
        share = min(at + step, 1.0)
        lifted[0]["least_radius"] = found.lowest + share * (least - found.lowest)
        tried = _solve(lifted, found.higher, True, x.copy(), 15)
        steps += tried.steps
        good = tried.solved and tried.unknowns[9] >= 0.0
        if good and tried.lowest >= float(lifted[0]["least_radius"]) - 1e-8:
            x, at = tried.unknowns, share
            if share >= 1.0:
                return replace(tried, steps=steps)
            step *= 1.6
        else:
            step *= 0.4
    return replace(found, steps=steps)


def _inclination_deg(problem: NDArray[np.void], scaled: Scaled, orbit: AscentOrbit) -> float:
    """Return the inclination of the orbit reached: thrust in the plane of the motion keeps it."""
    if orbit.inclination_deg is not None:
        return orbit.inclination_deg
    normal = np.cross(np.array(problem[0]["r"].tolist()), scaled.ahead)
    return math.degrees(
        deterministic.angle_of(
            float(deterministic.hypot(normal[0], normal[1])), deterministic.dot(normal, POLE)
        )
    )
