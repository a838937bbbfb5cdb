"""Gridded returns: what gridding took off is put back, and what it hid is counted."""

import numpy as np
import pytest
from test_fusion import smooth_errors

from farside.scenes import CONDITIONS
from farside.scenes.sampling import HOVER_M
from farside.scenes.scene import CELL_M, scene_and_ground
from farside.sensors.lidar import lidar_of
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess
from farside.terrain.conditions import ErrorCorrelation, Sensing
from farside.terrain.returns import noise_to_neighbours, restore

LIMITS = HazardLimits(8.0, 0.2)
LANDER = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45)
SCANNED = [n for n in range(975, 1000) if CONDITIONS[n % len(CONDITIONS)].kind == "lidar"]


def test_posted_heights_are_left_as_they_are():
    seen = ElevationMap.from_array(np.random.default_rng(1).normal(size=(30, 40)), 0.1)
    sigma = np.full(seen.shape, 0.01, np.float32)
    same = restore(seen, sigma, LIMITS, 0.0)
    assert same.elevation is seen and same.sigma_m is sigma and same.limits is LIMITS


def test_a_blunt_top_that_gridding_lowered_is_not_left_low():
    """A paraboloid under dense returns, gridded: its top is cut, and restored or a little more."""
    rng = np.random.default_rng(2)
    east, north = rng.uniform(-1.0, 1.0, (2, 200_000))
    up = -1.5 * (east**2 + north**2)
    cut = ElevationMap.from_points(
        np.stack([east, north, up], axis=1), 0.1, shape=(21, 21), east_m=-1.0, north_m=-1.0
    )
    # bilinear weights have a variance of cell^2 / 6 along each axis
    assert cut.heights[10, 10] == pytest.approx(-1.5 * 2 * 0.1**2 / 6, abs=5e-4)
    sigma = np.zeros(cut.shape, np.float32)
    top = restore(cut, sigma, LIMITS, 0.01).elevation.heights[10, 10]
    assert -5e-4 < top < 0.006


def test_plains_slopes_and_pits_are_not_raised():
    y, x = np.mgrid[0:20, 0:20] * 0.1
    for heights in (0 * x, 0.3 * x - 0.1 * y, x**2 + y**2):
        seen = ElevationMap.from_array(heights, 0.1)
        back = restore(seen, np.zeros(seen.shape, np.float32), LIMITS, 0.12)
        np.testing.assert_allclose(back.elevation.heights, seen.heights, atol=1e-6)


def test_what_was_not_seen_stays_unseen():
    heights = np.zeros((9, 9), np.float32)
    heights[4, 4] = np.nan
    heights[4, 5] = 0.3  # beside a hole nobody knows how pointed it is
    back = restore(ElevationMap.from_array(heights, 0.1), np.zeros((9, 9), np.float32), LIMITS, 0.1)
    np.testing.assert_array_equal(back.elevation.heights, heights)


def test_wider_spacing_is_less_sure():
    seen = ElevationMap.from_array(np.zeros((9, 9)), 0.1)
    sigma = np.full((9, 9), 0.01, np.float32)
    held = [restore(seen, sigma, LIMITS, spacing) for spacing in (0.05, 0.1, 0.2, 0.4)]
    assert sorted(h.limits.roughness_m for h in held) == [h.limits.roughness_m for h in held][::-1]
    assert sorted(h.sigma_m[0, 0] for h in held) == [h.sigma_m[0, 0] for h in held]
    for spacing, says in ((-1.0, "0 or more"), (np.nan, "0 or more"), (3.0, "scan more closely")):
        with pytest.raises(ValueError, match=says):
            assess(seen, LANDER, LIMITS, sensing=Sensing(spacing_m=spacing))


@pytest.mark.slow
def test_few_cells_of_a_scan_are_taken_for_safe_that_are_not():
    """One sweep misses tops of single cells (decision 050): 0.6 % over 30 scenes, 1.2 % over these.

    With half ellipsoids and few rocks it was 0.2 %. The goal, 0.1 %, is met by fused frames only.
    What may be missing, kept off the limit, leaves 0.43 of what posted heights would accept.
    """
    false, accepted = np.zeros(2), np.zeros(2)
    for number in SCANNED:
        scene, ground = scene_and_ground(number)
        truth = assess(ElevationMap.from_array(ground.heights_m, CELL_M), LANDER, LIMITS)
        seen = ElevationMap.from_array(scene.elevation_m, CELL_M)
        noise = scene.sampling.noise_m
        for way, spacing in enumerate((0.0, lidar_of(scene.mission).spacing_m(HOVER_M))):
            found = assess(seen, LANDER, LIMITS, sensing=Sensing(noise, spacing))
            false[way] += (found.safe & ~truth.safe).sum()
            accepted[way] += found.safe.sum()
    taken_as_posted, as_returns = false / accepted
    assert as_returns < 0.015
    assert as_returns < 0.5 * taken_as_posted
    assert accepted[1] > 0.4 * accepted[0]


def test_of_fused_frames_a_rock_is_raised_and_noise_is_not():
    """A step of 0.3 m among 14 mm of noise: a tenth of its flank is added, two sigmas stay."""
    sigma = np.full((60, 60), 0.014, np.float32)
    heights = np.random.default_rng(4).normal(0.0, 0.014, (60, 60)).astype(np.float32)
    heights[30, 30] = 0.3
    heights[10, 10] = np.nan
    back = restore(ElevationMap.from_array(heights, 0.1), sigma, LIMITS, 0.04, fused=True)
    rise = back.elevation.heights - heights
    mean = (heights[29, 30] + heights[31, 30] + heights[30, 29] + heights[30, 31]) / 4
    square = heights[29:32, 29:32]
    asked = 2 / 3 * (0.3 - mean - 2 * 1.25**0.5 * 0.014)
    asked += 0.1 * (square.max() - square.min() - 4 * 0.014)
    assert rise[30, 30] == pytest.approx(asked, abs=1e-6)
    assert np.nanmean(rise[:28]) < 0.001  # noise alone
    assert np.isnan(rise[10, 10]) and np.isnan(rise).sum() == 1
    assert back.limits is LIMITS and back.sigma_m is sigma


@pytest.mark.parametrize(("share", "length_m"), [(0.5, 0.5), (0.5, 2.0), (1.0, 2.0), (0.8, 10.0)])
def test_the_noise_to_neighbours_is_that_of_drawn_errors(share, length_m):
    rng = np.random.default_rng(6)
    squares = []
    for _ in range(2):
        z = share**0.5 * smooth_errors(rng, length_m, side=400)
        z = z + (1.0 - share) ** 0.5 * rng.normal(size=z.shape)
        off = z[1:-1, 1:-1] - (z[:-2, 1:-1] + z[2:, 1:-1] + z[1:-1, :-2] + z[1:-1, 2:]) / 4
        squares.append(np.mean(off * off) / 1.25)
    told = noise_to_neighbours(ErrorCorrelation(share, length_m), 0.1)
    # 3e5 cells, neighbours not apart; the field is cut to powers of 0 and more: 2 %
    assert np.mean(squares) ** 0.5 == pytest.approx(told, rel=0.03)


def test_white_errors_are_all_noise_to_neighbours():
    assert noise_to_neighbours(ErrorCorrelation(), 0.1) == 1.0
    assert noise_to_neighbours(ErrorCorrelation(0.5, 0.0), 0.1) == 1.0


def test_errors_that_neighbours_share_hide_no_top():
    """A top of 5 cm: within two sigmas of white errors, and beyond those of neighbours' own."""
    heights, sigma = np.zeros((9, 9), np.float32), np.full((9, 9), 0.03, np.float32)
    heights[4, 4] = 0.05
    seen = ElevationMap.from_array(heights, 0.1)
    tops = [
        restore(seen, sigma, LIMITS, 0.04, fused=True, correlation=each).elevation.heights[4, 4]
        for each in (None, ErrorCorrelation(0.8, 2.0))
    ]
    local = 0.03 * noise_to_neighbours(ErrorCorrelation(0.8, 2.0), 0.1)
    assert tops[0] == np.float32(0.05)
    assert tops[1] == pytest.approx(0.05 + 2 / 3 * (0.05 - 2 * 1.25**0.5 * local), abs=1e-6)
