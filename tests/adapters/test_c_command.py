"""A host's navigator is told what engine and thrusters were told: bad inertial units are found."""

import math

import numpy as np
import pytest
from c_library import NEEDS_GCC
from navigate_library import CNavigator, compiled, declare
from recorded_descent import recorded

from farside.navigation import (
    NAVIGATION_ESTIMATE,
    LeftOut,
    NavigationStatus,
    Navigator,
    Trust,
)

pytestmark = [NEEDS_GCC, pytest.mark.xdist_group("recorded_descent")]
OK, LEFT_OUT, NOT_STARTED = (
    NavigationStatus.NAVIGATION_OK,
    NavigationStatus.NAVIGATION_LEFT_OUT,
    NavigationStatus.NAVIGATION_NOT_STARTED,
)
#: Braking at full thrust, too high for the velocimeter.
BAD_FROM, UNTIL = 3000, 9000
IMU, COMMAND_TICKS = 6, 100


@pytest.fixture(scope="module")
def lib(library):
    return declare(library)


@pytest.fixture(scope="module")
def navigator(lib, built):
    return CNavigator(lib, compiled(built, name="told"))


def spoilt(name, axis):
    """Return measurements of which one member stands still from BAD_FROM on, or is 0."""
    measured = recorded().measured[:UNTIL].copy()
    if name == "dv_body":
        measured[name][BAD_FROM:] = 0.0
    else:
        measured[name][BAD_FROM:, axis] = measured[name][BAD_FROM, axis]
    return measured


def estimates(measured, commands=None):
    navigator = Navigator.of(recorded().table, recorded().first)
    out = np.zeros(len(measured), NAVIGATION_ESTIMATE)
    navigator.core.navigate_many(0, measured, out, commands)
    return out


def off_mps(estimate):
    return np.linalg.norm(estimate["v_site"] - recorded().rows["est_v_site"][UNTIL - 1])


def off_rad(estimate):
    q, p = estimate["q_site_body"], recorded().rows["est_q_site_body"][UNTIL - 1]
    return 2.0 * math.sqrt(max(1.0 - float(q @ p) ** 2, 0.0))


def test_accelerometers_that_read_zeros_are_found_by_a_c_host(navigator):
    """Luna-25's. A minute at 2 m/s^2 without them would be 120 m/s."""
    measured = spoilt("dv_body", None)
    navigator.start()
    told = navigator.fly(0, measured, commands=recorded().commands)
    assert told[-1]["trust"][IMU] == Trust.TRUST_ZERO
    # thrust and mass are known to some tenths of a percent: of 120 m/s
    assert off_mps(told[-1]) < 1.0
    assert told.tobytes() == estimates(measured, recorded().commands[:UNTIL]).tobytes()
    alone = estimates(measured)[-1]
    assert alone["trust"][IMU] == Trust.TRUST_BELIEVED
    assert off_mps(alone) > 20.0


@pytest.mark.parametrize("axis", [0, 1])
def test_a_gyro_that_stands_still_is_found(axis):
    """By the torque: none turns the lander about its thrust while it brakes, so not that gyro.

    Stars see the attitude: 0.42 deg off with a pitch gyro that stands still and nothing told.
    """
    measured = spoilt("dtheta_body", axis)
    told = estimates(measured, recorded().commands[:UNTIL])
    assert Trust.TRUST_STUCK in told["trust"][BAD_FROM:, IMU]
    assert off_rad(told[-1]) < math.radians(0.02)
    alone = estimates(measured)
    assert Trust.TRUST_STUCK not in alone["trust"][:, IMU]
    assert axis != 1 or off_rad(alone[-1]) > math.radians(0.3)


def test_a_command_holds_until_the_next():
    """A host that steers ten times a second tells it as often."""
    flight, every = recorded(), 10
    held = flight.commands[: UNTIL // 10 * 10].copy()
    held[:] = np.repeat(held[::every], every, axis=0)
    navigator = Navigator.of(flight.table, flight.first)
    out = np.zeros(len(held), NAVIGATION_ESTIMATE)
    for tick in range(0, 1000, every):
        if tick:
            navigator.command(held[tick, 0], held[tick, 1:])
        navigator.core.navigate_many(
            tick, flight.measured[tick : tick + every], out[tick : tick + every]
        )
    assert out[:1000].tobytes() == estimates(flight.measured[:1000], held[:1000]).tobytes()


@pytest.mark.parametrize(
    ("thrust_n", "torque_nm", "code"),
    [
        (math.nan, None, OK),
        (math.nan, (math.nan,) * 3, OK),
        (-1.0, None, LEFT_OUT),
        (math.inf, (0.0, 0.0, 0.0), LEFT_OUT),
        (1e300, None, LEFT_OUT),
        (math.nan, (0.0, math.inf, 0.0), LEFT_OUT),
        (math.nan, (0.0, 0.0, -1e300), LEFT_OUT),
        (math.nan, (math.nan, math.inf, 0.0), LEFT_OUT),
    ],
)
def test_what_is_no_command_counts_as_not_told(lib, navigator, thrust_n, torque_nm, code):
    measured = recorded().measured[:300]
    navigator.start()
    torque = None if torque_nm is None else np.array(torque_nm)
    address = None if torque is None else torque.ctypes.data
    out = np.zeros(len(measured), NAVIGATION_ESTIMATE)
    for tick in range(len(measured)):
        assert lib.farside_navigation_command(navigator.memory, thrust_n, address) == code
        out[tick] = navigator.fly(tick, measured[tick : tick + 1])[0]
    left = LeftOut.LEFT_COMMAND if code == LEFT_OUT else 0
    assert (out["left_out"] == left).all() and (out["status"] == code).all()
    out["left_out"] = out["status"] = 0
    assert out.tobytes() == estimates(measured).tobytes()
    python = Navigator.of(recorded().table, recorded().first)
    if code == OK:
        python.command(thrust_n, torque_nm)
    else:
        with pytest.raises(ValueError, match="give finite numbers, thrust of 0 or more"):
            python.command(thrust_n, torque_nm)


@pytest.mark.parametrize(("name", "axis"), [("dv_body", None), ("dtheta_body", 1)])
def test_a_model_that_stands_in_goes_on_with_the_last_command_for_a_second(name, axis):
    """Then the unit is believed again, as that of a host that tells nothing; both are said."""
    measured, silent = spoilt(name, axis), BAD_FROM + 2000
    commands = recorded().commands[:UNTIL].copy()
    commands[silent:] = commands[silent - 1]
    held = estimates(measured, commands)
    assert held["trust"][silent, IMU] != Trust.TRUST_BELIEVED
    commands[silent:] = math.nan
    gone, second = estimates(measured, commands), slice(silent, silent + COMMAND_TICKS)
    for member in ("r_site", "v_site", "q_site_body", "trust"):
        assert gone[member][second].tobytes() == held[member][second].tobytes()
    assert (gone["left_out"][second] == LeftOut.LEFT_COMMAND).all()
    assert (gone["trust"][second.stop + 1 :, IMU] <= Trust.TRUST_DOUBTED).all()  # a jump is held
    assert (gone["left_out"][second.stop + 1 :] == 0).all()


def test_a_command_that_nobody_renews_is_forgotten_after_a_second():
    navigator = Navigator.of(recorded().table, recorded().first)
    out, measured = np.zeros(300, NAVIGATION_ESTIMATE), recorded().measured[:300]
    navigator.command(7000.0, (0.0, 0.0, 0.0))
    navigator.core.navigate_many(0, measured, out)
    (said,) = np.flatnonzero(out["left_out"])
    assert said == COMMAND_TICKS + 1 and out["left_out"][said] == LeftOut.LEFT_COMMAND


@pytest.mark.parametrize("ticks", [49, 60, 100])
@pytest.mark.parametrize("at", [3001, 40_003, 72_003])
def test_nothing_is_held_to_the_command_over_missed_ticks(ticks, at):
    """Held increments look like zeros that a unit reads: it was refused, and 1.4 m/s off."""
    flight, after = recorded(), []
    for told in (True, False):
        navigator = Navigator.of(flight.table, flight.first)
        out = np.zeros(at, NAVIGATION_ESTIMATE)
        commands = flight.commands if told else np.full_like(flight.commands, math.nan)
        navigator.core.navigate_many(0, flight.measured[:at], out, commands[:at])
        navigator.core.command(commands[at + ticks, 0], commands[at + ticks, 1:].copy())
        navigator.core.navigate(at + ticks, flight.measured[at + ticks :][:1], out)
        after.append(out[0].copy())
    assert after[0]["trust"][IMU] == after[1]["trust"][IMU]
    np.testing.assert_allclose(after[0]["v_site"], after[1]["v_site"], atol=1e-3)
    assert after[0]["q_site_body"] @ after[1]["q_site_body"] > 1.0 - 1e-9


@pytest.mark.parametrize("ticks", [50, 300])
def test_increments_that_are_left_out_are_not_counted_twice(ticks):
    """One gyro's NaN leaves out all increments: 0.9 m/s off before, as thrust came on top."""
    measured = recorded().measured[: BAD_FROM + ticks].copy()
    measured["dtheta_body"][BAD_FROM:, 1] = math.nan
    told = estimates(measured, recorded().commands[: len(measured)])[-1]
    true = recorded().rows["est_v_site"][len(measured) - 1]
    assert np.linalg.norm(told["v_site"] - true) < 0.1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda c: c * [1, -1, -1, -1],
        lambda c: c * [1, 1, -1, 1],
        lambda c: c[:, [0, 2, 1, 3]],
        lambda c: np.concatenate([c[:50], c[:-50]]),
    ],
    ids=["sign", "sign of pitch", "axes", "late"],
)
def test_a_wrong_torque_is_doubted_and_not_a_healthy_gyro(wrong):
    """The stars tell which of them is wrong; before, the attitude was lost within minutes."""
    flight, last = recorded(), 72_000  # the last of the stars: then the lander turns upright
    commands = np.ascontiguousarray(wrong(flight.commands)[:last])
    told = estimates(flight.measured[:last], commands)
    assert (told["trust"][1:, IMU] == Trust.TRUST_BELIEVED).all()
    assert told["left_out"].max() == LeftOut.LEFT_COMMAND
    right = estimates(flight.measured[:last], flight.commands[:last])
    np.testing.assert_array_equal(told["q_site_body"], right["q_site_body"])


def test_a_gyro_that_turns_the_other_way_is_still_found():
    measured, first = recorded().measured[:76_000].copy(), 70_000  # turns upright from here on
    measured["dtheta_body"][first:, 1] *= -1.0
    told = estimates(measured, recorded().commands[: len(measured)])
    assert Trust.TRUST_REJECTED in told["trust"][first:, IMU]


def test_accelerometers_come_back_with_the_engine_off():
    """Bad from 0.8 s before cut-off to it: they were never believed again, and v fell to -9 m/s."""
    flight = recorded()
    off = int(np.flatnonzero(flight.commands[:, 0] > 0.0)[-1])
    measured = flight.measured.copy()
    measured["dv_body"][off - 80 : off - 3] = 0.0
    told = estimates(measured, flight.commands)
    assert Trust.TRUST_ZERO in told["trust"][off - 80 :, IMU]
    assert told["trust"][-1, IMU] == Trust.TRUST_BELIEVED
    assert np.linalg.norm(told["v_site"][-1]) < 0.5  # it stands; 1.2 m/s where nothing is told


def test_no_navigator_is_told_nothing(lib):
    room = np.zeros(lib.farside_navigator_size() // 8, np.uint64)
    assert lib.farside_navigation_command(None, 1.0, None) == NOT_STARTED
    assert lib.farside_navigation_command(room.ctypes.data, 1.0, None) == NOT_STARTED


def test_commands_of_another_shape_are_refused():
    navigator = Navigator.of(recorded().table, recorded().first)
    out = np.zeros(3, NAVIGATION_ESTIMATE)
    for commands in (np.zeros((2, 4)), np.zeros((3, 3))):
        with pytest.raises(ValueError, match="a row of 4 numbers"):
            navigator.core.navigate_many(0, recorded().measured[:3], out, commands)
    with pytest.raises(ValueError, match="torque_nm of shape"):
        navigator.command(1.0, (0.0, 0.0))
