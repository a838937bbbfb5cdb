"""JSBSim with our tick, beside the same loop with its guidance in Python, measured in turns.

The peer is what a user would write with numpy: the Apollo polynomial at 10 Hz on the approach's
gate and a PD attitude law at 100 Hz, reading the same properties of the same lander.
"""

import tomllib
from pathlib import Path
from time import process_time

import numpy as np

from farside.adapters.ideal import ideal_start
from farside.adapters.jsbsim import FOOT_M, SLUG_KG, JsbsimLander, site_frame
from farside.guidance import Autopilot
from farside.mission import load_mission

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
        lander.step(float(pilot.command["thrust_n"][0]), pilot.command["torque_nm"][0])
    return process_time() - begun


def peer():
    """Turn the same loop with guidance and attitude control in numpy."""
    lander = JsbsimLander(MISSION, ideal_start(MISSION))
    frame, fdm = site_frame(MISSION), lander.fdm
    to_site = frame.moon_to_site
    thrust, wanted = 0.0, np.array([1.0, 0.0, 0.0])
    begun = process_time()
    for k in range(TICKS):
        r = frame.to_site(FOOT_M * np.array([fdm[f"position/ecef-{a}-ft"] for a in "xyz"]))
        v = to_site @ (FOOT_M * np.array([fdm[f"velocities/ecef-{a}-fps"] for a in "xyz"]))
        omega = np.array([fdm[f"velocities/{a}i-rad_sec"] for a in "pqr"]) * [1.0, -1.0, -1.0]
        turn = to_site @ np.asarray(lander.propagate.get_Tec2b()).T * [1.0, -1.0, -1.0]
        mass = fdm["inertia/mass-slugs"] * SLUG_KG
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
    best_ours = best_peer = np.inf
    for _ in range(3):
        best_ours, best_peer = min(best_ours, ours()), min(best_peer, peer())
    ratio = best_peer / best_ours
    benchmark.extra_info.update(
        steps_per_s=TICKS / best_ours, peer_steps_per_s=TICKS / best_peer, ratio=ratio
    )
    print(
        f"\nJSBSim: {TICKS / best_ours:.0f} steps/s with our tick, "
        f"{TICKS / best_peer:.0f} with guidance in Python: {ratio:.2f} times"
    )
    benchmark.pedantic(ours, rounds=1)
    assert ratio >= BUDGET["ratio_to_python_guidance"]
