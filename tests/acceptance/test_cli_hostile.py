"""What no one means to type, and files that are broken: one line and status 2, no traceback."""

import numpy as np
import pytest

from farside.cli.main import BAD_INPUT, LANDED, main


def refused(capsys, *arguments):
    """Return the one line on stderr of a command that is refused."""
    assert main([str(each) for each in arguments]) == BAD_INPUT
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


@pytest.fixture
def heights(tmp_path):
    path = tmp_path / "ground.npy"
    np.save(path, np.random.default_rng(1).normal(0.0, 0.02, (80, 80)).astype(np.float32))
    return path


@pytest.mark.parametrize(
    "words",
    [
        ("mission", "new", "mine", "--out"),
        ("mission", "schema", "--out"),
        ("export", "mission", "chang-e-6", "--c", "--out"),
    ],
)
def test_a_name_too_long_for_the_disk(capsys, tmp_path, words):
    assert "File name too long" in refused(capsys, *words, tmp_path / ("d" * 300 + ".h"))


@pytest.mark.parametrize("header", [b"{'descr': ('<f4', 'shape': (9, 9", b"{[(\xff", b"(" * 300])
def test_a_npy_with_a_broken_header(capsys, tmp_path, heights, header):
    content = heights.read_bytes()
    length = int.from_bytes(content[8:10], "little")
    broken = tmp_path / "broken.npy"
    broken.write_bytes(content[:10] + header.ljust(length)[:length] + content[10 + length :])
    assert "no .npy file" in refused(capsys, "hazards", broken, "--cell", "0.1")
    assert "broken.npy" in refused(capsys, "score", broken, "--scene", "1")


def test_cells_wider_than_the_moon(capsys, tmp_path, heights):
    told = refused(capsys, "hazards", heights, "--cell", "1e300", "--out", tmp_path / "out")
    assert "below the Moon's radius" in told


def test_sites_farther_apart_than_the_moon_is_wide(tmp_path, heights):
    out = tmp_path / "out"
    words = ["hazards", heights, "--cell", "0.1", "--separation", "1e308", "--out", out]
    assert main([str(each) for each in words]) == LANDED
    assert (out / "sites.json").read_text("utf-8").count('"rank"') == 1


@pytest.mark.parametrize("longitude", ["1e30", "400", "-181", "nan"])
def test_a_longitude_beyond_a_turn(capsys, tmp_path, longitude):
    out = tmp_path / "mine.toml"
    words = ("mission", "new", "mine", "--out", out, "--site", "0")
    assert "-180 to 360 deg" in refused(capsys, *words, longitude)
    dates = ("--dates", "2024-06-01..2024-06-02")
    assert "-180 to 360 deg" in refused(capsys, "horizon", "--at", "0", longitude, *dates)


def test_a_mission_file_that_is_not_there(capsys, tmp_path):
    assert "there is no such file" in refused(capsys, "land", tmp_path / "mine.toml")
    assert "there is no such file" in refused(capsys, "land", "no-such-file.toml")
    assert "no such mission" in refused(capsys, "land", "no-such-mission")


def test_an_attitude_that_is_none(capsys):
    words = ("render", "chang-e-6", "--r-site", "0", "0", "100", "--q", "0", "0", "0", "0")
    assert "give a quaternion" in refused(capsys, *words)


def test_a_limit_below_nothing(capsys):
    words = ("stress", "chang-e-6", "--of", "tilt=-1")
    assert "give a number in deg, 0 or more" in refused(capsys, *words)
