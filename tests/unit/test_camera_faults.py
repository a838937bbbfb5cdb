"""Faults of cameras: what each makes of images, and that no flight takes a wrong place of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from farside.flight import MissionWarning, land
from farside.flight.camera_faults import CameraFaults, shifted
from farside.flight.looks import Use
from farside.mission import MissionError, load_mission
from farside.mission.attitude import rotation_matrix
from farside.mission.camera import Camera
from farside.mission.faults import parse_fault, with_faults
from farside.report.verdict import refused_line

LEFT = Camera(name="left", pixels=(32, 16), bits=10)
RIGHT = Camera(name="right", pixels=(32, 16), bits=10)
SCENE = np.random.default_rng(4).integers(0, 1024, (16, 32)).astype(np.uint16)


def faults(*lines):
    mission = SimpleNamespace(faults=[parse_fault(line) for line in lines])
    return CameraFaults(mission, 7, range(len(lines)))


def test_nothing_fails_without_faults_or_before_them():
    assert faults().spoil(LEFT, SCENE, 5, {}, 0) is SCENE
    failing = faults("camera zero from 1 s")
    assert failing.spoil(LEFT, SCENE, 99, {0: None}, 0) is SCENE
    assert failing.spoil(LEFT, SCENE, 99, {0: 100}, 0) is SCENE


@pytest.mark.parametrize("kind", ["silent", "zero"])
def test_lost_and_dark_images_are_empty_while_it_lasts(kind):
    failing = faults(f"camera.left {kind} from 1 s for 2 s")
    assert not failing.spoil(LEFT, SCENE, 100, {0: 100}, 0).any()
    assert not failing.spoil(LEFT, SCENE, 299, {0: 100}, 1).any()
    assert failing.spoil(LEFT, SCENE, 300, {0: 100}, 2) is SCENE
    assert failing.spoil(RIGHT, SCENE, 100, {0: 100}, 3) is SCENE


def test_a_frozen_camera_repeats_its_last_image():
    failing = faults("camera stuck from 1 s")
    first, later = SCENE, SCENE[::-1].copy()
    failing.spoil(LEFT, first, 50, {0: None}, 0)
    for number, tick in enumerate((100, 900)):
        assert failing.spoil(LEFT, later, tick, {0: 100}, number) is first
    # one that has taken none has nothing to repeat
    assert not failing.spoil(RIGHT, later, 100, {0: 100}, 3).any()


def test_saturated_and_shifted():
    most = faults("camera saturated 0.25 from 1 s").spoil(LEFT, SCENE, 100, {0: 100}, 0)
    assert np.array_equal(most, np.minimum(SCENE, 256))
    moved = faults("camera shifted 3 from 1 s").spoil(LEFT, SCENE, 100, {0: 100}, 0)
    assert np.array_equal(moved[:, 3:], SCENE[:, :-3])
    assert np.array_equal(moved[:, :3], np.repeat(SCENE[:, :1], 3, axis=1))
    assert np.array_equal(shifted(SCENE, -2)[:, :-2], SCENE[:, 2:])


def test_noise_is_so_many_times_that_of_electrons():
    """k^2 - 1 times the variance is added: of 512 DN of 1023, at the camera's full well."""
    camera = Camera(name="left", pixels=(200, 100), bits=10)
    grey = np.full((100, 200), 512, np.uint16)
    noisy = faults("camera noise 5 from 1 s").spoil(camera, grey, 100, {0: 100}, 0)
    per_dn = camera.full_well_e / 1023.0
    sigma = np.sqrt(24.0 * (512 * per_dn + camera.read_noise_e**2)) / per_dn
    assert noisy.std() == pytest.approx(sigma, rel=0.03)
    assert noisy.mean() == pytest.approx(512.0, abs=0.1 * sigma)
    again = faults("camera noise 5 from 1 s").spoil(camera, grey, 100, {0: 100}, 0)
    assert np.array_equal(noisy, again)


def test_a_late_camera_shows_ground_of_before_and_a_leaning_one_other_ground():
    failing = faults("camera late 0.5 from 1 s")
    rows = np.zeros(400, [("tick", int)])
    rows["tick"] = np.arange(400)
    assert failing.row_seen(LEFT, rows, {0: 100})["tick"] == 349
    assert failing.row_seen(LEFT, rows, {0: None})["tick"] == 399
    assert failing.row_seen(LEFT, rows[:20], {0: 0})["tick"] == 0
    q = np.array([0.8, 0.36, -0.48, 0.0])
    turned = faults("camera misaligned 10 from 1 s").turned(LEFT, q, 100, {0: 100})
    c, s = np.cos(np.radians(10.0)), np.sin(np.radians(10.0))
    about_y = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    assert rotation_matrix(turned) == pytest.approx(rotation_matrix(q) @ about_y, abs=1e-12)


def test_names_of_cameras_are_checked_against_the_mission():
    mission = load_mission("chang-e-6")
    names = [camera.name for camera in mission.sensors.camera]
    assert str(with_faults(mission, [f"camera.{names[0]} stuck from 3 s"]).faults[-1]) == (
        f"camera.{names[0]} stuck from 3 s"
    )
    with pytest.raises(MissionError, match="there is no camera descend; did you mean descent"):
        with_faults(mission, ["camera.descend stuck from 3 s"])
    with pytest.raises(MissionError, match="no camera that could fail"):
        with_faults(load_mission("apollo-11"), ["camera stuck from 3 s"])
    with pytest.raises(MissionError, match="camera does not fail like spike"):
        parse_fault("camera spike from 3 s")
    with pytest.raises(MissionError, match="at most 500"):
        parse_fault("camera shifted 501 from 3 s")


def flown(fault, **keys):
    mission = load_mission("chang-e-6").replace({"odometry.camera": None} | keys)
    return land(mission, seed=3, faults=[fault], cameras=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        "camera stuck from 400 s", "camera noise 20 from 400 s", "camera saturated 0.02 from 400 s",
    ],
)  # fmt: skip
def test_no_wrong_place_comes_of_images_that_show_nothing(fault):
    """It lands, and no image that is taken leaves the place off by more than it says."""
    landing = flown(fault, **{"terrain_navigation.every_s": 12.0})
    rows, facts = landing.telemetry, landing.cameras
    assert landing.outcome == "landed"
    off = (rows["r_site"] - rows["nav_r_site"])[:, :2]
    off = off + np.array([facts.map_off_east_m, facts.map_off_north_m])
    sigma = np.sqrt(rows["nav_r_cov"][:, 0] + rows["nav_r_cov"][:, 3])
    for look in landing.looks:
        if look.use == Use.LANDMARKS and look.taken:
            at = min(round(100.0 * look.time_s) + 100, len(rows) - 1)
            assert np.hypot(*off[at]) < 5.0 * sigma[at], (look.time_s, look.verdict)


@pytest.mark.xfail(reason="60.4 m off at contact where 60 are asked, since decision 075")
@pytest.mark.slow
def test_images_that_are_late_do_not_keep_it_from_landing():
    """Nothing else sees the place up there: it is believed, and wears off on the way down."""
    landing = flown("camera late 0.5 from 400 s")
    assert landing.safe
    assert landing.cameras.place_error_m < 60.0


@pytest.mark.slow
def test_a_camera_that_is_turned_is_named_and_still_tells_the_place():
    landing = flown("camera.descent misaligned 1 from 400 s")
    rows, facts = landing.telemetry, landing.cameras
    assert landing.safe and facts.place_error_m < 10.0
    (worst,) = [span for span in landing.health if span.state == "rejected"]
    assert worst.unit == "camera.descent" and worst.from_s > 400.0 and worst.to_s > 690.0
    assert "camera.descent rejected from" in refused_line(landing.health)
    shift = np.array([facts.map_off_east_m, facts.map_off_north_m])
    off = np.hypot(*(rows["r_site"][:, :2] - rows["nav_r_site"][:, :2] + shift).T)
    assert off.max() < 250.0
    named = [look for look in landing.looks if "turned by" in look.verdict]
    places = [look for look in named if look.taken]
    assert len(places) > 20 and all(look.camera == "descent" for look in named)
    sigma = np.sqrt(rows["nav_r_cov"][:, 0] + rows["nav_r_cov"][:, 3])
    for look in places:
        at = round(100.0 * look.time_s) + 100
        assert off[at] < 5.0 * sigma[at], (look.time_s, look.verdict)


@pytest.mark.slow
def test_a_camera_that_looks_beyond_all_ground_has_dark_images():
    """An engine that is out for good, and no orbit: the lander comes down far from the site."""
    with pytest.warns(MissionWarning, match="dark images from .* the camera sees ground more than"):
        landing = land("chang-e-4", seed=11, cameras=True, faults=["engine cut from 15 s"])
    assert landing.outcome == "crashed"
