"""Horizons and what they are for against their budgets, beside rays of embreex in the same run."""

import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from benchmarks.sizes import cases
from horizon_cases import embree_horizon, embree_scene, rough

from farside.ext.common.dispatch import ISA
from farside.survey.horizon import horizons, sun

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["horizon"]
pytestmark = pytest.mark.benchmark(timer=time.process_time, group="horizon", disable_gc=True)
CELL_M, REACH_M, AZIMUTHS = 100.0, 100e3, 360


@pytest.fixture(scope="module")
def ground():
    return rough(cases(1000, 400), 800.0)


def test_a_million_horizons(benchmark, ground):
    found = benchmark.pedantic(
        horizons, (ground,), {"cell_m": CELL_M, "azimuths": AZIMUTHS, "reach_m": REACH_M}, rounds=1
    )
    took_s = benchmark.stats.stats.median
    print(f"\n360 x 1000 x 1000 horizons of 100 km on {ISA}: {took_s:.1f} s of 60, 20 is the aim")
    assert found.elevation_deg.shape == (AZIMUTHS, *ground.shape)
    assert took_s <= BUDGET["table_s"]
    ratio = beside_embree(found, took_s)
    assert ratio is None or ratio >= BUDGET["times_embree"]


def beside_embree(found, took_s):
    """How many times as long embreex takes for a horizon, on a plane, and that it is the same."""
    pytest.importorskip("embreex", reason="the peer is embreex")
    rng = np.random.default_rng(0)
    rays, n = 20_000, len(found.heights_m)
    flat = horizons(found.heights_m, cell_m=CELL_M, azimuths=8, reach_m=REACH_M, radius_m=np.inf)
    at = rng.integers(0, n, rays), rng.integers(0, n, rays)
    k = rng.integers(0, 8, rays)
    y, x = np.mgrid[0:n, 0:n] * CELL_M
    places = np.stack([x, y, found.heights_m], axis=-1)
    axes = [np.tile(np.eye(3)[i], (rays, 1)) for i in range(3)]
    scene = embree_scene(places)
    start = time.process_time()
    peer = embree_horizon(scene, places, axes, at, flat.bearing_deg[k])
    peer_ns = 1e9 * (time.process_time() - start) / rays
    ours_ns = 1e9 * took_s / found.elevation_deg.size
    away = np.abs(flat.elevation_deg[k, at[0], at[1]] - peer)
    away = np.sort(away[np.isfinite(away)])
    print(f"{ours_ns:.0f} ns a horizon, embreex {peer_ns:.0f} ns for 22 rays")
    assert away[int(0.999 * len(away))] < 0.02
    return peer_ns / ours_ns


def test_a_cell_costs_the_same_in_a_larger_raster(ground):
    costs = []
    for n in (len(ground) // 2, len(ground)):
        start = time.process_time()
        horizons(ground[:n, :n], cell_m=CELL_M, azimuths=24, reach_m=25e3, cells=256)
        costs.append((time.process_time() - start) / n**2)
    print(f"\na cell costs {costs[1] / costs[0]:.2f} times as much with four times as many")
    assert costs[1] / costs[0] <= BUDGET["growth"]


def test_a_year_of_hours(benchmark, ground):
    part = ground[: cases(250, 50), :400]
    found = horizons(part, cell_m=CELL_M, azimuths=AZIMUTHS, reach_m=20e3)
    body = sun("2026-01-01..2027-01-01T06:00")
    assert body.dates.count == 8766
    seen = benchmark.pedantic(found.visible, (body, (-87.0, 0.0)), rounds=1)
    took_s = 1e6 / part.size * benchmark.stats.stats.median
    print(f"\n8766 hours over a million cells at 87 S on {ISA}: {took_s:.0f} s of 60")
    assert 0.2 < np.nanmean(seen.share) < 0.6
    assert took_s <= BUDGET["light_s"]
