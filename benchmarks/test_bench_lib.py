"""libfarside's tick and planning call, timed from C over recorded descents (bench_lib.c)."""

import dataclasses
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from farside.adapters.c.table import mission_c
from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.wiring import wire
from farside.guidance import ESTIMATE
from farside.mission import load_mission

HERE = Path(__file__).resolve().parent
BUDGET = tomllib.loads((HERE / "budgets.toml").read_text())["lib"]
MISSION = load_mission("chang-e-6")
ROUNDS = 20

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="here is no gcc")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lib")
    subprocess.run([sys.executable, HERE.parent / "adapters/c/lib/build.py", folder], check=True)
    return folder


def with_law(law):
    """Return the mission with another law from the gate of braking to the hover."""
    phases = tuple(
        dataclasses.replace(p, law=law) if p.law in ("optimal", "polynomial") else p
        for p in MISSION.phases
    )
    return dataclasses.replace(MISSION, phases=phases)


def timed(folder, mission):
    """Fly a mission, and its estimates through the library: rows of bench_lib.c, by phase."""
    flight = wire(mission, seed=0, nominal=True, dems=(), imaging=False, flat=True)
    fly(flight, Scanner(flight))
    rows = flight.flown
    estimates = np.zeros(len(rows), ESTIMATE)
    for name in (ESTIMATE.names or ())[:-2]:
        estimates[name] = rows[f"est_{name}"]
    estimates["contact"], estimates["rest"] = rows["flags"] & 1, (rows["flags"] >> 1) & 1
    estimates.tofile(folder / "estimates")
    (folder / "mission.h").write_text(mission_c(mission))
    subprocess.run(
        ["gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{folder}",
         HERE / "bench_lib.c", f"-L{folder}", "-lfarside", f"-Wl,-rpath,{folder}", "-o",
         folder / "bench_lib"],
        check=True,
    )  # fmt: skip
    said = subprocess.run(
        [folder / "bench_lib", folder / "estimates", str(ROUNDS)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return np.array([line.split() for line in said.splitlines()], np.int64)


def test_tick_from_c(built, benchmark):
    names = [phase.name for phase in MISSION.phases]
    result = {}

    def measure():
        for law in ("polynomial", "optimal"):
            result[law] = timed(built, with_law(law))

    benchmark.pedantic(measure, rounds=1)
    after = names.index("approach")
    means = {}
    for law, table in result.items():
        # Braking is a law of its own; what the law asked about flies from its end to the ground.
        means[law] = {
            "descent": table[:, 3].sum() / table[:, 2].sum(),
            "approach": table[after, 3] / table[after, 2],
            "end": table[after:, 3].sum() / table[after:, 2].sum(),
        }
        by_phase = ", ".join(
            f"{name} {row[3] / row[2]:.0f}"
            for name, row in zip(names, table, strict=True)
            if row[2] > 1
        )
        print(
            f"\n{law}: mean tick {means[law]['end']:.0f} ns from approach to rest, "
            f"{means[law]['descent']:.0f} ns over the descent with braking; {by_phase}"
        )
    plans, plan_ns = result["optimal"][:, 4].sum(), result["optimal"][:, 5].sum()
    plan_us = plan_ns / plans / 1000.0
    print(f"plan: {plan_us:.1f} us, mean of {plans}")
    benchmark.extra_info.update(
        {f"{law}_{part}_ns": ns for law, of in means.items() for part, ns in of.items()},
        plan_us=plan_us,
    )
    assert result["polynomial"][:, 4].sum() == 0
    assert plans > 10
    for part in ("approach", "end"):
        assert means["polynomial"][part] <= BUDGET["tick_polynomial_ns"]
        assert means["optimal"][part] <= BUDGET["tick_optimal_ns"]
    assert means["polynomial"]["descent"] <= BUDGET["tick_descent_ns"]
    assert plan_us <= BUDGET["plan_us"]
