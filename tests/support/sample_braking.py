"""Two missions, their plans, and states in orbit, for the tests of braking."""

import numpy as np

from farside.guidance import Levels, Thrust, plan_braking
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

NAMES = ("chang-e-6", "chang-e-4")
MISSIONS = {name: load_mission(name) for name in NAMES}
FRAMES = {
    name: SiteFrame(m.site.latitude_deg, m.site.longitude_deg, 1737400.0 + m.site.elevation_m)
    for name, m in MISSIONS.items()
}
PLANS = {name: plan_braking(MISSIONS[name], FRAMES[name]) for name in NAMES}
STILL = np.zeros(3)
#: Full thrust throughout: no opening, no closing.
FULL = Levels()


def thrust(name):
    """Full thrust acceleration at initiation [m/s^2] and exhaust speed [m/s]."""
    vehicle = MISSIONS[name].vehicle
    return vehicle.engine.thrust_max_n / vehicle.descent_mass_kg, vehicle.engine.isp_s * 9.80665


def gate_of(name):
    row = MISSIONS[name].phases[0]
    return np.array([row.altitude_m, row.range_m, row.vertical_speed_mps, row.horizontal_speed_mps])


def engine_of(name, weaker=1.0):
    """Return a share of the engine's thrust, for a lander of 1 kg at initiation."""
    full, exhaust = thrust(name)
    return Thrust(0.0, weaker * full, exhaust)


def level_flight(angle, altitude_m, speed_mps, radius_m):
    """State in level flight along x, an angle [rad] short of the site."""
    ahead = np.array([np.cos(angle), 0.0, np.sin(angle)])
    up = np.array([-np.sin(angle), 0.0, np.cos(angle)])
    return (radius_m + altitude_m) * up - [0.0, 0.0, radius_m], speed_mps * ahead
