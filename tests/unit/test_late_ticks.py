"""Ticks that come late: how they are counted, and which work is left out for them."""

import numpy as np
import pytest
from sample_pilot import MISSION, core, estimate, one

from farside.ext.guidance.autopilot._codes import Shed
from farside.mission import MissionError

AVERAGE_TICKS = 200


def tick_over(pilot, e, ticks):
    """Tick at these ticks, and return the level after each."""
    levels = []
    for k in ticks:
        one(pilot, int(k), e)
        levels.append(pilot.watch["shed"])
    return levels


def test_a_steady_host_of_any_rate_is_not_late():
    for step in (1, 2, 10):
        pilot = core("hover", "avoid", "descend", "fall", "settle")
        levels = tick_over(pilot, estimate(), range(0, 300 * step, step))
        assert set(levels) == {Shed.SHED_NONE} and pilot.watch["late_ticks"] == 0


def test_a_share_of_missed_ticks_is_an_average_over_two_seconds():
    """Against the recursion of one tick at a time, which has the same limit."""
    rng = np.random.default_rng(13)
    runs = rng.random(4000) >= 0.13
    pilot = core("hover", "avoid", "descend", "fall", "settle")
    ticks = np.flatnonzero(runs)
    levels = tick_over(pilot, estimate(), ticks)
    assert pilot.watch["late_ticks"] == np.count_nonzero(~runs[ticks[0] : ticks[-1]])
    share = 0.0
    for here in runs[ticks[0] : ticks[-1] + 1]:
        share += (float(not here) - share) / AVERAGE_TICKS
    # An average over gaps instead of ticks: apart by one tick's weight.
    assert pilot.watch["late_share"] == pytest.approx(share, abs=1.5 / AVERAGE_TICKS)
    assert set(levels[1000:]) == {Shed.SHED_SOLUTIONS}


def test_a_burst_leaves_all_plans_out_and_takes_them_up_again_in_order():
    pilot = core("hover", "avoid", "descend", "fall", "settle")
    levels = tick_over(pilot, estimate(), [*range(100), *range(400, 2400)])
    assert levels[99] == Shed.SHED_NONE and levels[100] == Shed.SHED_PLANS
    assert levels == [0] * 100 + sorted(levels[100:], reverse=True) and levels[-1] == 0
    assert {0, 1, 2, 3} == set(levels)


def test_attitude_and_throttle_are_never_left_out():
    """In the first tick after a burst the command is that of the state of now."""
    e = estimate(omega_body=[0.0, 0.05, 0.0])
    late, steady = (core("hover", "avoid", "descend", "fall", "settle") for _ in range(2))
    tick_over(late, e, range(100))
    tick_over(steady, e, range(100))
    after = one(late, 400, e)
    assert late.watch["shed"] == Shed.SHED_PLANS
    assert after["torque_nm"][1] < 0.0 and after["thrust_n"] > 0.0
    assert np.isfinite(after["torque_nm"]).all()


def test_a_plan_is_not_asked_for_while_too_late():
    pilot = core("approach", "hover", "avoid", "descend", "fall", "settle")
    far = estimate(r_site=[1900.0, 0.0, 2500.0], v_site=[-35.0, 0.0, -30.0])
    tick_over(pilot, far, range(50))
    assert pilot.make_plan() or not pilot.wants_plan
    tick_over(pilot, far, range(400, 500))
    assert pilot.watch["shed"] == Shed.SHED_PLANS and not pilot.wants_plan
    tick_over(pilot, far, range(500, 1500))
    assert pilot.watch["shed"] < Shed.SHED_PLANS


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("guidance.late.average_s", 0.0, "must be above 0"),
        ("guidance.late.solutions_share", 0.6, "must rise in this order"),
        ("guidance.couples.lost_share", 0.8, "not below weak_share"),
        ("computer.checkpoint_s", -1.0, "at least 0"),
        ("guidance.braking.recovery_s", 0.0, "at least 1"),
    ],
)
def test_a_bad_key_is_one_line(key, value, says):
    with pytest.raises(MissionError) as caught:
        MISSION.replace(key, value)
    assert says in str(caught.value) and "\n" not in str(caught.value)
