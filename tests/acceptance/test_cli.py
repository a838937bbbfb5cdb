"""The command line: what it prints and writes, how it leaves, and that bad input is one line."""

import html
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files

import pytest
import rasterio
from sample_landing import cut_short, sample_landing

import farside.flight
from farside.cli.main import main
from farside.report import gallery
from farside.report.style import canvas

MISSION = files("farside.mission").joinpath("chang-e-6.toml").read_text("utf-8")


def farside_command(*words, cwd=None, **environment):
    """Run the command as a user does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "farside.cli", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "100"} | environment,
        timeout=60,
    )


@pytest.fixture
def fly(monkeypatch, tmp_path):
    """Put a made-up flight in place of the real one; record what it was asked for."""
    asked = []

    def install(landing):
        def fake(mission, **options):
            progress = options.pop("progress")
            for done in (0.0, 0.5, 1.0):
                progress("braking", done)
            asked.append((mission.name, options))
            if isinstance(landing, BaseException):
                raise landing
            return landing

        monkeypatch.setattr(farside.flight, "land", fake)
        monkeypatch.setattr(gallery, "drawings", lambda _: {"descent": lambda: canvas(1.0, 1.0)})
        monkeypatch.chdir(tmp_path)
        return asked

    return install


def test_a_safe_landing(fly, capsys, tmp_path):
    asked = fly(sample_landing())
    assert main(["land"]) == 0
    options = {"seed": 0, "nominal": False, "dems": (), "imaging": True, "as_flown": False}
    options["cameras"] = True
    assert asked == [("chang-e-6", options)]
    out, err = capsys.readouterr()
    assert err == ""
    for word in ("braking", "settle", "vertical speed", "holds", "Landed, safe", "report.html"):
        assert word in out
    folder = tmp_path / "landings" / "chang-e-6-0"
    assert {"landing.json", "telemetry.npz", "report.html"} < {f.name for f in folder.iterdir()}
    assert "farside land chang-e-6 --seed 0" in (folder / "report.html").read_text()


def test_every_option(fly, tmp_path):
    asked = fly(sample_landing(imaging=False))
    words = ["land", "chang-e-4", "--seed", "7", "--dem", "a.tif", "--dem", "b c.tif"]
    assert main([*words, "--no-imaging", "--no-cameras", "--out", "here"]) == 0
    ((name, options),) = asked
    assert name == "chang-e-4"
    assert options["seed"] == 7 and not options["imaging"] and not options["nominal"]
    assert not options["cameras"]
    assert [str(path) for path in options["dems"]] == ["a.tif", "b c.tif"]
    page = html.unescape((tmp_path / "here" / "report.html").read_text())
    assert "land chang-e-4 --seed 7 --dem a.tif --dem 'b c.tif' --no-imaging --no-cameras" in page


def test_nominal(fly, tmp_path):
    asked = fly(sample_landing())
    assert main(["land", "--nominal"]) == 0
    assert asked[0][1]["nominal"]
    assert (tmp_path / "landings" / "chang-e-6-nominal" / "landing.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--abort-at", "500 s"], "chang-e-6-0-abort-500s"),
        (["--fault", "altimeter silent from 100 s", "--seed", "2"], "chang-e-6-2-fault"),
        (["--no-imaging", "--nominal"], "chang-e-6-nominal-no-imaging"),
        (["--no-cameras"], "chang-e-6-0-no-cameras"),
        (["--naive", "latched_rejection", "--dem", "a.tif"], "chang-e-6-0-naive-dem"),
    ],
)
def test_another_flight_of_a_seed_has_a_folder_of_its_own(fly, tmp_path, words, name):
    fly(sample_landing())
    assert main(["land", *words]) == 0
    assert [folder.name for folder in (tmp_path / "landings").iterdir()] == [name]


@pytest.mark.parametrize("loaded_kg", [2060.0, 1990.0])
def test_the_propellant_left_is_said(fly, capsys, tmp_path, loaded_kg):
    """What a flight used and has left add up to the mission's, each rounded to 1 kg."""
    landing = sample_landing()
    vehicle = replace(landing.plan.vehicle, usable_propellant_kg=loaded_kg)
    fly(replace(landing, plan=replace(landing.plan, vehicle=vehicle)))
    main(["land", "--out", str(tmp_path / "o")])
    used, left = re.search(
        r"([\d,]+) kg of propellant used, ([\d,]+) kg left\.", capsys.readouterr().out
    ).groups()
    assert abs(int(used.replace(",", "")) + int(left.replace(",", "")) - loaded_kg) <= 1.0


@pytest.mark.parametrize("outcome", ["tipped", "crashed", "out_of_propellant"])
def test_a_flight_that_ended_otherwise_is_written_all_the_same(fly, capsys, tmp_path, outcome):
    fly(cut_short(outcome, 3000))
    assert main(["land", "--seed", "3"]) == 1
    facts = json.loads((tmp_path / "landings/chang-e-6-3/landing.json").read_text())
    assert facts["outcome"] == outcome
    assert "not safe" in capsys.readouterr().out


def test_an_interrupted_flight_leaves_nothing(fly, capsys, tmp_path):
    fly(KeyboardInterrupt())
    assert main(["land"]) == 130
    assert capsys.readouterr().err == "farside: interrupted; nothing is half-written\n"
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_no_bad_input(fly):
    fly(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        main(["land"])


@pytest.mark.slow
def test_the_same_folder_again(fly):
    fly(sample_landing())
    assert main(["land", "--out", "x"]) == 0
    assert main(["land", "--out", "x"]) == 0


def test_names_are_printed_as_they_are(fly, capsys, tmp_path):
    (tmp_path / "mine.toml").write_text(MISSION.replace("Chang'e 6: Apollo", "[red]:moon: Apollo"))
    fly(sample_landing())
    assert main(["land", str(tmp_path / "mine.toml"), "--out", "[bold]"]) == 0
    assert "Written to [bold]: landing.json" in capsys.readouterr().out


def test_a_folder_that_will_not_do_is_refused_before_anything_is_flown(fly, capsys, tmp_path):
    asked = fly(sample_landing())
    (tmp_path / "x").write_text("mine")
    assert main(["land", "--out", "x"]) == 2
    assert asked == []
    assert capsys.readouterr().err.count("\n") == 1


def test_missions(capsys):
    assert main(["missions"]) == 0
    out = capsys.readouterr().out
    for word in ("chang-e-4", "chang-e-6", "\u221241.6385", "206.0148", "3,730 kg"):
        assert word in out


def test_help_needs_no_words():
    done = farside_command()
    assert done.returncode == 0 and "missions" in done.stdout and done.stderr == ""


def test_the_version_answers_at_once():
    """What makes a command slow to answer is what it imports; a time is of the machine as well."""
    words = ["-X", "importtime", "-m", "farside.cli", "--version"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in imported
    heavy = {"numpy", "scipy", "cv2", "matplotlib", "pyarrow", "pandas", "jinja2", "rich"}
    assert not imported & heavy


BAD_INPUT = {
    "no such command": (["fly"], "fly"),
    "no such option": (["land", "--fast"], "--fast"),
    "one word too many": (["land", "chang-e-6", "chang-e-4"], "chang-e-4"),
    "seed is no number": (["land", "--seed", "six"], "--seed"),
    "seed below zero": (["land", "--seed", "-1"], "--seed"),
    "seed that is a fraction": (["land", "--seed", "1.5"], "--seed"),
    "seed without number": (["land", "--seed"], "--seed"),
    "seed and nominal": (["land", "--seed", "1", "--nominal"], "--nominal"),
    "unknown mission": (["land", "apollo-18"], "apollo-18"),
    "missing mission file": (["land", "none.toml"], "none.toml"),
    "mission is a folder": (["land", "."], "not a file"),
    "mission is no TOML": (["land", "text.toml"], "TOML"),
    "wrong unit": (["land", "unit.toml"], "elevation_km"),
    "missing key": (["land", "missing.toml"], "isp_s"),
    "negative mass": (["land", "mass.toml"], "descent_mass_kg"),
    "thrust the wrong way round": (["land", "thrust.toml"], "thrust_min_n"),
    "begins below ground": (["land", "below.toml"], "pdi_altitude_m"),
    "file in the way": (["land", "--out", "text.toml"], "text.toml"),
    "folder below a file": (["land", "--out", "text.toml/x"], "text.toml/x"),
    "folder of something else": (["land", "--out", "thesis"], "chapter.tex"),
    "folder that cannot be": (["land", "--out", "/proc/landing"], "/proc/landing"),
    "missing raster": (["land", "--dem", "none.tif"], "none.tif"),
    "raster is text": (["land", "--dem", "text.toml"], "text.toml"),
    "raster without CRS": (["land", "--dem", "bare.tif"], "bare.tif"),
    "one good raster, one bad": (["land", "--dem", "bare.tif", "--dem", "none.tif"], ".tif"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Lay out a folder of things that will not do."""
    desk = tmp_path_factory.mktemp("desk")
    (desk / "text.toml").write_text("no mission\n")
    for name, old, new in (
        ("unit", "elevation_m =", "elevation_km ="),
        ("missing", "isp_s = 310.0", ""),
        ("mass", "descent_mass_kg = 3730.0", "descent_mass_kg = -3730.0"),
        ("thrust", "thrust_min_n = 1500.0", "thrust_min_n = 9500.0"),
        ("below", "pdi_altitude_m = 15000.0", "pdi_altitude_m = -15.0"),
    ):
        assert old in MISSION
        (desk / f"{name}.toml").write_text(MISSION.replace(old, new, 1))
    (desk / "thesis").mkdir()
    (desk / "thesis" / "chapter.tex").write_text("mine")
    shape = {"driver": "GTiff", "width": 8, "height": 8, "count": 1, "dtype": "float32"}
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        rasterio.open(desk / "bare.tif", "w", **shape).close()
    return desk


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_one_line_and_status_2(desk, name, capsys, monkeypatch):
    words, named = BAD_INPUT[name]
    monkeypatch.chdir(desk)
    before = sorted(desk.rglob("*"))
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("farside: ") and err.count("\n") == 1
    assert named in err
    assert sorted(desk.rglob("*")) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no such option", "negative mass", "raster without CRS"])
def test_bad_input_leaves_no_traceback_behind(desk, name):
    words, named = BAD_INPUT[name]
    done = farside_command(*words, cwd=desk)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("farside: ") and done.stderr.count("\n") == 1
    assert named in done.stderr


@pytest.mark.parametrize("words", [["missions"], ["--version"]])
def test_an_unknown_instruction_set_is_one_line(words):
    done = farside_command(*words, FARSIDE_ISA="x")
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("farside: FARSIDE_ISA=x: this CPU runs ") and "x86_64" in line


def test_a_real_flight(tmp_path, capsys):
    status = main(
        ["land", "--nominal", "--no-imaging", "--no-cameras", "--out", str(tmp_path / "x")]
    )
    facts = json.loads((tmp_path / "x" / "landing.json").read_text())
    assert facts["outcome"] == "landed"
    assert status == (0 if facts["safe"] else 1)
    assert "Landed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mission"], "farside: give a command; see farside mission --help"),
        (["export"], "farside: give a command; see farside export --help"),
        (["lnad"], "farside: No such command 'lnad'. Did you mean 'land'?; see farside --help"),
        (["land", "a", "b"], "(b); see farside land --help"),
        (["missions", "--shw"], "; see farside missions --help"),
    ],
)
def test_a_line_that_cannot_be_read_says_where_help_is(capsys, words, says):
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
