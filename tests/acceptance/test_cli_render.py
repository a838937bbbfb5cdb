"""The command `farside render`: what it writes, and one line for all bad input."""

import json
import math
import warnings

import cv2
import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import GCPTransformer, from_origin
from sample_ground import LONLAT

from farside.cli.main import main
from farside.mission import load_mission
from farside.mission.camera import Camera

PLACE = ["--r-site", "30", "-20", "900"]
SUN = ["--sun", "70", "20"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Take one picture."""
    out = tmp_path_factory.mktemp("render") / "out"
    assert main(["render", *PLACE, *SUN, "--seed", "4", "--out", str(out)]) == 0
    return out


def facts_of(folder):
    return json.loads((folder / "picture.json").read_text())


@pytest.mark.slow
def test_a_picture_comes_with_the_truth_of_its_pixels(made):
    facts = facts_of(made)
    image = cv2.imread(str(made / "image.png"), cv2.IMREAD_UNCHANGED)
    assert image.shape == (1024, 1024) and image.dtype == np.uint8 and image.std() > 5.0
    with np.load(made / "truth.npz") as held:
        truth = {name: held[name] for name in held.files}
    assert set(truth) <= set(facts["frames"]) | {
        "points_site", "latitude_deg", "longitude_deg", "height_m",
    }  # fmt: skip
    # what a pixel looks at projects to it, by nothing but what picture.json says
    axes, r = (np.array(facts["pose"][key]) for key in ("axes_site_true", "r_site_true"))
    seen = (truth["points_site"][[10, 500, 1000], [900, 20, 512]] - r) @ axes.T
    (fx, fy), (cx, cy) = facts["pinhole"]["focal_px"], facts["pinhole"]["centre_px"]
    assert np.allclose(fx * seen[:, 0] / seen[:, 2] + cx, [900, 20, 512], atol=1e-3)
    assert np.allclose(fy * seen[:, 1] / seen[:, 2] + cy, [10, 500, 1000], atol=1e-3)
    assert np.allclose(seen[:, 2], truth["depth_m"][[10, 500, 1000], [900, 20, 512]], rtol=1e-6)
    # and its latitude and height are those of its point
    mid = truth["points_site"][512, 512] + [0.0, 0.0, facts["site"]["radius_m"]]
    height = np.linalg.norm(mid) - 1737400.0
    assert truth["height_m"][512, 512] == pytest.approx(height, abs=1e-2)
    north = (truth["latitude_deg"][512, 512] - facts["site"]["latitude_deg"]) * math.pi / 180.0
    assert north * np.linalg.norm(mid) == pytest.approx(mid[1], abs=1.0)
    assert facts["sun"]["azimuth_deg"] == pytest.approx(70.0)
    assert facts["sun"]["elevation_deg"] == pytest.approx(20.0)


@pytest.mark.slow
def test_the_same_command_gives_the_same_picture(made, tmp_path):
    assert main(["render", *PLACE, *SUN, "--seed", "4", "--out", str(tmp_path / "a")]) == 0
    assert (tmp_path / "a/image.png").read_bytes() == (made / "image.png").read_bytes()


@pytest.mark.slow
def test_a_moment_of_the_descent_is_flown_to(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["render", "--at-height", "1500", "--perfect", "--out", str(out)]) == 0
    assert "m a pixel" in capsys.readouterr().out
    facts = facts_of(out)
    x, y, z = facts["pose"]["r_site"]
    radius = facts["site"]["radius_m"]
    assert math.hypot(x, y, z + radius) - radius == pytest.approx(1500.0, abs=2.0)
    assert facts["pose"]["r_site_true"] == facts["pose"]["r_site"]
    assert facts["camera"]["name"] == "landing"


@pytest.mark.slow
def test_any_dem_and_any_camera(tmp_path):
    y, x = np.mgrid[:400, :400]
    cone = (900.0 - np.hypot(x - 200, y - 200) * 4.0).clip(0.0).astype(np.float32)
    side = 20.0 / 30323.35
    placed = {
        "driver": "GTiff", "width": 400, "height": 400, "count": 1, "crs": LONLAT,
        "transform": from_origin(10.0 - 200 * side, 5.0 + 200 * side, side, side),
    }  # fmt: skip
    with rasterio.open(tmp_path / "cone.tif", "w", dtype="float32", **placed) as file:
        file.write(cone, 1)
    where = ["--site", "5", "10", "--dem", str(tmp_path / "cone.tif"), "--camera", "lvs"]
    out = tmp_path / "out"
    assert main(["render", *where, "--r-site", "0", "0", "6000", *SUN, "--out", str(out)]) == 0
    with np.load(out / "truth.npz") as truth:
        heights = truth["height_m"]
    # the top of the cone is under the camera
    assert heights[512, 512] > 850.0
    assert heights[512, 512] - np.percentile(heights, 10) > 700.0
    assert facts_of(out)["camera"]["distortion"][0] == -0.2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--at-height", "300", *PLACE], "give one"),
        (["--q", "1", "0", "0", "0"], "--r-site"),
        (["--site", "5", "10"], "--r-site"),
        (["--site", "95", "10", *PLACE], "-90 to 90 deg north"),
        (["--unit", "km", *PLACE], "--dem"),
        (["--camera", "phone", *PLACE], "known: descent, landing, lcam"),
        (["--photometry", "mirror", *PLACE, *SUN], "choose one of"),
        (["--exposure", "9", *PLACE, *SUN], "longest"),
        (["--sun", "0", "-30", *PLACE], "below the horizon"),
        (["--sun", "0", "95", *PLACE], "elevation"),
        (["--r-site", "0", "0", "-40", *SUN], "under the ground"),
        (["--at-height", "1e6"], "begins at"),
        (["--time", "1e6"], "the descent takes"),
        (["nowhere", *PLACE], "nowhere"),
        (["--dem", "none.tif", *PLACE], "none.tif"),
    ],
)
def test_bad_input_is_one_line(words, line, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["render", *words, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert line in said and said.count("\n") == 1
    assert not out.exists()


def test_presets_are_cameras():
    assert [each.name for each in load_mission("chang-e-6").sensors.camera] == [
        "descent", "landing",
    ]  # fmt: skip
    assert Camera(name="lcam").pixels == (1024, 1024)


@pytest.mark.slow
def test_geotiffs_lie_where_their_pixels_look(made):
    with np.load(made / "truth.npz") as held:
        truth = {name: held[name] for name in held.files}
    image = cv2.imread(str(made / "image.png"), cv2.IMREAD_UNCHANGED)
    with rasterio.open(made / "image.tif") as file:
        assert (file.read(1) == image).all() and file.dtypes == ("uint8",)
        points, crs = file.gcps
    assert len(points) == 13 * 13 and crs.to_dict()["R"] == 1737400
    # from 900 m the ground's relief bends the picture: a spline through the points knows it to 2 m
    row, column = (each.ravel() for each in np.mgrid[100:924:103, 90:934:97])
    with GCPTransformer(points, tps=True) as warp:
        longitude, latitude = warp.xy(row, column)
    metres = math.radians(1.0) * 1737400.0
    north = metres * (np.array(latitude) - truth["latitude_deg"][row, column])
    level = np.cos(np.radians(truth["latitude_deg"][row, column]))
    east = metres * level * (np.array(longitude) - truth["longitude_deg"][row, column])
    assert np.hypot(north, east).max() < 2.0
    with rasterio.open(made / "truth.tif") as file:
        assert file.descriptions[:4] == ("longitude_deg", "latitude_deg", "height_m", "depth_m")
        assert file.units[2] == "m" and file.gcps[1] == crs
        for name, band in zip(file.descriptions, file.read(), strict=True):
            assert np.array_equal(band, truth[name], equal_nan=True), name


def test_a_picture_of_the_sky_has_no_place(tmp_path):
    upwards = ["--q", "0", "1", "0", "0"]
    assert main(["render", *PLACE, *SUN, *upwards, "--out", str(tmp_path / "a")]) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(tmp_path / "a" / "truth.tif") as file:
            assert file.gcps == ([], None) and np.isnan(file.read(3)).all()
