"""Faults of the lidar's image: its ranges from where the lander believes to be."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from farside.flight.lidar_faults import LidarFaults
from farside.mission import load_mission
from farside.mission.faults import with_faults

MISSION = load_mission("chang-e-6")
HERE = np.array([3.0, -4.0, 100.0])
Q = np.array([0.96, 0.1, -0.2, 0.16])
Q = Q / np.linalg.norm(Q)
ROW = np.zeros(1, [("tick", "i4"), ("est_r_site", "f8", 3), ("est_q_site_body", "f8", 4)])[0]
ROW["tick"], ROW["est_r_site"], ROW["est_q_site_body"] = 80_000, HERE, Q


def points(n=4000):
    rng = np.random.default_rng(2)
    made = np.column_stack([rng.uniform(-20, 20, (n, 2)), rng.normal(0, 0.2, n)])
    made[::50] = np.nan
    return made


def spoil(line, number=(0, 0)):
    faults = LidarFaults(with_faults(MISSION, [line]), 5, [0])
    return faults.spoil(points(), ROW, number, {0: 79_000})


def ranges(p):
    return np.linalg.norm(p - HERE, axis=1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("lidar bias 0.5 from 1 s", lambda r: r + 0.5),
        ("lidar drift 0.01 from 1 s", lambda r: r + 0.1),  # 10 s after it began
        ("lidar scale 1.2 from 1 s", lambda r: 1.2 * r),
        ("lidar zero from 1 s", lambda r: 0.0 * r),
        ("lidar sign from 1 s", lambda r: r),  # on the other side of the lander
        ("lidar saturated 101 from 1 s", lambda r: np.minimum(r, 101.0)),
    ],
)
def test_ranges(line, told):
    seen = np.isfinite(points()[:, 0])
    out = spoil(line)
    assert np.array_equal(np.isfinite(out[:, 0]), seen)
    assert np.allclose(ranges(out)[seen], told(ranges(points()))[seen], atol=1e-9)
    if "zero" not in line:
        away = np.cross(out - HERE, points() - HERE)[seen]
        assert np.abs(away).max() < 1e-8  # along the same rays


def test_a_share_of_spikes_and_a_noise():
    seen = np.isfinite(points()[:, 0])
    more = (ranges(spoil("lidar spike 2 from 1 s")) - ranges(points()))[seen]
    assert set(np.round(more, 6)) == {0.0, 2.0}
    assert np.mean(more > 1.0) == pytest.approx(0.1, abs=0.02)  # 4 sigma of 3920 draws
    more = (ranges(spoil("lidar noise 5 from 1 s")) - ranges(points()))[seen]
    assert more.std() == pytest.approx(MISSION.sensors.lidar.noise_m * np.sqrt(24.0), rel=0.05)
    for number in ((0, 1), (1, 0)):  # another frame, another scan
        other = (ranges(spoil("lidar noise 5 from 1 s", number)) - ranges(points()))[seen]
        assert not np.array_equal(more, other)


def test_turned_about_body_y():
    seen = np.isfinite(points()[:, 0])
    body = Rotation.from_quat(Q, scalar_first=True)
    turn = body * Rotation.from_rotvec([0.0, np.radians(3.0), 0.0]) * body.inv()
    want = HERE + turn.apply(points()[seen] - HERE)
    assert np.allclose(spoil("lidar misaligned 3 from 1 s")[seen], want, atol=1e-9)


def test_silent_and_stuck():
    assert not np.isfinite(spoil("lidar silent from 1 s")).any()
    assert not np.isfinite(spoil("lidar stuck from 1 s")).any()  # nothing to be stuck at
    faults = LidarFaults(with_faults(MISSION, ["lidar stuck from 1 s"]), 5, [0])
    first, second = points(), points() + 1.0
    assert faults.spoil(first, ROW, (0, 0), {0: None}) is first
    told = faults.spoil(second, ROW, (0, 1), {0: 79_000})
    assert np.array_equal(told, first, equal_nan=True)


def test_a_fault_begins_and_ends_between_frames():
    faults = LidarFaults(with_faults(MISSION, ["lidar silent from 1 s for 2 s"]), 5, [0])
    gone = []
    for tick in (79_999, 80_000, 80_199, 80_200):
        row = ROW.copy()
        row["tick"] = tick
        gone.append(not np.isfinite(faults.spoil(points(), row, (0, 0), {0: 80_000})).any())
    assert gone == [False, True, True, False]


def test_without_a_fault_the_frame_is_the_same_object():
    frame = points()
    assert LidarFaults(MISSION, 5, []).spoil(frame, ROW, (0, 0), {}) is frame


def test_a_wrong_sign_puts_the_ground_above():
    seen = np.isfinite(points()[:, 0])
    assert np.allclose(spoil("lidar sign from 1 s")[seen] + points()[seen], 2.0 * HERE)


def test_a_flag_that_lies_drops_what_returned_and_gives_the_rest():
    seen = np.isfinite(points()[:, 0])
    told = spoil("lidar flag from 1 s")
    assert not np.isfinite(told[seen]).any()
    assert np.array_equal(told[~seen], np.tile(HERE, (np.sum(~seen), 1)))


def passed(line, ticks):
    """Return which frame, by its number, was given at each tick; None for an empty one."""
    faults = LidarFaults(with_faults(MISSION, [line]), 5, [0])
    given = []
    for k, tick in enumerate(ticks):
        row = ROW.copy()
        row["tick"] = tick
        told = faults.spoil(np.full((3, 3), float(k)), row, (0, k), {0: 80_000})
        given.append(int(told[0, 0]) if np.isfinite(told).all() else None)
    return given


def test_late_frames_come_when_they_are_old_enough_and_once():
    # 0 was made before the fault; a gap of 0.5 s, then each 0.5 s or more after it was made
    ticks = [79_990, 80_000, 80_025, 80_050, 80_075, 80_076, 80_200]
    assert passed("lidar late 0.5 from 1 s", ticks) == [0, None, None, 1, 2, None, 5]


def test_each_second_frame_is_the_one_before():
    ticks = range(79_990, 80_040, 10)
    assert passed("lidar duplicated from 1 s", ticks) == [0, 1, 1, 3, 3]
