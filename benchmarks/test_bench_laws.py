"""A law's tick: in C, many in a row, and called from Python once for each."""

import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from farside.ext.guidance.laws._apollo import ApolloLaw, spin, zem_zev

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["laws"]
#: The Apollo 11 load, up, across, along [m, s]: mission/apollo-11.toml.
P64 = {
    "r": (33.859, 0.0, -8.167),
    "v": (-1.5219, 0.0, 0.0756),
    "a": (-0.07998, 0.0, -0.15606),
    "jerk": 5.5099e-4,
}
UP, WEST = (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0)
R, V, G = (7800.0, 0.0, 2300.0), (-158.0, 0.0, -44.0), (0.0, 0.0, -1.62)
FAST = (R, V, (0.0, 0.0, 30.0), (0.0, 0.0, -1.5), G, 150.0)
LAWS = ("E-guidance", "fractional polynomial", "time-to-go quartic", "P65")


def best_ns(run, passes, tries=7):
    """Median CPU time of one pass [ns]."""
    taken = []
    for _ in range(tries):
        start = time.process_time_ns()
        run(passes)
        taken.append((time.process_time_ns() - start) / passes)
    return float(np.median(taken))


@pytest.mark.parametrize("law", range(4), ids=LAWS)
def test_tick_in_c(benchmark, law):
    ns = best_ns(lambda n: spin(law, *FAST, n), 200_000)
    benchmark.pedantic(spin, args=(law, *FAST, 200_000), rounds=3)
    benchmark.extra_info["ns"] = ns
    print(f"\n{LAWS[law]}: {ns:.1f} ns")
    assert ns <= BUDGET["quartic_ns" if law == 2 else "tick_ns"]


def test_apollo_in_c(benchmark):
    """Frame, time-to-go by Newton from 0.2 s ago, and the command."""
    law = ApolloLaw(P64, lead=2.2, gain=0.0, up=UP, arrival=WEST, t=-150.0)
    law.command(*R, *V, G[2])
    found_at = law.t

    def passes(n):
        law.t = found_at
        return law.spin(R, V, G, n)

    ns = best_ns(passes, 200_000)
    benchmark.pedantic(passes, args=(200_000,), rounds=3)
    benchmark.extra_info["ns"] = ns
    print(f"\nP64: {ns:.1f} ns")
    assert law.found and ns <= BUDGET["tick_ns"]


def test_tick_through_python(benchmark):
    law = ApolloLaw(P64, lead=2.2, gain=0.0, up=UP, arrival=WEST, t=-150.0)
    command, state = law.command, (*R, *V, G[2])

    def calls(n):
        for _ in range(n):
            command(*state)

    def others(n):
        for _ in range(n):
            zem_zev(*FAST)

    ns, other = best_ns(calls, 100_000), best_ns(others, 100_000)
    benchmark.pedantic(calls, args=(100_000,), rounds=3)
    benchmark.extra_info.update(ns=ns, zem_zev_ns=other)
    print(f"\nthrough Python: P64 {ns:.0f} ns, E-guidance with five triples {other:.0f} ns")
    assert ns <= BUDGET["python_ns"] and other <= BUDGET["python_ns"]
