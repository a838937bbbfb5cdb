"""Coarse avoidance: regions, the cost of moving to them, decisions, and a flight that is moved."""

import math

import numpy as np
import pytest

from farside.avoidance import HoverEstimate
from farside.avoidance.coarse import CoarseAvoidance, CoarseReason, sensed_of
from farside.avoidance.coarse_cost import approach_costs, hover_altitude_m
from farside.avoidance.regions import RegionLimits, best_region, disc_shares
from farside.guidance.optimal import Target, Thrust, optimal_descent
from farside.mission import FlightConfig, MissionError, load_mission, parse_mission
from farside.mission.camera import Camera
from farside.vision.ground_view import GroundGrid
from farside.vision.hazards import ImageHazards
from farside.vision.shown import ImageReason

TEXT = load_mission("chang-e-6").to_toml() + '\n[[sensors.camera]]\nname = "lcam"\n'
#: The mission's own camera for it, canted.
OWN = '[avoidance.coarse]\ncamera = "landing"\n'
MISSION = parse_mission(TEXT.replace(OWN, '[avoidance.coarse]\ncamera = "lcam"\n'))
CONFIG = FlightConfig.of(MISSION)
AIM = (0.0, 0.0, 0.0)
#: At the end of the attitude adjustment of a flight of Chang'e 6, looking at the site.
HIGH = HoverEstimate((1760.0, 5.0, 2390.0), (-32.0, 0.0, -33.0), 2030.0)
SUN = (0.6, 0.5, 0.62)


def hazards(bad, unknown=None, cell_m=2.5, half_m=360.0):
    """Return a map whose cells are bad where `bad(east, north)` says so."""
    grid = GroundGrid.about((0.0, 0.0), half_m, cell_m)
    east, north = np.meshgrid(*grid.places())
    chance = np.where(bad(east, north), 0.9, 0.0).astype(np.float32)
    reasons = np.where(bad(east, north), ImageReason.CRATER, 0).astype(np.uint16)
    if unknown is not None:
        chance[unknown(east, north)] = 1.0
        reasons[unknown(east, north)] = ImageReason.OUTSIDE
    zero = np.zeros(chance.shape, np.float32)
    return ImageHazards(grid, chance, reasons, zero, zero, zero)


def quaternion_towards(place):
    """Return the attitude of a lander whose engine points at the site, body x eastwards."""
    z = np.array(place) / np.linalg.norm(place)
    y = np.cross(z, (1.0, 0.0, 0.0))
    y /= np.linalg.norm(y)
    m = np.stack([np.cross(y, z), y, z], axis=1)
    w = 0.5 * math.sqrt(1.0 + np.trace(m))
    turn = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    return (w, *(turn / (4.0 * w)))


ATTITUDE = quaternion_towards(HIGH.r_site)


def test_shares_are_means_over_discs():
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.0, 1.0, (60, 70)).astype(np.float32)
    shares = disc_shares(chance, 6.4)
    row, col = np.mgrid[:60, :70]
    for r, c in ((20, 30), (6, 6), (53, 63)):
        inside = (row - r) ** 2 + (col - c) ** 2 <= 6.4**2
        assert shares[r, c] == pytest.approx(chance[inside].mean(), abs=1e-4)
    assert (shares[:6] == 1.0).all() and (disc_shares(chance, 40.0) == 1.0).all()


def test_the_region_without_hazards_is_found():
    clear = (150.0, -100.0)
    found = hazards(lambda e, n: np.hypot(e - clear[0], n - clear[1]) > 55.0)
    here, best = best_region(found, (0.0, 0.0), RegionLimits(50.0, 300.0))
    assert math.hypot(best.east_m - clear[0], best.north_m - clear[1]) < 10.0
    assert best.share == 0.0 and here.share == pytest.approx(0.9, abs=0.01)
    assert here.reasons[0][0] == ImageReason.CRATER and best.reasons == ()


def test_of_equal_regions_the_nearest_to_the_aim():
    _, best = best_region(hazards(lambda e, n: e < -1e9), (20.0, 10.0), RegionLimits(50.0, 300.0))
    assert best.moved_m < 2.5


def test_reach_and_propellant_bound_the_choice():
    clear = (200.0, 0.0)
    found = hazards(lambda e, n: np.hypot(e - clear[0], n - clear[1]) > 55.0)
    _, near = best_region(found, (0.0, 0.0), RegionLimits(50.0, 100.0))
    assert near.moved_m <= 100.0 and near.share > 0.5
    cost = np.broadcast_to(np.maximum(found.grid.places()[0], 0.0) * 0.1, found.probability.shape)
    _, cheap = best_region(found, (0.0, 0.0), RegionLimits(50.0, 300.0, 10.0), cost)
    assert cheap.extra_kg <= 10.0 and cheap.east_m <= 100.0
    _, worth = best_region(found, (0.0, 0.0), RegionLimits(50.0, 300.0, share_per_kg=1.0), cost)
    assert worth.extra_kg < 1.0
    _, none = best_region(found, (0.0, 0.0), RegionLimits(400.0, 300.0))
    assert none is None


def test_unknown_ground_is_not_chosen():
    found = hazards(lambda e, n: e < 0.0, unknown=lambda e, n: e >= 0.0)
    _, best = best_region(found, (100.0, 0.0), RegionLimits(50.0, 300.0))
    assert best.east_m < -50.0 and best.share == pytest.approx(0.9, abs=0.01)


def test_a_cell_costs_what_the_descent_to_its_hover_costs():
    grid = GroundGrid.about((0.0, 0.0), 300.0, 5.0)
    costs = approach_costs(CONFIG, HIGH, AIM, grid, 25.0)
    com_m = float(CONFIG.vehicle.com_height_m(HIGH.mass_kg))
    base = np.array(HIGH.r_site) - (0.0, 0.0, com_m)
    hover = hover_altitude_m(CONFIG)
    assert hover == 100.0

    def alone(east, north):
        return optimal_descent(
            base, HIGH.v_site, HIGH.mass_kg, Thrust.of(CONFIG, CONFIG.guidance.plan.margin),
            target=Target((east, north, hover)),
        ).propellant_kg  # fmt: skip

    assert costs.aim_kg == pytest.approx(alone(0.0, 0.0), abs=0.01)
    for row, col in ((10, 20), (100, 60), (60, 110)):
        east, north = grid.places()[0][col], grid.places()[1][row]
        asked = alone(east, north) - costs.aim_kg
        assert costs.extra_kg[row, col] == pytest.approx(asked, abs=0.05)
    left = HIGH.mass_kg - CONFIG.vehicle.dry_mass_kg
    assert costs.spare_kg == pytest.approx(left - costs.aim_kg)


def test_a_better_region_moves_the_target():
    coarse = CoarseAvoidance(MISSION)
    assert coarse.wants_image(HIGH, ATTITUDE, AIM)
    clear = (-120.0, 80.0)
    found = hazards(lambda e, n: np.hypot(e - clear[0], n - clear[1]) > 60.0)
    decision = coarse.decide(HIGH, ATTITUDE, found, SUN, AIM)
    assert decision.reason == CoarseReason.MOVED and decision.moves
    east, north, up = decision.target_site
    assert math.hypot(east - clear[0], north - clear[1]) < 15.0 and up == 0.0
    assert decision.share_there < 0.05 < decision.share_here
    assert 0.0 <= decision.cost_kg < 10.0 and "% of the ground" in decision.why
    assert not coarse.wants_image(HIGH, ATTITUDE, AIM), "one image at a height"


def test_the_aim_stays_where_it_is_good_or_nothing_is_better():
    good = CoarseAvoidance(MISSION).decide(
        HIGH, ATTITUDE, hazards(lambda e, n: np.hypot(e, n) > 80.0), SUN, AIM
    )
    assert good.reason == CoarseReason.GOOD and good.target_site == AIM and not good.moves
    alike = CoarseAvoidance(MISSION).decide(
        HIGH, ATTITUDE, hazards(lambda e, n: e > -1e9), SUN, AIM
    )
    assert alike.reason == CoarseReason.NO_BETTER and alike.moved_m == 0.0


@pytest.mark.parametrize("value", [0, 255])
def test_a_useless_image_keeps_the_aim_and_says_why(value):
    image = np.full((1024, 1024), value, np.uint8)
    decision = CoarseAvoidance(MISSION).decide(HIGH, ATTITUDE, image, SUN, AIM)
    assert decision.reason == CoarseReason.NO_IMAGE and decision.target_site == AIM
    assert "the aim stays" in decision.why and "\n" not in decision.why
    assert math.isnan(decision.share_here)


def test_an_image_is_wanted_where_the_camera_sees_the_target():
    coarse = CoarseAvoidance(MISSION)
    above = HoverEstimate((1760.0, 5.0, 2450.0), HIGH.v_site, HIGH.mass_kg)
    low = HoverEstimate((20.0, 0.0, 400.0), HIGH.v_site, HIGH.mass_kg)
    assert not coarse.wants_image(above, ATTITUDE, AIM)
    assert not coarse.wants_image(low, (1.0, 0.0, 0.0, 0.0), AIM)
    assert not coarse.wants_image(HIGH, (1.0, 0.0, 0.0, 0.0), AIM), "looks straight down"
    blind = parse_mission(TEXT.replace(OWN, "[avoidance.coarse]\n"))
    assert not CoarseAvoidance(blind).wants_image(HIGH, ATTITUDE, AIM)


def test_the_second_image_is_of_its_own_height():
    coarse = CoarseAvoidance(MISSION)
    lower = HoverEstimate((600.0, 0.0, 950.0), (-36.0, 0.0, -55.0), 2010.0)
    tilted = quaternion_towards(lower.r_site)
    found = hazards(lambda e, n: np.hypot(e, n - 110.0) > 55.0)
    decision = coarse.decide(lower, tilted, found, SUN, AIM)
    assert decision.moved_m <= MISSION.avoidance.coarse.reach_again_m
    assert not coarse.wants_image(lower, tilted, AIM)


def test_the_noise_of_a_camera_is_that_of_its_electrons():
    camera = Camera(name="c")
    electrons = math.sqrt(8000.0 + 20.0**2 + (0.005 * 8000.0) ** 2) / 20000.0
    step = 1.0 / 255.0 / math.sqrt(12.0)
    assert sensed_of(camera, 0.03).noise == pytest.approx(math.hypot(electrons, step))


def test_a_camera_that_is_not_carried_is_refused():
    with pytest.raises(MissionError, match=r"avoidance\.coarse\.camera"):
        parse_mission(TEXT.replace(OWN, '[avoidance.coarse]\ncamera = "none"\n'))
    with pytest.raises(MissionError, match="again_m"):
        MISSION.replace("avoidance.coarse.again_m", 3000.0)


def test_a_target_moved_in_the_approach_is_flown_to():
    from farside.ext.loop._flight import Event
    from farside.flight.wiring import wire

    flight = wire(load_mission("chang-e-6"), seed=1, nominal=True, dems=(), imaging=True, flat=True)
    while flight.autopilot.phase != "approach":
        assert flight.turn(20) == Event.EVENT_NONE
    flight.autopilot.retarget((0.0, 300.0, 0.0), final=False)
    assert flight.turn(30_000) == Event.EVENT_SCAN, "the hover still scans"
    east, north, up = (float(part) for part in flight.loop.position)
    assert math.hypot(east, north - 300.0) < 20.0 and 95.0 < up < 108.0
