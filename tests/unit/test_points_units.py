"""Points in any unit and any lunar CRS come out in metres, or are refused by name."""

import numpy as np
import pytest
from sample_points import (
    LEVEL_M,
    TILT_DEG,
    degrees_of,
    geocentric_of,
    plane,
    write_las,
    write_text,
)

from farside.raster import RasterError
from farside.survey import SurveyError, survey
from farside.survey.sources import array_source, open_source
from farside.terrain import ElevationError, ElevationMap

STEREO = "+proj=stere +lat_0=-41.6385 +lon_0=206.0148 +R=1737400 +units={}"
US_FOOT_M = 1200.0 / 3937.0
ANGLES = {"degree": 0.0174532925199433, "grad": 0.015707963267949, "radian": 1.0}


def geographic(unit="degree", meridian=0.0):
    """Write a geographic CRS of the Moon: its angular unit, its prime meridian [deg]."""
    factor = ANGLES[unit]
    return (
        'GEOGCRS["Moon",DATUM["Moon",ELLIPSOID["Moon",1737400,0,LENGTHUNIT["metre",1]]],'
        f'PRIMEM["there",{meridian},ANGLEUNIT["degree",{ANGLES["degree"]}]],CS[ellipsoidal,2],'
        f'AXIS["longitude",east],AXIS["latitude",north],ANGLEUNIT["{unit}",{factor}]]'
    )


def compound(unit, factor, direction="up"):
    """Write a compound CRS: metres across, and a vertical axis."""
    import pyproj

    flat = pyproj.CRS(STEREO.format("m")).to_wkt()
    name = "depth (D)" if direction == "down" else "gravity-related height (H)"
    return (
        f'COMPOUNDCRS["both",{flat},VERTCRS["up",VDATUM["sphere"],CS[vertical,1],'
        f'AXIS["{name}",{direction}],LENGTHUNIT["{unit}",{factor}]]]'
    )


@pytest.fixture(scope="module")
def cloud():
    return plane()


def fitted(source):
    """Fit a plane to what was gridded: its tilt [deg], its lowest height [m]."""
    rows, cols = source.geometry.shape
    z = source.read(0, rows, 0, cols)
    row, col = np.nonzero(np.isfinite(z))
    cell_m = source.geometry.middle.across_m
    held = np.column_stack([col * cell_m, row * cell_m, np.ones(len(row))])
    (a, b, c), *_ = np.linalg.lstsq(held, z[row, col].astype(np.float64), rcond=None)
    return float(np.degrees(np.arctan(np.hypot(a, b)))), float(c)


CRS = {
    "metres": (1.0, 1.0, STEREO.format("m"), ""),
    "kilometres": (1e3, 1e3, STEREO.format("km"), "kilometre"),
    "feet": (0.3048, 0.3048, STEREO.format("ft"), "foot"),
    "US survey feet": (US_FOOT_M, US_FOOT_M, STEREO.format("us-ft"), "US survey foot"),
    "height in km": (1.0, 1e3, compound("kilometre", 1000), "z of 1000 m"),
    "height in feet": (1.0, 0.3048, compound("foot", 0.3048), "z of 0.3048 m"),
    "depth": (1.0, -1.0, compound("metre", 1, "down"), "z of -1 m"),
    "local feet": (0.3048, 0.3048, 'LOCAL_CS["site",UNIT["foot",0.3048]]', "foot"),
}


@pytest.mark.parametrize("case", CRS)
def test_lengths_of_las_are_converted(tmp_path, cloud, case):
    across, up, crs, said = CRS[case]
    stored = cloud / (across, across, up)
    scales = (1e-4 / across, 1e-4 / across, 1e-4 / abs(up))
    with open_source(write_las(tmp_path / "a.las", stored, crs, scales), 0.2) as source:
        tilt_deg, level = fitted(source)
        note = " ".join(source.notes)
    # the rim of the grid weighs its points to one side: 0.02 deg; a height is stored to 0.1 mm
    assert tilt_deg == pytest.approx(TILT_DEG, abs=0.03)
    assert level == pytest.approx(LEVEL_M, abs=0.02)
    assert said in note


@pytest.mark.parametrize(
    ("unit", "meridian"), [("degree", 0.0), ("grad", 0.0), ("radian", 0.0), ("degree", 17.0)]
)
def test_angles_of_las_are_projected(tmp_path, cloud, unit, meridian):
    place = degrees_of(cloud, 117.0, -45.0) - (meridian, 0.0, 0.0)
    factor = np.degrees(ANGLES[unit])
    place[:, :2] /= factor
    scales = (1e-9 / factor, 1e-9 / factor, 1e-4)
    path = write_las(tmp_path / "a.las", place, geographic(unit, meridian), scales)
    with open_source(path, 0.2) as source:
        tilt_deg, level = fitted(source)
        corner = source.geometry.longitude_latitude(0, 0)
    assert tilt_deg == pytest.approx(TILT_DEG, abs=0.03) and level == pytest.approx(
        LEVEL_M, abs=0.02
    )
    # half a cell, 0.1 m, is 5e-6 deg of longitude
    assert corner == pytest.approx((117.0, -45.0), abs=1e-5)
    assert "longitudes and latitudes were projected" in source.notes[-1]


@pytest.mark.parametrize(("unit", "metres"), [("m", 1.0), ("km", 1000.0)])
@pytest.mark.parametrize("latitude", [-45.0, 0.02, -89.99])
def test_geocentric_las_is_projected(tmp_path, cloud, unit, metres, latitude):
    xyz = geocentric_of(cloud, 117.0, latitude) / metres
    crs = f"+proj=geocent +R=1737400 +units={unit}"
    with open_source(write_las(tmp_path / "a.las", xyz, crs, 1e-5 / metres), 0.2) as source:
        tilt_deg, level = fitted(source)
        corner = source.geometry.longitude_latitude(0, 0)
    # up to the pole's convergence (at 89.99 deg: 300 m away) the plane is the same
    assert tilt_deg == pytest.approx(TILT_DEG, abs=0.06)
    assert level == pytest.approx(LEVEL_M, abs=0.5)
    assert corner[1] == pytest.approx(latitude, abs=1e-4)


@pytest.mark.parametrize("metres", [1.0, 1000.0])
@pytest.mark.parametrize("latitude", [-45.0, 0.02])
def test_geocentric_points_without_a_crs_are_refused(tmp_path, cloud, metres, latitude):
    xyz = geocentric_of(cloud, 117.0, latitude) / metres
    with pytest.raises(SurveyError, match="geocentric x, y, z of the Moon"):
        array_source(xyz, 0.2)
    write_text(tmp_path / "a.xyz", xyz, digits=7)
    with pytest.raises(SurveyError, match="geocentric"), open_source(tmp_path / "a.xyz", 0.2):
        pass


@pytest.mark.parametrize("east", [1737400.0, 1737.4e3 / np.sqrt(2)])
def test_map_coordinates_as_far_from_their_origin_are_no_geocentric_ones(cloud, east):
    north = np.sqrt(1737400.0**2 - east**2)
    source = array_source(cloud + np.array([east, north, 0.0]), 0.2)
    assert fitted(source)[0] == pytest.approx(TILT_DEG, abs=0.03)


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ("EPSG:32633", "another body"),
        ("EPSG:4326", "another body"),
        ("EPSG:4978", "another body"),
        ("+proj=stere +R=3396190", "another body"),
        ("+proj=ob_tran +o_proj=longlat +o_lat_p=40 +lon_0=3 +R=1737400", "poles"),
    ],
)
def test_other_bodies_and_poles(tmp_path, cloud, crs, words):
    path = write_las(tmp_path / "a.las", cloud[:500], crs)
    with pytest.raises((SurveyError, RasterError), match=words), open_source(path, 0.2):
        pass


def test_degrees_that_cannot_be(tmp_path, cloud):
    for shift, words in (((0.0, 170.0, 0.0), "latitude"), ((0.0, 0.0, 0.0), "degrees span")):
        north = cloud[:200] + np.array([0.0, 12.0, 0.0])
        stored = np.vstack([cloud[:200], north]) + np.array(shift)
        path = write_las(tmp_path / "a.las", stored, geographic(), 1e-4)
        with pytest.raises(SurveyError, match=words), open_source(path, 0.2):
            pass


@pytest.mark.parametrize("keys", [((1024, 1), (3072, 32767)), ((3076, 9036),), ((4099, 9002),)])
def test_geotiff_keys_that_say_what_cannot_be_followed(tmp_path, cloud, keys):
    laspy = pytest.importorskip("laspy")
    known = pytest.importorskip("laspy.vlrs.known")
    record = known.GeoKeyDirectoryVlr()
    record.geo_keys = []
    for key, value in keys:
        entry = known.GeoKeyEntryStruct()
        entry.id, entry.tiff_tag_location, entry.count, entry.value_offset = key, 0, 1, value
        record.geo_keys.append(entry)
    record.geo_keys_header.number_of_keys = len(keys)
    header = laspy.LasHeader(point_format=3, version="1.2")
    header.scales, header.offsets = (1e-4,) * 3, cloud.min(axis=0)
    header.vlrs.append(record)
    held = laspy.LasData(header)
    held.x, held.y, held.z = cloud.T
    held.write(tmp_path / "a.las")
    with (
        pytest.raises(SurveyError, match="GeoTIFF keys name"),
        open_source(tmp_path / "a.las", 0.2),
    ):
        pass


@pytest.mark.parametrize(
    ("void", "count", "words"),
    [
        (-9999.0, 1, "--nodata -9999"),
        (-9999.0, 900, "--nodata -9999"),
        (-32768.0, 1, "--nodata -32768"),
        (-3.4e38, 5, "--nodata -3.4"),
        (1e20, 1, r"--nodata 1e\+20"),
        (9999.0, 2, "--nodata 9999"),
        (0.0, 40, "--nodata 0"),
        (-123.25, 40, "--nodata -123.25"),
    ],
)
def test_undeclared_voids_among_points(tmp_path, cloud, void, count, words):
    spoilt = cloud.copy()
    spoilt[1000 : 1000 + count, 2] = void
    np.save(tmp_path / "a.npy", spoilt)
    with pytest.raises(SurveyError, match=words), open_source(tmp_path / "a.npy", 0.2):
        pass
    # declared, they are holes, and the rest is what it was
    with open_source(tmp_path / "a.npy", 0.2, nodata=void) as source:
        assert f"{count} of 6400 points have the height" in " ".join(source.notes)
        assert fitted(source)[0] == pytest.approx(TILT_DEG, abs=0.03)


def test_ground_at_zero_and_a_mast_are_no_voids(cloud):
    level = cloud - (0.0, 0.0, LEVEL_M)
    level[level[:, 2] < 0.1, 2] = 0.0
    assert array_source(level, 0.2).spacing_m > 0.0
    mast = cloud.copy()
    mast[777, 2] += 40.0  # one point: what is there is a hazard
    assert array_source(mast, 0.2).spacing_m > 0.0


@pytest.mark.parametrize(
    ("height", "words"),
    [(-17_244.0, "feet"), (1_732_144.0, "radius"), (11_500.0, "10.8 km")],
)
def test_heights_that_the_moon_has_not(cloud, height, words):
    with pytest.raises(SurveyError, match=words):
        array_source(cloud - (0.0, 0.0, LEVEL_M - height), 0.2)


@pytest.mark.parametrize(("unit", "metres"), [("km", 1000.0), ("US survey foot", US_FOOT_M)])
def test_the_unit_of_heights_can_be_given(cloud, unit, metres):
    source = array_source(cloud / (1.0, 1.0, metres), 0.2, unit=unit)
    assert fitted(source)[0] == pytest.approx(TILT_DEG, abs=0.03)


def test_heights_in_km_beside_places_in_metres_are_refused(cloud):
    with pytest.raises(SurveyError, match="unit='km'"):
        array_source(cloud / (1.0, 1.0, 1000.0), 0.2)


@pytest.mark.parametrize("factor", [1e-3, 1.0 / 30323.0])
def test_a_cloud_smaller_than_the_lander(cloud, factor):
    # kilometres or degrees taken as metres are a cloud of a few millimetres
    with pytest.raises(SurveyError, match=r"footprint of the lander, 5 m.*km or degrees"):
        survey(cloud * (factor, factor, 1.0), 0.2)


SHAPES = {
    "an intensity": (lambda c: np.column_stack([c, c[:, 0]]), r"array\[:, :3\]"),
    "colours": (lambda c: np.column_stack([c, c]), r"array\[:, :3\]"),
    "transposed": (lambda c: c.T, r"array\.T"),
    "transposed with intensity": (lambda c: np.column_stack([c, c[:, 0]]).T, r"array\[:3\]\.T"),
    "places alone": (lambda c: c[:, :2], "three numbers"),
    "records without heights": (
        lambda c: np.zeros(len(c), [("x", "f8"), ("y", "f8")]),
        "without x, y, z",
    ),
    "single precision far away": (
        lambda c: (c + np.array([2e6, 0.0, 0.0])).astype(np.float32),
        r"stored to 0\.125 m",
    ),
    "half precision": (lambda c: c.astype(np.float16), "heights are stored to 4 m"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_arrays_that_may_be_points_or_maps(tmp_path, cloud, case):
    spoil, words = SHAPES[case]
    with pytest.raises(SurveyError, match=words) as refused:
        survey(spoil(cloud), 0.2)
    assert "\n" not in str(refused.value)
    np.save(tmp_path / "a.npy", spoil(cloud))
    with pytest.raises(SurveyError, match=words), open_source(tmp_path / "a.npy", 0.2):
        pass


def test_arrays_that_are_points(cloud):
    records = np.zeros(len(cloud), [("y", "f8"), ("x", "f8"), ("intensity", "u2"), ("z", "f8")])
    records["x"], records["y"], records["z"] = cloud.T
    missing = cloud.copy()
    missing[::9] = np.nan
    masked = np.ma.masked_array(cloud + 0.0, np.zeros(cloud.shape, bool))
    masked[::9] = np.ma.masked
    whole = np.round((cloud - (0.0, 0.0, LEVEL_M)) * 50.0).astype(np.int32)
    for held, cell_m, tilt in (
        (cloud, 0.2, TILT_DEG),
        (records, 0.2, TILT_DEG),
        (np.asfortranarray(cloud), 0.2, TILT_DEG),
        (cloud.astype(np.float32), 0.2, TILT_DEG),
        (missing, 0.2, TILT_DEG),
        (masked, 0.2, TILT_DEG),
        (whole, 10.0, TILT_DEG),
    ):
        source = array_source(held, cell_m)
        assert source.spacing_m > 0.0
        assert fitted(source)[0] == pytest.approx(tilt, abs=0.06)
    assert "whole numbers" in array_source(whole, 10.0).notes[0]
    assert "712 of 6400 points are not finite" in array_source(masked, 0.2).notes[0]


@pytest.mark.parametrize("turn", [False, True])
@pytest.mark.parametrize("columns", [3, 4])
def test_points_are_no_map_for_the_flight_side_either(cloud, turn, columns):
    held = np.column_stack([cloud, cloud[:, 0]])[:, :columns]
    with pytest.raises(ElevationError, match="look like points"):
        ElevationMap.from_array(held.T if turn else held, 0.2)


def test_points_for_the_flight_side(cloud):
    with pytest.raises(ElevationError, match=r"array\.T"):
        ElevationMap.from_points(cloud.T, 0.2)
    with pytest.raises(ElevationError, match="records of x, y, z"):
        ElevationMap.from_points(np.zeros(9, [("x", "f8"), ("y", "f8"), ("z", "f8")]), 0.2)
    with pytest.raises(ElevationError, match=r"stored to 0\.125 m"):
        ElevationMap.from_points((cloud + np.array([2e6, 0.0, 0.0])).astype(np.float32), 0.2)
    masked = np.ma.masked_array(cloud.copy(), np.zeros(cloud.shape, bool))
    masked[100] = np.ma.masked
    masked.data[100, 2] = 4000.0
    assert np.nanmax(ElevationMap.from_points(masked, 0.2).heights) < 0.0


@pytest.mark.parametrize(("told", "unit"), [("km", None), ("ft", "km"), (None, "km")])
def test_a_unit_that_is_given_overrules_a_header(tmp_path, cloud, told, unit):
    stored = cloud / (1.0, 1.0, 1000.0)
    stored[50:70, 2] = -9999.0
    header = f"x,y,z [{told}]\n" if told else "x,y,z\n"
    path = write_text(tmp_path / "a.csv", stored, header, ",", digits=8)
    with open_source(path, 0.2, unit, -9999.0) as source:
        assert fitted(source)[0] == pytest.approx(TILT_DEG, abs=0.03)
        assert any("20 of 6400 points have the height -9999" in note for note in source.notes)
