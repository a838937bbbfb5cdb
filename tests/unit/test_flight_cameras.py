"""Cameras in the loop: which looks down, what it shows, and whose poses are kept."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from farside.ext.loop._flight import Event
from farside.flight.camera_place import SHARED, place_of
from farside.flight.cameras import FlightCameras
from farside.flight.coarse import steered_rows
from farside.flight.eyes import Eyes, map_spec
from farside.flight.health import UNITS
from farside.flight.kinds import Kinds
from farside.flight.landmarks import ANEW, LandmarkFixes, records_of
from farside.flight.motion import BEAMS, MotionFixes
from farside.flight.tasks import turned_with
from farside.flight.telemetry import ROW
from farside.flight.wiring import wire
from farside.mission import MissionError, load_mission
from farside.mission.camera import Camera
from farside.mission.pinhole import Pinhole
from farside.navigation import Trust
from farside.vision.camera_check import WORTH, CameraCheck
from farside.vision.trn_result import MATCH, TrnCode, TrnResult
from farside.vision.view import CameraView

MISSION = load_mission("chang-e-6")


@pytest.fixture(scope="module")
def flight():
    return wire(MISSION, seed=1, nominal=False, dems=(), imaging=False, flat=True)


@pytest.fixture
def flown(flight):
    flight.turn(1)
    return flight


def test_a_pose_is_kept_until_all_that_wait_for_it_have_it(flown):
    cameras = FlightCameras(flown)
    tick = cameras.keep_pose()
    assert tick == flown.loop.tick_count - 1 and cameras.keep_pose() == tick
    cameras.drop_pose(tick)
    cameras.drop_pose(tick)
    with pytest.raises(KeyError):
        cameras.drop_pose(tick)


def test_where_no_clone_is_free_no_pose_is_kept(flown):
    cameras, kept = FlightCameras(flown), []
    while (tick := cameras.keep_pose()) >= 0:
        kept.append(tick)
        flown.turn(1)
        assert len(kept) < 20
    assert len(kept) >= 4
    for tick in kept:
        cameras.drop_pose(tick)
    assert cameras.keep_pose() >= 0


def test_one_image_serves_all_who_ask_at_a_tick(flown):
    cameras = FlightCameras(flown)
    first = cameras.take(0)
    assert cameras.take(0) is first
    window = cameras.take(0, 64)
    assert window.image.shape == (64, 64) and window is not first
    flown.turn(1)
    assert cameras.take(0) is not first


def test_the_descent_camera_looks_down_in_braking(flown):
    cameras, row = FlightCameras(flown), flown.flown[-1]
    cosines = [cameras.nadir_cosine(i, row) for i in range(2)]
    assert cosines[0] > 0.9 > cosines[1]


def test_the_middle_of_an_image_has_the_rays_of_the_whole():
    whole = Camera(name="c", pixels=(1024, 800), distortion=(-0.1, 0.01, 0.0, 0.0, 0.0))
    middle = whole.window(256)
    assert middle.pixels == (256, 256)
    px = np.array([[0.0, 0.0], [255.0, 100.0], [127.5, 127.5]])
    off = np.array([0.5 * (1024 - 256), 0.5 * (800 - 256)])
    assert np.abs(middle.pinhole.rays(px) - whole.pinhole.rays(px + off)).max() < 1e-12
    assert whole.window(4096).pixels == (1024, 800)


def test_matches_of_an_image_are_worth_fewer_and_share_a_bias():
    lens = Pinhole(512, 512, (600.0, 600.0), (255.5, 255.5))
    down = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    view = CameraView(lens, np.array([0.0, 0.0, 6000.0]), down)
    matches = np.zeros(48, MATCH)
    matches["variance_px2"] = 0.09
    result = TrnResult(TrnCode.FIX, matches, view, np.eye(6), bias_m=5.0, height_m2=30.0)
    records = records_of(result, view)
    variance = records["variance_px2"]
    bias_px = ANEW * 5.0 * 600.0 / 6000.0
    # the mean of n
    assert variance[0, 0] / 48 == pytest.approx(0.09 / WORTH + bias_px**2)
    assert (records["height_variance_m2"] == 30.0).all()
    assert (variance[:, 1] == 0.0).all() and (variance[:, 0] == variance[:, 2]).all()


def check_of(statistic, place=(0.0, 0.0, 6000.0)):
    spread = np.array([[900.0, 0.0, 0.0], [0.0, 400.0, 0.0], [0.0, 0.0, 25.0]])
    turn, shift_px, both = np.zeros(3), np.array([20.0, 0.0]), np.diag([1e-6] * 3 + [4.0] * 2)
    prior = np.diag([4e-4**2] * 3 + [0.25] * 2)
    return CameraCheck(statistic, turn, shift_px, both, np.array(place), spread, prior)


def test_the_place_of_a_camera_that_is_off_is_that_of_the_centre_of_mass():
    row = np.zeros(1, ROW)[0]
    row["tick"], row["nav_r_site"] = 51234, [-3000.0, 40.0, 5990.0]
    down = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    lens = Pinhole(512, 512, (600.0, 600.0), (255.5, 255.5))
    known = CameraView(lens, np.array([-2999.0, 41.0, 5991.0]), down)
    (record,) = place_of(row, known, check_of(90.0, (-2949.0, 31.0, 6001.0)))
    assert record["tick"] == 51234
    assert record["place_m"].tolist() == [-2950.0, 30.0]
    assert record["axis"].tolist() == [1.0, 0.0]
    assert record["variance_m2"].tolist() == [900.0, 400.0]
    assert record["common_m2"] == SHARED * 400.0


def test_a_fix_of_a_camera_that_is_off_is_none(flown):
    cameras = FlightCameras(flown)
    fixes = LandmarkFixes(flown, cameras, SimpleNamespace(image_map=None), Kinds(flown))
    down = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
    lens = Pinhole(512, 512, (600.0, 600.0), (255.5, 255.5))
    view = CameraView(lens, np.array([0.0, 0.0, 6000.0]), down)

    def told(statistic, code=TrnCode.FIX):
        result = TrnResult(code, np.zeros(0, MATCH), view, np.eye(6), check=check_of(statistic))
        return fixes._watched(0, result).code

    assert told(3.0) is TrnCode.FIX
    # what is no fix counts for nothing
    assert told(500.0, TrnCode.DISAGREE) is TrnCode.DISAGREE and told(3.0) is TrnCode.FIX
    assert [told(31.0), told(31.0)] == [TrnCode.FIX, TrnCode.CAMERA]
    assert cameras.watches[0].off and not cameras.watches[1].off
    # craters say nothing of their camera: they go by what patches said of it
    craters = TrnResult(TrnCode.FIX, np.zeros(0, MATCH), view, np.eye(6))
    assert [fixes._watched(k, craters).code for k in (0, 1)] == [TrnCode.CAMERA, TrnCode.FIX]
    assert told(3.0) is TrnCode.FIX


def test_speed_of_a_camera_that_is_off_is_taken_where_nothing_else_tells_it(flown):
    beams = [name for name in UNITS[BEAMS] if name.startswith("velocimeter.beam")]
    assert len(beams) == 3
    motion = MotionFixes(flown, FlightCameras(flown))
    telemetry = np.zeros(2, ROW)
    motion._flight = SimpleNamespace(flown=telemetry)
    assert motion._speed_is_heard()
    telemetry["trust"][-1, 3] = Trust.TRUST_SILENT
    assert not motion._speed_is_heard()


def test_the_approach_is_steered_from_the_end_of_braking_to_the_hover(flight):
    names = [MISSION.phases[row].name for row in steered_rows(flight)]
    assert names == ["adjust", "approach"]


def test_the_map_has_the_errors_of_its_table():
    mission = MISSION.replace(
        {
            "terrain_navigation.map.resolution_m": 24.0,
            "terrain_navigation.map.registration_m": [5.0, 6.0, 7.0],
            "terrain_navigation.map.sun_elevation_deg": 30.0,
        }
    )
    spec = map_spec(mission)
    assert spec.resolution_m == 24.0 and spec.registration_sigma_m == (5.0, 6.0, 7.0)
    assert spec.sun.elevation_deg == 30.0


def test_a_mission_without_cameras_has_nothing_to_do_beside_the_loop(flight):
    assert Eyes(replace(flight, mission=load_mission("apollo-11"))).tasks == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("terrain_navigation.cameras", ["nose"], "nose is no camera of sensors.camera"),
        ("terrain_navigation.cameras", ["landing", "landing"], "landing is named twice"),
        ("odometry.camera", "nose", "nose is no camera"),
        ("odometry.window_px", 333, "333 is odd"),
        ("odometry.height_least_m", 5000.0, "is not below height_most_m"),
        ("terrain_navigation.height_least_m", 30000.0, "is not below height_most_m"),
        ("terrain_navigation.map.resolution_m", 1.0, "resolution_m"),
    ],
)
def test_keys_that_cannot_be_are_refused(key, value, said):
    with pytest.raises(MissionError, match=said):
        MISSION.replace(key, value)


class Counted:
    """A task that is due every so many ticks."""

    def __init__(self, flight, every):
        self.flight, self.every, self.next, self.done = flight, every, flight.loop.tick_count, []

    def ticks_left(self):
        return max(self.next - self.flight.loop.tick_count, 0)

    def work(self):
        self.done.append(self.flight.loop.tick_count)
        self.next = self.flight.loop.tick_count + self.every


def test_tasks_are_done_at_their_ticks_and_the_flight_goes_on(flight):
    began = flight.loop.tick_count
    tasks = [Counted(flight, 7), Counted(flight, 10)]
    assert turned_with(flight, tasks, 40) == Event.EVENT_NONE
    assert flight.loop.tick_count == began + 40
    assert [tick - began for tick in tasks[0].done] == [0, 7, 14, 21, 28, 35]
    assert [tick - began for tick in tasks[1].done] == [0, 10, 20, 30, 40]
