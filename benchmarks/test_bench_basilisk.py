"""A landing in Basilisk with the compiled module, beside the same loop with Python in it."""

import math
import time
import tomllib
from pathlib import Path

from sample_basilisk import Messages, PythonModule

from farside.adapters.basilisk.autopilot import AutopilotModule
from farside.adapters.basilisk.lander import BasiliskLander
from farside.mission import load_mission

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["basilisk"]
MISSION = load_mission("chang-e-6")
ROUNDS = 3


class PythonGuidance(Messages):
    """A law and an attitude loop in plain Python: brake along the flight, steer towards it.

    Not fit to land, only to be timed: a polynomial law with gravity and limits, and a
    proportional-derivative torque, on Python's floats.
    """

    def UpdateState(self, nanos):
        """Do the arithmetic of one tick."""
        state = self.scStateInMsg()
        mass = self.massInMsg().massSC
        r, v = list(state.r_CN_N), list(state.v_CN_N)
        sigma, omega = list(state.sigma_BN), list(state.omega_BN_B)
        rho = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
        go = max(800.0 - nanos * 1e-9, 20.0)
        g = [-4.9028e12 * x / rho**3 for x in r]
        target = [x * (1.7321e6 / rho) for x in r]
        a = [
            6.0 * (b - x) / go**2 - 4.0 * u / go - w
            for x, u, b, w in zip(r, v, target, g, strict=True)
        ]
        size = math.sqrt(sum(x * x for x in a))
        thrust = min(max(size * mass, 1500.0), 7500.0)
        s2 = sum(x * x for x in sigma)
        dcm = [[0.0] * 3 for _ in range(3)]
        tilde = [
            [0.0, -sigma[2], sigma[1]],
            [sigma[2], 0.0, -sigma[0]],
            [-sigma[1], sigma[0], 0.0],
        ]
        for i in range(3):
            for j in range(3):
                square = sum(tilde[i][m] * tilde[m][j] for m in range(3))
                dcm[i][j] = (i == j) + (8.0 * square - 4.0 * (1.0 - s2) * tilde[i][j]) / (
                    1.0 + s2
                ) ** 2
        wanted = [sum(dcm[i][j] * a[j] for j in range(3)) / size for i in range(3)]
        error = [-wanted[1], wanted[0], 0.0]
        torque = [
            min(max(5000.0 * (e - 1.5 * w), -400.0), 400.0)
            for e, w in zip(error, omega, strict=True)
        ]
        self.write(nanos, thrust, torque)


def steps_per_s(guidance, ticks):
    """Return the steps of 10 ms a second of CPU time, from the start of braking."""
    lander = BasiliskLander(MISSION, guidance)
    lander.advance(0)
    start = time.process_time()
    lander.advance(ticks)
    return ticks / (time.process_time() - start)


def test_python_in_the_loop_is_several_times_slower():
    """Three loops in turns, the best of each: the machine may be busy with something else."""
    best = {}
    for _ in range(ROUNDS):
        for guidance, ticks in (
            (AutopilotModule, 20_000),
            (PythonModule, 3_000),
            (PythonGuidance, 6_000),
        ):
            best[guidance] = max(best.get(guidance, 0.0), steps_per_s(guidance, ticks))
    ours, tick, floats = (best[g] for g in (AutopilotModule, PythonModule, PythonGuidance))
    print(
        f"\nBasilisk: {ours:,.0f} steps/s; the same tick through a Python module {tick:,.0f} "
        f"({ours / tick:.1f} x); a law of plain floats {floats:,.0f} ({ours / floats:.1f} x)"
    )
    assert ours >= BUDGET["steps_per_s"]
    assert ours / tick >= BUDGET["times_python"]
    assert ours / floats >= BUDGET["times_floats"]
