"""Explicit braking: an independent integrator, dispersions, hopeless cases."""

from dataclasses import replace

import numpy as np
import pytest
from reference_braking import fly_braking
from sample_braking import (
    FRAMES,
    FULL,
    MISSIONS,
    NAMES,
    PLANS,
    engine_of,
    gate_of,
    level_flight,
    thrust,
)

from farside.ext.guidance.laws._braking import flown_arc, newton_step
from farside.guidance import BrakingError, BrakingStart, Thrust, optimal_braking, plan_braking
from farside.guidance.braking import braking_problem, initiation_state


def problem_of(name, r, v, levels=FULL, weaker=1.0):
    """Return the kernel's problem of a mission from a state, at a share of its full thrust."""
    start = BrakingStart(PLANS[name].r_site, PLANS[name].v_site, 1.0, engine_of(name, weaker))
    problem = braking_problem(start, gate_of(name), levels)
    frame = FRAMES[name]
    problem["moon"]["radius_m"] = frame.radius_m
    problem["moon"]["omega"] = tuple(frame.omega_site)
    problem["target"] = (0.0, 0.0, frame.radius_m)
    # the state may be one that no start has
    problem["rho"], problem["v"] = tuple(r - frame.centre_site), tuple(v)
    return problem


def solve(problem, x, steps, hold=False):
    """Newton steps on x in place; the miss before each."""
    return [newton_step(problem, 1.0, hold, x) for _ in range(steps)]


def arrival(name, x, r, v, levels, full=None):
    """Altitude and range short [m], vertical, along-track and cross speed [m/s], offset [m]."""
    own, exhaust = thrust(name)
    frame = FRAMES[name]
    rho, speed, _ = fly_braking(
        x, r, v, frame.radius_m, frame.omega_site, full or own, exhaust, levels
    )
    up = rho / np.linalg.norm(rho)
    start = r - frame.centre_site
    normal = np.cross([0.0, 0.0, 1.0], start)
    normal /= np.linalg.norm(normal)
    ahead = np.cross(up, normal)
    ahead *= np.sign(ahead @ v)
    # positive short of the site
    short = frame.radius_m * np.arctan2(ahead[2], up[2])
    return (
        np.linalg.norm(rho) - frame.radius_m,
        short,
        speed @ up,
        speed @ ahead,
        speed @ normal,
        rho @ normal,
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_flown_by_another_integrator_meets_the_gate(name):
    plan = PLANS[name]
    altitude, short, vertical, along, across, offset = arrival(
        name, plan.unknowns, plan.r_site, plan.v_site, plan.levels
    )
    gate = gate_of(name)
    # Twelve Runge-Kutta steps over 700 s leave 0.6 m of range, 0.4 m of altitude, 2 mm/s.
    assert altitude == pytest.approx(gate[0], abs=1.0)
    assert short == pytest.approx(gate[1], abs=2.0)
    assert offset == pytest.approx(0.0, abs=1.0)
    assert vertical == pytest.approx(gate[2], abs=0.01)
    assert along == pytest.approx(gate[3], abs=0.01)
    assert across == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_starts_on_the_orbit(name):
    mission, frame, plan = MISSIONS[name], FRAMES[name], PLANS[name]
    rho = plan.r_site - frame.centre_site
    carried = plan.v_site + np.cross(frame.omega_site, rho)
    # counted from the mean sphere, 5.3 and 5.9 km above these sites
    assert np.linalg.norm(rho) - 1737400.0 == pytest.approx(15000.0, abs=1e-6)
    assert np.linalg.norm(carried) == pytest.approx(mission.orbit.pdi_speed_mps, abs=1e-9)
    assert plan.v_site @ rho / np.linalg.norm(rho) == pytest.approx(0.0, abs=1e-9)
    # The arc between the start and the site is the planned range.
    angle = np.arccos(rho[2] / np.linalg.norm(rho))
    assert frame.radius_m * angle == pytest.approx(plan.range_m, abs=1.0)


def test_braking_lasts_as_long_as_published_thrust_and_mass_say():
    # missions.md 1b: 664-715 s at 7500 N for 3600-3850 kg.
    assert 664.0 < PLANS["chang-e-6"].unknowns[5] < 715.0


def test_chandrayaan_3_rough_braking():
    """missions.md 1a: 690 s, 30 -> 7.42 km, 1680 -> (358, -61) m/s covers 713.5 km, 1 %.

    The thrust acceleration is what makes it last 690 s; the sphere does not turn.
    """
    radius, duration = 1737400.0, 690.0
    gate = np.array([7420.0, 0.0, -61.0, 358.0])
    exhaust, full, arc = 290.0 * 9.80665, 1.7, 700e3
    for _ in range(30):
        for _ in range(10):
            braking = optimal_braking(
                BrakingStart(
                    *level_flight(arc / radius, 30e3, 1680.0, radius),
                    1.0,
                    Thrust(0.0, full, exhaust),
                ),
                gate,
            )
            arc = braking.range_m
        assert braking.found
        full *= braking.duration_s / duration
    assert braking.duration_s == pytest.approx(duration, abs=0.01)
    assert arc == pytest.approx(713.5e3, rel=0.01)
    # 2.87 kN on about 1.7 t
    assert 1600.0 < 2870.0 / full < 1800.0


CORNERS = [np.where([(i >> k) & 1 for k in range(6)], 1.0, -1.0) for i in range(64)]


@pytest.mark.parametrize("name", NAMES)
def test_it_converges_from_every_corner_of_the_dispersions(name):
    """All six axes at 3 sigma together: within 7 Newton steps from the plan, to a millimetre."""
    plan, spread = PLANS[name], MISSIONS[name].dispersions
    for corner in CORNERS:
        x = plan.unknowns.copy()
        r = plan.r_site + spread.position_m.reach * corner[:3]
        v = plan.v_site + spread.velocity_mps.reach * corner[3:]
        misses = solve(problem_of(name, r, v, plan.levels), x, 8)
        assert misses[7] < 1e-3


def test_a_dispersed_solution_flown_by_another_integrator():
    name = "chang-e-6"
    plan, spread = PLANS[name], MISSIONS[name].dispersions
    for corner in CORNERS[::9]:
        x = plan.unknowns.copy()
        r = plan.r_site + spread.position_m.reach * corner[:3]
        v = plan.v_site + spread.velocity_mps.reach * corner[3:]
        solve(problem_of(name, r, v, plan.levels), x, 8)
        levels = plan.levels._replace(opening=x[4])
        altitude, short, vertical, along, across, offset = arrival(name, x, r, v, levels)
        # The Runge-Kutta steps of the law use about a fifth of these.
        assert altitude == pytest.approx(2500.0, abs=5.0)
        assert short == pytest.approx(1900.0, abs=5.0)
        assert offset == pytest.approx(0.0, abs=5.0)
        assert (vertical, along, across) == pytest.approx((-30.0, 35.0, 0.0), abs=0.05)


def test_held_at_full_thrust_it_gives_up_the_range_alone():
    name = "chang-e-6"
    plan = PLANS[name]
    weak = 0.95 * thrust(name)[0]
    x = plan.unknowns.copy()
    problem = problem_of(name, plan.r_site, plan.v_site, weaker=0.95)
    misses = solve(problem, x, 12, hold=True)
    assert misses[-1] < 1e-3
    assert x[4] == pytest.approx(1.0, abs=1e-12)
    altitude, short, vertical, along, _, _ = arrival(
        name, x, plan.r_site, plan.v_site, FULL, full=weak
    )
    assert altitude == pytest.approx(2500.0, abs=5.0)
    assert (vertical, along) == pytest.approx((-30.0, 35.0), abs=0.05)
    # 3 % less impulse than planned needs 3 % more way: past the gate by some 20 km.
    assert -30e3 < short - 1900.0 < -5e3


def test_less_thrust_than_planned_asks_for_a_level_above_one():
    name = "chang-e-6"
    plan = PLANS[name]
    x = plan.unknowns.copy()
    misses = solve(problem_of(name, plan.r_site, plan.v_site, weaker=0.95), x, 10)
    assert misses[-1] < 1e-3
    assert 1.0 < x[4] < 1.05


def test_a_state_that_is_no_number_leaves_the_solution_alone():
    name = "chang-e-6"
    plan = PLANS[name]
    for r, v in (
        (np.array([np.nan, 0.0, 0.0]), plan.v_site),
        (plan.r_site, np.array([np.inf, 0.0, 0.0])),
        (np.array([0.0, 0.0, -FRAMES[name].radius_m]), plan.v_site),
    ):
        x = plan.unknowns.copy()
        miss = solve(problem_of(name, r, v), x, 1)[0]
        assert np.isnan(miss)
        assert np.array_equal(x, plan.unknowns)


def test_the_kernel_refuses_other_problems():
    plan = PLANS["chang-e-6"]
    good, x = problem_of("chang-e-6", plan.r_site, plan.v_site), plan.unknowns.copy()
    part = good.copy()
    part["thrust"]["part"] = 3
    for problem, unknowns in ((good[:0], x), (good, x[:5]), (part, x), (np.ones(30), x)):
        with pytest.raises(ValueError):
            newton_step(problem, 1.0, True, unknowns)
        with pytest.raises(ValueError):
            flown_arc(problem, unknowns)
    assert np.array_equal(x, plan.unknowns)


def test_solutions_stay_bounded_from_anywhere():
    rng = np.random.default_rng(3)
    for _ in range(500):
        x = PLANS["chang-e-6"].unknowns.copy()
        r = rng.normal(size=3) * 10.0 ** rng.uniform(1, 6)
        v = rng.normal(size=3) * 10.0 ** rng.uniform(0, 4)
        solve(problem_of("chang-e-6", r, v), x, 5)
        assert np.isfinite(x).all()
        assert 0.1 <= x[4] <= 1.5 and 0.5 <= x[5] < 3000.0


# ---- hopeless cases ----------------------------------------------------------------------------


def changed(mission, **parts):
    """Mission with engine_*, orbit_*, vehicle_* or gate_* values changed."""
    vehicle, orbit, gate = mission.vehicle, mission.orbit, mission.phases[0]
    for key, value in parts.items():
        room, name = key.split("__")
        if room == "engine":
            vehicle = replace(vehicle, engine=replace(vehicle.engine, **{name: value}))
        elif room == "vehicle":
            vehicle = replace(vehicle, **{name: value})
        elif room == "orbit":
            orbit = replace(orbit, **{name: value})
        else:
            gate = replace(gate, **{name: value})
    return replace(mission, vehicle=vehicle, orbit=orbit, phases=(gate, *mission.phases[1:]))


HOPELESS = {
    "a thruster for an engine": {"engine__thrust_max_n": 400.0, "engine__thrust_min_n": 100.0},
    "thrust below weight": {"engine__thrust_max_n": 3000.0},
    "too little propellant": {"vehicle__usable_propellant_kg": 1500.0},
    "propellant of no use": {"engine__isp_s": 90.0},
    "far too fast": {"orbit__pdi_speed_mps": 9000.0},
    "a gate in the sky": {"gate__altitude_m": 1e6},
}


@pytest.mark.parametrize("name", HOPELESS)
def test_a_hopeless_mission_is_one_clear_line(name):
    mission = changed(MISSIONS["chang-e-6"], **HOPELESS[name])
    with pytest.raises(BrakingError) as error:
        plan_braking(mission, FRAMES["chang-e-6"])
    line = str(error.value)
    assert "\n" not in line and line.startswith("chang-e-6: ") and len(line) < 200


@pytest.mark.parametrize("range_m", [1000.0, 3e6])
def test_a_range_that_cannot_be_flown_is_named(range_m):
    mission = changed(MISSIONS["chang-e-6"], orbit__pdi_range_m=range_m)
    with pytest.raises(BrakingError) as error:
        plan_braking(mission, FRAMES["chang-e-6"])
    assert f"from orbit.pdi_range_m {range_m:g}; leave that out" in str(error.value)


@pytest.mark.parametrize(
    ("more_m", "least", "most"),
    [(5000.0, 0.8, 0.9), (-5000.0, 0.9, 1.0), (-20e3, 0.98, 1.02)],
    ids=["farther", "nearer", "too near for the opening alone"],
)
def test_a_given_range_is_kept_when_it_can_be(more_m, least, most):
    mission, free = MISSIONS["chang-e-6"], PLANS["chang-e-6"]
    range_m = free.range_m + more_m
    plan = plan_braking(changed(mission, orbit__pdi_range_m=range_m), FRAMES["chang-e-6"])
    assert plan.range_m == range_m
    # More way takes less thrust.
    assert least < plan.unknowns[4] < most
    assert (plan.levels.opening_s == 0.0) == (more_m < -15e3)


def test_the_start_lies_where_the_arrival_comes_from():
    r, v = initiation_state(MISSIONS["chang-e-6"], FRAMES["chang-e-6"], 600e3)
    # Due west: the start is east of the site, and moves westwards.
    assert r[0] > 500e3 and abs(r[1]) < 1e-6
    assert v[0] < -1500.0
