"""The tick's constrained descent: the lanes' optimum, flown by its knots in double precision."""

import math
import time

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from test_constrained import ANCHORS, descend

from farside.ext.guidance.constrained._knots import BOUNDS, COLLOCATION_PLAN, LANDER, KnotSolver
from farside.ext.guidance.records import _codes as codes
from farside.guidance.constrained import SolverStatus

NO_MARGIN, KNOTS = 0.0, 21


def cosine(angle_deg):
    return -1.0 if angle_deg is None else math.cos(math.radians(angle_deg))


def records(anchor, dry_kg=0.0, margin=NO_MARGIN, end_deg=None):
    r, v, mass, thrust, gravity, limits, _, _ = ANCHORS[anchor]
    lander = np.zeros(1, LANDER)
    lander["r"], lander["v"], lander["g"], lander["mass_kg"] = r, v, (0, 0, -gravity), mass
    for name in ("least_n", "full_n", "exhaust_mps"):
        lander[name] = getattr(thrust, name)
    bounds, slope = np.zeros(1, BOUNDS), limits.glide_slope_deg
    bounds["cos_tilt"] = cosine(limits.tilt_deg)
    bounds["cos_end"] = bounds["cos_tilt"] if end_deg is None else cosine(end_deg)
    bounds["cot_glide"] = 0.0 if slope is None else 1.0 / math.tan(math.radians(slope))
    bounds["floored"] = limits.above_target
    bounds["dry_kg"], bounds["margin"], bounds["between"] = dry_kg, margin, True
    return lander, bounds


def solve(lander, bounds, warm=True, most_steps=400, solver=None):
    plan = np.empty(1, COLLOCATION_PLAN)
    solver = solver or KnotSolver()
    return solver.solve(lander, bounds, plan, warm, most_steps), plan[0], solver


# Where the thrust turns by more than 15 deg between knots the lanes keep to the least thrust more
# closely than the tick does, with more knots.
EVEN = [anchor for anchor in ANCHORS if not anchor.startswith("A6")]


@pytest.mark.parametrize("anchor", [a for a in ANCHORS if a not in EVEN])
def test_a_sharp_turn_is_no_dearer_than_the_lanes(anchor):
    ending, plan, _ = solve(*records(anchor))
    assert ending == SolverStatus.SOLVED
    assert plan["propellant_kg"] == pytest.approx(descend(anchor).propellant_kg, rel=2e-3)


@pytest.mark.parametrize("anchor", EVEN)
def test_the_optimum_is_the_lanes(anchor):
    ending, plan, _ = solve(*records(anchor))
    wide = descend(anchor)
    assert ending == wide.status == SolverStatus.SOLVED
    assert plan["t_f"] == pytest.approx(wide.time_s, rel=1e-6)
    assert plan["propellant_kg"] == pytest.approx(wide.propellant_kg, rel=1e-6)
    assert plan["bound_kg"] == pytest.approx(wide.bound_kg, rel=1e-6)
    assert plan["u"] == pytest.approx(wide.thrust_n / wide.mass_kg[:, None], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("anchor", ANCHORS)
def test_without_a_guess_the_optimum_is_the_same(anchor):
    lander, bounds = records(anchor)
    cold, warm = (solve(lander, bounds, warm)[1]["propellant_kg"] for warm in (False, True))
    # What a search in time may leave, twice 8e-6 of the scaled cost.
    assert cold == pytest.approx(warm, abs=2e-5 * lander["mass_kg"][0])


@pytest.mark.parametrize("anchor", ANCHORS)
def test_knots_flown(anchor):
    """Integrate place, speed and mass by Runge-Kutta 8, with u straight between knots."""
    margin = 0.02
    lander, bounds = records(anchor, margin=margin)
    ending, plan, solver = solve(lander, bounds)
    assert ending == SolverStatus.SOLVED
    lander, bounds = lander[0], bounds[0]
    mass, least_n, full_n = (float(lander[name]) for name in ("mass_kg", "least_n", "full_n"))
    gravity, exhaust, step_s = lander["g"][2], lander["exhaust_mps"], plan["t_f"] / (KNOTS - 1)

    def rate(t, y):
        a = np.array(solver.acceleration(t))
        return [*y[3:6], a[0], a[1], a[2] + gravity, -y[6] * np.linalg.norm(a) / exhaust]

    y, way = np.array([*lander["r"], *lander["v"], mass]), []
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
    burnt_kg = plan["propellant_kg"]
    assert burnt_kg * (1 - 2e-3) < mass - m[-1] < burnt_kg + 1e-3
    # Full thrust less its margin within 1e-4 all along the way; least thrust at the knots, between
    # them less by what a chord is shorter: 4.4 % in A6, 1 % in the others.
    at_knots = m[::11] * size[::11]
    assert (m * size).max() < full_n * (1 - margin) * (1 + 1e-4)
    assert at_knots.min() > least_n * (1 - 1e-5) and (m * size).min() > least_n * 0.95
    lean = pull[2] - bounds["cos_tilt"] * size
    assert lean.min() > -1e-6
    # The glide slope and the floor all along: 1e-5 of the scale of some 5 km.
    cot = bounds["cot_glide"]
    low = r[2] - (np.hypot(r[0], r[1]) / cot if cot else 0.0)
    if cot or bounds["floored"]:
        assert low.min() > -0.06


def test_the_end_is_upright_where_asked():
    ending, plan, _ = solve(*records("A7", end_deg=5.0))
    u = plan["u"]
    assert ending == SolverStatus.SOLVED
    assert u[-1, 2] > cosine(5.0) * np.linalg.norm(u[-1]) - 1e-6
    assert u[0, 2] < cosine(30.0) * np.linalg.norm(u[0])


def test_every_ending():
    lander, bounds = records("A2")
    ending, plan, _ = solve(lander, bounds)
    assert ending == plan["status"] == SolverStatus.SOLVED
    # Cut short after the first loose plans: the best so far, or nothing; solved with all its steps.
    tried = range(1, int(plan["steps"]) + 1)
    seen = {solve(lander, bounds, most_steps=most)[0] for most in tried}
    assert seen == {SolverStatus.SOLVED, SolverStatus.CLOSE, SolverStatus.NOT_FOUND}
    missed, plan, _ = solve(*records("A2", dry_kg=1905.0 - 390.0))
    assert missed == SolverStatus.MISSED and 10.0 < np.hypot(*plan["miss_m"]) < 500.0
    beneath = lander.copy()
    beneath["r"][0, 2] = -10.0
    assert solve(beneath, bounds)[0] == SolverStatus.INFEASIBLE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("r", (np.nan, 0.0, 1500.0)), ("v", (100.0, np.inf, -75.0)), ("g", 0.0), ("mass_kg", 0.0),
        ("full_n", 0.0), ("exhaust_mps", -1.0), ("margin", 1.0),
    ],
)  # fmt: skip
def test_impossible_numbers_are_bad_input(name, value):
    lander, bounds = records("A2")
    (bounds if name == "margin" else lander)[name] = value
    assert solve(lander, bounds)[0] == codes.SolverStatus.BAD_INPUT


def test_one_problem_at_a_time():
    lander, bounds = records("A2")
    with pytest.raises(ValueError, match="one lander"):
        KnotSolver().solve(np.repeat(lander, 2), bounds, np.empty(1, COLLOCATION_PLAN))


@pytest.mark.slow
@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_work_is_bounded(count):
    """400 steps at most, whatever the state: one step is 10 us of a plain x86-64 CPU."""
    rng = np.random.default_rng(3)
    solver, most, seen = KnotSolver(), 0.0, set()
    for _ in range(count):
        lander, bounds = records(rng.choice(list(ANCHORS)), dry_kg=rng.choice([0.0, 1700.0]))
        lander["r"] *= 10.0 ** rng.uniform(-1.5, 1.0)
        lander["v"] *= rng.normal(size=3) * 10.0 ** rng.uniform(-1, 1)
        start = time.process_time()
        ending, plan, _ = solve(lander, bounds, rng.random() < 0.5, 400, solver)
        most = max(most, time.process_time() - start)
        seen.add(ending)
        assert plan["steps"] <= 400
        assert all(np.isfinite(plan[name]).all() for name in plan.dtype.names)
    assert {SolverStatus.SOLVED, SolverStatus.MISSED, SolverStatus.INFEASIBLE} <= seen
    assert most < 0.05
