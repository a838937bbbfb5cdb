"""A mission whose site was moved: what it has from the old place is told, and can be written."""

import sys
import warnings

import pytest

from farside.cli.main import main
from farside.flight import MissionWarning, check, land
from farside.flight.inherited import inherited_lines
from farside.ground.roughness import roughness_at
from farside.mission import load_mission, parse_mission
from farside.mission.inherited import GROUND, inherited
from farside.mission.new import new_mission
from farside.survey.new_site import site_values, tables_left_out

MOVED = """name = "moved"
like = "chang-e-6"
[site]
latitude_deg = -60.0
longitude_deg = 150.0
"""


def keys_of(place):
    return [each.key for each in check(place).findings]


@pytest.fixture
def moved(tmp_path):
    place = tmp_path / "moved.toml"
    place.write_text(MOVED, "utf-8")
    return place


def test_a_moved_site_is_told_what_it_has_from_the_old_one(moved):
    (found,) = inherited(moved)
    assert (found.source, found.latitude_deg, found.longitude_deg) == (
        "chang-e-6.toml", -41.6385, 206.0148
    )  # fmt: skip
    # spherical law of cosines by hand: 38.35 deg
    assert found.apart_m == pytest.approx(1_162_900.0, abs=500.0)
    held = load_mission("chang-e-6").ground
    assert {key for key in GROUND if getattr(held, key) is not None} == {
        key.partition(".")[2] for key in found.keys if key.startswith("ground.")
    }
    said = {line.partition(":")[0]: line for line in inherited_lines(moved)}
    assert set(said) == {"ground", "epoch.landing_utc", "orbit.arrival_azimuth_deg", "observers"}
    deviation = round(float(roughness_at(-60.0, 150.0).deviation_474_m))
    assert f"deviation_474_m 10, and by the whole-Moon DEM about {deviation} here" in said["ground"]
    assert 60 <= deviation <= 70
    assert "farside mission new --site -60 150" in said["ground"]
    assert "the Sun stands -2 deg high here, 37 deg there" in said["epoch.landing_utc"]
    assert "inclined by 120.0 deg here, 138.4 deg there" in said["orbit.arrival_azimuth_deg"]
    assert 'without = ["observers"]' in said["observers"]
    assert set(said) <= set(keys_of(moved))
    assert all("\n" not in line for line in said.values())


def test_the_commands_and_the_flight_say_it(moved, capsys, monkeypatch):
    assert main(["mission", "check", str(moved)]) == 0
    assert "warning: ground: deviation_474_m, hurst_regional" in capsys.readouterr().out
    # stopped where the flight would begin
    monkeypatch.setattr(sys.modules["farside.flight.land"], "wire", None)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", MissionWarning)
        with pytest.raises(TypeError, match="not callable"):
            land(moved)
    told = [str(each.message).partition(":")[0] for each in said]
    assert told == ["ground", "epoch.landing_utc", "orbit.arrival_azimuth_deg", "observers"]


@pytest.mark.parametrize(
    ("own", "gone"),
    [
        ("[ground]\ndeviation_474_m = 65.0", "by the whole-Moon DEM about"),
        ("[orbit]\narrival_azimuth_deg = 270.0", "arrival_azimuth_deg: 270"),
        ("[[observers]]\nname = 'x'\nperilune_altitude_m = 1e5\napolune_altitude_m = 1e5\n"
         "inclination_deg = 90.0\nperilune_argument_deg = 0.0\nnode_longitude_deg = 0.0\n"
         "phase_deg = 0.0", "of that flight alone"),
    ],
)  # fmt: skip
def test_what_the_file_says_itself_is_its_own(own, gone, moved):
    assert any(gone in line for line in inherited_lines(moved))
    moved.write_text(f"{MOVED}{own}\n", "utf-8")
    assert not any(gone in line for line in inherited_lines(moved))


def test_a_site_within_the_grounds_radius_is_the_same(moved):
    near = MOVED.replace("-60.0", "-41.6").replace("150.0", "206.05")  # 1.4 km
    moved.write_text(near, "utf-8")
    assert inherited(moved) == ()
    moved.write_text(near.replace("-41.6", "-41.45"), "utf-8")  # 5.8 km
    assert [each.source for each in inherited(moved)] == ["chang-e-6.toml"]


def test_it_is_told_through_a_chain(moved, tmp_path):
    last = tmp_path / "last.toml"
    last.write_text('name = "last"\nlike = "moved.toml"\n[ground]\nalbedo_mean = 0.1\n', "utf-8")
    (found,) = inherited(last)
    assert found.source == "chang-e-6.toml"
    assert "ground.albedo_mean" not in found.keys
    # the ground of a mission at the same place is no other's
    moved.write_text(f"{MOVED}[ground]\ndeviation_474_m = 65.0\n", "utf-8")
    assert "ground.deviation_474_m" not in inherited(last)[0].keys


def test_a_file_that_says_nothing_of_rough_ground(tmp_path):
    text = load_mission("slim").to_toml()
    place = tmp_path / "slim.toml"
    place.write_text(text, "utf-8")
    assert inherited_lines(place) == []
    place.write_text(
        "\n".join(line for line in text.split("\n") if "deviation_474_m" not in line), "utf-8"
    )
    (line,) = inherited_lines(place)
    assert line.startswith("ground: nothing is said of the relief")
    assert "deviation_474_m 10, and by the whole-Moon DEM about 71 here" in line


@pytest.mark.parametrize("base", ["chang-e-6", "apollo-11", "slim"])
def test_a_new_mission_elsewhere_has_its_own(base, tmp_path):
    plan = load_mission(base)
    values, left = site_values(plan, -20.0, 340.0), tables_left_out(plan)
    place = tmp_path / "there.toml"
    text = new_mission("there", base, path=place, given=values, without=left)
    place.write_text(text, "utf-8")
    assert inherited_lines(place) == []
    assert max(map(len, text.split("\n"))) <= 100
    mission = load_mission(place)
    assert (mission.site.latitude_deg, mission.site.longitude_deg) == (-20.0, 340.0)
    ground = mission.ground
    measured = roughness_at(-20.0, 340.0)
    assert ground.deviation_474_m == pytest.approx(float(measured.deviation_474_m), abs=0.06)
    assert ground.crater_age_ga == plan.ground.crater_age_ga
    assert (
        f"crater_age_ga = {ground.crater_age_ga}    # not known here: {base}'s is assumed" in text
    )
    assert not mission.observers and not mission.gates
    if plan.orbit.arrival_azimuth_deg == 270.0 and base == "chang-e-6":
        # cos i = sin A cos phi: 138.36 deg over 20 S
        assert mission.orbit.arrival_azimuth_deg == pytest.approx(232.68, abs=0.01)


def test_the_command_writes_a_mission_elsewhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["mission", "new", "there", "--site", "-60", "150"]) == 0
    capsys.readouterr()
    assert main(["mission", "check", "there.toml"]) == 0
    said = capsys.readouterr().out
    assert said.endswith("there: sound\n")  # what is steep there was said when it was written
    assert main(["mission", "new", "bad", "--site", "-95", "150"]) == 2
    assert "give a latitude of -90 to 90 deg" in capsys.readouterr().err


def test_chang_e_5_is_not_observed_by_chang_e_6s_orbiter():
    assert parse_mission('name = "x"\nlike = "chang-e-5"').observers == ()
