"""The Moon's constants against figures published elsewhere than where they were taken from."""

import math

import pytest

from farside.mission import moon


def test_surface_gravity_is_the_published_one():
    assert moon.SURFACE_GRAVITY_MPS2 == pytest.approx(1.62422, abs=5e-6)


def test_gm_agrees_with_other_solutions():
    # DE431 and GRGM1200A [m3/s2]; the solutions differ by 1e-8 of the whole
    assert pytest.approx(4902800066163.7961, rel=2e-8) == moon.GM
    assert pytest.approx(4902800115263.23, rel=2e-8) == moon.GM


def test_rotation_is_one_turn_a_sidereal_month():
    days = 2.0 * math.pi / moon.ROTATION_RADPS / 86400.0
    assert days == pytest.approx(27.321661, abs=1e-5)  # sidereal month


def test_equator_moves_at_the_published_speed():
    assert moon.ROTATION_RADPS * moon.MEAN_RADIUS_M == pytest.approx(4.62, abs=0.005)


def test_equatorial_ellipticity_comes_from_the_normalised_coefficient():
    # C22 normalised 3.46738e-5 in the GRAIL fields
    assert pytest.approx(3.46738e-5 * math.sqrt(5.0 / 12.0), rel=2e-5) == moon.C22


@pytest.mark.parametrize(
    ("perilune_km", "apolune_km", "speed_mps"),
    [
        (15.0, 100.0, 1692.3),
        (15.0, 200.0, 1714.1),
        (25.0, 134.0, 1692.7),
        (14.8785, 105.934, 1693.8),  # 48,814 ft, 57.2 nautical miles,
        (15.0, 600.0, 1788.3),
        (20.0, 100.0, 1688.8),
    ],
)
def test_perilune_speeds(perilune_km, apolune_km, speed_mps):
    """missions.md, section 2; Apollo 11 published 1694.7 for the fourth."""
    low = moon.MEAN_RADIUS_M + 1e3 * perilune_km
    high = moon.MEAN_RADIUS_M + 1e3 * apolune_km
    assert math.sqrt(2.0 * moon.GM * high / low / (low + high)) == pytest.approx(
        speed_mps, abs=0.05
    )
