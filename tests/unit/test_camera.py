"""Cameras: their geometry against OpenCV, their axes, and their keys."""

import cv2
import numpy as np
import pytest

from farside.mission import MissionError, mission_text, parse_mission
from farside.mission.camera import PRESETS, Camera, camera_axes
from farside.mission.pinhole import Pinhole

LENSES = [
    (0.0, 0.0, 0.0, 0.0, 0.0),
    (-0.2, 0.035, 0.0, 0.0, 0.0),
    (0.1, -0.02, 0.003, -0.002, 0.001),
]
KEYS = mission_text("chang-e-6")


def with_camera(keys: str) -> str:
    return f"{KEYS}\n[[sensors.camera]]\n{keys}\n"


@pytest.mark.parametrize("distortion", LENSES)
def test_points_fall_where_opencv_has_them(distortion):
    lens = Pinhole(1024, 900, (512.0, 500.0), (511.5, 449.5), distortion)
    points = np.random.default_rng(1).uniform(-0.8, 0.8, (500, 3))
    points[:, 2] = 1.0
    matrix = np.array([[512.0, 0, 511.5], [0, 500.0, 449.5], [0, 0, 1]])
    theirs = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, np.array(distortion))[0]
    assert np.abs(lens.project(3.0 * points) - theirs[:, 0]).max() < 1e-9  # px


@pytest.mark.parametrize("distortion", LENSES)
def test_a_ray_falls_on_its_pixel(distortion):
    lens = Pinhole(640, 480, (300.0, 310.0), (330.0, 220.0), distortion)
    u, v = np.meshgrid(np.arange(0.0, 640.0, 21.3), np.arange(0.0, 480.0, 17.9))
    px = np.stack([u.ravel(), v.ravel()], axis=1)
    rays = lens.rays(px)
    assert np.abs(np.sqrt((rays**2).sum(axis=1)) - 1.0).max() < 1e-12
    assert np.abs(lens.project(7.0 * rays) - px).max() < 1e-9  # px


def test_nothing_is_seen_behind_the_camera_or_beyond_the_fold():
    lens = Pinhole(640, 480, (300.0, 300.0), (319.5, 239.5), (-0.3, 0.0, 0.0, 0.0, 0.0))
    away = lens.project([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0], [5.0, 0.0, 1.0], [np.nan, 0.0, 1.0]])
    assert np.isnan(away).all()


def test_a_coarser_camera_sees_the_mean_of_pixels():
    lens = Pinhole(1024, 1024, (1236.0, 1236.0), (511.5, 511.5))
    coarse = lens.scaled(4)
    assert (coarse.columns, coarse.rows) == (256, 256)
    point = [[0.1, -0.2, 1.0]]
    # the middle of four pixels is the middle of the one that takes their place
    assert coarse.project(point) * 4 + 1.5 == pytest.approx(lens.project(point))
    with pytest.raises(ValueError, match="factor 0: from 1 to 1024"):
        lens.scaled(0)


@pytest.mark.parametrize("shape", [(3,), (2, 2), (1, 4)])
def test_arrays_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"points_camera of shape .*\(n, 3\) is asked for"):
        Pinhole(64, 64, (60.0, 60.0), (31.5, 31.5)).project(np.ones(shape))


@pytest.mark.parametrize(
    "boresight", [(0.0, 0.0, -1.0), (1.0, 0.0, 0.0), (0.866025403784, 0.0, -0.5), (0.0, 0.6, -0.8)]
)
@pytest.mark.parametrize("roll", [0.0, 37.0, 180.0])
def test_axes_are_a_right_handed_frame_about_the_boresight(boresight, roll):
    axes = camera_axes(Camera(name="c", boresight_body=boresight, roll_deg=roll))
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-11)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert axes[2] == pytest.approx(boresight, abs=1e-9)


def test_the_top_of_the_image_lies_towards_body_x():
    # straight down: body x is up the image, body y to the left
    axes = camera_axes(Camera(name="c"))
    assert axes @ [1.0, 0.0, 0.0] == pytest.approx([0.0, -1.0, 0.0])
    assert axes @ [0.0, 1.0, 0.0] == pytest.approx([-1.0, 0.0, 0.0])
    turned = camera_axes(Camera(name="c", roll_deg=90.0))
    assert turned[0] == pytest.approx(axes[1])  # x has turned to where y was


def test_a_pixel_of_the_landing_camera_at_2400_m():
    # 45 deg over 1024 pixels: 2 x 2400 m x tan 22.5 deg / 1024
    assert Camera(name="c").sample_m(2400.0) == pytest.approx(1.942, abs=1e-3)


def test_a_mission_carries_cameras_and_writes_them():
    mission = parse_mission(with_camera('name = "wide"\nlike = "lvs"\nbits = 12'))
    camera = mission.sensors.camera_named("wide")
    assert camera is not None
    assert (camera.field_of_view_deg, camera.bits, camera.f_number) == (90.0, 12, 2.7)
    assert mission.sensors.camera_named("narrow") is None
    assert parse_mission(mission.to_toml()) == mission
    assert set(PRESETS) == {"lcam", "gnc30", "lvs"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('name = "a"\nlike = "leica"', "'leica' must be one of gnc30, lcam, lvs"),
        ('name = "a"\ndistortion = [-3.0, 0, 0, 0, 0]', "folds the image inside its corners"),
        ('name = "a"\npixels = [8192, 8192]', "8192 x 8192 are more than 33554432"),
        ('name = "a"\nband_nm = [850.0, 450.0]', "smaller wavelength comes first"),
        ('name = "a"\n[[sensors.camera]]\nname = "a"', "two cameras have it; rename one"),
        ("bits = 8", "name"),
    ],
)
def test_a_camera_that_cannot_be_is_refused_in_one_line(keys, said):
    with pytest.raises(MissionError) as refused:
        parse_mission(with_camera(keys))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
