"""The tick's constrained descent: the lanes' optimum, flown by its knots in double precision."""

import math
import time

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from test_constrained import ANCHORS, descend

from farside.ext.guidance.constrained._knots import KnotSolver
from farside.guidance.constrained import SolverStatus

NO_MARGIN, KNOTS = 0.0, 21


def cosine(angle_deg):
    return -1.0 if angle_deg is None else math.cos(math.radians(angle_deg))


def numbers(anchor, dry_kg=0.0, margin=NO_MARGIN, end_deg=None):
    r, v, mass, thrust, gravity, limits, _, _ = ANCHORS[anchor]
    engine = (mass, thrust.least_n, thrust.full_n, thrust.exhaust_mps)
    problem = np.array([*r, *v, 0, 0, 0, 0, 0, -gravity, *engine], float)
    slope = limits.glide_slope_deg
    cot = 0.0 if slope is None else 1.0 / math.tan(math.radians(slope))
    tilt = cosine(limits.tilt_deg)
    end = tilt if end_deg is None else cosine(end_deg)
    return problem, np.array([tilt, end, cot, limits.above_target, 0.0, dry_kg, margin], float)


def solve(problem, bounds, warm=True, most_steps=400, solver=None):
    u, found = np.empty((KNOTS, 3)), np.empty(7)
    solver = solver or KnotSolver()
    return solver.solve(problem, bounds, u, found, warm, most_steps), u, found, solver


# Where the thrust turns by more than 15 deg between knots the lanes keep to the least thrust more
# closely than the tick does, with more knots.
EVEN = [anchor for anchor in ANCHORS if not anchor.startswith("A6")]


@pytest.mark.parametrize("anchor", [a for a in ANCHORS if a not in EVEN])
def test_a_sharp_turn_is_no_dearer_than_the_lanes(anchor):
    ending, _, found, _ = solve(*numbers(anchor))
    assert ending == SolverStatus.SOLVED
    assert found[1] == pytest.approx(descend(anchor).propellant_kg, rel=2e-3)


@pytest.mark.parametrize("anchor", EVEN)
def test_the_optimum_is_the_lanes(anchor):
    ending, u, found, _ = solve(*numbers(anchor))
    wide = descend(anchor)
    assert ending == wide.status == SolverStatus.SOLVED
    assert found[0] == pytest.approx(wide.time_s, rel=1e-6)
    assert found[1] == pytest.approx(wide.propellant_kg, rel=1e-6)
    assert found[2] == pytest.approx(wide.bound_kg, rel=1e-6)
    assert u == pytest.approx(wide.thrust_n / wide.mass_kg[:, None], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("anchor", ANCHORS)
def test_without_a_guess_the_optimum_is_the_same(anchor):
    problem, bounds = numbers(anchor)
    cold, warm = solve(problem, bounds, False)[2], solve(problem, bounds, True)[2]
    # What a search in time may leave, twice 8e-6 of the scaled cost.
    assert cold[1] == pytest.approx(warm[1], abs=2e-5 * problem[12])


@pytest.mark.parametrize("anchor", ANCHORS)
def test_knots_flown(anchor):
    """Integrate place, speed and mass by Runge-Kutta 8, with u straight between knots."""
    margin = 0.02
    problem, bounds = numbers(anchor, margin=margin)
    ending, _, found, solver = solve(problem, bounds)
    assert ending == SolverStatus.SOLVED
    *_, gravity, mass, least_n, full_n, exhaust = problem
    step_s = found[0] / (KNOTS - 1)

    def rate(t, y):
        a = np.array(solver.acceleration(t))
        return [*y[3:6], a[0], a[1], a[2] + gravity, -y[6] * np.linalg.norm(a) / exhaust]

    y, way = np.array([*problem[:6], mass]), []
    for k in range(KNOTS - 1):
        span = (k * step_s, (k + 1) * step_s)
        flown = solve_ivp(rate, span, y, "DOP853", np.linspace(*span, 11), rtol=1e-11, atol=1e-9)
        y = flown.y[:, -1]
        way.append(np.vstack([flown.t, flown.y]))
    way = np.hstack(way)
    t, r, v, m = way[0], way[1:4], way[4:7], way[7]
    pull = np.array([solver.acceleration(x) for x in t]).T
    size = np.linalg.norm(pull, axis=0)
    # At the target within 1 mm and 1 mm/s. Chords are shorter than their bound s where the thrust
    # turns: 0.16 % of the propellant in A6.
    assert np.abs(r[:, -1]).max() < 1e-3 and np.abs(v[:, -1]).max() < 1e-3
    assert found[1] * (1 - 2e-3) < mass - m[-1] < found[1] + 1e-3
    # Full thrust less its margin within 1e-4 all along the way; least thrust at the knots, between
    # them less by what a chord is shorter: 4.4 % in A6, 1 % in the others.
    at_knots = m[::11] * size[::11]
    assert (m * size).max() < full_n * (1 - margin) * (1 + 1e-4)
    assert at_knots.min() > least_n * (1 - 1e-5) and (m * size).min() > least_n * 0.95
    lean = pull[2] - bounds[0] * size
    assert lean.min() > -1e-6
    # The glide slope and the floor all along: 1e-5 of the scale of some 5 km.
    low = r[2] - (np.hypot(r[0], r[1]) / bounds[2] if bounds[2] else 0.0)
    if bounds[2] or bounds[3]:
        assert low.min() > -0.06


def test_the_end_is_upright_where_asked():
    problem, bounds = numbers("A7", end_deg=5.0)
    ending, u, *_ = solve(problem, bounds)
    assert ending == SolverStatus.SOLVED
    assert u[-1, 2] > cosine(5.0) * np.linalg.norm(u[-1]) - 1e-6
    assert u[0, 2] < cosine(30.0) * np.linalg.norm(u[0])


def test_every_ending():
    problem, bounds = numbers("A2")
    assert solve(problem, bounds)[0] == SolverStatus.SOLVED
    steps = int(solve(problem, bounds)[2][6])
    # Cut short after the first loose plans: the best so far, or nothing; solved with all its steps.
    seen = {solve(problem, bounds, most_steps=most)[0] for most in range(1, steps + 1)}
    assert seen == {SolverStatus.SOLVED, SolverStatus.CLOSE, SolverStatus.NOT_FOUND}
    missed = solve(*numbers("A2", dry_kg=1905.0 - 390.0))
    assert missed[0] == SolverStatus.MISSED and 10.0 < np.hypot(*missed[2][3:5]) < 500.0
    beneath = problem.copy()
    beneath[2] = -10.0
    assert solve(beneath, bounds)[0] == SolverStatus.INFEASIBLE
    for k, x in ((0, np.nan), (4, np.inf), (11, 0.0), (12, 0.0), (14, 0.0), (15, -1.0)):
        wrong = problem.copy()
        wrong[k] = x
        assert solve(wrong, bounds)[0] == 5
    wrong = bounds.copy()
    wrong[6] = 1.0
    assert solve(problem, wrong)[0] == 5


@pytest.mark.parametrize("count", [400, pytest.param(50_000, marks=pytest.mark.slow)])
def test_work_is_bounded(count):
    """400 steps at most, whatever the state: one step is 10 us of a plain x86-64 CPU."""
    rng = np.random.default_rng(3)
    solver, most, seen = KnotSolver(), 0.0, set()
    for _ in range(count):
        problem, bounds = numbers(rng.choice(list(ANCHORS)), dry_kg=rng.choice([0.0, 1700.0]))
        problem[:3] *= 10.0 ** rng.uniform(-1.5, 1.0)
        problem[3:6] *= rng.normal(size=3) * 10.0 ** rng.uniform(-1, 1)
        start = time.process_time()
        ending, u, found, _ = solve(problem, bounds, rng.random() < 0.5, 400, solver)
        most = max(most, time.process_time() - start)
        seen.add(ending)
        assert found[6] <= 400
        assert np.isfinite(u).all() and np.isfinite(found).all()
    assert {SolverStatus.SOLVED, SolverStatus.MISSED, SolverStatus.INFEASIBLE} <= seen
    assert most < 0.05
