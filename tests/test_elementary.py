"""The portable elementary functions against libm, in units in the last place."""

import numpy as np
import pytest
from scipy.special import ndtri

from farside.ext._random import atan2_pairs, elementary

RNG = np.random.default_rng(20240601)


def ours(name, x):
    x = np.ascontiguousarray(x, float)
    out = np.empty_like(x)
    elementary(name, x, out)
    return out


def ulps(found, true, least=0.0):
    """Largest error in units of the last place of the true value, or of `least` if that is more."""
    return np.max(np.abs(found - true) / np.spacing(np.maximum(np.abs(true), least)))


def spread(lo, hi, n=200_000):
    return np.concatenate([RNG.uniform(lo, hi, n), [lo, hi]])


TINY = RNG.choice([-1.0, 1.0], 40_000) * 10.0 ** RNG.uniform(-300, 0, 40_000)


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_sine_and_cosine(name):
    true = getattr(np, name)
    x = spread(-np.pi, np.pi)
    # Two ulp of the result; where it passes through zero, two ulp of 1e-3.
    assert ulps(ours(name, x), true(x), 1e-3) <= 2.0
    x = spread(-99999.0, 99999.0)
    assert np.max(np.abs(ours(name, x) - true(x))) <= 3e-16
    assert ulps(ours(name, TINY), true(TINY)) <= 1.0


def test_sine_and_cosine_stay_on_the_circle():
    x = spread(-1e4, 1e4)
    assert np.max(np.abs(ours("sin", x) ** 2 + ours("cos", x) ** 2 - 1.0)) < 1e-15


def test_sine_near_multiples_of_pi():
    # The reduction must not lose the digits that are left there.
    x = np.pi * np.arange(1.0, 3000.0)
    assert np.max(np.abs(ours("sin", x) - np.sin(x))) < 1e-18 * 3000 * np.pi


def test_exponential():
    x = spread(-700.0, 700.0)
    assert ulps(ours("exp", x), np.exp(x)) <= 2.0
    assert ours("exp", [0.0])[0] == 1.0
    assert ulps(ours("exp", TINY), np.exp(TINY)) <= 2.0


def test_logarithm():
    x = np.concatenate([10.0 ** spread(-300.0, 300.0), spread(0.5, 2.0), 1.0 + TINY[TINY > -0.5]])
    assert ulps(ours("log", x), np.log(x)) <= 2.5
    assert ours("log", [1.0])[0] == 0.0


def test_logarithm_undoes_the_exponential():
    x = spread(-300.0, 300.0)
    assert np.max(np.abs(ours("log", ours("exp", x)) - x)) < 1e-13


def test_arc_tangent():
    x = np.concatenate([spread(-1.0, 1.0), spread(-50.0, 50.0), 10.0 ** spread(0, 300.0), TINY])
    assert ulps(ours("atan", x), np.arctan(x)) <= 2.0


@pytest.mark.parametrize("name", ["asin", "acos"])
def test_arc_sine_and_cosine(name):
    x = spread(-1.0, 1.0)
    true = np.arcsin(x) if name == "asin" else np.arccos(x)
    # The arc cosine passes through zero at 1, the arc sine at 0.
    assert ulps(ours(name, x), true, 1e-3) <= 3.0
    near = 1.0 - 10.0 ** spread(-16.0, -1.0)
    true = np.arcsin(near) if name == "asin" else np.arccos(near)
    assert ulps(ours(name, near), true) <= 4.0


def test_angle_of_a_point():
    x, y = RNG.normal(size=(2, 200_000)) * 10.0 ** RNG.uniform(-100, 100, 200_000)
    out = np.empty_like(x)
    atan2_pairs(y, x, out)
    assert ulps(out, np.arctan2(y, x)) <= 2.5


def test_angle_on_the_axes():
    y = np.array([0.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0])
    x = np.array([1.0, -1.0, 0.0, 0.0, 0.0, 1.0, -1.0])
    out = np.empty_like(x)
    atan2_pairs(y, x, out)
    assert out == pytest.approx(np.arctan2(y, x), abs=0.0, rel=3e-16)


def test_the_ends_of_the_ranges():
    inf, nan = np.inf, np.nan
    assert np.isnan(ours("sin", [inf, -inf, nan, 1e5, 1e300])).all()
    assert np.isnan(ours("cos", [inf, -inf, nan, -1e5, -1e300])).all()
    assert ours("sin", [0.0])[0] == 0.0 and ours("cos", [0.0])[0] == 1.0
    assert list(ours("exp", [-inf, -701.0, 701.0, inf])) == [0.0, 0.0, inf, inf]
    assert np.isnan(ours("exp", [nan])[0])
    assert np.isnan(ours("log", [0.0, -1.0, -inf, inf, nan, 5e-324])).all()
    assert list(ours("atan", [0.0, inf, -inf])) == [0.0, np.pi / 2, -np.pi / 2]
    assert np.isnan(ours("atan", [nan])[0])
    # Rounding may carry a cosine past one: the arc functions hold it there.
    assert list(ours("asin", [1.0, 1.5, inf, -1.0, -2.0])) == [np.pi / 2] * 3 + [-np.pi / 2] * 2
    assert list(ours("acos", [1.0, 1.5, inf, -1.0, -2.0])) == [0.0] * 3 + [np.pi] * 2
    assert np.isnan(ours("asin", [nan])[0]) and np.isnan(ours("acos", [nan])[0])


def test_huge_and_tiny_points_have_an_angle():
    y = np.array([1e308, 1e-308, -1e308, 5e-324, np.inf])
    x = np.array([1e-308, 1e308, 1.0, -1e308, 1.0])
    out = np.empty_like(x)
    atan2_pairs(y, x, out)
    assert out == pytest.approx(np.arctan2(y, x), rel=1e-15, abs=1e-300)


def test_normal_quantile():
    p = np.concatenate([spread(1e-6, 1.0 - 1e-6), 10.0 ** spread(-12.0, -1.0)])
    # AS 241 claims 1e-16; 1 - p is rounded above the median.
    true = ndtri(p)
    assert np.max(np.abs(ours("quantile", p) - true) / np.maximum(np.abs(true), 1e-3)) < 1e-12


def test_normal_quantile_is_odd():
    p = np.arange(1, 2**12) / 2.0**12
    assert np.array_equal(ours("quantile", p), -ours("quantile", 1.0 - p))
    assert ours("quantile", [0.5])[0] == 0.0
