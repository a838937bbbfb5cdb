"""The autopilot: sound outputs for any input, no allocation, equal bits."""

import gc
import sys
import tracemalloc

import numpy as np
import pytest
from sample_pilot import (
    FULL_N,
    MISSION,
    NAMES,
    PILOT,
    ROWS,
    TABLE,
    check_sound,
    core,
    estimate,
    estimate_valid,
    mixed,
    one,
    run,
)

from farside.ext.guidance.autopilot._autopilot import AutopilotCore, replay
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.wiring import wire
from farside.guidance import COMMAND, Autopilot, Status
from farside.guidance.table import EXITS

# ---- any input -----------------------------------------------------------------------------------


def flights_of_nonsense():
    """One autopilot for each row, kept in it; and one that flies the whole table."""
    for name in NAMES:
        # A row whose end is waited for and never comes.
        yield name, core(name, *NAMES[NAMES.index(name) + 1 :], exit=EXITS["rest"], limit_s=0.0)
    yield "all", core(*NAMES)


@pytest.mark.slow
def test_a_million_inputs():
    rng = np.random.default_rng(99)
    bad = total = 0
    seen = set()
    for name, pilot in flights_of_nonsense():
        e = mixed(rng, 112_000)
        c = np.zeros(len(e), COMMAND)
        pilot.tick_many(0, e, c)
        check_sound(c)
        good = estimate_valid(e)
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


@pytest.mark.slow
def test_ticks_allocate_nothing():
    pilot = core(*NAMES)
    e = np.repeat(estimate(r_site=PILOT.plan.r_site, v_site=PILOT.plan.v_site), 5000)
    c = np.zeros(5000, COMMAND)

    def peak(n):
        # What a call costs shall not depend on its ticks.
        gc.collect()
        pilot.reset()
        tracemalloc.start()
        pilot.tick_many(0, e[:n], c)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(5000) <= peak(10) + 64
    one_e, one_c = e[:1], c[:1]
    pilot.reset()
    pilot.tick(0, one_e, one_c)
    gc.collect()
    before = sys.getallocatedblocks()
    for k in range(1, 2000):
        pilot.tick(k, one_e, one_c)
    assert sys.getallocatedblocks() - before < 20


@pytest.mark.slow
def test_two_autopilots_give_the_same_bytes():
    e = mixed(np.random.default_rng(4), 4000)
    a, b = np.zeros(len(e), COMMAND), np.zeros(len(e), COMMAND)
    core(*NAMES).tick_many(0, e, a)
    core(*NAMES).tick_many(0, e, b)
    assert a.tobytes() == b.tobytes()


@pytest.mark.slow
def test_one_tick_at_a_time_is_the_same_as_many():
    e = mixed(np.random.default_rng(5), 3000)
    a, b = np.zeros(len(e), COMMAND), np.zeros(len(e), COMMAND)
    core(*NAMES).tick_many(0, e, a)
    pilot = core(*NAMES)
    for k in range(len(e)):
        pilot.tick(k, e[k : k + 1], b[k : k + 1])
    assert a.tobytes() == b.tobytes()


def test_reset_goes_back_to_the_first_tick():
    e = mixed(np.random.default_rng(6), 1000)
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
    fly(flight, Scanner(flight))
    return flight.flown, flight.autopilot


def test_a_replay_gives_the_same_commands(flown):
    rows, pilot = flown
    # Every phase was flown, to its end.
    assert list(np.unique(rows["phase"])) == list(range(len(NAMES)))
    pilot.core.reset()
    commands, times_ns = np.zeros(len(rows), COMMAND), np.zeros((len(rows), 2), np.int64)
    replay(
        pilot.core,
        rows,
        np.zeros(1, np.int64),
        np.array([[0.0, 0.0, 0.0, np.nan]]),
        np.ones(1, np.uint8),
        commands,
        times_ns,
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
    assert np.all(times_ns[:, 0] > 0)


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
    # In its opening, braking keeps a tenth of the thrust in hand.
    assert command["thrust_n"][0] == pytest.approx(0.9 * FULL_N, rel=0.01)


def test_a_table_of_no_rows_or_too_many_is_refused():
    for rows in ([], [ROWS["hover"]] * 17):
        with pytest.raises(ValueError, match="1 to 16 rows"):
            AutopilotCore(TABLE, rows)
