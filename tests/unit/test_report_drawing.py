"""Figures drawn in another process: the same bytes, and drawn here where that fails."""

import atexit
import dataclasses
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest
from sample_landing import cut_short

from farside.campaign import processes
from farside.cli import second
from farside.report import drawing

#: As it is outside of tests: tests/conftest.py has it say no.
IS_CORE_IDLE = second.is_core_idle


@pytest.fixture(scope="module")
def landing():
    return cut_short("crashed", 2000)


def answered(function, *arguments):
    """Call as another process would: arguments and result go through a pipe."""
    future = Future()
    call, given = pickle.loads(pickle.dumps((function, arguments)))
    future.set_result(pickle.loads(pickle.dumps(call(*given))))
    return future


def failed(_function, *_arguments):
    future = Future()
    future.set_exception(processes.WorkerDied("process 7 ended with code -9"))
    return future


@pytest.mark.slow
def test_pictures_from_beside_are_those_drawn_here(landing):
    told = []
    pictures = drawing.begin_drawing(landing, answered)(lambda *done: told.append(done))
    here = drawing.draw_pictures(landing)
    assert list(pictures) == list(here)
    assert all(pictures[name] == here[name] for name in here)
    assert told[-1] == (len(here), len(here))


def test_what_fails_beside_is_drawn_here(landing, small_pages):
    told = []
    pictures = drawing.begin_drawing(landing, failed)(lambda *done: told.append(done))
    assert list(pictures) == ["descent"] and told == [(1, 1)]


def test_a_landing_leaves_its_ground_behind(landing):
    flown = dataclasses.replace(landing, ground=(each for each in ()))  # as no pipe takes it
    moved = pickle.loads(pickle.dumps(drawing._movable(flown)))
    assert moved.ground is None
    assert (moved.scene.heights_m == landing.scene.heights_m).all()
    assert moved.telemetry.tobytes() == landing.telemetry.tobytes()


@pytest.mark.slow
def test_the_second_process_ends_with_its_context(monkeypatch):
    monkeypatch.setattr(second, "is_core_idle", lambda: True)
    monkeypatch.setattr(
        drawing, "get_ready", os.getpid
    )  # no imports: they take a minute under load
    with pytest.raises(KeyboardInterrupt), second.second_process() as call:
        pid = call(os.getpid).result(300)
        assert pid != os.getpid()
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_a_second_process_that_is_done_ends_by_itself(monkeypatch, tmp_path):
    """It clears away what it made: matplotlib keeps a folder until its process exits."""
    monkeypatch.setattr(second, "is_core_idle", lambda: True)
    monkeypatch.setattr(drawing, "get_ready", os.getpid)
    left = tmp_path / "left"
    with second.second_process() as call:
        call(_leave_at_exit, str(left)).result(300)
    assert left.exists()


def _leave_at_exit(path):
    atexit.register(Path(path).touch)


def test_pictures_are_drawn_here_where_the_second_process_hangs(monkeypatch, landing):
    monkeypatch.setattr(drawing, "HANGS_S", 0.05)
    monkeypatch.setattr(drawing, "draw_pictures", lambda *_: {"descent": b"here"})
    never = Future()
    wait = drawing.begin_drawing(landing, lambda *_: never)
    assert wait(lambda *_: None) == {"descent": b"here"}


def test_no_second_process_where_it_would_gain_nothing(monkeypatch):
    monkeypatch.setattr(second.os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert not IS_CORE_IDLE()
    with second.second_process() as call:
        assert call is None
    monkeypatch.setattr(second.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(second.os, "cpu_count", lambda: 2)
    for load, idle in ((0.7, True), (2.1, False)):
        monkeypatch.setattr(second.os, "getloadavg", lambda load=load: (load, 9.0, 9.0))
        assert IS_CORE_IDLE() is idle


def test_a_system_that_starts_no_process_does_everything_in_one(monkeypatch):
    def refuse(_workers):
        raise OSError("no more processes")

    monkeypatch.setattr(second, "is_core_idle", lambda: True)
    monkeypatch.setattr(processes, "ProcessPool", refuse)
    with second.second_process() as call:
        assert call is None


def test_a_daemonic_process_does_everything_itself(monkeypatch):
    # it may have no children: multiprocessing asserts that
    monkeypatch.setattr(second, "is_core_idle", lambda: True)
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)
    with second.second_process() as call:
        assert call is None


def test_a_system_that_starts_no_thread_does_everything_in_one(monkeypatch):
    def refuse(_self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(second, "is_core_idle", lambda: True)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with second.second_process() as call:
        assert call is None
    assert not multiprocessing.active_children()


def test_pages_are_written_without_what_draws():
    """It takes a third of a second to import, which the process that writes need not spend."""
    code = (
        "import sys, farside.report.page, farside.report.replay.replay_page;"
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
