"""A place on the image map without an image: the textbook's update, the gate, the way back."""

import numpy as np
import pytest
from assumed_descent import Flight
from test_landmarks import MAP, OFF, TICK, lost, on, started
from twin_images import schmidt

from farside.ext.navigation._filter import CAMERA_SIZE, SIZE
from farside.mission import load_mission
from farside.navigation import FixStatus, Navigator, place_fix

TAKEN, OUTSIDE, FORGOTTEN, UNFIT, *_ = FixStatus
AXIS = np.array([0.8, 0.6])
LEFT = np.array([-0.6, 0.8])


@pytest.fixture(scope="module")
def flight():
    return Flight(4)


@pytest.fixture(scope="module")
def far():
    return Flight(5)


@pytest.fixture(scope="module")
def kept(flight):
    return started(flight)


@pytest.fixture
def navigation(kept):
    return kept.copy()


def place_of(flight, navigation, tick, noise=(0.0, 0.0)):
    """Where the lander truly is: the map of these tests is not shifted."""
    state, off = navigation.state, flight.error(tick, navigation)
    return np.array(state["r_site"])[:2] + off[:2] + noise


def give(navigation, place, tick=TICK, tag=TICK, variance=(400.0, 900.0), common=0.0):
    fix = place_fix(tag, place, AXIS, variance, common)
    return FixStatus(navigation.take_place(tick, fix))


def rows(P):
    """H on east and north, along both axes."""
    H = np.zeros((2, len(P)))
    for i, axis in enumerate((AXIS, LEFT)):
        H[i, :2] = H[i, MAP : MAP + 2] = axis
    return H


def against_map(navigation):
    H = rows(navigation.covariance)
    return np.diag(H @ navigation.covariance @ H.T)


@pytest.mark.slow
def test_it_is_the_textbooks_update(navigation):
    give(navigation, np.array(navigation.state["r_site"])[:2])  # the map has states from here on
    before, P = navigation.state, navigation.covariance
    place = np.array(before["r_site"])[:2] + np.array([3.0, -2.0])
    H = rows(P)
    dx, after = np.zeros(len(P)), P
    for i, variance in enumerate((400.0, 900.0)):  # one axis after the other
        row, left = H[i : i + 1], np.array([3.0, -2.0]) - dx[:2]
        step, after = schmidt(after, row, np.array([[variance]]), row[:, :2] @ left)
        dx = dx + step
    assert give(navigation, place) == TAKEN
    now, scale = navigation.state, np.sqrt(np.diag(P))
    for name, at in (("r_site", 0), ("v_site", 3), ("accel_bias", 12)):
        moved = np.array(now[name]) - before[name]
        assert moved == pytest.approx(dx[at : at + 3], abs=1e-9 * scale[at])
    assert np.abs(dx[:2]).max() > 0.0
    scale[scale == 0.0] = 1.0
    units = np.outer(scale, scale)
    assert navigation.covariance / units == pytest.approx(after / units, abs=1e-9)
    considered = slice(20, SIZE + CAMERA_SIZE)
    np.testing.assert_array_equal(
        navigation.covariance[considered, considered], P[considered, considered]
    )


def test_three_kilometres_that_are_known_of_are_gone(far):
    flight = far
    navigation = lost(flight, OFF, 1000.0)
    assert np.hypot(*flight.error(TICK, navigation)[:2]) > 2000.0
    assert give(navigation, place_of(flight, navigation, TICK, (12.0, -15.0))) == TAKEN
    assert np.hypot(*flight.error(TICK, navigation)[:2]) < 60.0
    values = np.linalg.eigvalsh(navigation.covariance)
    assert values.min() > -1e-9 * values.max()


def test_three_kilometres_that_nobody_knows_of_are_outvoted(far):
    """Two places are refused and counted, the third is taken, and what follows agrees."""
    flight, codes = far, []
    navigation = lost(flight, OFF, 50.0)
    for tick in range(TICK, TICK + 500, 100):
        place = place_of(flight, navigation, tick, (10.0, -8.0))
        codes.append(give(navigation, place, tick, tick))
        on(flight, navigation, tick + 1, tick + 100)
    assert codes == [OUTSIDE, OUTSIDE, TAKEN, TAKEN, TAKEN]
    assert np.hypot(*flight.error(tick + 100, navigation)[:2]) < 60.0


def test_one_wrong_place_changes_nothing(flight, navigation):
    place = place_of(flight, navigation, TICK)
    assert give(navigation, place) == TAKEN
    kept, P = navigation.state["r_site"], navigation.covariance
    assert give(navigation, place + 2000.0) == OUTSIDE
    assert give(navigation, place - 2000.0, TICK, TICK - 1) == OUTSIDE
    assert navigation.state["r_site"] == kept
    np.testing.assert_array_equal(navigation.covariance, P)
    assert give(navigation, place) == TAKEN
    count = navigation.state["places"]
    assert (count["taken"], count["refused"], count["vote"]["agreed"]) == (2, 2, 0)


def test_what_all_places_share_stays(far):
    """No number of them takes the place's variance on the map below it."""
    navigation = lost(far, np.zeros(3), 1000.0)
    here = np.array(navigation.state["r_site"])[:2]
    for _ in range(40):
        assert give(navigation, here, variance=(500.0, 600.0), common=400.0) == TAKEN
        assert np.all(against_map(navigation) > 399.9)
    assert against_map(navigation) == pytest.approx(400.0, rel=0.03)


def test_a_late_place_takes_its_clone(flight, kept):
    in_time, late = kept.copy(), kept.copy()
    place = place_of(flight, in_time, TICK)
    in_time.propagate_covariance()
    assert give(in_time, place) == TAKEN
    late.clone_pose(TICK)
    silent = flight.measured[TICK + 1 : TICK + 101].copy()
    for name in ("star", "range", "velocity", "height"):
        silent[f"{name}_valid"] = 0
    for navigation in (in_time, late):
        navigation.navigate(TICK + 1, silent, np.zeros((100, 10)))
    assert give(late, place, TICK + 100, TICK) == TAKEN
    assert late.state["r_site"] == pytest.approx(in_time.state["r_site"], abs=0.02)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("place_m", np.nan), ("place_m", np.inf), ("place_m", 1e300), ("axis", 0.0),
        ("axis", np.nan), ("variance_m2", 0.0), ("variance_m2", np.nan), ("variance_m2", 1e13),
        ("common_m2", -1.0), ("common_m2", np.nan), ("common_m2", np.inf),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_refused(navigation, name, value):
    kept = navigation.state["r_site"]
    fix = place_fix(TICK, kept[:2], AXIS, (400.0, 900.0))
    fix[name] = value
    assert FixStatus(navigation.take_place(TICK, fix)) == UNFIT
    assert navigation.state["r_site"] == kept


def test_ticks_that_are_not_remembered(navigation):
    place = np.array(navigation.state["r_site"])[:2]
    for tag in (TICK - 100, TICK + 1, -1, 2**62, -(2**62)):
        assert give(navigation, place, tag=tag) == FORGOTTEN


def test_the_navigator_for_other_loops_has_the_door():
    """And no answer before the first tick."""
    first = {"r_site": (0.0, 0.0, 2000.0), "v_site": (0.0, 0.0, -30.0)}
    navigator = Navigator(load_mission("chang-e-6"), **first, q_site_body=(1.0, 0.0, 0.0, 0.0))
    assert navigator.take_place(place_fix(0, (5.0, 0.0), AXIS, (4.0, 9.0))).name == (
        "FIX_NO_NAVIGATOR"
    )
    navigator.tick(0)
    place = navigator.estimate["filter_r_site"][0][:2] + np.array([50.0, 0.0])
    assert navigator.take_place(place_fix(0, place, AXIS, (4.0, 9.0))) == TAKEN
    moved = navigator.tick(1)["filter_r_site"][0][:2] - (place - [50.0, 0.0])
    assert moved == pytest.approx([50.0, 0.0], abs=3.0)
    assert navigator.core.places_taken["taken"] == 1
