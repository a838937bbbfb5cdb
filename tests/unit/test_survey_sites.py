"""The sites of a survey: how many, how far apart, for whose lander, and on which body."""

import json
import math

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import from_origin
from sample_ground import LONLAT, STEREO, ground, write_raster

from farside.cli.main import main
from farside.mission import load_mission
from farside.survey import Query, SiteRanking, SurveyError, survey, survey_file

POLAR = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m"
MOON_M = 1737400.0


@pytest.fixture(scope="module")
def heights():
    return ground(300, 400, rocks=6)


def apart(sites):
    """Return the least distance of two sites [m], in their map's plane."""
    at = np.array([(s.x, s.y) for s in sites])
    away = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    return float(away[~np.eye(len(at), dtype=bool)].min())


@pytest.mark.parametrize(("count", "separation_m"), [(4, 8.0), (7, 2.5), (1, 30.0), (0, 5.0)])
def test_as_many_and_as_far_apart_as_asked(heights, count, separation_m):
    found = survey(heights, 0.1, sites=SiteRanking(count, separation_m))
    assert len(found.sites) == count and found.separation_m == separation_m
    assert [s.rank for s in found.sites] == list(range(1, count + 1))
    if count > 1:
        # in single steps of 0.1 m
        assert separation_m - 1e-9 <= apart(found.sites)


def test_no_separation_takes_neighbours(heights):
    found = survey(heights, 0.1, sites=SiteRanking(3, 0.0))
    scores = np.sort(
        (found.probability * found.clearance_m / (found.clearance_m + 2.5))[found.safe]
    )
    assert [s.score for s in found.sites] == pytest.approx(scores[::-1][:3], rel=1e-6)


def test_the_default_separation():
    z = np.zeros((300, 400))
    footprint_m = Query.of(load_mission("chang-e-6")).lander.footprint_m
    assert survey(z, 0.1).separation_m == footprint_m
    # six sigma of a wide dispersion
    wide = survey(z, 0.1, dispersion_m=(1.5, 0.2))
    assert wide.separation_m == pytest.approx(9.0) and apart(wide.sites) >= 9.0
    # a twentieth of the side of a large map: sites spread over it
    large = survey(np.zeros((400, 400)), 1.0)
    assert large.separation_m == pytest.approx(20.0) and apart(large.sites) >= 20.0


@pytest.mark.parametrize(
    "bad",
    [
        {"count": -1},
        {"count": 2.5},
        {"count": True},
        {"count": 10**9},
        {"separation_m": -1.0},
        {"separation_m": math.nan},
        {"separation_m": math.inf},
        {"separation_m": "x"},
    ],
)
def test_numbers_that_cannot_be(bad):
    says = "sites" if "count" in bad else "separation"
    with pytest.raises(SurveyError, match=says):
        SiteRanking(**bad)
    if "count" in bad:
        with pytest.raises(SurveyError, match=says):
            survey(np.zeros((60, 60)), 0.1, sites=bad["count"])


def test_numpy_numbers_are_numbers(heights):
    found = survey(heights, 0.1, sites=SiteRanking(np.int64(2), np.float32(6.0)))
    assert len(found.sites) == 2


@pytest.fixture(scope="module")
def desk(tmp_path_factory, heights):
    """Lay out one ground in four kinds of coordinates."""
    desk = tmp_path_factory.mktemp("desk")
    write_raster(desk / "projected.tif", heights, crs=STEREO)
    degree = math.degrees(0.1 / MOON_M)
    write_raster(
        desk / "geographic.tif",
        heights,
        crs=LONLAT,
        transform=from_origin(117.0, 2.0, degree, degree),
    )
    write_raster(
        desk / "polar.tif", heights, crs=POLAR, transform=from_origin(3000.0, -1000.0, 0.1, 0.1)
    )
    np.save(desk / "local.npy", heights)
    return desk


@pytest.mark.slow
@pytest.mark.parametrize("name", ["projected.tif", "geographic.tif", "polar.tif", "local.npy"])
def test_geojson_is_of_the_moon(desk, tmp_path, name):
    local = name.endswith(".npy")
    query = Query.of(load_mission("chang-e-6"))
    found, _ = survey_file(
        desk / name, tmp_path / "out", query, cell_m=0.1 if local else None, sites=3
    )
    held = json.loads((tmp_path / "out" / "sites.geojson").read_text())
    said = held["crs"]["properties"]["name"]
    crs = pyproj.CRS.from_user_input(said)
    # the GDAL within rasterio reads it as QGIS does
    same = rasterio.crs.CRS.from_user_input(said)
    assert held["crs"]["type"] == "name" and held["body"] == "Moon"
    places = np.array([f["geometry"]["coordinates"] for f in held["features"]])
    assert len(places) == 3
    if local:
        assert crs.type_name == "Engineering CRS" and not same.is_geographic
        assert crs.axis_info[0].unit_name == "metre"
        assert places[:, :2] == pytest.approx(np.array([(s.x, s.y) for s in found.sites]))
    else:
        assert crs.is_geographic and crs.ellipsoid.semi_major_metre == MOON_M
        assert crs.ellipsoid.semi_minor_metre == MOON_M and same.is_geographic
        back = pyproj.Transformer.from_crs(crs, found.geometry.crs, always_xy=True)
        x, y = back.transform(places[:, 0], places[:, 1])
        want = np.array([(s.x, s.y) for s in found.sites])
        # in metres, or in degrees of the raster: a tenth of a millimetre is 3e-9 deg
        near = 1e-8 if "geographic" in name else 1e-4
        assert np.column_stack([x, y]) == pytest.approx(want, abs=near)
    assert places[:, 2] == pytest.approx([s.elevation_m for s in found.sites])


def test_options_of_the_command(desk, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["hazards", str(desk / "local.npy"), "--cell", "0.1", "--lander", "apollo-11"]
    assert main([*words, "--sites", "2", "--separation", "12", "--out", "a"]) == 0
    facts = json.loads((tmp_path / "a" / "sites.json").read_text())
    assert facts["lander"]["name"] == "apollo-11" and facts["separation_m"] == 12.0
    assert len(facts["sites"]) <= 2 and "bound" in facts
    out = capsys.readouterr().out
    assert "at least 12 m apart" in out and "bound" not in out.split("Written")[0]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--sites", "-1"], "--sites"),
        (["--sites", "1001"], "--sites"),
        (["--sites", "many"], "--sites"),
        (["--separation", "-2"], "--separation"),
        (["--separation", "nan"], "--separation"),
        (["--lander", "apollo-18"], "apollo-11"),
    ],
)
def test_bad_options_are_one_line(desk, tmp_path, capsys, monkeypatch, words, named):
    monkeypatch.chdir(tmp_path)
    assert main(["hazards", str(desk / "local.npy"), "--cell", "0.1", *words]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and named in err and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_many_sites_leave_the_picture_its_size(tmp_path):
    from farside.survey.picture import draw

    few, many = (survey(np.zeros((400, 400)), 0.1, sites=SiteRanking(n, 0.5)) for n in (12, 300))
    assert len(many.sites) == 300
    assert draw(many).get_size_inches() == pytest.approx(draw(few).get_size_inches())
    words = " ".join(text.get_text() for text in draw(many).texts)
    assert "288 more on the map" in words and "13  " not in words
