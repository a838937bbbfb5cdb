"""Faults through the lander's FMU: the digits of our own flight, parameters, states, refusals."""

import numpy as np
import pytest
from sample_fmu import MISSION, example
from test_fmu_parameters import put

from farside.adapters.fmi import FmuError, export_fmu
from farside.adapters.fmi.export import contents
from farside.adapters.fmi.fault_parameters import fault_parameters
from farside.flight.wiring import wire
from farside.mission.faults import with_faults

LINES = [
    "accelerometer.x bias 0.05 from 2 s for 20 s",
    "gyro noise 40 from 3 s",
    "star_tracker spike 0.2 in braking",
    "imu late 0.05 from 12 s for 0.5 s",
    "thruster.x_plus weak 0.5 from 4 s",
    "engine weak 0.9 from 8 s",
]
FAILED = with_faults(MISSION, LINES)
TICKS = 2000


def own_flight(mission, ticks):
    flight = wire(mission, seed=7, nominal=False, dems=(), imaging=False, flat=True)
    flight.loop.timed = False
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    flight.loop.run(ticks)
    return flight.flown


def numbers(landing):
    return landing.lander.fmu.getReal(list(range(4, 37)))


def test_coupled_they_fail_with_our_own_digits(tmp_path):
    flown, well = own_flight(FAILED, TICKS), own_flight(MISSION, TICKS)
    assert not np.array_equal(flown["r_site"], well["r_site"])
    landing = example.Landing(FAILED, tmp_path, seed=7, flat=True)
    for row in flown:
        estimate = [x for name in ("r_site", "v_site", "q_site_body") for x in row["est_" + name]]
        told = numbers(landing)
        assert told[:10] == estimate
        assert told[16:19] == list(row["r_site"]) and told[31] == row["thrust_n"]
        landing.step()
    landing.close()


def test_a_state_holds_what_its_faults_hold(tmp_path):
    """Delay lines, streams and clocks: from a state kept in a fault the same flight comes."""
    landing = example.Landing(FAILED, tmp_path, seed=7, flat=True)
    while landing.tick < 1230:  # inside the delay
        landing.step()
    kept = landing.lander.fmu.getFMUState()
    at = landing.tick
    command = [0.0, 1.0, -2.0, 0.5]
    names = landing.lander.references(("thrust", "torque"))

    def on():
        told = []
        for k in range(at, at + 120):
            landing.lander.fmu.setReal(names, command)
            landing.lander.fmu.doStep(0.01 * k, 0.01)
            told.append(numbers(landing))
        return told

    first = on()
    landing.lander.fmu.setFMUState(kept)
    assert on() == first
    landing.lander.fmu.freeFMUState(kept)
    landing.close()


def test_parameters_are_the_faults_of_another_mission():
    """What a master may set gives the constants of a mission with that fault."""
    other = with_faults(
        MISSION,
        [
            "accelerometer.x bias -0.3 from 5 s for 7.25 s",
            "height late 1.25 below 300 m",
            "engine weak 0.7 from 1 s",
        ],
    )
    these = with_faults(
        MISSION,
        [
            "accelerometer.x bias 0.1 from 2 s for 20 s",
            "height late 0.5 below 100 m for 1 s",
            "engine weak 0.9 from 8 s",
        ],
    )
    values = {
        "faults[1].value": -0.3, "faults[1].from_s": 5.0, "faults[1].for_s": 7.25,
        "faults[2].value": 1.25, "faults[2].below_m": 300.0, "faults[2].for_s": 0.0,
        "faults[3].value": 0.7, "faults[3].from_s": 1.0,
    }  # fmt: skip
    block = bytearray(contents(these, "lander", 0, True, True)[0])
    want = contents(other, "lander", 0, True, True)[0]
    parameters = fault_parameters(these, range(3), 300)
    assert len({p.variable.reference for p in parameters}) == len(parameters)
    for parameter in parameters:
        assert parameter.variable.least <= parameter.value <= parameter.variable.most
        if parameter.variable.name in values:
            put(block, parameter, values.pop(parameter.variable.name))
    assert not values
    assert block == want


def test_a_fault_that_is_switched_off_leaves_the_flight_alone(tmp_path):
    lander = example.Landing(MISSION, tmp_path / "well", seed=7, flat=True)
    failed = example.Landing(with_faults(MISSION, LINES[-2:]), tmp_path / "off", seed=7, flat=True)
    names = ("faults[1].enabled", "faults[2].enabled")
    failed.lander.fmu.reset()
    failed.lander.fmu.setupExperiment()
    failed.lander.fmu.setInteger(failed.lander.references(names), [0, 0])
    failed.lander.fmu.enterInitializationMode()
    failed.lander.fmu.exitInitializationMode()
    for _ in range(1000):
        lander.step()
        failed.step()
    assert numbers(lander) == numbers(failed)
    lander.close()
    failed.close()


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        ("lander", "computer restart from 1 s for 1 s", "has no computer; leave it out"),
        ("lander", "lidar silent from 1 s", "has no lidar; leave it out"),
        ("autopilot", "engine cut from 1 s", "faults are the lander's"),
    ],
)
def test_what_an_fmu_cannot_have_is_refused(tmp_path, kind, line, said):
    with pytest.raises(FmuError, match=said) as why:
        export_fmu(MISSION, tmp_path, kind=kind, faults=[line])
    assert "\n" not in str(why.value)
