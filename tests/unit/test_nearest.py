"""The nearest point in reach, against Clarabel's least miss and the certified descent to it."""

import numpy as np
import pytest
import reference_constrained as reference
from test_optimal import A8, G0, MOON, solve

from farside.ext.guidance.constrained.constrained import new_problem
from farside.guidance.constrained import Limits, SolverStatus
from farside.guidance.nearest import UnreachableReason, nearest_point
from farside.guidance.optimal import Optimality, Target, Thrust

FAR = dict(r_m=(3000, 400, 600), v_mps=(0, 0, -20), mass_kg=2500.0, thrust=MOON)


def least_miss_m(case, dry_kg, times_s, n=100):
    """Return Clarabel's least miss over times of flight, never below the target, and its time."""
    g = 1.625
    r, v = np.array(case["r_m"], float), np.array(case["v_mps"], float)
    size = np.linalg.norm(r)
    unit = np.sqrt(size / g)
    weight = case["mass_kg"] * g
    problem = new_problem(
        r=r / size, v=v * unit / size, dry=dry_kg / case["mass_kg"], floored=True,
        rho_1=MOON.least_n / weight, rho_2=MOON.full_n / weight,
        alpha=size / unit / MOON.exhaust_mps,
    )  # fmt: skip
    found = [reference.solve(problem, n, t / unit, "nearest") for t in times_s]
    misses = [size * miss if verdict == "solved" else np.inf for verdict, miss in found]
    return min(misses), times_s[int(np.argmin(misses))]


@pytest.mark.slow
@pytest.mark.parametrize("dry_kg", [2400.0, 2350.0])
def test_too_little_propellant_names_the_nearest_point(dry_kg):
    short = solve(FAR, dry_mass_kg=dry_kg)
    assert short.status is Optimality.TANK_EMPTY
    near = nearest_point(short)
    assert near.reason is UnreachableReason.PROPELLANT and near.plan.status is SolverStatus.MISSED
    assert "propellant" in near.why and f"{near.miss_m:.1f} m off" in near.why
    # It is in reach: solved anew, within the tank, certified.
    again = solve(FAR, target=Target(near.point_m), dry_mass_kg=dry_kg)
    assert again.status is Optimality.OPTIMAL
    assert again.propellant_kg <= 2500.0 - dry_kg
    assert near.miss_m == pytest.approx(np.linalg.norm(near.point_m), abs=1e-9)
    # And none nearer by 1 % is, in any time: the least of Clarabel's is inside the times tried.
    times_s = near.plan.time_s * np.linspace(0.85, 1.15, 11)
    least_m, at_s = least_miss_m(FAR, dry_kg, times_s)
    assert times_s[0] < at_s < times_s[-1]
    assert near.miss_m < 1.01 * least_m
    assert least_m > 100.0


def test_too_weak_an_engine_has_no_nearest_point():
    # 4100 N under 4062 N of weight: at that mass 30 m/s of fall take 30 km to stop.
    weak = Thrust(1500.0, 4100.0, 310.0 * G0)
    found = solve(A8, thrust=weak)
    assert found.status is Optimality.NOT_FOUND
    near = nearest_point(found)
    assert near.reason is UnreachableReason.THRUST and near.plan.status is SolverStatus.INFEASIBLE
    assert np.isnan(near.point_m).all() and near.optimal is None
    assert "no point" in near.why


def test_a_target_in_reach_is_its_own_nearest_point():
    near = nearest_point(solve(A8), Limits(10.0, 70.0))
    assert near.reason is UnreachableReason.NOTHING and near.miss_m == 0.0
    assert near.point_m == pytest.approx([0, 0, 0])
    assert near.optimal is not None and near.plan.propellant_kg > near.optimal.propellant_kg
