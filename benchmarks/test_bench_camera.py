"""A picture of 1024 x 1024 pixels against its budget, split, beside embreex on the same mesh."""

import math
import statistics
import time
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from farside.ext.common.dispatch import ISA
from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.camera import Camera
from farside.sensors import camera as cameras
from farside.sensors import scene as scenes
from farside.sensors import sunlight
from farside.sensors.camera import take_picture
from farside.sensors.scene import look
from farside.sensors.view_plan import TILE, plan_windows
from farside.sensors.viewpoint import Pose

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["camera"]
pytestmark = pytest.mark.benchmark(timer=time.process_time, group="camera", disable_gc=True)
WHOLE = (0, 0, 1024, 1024)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    cv2.setNumThreads(1)


@pytest.fixture(scope="module")
def ground():
    return Ground(load_mission("chang-e-6"), seed=3)


def sun_at(azimuth_deg, elevation_deg):
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    level = math.cos(elevation)
    return np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(elevation)])


def cpu_ms(call, rounds=5):
    """Return the median process CPU time [ms]."""
    call()
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        call()
        taken.append(1e3 * (time.process_time() - begun))
    return statistics.median(taken)


CAMERA, SUN = Camera(name="lcam"), sun_at(75.0, 15.0)


@pytest.mark.parametrize(
    ("name", "r_site", "tilt_deg"),
    [
        ("nadir_300_m_ms", (0.0, 0.0, 300.0), 0.0),
        ("nadir_2400_m_ms", (0.0, 0.0, 2400.0), 0.0),
        ("nadir_15_km_ms", (0.0, 0.0, 15e3), 0.0),
        ("oblique_2400_m_ms", (2400.0, 0.0, 2400.0), 45.0),
    ],
)
def test_a_picture_with_shadows_and_noise(benchmark, ground, name, r_site, tilt_deg):
    half = 0.5 * math.radians(tilt_deg)
    pose = Pose(r_site, (math.cos(half), 0.0, -math.sin(half), 0.0))
    picture = benchmark.pedantic(
        take_picture, (ground, CAMERA, pose, SUN), {"key": 5}, rounds=5, warmup_rounds=1
    )
    assert picture.image.std() > 5.0
    median_ms = 1e3 * benchmark.stats.stats.median
    nodes = sum(math.prod(block.shape) for _, block in picture.scene.plan.windows)
    print(f"\n{name} on {ISA}: {median_ms:.0f} ms of {BUDGET[name]:.0f}, {nodes / 1e6:.1f} M nodes")
    assert median_ms <= BUDGET[name]


def test_parts_of_a_picture(ground):
    pose = Pose((0.0, 0.0, 2400.0), (1.0, 0.0, 0.0, 0.0))
    scene = look(ground, CAMERA, pose, SUN)
    ((level, block),) = scene.plan.windows
    z = ground.window(level, block).heights

    def source(level, block):
        return ground.window(level, block).heights

    def shade():
        sunlight.shade(source, ground.arcs, SUN, level, block, z, (float(z.min()), float(z.max())))

    light = scene.radiance_factor(WHOLE)
    detector = cameras._detector(CAMERA, 1e-3, 5, 0)
    numbers = np.empty(light.shape, np.uint16)
    electrons = light * np.float32(4e5)
    weights = cameras._weights(CAMERA.psf_px)
    reach = weights.size // 2
    padded = np.pad(light, reach, mode="edge")
    spread = np.empty_like(light)
    parts = {
        "plan": lambda: plan_windows(ground, scene.view, scene.pinhole, scene.slant),
        "window": lambda: ground.window(level, block),
        "albedo": lambda: ground.albedo(level, block),
        "sweep": shade,
        "rays and shading": lambda: scene.radiance_factor(WHOLE),
        "one ray a pixel": lambda: scene.radiance_factor(WHOLE, 1),
        "point spread": lambda: cameras.spread(padded, weights, spread),
        "detector": lambda: cameras.detect(electrons, detector, 1024, 0, 0, numbers),
        "truth": lambda: scene.truth(WHOLE),
    }
    taken = {name: cpu_ms(call) for name, call in parts.items()}
    print("\n" + ", ".join(f"{name} {ms:.0f} ms" for name, ms in taken.items()))
    assert taken["sweep"] <= BUDGET["sweep_ms"]
    assert taken["rays and shading"] <= BUDGET["rays_ms"]


def test_packed_rays_beside_groups(ground):
    pose = Pose((0.0, 0.0, 1483.0), (0.99, 0.0, -0.14, 0.0))
    scene = look(ground, CAMERA, pose, sun_at(75.0, 5.0))
    rays, first = scenes._rays(scene.pinhole, 1), scene.plan.first
    traced, packed = np.empty((5, 1024, 1024), np.float32), np.empty((1024, 1024), np.float32)
    groups_ms = cpu_ms(lambda: scene.lanes.trace(rays, first, TILE, 0, 0, traced))
    packed_ms = cpu_ms(lambda: scene.lanes.render(rays, first, TILE, 1, 0, 0, packed))
    assert np.array_equal(np.nan_to_num(traced[3], nan=0.0), packed)
    print(f"\npacked on {ISA}: {packed_ms:.0f} ms, group by group {groups_ms:.0f} ms")
    assert packed_ms <= BUDGET["packed_to_groups"] * groups_ms


def test_rays_beside_embree(ground):
    rtcore = pytest.importorskip("embreex.rtcore_scene")
    from embreex.mesh_construction import TriangleMesh

    pose = Pose((0.0, 0.0, 2400.0), (1.0, 0.0, 0.0, 0.0))
    scene = look(ground, CAMERA, pose, SUN)
    ((level, block),) = scene.plan.windows
    z = ground.window(level, block).heights + (ground.arcs.arc_m - ground.radius_m)
    points = ground.arcs.site(*block.arcs(level), z, ground.radius_m).reshape(-1, 3)
    n = np.arange(points.shape[0]).reshape(z.shape)
    a, b, c, d = n[:-1, :-1], n[:-1, 1:], n[1:, 1:], n[1:, :-1]
    halves = [np.stack(part, axis=-1).reshape(-1, 3) for part in ((a, b, c), (a, c, d))]
    mesh = rtcore.EmbreeScene()
    begun = time.process_time()
    TriangleMesh(mesh, points[np.concatenate(halves)].astype(np.float32))
    y, x = np.mgrid[:1024, :1024]
    px = np.stack([x.ravel(), y.ravel()], axis=1).astype(float)
    rays = scene.view.directions(scene.pinhole.rays(px)).astype(np.float32)
    start = np.tile(scene.view.r_site, (len(rays), 1)).astype(np.float32)
    far = mesh.run(start, rays, query="DISTANCE")
    build_ms = 1e3 * (time.process_time() - begun)
    met = (start + far[:, None] * rays + np.array([0.0, 0.0, 0.05])).astype(np.float32)
    towards = np.tile(SUN, (len(rays), 1)).astype(np.float32)
    primary_ms = cpu_ms(lambda: mesh.run(start, rays, query="DISTANCE"), 3)
    shadow_ms = cpu_ms(lambda: mesh.run(met, towards, query="OCCLUDED"), 3)
    ours_ms = cpu_ms(lambda: scene.radiance_factor(WHOLE, 1), 3)
    whole_ms = cpu_ms(lambda: scene.radiance_factor(WHOLE), 3)
    print(
        f"\nembree: build and first rays {build_ms:.0f} ms, primary {primary_ms:.0f} ms, shadow "
        f"{shadow_ms:.0f} ms; ours with light and shadows: {ours_ms:.0f} ms, 4 rays a pixel "
        f"{whole_ms:.0f} ms"
    )
    assert BUDGET["rays_to_embree"] * ours_ms <= primary_ms + shadow_ms
