"""Descents in free time beside all peers that are installed, timed in one run.

What each carries: the optimal descent has the thrust's bounds and free time, no ground, no glide
slope, no tilt; it is exact. Clarabel, ECOS and QOCO solve the same constraints with first-order
hold at N = 20 and 50, 18 flight times each, their programmes built outside the clock (what Clarabel
and ECOS set up in their calls is in it). `gfold`
(Rust on Clarabel, PyPI) carries a floor, a tilt of 90 degrees and a greatest speed besides, none of
which binds here, and is timed whole. QOCOGEN, C generated for one size of programme, is not run: a
recorded figure, 0.96 to 1.0 ms for one flight time at N = 20 and 3.0 at N = 50
(docs/sources.md, "Times of other solvers"), ten or more of which make a free time.
"""

import importlib.util
import json
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from studies import cones

from farside.guidance import SolverOptions, Thrust, constrained_descent, optimal_descent
from farside.guidance.constrained import Limits

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["peers"]
A8 = cones.State(
    np.array([600.0, 150.0, 2000.0]),
    np.array([-20.0, 5.0, -30.0]),
    2500.0,
    Thrust(1500.0, 7500.0, 310.0 * 9.80665),
    1.625,
)
DOWN = (0.0, 0.0, -A8.gravity_mps2)
QOCOGEN_MS = {20: 0.96, 50: 3.0}
TIMES_S = np.linspace(50.0, 70.0, 18)
pytestmark = pytest.mark.benchmark(timer=time.process_time, group="peers", disable_gc=True)

#: Run by the interpreter that has gfold: FARSIDE_GFOLD, or this one.
GFOLD = """
import json, sys, time, gfold
n = int(sys.argv[1])
ship = gfold.Spacecraft(
    wet_mass=2500.0, fuel=1000.0, real_max_thrust=7500.0, min_thrust_pct=0.2, max_thrust_pct=1.0,
    initial_position=[2000.0, 600.0, 150.0], initial_velocity=[-30.0, -20.0, 5.0],
    target_velocity=[0.0] * 3, target_position=[0.0] * 3, fuel_consumption=1 / (310.0 * 9.80665))
moon = gfold.Environment(gravity=[-1.625, 0.0, 0.0], glide_slope_angle_deg=0.0, max_angle_deg=90.0)
spent = []
for _ in range(3):
    start = time.process_time()
    found = gfold.solve(gfold.Config(ship, moon, gfold.Solver(n=n)))
    spent.append(1e3 * (time.process_time() - start))
print(json.dumps([sorted(spent)[1], 2500.0 - found.final_mass, found.time_points[-1]]))
"""


def ours():
    return optimal_descent(A8.r_m, A8.v_mps, A8.mass_kg, A8.thrust, gravity_mps2=DOWN)


def by_qoco(c, G, h, linear, sizes, A, b):
    import qoco

    solver = qoco.QOCO()
    solver.setup(len(c), len(h), len(b), None, c, A, b, G, h, linear, len(sizes), np.array(sizes))
    start = time.process_time()
    found = solver.solve()
    spent = time.process_time() - start
    solved = str(found.status).endswith(("QOCO_SOLVED", "QOCO_SOLVED_INACCURATE"))
    return spent, found.obj if solved else np.inf


def by_clarabel(*programme):
    start = time.process_time()
    verdict, x = cones.by_clarabel(*programme)
    return time.process_time() - start, programme[0] @ x if verdict == "solved" else np.inf


def by_ecos(*programme):
    start = time.process_time()
    verdict, x = cones.by_ecos(*programme)
    return time.process_time() - start, programme[0] @ x if verdict == "solved" else np.inf


PEERS = {"clarabel": by_clarabel, "ecos": by_ecos, "qoco": by_qoco}


@pytest.mark.parametrize("n", [20, 50])
@pytest.mark.parametrize("name", PEERS)
def test_solvers_of_cones_in_free_time(benchmark, name, n):
    pytest.importorskip(name, reason=f"the peer is {name}: pip install {name}")
    best = benchmark.pedantic(ours, rounds=50, warmup_rounds=5)
    ours_ms = 1e3 * benchmark.stats.stats.median
    tried = [PEERS[name](*cones.programme(A8, t, n, ground=False)) for t in TIMES_S]
    peer_ms = 1e3 * sum(spent for spent, _ in tried)
    propellant_kg = -A8.mass_kg * np.expm1(-min(cost for _, cost in tried))
    told = dict(ours_ms=ours_ms, peer_ms=peer_ms, excess_kg=propellant_kg - best.propellant_kg)
    benchmark.extra_info |= told
    print(f"\n{name}, N = {n}, 18 times: {peer_ms:.1f} ms, ours {ours_ms:.4f}", told)
    # What first-order hold and a time 0.6 s beside the best cost.
    assert 0.0 < propellant_kg - best.propellant_kg < 0.3
    assert peer_ms / ours_ms > BUDGET["times_cones"]


def gfold_python():
    """Return an interpreter that has gfold, which may not live beside the others; None without."""
    named = os.environ.get("FARSIDE_GFOLD")
    return named or (sys.executable if importlib.util.find_spec("gfold") else None)


@pytest.mark.parametrize("n", [20, 50])
def test_gfold_in_free_time(benchmark, n):
    python = gfold_python()
    if python is None:
        pytest.skip("the peer is gfold 0.3.2: pip install gfold, or FARSIDE_GFOLD=its python")
    best = benchmark.pedantic(ours, rounds=50, warmup_rounds=5)
    ours_ms = 1e3 * benchmark.stats.stats.median
    run = subprocess.run(
        [python, "-c", GFOLD, str(n)], capture_output=True, text=True, check=True, timeout=120
    )
    peer_ms, propellant_kg, time_s = json.loads(run.stdout)
    benchmark.extra_info |= dict(ours_ms=ours_ms, peer_ms=peer_ms, propellant_kg=propellant_kg)
    print(f"\ngfold, N = {n}: {peer_ms:.0f} ms, {propellant_kg:.3f} kg, {time_s:.2f} s")
    print(f"ours {ours_ms:.4f} ms, {best.propellant_kg:.3f} kg, {best.time_s:.2f} s")
    assert 0.0 < propellant_kg - best.propellant_kg < 0.3
    assert peer_ms / ours_ms > BUDGET["times_gfold"]


@pytest.mark.parametrize("n", [20, 50])
def test_constrained_beside_what_is_recorded_of_qocogen(benchmark, n):
    """One flight time, glide slope 10 and tilt 70 degrees, as the figure has."""

    def plan():
        return constrained_descent(
            A8.r_m, A8.v_mps, A8.mass_kg, A8.thrust, Limits(10.0, 70.0), gravity_mps2=DOWN,
            options=SolverOptions(60.23, intervals=n),
        )  # fmt: skip

    found = benchmark.pedantic(plan, rounds=50, warmup_rounds=5)
    ours_ms = 1e3 * benchmark.stats.stats.median
    benchmark.extra_info |= dict(ours_ms=ours_ms, qocogen_recorded_ms=QOCOGEN_MS[n])
    print(f"\nN = {n}: {ours_ms:.3f} ms through Python, QOCOGEN {QOCOGEN_MS[n]} ms as recorded")
    assert found.status == 0
    assert QOCOGEN_MS[n] / ours_ms > BUDGET["times_qocogen"]
