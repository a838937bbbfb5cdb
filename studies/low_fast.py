"""Random low fast states: what the constrained descent answers, and its plans between nodes.

    python -m studies.low_fast [--count 10000] [--seed 1] [--intervals 20]

Anchor A8's vehicle at 3040 m/s, 50-1200 m up, up to 500 m aside and 50 m/s sideways, falling with
up to 60 m/s, tilt 20 to 90 deg, a third with a glide slope of 2 to 20 deg. Each plan is looked at
by 200 places between any two nodes, each fiftieth flown by Runge-Kutta 8. Exit status 1 where one
is more than 0.1 m below ground or slope, or lacks more than 1.5 % of the least thrust.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from farside.guidance import (
    ConstrainedDescent,
    Limits,
    SolverOptions,
    SolverStatus,
    Thrust,
    constrained_descent,
)

Vector = NDArray[np.float64]

ENGINE, MASS_KG = Thrust(1500.0, 7500.0, 3040.0), 2500.0
#: How far a way may dip, and least thrust between nodes with what a line between masses adds.
MOST_DIP_M, MOST_LACK = 0.1, 0.015


@dataclass(frozen=True)
class Case:
    """One state and what its descent has to keep."""

    r_m: Vector
    v_mps: Vector
    limits: Limits


def cases(count: int, seed: int = 1) -> Iterator[Case]:
    """Draw states."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        r = np.array([*rng.uniform(-500.0, 500.0, 2), rng.uniform(50.0, 1200.0)])
        v = np.array([*rng.uniform(-50.0, 50.0, 2), rng.uniform(-60.0, 0.0)])
        tilt_deg = float(rng.uniform(20.0, 90.0))
        slope_deg = float(rng.uniform(2.0, 20.0)) if rng.random() < 1 / 3 else None
        yield Case(r, v, Limits(glide_slope_deg=slope_deg, tilt_deg=tilt_deg))


def lowest_m(plan: ConstrainedDescent, limits: Limits, places: int = 200) -> float:
    """Return the least height above the target's plane, or above the glide slope."""
    r = plan.fly(np.linspace(0.0, plan.time_s, places * (len(plan.t_s) - 1) + 1))[0][1:]
    if limits.glide_slope_deg is None:
        return float(r[:, 2].min())
    aside = np.hypot(*(r[:, :2] - plan.miss_m).T)
    return float((r[:, 2] - np.tan(np.radians(limits.glide_slope_deg)) * aside).min())


def thrust_range_n(plan: ConstrainedDescent, places: int = 50) -> tuple[float, float]:
    """Return the least and most thrust on the way."""
    t = np.linspace(0.0, plan.time_s, places * (len(plan.t_s) - 1) + 1)
    mass = np.exp(np.interp(t, plan.t_s, np.log(plan.mass_kg)))
    size = np.linalg.norm(plan.fly(t)[2], axis=1) * mass
    return float(size.min()), float(size.max())


def flown(plan: ConstrainedDescent, step_s: float = 0.05) -> Vector:
    """Return place, speed and mass (n, 7) by Runge-Kutta 8 of the thrust's acceleration."""
    y, rows = np.array([*plan.r_m[0], *plan.v_mps[0], plan.mass_kg[0]]), []

    def rate(t: float, y: Vector) -> list[float]:
        u = plan.fly(np.array([t]))[2][0]
        burn = y[6] * float(np.linalg.norm(u)) / ENGINE.exhaust_mps
        return [*y[3:6], *(u + plan.gravity_mps2), -burn]

    for a, b in zip(plan.t_s[:-1], plan.t_s[1:], strict=True):
        at = np.linspace(a, b, max(2, int((b - a) / step_s)))
        # inside the interval: at its end the next one's rate would be taken
        inside = np.clip(at, a, b - 1e-12 * plan.time_s)
        way = solve_ivp(rate, (a, inside[-1]), y, "DOP853", inside, rtol=1e-10, atol=1e-8).y
        y = way[:, -1]
        rows.append(way.T)
    return np.vstack(rows)


@dataclass
class Found:
    """What became of them."""

    endings: Counter[str] = field(default_factory=Counter)
    nodes: Counter[int] = field(default_factory=Counter)
    lowest_m: list[float] = field(default_factory=list)
    least_n: list[float] = field(default_factory=list)
    most_n: list[float] = field(default_factory=list)
    apart_m: list[float] = field(default_factory=list)
    spent_s: list[float] = field(default_factory=list)


def study(count: int, seed: int = 1, intervals: int = 20) -> Found:
    """Plan from each state, and look along every plan."""
    found, options = Found(), SolverOptions(intervals=intervals, nearest=False)
    for case in cases(count, seed):
        began = time.process_time()
        plan = constrained_descent(
            case.r_m, case.v_mps, MASS_KG, ENGINE, case.limits, options=options
        )
        found.spent_s.append(time.process_time() - began)
        found.endings[plan.status.name] += 1
        if plan.status > SolverStatus.CLOSE:
            continue
        found.nodes[len(plan.t_s) - 1] += 1
        found.lowest_m.append(lowest_m(plan, case.limits))
        least_n, most_n = thrust_range_n(plan)
        found.least_n.append(least_n)
        found.most_n.append(most_n)
        if len(found.lowest_m) % 50 == 0:
            way = flown(plan)
            found.apart_m.append(float(np.linalg.norm(way[-1, :3] - plan.r_m[-1])))
            if case.limits.glide_slope_deg is None:
                found.lowest_m.append(float(way[:, 2].min()))
    return found


def main() -> int:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--intervals", type=int, default=20)
    asked = parser.parse_args()
    found = study(asked.count, asked.seed, asked.intervals)
    low, spent = np.array(found.lowest_m), 1e3 * np.array(found.spent_s)
    print(f"endings: {dict(found.endings)}; intervals of the plans: {dict(found.nodes)}")
    print(
        f"below ground or slope by more than 0.1 m: {np.count_nonzero(low < -MOST_DIP_M)}, "
        f"lowest {low.min():.3f} m; by Runge-Kutta the ends are {max(found.apart_m):.1e} m apart"
    )
    print(f"thrust from {min(found.least_n):.1f} to {max(found.most_n):.1f} N on the way")
    print(
        f"CPU time: {np.median(spent):.2f} ms in the median, {np.quantile(spent, 0.99):.1f} at "
        f"99 %, {spent.max():.1f} at most"
    )
    lacks = min(found.least_n) < ENGINE.least_n * (1.0 - MOST_LACK)
    return int(low.min() < -MOST_DIP_M or lacks)


if __name__ == "__main__":
    raise SystemExit(main())
