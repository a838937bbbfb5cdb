"""A scan's map is held to the ground that other sensors know beneath the lander."""

import math

import numpy as np
import pytest

from farside.avoidance import HazardAvoidance, HoverEstimate
from farside.avoidance.ground_level import height_beneath, lowered, too_high
from farside.mission import load_mission
from farside.terrain import ElevationMap

MISSION = load_mission("chang-e-6")

RNG = np.random.default_rng(7)


def hover(ground_m=math.nan, sigma_m=math.nan, place=(0.0, 0.0, 101.0)):
    return HoverEstimate(place, (0.0, 0.0, 0.0), 1900.0, ground_m, sigma_m)


def rough(level_m, holes=0.0):
    """Return a map of 30 m about the lander: a slope of 6 deg and 5 cm of noise."""
    north, east = (np.indices((150, 150)) - 74.5) * 0.2
    heights = level_m + 0.1 * east + RNG.normal(0.0, 0.05, east.shape)
    heights[np.hypot(east, north) < holes] = np.nan
    return ElevationMap.from_array(heights, 0.2, east_m=-14.9, north_m=-14.9, frame="site")


@pytest.mark.parametrize(
    ("level_m", "ground_m", "sigma_m", "expected_m"),
    [
        (40.0, 0.0, 0.3, 40.0),
        (2.1, 0.0, 0.3, 2.1),
        (1.9, 0.0, 0.3, 0.0),  # within 2 m
        (4.0, 0.0, 1.0, 0.0),  # within 5 sigma
        (6.0, 0.0, 1.0, 6.0),
        (-40.0, 0.0, 0.3, 0.0),  # too low costs no lander
        (40.0, 38.5, 0.3, 0.0),  # a hill that the altimeter has seen, too
        (40.0, math.nan, 0.3, 0.0),
        (40.0, 0.0, math.nan, 0.0),
        (40.0, 0.0, 0.0, 0.0),  # without a sigma nothing is known
    ],
)
def test_a_level_that_contradicts_is_told(level_m, ground_m, sigma_m, expected_m):
    # the median of 8 m x 8 m is that of the level to 1 cm
    found = too_high(rough(level_m), hover(ground_m, sigma_m))
    assert found == pytest.approx(expected_m, abs=0.02)


def test_the_height_beneath_is_that_of_seen_ground_about_it():
    assert height_beneath(rough(3.0, holes=9.0), 0.0, 0.0) == pytest.approx(3.0, abs=0.05)
    assert height_beneath(rough(3.0), 10.0, 0.0) == pytest.approx(4.0, abs=0.02)
    assert height_beneath(rough(3.0), 1e5, 0.0) == pytest.approx(3.0 + 0.1 * 12.9, abs=0.05)
    assert height_beneath(rough(3.0, holes=20.9), 0.0, 0.0) == pytest.approx(3.0, abs=1.5)


def test_an_estimate_without_the_fields_is_one_that_knows_nothing():
    class Bare:
        r_site, v_site, mass_kg = (0.0, 0.0, 101.0), (0.0, 0.0, 0.0), 1900.0

    assert too_high(rough(40.0), Bare()) == 0.0


def test_a_lowered_map_keeps_its_shape():
    before = rough(40.0, holes=2.0)
    after = lowered(before, 39.5)
    assert after.heights.dtype == np.float32
    assert np.nanmax(np.abs(after.heights + 39.5 - before.heights)) < 4e-6
    assert np.array_equal(after.seen, before.seen)


def points(level_m):
    east, north = np.meshgrid(np.arange(-25.5, 25.5, 0.1), np.arange(-25.5, 25.5, 0.1))
    up = np.where(np.hypot(east - 8.0, north) < 1.0, 0.6, 0.0) + level_m
    return np.stack([east, north, up], -1).reshape(-1, 3)


def test_a_site_is_aimed_at_on_the_ground_that_is_known():
    avoidance = HazardAvoidance(MISSION)
    believed = avoidance.assess(hover(), points(40.0))
    held = avoidance.assess(hover(0.5, 0.3), points(40.0))
    true = avoidance.assess(hover(0.5, 0.3), points(0.5))
    assert believed.lowered_m == true.lowered_m == 0.0
    assert held.lowered_m == pytest.approx(39.5, abs=1e-5)
    assert believed.best.height_m == pytest.approx(40.0, abs=0.01)
    assert held.best.height_m == pytest.approx(0.5, abs=0.01)
    assert (held.best.east_m, held.best.north_m) == (true.best.east_m, true.best.north_m)
    decision = HazardAvoidance(MISSION).step(hover(0.5, 0.3), points(40.0))
    assert decision.target_site[2] == pytest.approx(0.5, abs=0.01)


def test_without_a_map_it_comes_down_on_the_ground_that_is_known():
    assert HazardAvoidance(MISSION).step(hover(-3.5, 0.3), points=[]).land_here[2] == -3.5
    assert HazardAvoidance(MISSION).step(hover(), points=[]).land_here[2] == 0.0
