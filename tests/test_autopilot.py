"""The autopilot: sound outputs for any input, gates that fire on their own quantity, equal bits."""

import gc
import math
import sys
import tracemalloc

import numpy as np
import pytest
from reference_guidance import product, quaternion_about

from farside.ext._autopilot import AutopilotCore, replay
from farside.ext._laws import pointing
from farside.flight.imaging import Eyes
from farside.flight.land import fly
from farside.flight.wiring import wire
from farside.guidance import COMMAND, ESTIMATE, Autopilot, Status
from farside.guidance.table import EXITS, autopilot_table, phase_row
from farside.mission import load_mission
from farside.mission.frames import SiteFrame

MISSION = load_mission("chang-e-6")
PILOT = Autopilot(MISSION)
RADIUS = 1737400.0 + MISSION.site.elevation_m
TABLE = autopilot_table(
    MISSION, SiteFrame(MISSION.site.latitude_deg, MISSION.site.longitude_deg, RADIUS), PILOT.plan
)
ROWS = {
    phase.name: phase_row(phase, MISSION.guidance.tilt_limit_deg) for phase in MISSION.phases
}
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


# ---- any input -----------------------------------------------------------------------------------

WILD = np.array(
    [np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, -1e300, 5e-324, 1e154, 1e5, -1e7, 1e9, 0.3]
)
NUMBERS = 16  # floating-point numbers of an estimate, before its two flags


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


def believable(e):
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
    assert np.all(np.abs(c["torque_nm"]) <= TABLE["torque_limit"])
    assert np.abs(np.linalg.norm(c["direction_site"], axis=1) - 1.0).max() < 1e-12
    assert np.abs(np.linalg.norm(c["q_site_body"], axis=1) - 1.0).max() < 1e-12
    assert np.all(c["time_to_go_s"] >= 0.0)


def flights_of_nonsense():
    """One autopilot for each row, kept in it; and one that flies the whole table."""
    for name in NAMES:
        # A row whose end is waited for and never comes.
        yield name, core(name, *NAMES[NAMES.index(name) + 1 :], exit=EXITS["rest"], limit_s=0.0)
    yield "all", core(*NAMES)


def test_a_million_inputs():
    rng = np.random.default_rng(99)
    bad = total = 0
    seen = set()
    for name, pilot in flights_of_nonsense():
        e = mixed(rng, 112_000)
        c = np.zeros(len(e), COMMAND)
        pilot.tick_many(0, e, c)
        check_sound(c)
        good = believable(e)
        assert np.array_equal(c["status"] == Status.BAD_INPUT, ~good), name
        # Bad input: attitude, direction and throttle of the last good one, no torque.
        last = np.maximum.accumulate(np.where(good, np.arange(len(e)), -1))
        held = ~good & (last >= 0)
        for field in ("q_site_body", "direction_site", "thrust_n", "heading_rad"):
            assert np.array_equal(c[field][held], c[field][last[held]]), (name, field)
        assert not c["torque_nm"][~good].any()
        bad += np.count_nonzero(~good)
        total += len(e)
        seen |= set(np.unique(c["status"]))
    assert total > 1_000_000 and 0.3 < bad / total < 0.7
    assert seen >= {Status.OK, Status.LIMITED, Status.BAD_INPUT}


@pytest.mark.parametrize("field", ["r_site", "v_site", "q_site_body", "omega_body", "mass_kg"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_it_holds_on_bad_input_and_goes_on_after_it(field, value):
    pilot, twin = core("hover", "avoid"), core("hover", "avoid")
    e = estimate(r_site=[20.0, 0.0, 90.0])
    before = run(pilot, e, 95)[-1]
    run(twin, e, 95)
    wrong = estimate(r_site=[20.0, 0.0, 90.0])
    wrong[field] = value
    for k in range(95, 115):
        c = one(pilot, k, wrong)
        assert c["status"] == Status.BAD_INPUT
        assert np.array_equal(c["q_site_body"], before["q_site_body"])
        assert c["thrust_n"] == before["thrust_n"]
        assert not c["torque_nm"].any()
    c = one(pilot, 115, e)
    assert c["status"] != Status.BAD_INPUT and c["torque_nm"].any()
    # Twenty ticks lost are twenty ticks of the reference's turn: it then arrives at the same place.
    ours, theirs = run(pilot, e, 2000, 116)[-1], run(twin, e, 2021, 95)[-1]
    assert ours["q_site_body"] == pytest.approx(theirs["q_site_body"], abs=1e-6)
    assert ours["thrust_n"] == pytest.approx(theirs["thrust_n"], rel=1e-3)


def test_bad_input_from_the_start_asks_for_nothing():
    c = run(core(*NAMES), estimate(mass_kg=0.0), 50)
    check_sound(c)
    assert np.all(c["status"] == Status.BAD_INPUT) and not c["thrust_n"].any()


def test_a_height_of_no_kind_does_no_harm():
    for height in (np.nan, np.inf, -np.inf, 1e300):
        check_sound(run(core("descend", "fall", "settle"), estimate(height_m=height), 30))


def test_a_target_beyond_all_bounds_does_no_harm():
    for name in ("approach", "hover", "avoid", "descend"):
        pilot = core(name, exit=EXITS["rest"], limit_s=0.0)
        pilot.retarget(1e308, 1e308, -1e308, True)
        check_sound(run(pilot, estimate(), 100))


@pytest.mark.parametrize("site", [(np.nan, 0, 0), (0, np.inf, 0)])
def test_a_target_of_no_kind_is_refused(site):
    pilot = core("hover", exit=EXITS["rest"], limit_s=0.0)
    before = pilot.site
    with pytest.raises(ValueError, match="three finite coordinates"):
        pilot.retarget(*map(float, site), True)
    assert pilot.site == before
    check_sound(run(pilot, estimate(), 100))


# ---- no allocation, the same bits ----------------------------------------------------------------


def test_ticks_allocate_nothing():
    pilot = core(*NAMES)
    e = np.repeat(estimate(r_site=PILOT.plan.r_site, v_site=PILOT.plan.v_site), 5000)
    c = np.zeros(5000, COMMAND)

    def peak(n):
        # What a call costs shall not depend on its ticks.
        gc.collect()
        tracemalloc.start()
        pilot.tick_many(0, e[:n], c)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(5000) <= peak(10) + 64
    one_e, one_c = e[:1], c[:1]
    pilot.tick(0, one_e, one_c)
    gc.collect()
    before = sys.getallocatedblocks()
    for k in range(2000):
        pilot.tick(k, one_e, one_c)
    assert sys.getallocatedblocks() - before < 20


def test_two_autopilots_give_the_same_bytes():
    e = mixed(np.random.default_rng(4), 20_000)
    a, b = np.zeros(len(e), COMMAND), np.zeros(len(e), COMMAND)
    core(*NAMES).tick_many(0, e, a)
    core(*NAMES).tick_many(0, e, b)
    assert a.tobytes() == b.tobytes()


def test_one_tick_at_a_time_is_the_same_as_many():
    e = mixed(np.random.default_rng(5), 3000)
    a, b = np.zeros(len(e), COMMAND), np.zeros(len(e), COMMAND)
    core(*NAMES).tick_many(0, e, a)
    pilot = core(*NAMES)
    for k in range(len(e)):
        pilot.tick(k, e[k : k + 1], b[k : k + 1])
    assert a.tobytes() == b.tobytes()


def test_reset_goes_back_to_the_first_tick():
    e = mixed(np.random.default_rng(6), 3000)
    a, b = np.zeros(len(e), COMMAND), np.zeros(len(e), COMMAND)
    pilot = core(*NAMES)
    pilot.tick_many(0, e, a)
    pilot.reset()
    pilot.tick_many(0, e, b)
    assert a.tobytes() == b.tobytes()


@pytest.fixture(scope="module")
def flown():
    """Telemetry of a dispersed descent to the nominal site over a sphere."""
    flight = wire(MISSION, seed=3, nominal=False, dems=(), imaging=False, flat=True)
    fly(flight, Eyes(flight), False, lambda stage, done: None)
    return flight.flown, flight.autopilot


def test_a_replay_gives_the_same_commands(flown):
    rows, pilot = flown
    # Every phase was flown, to its end.
    assert list(np.unique(rows["phase"])) == list(range(len(NAMES)))
    pilot.core.reset()
    commands, tick_ns = np.zeros(len(rows), COMMAND), np.zeros(len(rows), np.int64)
    replay(
        pilot.core, rows, np.zeros(1, np.int64), np.array([[0.0, 0.0, 0.0, np.nan]]),
        np.ones(1, np.uint8), commands, tick_ns,
    )
    for ours, theirs in (
        ("direction_site", "direction_site"),
        ("q_site_body", "cmd_q_site_body"),
        ("thrust_n", "cmd_thrust_n"),
        ("torque_nm", "cmd_torque_nm"),
        ("time_to_go_s", "time_to_go_s"),
        ("phase", "phase"),
        ("status", "status"),
    ):
        assert np.array_equal(commands[ours], rows[theirs]), ours
    assert np.all(tick_ns > 0)


def test_a_flight_is_flown_without_bad_input_or_lost_solution(flown):
    rows, _ = flown
    assert not np.isin(rows["status"], (Status.NO_SOLUTION, Status.BAD_INPUT)).any()


def test_the_object_an_integrator_holds():
    pilot = Autopilot(MISSION)
    pilot.estimate[:] = estimate(r_site=pilot.plan.r_site, v_site=pilot.plan.v_site)
    command = pilot.tick(0)
    assert command is pilot.command and command.dtype == COMMAND
    assert pilot.phase == "braking" and not pilot.wants_scan
    assert pilot.tick(1) is command
    # 2.5 % of thrust are kept in hand.
    assert command["thrust_n"][0] == pytest.approx(0.975 * FULL_N, rel=0.01)


# ---- retarget ------------------------------------------------------------------------------------


def test_a_new_site_takes_effect_at_the_next_tick():
    e = estimate()
    stays, moves = core("hover", "avoid"), core("hover", "avoid")
    assert run(stays, e, 40).tobytes() == run(moves, e, 40).tobytes()
    moves.retarget(60.0, 0.0, 0.0, False)
    assert moves.site == (60.0, 0.0, 0.0)
    a, b = one(stays, 40, e), one(moves, 40, e)
    # From 50 m east of the site it leans west; with the site 10 m further east, east.
    assert a["direction_site"][0] < -0.01 and b["direction_site"][0] > 0.01


def test_a_new_site_acts_at_the_next_tick_whatever_the_guidance_rate():
    e = estimate()
    stays, moves = core("hover", "avoid"), core("hover", "avoid")
    run(stays, e, 43)
    run(moves, e, 43)
    moves.retarget(60.0, 0.0, 0.0, False)
    a, b = run(stays, e, 10, 43), run(moves, e, 10, 43)
    differs = np.any(a["direction_site"] != b["direction_site"], axis=1)
    assert differs.all()


def test_a_final_site_ends_the_hover_at_the_next_tick():
    pilot, e = core("hover", "avoid"), estimate()
    assert run(pilot, e, 43)["phase"].max() == 0
    pilot.retarget(5.0, 0.0, 0.0, True)
    c = one(pilot, 43, e)
    assert c["phase"] == 1
    # A phase's first tick runs its guidance, whatever the tick.
    assert c["time_to_go_s"] > 10.0


@pytest.mark.parametrize("site", [(np.nan, 0.0, 0.0), (0.0, np.inf, 0.0), (0.0, 0.0, -np.inf)])
def test_a_site_of_no_kind_is_refused(site):
    pilot = Autopilot(MISSION)
    pilot.retarget((1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="three finite coordinates"):
        pilot.retarget(site)
    assert pilot.core.site == (1.0, 2.0, 3.0)


# ---- gates ---------------------------------------------------------------------------------------

FAR = 1_000_000_000  # ticks: time is an integer, so nothing wears off


@pytest.mark.parametrize("first", [0, FAR])
def test_time_to_go_counts_down_to_its_gate(first):
    pilot = core("avoid", "descend")
    c = run(pilot, estimate(), 6000, first)
    start = c["time_to_go_s"][0]
    assert start >= MISSION.phases[4].duration_s
    ends = int(np.argmax(c["phase"] == 1))
    assert ends == pytest.approx(100.0 * (start - 1.0), abs=1.01)
    assert np.diff(c["time_to_go_s"][:ends]) == pytest.approx(-0.01, abs=1e-9)


def attitude_off(c, degrees):
    """Attitude that is degrees off what a command wants."""
    wanted = np.array(pointing(c["direction_site"], TABLE["heading_site"]))
    return product(wanted, quaternion_about([0.6, 0.8, 0.0], math.radians(degrees)))


@pytest.mark.parametrize(("degrees", "over"), [(3.2, False), (2.8, True), (-2.8, True)])
def test_the_attitude_gate_wants_the_attitude(degrees, over):
    pilot = core("adjust", "approach")
    e = estimate(r_site=[1900.0, 0.0, 2500.0], v_site=[-35.0, 0.0, -30.0])
    e["q_site_body"] = quaternion_about([0.0, 1.0, 0.0], 1.2)
    c = run(pilot, e, 51)
    assert not c["phase"].any()
    e["q_site_body"] = attitude_off(c[-1], degrees)
    assert bool(one(pilot, 51, e)["phase"]) is over


@pytest.mark.parametrize("first", [0, FAR])
def test_a_phase_ends_at_its_limit(first):
    e = estimate(r_site=[1900.0, 0.0, 2500.0], v_site=[-35.0, 0.0, -30.0])
    e["q_site_body"] = quaternion_about([0.0, 1.0, 0.0], 1.2)
    c = run(core("adjust", "approach"), e, 1300, first)
    assert int(np.argmax(c["phase"] == 1)) == 1200
    c = run(core("hover", "avoid"), estimate(), 6100, first)
    assert int(np.argmax(c["phase"] == 1)) == 6000


@pytest.mark.parametrize(("height", "over"), [(2.05, False), (1.95, True), (np.inf, False)])
def test_the_height_gate_wants_the_height(height, over):
    pilot = core("descend", "fall", "settle")
    e = estimate()
    run(pilot, e, 5)
    e["height_m"] = height
    assert bool(one(pilot, 5, e)["phase"]) is over


@pytest.mark.parametrize(("level", "over"), [(2.05, False), (1.95, True)])
def test_without_a_height_the_target_level_stands_in(level, over):
    pilot = core("descend", "fall", "settle")
    pilot.retarget(0.0, 0.0, -7.0, True)
    e = estimate()
    run(pilot, e, 5)
    e["r_site"] = [0.0, 0.0, -7.0 + COM_M + level]
    assert bool(one(pilot, 5, e)["phase"]) is over


def test_a_touch_ends_the_descent_whatever_the_height():
    pilot = core("descend", "fall", "settle")
    e = estimate(height_m=20.0)
    run(pilot, e, 5)
    e["contact"] = 1
    c = one(pilot, 5, e)
    assert c["phase"] == 1 and c["thrust_n"] == 0.0 and not c["torque_nm"].any()


@pytest.mark.parametrize(("altitude", "over"), [(500.5, False), (499.5, True)])
def test_the_altitude_gate_wants_the_altitude(altitude, over):
    pilot = core("approach", "hover", exit=EXITS["altitude"], exit_value=500.0)
    e = estimate(r_site=[3000.0, 0.0, 2500.0], v_site=[-35.0, 0.0, -30.0])
    run(pilot, e, 5)
    # On a round Moon: the altitude is radial, 2.6 m above what z says at 3 km.
    angle = 3000.0 / RADIUS
    distance = RADIUS + altitude + COM_M
    e["r_site"] = [distance * math.sin(angle), 0.0, distance * math.cos(angle) - RADIUS]
    assert bool(one(pilot, 5, e)["phase"]) is over


def test_contact_and_rest_end_the_fall_and_the_flight():
    pilot = core("fall", "settle")
    e = estimate(height_m=0.0)
    assert not run(pilot, e, 100)["phase"].any()
    e["contact"] = 1
    c = run(pilot, e, 50, 100)
    assert c["phase"].all() and not np.any(c["status"] == Status.COMPLETE)
    e["rest"] = 1
    c = run(pilot, e, 50, 150)
    assert np.all(c["status"] == Status.COMPLETE) and not c["thrust_n"].any()


def test_braking_ends_on_its_time_to_go_and_nothing_else():
    # Low, slow, touching, at rest: none of it is braking's gate.
    pilot = core("braking", "adjust")
    e = estimate(r_site=PILOT.plan.r_site, v_site=PILOT.plan.v_site)
    e["contact"], e["rest"], e["height_m"] = 1, 1, 0.0
    assert not run(pilot, e, 500)["phase"].any()


# ---- scanning ------------------------------------------------------------------------------------


def test_a_map_is_wanted_when_the_hover_is_still():
    pilot, e = core("hover", "avoid"), estimate(r_site=[0.0, 0.0, 100.0 + COM_M])
    run(pilot, e, 101)
    assert not pilot.wants_scan
    run(pilot, e, 20, 101)
    assert pilot.wants_scan
    pilot.retarget(1.0, 0.0, 0.0, False)
    assert not pilot.wants_scan


@pytest.mark.parametrize(
    "stir",
    [{"v_site": [0.4, 0, 0]}, {"r_site": [3.0, 0, 100.0 + COM_M]}, {"omega_body": [0.02, 0, 0]}],
)
def test_a_hover_that_moves_is_scanned_only_when_its_time_runs_out(stir):
    pilot = core("hover", "avoid")
    e = estimate(**{"r_site": [0.0, 0.0, 100.0 + COM_M], **stir})
    run(pilot, e, 3990)
    assert not pilot.wants_scan
    run(pilot, e, 30, 3990)
    assert pilot.wants_scan


def test_a_table_of_no_rows_or_too_many_is_refused():
    for rows in ([], [ROWS["hover"]] * 17):
        with pytest.raises(ValueError, match="1 to 16 rows"):
            AutopilotCore(TABLE, rows)
