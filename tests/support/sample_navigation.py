"""Flights, what sensors measure on them, and the navigation filter over these measurements."""

from functools import cache

import numpy as np
from plain_sensors import plain
from reference_guidance import (
    TrueFlight,
    angle_between,
    moon_numbers,
    product,
    quaternion_about,
)

from farside.ext.common._records import MEASUREMENTS
from farside.ext.ground._ground import GroundModel
from farside.ext.navigation._filter import Navigation
from farside.ext.sensors._sensing import SensorModel
from farside.flight.inputs import drawn_inputs
from farside.flight.start import braking_attitude
from farside.guidance import plan_braking
from farside.mission import FlightConfig, load_mission
from farside.mission.frames import SiteFrame
from farside.navigation import initial_estimate, navigator_setup
from farside.sensors import sensor_setup

MISSION = plain(load_mission("chang-e-6"))
CONFIG = FlightConfig.of(MISSION)
FRAME = SiteFrame(-41.6385, 206.0148, 1737400.0 - 5256.0)
RADIUS = FRAME.radius_m
MOON = moon_numbers(FRAME)
PLAN = plan_braking(MISSION, FRAME)
COM_M = 1.9
CENTRE = np.array([0.0, 0.0, RADIUS])


def onboard_map(height=0.0, sigma=150.0):
    """Map 700 km along the arrival and 40 km across it, level but for what height(u, v) says."""
    place = {
        "u0_m": -700e3,
        "v0_m": -20e3,
        "cell_m": 10e3,
        "radius_m": RADIUS,
        "along_site": (-1.0, 0.0, 0.0),
        "across_site": (0.0, -1.0, 0.0),
    }
    u = -700e3 + 10e3 * np.arange(80)
    v = -20e3 + 10e3 * np.arange(5)
    heights = height(*np.meshgrid(u, v)) if callable(height) else np.full((5, 80), height)
    return place, np.float32(heights), np.full((5, 80), sigma, np.float32)


def navigation(first, sigma=150.0, height=0.0, **setup):
    return Navigation(
        dict(navigator_setup(CONFIG), **setup), MOON, first, *onboard_map(height, sigma)
    )


@cache
def braking(seconds=200.0):
    """First part of the braking: 15 km, 1.7 km/s, thrust against the motion, slowly pitching."""
    full = 0.975 * 7500.0 / 3730.0
    return TrueFlight(
        FRAME,
        PLAN.r_site,
        PLAN.v_site,
        braking_attitude(MISSION, FRAME, PLAN),
        np.array([0.0, -6e-4, 0.0]),
        lambda t: full / (1.0 - full * t / 3040.0),
        seconds,
    )


def errors_of(seed, mission=MISSION):
    """Return the sensors' constant errors of a seed."""
    return drawn_inputs(mission, seed, 0).as_dict()


@cache
def low(seconds=120.0):
    """3 km over the ground, 200 m/s and slowing, thrust leaning back."""
    lean = quaternion_about([0.0, 1.0, 0.0], 0.6)
    return TrueFlight(
        FRAME,
        [20e3, 300.0, 3000.0],
        [-200.0, 3.0, -20.0],
        lean,
        np.array([0.0, -2e-3, 0.0]),
        lambda t: 1.95,
        seconds,
    )


def measure(flight, perfect=True, seed=1, **changes):
    """Measurements over a sphere."""
    ground = GroundModel(RADIUS, RADIUS, [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0])
    setup = dict(sensor_setup(MISSION, None if perfect else errors_of(seed)), **changes)
    out = np.zeros(len(flight.states), MEASUREMENTS)
    model = SensorModel(setup, MOON, ground, seed)
    model.sense(0, flight.states, flight.dv, flight.dtheta, (0.0, 0.0, COM_M), out)
    return out


def silence(measured, *names):
    for name in names or ("star", "range", "velocity", "height"):
        measured[f"{name}_valid"] = 0
    return measured


def first_of(flight, dr=(0.0, 0.0, 0.0), dv=(0.0, 0.0, 0.0), turn=None):
    state = flight.states[0]
    q = state["q_site_body"] if turn is None else product(state["q_site_body"], turn)
    return initial_estimate(
        CONFIG, state["r_site"] + dr, state["v_site"] + dv, q, state["omega_body"]
    )


def run(flight, measured, first, **options):
    """Estimate at each tick, (N, 10), and the navigation after it."""
    navigator = navigation(first, **options)
    out = np.zeros((len(measured), 10))
    navigator.navigate(0, measured, out)
    return out, navigator


def altitude_error(flight, out):
    return np.linalg.norm(out[:, :3] + CENTRE, axis=1) - RADIUS - flight.altitude_m


def attitude_errors(flight, out, ticks):
    return [angle_between(out[i, 6:], flight.states["q_site_body"][i]) for i in ticks]


def covariance(navigator):
    """Return P, (8, 8)."""
    return np.array(navigator.state["P"])
