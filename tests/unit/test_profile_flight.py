"""The altimeter's profile in the closed loop: Chang'e 6 in the dark, its first place 1 km off."""

from functools import cache

import numpy as np
import pytest

from farside.flight import land
from farside.flight.profile import height_map, on_map
from farside.mission import MissionError, load_mission
from farside.vision.image_map import ImageMap, MapLevel

#: Without a camera, and the first place known to 1 km (1 sigma) each way.
DARK = {
    "terrain_navigation.cameras": [],
    "odometry.camera": None,
    "avoidance.coarse.camera": None,
    "dispersions.knowledge_position_m": 3000.0,
}


@cache
def flown(every_s, seed, fault=""):
    mission = load_mission("chang-e-6").replace(
        DARK | {"terrain_navigation.profile.every_s": every_s}
    )
    return land(mission, seed=seed, faults=[fault] if fault else [], cameras=True)


def errors(landing):
    """Error of the place against the onboard map, horizontal [m]; its deviation by the filter."""
    facts, rows = landing.cameras, landing.telemetry
    shift = np.zeros(2)
    if facts is not None:
        shift = np.array([facts.map_off_east_m, facts.map_off_north_m])
    off = (rows["r_site"] - rows["nav_r_site"])[:, :2] + shift
    return np.hypot(*off.T), np.sqrt(rows["nav_r_cov"][:, 0] + rows["nav_r_cov"][:, 3])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4])
def test_a_place_that_is_a_kilometre_off_is_found(seed):
    lost, found = flown(0.0, seed), flown(15.0, seed)
    assert lost.cameras is None
    facts = found.cameras
    assert facts.profile_fixes >= 2
    assert facts.landmark_fixes == 0
    at = 50_000
    assert errors(lost)[0][at] > 800.0
    error, sigma = errors(found)
    assert error[at] < 200.0
    assert error[at] < 3.5 * sigma[at]
    assert found.safe
    assert found.to_dict()["cameras"]["profile_fixes"] == facts.profile_fixes


@pytest.mark.slow
def test_a_stuck_altimeter_gives_no_place():
    """Its ranges repeat: what profile there is, is none of this ground."""
    landing = flown(15.0, 3, "altimeter stuck from 300 s")
    assert landing.cameras.profile_fixes == 0
    assert landing.cameras.profile_refused > 0


@pytest.mark.slow
def test_the_same_flight_has_the_same_bits():
    again = flown.__wrapped__(15.0, 3)
    assert again.telemetry_sha256 == flown(15.0, 3).telemetry_sha256


def test_the_heights_of_an_image_map_stand_where_they_stood():
    rng = np.random.default_rng(5)
    heights = rng.normal(0.0, 50.0, (40, 60)).astype(np.float32)
    level = MapLevel(-1000.0, -500.0, 50.0, 50.0, 4.0, heights, np.full(heights.shape, 9, np.uint8))
    image_map = ImageMap(
        1733e3, 1737400.0, (0.6, 0.8, 0.0), (20.0, 20.0, 10.0), (0.0, 0.0, 1.0), (level,)
    )
    fine, coarse = height_map(image_map, 1), height_map(image_map, 2)
    for i, j in ((0, 0), (7, 31), (39, 59)):
        u, v = level.u0_m + 50.0 * j, level.v0_m + 50.0 * i
        there = image_map.points([u], [v], [heights[i, j]])
        arcs = fine.arcs(there)[0]
        assert (arcs[0] - fine.u0_m) / fine.cell_m == pytest.approx(j, abs=1e-6)
        assert (arcs[1] - fine.v0_m) / fine.cell_m == pytest.approx(i, abs=1e-6)
        assert arcs[2] == pytest.approx(heights[i, j], abs=1e-4)
    assert coarse.heights_m[3, 5] == pytest.approx(heights[6:8, 10:12].mean(), abs=1e-3)
    assert coarse.u0_m == pytest.approx(fine.u0_m + 0.5 * fine.cell_m)
    assert coarse.cell_m == pytest.approx(2.0 * fine.cell_m)


def test_ranges_beyond_the_map_are_left_out():
    level = MapLevel(
        -1000.0, -1000.0, 50.0, 50.0, 4.0, np.zeros((41, 41), np.float32),
        np.full((41, 41), 9, np.uint8),
    )  # fmt: skip
    image_map = ImageMap(
        1737e3, 1737e3, (1.0, 0.0, 0.0), (20.0, 20.0, 10.0), (0.0, 0.0, 1.0), (level,)
    )
    east = np.arange(-3000.0, 3001.0, 500.0)
    places = np.stack([east, 0.0 * east, 0.0 * east + 500.0], axis=-1)
    looks = np.tile([0.0, 0.0, -1.0], (len(east), 1))
    ranges = np.full(len(east), 500.0)
    ranges[6] = np.nan
    ticks, held, _, left = on_map(
        height_map(image_map, 1), (np.arange(len(east)), places, looks, ranges), 300.0
    )
    assert ticks.tolist() == [5, 7, 12]
    assert held[:, 0].tolist() == [-500.0, 500.0, 3000.0]
    assert np.isfinite(left).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("key", "value"), [("every_s", -1.0), ("search_m", 0.0), ("track_s", 1.0), ("dark_s", -2.0)]
)
def test_keys_out_of_range_are_refused(key, value):
    with pytest.raises(MissionError):
        load_mission("chang-e-6").replace({f"terrain_navigation.profile.{key}": value})
