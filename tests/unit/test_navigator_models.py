"""The navigator's F and H against central differences, its update against the textbook."""

import math

import numpy as np
import pytest
from assumed_descent import CONFIG, SETUP, exponential, multiply, path
from sample_navigation import MOON, onboard_map

from farside.ext.common._records import MEASUREMENTS
from farside.ext.navigation._filter import CLONE_SIZE, FIRST_CONSIDERED, PLACES, SIZE, Navigation
from farside.navigation import initial_estimate
from farside.navigation.estimate import first_sigmas

RNG = np.random.default_rng(14)
SIGMAS = np.array(first_sigmas(CONFIG))
#: The inertial unit at the centre of mass: increments here are those of the path itself.
AT_CENTRE = {"placed": [0, *SETUP["placed"][1:]], "place_m": [[0.0] * 3, *SETUP["place_m"][1:]]}
#: Scales of the states, for numbers of one size; the tie is counted as the position.
UNITS = np.where(SIGMAS > 0.0, SIGMAS, 100.0)
OPEN = SETUP["health"] | {"gate_1": 1e300, "gate_3": 1e300, "reject_after": 10**4}


def first(r, v, q, P=None):
    start = initial_estimate(CONFIG, r, v, q, np.zeros(3))
    return start if P is None else dict(start, P=P.tolist())


def navigation(start, **setup):
    place, heights, sigma = onboard_map(0.0, 150.0)
    keys = SETUP | AT_CENTRE | {"health": OPEN, "bridges": 0} | setup
    return Navigation(keys, MOON, start, place, heights, sigma)


def at(tick, P=None, dx=None):
    """Return a navigation at a tick of the recorded path, with an error put into its estimate."""
    p = path()
    r, v, q = p.r[tick], p.v[tick], p.q[tick]
    if dx is not None:
        r, v = r + dx[:3], v + dx[3:6]
        q = multiply(exponential(dx[None, 6:9]), q[None])[0]
    return navigation(first(r, v, q, P))


def random_covariance():
    root = RNG.normal(size=(SIZE, SIZE)) * UNITS[:, None]
    return root @ root.T / SIZE + np.diag(1e-4 * UNITS**2)


def measurements(count, tick=0):
    out = np.zeros(count, MEASUREMENTS)
    p = path()
    out["dv_body"], out["dtheta_body"] = p.dv[tick : tick + count], p.dtheta[tick : tick + count]
    return out


def state_of(navigation):
    s = navigation.state
    return np.concatenate(
        [
            s["r_site"],
            s["v_site"],
            s["gyro_bias"],
            s["accel_bias"],
            [s["beam_scale"], s["relief_m"], s["relief_slope"]],
        ]
    )


# ---- F -------------------------------------------------------------------------------------------


def flown(tick, dx=None, **errors):
    """Ten ticks of strapdown from a tick on, with an error in state or increments."""
    navigation = at(tick, dx=dx)
    measured = measurements(11, tick)
    dv, dtheta = measured["dv_body"], measured["dtheta_body"]
    dv -= 0.01 * np.array(errors.get("accel_bias", np.zeros(3)))
    dv -= dv[:, 2:] * np.array(errors.get("accel_mount", np.zeros(3)))
    dtheta -= 0.01 * np.array(errors.get("gyro_bias", np.zeros(3)))
    out = np.zeros((10, 10))
    navigation.navigate(1, measured[1:10], out[:9])
    return navigation, measured[10:]


def end_of(tick, dx=None, **errors):
    navigation, last = flown(tick, dx, **errors)
    out = np.zeros((1, 10))
    # by a setup whose covariance does not matter: the state after ten ticks
    navigation.navigate(11, last, out)
    return out[0]


def difference(plus, minus):
    """Return the error state (9,) between two ends."""
    q = multiply(plus[None, 6:], minus[None, 6:] * [1.0, -1.0, -1.0, -1.0])[0]
    return np.concatenate([plus[:6] - minus[:6], 2.0 * q[1:] * np.sign(q[0])])


@pytest.mark.parametrize("tick", [10_000, 70_000])
def test_the_transition_is_that_of_central_differences(tick):
    """Over 0.1 s; left out are the Moon's turning, 5e-7 of a velocity, and (omega T)^2."""
    navigation, last = flown(tick)
    navigation.navigate(11, last, np.zeros((1, 10)))
    F = navigation.transition()
    steps = {"position": 10.0, "velocity": 1.0, "attitude": 1e-3}
    for group, step in steps.items():
        for i in range(3):
            dx = np.zeros(9)
            dx[PLACES[group] + i] = step
            slope = difference(end_of(tick, dx), end_of(tick, -dx)) / (2.0 * step)
            scale = UNITS[:9] / UNITS[PLACES[group] + i]
            column = F[:9, PLACES[group] + i]
            assert slope / scale == pytest.approx(column / scale, abs=2e-6)
    for group, step in {"gyro_bias": 1e-4, "accel_bias": 1e-2, "accel_mount": 1e-2}.items():
        for i in range(3):
            off = np.zeros(3)
            off[i] = step
            slope = difference(end_of(tick, **{group: off}), end_of(tick, **{group: -off})) / (
                2.0 * step
            )
            column = F[:9, PLACES[group] + i]
            scale = UNITS[:9] / UNITS[PLACES[group] + i]
            # the sums hold R at the middle of each tick: r's share is that of a constant force
            assert slope / scale == pytest.approx(column / scale, abs=2e-6)


# ---- H -------------------------------------------------------------------------------------------

TICK = 70_000


def measured_at(kind):
    """One measurement at a tick, and its row of numbers alone."""
    m = measurements(1)
    m["dv_body"] = m["dtheta_body"] = 0.0
    m[f"{kind}_valid"] = 1
    if kind == "range":
        m["range_m"], m["range_direction"] = 300.0, (0.1, 0.05, -0.99373)
    elif kind == "velocity":
        m["velocity_direction"][0, 0] = (0.3, 0.1, -math.sqrt(0.9))
        m["velocity_mps"][0, 0] = 20.0
    elif kind == "height":
        m["height_m"] = 25.0
    return m


CHANNEL = {"range": 1, "velocity": 2, "height": 5}
OF_TRUTH = ("position", "velocity", "attitude")


def innovation(kind, dx):
    navigation = at(TICK, dx=dx)
    navigation.navigate(0, measured_at(kind), np.zeros((1, 10)))
    return navigation.state["channel"][CHANNEL[kind]]["innovation"]


def row_of(kind):
    """H by what a measurement does to a covariance of one unit: P H' / S with P = I."""
    P = np.diag(UNITS**2)
    navigation = at(TICK, P=P)
    before = navigation.covariance
    navigation.navigate(0, measured_at(kind), np.zeros((1, 10)))
    channel = navigation.state["channel"][CHANNEL[kind]]
    # P falls by g g' with g = P H' / sqrt(S), of the estimated states
    fall = before - navigation.covariance
    lead = int(np.argmax(np.diag(fall)[:FIRST_CONSIDERED] / UNITS[:FIRST_CONSIDERED] ** 2))
    g = fall[lead] / math.sqrt(fall[lead, lead])
    return g * math.sqrt(channel["S"]) / UNITS**2


@pytest.mark.parametrize("kind", CHANNEL)
def test_the_rows_of_measurements_are_those_of_central_differences(kind):
    """Innovations are z - h(x): -H along each state, in the units of their deviations."""
    H = row_of(kind)
    slopes = np.zeros(9)
    for i, step in enumerate(np.repeat([1.0, 0.1, 1e-4], 3)):
        dx = np.zeros(9)
        dx[i] = step
        slopes[i] = -(innovation(kind, dx) - innovation(kind, -dx)) / (2.0 * step)
    size = np.abs(H[:9] * UNITS[:9]).max()
    sign = np.sign(H[:9] @ (slopes * UNITS[:9] ** 2))
    assert sign * H[:9] * UNITS[:9] / size == pytest.approx(slopes * UNITS[:9] / size, abs=1e-5)


# ---- the update ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", range(20))
def test_a_measurement_updates_as_in_the_textbook(case):
    """Schmidt's gain in Joseph's form, by whole matrices."""
    P = random_covariance()
    navigation = at(0, P=P)
    h = np.zeros(SIZE)
    h[RNG.choice(SIZE, 12, replace=False)] = RNG.normal(size=12)
    h /= UNITS
    variance, nu = 10.0 ** RNG.uniform(-3, 2), RNG.normal()
    before = state_of(navigation)
    navigation.update(h, nu, variance)
    gain = P @ h / (h @ P @ h + variance)
    gain[FIRST_CONSIDERED:] = 0.0
    left = np.eye(SIZE) - np.outer(gain, h)
    expected = left @ P @ left.T + variance * np.outer(gain, gain)
    after = navigation.covariance
    assert np.array_equal(after, after.T)
    scale = np.outer(UNITS, UNITS)
    assert after / scale == pytest.approx(expected / scale, rel=1e-9, abs=1e-9)
    moved = np.delete(gain[:18], slice(6, 9)) * nu
    units = np.delete(UNITS[:18], slice(6, 9))
    assert (state_of(navigation) - before) / units == pytest.approx(
        moved / units, rel=1e-8, abs=1e-7
    )
    assert np.linalg.eigvalsh(after / scale).min() > 0.0


def test_what_is_considered_is_never_changed_by_a_measurement():
    P = random_covariance()
    navigation = at(0, P=P)
    navigation.update(RNG.normal(size=SIZE) * (np.arange(SIZE) % 3 == 0) / UNITS, 1.0, 0.1)
    assert np.array_equal(
        navigation.covariance[FIRST_CONSIDERED:, FIRST_CONSIDERED:],
        P[FIRST_CONSIDERED:, FIRST_CONSIDERED:],
    )


@pytest.mark.parametrize(
    ("nu", "variance"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan), (1.0, math.inf)]
)
def test_numbers_that_are_none_change_nothing(nu, variance):
    navigation = at(0)
    before, P = state_of(navigation), navigation.covariance
    h = np.zeros(SIZE)
    h[0] = 1.0
    navigation.update(h, nu, variance)
    assert np.array_equal(state_of(navigation), before)
    assert np.array_equal(navigation.covariance, P)


def test_a_perfect_measurement_leaves_the_covariance_positive():
    """A thousand of variance 0 along one direction: R is held above S / 2^40."""
    navigation = at(0, P=random_covariance())
    h = np.zeros(SIZE)
    h[[0, 4, 8, 16]] = 1.0 / UNITS[[0, 4, 8, 16]]
    for _ in range(1000):
        navigation.update(h, 0.0, 0.0)
    eigenvalues = np.linalg.eigvalsh(navigation.covariance / np.outer(UNITS, UNITS))
    assert eigenvalues.min() > -1e-12 * eigenvalues.max()


def test_the_arrays_have_room_for_their_clones():
    assert navigation(first([0, 0, 1e4], [0, 0, 0], [1, 0, 0, 0])).state["size"] == SIZE
    assert len(SIGMAS) == SIZE
    assert CLONE_SIZE == 6
