"""The navigation filter against the textbook, and its covariance against its errors."""

import numpy as np
import pytest
from reference_filter import RELIEF, DenseFilter, joseph
from reference_guidance import product
from sample_navigation import (
    CONFIG,
    FRAME,
    braking,
    covariance,
    first_of,
    low,
    measure,
    navigation,
)

from farside.navigation import navigator_setup

RNG = np.random.default_rng(8)
SIZE = len(first_of(braking())["P"])
#: Scales of the states: place [m], speed [m/s], scale of the velocimeter, and what comes after.
UNITS = np.array([100.0] * 3 + [0.3] * 3 + [5e-3] + [100.0] * (SIZE - 7))


def random_covariance():
    root = RNG.normal(size=(SIZE, SIZE)) * UNITS[:, None]
    return root @ root.T / SIZE + np.diag(1e-4 * UNITS**2)


def filter_with(p, **options):
    return navigation(dict(first_of(braking()), P=p.tolist()), **options)


def state_of(navigator):
    s = navigator.state
    rest = [s["relief_m"]] if "relief_m" in s else []
    return np.array([*s["r_site"], *s["v_site"], s["beam_scale"], *rest])


@pytest.mark.parametrize("case", range(30))
def test_a_measurement_updates_as_in_the_textbook(case):
    p, h = random_covariance(), RNG.normal(size=SIZE) / UNITS
    variance, innovation = 10.0 ** RNG.uniform(-3, 2), RNG.normal()
    navigator = filter_with(p)
    before = state_of(navigator)
    navigator.update(h, innovation, variance)
    gain = p @ h / (h @ p @ h + variance)
    assert (state_of(navigator) - before) / UNITS == pytest.approx(
        gain * innovation / UNITS, rel=1e-9, abs=1e-7
    )
    scaled = covariance(navigator) / np.outer(UNITS, UNITS)
    assert scaled == pytest.approx(
        joseph(p, h, gain, variance) / np.outer(UNITS, UNITS), rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize("dead_reckoning", [False, True])
@pytest.mark.parametrize("along", [None, (0.0, 0.0, 1.0), (0.6, 0.0, 0.8)])
def test_what_is_held_back_is_considered_and_not_estimated(dead_reckoning, along):
    p, h = random_covariance(), RNG.normal(size=SIZE) / UNITS
    navigator = filter_with(p)
    navigator.set_dead_reckoning(dead_reckoning)
    before = state_of(navigator)
    navigator.update(h, 0.7, 0.5, along)
    gain = p @ h / (h @ p @ h + 0.5)
    if along is not None:
        way = np.array(along)
        gain[:3] = (gain[:3] @ way) * way
        gain[3:6] = (gain[3:6] @ way) * way
        gain[6] = 0.0
    if dead_reckoning:
        gain[:2] = 0.0
    assert (state_of(navigator) - before) / UNITS == pytest.approx(
        0.7 * gain / UNITS, rel=1e-9, abs=1e-7
    )
    scaled = covariance(navigator) / np.outer(UNITS, UNITS)
    assert scaled == pytest.approx(
        joseph(p, h, gain, 0.5) / np.outer(UNITS, UNITS), rel=1e-9, abs=1e-9
    )


def test_uncertainty_grows_as_in_the_textbook():
    p = random_covariance()
    # At rest, so that nothing that depends on the distance flown comes in.
    first = dict(first_of(braking()), P=p.tolist(), v_site=[0.0, 0.0, 0.0])
    navigator = navigation(first)
    navigator.propagate_covariance(0.1)
    step = np.eye(SIZE)
    step[:3, 3:6] = 0.1 * np.eye(3)
    noise = np.zeros(SIZE)
    noise[3:6] = 0.1 * navigator_setup(CONFIG)["accel_psd"]
    scaled = covariance(navigator) / np.outer(UNITS, UNITS)
    assert scaled == pytest.approx(
        (step @ p @ step.T + np.diag(noise)) / np.outer(UNITS, UNITS), rel=1e-12, abs=1e-12
    )


def check_covariance(navigator):
    p = covariance(navigator) / np.outer(UNITS, UNITS)
    assert np.abs(p - p.T).max() <= 1e-9 * np.abs(p).max()
    assert np.linalg.eigvalsh(0.5 * (p + p.T)).min() > -1e-9 * np.abs(p).max()


@pytest.mark.parametrize("dead_reckoning", [False, True])
def test_the_covariance_stays_symmetric_and_positive(dead_reckoning):
    for flight in (braking(), low()):
        measured = measure(flight, False, 5)
        navigator = navigation(first_of(flight))
        navigator.set_dead_reckoning(dead_reckoning)
        out = np.zeros((2000, 10))
        for start in range(0, 12_000, 2000):
            navigator.navigate(start, measured[start : start + 2000], out)
            check_covariance(navigator)


# ---- against the filter written a second time ----------------------------------------------------


def both(flight, measured, ticks, sigma, change=None, dead_reckoning_from=None):
    """Run the kernel and the dense filter over the same measurements; yield them each second."""
    setup = navigator_setup(CONFIG) | (change or {})
    first = first_of(flight, dr=(40.0, -70.0, 120.0), dv=(0.1, -0.05, 0.08))
    kernel = navigation(first, sigma=sigma, **setup)
    dense = DenseFilter(setup, first, FRAME, sigma)
    out = np.zeros((1, 10))
    for tick in range(ticks):
        if tick == dead_reckoning_from:
            kernel.set_dead_reckoning(True)
            dense.dead_reckoning = True
        kernel.navigate(tick, measured[tick : tick + 1], out)
        dense.step(tick, measured[tick])
        if tick % 100 == 99:
            yield kernel, dense


def check_alike(kernel, dense):
    """Hold state, attitude and covariance of the two against each other."""
    state = kernel.state
    assert (state_of(kernel) - dense.x) / UNITS == pytest.approx(np.zeros(SIZE), abs=1e-7)
    assert np.abs(product(dense.q * [1, -1, -1, -1], state["q_site_body"])[1:]).max() < 1e-9
    sigma = np.sqrt(np.diag(dense.p))
    assert covariance(kernel) / np.outer(sigma, sigma) == pytest.approx(
        dense.p / np.outer(sigma, sigma), abs=1e-6
    )
    assert state["range_outliers"] == dense.range_outliers
    assert bool(state["terrain_datum"]) == dense.terrain_datum


@pytest.mark.parametrize("dead_reckoning_from", [None, 1000])
@pytest.mark.parametrize(("flight", "sigma"), [(braking, 50.0), (low, 20.0)])
def test_the_filter_is_the_dense_one(flight, sigma, dead_reckoning_from):
    """20 s of every sensor: in braking from the map, low down from the ground beneath."""
    measured = measure(flight(), False, 3)
    assert measured["range_valid"][:2000].sum() >= 199
    seen = 0
    for kernel, dense in both(
        flight(), measured, 2000, sigma, dead_reckoning_from=dead_reckoning_from
    ):
        check_alike(kernel, dense)
        seen += 1
    assert seen == 20
    assert dense.terrain_datum == (flight is low)


@pytest.mark.parametrize("height_m", [1500.0, -1500.0])
def test_outliers_are_weighed_as_by_the_dense_one(height_m):
    """A rim that the map does not hold: gate, inflated R, doubt, and relief into the altitude."""
    flight = braking()
    measured = measure(flight, False, 3)
    measured["range_m"][300:1500] -= height_m
    largest = 0.0
    for kernel, dense in both(flight, measured, 2500, 50.0):
        check_alike(kernel, dense)
        largest = max(largest, abs(dense.x[RELIEF]) / dense.relief_sigma_m)
    assert dense.range_outliers > 20
    assert largest > 3.0


CHANGES = {
    "gate_sigma": 1.5,
    "doubt_after": 3,
    "doubt_relief": 0.1,
    "doubt_position": 0.01,
    "relief_gate_sigma": 1.0,
    "relief_transfer": 0.9,
    "relief_length_m": 1500.0,
    "star_gain": 0.3,
    "attitude_sigma_rad": 2e-3,
}


@pytest.mark.parametrize("key", CHANGES)
def test_a_changed_key_changes_both_alike(key):
    """Each key does in the kernel what it does in the dense filter, and it does something."""
    flight = braking()
    measured = measure(flight, False, 3)
    measured["range_m"][300:1500] -= 1500.0
    (*_, (plain, _)) = both(flight, measured, 1000, 50.0)
    for kernel, dense in both(flight, measured, 1000, 50.0, {key: CHANGES[key]}):
        check_alike(kernel, dense)
    moved = np.abs(state_of(kernel) - state_of(plain)).max()
    turned = np.abs(np.subtract(kernel.state["q_site_body"], plain.state["q_site_body"])).max()
    assert moved > 1e-3 or turned > 1e-9
