"""Profiles of ranges against a map of heights: places that are known, and refusals."""

import math

import numpy as np
import pytest

from farside.ext.navigation._profile import misfits, normal_equations
from farside.navigation import (
    HeightMap,
    ProfileError,
    ProfileLimits,
    ProfileVerdict,
    principal_axes,
    profile_fix,
)

RADIUS_M, CELL_M = 1737400.0, 100.0
ALONG = np.array([math.cos(0.3), math.sin(0.3), 0.0])


def hills(u, v):
    """Heights [m] with no symmetry."""
    return (
        90.0 * np.sin(u / 900.0 + 2e-8 * v * v)
        + 70.0 * np.cos(v / 1100.0 + 3e-8 * u * u)
        + 40.0 * np.sin((u + 2.0 * v) / 1700.0 + 1.0)
    )


def onboard(ground=hills, **changed):
    u, v = np.meshgrid(np.arange(-150, 81) * CELL_M, np.arange(-80, 81) * CELL_M)
    told = {"sigma_m": 3.0, "along_site": ALONG} | changed
    return HeightMap(ground(u, v), -150 * CELL_M, -80 * CELL_M, CELL_M, RADIUS_M, **told)


def profile(off=(0.0, 0.0, 0.0), ground=hills, noise=0.0, seed=0, count=200, lean=0.05):
    """Return the last place, and what is known: ticks, places, directions, ranges of a track."""
    held = onboard(ground)
    u = np.linspace(-9000.0, 900.0, count)
    v = 0.35 * u + 2e-5 * u * u
    true = np.array(
        [held.place(np.array([a, b, 6000.0 - 0.1 * a])) for a, b in zip(u, v, strict=True)]
    )
    up = true + np.array([0.0, 0.0, RADIUS_M])
    look = -up / np.linalg.norm(up, axis=1)[:, None] + lean * ALONG
    look /= np.linalg.norm(look, axis=1)[:, None]
    ranges = np.full(count, 6000.0)
    for _ in range(60):
        end = held.arcs(true + ranges[:, None] * look)
        ranges += (end[:, 2] - ground(end[:, 0], end[:, 1])) * 0.9
    ranges = ranges + np.random.default_rng(seed).normal(size=count) * noise
    return true[-1], (np.arange(count) * 10, true + np.array(off), look, ranges)


PRIOR = np.diag([700.0**2, 700.0**2])


@pytest.mark.parametrize("off", [(0.0, 0.0, 0.0), (900.0, -700.0, 60.0), (-1200.0, 1300.0, -200.0)])
def test_a_place_that_is_known(off):
    true, told = profile(off)
    fix = profile_fix(onboard(), *told, PRIOR)
    assert fix.verdict is ProfileVerdict.FIXED
    # cubic interpolation of 100 m posts, the curve of the Moon under the offset, the prior
    assert np.hypot(*(fix.place_m - true[:2])) < 8.0
    assert fix.height_error_m == pytest.approx(-off[2], abs=3.0)
    assert fix.tick == 1990


def test_noise_is_within_its_covariance():
    errors = []
    limits = ProfileLimits(range_sigma_m=10.0, beam_sigma_rad=1e-6, speed_sigma_mps=1e-6)
    for seed in range(12):
        true, told = profile((500.0, 300.0, 0.0), noise=10.0, seed=seed)
        fix = profile_fix(onboard(sigma_m=0.5), *told, PRIOR, limits)
        assert fix.verdict is ProfileVerdict.FIXED
        off = fix.place_m - true[:2]
        across = np.array([-fix.axis[1], fix.axis[0]])
        errors += [(off @ fix.axis) ** 2 / fix.variance_m2[0]]
        errors += [(off @ across) ** 2 / fix.variance_m2[1]]
    # chi^2 of 24 degrees of freedom, 99.9 %, over 24; interpolation adds to it
    assert 0.35 < np.mean(errors) < 2.2


def test_a_wrong_vertical_speed_is_found_out():
    true, (ticks, place, look, ranges) = profile((300.0, 0.0, 0.0))
    place = place + np.linspace(-8.0, 8.0, len(ticks))[:, None] * [0.0, 0.0, 1.0]
    fix = profile_fix(onboard(), ticks, place, look, ranges, PRIOR)
    assert fix.verdict is ProfileVerdict.FIXED
    assert np.hypot(*(fix.place_m - true[:2])) < 6.0
    assert fix.height_error_m == pytest.approx(-8.0, abs=4.0)


def test_flat_ground_gives_no_place():
    def mare(u, v):
        return 0.01 * hills(u, v)

    _, told = profile(ground=mare)
    fix = profile_fix(onboard(mare), *told, PRIOR)
    assert fix.verdict is ProfileVerdict.FLAT and fix.relief_ratio < 3.0
    assert not np.isfinite(fix.place_m).any()
    with pytest.raises(ProfileError, match="no place: flat"):
        fix.record()


def test_a_valley_along_the_track_gives_no_place_along_it():
    def ridges(u, v):
        return 100.0 * np.sin((v - 0.35 * u) / 500.0) + 1.0 * np.sin(u / 700.0)

    _, told = profile(ground=ridges)
    fix = profile_fix(onboard(ridges), *told, PRIOR)
    assert fix.verdict in (ProfileVerdict.AMBIGUOUS, ProfileVerdict.COARSE, ProfileVerdict.FLAT)


def test_ground_that_repeats_itself_is_ambiguous():
    def waves(u, v):
        return 80.0 * (np.sin(u * 2.0 * np.pi / 1000.0) + np.sin(v * 2.0 * np.pi / 1000.0))

    _, told = profile(ground=waves)
    fix = profile_fix(onboard(waves), *told, np.diag([2000.0**2] * 2))
    assert fix.verdict is ProfileVerdict.AMBIGUOUS
    assert fix.second_margin < 25.0


def test_another_ground_does_not_fit():
    def elsewhere(u, v):
        return hills(u + 40000.0, 31000.0 - 1.3 * v)

    _, told = profile()
    fix = profile_fix(onboard(elsewhere), *told, PRIOR)
    assert fix.verdict is ProfileVerdict.MISFIT
    assert fix.residual_ratio > 3.0


def test_a_map_that_ends_is_told():
    _, told = profile((60e3, 0.0, 0.0))
    assert profile_fix(onboard(), *told, PRIOR).verdict is ProfileVerdict.OFF_MAP


def test_missing_echoes_and_short_profiles():
    true, (ticks, place, look, ranges) = profile((300.0, 200.0, 0.0))
    ranges[::3] = np.nan
    fix = profile_fix(onboard(), ticks, place, look, ranges, PRIOR)
    assert fix.verdict is ProfileVerdict.FIXED
    assert np.hypot(*(fix.place_m - true[:2])) < 6.0
    ranges[20:] = np.nan
    assert profile_fix(onboard(), ticks, place, look, ranges, PRIOR).verdict is ProfileVerdict.SHORT
    few = profile_fix(onboard(), ticks[:3], place[:3], look[:3], ranges[:3], PRIOR)
    assert few.verdict is ProfileVerdict.SHORT


def test_the_record_is_what_the_navigator_takes():
    _, told = profile((300.0, 200.0, 0.0))
    fix = profile_fix(onboard(), *told, PRIOR)
    record = fix.record()
    assert record["tick"][0] == 1990 and 0.0 < record["common_m2"][0] <= fix.variance_m2[1]
    assert np.array_equal(record["place_m"][0], fix.place_m)
    assert record["variance_m2"][0, 0] >= record["variance_m2"][0, 1] > 0.0


def test_principal_axes_are_those_of_numpy():
    rng = np.random.default_rng(3)
    for _ in range(50):
        half = rng.normal(size=(2, 2))
        spread = half @ half.T
        axis, variance = principal_axes(spread)
        assert np.allclose(spread @ axis, variance[0] * axis, atol=1e-12)
        assert np.allclose(np.sort(np.linalg.eigvalsh(spread))[::-1], variance)
    assert principal_axes(np.eye(2))[0] @ principal_axes(np.eye(2))[0] == pytest.approx(1.0)


def test_arcs_and_places_are_inverse():
    held = onboard()
    arcs = np.array([[-120e3, 30e3, 9000.0], [5.0, -7.0, 1.0]])
    there = np.array([held.place(each) for each in arcs])
    assert np.allclose(held.arcs(there), arcs, atol=1e-6)


@pytest.mark.parametrize(
    ("spoilt", "line"),
    [
        ({0: np.arange(200)[::-1]}, "ticks rise"),
        ({0: np.arange(200) * 1.5}, "whole numbers"),
        ({1: np.full((200, 3), np.nan)}, "finite"),
        ({2: np.ones((200, 3))}, "unit vectors"),
        ({3: np.full(200, -1.0)}, "0 m or more"),
        ({3: np.ones(7)}, "one range for each"),
        ({4: np.eye(3)}, "2 x 2"),
        ({4: np.array([[1.0, 5.0], [5.0, 1.0]])}, "positive definite"),
        ({4: np.eye(2) * 1e12}, "coarser map"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(spoilt, line):
    _, told = profile()
    given = [*told, PRIOR]
    for at, value in spoilt.items():
        given[at] = value
    with pytest.raises(ProfileError, match=line):
        profile_fix(onboard(), *given)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"sigma_m": 0.0}, "above 0 m"),
        ({"sigma_m": math.nan}, "finite"),
        ({"along_site": np.array([1.0, 1.0, 0.0])}, "unit vector"),
        ({"correlation_m": -1.0}, "0 m or more"),
    ],
)
def test_maps_that_cannot_be(changed, line):
    with pytest.raises(ProfileError, match=line):
        onboard(**changed)


def test_maps_of_a_wrong_shape_or_with_holes():
    with pytest.raises(ProfileError, match="shape"):
        HeightMap(np.zeros((3, 9)), 0.0, 0.0, 1.0, RADIUS_M, ALONG, 1.0)
    with pytest.raises(ProfileError, match="holes"):
        HeightMap(np.full((9, 9), np.nan), 0.0, 0.0, 1.0, RADIUS_M, ALONG, 1.0)
    with pytest.raises(ProfileError, match="second_margin"):
        ProfileLimits(second_margin=0.0)


def test_kernels_refuse_what_they_cannot_read():
    heights, samples = np.zeros((9, 9), np.float32), np.array([[40.0, 40.0, 1.0, 0.0, 1.0]])
    frame, two, du = np.array([0.0, 0.0, 10.0]), np.ones(2), np.zeros(3)
    out = np.empty((3, 3))
    misfits(heights, frame, samples, two, du, du, out)
    # one sample of height 1 over a map of 0, and a bias of variance 1: 1 - 1 / 2
    assert out[1, 1] == pytest.approx(0.5)
    with pytest.raises(ValueError, match="4 x 4"):
        misfits(heights[:3].copy(), frame, samples, two, du, du, out)
    with pytest.raises(ValueError, match="cell above 0"):
        misfits(heights, frame * 0.0, samples, two, du, du, out)
    with pytest.raises(ValueError, match="u, v, z, t, w"):
        misfits(heights, frame, samples[:, :4].copy(), two, du, du, out)
    with pytest.raises(ValueError, match="row for each dv"):
        misfits(heights, frame, samples, two, du, du, out[:2].copy())
    with pytest.raises(ValueError, match="above 0"):
        misfits(heights, frame, samples, two * 0.0, du, du, out)
    with pytest.raises(ValueError, match="5, 5"):
        normal_equations(heights, frame, samples, 0.0, 0.0, out)
    # off the map, and not-a-number: not held
    assert not normal_equations(heights, frame, samples, 1e9, 0.0, np.empty((5, 5)))
    misfits(heights, frame, samples * np.nan, two, du, du, out)
    assert np.isinf(out).all()


def test_slopes_of_the_map_are_its_derivatives():
    rng = np.random.default_rng(1)
    heights = rng.normal(size=(12, 12)).astype(np.float32)
    frame = np.array([0.0, 0.0, 10.0])

    def normal(u, v):
        out = np.empty((5, 5))
        assert normal_equations(heights, frame, np.array([[u, v, 0.0, 0.0, 1.0]]), 0.0, 0.0, out)
        return out[0, 2], out[1, 2], -out[4, 2]  # m_u, m_v, m

    for u, v in rng.uniform(21.0, 85.0, (20, 2)):
        step = 1e-4
        along = (normal(u + step, v)[2] - normal(u - step, v)[2]) / (2.0 * step)
        across = (normal(u, v + step)[2] - normal(u, v - step)[2]) / (2.0 * step)
        assert normal(u, v)[:2] == pytest.approx((along, across), abs=1e-6)
    # cubic convolution goes through its nodes
    assert normal(40.0, 50.0)[2] == pytest.approx(float(heights[5, 4]))
