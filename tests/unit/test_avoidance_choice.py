"""The two rules of choice: what each accepts, what is taken where nothing is safe, the heading."""

import math

import numpy as np
import pytest
from flown import changed, landing
from hypothesis import given
from hypothesis import strategies as st
from reference_legs import stands_by_force

from farside.avoidance.choice import (
    RULES,
    Criteria,
    ScannedGround,
    assess_by_disc,
    assess_by_legs,
    heading_rad,
    meets_margin,
    preference,
    sort_by_margin,
    weights_of,
)
from farside.dynamics.vehicle import contact_points
from farside.flight import land
from farside.mission import MissionError, load_mission
from farside.mission.avoidance import Avoidance
from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardLimits,
    HazardMap,
    LanderFootprint,
    LandingSite,
    Reason,
    Sensing,
    SiteWeights,
)
from farside.terrain.assessment import Workspace

MISSION = load_mission("chang-e-6")
LANDER = LanderFootprint.of(MISSION)
LIMITS = HazardLimits(8.0, 0.2)
CELL_M, SIDE = 0.1, 120
NAN = float("nan")


def scanned(heights, sigma_m=0.0, error_m=0.0, **settings):
    """Return the ground of these heights, scanned by a lander 100 m above their middle."""
    elevation = ElevationMap.from_array(heights, CELL_M)
    middle = 0.5 * (SIDE - 1) * CELL_M
    return ScannedGround(
        elevation,
        Sensing(sigma_m, sensor_m=(middle, middle, 100.0)),
        taken_from=(middle, middle, 100.0),
        workspace=Workspace(elevation.shape, (CELL_M, CELL_M), LANDER),
        criteria=Criteria(LIMITS, 0.0, error_m, settings=Avoidance(**settings)),
    )


def slope(slope_deg):
    """Return ground that rises northwards."""
    rows = np.arange(SIDE)[:, None] * CELL_M * math.tan(math.radians(slope_deg))
    return np.broadcast_to(rows, (SIDE, SIDE)).astype(np.float32)


def site(
    probability=NAN, clearance_m=3.0, least_bad=False, exceedance=0.0, heading_deg=NAN, reasons=0
):
    return LandingSite(
        east_m=0.0,
        north_m=0.0,
        height_m=0.0,
        slope_deg=1.0,
        roughness_m=0.05,
        clearance_m=clearance_m,
        score=0.5,
        cost=1.0,
        reasons=Reason(reasons),
        exceedance=exceedance,
        least_bad=least_bad,
        probability=probability,
        heading_deg=heading_deg,
    )


# ---- a rock under a pad ------------------------------------------------------------------------


def test_a_rock_under_the_uphill_pad_is_seen_by_the_legs_alone():
    """15 cm are within 20 for the disc; under a pad, 6.6 deg of ground become more than 8."""
    heights = slope(6.6).copy()
    cell = SIDE // 2
    rock = cell + round(0.5 * LANDER.span_m / CELL_M)  # north, so uphill
    heights[rock - 1 : rock + 2, cell - 1 : cell + 2] += 0.15
    ground = scanned(heights)
    by_force = stands_by_force(heights, CELL_M, LANDER, np.array([[cell, cell]]))
    assert by_force.slope_deg.max() > LIMITS.slope_deg

    discs, disc_sites = assess_by_disc(ground)
    assert discs.safe[cell, cell] and not disc_sites[0].least_bad
    stands, leg_sites = assess_by_legs(ground)
    assert Reason(int(stands.reasons[cell, cell])) == Reason.STAND_SLOPE
    for chosen in leg_sites:
        place = np.array([[round(chosen.north_m / CELL_M), round(chosen.east_m / CELL_M)]])
        truth = stands_by_force(heights, CELL_M, LANDER, place)
        assert truth.slope_deg.max() <= LIMITS.slope_deg
        assert truth.rise_m.max() <= LANDER.belly_clearance_m


# ---- nothing safe ------------------------------------------------------------------------------


def test_where_nothing_is_sure_the_surest_cell_is_taken():
    """A slope near the limit: noise and navigation leave no cell at 0.99, but some at 0.95."""
    rough = slope(7.1) + np.random.default_rng(3).normal(0.0, 0.01, (SIDE, SIDE))
    stands, sites = assess_by_legs(scanned(rough, sigma_m=0.02, error_m=0.9))
    assert stands.safe.any() and stands.probability.max() < 0.997
    (only,) = sites
    assert not only.least_bad and only.reasons == Reason.UNSURE and only.probability >= 0.95
    assert only.probability == stands.probability[stands.safe].max()
    assert math.isfinite(only.heading_deg)


def test_a_site_that_the_disc_finds_safe_goes_before_an_unsure_one():
    """7.9 deg are within the limit of the disc, but noise makes each stand a toss-up."""
    ground = scanned(slope(7.9), sigma_m=0.02, error_m=0.0)
    judged, sites = assess_by_legs(ground)
    discs, (disc, *_) = assess_by_disc(ground)
    (only,) = sites
    # The map that the choice was made on.
    assert judged.safe.any() and (judged.safe == discs.safe).all()
    assert only.least_bad and not disc.least_bad and not only.reasons
    assert (only.east_m, only.north_m) == (disc.east_m, disc.north_m)
    assert math.isfinite(only.heading_deg)


def test_where_the_legs_find_nothing_the_disc_decides():
    stands, sites = assess_by_legs(scanned(slope(9.0), sigma_m=0.02, error_m=0.9))
    _, discs = assess_by_disc(scanned(slope(9.0), error_m=0.9))
    assert not stands.safe.any()
    assert len(sites) == len(discs) == 1
    assert sites[0].least_bad and sites[0].reasons == discs[0].reasons != 0
    assert (sites[0].east_m, sites[0].north_m) == (discs[0].east_m, discs[0].north_m)


@pytest.mark.parametrize("rule", RULES)
def test_where_no_footprint_is_seen_the_point_below_is_taken(rule):
    heights = np.full((SIDE, SIDE), np.nan)
    heights[10:20, 10:20] = 2.0
    ground = scanned(heights, sigma_m=0.02, error_m=0.9)
    _, sites = RULES[rule](ground)
    assert len(sites) == 1 and sites[0].least_bad
    assert (sites[0].east_m, sites[0].north_m) == ground.taken_from[:2]
    assert sites[0].height_m == 2.0


# ---- two scans ---------------------------------------------------------------------------------


def rank(found):
    return preference(found, 0.95)


def test_of_two_scans_the_safe_then_the_surer_is_preferred():
    rising = [
        site(least_bad=True, exceedance=3.0, reasons=Reason.ROUGH),
        site(least_bad=True, exceedance=1.5, reasons=Reason.ROUGH),
        site(least_bad=True, probability=0.8, reasons=Reason.UNSURE),
        site(least_bad=True),  # safe by the disc, unsure on the legs
        site(least_bad=True, probability=0.96, reasons=Reason.UNSURE),
        site(probability=0.998, clearance_m=9.0),
        site(probability=0.9999, clearance_m=1.0),
    ]
    assert sorted(rising, key=rank) == rising
    assert rank(site(clearance_m=2.0)) > rank(site(clearance_m=1.0))


def test_another_scan_is_wanted_where_the_best_is_unsure_close_or_bad():
    assert meets_margin(site(probability=0.9999), 0.45, 0.9995) and meets_margin(
        site(), 1.35, 0.9995
    )
    assert not meets_margin(site(probability=0.9985), 0.45, 0.9995)
    assert not meets_margin(site(probability=0.9999, clearance_m=0.3), 0.45, 0.9995)
    assert not meets_margin(site(probability=0.9999, least_bad=True), 0.45, 0.9995)


def test_a_site_that_needs_no_other_scan_goes_before_a_better_one_that_does():
    """Half a minute of hover costs more than the way to any site of a map."""
    close, unsure = site(probability=0.9999, clearance_m=0.1), site(probability=0.998)
    first, second = site(probability=0.9996), site(probability=0.9999)
    assert sort_by_margin([close, unsure, first, second], 0.45, 0.9995) == [
        first,
        second,
        close,
        unsure,
    ]
    assert sort_by_margin([unsure, close], 0.45, 0.9995) == [unsure, close]


def test_the_mission_decides_which_probability_is_safe_and_which_may_stand_in():
    """The slope of the test above, where 0.997 leaves nothing and 0.95 something."""
    rough = slope(7.1) + np.random.default_rng(3).normal(0.0, 0.01, (SIDE, SIDE))
    _, (likely,) = assess_by_legs(scanned(rough, 0.02, 0.9))
    below, above = 0.99 * likely.probability, min(1.0, 1.001 * likely.probability)
    _, sites = assess_by_legs(
        scanned(rough, 0.02, 0.9, safe_probability=below, fallback_probability=0.9 * below)
    )
    assert not sites[0].least_bad and not sites[0].reasons
    _, sites = assess_by_legs(
        scanned(rough, 0.02, 0.9, safe_probability=1.0, fallback_probability=above)
    )
    assert sites[0].least_bad


# ---- heading -----------------------------------------------------------------------------------


@given(st.floats(0.0, 119.99), st.floats(0.0, 359.99), st.integers(3, 8))
def test_a_pad_stands_where_the_site_wants_it(wanted_deg, usual_deg, legs):
    """Against the footpads of the truth, turned by the commanded azimuth."""
    lander = LanderFootprint(5.0, legs, 4.8, 0.4, 0.45)
    azimuth = math.degrees(heading_rad(site(heading_deg=wanted_deg), lander, usual_deg))
    vehicle = changed_legs(legs)
    pads = np.array(contact_points(vehicle)[0][:legs])
    angles = np.degrees(np.arctan2(pads[:, 1], pads[:, 0])) + 90.0 - azimuth
    off = (angles - wanted_deg + 180.0) % 360.0 - 180.0
    assert np.abs(off).min() < 1e-9 * 360.0
    assert abs(azimuth - usual_deg) <= 180.0 / legs + 1e-9


def changed_legs(count):
    return changed(MISSION, "vehicle", legs=changed(MISSION.vehicle, "legs", count=count).legs)


def test_a_site_without_heading_leaves_it():
    assert heading_rad(site(), LANDER, 90.0) is None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_commanded_heading_is_reached_at_touchdown(seed):
    landed = landing(seed=seed)
    chosen, facts = landed.imaging.chosen, landed.site
    off = (landed.touchdown.heading_deg - facts.heading_deg + 180.0) % 360.0 - 180.0
    assert abs(off) < 1.0
    # ... and is the site's: the first pad, 45 deg off body x, from east towards north
    pad_deg = 90.0 - facts.heading_deg + 45.0
    assert (pad_deg - chosen.heading_deg + 45.0) % 90.0 - 45.0 == pytest.approx(0.0, abs=1e-3)


# ---- a whole flight by either rule -------------------------------------------------------------


def test_a_flight_says_by_which_rule_it_chose_and_how_sure_it_was():
    landed = landing(seed=0)
    assert isinstance(landed.imaging.hazards, Assessment)
    facts = landed.to_dict()["site"]
    assert facts["stand"] == "legs"
    assert 0.998 <= facts["probability"] <= 1.0
    assert 0.0 <= facts["bound"] <= facts["probability"]


@pytest.mark.slow
def test_a_flight_by_the_disc_keeps_the_heading_of_the_mission():
    landed = land(changed(MISSION, "hazards", stand="disc"), seed=0)
    assert landed.outcome == "landed" and landed.safe
    hazards = landed.imaging.hazards
    assert isinstance(hazards, HazardMap)
    assert hazards.limits.roughness_m == pytest.approx(0.17)  # less the margin
    assert hazards.navigation_error_m == MISSION.hazards.navigation_error_m
    facts = landed.to_dict()["site"]
    assert facts["stand"] == "disc"
    assert facts["probability"] is None and facts["bound"] is None
    assert facts["heading_deg"] == pytest.approx(MISSION.guidance.heading_deg)
    assert landed.touchdown.heading_deg == pytest.approx(MISSION.guidance.heading_deg, abs=1.0)


WEIGHTS = ("clearance_weight", "slope_weight", "roughness_weight", "cost_weight")


def test_the_disc_rule_scores_by_the_weights_of_the_mission():
    heights = np.zeros((SIDE, SIDE), np.float32)
    heights[30:34, 30:34] = 1.0
    alone = dict.fromkeys(WEIGHTS, 0.0)
    clear = assess_by_disc(
        scanned(heights, clearance_scale_m=3.0, **(alone | {"clearance_weight": 2.0}))
    ).sites
    assert all(s.score == pytest.approx(s.clearance_m / (s.clearance_m + 3.0)) for s in clear)
    near = assess_by_disc(scanned(heights, **(alone | {"cost_weight": 0.1}))).sites
    assert near[0].cost == min(s.cost for s in near) < clear[0].cost
    assert near[0].clearance_m < clear[0].clearance_m


def test_only_the_ratios_of_the_weights_count():
    assert weights_of(Avoidance()) == SiteWeights()
    doubled = dict(zip(WEIGHTS, (0.8, 0.4, 0.4, 0.4), strict=True))
    assert weights_of(Avoidance(**doubled)) == SiteWeights()
    with pytest.raises(MissionError, match="no weight of the score is above 0"):
        MISSION.replace({f"avoidance.{name}": 0.0 for name in WEIGHTS})


def test_the_legs_rule_scores_by_the_weight_of_the_mission():
    heights = np.zeros((SIDE, SIDE), np.float32)
    heights[30:34, 30:34] = 1.0
    clear = assess_by_legs(
        scanned(heights, legs_clearance_weight=1.0, legs_clearance_scale=0.3)
    ).sites
    for s in clear:
        share = s.clearance_m / (s.clearance_m + 0.3 * LANDER.footprint_m)
        assert s.score == pytest.approx(s.probability * share)
    near = assess_by_legs(scanned(heights, legs_clearance_weight=0.0)).sites
    assert near[0].cost == min(s.cost for s in near) <= clear[0].cost
