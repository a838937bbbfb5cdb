"""Gyros against the torque commanded, and against the stars.

The torque told is Euler's of the recorded path, in numpy: I dw/dt + w x I w.
"""

from collections import deque

import numpy as np
import pytest
from assumed_descent import DT, SETUP, Flight, path

from farside.navigation import Trust

IMU = 6
#: In braking, where the lander turns by 0.1 deg/s.
BRAKING = 40_000
DEG = np.pi / 180.0
#: What a torque that is told may be too much by.
EXTRA_NM = np.array([10.0, 0.0, 0.0])


def inertia(mass_kg):
    share = (mass_kg - SETUP["mass_dry_kg"]) / (SETUP["mass_full_kg"] - SETUP["mass_dry_kg"])
    full, dry = np.array(SETUP["inertia_full"]), np.array(SETUP["inertia_dry"])
    return dry + share * (full - dry)


def torque(k, mass_kg):
    """Return what turns the lander about tick k as recorded, over 0.1 s: thrusters pulse."""
    moments, omega = inertia(mass_kg), path().omega
    change = (omega[k + 6] - omega[k - 4]) / (10.0 * DT)
    return moments * change + np.cross(omega[k], moments * omega[k])


def slew():
    """Return the tick at which the fastest turn of the flight begins."""
    fast = np.linalg.norm(path().omega[:-6000], axis=1)
    top = int(np.argmax(fast))
    return top - int(np.argmax(fast[:top][::-1] < 0.3 * DEG))


def flown(spoil, start=BRAKING, ticks=300, told=True, stars=True, **setup):
    """Fly on from a tick with rows that `spoil` changed; yield each navigation and its tick."""
    flight = Flight(4)
    navigation = flight.navigation(**setup)
    navigation.navigate(0, flight.measured[:start], np.zeros((start, 10)))
    rows = flight.measured[start : start + ticks].copy()
    spoil(rows)
    if not stars:
        rows["star_valid"] = 0
    out = np.zeros((1, 10))
    for k in range(start, start + ticks):
        navigation.navigate(k, rows[k - start : k - start + 1], out)
        if told:
            mass = navigation.state["mass_kg"]
            navigation.command(100.0 * mass * path().dv[k + 1, 2], torque(k, mass))
        yield navigation, k


def last(flight):
    """Fly to the end; return the navigation."""
    return deque(flight, maxlen=1)[0][0]


def off_deg(navigation, k):
    """Angle between the estimated attitude and the true one [deg]."""
    cosine = abs(np.dot(navigation.state["q_site_body"], path().q[k]))
    return np.degrees(2.0 * np.arccos(min(1.0, cosine)))


def spoiled(change, first=20, until=220):
    def spoil(rows):
        part = rows["dtheta_body"][first:until]
        part[:] = change(part, rows["dtheta_body"][first - 1])

    return spoil


STUCK = spoiled(lambda part, last: last)
ZERO = spoiled(lambda part, last: 0.0)


@pytest.mark.slow
@pytest.mark.parametrize(("spoil", "why"), [(STUCK, "STUCK"), (ZERO, "ZERO")])
def test_the_torque_commanded_stands_in_for_gyros(spoil, why):
    """Two seconds of a slew without them and without stars: 0.3 of 13 deg, and named.

    A pulse of 8.4 N m s that the torque told over 0.1 s has not, turns 2750 kg m^2 by 0.17 deg/s.
    """
    begin = slew()
    seen, worst = [], 0.0
    for navigation, k in flown(spoil, begin, 320, stars=False):
        seen.append(navigation.trust[IMU])
        worst = max(worst, off_deg(navigation, k))
    assert worst < 0.3
    assert seen.index(Trust[f"TRUST_{why}"]) < 20 + 60
    # re-admitted by test, half a second after it is right again
    assert seen[240] != Trust.TRUST_BELIEVED
    assert seen[-1] == Trust.TRUST_BELIEVED
    # where no torque is told there is nothing to fly by
    untold = [off_deg(n, k) for n, k in flown(spoil, begin, 320, told=False, stars=False)]
    assert max(untold) > 1.0


def test_one_axis_is_refused_alone():
    def spoil(rows):
        rows["dtheta_body"][20:, 1] = rows["dtheta_body"][19, 1]

    navigation = last(flown(spoil, slew(), 200))
    assert [bool(axis["refused"]) for axis in navigation.state["gyro"]] == [False, True, False]


@pytest.mark.slow
@pytest.mark.xfail(strict=True, reason="open: 0.072 deg of 0.07 after the last fix; 0.030 before")
def test_without_gyros_the_stars_correct_attitude_and_rate():
    """A minute by fixes at 5 Hz, with a torque that is told 10 N m too large: honest and small."""

    def spoil(rows):
        rows["dtheta_body"][20:] = 0.0

    flight = Flight(4)
    navigation = flight.navigation()
    navigation.navigate(0, flight.measured[:BRAKING], np.zeros((BRAKING, 10)))
    rows = flight.measured[BRAKING : BRAKING + 6000].copy()
    spoil(rows)
    out, errors, rates = np.zeros((1, 10)), [], []
    for k in range(BRAKING, BRAKING + 6000):
        navigation.navigate(k, rows[k - BRAKING : k - BRAKING + 1], out)
        mass = navigation.state["mass_kg"]
        navigation.command(100.0 * mass * path().dv[k + 1, 2], torque(k, mass) + EXTRA_NM)
        errors.append(off_deg(navigation, k))
        rates.append(np.subtract(navigation.state["omega_body"], path().omega[k]))
    # a pulse of 8.4 N m s turns 4000 kg m^2 by 0.12 deg/s; fixes come each 0.2 s, as late
    assert max(errors[1000:]) < 0.07
    assert np.abs(rates[1000:]).max() < 0.12 * DEG
    sigma = np.degrees(np.sqrt(np.trace(navigation.covariance[6:9, 6:9])))
    assert errors[-1] < 3.0 * sigma
    # what the torque is off by is learned as an arm of the thrust: 10 N m over 7400 N
    arm = navigation.state["gyro"][0]["arm_m"]
    assert arm == pytest.approx(-10.0 / navigation.state["commanded_n"], rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("axis", range(3))
def test_a_bias_that_sets_in_is_estimated_by_the_stars(axis):
    """0.1 deg/s, twenty thousand times what the unit is specified for: found in 3 s."""

    def spoil(rows):
        rows["dtheta_body"][20:, axis] += 0.1 * DEG * DT

    navigation, worst = None, 0.0
    for navigation, k in flown(spoil, ticks=600):
        if k > BRAKING + 320:
            worst = max(worst, off_deg(navigation, k))
    # while its end is looked for, a bias may change by 0.02 deg/s in a second
    assert navigation.state["gyro_bias"][axis] == pytest.approx(0.1 * DEG, abs=0.02 * DEG)
    assert worst < 0.031
    assert navigation.trust[0] == Trust.TRUST_BELIEVED


def turned(rows, vectors):
    """Turn the fixes of rows by rotation vectors in body axes (N, 3)."""
    half = 0.5 * np.asarray(vectors)
    w, x, y, z = rows["q_inertial_body"].T
    a, b, c = half.T
    q = np.column_stack(
        [
            w - x * a - y * b - z * c,
            w * a + x + y * c - z * b,
            w * b - x * c + y + z * a,
            w * c + x * b - y * a + z,
        ]
    )
    seen = rows["star_valid"] != 0
    rows["q_inertial_body"][seen] = q[seen] / np.linalg.norm(q[seen], axis=1)[:, None]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["jump", "noise", "drift"])
def test_a_star_tracker_that_is_off_is_no_bias_of_the_gyros(fault):
    """A step of 2 deg, ten times the noise, a drift of 0.01 deg/s: the gyros keep their bias."""

    def spoil(rows):
        n = len(rows)
        if fault == "jump":
            turns = np.where(np.arange(n)[:, None] < 20, 0.0, 2.0 * DEG) * np.array([1.0, 0.0, 0.0])
        elif fault == "noise":
            turns = np.random.default_rng(3).normal(0.0, 50.0 / 3600.0 * DEG, (n, 3))
        else:
            turns = 0.01 * DEG * DT * np.arange(n)[:, None] * np.array([0.0, 1.0, 0.0])
        turned(rows, turns)

    navigation = last(flown(spoil, ticks=1000))
    assert np.abs(navigation.state["gyro_bias"]).max() < 0.001 * DEG


def test_gyros_of_the_wrong_sign_are_refused():
    """A slew read the other way round: within half a second of its onset at 2 deg/s^2."""

    def spoil(rows):
        rows["dtheta_body"] *= -1.0

    seen = [navigation.trust[IMU] for navigation, _ in flown(spoil, slew(), 150)]
    assert Trust.TRUST_REJECTED in seen[:120]


@pytest.mark.slow
def test_late_increments_are_refused_by_their_time_tags():
    def spoil(rows):
        rows["imu_tick"][20:] -= 50

    seen = [navigation.trust[IMU] for navigation, _ in flown(spoil, ticks=150)]
    assert seen[19] == Trust.TRUST_BELIEVED
    assert Trust.TRUST_REJECTED in seen[20:80]


@pytest.mark.slow
def test_a_sound_unit_is_never_refused():
    """Slews, sloshing left out, and 1 % more torque told than acts: every tick is believed."""
    seen = [navigation.trust[IMU] for navigation, _ in flown(lambda rows: None, slew() - 500, 3000)]
    assert set(seen) <= {Trust.TRUST_BELIEVED, Trust.TRUST_DOUBTED}
    assert seen.count(Trust.TRUST_DOUBTED) <= 3


@pytest.mark.slow
def test_a_slow_drift_is_followed_by_the_bias():
    """1e-3 deg/s more each second, no jump: after a minute 0.06 deg/s, and named as a doubt."""

    def spoil(rows):
        rows["dtheta_body"][:, 0] += 1e-3 * DEG * DT * DT * np.arange(len(rows))

    seen, off, navigation = set(), 0.0, None
    for navigation, k in flown(spoil, start=30_000, ticks=6000):
        seen.add(navigation.trust[IMU])
        off = off_deg(navigation, k)
    assert navigation.state["gyro_bias"][0] == pytest.approx(0.06 * DEG, abs=0.01 * DEG)
    assert off < 0.1
    assert Trust.TRUST_DOUBTED in seen


def test_what_a_stuck_gyro_missed_is_put_into_the_attitude():
    """The attitude of the past goes with it: less all corrections it is what the gyros gave."""
    begin = slew()
    navigation, k = last(flown(STUCK, begin, 120, stars=False)), begin + 119
    past = navigation.state["past"][k % 64]
    raw = np.array(past["q_site_body"])
    c = np.array(navigation.state["corrected_q"])
    w, x, y, z = c
    a = raw
    q = np.array(
        [
            w * a[0] - x * a[1] - y * a[2] - z * a[3],
            w * a[1] + x * a[0] + y * a[3] - z * a[2],
            w * a[2] - x * a[3] + y * a[0] + z * a[1],
            w * a[3] + x * a[2] - y * a[1] + z * a[0],
        ]
    )
    assert q == pytest.approx(navigation.state["q_site_body"], abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("switch", [22, 24])
def test_a_strike_that_is_felt_before_its_switch_is_made_up(told, switch):
    """A footpad strikes, and its switch is heard ticks later: no turn and no velocity is lost.

    Against a filter that takes jumps for what they are.
    """

    def strike(rows):
        rows["dtheta_body"][20:27, 0] += DT * DEG * np.array([4.0, 9.0, 15.0, 15.0, 9.0, 4.0, 1.0])
        rows["dv_body"][20:27, 2] += 0.3
        rows["contact"][switch:] = 1

    held = last(flown(strike, ticks=40, told=told, stars=False))
    wide = SETUP["health"] | {"jump_rate_radps": 1e3, "jump_thrust": 1e3}
    taken = last(flown(strike, ticks=40, told=told, stars=False, health=wide))
    off = np.subtract(held.state["q_site_body"], taken.state["q_site_body"])
    # of 0.57 deg, of which 0.13 and more are felt before the switch is heard
    assert np.degrees(2.0 * np.linalg.norm(off)) < 2e-3
    # of 0.6 m/s and more, made up along the body's axis of later
    assert np.linalg.norm(np.subtract(held.state["v_site"], taken.state["v_site"])) < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("none", [np.nan, 50.0])
def test_a_strike_is_made_up_once_where_numbers_are_none_behind_its_switch(none):
    """Eight ticks of increments that are none, from the switch on, add nothing to what was felt.

    Made up in each of them, 0.47 m/s of two ticks were 3.8 m/s, and 0.09 deg were 0.69 deg.
    """

    def strike(rows):
        rows["dtheta_body"][20:22, 0] += DT * DEG * np.array([4.0, 9.0])
        rows["dv_body"][20:22, 2] += 0.3
        rows["contact"][22:] = 1

    def broken(rows):
        strike(rows)
        for key in "dtheta_body", "dv_body":
            rows[key][22:30] = none

    whole, part = (
        last(flown(spoil, ticks=40, told=False, stars=False)) for spoil in (strike, broken)
    )
    off = np.subtract(whole.state["q_site_body"], part.state["q_site_body"])
    # eight ticks of the last increment before: noise alone
    assert np.degrees(2.0 * np.linalg.norm(off)) < 0.02
    assert np.linalg.norm(np.subtract(whole.state["v_site"], part.state["v_site"])) < 0.05


@pytest.mark.slow
def test_gyros_of_the_wrong_sign_stay_refused_at_small_rates():
    """After the slew it turns slowly, where a wrong sign hardly shows."""

    def spoil(rows):
        rows["dtheta_body"] *= -1.0

    seen = [navigation.trust[IMU] for navigation, _ in flown(spoil, slew(), 3000)]
    assert set(seen[300:]) == {Trust.TRUST_REJECTED}
