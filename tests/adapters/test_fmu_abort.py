"""Coupled FMUs where something is lost: the digits of the closed loop in aborts and searches."""

import pytest
from sample_fmu import MISSION, example

from farside.ext.guidance.autopilot._codes import AbortCause, AbortStep, Reason
from farside.flight import land
from farside.mission import load_mission
from farside.mission.faults import with_faults

AT_S = 20.0


def coupled(mission, folder, rows, seed, commanded=None):
    """Fly two FMUs beside a flight's rows: command, place and mass of every tick.

    Return the last step and cause of the abort, and the stage that flies.
    """
    landing = example.Landing(mission, folder, seed=seed)
    pilot, lander = landing.autopilot, landing.lander
    command = pilot.references(("thrust", "torque"))
    told = pilot.references(("phase", "abort_step", "stage"))
    asked = pilot.references(("abort",))
    for k, row in enumerate(rows):
        if k % 10 == 0:
            assert lander.fmu.getReal([20, 21, 22, 33]) == [*row["r_site"], row["mass_kg"]], k
        pilot.fmu.setBoolean(asked, [k == commanded])
        landing.step()
        wanted = [row["cmd_thrust_n"], *row["cmd_torque_nm"]]
        assert pilot.fmu.getReal(command) == wanted, k
        assert pilot.fmu.getInteger(told)[:2] == [row["phase"], row["abort"]], k
    _, abort, stage = pilot.fmu.getInteger(told)
    landing.close()
    return abort & 15, abort >> 4, stage


@pytest.mark.slow
def test_one_by_the_input_flies_as_one_of_the_mission(tmp_path):
    """Turn, burn on the descent stage, stop; the mission says the same time."""
    flown = land(MISSION, seed=3, imaging=False, abort_at_s=AT_S)
    assert (flown.abort.cause, flown.abort.way) == ("command", "descent_stage")
    told = coupled(MISSION, tmp_path, flown.telemetry, 3, commanded=round(100 * AT_S))
    assert told == (AbortStep.STEP_DONE, AbortCause.CAUSE_COMMAND, 0)


@pytest.mark.slow
def test_one_that_is_decided_aboard_is_decided_in_the_fmu(tmp_path):
    """The engine is dead below 1000 m: the ascent stage leaves it behind."""
    mission = with_faults(MISSION, ["engine cut below 1000 m"])
    flown = land(mission, seed=3, imaging=False)
    assert (flown.abort.cause, flown.abort.way) == ("engine", "ascent_stage")
    told = coupled(mission, tmp_path, flown.telemetry, 3)
    assert told == (AbortStep.STEP_DONE, AbortCause.CAUSE_ENGINE, 1)


@pytest.mark.slow
def test_ground_whose_height_is_not_known_is_searched_for_in_the_fmu(tmp_path):
    """IM-1 without its altimeter: the sigma of the height goes across."""
    mission = load_mission("failures/im-1")
    flown = land(mission, seed=1)
    assert (flown.telemetry["reason"] == Reason.REASON_UNSURE).any()
    coupled(mission, tmp_path, flown.telemetry, 1)
