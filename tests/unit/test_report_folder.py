"""Saving: whole or not at all, an earlier landing replaced, anything else left alone."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from sample_landing import cut_short, sample_landing

from farside.report import ReportError, check_folder, folder, page, save

FILES = {"landing.json", "telemetry.npz", "report.html", "landing.html", "descent.png"}


@pytest.fixture
def landing():
    return cut_short("crashed", 200)


def contents(path):
    return {file.name: file.read_bytes() for file in path.iterdir()}


def refuse_constants(name):
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.slow
def test_everything_is_there(tmp_path):
    whole = sample_landing()
    told = []
    place = tmp_path / "landings" / "x"
    names = save(whole, place, progress=lambda stage, done: told.append((stage, done)))
    assert set(names) == {file.name for file in place.iterdir()}
    # no camera took an image
    assert set(names) == folder.OURS - {"cameras.png"}
    assert {stage for stage, _ in told} == {"writing"}
    done = [share for _, share in told]
    assert done == sorted(done) and (done[0], done[-1]) == (0.0, 1.0)
    facts = json.loads((place / "landing.json").read_text(), parse_constant=refuse_constants)
    assert facts == whole.to_dict()
    with np.load(place / "telemetry.npz", allow_pickle=False) as held:
        assert held["telemetry"].dtype == whole.telemetry.dtype
        assert held["telemetry"].tobytes() == whole.telemetry.tobytes()
        about = json.loads(str(held["metadata"]), parse_constant=refuse_constants)
    assert about["telemetry_sha256"] == whole.telemetry_sha256
    assert set(about["columns"]) == set(whole.telemetry.dtype.names)


def test_what_is_not_finite_becomes_null(tmp_path, small_pages, landing):
    save(landing, tmp_path / "x")
    facts = json.loads((tmp_path / "x/landing.json").read_text(), parse_constant=refuse_constants)
    assert facts["touchdown"]["tilt_deg"] is None


def test_an_earlier_landing_is_replaced(tmp_path, small_pages, landing):
    place = tmp_path / "x"
    save(landing, place)
    (place / "hazards.png").write_bytes(b"of the earlier flight")
    save(sample_landing(), place)
    assert {file.name for file in place.iterdir()} == FILES
    assert json.loads((place / "landing.json").read_text())["outcome"] == "landed"
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def test_an_empty_folder_will_do(tmp_path, small_pages, landing):
    (tmp_path / "x").mkdir()
    save(landing, tmp_path / "x")
    assert {file.name for file in (tmp_path / "x").iterdir()} == FILES


def test_a_link_is_followed(tmp_path, small_pages, landing):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    save(landing, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/landing.json").exists()


def test_it_can_be_read_by_others(tmp_path, small_pages, landing):
    mask = os.umask(0o022)
    try:
        save(landing, tmp_path / "x")
    finally:
        os.umask(mask)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o755


def a_file(path):
    path.write_text("mine")


def something_else(path):
    path.mkdir()
    (path / "thesis.tex").write_text("mine")


def another_landing_json(path):
    path.mkdir()
    (path / "landing.json").write_text('{"aircraft": "A320"}')


def broken_landing_json(path):
    path.mkdir()
    (path / "landing.json").write_bytes(b"\xff\x00{")


def a_landing_with_notes(path):
    path.mkdir()
    (path / "landing.json").write_text('{"farside": "0.1.0"}')
    (path / "notes.txt").write_text("mine")


def a_loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    "lay",
    [
        a_file,
        something_else,
        another_landing_json,
        broken_landing_json,
        a_landing_with_notes,
        a_loop,
    ],
)
def test_anything_else_is_refused_and_left_alone(tmp_path, small_pages, landing, lay):
    place = tmp_path / "x"
    lay(place)
    before = contents(place) if place.is_dir() else None
    for attempt in (lambda: check_folder(place), lambda: save(landing, place)):
        with pytest.raises(ReportError, match=str(place)) as refusal:
            attempt()
        assert "\n" not in str(refusal.value)
    assert [file.name for file in tmp_path.iterdir()] == ["x"]
    if before is not None:
        assert contents(place) == before


@pytest.mark.parametrize("path", ["file/below", "file/below/deep", "n" * 300, "/proc/landing"])
def test_places_that_cannot_be(tmp_path, path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReportError, match="cannot be written"):
        check_folder(tmp_path / path)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o555)
    with pytest.raises(ReportError, match="Permission denied"):
        check_folder(tmp_path / "closed/x")


def test_the_working_folder_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportError, match="working folder"):
        check_folder(".")


@pytest.mark.parametrize("fault", [RuntimeError("bug"), KeyboardInterrupt(), OSError(28, "full")])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_crash_in_the_middle_leaves_what_was(
    tmp_path, small_pages, landing, monkeypatch, fault, earlier
):
    place = tmp_path / "made" / "x"
    if earlier:
        save(landing, place)
    before = contents(place) if earlier else None

    def crash(*_):
        raise fault

    monkeypatch.setattr(page, "render_page", crash)
    expected = ReportError if isinstance(fault, OSError) else type(fault)
    with pytest.raises(expected):
        save(sample_landing(), place)
    if earlier:
        assert contents(place) == before
        assert [file.name for file in place.parent.iterdir()] == ["x"]
    else:
        assert list(tmp_path.iterdir()) == []


def test_a_crash_between_the_renames_brings_the_earlier_back(
    tmp_path, small_pages, landing, monkeypatch
):
    place = tmp_path / "x"
    save(landing, place)
    before = contents(place)
    rename = os.rename

    def fail_second(old, new):
        if str(old).endswith(".part"):
            raise OSError(5, "Input/output error")
        rename(old, new)

    monkeypatch.setattr(os, "rename", fail_second)
    with pytest.raises(ReportError, match="Input/output error"):
        save(landing, place)
    assert contents(place) == before
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


@pytest.mark.slow
def test_no_room_for_the_telemetry(tmp_path):
    code = f"""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        from sample_landing import cut_short
        from farside.report import ReportError, save
        try:
            save(cut_short("crashed", 200), {str(tmp_path / "x")!r})
        except ReportError as why:
            print(why)
    """
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        check=True,
    )
    assert done.stdout.count("\n") == 1 and "File too large" in done.stdout
    assert list(tmp_path.iterdir()) == []
