"""Attitude: pointing, slew-limited reference, torque; rotations against matrices."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference_guidance import angle_between, matrix_of, product, quaternion_about
from scipy.integrate import solve_ivp

from farside.ext.guidance.laws._laws import (
    hold_attitude,
    pointing,
    rotate_by,
    rotation_vector_between,
    slew_reference,
)

RNG = np.random.default_rng(5)
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
part = st.floats(-1.0, 1.0)
direction = st.tuples(part, part, part)


def attitude():
    q = RNG.normal(size=4)
    return q / np.linalg.norm(q)


# ---- pointing ----------------------------------------------------------------------------------


@given(direction, direction)
def test_z_is_along_the_thrust_and_x_towards_the_wish(thrust, wish):
    assume(np.linalg.norm(thrust) > 1e-3 and np.linalg.norm(wish) > 1e-3)
    axes = matrix_of(pointing(thrust, wish))
    along = np.asarray(thrust) / np.linalg.norm(thrust)
    assert axes[:, 2] == pytest.approx(along, abs=1e-9)
    rest = np.asarray(wish) - (np.asarray(wish) @ along) * along
    if np.linalg.norm(rest) > 1e-3:
        assert axes[:, 0] == pytest.approx(rest / np.linalg.norm(rest), abs=1e-7)


@pytest.mark.parametrize("thrust", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0, -2, 0), (0, 0, 0)])
@pytest.mark.parametrize("wish", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0, 1, 0), (0, 0, 0)])
def test_a_wish_along_the_thrust_still_gives_an_attitude(thrust, wish):
    q = np.array(pointing(thrust, wish))
    assert np.linalg.norm(q) == pytest.approx(1.0, abs=1e-12)
    if any(thrust):
        z = np.asarray(thrust, float) / np.linalg.norm(thrust)
        assert matrix_of(q)[:, 2] == pytest.approx(z, abs=1e-12)


# ---- turns -------------------------------------------------------------------------------------


def test_a_turn_takes_one_attitude_into_the_other():
    for _ in range(300):
        a, b = attitude(), attitude()
        turn = np.array(rotation_vector_between(a, b))
        angle = np.linalg.norm(turn)
        assert angle <= np.pi + 1e-12
        reached = product(a, quaternion_about(turn, angle))
        assert angle_between(reached, b) < 1e-7


def test_both_signs_of_a_quaternion_are_one_attitude():
    for _ in range(50):
        a, b = attitude(), attitude()
        assert rotation_vector_between(a, b) == pytest.approx(
            rotation_vector_between(a, -b), abs=1e-12
        )


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-9, 1e-7, 1e-4])
def test_small_turns_keep_their_digits(angle):
    b = quaternion_about([1.0, 2.0, -2.0], angle)
    assert np.linalg.norm(rotation_vector_between(UPRIGHT, b)) == pytest.approx(
        angle, rel=1e-7, abs=1e-20
    )


@pytest.mark.parametrize("angle", [1e-6, 1e-3, 0.01, 0.1])
def test_turned_is_right_to_the_fourth_order(angle):
    # Its series stops at the third order: theta^5 / 480 is left, and a renormalisation.
    for _ in range(20):
        q = attitude()
        axis = RNG.normal(size=3)
        axis /= np.linalg.norm(axis)
        exact = product(q, quaternion_about(axis, angle))
        assert angle_between(rotate_by(q, angle * axis), exact) < angle**4 / 100.0 + 1e-7


def test_ticks_of_turning_add_up():
    q = np.array(UPRIGHT)
    for _ in range(1000):
        q = np.array(rotate_by(q, (0.0, 0.0, 0.001)))
    exact = quaternion_about([0.0, 0.0, 1.0], 1.0)
    assert 2.0 * np.linalg.norm(q - exact) < 1e-9


# ---- the reference -----------------------------------------------------------------------------

RATE, ACCELERATION = np.radians(6.0), 0.04
DT = 0.01
#: With the shares of the mission file's defaults.
SLEW = {
    "rate_radps": RATE,
    "acceleration_radps2": ACCELERATION,
    "stop_share": 0.8,
    "settle_per_s": 3.0,
}


@pytest.mark.parametrize("degrees", [0.01, 1.0, 20.0, 90.0, 179.0])
def test_the_reference_keeps_its_limits_and_arrives(degrees):
    goal = quaternion_about([0.3, -1.0, 0.5], np.radians(degrees))
    out = np.empty((6000, 7))
    slew_reference(UPRIGHT, (0, 0, 0), goal, SLEW, DT, out)
    rates = out[:, 4:]
    assert np.max(np.linalg.norm(rates, axis=1)) <= RATE * (1.0 + 1e-9)
    steps = np.diff(np.vstack([[0, 0, 0], rates]), axis=0)
    assert np.max(np.linalg.norm(steps, axis=1)) <= ACCELERATION * DT * (1.0 + 1e-9)
    assert np.abs(np.linalg.norm(out[:, :4], axis=1) - 1.0).max() < 1e-12
    left = [angle_between(q, goal) for q in out[:, :4]]
    assert left[-1] < 1e-6
    # It does not swing past: once there, it stays within 2 % of the turn.
    assert max(left[int(np.argmin(left)) :]) < 0.02 * np.radians(degrees) + 1e-6


def test_a_turn_takes_little_more_than_its_limits_ask():
    angle = np.radians(60.0)
    out = np.empty((4000, 7))
    goal = quaternion_about([1.0, 0.0, 0.0], angle)
    slew_reference(UPRIGHT, (0, 0, 0), goal, SLEW, DT, out)
    left = np.array([angle_between(q, goal) for q in out[:, :4]])
    least = angle / RATE + RATE / ACCELERATION
    # 2 s for the last degrees, which are linear so that they end without a jerk.
    assert DT * np.argmax(left < np.radians(0.5)) < least + 2.0


def test_a_reference_at_rest_on_its_goal_stays():
    q = attitude()
    out = np.empty((100, 7))
    slew_reference(q, (0, 0, 0), q, SLEW, DT, out)
    assert np.abs(out[:, 4:]).max() < 1e-12


# ---- the torque --------------------------------------------------------------------------------

INERTIA = np.array([5200.0, 5200.0, 4200.0])
LIMIT = np.array([420.0, 420.0, 420.0])


def test_the_loop_settles_a_rigid_body():
    """Euler's equations under the torque held for 10 ms, DOP853 each tick."""
    q, omega = np.array(quaternion_about([1.0, 0.5, -0.3], 0.15)), np.array([0.02, -0.03, 0.01])

    def rate(t, y, torque):
        w = y[4:]
        spin = 0.5 * product(y[:4], np.concatenate([[0.0], w]))
        return np.concatenate([spin, (torque - np.cross(w, INERTIA * w)) / INERTIA])

    errors = []
    for _ in range(800):
        torque = np.array(hold_attitude(UPRIGHT, (0, 0, 0), q, omega, INERTIA, 2.0, 0.9, LIMIT))
        assert np.all(np.abs(torque) <= LIMIT)
        y = solve_ivp(
            rate, (0.0, DT), np.concatenate([q, omega]), args=(torque,), method="RK45", rtol=1e-9
        ).y[:, -1]
        q, omega = y[:4] / np.linalg.norm(y[:4]), y[4:]
        errors.append(angle_between(q, UPRIGHT))
    # 2 rad/s, damping 0.9: 8 s are 14 time constants past what the torque limit takes.
    assert errors[-1] < 1e-5
    assert np.linalg.norm(omega) < 1e-5
    assert max(errors) < 0.2


@given(st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4), direction)
def test_the_torque_stays_inside_its_limit(q, omega):
    assume(np.linalg.norm(q) > 0.1)
    q = np.asarray(q) / np.linalg.norm(q)
    torque = hold_attitude(UPRIGHT, (0, 0, 0), q, omega, INERTIA, 2.0, 0.9, LIMIT)
    assert np.all(np.abs(torque) <= LIMIT)


def test_the_torque_points_home():
    q = quaternion_about([0.0, 0.0, 1.0], 0.01)
    torque = hold_attitude(UPRIGHT, (0, 0, 0), q, (0, 0, 0), INERTIA, 2.0, 0.9, LIMIT)
    assert torque == pytest.approx((0.0, 0.0, -4200.0 * 4.0 * 0.01), rel=1e-6, abs=1e-9)
