"""Windows of the ground: all the detail of a posting, anywhere along the track."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_bounds

from farside.ground import Ground, Provenance
from farside.ground.craters import cumulative
from farside.ground.detail import Box
from farside.ground.lattice import Block, cell_of
from farside.mission import load_mission

GLD100 = Path(__file__).parents[3] / "shared" / "data" / "ce6_apollo_gld100_256ppd.tif"
MISSION = load_mission("chang-e-6")
needs_raster = pytest.mark.skipif(not GLD100.is_file(), reason="../shared/data is not here")


@pytest.fixture(scope="module", params=["whole-Moon", pytest.param("GLD100", marks=needs_raster)])
def ground(request):
    return Ground(MISSION, dems=[GLD100] if request.param == "GLD100" else [], seed=0)


@pytest.fixture(scope="module")
def bare():
    """Fractal relief alone."""
    stated = replace(MISSION.ground, crater_density=0.0, rock_abundance=0.0)
    return Ground(replace(MISSION, ground=stated))


def square(level, u, v, half):
    """Nodes of a level within so many of arcs u, v [m]."""
    col, row = round(u / cell_of(level)), round(v / cell_of(level))
    return Block(row - half, row + half, col - half, col + half)


def deviation(z, lag):
    along, across = z[:, lag:] - z[:, :-lag], z[lag:] - z[:-lag]
    return float(np.sqrt(0.5 * (np.mean(along**2) + np.mean(across**2))))


# ---- the same ground however it is asked for ---------------------------------------------------

PLACES = [(100.0, -40.0), (3200.0, 3300.0), (4700.0, 0.0), (-9000.0, 300.0), (-118.3e3, -2e3)]


@pytest.mark.parametrize("level", [0, 1, 3, 6, 7, 8, 10, 13])
def test_blocks_that_overlap_agree_to_the_bit(ground, level):
    for u, v in PLACES:
        a = square(level, u, v, 60)
        b = Block(a.row + 37, a.row_end + 51, a.col - 23, a.col_end - 40)
        both = Block(b.row, a.row_end, a.col, b.col_end)
        left, right = (ground.window(level, each).heights for each in (a, b))
        np.testing.assert_array_equal(left[both.within(a)], right[both.within(b)])


def test_the_same_seed_is_the_same_ground_whatever_was_asked_before(ground):
    dems = [GLD100] if ground._layers.measured.rasters else []
    again, other = Ground(MISSION, dems=dems, seed=0), Ground(MISSION, dems=dems, seed=1)
    again.window(2, square(2, -30e3, 0.0, 50))
    block = square(3, -77e3, 12e3, 80)
    a, b, c = (each.window(3, block).heights for each in (ground, again, other))
    np.testing.assert_array_equal(a, b)
    assert np.std((a - a.mean()) - (c - c.mean())) > 0.5


def test_a_grid_says_where_its_nodes_are(ground):
    grid = ground.window(5, Block(-10, 30, -700, -640))
    assert (grid.u0, grid.v0, grid.cell) == (-2240.0, -32.0, 3.2)
    assert grid.heights.shape == (40, 60) and grid.heights.dtype == np.float32
    assert grid.block_max.max() == grid.heights.max()


# ---- the flight's own ground about the site ----------------------------------------------------


@pytest.mark.parametrize(("u", "v"), [(0.0, 0.0), (-1234.5, 2345.6), (3000.0, -3200.0)])
def test_near_the_site_it_is_the_patch_of_the_flight_to_the_bit(ground, u, v):
    patch = ground.patch(u, v, 20.0)
    col, row = round(patch.u0 / 0.1), round(patch.v0 / 0.1)
    rows, cols = patch.heights.shape
    window = ground.window(0, Block(row, row + rows, col, col + cols))
    np.testing.assert_array_equal(window.heights, patch.heights)
    assert (window.u0, window.v0) == (patch.u0, patch.v0)


@pytest.mark.parametrize("level", range(8))
def test_what_windows_are_halved_from_is_the_flights_ground_to_4400_m(ground, level):
    rng = np.random.default_rng(level)
    for azimuth, far in zip(
        rng.uniform(0, 2 * np.pi, 5), (0, 2e3, 4e3, 4.3e3, 4.39e3), strict=True
    ):
        block = square(level, far * np.cos(azimuth), far * np.sin(azimuth), 8)
        if level == 7:  # 12.8 m: the whole of it
            block = Block(-340, 341, -340, 341)
        u, v = block.arcs(level)
        held = u * u + v * v < 4400.0**2
        mine, theirs = ground._windows.relief(level, block), ground._layers.down_to(level, block)
        assert held.any()
        np.testing.assert_array_equal(mine[held], theirs.heights[held])


@pytest.mark.parametrize("level", range(1, 8))
def test_a_coarser_window_is_the_finer_at_its_nodes_but_for_the_finest_detail(ground, level):
    """Craters of one to two postings and rocks of less than one and a half are the difference."""
    cell = cell_of(level)
    for u in (500.0, -60e3):
        block = square(level, u, 0.0, 100)
        below = Block(2 * block.row, 2 * block.row_end, 2 * block.col, 2 * block.col_end)
        coarse = ground.window(level, block).heights
        apart = coarse - ground.window(level - 1, below).heights[::2, ::2]
        # no crater of two postings is deeper than 0.24 of one; rocks stand as high as they are wide
        assert np.std(apart) < 0.04 * cell + 1e-3
        assert abs(np.mean(apart)) < 0.01 * cell + 1e-3


# ---- its statistics far from the site ----------------------------------------------------------


@pytest.mark.parametrize("u", [-20e3, -70e3, -145e3])
def test_heights_474_m_apart_differ_as_the_mission_states(u):
    """Relief and craters without any finer raster: within 15 % of the law, and no fade with u."""
    found = []
    for seed in range(2):
        ground = Ground(MISSION, seed=seed)
        block = square(7, u, 0.0, 500)
        measured = ground._layers.measured.block(7, block)
        found.append(deviation(ground.window(7, block).heights - measured, 37))
    assert np.mean(found) == pytest.approx(MISSION.ground.deviation_474_m, rel=0.15)


@pytest.mark.parametrize("lag", [2, 8, 32])
def test_slopes_far_away_are_those_about_the_site(bare, lag):
    """Over 6.4, 26 and 102 m: the octaves beyond have the field's spectrum, none fades."""

    def slope(u):
        block = square(5, u, 0.0, 600)
        drawn = bare.window(5, block).heights - bare._layers.measured.block(5, block)
        return deviation(drawn, lag) / (lag * cell_of(5))

    near = slope(0.0)
    for far in (-30e3, -140e3):
        assert slope(far) == pytest.approx(near, rel=0.05)
    # the mission's is of waves below 100 m alone
    assert near > 0.5 * np.tan(np.radians(MISSION.ground.slope_5m_deg))


def test_relief_grows_with_distance_as_the_regional_law_has_it(bare):
    block = square(8, -60e3, 0.0, 600)
    z = bare.window(8, block).heights - bare._layers.measured.block(8, block)
    found = np.array([deviation(z, lag) for lag in (9, 18, 36)])  # 230 m, 461 m, 922 m
    power = np.log2(found[2] / found[0]) / 2.0
    assert power == pytest.approx(MISSION.ground.hurst_regional, abs=0.12)
    assert found[1] == pytest.approx(MISSION.ground.deviation_474_m, rel=0.15)


def test_there_are_as_many_craters_as_the_law_counts(ground):
    detail = ground._windows.detail
    box = Box(-90e3, -60e3, -15e3, 15e3)
    area = 9e8
    classes = [each for part in detail.craters.values() for each in part]
    for each in (classes[-2], classes[-1], *detail.larger[7]):
        drawn = len(detail.draw_craters(each, box))
        many, few = cumulative(
            [each.smallest_m, 2.0 * each.smallest_m],
            MISSION.ground.crater_age_ga, MISSION.ground.crater_density,
        )  # fmt: skip
        want = area * (many - few)
        assert abs(drawn - want) < 4.0 * np.sqrt(want) + 1.0, each.smallest_m
    # up to half the wavelength that the whole-Moon DEM shows
    assert 3000.0 < detail.larger[7][-1].smallest_m < 6000.0


def test_a_crater_far_from_the_site_is_as_deep_as_drawn(ground):
    detail = ground._windows.detail
    each = detail.craters[7][0]
    rows = detail.draw_craters(each, Box(-70e3, -66e3, -2e3, 2e3))
    fresh = rows[np.argmax(rows[:, 3])]
    block = square(5, fresh[0], fresh[1], 40)
    z = ground.window(5, block).heights
    u, v = block.arcs(5)
    x = np.hypot(u - fresh[0], v - fresh[1]) / (0.5 * fresh[2])
    rim, floor = z[(x > 0.9) & (x < 1.1)].mean(), z[x < 0.15].mean()
    assert rim - floor == pytest.approx(fresh[3], rel=0.25)


@pytest.mark.parametrize("u", [800.0, -100e3])
def test_rocks_of_one_and_a_half_postings_stand_on_a_coarse_window(ground, u):
    level, block = 2, square(2, u, 0.0, 120)
    rocks = np.concatenate(list(ground._windows.detail.draw_rocks(
        Box(u - 45.0, u + 45.0, -45.0, 45.0), least_m=0.6)))  # fmt: skip
    assert len(rocks) > 5
    with_rocks = ground.window(level, block).heights
    few = replace(MISSION.ground, rock_abundance=0.0, rock_cluster_share=0.0)
    dems = [GLD100] if ground._layers.measured.rasters else []
    without = Ground(replace(MISSION, ground=few), dems=dems).window(level, block).heights
    stands = with_rocks - without
    assert stands.min() == 0.0
    u_node, v_node = block.arcs(level)
    far = np.min(np.hypot(u_node[..., None] - rocks[:, 0], v_node[..., None] - rocks[:, 1])
                 - rocks[:, 2], axis=-1)  # fmt: skip
    inner = (slice(50, -50), slice(50, -50))
    assert not (stands[inner] > 0.0)[far[inner] > 0.0].any()
    big = rocks[rocks[:, 2] > 0.9]
    at = np.round(big[:, :2] / cell_of(level)).astype(int) - [block.col, block.row]
    assert (stands[at[:, 1], at[:, 0]] > 0.0).all()


@needs_raster
def test_detail_takes_over_where_a_raster_ends():
    """East of the raster only the whole-Moon DEM is left: relief between its pixels is drawn."""
    ground = Ground(MISSION, dems=[GLD100])
    measured = ground._layers.measured
    u, v = ground.arcs.arcs(np.array([-41.6, -41.6]), np.array([-150.0, -144.0]))
    drawn = []
    for at_u, at_v in zip(u, v, strict=True):
        block = square(8, float(at_u), float(at_v), 150)
        drawn.append(deviation(ground.window(8, block).heights - measured.block(8, block), 18))
    assert drawn[0] < 4.0  # below 413 m alone
    assert drawn[1] == pytest.approx(MISSION.ground.deviation_474_m, rel=0.35)
    flags = [ground.window_provenance(8, square(8, *at, 2))[0, 0] for at in zip(u, v, strict=True)]
    synthetic = Provenance.SYNTHETIC
    assert flags == [Provenance.RASTER | synthetic, Provenance.WHOLE_MOON | synthetic]


@pytest.fixture(scope="module")
def fine(tmp_path_factory):
    """Return a ground with a raster of 10 m pixels, 4 x 4 km about the site."""
    path = tmp_path_factory.mktemp("fine") / "fine.tif"
    site = MISSION.site
    crs = f"+proj=stere +lat_0={site.latitude_deg} +lon_0={site.longitude_deg} +R=1737400 +units=m"
    x = np.arange(-2000.0, 2000.0, 10.0) + 5.0
    z = -5250.0 + 20.0 * np.sin(2.0 * np.pi * x / 500.0)[None, :] + 0.0 * x[:, None]
    z[130:150, 40:70] = np.nan
    with rasterio.open(
        path, "w", driver="GTiff", width=400, height=400, count=1, dtype="float32", crs=crs,
        nodata=np.nan, transform=from_bounds(-2000, -2000, 2000, 2000, 400, 400),
    ) as out:  # fmt: skip
        out.write(z.astype(np.float32), 1)
    return Ground(MISSION, dems=[path])


@pytest.mark.slow
@pytest.mark.parametrize("level", [2, 4, 7])
def test_a_raster_finer_than_the_region_is_the_flights_ground_too(fine, level):
    for u, v in ((0.0, 0.0), (1990.0, -700.0), (-1500.0, 600.0), (-3000.0, 2900.0)):
        block = square(level, u, v, 30)
        got, want = fine._windows.relief(level, block), fine._layers.down_to(level, block)
        at_u, at_v = block.arcs(level)
        held = at_u * at_u + at_v * at_v < 4400.0**2
        np.testing.assert_array_equal(got[held], want.heights[held])
    # beyond the flight's radius the waves of 35 m and more are drawn that the raster has shown
    far = square(5, -30e3, 0.0, 300)
    drawn = fine.window(5, far).heights - fine._layers.measured.block(5, far)
    assert deviation(drawn, 36) > 1.0


def test_a_share_is_the_same_in_a_block_and_place_by_place(fine):
    """Blocks all outside, all inside, over an edge, over a hole; postings of 3 to 100 m."""
    shares = fine._windows.detail._shares
    kinds = set()
    for level in (5, 7, 10):
        for u, v in ((0.0, 0.0), (1200.0, 500.0), (1990.0, 0.0), (-1400.0, 600.0), (5e3, 5e3)):
            for half in (3, 40):
                block = square(level, u, v, half)
                got = shares.over(40.0, level, block)
                at_u, at_v = (x.ravel() for x in np.broadcast_arrays(*block.arcs(level)))
                want = shares.at(40.0, at_u, at_v).reshape(block.shape)
                assert np.broadcast_to(got, want.shape) == pytest.approx(want, abs=1e-6)
                if isinstance(got, float):
                    assert np.unique(want) == got
                kinds.add(got if isinstance(got, float) else "mixed")
    assert kinds == {0.0, 1.0, "mixed"}
    assert shares.over(30.0, 7, square(7, 0.0, 0.0, 10)) == 1.0  # 35 m: what 10 m pixels show


# ---- what there is not -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "block", "words"),
    [
        (-1, Block(0, 10, 0, 10), "from 0 to 15, not -1"),
        (16, Block(0, 10, 0, 10), "from 0 to 15, not 16"),
        (3, Block(0, 1, 0, 10), "not 1 x 10"),
        (3, Block(5, 0, 0, 10), "not -5 x 10"),
        (0, Block(0, 5000, 0, 5000), "take a coarser level"),
        (7, Block(0, 10, -90000, -89990), "1152 km along from the site"),
        (7, Block(32000, 32010, 0, 10), "410 km aside from the site"),
    ],
)
def test_a_window_that_there_is_not_is_refused_in_one_line(level, block, words):
    for flat in (False, True):
        ground = Ground(MISSION, flat=flat)
        for ask in (ground.window, ground.window_provenance):
            with pytest.raises(ValueError, match=words) as refused:
                ask(level, block)
            assert "\n" not in str(refused.value)


def test_beyond_the_corridor_the_ground_goes_on(ground):
    block = square(9, -120e3, 90e3, 40)
    z = ground.window(9, block).heights
    assert np.isfinite(z).all() and np.std(z) > 1.0


def test_a_flat_ground_is_flat_all_over():
    ground = Ground(MISSION, flat=True)
    grid = ground.window(4, Block(-20, 30, -5000, -4960))
    assert grid.heights.shape == (50, 40) and not grid.heights.any()
    assert (grid.u0, grid.v0, grid.cell) == (-8000.0, -32.0, 1.6)
    assert not ground.window_provenance(4, Block(-20, 30, -5000, -4960)).any()
