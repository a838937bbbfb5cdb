"""A loop by the clock: its statistics, its beat, a descent at 1 kHz, and what is refused."""

import json
import os
import threading
import time

import numpy as np
import pytest

from farside.cli.main import main
from farside.ext.loop._deadline import Metronome
from farside.flight import realtime, scheduling
from farside.flight.deadlines import Deadlines
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.realtime import MapMaker, RealtimeError, StartClock, fly_by_clock
from farside.flight.wiring import wire
from farside.mission import load_mission
from farside.report.realtime import realtime_figure

MISSION = load_mission("chang-e-6")
US, MS = 1_000, 1_000_000


def test_a_tick_misses_by_its_own_work_or_because_it_began_late():
    late = np.array([0, 900 * US, 100 * US, 0])
    took = np.array([50 * US, 150 * US, 900 * US, 1001 * US])
    kept = Deadlines(MS, late, took)
    assert kept.missed == 2 and kept.overran == 1
    assert kept.jitter_ns.tolist() == [900 * US, 800 * US, 100 * US]
    told = kept.to_dict()
    assert told["period_us"] == 1000.0 and told["ticks"] == 4
    assert told["done_us"] == {"50": 1000.0, "99": 1050.0, "99.9": 1050.0, "100": 1050.0}


def test_shares_are_times_that_were_measured():
    times = np.arange(1, 1001)
    assert Deadlines.shares(times) == {50.0: 500, 99.0: 990, 99.9: 999, 100.0: 1000}
    assert set(Deadlines.shares(times[:0]).values()) == {0}


@pytest.mark.parametrize(("period", "room"), [(0, 1), (-5, 1), (10**9 + 1, 1), (1000, 0)])
def test_a_metronome_without_a_beat_is_refused(period, room):
    with pytest.raises(ValueError, match="there is none such"):
        Metronome(period, room)


def wired():
    flight = wire(MISSION, seed=3, nominal=False, dems=(), imaging=False, flat=True)
    flight.loop.timed = False
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    return flight


def test_the_beat_is_the_clock_s():
    """200 ticks of 2 ms take 400 ms, whatever the machine; late ticks are caught up with."""
    flight, metronome = wired(), Metronome(2 * MS, 1000)
    flight.loop.metronome = metronome
    began = time.monotonic_ns()
    flight.loop.run(200)
    took = time.monotonic_ns() - began
    late, work = metronome.late_ns, metronome.took_ns
    assert flight.loop.tick_count == len(late) == len(work) == 200
    # each tick begins at or after its due time, and 200 of them are due in 200 periods
    assert (late >= 0).all() and (work > 0).all()
    due = 200 * 2 * MS + late[-1] + work[-1]
    assert due <= took < due + 300 * MS  # a busy machine may keep what is about the loop waiting
    assert np.median(work) < MS


def test_between_two_calls_the_clock_stands_still():
    flight, metronome = wired(), Metronome(MS, 100)
    flight.loop.metronome = metronome
    flight.loop.run(20)
    time.sleep(0.2)
    flight.loop.run(20)
    assert metronome.held_ns >= 0.2e9
    # 200 ms without the loop are none of its lateness
    assert metronome.late_ns[20] < metronome.late_ns[19] + 0.15e9


def test_after_a_tick_that_ends_late_the_next_begins_at_once():
    """Due times stay: with a period shorter than the work each tick is later by the rest."""
    period = US // 10
    flight, metronome = wired(), Metronome(period, 500)
    flight.loop.metronome = metronome
    flight.loop.run(500)
    late, took = metronome.late_ns, metronome.took_ns
    # woke_(k+1) - done_k = late_(k+1) + period - late_k - took_k
    idle = late[1:] + period - late[:-1] - took[:-1]
    assert (idle >= 0).all() and np.median(idle) < 5 * US
    assert late[-1] > late[0] and late[-1] > 250 * (np.median(took) - period)


@pytest.mark.slow
def test_the_flight_keeps_its_bits_and_lands_at_the_place_of_the_fast_one():
    """By the clock from before its scan on: rows, scan and site are those without it."""
    flights = []
    for clocked in (False, True):
        flight = wire(MISSION, seed=3, nominal=False, dems=(), imaging=True)
        flight.loop.timed = False
        clock = StartClock(flight, 76_500, Metronome(US, 2000))
        fly(flight, Scanner(flight), beside=(clock,) if clocked else (), until=78_000)
        assert (flight.loop.metronome is not None) == clocked
        flights.append(flight)
    plain, clocked = flights
    count = min(len(plain.flown), len(clocked.flown))
    assert count >= 78_000 and clocked.loop.metronome.late_ns.size >= 1000
    for name in ("r_site", "est_r_site", "cmd_torque_nm", "phase"):
        np.testing.assert_array_equal(plain.flown[name][:count], clocked.flown[name][:count])


@pytest.mark.slow
def test_a_descent_to_rest_at_a_hundred_times_its_speed(tmp_path, capsys):
    words = ["realtime", "--rate", "10000", "--seconds", "3", "--from", "770", "--out"]
    status = main([*words, str(tmp_path / "kept")])
    said = capsys.readouterr().out
    facts = json.loads((tmp_path / "kept" / "realtime.json").read_text())["flights"][0]
    assert (tmp_path / "kept" / "realtime.png").stat().st_size > 5000
    assert facts["at_rest"] and 770.0 <= facts["from_s"] < 780.0 and 800.0 < facts["to_s"] < 830.0
    assert facts["ticks"] == round(100.0 * (facts["to_s"] - facts["from_s"]))
    assert status == (1 if facts["missed"] else 0)
    assert facts["late_us"]["50"] <= facts["late_us"]["99"] <= facts["late_us"]["100"]
    assert facts["took_us"]["50"] < 1000.0
    assert "10000 Hz" in said and "to rest" in said


@pytest.mark.slow
def test_maps_are_made_beside_the_loop(monkeypatch):
    made = []
    monkeypatch.setattr(
        MapMaker, "start", lambda self: (made.append(self), threading.Thread.start(self))
    )
    kept = fly_by_clock(MISSION, rate_hz=1000.0, seconds=0.6, from_s=1.0, imaging=False, maps=True)
    assert len(kept.deadlines.late_ns) == 600 and len(kept.maps_ms) >= 1
    assert not made[0].is_alive()
    assert kept.map_deadline_ms == 1000.0 * MISSION.sensors.lidar.latency_s
    assert kept.to_dict()["map_worst_ms"] == max(kept.maps_ms)


@pytest.mark.slow
def test_what_is_not_granted_is_said(monkeypatch, tmp_path, capsys):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(scheduling.os, "sched_setscheduler", refuse)
    words = ["realtime", "--rate", "2000", "--seconds", "0.05", "--from", "2", "--no-imaging"]
    main([*words, "--out", str(tmp_path / "kept")])
    assert "not real-time: SCHED_FIFO: Operation not permitted" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="here are no schedulers")
def test_the_thread_is_as_it_was_afterwards():
    before = os.sched_getscheduler(0)
    with scheduling.realtime_thread() as refused:
        granted = not any(line.startswith("SCHED_FIFO") for line in refused)
        assert (os.sched_getscheduler(0) == os.SCHED_FIFO) == granted
    assert os.sched_getscheduler(0) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--rate", "0"], "0 Hz: give 1 to 20000 Hz"),
        (["--rate", "nan"], "nan Hz"),
        (["--seconds", "-1"], "ticks of time"),
        (["--seconds", "inf"], "ticks of time"),
        (["--from", "-3"], "from -3 s on"),
        (["--from", "nan"], "from nan s on"),
    ],
)
def test_bad_input_is_one_line(words, why, tmp_path, capsys):
    assert main(["realtime", *words, "--out", str(tmp_path / "kept")]) == 2
    error = capsys.readouterr().err
    assert why in error and error.count("\n") == 1
    assert not (tmp_path / "kept").exists()


@pytest.mark.slow
def test_a_descent_that_ends_before_and_one_without_a_lidar_are_refused():
    with pytest.raises(RealtimeError, match=r"ends after \d+ s: begin with the clock earlier"):
        fly_by_clock(MISSION, from_s=1700.0, imaging=False)
    with pytest.raises(RealtimeError, match="no lidar"):
        fly_by_clock(load_mission("apollo-11"), maps=True)


def test_the_picture_has_a_panel_for_each_rate():
    kept = Deadlines(MS, np.array([10 * US, 2 * MS]), np.array([5 * US, 7 * US]))
    fields = dict.fromkeys(realtime.ClockedFlight.__dataclass_fields__, 0)
    flight = realtime.ClockedFlight(**fields | {"deadlines": kept, "mission": "m", "rate_hz": 1e3})
    panels = realtime_figure([flight, flight]).axes
    assert len(panels) == 2
    assert "2 ticks, 1 missed, 0 by their own work" in panels[0].get_title(loc="left")
