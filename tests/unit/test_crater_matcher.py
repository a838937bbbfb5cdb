"""Craters as landmarks: catalogue, matches with an estimate, a pose from no place."""

import json
import math

import numpy as np
import pytest
from shaded_ground import built_map, looking, scene, sun

from farside.mission.pinhole import Pinhole
from farside.vision.crater_catalogue import CRATER, CraterCatalogue
from farside.vision.crater_matcher import CraterMatcher
from farside.vision.crater_places import CraterIndex
from farside.vision.crater_search import find_by_craters
from farside.vision.crater_view import DETECTION, flat_grid, see_craters, turn_radius
from farside.vision.errors import VisionError
from farside.vision.image_map import ImageMap, MapLevel
from farside.vision.trn_result import TrnCode
from farside.vision.verdict import prepare
from farside.vision.view import CameraView

PINHOLE = Pinhole(512, 512, (617.0, 617.0), (255.5, 255.5), (-0.05, 0.01, 1e-4, -1e-4, 0.0))
VIEW = looking(PINHOLE, [300.0, -500.0, 6000.0], 8.0, 30.0, 20.0)
SUN = sun(300.0, 20.0)
SITE = (-41.6, -153.9)


def covariance(sigma_m, up_m=50.0, turn_rad=1e-3):
    return np.diag(np.array([sigma_m, sigma_m, up_m, turn_rad, turn_rad, turn_rad]) ** 2)


@pytest.fixture(scope="module")
def built():
    return built_map()


@pytest.fixture(scope="module")
def image():
    return scene().picture(VIEW, SUN)


@pytest.fixture(scope="module")
def catalogue(built):
    return CraterCatalogue.of_map(built.image_map)


@pytest.fixture(scope="module")
def matcher(catalogue):
    return CraterMatcher(catalogue, PINHOLE)


@pytest.fixture(scope="module")
def index(catalogue):
    return CraterIndex.of(catalogue)


def flat_map(heights, cell_m=10.0):
    rows, cols = heights.shape
    level = MapLevel(
        -0.5 * cols * cell_m, -0.5 * rows * cell_m, cell_m, cell_m, 1.0,
        heights.astype(np.float32), np.full(heights.shape, 128, np.uint8),
    )  # fmt: skip
    up = (0.0, 0.0, 1.0)
    return ImageMap(1737400.0, 1737400.0, (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), up, (level,))


# ---- the catalogue -----------------------------------------------------------------------------


def test_bowls_of_known_place_size_and_depth_are_the_catalogue():
    y, x = np.mgrid[:300, :400].astype(float)
    rng = np.random.default_rng(1)
    z = rng.normal(0.0, 0.3, x.shape) + 0.01 * x * 10.0  # noise on a slope
    bowls = [(80.0, 90.0, 12.0), (250.0, 200.0, 25.0), (330.0, 70.0, 6.0), (150.0, 220.0, 8.0)]
    for col, row, radius in bowls:
        q = np.hypot(x - col, y - row) / radius
        rim = np.where(q < 1.0, q * q - 0.8, 0.2 * np.maximum(q, 1e-9) ** -3)
        z += 2.0 * radius * rim
    z[:, :] += 0.0
    image_map = flat_map(z)
    found = CraterCatalogue.of_map(image_map, 0.6)
    level = image_map.levels[0]
    assert len(found) == len(bowls)
    for col, row, radius in bowls:
        u, v = level.u0_m + 10.0 * col, level.v0_m + 10.0 * row
        off = np.hypot(found.craters["u_m"] - u, found.craters["v_m"] - v)
        best = found.craters[int(off.argmin())]
        assert off.min() < 0.1 * 10.0 * radius + 2.0
        assert 0.9 < best["radius_m"] / (10.0 * radius) < 1.4
        assert best["depth_m"] == pytest.approx(2.0 * radius, rel=0.35)
    # a mound is none
    assert len(CraterCatalogue.of_map(flat_map(-z), 0.6)) == 0


@pytest.mark.slow
def test_only_sizes_that_the_map_resolves_are_listed(catalogue, built):
    # a bowl that turns at 1.25 resolutions has a rim of 1.3 times that
    finest = min(level.resolution_m for level in built.image_map.levels)
    assert catalogue.craters["radius_m"].min() >= 0.99 * 1.3 * 1.25 * finest
    assert (np.diff(catalogue.craters["quality"]) <= 0.0).all()
    assert len(catalogue) > 500 and catalogue.craters.dtype == CRATER


@pytest.mark.slow
def test_a_catalogue_comes_back_from_its_file(catalogue, built, tmp_path):
    catalogue.save(tmp_path / "craters.csv", SITE)
    held = CraterCatalogue.load(tmp_path / "craters.csv", built.image_map, SITE)
    assert 0 <= len(catalogue) - len(held) < 5  # those at the very edge
    one, other = (np.sort(each.craters["u_m"])[50:-50] for each in (held, catalogue))
    assert np.isin(one.round(4), other.round(4)).mean() > 0.9
    rows = held.craters[:50]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [SITE[1], SITE[0]]},
            "properties": {"diameter_km": 0.001 * 2.0 * radius},
        }
        for radius in rows["radius_m"].tolist()
    ]
    path = tmp_path / "craters.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    points = CraterCatalogue.load(path, built.image_map, SITE)
    assert points.craters["radius_m"] == pytest.approx(rows["radius_m"])
    assert np.abs(points.craters["u_m"]).max() < 1e-3  # the site itself


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "", "has no column latitude_deg"),
        ("a.csv", "latitude_deg,longitude_deg\n1,2\n", "has no column diameter_m"),
        ("a.csv", "lat,lon,diameter_m\n", "holds no crater"),
        ("a.csv", "lat,lon,diameter_m\n-41,x,100\n", "line 2: 'x' is no number"),
        ("a.csv", "lat,lon,diameter_m\n-41,2\n", "line 2: '' is no number"),
        ("a.csv", "lat,lon,diameter_m\n-95,2,100\n", "no place of the Moon"),
        ("a.csv", "lat,lon,diameter_m\nnan,2,100\n", "no place of the Moon"),
        ("a.csv", "lat,lon,diameter_m\n-41,2,-5\n", "a diameter of -5 m"),
        ("a.csv", "lat,lon,diameter_m\n-41,2,inf\n", "a diameter of inf m"),
        ("a.csv", "lat,lon,diameter_m\n41,2,100\n", "no crater of the list lies on the map"),
        ("a.geojson", "{", "is no GeoJSON"),
        ("a.geojson", "[1, 2]", "no list of features"),
        ("a.geojson", '{"features": [3]}', "feature 1 is no point"),
        (
            "a.geojson",
            '{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
            "has no property diameter_m",
        ),
        ("a.txt", "", "come as .csv or .geojson"),
    ],
)
def test_a_file_that_is_no_list_of_craters_is_one_line(built, tmp_path, name, text, says):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(VisionError, match=says) as caught:
        CraterCatalogue.load(path, built.image_map, SITE)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_file_that_is_not_there_or_no_text_is_one_line(built, tmp_path):
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    for name, says in (("absent.csv", "cannot be read"), ("b.csv", "no text in UTF-8")):
        with pytest.raises(VisionError, match=says):
            CraterCatalogue.load(tmp_path / name, built.image_map, SITE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"radius_m": -1.0}, "above 0 m"),
        ({"radius_m": math.nan}, "above 0 m"),
        ({"u_m": math.nan}, "finite"),
    ],
)
def test_craters_that_are_none_are_refused(built, change, says):
    craters = np.zeros(3, CRATER)
    craters["radius_m"] = 100.0
    for key, value in change.items():
        craters[key][1] = value
    with pytest.raises(VisionError, match=says):
        CraterCatalogue(built.image_map, craters)
    with pytest.raises(VisionError, match="one row of CRATER"):
        CraterCatalogue(built.image_map, np.zeros(3))


# ---- with an estimate --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("off", [(1500.0, -900.0, 60.0), (-40.0, 30.0, -20.0)])
def test_a_fix_is_within_its_covariance(built, image, matcher, off):
    spread = covariance(max(abs(off[0]), 40.0) / 2.0)
    turn = np.array([1e-3, -5e-4, 1.5e-3])
    result = matcher.match(image, VIEW.moved(off, turn), spread, SUN)
    assert result.code is TrnCode.FIX and result.inliers > 25 and result.chance < -25.0
    error = result.view.r_site - VIEW.r_site - built.shift_m
    sigma = np.sqrt(np.diag(result.covariance)[:3])
    assert (np.abs(error) < 5.0 * sigma).all() and np.hypot(*error[:2]) < 25.0
    away = result.view.project(result.matches["p_site"]) - result.matches["px"]
    assert np.sqrt((away**2).mean()) < 3.0
    again = matcher.match(image, VIEW.moved(off, turn), spread, SUN)
    assert again.matches.tobytes() == result.matches.tobytes()
    assert again.view.r_site.tobytes() == result.view.r_site.tobytes()


def spoilt(image, kind):
    rng = np.random.default_rng(3)
    return {
        "mirrored": np.ascontiguousarray(image[:, ::-1]),
        "upside down": np.ascontiguousarray(image[::-1, ::-1]),
        "noise": rng.integers(0, 250, image.shape).astype(np.uint16),
        "dark": rng.poisson(0.5, image.shape).astype(np.uint16),
        "even": np.full_like(image, 90),
        "white": np.full_like(image, 255),
    }[kind]


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [900.0, 40.0])
@pytest.mark.parametrize("kind", ["mirrored", "upside down", "noise", "dark", "even", "white"])
def test_what_is_not_on_the_map_is_refused(matcher, image, kind, sigma):
    result = matcher.match(spoilt(image, kind), VIEW, covariance(sigma), SUN)
    turned = {TrnCode.DISAGREE, TrnCode.FEW_LANDMARKS, TrnCode.LIGHT}
    codes = {"dark": {TrnCode.DARK}, "even": {TrnCode.BLANK}, "white": {TrnCode.SATURATED}}
    assert result.code in codes.get(kind, turned)
    assert result.view is VIEW and ";" in result.says


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["another map", "mirrored", "random"])
def test_a_wrong_catalogue_is_refused(built, catalogue, image, kind):
    craters = catalogue.craters.copy()
    rng = np.random.default_rng(5)
    if kind == "another map":
        craters["u_m"] += 3000.0
    elif kind == "mirrored":
        craters["v_m"] *= -1.0
    else:
        craters["u_m"] = rng.permutation(craters["u_m"])
    wrong = CraterMatcher(CraterCatalogue(built.image_map, craters), PINHOLE)
    for sigma in (40.0, 500.0):
        result = wrong.match(image, VIEW, covariance(sigma), SUN)
        assert result.code in (TrnCode.DISAGREE, TrnCode.FEW_LANDMARKS)


@pytest.mark.slow
def test_light_from_the_other_side_night_and_off_the_map_are_told(matcher, image):
    other = matcher.match(image, VIEW, covariance(200.0), SUN * [-1.0, -1.0, 1.0])
    assert other.code is TrnCode.LIGHT
    below = SUN * [1.0, 1.0, -1.0]
    assert matcher.match(image, VIEW, covariance(50.0), below).code is TrnCode.NIGHT
    away = VIEW.moved([60000.0, 0.0, 0.0], [0, 0, 0])
    assert matcher.match(image, away, covariance(50.0), SUN).code is TrnCode.OFF_MAP
    up = CameraView(PINHOLE, VIEW.r_site, -VIEW.axes)
    assert matcher.match(image, up, covariance(50.0), SUN).code is TrnCode.OFF_MAP


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": np.zeros((10, 10), np.uint8)}, "10 x 10 pixels of a camera of 512 x 512"),
        ({"image": np.zeros((512, 512))}, "whole grey values"),
        ({"spread": np.zeros((6, 6))}, "variances above 0"),
        ({"sun": [np.nan, 0.0, 1.0]}, "unit vector"),
    ],
)
def test_bad_input_is_one_line(matcher, image, change, says):
    given = {"image": image, "spread": covariance(50.0), "sun": SUN} | change
    with pytest.raises(VisionError, match=says) as caught:
        matcher.match(given["image"], VIEW, given["spread"], given["sun"])
    assert "\n" not in str(caught.value)


def test_rims_give_their_bowls_back():
    turn = np.array([3.0, 5.0, 10.0, 12.5, 14.0, 40.0])
    rim = np.clip(1.42 - 0.02 * (turn - 3.0), 1.22, 1.42) * turn
    assert turn_radius(rim) == pytest.approx(turn, rel=1e-6)


# ---- from no place -----------------------------------------------------------------------------


def detections_of(image, rough, built, index):
    code, images = prepare(np.ascontiguousarray(image, np.uint16), 8)
    assert code is TrnCode.FIX
    grid = flat_grid(built.image_map, rough, index.ground_m)
    return see_craters(grid, rough, images, SUN).detections


ROUGH = CameraView(
    PINHOLE, VIEW.r_site + np.array([4000.0, 6000.0, 900.0]),
    VIEW.moved(np.zeros(3), [0.03, -0.04, 0.06]).axes,
)  # fmt: skip


@pytest.mark.slow
def test_a_pose_is_found_from_no_place(built, image, index, matcher):
    found = detections_of(image, ROUGH, built, index)
    result = find_by_craters(found, index, ROUGH)
    assert result.code is TrnCode.FIX and result.inliers >= 20
    error = result.view.r_site - VIEW.r_site - built.shift_m
    assert (np.abs(error) < 5.0 * np.sqrt(np.diag(result.covariance)[:3])).all()
    assert np.hypot(*error[:2]) < 60.0
    again = matcher.find(image, ROUGH, SUN, index)
    assert again.matches.tobytes() == result.matches.tobytes()


@pytest.mark.slow
def test_an_image_that_cannot_be_searched_says_why(matcher, image, index):
    other = SUN * [-1.0, -1.0, 1.0]
    assert matcher.find(image, ROUGH, other, index).code is TrnCode.LIGHT
    assert matcher.find(image, ROUGH, -SUN, index).code is TrnCode.NIGHT
    assert matcher.find(spoilt(image, "even"), ROUGH, SUN, index).code is TrnCode.BLANK
    up = CameraView(PINHOLE, ROUGH.r_site, -ROUGH.axes)
    assert matcher.find(image, up, SUN, index).code is TrnCode.OFF_MAP
    with pytest.raises(VisionError, match="give the camera that took it"):
        matcher.find(image[:100], ROUGH, SUN, index)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mirrored", "random", "few", "none", "not a number"])
def test_a_pose_that_is_not_there_is_refused(built, image, index, kind):
    found = detections_of(image, ROUGH, built, index)
    rng = np.random.default_rng(6)
    if kind == "mirrored":
        found["px"][:, 0] = 511.0 - found["px"][:, 0]
    elif kind == "random":
        found["px"] = rng.uniform(0.0, 511.0, found["px"].shape)
    elif kind == "not a number":
        found["px"] = np.nan
    else:
        found = found[: 5 if kind == "few" else 0]
    result = find_by_craters(found, index, ROUGH)
    assert result.code in (TrnCode.DISAGREE, TrnCode.INDISTINCT, TrnCode.FEW_LANDMARKS)
    assert len(result.matches) == 0 or result.code is not TrnCode.FIX


@pytest.mark.slow
def test_a_known_pose_comes_back_from_drawn_craters_with_false_ones(catalogue, index):
    rng = np.random.default_rng(7)
    with np.errstate(invalid="ignore"):
        px = VIEW.project(catalogue.places)
        far = np.linalg.norm(catalogue.places - VIEW.r_site, axis=1)
        radius = catalogue.craters["radius_m"] * 617.0 / far
        rows = np.flatnonzero(((px > 0.0) & (px < 511.0)).all(axis=1) & (radius > 5.0))
    assert len(rows) > 30
    found = np.zeros(2 * len(rows), DETECTION)
    found["px"][: len(rows)] = px[rows] + rng.normal(0.0, 0.3, (len(rows), 2))
    found["px"][len(rows) :] = rng.uniform(0.0, 511.0, (len(rows), 2))
    found["radius_px"] = np.tile(radius[rows], 2)
    found["confidence"] = rng.random(len(found))
    result = find_by_craters(found, index, ROUGH)
    assert result.code is TrnCode.FIX
    assert np.abs(result.view.r_site - VIEW.r_site).max() < 15.0
    # an attitude that is wrong by more than was told is no fix, or the right one
    turned = CameraView(PINHOLE, ROUGH.r_site, VIEW.moved(np.zeros(3), [0.0, 0.0, 1.0]).axes)
    assert find_by_craters(found, index, turned).code is not TrnCode.FIX


@pytest.mark.slow
def test_a_search_that_cannot_be_made_is_one_line(catalogue, index):
    none = np.zeros(20, DETECTION)
    with pytest.raises(VisionError, match="rows of DETECTION"):
        find_by_craters(np.zeros(3), index, ROUGH)
    with pytest.raises(VisionError, match="finite position"):
        find_by_craters(none, index, CameraView(PINHOLE, np.full(3, np.nan), VIEW.axes))
    with pytest.raises(VisionError, match="0 to 50"):
        find_by_craters(none, index, ROUGH, math.nan)
    with pytest.raises(VisionError, match=r"0\.4 at most"):
        CraterIndex.of(catalogue, height_share=0.7)
    with pytest.raises(VisionError, match="10 at least"):
        CraterIndex.of(CraterCatalogue(catalogue.image_map, catalogue.craters[:5]))
    with pytest.raises(VisionError, match=r"0\.3 to 1"):
        CraterCatalogue.of_map(catalogue.image_map, 0.1)
