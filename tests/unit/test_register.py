"""Returns laid onto a map: known shifts, stated covariances, and ground that tells nothing."""

import math

import numpy as np
import pytest

from farside.avoidance.tracking import principal_axes
from farside.terrain import ElevationMap
from farside.terrain.register import register

CELL_M, SIDE = 0.12, 240
NOISE_M, MAP_NOISE_M = 0.05, 0.02


def waves(rng, count=60):
    """Ground of random waves between 0.5 and 5 m, 5 cm high in all: smooth, known anywhere."""
    k = 2.0 * np.pi / np.exp(rng.uniform(np.log(0.5), np.log(5.0), count))
    way, phase = rng.uniform(0.0, 2.0 * np.pi, (2, count))
    size = 0.05 * np.sqrt(2.0 / count)

    def height(x, y):
        return sum(
            size * np.sin(a * (x * np.cos(b) + y * np.sin(b)) + c)
            for a, b, c in zip(k, way, phase, strict=True)
        )

    return height


def scene(seed, shift=(0.0, 0.0, 0.0), returns=4000, half_m=7.0):
    """Return a map with noise, and returns of the same ground displaced by a shift."""
    rng = np.random.default_rng(seed)
    height = waves(rng)
    place = (np.arange(SIDE) - 0.5 * (SIDE - 1)) * CELL_M
    east, north = np.meshgrid(place, place)
    heights = height(east, north) + MAP_NOISE_M * rng.normal(size=east.shape)
    grid = ElevationMap.from_array(heights, CELL_M, east_m=place[0], north_m=place[0])
    x, y = rng.uniform(-half_m, half_m, (2, returns))
    z = height(x, y) + NOISE_M * rng.normal(size=returns)
    return grid, np.stack([x, y, z], axis=1) - shift


def found(grid, points, reach_m=1.5):
    return register(points, grid, sigma_m=math.hypot(NOISE_M, MAP_NOISE_M), reach_m=reach_m)


@pytest.mark.parametrize("shift", [(0.0, 0.0, 0.0), (0.4, -0.7, 0.3), (-1.1, 0.9, -0.5)])
def test_a_known_shift_is_found(shift):
    grid, points = scene(1, shift)
    # 5 cm of noise on 5 cm of waves 1 m long: 4000 returns tell 5 mm
    assert found(grid, points).shift_m == pytest.approx(shift, abs=0.02)


@pytest.mark.slow
def test_the_covariance_is_what_the_shifts_scatter_by():
    """Squared errors over their variances, 40 grounds: mean of 80 is 1, within 0.5 to 2."""
    squares = []
    for seed in range(40):
        fix = found(*scene(seed, returns=1500))
        root = np.linalg.cholesky(np.linalg.inv(fix.covariance_m2))
        squares.extend((root.T @ fix.shift_m[:2]) ** 2)
    assert 0.4 < np.mean(squares) < 2.0


def test_what_stands_in_one_alone_moves_nothing():
    grid, points = scene(2, (0.3, 0.2, 0.0))
    points[:600, 2] += np.random.default_rng(3).uniform(0.3, 3.0, 600)
    points[600:800] = np.nan
    assert found(grid, points).shift_m[:2] == pytest.approx((0.3, 0.2), abs=0.02)


def test_holes_in_the_map_are_left_out():
    grid, points = scene(4, (-0.2, 0.5, 0.1))
    heights = grid.heights.copy()
    heights[np.random.default_rng(5).random(heights.shape) < 0.02] = np.nan
    holed = ElevationMap.from_array(heights, CELL_M, east_m=grid.east_m, north_m=grid.north_m)
    assert found(holed, points).shift_m[:2] == pytest.approx((-0.2, 0.5), abs=0.02)


def level(points):
    return points * (1.0, 1.0, 0.0)


def tilted(points):
    return points + np.stack([0 * points[:, 0], 0 * points[:, 0], 0.08 * points[:, 0]], axis=1)


@pytest.mark.parametrize("spoil", [level, tilted])
def test_returns_of_another_ground_tell_nothing(spoil):
    grid, points = scene(6)
    assert found(grid, spoil(points)) is None


def test_ground_that_tells_nothing():
    grid, points = scene(7)
    flat = ElevationMap.from_array(0.0 * grid.heights, CELL_M, east_m=grid.east_m,
                                   north_m=grid.north_m)  # fmt: skip
    assert found(flat, level(points)) is None
    # a ridge is seen across, not along
    place = grid.east_m + CELL_M * np.arange(SIDE)
    ridge = np.tile(0.3 * np.exp(-(place**2)), (SIDE, 1))
    grid = ElevationMap.from_array(ridge, CELL_M, east_m=place[0], north_m=place[0])
    points[:, 2] = 0.3 * np.exp(-(points[:, 0] ** 2))
    assert found(grid, points) is None
    assert found(grid, points[:50]) is None
    assert found(grid, points + 100.0) is None
    assert found(grid, np.full((500, 3), np.nan)) is None


def test_a_shift_beyond_the_reach_is_none():
    grid, points = scene(8, (2.0, 0.0, 0.0))
    assert found(grid, points, reach_m=1.0) is None


@pytest.mark.parametrize("bad", [{"sigma_m": 0.0}, {"reach_m": math.nan}, {"sigma_m": -1.0}])
def test_a_noise_or_a_reach_of_nothing_is_refused(bad):
    grid, points = scene(9)
    with pytest.raises(ValueError, match="give a length above 0"):
        register(points, grid, **{"sigma_m": 0.05, "reach_m": 1.0} | bad)


def test_principal_axes():
    rng = np.random.default_rng(10)
    for _ in range(100):
        root = rng.normal(size=(2, 2))
        covariance = root @ root.T
        axis, variances = principal_axes(covariance)
        turn = np.array([axis, (-axis[1], axis[0])])
        assert turn.T @ np.diag(variances) @ turn == pytest.approx(covariance, abs=1e-12)
        assert variances[0] >= variances[1] >= 0.0
    assert principal_axes(np.eye(2)) == ((1.0, 0.0), (1.0, 1.0))
