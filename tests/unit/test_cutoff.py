"""Cut-off: no engine stops on one sample, nor stays on for a radar that is lost."""

import math

import numpy as np
import pytest
from sample_pilot import COM_M, LEAST_N, MISSION, TABLE, core, estimate, one

from farside.guidance import COMMAND
from farside.guidance.table import gains_of
from farside.mission import MissionError

DESCEND, FALL, SETTLE = range(3)
G = 1.622  # m/s^2, the Moon's surface
RATE = -1.5  # m/s, the row's
LIMIT = MISSION.touchdown.vertical_speed_mps


def falls(first_m, last_m, rate=RATE):
    """Heights [m] of a descent at a constant rate, one a tick."""
    return np.arange(first_m, last_m, rate * 0.01)


def fly(heights, readings=None, contact=(), pilot=None, level_m=0.0, **values):
    """Fly a descent over the site whose estimate is right; the phase of each tick.

    readings are the height sensor's, contact the ticks in which the switch is closed; level_m is
    how far the ground lies above the target's level.
    """
    pilot = pilot or core("descend", "fall", "settle")
    readings = heights if readings is None else readings
    phases = np.zeros(len(heights), int)
    e = estimate(v_site=[0.0, 0.0, RATE], accel_mps2=G, **values)
    for k, (height, reading) in enumerate(zip(heights, readings, strict=True)):
        e["r_site"] = [0.0, 0.0, COM_M + height + level_m]
        e["height_m"] = reading
        e["contact"] = int(k in contact)
        phases[k] = one(pilot, k, e)["phase"]
    return phases


def cut_height(heights, phases):
    assert phases[-1] > DESCEND
    return heights[np.argmax(phases > DESCEND)]


def test_a_descent_is_cut_off_at_its_height_in_spite_of_the_wait():
    heights = falls(20.0, 1.0)
    assert cut_height(heights, fly(heights)) == pytest.approx(2.0, abs=0.016)


@pytest.mark.parametrize("wrong_m", [1.0, 0.0, -50.0, 1e9])
def test_one_height_reading_at_17_m_does_not_stop_the_engine(wrong_m):
    """The first audit: a sample of 1 m at 17 m cut off there, 8 m/s at contact."""
    heights = falls(25.0, 1.0)
    for first_m in (24.9, 17.0, 6.0, 3.0):
        readings = heights.copy()
        at = int(np.argmax(heights <= first_m))
        readings[at : at + 5] = wrong_m  # until the next reading of a sensor of 20 Hz
        cut = cut_height(heights, fly(heights, readings))
        # the limit of the touchdown, from there
        assert math.sqrt(RATE**2 + 2.0 * G * cut) < LIMIT
        assert cut <= 2.02


@pytest.mark.parametrize("ticks", [1, 2, 5])
def test_a_contact_at_17_m_is_cleared(ticks):
    heights = falls(20.0, 1.0)
    at = int(np.argmax(heights <= 17.0))
    phases = fly(heights, contact=range(at, at + ticks))
    assert cut_height(heights, phases) == pytest.approx(2.0, abs=0.016)


def test_a_switch_that_stays_closed_from_17_m_on_is_no_contact():
    """Mars Polar Lander: closed at 1500 m, believed at 40 m."""
    heights = falls(20.0, 1.0)
    at = int(np.argmax(heights <= 17.0))
    phases = fly(heights, contact=range(at, len(heights)))
    assert cut_height(heights, phases) == pytest.approx(2.0, abs=0.016)
    # The naive logic is a choice of keys, and is cut off as soon as the switch counts.
    naive = MISSION.replace(
        {
            "guidance.cutoff.arm_height_m": 40.0,
            "guidance.cutoff.keep_early": 1,
            "guidance.cutoff.contact_ticks": 1,
            "guidance.cutoff.contact_window": 1,
        }
    )
    heights = falls(45.0, 30.0)
    pilot = core_of(naive)
    phases = fly(heights, contact=range(len(heights)), pilot=pilot)
    assert cut_height(heights, phases) == pytest.approx(40.0, abs=0.02)


def core_of(mission):
    from sample_pilot import ROWS

    from farside.ext.guidance.autopilot._autopilot import AutopilotCore
    from farside.guidance.table import counts_of

    table = dict(TABLE, gains=gains_of(mission.guidance), counts=counts_of(mission.guidance))
    return AutopilotCore(table, [ROWS[name] for name in ("descend", "fall", "settle")])


def test_two_contacts_of_three_samples_near_the_ground_stop_the_engine():
    heights = falls(12.0, 2.5)
    at = int(np.argmax(heights < 3.0))
    for closed, stops in (((0,), False), ((0, 2), True), ((0, 3), False)):
        assert bool(fly(heights, contact={at + k for k in closed}).any()) is stops


def test_a_lost_radar_never_inhibits_the_cutoff():
    """Surveyor 3: the ground carries the lander, whatever the estimate says of the height."""
    pilot, e = (
        core("descend", "fall", "settle"),
        estimate(v_site=[0.0, 0.0, RATE], accel_mps2=G, height_m=math.nan),
    )
    e["r_site"] = [0.0, 0.0, COM_M + 12.0]  # on the ground, which lies 12 m above its target
    for k in range(100):
        assert one(pilot, k, e)["phase"] == DESCEND
    e["contact"], e["v_site"] = 1, 0.0
    phases = [one(pilot, k, e)["phase"] for k in range(100, 400)]
    # The law asks for less and less thrust, and the legs bear what is left of the weight.
    assert phases[-1] > DESCEND
    # But a closed switch in the fall itself is none, if nothing carries.
    pilot = core("descend", "fall", "settle")
    e["v_site"] = [0.0, 0.0, RATE]
    assert max(one(pilot, k, e)["phase"] for k in range(400)) == DESCEND


@pytest.mark.parametrize("off_m", [8.0, -8.0])
def test_a_height_counts_where_the_target_has_another_level(off_m):
    """Without a map the ground lies anywhere about its level; the higher of the two counts."""
    heights = falls(25.0, 0.0)
    phases = fly(heights, level_m=off_m)
    if off_m < 0.0:
        assert cut_height(heights, phases) == pytest.approx(2.0, abs=0.016)
    else:
        assert not phases.any()
        down = range(len(heights), len(heights) + 60)
        still = np.concatenate([heights, np.zeros(60)])
        assert fly(still, contact=down, level_m=off_m)[len(heights) + 3] > DESCEND


def test_a_height_that_stands_still_is_not_believed():
    heights = falls(28.0, 3.6)
    for reading in (0.0, 1.5, 17.0):
        assert not fly(heights, np.full(len(heights), reading)).any()


def test_the_sigma_of_the_estimate_takes_the_place_of_the_bound():
    heights = falls(20.0, 0.3)
    biased = heights - 4.0
    assert not fly(heights[:700], biased[:700]).any()
    # A filter that is unsure of its height by 2 m, 1 sigma, has no objection to 4 m.
    cut = cut_height(heights, fly(heights, biased, height_sigma_m=2.0))
    assert cut == pytest.approx(6.0, abs=0.05)


def test_after_a_contact_the_engine_stays_off_and_a_bounce_is_held_upright():
    pilot = core("descend", "fall", "settle")
    e = estimate(
        r_site=[0.0, 0.0, COM_M + 2.5], v_site=[0.0, 0.0, RATE], accel_mps2=G, height_m=2.5
    )
    commands = []
    for k in range(300):
        if k == 60:
            e["contact"] = 1
        if k == 70:  # off the ground again, tilted, in free fall
            e["contact"], e["accel_mps2"], e["v_site"] = 0, 0.0, [0.0, 0.0, 0.5]
            e["q_site_body"] = [math.cos(0.05), 0.0, math.sin(0.05), 0.0]
        if k == 200:
            e["contact"], e["accel_mps2"] = 1, 3.0 * G
        commands.append(one(pilot, k, e).copy())
    c = np.array(commands, COMMAND)
    assert c["thrust_n"][59] >= LEAST_N and not c["thrust_n"][62:].any()
    assert not c["torque_nm"][62:95].any()
    assert (np.abs(c["torque_nm"][105:200, 1]) > 10.0).all()
    assert not c["torque_nm"][201:].any()


def test_an_engine_off_and_a_load_are_a_contact_without_a_switch():
    pilot = core("fall", "settle")
    e = estimate(r_site=[0.0, 0.0, COM_M], accel_mps2=0.0, height_m=0.0)
    assert not any(one(pilot, k, e)["phase"] for k in range(100))
    e["accel_mps2"] = G
    assert one(pilot, 100, e)["phase"] == 0
    assert [one(pilot, k, e)["phase"] for k in range(101, 251)][-1] == 1


def test_windows_that_never_fill_are_refused():
    with pytest.raises(MissionError, match="contact_ticks"):
        MISSION.replace("guidance.cutoff.contact_ticks", 4)
    with pytest.raises(MissionError, match="height_window"):
        MISSION.replace("guidance.cutoff.height_window", 65)
