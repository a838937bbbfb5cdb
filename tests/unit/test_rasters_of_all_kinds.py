"""Voids, DEMs to fly over and paths that are no raster: the right value, or one clear line."""

import json

import numpy as np
import pytest
from rasterio.transform import from_origin
from sample_ground import LONLAT, ground, write_raster
from sample_rasters import QUERY, STEEP, plane

from farside.cli.main import main
from farside.raster import Dem, RasterError, whole_moon
from farside.raster.read import open_raster
from farside.raster.windows import raster_windows
from farside.survey import SurveyError, survey, survey_file
from farside.terrain import ElevationError, ElevationMap

SITE = (-41.6385, 206.0148)
VOIDS = [-9999.0, -32768.0, -3.4028235e38, 0.0, 9999.0, 1e20, 32767.0, 8888.0]


@pytest.mark.slow
@pytest.mark.parametrize("void", VOIDS)
def test_a_void_that_nobody_declared_is_refused(tmp_path, void, capsys):
    z = ground(160, 160, rocks=0)
    z[np.isnan(z)] = -5256.0
    z[20:120, 30:130] = void
    path = write_raster(tmp_path / "z.tif", z, nodata=None)
    words = ["hazards", str(path), "--out", str(tmp_path / "o")]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "--nodata" in said and said.count("\n") == 1
    option = said.split("--nodata ")[1].split(",")[0]
    assert float(option) == pytest.approx(void, rel=1e-6)
    assert main([*words, "--nodata", option]) == 0
    facts = json.loads((tmp_path / "o" / "sites.json").read_text())
    assert facts["share"]["known"] == pytest.approx(1.0 - 1e4 / 160**2, abs=1e-9)
    in_void = [s for s in facts["sites"] if 20 <= s["row"] < 120 and 30 <= s["col"] < 130]
    assert in_void == []


@pytest.mark.parametrize("void", VOIDS)
def test_the_same_in_memory(void):
    z = ground(120, 120, rocks=0).astype(np.float64)
    z[np.isnan(z)] = -5256.0
    z[20:80, 30:90] = void
    with pytest.raises(SurveyError, match="nodata="):
        survey(z, 0.1)
    assert survey(z, 0.1, nodata=void).known_share == pytest.approx(0.75)
    with pytest.raises(ElevationError, match="NaN"):
        ElevationMap.from_array(z, 0.1)


@pytest.mark.parametrize("per_deg", [8, 64, 256])
@pytest.mark.parametrize("void", [0.0, 9999.0])
def test_a_void_in_a_coarse_raster(tmp_path, void, per_deg):
    """Cells of 3.8 km, 474 m and 118 m, on which no step is a wall: relief tells."""
    lat = -38.0 - (np.arange(60) + 0.5) / per_deg
    lon = 203.0 + (np.arange(60) + 0.5) / per_deg
    z = whole_moon().sample(*np.meshgrid(lat, lon, indexing="ij"), cubic=True)
    at = from_origin(203.0, -38.0, 1.0 / per_deg, 1.0 / per_deg)
    whole = write_raster(tmp_path / "whole.tif", z, LONLAT, at, nodata=None)
    with raster_windows(whole) as windows:
        windows.read(0, 60, 0, 60)
    z[20:30, 35:50] = void
    path = write_raster(tmp_path / "z.tif", z, LONLAT, at, nodata=None)
    with pytest.raises(RasterError, match=f"--nodata {void:g}"), raster_windows(path) as windows:
        windows.read(0, 60, 0, 60)


def test_what_is_level_at_a_code_is_ground():
    # a plain at 0 with rocks, and ground that passes through 0, 1, -1 and 99
    z = np.nan_to_num(ground(100, 100, level=0.0), nan=0.0)
    z[30:60, 30:60] = 0.0
    assert survey(z, 0.1).known_share == 1.0
    ramp = np.round(plane(0.05, level=98.0))
    assert survey(ramp, 1.0).known_share == 1.0


def test_a_tower_on_a_level_plain_is_a_scene_and_a_hole_of_zeros_in_one_is_not():
    tower = np.zeros((120, 120))
    tower[50:60, 50:60] = 250.0
    assert survey(tower, 1.0).known_share == 1.0
    assert ElevationMap.from_array(tower, 1.0).seen.all()
    bay = np.full((120, 120), -5256.0)
    bay[50:60, 50:60] = 0.0
    with pytest.raises(SurveyError, match="nodata=0"):
        survey(bay, 1.0)
    with pytest.raises(ElevationError, match="exactly 0"):
        ElevationMap.from_array(bay, 1.0)


def dem_about(path, function, crs=None, unit=None, **more):
    """Write heights over 0.4 x 0.4 deg about the site."""
    lat = -41.44 - 0.002 * (np.arange(200) + 0.5)
    lon = 205.81 + 0.002 * (np.arange(200) + 0.5)
    z = function(*np.meshgrid(lat, lon, indexing="ij"))
    at = from_origin(205.81, -41.44, 0.002, 0.002)
    return write_raster(path, z, crs or LONLAT, at, unit=unit, dtype="float64", **more)


def sloping(lat, lon):
    return -5256.0 + STEEP * 30323.0 * (lat - SITE[0]) * 0.1


def test_a_dem_to_fly_over_in_kilometres(tmp_path):
    path = dem_about(tmp_path / "km.tif", lambda lat, lon: sloping(lat, lon) / 1000.0)
    with pytest.raises(RasterError, match="--unit km"):
        open_raster(path, SITE)
    assert open_raster(path, SITE, unit="km").sample(*SITE) == pytest.approx(-5256.0, abs=0.5)
    said = dem_about(tmp_path / "u.tif", lambda a, b: sloping(a, b) / 1000.0, unit="KILOMETER")
    assert open_raster(said, SITE).sample(*SITE) == pytest.approx(-5256.0, abs=0.5)


def test_a_dem_to_fly_over_at_another_level(tmp_path):
    path = dem_about(tmp_path / "z.tif", lambda lat, lon: sloping(lat, lon) + 5256.0)
    with pytest.raises(RasterError, match=r"whole-Moon DEM's -52\d\d m"):
        open_raster(path, SITE)


@pytest.mark.parametrize("void", [-9999.0, 0.0])
def test_a_void_in_a_dem_to_fly_over(tmp_path, void):
    def holed(lat, lon):
        return np.where(np.hypot(lat + 41.55, lon - 205.9) < 0.03, void, sloping(lat, lon))

    path = dem_about(tmp_path / "z.tif", holed, nodata=None)
    with pytest.raises(RasterError, match=f"--nodata {void:g}"):
        open_raster(path, SITE)
    raster = open_raster(path, SITE, nodata=void)
    assert np.isnan(raster.sample(-41.55, 205.9))


def test_a_dem_says_what_its_file_does_not():
    from farside.campaign import CampaignError
    from farside.campaign.plan import raster_at

    with pytest.raises(CampaignError, match=r"gdal_edit\.py"):
        raster_at(Dem("z.tif", unit="km"))


def test_paths_that_are_no_raster(tmp_path):
    loop, gone = tmp_path / "loop.tif", tmp_path / "gone.tif"
    loop.symlink_to(tmp_path / "back.tif")
    (tmp_path / "back.tif").symlink_to(loop)
    gone.symlink_to(tmp_path / "nowhere.tif")
    vrt = tmp_path / "self.vrt"
    vrt.write_text(
        '<VRTDataset rasterXSize="20" rasterYSize="20"><SRS>' + LONLAT + "</SRS><GeoTransform>"
        "205.9,0.01,0,-41.5,0,-0.01</GeoTransform><VRTRasterBand dataType='Float32' band='1'>"
        "<SimpleSource><SourceFilename relativeToVRT='1'>self.vrt</SourceFilename><SourceBand>1"
        "</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    for path, says in (
        (tmp_path, "is a folder"), (loop, "leads back to itself"),
        (gone, "not there"), (vrt, "self.vrt"),
    ):  # fmt: skip
        for refuse in (
            lambda place: survey_file(place, tmp_path / "o", QUERY),
            lambda place: open_raster(place, SITE),
        ):
            with pytest.raises((SurveyError, RasterError), match=says) as why:
                refuse(path)
            assert "\n" not in str(why.value)
    text = tmp_path / "z.tif"
    text.write_text("no raster")
    with pytest.raises(RasterError, match="GeoTIFF"):
        survey_file(text, tmp_path / "o", QUERY)


@pytest.mark.parametrize("shape", [(20, 200), (200, 20)])
def test_a_map_smaller_than_the_lander_is_said_at_once(shape):
    with pytest.raises(SurveyError, match="less than the footprint of the lander, 5 m"):
        survey(np.zeros(shape), 0.1)
