"""Late measurements: by a clone they are worth what they are in time; the tie of a map."""

import numpy as np
import pytest
from assumed_descent import SETUP, Flight, path
from sample_navigation import MOON

from farside.ext.navigation._filter import MOST_CLONES, PLACES, SIZE

#: When a report was true, when it came in the recorded flight, and how late it comes here.
TRUE = {"range": (70_000, 70_005), "star": (70_000, 70_020)}
LATE = 250


def silent(flight):
    measured = flight.measured.copy()
    for name in ("star", "range", "velocity", "height"):
        measured[f"{name}_valid"] = 0
    return measured


def ends(kind):
    """Navigations that took one measurement in time, late by its clone, and not at all."""
    flight, (tag, came) = Flight(2), TRUE[kind]
    report = flight.measured[came]
    assert report[f"{kind}_valid"]
    assert report[f"{kind}_tick"] == tag
    for at in (0, LATE, None):
        rows = silent(flight)[tag : tag + LATE + 1]
        if at is not None:
            for name in rows.dtype.names:
                if name.startswith((kind, "q_inertial")):
                    rows[name][at] = report[name]
        # one silent for so long is taken back by test: not what is looked at here
        navigation = flight.navigation(
            # the noise of unknown gravity takes the estimated height: one for all
            considered=False,
            gravity_fall_m=1e12,
            # nor is a gate that does not know of what is considered
            health=SETUP["health"] | {"silent_ticks": [10**6] * 7, "gate_1": 1e9, "gate_3": 1e9},
        )
        navigation.navigate(0, flight.measured[:tag], np.zeros((tag, 10)))
        navigation.navigate(tag, rows[:1], np.zeros((1, 10)))
        navigation.clone_pose(tag)
        navigation.navigate(tag + 1, rows[1:], np.zeros((LATE, 10)))
        navigation.forget_clone(tag)
        yield navigation


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["range", "star"])
def test_a_late_measurement_by_its_clone_is_one_in_time(kind):
    """2.5 s late, beyond what the ring remembers.

    With considered states the two are not the same: what is not corrected in time goes on to move
    the velocity, and the late gain knows of it. Here they are left out.
    """
    in_time, late, never = ends(kind)
    scale = np.sqrt(np.diag(in_time.covariance))
    scale[scale == 0.0] = 1.0
    names = ("r_site", "v_site", "gyro_bias", "accel_bias", "relief_m")
    places = [slice(0, 3), slice(3, 6), slice(9, 12), slice(12, 15), 16]
    moved = 0.0
    for name, place in zip(names, places, strict=True):
        one, two, none = (np.array(n.state[name]) for n in (in_time, late, never))
        # 1e-9 of its size, and a millionth of sigma of 2nd order: how far a flight over the
        # relief is, and so what is forgotten of it, is that of the estimate
        assert two == pytest.approx(one, rel=1e-9, abs=1e-6 * np.max(scale[place]))
        moved = max(moved, np.max(np.abs(one - none) / scale[place]))
    assert late.state["q_site_body"] == pytest.approx(in_time.state["q_site_body"], abs=1e-9)
    assert moved > 1e-3
    units = np.outer(scale, scale)
    assert late.covariance / units == pytest.approx(in_time.covariance / units, abs=2e-6)


@pytest.mark.slow
def test_clones_are_bounded_and_given_back():
    navigation = Flight(2).navigation()
    for k in range(MOST_CLONES):
        navigation.clone_pose(k)
    assert navigation.state["size"] == SIZE + 6 * MOST_CLONES
    with pytest.raises(ValueError, match="no clone is free"):
        navigation.clone_pose(MOST_CLONES)
    for k in range(MOST_CLONES - 1, 0, -1):
        navigation.forget_clone(k)
        assert navigation.state["size"] == SIZE + 6 * k
    navigation.forget_clone(0)
    assert navigation.state["size"] == SIZE
    navigation.clone_pose(7)
    assert navigation.covariance[SIZE, SIZE] == navigation.covariance[0, 0]


@pytest.mark.slow
def test_a_clone_is_the_pose_of_its_time():
    """P of a new clone is that of the pose, and stays while the pose goes on."""
    flight = Flight(2)
    navigation = flight.navigation()
    out = np.zeros((1001, 10))
    navigation.navigate(0, flight.measured[:1001], out)
    navigation.clone_pose(1000)
    P = navigation.covariance
    pose = [0, 1, 2, 6, 7, 8]
    assert np.array_equal(P[SIZE:, SIZE:], P[np.ix_(pose, pose)])
    navigation.navigate(1001, silent(flight)[1001:2001], np.zeros((1000, 10)))
    later = navigation.covariance
    assert later[SIZE:, SIZE:] == pytest.approx(P[SIZE:, SIZE:], rel=1e-12)
    assert later[0, 0] > P[0, 0]
    # what the clone has with today's position follows from F alone: e_r + t e_v
    assert later[0, SIZE] == pytest.approx(P[0, SIZE] + 10.0 * P[3, SIZE], rel=1e-3)


@pytest.mark.slow
def test_the_tie_keeps_the_place_in_the_map():
    """After a map is made, velocity that is learnt moves place and tie alike, but not between."""
    flight = Flight(3)
    navigation = flight.navigation()
    navigation.navigate(0, flight.measured[:60_000], np.zeros((60_000, 10)))
    navigation.tie_map()
    tie = PLACES["tie"]
    P = navigation.covariance
    assert P[0, 0] == P[tie, tie] == P[0, tie]
    before = np.array(navigation.place_in_map[:2]) - np.array(navigation.state["r_site"][:2])
    assert before == pytest.approx([0.0, 0.0])
    navigation.navigate(60_000, flight.measured[60_000:], np.zeros((path().count - 60_000, 10)))
    P = navigation.covariance
    against_map = P[0, 0] - 2.0 * P[0, tie] + P[tie, tie]
    # the site is known to 100 m and the place in the map to metres
    assert P[0, 0] > 50.0**2
    assert against_map < 0.02 * P[0, 0]
    moved = np.array(navigation.place_in_map[:2]) - path().r[60_000, :2]
    true = path().r[-1, :2] - path().r[60_000, :2]
    off = np.array(navigation.state["r_site"])[:2] - np.array(navigation.state["tie_m"])
    assert navigation.place_in_map[:2] == pytest.approx(off)
    assert np.isfinite(moved).all()
    assert np.isfinite(true).all()
    assert MOON["radius_m"] > 0.0
