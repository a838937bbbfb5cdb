"""Terrain-relative navigation on pictures of the true ground, and of what is not on the map."""

import numpy as np
import pytest
from shaded_ground import built_map, looking, scene, sun

from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole
from farside.vision.consensus import voters
from farside.vision.errors import VisionError
from farside.vision.image_map import VERSION, ImageMap, MapLevel
from farside.vision.pose import solve_pose
from farside.vision.trn import TrnCode, TrnMatcher
from farside.vision.verdict import log_chance
from farside.vision.view import CameraView

PINHOLE = Pinhole(384, 384, (463.0, 463.0), (191.5, 191.5), (-0.05, 0.01, 1e-4, -1e-4, 0.0))
VIEW = looking(PINHOLE, [300.0, -500.0, 4500.0], 8.0, 30.0, 20.0)
SUN = sun(300.0, 20.0)


def covariance(sigma_m, up_m=50.0, turn_rad=1e-3):
    return np.diag(np.array([sigma_m, sigma_m, up_m, turn_rad, turn_rad, turn_rad]) ** 2)


@pytest.fixture(scope="module")
def built():
    return built_map()


@pytest.fixture(scope="module")
def image():
    return scene().picture(VIEW, SUN)


@pytest.fixture(scope="module")
def matcher(built):
    return TrnMatcher(built.image_map, PINHOLE)


@pytest.mark.slow
@pytest.mark.parametrize("off", [(2700.0, -1500.0, 60.0), (-40.0, 30.0, -20.0)])
def test_a_fix_is_within_its_covariance(built, image, matcher, off):
    spread = covariance(max(abs(off[0]), 40.0) / 2.0)
    turn = np.array([1e-3, -5e-4, 1.5e-3])
    result = matcher.match(image, VIEW.moved(off, turn), spread, SUN)
    assert result.code is TrnCode.FIX and result.inliers > 60
    assert np.isnan(result.coarse_height) == (abs(off[0]) < 100.0)
    error = result.view.r_site - VIEW.r_site - built.shift_m
    sigma = np.sqrt(np.diag(result.covariance)[:3])
    assert (np.abs(error) < 5.0 * sigma).all() and sigma.max() < 12.8
    assert np.hypot(*error[:2]) < 12.8
    # matches are on the ground, in the image, and agree with the pose
    assert (result.matches["px"] > 0.0).all() and (result.matches["px"] < 383.0).all()
    off_px = result.view.project(result.matches["p_site"]) - result.matches["px"]
    assert np.sqrt((off_px**2).mean()) < 1.0
    # the same image gives the same bits
    again = matcher.match(image, VIEW.moved(off, turn), spread, SUN)
    assert again.matches.tobytes() == result.matches.tobytes()


def test_a_camera_that_is_turned_in_its_mount_is_no_fix(built, image, matcher):
    turn = np.radians([0.6, -0.8, 0.0])
    spread = covariance(60.0, turn_rad=4e-4)
    result = matcher.match(image, VIEW.moved(np.zeros(3), turn), spread, SUN)
    assert result.code is TrnCode.CAMERA
    assert (
        np.abs(result.check.turn + turn) < 4.0 * np.sqrt(np.diag(result.check.covariance)[:3])
    ).all()
    assert "turned by" in result.says and result.view.r_site.tolist() == VIEW.r_site.tolist()
    # an attitude that is as unsure as that explains it
    loose = matcher.match(image, VIEW.moved(np.zeros(3), turn), covariance(60.0, 50.0, 0.02), SUN)
    assert loose.code is TrnCode.FIX and not loose.check.off
    # and with the turn left free the place holds
    error = result.check.place - VIEW.r_site - built.shift_m
    sigma = np.sqrt(np.diag(result.check.place_covariance))
    assert (np.abs(error) < 4.0 * sigma).all() and sigma.max() < 60.0


def spoilt(image, kind):
    rng = np.random.default_rng(3)
    if kind == "mirrored":
        return np.ascontiguousarray(image[:, ::-1])
    if kind == "upside down":
        return np.ascontiguousarray(image[::-1, ::-1])
    if kind == "noise":
        return rng.integers(0, 250, image.shape).astype(np.uint16)
    if kind == "dark":
        return rng.poisson(0.5, image.shape).astype(np.uint16)
    if kind == "even":
        return np.full_like(image, 90)
    return np.full_like(image, 255)


@pytest.mark.parametrize("sigma", [900.0, 40.0])
@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("mirrored", {TrnCode.INDISTINCT, TrnCode.DISAGREE}),
        ("upside down", {TrnCode.INDISTINCT, TrnCode.DISAGREE}),
        ("noise", {TrnCode.INDISTINCT, TrnCode.DISAGREE}),
        ("dark", {TrnCode.DARK}),
        ("even", {TrnCode.BLANK}),
        ("white", {TrnCode.SATURATED}),
    ],
)
def test_what_is_not_on_the_map_is_refused(matcher, image, kind, codes, sigma):
    result = matcher.match(spoilt(image, kind), VIEW, covariance(sigma), SUN)
    assert result.code in codes
    assert len(result.matches) == 0 or result.code is not TrnCode.FIX
    assert result.view is VIEW and ";" in result.says


def test_light_from_the_other_side_gives_no_wrong_fix(built, matcher, image):
    told = SUN * [-1.0, -1.0, 1.0]
    for sigma in (600.0, 40.0):
        result = matcher.match(image, VIEW, covariance(sigma), told)
        if result.code is TrnCode.FIX:
            error = result.view.r_site - VIEW.r_site - built.shift_m
            assert (np.abs(error) < 5.0 * np.sqrt(np.diag(result.covariance)[:3])).all()


def test_another_place_is_refused(matcher, image):
    result = matcher.match(
        image, VIEW.moved([3000.0, 2500.0, 0.0], [0, 0, 0]), covariance(100.0), SUN
    )
    assert result.code in (TrnCode.INDISTINCT, TrnCode.DISAGREE, TrnCode.IMPROBABLE)


def test_off_the_map_and_night_are_told(matcher, image):
    away = VIEW.moved([40000.0, 0.0, 0.0], [0, 0, 0])
    assert matcher.match(image, away, covariance(50.0), SUN).code is TrnCode.OFF_MAP
    up = CameraView(PINHOLE, VIEW.r_site, -VIEW.axes)
    assert matcher.match(image, up, covariance(50.0), SUN).code is TrnCode.OFF_MAP
    below = SUN * [1.0, 1.0, -1.0]
    assert matcher.match(image, VIEW, covariance(50.0), below).code is TrnCode.NIGHT


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": np.zeros((10, 10), np.uint8)}, "10 x 10 pixels of a camera of 384 x 384"),
        ({"image": np.zeros((384, 384))}, "whole grey values"),
        ({"image": np.full((384, 384), 300, np.uint16)}, "in an image of 8 bits"),
        ({"spread": np.zeros((6, 6))}, "variances above 0"),
        ({"spread": np.eye(3)}, "6 x 6"),
        ({"spread": np.full((6, 6), np.nan)}, "finite"),
        ({"sun": [0.0, 0.0, 0.0]}, "unit vector"),
        ({"sun": [np.nan, 0.0, 1.0]}, "unit vector"),
    ],
)
def test_bad_input_is_one_line(matcher, image, change, says):
    given = {"image": image, "spread": covariance(50.0), "sun": SUN} | change
    with pytest.raises(VisionError, match=says) as caught:
        matcher.match(given["image"], VIEW, given["spread"], given["sun"])
    assert "\n" not in str(caught.value)


def test_an_estimate_that_is_none_is_one_line(matcher, image):
    lost = CameraView(PINHOLE, np.array([np.nan, 0.0, 1.0]), VIEW.axes)
    with pytest.raises(VisionError, match="finite position"):
        matcher.match(image, lost, covariance(50.0), SUN)
    # far out, underground and beyond the Moon there is no view of the map, and no error
    for place in ([1e9, 0.0, 0.0], [0.0, 0.0, -5000.0], [0.0, 0.0, -4e6]):
        far = CameraView(PINHOLE, np.array(place), VIEW.axes)
        assert matcher.match(image, far, covariance(50.0), SUN).code is TrnCode.OFF_MAP


def test_a_pose_comes_back_from_perfect_matches():
    rng = np.random.default_rng(1)
    px = rng.uniform(20.0, 360.0, (30, 2))
    far = (VIEW.r_site[2] - rng.uniform(-200.0, 200.0, 30)) / -VIEW.rays(px)[:, 2]
    places = VIEW.r_site + far[:, None] * VIEW.rays(px)
    guess = VIEW.moved([150.0, -80.0, 40.0], [4e-3, -2e-3, 5e-3])
    solved = solve_pose(guess, px, places, np.full(30, 0.01))
    assert np.abs(solved.view.r_site - VIEW.r_site).max() < 1e-3
    assert np.abs(solved.view.axes - VIEW.axes).max() < 1e-6
    # the covariance is the spread of poses of noisy matches
    drawn = [
        solve_pose(guess, px + rng.normal(0.0, 0.1, px.shape), places, np.full(30, 0.01))
        for _ in range(120)
    ]
    spread = np.std([d.view.r_site for d in drawn], axis=0)
    assert spread == pytest.approx(np.sqrt(np.diag(solved.covariance)[:3]), rel=0.25)
    assert solve_pose(guess, px[:3], places[:3], np.full(3, 0.01)) is None
    assert solve_pose(guess, px[:8] * 0 + 100.0, places[:1].repeat(8, 0), np.ones(8)) is None


def test_votes_find_those_that_agree_and_chance_is_told():
    rng = np.random.default_rng(2)
    at = rng.uniform(0.0, 300.0, (80, 2))
    shift = rng.uniform(-20.0, 20.0, (80, 2))
    shift[:30] = np.array([3.0, -4.0]) + rng.normal(0.0, 0.2, (30, 2))
    taken = voters(at, shift, np.ones(80, bool), 0.0)
    assert taken[:30].all() and taken[30:].sum() <= 2
    assert log_chance(30, 80, 20) < -20.0
    assert log_chance(3, 80, 20) == 0.0 and log_chance(5, 150, 6) > -2.0


def test_a_camera_of_a_vehicle_is_where_its_quaternion_puts_it():
    camera = Camera(name="down")
    level = CameraView.of(camera, [0.0, 0.0, 100.0], [1.0, 0.0, 0.0, 0.0])
    # straight down: the middle of the image is the origin
    assert level.project([[0.0, 0.0, 0.0]])[0] == pytest.approx([511.5, 511.5])
    # the image's top lies towards body x, here east
    assert level.project([[10.0, 0.0, 0.0]])[0, 1] < 511.0
    with pytest.raises(VisionError, match="quaternion"):
        CameraView.of(camera, [0.0, 0.0, 1.0], [2.0, 0.0, 0.0, 0.0])


# ---- the map -----------------------------------------------------------------------------------


def test_a_map_comes_back_from_its_file(built, tmp_path):
    path = tmp_path / "site.map.npz"
    built.image_map.save(path)
    held = ImageMap.load(path)
    assert (
        held.radius_m == built.image_map.radius_m
        and held.axes.tolist() == built.image_map.axes.tolist()
    )
    for one, other in zip(held.levels, built.image_map.levels, strict=True):
        assert one.heights.tobytes() == other.heights.tobytes() and one.cell_m == other.cell_m
        assert one.albedo.tobytes() == other.albedo.tobytes()


def test_arcs_and_points_are_each_others_inverse(built):
    image_map = built.image_map
    u, v, h = np.array([-8000.0, 10.0, 5000.0]), np.array([3000.0, -7.0, -6000.0]), np.arange(3.0)
    back = image_map.arcs(image_map.points(u, v, h))
    assert np.allclose(back, [u, v, h], atol=1e-6)


def test_the_map_is_the_ground_within_its_errors(built):
    shown, level = scene(), built.image_map.levels[1]
    u, v = np.meshgrid(np.linspace(-5000.0, 5000.0, 60), np.linspace(-5000.0, 5000.0, 60))
    axes = shown.ground.arcs.axes
    move = axes @ built.shift_m
    true = level.height_at(u, v) - move[2]
    x, y = ((p - q - shown.first[0]) / shown.cell for p, q in ((u, move[0]), (v, move[1])))
    error = true - shown.z[np.rint(y).astype(int), np.rint(x).astype(int)]
    assert abs(error.mean()) < 1.5 and 2.0 < error.std() < 7.0
    assert 100 < np.median(level.albedo) < 156 and level.albedo.std() > 2.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": np.int64(VERSION + 1)}, "version"),
        ({"radii_m": np.ones(3)}, "other sizes"),
        ({"sun_site": np.full(3, np.nan)}, "finite"),
        ({"heights_0": np.zeros((4, 4), np.float32)}, "sides have"),
        ({"albedo_0": np.zeros((40, 41), np.uint8)}, "one grid"),
        ({"heights_0": np.full((40, 40), np.nan, np.float32)}, "finite"),
        ({"levels": None}, "is no map"),
        ({"levels": np.array(["x"], object)}, "is no map"),
    ],
)
def test_a_file_that_is_no_map_is_one_line(tmp_path, change, says):
    level = MapLevel(
        0.0, 0.0, 10.0, 10.0, 1.0, np.zeros((40, 40), np.float32), np.ones((40, 40), np.uint8)
    )
    path = tmp_path / "a.npz"
    ImageMap(1.7e6, 1.7e6, (1.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0), (level,)).save(path)
    with np.load(path) as archive:
        arrays = dict(archive) | change
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    with pytest.raises(VisionError, match=says) as caught:
        ImageMap.load(path)
    assert "\n" not in str(caught.value)


def test_files_that_are_none_are_one_line(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    for name, says in (("text.npz", "is no map"), ("absent.npz", "no such map")):
        with pytest.raises(VisionError, match=says):
            ImageMap.load(tmp_path / name)
