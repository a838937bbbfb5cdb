"""A new mission's file: it reads as the mission that it is like, and so does each of its lines."""

import re
from dataclasses import replace

import pytest

from farside.cli.main import main
from farside.flight import land
from farside.mission import (
    MissionError,
    failure_names,
    load_mission,
    mission_names,
    parse_mission,
)
from farside.mission.new import SCHEMA_FILE, USUAL, new_mission

KEY = re.compile(r"#[a-z0-9_]+ = ")
SHIPPED = [*mission_names(), *failure_names()]


def same(text, base, folder=None):
    return replace(parse_mission(text, folder=folder), name=base.name) == base


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("name", SHIPPED)
def test_it_reads_as_its_base_with_its_keys_out_and_in(name, every):
    base, text = load_mission(name), new_mission("mine", name, every=every)
    assert parse_mission(text).name == "mine"
    assert same(text, base)
    uncommented = "\n".join(line[1:] if KEY.match(line) else line for line in text.split("\n"))
    assert uncommented != text
    assert same(uncommented, base)


@pytest.mark.slow
def test_every_line_that_is_a_key_reads_alone():
    base, text = load_mission("chang-e-6"), new_mission("mine")
    lines = text.split("\n")
    keys = [number for number, line in enumerate(lines) if KEY.match(line)]
    assert len(keys) > 60
    for number in keys:
        alone = "\n".join([*lines[:number], lines[number][1:], *lines[number + 1 :]])
        assert same(alone, base), lines[number]


def test_a_key_that_is_changed_counts():
    text = new_mission("mine")
    changed = text.replace("#thrust_max_n = 7500.0", "thrust_max_n = 7000.0")
    assert parse_mission(changed).vehicle.engine.thrust_max_n == 7000.0
    assert parse_mission(changed).vehicle.engine.isp_s == 310.0


def test_its_comments_hold_unit_range_meaning_and_default():
    text = new_mission("mine")
    assert "# full thrust [N; above 0]\n#thrust_max_n = 7500.0\n" in text
    assert "[s; above 0; default 0.2]\n#overshoot_s = 0.2\n" in text
    assert "# not given: pdi_range_m: arc short of the site" in text
    assert all(f"[{name}]" in text for name in USUAL)
    assert "[sensors.imu]" not in text
    assert "\n[sensors.imu]\n" in new_mission("mine", every=True)
    assert max(map(len, text.split("\n"))) <= 100


@pytest.mark.slow
def test_it_flies_its_base_to_the_bit():
    flown, base = (
        land(mission, seed=3, imaging=False)
        for mission in (parse_mission(new_mission("mine")), load_mission("chang-e-6"))
    )
    assert len(flown.telemetry) == len(base.telemetry)
    for field in set(flown.telemetry.dtype.names) - {"tick_ns"}:
        assert flown.telemetry[field].tobytes() == base.telemetry[field].tobytes(), field


def test_a_file_is_like_a_file(tmp_path):
    (tmp_path / "one.toml").write_text(new_mission("one"), "utf-8")
    place = tmp_path / "deeper" / "two.toml"
    text = new_mission("two", tmp_path / "one.toml", path=place)
    assert 'like = "../one.toml"\n' in text
    place.parent.mkdir()
    place.write_text(text, "utf-8")
    assert load_mission(place).name == "two"
    with pytest.raises(MissionError, match="cannot be like itself"):
        new_mission("two", place, path=place)


@pytest.mark.parametrize("name", ["", "Mine", "a b", "-a", "../a", "a" * 65, "ä", 'x"'])
def test_names_that_are_none(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissionError, match=r"^name: .* must be up to 64 small letters"):
        new_mission(name)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_it_once(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["mission", "new", "mine", "--like", "chang-e-4"]) == 0
    assert "next: farside mission check mine.toml" in capsys.readouterr().out
    written = (tmp_path / "mine.toml").read_text("utf-8")
    assert written == new_mission("mine", "chang-e-4")
    assert written.startswith(f"#:schema ./{SCHEMA_FILE}\n")
    assert (tmp_path / SCHEMA_FILE).read_text("utf-8").startswith('{\n "$schema"')
    assert main(["mission", "check", "mine.toml"]) == 0
    capsys.readouterr()
    assert main(["mission", "new", "mine"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "mine.toml").read_text("utf-8") == written
    assert main(["mission", "new", "mine", "--force"]) == 0
    assert 'like = "chang-e-6"' in (tmp_path / "mine.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["Mine"], "must be up to 64 small letters"),
        (["mine", "--like", "chang-e-7"], "did you mean chang-e-6?"),
        (["mine", "--out", "."], "is there already"),
        (["mine", "--out", "a.toml/b.toml"], "cannot be written"),
    ],
)
def test_the_command_refuses_in_one_line(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text("", "utf-8")
    assert main(["mission", "new", *arguments]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.toml"]
