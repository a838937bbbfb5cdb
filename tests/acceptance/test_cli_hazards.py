"""The command `farside hazards`: what it writes and prints, and one line for all bad input."""

import json
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from sample_ground import LONLAT, STEREO, ground, write_raster

from farside.cli.main import main

MISSION = files("farside.mission").joinpath("chang-e-6.toml").read_text("utf-8")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Lay out good input, and what will not do."""
    desk = tmp_path_factory.mktemp("desk")
    z = ground(120, 130, rocks=1)
    np.save(desk / "z.npy", z)
    np.save(desk / "line.npy", z[0])
    np.save(desk / "cube.npy", np.zeros((3, 4, 5)))
    np.save(desk / "nothing.npy", np.full((60, 60), np.nan))
    np.save(desk / "feet.npy", z / 0.3048)
    np.save(desk / "words.npy", np.array([["a", "b"], ["c", "d"]]))
    np.save(desk / "pickled.npy", np.array([[{}, 1], [2, 3]], object), allow_pickle=True)
    np.save(desk / "far.npy", np.array([[0.0, 0, 0], [1e7, 1e7, 0]]))
    (desk / "cut.npy").write_bytes((desk / "z.npy").read_bytes()[:5000])
    (desk / "text.npy").write_text("no array")
    np.savez(desk / "zip.npz", z=z)
    (desk / "zip.npz").rename(desk / "zip.npy")
    (desk / "text.las").write_text("no points")
    write_raster(desk / "z.tif", z)
    write_raster(desk / "feet.tif", z / 0.3048 - 1e4)
    write_raster(desk / "nothing.tif", np.full((60, 60), np.nan))
    write_raster(desk / "undeclared.tif", np.where(np.isnan(z), -32768.0, z), nodata=None)
    write_raster(desk / "earth.tif", z, crs="EPSG:32633")
    write_raster(desk / "bare.tif", z, crs=None)
    degree = 0.01
    write_raster(desk / "pole.tif", z, crs=LONLAT, transform=from_origin(0, -88.0, degree, degree))
    write_raster(desk / "beyond.tif", z, crs=LONLAT, transform=from_origin(0, 91.0, degree, degree))
    write_raster(desk / "sheared.tif", z, transform=rasterio.Affine(0.1, 0.05, 0, 0, -0.1, 0))
    write_raster(desk / "flat.tif", z, transform=rasterio.Affine(0.1, 0, 0, 0, 0, 0))
    write_raster(desk / "wide.tif", z, transform=from_origin(-4.55e6, 4.2e6, 7e4, 7e4))
    write_raster(desk / "complex.tif", z, dtype="complex64", nodata=None)
    whole = (desk / "z.tif").read_bytes()
    (desk / "cut.tif").write_bytes(whole[: len(whole) * 2 // 3])
    with rasterio.open(
        desk / "huge.tif", "w", driver="GTiff", width=2_000_000, height=2_000_000, count=1,
        dtype="float32", crs=STEREO, transform=from_origin(0, 0, 0.01, 0.01), tiled=True,
        sparse_ok=True, BIGTIFF="YES", blockxsize=4096, blockysize=4096,
    ):  # fmt: skip
        pass
    (desk / "text.tif").write_text("no raster")
    (desk / "mine.toml").write_text(MISSION.replace("footprint_m = 5.0", "footprint_m = 5.4"))
    (desk / "bad.toml").write_text("no mission")
    (desk / "thesis").mkdir()
    (desk / "thesis" / "chapter.tex").write_text("mine")
    return desk


@pytest.mark.slow
def test_a_raster(desk, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["hazards", str(desk / "z.tif"), "--sigma", "0.01", "--dispersion", "0.2", "0.1"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == "" and "hazards.tif" in out and "latitude" in out and "% of the cells" in out
    folder = tmp_path / "hazards" / "z"
    assert {f.name for f in folder.iterdir()} == {
        "hazards.tif", "hazards.png", "sites.json", "sites.geojson",
    }  # fmt: skip
    facts = json.loads((folder / "sites.json").read_text())
    assert facts["dispersion_m"] == {"east": 0.2, "north": 0.1} and facts["sigma_m"] == 0.01
    assert facts["lander"]["name"] == "chang-e-6"
    # the same folder again is its own to replace
    assert main(words) == 0
    assert [f.name for f in (tmp_path / "hazards").iterdir()] == ["z"]


def test_an_array_and_a_lander_of_ones_own(desk, tmp_path, capsys):
    out = str(tmp_path / "x")
    words = ["hazards", str(desk / "z.npy"), "--cell", "0.1", "--lander", str(desk / "mine.toml")]
    assert main([*words, "--out", out]) == 0
    assert "east" in capsys.readouterr().out
    facts = json.loads((tmp_path / "x" / "sites.json").read_text())
    assert facts["lander"]["footprint_m"] == 5.4 and facts["grid"]["crs"] is None
    with rasterio.open(tmp_path / "x" / "hazards.tif") as file:
        assert file.crs is None and file.read(1).shape == (120, 130)


BAD_INPUT = {
    "no such file": (["none.tif"], "none.tif"),
    "a folder": (["thesis"], "thesis"),
    "raster is text": (["text.tif"], "text.tif"),
    "raster cut short": (["cut.tif"], "cut short"),
    "no CRS": (["bare.tif"], "coordinate reference system"),
    "another body": (["earth.tif"], "another body"),
    "nothing known": (["nothing.tif"], "not one cell"),
    "feet": (["feet.tif"], "0.3048"),
    "nodata not declared": (["undeclared.tif"], "a_nodata"),
    "near a pole": (["pole.tif"], "polar stereographic"),
    "beyond a pole": (["beyond.tif"], "latitude"),
    "sheared": (["sheared.tif"], "sheared"),
    "cells of no size": (["flat.tif"], "flat.tif"),
    "stretched along a row": (["wide.tif"], "reproject"),
    "complex": (["complex.tif"], "complex64"),
    "absurd size": (["huge.tif"], "2000000"),
    "a raster with --cell": (["z.tif", "--cell", "0.1"], "--cell"),
    "an array without": (["z.npy"], "--cell"),
    "points without": (["text.las"], "--cell"),
    "cell of nothing": (["z.npy", "--cell", "0"], "--cell"),
    "cell below zero": (["z.npy", "--cell", "-0.1"], "--cell"),
    "cell is no number": (["z.npy", "--cell", "nan"], "--cell"),
    "one dimension": (["line.npy", "--cell", "0.1"], "shape (130,)"),
    "three dimensions": (["cube.npy", "--cell", "0.1"], "shape (3, 4, 5)"),
    "nothing in the array": (["nothing.npy", "--cell", "0.1"], "not one cell"),
    "array in feet": (["feet.npy", "--cell", "0.1"], "0.3048"),
    "array of words": (["words.npy", "--cell", "0.1"], "<U1"),
    "pickled": (["pickled.npy", "--cell", "0.1"], "pickled"),
    "array cut short": (["cut.npy", "--cell", "0.1"], "cut short"),
    "array is text": (["text.npy", "--cell", "0.1"], "text.npy"),
    "archive": (["zip.npy", "--cell", "0.1"], "archive"),
    "points too far apart": (["far.npy", "--cell", "0.1"], "larger --cell"),
    "points are text": (["text.las", "--cell", "0.1"], "not a LAS file"),
    "noise below zero": (["z.tif", "--sigma", "-1"], "--sigma"),
    "noise is no number": (["z.tif", "--sigma", "nan"], "--sigma"),
    "dispersion of one number": (["z.tif", "--dispersion", "1"], "--dispersion"),
    "dispersion below zero": (["z.tif", "--dispersion", "1", "-1"], "--dispersion"),
    "dispersion too wide": (["z.tif", "--dispersion", "1e9", "1"], "--dispersion"),
    "two landers": (["z.tif", "--mission", "chang-e-4", "--lander", "mine.toml"], "--lander"),
    "unknown mission": (["z.tif", "--mission", "apollo-18"], "apollo-18"),
    "lander is no mission": (["z.tif", "--lander", "bad.toml"], "bad.toml"),
    "no such lander": (["z.tif", "--lander", "none.toml"], "none.toml"),
    "folder of something else": (["z.tif", "--out", "thesis"], "chapter.tex"),
    "file in the way": (["z.tif", "--out", "bad.toml"], "bad.toml"),
    "folder of the input": (["z.tif", "--out", "."], "working folder"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_one_line_and_status_2(desk, name, capsys, monkeypatch):
    words, named = BAD_INPUT[name]
    monkeypatch.chdir(desk)
    before = sorted(desk.rglob("*"))
    assert main(["hazards", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("farside: ") and err.count("\n") == 1
    assert named in err
    assert sorted(desk.rglob("*")) == before


@pytest.mark.slow
def test_bad_input_leaves_no_traceback_behind(desk):
    done = subprocess.run(
        [sys.executable, "-m", "farside.cli", "hazards", "earth.tif"],
        capture_output=True,
        text=True,
        cwd=desk,
        env={"PYTHONPATH": ":".join(sys.path)},
        timeout=60,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("farside: ") and done.stderr.count("\n") == 1
