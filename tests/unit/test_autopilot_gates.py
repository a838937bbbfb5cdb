"""The autopilot: a new site, gates that fire on their own quantity, and when a map is wanted."""

import math

import numpy as np
import pytest
from reference_guidance import product, quaternion_about
from sample_pilot import (
    COM_M,
    MISSION,
    PILOT,
    RADIUS,
    TABLE,
    core,
    estimate,
    one,
    run,
)

from farside.ext.guidance.laws._laws import pointing
from farside.guidance import Autopilot, Status
from farside.guidance.table import EXITS

# ---- retarget ------------------------------------------------------------------------------------


def test_a_new_site_takes_effect_at_the_next_tick():
    e = estimate()
    stays, moves = core("hover", "avoid"), core("hover", "avoid")
    assert run(stays, e, 40).tobytes() == run(moves, e, 40).tobytes()
    moves.retarget(60.0, 0.0, 0.0, False)
    assert moves.site == (60.0, 0.0, 0.0)
    a, b = one(stays, 40, e), one(moves, 40, e)
    # From 50 m east of the site it leans west; with the site 10 m further east, east.
    assert a["direction_site"][0] < -0.01 and b["direction_site"][0] > 0.01


def test_a_new_site_acts_at_the_next_tick_whatever_the_guidance_rate():
    e = estimate()
    stays, moves = core("hover", "avoid"), core("hover", "avoid")
    run(stays, e, 43)
    run(moves, e, 43)
    moves.retarget(60.0, 0.0, 0.0, False)
    a, b = run(stays, e, 10, 43), run(moves, e, 10, 43)
    differs = np.any(a["direction_site"] != b["direction_site"], axis=1)
    assert differs.all()


def test_a_final_site_ends_the_hover_at_the_next_tick():
    pilot, e = core("hover", "avoid"), estimate()
    assert run(pilot, e, 43)["phase"].max() == 0
    pilot.retarget(5.0, 0.0, 0.0, True)
    c = one(pilot, 43, e)
    assert c["phase"] == 1
    # A phase's first tick runs its guidance, whatever the tick.
    assert c["time_to_go_s"] > 10.0


@pytest.mark.parametrize("site", [(np.nan, 0.0, 0.0), (0.0, np.inf, 0.0), (0.0, 0.0, -np.inf)])
def test_a_site_of_no_kind_is_refused(site):
    pilot = Autopilot(MISSION)
    pilot.retarget((1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match="three finite coordinates"):
        pilot.retarget(site)
    assert pilot.core.site == (1.0, 2.0, 3.0)


# ---- gates ---------------------------------------------------------------------------------------

FAR = 1_000_000_000  # ticks: time is an integer, so nothing wears off


@pytest.mark.parametrize("first", [0, FAR])
def test_time_to_go_counts_down_to_its_gate(first):
    pilot = core("avoid", "descend")
    c = run(pilot, estimate(), 6000, first)
    start = c["time_to_go_s"][0]
    assert start >= MISSION.phases[4].duration_s
    ends = int(np.argmax(c["phase"] == 1))
    assert ends == pytest.approx(100.0 * (start - 1.0), abs=1.01)
    assert np.diff(c["time_to_go_s"][:ends]) == pytest.approx(-0.01, abs=1e-9)


def attitude_off(c, degrees):
    """Attitude that is degrees off what a command wants."""
    wanted = np.array(pointing(c["direction_site"], TABLE["heading_site"]))
    return product(wanted, quaternion_about([0.6, 0.8, 0.0], math.radians(degrees)))


@pytest.mark.parametrize(("degrees", "over"), [(3.2, False), (2.8, True), (-2.8, True)])
def test_the_attitude_gate_wants_the_attitude(degrees, over):
    pilot = core("adjust", "approach")
    e = estimate(r_site=[1900.0, 0.0, 2500.0], v_site=[-35.0, 0.0, -30.0])
    e["q_site_body"] = quaternion_about([0.0, 1.0, 0.0], 1.2)
    c = run(pilot, e, 51)
    assert not c["phase"].any()
    e["q_site_body"] = attitude_off(c[-1], degrees)
    assert bool(one(pilot, 51, e)["phase"]) is over


@pytest.mark.parametrize("first", [0, FAR])
def test_a_phase_ends_at_its_limit(first):
    e = estimate(r_site=[1900.0, 0.0, 2500.0], v_site=[-35.0, 0.0, -30.0])
    e["q_site_body"] = quaternion_about([0.0, 1.0, 0.0], 1.2)
    c = run(core("adjust", "approach"), e, 1300, first)
    assert int(np.argmax(c["phase"] == 1)) == 1200
    c = run(core("hover", "avoid"), estimate(), 15_100, first)
    assert int(np.argmax(c["phase"] == 1)) == 15_000


@pytest.mark.parametrize(("height", "over"), [(2.05, False), (1.95, True), (np.inf, False)])
def test_the_height_gate_wants_the_height(height, over):
    pilot = core("descend", "fall", "settle")
    e = estimate()
    e["r_site"] = [0.0, 0.0, COM_M + 2.2]
    run(pilot, e, 5)
    e["height_m"] = height
    # two readings of a sensor of 20 Hz
    assert not run(pilot, e, 9, 5)["phase"].any()
    assert bool(one(pilot, 14, e)["phase"]) is over


@pytest.mark.parametrize(("level", "over"), [(2.05, False), (1.95, True)])
def test_without_a_height_the_target_level_stands_in(level, over):
    pilot = core("descend", "fall", "settle")
    pilot.retarget(0.0, 0.0, -7.0, True)
    e = estimate()
    run(pilot, e, 5)
    e["r_site"] = [0.0, 0.0, -7.0 + COM_M + level]
    assert not run(pilot, e, 9, 5)["phase"].any()
    assert bool(one(pilot, 14, e)["phase"]) is over


def test_a_touch_ends_the_descent_in_two_ticks():
    pilot = core("descend", "fall", "settle")
    e = estimate(height_m=20.0, r_site=[0.0, 0.0, COM_M + 0.4])
    run(pilot, e, 60)
    e["contact"] = 1
    assert one(pilot, 60, e)["phase"] == 0
    c = one(pilot, 61, e)
    assert c["phase"] == 1 and c["thrust_n"] == 0.0 and not c["torque_nm"].any()


@pytest.mark.parametrize(("altitude", "over"), [(500.5, False), (499.5, True)])
def test_the_altitude_gate_wants_the_altitude(altitude, over):
    pilot = core("approach", "hover", exit=EXITS["altitude"], exit_value=500.0)
    e = estimate(r_site=[3000.0, 0.0, 2500.0], v_site=[-35.0, 0.0, -30.0])
    run(pilot, e, 5)
    # On a round Moon: the altitude is radial, 2.6 m above what z says at 3 km.
    angle = 3000.0 / RADIUS
    distance = RADIUS + altitude + COM_M
    e["r_site"] = [distance * math.sin(angle), 0.0, distance * math.cos(angle) - RADIUS]
    assert bool(one(pilot, 5, e)["phase"]) is over


def test_contact_and_rest_end_the_fall_and_the_flight():
    pilot = core("fall", "settle")
    e = estimate(height_m=0.0, r_site=[0.0, 0.0, COM_M], accel_mps2=0.0)
    assert not run(pilot, e, 100)["phase"].any()
    e["contact"] = 1
    assert one(pilot, 100, e)["phase"] == 0  # one sample is none
    c = run(pilot, e, 49, 101)
    assert c["phase"].all() and not np.any(c["status"] == Status.COMPLETE)
    e["rest"] = 1
    c = run(pilot, e, 50, 150)
    assert np.all(c["status"] == Status.COMPLETE) and not c["thrust_n"].any()


def test_braking_ends_on_its_time_to_go_and_nothing_else():
    # Low, slow, touching, at rest: none of it is braking's gate.
    pilot = core("braking", "adjust")
    e = estimate(r_site=PILOT.plan.r_site, v_site=PILOT.plan.v_site)
    e["contact"], e["rest"], e["height_m"] = 1, 1, 0.0
    assert not run(pilot, e, 500)["phase"].any()


# ---- scanning ------------------------------------------------------------------------------------


def test_a_map_is_wanted_when_the_hover_is_still():
    pilot, e = core("hover", "avoid"), estimate(r_site=[0.0, 0.0, 100.0 + COM_M])
    run(pilot, e, 101)
    assert not pilot.wants_scan
    run(pilot, e, 20, 101)
    assert pilot.wants_scan
    pilot.retarget(1.0, 0.0, 0.0, False)
    assert not pilot.wants_scan


@pytest.mark.parametrize(
    "stir",
    [{"v_site": [0.4, 0, 0]}, {"r_site": [3.0, 0, 100.0 + COM_M]}, {"omega_body": [0.02, 0, 0]}],
)
def test_a_hover_that_moves_is_scanned_only_when_its_time_runs_out(stir):
    pilot = core("hover", "avoid")
    e = estimate(**{"r_site": [0.0, 0.0, 100.0 + COM_M], **stir})
    run(pilot, e, 3990)
    assert not pilot.wants_scan
    run(pilot, e, 30, 3990)
    assert pilot.wants_scan
