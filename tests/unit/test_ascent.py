"""Ascents of least propellant: a direct optimum, other integrators, certificates, refusals."""

import itertools
import math

import numpy as np
import pytest
from reference_ascent import RADIUS_M, DirectAscent, apsides, fly_directions
from scipy.integrate import solve_ivp

from farside.guidance import (
    AscentError,
    AscentOptions,
    AscentOrbit,
    AscentStage,
    AscentVerdict,
    Thrust,
    optimal_ascent,
)
from farside.guidance.abort import stop_height_m

EXHAUST = 310.0 * 9.80665
UPPER = Thrust(3000.0, 3000.0, EXHAUST)
LOWER = Thrust(1500.0, 7500.0, EXHAUST)
ASCENDER = AscentStage(UPPER, 710.0, 360.0)
ORBIT = AscentOrbit(15e3, 180e3)
GROUND = (RADIUS_M - 5256.0, 0.0, 0.0)
REST = (0.0, 3.4, 0.0)


def flown(ascent, exhaust=EXHAUST):
    """Return apsides, mass and plane where another program's flight along the directions ends."""
    first, last = ascent.stages[0], ascent.stages[-1]
    delay, end = first.delay_s, ascent.time_s
    parts = [(0.0, delay, 0.0, first.mass_kg)]
    begin = delay
    if len(ascent.stages) == 2:
        dry = delay + first.propellant_kg * exhaust / first.thrust.full_n
        parts += [(delay, dry, first.thrust.full_n, first.mass_kg)]
        parts += [(dry, dry + last.delay_s, 0.0, last.mass_kg)]
        begin = dry + last.delay_s
    parts.append((begin, end, last.thrust.full_n, last.mass_kg))
    edges = sorted({t for part in parts for t in part[:2]})
    # a little inside each part, where its own direction holds
    times = np.unique(
        np.concatenate(
            [np.linspace(a + 1e-6, b - 1e-6, 400) for a, b in itertools.pairwise(edges) if b > a]
        )
    )
    times = np.concatenate([[0.0], times, [end]])
    rows = ascent.fly(times)
    r, v, mass = fly_directions(rows, times, parts, exhaust)
    normal = np.cross(r, v)
    return *apsides(r, v), mass, math.degrees(math.acos(normal[2] / np.linalg.norm(normal)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "mass", "thrust", "goal"),
    [
        ((GROUND[0], 0.0, 3.4), 710.0, UPPER, (15e3, 180e3)),
        ((RADIUS_M + 8e3, -30.0, 900.0), 2700.0, LOWER, (15e3, 100e3)),
        ((RADIUS_M + 14.8e3, -10.0, 1600.0), 3500.0, LOWER, (15e3, 100e3)),
    ],
    ids=["ground", "braking", "early"],
)
def test_propellant_against_a_direct_optimum(state, mass, thrust, goal):
    """Six pitch angles and a spline stay above the optimum, by less than 0.1 %."""
    radius, up, along = state
    ascent = optimal_ascent(
        (radius, 0.0, 0.0), (up, along, 0.0), AscentStage(thrust, mass, 0.9 * mass),
        AscentOrbit(*goal),
    )  # fmt: skip
    assert ascent.verdict is AscentVerdict.OPTIMAL
    direct = DirectAscent(state, thrust.full_n, EXHAUST, mass, goal)
    best = direct.propellant_kg(1.05 * ascent.burn_s)
    assert ascent.propellant_kg <= best * (1.0 + 1e-4)
    assert ascent.propellant_kg >= best * (1.0 - 1e-3)


@pytest.mark.parametrize(
    ("orbit", "inclination"),
    [
        (ORBIT, 0.0),
        (AscentOrbit(60e3, 60e3), 0.0),
        (AscentOrbit(15e3, 180e3, inclination_deg=5.0), 5.0),
        (AscentOrbit(15e3, 180e3, inclination_deg=4.0, node_deg=-3.0), 4.0),
    ],
    ids=["plane-free", "circle", "inclination", "node"],
)
def test_the_orbit_is_reached_by_another_integrator(orbit, inclination):
    """DOP853 along splines of the directions: the apsides within 20 m, the plane in 1e-5 deg."""
    ascent = optimal_ascent(GROUND, REST, ASCENDER, orbit)
    assert ascent.verdict is AscentVerdict.OPTIMAL
    assert ascent.residual < 1e-9
    low, high, mass, plane = flown(ascent)
    assert (low, high) == pytest.approx((orbit.periapsis_m, orbit.apoapsis_m), abs=20.0)
    assert mass == pytest.approx(710.0 - ascent.propellant_kg, abs=1e-3)
    assert plane == pytest.approx(inclination, abs=1e-5)


def test_two_stages_with_a_pause_between():
    """The first burns out; all of it is burnt, the rest is least."""
    stages = (AscentStage(LOWER, 2200.0, 300.0, 2.0), AscentStage(UPPER, 710.0, 360.0, 3.0))
    start = ((RADIUS_M - 256.0, 0.0, 0.0), (-30.0, 200.0, 0.0))
    ascent = optimal_ascent(*start, stages, AscentOrbit(15e3, 100e3))
    assert ascent.verdict is AscentVerdict.OPTIMAL
    low, high, mass, _ = flown(ascent)
    assert (low, high) == pytest.approx((15e3, 100e3), abs=20.0)
    assert mass == pytest.approx(350.0 + ascent.left_kg, abs=1e-3)


def test_a_least_altitude_is_touched_and_costs():
    start = ((RADIUS_M - 2756.0, 0.0, 0.0), (-30.0, 35.0, 0.0))
    free = optimal_ascent(*start, ASCENDER, AscentOrbit(15e3, 100e3))
    least = free.lowest_m + 150.0
    held = optimal_ascent(
        *start, ASCENDER, AscentOrbit(15e3, 100e3), AscentOptions(least_altitude_m=least)
    )
    assert held.verdict is AscentVerdict.OPTIMAL
    assert held.touch_worth > 0.0
    assert held.propellant_kg > free.propellant_kg
    way = held.fly(np.linspace(0.0, 40.0, 4001))
    lowest = np.linalg.norm(way[:, :3], axis=1).min() - RADIUS_M
    # centimetres: the solver's ten steps before the touch
    assert lowest == pytest.approx(least, abs=0.1)
    assert held.lowest_m == pytest.approx(least, abs=0.1)


def test_a_fall_that_nothing_stops_ends_at_the_ground():
    """30 m/s with 2.6 m/s2 take 173 m, and there are 100."""
    start = ((RADIUS_M - 5156.0, 0.0, 0.0), (-30.0, 3.4, 0.0))
    options = AscentOptions(least_altitude_m=-5256.0)
    ascent = optimal_ascent(*start, ASCENDER, AscentOrbit(15e3, 100e3), options)
    assert ascent.verdict is AscentVerdict.GROUND


def test_an_empty_tank_is_told():
    stage = AscentStage(UPPER, 710.0, 300.0)
    ascent = optimal_ascent(GROUND, REST, stage, ORBIT)
    assert ascent.verdict is AscentVerdict.TANK_EMPTY
    assert ascent.left_kg == pytest.approx(300.0 - ascent.propellant_kg)
    assert ascent.left_kg < 0.0


def test_a_neighbour_leads_to_the_same_answer_in_few_steps():
    cold = optimal_ascent(GROUND, (1.0, 13.4, 0.0), ASCENDER, ORBIT)
    near = optimal_ascent(GROUND, REST, ASCENDER, ORBIT)
    warm = optimal_ascent(GROUND, (1.0, 13.4, 0.0), ASCENDER, ORBIT, AscentOptions(near=near))
    assert warm.propellant_kg == pytest.approx(cold.propellant_kg, abs=1e-6)
    assert warm.steps <= 6


def test_the_same_bits_again():
    answers = [optimal_ascent(GROUND, REST, ASCENDER, ORBIT) for _ in range(2)]
    assert answers[0].found.unknowns.tobytes() == answers[1].found.unknowns.tobytes()


def test_a_state_in_orbit_needs_nothing():
    orbit = AscentOrbit(15e3, 100e3, higher=True)
    speed = math.sqrt(4.9028001184575496e12 * (2 / (RADIUS_M + 15e3) - 2 / (2 * RADIUS_M + 165e3)))
    ascent = optimal_ascent((RADIUS_M + 15e3, 0, 0), (0, speed, 0), ASCENDER, orbit)
    assert ascent.verdict is AscentVerdict.THERE
    assert ascent.propellant_kg == 0.0


def test_a_higher_apoapsis_where_it_costs_less():
    """Low, sinking and faster than the orbit: 100 km would have to be held down to."""
    start = ((RADIUS_M + 5e3, 0.0, 0.0), (-60.0, 1740.0, 0.0))
    stage = AscentStage(LOWER, 3000.0, 1900.0)
    exact = optimal_ascent(*start, stage, AscentOrbit(15e3, 100e3))
    higher = optimal_ascent(*start, stage, AscentOrbit(15e3, 100e3, higher=True))
    assert exact.apoapsis_worth < 0.0
    assert abs(higher.apoapsis_worth) < 1e-9
    assert higher.apoapsis_m > 200e3
    assert higher.propellant_kg < exact.propellant_kg - 0.5
    low, high, _, _ = flown(higher)
    # the primer all but vanishes as it turns over: 16 parts of a step leave 1 m/s
    assert low == pytest.approx(15e3, abs=20.0)
    assert high == pytest.approx(higher.apoapsis_m, rel=0.01)


@pytest.mark.parametrize(("sink", "mass", "delay"), [(30.0, 1900.0, 0.0), (60.0, 3000.0, 3.0)])
def test_the_height_that_stopping_takes(sink, mass, delay):
    """Against the equation of motion, integrated with an event where the speed vanishes."""
    gravity, flow = 4902800118457.5496 / RADIUS_M**2, 7500.0 / EXHAUST

    def rate(t, y):
        push = 7500.0 / (mass - flow * (t - delay)) if t >= delay else 0.0
        return [y[1], push - gravity]

    def stopped(t, y):
        return y[1]

    stopped.terminal = True
    way = solve_ivp(rate, (0.0, 300.0), [0.0, -sink], events=stopped, max_step=0.05, rtol=1e-9)
    assert stop_height_m(sink, mass, LOWER, delay) == pytest.approx(-way.y[0, -1], abs=0.5)


def test_a_weak_engine_never_stops():
    assert stop_height_m(10.0, 1e5, LOWER) == math.inf


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: AscentOrbit(20e3, 10e3), "periapsis first"),
        (lambda: AscentOrbit(15e3, math.nan), "altitudes from 0"),
        (lambda: AscentOrbit(15e3, 1e5, node_deg=3.0), "a node needs an inclination"),
        (lambda: AscentOrbit(15e3, 1e5, inclination_deg=200.0), "give 0 to 180"),
        (lambda: AscentStage(UPPER, 300.0, 300.0), "more mass"),
        (lambda: AscentStage(UPPER, 300.0, 30.0, -1.0), "a delay of -1"),
        (lambda: AscentOptions(rise_s=math.nan), "a rise of nan"),
        (lambda: optimal_ascent((0, 0, math.nan), REST, ASCENDER, ORBIT), "three finite"),
        (lambda: optimal_ascent((0, 0, 1.0), REST, ASCENDER, ORBIT), "from the Moon"),
        (lambda: optimal_ascent(GROUND, REST, (), ORBIT), "0 stages"),
        (
            lambda: optimal_ascent(GROUND, REST, ASCENDER, ORBIT, AscentOptions(rise_s=500.0)),
            "the first stage has not so much",
        ),
    ],
)
def test_refusals(make, says):
    with pytest.raises(AscentError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)
