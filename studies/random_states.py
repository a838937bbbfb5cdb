"""Random lunar states through the chain of laws, beside an independent cone programme.

    python -m studies.random_states [--count 20000] [--sample 60] [--intervals 150] [--write]

Anchor A8's vehicle, 500-3000 m up, up to 1500 m aside, up to 60 m/s any way. Two tables, which
carry different constraints: thrust bounds and free time alone, as the optimal link does; and with
the ground, never below the target's plane, since a way that dips below it is no landing. A state
goes to the optimal descent, what that does not answer to the constrained one (N = 20, then 100; a
plan that dips more than 0.15 m below ground between its nodes is none),
and what is left to the polynomial, flown out. All that nobody answers, and a sample of the answers,
goes to Clarabel, and a part of that to ECOS. `--write` puts the tables into docs/guidance.md.
Exit status 1 where a state is lost that the cone programme solves, or an answer costs too much.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from studies import cones
from studies.page import write

from farside.ext.guidance.laws._laws import fractional_polynomial, limit_thrust
from farside.ext.guidance.optimal import _optimal
from farside.ext.guidance.records._codes import ThrustStructure
from farside.guidance import (
    ConstrainedDescent,
    Limits,
    OptimalDescent,
    SolverOptions,
    Thrust,
    constrained_descent,
    optimal_descent,
)

Vector = NDArray[np.float64]

MOON = Thrust(1500.0, 7500.0, 310.0 * 9.80665)
MASS_KG, GRAVITY = 2500.0, 1.625
DOWN = (0.0, 0.0, -GRAVITY)
MOST_EXCESS_KG = 0.05
#: How far a plan may dip between its nodes, which alone the ground binds [m].
MOST_DIP_M = 0.15
LINKS = ("optimal", "constrained", "polynomial", "none")


def states(count: int, seed: int = 5) -> Vector:
    """Return problems (count, 16) of the kernel, drawn as those of the optimal benchmark."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((count, 16))
    rows[:, 11] = -GRAVITY
    rows[:, 12:] = MASS_KG, MOON.least_n, MOON.full_n, MOON.exhaust_mps
    rows[:, :2] = rng.uniform(-1500, 1500, (count, 2))
    rows[:, 2] = rng.uniform(500, 3000, count)
    way = rng.normal(size=(count, 3))
    way /= np.linalg.norm(way, axis=1)[:, None]
    rows[:, 3:6] = rng.uniform(0, 60, count)[:, None] * way
    return rows


def lowest_m(found: OptimalDescent) -> float:
    """Return the lowest place of a descent, its end excepted: between 60 places by a parabola."""
    t = np.linspace(0.0, found.time_s, 61)
    flown = found.fly(t)
    z, v_z = flown[:-1, 2], flown[:-1, 5]
    least = float(z.min())
    for k in np.flatnonzero((v_z[:-1] < 0.0) & (v_z[1:] > 0.0)):
        share = v_z[k] / (v_z[k] - v_z[k + 1])
        least = min(least, float(z[k] + 0.5 * v_z[k] * share * (t[k + 1] - t[k])))
    return least


def between_nodes_m(plan: ConstrainedDescent) -> float:
    """Return the lowest place of a plan, at ten places between nodes."""
    t = np.linspace(0.0, plan.time_s, 10 * (len(plan.t_s) - 1) + 1)
    return float(plan.fly(t)[0][:, 2].min())


def cannot_stop(r_m: Vector, v_mps: Vector) -> bool:
    """Return whether full thrust straight up all the way sinks below the target: then all do.

    No flight is ever lighter than that, none pushes harder upwards, so none is ever higher; and
    none can end before that one has stopped, since until then all fall.
    """
    flow, t = MOON.full_n / MOON.exhaust_mps, np.linspace(0.0, 300.0, 30001)
    speed = v_mps[2] - GRAVITY * t - MOON.exhaust_mps * np.log(1.0 - flow * t / MASS_KG)
    stop = int(np.argmax(speed >= 0.0))
    fallen = np.sum(0.5 * (speed[: stop + 1][1:] + speed[: stop + 1][:-1])) * (t[1] - t[0])
    return bool(speed[0] < 0.0 and r_m[2] + fallen < 0.0)


def polynomial_lands(r_m: Vector, v_mps: Vector, ground: bool) -> bool:
    """Fly the polynomial (gamma 1, k_r 8, thrust up at the end) and tell whether it lands.

    Within 5 m and 1 m/s, by steps of 0.1 s, with the engine's limits; it may take any time-to-go.
    """
    step, end = 0.1, (0.0, 0.0, 1.2 * GRAVITY)
    for t_go in cones.times(cones.State(r_m, v_mps, MASS_KG, MOON, GRAVITY), 12):
        r, v, mass, left, low = r_m.copy(), v_mps.copy(), MASS_KG, float(t_go), np.inf
        while left > step:
            wanted = fractional_polynomial(
                r, v, (np.zeros(3), np.zeros(3), end), DOWN, max(left, 2.0), 1.0, 8.0
            )
            least, full = MOON.least_n / mass, MOON.full_n / mass
            pull = np.array(limit_thrust(wanted, (0.0, 0.0, 1.0), full, 0.0, 100.0)[0])
            size = float(np.linalg.norm(pull))
            if size < least:
                pull = pull * least / size if size > 0 else np.array([0.0, 0.0, least])
            whole = pull + DOWN
            r, v = r + step * v + 0.5 * step * step * whole, v + step * whole
            mass -= step * mass * float(np.linalg.norm(pull)) / MOON.exhaust_mps
            left -= step
            low = min(low, r[2])
        near = np.linalg.norm(r) < 5.0 and np.linalg.norm(v) < 1.0
        if near and (low > -1.0 or not ground):
            return True
    return False


@dataclass
class Study:
    """One table: which link answered each state, and what it costs."""

    ground: bool
    link: NDArray[np.int64]
    propellant_kg: Vector
    notes: dict[str, str] = field(default_factory=dict)


def through_the_chain(rows: Vector, ground: bool) -> Study:
    """Put states through the links in turn."""
    count = len(rows)
    landers, nothing = rows.view(_optimal.LANDER)[:, 0], np.zeros(count, _optimal.EXTREMAL)
    found, status = np.empty_like(nothing), np.empty(count, np.uint8)
    began = time.process_time()
    _optimal.solve(landers, nothing, found, status)
    spent_us = 1e6 * (time.process_time() - began) / count
    study = Study(ground, np.where(status == 0, 0, 3), MASS_KG - found["mass_final"])
    solved = found["unknowns"][status == 0]
    kinds = [int(np.count_nonzero(solved == kind)) for kind in ThrustStructure]
    study.notes["of its answers: full, least-full, full-least-full, full-least"] = ", ".join(
        f"{kind}" for kind in kinds
    )
    study.notes["its time, mean of all, and its most Newton steps"] = (
        f"{spent_us:.0f} us, {int(found['steps'].max())} of 3025"
    )
    if ground:
        # Where it is never lower than its end it need not be looked at closely.
        dips = np.zeros(count, bool)
        for k in np.flatnonzero(status == 0):
            answer = optimal_descent(rows[k, :3], rows[k, 3:6], MASS_KG, MOON, gravity_mps2=DOWN)
            dips[k] = lowest_m(answer) < -0.01
        study.link[dips] = 3
        study.notes["its answers that dip below the target, and count as none"] = f"{dips.sum()}"
    limits = Limits(above_target=ground)
    finer = 0
    for k in np.flatnonzero(study.link == 3):
        r, v = rows[k, :3], rows[k, 3:6]
        for intervals in (20, 100):
            plan = constrained_descent(
                r,
                v,
                MASS_KG,
                MOON,
                limits,
                gravity_mps2=DOWN,
                options=SolverOptions(intervals=intervals, nearest=False),
            )
            if plan.status <= 1 and (not ground or between_nodes_m(plan) > -MOST_DIP_M):
                study.link[k] = 1
                study.propellant_kg[k] = plan.propellant_kg
                finer += intervals == 100
                break
        else:
            study.link[k] = 2 if polynomial_lands(r, v, ground) else 3
    study.notes["of the constrained link's answers, at N = 100 only"] = f"{finer}"
    return study


def state_of(row: Vector) -> cones.State:
    """Return a row as the oracle takes it."""
    return cones.State(row[:3], row[3:6], MASS_KG, MOON, GRAVITY)


def judge(rows: Vector, study: Study, sample: int, intervals: int) -> tuple[int, float]:
    """Ask the oracle; give how many states are lost that it solves, and the worst excess [kg]."""
    none = np.flatnonzero(study.link == 3)
    fallen = [k for k in none if study.ground and cannot_stop(rows[k, :3], rows[k, 3:6])]
    asked = [k for k in none if k not in set(fallen)]
    said = [cones.free_time(state_of(rows[k]), intervals, study.ground) for k in asked]
    verdicts = [answer.verdict for answer in said]
    lost = verdicts.count("solved")
    study.notes["none: of them full thrust straight up does not stop above the target"] = (
        f"{len(fallen)}"
    )
    study.notes[f"none: of the others, by Clarabel at N = {intervals} and 28 flight times"] = (
        f"{verdicts.count('infeasible')} infeasible at every one, each with its dual ray; "
        f"{verdicts.count('unsure')} unsure; {lost} solved"
    )
    rng = np.random.default_rng(1)
    worst = -np.inf
    for link in (0, 1):
        answered = np.flatnonzero(study.link == link)
        chosen = np.sort(rng.permutation(answered)[:sample])
        if not len(chosen):
            continue
        plain, exact = oracle(rows[chosen], study.ground, intervals)
        over, true = study.propellant_kg[chosen] - plain, study.propellant_kg[chosen] - exact
        name = LINKS[link]
        study.notes[f"{name}: excess over Clarabel, N = {intervals}, {len(chosen)} states [kg]"] = (
            f"{over.min():+.4f} to {over.max():+.4f}, median {np.median(over):+.4f}"
        )
        study.notes[f"{name}: the same, the bounds expanded about the mass that was found"] = (
            f"{true.min():+.4f} to {true.max():+.4f}, median {np.median(true):+.4f}"
        )
        if link == 0:
            worst = float(true.max())
            few = slice(None, None, max(1, len(chosen) // 25))
            finer = oracle(rows[chosen[few]], study.ground, 2 * intervals)[1]
            step = exact[few] - finer
            study.notes[f"what N = {intervals} costs over N = {2 * intervals} [kg]"] = (
                f"{step.min():.4f} to {step.max():.4f}, {len(step)} states"
            )
            if "ecos" in cones.installed():
                other = oracle(rows[chosen[few]], study.ground, intervals, "ecos")[0]
                apart = np.abs(other - plain[few]).max()
                study.notes["ECOS and Clarabel are apart, at most [kg]"] = f"{apart:.4f}"
    return lost, worst


def oracle(
    rows: Vector, ground: bool, intervals: int, solver: str = "clarabel"
) -> tuple[Vector, Vector]:
    """Return the oracle's least propellants [kg] as programmed, and with the bounds made exact.

    NaN where it finds none, though the chain did: then no excess is below its limit.
    """
    plain, exact = [], []
    for row in rows:
        state = state_of(row)
        answer = cones.free_time(state, intervals, ground, solver)
        sharp = cones.refined(state, answer, ground) if solver == "clarabel" else answer
        for into, one in ((plain, answer), (exact, sharp)):
            into.append(one.propellant_kg if one.verdict == "solved" else np.nan)
    return np.array(plain), np.array(exact)


def table(study: Study, count: int) -> list[str]:
    """Return a study's lines."""
    lines = [f"| {count} states | answered |", "|---|---|"]
    for link, name in enumerate(LINKS):
        lines.append(f"| {name} | {np.count_nonzero(study.link == link)} |")
    return lines + [f"| {what} | {came} |" for what, came in study.notes.items()]


def main() -> int:
    """Run both studies."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--sample", type=int, default=60, help="answers put to the oracle")
    parser.add_argument("--intervals", type=int, default=150, help="of the oracle's programme")
    parser.add_argument("--write", action="store_true", help="into docs/guidance.md")
    asked = parser.parse_args()
    if "clarabel" not in cones.installed():
        parser.error("the oracle is Clarabel: pip install clarabel")
    rows = states(asked.count, asked.seed)
    failed = False
    for ground, name in ((False, "random-states"), (True, "random-states-ground")):
        study = through_the_chain(rows, ground)
        lost, worst = judge(rows, study, asked.sample, asked.intervals)
        lines = table(study, asked.count)
        print("\n".join([name, *lines, ""]))
        if asked.write:
            write(name, lines)
        failed |= lost > 0 or not worst <= MOST_EXCESS_KG
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
