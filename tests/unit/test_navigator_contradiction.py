"""Gyros that come late or read the other way: held to the torque told and to the stars."""

import numpy as np
import pytest
from assumed_descent import DT, SETUP, Flight, path
from gyro_flights import DEG, IMU, flown, off_deg, slew, torque

from farside.navigation import Trust


def late(ticks, tagged=True, first=20):
    """Have increments come so many ticks late from a row on: first none, of tick 0."""

    def spoil(rows):
        kept = rows.copy()
        for name in ("dtheta_body", "dv_body"):
            rows[name][first : first + ticks] = 0.0
            rows[name][first + ticks :] = kept[name][first:-ticks]
        if tagged:
            rows["imu_tick"][first : first + ticks] = 0
            rows["imu_tick"][first + ticks :] = kept["imu_tick"][first:-ticks]

    return spoil


@pytest.mark.slow
@pytest.mark.parametrize(("ticks", "most_deg"), [(10, 0.05), (50, 0.2)])
def test_late_increments_are_brought_up_to_now_by_the_model(ticks, most_deg):
    """In a slew of 6 deg/s and more, without a star: as they are they are off by rate times delay.

    A torque that is off by 3 % of 420 N m for half a second, over 2750 kg m^2, turns by 0.13 deg/s,
    which is off in the attitude for the delay alone.
    """
    begin = slew()
    navigation, worst, seen = None, 0.0, []
    for navigation, k in flown(late(ticks), begin, 600, stars=False):
        seen.append(navigation.trust[IMU])
        if k > begin + 20 + ticks:
            worst = max(worst, off_deg(navigation, k))
    rate = np.linalg.norm(path().omega[begin : begin + 600], axis=1).max() / DEG
    assert rate * ticks * DT > 2.0 * most_deg
    assert worst < most_deg
    # not refused, but no sound unit either
    assert seen[-1] == Trust.TRUST_DOUBTED
    assert not any(axis["refused"] for axis in navigation.state["gyro"])


@pytest.mark.slow
def test_increments_later_than_the_model_is_kept_are_refused():
    def spoil(rows):
        rows["imu_tick"][20:] -= 64

    seen = [navigation.trust[IMU] for navigation, _ in flown(spoil, ticks=150)]
    assert seen[19] == Trust.TRUST_BELIEVED
    assert Trust.TRUST_REJECTED in seen[20:80]


@pytest.mark.slow
def test_gyros_that_come_late_and_do_not_say_so_are_refused():
    """Half a second late in a slew whose fixes go on: the stars and the torque agree against them.

    Before, at rates below 0.02 rad/s nothing was told, and above it after a second and more.
    """
    begin = slew() - 200
    seen = [n.trust[IMU] for n, _ in flown(late(50, tagged=False), begin, 900)]
    assert Trust.TRUST_REJECTED in seen[:500]


@pytest.mark.slow
def test_gyros_of_the_wrong_sign_are_gone_on_with_reversed():
    """A slew read the other way round: found at 0.5 to 1 s, then attitude and rate are right.

    Before, a model turned it that was begun at a rate of the wrong sign, to the end of the flight.
    """

    def spoil(rows):
        rows["dtheta_body"][:] *= -1.0

    begin, found, worst = slew(), None, 0.0
    for navigation, k in flown(spoil, begin, 1400):
        if found is None and any(axis["reversed"] for axis in navigation.state["gyro"]):
            found = k
        if found is not None and k > found + 60:
            worst = max(worst, off_deg(navigation, k))
    assert found is not None and found < begin + 120
    # roll, which turns by 0.1 deg/s, is found 4 s later
    assert worst < 0.6
    assert off_deg(navigation, k) < 0.1
    assert navigation.trust[IMU] == Trust.TRUST_DOUBTED
    # and no false torque is learned meanwhile
    thrust_n = navigation.state["commanded_n"]
    arms = [abs(axis["arm_m"]) * thrust_n for axis in navigation.state["gyro"]]
    assert max(arms) < 0.1 * SETUP["couple_nm"]


def told_wrongly(begin, ticks, change, stars=False):
    """Fly on from a tick with a torque that is told as `change` makes it of the right one."""
    flight = Flight(4)
    navigation = flight.navigation()
    navigation.navigate(0, flight.measured[:begin], np.zeros((begin, 10)))
    rows = flight.measured[begin : begin + ticks].copy()
    if not stars:
        rows["star_valid"] = 0
    out = np.zeros((1, 10))
    for k in range(begin, begin + ticks):
        navigation.navigate(k, rows[k - begin : k - begin + 1], out)
        mass = navigation.state["mass_kg"]
        navigation.command(100.0 * mass * path().dv[k + 1, 2], change(torque(k, mass)))
        yield navigation, k


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [lambda t: 0.0 * t, lambda t: np.array([20.0, -40.0, 5.0]), lambda t: -t],
    ids=["zero", "constant", "sign"],
)
def test_without_stars_a_torque_without_credit_refuses_no_gyro(change):
    """A host that tells a torque that is none: the gyros are sound, and gone on with."""
    worst = 0.0
    for navigation, k in told_wrongly(slew() - 300, 1500, change):
        assert not any(axis["refused"] for axis in navigation.state["gyro"])
        worst = max(worst, off_deg(navigation, k))
    assert worst < 0.05


@pytest.mark.slow
def test_without_stars_a_torque_that_gyros_have_followed_refuses_one_of_the_wrong_sign():
    """It followed the torque through the beginning of the slew, then it reads the other way."""

    def spoil(rows):
        rows["dtheta_body"][400:, 1] *= -1.0

    begin = slew() - 100
    seen = [n.trust[IMU] for n, _ in flown(spoil, begin, 2500, stars=False)]
    assert Trust.TRUST_REJECTED not in seen[:400]
    assert Trust.TRUST_REJECTED in seen[400:]
