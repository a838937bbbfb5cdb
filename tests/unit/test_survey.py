"""Surveys: the same answer however the data comes and however it is cut."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import from_origin
from rich.console import Console
from sample_ground import LONLAT, STEREO, ground, write_raster
from scipy.ndimage import distance_transform_edt

from farside.cli.tables import print_survey
from farside.mission import load_mission
from farside.raster.projection import apply
from farside.report.reasons import percent
from farside.survey import Query, SurveyError, picture, save, survey, survey_file
from farside.survey.clearance import Unsafe, clearances
from farside.survey.geometry import Band, Geometry
from farside.survey.layers import BANDS, ArrayLayers
from farside.survey.sources import array_source
from farside.survey.surveying import run
from farside.terrain import ElevationMap, LanderFootprint, Reason, map_hazards

MISSION = load_mission("chang-e-6")
QUERY = Query.of(MISSION, 0.01, (0.15, 0.1))


@pytest.fixture(scope="module")
def heights():
    return ground(210, 260)


@pytest.fixture(scope="module")
def found(heights):
    return survey(heights, 0.1, MISSION, sigma_m=0.01, dispersion_m=(0.15, 0.1))


def read(path, name):
    with rasterio.open(path) as file:
        return file.read(list(BANDS).index(name) + 1)


def test_the_disc_is_that_of_the_flight_side(heights, found):
    # roughness and slope of the flight's own hazard map, whose oracle is a brute force
    hazard = QUERY.limits
    flown = map_hazards(ElevationMap.from_array(heights, 0.1), hazard, 5.0, 0.0)
    assert np.array_equal(found.slope_deg, flown.slope_deg, equal_nan=True)
    assert np.array_equal(found.roughness_m, flown.roughness_m, equal_nan=True)
    # the legs reach a little further than the disc: unseen ground and edges are theirs too
    plain = Reason.SLOPE | Reason.ROUGH
    assert np.array_equal(found.reason & plain, flown.reasons & plain)


@pytest.mark.slow
@pytest.mark.parametrize("side", [64, 104])
def test_tiled_is_untiled(heights, side):
    source = array_source(heights, 0.1)
    whole, cut = ArrayLayers(heights.shape), ArrayLayers(heights.shape)
    one = run(source, QUERY, whole, side=512)
    many = run(source, QUERY, cut, side=side)
    for name in ("slope_deg", "roughness_m", "clearance_m", "reason"):
        assert np.array_equal(whole.maps[name], cut.maps[name], equal_nan=True), name
    for name in ("probability", "bound"):
        # the touchdown error is folded in by sums whose order may change
        assert whole.maps[name] == pytest.approx(cut.maps[name], abs=1e-6), name
    assert [(s.row, s.col) for s in one.sites] == [(s.row, s.col) for s in many.sites]
    assert one.safe_share == many.safe_share and one.reason_shares == many.reason_shares
    assert many.view.colours == pytest.approx(one.view.colours, abs=1e-6)


def test_shares_by_the_gravest_add_up_to_one_and_those_by_each_reason_do_not():
    z = ground(150, 200, rocks=40)
    z[:, 120:] += 0.03 * np.arange(80)  # 17 deg
    z[60:70, 60:90] = np.nan
    found = survey(z, 0.1)
    whole, gravest = found.reason_shares, found.gravest_shares
    assert found.safe_share + sum(gravest.values()) == pytest.approx(1.0, abs=1e-12)
    assert found.safe_share + sum(whole.values()) > 1.05  # a cell may be steep, rough and unseen
    assert all(0.0 < gravest[bit] <= whole[bit] for bit in gravest)
    # counted as it is painted
    reason = found.reason.astype(int)
    assert gravest[Reason.UNSEEN] == pytest.approx(
        np.mean((reason & Reason.UNSEEN != 0) & (reason & Reason.SHADOW == 0))
    )
    key = " ".join(words for _, words in picture._colours(found))
    assert f"no height {percent(1.0 - found.known_share)}, counted above" in key
    assert f"too rough {percent(gravest[Reason.ROUGH])}" in key
    told = io.StringIO()
    print_survey(Console(file=told, width=200), found, Path("out"), ())
    said = told.getvalue()
    assert "Of all cells, by the gravest fault of each:" in said
    assert f"at the edge {percent(gravest[Reason.EDGE])}" in said


def test_tiles_share_one_datum():
    # a cliff in one corner must not change the last bit of what is far from it
    z = ground(150, 400, rocks=3)
    z[:20, :20] += 900.0
    layers = [ArrayLayers(z.shape) for _ in range(2)]
    for side, layer in zip((1024, 80), layers, strict=True):
        run(array_source(z, 0.1), QUERY, layer, side=side)
    for name in ("slope_deg", "roughness_m", "clearance_m", "reason"):
        assert np.array_equal(layers[0].maps[name], layers[1].maps[name], equal_nan=True)


@pytest.mark.parametrize("shape", [(30, 700), (1100, 40), (3, 9)])
def test_clearance_is_the_exact_distance(shape):
    rng = np.random.default_rng(1)
    bad = rng.random(shape) < 0.004
    bad[shape[0] // 2, shape[1] // 2] = True
    unsafe = Unsafe(shape)
    cut = shape[1] // 16 * 8
    unsafe.mark(0, 0, bad[:, :cut])
    unsafe.mark(0, cut, bad[:, cut:])
    geometry = Geometry(
        shape, None, rasterio.Affine.identity(), (Band(0, shape[0], 0.1, 0.25),), True, 0.0
    )
    strips = list(clearances(unsafe, geometry))
    got = np.concatenate([distance for _, distance in strips])
    assert [top for top, _ in strips] == list(range(0, shape[0], 512))
    # single precision of distances up to 300 m
    assert got == pytest.approx(distance_transform_edt(~bad, sampling=(0.25, 0.1)), abs=2e-5)
    assert unsafe.count == bad.sum()


@pytest.mark.slow
def test_a_raster_gives_the_bits_of_its_array(tmp_path, monkeypatch, heights, found):
    # rows of the file run south, those of the array north
    path = write_raster(tmp_path / "z.tif", heights[::-1])
    monkeypatch.setattr(save, "TILE", 72)
    _, names = survey_file(path, tmp_path / "out", QUERY)
    assert {f.name for f in (tmp_path / "out").iterdir()} == set(names)
    for name in BANDS:
        got, want = read(tmp_path / "out/hazards.tif", name)[::-1], found.maps[name]
        # sides of a projected cell are 0.1 m to 1e-9
        assert np.array_equal(np.isnan(got), np.isnan(want))
        assert got == pytest.approx(want, rel=1e-5, abs=1e-5, nan_ok=True), name
    assert np.array_equal(read(tmp_path / "out/hazards.tif", "reason")[::-1], found.reason)


def test_the_files_say_what_they_hold(tmp_path, heights):
    path = write_raster(tmp_path / "z.tif", heights)
    result, _ = survey_file(path, tmp_path / "out", QUERY)
    with rasterio.open(path) as before, rasterio.open(tmp_path / "out/hazards.tif") as file:
        assert file.descriptions == (
            "slope_deg", "roughness_m", "clearance_m", "probability", "bound", "reason",
        )  # fmt: skip
        assert (file.crs, file.transform, file.shape) == (
            before.crs,
            before.transform,
            before.shape,
        )
        assert math.isnan(file.nodata) and file.units[:3] == ("deg", "m", "m")
        bits = file.tags(6)
        assert all(bits[bit.name] == str(int(bit)) for bit in Reason)
        assert file.tags()["sees_hazards"] == "yes" and file.tags()["sigma_m"] == "0.01"
    facts = json.loads((tmp_path / "out/sites.json").read_text())
    assert facts["reason_bits"] == {bit.name: int(bit) for bit in Reason}
    assert facts["share"]["safe"] == result.safe_share
    assert sum(facts["share_by_gravest"].values()) == pytest.approx(1.0, abs=1e-12)
    assert "add up to 1" in facts["shares_are"]
    assert len(facts["sites"]) == len(result.sites) > 0
    places = json.loads((tmp_path / "out/sites.geojson").read_text())
    assert places["type"] == "FeatureCollection"
    assert [p["properties"]["rank"] for p in places["features"]] == [s.rank for s in result.sites]
    assert (tmp_path / "out/hazards.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_sites_are_where_they_say(tmp_path):
    # one flat clearing whose centre is known, amid rubble
    z = np.random.default_rng(2).normal(0.0, 0.5, (220, 240)).astype(np.float32)
    row, col = 90, 150
    i, j = np.mgrid[:220, :240]
    z[np.hypot(i - row, j - col) < 40.2] = 0.0
    path = write_raster(tmp_path / "z.tif", z)
    result, _ = survey_file(path, tmp_path / "out", Query.of(MISSION))
    site = result.sites[0]
    transform = from_origin(-20.0, 30.0, 0.1, 0.1)
    x, y = apply(transform, col + 0.5, row + 0.5)
    assert (site.row, site.col) == (row, col)
    assert (site.x, site.y) == pytest.approx((x, y), abs=1e-9)
    forth = pyproj.Transformer.from_crs(LONLAT, STEREO, always_xy=True)
    # half a cell
    assert forth.transform(site.longitude_deg, site.latitude_deg) == pytest.approx((x, y), abs=0.05)
    assert -180.0 <= site.longitude_deg <= 180.0
    point = json.loads((tmp_path / "out/sites.geojson").read_text())["features"][0]["geometry"]
    assert point["coordinates"][:2] == [site.longitude_deg, site.latitude_deg]
    assert site.elevation_m == 0.0 and site.slope_deg == 0.0
    # every heading is as good: the first is kept, which points east
    assert site.heading_deg == pytest.approx(90.0, abs=0.01)
    assert site.stand_slope_deg == pytest.approx(0.0, abs=1e-4)
    # far from the belly's clearance a rise is only bounded, from above, to a millimetre
    assert 0.0 <= site.rise_m < 1e-3


def test_sites_stand_apart_and_are_ranked(heights, found):
    score = found.probability * found.clearance_m / (found.clearance_m + 2.5)
    score[~found.safe] = -1.0
    places = np.array([(s.row, s.col) for s in found.sites])
    for n, site in enumerate(found.sites):
        away = np.hypot(*(np.mgrid[:210, :260] - places[:n, :, None, None]).swapaxes(0, 1)) * 0.1
        free = (away >= 5.0).all(axis=0) if n else np.ones(score.shape, bool)
        assert site.score == pytest.approx(score[free].max(), rel=1e-6)
        assert free[site.row, site.col] and site.rank == n + 1


def test_oblong_cells_of_degrees_are_honoured(tmp_path):
    # the same tilted plane with a rock: 0.1 m cells, and degrees at 60 south (half as wide)
    step = math.degrees(0.2 / 1737400.0)
    transform = rasterio.Affine(step, 0.0, 30.0, 0.0, -0.5 * step, -60.0)
    j = np.mgrid[:160, :160][1]
    across = 0.2 * math.cos(math.radians(60.0))
    tilt = 5.0
    z = np.tan(np.radians(tilt)) * across * j
    z[80, 80] += 0.5
    path = write_raster(tmp_path / "z.tif", z, crs=LONLAT, transform=transform)
    result, _ = survey_file(path, tmp_path / "out", Query.of(MISSION))
    (band,) = result.geometry.bands
    assert band.across_m == pytest.approx(across, rel=1e-5)
    assert band.down_m == pytest.approx(0.1, rel=1e-9)
    slope = read(tmp_path / "out/hazards.tif", "slope_deg")
    assert slope[40, 40] == pytest.approx(tilt, abs=1e-3)
    rough = read(tmp_path / "out/hazards.tif", "roughness_m")
    near = np.flatnonzero(rough[80] > 0.4)
    # the rock is met as far as the footprint reaches, 2.5 m to half a cell
    assert (near.max() - near.min()) * across / 2 == pytest.approx(2.5, abs=0.06)


@pytest.mark.parametrize("wide", [True, False])
def test_cells_stretched_by_the_projection_or_the_latitude(tmp_path, wide):
    # true slope of a plane in east, on a plate carree of metres (stretched 2x at 60 deg) and on
    # degrees far enough north-south that the width of a cell changes down the map
    if wide:
        crs, transform = LONLAT, rasterio.Affine(0.01, 0.0, 10.0, 0.0, -0.01, -40.0)
    else:
        crs = "+proj=eqc +R=1737400 +units=m"
        transform = rasterio.Affine(300.0, 0.0, 3e5, 0.0, -300.0, -1.8e6)
    rows, cols = 400, 60
    _, y = apply(transform, np.full(rows, 0.5 * cols), np.arange(rows) + 0.5)
    latitude = y if wide else np.degrees(y / 1737400.0)
    step = math.radians(0.01) * 1737400.0 if wide else 300.0
    width = step * np.cos(np.radians(latitude))
    z = np.tan(np.radians(6.0)) * width[:, None] * (np.arange(cols) - 0.5 * cols)
    path = write_raster(tmp_path / "z.tif", z, crs=crs, transform=transform)
    survey_file(path, tmp_path / "out", Query.of(MISSION))
    slope = read(tmp_path / "out/hazards.tif", "slope_deg")
    middle = slope[1:-1, cols // 2]
    # cells within a band of rows share a size to 0.5 %
    assert middle == pytest.approx(6.0, rel=0.006)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        {"scale": 0.5, "offset": -100.0},
        {"unit": "km", "scale": 1e-3, "offset": 0.0},
        {"unit": "ft", "scale": 1.0 / 0.3048, "offset": 0.0},
        {"dtype": "int16", "scale": 0.002, "offset": -5256.0},
        {"crs": STEREO.replace("1737400", "1738140"), "offset": 0.0},
    ],
    ids=["scale", "km", "feet", "int16", "radius"],
)
def test_scale_offset_unit_and_sphere(tmp_path, heights, more):
    more = dict(more)
    stored = heights
    if "unit" in more:
        # what is stored, times scale, is in the unit
        stored = heights * more.pop("scale")
    if "crs" in more:
        stored = heights - 740.0
    path = write_raster(tmp_path / "z.tif", stored, **more)
    result, _ = survey_file(path, tmp_path / "out", Query.of(MISSION), sites=1)
    row, col = result.sites[0].row, result.sites[0].col
    # single precision at 5 km, and steps of 2 mm
    assert result.sites[0].elevation_m == pytest.approx(heights[row, col], abs=2e-3)


def test_a_coarse_raster_says_that_it_cannot_see(tmp_path, capsys):
    i, j = np.mgrid[:50, :60]
    z = 40.0 * np.tan(np.radians(10.0)) * (j + 0.0 * i)
    z[20, 30] = np.nan
    transform = from_origin(0.0, 0.0, 40.0, 40.0)
    path = write_raster(tmp_path / "z.tif", z, transform=transform)
    result, _ = survey_file(path, tmp_path / "out", QUERY)
    assert result.coarse and result.sites == () and "cannot show hazards" in result.notes[0]
    slope = read(tmp_path / "out/hazards.tif", "slope_deg")
    assert slope[5:15, 5:-5] == pytest.approx(10.0, abs=0.01)
    assert np.isnan(slope[19:22, 29:32]).all() and np.isnan(slope[0]).all()
    for name in ("roughness_m", "clearance_m", "probability", "bound"):
        assert np.isnan(read(tmp_path / "out/hazards.tif", name)).all()
    # nothing may be taken for safe
    assert (read(tmp_path / "out/hazards.tif", "reason") != 0).all()
    assert "cannot show hazards" in rasterio.open(tmp_path / "out/hazards.tif").tags()["notes"]
    for name in ("sites.json", "sites.geojson"):
        facts = json.loads((tmp_path / "out" / name).read_text())
        assert facts["sees_hazards"] is False and "cannot show" in facts["notes"][0]


def test_the_slopes_of_the_real_moon(tmp_path):
    path = Path(__file__).parents[3] / "shared" / "data" / "ce6_apollo_gld100_256ppd.tif"
    if not path.exists():
        pytest.skip("no ../shared/data/ce6_apollo_gld100_256ppd.tif")
    top, left = 1600, 1440
    with rasterio.open(path) as whole:
        window = rasterio.windows.Window(left, top, 200, 200)
        z = whole.read(1, window=window).astype(np.float32)
        crs, transform = whole.crs, rasterio.windows.transform(window, whole.transform)
    crop = write_raster(tmp_path / "z.tif", z, crs=crs, transform=transform)
    result, _ = survey_file(crop, tmp_path / "out", QUERY)
    assert result.coarse
    middle = result.geometry.bands[len(result.geometry.bands) // 2]
    # 1/256 deg, and that times the cosine of 41.6 deg
    assert (middle.down_m, middle.across_m) == pytest.approx((118.45, 88.5), abs=0.2)
    # shared/data: within 3 km of Chang'e 6 the median is 1.4 deg, 95 % are below 2.9; there a pixel
    # was compared with its neighbour, here with a plane through nine, which is smoother
    slope = read(tmp_path / "out/hazards.tif", "slope_deg")
    i, j = np.mgrid[:200, :200]
    near = np.hypot((i - 1699 + top) * 118.45, (j - 1539 + left) * 88.5) < 3000.0
    assert np.median(slope[near]) == pytest.approx(1.4, abs=0.4)
    assert np.percentile(slope[near], 95) == pytest.approx(2.9, abs=0.6)


def test_a_turned_grid_turns_headings_and_errors():
    query = Query.of(MISSION, dispersion_m=(0.4, 0.1))
    assert query.on_grid(0.0) == ((0.4, 0.1), 0.0)
    (x, y), correlation = query.on_grid(90.0)
    assert (x, y) == pytest.approx((0.1, 0.4)) and correlation == pytest.approx(0.0, abs=1e-12)
    (x, y), correlation = query.on_grid(45.0)
    assert x == pytest.approx(y) and x**2 == pytest.approx(0.5 * (0.4**2 + 0.1**2))
    # east of north by 45 deg, the long axis (east) lies along +x, +y
    assert correlation == pytest.approx(0.15 / 0.17)
    # an ellipse of no width stays one that can be averaged over, and a trace of turn is none
    assert Query.of(MISSION, dispersion_m=(0.4, 0.0)).on_grid(45.0)[1] == 0.999
    assert Query.of(MISSION, dispersion_m=(0.4, 0.0)).on_grid(1e-3)[1] == 0.0


def test_three_lines_of_python(heights):
    found = survey(heights, cell_m=0.1, mission="chang-e-6")
    assert found.sites[0].clearance_m > 0.5
    assert found.probability.shape == found.safe.shape == heights.shape
    assert found.notes == ()


def test_cells_too_large_for_the_pads():
    lander = LanderFootprint(5.0, 4, 1.0, 0.4, 0.45)
    source = array_source(np.zeros((30, 30)), 2.4)
    query = Query("spider", lander, QUERY.limits)
    found = run(source, query, ArrayLayers((30, 30)))
    assert found.safe_share > 0.8 and "do not tell the pads apart" in found.notes[1]


def test_nothing_safe():
    z = np.random.default_rng(0).normal(0.0, 1.0, (80, 80))
    found = survey(z, 0.1)
    assert found.sites == () and found.safe_share == 0.0
    assert found.notes == ("No place is safe within the limits.",)


def test_a_map_smaller_than_the_footprint():
    with pytest.raises(SurveyError, match="3 x 2 m of ground are less than the footprint"):
        survey(np.zeros((20, 30)), 0.1)
    # one that it just covers has no place either, for every footprint leaves it
    found = survey(np.zeros((50, 50)), 0.1)
    assert found.sites == () and found.reason_shares == {Reason.EDGE: 1.0}
