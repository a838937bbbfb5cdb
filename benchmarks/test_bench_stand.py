"""Legs, probability and the whole assessment against their budgets."""

import time
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest
from reference_disc import disc_offsets, moonscape
from scipy.ndimage import map_coordinates

from farside.ext.common.dispatch import ISA
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess
from farside.terrain.assessment import Workspace
from farside.terrain.conditions import Sensing, TouchdownDispersion

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["stand"]
LIMITS = HazardLimits(8.0, 0.2)
LANDER = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45)
SIGMA_M = 0.05 / 3.0
pytestmark = pytest.mark.benchmark(timer=time.process_time, group="stand", disable_gc=True)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    cv2.setNumThreads(1)


def hold(benchmark, name):
    """Fail if the median misses its budget."""
    median_ms = 1e3 * benchmark.stats.stats.median
    benchmark.extra_info |= {"isa": ISA, "median_cpu_ms": median_ms}
    print(f"\n{name} on {ISA}: {median_ms:.1f} ms of {BUDGET[name]:.0f}")
    assert median_ms <= BUDGET[name]


@pytest.fixture(scope="module")
def megapixel():
    noise = np.random.default_rng(0).normal(0, SIGMA_M, (1000, 1000))
    return ElevationMap.from_array(moonscape(1000, seed=9) + noise, 0.1)


def test_legs_in_every_cell(benchmark, megapixel):
    workspace = Workspace(megapixel.shape, (0.1, 0.1), LANDER)
    _, known = workspace.legs.known(megapixel)
    standing = benchmark.pedantic(
        workspace.legs.measure, (megapixel, known, 0.0), rounds=3, warmup_rounds=1
    )
    assert np.isfinite(standing.rise_worst_m).sum() > 890_000
    hold(benchmark, "legs_1000_ms")


def test_legs_beside_numba(benchmark, megapixel):
    """The brute force that anyone would write, compiled by numba, over a sample of the cells."""
    pytest.importorskip("numba", reason="the peer is numba's brute force")
    from studies.oracle import force_stands, pad_places, tops_of

    workspace = Workspace(megapixel.shape, (0.1, 0.1), LANDER)
    _, known = workspace.legs.known(megapixel)
    standing = benchmark.pedantic(workspace.legs.measure, (megapixel, known), rounds=1)
    at = np.random.default_rng(2).choice(np.flatnonzero(known), 400, replace=False)
    rows, cols = np.unravel_index(at, known.shape)
    z = megapixel.heights.astype(float)
    given = (
        tops_of(z, disc_offsets(2.0)),
        rows,
        cols,
        disc_offsets(25.0).astype(np.int64),
        pad_places(),
    )
    force_stands(z, given[0], rows[:1], cols[:1], *given[3:])
    start = time.process_time()
    tangent, rise = force_stands(z, *given)
    peer_us = 1e6 * (time.process_time() - start) / len(at)
    slope_deg = np.degrees(np.arctan(tangent / 0.1))
    assert np.abs(slope_deg - standing.slope_worst_deg[rows, cols]).max() < 1e-3
    assert np.abs(rise - standing.rise_worst_m[rows, cols]).max() < 2e-5
    ours_us = 1e6 * benchmark.stats.stats.median / known.sum()
    print(f"\nexact legs on {ISA}: {ours_us:.2f} us a cell, numba {peer_us:.0f} us")
    benchmark.extra_info |= {"isa": ISA, "us_a_cell": ours_us, "numba_us_a_cell": peer_us}
    assert peer_us > BUDGET["legs_beside_numba"] * ours_us


def test_everything_in_every_cell(benchmark, megapixel):
    """Disc, legs at 72 headings, probability and bound under noise, with dispersion."""
    workspace = Workspace(megapixel.shape, (0.1, 0.1), LANDER)

    def everything():
        return assess(
            megapixel,
            LANDER,
            LIMITS,
            sensing=Sensing(SIGMA_M),
            dispersion=TouchdownDispersion(0.25, 0.25),
            leg_cells="all",
            workspace=workspace,
        )

    found = benchmark.pedantic(everything, rounds=3, warmup_rounds=1)
    assert np.isfinite(found.rise_worst_m).sum() > 890_000
    hold(benchmark, "everything_1000_ms")


@pytest.mark.parametrize("leg_cells", ["survivors", "all"])
def test_cycle_from_points_to_sites(benchmark, leg_cells):
    """212 000 returns of a scan to ranked sites on 512 x 512 cells."""
    ground = 0.5 * moonscape(640, seed=9)
    rng = np.random.default_rng(1)
    east, north = np.meshgrid(0.12 * np.arange(431), 0.12 * np.arange(493))
    east, north = (a.ravel() + rng.uniform(-0.02, 0.02, a.size) for a in (east, north))
    up = map_coordinates(ground, [north / 0.1, east / 0.1], order=1, mode="nearest")
    cloud = np.stack([east, north, up + rng.normal(0, SIGMA_M, up.shape)], axis=1)
    workspace = Workspace((512, 512), (0.1, 0.1), LANDER)

    def cycle():
        elevation = ElevationMap.from_points(cloud, 0.1, shape=(512, 512), east_m=0.2, north_m=4.0)
        found = assess(
            elevation,
            LANDER,
            LIMITS,
            sensing=Sensing(SIGMA_M, 0.12, (25.0, 30.0, 105.0)),
            dispersion=TouchdownDispersion(0.3, 0.3),
            leg_cells=leg_cells,
            workspace=workspace,
        )
        return found, found.sites(here=(25.0, 30.0))

    found, sites = benchmark.pedantic(cycle, rounds=9, warmup_rounds=1)
    looked_at = np.isfinite(found.rise_worst_m).mean()
    print(f"\nlegs in {looked_at:.0%} of the cells, {len(sites)} sites")
    hold(benchmark, f"cycle_512_{leg_cells}_ms")
