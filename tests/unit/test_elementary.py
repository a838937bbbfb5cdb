"""The portable elementary functions against libm, in units in the last place."""

import numpy as np
import pytest
from scipy import special
from scipy.special import ndtri

from farside.ext.common import deterministic
from farside.ext.common._random import atan2_pairs, elementary

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


# ---- over arrays, for set-up --------------------------------------------------------------------


def test_tangent():
    x = spread(-1.5, 1.5)
    assert ulps(deterministic.tan(x), np.tan(x)) <= 4.0


def test_exponential_less_one():
    x = np.concatenate([spread(-3.0, 3.0), TINY])
    # The most is lost at -0.35, where the series ends and e^x - 1 begins.
    assert ulps(deterministic.expm1(x), np.expm1(x)) <= 9.0


def test_powers():
    x, y = 10.0 ** RNG.uniform(-6.0, 6.0, 50_000), RNG.uniform(-4.0, 4.0, 50_000)
    error = np.abs(deterministic.power(x, y) / x**y - 1.0)
    assert np.all(error <= 2.3e-16 * (3.0 + 3.0 * np.abs(y * np.log(x))))
    assert deterministic.power_of(0.0, 0.7) == 0.0 and np.isnan(deterministic.power_of(-1.0, 2.0))


def test_logarithms_to_other_bases():
    # A level of the ground is chosen by this one: powers of two must come out to a hair.
    k = np.arange(-9.0, 10.0)
    assert np.max(np.abs(deterministic.log2(2.0**k) - k)) < 4e-15
    x = 10.0 ** spread(-5.0, 5.0)
    assert np.max(np.abs(deterministic.log10(x) - np.log10(x))) < 3e-15


def test_normal_integral():
    x = np.concatenate([spread(-8.0, 8.0, 20_000), spread(-37.0, -8.0, 5_000), [-3.0, 3.0]])
    assert np.max(np.abs(deterministic.normal_share(x) / special.ndtr(x) - 1.0)) < 5e-13
    assert deterministic.normal_share(0.0) == 0.5
    assert [deterministic.normal_share(x) for x in (-np.inf, np.inf)] == [0.0, 1.0]
    assert np.isnan(deterministic.normal_share(np.nan))


def test_gamma_function():
    x = spread(0.01, 99.9, 20_000)
    assert np.max(np.abs(deterministic.gamma(x) / special.gamma(x) - 1.0)) < 3e-13
    assert np.isnan(
        [deterministic.gamma(0.0), deterministic.gamma(-0.5), deterministic.gamma(1e3)]
    ).all()


def test_bessel_function():
    x = np.concatenate([spread(-30.0, 30.0, 50_000), spread(0.0, 2000.0, 50_000), [25.0]])
    assert np.max(np.abs(deterministic.bessel_j0(x) - special.j0(x))) < 5e-15


def test_numbers_give_numbers_and_arrays_keep_their_shape():
    assert isinstance(deterministic.sin(0.5), float) and isinstance(
        deterministic.angle_of(1.0, 2.0), float
    )
    x = RNG.normal(size=(3, 4))
    assert deterministic.cos(x[:, ::2]).shape == (3, 2)
    assert deterministic.arctan2(x, 1.0) == pytest.approx(np.arctan2(x, 1.0), rel=1e-15)
    assert deterministic.cos(x.T)[1, 2] == deterministic.cos(float(x[2, 1]))


def test_small_products():
    a, b, c = RNG.normal(size=(3, 3)), RNG.normal(size=(5, 3)), RNG.normal(size=3)
    assert deterministic.product(b, a) == pytest.approx(b @ a, rel=1e-13)
    assert deterministic.product(b, c) == pytest.approx(b @ c, rel=1e-13)
    assert deterministic.product(a, c) == pytest.approx(a @ c, rel=1e-13)
    assert deterministic.product(c, a) == pytest.approx(c @ a, rel=1e-13)
    assert deterministic.determinant(a) == pytest.approx(np.linalg.det(a), rel=1e-12)
    assert deterministic.inverse(a) @ a == pytest.approx(np.eye(3), abs=1e-13)
    assert deterministic.length(c) == pytest.approx(np.linalg.norm(c), rel=1e-15)
    assert deterministic.lengths(b) == pytest.approx(np.linalg.norm(b, axis=1), rel=1e-15)
    with pytest.raises(ValueError, match=r"no product of \(3, 3\) and \(2,\)"):
        deterministic.product(a, c[:2])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((6, 300), (300, 6)),
        ((6, 300), (300,)),
        ((40,), (40,)),
        ((2, 3, 17), (17, 5)),
        ((5, 3), (3,)),
    ],
)
def test_a_product_is_summed_from_the_first_term_on(left, right):
    a, b = RNG.normal(size=left), RNG.normal(size=right)
    expected = np.zeros(np.shape(a @ b))
    for place in np.ndindex(expected.shape):
        row = place[: a.ndim - 1]
        column = b[(slice(None), *place[a.ndim - 1 :])]
        terms = [float(x) * float(y) for x, y in zip(a[row], column, strict=True)]
        total = terms[0]
        for term in terms[1:]:
            total += term
        expected[place] = total
    assert np.asarray(deterministic.product(a, b)).tobytes() == expected.tobytes()
