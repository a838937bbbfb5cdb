"""What is told of an altitude where altimeter, map and dead reckoning contradict each other."""

import numpy as np
import pytest
from recorded_descent import recorded

from farside.navigation import NAVIGATION_ESTIMATE, Navigator, Trust

RANGE, IMU = 1, 6
#: Before the touchdown sensor of Chang'e 6, seed 3, is heard.
LAST = 78_000


def estimates(measured, commands):
    """Return each estimate of a navigator that is told the commands."""
    navigator = Navigator.of(recorded().table, recorded().first)
    out = np.zeros(len(measured), NAVIGATION_ESTIMATE)
    navigator.core.navigate_many(0, measured, out, np.ascontiguousarray(commands))
    return out


def with_ranges(change, first, until=LAST):
    """Navigate the recorded descent up to LAST, with other ranges from a tick to another."""
    measured = recorded().measured[:LAST].copy()
    seen = measured["range_valid"] != 0
    seen[:first] = seen[until:] = False
    measured["range_m"][seen] = change(measured["range_m"][seen])
    return estimates(measured, recorded().commands[:LAST])


def altitude_off(told, first=0):
    """Return |z told - z true|, in sigmas as told and in metres."""
    off = np.abs(told["filter_r_site"][first:, 2] - recorded().rows["r_site"][first:LAST, 2])
    return off / told["position_sigma_m"][first:, 2], off


@pytest.mark.slow
@pytest.mark.parametrize("step_m", [-8000.0, -2000.0])
def test_an_altimeter_that_steps_as_no_ground_does_is_not_taken_for_ground(step_m):
    """8 km from one range to the next: before, the altitude was 8 km off, with a sigma of 18 m."""
    told = with_ranges(lambda r: r + step_m, 15_000)
    sigmas, metres = altitude_off(told, 15_000)
    assert sigmas.max() < 3.0
    assert metres.max() < 250.0
    assert told["position_sigma_m"][15_000:, 2].max() < 250.0
    assert (told["trust"][15_100:, RANGE] == Trust.TRUST_REJECTED).mean() > 0.9


@pytest.mark.slow
def test_an_altimeter_that_steps_back_is_taken_back():
    told = with_ranges(lambda r: r - 3000.0, 15_000, 20_000)
    assert told["trust"][19_900, RANGE] == Trust.TRUST_REJECTED
    assert told["trust"][20_400, RANGE] == Trust.TRUST_BELIEVED
    sigmas, _ = altitude_off(told, 15_000)
    assert sigmas.max() < 4.0


@pytest.mark.slow
def test_ranges_that_were_never_explained_are_told_with_all_that_is_not_known():
    """From the first range on 8 km less: map, altitude or altimeter, and nobody aboard knows which.

    The height over ground follows the altimeter, as a lander over ground that its map has wrong
    needs it to; the deviation of altitude, relief and height holds the contradiction.
    """
    told = with_ranges(lambda r: r - 8000.0, 0)
    sigmas, metres = altitude_off(told, 1000)
    assert metres.max() > 7000.0
    assert sigmas.max() < 3.0
    relief = np.abs(told["relief_m"][1000:]) / told["relief_sigma_m"][1000:]
    assert relief.max() < 3.0
    assert (told["height_sigma_m"][4000:] > 2000.0).all()


@pytest.mark.slow
def test_dead_accelerometers_do_not_let_a_lander_fall_that_stands():
    """Zeros from where it came to rest on, for 10 s: before, 1.62 m/s more in each of them."""
    flight = recorded()
    dead = len(flight.measured) - 50
    assert flight.measured["contact"][dead:].all()
    # it goes on to stand: nothing but the inertial unit and the switches
    more = np.repeat(flight.measured[-1:], 1000)
    for name in ("star", "range", "velocity", "height"):
        more[f"{name}_valid"] = 0
    measured = np.concatenate([flight.measured, more])
    measured["imu_tick"][-1000:] = np.arange(len(measured) - 1000, len(measured))
    measured["dv_body"][dead:] = 0.0
    commands = np.zeros((len(measured), 4))
    commands[: len(flight.commands)] = flight.commands
    told = estimates(measured, commands)
    assert Trust.TRUST_ZERO in told["trust"][dead:, IMU]
    # half a second until they are refused, which is made up then
    assert np.linalg.norm(told["v_site"][dead:], axis=1).max() < 1.0
    assert np.linalg.norm(told["v_site"][-1]) < 0.03
    assert told["rest"][-1] == 1
