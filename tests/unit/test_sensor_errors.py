"""Drift, steps, ends of scales and misaligned axes, beside numpy, scipy and the analytic law."""

import math

import numpy as np
import pytest
from sample_sensors import model, quiet, sense, truth, with_keys
from scipy.spatial.transform import Rotation

from farside.sensors.constant_errors import CONSTANT_ERRORS, PAIRS
from farside.sensors.mounting import turned

G0 = 9.80665
#: A bound that 1 sample in 10^7 passes by chance, in its standard deviations.
RARE = 5.3
NOISELESS = {
    "imu__gyro_noise_deg_per_sqrt_h": 0.0,
    "imu__accel_noise_ug_per_sqrt_hz": 0.0,
    "altimeter__noise_m": 0.0,
    "velocimeter__noise_mps": 0.0,
    "touchdown__noise_m": 0.0,
    "star_tracker__cross_arcsec": 0.0,
    "star_tracker__roll_arcsec": 0.0,
}


def drifting(process, sigma, per_tau):
    """Whether samples of several processes, (N, M), are Gauss-Markov: variance and correlation.

    The effective number of samples of x^2 with correlation phi^2 is N (1 - phi^2) / (1 + phi^2); of
    x_k x_k+lag about as many.
    """
    phi = math.exp(-1.0 / per_tau)
    count = process.size * (1.0 - phi * phi) / (1.0 + phi * phi)
    assert abs((process**2).mean() / sigma**2 - 1.0) < RARE * math.sqrt(2.0 / count)
    for lag in (1, per_tau // 2, per_tau):
        product = (process[lag:] * process[:-lag]).mean() / sigma**2
        assert abs(product - math.exp(-lag / per_tau)) < RARE * math.sqrt(2.0 / count)


def test_the_altimeters_drift_is_gauss_markov():
    keys = {"altimeter__drift_m": 0.5, "altimeter__drift_time_s": 2.0, "altimeter__rate_hz": 100.0}
    sensors = model(with_keys(**NOISELESS, **keys), quiet())
    out = sense(sensors, truth(200_000))
    # 200 steps make a time constant; the first tick has the stationary variance already.
    drifting((out["range_m"] - 100.0)[:, None], 0.5, 200)


def test_the_velocimeters_beams_drift_each_on_its_own():
    keys = {
        "velocimeter__drift_mps": 0.2,
        "velocimeter__drift_time_s": 1.0,
        "velocimeter__rate_hz": 100.0,
    }
    out = sense(model(with_keys(**NOISELESS, **keys), quiet()), truth(100_000))
    drift = out["velocity_mps"]
    drifting(drift, 0.2, 100)
    across = np.corrcoef(drift.T)[np.triu_indices(3, 1)]
    # 1000 time constants, of which each is worth one independent sample and more.
    assert np.abs(across).max() < RARE / math.sqrt(500.0)


def test_the_inertial_drifts_are_held_between_their_steps():
    keys = {"imu__gyro_drift_dph": 10.0, "imu__accel_drift_ug": 500.0, "imu__drift_time_s": 2.0}
    out = sense(model(with_keys(**NOISELESS, **keys), quiet()), truth(200_000))
    gyro = out["dtheta_body"].reshape(-1, 10, 3) / 0.01
    accel = out["dv_body"].reshape(-1, 10, 3) / 0.01
    assert np.ptp(gyro, axis=1).max() == 0.0 and np.ptp(accel, axis=1).max() == 0.0
    drifting(gyro[:, 0], math.radians(10.0) / 3600.0, 20)
    drifting(accel[:, 0], 500e-6 * G0, 20)


def test_the_first_drift_has_the_stationary_deviation():
    mission = with_keys(**NOISELESS, altimeter__drift_m=0.3)
    first = [
        sense(model(mission, quiet(), seed), truth())["range_m"][0] - 100.0 for seed in range(2000)
    ]
    assert abs(np.std(first) / 0.3 - 1.0) < RARE / math.sqrt(4000.0)


def test_misaligned_axes_are_the_matrix_of_their_angles():
    held = {f"gyro_misalignment_{pair}_arcsec": 10.0 * i + 5.0 for i, pair in enumerate(PAIRS)}
    held |= {f"accel_misalignment_{pair}_arcsec": 7.0 - 3.0 * i for i, pair in enumerate(PAIRS)}
    held |= {"gyro_scale_y_ppm": 40.0, "accel_scale_z_ppm": -90.0}
    rng = np.random.default_rng(3)
    dv, dtheta = 0.05 * rng.normal(size=(2, 50, 3))
    out = sense(model(with_keys(**NOISELESS), quiet(**held)), truth(50), 0, dv, dtheta)

    def matrix(stem, scale):
        m = np.eye(3) + np.diag(scale)
        for pair in PAIRS:
            i, j = ("xyz".index(axis) for axis in pair)
            m[i, j] = math.radians(held[f"{stem}_misalignment_{pair}_arcsec"] / 3600.0)
        return m

    assert out["dtheta_body"] == pytest.approx(dtheta @ matrix("gyro", [0, 4e-5, 0]).T, abs=1e-15)
    assert out["dv_body"] == pytest.approx(dv @ matrix("accel", [0, 0, -9e-5]).T, abs=1e-15)


def test_increments_are_counted_in_steps_and_none_is_lost():
    mission = with_keys(**NOISELESS, imu__accel_step_mps=1e-3, imu__gyro_step_arcsec=2.0)
    rng = np.random.default_rng(4)
    dv, dtheta = 1e-3 * rng.normal(size=(500, 3)), 1e-5 * rng.normal(size=(500, 3))
    out = sense(model(mission, quiet()), truth(500), 0, dv, dtheta)
    for name, true, step in (
        ("dv_body", dv, 1e-3),
        ("dtheta_body", dtheta, math.radians(2.0 / 3600.0)),
    ):
        counts = out[name] / step
        assert counts == pytest.approx(np.round(counts), abs=1e-9) and np.ptp(counts) > 1.0
        # The sum is never further off than half a step, and rounding of 500 sums.
        off = np.abs(np.cumsum(out[name], axis=0) - np.cumsum(true, axis=0))
        assert off.max() <= 0.5 * step * (1.0 + 1e-9)


@pytest.mark.parametrize(("key", "field", "step"), [("altimeter__step_m", "range_m", 0.25)])
def test_ranges_are_whole_steps(key, field, step):
    state = truth(50)
    state["r_site"][:, 2] = np.linspace(40.0, 60.0, 50)
    out = sense(
        model(with_keys(**NOISELESS, **{key: step}, altimeter__rate_hz=100.0), quiet()), state
    )
    assert out[field] == pytest.approx(
        step * np.floor(state["r_site"][:, 2] / step + 0.5), abs=1e-9
    )


def test_speeds_and_heights_are_whole_steps():
    keys = {"velocimeter__step_mps": 0.1, "touchdown__step_m": 0.5}
    state = truth(3, r=(0.0, 0.0, 20.3), v=(1.23, -0.7, -2.1))
    free = sense(model(with_keys(**NOISELESS), quiet()), state)
    out = sense(model(with_keys(**NOISELESS, **keys), quiet()), state)
    assert out["velocity_mps"][2] == pytest.approx(
        0.1 * np.round(free["velocity_mps"][2] / 0.1), abs=1e-12
    )
    assert out["height_m"][1] == 18.5 and free["height_m"][1] == pytest.approx(18.5, abs=1e-6)


def test_saturated_axes_stand_at_the_end_and_say_so():
    mission = with_keys(**NOISELESS, imu__accel_limit_mps2=20.0, imu__gyro_limit_dps=50.0)
    dv = [[0.3, -0.1, 0.0], [0.1, -0.9, 0.21], [0.2, 0.0, 0.0]]
    dtheta = [[0.0, 0.0, 0.0], [0.0, 0.0, -0.02], [0.0, 0.0, 0.0]]
    out = sense(model(mission, quiet()), truth(3), 0, dv, dtheta)
    assert out["dv_body"] == pytest.approx(np.clip(dv, -0.2, 0.2), abs=1e-15)
    turn = math.radians(0.5)
    assert out["dtheta_body"] == pytest.approx(np.clip(dtheta, -turn, turn), abs=1e-15)
    # 1, 2, 4: accelerometer x, y, z; 8, 16, 32: gyro. A reading on the end is none beyond it.
    assert out["saturated"].tolist() == [1, 2 | 4 | 32, 0]


def test_a_range_beyond_its_scale_stands_at_its_end():
    mission = with_keys(**NOISELESS, altimeter__range_max_m=1000.0)
    out = sense(model(mission, quiet(range_bias_m=5.0)), truth(r=(0.0, 0.0, 998.0)))
    assert out["range_m"][0] == 1000.0 and out["saturated"][0] == 64
    out = sense(model(mission, quiet(range_bias_m=1.0)), truth(r=(0.0, 0.0, 998.0)))
    assert out["range_m"][0] == pytest.approx(999.0, abs=1e-6) and out["saturated"][0] == 0


@pytest.mark.parametrize(("height", "ratio"), [(300.0, 0.1), (3000.0, 1.0)])
def test_noise_grows_with_the_range(height, ratio):
    mission = with_keys(
        altimeter__noise_m=0.1,
        altimeter__noise_far_m=0.4,
        altimeter__range_max_m=3000.5,
        altimeter__rate_hz=100.0,
    )
    out = sense(model(mission, quiet()), truth(20_000, r=(0.0, 0.0, height)))
    sigma = math.hypot(0.1, 0.4 * ratio)
    error = out["range_m"] - height
    # The end of the scale cuts the farther range's upper half: the lower half is a half normal.
    rms = math.sqrt((error[error < 0.0] ** 2).mean())
    assert abs(rms / sigma - 1.0) < RARE / math.sqrt(20_000.0)


def test_small_turns_are_scipys():
    rng = np.random.default_rng(5)
    for by in 0.02 * rng.normal(size=(20, 3)):
        v = rng.normal(size=3)
        # 2 asin(|by| / 2) is |by| but for |by|^3 / 24
        assert turned(v, by) == pytest.approx(
            Rotation.from_rotvec(by).apply(v), abs=np.linalg.norm(by) ** 3 / 20.0 * 4.0
        )
        assert np.linalg.norm(turned(v, by)) == pytest.approx(np.linalg.norm(v), rel=1e-14)
    assert turned((0.3, -2.0, 1.0), (0.0, 0.0, 0.0)) == [0.3, -2.0, 1.0]


def test_every_constant_error_has_a_name_of_its_own():
    names = [error.name for error in CONSTANT_ERRORS]
    assert len(set(names)) == len(names) == 53
    units = ("_dph", "_ppm", "_ug", "_arcsec", "_deg", "_m")
    assert [name for name in names if not name.endswith(units)] == ["beam_scale"]


STREAMS = [
    ("altimeter__drift_m", "range_m", ("dv_body", "velocity_mps", "height_m", "q_inertial_body")),
    ("velocimeter__drift_mps", "velocity_mps", ("dv_body", "range_m", "height_m")),
    ("imu__accel_drift_ug", "dv_body", ("range_m", "velocity_mps", "height_m", "q_inertial_body")),
    ("star_tracker__drift_arcsec", "q_inertial_body", ("dv_body", "range_m", "velocity_mps")),
    ("touchdown__drift_m", "height_m", ("dv_body", "range_m", "velocity_mps", "q_inertial_body")),
]


@pytest.mark.parametrize(("key", "moved", "others"), STREAMS)
def test_a_sensors_drift_shifts_no_other_sensors_draws(key, moved, others):
    state = truth(300, r=(0.0, 0.0, 20.0), v=(1.0, 2.0, -1.0))
    plain, drifts = (
        sense(model(mission, quiet()), state) for mission in (with_keys(), with_keys(**{key: 0.5}))
    )
    assert not np.array_equal(plain[moved], drifts[moved])
    for name in others:
        assert np.array_equal(plain[name], drifts[name])
