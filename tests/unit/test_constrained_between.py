"""Plans of the constrained descent between their nodes, and where two limits meet."""

import numpy as np
import pytest
import reference_constrained as reference
from hypothesis import example, given, settings
from hypothesis import strategies as st
from studies.low_fast import ENGINE, MASS_KG, flown, lowest_m, study, thrust_range_n

from farside.ext.guidance.constrained.constrained import new_problem
from farside.guidance import (
    Limits,
    SolverOptions,
    SolverStatus,
    Target,
    Thrust,
    constrained_descent,
    optimal_descent,
)
from farside.guidance.optimal import Optimality

GRAVITY = 1.62
MOON = Thrust(1500.0, 7500.0, 3040.0)


@pytest.mark.parametrize("count", [300, pytest.param(3000, marks=pytest.mark.slow)])
def test_low_fast_states_stay_above_ground(count):
    found = study(count)
    assert found.endings["SOLVED"] > 0.5 * count and found.endings["NOT_FOUND"] < 0.02 * count
    assert min(found.lowest_m) > -0.1
    # 1 % of the least may lack between nodes, and a little of the line between two log-masses
    assert min(found.least_n) > ENGINE.least_n * 0.985
    assert max(found.most_n) < ENGINE.full_n * 1.001
    assert max(found.apart_m) < 1e-3


@pytest.mark.parametrize("intervals", [20, 50, 100])
@pytest.mark.parametrize(
    ("r", "v", "tilt_deg"),
    [
        ((-219.88, -474.377, 971.03), (-10.489, -36.387, -53.214), 29.3487),
        ((0.0, 0.0, 400.0), (0.0, 0.0, -40.0), None),
        ((100.0, 20.0, 300.0), (40.0, 0.0, -32.0), 60.0),
    ],
)
def test_what_cannot_stop_above_ground_is_infeasible(r, v, tilt_deg, intervals):
    found = constrained_descent(
        r, v, MASS_KG, MOON, Limits(tilt_deg=tilt_deg),
        options=SolverOptions(intervals=intervals, nearest=False),
    )  # fmt: skip
    assert found.status == SolverStatus.INFEASIBLE and not len(found.t_s)


@settings(max_examples=40)
@given(
    x=st.floats(-400.0, 400.0), z=st.floats(60.0, 900.0), v_x=st.floats(-40.0, 40.0),
    v_z=st.floats(-40.0, 5.0), tilt_deg=st.floats(15.0, 90.0),
    slope_deg=st.one_of(st.none(), st.floats(2.0, 25.0)), intervals=st.integers(5, 60),
)  # fmt: skip
@example(x=0.25, z=60.0, v_x=0.0, v_z=0.0, tilt_deg=15.0, slope_deg=None, intervals=5)
def test_any_plan_keeps_its_limits_all_along(x, z, v_x, v_z, tilt_deg, slope_deg, intervals):
    limits = Limits(slope_deg, tilt_deg)
    found = constrained_descent(
        (x, 30.0, z), (v_x, 0.0, v_z), MASS_KG, MOON, limits,
        options=SolverOptions(intervals=intervals),
    )  # fmt: skip
    if found.status > SolverStatus.MISSED:
        return
    assert lowest_m(found, limits) > -0.1
    least_n, most_n = thrust_range_n(found)
    assert least_n > 0.985 * MOON.least_n and most_n < 1.001 * MOON.full_n
    u = found.fly(np.linspace(0.0, found.time_s, 2001))[2]
    lean = np.degrees(np.arccos(np.clip(u[:, 2] / np.linalg.norm(u, axis=1), -1.0, 1.0)))
    assert lean.max() < tilt_deg + 0.2  # a held turn lies in a cone of 0.12 deg
    assert found.bound_kg <= found.propellant_kg + 1e-6


@pytest.mark.parametrize("aside_m", [0.0, 0.1, 1.0, 10.0])
def test_straight_above_no_plan_breaks_its_least_thrust(aside_m):
    best = optimal_descent((aside_m, 0, 100), (0, 0, 0), MASS_KG, MOON)
    found = constrained_descent((aside_m, 0, 100), (0, 0, 0), MASS_KG, MOON)
    assert best.status == Optimality.OPTIMAL and found.status == SolverStatus.SOLVED
    # the thrust swings round in a second or two instead of at once
    assert best.propellant_kg < found.propellant_kg < best.propellant_kg + 0.15
    least_n, most_n = thrust_range_n(found)
    assert least_n > 0.985 * MOON.least_n and most_n < 1.001 * MOON.full_n
    assert np.linalg.norm(found.thrust_n, axis=1).min() > MOON.least_n * (1 - 1e-3)
    way = flown(found)
    assert np.abs(way[-1, :6]).max() < 1e-3 and way[:, 2].min() > -0.01


@pytest.mark.parametrize(
    ("z", "v_z", "tilt_deg"),
    [(100.0, 0.0, 60.0), (500.0, -5.0, 45.0), (500.0, 0.0, 45.0), (500.0, 5.0, None)],
)
def test_where_the_convexification_is_loose_a_plan_is_legal_or_none(z, v_z, tilt_deg):
    found = constrained_descent((0, 0, z), (0, 0, v_z), MASS_KG, MOON, Limits(tilt_deg=tilt_deg))
    upright = constrained_descent((0, 0, z), (0, 0, v_z), MASS_KG, MOON, Limits(tilt_deg=0.0))
    assert found.status <= SolverStatus.CLOSE and upright.status == SolverStatus.SOLVED
    assert found.propellant_kg < upright.propellant_kg + 0.02
    least_n, _ = thrust_range_n(found)
    assert least_n > 0.985 * MOON.least_n


def one_line(z, v_z, thrust, t_f, n=200):
    """Return the least propellant straight down in a time by Clarabel, the plan's own program."""
    unit_m, unit_s = z, np.sqrt(z / GRAVITY)
    problem = new_problem(
        r=(0, 0, 1.0),
        v=(0, 0, v_z * unit_s / unit_m),
        rho_1=thrust.least_n / (MASS_KG * GRAVITY),
        rho_2=thrust.full_n / (MASS_KG * GRAVITY),
        alpha=unit_m / (unit_s * thrust.exhaust_mps),
        cos_tilt=0.9999,
        cos_end=0.9999,
        floored=True,
    )
    verdict, cost = reference.solve(problem, n, t_f / unit_s)
    assert verdict in ("solved", "roughly")
    return MASS_KG * -np.expm1(-cost)


@pytest.mark.parametrize(("z", "v_z"), [(100.0, 0.0), (500.0, -30.0), (1500.0, 10.0)])
def test_upright_thrust_is_one_line(z, v_z):
    found = constrained_descent(
        (7.0, -3.0, z), (0, 0, v_z), MASS_KG, MOON, Limits(tilt_deg=0.0),
        target=Target((7.0, -3.0, 0)), gravity_mps2=(0, 0, -GRAVITY),
        options=SolverOptions(intervals=100),
    )  # fmt: skip
    assert found.status == SolverStatus.SOLVED
    assert not np.any(found.thrust_n[:, :2]) and not np.any(found.r_m[:, :2] - [7.0, -3.0])
    peer_kg = one_line(z, v_z, MOON, found.time_s)
    assert found.propellant_kg == pytest.approx(peer_kg, abs=0.03)


def test_upright_thrust_cannot_push_sideways():
    upright = Limits(tilt_deg=0.0)
    moving = constrained_descent((0, 0, 500), (1.0, 0, -5), MASS_KG, MOON, upright)
    assert moving.status == SolverStatus.INFEASIBLE
    aside = constrained_descent((10.0, 0, 500), (0, 0, -5), MASS_KG, MOON, upright)
    assert aside.status == SolverStatus.MISSED
    assert aside.miss_m == pytest.approx([10.0, 0.0], abs=1e-9)
    assert aside.r_m[-1] == pytest.approx([10.0, 0.0, 0.0], abs=1e-4)
    unasked = constrained_descent(
        (10.0, 0, 500), (0, 0, -5), MASS_KG, MOON, upright, options=SolverOptions(nearest=False)
    )
    assert unasked.status == SolverStatus.INFEASIBLE
    # carried there by its speed, which is the target's
    carried = constrained_descent(
        (-74.0, 0, 500), (2.0, 0, -5), MASS_KG, MOON, upright, target=Target(v_mps=(2.0, 0, 0))
    )
    assert carried.status == SolverStatus.SOLVED and carried.time_s == pytest.approx(37.0)
    assert carried.r_m[-1] == pytest.approx([0, 0, 0], abs=1e-4)
    assert carried.v_mps[-1] == pytest.approx([2.0, 0, 0], abs=1e-4)


@pytest.mark.parametrize("limits", [Limits(end_tilt_deg=0.0), Limits(10.0, 70.0, end_tilt_deg=0.0)])
@pytest.mark.parametrize("intervals", [20, 60])
def test_an_upright_end(limits, intervals):
    r, v = (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0)
    options = SolverOptions(intervals=intervals)
    found = constrained_descent(r, v, MASS_KG, MOON, limits, options=options)
    free = constrained_descent(r, v, MASS_KG, MOON, options=options)
    assert found.status == SolverStatus.SOLVED
    lean = np.degrees(
        np.arccos(np.clip(found.thrust_n[-1, 2] / np.linalg.norm(found.thrust_n[-1]), -1, 1))
    )
    assert lean < 0.1
    assert free.propellant_kg - 1e-3 < found.propellant_kg < free.propellant_kg + 0.3


def test_an_engine_without_throttle():
    engine = Thrust(6000.0, 6000.0, 3040.0)
    r, v = (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0)
    best = optimal_descent(r, v, MASS_KG, engine)
    found = constrained_descent(r, v, MASS_KG, engine)
    assert best.status == Optimality.OPTIMAL and found.status <= SolverStatus.CLOSE
    assert best.propellant_kg < found.propellant_kg < 1.01 * best.propellant_kg
    least_n, most_n = thrust_range_n(found)
    assert least_n > 0.985 * engine.full_n and most_n < 1.001 * engine.full_n
    way = flown(found)
    assert np.abs(way[-1, :6]).max() < 1e-3


@pytest.mark.parametrize(
    ("r", "v", "mass_kg", "thrust", "limits", "gravity", "most_kg", "most_steps"),
    [
        # anchor A6: 80 deg within one of twenty intervals; was 200.92 kg with 80 nodes, 358 steps
        (
            (450, -330, 2400), (-40, 10, -10), 2000.0, Thrust(4800.0, 19200.0, 2000.0),
            Limits(30.0, 90.0), 3.71, 201.2, 100,
        ),
        # a low fast state that found no plan, since raising the least thrust came to a stand
        (
            (6.78486572, -123.10462021, 253.48017926), (-5.07936544, 33.43350277, -26.40968827),
            MASS_KG, MOON, Limits(tilt_deg=33.292585517102076), 1.62421888, 151.0, 1000,
        ),
    ],
)  # fmt: skip
def test_where_few_nodes_turn_too_sharply_more_are_taken_soon(
    r, v, mass_kg, thrust, limits, gravity, most_kg, most_steps
):
    found = constrained_descent(
        r, v, mass_kg, thrust, limits, gravity_mps2=(0.0, 0.0, -gravity),
        options=SolverOptions(nearest=False),
    )  # fmt: skip
    assert found.status == SolverStatus.SOLVED and len(found.t_s) > 21
    assert found.bound_kg < found.propellant_kg < most_kg and found.steps < most_steps
    least_n, most_n = thrust_range_n(found)
    assert least_n > 0.985 * thrust.least_n and most_n < 1.001 * thrust.full_n
    assert lowest_m(found, limits) > -0.1
