"""Files that are no missions: each gives one line that names the place and the cure."""

import os
from importlib.resources import files

import pytest

from farside.mission import MissionError, load_mission, mission_names, parse_mission

TEXT = files("farside.mission").joinpath("chang-e-6.toml").read_text("utf-8")


def file_line(path):
    with pytest.raises(MissionError) as caught:
        load_mission(path)
    assert str(caught.value).isprintable()
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_file_of_ones_own(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(TEXT.replace('name = "chang-e-6"', 'name = "mine"'), "utf-8")
    assert load_mission(mine).name == load_mission(str(mine)).name == "mine"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name = ", "not TOML"),
        (b"a = 1\na = 2", "not TOML"),
        (TEXT.encode()[:2000], "missing"),
        (b"", "name: missing"),
        (bytes(range(256)) * 40, "not UTF-8"),
        (b"\x00\n" * 5000, "not TOML"),
        (b"a = " + b"[\n" * 50_000, "nested too deeply"),
        (b"a = " + b"9" * 10_000, "line 1 has 10004 characters; break it below 1000"),
        (b"a" + b".a" * 50_000 + b" = 1", "line 1 has 100005 characters"),
        (b"a = 1\n" * 1_000_000, "KiB"),
        (TEXT.replace("7500.0", "7500.0.0").encode(), "not TOML"),
        (b'"a\\nb\\u001b" = 1\n', "a?b?: unknown key"),
    ],
    ids=range(12),
)
def test_files_that_are_no_missions(tmp_path, content, says):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    assert says in file_line(path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("thrust_max_n = 7500.0", "thrust_max_n = 7500.0\nthrust_max_n = 1", "twice; keep one"),
        ("[site]", "[site]\n[site]", "'[site]' is given twice; keep one"),
        ("[[phases]]", "[phases]", "'[[phases]]' is there as something else already"),
        ("thrust_max_n = 7500.0", "thrust_max_n = 7500 N", ": 'thrust_max_n = 7500 N"),
        ("thrust_max_n = 7500.0", "thrust_max_n = 7,500", ": 'thrust_max_n = 7,500"),
        ("\n", "\r", "lines end in a carriage return alone; save it with line feeds"),
        ('"2024-06-01T22:09:00Z"', "2024-06-01T22:09:00Z", "in UTC; put it in quotes"),
        ('"chang-e-6"', "2024-06-01", "the date or time 2024-06-01 must be a text; put it in qu"),
    ],
)
def test_what_is_no_toml_is_quoted_with_a_way_out(tmp_path, old, new, says):
    path = tmp_path / "mine.toml"
    text = TEXT.replace(old, new) if old == "\n" else TEXT.replace(old, new, 1)
    path.write_bytes(text.encode())
    assert says in file_line(path)


@pytest.mark.parametrize("marks", [1, 2])
def test_byte_order_marks_are_passed_over(tmp_path, marks):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" * marks + TEXT.replace("\n", "\r\n").encode())
    assert load_mission(path) == load_mission("chang-e-6")
    assert parse_mission("\ufeff" * marks + TEXT) == load_mission("chang-e-6")


def test_a_truncated_file_is_named_wherever_it_ends(tmp_path):
    path = tmp_path / "mine.toml"
    content = TEXT.encode()
    # behind the lidar all that is left has defaults
    for end in range(0, content.index(b"[sensors.lidar]"), 97):
        path.write_bytes(content[:end])
        file_line(path)


def test_places_that_are_no_files(tmp_path):
    assert f"choose {', '.join(mission_names())}, or" in file_line("chang-e-7")
    assert "there is no such file" in file_line(tmp_path / "none.toml")
    assert "not a file" in file_line(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "not a file" in file_line(pipe)
    assert "not a file" in file_line("/dev/zero")
    with pytest.raises(MissionError, match="no such mission"):
        load_mission("null\0byte")
    with pytest.raises(MissionError, match="'': not a file"):
        load_mission("")
    with pytest.raises(MissionError, match="cannot be read"):
        load_mission("a" * 5000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_leave_to_read(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT, "utf-8")
    path.chmod(0)
    assert "cannot be read" in file_line(path)
