"""Accelerometers against the thrust commanded, spikes, and any input at all."""

import numpy as np
import pytest
from assumed_descent import SETUP, Flight, path

from farside.ext.common._records import MEASUREMENTS
from farside.navigation import Trust

IMU = 6
#: In braking, at full thrust and without a velocimeter: nothing else mends a velocity.
START = 40_000


def flown(spoil, ticks=300, told=True, **setup):
    """Fly on from START with rows that `spoil` changed; yield each navigation.

    The thrust commanded is that of the recorded path, where it is told.
    """
    flight = Flight(4)
    navigation = flight.navigation(**setup)
    navigation.navigate(0, flight.measured[:START], np.zeros((START, 10)))
    rows = flight.measured[START : START + ticks].copy()
    spoil(rows)
    out = np.zeros((1, 10))
    for k in range(ticks):
        if told:
            navigation.command(100.0 * navigation.state["mass_kg"] * path().dv[START + k, 2])
        navigation.navigate(START + k, rows[k : k + 1], out)
        yield navigation


def last(spoil, **how):
    navigation = None
    for each in flown(spoil, **how):
        navigation = each
    return navigation


def nothing(rows):
    pass


def zero(rows):
    rows["dv_body"][:200] = 0.0


def stuck(rows):
    rows["dv_body"][:200] = rows["dv_body"][0]


def wrong_sign(rows):
    rows["dv_body"][:200] *= -1.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (zero, Trust.TRUST_ZERO),
        (stuck, Trust.TRUST_STUCK),
        (wrong_sign, Trust.TRUST_REJECTED),
    ],
)
def test_the_thrust_commanded_stands_in_for_accelerometers(spoil, why):
    """Two seconds of it at 3 m/s^2: named within one, and 6 m/s are not lost."""
    good, seen = last(nothing), []
    for navigation in flown(spoil):
        seen.append(navigation.trust[IMU])
    assert seen.index(why) < 100
    # re-admitted by test, half a second after it is right again
    assert seen[240] != Trust.TRUST_BELIEVED
    assert seen[-1] == Trust.TRUST_BELIEVED
    # 1 % of 6 m/s, and a thrust that was steady over the half second that was missed
    off = np.subtract(navigation.state["v_site"], good.state["v_site"])
    assert np.linalg.norm(off) < 0.1


@pytest.mark.slow
def test_the_doubt_of_the_thrust_is_carried_and_ends():
    """1 % of the thrust: 0.03 m/s^2 along it, 4.5 cm/s after the 1.5 s in which it counts."""
    good, bad = last(nothing, ticks=200), last(zero, ticks=200)
    growth = np.trace(bad.covariance[3:6, 3:6]) - np.trace(good.covariance[3:6, 3:6])
    assert growth > (0.5 * 0.045) ** 2
    mended = last(zero)
    mount = slice(27, 30)
    assert np.diag(mended.covariance)[mount] == pytest.approx(
        np.diag(last(nothing).covariance)[mount], rel=1e-9
    )


@pytest.mark.slow
def test_a_weak_engine_is_no_fault_of_the_accelerometers():
    """Half of the thrust, then none: readings with noise are believed, whatever was commanded."""

    def weak(rows):
        rows["dv_body"][:150] *= 0.5
        rows["dv_body"][150:] *= 0.01

    seen = [n.trust[IMU] for n in flown(weak)]
    assert seen.count(Trust.TRUST_DOUBTED) <= 20
    assert set(seen) <= {Trust.TRUST_BELIEVED, Trust.TRUST_DOUBTED}


def test_without_a_command_zeros_are_believed():
    """A host that does not tell its thrust: a lander that falls reads zero."""
    assert last(zero, told=False, ticks=150).trust[IMU] == Trust.TRUST_BELIEVED


@pytest.mark.slow
@pytest.mark.parametrize("value", [1e6, -50.0, 1e300, np.nan, np.inf])
@pytest.mark.parametrize("name", ["dv_body", "dtheta_body"])
def test_one_wild_increment_changes_next_to_nothing(name, value):
    def spoil(rows):
        rows[name][10, 1] = value

    good, bad = last(nothing, ticks=40), last(spoil, ticks=40)
    # the increment before stands in: off by noise and jitter, 1 mm/s and 0.1 mrad
    assert np.allclose(bad.state["v_site"], good.state["v_site"], rtol=0.0, atol=2e-3)
    assert np.allclose(bad.state["q_site_body"], good.state["q_site_body"], rtol=0.0, atol=1e-4)
    assert bad.trust[IMU] == Trust.TRUST_BELIEVED


@pytest.mark.slow
def test_a_jump_that_lasts_is_made_up():
    """An engine that stops at once: 8 ticks late, and no velocity is lost."""

    def stops(rows):
        rows["dv_body"][100:] *= 0.01

    late = last(stops, ticks=200)
    at_once = last(stops, ticks=200, health=SETUP["health"] | {"jump_thrust": 1000.0})
    off = np.subtract(late.state["v_site"], at_once.state["v_site"])
    assert np.linalg.norm(off) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_any_input_leaves_numbers_and_a_covariance(seed):
    """Records of random bytes, 2 s of them, flags and ticks and all."""
    rng = np.random.default_rng([77, seed])
    size = 200 * MEASUREMENTS.itemsize
    rows = np.frombuffer(rng.bytes(size), MEASUREMENTS).copy()
    if seed % 2:
        # believable times: the rest is taken in where its gate allows
        for name in ("star", "range", "velocity", "height"):
            rows[f"{name}_tick"] = START + np.arange(200) - rng.integers(0, 60, 200)
            rows[f"{name}_valid"] = 7
    navigation = last(lambda r: r.__setitem__(slice(None), rows), ticks=200)
    state = navigation.state
    for name in ("r_site", "v_site", "q_site_body", "omega_body", "place_m", "mass_kg"):
        assert np.isfinite(state[name]).all(), name
    P = navigation.covariance
    assert np.isfinite(P).all()
    assert np.array_equal(P, P.T)
    assert (np.diag(P) >= 0.0).all()
