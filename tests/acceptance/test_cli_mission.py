"""`farside missions --show`, `farside mission check` and `farside mission reference`."""

import json
import os
import re
import sys
import tomllib

import pytest

from farside.cli.main import main
from farside.mission import load_mission, mission_text
from farside.mission.reference import example, reference

EXAMPLE = example()


@pytest.mark.parametrize("name", ["apollo-11", "chang-e-4"])
def test_show_prints_the_path_and_the_file(capsys, name):
    assert main(["missions", "--show", name]) == 0
    first, _, rest = capsys.readouterr().out.partition("\n")
    assert first.startswith("# ")
    assert first.endswith(f"{name}.toml")
    assert os.path.exists(first[2:])
    assert rest == mission_text(name)
    # as a whole it is a mission, to be kept in a file and changed
    assert tomllib.loads(f"{first}\n{rest}")["name"] == name


def test_show_of_a_file_and_of_nothing(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(EXAMPLE, "utf-8")
    assert main(["missions", "--show", str(path)]) == 0
    assert capsys.readouterr().out == f"# {path}\n{EXAMPLE}"
    assert main(["missions", "--show", "chang-e-7"]) == 2
    assert "did you mean chang-e-" in capsys.readouterr().err


def test_check_of_a_sound_mission(capsys):
    assert main(["mission", "check", "chang-e-6"]) == 0
    planned, sound = capsys.readouterr().out.splitlines()
    assert sound == "chang-e-6: sound"
    assert re.fullmatch(r"braking: \d+ s from [\d.]+ km, \d+ kg of 2060 kg", planned)
    assert main(["mission", "check", "apollo-11"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "apollo-11: sound, 1 warning"


def test_check_as_json(capsys, tmp_path):
    assert main(["mission", "check", "chang-e-6", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["flies"], told["findings"]) == ("chang-e-6", True, [])
    assert told["facts"]["thrust_weight_initiation"] == pytest.approx(7500 / 3730 / 1.62423, 1e-4)
    assert told["facts"]["relay_elevation_deg"] is None  # drawn
    path = tmp_path / "odd.toml"
    path.write_text(
        'name = "odd"\nlike = "chang-e-6"\n\n[vehicle.engine]\nisp_s = 490.0\n', "utf-8"
    )
    assert main(["mission", "check", str(path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["kind"], found["key"], found["line"]) == ("odd", "vehicle.engine.isp_s", 5)
    path.write_text(path.read_text("utf-8").replace("490.0", "-1"), "utf-8")
    assert main(["mission", "check", str(path), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["flies"], told["facts"]) == (False, {})
    (found,) = told["findings"]
    assert (found["kind"], found["key"], found["line"]) == ("error", "vehicle.engine.isp_s", 5)
    assert found["text"].endswith("-1 must be above 0")


def test_check_tells_every_fault_with_its_line(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(EXAMPLE.replace("pad_m = 0.4", "pad_m = -1").replace("8.0\n", "nan\n"), "utf-8")
    assert main(["mission", "check", str(path)]) == 2
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "4 faults"
    assert [line.split(": ")[1] for line in out[:-1]] == [
        "vehicle.legs.pad_m",
        "hazards.slope_deg",
        "phases[approach].kr",
        "phases[avoid].kr",
    ]
    for line in out[:-1]:
        assert "nan" in line or "-1" in line
        number = int(line.removeprefix(f"{path}:").partition(":")[0])
        assert line.split(": ")[1].rpartition(".")[2] in path.read_text().splitlines()[number - 1]


def test_check_plans_the_braking(capsys, tmp_path):
    path = tmp_path / "weak.toml"
    path.write_text(load_mission("chang-e-6").replace(
        {"vehicle.engine.thrust_max_n": 3000, "vehicle.engine.thrust_min_n": 900}
    ).to_toml())  # fmt: skip
    assert main(["mission", "check", str(path)]) == 2
    out = capsys.readouterr().out
    assert "braking" in out
    assert out.endswith("1 fault\n")


def test_odd_is_no_fault_but_said_before_the_flight(capsys, tmp_path):
    path = tmp_path / "odd.toml"
    odd = load_mission("chang-e-6").replace("sensors.altimeter.range_max_m", 2000)
    path.write_text(odd.to_toml(), "utf-8")
    assert main(["mission", "check", str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("warning: sensors.altimeter.range_max_m: 2000 sees nothing")
    assert out.endswith("chang-e-6: sound, 1 warning\n")
    # told before the flight, and so before the raster that is missed
    assert main(["land", str(path), "--dem", str(tmp_path / "none.tif")]) == 2
    warned = capsys.readouterr().err
    assert "farside: warning: chang-e-6: sensors.altimeter.range_max_m: 2000 sees" in warned


@pytest.mark.parametrize(
    ("name", "elevation_m", "side"),
    [("chang-e-6", 0.0, "above"), ("chang-e-4", -7000.0, "below")],
)
def test_check_tells_an_elevation_off_the_ground(name, elevation_m, side, capsys, tmp_path):
    path = tmp_path / "off.toml"
    off = load_mission(name).replace("site.elevation_m", elevation_m)
    path.write_text(off.to_toml(), "utf-8")
    assert main(["mission", "check", str(path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"warning: site.elevation_m = {elevation_m:g} is ")
    assert f" m {side} the ground of the whole-Moon DEM: the flight uses" in out
    assert out.endswith(f"{name}: sound, 1 warning\n")


def test_reference_prints_the_page(capsys):
    assert main(["mission", "reference"]) == 0
    assert capsys.readouterr().out == reference()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
def test_a_name_that_is_no_utf8_flies(capsys, tmp_path):
    """Named by its bytes on the command line; report and telemetry are written all the same."""
    name = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"mine-\xff.toml"))
    with open(name, "w", encoding="utf-8") as file:
        file.write(EXAMPLE)
    assert main(["mission", "check", name]) == 0
    assert main(["missions", "--show", name]) == 0
    capsys.readouterr()
    out = tmp_path / "out"
    assert main(["land", name, "--nominal", "--no-imaging", "--out", str(out)]) in (0, 1)
    assert (out / "landing.json").stat().st_size > 0
    assert capsys.readouterr().err == ""
