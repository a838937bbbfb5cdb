"""Workers at the ends of pipes of their own: what one of them does or suffers is its own affair."""

import functools
import math
import multiprocessing
import operator
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import wait
from multiprocessing.context import SpawnProcess

import pytest

from farside.campaign.extras import CampaignError
from farside.campaign.processes import ProcessPool, WorkerDied, WorkerNotStarted
from farside.campaign.workers import local_pool

#: More than a pipe holds, so a worker that is killed has often sent half of it.
SIZE = 300_000
#: An executor of concurrent.futures waited for ever after two.
KILLS = 5


class Unreadable:
    """What fails where it is unpickled."""

    def __reduce__(self):
        """Say what makes another."""
        return open, ("/no/such/file",)


def busy(pool, seconds):
    """Have a worker sleep; return its job once it does."""
    job = pool.call(time.sleep, seconds)
    while not job.running():
        time.sleep(0.01)
    return job


@pytest.fixture(scope="module")
def pool():
    pool = ProcessPool(2)
    yield pool
    pool.close()


def test_jobs_are_done_by_all_workers(pool):
    done = [pool.call(math.factorial, n) for n in range(20)]
    assert [each.result(60) for each in done] == [math.factorial(n) for n in range(20)]
    assert len(pool.pids()) == 2 and os.getpid() not in pool.pids()


def test_what_a_job_raises_comes_back_with_its_place(pool):
    failed = pool.call(operator.truediv, 1, 0).exception(60)
    assert isinstance(failed, ZeroDivisionError) and pool.deaths(failed) == 0
    assert "Traceback" in failed.__notes__[0]
    # what cannot be sent, here or there
    with pytest.raises(Exception, match="pickle"):
        pool.call(len, threading.Lock()).result(60)
    with pytest.raises(RuntimeError, match=r"lock|pickle"):
        pool.call(threading.Lock).result(60)
    with pytest.raises(RuntimeError, match=r"lock|pickle"):
        pool.call(functools.partial(threading.Lock)).result(60)
    before = pool.pids()
    with pytest.raises(FileNotFoundError):
        pool.call(abs, Unreadable()).result(60)
    assert pool.pids() == before
    assert pool.call(abs, -3).result(60) == 3


@pytest.mark.slow
def test_a_death_is_told_with_its_code(pool):
    died = pool.call(os._exit, 7).exception(60)
    assert isinstance(died, WorkerDied) and "ended with code 7" in str(died)
    assert pool.deaths(died) == 1
    assert pool.call(abs, -3).result(60) == 3


@pytest.mark.slow
def test_workers_killed_while_they_send_lose_their_own_job_only():
    pool = ProcessPool(2)
    moments = random.Random(3)
    jobs = []
    for _ in range(KILLS):
        jobs += [pool.call(bytes, SIZE) for _ in range(200)]
        jobs[-150].exception(60)  # both are at work again
        time.sleep(moments.uniform(0.0, 0.01))
        os.kill(moments.choice(pool.pids()), signal.SIGKILL)
        assert not wait(jobs, timeout=60).not_done
    failed = [why for job in jobs if (why := job.exception()) is not None]
    assert all(isinstance(why, WorkerDied) for why in failed)
    # one that was killed between two jobs fails the next; the last may have had none
    assert KILLS - 1 <= len(failed) <= KILLS
    assert all(job.result() == bytes(SIZE) for job in jobs if job.exception() is None)
    pool.close()


@pytest.mark.slow
def test_a_closed_pool_leaves_nobody_and_no_job():
    pool = ProcessPool(2)
    ran = [pool.call(time.sleep, 0.2) for _ in range(2)]
    while not all(job.running() for job in ran):
        time.sleep(0.01)
    waiting = [pool.call(time.sleep, 60.0) for _ in range(3)]
    started = [worker.process for worker in pool._at_work.values()]
    pool.close()
    assert all(job.done() for job in ran) and all(job.cancelled() for job in waiting)
    assert pool.pids() == [] and not any(process.is_alive() for process in started)


@pytest.mark.slow
def test_a_pool_that_was_given_nothing_closes():
    pool = ProcessPool(3)
    assert len(pool.pids()) == 1
    pool.close()
    assert pool.pids() == []


def test_what_is_flown_is_given_up_at_once():
    pool = ProcessPool(1)
    job = busy(pool, 60.0)
    pool.kill()
    assert isinstance(job.exception(10), WorkerDied)
    pool.close()


@pytest.mark.slow
def test_a_closed_pool_takes_no_job():
    pool = ProcessPool(1)
    pool.close()
    with pytest.raises(CampaignError, match="closed"):
        pool.call(abs, 1)


@pytest.fixture
def no_more_processes(monkeypatch):
    """Have the system refuse processes once this is called."""

    def refuse(_):
        raise OSError(24, "Too many open files")

    return lambda: monkeypatch.setattr(SpawnProcess, "start", refuse)


@pytest.mark.slow
def test_those_that_run_do_the_work_of_one_that_cannot_be_started(no_more_processes):
    pool = ProcessPool(3)
    slow = busy(pool, 1.0)
    no_more_processes()
    jobs = [pool.call(abs, -n) for n in range(5)]
    assert [job.result(60) for job in jobs] == list(range(5))
    assert slow.done() and pool.workers == 1
    assert pool.note == "1 of 3 workers fly: no more can be started (Too many open files)"
    pool.close()


@pytest.mark.slow
def test_jobs_fail_where_no_worker_is_left_and_none_can_be_started(no_more_processes):
    pool = ProcessPool(2)
    killed = busy(pool, 60.0)
    no_more_processes()
    jobs = [pool.call(abs, -1) for _ in range(3)]
    os.kill(pool.pids()[0], signal.SIGKILL)
    assert isinstance(killed.exception(60), WorkerDied)
    for job in jobs:
        assert isinstance(why := job.exception(60), WorkerNotStarted)
        assert "Too many open files" in str(why)
    pool.close()


@pytest.mark.slow
def test_a_job_that_nobody_is_left_for_is_cancelled(no_more_processes):
    pool = ProcessPool(2)
    last = busy(pool, 2.0)
    no_more_processes()
    job = pool.call(abs, -1)
    pool.close()
    assert last.done() and job.cancelled()


def test_without_children_of_its_own_a_process_flies_alone(monkeypatch):
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)
    pool = local_pool(2)
    assert pool.workers == 1 and "daemonic" in pool.note
    pool.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_begin_with_the_signals_of_a_terminal_blocked(pool):
    wait([pool.call(time.sleep, 0.1) for _ in range(2)])
    for pid in pool.pids():
        with open(f"/proc/{pid}/status") as file:
            blocked = next(line for line in file if line.startswith("SigBlk:"))
        held = int(blocked.split()[1], 16)
        assert all(held >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGHUP))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_pool_closes_while_another_process_holds_its_pipes():
    code = """
import os, time
from farside.campaign.processes import ProcessPool
pool = ProcessPool(1)
assert pool.call(abs, -1).result(60) == 1
child = os.fork()
if not child:
    time.sleep(60.0)
    os._exit(0)
begun = time.monotonic()
pool.close()
os.kill(child, 9)
assert time.monotonic() - begun < 20.0
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=100)
