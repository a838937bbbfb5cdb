"""Hazard maps: verdicts against brute force, clearance, dilation, reasons, noise."""

import cv2
import numpy as np
import pytest
from reference_disc import disc_by_force, moonscape
from scipy.ndimage import map_coordinates

from farside.terrain import (
    ElevationMap,
    Footprint,
    HazardLimits,
    LanderFootprint,
    Reason,
    assess,
    choose_sites,
    map_hazards,
    shadowed,
)
from farside.terrain.conditions import Sensing

CELL_M = 0.1
LIMITS = HazardLimits(slope_deg=8.0, roughness_m=0.2)


def hazards_of(heights, navigation_error_m=0.6, **options):
    elevation = ElevationMap.from_array(heights, CELL_M)
    return map_hazards(elevation, LIMITS, 5.0, navigation_error_m, **options)


@pytest.fixture(scope="module")
def scene():
    heights = moonscape(400, seed=11)
    return heights, disc_by_force(heights, CELL_M, 25.0)


@pytest.mark.slow
def test_noise_free_no_unsafe_cell_is_called_safe(scene):
    heights, (slope, deviation) = scene
    truly_safe = (slope <= 8.0) & (deviation <= 0.2)
    for exact in (True, False):
        hazard = hazards_of(heights, exact=exact)
        own = (hazard.reasons & ~np.uint8(Reason.NEAR)) == 0
        tie = (np.abs(deviation - 0.2) < 1e-5) | (np.abs(slope - 8.0) < 1e-4)
        assert not (own & ~truly_safe & ~tie).any()
        assert not (~own & truly_safe & ~tie).any()
        assert not (hazard.safe & ~truly_safe).any()
    assert 0.05 < hazard.safe_share < 0.9


def test_reason_bits(scene):
    heights, (slope, deviation) = scene
    heights = heights.copy()
    heights[200, 200] = np.nan
    hazard = hazards_of(heights)
    reasons = hazard.reasons
    bit = {r: (reasons & np.uint16(r)) != 0 for r in Reason}
    edge = np.ones_like(bit[Reason.EDGE])
    edge[25:-25, 25:-25] = False
    np.testing.assert_array_equal(bit[Reason.EDGE], edge)
    i, j = np.mgrid[0:400, 0:400] - 200
    np.testing.assert_array_equal(bit[Reason.UNSEEN], i * i + j * j <= 25**2 + 12.5)
    known = ~edge & ~bit[Reason.UNSEEN]
    far = (np.abs(slope - 8) > 1e-4) & (np.abs(deviation - 0.2) > 1e-5) & known
    np.testing.assert_array_equal(bit[Reason.SLOPE][far], (slope > 8)[far])
    np.testing.assert_array_equal(bit[Reason.ROUGH][far], (deviation > 0.2)[far])
    assert not bit[Reason.SHADOW].any()
    np.testing.assert_array_equal(hazard.safe, reasons == 0)


@pytest.mark.parametrize("navigation_error_m", [0.0, 0.1, 0.35, 0.6, 1.0, 2.5])
def test_navigation_error_dilates_by_a_disc(scene, navigation_error_m):
    """Against OpenCV's own dilation with a disc of that radius."""
    hazard = hazards_of(scene[0], navigation_error_m)
    unsafe = (hazard.reasons & ~np.uint8(Reason.NEAR)) != 0
    reach = int(navigation_error_m / CELL_M + 1e-6)
    k = np.arange(-reach, reach + 1)
    disc = (k[:, None] ** 2 + k**2 <= (navigation_error_m / CELL_M) ** 2 + 1e-6).astype(np.uint8)
    dilated = cv2.dilate(unsafe.astype(np.uint8), disc) != 0
    np.testing.assert_array_equal(hazard.safe, ~dilated)


def test_clearance_is_the_distance_to_the_nearest_unsafe_cell(scene):
    hazard = hazards_of(scene[0])
    unsafe = np.argwhere((hazard.reasons & ~np.uint8(Reason.NEAR)) != 0)
    rng = np.random.default_rng(0)
    for i, j in rng.integers(0, 400, (300, 2)):
        nearest = CELL_M * np.sqrt(((unsafe - (i, j)) ** 2).sum(axis=1).min())
        assert hazard.clearance_m[i, j] == pytest.approx(nearest, abs=1e-5)


def test_shadow_is_told_from_unseen():
    heights = np.zeros((200, 200))
    heights[:, 100] = 1.0
    heights[:, 96:100] = np.nan  # just behind the wall, seen from the east
    heights[:, 10:12] = np.nan  # no return
    hazard = hazards_of(heights, sensor_m=(19.0, 10.0, 6.0))
    shadow = (hazard.reasons & np.uint8(Reason.SHADOW)) != 0
    unseen = (hazard.reasons & np.uint8(Reason.UNSEEN)) != 0
    assert shadow[100, 80] and unseen[100, 80]
    assert unseen[100, 30] and not shadow[100, 30]
    assert not (shadow & ~unseen).any()


def test_an_assessment_tells_shadow_by_the_same_rule():
    """By the disc alone as a hazard map; under the legs, as far out as ground must be seen."""
    heights = 0.02 * moonscape(200, seed=5)
    heights[:, 100] += 1.0
    heights[60:140, 96:100] = np.nan  # just behind the wall, seen from the east
    heights[20, 150] = np.nan  # no return
    sensor_m = (19.0, 10.0, 6.0)
    elevation = ElevationMap.from_array(heights, CELL_M)
    lander = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45)

    def shadow_of(mapped):
        return (mapped.reasons & np.uint16(Reason.SHADOW)) != 0

    disc = assess(elevation, lander, LIMITS, leg_cells="none", sensing=Sensing(sensor_m=sensor_m))
    np.testing.assert_array_equal(
        shadow_of(disc), shadow_of(hazards_of(heights, sensor_m=sensor_m))
    )
    found = assess(elevation, lander, LIMITS, leg_cells="all", sensing=Sensing(sensor_m=sensor_m))
    plain = assess(elevation, lander, LIMITS, leg_cells="all")
    np.testing.assert_array_equal(found.reasons & ~np.uint16(Reason.SHADOW), plain.reasons)
    hidden = np.argwhere(shadowed(elevation, sensor_m))
    assert len(hidden) and np.isnan(heights[tuple(hidden.T)]).all()
    # Pads reach 2.6 m out, and a cell more.
    for i, j in np.argwhere((plain.reasons & np.uint16(Reason.UNSEEN)) != 0)[::37]:
        nearest_m = CELL_M * np.sqrt(((hidden - (i, j)) ** 2).sum(axis=1).min())
        if abs(nearest_m - 2.7) > 1e-5:
            assert shadow_of(found)[i, j] == (nearest_m < 2.7)
    assert not (shadow_of(found) & ((plain.reasons & np.uint16(Reason.UNSEEN)) == 0)).any()
    assert not shadow_of(found)[20, 150]
    assert not shadow_of(plain).any()
    with pytest.raises(ValueError, match="not above"):
        assess(elevation, lander, LIMITS, sensing=Sensing(sensor_m=(19.0, 10.0, 0.5)))


@pytest.mark.slow
@pytest.mark.parametrize("noise_m", [0.0, 0.017])
def test_what_the_lidar_misses(noise_m):
    """9 fused frames leave 0.017 m a return, and returns 0.12 m apart miss the tops of rocks.

    So cells near the limit flip either way, at any noise: a margin below the limit buys certainty.
    """
    rng = np.random.default_rng(4)
    heights = moonscape(400, seed=21)
    slope, deviation = disc_by_force(heights, CELL_M, 25.0)
    truly_safe = (slope <= 8.0) & (deviation <= 0.2)
    east, north = (a.ravel() for a in np.meshgrid(*[np.arange(0.06, 39.8, 0.12)] * 2))
    up = map_coordinates(heights, [north / CELL_M, east / CELL_M], order=1, mode="nearest")
    points = np.stack([east, north, up + noise_m * rng.normal(size=up.shape)], axis=1)
    elevation = ElevationMap.from_points(
        points, CELL_M, shape=heights.shape, east_m=0.0, north_m=0.0
    )
    rates = []
    for roughness_m in (0.2, 0.17):
        hazard = map_hazards(elevation, HazardLimits(8.0, roughness_m), 5.0, 0.0)
        known = np.isfinite(slope) & np.isfinite(hazard.slope_deg)
        false_safe = known & hazard.safe & ~truly_safe
        easy = known & (slope <= 7.5) & (deviation <= 0.15)
        rates.append(
            (
                false_safe.sum() / (hazard.safe & known).sum(),
                (easy & ~hazard.safe).sum() / easy.sum(),
            )
        )
        assert deviation[false_safe].max() < 0.33  # nothing far beyond the limit is let through
        (best, *_) = choose_sites(map_hazards(elevation, LIMITS, 5.0, 0.6), (20.0, 20.0))
        assert truly_safe[round(best.north_m / CELL_M), round(best.east_m / CELL_M)]
    print(f"noise {noise_m} m: (false safe of accepted, missed of easy) at 0.2 and 0.17 m: {rates}")
    assert rates[0][0] < 0.15 and rates[0][1] < 0.001
    assert rates[1][0] < 0.04 and rates[1][1] < 0.04


def test_workspace_is_checked():
    elevation = ElevationMap.from_array(np.zeros((60, 60)), CELL_M)
    with pytest.raises(ValueError, match="workspace is for"):
        map_hazards(elevation, LIMITS, 4.0, 0.6, workspace=Footprint((60, 60), CELL_M, 5.0))
    with pytest.raises(ValueError, match="navigation error"):
        map_hazards(elevation, LIMITS, 5.0, -0.6)
    for slope_deg, roughness_m in ((0.0, 0.2), (90.0, 0.2), (8.0, 0.0), (8.0, np.nan)):
        with pytest.raises(ValueError, match="limit"):
            HazardLimits(slope_deg, roughness_m)
