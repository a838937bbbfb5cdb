"""Bands, pictures, masks, depths, labels beside images: the right value, or one line."""

import math
import re

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin
from sample_ground import STEREO, write_raster
from sample_rasters import QUERY, pds3, plane, steep_and_unsafe

from farside.raster import RasterError
from farside.raster.windows import raster_windows
from farside.survey import SurveyError, survey, survey_file
from farside.terrain import ElevationError, ElevationMap

HERE = from_origin(0.0, 70.0, 1.0, 1.0)


def write_bands(path, bands, dtype="float32", told=(), kinds=(), **more):
    rows, cols = bands[0].shape
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=len(bands), dtype=dtype,
        crs=STEREO, transform=HERE, **more,
    ) as file:  # fmt: skip
        for i, band in enumerate(bands, 1):
            file.write(np.asarray(band).astype(dtype), i)
        if told:
            file.descriptions = told
        if kinds:
            file.colorinterp = kinds
    return path


def rough(level, gradient=0.05):
    return plane(gradient, level=level) + np.random.default_rng(1).normal(0.0, 0.02, (70, 90))


def shade():
    return np.full((70, 90), 180.0) + np.arange(90) // 10


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "rgb"), [("uint8", True), ("uint8", False), ("int8", False)])
def test_a_hillshade_is_no_map_of_heights(tmp_path, dtype, rgb):
    bands = [shade() - (80 if dtype == "int8" else 0)] * (3 if rgb else 1)
    path = write_bands(tmp_path / "h.tif", bands, dtype, **({"photometric": "RGB"} if rgb else {}))
    with pytest.raises(RasterError, match="picture"):
        survey_file(path, tmp_path / "o", QUERY)
    if not rgb:  # said to be metres they are
        result, _ = survey_file(path, tmp_path / "o", QUERY, unit="m")
        assert result.known_share == 1.0


@pytest.mark.parametrize("told", [("hillshade", "elevation"), ("slope", "Height above sphere")])
def test_the_band_that_names_heights_is_read(tmp_path, told):
    path = write_bands(tmp_path / "b.tif", [shade(), plane()], told=told)
    result, _ = survey_file(path, tmp_path / "o", QUERY)
    steep_and_unsafe(result)
    assert f"Band 2 of 2, '{told[1]}'" in result.notes[0]


def test_bands_that_do_not_tell(tmp_path):
    path = write_bands(tmp_path / "a.tif", [plane(), shade()], told=("slope_deg", "roughness_m"))
    with pytest.raises(RasterError, match=r"which of its bands.*1 'slope_deg'.*-b"):
        survey_file(path, tmp_path / "o", QUERY)
    path = write_bands(tmp_path / "b.tif", [plane(), 0.0 * plane()])
    result, _ = survey_file(path, tmp_path / "o", QUERY)
    steep_and_unsafe(result)
    assert "Band 1 of 2 was taken" in result.notes[0]


def test_an_alpha_band_of_floats_is_a_mask(tmp_path):
    """Written by gdalwarp -dstalpha in the type of the heights, where GDAL itself ignores it."""
    z, alpha = plane(), np.full((70, 90), 255.0)
    z[:, :30], alpha[:, :30] = -5240.0, 0.0
    path = write_bands(tmp_path / "a.tif", [z, alpha], kinds=(ColorInterp.gray, ColorInterp.alpha))
    result, _ = survey_file(path, tmp_path / "o", QUERY)
    assert result.known_share == pytest.approx(2 / 3)
    steep_and_unsafe(result)


def down(unit, metres):
    flat = pyproj.CRS(STEREO).to_wkt("WKT1_GDAL")
    unit = f'UNIT["{unit}",{metres}]'
    return f'COMPD_CS["both",{flat},VERT_CS["depth",VERT_DATUM["d",2005],{unit},AXIS["D",DOWN]]]'


@pytest.mark.parametrize(("unit", "metres"), [("metre", 1.0), ("foot", 0.3048)])
def test_depths_become_heights(tmp_path, unit, metres):
    write_raster(tmp_path / "z.tif", -plane(level=-1200.0) / metres, dtype="float64")
    (tmp_path / "z.vrt").write_text(
        f"""<VRTDataset rasterXSize="90" rasterYSize="70"><SRS>{down(unit, metres)}</SRS>
        <GeoTransform>0,1,0,70,0,-1</GeoTransform><VRTRasterBand dataType="Float64" band="1">
        <SimpleSource><SourceFilename relativeToVRT="1">z.tif</SourceFilename>
        <SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"""
    )
    with raster_windows(tmp_path / "z.vrt") as windows:
        assert windows.read(0, 70, 0, 90) == pytest.approx(plane(level=-1200.0), abs=1e-3)


@pytest.mark.slow
def test_an_image_is_read_by_the_label_beside_it(tmp_path):
    stored = plane(level=-1200.0).astype("<f4")
    pds3(tmp_path, stored, "METER", 1.0, 1737400.0)
    steep_and_unsafe(survey_file(tmp_path / "ldem.img", tmp_path / "o", QUERY)[0])
    (tmp_path / "ldem.lbl").unlink()
    with pytest.raises(RasterError, match="not a raster"):
        survey_file(tmp_path / "ldem.img", tmp_path / "o", QUERY)
    path = tmp_path / "e.dat"
    with rasterio.open(
        path, "w", driver="ENVI", width=90, height=70, count=1, dtype="float32", crs=STEREO,
        transform=HERE,
    ) as file:  # fmt: skip
        file.write(plane().astype("f4"), 1)
    for given in (path, tmp_path / "e.hdr"):
        steep_and_unsafe(survey_file(given, tmp_path / "o", QUERY)[0])


def test_no_place_is_told_from_no_crs(tmp_path):
    path, points = tmp_path / "g.tif", [(0, 0, 0, 0), (0, 90, 90, 0), (70, 0, 0, -70)]
    with rasterio.open(
        path, "w", driver="GTiff", width=90, height=70, count=1, dtype="float32", crs=STEREO,
        gcps=[GroundControlPoint(*p) for p in points],
    ) as file:  # fmt: skip
        file.write(plane().astype("f4"), 1)
    with pytest.raises(RasterError, match=r"control points.*gdalwarp"):
        survey_file(path, tmp_path / "o", QUERY)
    path = write_raster(tmp_path / "line.tif", plane()[:1], transform=HERE)
    with pytest.raises(RasterError, match="90 x 1 pixels"):
        survey_file(path, tmp_path / "o", QUERY)


@pytest.mark.slow
@pytest.mark.parametrize("code", [0.0, -1.0])
@pytest.mark.parametrize("way", ["raster", "array"])
def test_a_void_little_below_the_ground(tmp_path, code, way):
    z = rough(12.0)
    z[:30, :30] = code
    path = write_raster(tmp_path / "v.tif", z, transform=HERE, nodata=-3e38)

    def mapped(**more):
        if way == "array":
            return survey(z, 1.0, **more)
        return survey_file(path, tmp_path / "o", QUERY, **more)[0]

    with pytest.raises((RasterError, SurveyError), match=f"900 cells of exactly {code:g}"):
        mapped()
    assert mapped(nodata=code).known_share == pytest.approx(1.0 - 900 / 6300)
    # the way out for ground that is so
    assert mapped(unit="m").known_share == 1.0
    with pytest.raises(ElevationError, match="trusted=True"):
        ElevationMap.from_array(z, 1.0)
    assert ElevationMap.from_array(z, 1.0, trusted=True).seen.all()


def test_the_cells_of_a_void_are_counted_among_those_looked_at(tmp_path):
    """10 400 zeros: the first patch with some of them has 567, which is not their number."""
    z = np.tile(rough(40.0), (5, 4))
    z[20:124, 31:131] = 0.0
    path = write_raster(tmp_path / "v.tif", z, transform=HERE, nodata=-3e38)
    with pytest.raises(RasterError) as refused:
        survey_file(path, tmp_path / "o", QUERY)
    found, looked = re.search(
        r"(\d+) cells of exactly 0 among the (\d+)", str(refused.value)
    ).groups()
    assert 0 < int(found) < int(looked) <= 64 * 64 < 10_400
    with pytest.raises(
        ElevationError, match=r"10400 cells of exactly 0 among the 126000 looked at"
    ):
        ElevationMap.from_array(z, 1.0)


def test_a_level_pad_and_boxes_on_a_plain_are_ground():
    z = rough(3.0, gradient=0.0)
    z[20:40, 20:40] = z[20:40, 20:40] * 0.0 + 1.0  # a pad, 2 m below
    assert survey(z, 1.0).known_share == 1.0
    boxes = np.zeros((70, 90))
    for i, side in enumerate((3, 5, 8)):
        boxes[20 * i + 4 : 20 * i + 4 + side, 10 : 10 + side] = 6.0 + i
    assert survey(boxes, 1.0).known_share == 1.0


@pytest.mark.parametrize(("scale", "code"), [(0.5, -9999), (0.25, -32768)])
def test_one_cell_of_a_code_under_a_scale(tmp_path, scale, code):
    """-9999 x 0.5 is a height that the Moon has."""
    stored = np.round(plane() / scale)
    stored[5, 5] = code
    path = tmp_path / "s.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=90, height=70, count=1, dtype="int32", crs=STEREO,
        transform=HERE,
    ) as file:  # fmt: skip
        file.write(stored.astype("i4"), 1)
        file.scales = (scale,)
    with pytest.raises(RasterError, match=f"exactly {code}.*--nodata {code}"):
        survey_file(path, tmp_path / "o", QUERY)
    found, _ = survey_file(path, tmp_path / "o", QUERY, nodata=code)
    assert found.known_share == pytest.approx(1.0 - 1 / 6300)


@pytest.mark.parametrize(("dtype", "unit", "step"), [("int16", "m", 1.0), ("float32", "km", 0.122)])
def test_coarse_steps_of_heights_are_said(tmp_path, dtype, unit, step):
    z = plane(0.02, level=-1000.0)
    z = np.round(z) if unit == "m" else (z + 1737400.0) / 1000.0
    path = write_raster(
        tmp_path / "z.tif", z, transform=HERE, dtype=dtype, nodata=-32000, unit=unit
    )
    notes = " ".join(survey_file(path, tmp_path / "o", QUERY)[0].notes)
    assert f"in steps of {step:.3g} m" in notes
    assert f"{math.degrees(math.atan(step)):.2g} deg" in notes
