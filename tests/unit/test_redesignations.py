"""Targets that a crew or the ground moves in flight: when, how far, and what is refused."""

import re
import warnings
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from farside.cli.tables import print_landing
from farside.flight import MissionWarning, land
from farside.mission import MissionError, load_mission, parse_mission
from farside.mission.redesignations import Redesignation
from farside.report.page import render_page

FIFTEEN = load_mission("apollo-15")
RABBIT = load_mission("hakuto-r")


def moved(mission, **keys):
    row = Redesignation(source="a test", **keys)
    return replace(mission, redesignations=(row,))


def place(landing):
    """East and north of the place of rest from the mission's target [m]."""
    east, north, _ = landing.telemetry[-1]["r_site"]
    return float(east), float(north)


def test_apollo_15_lands_where_it_was_moved_to():
    """West with the flight is along: short is east; right of a flight to the west is north."""
    (row,) = FIFTEEN.redesignations
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        east, north = place(land(FIFTEEN, nominal=True))
    assert (row.along_m, row.right_m) == (-338.3, 408.7)
    assert east == pytest.approx(338.3, abs=30.0)
    assert north == pytest.approx(408.7, abs=30.0)


@pytest.mark.parametrize(
    "moment", [{"phase": "approach", "after_s": 5.0}, {"below_m": 2000.0}, {"at_s": 660.0}]
)
def test_each_moment(moment):
    """Southwards: along is to the south, right is to the west."""
    landing = land(moved(RABBIT, along_m=80.0, right_m=40.0, **moment), nominal=True)
    east, north = place(landing)
    # the lander's own navigation misses by 23 m here
    assert east == pytest.approx(-40.0, abs=30.0)
    assert north == pytest.approx(-80.0, abs=30.0)
    assert landing.outcome == "landed"
    (move,) = landing.moves
    assert (move.by, move.moved_m) == ("redesignation", pytest.approx(89.44, abs=0.01))
    assert (move.east_m, move.north_m) == pytest.approx((-40.0, -80.0), abs=1e-6)
    (told,) = landing.to_dict()["target_moves"]
    assert told["moved_m"] == move.moved_m and told["share_here"] is None
    said = f"A redesignation moved the target 89 m at {move.time_s:.0f} s: 40 m west, 80 m south."
    assert str(move) == said
    assert said in render_page(landing, {}, "farside land", "landing.html")
    printed = StringIO()
    print_landing(Console(file=printed, width=200), landing, Path(), ())
    assert said in printed.getvalue()


def test_until_its_moment_it_is_the_same_flight():
    plain, later = land(RABBIT, seed=4), land(moved(RABBIT, at_s=660.0, along_m=50.0), seed=4)
    columns = ["r_site", "cmd_thrust_n"]
    for name in columns:
        assert (plain.telemetry[name][:66_000] == later.telemetry[name][:66_000]).all()
    assert (plain.telemetry["r_site"][66_500] != later.telemetry["r_site"][66_500]).any()


def test_a_moment_that_never_came_is_told():
    with pytest.warns(MissionWarning, match=r"redesignations\[0\]: its moment never came"):
        land(moved(RABBIT, at_s=5000.0, along_m=10.0), nominal=True)


@pytest.mark.slow
def test_before_a_scan_it_moves_the_hover_and_the_scan_chooses():
    mission = load_mission("clps")
    landing = land(moved(mission, phase="approach", right_m=60.0), nominal=True)
    _, north = place(landing)
    assert landing.safe and landing.imaging is not None
    assert 60.0 - 36.0 < north < 60.0 + 36.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('phase = "p64"\nafter_s', 'phase = "p99"\nafter_s', "no phase p99"),
        ('phase = "p64"\nafter_s', 'phase = "p64"\nat_s = 3.0\nafter_s', "give one of them"),
        ('phase = "p64"\nafter_s', "at_s = 300.0\nafter_s", "after what?"),
        ("along_m = -338.3\nright_m = 408.7", "along_m = 0.0\nright_m = 0.0", "moves nothing"),
        ("along_m = -338.3", "along_m = nan", "along_m"),
        ("along_m = -338.3", "along_m = 1e6", "along_m"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(old, new, said):
    text = FIFTEEN.to_toml()
    head, rows = text.split("[[redesignations]]")
    assert old in rows
    with pytest.raises(MissionError, match=re.escape(said)) as why:
        parse_mission(f"{head}[[redesignations]]{rows.replace(old, new)}")
    assert "\n" not in why.value.faults[0]
