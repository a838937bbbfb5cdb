"""The autopilot's tick and the planning call between ticks, timed from C; and what they allocate.

A raw maximum measures the scheduler. Each recorded tick is therefore replayed five times, and its
fastest replay counts; the largest of these is what the code itself can take.
"""

import sys
import tomllib
import tracemalloc
from functools import cache
from pathlib import Path
from time import process_time

import numpy as np
from benchmarks.sizes import cases
from sample_pilot import mixed

from farside.ext.guidance.autopilot._autopilot import blank_outcome, plan_each, replay
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.wiring import wire
from farside.guidance import ESTIMATE, Autopilot, GuidanceMode
from farside.guidance.records import COMMAND
from farside.mission import load_mission

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["tick"]
MISSION = load_mission("chang-e-6")
APPROACH = [phase.name for phase in MISSION.phases].index("approach")
# Without imaging the target is the site from the first tick on.
TARGET = (np.zeros(1, np.int64), np.array([[0.0, 0.0, 0.0, np.nan]]), np.ones(1, np.uint8))


@cache
def recorded(seed):
    """Fly a seed over its ground without imaging: the telemetry, and the radius of its site."""
    flight = wire(MISSION, seed=seed, nominal=False, dems=(), imaging=False)
    fly(flight, Scanner(flight))
    return flight.flown.copy(), flight.ground.radius_m


def replayed(rows, radius_m, commands, times_ns):
    """Replay a flight's ticks once from the start of the table, and what they ask to be planned."""
    replay(Autopilot(MISSION, radius_m).core, rows, *TARGET, commands, times_ns)


def test_median_tick(benchmark):
    rows, radius_m = recorded(0)
    commands, times_ns = np.zeros(len(rows), COMMAND), np.zeros((len(rows), 2), np.int64)
    benchmark.pedantic(replayed, args=(rows, radius_m, commands, times_ns), rounds=5)
    tick_ns = times_ns[:, 0]
    guided = rows["guided"] == 1
    median_us = float(np.median(tick_ns[guided])) / 1000.0
    control_us = float(np.median(tick_ns[~guided])) / 1000.0
    benchmark.extra_info.update(guided_median_us=median_us, control_median_us=control_us)
    print(f"\ntick: {median_us:.3f} us median with guidance, {control_us:.3f} us without")
    assert median_us <= BUDGET["guided_median_us"]
    assert control_us <= BUDGET["control_median_us"]


def test_worst_tick(benchmark):
    """Over a million recorded ticks of many flights, one flight in memory at a time."""

    def search():
        ticks, worst_us, raw_us, seed, plans_us = 0, 0.0, 0.0, 0, []
        while ticks < cases(BUDGET["recorded_ticks"], 1):
            rows, radius_m = recorded.__wrapped__(seed)
            commands = np.zeros(len(rows), COMMAND)
            times_ns = np.zeros((BUDGET["replays"], len(rows), 2), np.int64)
            for times in times_ns:
                replayed(rows, radius_m, commands, times)
            tick_ns, plan_ns = times_ns[:, :, 0], times_ns[:, :, 1]
            np.testing.assert_array_equal(rows["cmd_thrust_n"], commands["thrust_n"])
            worst_us = max(worst_us, float(tick_ns.min(axis=0).max()) / 1000.0)
            raw_us = max(raw_us, float(tick_ns.max()) / 1000.0)
            plans_us.append(plan_ns.min(axis=0)[plan_ns[0] > 0] / 1000.0)
            ticks, seed = ticks + len(rows), seed + 1
        return ticks, worst_us, raw_us, np.concatenate(plans_us)

    ticks, worst_us, raw_us, plans_us = benchmark.pedantic(search, rounds=1)
    plan_us, worst_plan_us = float(np.median(plans_us)), float(plans_us.max())
    benchmark.extra_info.update(
        ticks=ticks, worst_us=worst_us, raw_worst_us=raw_us, plans=len(plans_us),
        plan_median_us=plan_us, plan_worst_us=worst_plan_us,
    )  # fmt: skip
    print(
        f"\nworst of {ticks} ticks, each the fastest of {BUDGET['replays']} replays: "
        f"{worst_us:.1f} us (raw, so with the scheduler: {raw_us:.0f} us)\n"
        f"{len(plans_us)} planning calls between them: {plan_us:.1f} us median, "
        f"{worst_plan_us:.1f} us worst"
    )
    assert ticks >= cases(BUDGET["recorded_ticks"], 1)
    assert worst_us <= BUDGET["worst_us"]
    assert plan_us <= BUDGET["plan_median_us"]
    assert worst_plan_us <= BUDGET["plan_worst_us"]


def test_planning_from_any_state(benchmark):
    """A hundred thousand states from all over a descent, half of them with numbers gone wild."""
    count, piece = cases(BUDGET["planned_states"], 1000), cases(10_000, 1000)
    core, rng = Autopilot(MISSION).core, np.random.default_rng(6)
    plan_ns = np.zeros((BUDGET["replays"], piece), np.int64)
    found = np.repeat(np.asarray(blank_outcome()), piece)

    def search():
        spent_s, asked, worst_us, most, most_knots = 0.0, 0, 0.0, 0, 0
        for first in range(0, count, piece):
            states = mixed(rng, piece)
            before = process_time()
            plan_each(core, APPROACH, states, found)
            spent_s += process_time() - before
            asked += np.count_nonzero(found["reason"] >= 0)
            most = max(most, int(found["steps"].max()))
            most_knots = max(most_knots, int(found["knot_steps"].max()))
            if first == 0:
                # The worst of all, without the scheduler, is sought among the first.
                plan_ns[0] = found["plan_ns"]
                for again in plan_ns[1:]:
                    plan_each(core, APPROACH, states, found)
                    again[:] = found["plan_ns"]
                worst_us = float(plan_ns.min(axis=0).max()) / 1000.0
        return 1e6 * spent_s / asked, asked, worst_us, most, most_knots

    mean_us, asked, worst_us, most, most_knots = benchmark.pedantic(search, rounds=1)
    benchmark.extra_info.update(asked=asked, mean_us=mean_us, worst_us=worst_us, most_steps=most)
    print(
        f"\n{asked} descents planned from {count} states: {mean_us:.1f} us CPU in the mean, with "
        f"the tick that asks; {worst_us:.0f} us worst of {piece}, each the fastest of "
        f"{BUDGET['replays']}; {most} Newton steps and {most_knots} of the interior point at most"
    )
    assert most <= MISSION.guidance.plan.newton_steps + 25
    assert most_knots <= MISSION.guidance.plan.interior_steps
    assert mean_us <= BUDGET["plan_any_mean_us"]
    assert worst_us <= BUDGET["plan_any_worst_us"]


def entries(count):
    """About the gate, from everywhere: 1.5 to 3.5 km up, 0.5 to 4 aside, up to 80 m/s any way."""
    rng, states = np.random.default_rng(21), np.zeros(count, ESTIMATE)
    azimuth, far = rng.uniform(0.0, 2.0 * np.pi, count), rng.uniform(500.0, 4000.0, count)
    up, way = rng.uniform(1500.0, 3500.0, count), rng.normal(size=(count, 3))
    states["r_site"] = np.stack([far * np.cos(azimuth), far * np.sin(azimuth), up], 1)
    way *= rng.uniform(0.0, 80.0, (count, 1)) / np.linalg.norm(way, axis=1)[:, None]
    states["v_site"], states["q_site_body"] = way, (1.0, 0.0, 0.0, 0.0)
    states["mass_kg"], states["height_m"] = 2030.0, np.nan
    return states


def test_planning_where_the_approach_may_begin(benchmark):
    """Which link answers, and what the first plan takes: most of these lean too far unbound."""
    states, core = entries(cases(2000, 200)), Autopilot(MISSION).core
    plan_ns = np.zeros((BUDGET["replays"], len(states)), np.int64)
    found = np.repeat(np.asarray(blank_outcome()), len(states))

    def plan():
        for one in plan_ns:
            plan_each(core, APPROACH, states, found)
            one[:] = found["plan_ns"]
        return plan_ns.min(axis=0) / 1000.0

    plan_us = benchmark.pedantic(plan, rounds=1)
    median_us, worst_us = float(np.median(plan_us)), float(plan_us.max())
    benchmark.extra_info.update(median_us=median_us, worst_us=worst_us)
    links, knot_steps = found["link"], found["knot_steps"]
    print(
        f"\n{np.count_nonzero(links == GuidanceMode.OPTIMAL)} optimal, "
        f"{np.count_nonzero(links == GuidanceMode.CONSTRAINED)} constrained, "
        f"{np.count_nonzero(links == GuidanceMode.NONE)} without a plan: "
        f"{median_us:.0f} us in the median, "
        f"{worst_us:.0f} at worst, with {np.median(knot_steps):.0f} and {knot_steps.max()} "
        f"interior-point steps; {np.nanmedian(found['propellant_kg']):.1f} kg in the median"
    )
    assert median_us <= BUDGET["plan_entry_median_us"]
    assert worst_us <= BUDGET["plan_any_worst_us"]


def test_ticks_allocate_nothing(benchmark):
    """Python's memory before and after ten thousand ticks, and after ten times as many."""
    autopilot = Autopilot(MISSION)
    rows, _ = recorded(0)
    for name in ("r_site", "v_site", "q_site_body", "omega_body"):
        autopilot.estimate[name] = rows[f"est_{name}"][0]
    autopilot.estimate["mass_kg"] = rows["est_mass_kg"][0]
    core, estimate, command = autopilot.core, autopilot.estimate, autopilot.command
    clock = range(100_000)

    def ticks(count):
        core.reset()
        for k in clock[:count]:
            core.tick(k, estimate, command)

    def grown(count):
        before = sys.getallocatedblocks()
        tracemalloc.start()
        ticks(count)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return sys.getallocatedblocks() - before, peak

    grown(1000)
    few, many = grown(10_000), grown(100_000)
    benchmark.pedantic(ticks, args=(10_000,), rounds=3)
    benchmark.extra_info.update(blocks=many[0], peak_bytes=many[1])
    print(f"\n100000 ticks: {many[0]} blocks kept, {many[1]} bytes at the peak")
    # What a call takes for its arguments is given back; nothing grows with the number of ticks.
    assert many[0] <= few[0] + 2
    assert many[1] <= few[1] + 256
    assert many[1] < 4096
