"""An autopilot to fly by hand in tests: states to give it, and what any command must be."""

import math

import numpy as np

from farside.ext.guidance.autopilot._autopilot import AutopilotCore
from farside.guidance import COMMAND, ESTIMATE, Autopilot
from farside.guidance.table import autopilot_table, phase_row
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

MISSION = load_mission("chang-e-6")
PILOT = Autopilot(MISSION)
RADIUS = 1737400.0 + MISSION.site.elevation_m
TABLE = autopilot_table(
    MISSION, SiteFrame(MISSION.site.latitude_deg, MISSION.site.longitude_deg, RADIUS), PILOT.plan
)
ROWS = {phase.name: phase_row(phase, MISSION.guidance.tilt_limit_deg) for phase in MISSION.phases}
NAMES = list(ROWS)
FULL_N, LEAST_N = TABLE["thrust_max_n"], TABLE["thrust_min_n"]
COM_M = TABLE["com_height_full_m"]
GUIDANCE_EVERY = 10


def core(*names, **changes):
    """Autopilot that flies the named rows, the first of them changed."""
    rows = [dict(ROWS[name]) for name in names]
    rows[0].update(changes)
    return AutopilotCore(TABLE, rows)


def estimate(**values):
    """Lander of full mass that hangs upright 100 m over the site, 50 m to the east."""
    e = np.zeros(1, ESTIMATE)
    e["r_site"] = [50.0, 0.0, 100.0 + COM_M]
    e["q_site_body"] = [1.0, 0.0, 0.0, 0.0]
    e["mass_kg"] = TABLE["mass_full_kg"]
    e["accel_mps2"] = 1.62
    e["height_m"] = math.nan
    for name, value in values.items():
        e[name] = value
    return e


def one(pilot, k, e):
    c = np.zeros(1, COMMAND)
    pilot.tick(k, e, c)
    return c[0]


def run(pilot, e, ticks, first=0):
    """Tick a steady estimate; the commands."""
    c = np.zeros(ticks, COMMAND)
    pilot.tick_many(first, np.repeat(e, ticks), c)
    return c


WILD = np.array(
    [np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, -1e300, 5e-324, 1e154, 1e5, -1e7, 1e9, 0.3]
)
NUMBERS = 17  # floating-point numbers of an estimate, before its two flags


def mixed(rng, n):
    """Half valid states from all over a descent, half with one to three numbers gone wild."""
    e = np.zeros(n, ESTIMATE)
    angle = rng.uniform(0.0, 0.4, n) * rng.choice([0.0, 1e-3, 1.0], n)
    altitude = 10.0 ** rng.uniform(0.0, 4.3, n)
    rho = RADIUS + altitude
    e["r_site"][:, 0] = rho * np.sin(angle)
    e["r_site"][:, 1] = rng.normal(0.0, 500.0, n)
    e["r_site"][:, 2] = rho * np.cos(angle) - RADIUS
    e["v_site"] = rng.normal(0.0, 1.0, (n, 3)) * rng.choice([1.0, 30.0, 1700.0], (n, 1))
    q = rng.normal(size=(n, 4))
    e["q_site_body"] = q / np.linalg.norm(q, axis=1)[:, None]
    e["omega_body"] = rng.normal(0.0, 0.1, (n, 3))
    e["mass_kg"] = rng.uniform(1670.0, 3730.0, n)
    e["accel_mps2"] = rng.uniform(0.0, 4.5, n)
    e["height_m"] = np.where(rng.random(n) < 0.5, np.nan, altitude)
    e["contact"] = rng.random(n) < 0.02
    numbers = e.view("f8").reshape(n, NUMBERS + 1)
    for share in (0.5, 0.2, 0.1):
        rows = np.flatnonzero(rng.random(n) < share)
        numbers[rows, rng.integers(0, NUMBERS, len(rows))] = rng.choice(WILD, len(rows))
    return e


def estimate_valid(e):
    """Whether a lander of ours can be there: the tick's promise, written from its description."""
    with np.errstate(all="ignore"):
        distance = np.linalg.norm(e["r_site"] + [0.0, 0.0, RADIUS], axis=1)
        q = np.linalg.norm(e["q_site_body"], axis=1)
        return (
            (distance > 0.5 * RADIUS)
            & (distance < 4.0 * RADIUS)
            & (np.linalg.norm(e["v_site"], axis=1) < 1e4)
            & (np.linalg.norm(e["omega_body"], axis=1) < 10.0)
            & (q > 0.9)
            & (q < 1.1)
            & (e["mass_kg"] > 0.25 * TABLE["mass_dry_kg"])
            & (e["mass_kg"] < 2.0 * TABLE["mass_full_kg"])
            & (np.abs(e["accel_mps2"]) < 1e4)
        )


def check_sound(c):
    """Every command finite and inside the limits."""
    for name in COMMAND.names:
        assert np.isfinite(c[name]).all(), name
    on = c["thrust_n"] != 0.0
    assert np.all((c["thrust_n"][on] >= LEAST_N) & (c["thrust_n"][on] <= FULL_N))
    # against a couple that fires all the time the small ones are asked for too
    most = np.array(TABLE["torque_limit"]) + TABLE["torque_small_nm"]
    assert np.all(np.abs(c["torque_nm"]) <= most)
    assert np.abs(np.linalg.norm(c["direction_site"], axis=1) - 1.0).max() < 1e-12
    assert np.abs(np.linalg.norm(c["q_site_body"], axis=1) - 1.0).max() < 1e-12
    assert np.all(c["time_to_go_s"] >= 0.0)
