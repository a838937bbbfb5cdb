"""The polynomial laws against their publications, flown in a plain double integrator."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_guidance import apollo_quadratic, e_guidance, fly

from farside.ext.guidance.laws._laws import fractional_polynomial, hold_point, limit_thrust

G = np.array([0.0, 0.0, -1.62])
RNG = np.random.default_rng(7)


def states(n):
    for _ in range(n):
        yield (
            RNG.normal(0.0, 1500.0, 3),
            RNG.normal(0.0, 60.0, 3),
            RNG.normal(0.0, 100.0, 3),
            RNG.normal(0.0, 5.0, 3),
            RNG.normal(0.0, 1.0, 3),
            float(RNG.uniform(1.0, 200.0)),
        )


def test_gamma_1_and_kr_6_is_e_guidance():
    for r, v, rf, vf, af, t_go in states(200):
        ours = fractional_polynomial(r, v, (rf, vf, af), G, t_go, 1.0, 6.0)
        assert ours == pytest.approx(e_guidance(r, v, rf, vf, G, t_go), rel=1e-11, abs=1e-9)


def test_gamma_1_and_kr_12_is_apollo():
    for r, v, rf, vf, af, t_go in states(200):
        # Lu's a_f is thrust acceleration, Apollo's A_D the total one.
        ours = fractional_polynomial(r, v, (rf, vf, af - G), G, t_go, 1.0, 12.0)
        theirs = apollo_quadratic(r, v, rf, vf, af, G, t_go)
        assert ours == pytest.approx(theirs, rel=1e-11, abs=1e-9)


@pytest.mark.parametrize(("gamma", "kr"), [(1.0, 6.0), (1.0, 8.0), (1.0, 12.0), (0.5, 7.0)])
def test_it_arrives_in_place_and_speed(gamma, kr):
    r, v = np.array([-1900.0, 60.0, 2500.0]), np.array([40.0, -2.0, -30.0])
    rf, vf = np.array([0.0, 0.0, 100.0]), np.array([0.0, 0.0, -1.5])

    def law(r, v, t_go):
        return fractional_polynomial(r, v, (rf, vf, -G), G, t_go, gamma, kr)

    # The command is held for 20 ms and the last half second coasts on it: a lag of 10 ms at 2 m/s^2
    # and the law's own slope over half a second leave 0.1 m and 0.2 m/s.
    place, speed = fly(law, r, v, G, 110.0, 0.5)
    assert np.linalg.norm(place - rf) < 0.1
    assert np.linalg.norm(speed - vf) < 0.2


def test_kr_above_6_ends_on_the_wanted_thrust():
    r, v = np.array([-1900.0, 60.0, 2500.0]), np.array([40.0, -2.0, -30.0])
    ends = {}
    for kr in (6.0, 8.0, 12.0):
        last = []

        def law(r, v, t_go, kr=kr, last=last):
            a = fractional_polynomial(r, v, (np.zeros(3), np.zeros(3), -G), G, t_go, 1.0, kr)
            last[:] = [np.asarray(a)]
            return a

        fly(law, r, v, G, 110.0, 0.5)
        ends[kr] = math.degrees(math.atan2(np.hypot(*last[0][:2]), last[0][2]))
    # Half a second from the end: upright within 1.5 deg, which E-guidance is not.
    assert ends[6.0] > 3.0
    assert ends[8.0] < 1.5 and ends[12.0] < 0.5


def test_e_guidance_takes_the_least_squared_acceleration():
    # Among the laws that arrive, kr = 6 minimises the integral of a^2 (D'Souza 1997).
    r, v = np.array([-1900.0, 60.0, 2500.0]), np.array([40.0, -2.0, -30.0])
    cost = {}
    for kr in (6.0, 7.0, 8.0, 12.0):
        total = [0.0]

        def law(r, v, t_go, kr=kr, total=total):
            a = fractional_polynomial(r, v, (np.zeros(3), np.zeros(3), -G), G, t_go, 1.0, kr)
            total[0] += 0.02 * float(np.dot(a, a))
            return a

        fly(law, r, v, G, 110.0, 0.5)
        cost[kr] = total[0]
    assert cost[6.0] < cost[7.0] < cost[8.0] < cost[12.0]


# ---- limits ------------------------------------------------------------------------------------

UP = (0.0, 0.0, 1.0)
acceleration = st.floats(-50.0, 50.0)
wide = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e150, max_value=1e150)


def split(a, up=UP):
    vertical = float(np.dot(a, up))
    return vertical, float(np.linalg.norm(np.asarray(a) - vertical * np.asarray(up)))


@given(acceleration, acceleration, acceleration, st.floats(0.5, 5.0), st.floats(0.0, 1.5))
def test_limits_hold(x, y, z, full, tan_tilt):
    out, cut = limit_thrust((x, y, z), UP, full, 0.2 * full, tan_tilt)
    vertical, across = split(out)
    assert 0.2 * full <= vertical <= full
    # A rounding of the root's argument, one part in 2^53 of full^2, shows as its root.
    assert math.hypot(vertical, across) <= full * (1.0 + 1e-12)
    # Below 1e-154 a square has lost digits.
    assert across <= tan_tilt * vertical * (1.0 + 1e-12) + 1e-154
    assert cut == (not np.allclose(out, (x, y, z), rtol=1e-12, atol=1e-15)) or (
        # A cut may be smaller than a rounding shows.
        np.allclose(out, (x, y, z), rtol=1e-9)
    )


@given(acceleration, acceleration, st.floats(1.0, 3.0))
def test_the_vertical_is_kept_and_the_horizontal_clipped(x, y, z):
    out, _ = limit_thrust((x, y, z), UP, 3.0, 0.5, 10.0)
    assert out[2] == z
    # What is left keeps its direction.
    assert x * out[1] == pytest.approx(y * out[0], rel=1e-9, abs=1e-12)
    assert x * out[0] + y * out[1] >= 0.0


@given(acceleration, acceleration, st.floats(0.5, 3.0), st.floats(0.1, 1.0))
def test_what_is_inside_passes_unchanged(x, y, z, tan_tilt):
    a = np.array([x, y, z])
    _, across = split(a)
    out, cut = limit_thrust(a, UP, 3.0, 0.5, tan_tilt)
    if across < 0.999 * tan_tilt * z and math.hypot(across, z) < 2.999:
        assert not cut
        assert out == pytest.approx(tuple(a), abs=0.0)


@given(wide, wide, wide)
def test_the_limits_hold_for_any_finite_wish(x, y, z):
    out, _ = limit_thrust((x, y, z), UP, 2.0, 0.6, 1.0)
    assert np.isfinite(out).all()
    assert np.linalg.norm(out) <= 2.0 * (1.0 + 1e-12)


@given(acceleration, acceleration, acceleration, st.floats(0.0, 3.0), st.floats(-3.0, 3.0))
def test_up_may_point_anywhere(x, y, z, polar, turn):
    up = np.array(
        [math.sin(polar) * math.cos(turn), math.sin(polar) * math.sin(turn), math.cos(polar)]
    )
    out, _ = limit_thrust((x, y, z), up, 3.0, 0.6, 1.0)
    vertical, across = split(out, up)
    assert 0.6 - 1e-12 <= vertical <= 3.0 + 1e-12
    assert across <= vertical + 1e-9


# ---- hold a point ------------------------------------------------------------------------------


def hold(r, v, frequency=0.3, brake=0.2):
    return np.asarray(hold_point(r, v, np.zeros(3), np.zeros(3), G, frequency, brake))


def test_at_rest_on_the_point_it_hovers():
    assert hold(np.zeros(3), np.zeros(3)) == pytest.approx(-G, abs=1e-15)


@pytest.mark.parametrize("offset", [1.0, 8.0, 30.0, 100.0, 1000.0])
def test_it_comes_back_without_passing_the_point(offset):
    state = np.array([offset, 0.0, 0.0]), np.zeros(3)
    track = [offset]
    for _ in range(int(10 * (40.0 + 3.0 * np.sqrt(offset / 0.2)))):
        # 10 Hz, the rate of guidance
        place, speed = fly(lambda r, v, t_go: hold(r, v), *state, G, 0.1, 0.0, 0.1)
        state = place, speed
        track.append(float(place[0]))
    # Critically damped near the point: it overshoots by nothing but the held command's tenth of a
    # second, and is back within a centimetre.
    assert min(track) > -0.08
    assert abs(track[-1]) < 0.01


def test_far_off_it_slows_down_at_its_brake():
    # From 500 m: the fastest way to stop at the point at 0.2 m/s^2 runs at sqrt(2 b e); the law
    # stays below that all the way, and follows it up to the lag of its 1 / (2 w) = 1.7 s.
    state = np.array([500.0, 0.0, 0.0]), np.zeros(3)
    fastest = 0.0
    for _ in range(1200):
        before = state[1][0]
        state = fly(lambda r, v, t_go: hold(r, v), *state, G, 0.1, 0.0, 0.1)
        speed, left = -state[1][0], state[0][0]
        if left > 20.0 and fastest > 10.0:
            assert speed**2 <= 2.0 * 0.2 * left * 1.1
            assert state[1][0] - before < 1.2 * 0.2 * 0.1
        fastest = max(fastest, speed)
    assert 12.0 < fastest < np.sqrt(2.0 * 0.2 * 500.0)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_pull_of_a_place_grows_as_the_root_of_its_distance(x, y, z):
    offset = np.array([x, y, z])
    pull = np.linalg.norm(hold(offset, np.zeros(3)) + G)
    # 2 w sqrt(2 b e) at most; w^2 e near by, never more
    e = np.linalg.norm(offset)
    assert pull <= min(0.3**2 * e, 0.6 * np.sqrt(0.4 * e)) * (1.0 + 1e-9) + 1e-9
