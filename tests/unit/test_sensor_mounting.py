"""Places and mountings: rigid-body kinematics and scipy's rotations say what a sensor reads."""

import math

import numpy as np
import pytest
from reference_guidance import angle_between, matrix_of, quaternion_about
from sample_sensors import COM_M, FRAME, model, quiet, sense, truth, with_keys
from scipy.spatial.transform import Rotation

from farside.sensors.mounting import across, turned

PLACE = (0.9, -0.6, 0.8)
TILTED = quaternion_about([0.4, 1.0, 0.3], 0.3)


def test_a_turn_that_is_too_long_is_a_half_turn():
    """Wild inputs draw mountings of radians: no exception, and still a vector of its length."""
    assert turned((0.0, 0.6, 0.8), (5.0, 0.0, 0.0)) == pytest.approx([0.0, -0.6, -0.8], abs=1e-12)
    assert turned((0.0, 0.0, 1.0), (1e-3, 0.0, 0.0)) == pytest.approx([0.0, -1e-3, 1.0], abs=1e-6)


def arm(offset=(0.0, 0.0), error=(0.0, 0.0, 0.0)):
    """From the centre of mass to PLACE [m, body]."""
    return np.add(PLACE, error) - [*offset, COM_M]


def test_the_inertial_unit_feels_the_rigid_body_turn():
    """Increments of a point that turns with the body, from its velocity's own derivative.

    Omega(t) = a + b t in body axes. The acceleration of the point against that of the centre is
    b x l + Omega x (Omega x l) in body axes; its integral over a tick by Simpson's rule.
    """
    a, b = np.array([0.05, -0.1, 0.08]), np.array([0.3, 0.2, -0.4])
    offset, error = (0.02, -0.01), (0.004, -0.002, 0.003)
    held = {f"imu_position_{axis}_m": part for axis, part in zip("xyz", error, strict=True)}
    mission = with_keys(
        imu__position_base_m=list(PLACE),
        imu__gyro_noise_deg_per_sqrt_h=0.0,
        imu__accel_noise_ug_per_sqrt_hz=0.0,
    )
    times = 0.01 * np.arange(40)
    omega = a + times[:, None] * b
    state = truth(40, omega=omega)
    dtheta = np.zeros((40, 3))
    dtheta[1:] = 0.01 * (a + (times[1:, None] - 0.005) * b)
    out = sense(model(mission, quiet(**held)), state, 0, None, dtheta, offset=offset)
    lever = arm(offset, error)

    def felt(t):
        w = a + t * b
        return np.cross(b, lever) + np.cross(w, np.cross(w, lever))

    for k in range(1, 40):
        t = times[k]
        expected = (felt(t - 0.01) + 4.0 * felt(t - 0.005) + felt(t)) / 600.0
        # The kernel takes the middle of the tick for its mean: b^2 dt^3 l / 12 is 3e-8 m/s.
        assert out["dv_body"][k] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("q", [(1.0, 0.0, 0.0, 0.0), TILTED])
def test_the_velocimeter_reads_the_speed_of_its_place_along_its_beams(q):
    """b_i . (v + omega x l) by scipy: each beam turned by itself, then with the set."""
    held = {
        "beam_misalignment_x_deg": 0.3,
        "beam_misalignment_y_deg": -0.2,
        "beam_misalignment_z_deg": 0.1,
        "beam1_misalignment_u_deg": 0.15,
        "beam1_misalignment_v_deg": -0.25,
        "beam_position_x_m": 0.01,
    }
    mission = with_keys(velocimeter__noise_mps=0.0, velocimeter__position_base_m=list(PLACE))
    v, omega = np.array([12.0, -5.0, -30.0]), np.array([0.1, 0.2, -0.3])
    state = truth(3, r=(0.0, 0.0, 500.0), v=v, q=q, omega=omega)
    out = sense(model(mission, quiet(**held)), state)
    assert out["velocity_valid"][2] == 7
    turn = matrix_of(q)
    against_moon = omega - turn.T @ np.asarray(FRAME.omega_site)
    speed = turn.T @ v + np.cross(against_moon, arm(error=(0.01, 0.0, 0.0)))
    whole = Rotation.from_rotvec(np.radians([0.3, -0.2, 0.1]))
    for i, designed in enumerate(out["velocity_direction"][2]):
        beam = designed
        if i == 1:
            u, w = (np.array(axis) for axis in across(designed))
            assert abs(u @ designed) + abs(w @ designed) + abs(u @ w) < 1e-15
            own = np.radians(0.15) * u + np.radians(-0.25) * w
            beam = Rotation.from_rotvec(own).apply(beam)
        # Turns of 0.006 rad are scipy's to their cube over 24: 1e-8 of 40 m/s.
        assert out["velocity_mps"][2][i] == pytest.approx(whole.apply(beam) @ speed, abs=1e-6)


def test_the_altimeter_casts_from_its_place_along_its_true_beam():
    held = {"range_misalignment_x_deg": 0.5, "range_misalignment_y_deg": -1.0}
    held |= {"range_position_z_m": 0.02}
    mission = with_keys(altimeter__noise_m=0.0, altimeter__position_base_m=list(PLACE))
    centre = np.array([300.0, -200.0, 900.0])
    out = sense(model(mission, quiet(**held)), truth(r=centre, q=TILTED))
    turn = matrix_of(TILTED)
    beam = turn @ Rotation.from_rotvec(np.radians([0.5, -1.0, 0.0])).apply(
        out["range_direction"][0]
    )
    head = centre + turn @ arm(error=(0.0, 0.0, 0.02)) + [0.0, 0.0, FRAME.radius_m]
    along = head @ beam
    far = -along - math.sqrt(along * along - head @ head + FRAME.radius_m**2)
    # 0.02 rad: scipy's turn differs by its cube over 24, 3e-7 of a kilometre.
    assert out["range_m"][0] == pytest.approx(far, abs=1e-3)


def test_the_touchdown_sensor_reads_from_its_place():
    mission = with_keys(touchdown__noise_m=0.0, touchdown__position_base_m=list(PLACE))
    out = sense(
        model(mission, quiet(height_position_y_m=0.01)), truth(2, r=(0.0, 0.0, 12.0), q=TILTED)
    )
    head = 12.0 + (matrix_of(TILTED) @ arm(error=(0.0, 0.01, 0.0)))[2]
    # The base is taken under the geometric axis; a metre aside on the sphere is 3e-7 m.
    assert out["height_m"][1] == pytest.approx(head, abs=1e-6)


def test_a_misaligned_star_tracker_reads_a_turned_attitude():
    held = {"star_misalignment_x_arcsec": 300.0, "star_misalignment_z_arcsec": -500.0}
    mission = with_keys(star_tracker__cross_arcsec=0.0, star_tracker__roll_arcsec=0.0)
    straight = sense(model(mission, quiet()), truth(5, q=TILTED))["q_inertial_body"][4]
    turned = sense(model(mission, quiet(**held)), truth(5, q=TILTED))["q_inertial_body"][4]
    expected = Rotation.from_quat(straight, scalar_first=True) * Rotation.from_rotvec(
        np.radians([300.0 / 3600.0, 0.0, -500.0 / 3600.0])
    )
    assert angle_between(turned, expected.as_quat(scalar_first=True)) < 1e-9


def test_the_noise_about_the_boresight_is_the_trackers_own():
    axis = np.array([-1.0, 0.0, 1.0]) / math.sqrt(2.0)
    mission = with_keys(
        star_tracker__boresight_body=axis.tolist(),
        star_tracker__cross_arcsec=10.0,
        star_tracker__roll_arcsec=60.0,
        star_tracker__rate_hz=100.0,
    )
    out = sense(model(mission, quiet()), truth(4000))
    still = sense(model(mission, None), truth(4000))
    q = Rotation.from_quat(still["q_inertial_body"], scalar_first=True)
    error = (q.inv() * Rotation.from_quat(out["q_inertial_body"], scalar_first=True)).as_rotvec()
    arcsec = np.degrees(error) * 3600.0
    # 4000 samples hold a deviation to 1.1 %, 1 sigma.
    assert (arcsec @ axis).std() == pytest.approx(60.0, rel=0.06)
    assert (arcsec @ [0.0, 1.0, 0.0]).std() == pytest.approx(10.0, rel=0.06)
