"""`farside land` as a user runs it: CPU time of the whole tree of processes."""

import resource
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from benchmarks.sizes import cases

from farside.flight import land
from farside.report import save

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["land"]


def cpu_s(*arguments):
    """Run Python to its end and return the CPU time of it and of all it started [s]."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_import():
    assert statistics.median(cpu_s("-c", "import farside") for _ in range(5)) < BUDGET["import_s"]


def test_landing_without_cameras(tmp_path):
    out = str(tmp_path / "landing")
    taken = [
        cpu_s("-m", "farside", "land", "--seed", "3", "--no-cameras", "--out", out)
        for _ in range(cases(3, 1))
    ]
    assert statistics.median(taken) < BUDGET["land_s"]


def test_landing_with_cameras(tmp_path):
    out = tmp_path / "landing"
    taken = cpu_s("-m", "farside", "land", "--seed", "3", "--out", str(out))
    assert taken < BUDGET["cameras_s"]
    assert (out / "landing.html").stat().st_size <= BUDGET["replay_bytes"]


def test_writing_a_landing(tmp_path):
    landing = land("chang-e-6", seed=3, cameras=False)
    taken = []
    for number in range(cases(3, 1)):
        begun = time.process_time()
        save(landing, tmp_path / str(number))
        taken.append(time.process_time() - begun)
    assert statistics.median(taken) < BUDGET["save_s"]
