"""A campaign is the same rows whoever flies it, in whatever pieces, and whatever dies meanwhile."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from flown_campaign import RUNS, SEED, environment, plan, reference, rows, serial, shards

from farside.campaign import CampaignError, fly_campaign, read_campaign, replay, shard_of
from farside.campaign import dispatch as engine
from farside.campaign import plan as planning
from farside.campaign.folder import missing_of
from farside.campaign.processes import ProcessPool
from farside.campaign.sampling import sobol_points
from farside.campaign.task import TaskResult
from farside.campaign.workers import Dask
from farside.flight.inputs import drawn_inputs, input_specs, inputs_at
from farside.flight.landing import OUTCOMES
from farside.mission import load_mission

#: What glibc, numpy, OpenBLAS and OpenCV do on a CPU without AVX2 and FMA.
OLDER_CPU = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-FMA4,-AVX2_Usable,-FMA_Usable",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENCV_CPU_DISABLE": "AVX2,FMA3,AVX",
}


@pytest.fixture
def small_tasks(monkeypatch):
    """Cut campaigns into tasks of two runs, so that few runs are many tasks."""
    monkeypatch.setattr(planning, "LEAST_OF_A_TASK", {True: 2, False: 2})


def farside(*words, **more):
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "farside.cli", *map(str, words)]
    return subprocess.run(
        command, env=environment(**more), capture_output=True, text=True, timeout=120
    )


@pytest.mark.slow
def test_every_run_is_there_once():
    flown = read_campaign(reference())
    assert flown.table["run"].to_pylist() == list(range(RUNS))
    assert flown.missing == []
    assert set(flown.table["outcome"].to_pylist()) <= set(OUTCOMES)
    assert flown.plan == plan() and flown.mission == load_mission("chang-e-6")


@pytest.mark.slow
def test_two_processes(small_tasks, tmp_path):
    progress = fly_campaign(plan(), tmp_path / "a", workers=2)
    assert progress.flown == RUNS and progress.deaths == 0
    assert rows(tmp_path / "a") == rows(reference())


@pytest.mark.slow
def test_dask(small_tasks, tmp_path):
    """Beside another cluster, which has the port that dask's page asks for first."""
    with socket.socket() as other:
        with suppress(OSError):  # one of this machine's own
            other.bind(("127.0.0.1", 8787))
            other.listen()
        fly_campaign(plan(), tmp_path / "a", Dask("local", 2))
    assert rows(tmp_path / "a") == rows(reference())


@pytest.mark.slow
def test_shards_in_one_folder_and_in_their_own(tmp_path):
    shards(plan(), lambda i: tmp_path / "all", 3)
    assert rows(tmp_path / "all") == rows(reference())
    shards(plan(), lambda i: tmp_path / f"{i}", 5)
    assert rows(*(tmp_path / f"{i}" for i in (2, 5, 1, 4, 3))) == rows(reference())
    assert read_campaign(tmp_path / "2").missing == [range(0, 2), range(4, RUNS)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the recipe is glibc's")
def test_an_older_cpu(tmp_path):
    ran = farside(
        "campaign", "chang-e-6", "--runs", RUNS, "--seed", SEED, "--no-imaging", "--workers", 1,
        "--out", tmp_path / "a", **OLDER_CPU,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    # the sequence's version of scipy is the same, so are all columns
    assert rows(tmp_path / "a") == rows(reference())


@pytest.mark.slow
def test_a_prefix_is_a_campaign(tmp_path):
    serial(plan(4), tmp_path / "a")
    assert rows(tmp_path / "a") == {k: v[:4] for k, v in rows(reference()).items()}
    # and it grows to the longer one
    serial(plan(), tmp_path / "a", resume=True)
    assert rows(tmp_path / "a") == rows(reference())


def test_rows_hold_what_was_dispersed(tmp_path):
    mission = load_mission("chang-e-6")
    specs = input_specs(mission)
    row = read_campaign(reference()).row(5)
    drawn = drawn_inputs(mission, SEED, 5).values.tolist()
    assert [row[f"input_{s.name}"] for s in specs] == drawn
    # a shard of a sequence flies the points of the whole: run 5 is the first of scramble 5
    six = plan(6, sampling="sobol")
    serial(six, tmp_path / "a", shard=shard_of(6, 6, 6))
    point = sobol_points(len(specs), SEED, range(64))[5]
    row = read_campaign(tmp_path / "a").row(5)
    assert [row[f"input_{s.name}"] for s in specs] == inputs_at(mission, point).values.tolist()


def test_replay_is_the_same_flight():
    flown = read_campaign(reference())
    again = replay(flown, 3)
    assert again.same and again.landing is not None
    assert again.landing.touchdown.miss_m == flown.row(3)["touchdown_miss_m"]


@pytest.mark.slow
def test_killed_workers_lose_nothing(small_tasks, tmp_path):
    progress = kill_workers(plan(), tmp_path / "a", kills=2)
    assert progress.deaths == 2
    assert rows(tmp_path / "a") == rows(reference())


@pytest.mark.slow
def test_ten_kills(small_tasks, tmp_path):
    progress = kill_workers(plan(60), tmp_path / "a", kills=10)
    assert progress.deaths == 10 and progress.given_up == []
    serial(plan(60), tmp_path / "b")
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def kill_workers(planned, folder, kills):
    """Fly with two processes, and kill one of them so many times, at moments of no meaning.

    Between two kills a task is flown: one that dies with each of its workers is left out.
    """
    pool = ProcessPool(2)
    over = threading.Event()
    seen = []

    def reached(count, what):
        """Wait until the campaign's progress has come to a count; False when it is over first."""
        while not (seen and what(seen[-1]) >= count):
            if over.wait(0.01):
                return False
        return True

    def kill():
        moments = random.Random(1)
        flown = 0
        for killed in range(kills):
            if not reached(flown + 1, lambda now: now.flown):
                return
            if over.wait(moments.uniform(0.0, 0.3)):
                return
            while not (at := pool.pids()):
                if over.wait(0.01):
                    return
            os.kill(moments.choice(at), signal.SIGKILL)
            if not reached(killed + 1, lambda now: now.deaths):
                return
            flown = seen[-1].flown

    def note(progress):
        seen.append(replace(progress))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        return fly_campaign(planned, folder, pool, progress=note)
    finally:
        over.set()
        killer.join()


class Deadly(ProcessPool):
    """Processes of which one dies with each task that holds a certain run."""

    def __init__(self, workers, run):
        super().__init__(workers)
        self.run = run

    def submit(self, task):
        if self.run in task.runs:
            return self.call(os._exit, 1)
        return super().submit(task)


@pytest.mark.slow
def test_a_run_that_kills_every_worker_is_left_out(small_tasks, monkeypatch, tmp_path):
    # fewer than in earnest: each takes half a second
    monkeypatch.setattr(engine, "SUSPECT_DEATHS", 1)
    monkeypatch.setattr(engine, "GIVEN_UP_DEATHS", 2)
    progress = fly_campaign(plan(), tmp_path / "a", Deadly(2, 5))
    assert progress.given_up == [5]
    flown = read_campaign(tmp_path / "a")
    assert flown.missing == [range(5, 6)]
    # another day
    serial(plan(), tmp_path / "a", resume=True)
    assert rows(tmp_path / "a") == rows(reference())


@pytest.mark.slow
def test_workers_that_cannot_start(small_tasks, monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "MOST_DEATHS_IN_A_ROW", 3)

    class Stillborn(ProcessPool):
        def submit(self, task):
            return self.call(os._exit, 1)

    with pytest.raises(CampaignError, match="flew nothing"):
        fly_campaign(plan(), tmp_path / "a", Stillborn(1))


@pytest.mark.slow
@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_flown(tmp_path, signalled):
    folder = tmp_path / "a"
    words = ["campaign", "chang-e-6", "--runs", "400", "--seed", str(SEED), "--no-imaging"]
    with subprocess.Popen(
        [sys.executable, "-m", "farside.cli", *words, "--workers", "1", "--out", str(folder)],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as ran:
        limit = time.monotonic() + 60.0
        while not list(folder.glob("parts/runs-*")) and time.monotonic() < limit:
            time.sleep(0.05)
        ran.send_signal(signalled)
        said = ran.communicate(timeout=60)[1]
    assert ran.returncode == 128 + signalled
    (line,) = [line for line in said.splitlines() if line.startswith("farside:")]
    assert f"farside campaign --resume --out {folder}" in line
    flown = read_campaign(folder)
    assert 24 <= flown.table.num_rows < 400
    assert f"interrupted with {flown.table.num_rows} of 400" in line
    # tasks were given back unfinished
    assert flown.table["run"].to_pylist()[:12] == list(range(12))
    assert {k: v[:12] for k, v in rows(folder).items()} == rows(reference())


@pytest.mark.slow
@pytest.mark.parametrize("wait_s", [0.2, 0.6, 1.5])
def test_an_interrupt_of_the_terminal_reaches_workers_that_begin(tmp_path, wait_s):
    """A terminal sends it to every process, whatever that is doing: one line all the same."""
    with subprocess.Popen(
        [sys.executable, "-m", "farside.cli", "campaign", "--runs", "400", "--no-imaging",
         "--out", str(tmp_path / "a")],
        env=environment(), stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as ran:  # fmt: skip
        limit = time.monotonic() + 60.0
        while not (tmp_path / "a" / "campaign.json").exists() and time.monotonic() < limit:
            time.sleep(0.02)
        time.sleep(wait_s)
        os.killpg(ran.pid, signal.SIGINT)
        said = ran.communicate(timeout=60)[1]
    assert ran.returncode == 130
    *progress, line = said.splitlines()
    # the second where it came while the first worker was started, as on a busy machine
    begins = ("farside: interrupted with ", "farside: interrupted before anything was flown")
    assert line.startswith(begins), said
    # a busy machine may have come to a line of progress before
    assert all(" of 400 flown" in each for each in progress), said


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_command_that_is_killed_leaves_nobody_behind(tmp_path):
    folder = tmp_path / "a"
    words = ["campaign", "--runs", "60", "--seed", str(SEED), "--no-imaging", "--workers", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "farside.cli", *words, "--out", str(folder)],
        env=environment(),
        stderr=subprocess.DEVNULL,
    ) as ran:
        limit = time.monotonic() + 60.0
        while not list(folder.glob("parts/runs-*")) and time.monotonic() < limit:
            time.sleep(0.05)
        begun = Path(f"/proc/{ran.pid}/task").glob("*/children")  # each by a thread of its own
        workers = [int(pid) for file in begun for pid in file.read_text().split()]
        ran.kill()
    assert len(workers) >= 2
    limit = time.monotonic() + 10.0
    while (left := [pid for pid in workers if lives(pid)]) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not left
    fly_campaign(plan(60), folder, workers=2, resume=True)
    flown = read_campaign(folder)
    assert flown.missing == [] and flown.table["run"].to_pylist() == list(range(60))
    assert {k: v[:RUNS] for k, v in rows(folder).items()} == rows(reference())


def lives(pid):
    """Return whether a process runs; one that nobody waits for is no more."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_a_full_disk(small_tasks, monkeypatch, tmp_path):
    folder = tmp_path / "a"
    write = engine.keep

    def full(place, flown: TaskResult):
        if flown.runs.start >= 6:
            raise OSError(28, "No space left on device")
        write(place, flown)

    monkeypatch.setattr(engine, "keep", full)
    with pytest.raises(CampaignError, match=r"No space left on device; what was flown is kept"):
        serial(plan(), folder)
    assert read_campaign(folder).table["run"].to_pylist() == list(range(6))
    monkeypatch.undo()
    serial(plan(), folder, resume=True)
    assert rows(folder) == rows(reference())


@pytest.mark.slow
def test_a_disk_that_is_really_full(tmp_path):
    """A limit on the size of a file stands in for it: half a part is written, and taken away."""
    ran = subprocess.run(
        ["sh", "-c", 'ulimit -f 64; exec "$0" "$@"', sys.executable, "-m", "farside.cli",
         "campaign", "--runs", "2", "--no-imaging", "--workers", "1", "--out", str(tmp_path / "a")],
        env=environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert "cannot be written: File too large" in line
    assert [p.name for p in (tmp_path / "a").rglob("*") if p.is_file()] == ["campaign.json"]


def test_what_is_missing():
    held = [range(8, 10), range(0, 3), range(2, 4)]
    assert missing_of(range(12), held) == [range(4, 8), range(10, 12)]
    assert missing_of(range(3, 9), held) == [range(4, 8)]
    assert missing_of(range(0, 3), held) == []
    assert missing_of(range(5), []) == [range(5)]
