"""The navigation filter against the textbook, and its covariance against its errors."""

import numpy as np
import pytest
from sample_navigation import (
    MISSION,
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


def joseph(p, h, gain, variance):
    """P = (I - K h) P (I - K h)' + K R K', right for any gain."""
    left = np.eye(SIZE) - np.outer(gain, h)
    return left @ p @ left.T + variance * np.outer(gain, gain)


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
    noise[3:6] = 0.1 * navigator_setup(MISSION)["accel_psd"]
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
