"""Files are written whole or not at all, wherever that is and however full the disk."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

from farside.mission.writing import cannot_write, whole_file, write_whole
from farside.raster.written import check_written
from farside.survey.layers import BANDS, tiff_layers
from farside.survey.sources import array_source


def full_disk(size):
    """Stand in for a full disk: no file of this process may grow beyond so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def alone(function, place):
    """Call a function of this module in a process of its own: its limits are not pytest's."""
    subprocess.run(
        [sys.executable, "-c", f"import test_writing; test_writing.{function.__name__}({place!r})"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )


@pytest.mark.parametrize("content", [b"whole", "whole \u2212 bad\udcff"])
def test_a_file_with_the_folders_above_it(tmp_path, content):
    path = tmp_path / "a" / "b" / "c.txt"
    write_whole(path, content)
    assert path.read_bytes() == (
        content if isinstance(content, bytes) else b"whole \xe2\x88\x92 bad?"
    )
    assert [p.name for p in path.parent.iterdir()] == ["c.txt"]


@pytest.mark.slow
def test_what_was_there_stays_where_the_disk_is_full(tmp_path):
    alone(write_on_a_full_disk, str(tmp_path))


def write_on_a_full_disk(folder):
    path = Path(folder, "a.txt")
    write_whole(path, b"before")
    full_disk(1000)
    for place in (path, Path(folder, "new", "b.txt")):
        with pytest.raises(OSError, match="File too large") as why:
            write_whole(place, bytes(4000))
        assert cannot_write(place, why.value).count("\n") == 0 and str(place) in str(why.value)
    assert path.read_bytes() == b"before"
    assert os.listdir(folder) == ["a.txt"]


@pytest.mark.parametrize("name", ["x" * 255, "\u6708" * 85, "bad\udcff" * 40, "$a$ %s {}\n'"])
def test_any_name_that_the_system_takes(tmp_path, name):
    write_whole(tmp_path / name, b"1")
    assert os.listdir(tmp_path) == [name]


def test_a_link_is_followed_and_a_loop_of_them_refused(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "a.txt")
    write_whole(tmp_path / "link", b"1")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "there" / "a.txt").read_bytes() == b"1"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError, match=r"[lL]oop|levels of symbolic"):
        write_whole(tmp_path / "loop", b"1")


def test_a_folder_or_a_file_above_is_refused(tmp_path):
    with pytest.raises(OSError, match="a folder is in the way"):
        write_whole(tmp_path, b"1")
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(OSError, match="Not a directory"):
        write_whole(tmp_path / "file" / "a.txt", b"1")
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_interrupt_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "new" / "a") as fresh:
        fresh.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_keep_leaves_the_first(tmp_path):
    for content in (b"first", b"second"):
        write_whole(tmp_path / "a", content, keep=True)
    assert (tmp_path / "a").read_bytes() == b"first" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.slow
def test_a_geotiff_that_is_cut_short_is_never_taken_for_whole(tmp_path):
    """GDAL closes a file on a full disk without a word: at every size it is told, or whole."""
    alone(write_geotiffs_on_a_full_disk, str(tmp_path))


def write_geotiffs_on_a_full_disk(folder):
    heights = np.random.default_rng(0).normal(size=(128, 128)).astype(np.float32)
    geometry = array_source(heights, 0.5).geometry
    path = Path(folder, "a.tif")

    def write():
        with tiff_layers(path, geometry, {"A": 1}) as layers:
            for name in BANDS:
                layers.put(name, 0, 0, heights)
            layers.tag({"said": "b" * 400})

    write()
    size = path.stat().st_size
    told = 0
    # the last kilobytes are the directory and the tags, where it was silent
    for limit in [*range(2000, size, size // 12), *range(size - 3500, size, 250)]:
        path.unlink(missing_ok=True)
        full_disk(limit)
        try:
            write()
        except OSError:
            told += 1
            continue
        finally:
            full_disk(2**40)
        with rasterio.open(path) as file:
            assert all(np.array_equal(file.read(i), heights) for i in file.indexes)
            assert file.tags()["said"] == "b" * 400
    assert told >= 20


def test_a_geotiff_without_its_end(tmp_path):
    path = Path(tmp_path, "a.tif")
    heights = np.zeros((64, 64), np.float32)
    geometry = array_source(heights, 0.5).geometry
    with tiff_layers(path, geometry, {}) as layers:
        for name in BANDS:
            layers.put(name, 0, 0, heights)
    check_written(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(OSError, match="is the disk full"):
        check_written(path)
