"""Where a rover can leave: tangents on planes and steps, and what a site is chosen by."""

import math
from dataclasses import replace

import numpy as np
import pytest

from farside.adapters.avoidance_config import unfit
from farside.flight import land
from farside.mission import MissionError, load_mission
from farside.mission.ramp import Ramp
from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, Reason, assess
from farside.terrain.ramp import ramp_reasons, ramp_tangents

LANDER = LanderFootprint(4.0, 4, 3.6, 0.35, 0.4)
RAMP = Ramp(hinge_m=1.0, hinge_height_m=0.6, foot_m=2.4, rover_m=0.6, steepest_deg=30.0)
#: On the level: the ramp alone.
LEVEL = 0.6 / 1.4
MIDDLE = (np.array([100]), np.array([100]))


def ground(height):
    """Return a map of 201 x 201 cells of 0.1 m by a function of east and north [m]."""
    at = 0.1 * (np.arange(201) - 100.0)
    north, east = np.meshgrid(at, at, indexing="ij")
    z = np.asarray(height(east, north), np.float32)
    return ElevationMap(
        z, 0.1, -10.0, -10.0, "site", 0, np.isfinite(z), np.zeros(z.shape, np.bool_)
    )


def tangent(height, ramp=RAMP, heading_deg=45.0, usual_deg=90.0):
    """At the map's middle, body x to the east unless told otherwise."""
    return float(ramp_tangents(ground(height), LANDER, ramp, MIDDLE, heading_deg, usual_deg)[0])


def test_on_the_level_it_is_the_ramp_alone():
    assert tangent(lambda e, n: 0.0 * e) == pytest.approx(LEVEL)


@pytest.mark.parametrize("slope", [0.1, -0.1])
def test_a_plane_leans_the_lander_and_the_ground_alike(slope):
    """The ramp's own tangent is against the plane that both stand on."""
    down = tangent(lambda e, n: slope * e)
    # hinge 1.0 out on the plane, foot 2.4 out on it
    assert down == pytest.approx(max(abs(LEVEL - slope), abs(slope)), abs=0.02)
    assert tangent(lambda e, n: 0.6 * n) == pytest.approx(0.6, abs=0.02)


def test_a_step_behind_the_foot_and_a_hole_under_it():
    assert tangent(lambda e, n: 1.0 * (e > 2.7)) == pytest.approx(1.0 / 0.6)
    deep = tangent(lambda e, n: -0.5 * (e > 2.2))
    assert deep == pytest.approx((0.6 + 0.5) / 1.4)
    # west of it nothing is asked
    assert tangent(lambda e, n: 1.0 * (e < -2.2)) == pytest.approx(LEVEL)


@pytest.mark.parametrize(
    ("azimuth_body_deg", "step"),
    [
        (0.0, lambda e, n: e),
        (90.0, lambda e, n: n),
        (180.0, lambda e, n: -e),
        (-90.0, lambda e, n: -n),
    ],
)
def test_body_y_is_to_the_left_of_body_x(azimuth_body_deg, step):
    """With body x to the east, body y points north."""
    ramp = replace(RAMP, azimuth_body_deg=azimuth_body_deg)
    assert tangent(lambda e, n: -0.5 * (step(e, n) > 2.2), ramp) == pytest.approx(1.1 / 1.4)


def test_ground_that_is_not_seen_is_no_way_off():
    height = lambda e, n: np.where(e > 2.0, np.nan, 0.0)  # noqa: E731
    assert math.isnan(tangent(height))
    assert math.isnan(tangent(lambda e, n: 0.0 * e, usual_deg=90.0, ramp=Ramp(
        hinge_m=1.0, hinge_height_m=0.6, foot_m=30.0, rover_m=0.6, steepest_deg=30.0,
    )))  # fmt: skip


def test_cells_are_marked_by_their_own_heading():
    """A ditch in the east: marked where the ramp ends in it, and nowhere else."""
    found = assess(
        ground(lambda e, n: -0.5 * ((e > 5.0) & (e < 5.6))), LANDER, HazardLimits(10.0, 0.3)
    )
    bits = ramp_reasons(found, RAMP, 90.0)
    assert set(np.unique(bits)) == {0, int(Reason.RAMP)}
    assert not bits[~found.safe].any()
    east = 0.1 * (np.nonzero(bits[100])[0] - 100.0)
    inside = east[east < 6.0]
    # by the site's heading body x turns by up to 45 deg from the east
    assert inside.min() > 5.0 - 2.4 - 0.6 - 0.2
    assert inside.max() < 5.6 - 0.7 * 2.4 + 0.2


@pytest.mark.slow
def test_a_rover_that_can_leave_is_preferred_and_no_landing_is_lost():
    mission = load_mission("clps")
    any_way = mission.replace("hazards.ramp.steepest_deg", 59.0)
    impossible = mission.replace(
        {"hazards.ramp.hinge_height_m": 1.35, "hazards.ramp.steepest_deg": 44.0}
    )
    first, other = land(mission, seed=1), land(any_way, seed=1)
    assert first.safe and other.safe
    assert first.touchdown.ramp_slope_deg + 0.5 < other.touchdown.ramp_slope_deg
    assert (first.imaging.hazards.reasons & np.uint16(Reason.RAMP)).any()
    assert land(impossible, seed=1).safe
    assert math.isnan(land("apollo-11", seed=1).touchdown.ramp_slope_deg)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("hazards.ramp.foot_m", 0.9, "is not beyond hinge_m"),
        ("hazards.ramp.steepest_deg", 20.0, "less than the ramp has on the level, 23.2"),
    ],
)
def test_a_ramp_that_is_none_is_refused(key, value, said):
    with pytest.raises(MissionError, match=said):
        load_mission("clps").replace(key, value)


def test_the_c_library_says_that_it_does_not_rank_by_it():
    mission = load_mission("clps")
    assert "hazards.ramp" in unfit(mission)
    plain = replace(mission, hazards=replace(mission.hazards, ramp=None))
    assert unfit(plain) == ""
