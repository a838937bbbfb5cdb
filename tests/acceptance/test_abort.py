"""Aborts along flown descents: every way is flown by another integrator; the command; the files."""

import csv
import itertools
import json

import numpy as np
import pytest
from reference_ascent import RADIUS_M, apsides, fly_directions

from farside.cli.main import main
from farside.flight import land
from farside.flight.abort import aborts_of
from farside.guidance import AscentVerdict
from farside.guidance.abort import AbortWay

SHORT = ("--every", "100")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("abort") / "out"
    assert main(["abort", "chang-e-6", "--out", str(folder), *SHORT]) == 0
    return folder


@pytest.mark.slow
def test_the_command_writes_table_facts_and_figure(written):
    facts = json.loads((written / "abort.json").read_text())
    rows = list(csv.DictReader((written / "abort.csv").read_text().splitlines()))
    assert (written / "abort.png").read_bytes().startswith(b"\x89PNG")
    assert len(rows) == len(facts["moments"]) == 10
    assert facts["mission"] == "chang-e-6"
    ways = [row["way"] for row in rows]
    assert ways[:5] == ["there"] + ["descent_stage"] * 4
    # the last moment is the contact, after the cut-off: whether 2.7 m/s can still be stopped there
    # hangs on how long the engine has been off
    assert set(ways[5:-1]) <= {"both_stages", "ascent_stage"}
    assert ways[-1] in ("both_stages", "none")
    # propellant that is left falls as the descent burns it
    left = [float(row["left_descent_stage_kg"]) for row in rows[1:]]
    assert left == sorted(left, reverse=True)


def test_refusals_in_one_line(capsys, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    for arguments in (["nothing"], ["chang-e-6", "--out", str(tmp_path)]):
        assert main(["abort", *arguments]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def exhaust_of(stage):
    return stage.thrust.exhaust_mps


def fly(ascent):
    """Fly a way by another program, stage by stage; return r, v and the mass that is left."""
    opening, stages = ascent.opening.time_s, ascent.stages
    first, last = stages[0], stages[-1]
    parts = [(0.0, first.delay_s, 0.0, first.mass_kg, first)]
    begin = first.delay_s
    if len(stages) == 2:
        dry = begin + first.propellant_kg * exhaust_of(first) / first.thrust.full_n
        parts += [(begin, dry, first.thrust.full_n, first.mass_kg, first)]
        parts += [(dry, dry + last.delay_s, 0.0, last.mass_kg, last)]
        begin = dry + last.delay_s
    parts.append((begin, ascent.time_s, last.thrust.full_n, last.mass_kg, last))
    r, v, mass = ascent.r_m, ascent.v_mps, first.mass_kg
    for a, b, thrust, mass, stage in parts:
        # the direction bends where the rise ends and where the ground is touched
        touch = opening + ascent.found.unknowns[8] * ascent.scaled.time_s
        bends = [a, *sorted(t for t in (opening, touch) if a + 1e-3 < t < b - 1e-3), b]
        for begin, end in itertools.pairwise(bends):
            if not end > begin:
                continue
            times = np.linspace(begin + 1e-7, end - 1e-7, 300)
            rows = ascent.fly(times)
            rows[0, :6] = [*r, *v]
            times[0], times[-1] = begin, end
            left = mass - thrust / exhaust_of(stage) * (begin - a)
            r, v, left = fly_directions(
                rows, times, [(begin, end, thrust, left)], exhaust_of(stage)
            )
    return r, v, left


@pytest.mark.slow
@pytest.mark.parametrize(("name", "lost"), [("chang-e-6", (750.0, 760.0)), ("apollo-11", ())])
def test_from_every_ten_seconds_it_reaches_orbit_or_the_stated_boundary(name, lost):
    """Apsides within 200 m of those stated, never below the clearance; masses to a gram."""
    aborts = aborts_of(land(name, nominal=True, imaging=False))
    none = [p.state.time_s for p in aborts.points if p.way is AbortWay.NONE]
    # at the contact itself the engine may be off and the lander falling
    contact_s = aborts.points[-1].state.time_s
    assert [t for t in none if t < contact_s] == list(lost)
    for point in aborts.points:
        if point.way is AbortWay.NONE:
            verdicts = {ascent.verdict for ascent in point.tried.values()}
            assert verdicts <= {AscentVerdict.GROUND, AscentVerdict.TANK_EMPTY}
            continue
        ascent = point.ascent
        if not ascent.time_s:
            continue
        r, v, left = fly(ascent)
        low, high = apsides(r, v)
        assert low >= 15e3 - 200.0
        assert high >= 100e3 - 200.0
        last = ascent.stages[-1]
        assert left == pytest.approx(last.mass_kg - last.propellant_kg + ascent.left_kg, abs=1e-3)
        way = ascent.fly(np.linspace(0.0, ascent.time_s, 500))
        lowest = np.linalg.norm(way[:, :3], axis=1).min() - RADIUS_M
        assert lowest >= ascent.lowest_m - 1.0
