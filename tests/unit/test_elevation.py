"""Lidar returns onto a grid: heights, noise, rocks, holes; and maps that make no sense."""

import numpy as np
import pytest

from farside.terrain import ElevationError, ElevationMap, OnboardMap, OnboardMapError, shadowed

CELL_M = 0.1
SHAPE = (200, 220)


def lidar_grid(spacing_m=0.12, jitter_m=0.02, seed=0):
    """Return the ground points of a scan that covers the map, a return every 0.12 m."""
    rng = np.random.default_rng(seed)
    north, east = np.mgrid[-0.3:20.3:spacing_m, -0.3:22.3:spacing_m]
    return (east + rng.uniform(-jitter_m, jitter_m, east.shape)).ravel(), (
        north + rng.uniform(-jitter_m, jitter_m, east.shape)
    ).ravel()


def gridded(east, north, up, **options):
    points = np.stack([east, north, up], axis=1)
    return ElevationMap.from_points(
        points, CELL_M, **{"shape": SHAPE, "east_m": 0.0, "north_m": 0.0} | options
    )


@pytest.mark.parametrize("stray_m", [1e6, -1e12, 1e39, 1e300, np.inf])
def test_a_stray_beside_the_map_takes_no_digits(stray_m):
    """Even the first return of all: no height is summed about one that is no ground's."""
    east, north = lidar_grid()
    up = 0.1 * east - 0.2 * north + 30.0
    plain = gridded(east, north, up)
    strayed = gridded(np.append(500.0, east), np.append(0.0, north), np.append(stray_m, up))
    assert strayed.heights.tobytes() == plain.heights.tobytes()
    with pytest.raises(ElevationError, match="no return fell" if np.isfinite(stray_m) else "fini"):
        gridded(np.full(9, 500.0), np.zeros(9), np.full(9, stray_m))


def test_a_plane_comes_back():
    east, north = lidar_grid()
    elevation = gridded(east, north, 0.1 * east - 0.2 * north + 30.0)
    i, j = np.mgrid[0:200, 0:220] * CELL_M
    error = elevation.heights - (0.1 * j - 0.2 * i + 30.0)
    assert elevation.seen.all()
    # Off-centre returns shift a cell's mean, by no more than the cell that they come from.
    assert np.abs(error).max() < 0.1 * np.hypot(0.1, 0.2)
    assert error.std() < 0.004


def test_a_plane_comes_back_on_oblong_cells():
    east, north = lidar_grid()
    up = 0.1 * east - 0.2 * north + 30.0
    elevation = gridded(east, north, up, cell_north_m=0.25, shape=(80, 220))
    assert (elevation.cell_east_m, elevation.cell_north_m) == (CELL_M, 0.25)
    i, j = np.mgrid[0:80, 0:220]
    assert elevation.seen.all()
    error = elevation.heights - (0.1 * 0.1 * j - 0.2 * 0.25 * i + 30.0)
    assert np.abs(error).max() < 0.1 * np.hypot(0.1, 2.0 * 0.25)
    assert abs(error.mean()) < 0.001


@pytest.mark.parametrize("cell_north_m", [0.1, 0.04, 0.3])
def test_weights_fall_off_linearly_along_each_side_of_a_cell(cell_north_m):
    """Against weights written out in full, every return with every cell, in double precision."""
    rng = np.random.default_rng(7)
    points = rng.uniform((-0.3, -0.5, 50.0), (2.3, 4.5, 51.0), (3000, 3))
    shape = (int(4.0 / cell_north_m), 20)
    elevation = ElevationMap.from_points(
        points, CELL_M, cell_north_m=cell_north_m, shape=shape, east_m=0.0, north_m=0.0,
    ).measured_only()  # fmt: skip
    along = np.abs(points[:, 0] / CELL_M - np.arange(shape[1])[:, None])
    across = np.abs(points[:, 1] / cell_north_m - np.arange(shape[0])[:, None])
    along, across = np.maximum(1.0 - along, 0.0), np.maximum(1.0 - across, 0.0)
    weight = across @ along.T
    clear = np.abs(weight - 0.05) > 1e-5
    np.testing.assert_array_equal(elevation.seen[clear], (weight > 0.05)[clear])
    seen = elevation.seen
    expected = (across * points[:, 2]) @ along.T / np.maximum(weight, 1e-9)
    assert np.abs(elevation.heights - expected)[seen].max() < 1e-4  # single precision


def test_noise_goes_down():
    east, north = lidar_grid()
    noise = np.random.default_rng(1).normal(0, 0.017, east.shape)
    assert gridded(east, north, noise).heights.std() < 0.85 * 0.017


@pytest.mark.parametrize("diameter_m", [0.3, 0.4])
def test_small_rocks_are_not_smoothed_away(diameter_m):
    """Against the highest return on the rock, which is all that the sensor knows."""
    east, north = lidar_grid()
    up = np.zeros_like(east)
    rng = np.random.default_rng(3)
    rocks = [
        (2 * k + rng.uniform(0.7, 1.3), 2 * m + rng.uniform(0.7, 1.3))
        for k in range(10)
        for m in range(9)
    ]
    seen_top = []
    for rock_east, rock_north in rocks:
        r = np.hypot(east - rock_east, north - rock_north) / (diameter_m / 2)
        rock = 0.55 * diameter_m * np.sqrt(np.maximum(0, 1 - r * r))
        up += rock
        seen_top.append(rock.max())
    heights = gridded(east, north, up).heights
    tops = []
    for rock_east, rock_north in rocks:
        i, j = round(rock_north / CELL_M), round(rock_east / CELL_M)
        tops.append(heights[i - 3 : i + 4, j - 3 : j + 4].max())
    kept = np.array(tops) / np.array(seen_top)
    assert kept.mean() > 0.85 and kept.min() > 0.6


def test_cells_without_returns_are_unseen_and_single_holes_interpolated():
    i, j = np.mgrid[0:20, 0:20]
    keep = np.ones((20, 20), bool)
    keep[5, 5] = False  # one cell
    keep[10, 10:12] = False  # two
    keep[0, 7] = False  # at the border: no four neighbours
    points = np.stack([j * 0.1, i * 0.1, i * 0.01 + 7.0], axis=2)[keep]
    elevation = ElevationMap.from_points(points, CELL_M, shape=(20, 20), east_m=0.0, north_m=0.0)
    assert np.argwhere(~elevation.seen).tolist() == [[0, 7], [10, 10], [10, 11]]
    assert np.argwhere(elevation.interpolated).tolist() == [[5, 5]]
    assert elevation.heights[5, 5] == pytest.approx(7.05, abs=1e-5)
    assert np.isnan(elevation.heights[10, 10])
    bare = elevation.measured_only()
    assert not bare.seen[5, 5] and np.isnan(bare.heights[5, 5]) and not bare.interpolated.any()
    np.testing.assert_array_equal(np.delete(bare.heights, 5, 0), np.delete(elevation.heights, 5, 0))


def test_default_grid_covers_the_points():
    east, north = lidar_grid()
    elevation = ElevationMap.from_points(np.stack([east, north, 0 * east], 1), CELL_M)
    low, high = elevation.position_m(0, 0), elevation.position_m(*np.array(elevation.shape) - 1)
    assert low[0] - 0.1 < east.min() and high[0] + 0.1 > east.max()
    assert low[1] - 0.1 < north.min() and high[1] + 0.1 > north.max()
    oblong = ElevationMap.from_points(
        np.stack([east, north, 0 * east], 1), CELL_M, cell_north_m=0.5
    )
    low, high = oblong.position_m(0, 0), oblong.position_m(*np.array(oblong.shape) - 1)
    assert oblong.shape[0] == int(np.ptp(north) / 0.5) + 1
    assert low[1] - 0.5 < north.min() < low[1] + 0.5 and high[1] + 0.5 > north.max()


def test_returns_that_never_came_change_nothing():
    east, north = lidar_grid()
    up = 0.1 * east
    clean = gridded(east, north, up)
    lost = np.full(50, np.nan)
    far = np.full(50, 1e6)
    more = gridded(*(np.concatenate([a, lost, far]) for a in (east, north, up)))
    np.testing.assert_array_equal(clean.heights, more.heights)


def test_single_precision_points_are_taken():
    points = np.random.default_rng(0).uniform(0, 5, (4000, 3)).astype(np.float32)
    assert ElevationMap.from_points(points, 0.2).seen.mean() > 0.9


def test_shadow_behind_a_wall_and_not_outside_the_field():
    """A wall 2 m high, the sensor 10 m up at 20 m east: shadow as long as similar triangles say."""
    heights = np.zeros((101, 401), np.float32)
    wall = 201
    heights[:, wall] = 2.0
    # line from (20, 10) over the wall's top at east 0.1: reaches the ground 19.9 * 2 / 8 m further
    length_m = 19.9 * 2.0 / 8.0
    east = (np.arange(401) - 200) * 0.1
    heights[:, (east < 0.1) & (east > 0.1 - length_m)] = np.nan  # hidden
    heights[:, :20] = np.nan  # beyond the shadow, never looked at
    elevation = ElevationMap.from_array(heights, 0.1, east_m=-20.0, north_m=-5.0)
    hidden = shadowed(elevation, (20.0, 0.0, 10.0))
    # The shadow's last cells lie within a cell of the line over the top.
    expected = (east < 0.1) & (east > 0.1 - length_m + 0.2)
    assert hidden[50, expected].all()
    assert not hidden[:, :20].any()
    with pytest.raises(ValueError, match="not above"):
        shadowed(elevation, (20.0, 0.0, 1.0))


def test_shadow_on_oblong_cells_points_away_from_the_sensor():
    """A wall along north, seen from the south-east: its shadow runs north-west, by similarity."""
    heights = np.zeros((100, 200), np.float32)
    heights[40:45, 100] = 2.0  # 5 rows of 0.4 m at north 16 to 17.6 m, east 10 m
    heights[60, 80:84] = np.nan
    elevation = ElevationMap.from_array(heights, 0.1, cell_north_m=0.4)
    # At north 24 and east 8.1: the line over east 10 passes north 16.8 where it comes from there.
    slope = (24.0 - 16.8) / (8.1 - 10.0)
    sensor = (20.0, 16.8 + slope * 10.0, 5.0)
    assert shadowed(elevation, sensor)[60, 81]
    assert not shadowed(elevation, (20.0, 24.0, 5.0)).any()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ElevationMap.from_array(np.zeros(5), 0.1), "two-dimensional"),
        (lambda: ElevationMap.from_array(np.zeros((0, 5)), 0.1), "two-dimensional"),
        (lambda: ElevationMap.from_array(np.zeros((5, 5)), 0.0), "positive"),
        (lambda: ElevationMap.from_array(np.zeros((5, 5)), np.nan), "positive"),
        (lambda: ElevationMap.from_array(np.full((5, 5), np.nan), 0.1), "nothing that was seen"),
        (lambda: ElevationMap.from_points(np.zeros((5, 2)), 0.1), r"\(N, 3\)"),
        (lambda: ElevationMap.from_points(np.full((5, 3), np.nan), 0.1), "saw nothing"),
        (lambda: ElevationMap.from_points(np.zeros((0, 3)), 0.1), "saw nothing"),
        (lambda: ElevationMap.from_points(np.zeros((5, 3)), -0.1), "positive"),
        (lambda: ElevationMap.from_points(np.zeros((5, 3)), 0.1, cell_north_m=0.0), "positive"),
        (lambda: ElevationMap.from_points(np.zeros((5, 3)), 0.1, shape=(0, 4)), "at least one"),
        (
            lambda: ElevationMap.from_points(
                np.zeros((5, 3)), 0.1, shape=(4, 4), east_m=50.0, north_m=0.0
            ),
            "no return fell",
        ),
    ],
)
def test_bad_input_is_one_clear_line(make, says):
    with pytest.raises(ElevationError, match=says) as refusal:
        make()
    assert "\n" not in str(refusal.value)


def onboard(**changes):
    fields = {
        "heights": np.zeros((3, 4)),
        "sigma": np.ones((3, 4)),
        "u0_m": -100.0,
        "v0_m": -50.0,
        "cell_m": 100.0,
    }
    return OnboardMap(**fields | changes)


def test_onboard_map_is_laid_out_for_the_kernel_and_read_only():
    chart = onboard()
    assert chart.heights.dtype == np.float32 and chart.heights.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        chart.sigma[0, 0] = 2.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"heights": np.zeros(4)}, "2 x 2 cells"),
        ({"heights": np.full((3, 4), np.nan)}, "fill the holes"),
        ({"sigma": np.ones((4, 3))}, "sigma of shape"),
        ({"sigma": np.zeros((3, 4))}, "above 0 m"),
        ({"cell_m": 0.0}, "positive size"),
        ({"u0_m": np.nan}, "u0_m"),
    ],
)
def test_onboard_map_refuses_what_cannot_be_flown(change, says):
    with pytest.raises(OnboardMapError, match=says):
        onboard(**change)
