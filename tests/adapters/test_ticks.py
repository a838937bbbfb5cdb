"""Ticks that jump, go back or are no whole number: flown right, or refused in one line."""

import copy

import numpy as np
import pytest
from sample_pilot import MISSION, estimate, one
from test_udp import Client, command_of

import farside.adapters.udp.link as udp
from farside.dynamics import build_vehicle, without_troubles
from farside.ext.loop._ideal import IdealPlant
from farside.flight.ideal import central_moon, ideal_start, site_frame
from farside.guidance import Autopilot, Status


def fly(stride, offset=0):
    """Land by one tick in `stride`, its command held: estimate at the end, and when [s]."""
    pilot = Autopilot(MISSION)
    pilot.retarget((0.0, 0.0, 0.0))
    first = ideal_start(MISSION, pilot)
    plant = IdealPlant(
        without_troubles(build_vehicle(MISSION)), central_moon(site_frame(MISSION)), first.numbers()
    )
    phases = []
    for k in range(100_000):
        plant.observe(pilot.estimate)
        if pilot.estimate["contact"][0]:
            return pilot.estimate[0].copy(), 0.01 * k, phases
        if k % stride == offset:
            pilot.tick(k)
            if pilot.phase not in phases:
                phases.append(pilot.phase)
        plant.step(pilot.command)
    raise AssertionError("still flying")


@pytest.fixture(scope="module")
def every():
    return fly(1)


@pytest.mark.slow
@pytest.mark.parametrize(("stride", "offset"), [(2, 0), (7, 0), (10, 3)])
def test_a_host_of_another_rate_lands(every, stride, offset):
    """At 50, 14 and 10 Hz, also where no tick falls on one of guidance: 1 s, 5 kg, 0.3 m."""
    e, time_s, phases = fly(stride, offset)
    assert phases == every[2]
    assert time_s == pytest.approx(every[1], abs=1.0)
    assert e["mass_kg"] == pytest.approx(every[0]["mass_kg"], abs=5.0)
    assert np.hypot(*e["r_site"][:2]) < 0.3
    assert -e["v_site"][2] < MISSION.touchdown.vertical_speed_mps
    assert np.hypot(*e["v_site"][:2]) < 0.2


@pytest.mark.parametrize(("first", "then"), [(100, 100), (100, 99), (100, 0), (0, -5), (7, 6008)])
def test_a_tick_that_goes_back_or_far_is_refused(first, then):
    pilot = Autopilot(MISSION)
    pilot.estimate[:] = estimate(v_site=[0.0, 0.0, -1.0])
    pilot.begin("hover")
    before = pilot.tick(first).copy()
    with pytest.raises(ValueError, match=f"tick {then} after tick {first}:") as refused:
        pilot.tick(then)
    assert "\n" not in str(refused.value)
    assert pilot.command == before
    # it goes on with the next, and begins anew where it is told to
    assert pilot.tick(first + 1)["status"][0] != Status.BAD_INPUT
    pilot.begin("hover")
    assert pilot.tick(then)["status"][0] != Status.BAD_INPUT


@pytest.mark.parametrize("k", [1.5, 3.0, np.float64(2.0), "4", None])
def test_a_tick_that_is_no_whole_number_is_refused(k):
    """Fractions were cut off in silence."""
    pilot = Autopilot(MISSION)
    with pytest.raises(TypeError, match="integer"):
        pilot.tick(k)


@pytest.mark.parametrize("k", [np.int32(5), np.uint8(5), np.array(5), np.int64(5)])
def test_a_tick_of_any_integer_type_is_taken(k):
    pilot, twin = Autopilot(MISSION), Autopilot(MISSION)
    for each in (pilot, twin):
        each.estimate[:] = estimate()
    assert pilot.tick(k).tobytes() == twin.tick(5).tobytes()


def test_time_to_go_counts_what_was_missed():
    """A second without a tick is a second less to the end of the phase."""
    pilot = Autopilot(MISSION)
    pilot.begin("approach")
    pilot.estimate[:] = estimate(
        r_site=[0.0, -2000.0, 2500.0], v_site=[0.0, 60.0, -30.0], mass_kg=2000.0
    )
    for k in range(21):
        pilot.tick(k, plan=False)
    # between two passes of guidance only the clock counts
    before = float(pilot.command["time_to_go_s"][0])
    assert pilot.tick(25, plan=False)["time_to_go_s"][0] == pytest.approx(before - 0.05, abs=1e-9)


def test_in_the_kernel_a_tick_that_goes_back_is_bad_input():
    """What C hosts see: the last attitude and thrust, no torque, and the state untouched."""
    pilot, twin = Autopilot(MISSION), Autopilot(MISSION)
    e = estimate(omega_body=[0.01, 0.0, 0.0])
    for each in (pilot, twin):
        each.begin("hover")
        each.estimate[:] = e
        each.tick(50)
    commands = np.zeros(3, pilot.command.dtype)
    pilot.core.tick_many(51, np.repeat(e, 3), commands)
    again = np.zeros(1, pilot.command.dtype)
    with pytest.raises(ValueError, match="tick 52 after tick 53"):
        pilot.core.tick_many(52, e, again)
    for k in (51, 52, 53):
        twin.tick(k)
    assert one(pilot.core, 54, e).tobytes() == one(twin.core, 54, e).tobytes()


def test_minutes_of_bad_input_are_no_gap():
    """A tick that was answered as bad input was asked for all the same, and kept in a copy."""
    pilot = Autopilot(MISSION)
    pilot.begin("hover")
    pilot.estimate[:] = estimate()
    pilot.tick(0)
    pilot.estimate["mass_kg"] = np.nan
    for k in range(5000, 20_001, 5000):
        assert pilot.tick(k)["status"][0] == Status.BAD_INPUT
    with pytest.raises(ValueError, match="tick 15000 after tick 20000"):
        copy.deepcopy(pilot).tick(15_000)
    pilot.estimate[:] = estimate()
    assert pilot.tick(20_001)["status"][0] != Status.BAD_INPUT


def test_a_link_flies_what_comes_and_lives_through_bad_input():
    """Packets lost and out of order: the commands of an autopilot that missed the same ticks."""
    client, pilot = Client(udp.Link(MISSION)), Autopilot(MISSION)
    client.hello()
    e = estimate(v_site=[0.0, 0.0, -1.0])
    for k in (0, 2, 3, 7, 19, 40):
        pilot.estimate[:] = e
        expected = pilot.tick(k, plan=False).copy()
        assert command_of(client.fly(k, e)) == expected
        late = client.fly(k - 1, e)
        assert command_status(late) is None
    wrong = estimate(mass_kg=np.nan)
    for k in range(5000, 20_001, 5000):
        assert command_of(client.fly(k, wrong))["status"][0] == Status.BAD_INPUT
    assert command_of(client.fly(20_001, e))["status"][0] != Status.BAD_INPUT


def command_status(answer):
    """Return the status of a COMMAND; None for any other answer."""
    return command_of(answer)["status"][0] if answer[9] == 4 else None
