"""A mission's own elevation of its site beside the ground that it is flown over."""

import warnings
from dataclasses import replace

import pytest

from farside.cli.main import _show_warning
from farside.ground import Ground
from farside.ground.level import ElevationWarning, compare_elevation
from farside.mission import load_mission, mission_names
from farside.raster import MOON_RADIUS_M, Dem


def raised(mission, metres):
    site = replace(mission.site, elevation_m=mission.site.elevation_m + metres)
    return replace(mission, site=site)


@pytest.mark.parametrize("metres", [5500.0, -900.0])
def test_an_elevation_off_the_ground_is_warned_of(metres):
    mission = load_mission("chang-e-6")
    with pytest.warns(ElevationWarning) as said:
        ground = Ground(raised(mission, metres))
    line = str(said[0].message)
    assert len(said) == 1 and "\n" not in line
    side = "above" if metres > 0 else "below"
    # the DEM has -5255.9 m where the mission has -5256
    assert f"is {abs(metres):.0f} m {side} the ground of the whole-Moon DEM" in line
    assert "the flight uses the ground's -5256 m" in line and "[site]" in line
    assert ground.radius_m == Ground(mission).radius_m


@pytest.mark.parametrize("name", mission_names())
def test_the_missions_that_ship_agree_with_the_ground(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Ground(load_mission(name))


def test_the_raster_is_named():
    with pytest.warns(ElevationWarning, match=r"500 m below the ground of site\.tif"):
        off = compare_elevation(-500.0, MOON_RADIUS_M, [Dem("far/site.tif", unit="km")])
    assert off == -500.0
    assert compare_elevation(-299.0, MOON_RADIUS_M) == -299.0


def test_the_command_line_says_a_warning_in_one_line(capsys):
    _show_warning(ElevationWarning("two\nlines"), ElevationWarning, "file.py", 3)
    assert capsys.readouterr().err == "farside: warning: two lines\n"
