"""A star tracker that repeats one fix: it is named at once, and never taken back while it does."""

import math

import numpy as np
import pytest
from recorded_descent import recorded

from farside.flight import land
from farside.mission import load_mission
from farside.mission.faults import with_faults
from farside.navigation import NAVIGATION_ESTIMATE, Navigator, Trust

STAR, IMU = 0, 6
#: Reports are 0.2 s apart at most; five that are equal.
NAMED_S = 1.2


def flown(first, last, silent=()):
    """Navigate the recorded descent with the star tracker's fixes as the last before a tick."""
    flight = recorded()
    measured = flight.measured[:last].copy()
    fix = measured["q_inertial_body"][:first][measured["star_valid"][:first] == 1][-1]
    measured["q_inertial_body"][first:] = fix
    for begin, end in silent:
        measured["star_valid"][begin:end] = 0
    navigator = Navigator.of(flight.table, flight.first)
    out = np.zeros(last, NAVIGATION_ESTIMATE)
    navigator.core.navigate_many(0, measured, out, flight.commands[:last])
    return out


def off_deg(out):
    """Angle between the estimate at the end and the recorded flight's."""
    q = float(out["q_site_body"][-1] @ recorded().rows["est_q_site_body"][len(out) - 1])
    return math.degrees(2.0 * math.sqrt(max(1.0 - q * q, 0.0)))


@pytest.mark.parametrize("first", [6000, 30_000, 60_000])
def test_it_is_named_within_a_second_and_the_gyros_are_believed(first):
    """A steady turn looks like a bias of the gyros: that was found out after 9 s, and too late."""
    out = flown(first, first + 9000)
    named = np.flatnonzero(out["trust"][first:, STAR] == Trust.TRUST_STUCK)[0]
    assert named < 100.0 * NAMED_S
    assert (out["trust"][first + named :, STAR] == Trust.TRUST_STUCK).all()
    assert (out["trust"][1:, IMU] == Trust.TRUST_BELIEVED).all()
    assert off_deg(out) < 0.02


def test_it_is_still_stuck_after_a_silence():
    """It gives no fix while the lander turns fast; after it the gate opened until it was inside."""
    out = flown(30_000, 60_000, silent=((40_000, 42_000),))
    after = out["trust"][42_100:, STAR]
    assert (after == Trust.TRUST_STUCK).all()
    assert off_deg(out) < 0.1


def test_a_sound_one_that_reads_in_steps_is_not_stuck():
    """Upright, near the attitude of tick 0, the first number of its fixes alone repeats itself."""
    landed = land(load_mission("chang-e-6"), seed=2, imaging=False, cameras=False)
    assert not [span for span in landed.health if span.state == "stuck"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chang-e-6", "chang-e-4", "chandrayaan-3", "im-1", "clps"])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_lander_lands_without_it(name, seed):
    """All of them struck the ground before, Chang'e 6 219 km from its site."""
    mission = with_faults(load_mission(name), ["star_tracker stuck from 300 s"])
    landed = land(mission, seed=seed, cameras=False)
    assert landed.outcome == "landed"
    attitude = landed.telemetry["est_q_site_body"][-1] @ landed.telemetry["q_site_body"][-1]
    assert abs(attitude) > math.cos(math.radians(0.5))
