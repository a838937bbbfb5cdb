"""The same mission and seed fly the same flight to the bit, on one machine."""

import os
import shutil
import subprocess
import sys

import pytest
from flown import ROOT, flight, landing

from farside.flight import land
from farside.flight.telemetry import digest
from farside.mission import load_mission

FLY = """
import sys
from farside.ext import _flight
from farside.flight import land
from farside.mission import load_mission
print(_flight.__file__)
print(land(load_mission(sys.argv[1]), seed=int(sys.argv[2])).telemetry_sha256)
"""


def elsewhere(mission, seed, **environment):
    """Fly in a process of its own: the path of its kernels, the hash of its telemetry."""
    ran = subprocess.run(
        [sys.executable, "-c", FLY, mission, str(seed)],
        env={**os.environ, **environment},
        cwd=environment.get("PYTHONPATH", ROOT),
        capture_output=True,
        text=True,
        check=True,
    )
    kernels, digested = ran.stdout.split()
    return kernels, digested


def test_two_runs_in_one_process():
    once = landing(seed=1)
    again = land(load_mission("chang-e-6"), seed=1)
    assert again.telemetry_sha256 == once.telemetry_sha256
    assert again.touchdown == once.touchdown and again.site == once.site


def test_a_run_in_another_process_with_another_hash_seed():
    assert elsewhere("chang-e-6", 1, PYTHONHASHSEED="7")[1] == landing(seed=1).telemetry_sha256


def test_the_clock_leaves_the_flight_alone():
    """Timed or not, the records differ in the columns that time them, and in no other."""
    timed = flight(seed=2, imaging=False, timed=True).flown
    untimed = flight(seed=2, imaging=False, timed=False).flown
    assert timed["tick_ns"].any() and not untimed["tick_ns"].any()
    assert digest(timed) == digest(untimed)


def test_the_hash_tells_flights_apart():
    assert len({landing(seed=seed).telemetry_sha256 for seed in range(3)}) == 3
    rows = landing(seed=0).telemetry.copy()
    rows["r_site"][100, 0] += 1e-9
    assert digest(rows) != landing(seed=0).telemetry_sha256


@pytest.mark.slow
def test_kernels_built_for_this_cpu_fly_the_same_bits(tmp_path):
    """The native build of a copy of the sources, beside the build under test."""
    copy = tmp_path / "farside"
    aside = shutil.ignore_patterns(
        ".*", "build", "dist", "landings", "*.so", "*.egg-info", "__pycache__"
    )
    shutil.copytree(ROOT, copy, ignore=aside)
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        env={**os.environ, "FARSIDE_BUILD": "native"},
        cwd=copy,
        check=True,
        capture_output=True,
    )
    tree = str(copy / "build" / "tree")
    for mission, seed in (("chang-e-6", 1), ("chang-e-4", 0), ("apollo-11", 0)):
        kernels, digested = elsewhere(mission, seed, PYTHONPATH=tree)
        assert kernels.startswith(str(copy))
        assert digested == landing(mission, seed).telemetry_sha256
