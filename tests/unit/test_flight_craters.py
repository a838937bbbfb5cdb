"""Craters in the loop: matched with an estimate, found from nothing, held against the patches."""

import numpy as np
import pytest

from farside.flight import eyes as eyes_module
from farside.flight.craters import RIM_POINTS
from farside.flight.eyes import Eyes
from farside.flight.looks import PLACES, Use
from farside.flight.tasks import turned_with
from farside.flight.wiring import wire
from farside.mission import MissionError, load_mission
from farside.vision.crater_catalogue import CraterCatalogue

MISSION = load_mission("slim-like").replace(
    {"odometry.camera": None, "avoidance.coarse.camera": None}
)
ALONE = {"terrain_navigation.cameras": []}


def seen(keys, monkeypatch, seed=1, seconds=308.0):
    """Fly to the first images, over the coarsest level of the map alone."""
    monkeypatch.setattr(eyes_module, "LEVELS", eyes_module.LEVELS[:1])
    mission = MISSION.replace(keys) if keys else MISSION
    flight = wire(mission, seed=seed, nominal=False, dems=(), imaging=False)
    eyes = Eyes(flight)
    turned_with(flight, eyes.tasks, round(100.0 * seconds))
    return flight, eyes


@pytest.mark.slow
def test_a_place_that_is_unsure_is_found_from_nothing_and_then_followed(monkeypatch):
    """2.0 km (1 sigma) at the first image, 2.8 km off; here the gate is said to bear 0.5 km."""
    far = {
        "dispersions.knowledge_position_m": 15000.0,
        "terrain_navigation.craters.lost_sigma_m": 500.0,
    }
    flight, eyes = seen(ALONE | far, monkeypatch)
    first, *others = eyes.looks
    assert first.use == Use.CRATERS and first.taken and "from nothing" in first.verdict
    assert np.hypot(*first.off_m) > 2000.0
    counts = flight.loop.images_taken
    assert counts["places"]["taken"] >= 1
    followed = [look for look in others if "from nothing" not in look.verdict]
    assert followed and followed[-1].taken and followed[-1].error_m < 30.0
    assert counts["landmarks"]["taken"] == sum(look.taken for look in followed)
    # rims of what was matched, each about its middle
    look = followed[-1]
    assert look.outlines_px.shape == (len(look.found_px), RIM_POINTS, 2)
    middles = look.outlines_px[:, :-1].mean(axis=1)
    off = np.hypot(*(middles - look.found_px).T)
    assert np.median(off) < 3.0  # px: the middle is found to a pixel


@pytest.mark.slow
def test_an_error_of_23_km_that_nobody_knows_of_is_found_and_outvotes_the_estimate(monkeypatch):
    """The filter says 0.9 km (1 sigma): images fail, triads find the place, three outvote it."""
    far = {"dispersions.knowledge_position_m": 15000.0}
    flight, eyes = seen(ALONE | far, monkeypatch, seed=3, seconds=313.5)
    failed, found = eyes.looks[:3], eyes.looks[3:6]
    assert not any(look.taken or look.off_m for look in failed)
    assert all("from nothing" in look.verdict for look in found)
    assert [look.taken for look in found] == [False, False, True]
    assert np.hypot(*found[0].off_m) > 20e3
    assert eyes.looks[-1].taken and eyes.looks[-1].error_m < 50.0
    assert flight.loop.images_taken["places"]["refused"] == 2


@pytest.mark.slow
def test_where_the_kinds_disagree_neither_is_believed_and_both_say_so(monkeypatch):
    made = CraterCatalogue.of_map.__func__

    def moved(cls, image_map, *args):
        catalogue = made(cls, image_map, *args)
        craters = catalogue.craters.copy()
        craters["u_m"] += 400.0
        return CraterCatalogue(image_map, craters)

    monkeypatch.setattr(CraterCatalogue, "of_map", classmethod(moved))
    flight, eyes = seen({}, monkeypatch, seconds=306.5)
    looks = [look for look in eyes.looks if look.use in PLACES]
    assert {look.use for look in looks} == {Use.LANDMARKS, Use.CRATERS}
    for look in looks:
        assert not look.taken
        assert "the other kind of landmark says" in look.verdict
        assert look.verdict.endswith("m elsewhere")
    assert flight.loop.images_taken["landmarks"]["taken"] == 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("cameras", ["nose"], "nose is no camera of sensors.camera"),
        ("cameras", ["descent", "descent"], "descent is named twice"),
        ("height_least_m", 30000.0, "is not below height_most_m"),
        ("lost_after", 0, "lost_after"),
    ],
)
def test_keys_that_cannot_be_are_refused(key, value, said):
    with pytest.raises(MissionError, match=said):
        MISSION.replace(f"terrain_navigation.craters.{key}", value)


def test_a_mission_that_names_no_camera_has_no_craters():
    assert load_mission("chang-e-6").terrain_navigation.craters.cameras == ()
