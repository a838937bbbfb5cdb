"""Horizons against analytic ground, embreex on the same mesh, and what a user may give wrongly."""

import math

import numpy as np
import pytest
from horizon_cases import (
    DEGREES,
    SOUTH,
    R,
    elevation_of,
    embree_horizon,
    embree_scene,
    raster,
    rough,
)

from farside.ext.common._isa import supported_isas
from farside.ext.terrain.horizon import HORIZON, load_horizon
from farside.raster import Dem, RasterError
from farside.survey.errors import SurveyError
from farside.survey.horizon import horizons, sun
from farside.survey.horizon_axes import cell_axes
from farside.terrain.horizon import Window, edges_of


def middle(heights, cell_m, **options):
    """Bearings, and the horizon of the middle cell of square ground."""
    k = heights.shape[0] // 2
    found = horizons(heights, cell_m=cell_m, window=(k, k + 1, k, k + 1), **options)
    return found.bearing_deg, found.elevation_deg[:, 0, 0]


@pytest.mark.parametrize("eye_m", [1.0, 10.0, 100.0])
def test_a_sphere_sinks_by_the_dip_of_its_horizon(eye_m):
    heights = np.zeros((900, 900))
    _, seen = middle(heights, 50.0, eye_m=eye_m, reach_m=22e3, azimuths=36)
    assert seen == pytest.approx(-math.degrees(math.acos(R / (R + eye_m))), abs=2e-4)


def test_a_plane_has_its_horizon_at_infinity():
    _, seen = middle(np.zeros((400, 400)), 10.0, eye_m=1.0, reach_m=1000.0, radius_m=np.inf)
    assert seen == pytest.approx(
        -math.degrees(math.atan(1.0 / 1000.0)), abs=1e-3
    )  # or one cell less


def test_a_peak_is_seen_over_the_sphere_as_its_coordinates_say():
    # 5 km high, 90 km north: 2.7 deg without the sphere, 1.3 deg with it
    heights = np.zeros((401, 401))
    heights[200 + 180, 200] = 5000.0
    bearing, seen = middle(heights, 500.0, reach_m=200e3, azimuths=8, cells=1024)
    assert seen[0] == pytest.approx(elevation_of(5000.0, 2.0, 90e3), abs=1e-3)
    assert seen[bearing == 180.0] < 0.0


def test_a_wall_of_rock_stands_as_high_as_it_is_far_in_every_bearing():
    heights = np.zeros((801, 801))
    heights[:, 400 + 50] = 80.0
    bearing, seen = middle(heights, 20.0, reach_m=7000.0, azimuths=360)
    towards = (bearing > 15.0) & (bearing < 165.0)
    away = 50 * 20.0 / np.sin(np.radians(bearing[towards]))
    assert seen[towards] == pytest.approx(elevation_of(80.0, 2.0, away), abs=0.002)
    assert seen[(bearing > 181.0) & (bearing < 359.0)].max() < 0.0


@pytest.mark.slow
def test_a_cone_ends_in_its_tip_and_a_crater_in_its_rim():
    y, x = np.mgrid[-1030:1031, -1030:1031].astype(float)
    rho = np.hypot(x, y)
    bowl = np.where(rho < 1000.0, 100.0 * ((rho / 1000.0) ** 2 - 1.0), 0.0)
    _, seen = middle(bowl, 1.0, eye_m=0.0, reach_m=1025.0)
    assert seen == pytest.approx(elevation_of(0.0, -100.0, 1000.0), abs=0.01)
    cone = np.maximum(0.0, 300.0 - 0.5 * np.hypot(x - 800.0, y))
    bearing, seen = middle(cone, 1.0, reach_m=1025.0)
    # a circle's worth of straight sides: over the flank the horizon is a tangent plane's edge
    assert seen[bearing == 90.0] == pytest.approx(elevation_of(300.0, 2.0, 800.0), abs=0.01)
    b = np.radians(bearing[70:111])
    d = np.linspace(1.0, 1025.0, 100_001)
    for k, angle in zip(range(70, 111, 5), b[::5], strict=True):
        z = np.maximum(0.0, 300.0 - 0.5 * np.hypot(d * np.sin(angle) - 800.0, d * np.cos(angle)))
        assert seen[k] == pytest.approx(elevation_of(z, 2.0, d).max(), abs=0.01)


def beside_embree(found, rays, seed=0):
    """Greatest and 99.9 % difference [deg] from embreex on the mesh of a whole raster."""
    rows, cols = found.shape
    axes = cell_axes(found.geometry, (0, 0), found.heights_m, found.look, None)
    right, up, zenith = (axes[k : k + 3].T.reshape(rows, cols, 3) for k in (0, 3, 6))
    rng = np.random.default_rng(seed)
    # along the border itself a ray is on the mesh or off it by its last bit
    at = rng.integers(1, rows - 1, rays), rng.integers(1, cols - 1, rays)
    k = rng.integers(0, len(found.bearing_deg), rays)
    places = zenith * (R + found.heights_m)[..., None]
    axes_there = [axis[at] for axis in (right, up, zenith)]
    bearing = found.bearing_deg[k]
    peer = embree_horizon(embree_scene(places), places, axes_there, at, bearing, found.look.eye_m)
    away = np.abs(found.elevation_deg[k, at[0], at[1]] - peer)
    return np.sort(away[np.isfinite(away)])


CASES = {
    "over the pole": (SOUTH, -12e3, 12e3, 120.0),
    "beside the pole": (SOUTH, 90e3, 110e3, 120.0),
    "41 deg south": (DEGREES, 206.0, -41.0, 1.0 / 256.0),
    "across 180 deg": (DEGREES, 179.6, -10.0, 1.0 / 256.0),
    "70 deg south": (DEGREES, -20.0, -70.0, 1.0 / 256.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_embree_sees_the_same_on_the_same_mesh(tmp_path, name):
    pytest.importorskip("embreex", reason="the peer is embreex")
    crs, west, north, cell = CASES[name]
    path = raster(tmp_path / "dem.tif", rough(200), crs, west, north, cell)
    found = horizons(path, azimuths=24, reach_m=60e3, moon=False, cells=400)
    away = beside_embree(found, 20_000)
    assert len(away) > 19_000
    assert away[int(0.999 * len(away))] < 0.02


@pytest.mark.slow
def test_a_grid_of_degrees_by_the_pole_is_followed_as_far_as_it_can_be(tmp_path):
    pytest.importorskip("embreex", reason="the peer is embreex")
    path = raster(tmp_path / "dem.tif", rough(96, 15.0), DEGREES, 30.0, 84.9, 1.0 / 256.0)
    found = horizons(path, azimuths=12, reach_m=40e3, moon=False)
    away = beside_embree(found, 10_000)
    assert away[int(0.999 * len(away))] < 0.02
    wide = horizons(path, azimuths=8, moon=False, window=(40, 41, 40, 41), cells=4096)
    assert any("bends too much" in note for note in wide.notes)


def test_coarse_ground_far_away_changes_little():
    heights = rough(700, 700.0)
    near = {"cell_m": 100.0, "azimuths": 12, "reach_m": 70e3, "window": (300, 348, 300, 348)}
    exact = horizons(heights, **near, cells=1024).elevation_deg
    off = horizons(heights, **near, cells=256).elevation_deg - exact
    # steep ground, of which means take the sharpest crests: less with the square of the cells
    assert -0.01 < off.mean() < 0.0
    assert np.percentile(np.abs(off), 99.9) < 0.1
    near["cells"] = 512
    assert np.percentile(np.abs(horizons(heights, **near).elevation_deg - exact), 99.9) < 0.03


def test_the_same_bits_on_every_instruction_set(monkeypatch):
    heights, seen = rough(120), {}
    for isa in supported_isas():
        monkeypatch.setattr("farside.terrain.horizon.HORIZON", load_horizon(isa))
        found = horizons(heights, cell_m=50.0, azimuths=30, reach_m=5000.0, cells=16)
        seen[isa] = found.elevation_deg.tobytes()
    assert len(seen) >= 1 and len(set(seen.values())) == 1


def test_groups_that_are_passed_over_change_nothing():
    """Against every edge one by one, in double precision."""
    heights = rough(90, 300.0)
    window = Window.of(heights, R)
    eye = window.observers(heights[40:44, 40:56], 2.0)
    angle = math.radians(33.0)
    edges = edges_of(
        np.array([0.0, 40.0 * math.sin(angle)]), np.array([0.0, 40.0 * math.cos(angle)]), 4000.0,
        (0.0, 3800.0), 100.0, R,
    )  # fmt: skip
    window.sweep(eye, edges, 40, 40)
    rows, cols, (share, reach, _), *_ = edges
    distance = R * np.arcsin(1.0 / (R * reach.astype(float)))
    for i, j in ((0, 0), (2, 7), (3, 15)):
        z = [heights[40 + i + rows[:, k], 40 + j + cols[:, k]] for k in (0, 1)]
        height = z[0] + share * (z[1] - z[0])
        best = elevation_of(height, heights[40 + i, 40 + j] + 2.0, distance).max()
        assert eye.degrees()[i, j] == pytest.approx(best, abs=5e-4)


def test_edges_outside_the_ground_are_refused():
    window = Window.of(np.zeros((40, 40)), R)
    eye = window.observers(np.zeros((1, 1)), 2.0)
    edges = edges_of(np.array([0.0, 30.0]), np.array([0.0, 0.0]), 300.0, (0.0, 300.0), 10.0, R)
    with pytest.raises(ValueError, match="outside"):
        HORIZON.sweep(window.ground, window.blocks, edges, 20, 30, eye.own, eye.inverse, eye.best)


def test_what_a_hole_may_hide_is_counted(tmp_path):
    heights = rough(64, 200.0)
    heights[40:44, 30:34] = np.nan
    found = horizons(heights, cell_m=50.0, azimuths=16, reach_m=3000.0)
    assert found.unsure is not None
    assert np.isnan(found.elevation_deg[:, 41, 31]).all()
    # rows run north: the hole is north of (36, 31), and near enough to hide any peak
    assert found.unsure[0, 36, 31] and not found.unsure[8, 36, 31]
    assert found.unsure_share[36, 31] > 0.0
    assert "16 cells" in " ".join(found.notes)
    whole = horizons(np.nan_to_num(heights), cell_m=50.0, azimuths=16, reach_m=3000.0)
    assert whole.unsure is None and np.nanmax(whole.unsure_share) == 0.0


def test_ground_beyond_the_raster_comes_from_coarser_ones(tmp_path):
    flat = rough(40, 1.0)
    wall = np.zeros((200, 200))
    wall[:, 150:] = 3000.0
    near = raster(tmp_path / "near.tif", flat, SOUTH, 0.0, 2000.0, 50.0)
    far = raster(tmp_path / "far.tif", wall, SOUTH, -50e3, 50e3, 500.0)
    options = {"azimuths": 8, "reach_m": 60e3, "window": (20, 21, 20, 21), "cells": 64}
    found = horizons(near, far=[Dem(str(far), "m")], moon=False, **options)
    alone = horizons(near, moon=False, **options)
    # the wall's first cell is 24.2 km away, and a cell of the ground there is 0.8 km
    nearest, farthest = (elevation_of(3000.0, 2.5, 24.2e3 + more) for more in (0.0, 1100.0))
    assert farthest < found.elevation_deg[2, 0, 0] < nearest
    assert alone.elevation_deg[2, 0, 0] < 0.5
    assert "nothing stands in the way" in " ".join(alone.notes)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"azimuths": 3}, "azimuths"),
        ({"eye_m": -1.0}, "eye"),
        ({"reach_m": 2e6}, "reach"),
        ({"cells": 1}, "cells"),
        ({"window": (0, 9, 0, 2000)}, "window"),
        ({"at": (-80.0, 20.0)}, "no CRS"),
        ({"far": ["x.tif"]}, "no CRS"),
        ({"radius_m": 1.0}, "radius"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options, words):
    with pytest.raises(SurveyError, match=words) as told:
        horizons(np.zeros((8, 8)), cell_m=10.0, **{"reach_m": 100.0, "azimuths": 8} | options)
    assert "\n" not in str(told.value)


def test_a_far_raster_of_nothing_but_holes_is_refused(tmp_path):
    near = raster(tmp_path / "near.tif", rough(40, 1.0), SOUTH, 0.0, 2000.0, 50.0)
    holes = np.full((200, 200), np.nan)
    far = raster(tmp_path / "far.tif", holes, SOUTH, -50e3, 50e3, 500.0)
    with pytest.raises(SurveyError, match="has no height within reach, holes alone"):
        horizons(Dem(str(near), "m"), far=[Dem(str(far), "m")], azimuths=8, reach_m=40e3)


def test_a_table_larger_than_memory_is_refused_before_it_is_made():
    with pytest.raises(SurveyError, match="GB"):
        horizons(np.zeros((4000, 4000)), cell_m=10.0)


def test_no_file_no_height_and_no_place(tmp_path):
    with pytest.raises((RasterError, SurveyError), match="no such file"):
        horizons(tmp_path / "none.tif")
    path = raster(tmp_path / "dem.tif", rough(40), SOUTH, 90e3, 110e3, 100.0)
    with pytest.raises(SurveyError, match="does not hold"):
        horizons(path, at=(10.0, 10.0))
    with pytest.raises(SurveyError, match="no height"):
        horizons(np.full((8, 8), np.nan), cell_m=10.0, reach_m=100.0)
    found = horizons(np.zeros((8, 8)), cell_m=10.0, reach_m=100.0, azimuths=8)
    with pytest.raises(SurveyError, match="site"):
        found.visible(sun("2026-01-01..2026-01-02"))
