"""Probabilities and bounds of the kernel against SciPy in double precision, on every CPU."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import reference_probability as reference
from scipy.special import ndtr

from farside.ext.common._isa import supported_isas
from farside.ext.terrain.probability import ProbabilityModel, load_probability_kernel
from farside.terrain import HazardLimits, LanderFootprint, Reason
from farside.terrain.margins import LEGS_RISE, LEGS_SLOPE
from farside.terrain.probability import NoiseUnderDisc, SafetyProbability
from farside.terrain.touchdown import Rest

# Limits that are floats: a noise of 1e-9 m would show their rounding.
LIMITS = HazardLimits(8.0, 0.1875)
LANDER = LanderFootprint(5.0, 4, 4.8, 0.4, 0.4375)
LANDED = replace(LANDER, rest=Rest(0.1875, 0.0125, 0.0025, 0.15))
POINTS = (100, 1003)
PLAIN = ProbabilityModel(
    slope_limit_deg=80.0,
    slope_limit=float(np.tan(np.radians(80.0))),
    roughness_limit_m=1.0,
    belly_clearance_m=0.0,
    disc_tilt_per_m=1.0,
    legs_radius_m=100.0,
    legs_tilt=(0.01, 1000.0),
    legs_lift=(1.0, 2000.0),
    cells=1000,
    margins=((0.0,) * 10,) * 3,
    noise_levels=(0.0, -1.0, 1.0),
    correlation=0.0,
    bits=(1, 2, 4, 8, 64, 128, 256),
)


def noise_of(typical_m, worst_m, cells=2500):
    return NoiseUnderDisc(
        np.asarray(typical_m, np.float32),
        np.asarray(worst_m, np.float32),
        1.0,
        cells,
        0.0178,
        (0.1, 0.1),
    )


def planted(shape, seed):
    """Slopes and heights about the limits and far from them, and noises; float32."""
    rng = np.random.default_rng(seed)
    slope = np.where(rng.random(shape) < 0.7, rng.uniform(0, 16, shape), rng.uniform(0, 90, shape))
    rough = np.abs(rng.normal(0.15, 0.1, shape))
    rise = rng.normal(0.3, 0.2, shape)
    sigma = 10.0 ** rng.uniform(-3, -1, shape)
    edges = (0.0, 7.999999, 8.0, 8.000001, 45.0, 53.0, 89.9, 89.99999)
    slope.flat[: len(edges)] = edges
    rough.flat[:4], rise.flat[:4] = (0.0, 0.1875, 1e6, 1e30), (-1e30, 0.4375, 1e6, 1e30)
    sigma.flat[-4:] = (1e-9, 1e-9, 10.0, 1e3)
    return [np.asarray(a, np.float32) for a in (slope, rough, rise, sigma)]


def assess(slope, rough, rise, noise, lander=LANDER):
    safety = SafetyProbability(LIMITS, lander, noise)
    probability, bound, reasons = safety.disc(slope, rough, np.zeros(slope.shape, np.uint8))
    disc = probability.copy(), bound.copy()
    safety.legs(slope, rise, probability, bound, reasons)
    return *disc, probability, bound, reasons


def test_normal_integral_is_that_of_scipy():
    x = np.random.default_rng(0).uniform(-12, 12, POINTS).astype(np.float32)
    x.flat[:8] = (0.0, -0.0, 9.0, -9.0, 1e-30, -1e-30, 1e30, -1e30)
    flat, one = np.zeros_like(x), np.ones((1, 1), np.float32)
    for isa in supported_isas():
        probability, bound = np.ones_like(x), np.ones_like(x)
        reasons = np.zeros(x.shape, np.uint16)
        load_probability_kernel(isa)(PLAIN, one, one).legs(flat, -x, probability, bound, reasons)
        truth = ndtr(x.astype(float))
        np.testing.assert_allclose(probability, truth, atol=1e-6, rtol=0)
        assert (probability >= truth * (1 - 1e-4) - (x > 0) * 1e-6).all()
        near = (x > -9) & (x < 0)
        np.testing.assert_allclose(probability[near], truth[near], rtol=5e-5, atol=0)
        # Half a unit in the last place of 1.
        failure = 2000.0 * ndtr(-np.abs(x.astype(float)))
        assert (1.0 - bound.astype(float) >= np.minimum(failure, 1.0) - 6e-8)[x > 0].all()
        assert (bound[x <= 0] == 0).all()
        np.testing.assert_array_less(np.maximum(1 - failure, 0)[x > 0] - 1e-4, bound[x > 0])


@pytest.mark.parametrize("lander", [LANDER, LANDED], ids=["rigid", "landed"])
@pytest.mark.parametrize("sigma_m", [None, 0.003, 0.0167, 0.05, 1e-9])
def test_chance_and_bound_are_those_of_double_precision(sigma_m, lander):
    slope, rough, rise, sigma = planted(POINTS, seed=1)
    noise = noise_of(sigma, 1.2 * sigma) if sigma_m is None else noise_of(sigma_m, sigma_m)
    disc, disc_bound, probability, bound, _ = assess(slope, rough, rise, noise, lander)
    sure = reference.disc_probability(slope, rough, LIMITS, noise)
    both = reference.both(sure, reference.legs_probability(slope, rise, LIMITS, lander, noise))
    np.testing.assert_allclose(disc, sure, atol=2e-6, rtol=0)
    # Next to 1 a probability is known to 6e-8, and the root of its distance from 1 to 2.4e-4.
    np.testing.assert_allclose(probability, both, atol=0.4 * 0.5 * 2.4e-4, rtol=0)
    failure = reference.disc_failure(slope, rough, LIMITS, noise)
    for kernel, least in (
        (disc_bound, failure),
        (bound, failure + reference.legs_failure(slope, rise, LIMITS, lander, noise)),
    ):
        truth = np.maximum(1 - least, 0)
        assert (kernel <= truth + 1.2e-7).all()
        np.testing.assert_allclose(kernel, truth, atol=1e-4, rtol=0)


def test_unmeasured_is_exactly_nothing():
    slope, rough, rise, sigma = planted((37, 41), seed=2)
    rng = np.random.default_rng(3)
    holes = [rng.random(slope.shape) < 0.2 for _ in range(3)]
    for a, hole in zip((slope, rough, rise), holes, strict=True):
        a[hole] = np.nan
    for noise in (noise_of(sigma, sigma), noise_of(0.02, 0.02)):
        disc, disc_bound, probability, bound, reasons = assess(slope, rough, rise, noise)
        lost = holes[0] | holes[1]
        assert not disc[lost].any() and not disc_bound[lost].any()
        lost = holes[0] | holes[2]
        assert not probability[lost].any() and not bound[lost].any()
        assert np.isfinite([disc, disc_bound, probability, bound]).all()
        assert (disc > 0).any() and (disc_bound > 0).any()
        assert not (reasons[holes[0]] & np.uint16(Reason.SLOPE | Reason.STAND_SLOPE)).any()
        assert not (reasons[holes[1]] & np.uint16(Reason.ROUGH)).any()


@pytest.mark.parametrize("fit", [LEGS_SLOPE, LEGS_RISE], ids=["slope", "rise"])
@pytest.mark.parametrize("spread", [0.3, 1.0, 4.0])
def test_an_error_of_the_touchdown_comes_to_that_of_the_noise(fit, spread):
    """Against the integral over the error, to 0.02: what the fit's kinks leave."""
    model = PLAIN._replace(
        margins=((0.0,) * 10, (0.0,) * 10, dataclasses.astuple(fit)), touchdown=(spread, 0.0, 0.0)
    )
    margin = np.linspace(-12, 12, 400, dtype=np.float32)[None]
    one, bound = np.ones((1, 1), np.float32), np.ones_like(margin)
    reasons, found = np.zeros(margin.shape, np.uint16), np.ones_like(margin)
    kernel = load_probability_kernel(supported_isas()[-1])
    kernel(model, one, one).legs(np.zeros_like(margin), -margin, found, bound, reasons)
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    u = (margin[0][:, None] + spread * points) * np.exp(fit.scale) + fit.bias
    z = u + fit.above * np.maximum(u, 0) + fit.far * np.maximum(u - 1.5, 0)
    truth = ndtr(z + fit.below * np.minimum(u + 1, 0)) @ weights / weights.sum()
    np.testing.assert_allclose(found[0], truth, atol=0.02)
    # without noise the touchdown's error is all there is: the level of a bound's rounding
    still = np.full((1, 1), 1e-9, np.float32)
    kernel(model, still, still).legs(
        np.zeros_like(margin), -margin, np.ones_like(found), bound, reasons
    )
    assert (bound[0] <= np.maximum(1 - 2000.0 * ndtr(-margin[0] / spread), 0) + 1e-6).all()


@pytest.mark.parametrize("touchdown", [(0.0, 0.0, 0.0), (0.01, 0.003, 0.15)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 5), (1, 16), (5, 33), (40, 41)])
@pytest.mark.parametrize("isa", supported_isas())
def test_same_bits_on_every_instruction_set(isa, shape, touchdown):
    slope, rough, rise, sigma = (
        a[: shape[0], : shape[1]].copy() for a in planted((40, 41), seed=4)
    )
    slope[0, 0] = np.nan
    margins = np.random.default_rng(5).normal(0, 0.2, (3, 10))
    model = replaced(
        margins=tuple(map(tuple, margins)), noise_levels=(-2.5, -1.3, 1.2), touchdown=touchdown
    )
    state = np.random.default_rng(6).integers(0, 3, shape).astype(np.uint8)
    digests = []
    for build in (supported_isas()[-1], isa):
        for noise in (sigma, np.full((1, 1), 0.02, np.float32)):
            kernel = load_probability_kernel(build)(model, noise, 2 * noise)
            probability, bound = np.empty(shape, np.float32), np.empty(shape, np.float32)
            reasons, wanted = np.empty(shape, np.uint16), np.empty(shape, np.uint8)
            kernel.disc(slope, rough, state, probability, bound, reasons)
            inside, known = np.uint8(state < 2), np.uint8(state < 1)
            kernel.select_cells(inside, known, probability, 0.3, reasons, wanted)
            digests.append(b"".join(a.tobytes() for a in (probability, bound, reasons, wanted)))
            kernel.legs(slope, rise, probability, bound, reasons)
            kernel.mark_uncertain(probability, 0.5, reasons)
            digests.append(b"".join(a.tobytes() for a in (probability, bound, reasons)))
    assert digests[:4] == digests[4:]


def replaced(**fields):
    return PLAIN._replace(
        slope_limit_deg=8.0,
        slope_limit=float(np.tan(np.radians(8.0))),
        roughness_limit_m=0.1875,
        belly_clearance_m=0.4375,
        correlation=0.4,
        **fields,
    )


def test_one_cell_alone_gets_what_it_gets_in_a_map():
    """Also where the last lanes are not full: a tile of a raster gets the bits of the whole."""
    slope, rough, rise, sigma = planted((6, 23), seed=7)
    whole = assess(slope, rough, rise, noise_of(sigma, sigma))
    for row, col in ((0, 0), (3, 11), (5, 22)):
        cell = (slice(row, row + 1), slice(col, col + 1))
        alone = assess(
            *(a[cell].copy() for a in (slope, rough, rise)), noise_of(sigma[cell], sigma[cell])
        )
        for one, many in zip(alone, whole, strict=True):
            np.testing.assert_array_equal(one, many[cell])


def test_reasons_are_what_the_limits_say():
    slope, rough, rise, _ = planted((50, 61), seed=8)
    rng = np.random.default_rng(9)
    state = rng.integers(0, 3, slope.shape).astype(np.uint8)
    slope[state > 0] = rough[state > 0] = np.nan
    inside = rng.random(slope.shape) < 0.8
    known = inside & (rng.random(slope.shape) < 0.8)
    safety = SafetyProbability(LIMITS, LANDER, noise_of(0.02, 0.02))
    probability, bound, reasons = safety.disc(slope, rough, state)
    bits = {r: lambda r=r: (reasons & np.uint16(r)) != 0 for r in Reason}
    np.testing.assert_array_equal(bits[Reason.SLOPE](), slope > 8.0)
    np.testing.assert_array_equal(bits[Reason.ROUGH](), rough > 0.1875)
    np.testing.assert_array_equal(bits[Reason.UNSEEN](), state == 1)
    np.testing.assert_array_equal(bits[Reason.EDGE](), state == 2)
    wanted = safety.select_cells(inside, known, probability, 0.01, reasons)
    np.testing.assert_array_equal(wanted, known & (state == 0) & (probability > np.float32(0.01)))
    np.testing.assert_array_equal(
        bits[Reason.UNSEEN](), (state == 1) | (state == 0) & inside & ~known
    )
    np.testing.assert_array_equal(bits[Reason.EDGE](), (state == 2) | (state == 0) & ~inside)
    steep = np.where(wanted, slope + 1, np.nan).astype(np.float32)
    high = np.where(wanted, rise, np.nan).astype(np.float32)
    safety.legs(steep, high, probability, bound, reasons)
    np.testing.assert_array_equal(bits[Reason.STAND_SLOPE](), steep > 8.0)
    np.testing.assert_array_equal(bits[Reason.BELLY](), high > 0.4375)
    safety.mark_uncertain(probability, 0.9, reasons)
    np.testing.assert_array_equal(
        bits[Reason.UNSURE](),
        (probability < np.float32(0.9)) & ~bits[Reason.UNSEEN]() & ~bits[Reason.EDGE](),
    )


def test_maps_of_other_shapes_are_refused():
    load = load_probability_kernel(supported_isas()[0])
    a, b, one = (np.zeros(s, np.float32) for s in ((3, 4), (4, 3), (1, 1)))
    state, reasons = np.zeros((3, 4), np.uint8), np.zeros((3, 4), np.uint16)
    with pytest.raises(ValueError, match="3 x 4 cells"):
        load(PLAIN, one, one).disc(a, b, state, a.copy(), a.copy(), reasons)
    with pytest.raises(ValueError, match="or one"):
        load(PLAIN, one, a).disc(a, a, state, a.copy(), a.copy(), reasons)
