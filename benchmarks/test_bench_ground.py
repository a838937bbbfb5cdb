"""Windows of the ground and their albedo, as a camera asks for them, against their budgets."""

import time
import tomllib
from pathlib import Path

import pytest

from farside.ground import Ground
from farside.ground.lattice import Block, cell_of
from farside.mission import load_mission

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["ground"]
NODES = 1200  # along a side
pytestmark = pytest.mark.benchmark(timer=time.process_time, group="ground", disable_gc=True)


@pytest.fixture(scope="module")
def ground():
    return Ground(load_mission("chang-e-6"))


def block_at(level, u):
    col = round(u / cell_of(level))
    half = NODES // 2
    return Block(-half, half, col - half, col + half)


def hold(benchmark, name):
    """Fail if the median misses its budget."""
    median_ms = 1e3 * benchmark.stats.stats.median
    benchmark.extra_info |= {"median_cpu_ms": median_ms}
    print(f"\n{name}: {median_ms:.1f} ms of {BUDGET[name]:.0f}")
    assert median_ms <= BUDGET[name]


@pytest.mark.parametrize("level", [0, 2, 5, 7])
@pytest.mark.parametrize("u", [0.0, -4800.0, -60e3])
def test_window(benchmark, ground, level, u):
    grid = benchmark.pedantic(ground.window, (level, block_at(level, u)), rounds=7, warmup_rounds=1)
    assert grid.heights.shape == (NODES, NODES)
    hold(benchmark, "fine_window_ms" if level < 2 else "window_ms")


@pytest.mark.parametrize("level", [0, 7])
def test_albedo(benchmark, ground, level):
    found = benchmark.pedantic(ground.albedo, (level, block_at(level, 0.0)), rounds=7)
    assert found.shape == (NODES, NODES)
    hold(benchmark, "albedo_ms")
