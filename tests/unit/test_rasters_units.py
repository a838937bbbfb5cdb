"""Units of rasters as agencies and tools write them: heights in metres, or one clear line.

The plane of 16.7 deg (a gradient of 0.3) is beyond every lander's slope limit: 0 % of it is safe.
"""

import json
import math

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import from_origin
from sample_ground import LONLAT, STEREO, ground, write_raster
from sample_rasters import QUERY, STEEP, pds3, plane, steep_and_unsafe

from farside.cli.main import main
from farside.raster import RasterError, whole_moon
from farside.raster.windows import raster_windows
from farside.survey import SurveyError, survey, survey_file


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "scale", "offset", "metres"),
    [
        ("KILOMETER", 1.0, 1737.4, 1000.0),  # SLDEM2015, LOLA FLOAT_IMG
        ("KM", 0.001, 1737.4, 1.0),
        ("METER", 1.0, 1737400.0, 1.0),
        ("KILOMETER", 1.0, 0.0, 1000.0),  # heights, not radii
    ],
)
def test_the_label_of_pds3_is_honoured(tmp_path, unit, scale, offset, metres):
    stored = (plane(level=-1200.0) / (metres if scale == 1.0 else 1.0)).astype("<f4")
    result, _ = survey_file(pds3(tmp_path, stored, unit, scale, offset), tmp_path / "o", QUERY)
    steep_and_unsafe(result)
    assert np.nanmedian(result.view.heights) == pytest.approx(-1200.0 + STEEP * 34.5, abs=0.2)


def test_a_unit_of_pds3_that_is_none_is_named(tmp_path):
    path = pds3(tmp_path, plane(level=0.0).astype("<f4"), "PARSEC", 1.0, 0.0)
    with pytest.raises(RasterError, match=r"PARSEC.*--unit"):
        survey_file(path, tmp_path / "o", QUERY)


@pytest.mark.parametrize("unit", ["km", "cm"])
def test_the_unit_of_pds4_is_honoured(tmp_path, unit):
    metres = {"km": 1000.0, "cm": 0.01}[unit]
    path, z = tmp_path / "dem.xml", (plane(level=-1200.0) / metres).astype("f4")
    with rasterio.open(
        path, "w", driver="PDS4", width=90, height=70, count=1, dtype="float32",
        crs="+proj=stere +lat_0=-90 +R=1737400 +units=m", nodata=-3e38,
        transform=from_origin(0.0, 70.0, 1.0, 1.0),
    ) as file:  # fmt: skip
        file.write(z, 1)
        file.units = (unit,)
    steep_and_unsafe(survey_file(path, tmp_path / "o", QUERY)[0])


@pytest.mark.parametrize(
    ("unit", "metres"),
    [
        ("km", 1000.0), ("US survey foot", 1200.0 / 3937.0), ("Foot_US", 1200.0 / 3937.0),
        ("ft", 0.3048), ("International foot", 0.3048), ("cm", 0.01), ("dm", 0.1),
        ("mm", 0.001), ("METERS", 1.0),
    ],
)  # fmt: skip
def test_the_unit_of_a_band(tmp_path, unit, metres):
    z = plane() / metres
    path = write_raster(
        tmp_path / "z.tif", z, unit=unit, dtype="float64", nodata=-3e38,
        transform=from_origin(0.0, 70.0, 1.0, 1.0),
    )  # fmt: skip
    with raster_windows(path) as windows:
        # a survey foot differs by 2e-6: 1 cm at this level
        assert windows.read(0, 70, 0, 90) == pytest.approx(plane(), abs=1e-3)


def compound(unit, metres, code):
    flat = pyproj.CRS(STEREO).to_wkt("WKT1_GDAL")
    unit = f'UNIT["{unit}",{metres},AUTHORITY["EPSG","{code}"]]'
    return f'COMPD_CS["both",{flat},VERT_CS["up",VERT_DATUM["up",2005],{unit},AXIS["Up",UP]]]'


@pytest.mark.parametrize(
    ("unit", "metres", "code"),
    [
        ("foot", 0.3048, 9002),
        ("US survey foot", 1200.0 / 3937.0, 9003),
        ("kilometre", 1000.0, 9036),
    ],
)
def test_the_unit_of_a_vertical_crs(tmp_path, unit, metres, code):
    crs, at = compound(unit, metres, code), from_origin(0.0, 70.0, 1.0, 1.0)
    path = write_raster(tmp_path / "z.tif", plane() / metres, crs, at, dtype="float64")
    with raster_windows(path) as windows:
        assert windows.read(0, 70, 0, 90) == pytest.approx(plane(), abs=1e-3)


def test_two_units_that_disagree_are_both_named(tmp_path):
    crs, at = compound("foot", 0.3048, 9002), from_origin(0.0, 70.0, 1.0, 1.0)
    path = write_raster(tmp_path / "z.tif", plane() / 1000.0, crs, at, dtype="float64", unit="km")
    with pytest.raises(RasterError, match=r"in km .* 0\.3048 m; .*--unit"):
        survey_file(path, tmp_path / "o", QUERY)


def test_the_label_beside_a_jpeg_2000(tmp_path):
    """LOLA's JP2 files hold half metres, and only the label says so."""
    stored = np.round(plane(level=-1200.0) / 0.5).astype(np.int16)
    path = tmp_path / "ldem.jp2"
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", width=90, height=70, count=1, dtype="int16",
        crs="+proj=stere +lat_0=-90 +R=1737400", transform=from_origin(1000.0, 70.0, 1.0, 1.0),
        QUALITY="100", REVERSIBLE="YES",
    ) as file:  # fmt: skip
        file.write(stored, 1)
    (tmp_path / "ldem.LBL").write_text(
        "PDS_VERSION_ID = PDS3\nOBJECT = IMAGE\n  UNIT = METER\n  SCALING_FACTOR = 0.5\n"
        "  OFFSET = 1737400.\nEND_OBJECT = IMAGE\nEND\n"
    )
    with raster_windows(path) as windows:
        # stored to half a metre
        assert windows.read(0, 70, 0, 90) == pytest.approx(plane(level=-1200.0), abs=0.26)


@pytest.mark.slow
def test_a_band_in_no_length_is_named_and_may_be_overruled(tmp_path):
    at = from_origin(0.0, 70.0, 1.0, 1.0)
    path = write_raster(tmp_path / "z.tif", plane(), unit="DN", transform=at)
    with pytest.raises(RasterError, match=r"'DN'.*--unit"):
        survey_file(path, tmp_path / "o", QUERY)
    steep_and_unsafe(survey_file(path, tmp_path / "o", QUERY, unit="m")[0])


@pytest.mark.slow
@pytest.mark.parametrize("level", [-5256.0, 0.0, 1735.0, 1737400.0 - 1200.0])
def test_kilometres_that_nobody_declared_are_refused(tmp_path, level, capsys):
    z, at = plane(level=level) / 1000.0, from_origin(0.0, 70.0, 1.0, 1.0)
    path = write_raster(tmp_path / "z.tif", z, transform=at, dtype="float64")
    assert main(["hazards", str(path), "--out", str(tmp_path / "o")]) == 2
    said = capsys.readouterr().err
    assert "look like" in said and "km" in said and "1000" in said and "--unit km" in said
    assert main(["hazards", str(path), "--out", str(tmp_path / "o"), "--unit", "km"]) == 0
    facts = json.loads((tmp_path / "o" / "sites.json").read_text())
    assert facts["share"]["safe"] == 0.0 and facts["sites"] == []


@pytest.mark.parametrize(("cell_m", "rocks"), [(0.25, 40), (0.5, 80)])
def test_rocks_do_not_hide_kilometres(cell_m, rocks):
    """A wall of 0.4 m over a cell of 0.25 m is 0.09 deg in kilometres, and no ground's usual."""
    rng = np.random.default_rng(rocks)
    i, j = np.mgrid[:200, :200]
    z = 0.3 * np.sin(i / 17.0) + 0.2 * np.cos(j / 23.0) + rng.normal(0.0, 0.01, (200, 200))
    for a, b in rng.integers(5, 195, (rocks, 2)):
        z[a - 2 : a + 3, b - 2 : b + 3] += 0.4
    with pytest.raises(SurveyError, match=r"look like km, a factor of 1000.*unit='km'"):
        survey((z + 1200.0) / 1000.0, cell_m)
    assert survey((z + 1200.0) / 1000.0, cell_m, unit="km").safe_share < 0.9
    assert survey(z + 1200.0, cell_m).safe_share < 0.9


def test_the_same_in_arrays_and_files_of_them(tmp_path):
    z = plane() / 1000.0
    with pytest.raises(SurveyError, match=r"look like km, a factor of 1000.*unit='km'"):
        survey(z, 1.0)
    steep_and_unsafe(survey(z, 1.0, unit="km"))
    np.save(tmp_path / "z.npy", z)
    with pytest.raises(SurveyError, match=r"look like km.*--unit km"):
        survey_file(tmp_path / "z.npy", tmp_path / "o", QUERY, cell_m=1.0)
    result, _ = survey_file(tmp_path / "z.npy", tmp_path / "o", QUERY, cell_m=1.0, unit="km")
    steep_and_unsafe(result)


@pytest.mark.parametrize(
    "z",
    [
        np.zeros((80, 80)),
        np.full((80, 80), -5256.0),
        plane(0.002),
        -5256.0 + 0.003 * np.random.default_rng(0).standard_normal((80, 80)),
        np.random.default_rng(1).integers(0, 2, (80, 80)) * 0.01 + 100.0,
    ],
    ids=["level", "level far down", "0.1 deg", "3 mm of noise", "steps of 1 cm"],
)
def test_a_flat_patch_in_metres_is_no_map_in_kilometres(z):
    assert survey(z, 1.0).safe_share > 0.5


def test_centimetres_are_told_by_their_slopes():
    z = 100.0 * ground(90, 100, cell_m=1.0, level=0.0, rocks=0) * 20.0
    with pytest.raises(SurveyError, match=r"steeper than any ground.*unit='(cm|mm)'"):
        survey(z, 1.0)


def whole_moon_raster(path, west, north, convert):
    """Write the whole-Moon DEM's heights over 6 x 6 deg, in a unit that is not said."""
    lat, lon = (x + 0.02 * (np.arange(300) + 0.5) for x in (north - 6.0, west))
    z = whole_moon().sample(*np.meshgrid(lat[::-1], lon, indexing="ij"))
    return write_raster(path, convert(z), LONLAT, from_origin(west, north, 0.02, 0.02))


@pytest.mark.parametrize(
    ("convert", "says"),
    [
        (lambda z: z / 1000.0, "--unit km"),
        (lambda z: z / 2.0, "a scale of 2 is missing"),  # LOLA's SCALING_FACTOR of 0.5 twice
        (lambda z: 2.0 * z, "a scale of 0.5 is missing"),  # LOLA's stored numbers as they are
        (lambda z: (z - z.mean()) / 0.3048, "look like ft"),
    ],
)
def test_wide_rasters_are_compared_with_the_moon(tmp_path, convert, says):
    # highlands of +-2 km, whose doubles and feet are within the Moon's limits
    path = whole_moon_raster(tmp_path / "z.tif", 20.0, -20.0, convert)
    with pytest.raises(RasterError, match=says), raster_windows(path):
        pass


@pytest.mark.parametrize("convert", [lambda z: z, lambda z: z - z.mean(), lambda z: 1.1 * z + 9.0])
def test_wide_rasters_in_metres_pass(tmp_path, convert):
    with raster_windows(whole_moon_raster(tmp_path / "z.tif", 20.0, -20.0, convert)) as windows:
        assert windows.shape == (300, 300)


@pytest.mark.parametrize(
    ("crs", "side"),
    [
        ("+proj=stere +lat_0=-41.6385 +lon_0=206.0148 +R=1737400 +units=km", 0.001),
        ("+proj=stere +lat_0=-41.6385 +lon_0=206.0148 +R=1737400 +units=us-ft", 3937.0 / 1200.0),
        ("+proj=stere +lat_0=-41.6385 +lon_0=206.0148 +R=1737400 +to_meter=0.3048", 1.0 / 0.3048),
    ],
    ids=["km", "US survey feet", "feet"],
)
def test_the_linear_unit_of_a_crs(tmp_path, crs, side):
    path = write_raster(
        tmp_path / "z.tif", plane(), crs, from_origin(0.0, 70 * side, side, side), dtype="float64"
    )
    result, _ = survey_file(path, tmp_path / "o", QUERY)
    steep_and_unsafe(result)
    assert result.geometry.coarsest_m == pytest.approx(1.0, rel=1e-6)


def geographic(unit="degree", radians=math.pi / 180.0, meridian=0.0):
    return (
        'GEOGCS["Moon",DATUM["Moon",SPHEROID["Moon",1737400,0]],'
        f'PRIMEM["Reference",{meridian}],UNIT["{unit}",{radians:.15g}]]'
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("crs", "per_deg", "shift_deg"),
    [
        (geographic("grad", math.pi / 200.0), 10.0 / 9.0, 0.0),
        (geographic("radian", 1.0), math.pi / 180.0, 0.0),
        (geographic(meridian=20.0), 1.0, 20.0),
        (geographic(meridian=-90.0), 1.0, -90.0),
    ],
    ids=["grad", "radian", "meridian of 20 deg", "meridian of -90 deg"],
)
def test_angular_units_and_prime_meridians(tmp_path, crs, per_deg, shift_deg):
    west, north, step = 20.0, 10.0, 1.0 / 30323.0
    at = from_origin((west - shift_deg) * per_deg, north * per_deg, step * per_deg, step * per_deg)
    path = write_raster(tmp_path / "z.tif", plane(0.02, level=-500.0), crs, at)
    result, _ = survey_file(path, tmp_path / "o", QUERY)
    place = result.geometry.longitude_latitude(0, 0)
    # half a cell of 1 m is 2e-5 deg
    assert place == pytest.approx((20.0, 10.0), abs=3e-5)
    band = result.geometry.middle
    assert band.down_m == pytest.approx(1.0, rel=1e-3)
    assert band.across_m == pytest.approx(math.cos(math.radians(10.0)), rel=1e-3)


@pytest.mark.parametrize(
    ("crs", "says"),
    [
        ("+proj=geocent +R=1737400 +units=m +no_defs", "geocentric"),
        (
            'GEOGCRS["Moon",DATUM["Moon",ELLIPSOID["Moon",1737400,0]],CS[ellipsoidal,2],'
            'AXIS["latitude",north],AXIS["longitude",west],ANGLEUNIT["degree",0.01745329252]]',
            "westwards",
        ),
        ("+proj=ob_tran +o_proj=longlat +o_lat_p=40 +lon_0=0 +R=1737400", "poles are not"),
    ],
    ids=["geocentric", "west", "rotated pole"],
)
def test_coordinates_that_are_no_map_are_refused_by_name(crs, says):
    from farside.raster.projection import LunarProjection

    with pytest.raises(RasterError, match=says) as refused:
        LunarProjection(pyproj.CRS(crs), "z.tif")
    assert "\n" not in str(refused.value)
