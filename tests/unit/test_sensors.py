"""Sensors: exact without noise, and with it errors of the size that the mission states."""

import math
from dataclasses import replace

import numpy as np
import pytest
from plain_sensors import plain
from reference_guidance import (
    angle_between,
    matrix_of,
    moon_numbers,
    product,
    quaternion_about,
)
from sample_navigation import errors_of

from farside.ext.common._records import LANDER_STATE, MEASUREMENTS
from farside.ext.ground._ground import GroundModel
from farside.ext.sensors._sensing import SensorModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame
from farside.sensors import sensor_setup
from farside.sensors.mounting import cone
from farside.sensors.suite import every

MISSION = plain(load_mission("chang-e-6"))
FRAME = SiteFrame(-41.6385, 206.0148, 1737400.0 - 5256.0)
RADIUS = FRAME.radius_m
MOON = moon_numbers(FRAME)
UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])
ARCSEC = math.radians(1.0 / 3600.0)
COM_M = 1.8
#: A bound that 1 sample in 10^7 passes by chance, in its standard deviations.
RARE = 5.3


def sphere():
    return GroundModel(RADIUS, RADIUS, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])


def sensors(perfect=True, seed=1, **changes):
    setup = dict(sensor_setup(MISSION, None if perfect else errors_of(seed)), **changes)
    return SensorModel(setup, MOON, sphere(), seed), setup


def truth(n=1, r=(0.0, 0.0, 100.0), v=(0.0, 0.0, 0.0), q=UPRIGHT, omega=(0.0, 0.0, 0.0)):
    state = np.zeros(n, LANDER_STATE)
    state["r_site"], state["v_site"], state["q_site_body"] = r, v, q
    state["omega_body"], state["mass_kg"] = omega, 2000.0
    return state


def sense(model, state, tick=0, dv=None, dtheta=None):
    n = len(state)
    out = np.zeros(n, MEASUREMENTS)
    dv = np.zeros((n, 3)) if dv is None else np.ascontiguousarray(dv, float)
    dtheta = np.zeros((n, 3)) if dtheta is None else np.ascontiguousarray(dtheta, float)
    model.sense(tick, state, dv, dtheta, (0.0, 0.0, COM_M), out)
    return out


def mean_and_deviation(x, sigma):
    """Whether a sample has mean 0 and a sigma, within what chance leaves."""
    x = np.asarray(x, float).ravel()
    assert abs(x.mean()) < RARE * sigma / math.sqrt(len(x))
    assert abs(x.std() / sigma - 1.0) < RARE / math.sqrt(2.0 * len(x))


def range_to_sphere(r, beam):
    """Smallest positive root of |r + d beam| = R, from the Moon's centre."""
    centre = np.add(r, [0.0, 0.0, RADIUS])
    b = centre @ beam
    inside = b * b - centre @ centre + RADIUS**2
    return -b - math.sqrt(inside) if inside > 0.0 and b < 0.0 else math.nan


# ---- perfect -------------------------------------------------------------------------------------


def test_perfect_inertial_increments_are_the_truth():
    model, _ = sensors()
    rng = np.random.default_rng(1)
    dv, dtheta = rng.normal(size=(2, 200, 3))
    out = sense(model, truth(200), 0, dv, dtheta)
    assert np.array_equal(out["dv_body"], dv) and np.array_equal(out["dtheta_body"], dtheta)


ATTITUDES = [
    quaternion_about([1.0, 0.0, 0.0], 0.2),
    quaternion_about([0.3, -1.0, 0.2], 0.4),
    quaternion_about([0.0, 1.0, 0.0], -0.5),
]


@pytest.mark.parametrize("height", [50.0, 900.0, 9000.0])
@pytest.mark.parametrize("q", ATTITUDES)
def test_perfect_ranges_end_on_the_sphere(height, q):
    model, _ = sensors()
    out = sense(model, truth(r=(3000.0, -2000.0, height), q=q))
    assert out["range_valid"][0]
    beam = matrix_of(q) @ out["range_direction"][0]
    assert out["range_m"][0] == pytest.approx(
        range_to_sphere((3000.0, -2000.0, height), beam), abs=1e-5
    )


@pytest.mark.parametrize("q", ATTITUDES)
def test_three_perfect_beams_hold_the_velocity(q):
    model, _ = sensors()
    v = np.array([-31.0, 4.0, -17.0])
    state = truth(r=(0.0, 0.0, 2000.0), v=v, q=q)
    # Which beams look down is known from the first range on.
    sense(model, state, 0)
    out = sense(model, state, 2)
    assert out["velocity_valid"][0]
    body = np.linalg.solve(out["velocity_direction"][0], out["velocity_mps"][0])
    assert matrix_of(q) @ body == pytest.approx(v, abs=1e-12)


def test_the_perfect_star_tracker_sees_the_moon_turn():
    model, _ = sensors()
    q = ATTITUDES[1]
    for tick in (4, 100_004):
        out = sense(model, truth(q=q), tick)
        turn = quaternion_about(FRAME.omega_site, np.linalg.norm(FRAME.omega_site) * tick / 100.0)
        assert out["star_valid"][0]
        # Near zero an angle is known to a rounding of its cosine's sine, 1e-16.
        assert angle_between(out["q_inertial_body"][0], product(turn, q)) < 1e-12


def test_the_perfect_height_is_that_of_the_base():
    model, _ = sensors()
    q = quaternion_about([1.0, 0.0, 0.0], 0.1)
    sense(model, truth(r=(0.0, 0.0, 12.0), q=q), 0)
    out = sense(model, truth(r=(0.0, 0.0, 12.0), q=q), 1)
    assert out["height_valid"][0]
    # 0.18 m aside on the sphere: nothing.
    assert out["height_m"][0] == pytest.approx(12.0 - COM_M * math.cos(0.1), abs=1e-6)


# ---- which beams, and when -----------------------------------------------------------------------


def test_the_beams_that_look_nearest_to_the_ground_serve():
    altimeter = MISSION.sensors.altimeter
    heads = [
        np.array(altimeter.braking_boresight_body),
        np.array(altimeter.landing_boresight_body),
    ]
    for pitch in np.radians([0.0, 20.0, 40.0, 55.0, 65.0, 80.0, 90.0, 110.0]):
        # Thrust leans from the vertical towards +x, body x swings down.
        q = quaternion_about([0.0, 1.0, 0.0], pitch)
        model, _ = sensors()
        out = sense(model, truth(r=(0.0, 0.0, 5000.0), q=q))
        down = -matrix_of(q)[2]
        best = int(np.argmax([down @ head for head in heads]))
        assert model.beams == best
        if out["range_valid"][0]:
            assert out["range_direction"][0] == pytest.approx(heads[best], abs=1e-12)


@pytest.mark.parametrize("boresight", [(0.0, 0.0, -1.0), (0.866025403784, 0.0, -0.5), (0, 1, 0)])
def test_the_beams_stand_evenly_about_their_boresight(boresight):
    beams = cone(boresight, 20.0)
    assert beams @ np.asarray(boresight) == pytest.approx(math.cos(math.radians(20.0)), abs=1e-9)
    assert np.linalg.norm(beams, axis=1) == pytest.approx(1.0, abs=1e-9)
    between = [beams[i] @ beams[(i + 1) % 3] for i in range(3)]
    assert np.ptp(between) < 1e-9
    # Three independent directions: a velocity can be had from them.
    assert abs(np.linalg.det(beams)) > 0.1


def test_each_sensor_reports_at_its_own_rate_and_on_ticks_of_its_own():
    model, _ = sensors()
    out = sense(model, truth(1000, r=(0.0, 0.0, 20.0)))
    reports = {}
    for name, rate in (("range", 10.0), ("velocity", 20.0), ("star", 5.0), ("height", 20.0)):
        ticks = np.flatnonzero(out[f"{name}_valid"])
        assert len(ticks) == 10.0 * rate
        assert np.all(np.diff(ticks) == 100.0 / rate)
        reports[name] = set(ticks)
    assert not reports["range"] & reports["star"]
    assert not reports["range"] & reports["velocity"] and not reports["star"] & reports["velocity"]
    assert every(1000.0) == 1 and every(3.0) == 33


@pytest.mark.parametrize(("rate_dps", "valid"), [(1.4, 1), (1.6, 0)])
def test_the_star_tracker_is_blind_while_it_slews(rate_dps, valid):
    model, _ = sensors()
    omega = math.radians(rate_dps) * np.array([0.6, 0.0, 0.8])
    assert sense(model, truth(omega=omega), 4)["star_valid"][0] == valid


@pytest.mark.parametrize(("height", "valid"), [(2.5, 0), (3.5, 1), (29_900.0, 1), (30_100.0, 0)])
def test_the_altimeter_has_a_nearest_and_a_farthest_range(height, valid):
    model, _ = sensors()
    assert sense(model, truth(r=(0.0, 0.0, height)))["range_valid"][0] == valid


def test_the_altimeter_that_looks_past_the_moon_is_silent():
    model, _ = sensors()
    out = sense(model, truth(r=(0.0, 0.0, 15000.0), q=quaternion_about([0, 1, 0], math.pi)))
    assert not out["range_valid"][0]


@pytest.mark.parametrize(("height", "valid"), [(9000.0, 1), (9800.0, 0)])
def test_the_velocimeter_has_a_farthest_range(height, valid):
    # 20 deg off the vertical: 10 km of beam reach from 9.4 km.
    model, _ = sensors()
    out = sense(model, truth(3, r=(0.0, 0.0, height)))
    assert out["velocity_valid"][2] == 7 * valid


@pytest.mark.parametrize(("height", "valid"), [(29.0, 1), (31.5, 1), (32.0, 0), (500.0, 0)])
def test_the_height_sensor_has_a_farthest_height(height, valid):
    # 30 m above the ground at the base, 1.8 m below the centre of mass.
    model, _ = sensors()
    assert sense(model, truth(2, r=(0.0, 0.0, height)))["height_valid"][1] == valid


# ---- errors --------------------------------------------------------------------------------------

N = 200_000


def test_inertial_noise_has_its_density():
    zero = {"gyro_bias": [0.0] * 3, "accel_bias": [0.0] * 3}
    model, _ = sensors(False, **zero)
    out = sense(model, truth(N, r=(0, 0, 1e5)))
    # White noise of density s gives increments of s sqrt(dt): 35 ug/rtHz, 0.005 deg/rth.
    mean_and_deviation(out["dv_body"], 35e-6 * 9.80665 * math.sqrt(0.01))
    mean_and_deviation(out["dtheta_body"], math.radians(0.005) / 60.0 * math.sqrt(0.01))


@pytest.mark.slow
def test_inertial_errors_of_a_flight_are_constant_and_drawn_from_the_seed():
    imu = MISSION.sensors.imu
    rows = {name: [] for name in ("gyro_bias", "gyro_scale", "accel_bias", "accel_scale")}
    scalars = {"range_bias_m": [], "beam_scale": []}
    for seed in range(2000):
        setup = sensor_setup(MISSION, errors_of(seed))
        for name in rows:
            rows[name].append(setup[name])
        for name in scalars:
            scalars[name].append(setup[name])
    mean_and_deviation(rows["gyro_bias"], math.radians(imu.gyro_bias_dph) / 3600.0)
    mean_and_deviation(rows["gyro_scale"], imu.gyro_scale_ppm * 1e-6)
    mean_and_deviation(rows["accel_bias"], imu.accel_bias_ug * 1e-6 * 9.80665)
    mean_and_deviation(rows["accel_scale"], imu.accel_scale_ppm * 1e-6)
    mean_and_deviation(scalars["range_bias_m"], MISSION.sensors.altimeter.bias_m)
    mean_and_deviation(scalars["beam_scale"], MISSION.sensors.velocimeter.scale)
    assert sensor_setup(MISSION, errors_of(7)) == sensor_setup(MISSION, errors_of(7))


def test_biases_and_scale_factors_act_on_the_increments():
    quiet = {"gyro_noise": 0.0, "accel_noise": 0.0}
    model, setup = sensors(False, **quiet)
    dv, dtheta = np.array([[0.01, -0.02, 0.03]]), np.array([[1e-3, 2e-3, -3e-3]])
    out = sense(model, truth(), 0, dv, dtheta)
    scale, bias = np.array(setup["accel_scale"]), np.array(setup["accel_bias"])
    assert out["dv_body"][0] - dv[0] == pytest.approx(scale * dv[0] + 0.01 * bias, abs=1e-16)
    scale, bias = np.array(setup["gyro_scale"]), np.array(setup["gyro_bias"])
    assert out["dtheta_body"][0] - dtheta[0] == pytest.approx(
        scale * dtheta[0] + 0.01 * bias, abs=1e-16
    )


def test_altimeter_errors():
    model, setup = sensors(False, range_every=1)
    out = sense(model, truth(20_000, r=(0.0, 0.0, 1000.0)))
    error = out["range_m"] - range_to_sphere((0, 0, 1000.0), np.array([0.0, 0.0, -1.0]))
    mean_and_deviation(error - setup["range_bias_m"], MISSION.sensors.altimeter.noise_m)


def test_velocimeter_errors():
    model, setup = sensors(False, beam_every=1)
    v = np.array([12.0, -5.0, -30.0])
    state = truth(20_000, r=(0.0, 0.0, 1000.0), v=v)
    sense(model, state[:1], 0)
    out = sense(model, state, 1)
    true = out["velocity_direction"][0] @ v
    error = out["velocity_mps"] - (1.0 + setup["beam_scale"]) * true
    mean_and_deviation(error, MISSION.sensors.velocimeter.noise_mps)
    # The beams' noises are their own.
    for i in range(3):
        assert abs(np.corrcoef(error[:, i], error[:, (i + 1) % 3])[0, 1]) < RARE / math.sqrt(20_000)


def test_star_tracker_errors():
    model, _ = sensors(False, star_every=1)
    q = ATTITUDES[1]
    out = sense(model, truth(20_000, q=q))
    back = np.array([q[0], -q[1], -q[2], -q[3]])
    error = []
    for tick in range(0, 20_000, 5):
        turn = quaternion_about(FRAME.omega_site, -np.linalg.norm(FRAME.omega_site) * tick / 100.0)
        d = product(back, product(turn, out["q_inertial_body"][tick]))
        error.append(2.0 * np.sign(d[0]) * d[1:])
    error = np.array(error)
    star = MISSION.sensors.star_tracker
    mean_and_deviation(error[:, 0], star.roll_arcsec * ARCSEC)
    mean_and_deviation(error[:, 1:], star.cross_arcsec * ARCSEC)


def test_height_errors():
    model, _ = sensors(False, height_every=1)
    sense(model, truth(r=(0.0, 0.0, 12.0)))
    out = sense(model, truth(20_000, r=(0.0, 0.0, 12.0)), 1)
    mean_and_deviation(out["height_m"] - (12.0 - COM_M), MISSION.sensors.touchdown.noise_m)


def test_one_sensor_does_not_shift_anothers_errors():
    state = truth(2000, r=(0.0, 0.0, 20.0), v=(1.0, 2.0, -1.0))
    out = sense(sensors(False)[0], state)
    less = sense(sensors(False, range_every=7, star_cross_rad=0.0, star_roll_rad=0.0)[0], state)
    assert np.array_equal(out["dv_body"], less["dv_body"])
    assert np.array_equal(out["height_m"], less["height_m"])


def test_the_same_seed_measures_the_same_and_another_does_not():
    state = truth(500, r=(0.0, 0.0, 20.0))
    a, b = sense(sensors(False, 5)[0], state), sense(sensors(False, 5)[0], state)
    assert a.tobytes() == b.tobytes()
    assert not np.array_equal(a["dv_body"], sense(sensors(False, 6)[0], state)["dv_body"])


def test_perfect_draws_no_errors_at_all():
    setup = sensor_setup(MISSION, None)
    for name in ("gyro_bias", "gyro_scale", "accel_bias", "accel_scale"):
        assert not np.any(setup[name])
    for name in (
        "gyro_noise",
        "accel_noise",
        "star_cross_rad",
        "star_roll_rad",
        "range_noise_m",
        "range_bias_m",
        "beam_noise_mps",
        "beam_scale",
        "height_noise_m",
    ):
        assert setup[name] == 0.0


def test_a_mission_without_sensor_errors_is_perfect():
    imu = replace(
        MISSION.sensors.imu,
        gyro_bias_dph=0.0,
        gyro_noise_deg_per_sqrt_h=0.0,
        gyro_scale_ppm=0.0,
        accel_bias_ug=0.0,
        accel_noise_ug_per_sqrt_hz=0.0,
        accel_scale_ppm=0.0,
    )
    other = replace(MISSION, sensors=replace(MISSION.sensors, imu=imu))
    setup = sensor_setup(other, errors_of(1, other))
    assert setup["gyro_noise"] == setup["accel_noise"] == 0.0 and not np.any(setup["gyro_bias"])
