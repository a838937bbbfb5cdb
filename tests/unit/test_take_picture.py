"""take_picture: what it takes, what it refuses, and what a camera's keys do to its numbers."""

import math

import numpy as np
import pytest
from sample_views import camera_of, ground_of, pose_at, sun_at
from scipy.constants import Boltzmann as K
from scipy.constants import Planck as H
from scipy.constants import Stefan_Boltzmann as SIGMA
from scipy.constants import c as C
from scipy.integrate import quad

from farside.sensors.camera import draw_mounting, take_picture
from farside.sensors.exposure import electrons_per_second, solar_photons
from farside.sensors.motion import motion_of
from farside.sensors.scene import look
from farside.sensors.viewpoint import Mounting, Pose, ViewError

POSE, SUN = pose_at((0, 0, 800), 15), sun_at(70, 20)


def taken(camera=None, pose=POSE, sun=SUN, flat=False, **keys):
    return take_picture(
        ground_of(flat), camera or camera_of(160), pose, sun, **{"key": 5, "number": 2} | keys
    )


def test_a_picture_has_the_camera_s_depth_and_shows_the_ground():
    for bits in (8, 10, 12):
        picture = taken(camera_of(160, bits=bits))
        assert picture.image.shape == (160, 160) and picture.image.dtype == np.uint16
        full = (1 << bits) - 1
        assert 0.2 * full < picture.image.mean() < 0.7 * full and picture.image.max() <= full
    light = picture.truth().radiance_factor
    assert np.corrcoef(light.ravel(), picture.image.ravel())[0, 1] > 0.8


def test_windows_have_the_bits_of_the_whole_frame():
    wanted = [(0, 0, 9, 7), (31, 50, 64, 65), (120, 159, 40, 1), (159, 0, 1, 160)]
    moving = pose_at((0, 0, 800), 15, v_site=(60.0, 5.0, -30.0), omega_body=(0.0, 0.5, 2.0))
    for pose in (POSE, moving):
        camera = camera_of(160, psf_px=1.3, exposure_s=2e-3)
        whole = taken(camera, pose)
        parts = taken(camera, pose, windows=wanted)
        truth = whole.truth()
        for number, (row, col, rows, cols) in enumerate(wanted):
            at = (slice(row, row + rows), slice(col, col + cols))
            assert np.array_equal(parts.images[number], whole.image[at])
            assert np.array_equal(parts.truth(number).depth_m, truth.depth_m[at], equal_nan=True)


def test_the_draws_are_those_of_key_number_and_name():
    first = taken()
    assert np.array_equal(first.image, taken().image)
    assert not np.array_equal(first.image, taken(number=3).image)
    assert np.array_equal(first.truth().u_m, taken(number=3).truth().u_m)
    assert not np.array_equal(first.truth().u_m, taken(key=6).truth().u_m)
    camera = camera_of(160)
    lean = np.degrees([draw_mounting(camera, key).lean_rad for key in range(300)])
    assert lean.std() == pytest.approx(camera.misalignment_deg, rel=0.1)
    off = camera_of(160, position_error_m=0.01)
    assert np.std([draw_mounting(off, key).off_m for key in range(300)]) == pytest.approx(
        0.01, rel=0.1
    )


def test_a_mounting_error_turns_the_picture_by_its_angle():
    camera, px = camera_of(160), np.array([[79.5, 79.5]])
    straight = look(ground_of(True), camera, pose_at((0, 0, 800)), SUN)
    lean = math.radians(0.5)
    turned = look(
        ground_of(True), camera, pose_at((0, 0, 800)), SUN, mounting=Mounting((lean, 0.0, 0.0))
    )
    (a,), (b,) = (s.view.directions(s.pinhole.rays(px)) for s in (straight, turned))
    assert math.acos(float(a @ b)) == pytest.approx(lean, rel=1e-5)
    # a turn about x moves what is ahead up or down the image, not across
    assert abs(float((b - a) @ straight.view.axes_site[0])) < 1e-9


def test_electrons_are_those_of_a_black_body_s_band():
    for low, high in ((450.0, 850.0), (300.0, 5000.0)):
        # Planck's photons [1/(m^3 s)] at the Sun, seen from 1 au as 1361 W/m^2
        planck, _ = quad(
            lambda x: 2e27 * math.pi * C / x**4 / math.expm1(H * C / (x * 1e-9 * K * 5772.0)),
            low, high,
        )  # fmt: skip
        share = 1361.0 / (SIGMA * 5772.0**4)
        assert solar_photons(low, high) == pytest.approx(planck * share, rel=2e-3)
    camera = camera_of(64, f_number=2.0, pixel_um=10.0, efficiency=0.5)
    by_hand = solar_photons(450.0, 850.0) / 16.0 * 1e-10 * 0.5
    assert electrons_per_second(camera) == pytest.approx(by_hand, rel=1e-12)
    flat = taken(camera_of(64), pose_at((0, 0, 800)), sun_at(0, 40), True, key=None)
    light = flat.truth().radiance_factor.mean() * electrons_per_second(camera_of(64))
    mean = light * flat.exposure_s / 20000.0 * 255.0
    assert flat.image.mean() == pytest.approx(mean, abs=0.5)


@pytest.mark.parametrize("elevation", [4.0, 10.0, 20.0, 40.0, 80.0])
def test_the_exposure_follows_the_sun_up_to_the_longest(elevation):
    free = camera_of(96, exposure_s=0.5)
    picture = taken(free, sun=sun_at(70, elevation))
    share = np.mean(picture.image == 255)
    assert share < 0.05 and np.percentile(picture.image, 99) > 90
    short = taken(camera_of(96, exposure_s=1e-5), sun=sun_at(70, elevation))
    assert short.exposure_s == 1e-5 and short.image.max() < 60


def test_motion_draws_points_out_by_the_way_of_the_scene():
    camera = camera_of(160, exposure_s=0.02)
    f = camera.focal_px
    pose = pose_at((0, 0, 800), 0.0, v_site=(50.0, 0.0, 0.0))
    scene = look(ground_of(True), camera, pose, SUN)
    motion = motion_of(scene, pose, 0.02)
    # moving east, towards the top of the image, the ground goes down it
    assert motion.flow[1].mean() == pytest.approx(f * 50.0 * 0.02 / 800.0, rel=2e-3)
    assert np.abs(motion.flow[0]).max() < 0.01
    spun = pose_at((0, 0, 800), 0.0, omega_body=(0.0, 0.0, 1.0))
    flow = motion_of(scene, spun, 0.02).flow
    # a turn about the boresight by 0.02 rad: a vortex, still in the middle
    assert np.abs(flow[:, 0, 0]).max() == pytest.approx(79.5 * 0.02, rel=1e-2)
    assert motion_of(scene, pose_at((0, 0, 800)), 0.02) is None
    # along the motion the picture loses its contrast, across it keeps it
    rough = ground_of()
    still = take_picture(rough, camera, pose_at((0, 0, 200)), SUN, key=None, exposure_s=2e-3)
    moved = take_picture(
        rough, camera, pose_at((0, 0, 200), v_site=(4000.0, 0.0, 0.0)), SUN, key=None,
        exposure_s=2e-3,
    )  # fmt: skip
    down, across = (
        np.abs(np.diff(moved.image.astype(float), axis=axis)).mean()
        / np.abs(np.diff(still.image.astype(float), axis=axis)).mean()
        for axis in (0, 1)
    )
    assert down < 0.8 * across


def test_night_is_refused_unless_asked_for():
    with pytest.raises(ViewError, match=r"12\.0 deg below the horizon; give exposure_s"):
        taken(sun=sun_at(70, -12.0))
    dark = taken(camera_of(160, read_noise_e=200.0), sun=sun_at(70, -12.0), exposure_s=1e-3)
    assert 0 < dark.image.mean() < 3


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"exposure_s": 0.0}, "exposure_s"),
        ({"exposure_s": 1.0}, "longest is 0.002 s"),
        ({"exposure_s": math.nan}, "exposure_s"),
        ({"windows": []}, "windows is empty"),
        ({"windows": [(0, 0, 161, 5)]}, "not inside the frame"),
        ({"windows": [(0, -1, 5, 5)]}, "window"),
        ({"windows": [(0, 0, 5)]}, "row, column, rows and columns"),
        ({"windows": [(0, 0, 0, 5)]}, "not inside the frame"),
        ({"number": -1}, "number"),
        ({"photometry": "mirror"}, "choose one of"),
        ({"pose": Pose((0, 0, 800), (1, 0, 0, 0), (math.nan, 0, 0))}, "v_site"),
        ({"pose": Pose((0, 0, 800), (1, 0, 0, 0), (1e9, 0, 0))}, "expose shorter"),
    ],
)
def test_what_makes_no_picture_is_refused_in_one_line(keys, line):
    with pytest.raises(ValueError, match=line) as why:
        taken(**keys)
    assert "\n" not in str(why.value)
