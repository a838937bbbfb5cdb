"""The cone solver's kernel on scaled problems: Clarabel's optimum, every status, the same bits."""

import time

import numpy as np
import pytest
import reference_constrained as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.ext.common._isa import supported_isas
from farside.ext.guidance.constrained.constrained import (
    MOST_INTERVALS,
    NODE,
    RESULT,
    ConstrainedSolver,
    load_kernel,
    new_problem,
)
from farside.ext.guidance.records import _codes as codes
from farside.guidance.constrained import SolverStatus


def solve_plan(problem, t_f, free=False, nearest=False, kernel=None):
    nodes, result = np.empty(problem["intervals"][0] + 1, NODE), np.empty(1, RESULT)
    kernel = kernel or ConstrainedSolver()
    return kernel.solve(problem, t_f, free, nearest, nodes, result), nodes, result[0]


def finite(records):
    return all(np.isfinite(records[name]).all() for name in records.dtype.names)


@st.composite
def plans(draw):
    """Scaled problems over the whole range of landers: some easy, some out of reach."""
    part = st.floats(-1.0, 1.0)
    up = draw(st.floats(0.3, 1.0))
    r = [draw(part) * up, draw(part) * up, up]
    v = [0.6 * draw(part), 0.6 * draw(part), 0.4 * draw(part) - 0.3]
    # Solvers lose digits where the least thrust is tiny but there: its cone is then all but flat.
    least = draw(st.one_of(st.just(0.0), st.floats(0.05, 0.8)))
    full = draw(st.floats(1.3, 4.0))
    dry = draw(st.sampled_from([0.0, 0.0, 0.5, 0.9]))
    tilt = draw(st.sampled_from([-1.0, -1.0, 0.0, 0.7]))
    glide = draw(st.sampled_from([0.0, 0.0, 1.5, 8.0]))
    alpha = draw(st.floats(0.005, 0.06))
    floor = draw(st.booleans())
    end = max(tilt, draw(st.sampled_from([-1.0, -1.0, 0.9])))
    low = draw(st.sampled_from([0.0, -0.1]))
    problem = new_problem(
        draw(st.sampled_from([5, 12, 21])), r=r, v=v, rho_1=least, rho_2=full, alpha=alpha, dry=dry,
        cos_tilt=tilt, cos_end=end, cot_glide=glide, floored=floor, floor=low, between=False,
    )  # fmt: skip
    return problem, draw(st.floats(1.0, 5.0))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plans())
def test_same_optimum_as_clarabel(drawn):
    problem, t_f = drawn
    verdict, cost = reference.solve(problem, int(problem["intervals"][0]), t_f)
    ending, nodes, found = solve_plan(problem, t_f)
    (x, y, z), cot = problem["r"][0], problem["cot_glide"][0]
    if cot and z * cot < np.hypot(x, y):
        assert ending == SolverStatus.INFEASIBLE  # below its glide slope where it starts
        return
    if verdict in ("solved", "roughly"):
        # A flight straight up or down has many optima, and its cones turn flat just before 1e-8.
        assert ending <= SolverStatus.CLOSE
        assert max(found[name] for name in ("gap", "primal_residual", "dual_residual")) < 1e-6
        # 1e-6 of the mass: both end with gaps near 1e-8, unless Clarabel says that it did not.
        assert -nodes["z"][-1] == pytest.approx(cost, abs=1e-6 if verdict == "solved" else 1e-4)
        assert found["bound"] <= cost + 1e-7
    if verdict == "infeasible":
        assert ending in (SolverStatus.INFEASIBLE, SolverStatus.NOT_FOUND)
    if ending == SolverStatus.INFEASIBLE:
        assert verdict not in ("solved", "roughly")


def test_least_miss_is_that_of_clarabel():
    problem = new_problem(
        r=(0.9, 0.3, 0.5), v=(0.4, -0.1, -0.5), rho_1=0.4, rho_2=1.8, alpha=0.02, dry=0.93,
        cos_tilt=0.3, cos_end=0.3, cot_glide=2.0, floored=True,
    )  # fmt: skip
    t_f = 2.2
    verdict, cost = reference.solve(problem, 20, t_f, "nearest")
    ending, nodes, found = solve_plan(problem, t_f, nearest=True)
    assert verdict == "solved" and ending == SolverStatus.MISSED
    assert found["aim"] == codes.Objective.WITHIN
    miss = np.hypot(*found["miss"])
    # What is given away for room inside the cone: 1e-4 of it and 1e-5 of the scale.
    assert cost - 1e-7 < miss < cost * (1 + 1e-4) + 2e-5
    verdict, fuel = reference.solve(problem, 20, t_f, "within", cost * (1 + 1e-4) + 1e-5)
    assert verdict in ("solved", "roughly")
    assert -nodes["z"][-1] == pytest.approx(fuel, abs=1e-5)


def test_same_bits_from_every_instruction_set():
    problem = new_problem(
        33, r=(0.55, 0.2, 0.8), v=(-0.2, 0.05, -0.3), rho_1=0.37, rho_2=1.85, alpha=0.03, dry=0.6,
        cos_tilt=0.3, cos_end=0.3, cot_glide=5.0, floored=True,
    )  # fmt: skip
    answers = [solve_plan(problem, 3.0, True, True, load_kernel(isa)()) for isa in supported_isas()]
    assert answers[0][0] == SolverStatus.SOLVED
    for ending, nodes, found in answers[1:]:
        assert ending == answers[0][0]
        assert nodes.tobytes() == answers[0][1].tobytes()
        assert found.tobytes() == answers[0][2].tobytes()


BAD = {
    "a place that is no number": dict(r=(np.nan, 0.1, 0.8)),
    "an infinite speed": dict(v=(0.0, np.inf, -0.3)),
    "no thrust": dict(rho_1=0.0, rho_2=0.0),
    "least above full": dict(rho_1=3.0),
    "an empty tank": dict(dry=1.0),
    "a negative glide slope": dict(cot_glide=-1.0),
    "a floor over the target": dict(floor=0.1),
    "a tilt that is no angle": dict(cos_end=1.1),
    "fewer steps than none": dict(most_steps=-1),
}
GOOD = dict(
    r=(0.5, 0.1, 0.8), v=(0.0, 0.0, -0.3), rho_1=0.3, rho_2=2.0, alpha=0.02, dry=0.5,
    cos_tilt=0.3, cos_end=0.3, cot_glide=5.0, floored=True,
)  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_numbers_have_a_status(name):
    problem = new_problem(**{**GOOD, **BAD[name]})
    assert solve_plan(problem, 3.0, True, True)[0] == codes.SolverStatus.BAD_INPUT


@pytest.mark.parametrize("t_f", [np.nan, np.inf, 0.0, -1.0])
def test_a_bad_time_has_a_status(t_f):
    assert solve_plan(new_problem(**GOOD), 3.0)[0] == SolverStatus.SOLVED
    assert solve_plan(new_problem(**GOOD), t_f)[0] == codes.SolverStatus.BAD_INPUT


def test_the_kernel_refuses_other_shapes():
    problem, nodes, result = new_problem(20, **GOOD), np.empty(21, NODE), np.empty(1, RESULT)
    kernel = ConstrainedSolver()
    with pytest.raises(ValueError, match="one row for each node"):
        kernel.solve(problem, 3.0, False, False, nodes[:20], result)
    with pytest.raises(ValueError, match="one problem"):
        kernel.solve(np.repeat(problem, 2), 3.0, False, False, nodes, result)
    problem["intervals"] = MOST_INTERVALS + 1
    with pytest.raises(ValueError, match="intervals"):
        kernel.solve(problem, 3.0, False, False, nodes, result)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1500, pytest.param(20_000, marks=pytest.mark.slow)])
def test_every_answer_comes_within_the_cap(count):
    """At most 2000 steps, whatever the numbers; all endings come up."""
    rng = np.random.default_rng(11)
    kernel, seen = ConstrainedSolver(), {}
    start = time.process_time()
    for _ in range(count):
        problem = new_problem(
            10,
            r=rng.normal(size=3) * 10.0 ** rng.uniform(-3, 2),
            v=rng.normal(size=3) * 10.0 ** rng.uniform(-3, 1),
            v_f=rng.normal(size=3) * rng.choice([0.0, 0.1]),
            **dict(zip(("rho_1", "rho_2"), np.sort(rng.uniform(0.0, 5.0, 2)), strict=True)),
            alpha=10.0 ** rng.uniform(-4, 0),
            dry=rng.choice([0.0, 0.5, 0.95]),
            cos_tilt=rng.choice([-1.0, 0.0, 0.9]),
            cot_glide=rng.choice([0.0, 1.0, 14.0]),
            floored=rng.choice([0.0, 1.0]),
            cos_end=rng.choice([-1.0, 0.95]),
            floor=rng.choice([0.0, -0.3]),
        )
        problem["r"][0, 2] = abs(problem["r"][0, 2])
        t_f, free = 10.0 ** rng.uniform(-2, 2), rng.random() < 0.7
        problem["between"] = rng.random() < 0.5
        ending, nodes, found = solve_plan(problem, t_f, free, True, kernel)
        seen[ending] = seen.get(ending, 0) + 1
        assert found["solves"] <= 1000 and found["steps"] <= 2000
        if ending <= SolverStatus.MISSED:
            assert finite(nodes) and finite(found)
    assert set(seen) == set(SolverStatus)
    # 0.3 ms each, AVX-512; a million takes five minutes.
    assert time.process_time() - start < 3e-3 * count


def test_the_time_found_is_the_best():
    """Held against every time about it, solved one by one; 1e-5 of the mass may be left."""
    rng = np.random.default_rng(5)
    kernel, judged = ConstrainedSolver(), 0
    for _ in range(25):
        up = rng.uniform(0.3, 1.0)
        r, v = (*rng.uniform(-1, 1, 2) * up, up), (*rng.uniform(-0.5, 0.5, 2), rng.uniform(-0.6, 0))
        tilt, cot = rng.choice([-1.0, 0.5]), rng.choice([0.0, 2.0, 6.0])
        problem = new_problem(
            r=r, v=v, rho_1=rng.uniform(0, 0.6), rho_2=rng.uniform(1.6, 3.0),
            alpha=rng.uniform(0.01, 0.05), cos_tilt=tilt, cos_end=tilt, cot_glide=cot, floored=True,
        )  # fmt: skip
        ending, _, found = solve_plan(problem, 2.5, free=True, kernel=kernel)
        if ending != SolverStatus.SOLVED:
            continue
        judged += 1
        t_f, cost = found["t_f"], np.inf
        for t in t_f * np.linspace(0.85, 1.15, 61):
            if (other := solve_plan(problem, t, kernel=kernel))[0] == SolverStatus.SOLVED:
                cost = min(cost, -other[1]["z"][-1])
        assert -solve_plan(problem, t_f, kernel=kernel)[1]["z"][-1] < cost + 1e-5
    assert judged > 15
