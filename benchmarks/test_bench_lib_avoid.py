"""libfarside's scan of 200 000 returns to ranked sites, beside the Python package's, in one run."""

import ctypes
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from farside.adapters.c.avoid import avoid_c
from farside.avoidance.choice import RULES, Criteria, ScannedGround
from farside.mission import load_mission
from farside.terrain import ElevationMap, LanderFootprint, Sensing
from farside.terrain.assessment import Workspace

HERE = Path(__file__).resolve().parent
BUDGET = tomllib.loads((HERE / "budgets.toml").read_text())["lib_avoid"]
MISSION = load_mission("chang-e-6")
RETURNS = (431, 493)
SIGMA_M = 0.017
ROUNDS = 9

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="here is no gcc")


class Scan(ctypes.Structure):
    """A farside_avoid_scan."""

    _fields_ = [
        ("points", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("sensor", ctypes.c_double * 3),
        ("sigma_m", ctypes.c_double),
        ("spacing_m", ctypes.c_double),
        ("cost_kg", ctypes.c_void_p),
        ("cost_scale_kg", ctypes.c_double),
    ]


def rocky_scan(rng):
    """Return 212 483 returns of a plain with 150 rocks, seen from 100 m: (N, 3) [m]."""
    v, u = np.indices(RETURNS[::-1]).reshape(2, -1)
    points = np.empty((u.size, 3))
    points[:, 0] = (u / RETURNS[0] - 0.5) * 51.7
    points[:, 1] = (v / RETURNS[1] - 0.5) * 59.2
    up = 0.03 * np.sin(0.4 * points[:, 0]) * np.sin(0.3 * points[:, 1])
    for _ in range(150):
        x, y = rng.uniform(-25.0, 25.0, 2)
        radius = rng.uniform(0.15, 0.6)
        left = radius**2 - (points[:, 0] - x) ** 2 - (points[:, 1] - y) ** 2
        up += np.sqrt(np.maximum(left, 0.0))
    points[:, 2] = up + SIGMA_M * rng.standard_normal(u.size)
    return points


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Return the library, with the mission's configuration and a workspace."""
    folder = tmp_path_factory.mktemp("lib")
    subprocess.run([sys.executable, HERE.parent / "adapters/c/lib/build.py", folder], check=True)
    text = f'#include "farside.h"\n{avoid_c(MISSION, header=False)}'
    (folder / "config.c").write_text(
        text + "const unsigned map_size = sizeof(farside_avoid_map);\n"
    )
    made = ["gcc", "-shared", "-fPIC", f"-I{folder}", folder / "config.c", "-o", folder / "c.so"]
    subprocess.run(made, check=True)
    lib = ctypes.CDLL(str(folder / "libfarside.so"))
    lib.farside_avoid_workspace_size.restype = ctypes.c_size_t
    lib.farside_avoid_start.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    lib.farside_avoid_map_scan.argtypes = [ctypes.c_void_p] * 3
    loaded = ctypes.CDLL(str(folder / "c.so"))
    config = ctypes.byref(ctypes.c_char.in_dll(loaded, "mission_avoid"))
    size = lib.farside_avoid_workspace_size(config)
    room = np.zeros(size // 8 + 1, np.uint64)
    assert lib.farside_avoid_start(config, room.ctypes.data, size) == 0
    out = ctypes.create_string_buffer(ctypes.c_uint.in_dll(loaded, "map_size").value)
    return lib, room, out, loaded


def by_python(points, sensor, workspace):
    """Map the returns and rank the sites as a flight does, without divert costs."""
    hazards = MISSION.hazards
    cells, cell = hazards.map_cells, hazards.cell_m
    elevation = ElevationMap.from_points(
        points,
        cell,
        shape=(cells, cells),
        east_m=sensor[0] - 0.5 * (cells - 1) * cell,
        north_m=sensor[1] - 0.5 * (cells - 1) * cell,
    )
    height_m = sensor[2] - float(np.nanmedian(elevation.heights))
    ground = ScannedGround(
        elevation,
        Sensing(SIGMA_M, MISSION.sensors.lidar.spacing_m(height_m), sensor),
        sensor,
        workspace,
        Criteria.of(MISSION),
    )
    return RULES[hazards.stand](ground).sites


def test_scan_to_sites_from_c(library, benchmark):
    lib, room, out, _loaded = library
    points, sensor = rocky_scan(np.random.default_rng(3)), (0.0, 0.0, 100.0)
    scan = Scan(points.ctypes.data, len(points), sensor, SIGMA_M, -1.0, None, 0.0)
    cells = MISSION.hazards.map_cells
    cell = MISSION.hazards.cell_m
    workspace = Workspace((cells, cells), (cell, cell), LanderFootprint.of(MISSION))
    spent = {"c": [], "python": []}

    def measure():
        for _ in range(ROUNDS):
            begun = time.process_time()
            status = lib.farside_avoid_map_scan(room.ctypes.data, ctypes.byref(scan), out)
            spent["c"].append(time.process_time() - begun)
            begun = time.process_time()
            sites = by_python(points, sensor, workspace)
            spent["python"].append(time.process_time() - begun)
            assert status == 0 and len(sites) == 5

    benchmark.pedantic(measure, rounds=1)
    c_ms, python_ms = (1000.0 * min(spent[which]) for which in ("c", "python"))
    print(f"\nscan to sites: {c_ms:.1f} ms in C, {python_ms:.1f} ms in Python (CPU time)")
    benchmark.extra_info.update(c_ms=c_ms, python_ms=python_ms)
    assert c_ms <= BUDGET["scan_ms"]
    assert c_ms <= BUDGET["of_python"] * python_ms
