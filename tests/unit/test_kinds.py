"""Two kinds of landmarks: when they are held against each other, and when they disagree."""

from types import SimpleNamespace

import numpy as np
import pytest

from farside.flight.kinds import COMPARED_S, DIFFER_D2, Kinds, MapPlace, distance2
from farside.flight.looks import Use
from farside.mission import load_mission

MISSION = load_mission("slim-like")
PATCHES, CRATERS = Use.LANDMARKS, Use.CRATERS


def flown(ticks, speed=(0.0, 0.0, 0.0), speed_sigma=0.1):
    """Return a flight of so many ticks at a constant estimated speed."""
    rows = np.zeros(ticks, [("est_v_site", "f8", 3), ("nav_v_cov", "f4", 6)])
    rows["est_v_site"] = speed
    rows["nav_v_cov"][:, [0, 3, 5]] = speed_sigma**2
    return SimpleNamespace(
        mission=MISSION, loop=SimpleNamespace(tick_count=ticks), flown=rows
    )  # fmt: skip


def place(tick, at, sigma=10.0, late=110):
    return MapPlace(tick, tick + late, np.array(at, float), sigma**2 * np.eye(2))


def test_places_that_agree_are_no_alarm_and_others_are_told_in_metres():
    kinds = Kinds(flown(5000))
    kinds.say(PATCHES, place(1000, (0.0, 0.0)))
    kinds.say(CRATERS, place(1000, (30.0, 0.0)))
    # 30 m of 14 m, 1 sigma: 2.1
    assert kinds.apart_m(CRATERS) is None and kinds.apart_m(PATCHES) is None
    kinds.say(CRATERS, place(1000, (0.0, -60.0)))
    assert kinds.apart_m(CRATERS) == pytest.approx(60.0)
    assert kinds.apart_m(PATCHES) == pytest.approx(60.0)


def test_the_bound_is_that_of_its_equation():
    """S of one place is 2 * 100 m^2; east and north each have their own."""
    kinds = Kinds(flown(5000))
    kinds.say(PATCHES, place(1000, (0.0, 0.0)))
    edge = np.sqrt(DIFFER_D2 * 200.0)
    for factor, apart in ((0.99, None), (1.01, pytest.approx(1.01 * edge))):
        kinds.say(CRATERS, place(1000, (0.6 * factor * edge, 0.8 * factor * edge)))
        assert kinds.apart_m(CRATERS) == apart


def test_a_place_is_carried_to_the_other_image_by_the_estimated_speed():
    kinds = Kinds(flown(5000, speed=(-1500.0, 20.0, 0.0), speed_sigma=0.1))
    kinds.say(PATCHES, place(1000, (0.0, 0.0)))
    kinds.say(CRATERS, place(2000, (-15000.0, 200.0)))  # 10 s later
    assert kinds.apart_m(CRATERS) is None
    assert kinds.apart_m(PATCHES) is None  # and back
    kinds.say(CRATERS, place(2000, (-15000.0, 300.0)))
    assert kinds.apart_m(CRATERS) == pytest.approx(100.0)
    # the speed is known to 10 m/s: 100 m in 10 s
    unsure = Kinds(flown(5000, speed=(-1500.0, 20.0, 0.0), speed_sigma=10.0))
    unsure.say(PATCHES, place(1000, (0.0, 0.0)))
    unsure.say(CRATERS, place(2000, (-15000.0, 300.0)))
    assert unsure.apart_m(CRATERS) is None


def test_what_is_not_there_yet_or_of_long_ago_is_not_compared():
    kinds = Kinds(flown(1050))
    kinds.say(PATCHES, place(1000, (0.0, 0.0)))
    kinds.say(CRATERS, place(1000, (500.0, 0.0), late=40))
    assert kinds.apart_m(CRATERS) is None  # the patches are there at 1110
    kinds.say(PATCHES, place(900, (0.0, 0.0)))
    assert kinds.apart_m(CRATERS) == pytest.approx(500.0)
    old = Kinds(flown(9000))
    old.say(PATCHES, place(1000, (0.0, 0.0)))
    old.say(CRATERS, place(1000 + round(100 * COMPARED_S) + 1, (500.0, 0.0)))
    assert old.apart_m(CRATERS) is None


def test_one_kind_alone_has_nobody_to_disagree_with():
    kinds = Kinds(flown(5000))
    kinds.say(CRATERS, place(1000, (0.0, 0.0)))
    kinds.say(CRATERS, place(1400, (900.0, 0.0)))
    assert kinds.apart_m(CRATERS) is None


def test_patches_rest_only_while_craters_are_believed():
    flight = flown(5000)
    kinds = Kinds(flight)
    assert kinds.patches_every_s(4.0) == 4.0
    kinds.believe(CRATERS)
    assert kinds.patches_every_s(4.0) == MISSION.terrain_navigation.craters.patches_every_s == 20.0
    flight.loop.tick_count += 1100  # two images of craters and more have failed
    assert kinds.patches_every_s(4.0) == 4.0
    kinds.believe(PATCHES)
    assert kinds.patches_every_s(4.0) == 4.0


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
def test_the_distance_is_that_of_the_matrix(angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    S, d = turn @ np.diag([4.0, 900.0]) @ turn.T, np.array([3.0, -20.0])
    assert distance2(d, S) == pytest.approx(d @ np.linalg.solve(S, d))
    assert distance2(d, np.zeros((2, 2))) == np.inf
