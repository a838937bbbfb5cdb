"""Sensors over a sphere, set up key by key; what they report of true states."""

import numpy as np
from plain_sensors import plain
from reference_guidance import moon_numbers

from farside.ext.common._records import LANDER_STATE, MEASUREMENTS
from farside.ext.ground._ground import GroundModel
from farside.ext.sensors._sensing import SensorModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame
from farside.sensors import sensor_setup
from farside.sensors.constant_errors import CONSTANT_ERRORS

SHIPPED = load_mission("chang-e-6")
#: Perfect, at the centre of mass, at once: each test adds what it is about.
PLAIN = plain(SHIPPED)
FRAME = SiteFrame(-41.6385, 206.0148, 1737400.0 - 5256.0)
MOON = moon_numbers(FRAME)
COM_M = 1.8
UPRIGHT = (1.0, 0.0, 0.0, 0.0)
NO_ERRORS = {error.name: 0.0 for error in CONSTANT_ERRORS}


def with_keys(**changes):
    """Return the plain mission with other keys; `imu__latency_s` is sensors.imu.latency_s."""
    return PLAIN.replace(
        {f"sensors.{name.replace('__', '.')}": value for name, value in changes.items()}
    )


def model(mission=PLAIN, errors=None, seed=1, radius_m=FRAME.radius_m, **setup):
    """Return the sensors of a mission; errors are held constant errors, setup the struct's own."""
    ground = GroundModel(radius_m, radius_m, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    return SensorModel(dict(sensor_setup(mission, errors), **setup), MOON, ground, seed)


def quiet(**held):
    """Return constant errors that are zero but for some."""
    return NO_ERRORS | held


def truth(n=1, r=(0.0, 0.0, 100.0), v=(0.0, 0.0, 0.0), q=UPRIGHT, omega=(0.0, 0.0, 0.0)):
    state = np.zeros(n, LANDER_STATE)
    state["r_site"], state["v_site"], state["q_site_body"] = r, v, q
    state["omega_body"], state["mass_kg"] = omega, 2000.0
    return state


def sense(sensors, state, tick=0, dv=None, dtheta=None, offset=(0.0, 0.0), **now):
    """Return the reports of true states at ticks from `tick` on."""
    n = len(state)
    out = np.zeros(n, MEASUREMENTS)
    dv = np.zeros((n, 3)) if dv is None else np.ascontiguousarray(dv, float)
    dtheta = np.zeros((n, 3)) if dtheta is None else np.ascontiguousarray(dtheta, float)
    sensors.sense(tick, state, dv, dtheta, (*offset, COM_M), out, **now)
    return out
