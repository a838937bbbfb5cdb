"""When a sensor reports, and when it has nothing to report: latency, lock, dust, Sun and Moon."""

import math

import numpy as np
import pytest
from reference_guidance import matrix_of, quaternion_about
from sample_sensors import FRAME, PLAIN, SHIPPED, UPRIGHT, model, quiet, sense, truth, with_keys

from farside.mission import MissionError
from farside.mission.ephemeris import sun_direction
from farside.sensors import sensor_setup
from farside.sensors.suite import sun_at

LATE = {
    "imu__latency_s": 0.03,
    "star_tracker__latency_s": 0.2,
    "altimeter__latency_s": 0.11,
    "velocimeter__latency_s": 0.07,
    "touchdown__latency_s": 0.04,
}


def test_a_late_report_is_the_early_one_with_its_own_time_tag():
    state = truth(400, v=(0.0, 3.0, -1.0))
    state["r_site"][:, 2] = 28.0 - 0.01 * np.arange(400)
    rng = np.random.default_rng(1)
    dv, dtheta = 0.01 * rng.normal(size=(2, 400, 3))
    errors = quiet(range_bias_m=0.1, beam_scale=0.01)
    early = sense(model(PLAIN, errors), state, 0, dv, dtheta)
    late = sense(model(with_keys(**LATE), errors), state, 0, dv, dtheta)
    for name, ticks, fields in (
        ("star", 20, ("q_inertial_body",)),
        ("range", 11, ("range_m", "range_direction")),
        ("velocity", 7, ("velocity_mps", "velocity_direction")),
        ("height", 4, ("height_m",)),
    ):
        was = np.flatnonzero(early[f"{name}_valid"])
        now = np.flatnonzero(late[f"{name}_valid"])
        assert np.array_equal(now, was[was + ticks < 400] + ticks)
        assert np.array_equal(late[f"{name}_tick"][now], now - ticks)
        assert np.array_equal(early[f"{name}_tick"][was], was)
        for field in fields:
            assert np.array_equal(late[field][now], early[field][now - ticks])
    assert np.array_equal(late["dv_body"][3:], early["dv_body"][:-3])
    assert np.array_equal(late["dtheta_body"][3:], early["dtheta_body"][:-3])
    assert not late["dv_body"][:3].any()
    assert np.array_equal(late["imu_tick"], np.arange(400) - 3)


def test_a_latency_of_too_many_reports_is_refused():
    with pytest.raises(MissionError, match=r"altimeter\.latency_s: 0\.5 at rate_hz 20 has more"):
        with_keys(altimeter__latency_s=0.5, altimeter__rate_hz=20.0)
    with pytest.raises(MissionError, match=r"imu\.latency_s"):
        with_keys(imu__latency_s=0.2)
    with pytest.raises(ValueError, match="latency beyond its ring"):
        model(PLAIN, None, imu_latency=16)


@pytest.mark.parametrize("pitch_deg", [0.0, 20.0, 35.0])
def test_each_beam_is_lost_by_its_own_incidence(pitch_deg):
    """On a sphere the incidence is the beam's angle from the vertical; a bit for each beam."""
    q = quaternion_about([0.0, 1.0, 0.0], math.radians(pitch_deg))
    mission = with_keys(velocimeter__incidence_limit_deg=31.0)
    out = sense(model(mission, None), truth(3, r=(0.0, 0.0, 200.0), q=q))
    angles = np.degrees(np.arccos(-(out["velocity_direction"][2] @ matrix_of(q)[2])))
    expected = sum(1 << i for i in range(3) if angles[i] < 31.0)
    assert out["velocity_valid"][2] == expected
    assert np.abs(angles - 31.0).min() > 1.0
    assert (expected == 7) == (pitch_deg == 0.0)


@pytest.mark.parametrize(("incidence_deg", "valid"), [(29.0, 1), (31.0, 0)])
def test_the_altimeter_is_lost_by_incidence(incidence_deg, valid):
    q = quaternion_about([0.0, 1.0, 0.0], -math.radians(incidence_deg))
    out = sense(model(with_keys(altimeter__incidence_limit_deg=30.0), None), truth(q=q))
    assert out["range_valid"][0] == valid


@pytest.mark.parametrize(("speed", "mask"), [(20.0, 7), (22.0, 0)])
def test_a_beam_is_lost_by_speed(speed, mask):
    # Falling upright each beam sees cos 20 deg of it: 20.67 m/s is 22 m/s.
    mission = with_keys(velocimeter__speed_limit_mps=20.0)
    out = sense(model(mission, None), truth(3, v=(0.0, 0.0, -speed)))
    assert out["velocity_valid"][2] == mask


def test_one_fast_beam_is_lost_alone():
    mission = with_keys(velocimeter__speed_limit_mps=8.0)
    v = np.array([25.0, 0.0, -1.0])
    out = sense(model(mission, None), truth(3, v=v))
    beams = sense(model(PLAIN, None), truth(3, v=v))["velocity_direction"][2]
    expected = sum(1 << i for i in range(3) if abs(beams[i] @ v) <= 8.0)
    assert out["velocity_valid"][2] == expected and 0 < expected < 7


@pytest.mark.parametrize(("height", "valid"), [(19.0, 0), (21.0, 1)])
@pytest.mark.parametrize("thrust_n", [7500.0, 1875.0])
def test_dust_takes_a_beam_below_a_height_that_grows_with_the_root_of_the_thrust(
    height, valid, thrust_n
):
    """20 m at full thrust, so 10 m at a quarter of it; none without thrust."""
    mission = with_keys(
        altimeter__dust_height_m=20.0,
        velocimeter__dust_height_m=20.0,
        touchdown__dust_height_m=20.0,
    )
    above = height if thrust_n == 7500.0 else 0.5 * height
    state = truth(4, r=(0.0, 0.0, above + 1.8))
    out = sense(model(mission, None), state, thrust_n=thrust_n)
    assert out["range_valid"][0] == valid and out["height_valid"][1] == valid
    assert out["velocity_valid"][2] == 7 * valid
    still = sense(model(mission, None), state, thrust_n=0.0)
    assert still["range_valid"][0] and still["velocity_valid"][2] == 7 and still["height_valid"][1]


def test_a_lost_lock_needs_its_time():
    mission = with_keys(altimeter__relock_s=0.5, altimeter__rate_hz=100.0)
    state = truth(200)
    state["r_site"][60:80, 2] = 2.0  # nearer than range_min_m
    valid = sense(model(mission, None), state)["range_valid"].astype(bool)
    assert valid[:60].all() and not valid[60:129].any() and valid[129:].all()


def test_the_star_tracker_sees_neither_by_the_sun_nor_by_the_moon():
    sun = np.array(sun_at(SHIPPED.epoch.pdi_utc, FRAME))
    assert sun == pytest.approx(sun_direction(SHIPPED.epoch.pdi_utc, FRAME).unit_site, abs=1e-9)
    for off_deg, valid in ((29.5, 0), (30.5, 1)):
        side = np.cross(sun, [0.0, 0.0, 1.0])
        side /= np.linalg.norm(side)
        axis = math.cos(math.radians(off_deg)) * sun + math.sin(math.radians(off_deg)) * side
        mission = with_keys(
            star_tracker__sun_exclusion_deg=30.0, star_tracker__boresight_body=axis.tolist()
        )
        setup = {"star_sun": list(sun)}
        assert sense(model(mission, None, **setup), truth(5))["star_valid"][4] == valid
    # From 100 km the limb stands asin(R / (R + h)) off the nadir.
    limb = math.degrees(math.asin(FRAME.radius_m / (FRAME.radius_m + 1e5)))
    for off_deg, valid in ((limb + 24.5, 0), (limb + 25.5, 1)):
        angle = math.radians(off_deg)
        mission = with_keys(
            star_tracker__moon_exclusion_deg=25.0,
            star_tracker__boresight_body=[math.sin(angle), 0.0, -math.cos(angle)],
        )
        out = sense(model(mission, None), truth(5, r=(0.0, 0.0, 1e5), q=UPRIGHT))
        assert out["star_valid"][4] == valid


def test_outages_begin_at_their_rate_and_last():
    mission = with_keys(star_tracker__outage_interval_s=20.0, star_tracker__outage_s=2.0)
    valid = sense(model(mission, quiet()), truth(400_000))["star_valid"][4::20].astype(bool)
    # A fix is there when none of the last ten fixes, 2 s, began an outage: (1 - 0.2 / 20)^10.
    share = 0.99**10
    # Runs of ten fixes are worth one sample: 2000 of them.
    assert abs(valid.mean() - share) < 5.3 * math.sqrt(share * (1.0 - share) / 2000.0)
    gaps = np.diff(np.flatnonzero(valid)) - 1
    assert gaps[gaps > 0].min() == 10


def test_without_errors_no_outage_is_drawn():
    mission = with_keys(star_tracker__outage_interval_s=1.0)
    assert sensor_setup(mission, None)["star_outage_share"] == 0.0
    assert sense(model(mission, None), truth(2000))["star_valid"].sum() == 100


def pressed(*spans, ticks=100, legs=4, force=1000.0):
    """Push on footpads, (ticks, legs): spans of (leg, first, end)."""
    push = np.zeros((ticks, legs))
    for leg, first, end in spans:
        push[first:end, leg] = force
    return push


def test_each_leg_has_a_switch_of_its_own_above_its_force():
    push = pressed((0, 10, 100), (3, 20, 50))
    push[30:, 1] = 199.0
    out = sense(model(with_keys(contact__force_n=200.0), None), truth(100), push_n=push)
    contact = out["contact"]
    assert not contact[:10].any() and np.all(contact[10:20] == 1)
    assert np.all(contact[20:50] == 1 | 8) and np.all(contact[50:] == 1)


def test_switches_are_debounced_and_delayed():
    keys = {"contact__debounce_s": 0.03, "contact__delay_s": 0.05}
    push = pressed((2, 10, 12), (2, 20, 60))
    out = sense(model(with_keys(**keys), None), truth(100), push_n=push)["contact"]
    # Two ticks are too short. From 20 on it must last three ticks more, then comes the delay.
    assert not out[: 20 + 3 + 5].any() and np.all(out[28:68] == 4) and not out[68:].any()


def test_a_bounce_chatters_for_its_time_and_no_longer():
    push = pressed((0, 10, 400), ticks=400)
    readings = [
        sense(model(with_keys(contact__bounce_s=0.1), None, seed), truth(400), push_n=push)
        for seed in range(40)
    ]
    contact = np.array([out["contact"] for out in readings])
    assert not contact[:, :10].any() and contact[:, 20:].all()
    # 40 flights of ten ticks, each open or closed by a coin.
    assert 0.3 < contact[:, 10:20].mean() < 0.7
    # Debounced for longer than it chatters, it closes once.
    keys = {"contact__bounce_s": 0.03, "contact__debounce_s": 0.05}
    out = sense(model(with_keys(**keys), None), truth(400), push_n=push)["contact"]
    assert np.count_nonzero(np.diff(out)) == 1


def test_the_moon_turns_under_the_velocimeter_too():
    """Omega is against the Moon: a lander that turns with it reads no lever arm at all."""
    mission = with_keys(velocimeter__position_base_m=[5.0, 0.0, 1.0], velocimeter__noise_mps=0.0)
    out = sense(model(mission, None), truth(3, omega=FRAME.omega_site))
    assert np.abs(out["velocity_mps"][2]).max() < 1e-15
