"""Rasters about a pole: true scale and each place's own north; PROJ's geodesics are the oracle."""

import math

import numpy as np
import pyproj
import pytest
from rasterio.transform import from_origin
from sample_ground import write_raster

from farside.mission import load_mission
from farside.raster import whole_moon
from farside.raster.read import open_raster
from farside.survey import Query, save, survey_file
from farside.survey.geometry import lunar_geometry
from farside.terrain import HazardLimits, LanderFootprint, assess
from farside.terrain.conditions import Sensing, TouchdownDispersion
from farside.terrain.elevation import ElevationMap
from farside.terrain.probability import (
    blur_probability,
    blur_probability_turned,
    dispersion_in_grid,
)

SOUTH = "+proj=stere +lat_0=-90 +R=1737400 +units=m"
NORTH = "+proj=stere +lat_0=90 +lon_0=45 +R=1737400 +units=m"
GEOD = pyproj.Geod(a=1737400.0, b=1737400.0)
MISSION = load_mission("chang-e-6")


def centred(cells, cell_m, east_m=0.0, north_m=0.0):
    half = 0.5 * cells * cell_m
    return from_origin(east_m - half, north_m + half, cell_m, cell_m)


def measured(crs, x, y, dx, dy):
    """Length [m] and azimuth [deg] of a step on the ground, by geodesics."""
    back = pyproj.Transformer.from_crs(crs, pyproj.CRS(crs).geodetic_crs, always_xy=True)
    lon0, lat0 = back.transform(x - 0.5 * dx, y - 0.5 * dy)
    lon1, lat1 = back.transform(x + 0.5 * dx, y + 0.5 * dy)
    there, _, length = GEOD.inv(lon0, lat0, lon1, lat1)
    return length, there % 360.0


@pytest.mark.slow
@pytest.mark.parametrize("crs", [SOUTH, NORTH])
@pytest.mark.parametrize(("cells", "cell_m"), [(7600, 80.0), (3040, 600.0), (600, 20.0)])
def test_cells_have_their_true_size(crs, cells, cell_m):
    """LDEM_80S at 80 m, one to 60 deg, and one of 12 km about the pole."""
    transform = centred(cells, cell_m)
    geometry = lunar_geometry((cells, cells), pyproj.CRS(crs), transform, "ldem")
    rng = np.random.default_rng(0)
    for row, col in rng.integers(0, cells, (40, 2)):
        band = geometry.band_at(row, col)
        assert band.top <= row < band.bottom and band.left <= col < band.right
        x, y = geometry.place(row, col)
        across, _ = measured(crs, x, y, cell_m, 0.0)
        down, _ = measured(crs, x, y, 0.0, cell_m)
        # bands of 0.5 %, of which a cell is half from the middle
        assert band.across_m == pytest.approx(across, rel=0.004)
        assert band.down_m == pytest.approx(down, rel=0.004)


@pytest.mark.parametrize("crs", [SOUTH, NORTH])
def test_every_cell_has_its_own_north(crs):
    cells, cell_m = 400, 20.0
    geometry = lunar_geometry((cells, cells), pyproj.CRS(crs), centred(cells, cell_m), "pole")
    assert geometry.turning and geometry.mirrored
    turns = geometry.turns(0, cells, 0, cells)
    for row, col in [(0, 0), (199, 204), (204, 199), (195, 195), (399, 10), (200, 350)]:
        x, y = geometry.place(row, col)
        # one that is short beside the distance from the pole
        _, azimuth = measured(crs, x, y, 0.0, 1.0)
        for turn in (float(geometry.turn_at(row, col)), turns[row, col]):
            off = (turn - azimuth + 180.0) % 360.0 - 180.0
            assert abs(off) < 0.5, (row, col)


def test_headings_ninety_metres_from_the_pole(tmp_path):
    """Two bumps on level ground: the lander turns its legs from them, whichever way north is."""
    cells, cell_m = 300, 1.0
    rng = np.random.default_rng(1)
    z = -100.0 + 0.4 * rng.random((cells // 10, cells // 10)).repeat(10, 0).repeat(10, 1)
    path = write_raster(tmp_path / "pole.tif", z, SOUTH, centred(cells, cell_m))
    query = Query.of(MISSION)
    result, _ = survey_file(path, tmp_path / "o", query, unit="m")
    assert result.sites
    for site in result.sites:
        row, col = site.row, site.col
        part = slice(row - 12, row + 13), slice(col - 12, col + 13)
        window = ElevationMap.from_array(z[part][::-1], 1.0)
        found = assess(window, query.lander, query.limits, leg_cells="all")
        grid_deg = 90.0 - float(found.best_heading_deg[12, 12])
        x, y = site.x, site.y
        step = math.cos(math.radians(grid_deg)), math.sin(math.radians(grid_deg))
        _, azimuth = measured(SOUTH, x, y, 0.1 * step[1], 0.1 * step[0])
        # headings are tried every 5 deg or closer, and the one is the other
        assert abs((site.heading_deg - azimuth + 180.0) % 360.0 - 180.0) < 0.5


def test_dispersion_is_east_and_north_of_every_cell(tmp_path):
    """A long ellipse that points east turns once about the pole with its place."""
    rng = np.random.default_rng(2)
    probability = (rng.random((161, 161)) < 0.8).astype(np.float32)
    geometry = lunar_geometry((161, 161), pyproj.CRS(SOUTH), centred(161, 1.0), "pole")
    turns = geometry.turns(0, 161, 0, 161)
    landed = blur_probability_turned(probability, (1.0, 1.0), (6.0, 1.0), turns)
    for row, col in [(40, 80), (80, 40), (50, 50), (110, 60), (95, 130)]:
        ellipse, correlation = dispersion_in_grid((6.0, 1.0), float(turns[row, col]))
        want = blur_probability(probability, (1.0, 1.0), ellipse, correlation)[row, col]
        # between turns 3 deg apart the ellipse is interpolated
        assert landed[row, col] == pytest.approx(want, abs=0.01)
    ellipse = dispersion_in_grid((6.0, 1.0), float(turns[80, 40]))
    one = blur_probability(probability, (1.0, 1.0), *ellipse)
    assert np.abs(landed - one)[30:130, 30:130].max() > 0.1


@pytest.mark.slow
def test_a_raster_of_a_pole_is_mapped(tmp_path, monkeypatch):
    """A cone about the pole slopes alike everywhere, tiled or not."""
    cells, cell_m = 420, 1.0
    y, x = (np.mgrid[:cells, :cells] - 0.5 * (cells - 1)) * cell_m
    z = 0.1 * np.hypot(x, y) + 300.0
    path = write_raster(tmp_path / "pole.tif", z, SOUTH, centred(cells, cell_m), dtype="float64")
    query = Query.of(MISSION, 0.02, (1.0, 0.2))
    whole, _ = survey_file(path, tmp_path / "a", query)
    monkeypatch.setattr(save, "TILE", 104)
    cut, _ = survey_file(path, tmp_path / "b", query)
    # 0.1 is 5.71 deg; the apex is flatter
    assert np.nanmedian(whole.view.slope_deg) == pytest.approx(5.71, abs=0.02)
    assert whole.safe_share == pytest.approx(cut.safe_share, abs=1e-4)
    assert [(s.row, s.col) for s in whole.sites] == [(s.row, s.col) for s in cut.sites]


def test_a_dem_about_the_pole_to_fly_over(tmp_path):
    """Heights 2 km from the pole and beyond it, by latitude and longitude."""
    cells, cell_m = 400, 100.0
    y, x = (np.mgrid[:cells, :cells] - 0.5 * (cells - 1)) * cell_m
    level = float(whole_moon().sample(-89.9, 30.0))
    z = level + 0.02 * x - 0.03 * y  # rows run south
    path = write_raster(tmp_path / "pole.tif", z, SOUTH, centred(cells, cell_m), dtype="float64")
    raster = open_raster(path, (-89.9, 30.0))
    latitude, longitude = (
        np.array([-89.9, -90.0, -89.7, -89.7]),
        np.array([30.0, 0.0, 190.0, -90.0]),
    )
    east, north = pyproj.Transformer.from_crs(
        pyproj.CRS(SOUTH).geodetic_crs, SOUTH, always_xy=True
    ).transform(longitude, latitude)
    # single precision at this level
    want = level + 0.02 * east + 0.03 * north
    assert raster.sample(latitude, longitude) == pytest.approx(want, abs=2e-3)
    assert raster.posting_m(-89.9, 30.0) == pytest.approx(100.0, rel=1e-3)


@pytest.mark.slow
def test_a_wide_polar_raster_has_the_slopes_of_its_ground(tmp_path):
    """At 60 deg a stereographic metre is 0.93 m on the ground, and a slope 7 % steeper."""
    cells, cell_m = 1000, 1900.0
    y, x = (np.mgrid[:cells, :cells] - 0.5 * (cells - 1)) * cell_m
    colatitude = 2.0 * np.arctan(np.hypot(x, y) / (2.0 * 1737400.0))
    z = 0.01 * 1737400.0 * colatitude - 4000.0  # 0.573 deg along every meridian
    path = write_raster(tmp_path / "ldem.tif", z, SOUTH, centred(cells, cell_m), dtype="float64")
    result, _ = survey_file(path, tmp_path / "o", Query.of(MISSION), unit="m")
    slope = result.view.slope_deg[5:-5, 5:-5]
    away = np.hypot(x, y)[5:-5, 5:-5] > 20.0 * cell_m
    assert result.view.step == 1
    # half a band is 0.25 % along the rows, and as much along the columns
    assert slope[away] == pytest.approx(math.degrees(math.atan(0.01)), rel=0.0055)


@pytest.mark.slow
@pytest.mark.parametrize("dispersion_m", [(0.3, 0.3), (2.0, 0.7), (0.0, 1.3), (7.0, 7.0)])
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_probabilities_end_at_one(dispersion_m, correlation):
    """Of ones on which no hazard lies, and of any others: 0 to 1 to the last bit."""
    rng = np.random.default_rng(3)
    for probability in (np.ones((90, 110), np.float32), rng.random((90, 110), np.float32)):
        landed = blur_probability(probability, (0.1, 0.13), dispersion_m, correlation)
        assert landed.min() >= 0.0 and landed.max() <= 1.0
    elevation = ElevationMap.from_array(np.zeros((90, 110)), 0.1)
    found = assess(
        elevation, LanderFootprint.of(MISSION), HazardLimits(8.0, 0.2),
        sensing=Sensing(0.01), dispersion=TouchdownDispersion(*dispersion_m, correlation),
    )  # fmt: skip
    for layer in (found.probability, found.bound, found.stand_probability):
        assert 0.0 <= layer.min() and layer.max() <= 1.0
    assert found.probability.max() > 0.9 or max(dispersion_m) > 1.0
