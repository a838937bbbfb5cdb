"""The constrained descent beside ECOS, Clarabel and QOCO on the same program, in one run.

Same nodes, cones, scaling and optimum; the peers' tolerance is 1e-8, as ours. They are timed in
their solve alone, their programs already built and set up.
"""

import importlib.util
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
import reference_constrained as reference

from farside.ext.common.dispatch import ISA
from farside.ext.guidance.constrained._knots import BOUNDS, COLLOCATION_PLAN, LANDER, KnotSolver
from farside.ext.guidance.constrained.constrained import (
    NODE,
    RESULT,
    ConstrainedSolver,
    new_problem,
)
from farside.guidance.constrained import Limits, constrained_descent
from farside.guidance.optimal import Thrust

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["constrained"]
G0 = 9.80665
COS_27 = np.cos(np.radians(27.0))
# r, v, gravity, mass, least, full, exhaust, glide slope, tilt, time: docs/sources.md.
CASES = {
    "A8": (600, 150, 2000, -20, 5, -30, 1.625, 2500, 1500, 7500, 310 * G0, 10, 70, 60.23),
    "A6": (450, -330, 2400, -40, 10, -10, 3.71, 2000, 4800, 19200, 2000, 30, 90, 46.14),
    "A2": (
        2000, 0, 1500, 100, 0, -75, 3.7114, 1905,
        0.3 * 18600 * COS_27, 0.8 * 18600 * COS_27, 225 * G0 * COS_27, 4, None, 81.0,
    ),
}  # fmt: skip
FREE_CASES = {
    **CASES,
    "A1": (*CASES["A2"][:11], None, None, 72.2),
    "A4": (2000, 500, *CASES["A2"][2:13], 78.0),
}
pytestmark = pytest.mark.benchmark(timer=time.process_time, group="constrained", disable_gc=True)


def plan(case):
    """Return the kernel's problem, scaled by the distance, and the time of flight."""
    x, y, z, *v, g, mass, least, full, exhaust, glide, tilt, t_f = FREE_CASES[case]
    size = np.linalg.norm((x, y, z))
    unit = np.sqrt(size / g)
    lean = -1.0 if tilt is None else np.cos(np.radians(tilt))
    problem = new_problem(
        r=np.array((x, y, z)) / size,
        v=np.array(v) * unit / size,
        rho_1=least / mass / g,
        rho_2=full / mass / g,
        alpha=size / unit / exhaust,
        cos_tilt=lean,
        cos_end=lean,
        cot_glide=0.0 if glide is None else 1.0 / np.tan(np.radians(glide)),
        floored=glide is not None,
    )
    return problem, t_f / unit


def median_cpu_ms(call, rounds):
    times = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return 1e3 * float(np.median(times))


def by_ecos(c, G, h, cones, A, b):
    """Its solve also sets up, which it times: that part is taken off."""
    import ecos

    times = []
    for _ in range(9):
        start = time.process_time()
        found = ecos.solve(c, G, h, cones, A, b, abstol=1e-8, reltol=1e-8, verbose=False)["info"]
        spent, timing = time.process_time() - start, found["timing"]
        times.append(1e3 * spent * timing["tsolve"] / (timing["tsolve"] + timing["tsetup"]))
    return float(np.median(times)), found["iter"], found["pcost"]


def by_clarabel(c, G, h, cones, A, b):
    import clarabel
    import scipy.sparse as sp

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    kinds = [clarabel.ZeroConeT(len(b)), clarabel.NonnegativeConeT(cones["l"])]
    kinds += [clarabel.SecondOrderConeT(q) for q in cones["q"]]
    rows, right = sp.csc_matrix(sp.vstack([A, G])), np.concatenate([b, h])
    nothing = sp.csc_matrix((len(c), len(c)))
    solvers = [clarabel.DefaultSolver(nothing, c, rows, right, kinds, settings) for _ in range(9)]
    answers = []
    ms = median_cpu_ms(lambda: answers.append(solvers[len(answers)].solve()), 9)
    return ms, answers[0].iterations, answers[0].obj_val


def by_qoco(c, G, h, cones, A, b):
    import qoco

    sizes = np.array(cones["q"])
    solvers, answers = [qoco.QOCO() for _ in range(9)], []
    for solver in solvers:
        solver.setup(
            len(c), len(h), len(b), None, c, A, b, G, h, cones["l"], len(sizes), sizes,
            abstol=1e-8, reltol=1e-8,
        )  # fmt: skip
    ms = median_cpu_ms(lambda: answers.append(solvers[len(answers)].solve()), 9)
    return ms, answers[0].iters, answers[0].obj


def peers(numbers, n, t_f):
    """Return each installed peer's median solve [ms CPU], its steps and cost."""
    program = reference.program(numbers, n, t_f)
    out = {}
    for name, solve in (("ecos", by_ecos), ("clarabel", by_clarabel), ("qoco", by_qoco)):
        if importlib.util.find_spec(name):
            out[name] = solve(*program)
    return out


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("n", [20, 50, 100])
def test_given_time(benchmark, case, n):
    """The peers' own problem: limits at the nodes alone."""
    problem, t_f = plan(case)
    problem["intervals"], problem["between"] = n, False
    kernel = ConstrainedSolver()
    nodes, found = np.empty(n + 1, NODE), np.empty(1, RESULT)
    ending = benchmark.pedantic(
        kernel.solve, (problem, t_f, False, False, nodes, found), rounds=200, warmup_rounds=5
    )
    assert ending == 0
    ours_ms = 1e3 * benchmark.stats.stats.median
    steps = int(found["steps"][0])
    others = peers(problem, n, t_f)
    told = {name: f"{ms:.2f} ms, {steps} steps" for name, (ms, steps, _) in others.items()}
    benchmark.extra_info |= {"median_cpu_ms": ours_ms, "steps": steps, **told}
    print(f"\n{case}, N = {n} ({ISA}): {ours_ms:.3f} ms, {steps} steps; {told}")
    for _, _, cost in others.values():
        assert -nodes["z"][-1] == pytest.approx(cost, rel=1e-4)
    if n in (20, 50):
        assert ours_ms <= BUDGET[f"given_time_{n}_ms"]
    if n == 50 and others:
        assert min(ms for ms, _, _ in others.values()) / ours_ms > BUDGET["times_best_peer"]


def golden_ms(numbers, t_f):
    """Return what ECOS takes for ten golden sections about a time [ms CPU], and its cost."""
    ecos = pytest.importorskip("ecos", reason="the peer is ECOS")
    spent = 0.0
    part, low, high = 0.5 * (5**0.5 - 1.0), 0.9 * t_f, 1.1 * t_f
    costs = {}

    def cost(t):
        nonlocal spent
        if t not in costs:
            program = reference.program(numbers, 20, t)
            start = time.process_time()
            found = ecos.solve(*program, abstol=1e-8, reltol=1e-8, verbose=False)["info"]
            spent += time.process_time() - start
            costs[t] = found["pcost"] if found["exitFlag"] in (0, 10) else np.inf
        return costs[t]

    for _ in range(9):
        a, b = high - part * (high - low), low + part * (high - low)
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    return 1e3 * spent, min(costs.values())


@pytest.mark.parametrize("case", FREE_CASES)
def test_free_time(benchmark, case):
    """N = 20, through Python: the indirect guess, the search in time, the arrays.

    The thrust of A6 turns by 80 deg within one of twenty intervals, and its plan has 50.
    """
    x, y, z, *v, g, mass, least, full, exhaust, glide, tilt, _ = FREE_CASES[case]
    thrust, limits = Thrust(least, full, exhaust), Limits(glide, tilt, glide is not None)

    def solve():
        return constrained_descent((x, y, z), v, mass, thrust, limits, gravity_mps2=(0, 0, -g))

    found = benchmark.pedantic(solve, rounds=100, warmup_rounds=5)
    ours_ms = 1e3 * benchmark.stats.stats.median
    notes = dict(solves=found.solves, steps=found.steps, propellant_kg=found.propellant_kg)
    benchmark.extra_info |= {"median_cpu_ms": ours_ms, **notes}
    print(f"\n{case}, free time, N = 20 ({ISA}): {ours_ms:.3f} ms", notes)
    assert found.status == 0
    numbers, t_f = plan(case)
    peer_ms, cost = golden_ms(numbers, t_f)
    print(f"ECOS, its solves alone: {peer_ms:.0f} ms")
    benchmark.extra_info |= {"ecos_golden_ms": peer_ms}
    # What the search may leave: 1e-5 of the mass. The peer keeps its limits at the nodes alone;
    # between them, too, they cost up to 0.1 % more.
    at_nodes_kg = mass * (1.0 - np.exp(-cost))
    assert found.propellant_kg < 1.001 * at_nodes_kg + 1.1e-5 * mass
    assert ours_ms <= BUDGET["free_time_20_ms" if len(found.t_s) == 21 else "free_time_50_ms"]


def test_the_tick(benchmark):
    """One lane: random lunar states, from the indirect guess and 1 s on from a plan."""
    rng = np.random.default_rng(9)
    kernel, lander, plan = KnotSolver(), np.zeros(1, LANDER), np.empty(1, COLLOCATION_PLAN)
    limits = np.zeros(1, BOUNDS)
    limits["cos_tilt"] = limits["cos_end"] = np.cos(np.radians(60.0))
    limits["floored"], limits["margin"], limits["between"] = True, 0.05, True
    lander["g"] = 0, 0, -1.625
    lander["least_n"], lander["full_n"], lander["exhaust_mps"] = 1500, 7500, 310 * G0
    cold, again, steps, endings = [], [], [], []

    def timed(r, v, mass, guess_s):
        lander["r"], lander["v"], lander["mass_kg"] = r, v, mass
        start = time.process_time()
        ending = kernel.solve(lander, limits, plan, True, 400, guess_s)
        return ending, 1e3 * (time.process_time() - start)

    def fly():
        for _ in range(1000):
            r = np.array([*rng.uniform(-1500, 1500, 2), rng.uniform(500, 3000)])
            v = np.array([*rng.uniform(-45, 45, 2), rng.uniform(-50, 0)])
            limits["cot_glide"] = rng.choice([0.0, 2.0, 5.0])
            ending, ms = timed(r, v, 2500.0, 0.0)
            if ending:
                continue
            cold.append(ms)
            t_f, mass = plan["t_f"][0], 2500.0
            for k in range(20):
                pull = np.array(kernel.acceleration(0.05 * (k + 0.5)))
                mass *= np.exp(-0.05 * np.linalg.norm(pull) / (310 * G0))
                change = 0.05 * np.add(pull, (0, 0, -1.625))
                r, v = r + 0.05 * (v + 0.5 * change), v + change
            ending, ms = timed(r, v, mass, t_f - 1.0)
            endings.append(ending)
            again.append(ms)
            steps.append(plan["steps"][0])

    benchmark.pedantic(fly, rounds=1)
    told = dict(
        first_ms=float(np.median(cold)), first_worst_ms=max(cold), again_ms=float(np.median(again)),
        again_worst_ms=max(again), again_steps=float(np.median(steps)), most_steps=int(max(steps)),
        close=endings.count(1),
    )  # fmt: skip
    benchmark.extra_info |= told
    # A plan that keeps the glide slope between twenty knots for a little less than 1 % of its
    # propellant may take a little more from 1 s on: then it is CLOSE, from any first time.
    assert max(endings) <= 1 and told["close"] <= 0.005 * len(endings)
    print("\none lane", {name: round(x, 3) for name, x in told.items()})
    assert told["again_ms"] <= BUDGET["tick_again_ms"]
