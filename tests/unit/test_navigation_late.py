"""Late reports and known places: what is known aboard of a sensor leaves no error behind."""

import math

import numpy as np
import pytest
from reference_guidance import angle_between, matrix_of, moon_numbers
from sample_navigation import (
    COM_M,
    CONFIG,
    FRAME,
    RADIUS,
    errors_of,
    first_of,
    low,
    onboard_map,
)
from sample_sensors import PLAIN

from farside.ext.common._records import MEASUREMENTS
from farside.ext.ground._ground import GroundModel
from farside.ext.navigation._filter import Navigation
from farside.ext.sensors._sensing import SensorModel
from farside.mission import FlightConfig
from farside.navigation import navigator_setup
from farside.sensors import sensor_setup

PLACES = {
    "sensors.imu.position_base_m": [0.3, 0.2, 1.5],
    "sensors.altimeter.position_base_m": [0.9, 0.3, 0.9],
    "sensors.velocimeter.position_base_m": [0.9, -0.6, 0.8],
    "sensors.touchdown.position_base_m": [-0.8, 0.4, 0.6],
}
LATE = {
    "sensors.star_tracker.latency_s": 0.2,
    "sensors.altimeter.latency_s": 0.3,
    "sensors.velocimeter.latency_s": 0.3,
    "sensors.touchdown.latency_s": 0.2,
}


def flown(keys, seed=None, taken_out=True):
    """Return estimates of the low flight, (N, 10), and the navigation after it.

    Sensors have the keys; known aboard are they only where taken_out. Every mass is that of full
    tanks, so the centre of mass stands at com_height_full_m.
    """
    mission, flight = PLAIN.replace(keys) if keys else PLAIN, low(60.0)
    ground = GroundModel(RADIUS, RADIUS, [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0])
    setup = sensor_setup(mission, None if seed is None else errors_of(seed))
    measured = np.zeros(len(flight.states), MEASUREMENTS)
    SensorModel(setup, moon_numbers(FRAME), ground, seed or 1).sense(
        0, flight.states, flight.dv, flight.dtheta, (0.0, 0.0, COM_M), measured
    )
    aboard = navigator_setup(FlightConfig.of(mission if taken_out else PLAIN))
    aboard |= {"com_height_full_m": COM_M, "com_height_dry_m": COM_M}
    navigator = Navigation(aboard, moon_numbers(FRAME), first_of(flight), *onboard_map())
    out = np.zeros((len(measured), 10))
    navigator.navigate(0, measured, out)
    return out, navigator


def errors(out):
    """Return the errors of place, velocity [m, m/s] and attitude [rad] at the last tick."""
    flight = low(60.0)
    last = flight.states[len(out) - 1]
    return (
        np.linalg.norm(out[-1, :3] - last["r_site"]),
        np.linalg.norm(out[-1, 3:6] - last["v_site"]),
        angle_between(out[-1, 6:], last["q_site_body"]),
    )


def test_known_places_leave_no_error():
    """Perfect sensors at their places: the estimate of perfect sensors at the centre of mass.

    The rate of a tick stands for that at its end: half a tick of 0 acceleration here.
    """
    at_centre, at_places = errors(flown({})[0]), errors(flown(PLACES)[0])
    for i, within in enumerate((1e-4, 1e-5, 1e-9)):
        assert at_places[i] == pytest.approx(at_centre[i], abs=within)
    # Unknown they would show: the altimeter hangs 0.9 m below the centre of mass.
    assert errors(flown(PLACES, taken_out=False)[0])[0] > 0.3


def test_late_reports_are_compared_with_the_estimate_of_their_time():
    """At 200 m/s and 1.95 m/s^2, 0.3 s late: 0.6 m/s and 6 m where they are taken as of now."""
    on_time, late = errors(flown({})[0]), errors(flown(LATE)[0])
    # A correction of the velocity is not carried into the place of the time tag: docs of past.pxd.
    for i, within in enumerate((0.05, 2e-3, 1e-7)):
        assert late[i] == pytest.approx(on_time[i], abs=within)


def test_noisy_late_reports_cost_next_to_nothing():
    """With the sensors' noise: the deviations of late and timely reports agree over 12 flights."""
    speeds = np.array(
        [[errors(flown(keys, seed)[0])[1] for keys in ({}, LATE | PLACES)] for seed in range(1, 13)]
    )
    timely, late = np.sqrt((speeds**2).mean(axis=0))
    assert late < 1.3 * timely


@pytest.mark.parametrize("tag", [-70, 1, -1])
def test_a_time_tag_that_is_not_remembered_is_left_out(tag):
    """One too old, one from before the flight, one ahead: none moves the estimate."""
    navigator = Navigation(
        navigator_setup(CONFIG), moon_numbers(FRAME), first_of(low(60.0)), *onboard_map()
    )
    measured = np.zeros(101, MEASUREMENTS)
    measured["dv_body"][:, 2] = 0.0195
    out = np.zeros((101, 10))
    navigator.navigate(0, measured[:100], out[:100])
    silent = navigator.state
    measured["range_valid"][100] = measured["height_valid"][100] = 1
    measured["velocity_valid"][100] = 7
    measured["range_m"][100] = 4000.0
    measured["range_direction"][100] = 0.0, 0.0, -1.0
    measured["velocity_direction"][100] = np.eye(3)
    when = -1 if tag == -1 else 100 + tag
    for name in ("range", "velocity", "height"):
        measured[f"{name}_tick"][100] = when
    navigator.navigate(100, measured[100:], out[100:])
    last = navigator.state
    assert math.isnan(last["height_m"]) and last["last_innovation_m"] == 0.0
    # A tick of free flight alone: the velocity goes on by 0.01 s of thrust and gravity.
    assert np.abs(np.subtract(last["v_site"], silent["v_site"])).max() < 0.05


@pytest.mark.parametrize("mask", range(8))
def test_a_beam_counts_where_its_own_bit_is_set(mask):
    """Each beam reads 0.05 m/s more than it should: v moves along those that are valid alone."""
    first = first_of(low(60.0))
    # A scale error that is known leaves all of it to the velocity.
    first["P"][6][6] = 1e-14
    navigator = Navigation(navigator_setup(CONFIG), moon_numbers(FRAME), first, *onboard_map())
    turn = matrix_of(first["q_site_body"])
    measured = np.zeros(1, MEASUREMENTS)
    measured["velocity_valid"] = mask
    measured["velocity_direction"][0] = np.eye(3)
    measured["velocity_mps"][0] = turn.T @ first["v_site"] + 0.05
    navigator.navigate(0, measured, np.zeros((1, 10)))
    moved = turn.T @ np.subtract(navigator.state["v_site"], first["v_site"])
    setup = navigator_setup(CONFIG)
    # The covariance was stepped by a tenth of a second first.
    variance = first["P"][3][3] + 0.1 * setup["accel_psd"]
    # K = P / (P + R) of a beam by itself, and the beams are square to each other. The scale's
    # variance has a floor of 1e-12: times (200 m/s)^2 it takes 2e-5 of a correction.
    gain = variance / (variance + setup["beam_sigma_mps"] ** 2)
    expected = [0.05 * gain * (mask >> i & 1) for i in range(3)]
    assert moved == pytest.approx(expected, abs=1e-6)


def test_contact_and_rest_are_known_from_switches_and_the_inertial_unit():
    """Contact is kept; rest comes a second after the last move, at gravity's specific force."""
    flight = low(60.0)
    navigator = Navigation(
        navigator_setup(CONFIG), moon_numbers(FRAME), first_of(flight), *onboard_map()
    )
    measured = np.zeros(500, MEASUREMENTS)
    gravity = 4.9028e12 / (RADIUS + 3000.0) ** 2
    measured["dv_body"][:, 2] = 0.01 * gravity
    measured["contact"][100] = 4
    measured["dtheta_body"][150:200, 0] = 0.01 * math.radians(1.0)
    measured["dv_body"][230, 2] += 0.002
    contact, rest = [], []
    for k in range(500):
        navigator.navigate(k, measured[k : k + 1], np.zeros((1, 10)))
        contact.append(navigator.state["contact"])
        rest.append(navigator.state["rest"])
    # Still flight at 1 g is no rest: the switch comes first, and stays once it has closed.
    assert np.flatnonzero(contact)[0] == 100 and all(contact[100:])
    assert np.flatnonzero(rest)[0] == 230 + 100 and all(rest[330:])
