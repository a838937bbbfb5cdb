"""Hazard avoidance without a simulator: points and estimates in, decisions out."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from farside.avoidance import DecisionReason, HazardAvoidance, HoverEstimate, scanning
from farside.mission import load_mission
from farside.mission.place import MissionError
from farside.terrain import ElevationMap

MISSION = load_mission("chang-e-6")
MASS_KG = MISSION.vehicle.dry_mass_kg + 250.0
STEP_M = MISSION.hazards.sidestep_m
SIDES = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}


def hover(east_m=0.0, north_m=0.0, mass_kg=MASS_KG):
    return HoverEstimate((east_m, north_m, 102.0), (0.0, 0.0, 0.0), mass_kg)


def seen(height, here=(0.0, 0.0)):
    """Return the points of ground of heights height(east, north), 0.12 m apart about a place."""
    east, north = np.meshgrid(
        here[0] + np.arange(-28.0, 28.0, 0.12), here[1] + np.arange(-32.0, 32.0, 0.12)
    )
    return np.stack([east, north, height(east, north)], axis=-1).reshape(-1, 3)


def level(east, north):
    return 0.0 * east


def rugged(smoothest="east"):
    """Return ground that is nowhere safe: waves of 5 m, a little lower towards one side."""
    x, y = SIDES[smoothest]

    def height(east, north):
        amplitude = 1.0 - 0.3 * np.tanh((x * east + y * north) / 5.0)
        return amplitude * np.sin(east / 0.8) * np.sin(north / 0.8)

    return height


# ---- what is decided -----------------------------------------------------------------------------


def test_a_safe_site_near_the_lander_is_accepted_at_once():
    avoidance = HazardAvoidance(MISSION)
    assert avoidance.wants_scan
    decision = avoidance.step(hover(), seen(level))
    assert decision.reason == DecisionReason.ACCEPTED and decision.final
    assert decision.target_site == (
        decision.site.east_m,
        decision.site.north_m,
        decision.site.height_m,
    )
    assert abs(decision.site.height_m) < 0.05 and decision.site.clearance_m > 5.0
    assert math.isfinite(decision.heading_rad) and decision.scan_number == 0
    assert decision.scan_from is None and decision.land_here is None
    assert not avoidance.wants_scan and avoidance.scans == 1


@pytest.mark.parametrize("points", [[], np.full((7, 3), np.nan)])
def test_without_a_return_it_lands_below_itself(points):
    decision = HazardAvoidance(MISSION).step(hover(3.0, -2.0), points)
    assert decision.reason == DecisionReason.NO_MAP and decision.final
    assert decision.target_site == decision.land_here == (3.0, -2.0, 0.0)
    assert decision.site is None and decision.heading_rad is None


@pytest.mark.parametrize("side", SIDES)
def test_where_nothing_is_safe_it_scans_again_over_the_smoothest_side(side):
    avoidance = HazardAvoidance(MISSION)
    decision = avoidance.step(hover(), seen(rugged(side)))
    assert decision.reason == DecisionReason.UNSAFE and not decision.final
    far_m = MISSION.avoidance.far_translation * STEP_M
    east, north, up = decision.scan_from
    assert (east, north) == pytest.approx([far_m * part for part in SIDES[side]])
    assert abs(up) < 1.0 and decision.site is None and avoidance.wants_scan


def test_it_never_scans_again_from_where_it_scanned_before():
    """Ground that is smoother to the east of its first hover and to the west of its second."""
    avoidance = HazardAvoidance(MISSION)
    first = avoidance.step(hover(), seen(rugged("east")))
    east_m, north_m, _ = first.scan_from
    again = avoidance.step(
        hover(east_m, north_m),
        seen(lambda e, n: rugged("west")(e - east_m, n - north_m), (east_m, north_m)),
    )
    assert not again.final
    assert math.hypot(again.scan_from[0], again.scan_from[1]) > 0.8 * 1.6 * STEP_M


@pytest.mark.parametrize(
    ("changes", "hovered_s", "mass_kg", "reason"),
    [
        ({"hazards.sidestep_m": 0.0}, 0.0, MASS_KG, DecisionReason.NO_TRANSLATION),
        ({}, 118.5, MASS_KG, DecisionReason.OUT_OF_TIME),
        ({"avoidance.rescan_s": 150.5}, 0.0, MASS_KG, DecisionReason.OUT_OF_TIME),
        ({}, 0.0, MISSION.vehicle.dry_mass_kg + 60.0, DecisionReason.OUT_OF_PROPELLANT),
        ({"avoidance.descent_reserve_s": 900.0}, 0.0, MASS_KG, DecisionReason.OUT_OF_PROPELLANT),
    ],
)
def test_where_no_other_scan_can_follow_the_least_bad_site_is_taken(
    changes, hovered_s, mass_kg, reason
):
    mission = MISSION.replace(changes)
    assert mission.hazards.hover_limit_s == 150.0
    decision = HazardAvoidance(mission).step(
        hover(mass_kg=mass_kg), seen(rugged()), hovered_s=hovered_s
    )
    assert decision.reason == reason and decision.final and decision.site.least_bad


def test_the_best_of_all_scans_is_taken_and_says_which_scan_it_was_found_in():
    """The first ground has a small safe place, the second none."""

    def one_flat(east, north):
        return np.where(np.hypot(east - 9.0, north) < 3.7, 0.0, rugged()(east, north))

    avoidance = HazardAvoidance(MISSION)
    first = avoidance.assess(hover(), seen(one_flat))
    assert not first.best.least_bad
    decision = avoidance.decide(hover(), first)
    assert decision.reason in (DecisionReason.CLOSE, DecisionReason.UNSURE)
    assert math.hypot(decision.scan_from[0], decision.scan_from[1]) == pytest.approx(STEP_M)
    east_m, north_m, _ = decision.scan_from
    second = avoidance.step(
        hover(east_m, north_m), seen(rugged(), (east_m, north_m)), hovered_s=140.0
    )
    assert second.reason == DecisionReason.OUT_OF_TIME
    assert second.scan_number == 0 and second.site == first.best


# ---- keys of the mission -------------------------------------------------------------------------


@pytest.mark.parametrize("stand", ["legs", "disc"])
def test_the_clearance_that_a_site_needs_is_a_key(stand):
    """With 40 navigation errors of clearance asked for no site of the map has enough."""
    key = {"hazards.stand": stand, f"avoidance.{stand}_clearance": 40.0}
    decision = HazardAvoidance(MISSION.replace(key)).step(hover(), seen(level))
    assert decision.reason == DecisionReason.CLOSE
    assert HazardAvoidance(MISSION.replace("hazards.stand", stand)).step(hover(), seen(level)).final


def test_the_distance_to_the_next_hover_is_a_key():
    mission = MISSION.replace({"avoidance.far_translation": 1.0})
    decision = HazardAvoidance(mission).step(hover(), seen(rugged("north")))
    assert decision.scan_from[:2] == pytest.approx((0.0, STEP_M))


def test_the_distance_that_makes_ground_fresh_is_a_key():
    """No ground is new where it takes 9 translations: then the smoothest side is gone to again."""
    mission = MISSION.replace("avoidance.fresh_distance", 9.0)
    avoidance = HazardAvoidance(mission)
    east_m, north_m, _ = avoidance.step(hover(), seen(rugged("east"))).scan_from
    again = avoidance.step(
        hover(east_m, north_m),
        seen(lambda e, n: rugged("west")(e - east_m, n - north_m), (east_m, north_m)),
    )
    assert again.scan_from[:2] == pytest.approx((0.0, 0.0))


def test_the_cells_of_the_divert_cost_are_a_key():
    found = HazardAvoidance(MISSION.replace("avoidance.cost_cells", 64)).assess(
        hover(), seen(level)
    )
    assert found.divert_cost.divert.elevation.shape == (8, 8)
    assert found.divert_cost.cost_kg.shape == (512, 512)


def test_a_fallback_above_the_safe_probability_is_refused():
    with pytest.raises(MissionError, match=r"fallback_probability.*0\.999 is above"):
        MISSION.replace("avoidance.fallback_probability", 0.999)


# ---- its inputs ----------------------------------------------------------------------------------


def test_a_map_of_the_host_is_as_good_as_the_points_it_was_made_of():
    points, lidar = (
        seen(lambda e, n: 0.3 * np.sin(e / 3.0) * np.cos(n / 4.0)),
        MISSION.sensors.lidar,
    )
    by_points = HazardAvoidance(MISSION).assess(hover(), points)
    low_m = -0.5 * 511 * 0.1
    elevation = ElevationMap.from_points(
        points, 0.1, shape=(512, 512), east_m=low_m, north_m=low_m, frame="site"
    )
    by_map = HazardAvoidance(MISSION).assess_map(
        hover(),
        elevation,
        sigma_m=lidar.image_sigma_m,
        spacing_m=lidar.spacing_m(102.0 - float(np.nanmedian(elevation.heights))),
    )
    assert by_map.sites == by_points.sites
    np.testing.assert_array_equal(by_map.hazards.reasons, by_points.hazards.reasons)


def test_a_map_of_another_shape_is_assessed_too():
    elevation = ElevationMap.from_array(np.zeros((200, 300)), 0.2, east_m=-30.0, north_m=-20.0)
    found = HazardAvoidance(MISSION).assess_map(hover(), elevation)
    assert found.hazards.reasons.shape == (200, 300) and not found.best.least_bad


def test_points_without_a_lidar_are_refused_in_one_line():
    apollo = load_mission("apollo-11")
    with pytest.raises(ValueError, match=r"apollo-11 has no lidar; add \[sensors.lidar\]"):
        HazardAvoidance(apollo).step(hover(mass_kg=7500.0), seen(level))


@pytest.mark.slow
def test_nothing_of_a_simulator_is_loaded():
    code = (
        "import sys; import farside.avoidance; "
        "print(*(n for n in sys.modules if n.startswith('farside.')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    folders = {".".join(name.split(".")[1:3]) for name in loaded}
    truth = {"ground", "dynamics", "sensors", "flight"}
    assert not {f for f in folders if f.split(".")[0] in truth}
    assert not {f"ext.{wing}" for wing in (*truth, "loop")} & folders
    assert "avoidance.executive" in folders


def test_the_loop_of_the_page_runs():
    """The code of docs/integrate/avoidance.md, with a host that hovers over level ground."""
    page = (Path(__file__).parents[2] / "docs/integrate/avoidance.md").read_text("utf-8")
    code = page.split("```python\n", 1)[1].split("```", 1)[0]
    steered = []
    host = {
        "scan_the_ground": lambda: seen(level),
        "steer_to": lambda *place, may_land: steered.append((place, may_land)),
        "r_site": (0.0, 0.0, 102.0),
        "v_site": (0.0, 0.0, 0.0),
        "mass_kg": MASS_KG,
        "hovered_s": 20.0,
    }
    exec(code, host)
    assert steered == [((host["decision"].target_site, host["decision"].heading_rad), True)]


def test_a_rehearsal_decides_nothing():
    """Done before, later or never, it leaves the decision as it is."""
    points = seen(level)
    rehearsed, late, never = (
        HazardAvoidance(MISSION, rehearsed=asked) for asked in (True, False, False)
    )
    scanning._REHEARSED.clear()
    late.rehearse()
    assert scanning._REHEARSED and late.scans == 0
    assert rehearsed.step(hover(), points) == late.step(hover(), points)
    assert never.step(hover(), points) == rehearsed.step(hover(), points)
