"""The true ground: its layers, its patches, and what a landing asks of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_bounds
from reference_ground import plane_fit

from farside.ext.ground import _ground
from farside.ground import Ground, Provenance
from farside.mission import SiteFrame, load_mission
from farside.raster import MOON_RADIUS_M, whole_moon
from farside.raster.projection import apply

DATA = Path(__file__).parents[3] / "shared" / "data"
GLD100 = DATA / "ce6_apollo_gld100_256ppd.tif"
MISSION = load_mission("chang-e-6")


@pytest.fixture(scope="module")
def ground():
    return Ground(MISSION, seed=0)


def with_ground(**changes):
    return replace(MISSION, ground=replace(MISSION.ground, **changes))


def heights_in_memory(ground, u, v):
    u, v = (np.ascontiguousarray(x.ravel(), float) for x in np.broadcast_arrays(u, v))
    out = np.empty(u.size)
    _ground.heights_uv(ground.model, u, v, out)
    return out


# ---- where things are ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chang-e-6", "chang-e-4"])
def test_arcs_and_the_site_frame_name_the_same_places(name):
    mission = load_mission(name)
    ground = Ground(mission, flat=True)
    frame = SiteFrame(mission.site.latitude_deg, mission.site.longitude_deg, ground.radius_m)
    rng = np.random.default_rng(0)
    u, v = -700e3 * rng.random(50), 35e3 * rng.normal(size=50)
    at = frame.lat_lon_radius(ground.arcs.site(u, v, 123.0, ground.radius_m))
    lat, lon = ground.arcs.latlon(u, v)
    assert at.latitude_deg == pytest.approx(lat, abs=1e-9)
    assert at.longitude_deg == pytest.approx(lon % 360.0, abs=1e-9)
    assert at.radius_m == pytest.approx(ground.radius_m + 123.0, abs=1e-6)
    back = ground.arcs.arcs(lat, lon)
    assert back[0] == pytest.approx(u, abs=1e-6) and back[1] == pytest.approx(v, abs=1e-6)
    # the kernel's arcs are Python's
    out = np.empty((50, 3))
    _ground.places(ground.model, ground.arcs.site(u, v, 123.0, ground.radius_m), out)
    assert out == pytest.approx(np.stack([u, v, np.full(50, 123.0)], axis=-1), abs=1e-6)


def test_the_flight_comes_from_negative_u(ground):
    # Chang'e 6 arrives heading west: before the site is east of it
    east, north, _ = ground.arcs.site(-1000.0, 0.0, 0.0, ground.radius_m)
    assert east == pytest.approx(1000.0, abs=0.01) and north == pytest.approx(0.0, abs=0.01)


def test_the_site_is_at_height_zero(ground):
    offsets = 0.1 * np.stack(np.meshgrid(np.arange(-25, 26), np.arange(-25, 26)), -1).reshape(-1, 2)
    disc = offsets[np.sum(offsets**2, axis=1) <= 6.25 + 0.125 + 1e-9]
    assert len(disc) == 2009
    assert ground.height(disc[:, 0], disc[:, 1]).mean() == pytest.approx(0.0, abs=1e-5)
    assert abs(ground.radius_m - MISSION.site.radius_m) < 100.0


# ---- what was measured -----------------------------------------------------------------------


def test_the_corridor_is_the_whole_moon_dem(ground):
    u = np.linspace(-700e3, -20e3, 200)
    v = np.linspace(-35e3, 35e3, 200)
    lat, lon = ground.arcs.latlon(u, v)
    want = whole_moon().sample(lat, lon) + MOON_RADIUS_M - ground.radius_m
    got = heights_in_memory(ground, u, v)
    # the corridor is a cubic read every 950 m, and relief is kilometres: 30 m from the bilinear
    assert np.sqrt(np.mean((got - want) ** 2)) < 40.0
    assert np.corrcoef(got, want)[0, 1] > 0.999
    assert np.ptp(want) > 5000.0


@pytest.mark.skipif(not GLD100.is_file(), reason="../shared/data is not here")
def test_a_finer_raster_lies_on_top_and_gives_way_at_its_edge():
    ground = Ground(MISSION, dems=[GLD100])
    measured = ground._layers.measured
    with rasterio.open(GLD100) as file:
        lon, lat = apply(file.transform, 1539.5, 1699.5)
        band = file.read(1)
    # Chang'e 6's pixel, -5271 m (MANIFEST.md), and others are where the file has them
    pixel = measured.heights(*ground.arcs.arcs(lat, lon)) + ground.arcs.arc_m - MOON_RADIUS_M
    assert pixel == pytest.approx(-5271.0, abs=1e-3)
    for row, col in ((1500, 1700), (1900, 1600), (1699, 2600)):
        lon, lat = apply(file.transform, col + 0.5, row + 0.5)
        there = measured.heights(*ground.arcs.arcs(lat, lon)) + ground.arcs.arc_m - MOON_RADIUS_M
        assert there == pytest.approx(band[row, col], abs=1e-3)
    # west to east through the raster's east edge at -148 deg: no step larger than its own relief
    lon = np.linspace(-148.3, -147.7, 2001)
    line = measured.heights(*ground.arcs.arcs(np.full(2001, -41.6), lon))
    assert np.max(np.abs(np.diff(line))) < 15.0
    flags = ground.provenance(*ground.arcs.arcs([-41.6, -41.6], [-149.0, -147.0]))
    assert list(flags) == [Provenance.RASTER, Provenance.WHOLE_MOON]
    assert ground.provenance(0.0, 0.0) == Provenance.RASTER | Provenance.SYNTHETIC


@pytest.mark.slow
def test_a_raster_finer_than_the_region_reaches_the_patch(tmp_path):
    """2 m pixels with a 40 m wave: the patch has it, and synthetic detail stays below 7 m."""
    x = np.arange(-1000.0, 1000.0, 2.0) + 1.0
    z = -5250.0 + 2.0 * np.sin(2.0 * np.pi * x / 40.0)[None, :] + 0.0 * x[:, None]
    path = tmp_path / "fine.tif"
    site = MISSION.site
    crs = f"+proj=stere +lat_0={site.latitude_deg} +lon_0={site.longitude_deg} +R=1737400 +units=m"
    with rasterio.open(
        path, "w", driver="GTiff", width=1000, height=1000, count=1, dtype="float32", crs=crs,
        transform=from_bounds(-1000, -1000, 1000, 1000, 1000, 1000),
    ) as out:  # fmt: skip
        out.write(z.astype(np.float32), 1)
    bare = with_ground(slope_5m_deg=0.0, crater_density=0.0, rock_abundance=0.0)
    ground = Ground(bare, dems=[path])
    patch = ground.patch(0.0, 0.0, 40.0)
    # metres of the map, on the sphere of 1737.4 km
    east = -(patch.u0 + patch.cell * np.arange(801)) * MOON_RADIUS_M / ground.arcs.arc_m
    want = 2.0 * np.sin(2.0 * np.pi * east / 40.0)
    got = patch.heights[400].astype(float) + ground.arcs.arc_m - MOON_RADIUS_M + 5250.0
    # 20 pixels a wave: the cubic is right to some mm
    assert got == pytest.approx(want, abs=0.01)
    noisy = Ground(MISSION, dems=[path])
    assert noisy._layers.detail.craters[0][0].smallest_m == 0.4
    assert max(c.smallest_m for part in noisy._layers.detail.craters.values() for c in part) < 3.6


def test_detail_ends_at_its_radius_and_meets_the_corridor(ground):
    layers = ground._layers
    u, v = layers.measured.region_block.arcs(layers.measured.region_level)
    far = np.hypot(u, v)
    detail = layers.region.heights - layers.measured.region
    # only float32 dust of adding heights of hundreds of metres
    assert np.max(np.abs(detail[far >= MISSION.ground.radius_m])) < 1e-4
    assert np.std(detail[far < 4000.0]) > 3.0
    # the edge of the region is the corridor
    half = -layers.region.u0
    edge = np.linspace(-half, half, 401)
    inside = heights_in_memory(ground, np.full(401, half - 1e-6), edge)
    outside = heights_in_memory(ground, np.full(401, half + 1e-6), edge)
    assert inside == pytest.approx(outside, abs=0.01)


def test_the_measured_grid_is_a_mean_without_anything_synthetic(ground):
    grid = ground.measured_grid(4000.0)
    other = Ground(MISSION, seed=1)
    shift = ground.radius_m - other.radius_m
    assert other.measured_grid(4000.0).heights_m == pytest.approx(grid.heights_m + shift, abs=1e-6)
    row = round(-grid.v0_m / grid.cell_m)
    col = round((-300e3 - grid.u0_m) / grid.cell_m)
    u = grid.u0_m + col * grid.cell_m + np.linspace(-0.5, 0.5, 80) * grid.cell_m
    v = grid.v0_m + row * grid.cell_m + np.linspace(-0.5, 0.5, 80) * grid.cell_m
    inside = heights_in_memory(ground, u[None, :], v[:, None])
    assert grid.heights_m[row, col] == pytest.approx(inside.mean(), abs=5.0 + 0.1 * inside.std())
    assert grid.rms_m[row, col] == pytest.approx(inside.std(), rel=0.3)
    assert grid.cell_m == pytest.approx(4000.0, rel=0.15)


def test_flat_ground_is_a_sphere_and_reads_nothing():
    ground = Ground(MISSION, dems=["/nowhere.tif"], flat=True)
    assert ground.radius_m == MISSION.site.radius_m
    u = np.linspace(-500e3, 10e3, 50)
    assert not ground.height(u, 0.0).any()
    p = ground.arcs.site(u, 0.0, 0.0, ground.radius_m)
    up = (p + np.array([0, 0, ground.radius_m])) / ground.radius_m
    assert ground.normal(u, 0.0) == pytest.approx(up, abs=1e-12)
    assert ground.disc(3.0, 4.0) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert ground.safe_share(0.0, 0.0) == 1.0
    ground.rasterise(0.0, 0.0, 10.0)
    assert ground.model.covers(1e5, 0.0, 100.0)
    assert not len(ground.craters(0.0, 0.0, 100.0)) and not len(ground.rocks(0.0, 0.0, 100.0))


# ---- patches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("u", "v"), [(0.0, 0.0), (-1234.5, 2345.6), (4700.0, 300.0)])
def test_overlapping_patches_agree_to_the_bit(ground, u, v):
    a, b = ground.patch(u, v, 30.0), ground.patch(u + 17.3, v - 21.9, 41.0)
    col, row = round((a.u0 - b.u0) / 0.1), round((a.v0 - b.v0) / 0.1)
    # where b begins inside a
    first_row, first_col = max(-row, 0), max(-col, 0)
    left = a.heights[first_row:, first_col:]
    right = b.heights[max(row, 0) :, max(col, 0) :]
    rows, cols = np.minimum(left.shape, right.shape)
    assert rows * cols > 50_000
    np.testing.assert_array_equal(left[:rows, :cols], right[:rows, :cols])


def test_the_same_seed_is_the_same_ground_and_another_is_not(ground):
    again, other = Ground(MISSION, seed=0), Ground(MISSION, seed=1)
    a, b, c = (g.patch(100.0, 50.0, 10.0).heights for g in (ground, again, other))
    np.testing.assert_array_equal(a, b)
    assert ground.radius_m == again.radius_m
    assert np.std((a - a.mean()) - (c - c.mean())) > 0.05


def test_heights_are_those_of_a_patch_across_tile_seams(ground):
    patch = ground.patch(51.2, 0.0, 4.0)
    u = patch.u0 + 0.1 * np.arange(81)
    v = patch.v0 + 0.1 * np.arange(81)
    got = ground.height(u[None, :], v[:, None])
    want = patch.heights + (ground.arcs.arc_m - ground.radius_m)
    assert got == pytest.approx(want, abs=1e-4)
    # normals are the gradient's
    mid_u, mid_v = u[:-1] + 0.05, v[:-1] + 0.05
    normal = ground.normal(mid_u[None, :], mid_v[:, None])
    zu = 0.5 * (want[:-1, 1:] - want[:-1, :-1] + want[1:, 1:] - want[1:, :-1]) / 0.1
    slope = -(normal @ ground.arcs.axes[0]) / normal[..., 2]
    # the vertical at 50 m from the site leans 3e-5
    assert slope == pytest.approx(zu, abs=1e-3)
    assert np.linalg.norm(normal, axis=-1) == pytest.approx(np.ones(normal.shape[:2]), abs=1e-12)


def test_a_patch_holds_what_the_region_holds(ground):
    """On average the patch is the region: its own craters and waves are small beside that."""
    region, patch = ground._layers.region, ground.patch(600.0, -400.0, 100.0)
    u, v = patch.u0 + 0.1 * np.arange(2001), patch.v0 + 0.1 * np.arange(2001)
    coarse = heights_in_memory(ground, u[None, :], v[:, None]).reshape(2001, 2001)
    fine = patch.heights + (ground.arcs.arc_m - ground.radius_m)
    assert abs(np.mean(fine - coarse)) < 0.3
    assert np.std(fine - coarse) < 1.5 < np.std(region.heights)


# ---- what a landing asks ---------------------------------------------------------------------


def test_the_disc_is_the_plane_fit_of_2009_heights(ground):
    dy, dx = np.meshgrid(np.arange(-25, 26), np.arange(-25, 26), indexing="ij")
    held = dx**2 + dy**2 <= 25**2 + 12.5
    dx, dy = 0.1 * dx[held], 0.1 * dy[held]
    for x, y in ((0.0, 0.0), (13.37, -4.21), (-800.0, 650.0)):
        u, v = ground.arcs_of(x, y)
        # x is east and u is west: the grids are aligned, and the fit does not mind the sign
        want = plane_fit(dx, dy, ground.height(u + dx, v + dy))
        assert ground.disc(x, y) == pytest.approx(want, abs=1e-6)


def test_the_safe_share_counts_the_discs_that_pass(ground):
    share = ground.safe_share(40.0, -30.0, size_m=4.0, step=8)
    u, v = (round(float(x), 1) for x in ground.arcs_of(40.0, -30.0))
    passed = [
        (fit := plane_fit_at(ground, u + 0.8 * i, v + 0.8 * j))[0] <= 8.0 and fit[1] <= 0.2
        for j in np.arange(6) - 2.5
        for i in np.arange(6) - 2.5
    ]
    # not the same nodes: a square this small is nearly all safe or nearly all not
    assert share == pytest.approx(np.mean(passed), abs=0.2)


def plane_fit_at(ground, u, v):
    dy, dx = np.meshgrid(np.arange(-25, 26), np.arange(-25, 26), indexing="ij")
    held = dx**2 + dy**2 <= 25**2 + 12.5
    dx, dy = 0.1 * dx[held], 0.1 * dy[held]
    return plane_fit(dx, dy, ground.height(u + dx, v + dy))


def test_labels_are_where_the_heights_show_them(ground):
    """Without rocks the ground is lower by the rocks: each label stands on its own bump."""
    bare = Ground(with_ground(rock_abundance=0.0), seed=0)
    rocks = ground.rocks(0.0, 0.0, 45.0)
    with_rocks, without = ground.patch(0.0, 0.0, 50.0), bare.patch(0.0, 0.0, 50.0)
    bump = with_rocks.heights - without.heights
    col = np.round((rocks["u_m"] - with_rocks.u0) / 0.1).astype(int)
    row = np.round((rocks["v_m"] - with_rocks.v0) / 0.1).astype(int)
    big = rocks["diameter_m"] > 0.25
    assert big.sum() > 10
    # a node is 0.07 m from the top at most
    assert np.all(bump[row, col][big] > 0.5 * rocks["height_m"][big])
    craters = ground.craters(0.0, 0.0, 25.0)
    assert np.all((craters["depth_m"] / craters["diameter_m"]) <= 0.12 + 1e-9)
    assert set(craters.dtype.names) == {"u_m", "v_m", "diameter_m", "depth_m"}
