"""Missions of landings that failed: they read, are listed apart, and land without their fault."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_sources import IDS, named

from farside.cli.completion import missions_like
from farside.flight import land
from farside.flight.checks import check_orbit
from farside.flight.failures import compare_failure
from farside.mission import (
    MissionError,
    failure_names,
    load_mission,
    mission_names,
    mission_path,
    oddities,
    parse_mission,
)
from farside.mission.failure import QUANTITIES, Outcome
from farside.mission.moon import GM, MEAN_RADIUS_M
from farside.mission.naive import OPTIONS

TWELVE = (
    "apollo-11-1202", "beresheet", "hakuto-r-m1", "hakuto-r-m2", "im-1", "im-2", "luna-25",
    "mars-polar-lander", "schiaparelli", "slim", "surveyor-3", "vikram",
)  # fmt: skip
#: Flown over the Moon from a height where another body's descent began, or after a solid motor.
NO_ORBIT = ("mars-polar-lander", "schiaparelli", "surveyor-3")
NAMES = tuple(f"failures/{name}" for name in TWELVE)


@pytest.fixture(params=NAMES)
def failed(request):
    return load_mission(request.param)


def test_names_are_apart_from_the_missions():
    assert failure_names() == list(NAMES)
    assert not set(failure_names()) & set(mission_names())
    assert [load_mission(name).name for name in NAMES] == list(TWELVE)
    assert mission_path(NAMES[0]).is_file()
    assert missions_like("failures/i") == ["failures/im-1", "failures/im-2"]


def test_a_name_without_its_folder_is_meant():
    with pytest.raises(MissionError, match=r"did you mean failures/schiaparelli\?"):
        load_mission("schiaparelli")


def test_each_has_a_fault_and_what_was_published(failed):
    assert failed.faults
    assert failed.failure.as_flown or failed.name == "beresheet"
    assert len(failed.failure.outcomes) >= 3
    assert parse_mission(failed.to_toml()) == failed
    for row in failed.failure.outcomes:
        assert row.quantity in QUANTITIES
        assert row.reproduced == (row.tolerance is not None)
    assert any(r.reproduced for r in failed.failure.outcomes) or failed.name in ("luna-25", "im-2")


def test_every_option_of_the_logic_that_flew_is_used():
    used = {option for name in NAMES for option in load_mission(name).failure.as_flown}
    assert used == set(OPTIONS)


def test_sources_are_in_the_bibliography(failed):
    lines = mission_path(f"failures/{failed.name}").read_text("utf-8").splitlines()
    comments = "\n".join(line.partition("#")[2] for line in lines)
    sources = "\n".join(row.source for row in failed.failure.outcomes)
    used = named(f"{comments}\n{sources}") - {"VR900", "BIUS"}
    assert used
    assert used <= IDS
    # a number has its source beside it, or over its table
    table = ""
    for line in lines:
        if line.startswith("["):
            table = line
        elif re.match(r"(?!count)\w+ = [\d.\[-]", line) and "#" not in table:
            told = "#" in line or not re.match(r"\[(vehicle|orbit|touchdown|sensors)", table)
            assert told, line


def test_they_start_at_the_perilune_of_an_orbit(failed):
    """The speed at the lower end of the orbit of its comment: two-body, to 10 m/s."""
    if failed.name in (*NO_ORBIT, "apollo-11-1202"):
        assert failed.orbit.pdi_range_m is not None
        return
    low = failed.orbit.pdi_radius_m
    speeds = [
        math.sqrt(GM * (2.0 / low - 2.0 / (low + MEAN_RADIUS_M + 1e3 * high)))
        for high in (100.0, 600.0)
    ]
    assert speeds[0] - 10.0 < failed.orbit.pdi_speed_mps < speeds[1] + 1.0
    assert failed.orbit.pdi_flight_path_deg == 0.0


def test_nothing_is_odd_but_a_descent_without_stars_and_thrust_of_its_own(failed):
    """Beresheet begins with 0.93 of its weight; two engines were made for Mars."""
    odd = [line.partition(":")[0] for line in oddities(failed)]
    known = {"sensors.star_tracker.slew_limit_dps"}
    if failed.name in ("beresheet", "mars-polar-lander", "schiaparelli"):
        known.add("vehicle.engine.thrust_max_n")
        assert "vehicle.engine.thrust_max_n" in odd
    assert set(odd) <= known
    assert not check_orbit(failed)


@pytest.mark.slow
def test_each_lands_without_its_fault(failed):
    landing = land(replace(failed, faults=()), nominal=True)
    assert landing.outcome == "landed"
    # without a scan what it stands on is as it comes
    assert {cause.kind for cause in landing.causes} <= {"ground_roughness", "limited"}


MISSION = load_mission("failures/hakuto-r-m1").to_toml()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"latched_rejection"', '"latched"', "as_flown"),
        (
            '"latched_rejection"',
            '"latched_rejection", "latched_rejection"',
            "names an option twice",
        ),
        ('quantity = "altitude_error"', 'quantity = "altitude"', "must be one of time, height"),
        ("tolerance = 1500.0", "tolerance = 0.0", "must be above 0"),
        ("tolerance = 1500.0\n", "", "a number that is reproduced needs one"),
        ("published = 3000.0", "published = nan", "published"),
        ("stands_m = 10.0\nrep", "stands_m = 10.0\nat_s = 3.0\nrep", "given beside at_s"),
        ('what = "time of the fall"', 'what = "speed of impact"', "used by two rows"),
        ('ended = "crashed"', 'ended = "lost"', "ended"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(old, new, said):
    assert old in MISSION
    with pytest.raises(MissionError, match=re.escape(said)) as why:
        parse_mission(MISSION.replace(old, new, 1))
    assert "\n" not in why.value.faults[0]


def test_a_flight_is_held_against_what_was_published():
    """The descent rate of its row at 40 m; a touchdown at 2.4 m/s is not the fall of 17.3 m/s."""
    mission = load_mission("failures/mars-polar-lander")
    mission = replace(mission, faults=())
    landing = land(mission, nominal=True)
    flown = {each.outcome.what: each for each in compare_failure(landing)}
    assert flown["sink rate at 40 m"].flown == pytest.approx(13.0, abs=0.5)
    assert flown["sink rate at 40 m"].holds
    assert flown["speed of impact here"].flown == -landing.touchdown.vertical_speed_mps
    assert flown["speed of impact here"].holds is False
    assert flown["speed of impact on Mars"].holds is None
    assert np.isnan(flown["height of the cut-off"].flown)
    assert compare_failure(replace(landing, plan=replace(mission, failure=None))) == ()


def test_a_row_holds_to_within_its_tolerance():
    row = Outcome(
        what="a", quantity="speed", published=10.0, source="b", reproduced=True, tolerance=2.0,
        reason="c",
    )  # fmt: skip
    assert row.unit == "m/s"
    assert row.holds(12.0)
    assert not row.holds(12.1)
    assert not row.holds(math.nan)


def test_the_files_are_in_the_tree():
    here = Path(__file__).parents[2] / "mission" / "failures"
    assert sorted(path.stem for path in here.glob("*.toml")) == list(TWELVE)
