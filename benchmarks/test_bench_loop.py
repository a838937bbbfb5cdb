"""The closed loop without imaging, beside scipy on the same dynamics; and a whole landing."""

import statistics
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from benchmarks.sizes import SMOKE, cases
from reference_dynamics import Twin
from scipy.integrate import solve_ivp

from farside.dynamics import build_vehicle
from farside.flight import land
from farside.flight.land import TICKS_MAX
from farside.flight.wiring import wire
from farside.mission import load_mission

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())
MISSION = load_mission("chang-e-6")
ROUNDS = 9


def wired():
    """Wire a dispersed flight over flat ground, all sensors on, its telemetry's pages in memory."""
    flight = wire(MISSION, seed=0, nominal=False, dems=(), imaging=False, flat=True)
    flight.loop.timed = False
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    flight.telemetry[:] = np.zeros((), flight.telemetry.dtype)
    return flight


def solve_ivp_s(flight, ticks):
    """Return the CPU seconds that solve_ivp takes for the flight's first ticks, one call each."""
    start = flight.start
    vehicle = build_vehicle(MISSION, start.vehicle)
    twin = Twin(
        vehicle,
        flight.frame,
        {
            "r_site": start.r_site,
            "v_site": start.v_site,
            "q_site_body": start.q_site_body,
            "omega_body": start.omega_body,
            "mass_kg": vehicle["mass_full_kg"],
        },
    )
    y, rows = twin.y, flight.flown[:ticks]
    before = time.process_time()
    for k, row in enumerate(rows):
        held = (float(row["cmd_thrust_n"]), row["cmd_torque_nm"], 0.0)
        y = solve_ivp(twin.rate, (0.01 * k, 0.01 * (k + 1)), y, args=held, rtol=1e-9).y[:, -1]
    return time.process_time() - before


def test_closed_loop(benchmark):
    speeds, flights = [], []

    def turn(flight):
        before = time.process_time()
        flight.loop.run(TICKS_MAX)
        speeds.append(flight.loop.tick_count / (time.process_time() - before))
        flights[:] = [flight]

    benchmark.pedantic(turn, setup=lambda: ((wired(),), {}), rounds=ROUNDS)
    flight = flights[0]
    speed = statistics.median(speeds)
    ratio = speed * solve_ivp_s(flight, 300) / 300.0
    benchmark.extra_info.update(steps_per_s=speed, ratio_to_solve_ivp=ratio)
    print(
        f"\nclosed loop: {speed / 1e6:.2f} M steps/s of CPU time ({1e9 / speed:.0f} ns a step), "
        f"a descent of {flight.loop.tick_count / 100.0:.0f} s in "
        f"{flight.loop.tick_count / speed * 1e3:.0f} ms; {ratio:.0f} times scipy solve_ivp on the "
        "dynamics alone"
    )
    assert flight.loop.ended_how["rest"]
    assert speed >= BUDGET["loop"]["steps_per_s"]
    assert ratio >= BUDGET["loop"]["ratio_to_solve_ivp"]


@pytest.mark.parametrize("name", ["chang-e-6", "chang-e-4"])
def test_whole_landing(benchmark, name):
    mission, keys = load_mission(name), {"seed": 1, "cameras": False}
    landed = benchmark.pedantic(land, args=(mission,), kwargs=keys, rounds=cases(5, 1))
    seconds = benchmark.stats.stats.median
    map_ms = landed.timing.hazard_map_ms
    benchmark.extra_info.update(seconds=seconds, hazard_map_ms=map_ms)
    print(f"\n{name}: landed in {seconds:.2f} s wall, its hazard map in {map_ms:.0f} ms")
    assert landed.outcome == "landed"
    assert seconds <= BUDGET["landing"]["seconds"]


@pytest.mark.skipif(SMOKE, reason="test_bench_land.py flies with cameras")
def test_landing_with_cameras():
    before = time.process_time()
    landed = land(MISSION, seed=1, cameras=True)
    seconds = time.process_time() - before
    images = landed.cameras.landmark_fixes
    print(f"\nwith cameras: {seconds:.1f} s of CPU time, {images} images laid onto the map")
    assert landed.outcome == "landed"
    assert seconds <= BUDGET["landing"]["with_cameras_cpu_s"]
