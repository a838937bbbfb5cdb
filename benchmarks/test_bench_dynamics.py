"""The plant alone: ticks a second in flight and in contact, beside scipy on the same physics."""

import time
import tomllib
from pathlib import Path

import numpy as np
from reference_dynamics import Twin, ground_of
from scipy.integrate import solve_ivp

from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import build_vehicle
from farside.ext.dynamics._plant import PlantModel
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["dynamics"]
FRAME = SiteFrame(-41.6385, 206.0148, 1732144.0)
VEHICLE = build_vehicle(load_mission("chang-e-6"))
TORQUE = np.array([0.5, -0.5, 0.3])
BRAKING = {
    "r_site": [430e3, 3e3, -38e3],
    "v_site": [-1650.0, 12.0, 350.0],
    "q_site_body": [0.72, 0.05, 0.69, 0.02],
    "omega_body": [0.0, 0.0, 0.0],
    "mass_kg": 3730.0,
}
STANDING = {
    "r_site": [0.0, 0.0, 1.80],
    "v_site": [0.0, 0.0, 0.0],
    "q_site_body": [1.0, 0.0, 0.0, 0.0],
    "omega_body": [0.0, 0.0, 0.0],
    "mass_kg": 1800.0,
}


def plant(state):
    return PlantModel(VEHICLE, moon_numbers(FRAME), ground_of(FRAME.radius_m), state)


def solve_ivp_ticks(ticks):
    """Seconds that solve_ivp takes for some ticks of the twin: one call for each held command."""
    twin = Twin(VEHICLE, FRAME, BRAKING)
    y, torque = twin.y, np.zeros(3)
    start = time.perf_counter()
    for k in range(ticks):
        solution = solve_ivp(
            twin.rate, (0.01 * k, 0.01 * (k + 1)), y, args=(7000.0, torque, 0.0), rtol=1e-9
        )
        y = solution.y[:, -1]
    return time.perf_counter() - start


def test_flight_tick(benchmark):
    ticks = 20000

    def fly(model):
        model.step(7000.0, TORQUE, ticks)

    benchmark.pedantic(fly, setup=lambda: ((plant(BRAKING),), {}), rounds=25)
    tick_ns = benchmark.stats.stats.min / ticks * 1e9
    ratio = solve_ivp_ticks(300) / 300.0 / (tick_ns * 1e-9)
    benchmark.extra_info.update(tick_ns=tick_ns, steps_per_s=1e9 / tick_ns, ratio=ratio)
    print(
        f"\nplant alone: {1e3 / tick_ns:.2f} M steps/s ({tick_ns:.0f} ns a tick), "
        f"{ratio:.0f} times scipy solve_ivp on the same dynamics"
    )
    assert tick_ns < BUDGET["flight_tick_ns"]
    assert ratio > BUDGET["ratio_to_solve_ivp"]


def test_contact_tick(benchmark):
    ticks = 1000
    model = plant(STANDING)
    model.step(0.0, np.zeros(3), 500)
    assert model.plant["at_rest"]

    benchmark.pedantic(lambda: model.step(0.0, np.zeros(3), ticks), rounds=25)
    tick_us = benchmark.stats.stats.min / ticks * 1e6
    benchmark.extra_info.update(tick_us=tick_us)
    print(f"\nplant on its legs: {tick_us:.1f} us a tick")
    assert tick_us < BUDGET["contact_tick_us"]
