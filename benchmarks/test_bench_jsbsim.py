"""JSBSim with our tick, beside the same loop with its guidance in Python, measured in turns.

The peer is what a user would write with numpy: the Apollo polynomial at 10 Hz on the approach's
gate and a PD attitude law at 100 Hz. It flies the same lander twice: once it reads JSBSim as its
users do, by the properties' names, and once through the adapter's taps, as our loop does.
"""

import tomllib
from pathlib import Path
from time import process_time

import numpy as np

from farside.adapters.jsbsim.lander import FOOT_M, JsbsimLander
from farside.flight.assembly import site_frame
from farside.flight.ideal import ideal_start
from farside.guidance import Autopilot
from farside.guidance.records import ESTIMATE
from farside.mission import load_mission
from farside.mission.attitude import rotation_matrix

SLUG_KG = 0.45359237 * 9.80665 / FOOT_M
BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["jsbsim"]
MISSION = load_mission("chang-e-6")
TICKS = 10_000
TARGET = np.array([1900.0, 0.0, 2500.0])
TARGET_V = np.array([-35.0, 0.0, -30.0])
GRAVITY = np.array([0.0, 0.0, -1.63])
GAIN = np.array([9000.0, 9000.0, 7000.0])


def ours():
    """Turn the loop with the autopilot; CPU seconds of the ticks alone."""
    pilot = Autopilot(MISSION)
    pilot.retarget((0.0, 0.0, 0.0))
    lander = JsbsimLander(MISSION, ideal_start(MISSION, pilot))
    begun = process_time()
    for k in range(TICKS):
        lander.observe(pilot.estimate)
        pilot.tick(k)
        lander.obey(pilot.command)
    return process_time() - begun


def by_name(lander, frame):
    """Return place, velocity, rates, turn into site axes and mass from JSBSim's properties."""
    fdm, to_site = lander.fdm, frame.moon_to_site
    r = frame.to_site(FOOT_M * np.array([fdm[f"position/ecef-{a}-ft"] for a in "xyz"]))
    v = to_site @ (FOOT_M * np.array([fdm[f"velocities/ecef-{a}-fps"] for a in "xyz"]))
    omega = np.array([fdm[f"velocities/{a}i-rad_sec"] for a in "pqr"]) * [1.0, -1.0, -1.0]
    turn = to_site @ np.asarray(lander.fdm.get_propagate().get_Tec2b()).T * [1.0, -1.0, -1.0]
    return r, v, omega, turn, fdm["inertia/mass-slugs"] * SLUG_KG


def by_taps(lander, estimate):
    """Return the same from the estimate that our autopilot would read."""
    lander.observe(estimate)
    e = estimate[0]
    return (
        e["r_site"],
        e["v_site"],
        e["omega_body"],
        rotation_matrix(e["q_site_body"]),
        e["mass_kg"],
    )


def peer(read):
    """Turn the same loop with guidance and attitude control in numpy."""
    lander = JsbsimLander(MISSION, ideal_start(MISSION))
    source = site_frame(MISSION) if read is by_name else np.zeros(1, ESTIMATE)
    thrust, wanted = 0.0, np.array([1.0, 0.0, 0.0])
    begun = process_time()
    for k in range(TICKS):
        r, v, omega, turn, mass = read(lander, source)
        if k % 10 == 0:
            left = max(600.0 - 0.01 * k, 1.0)
            # Apollo's polynomial (Klumpp 1974): 12 dr/T^2 + 6 (v0 + v1)/T
            accel = 12.0 * (TARGET - r) / left**2 - 6.0 * (v + TARGET_V) / left - GRAVITY
            size = np.linalg.norm(accel)
            thrust, wanted = float(np.clip(mass * size, 1500.0, 7500.0)), accel / size
        error = np.cross([0.0, 0.0, 1.0], turn.T @ wanted)
        torque = np.clip(GAIN * (error - 1.5 * omega), -420.0, 420.0)
        lander.step(thrust, torque)
    return process_time() - begun


def test_steps_beside_python_guidance(benchmark):
    best = np.full(3, np.inf)
    for _ in range(3):
        best = np.minimum(best, [ours(), peer(by_name), peer(by_taps)])
    rate = TICKS / best
    benchmark.extra_info.update(
        steps_per_s=rate[0], peer_steps_per_s=rate[1], peer_with_taps_steps_per_s=rate[2]
    )
    print(
        f"\nJSBSim: {rate[0]:.0f} steps/s with our tick; guidance in Python {rate[1]:.0f} "
        f"({rate[0] / rate[1]:.2f} times), through the same taps {rate[2]:.0f} "
        f"({rate[0] / rate[2]:.2f} times)"
    )
    benchmark.pedantic(ours, rounds=1)
    assert rate[0] >= BUDGET["ratio_to_python_guidance"] * rate[1]
    assert rate[0] >= BUDGET["ratio_to_python_guidance"] * rate[2]
