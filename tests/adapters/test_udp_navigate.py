"""Navigation over UDP: the estimates of a flight from its measurements, to the bit; refusals."""

import struct

import numpy as np
import pytest
from fixed_descent import CHOSEN, SCANNED, TICKS, fixed
from hostile import sound, spoilt
from recorded_descent import navigated, recorded
from sample_udp import code_of

from farside.adapters.udp import navigate, packets
from farside.adapters.udp.nav_fields import PADDING, parts_of
from farside.adapters.udp.packets import Code, Kind
from farside.adapters.udp.spoilt import SpoiltMeasurements
from farside.mission import MissionError, load_mission
from farside.mission.faults import with_faults
from farside.navigation import (
    MAP_FIX,
    MEASUREMENTS,
    NAVIGATION_ESTIMATE,
    LeftOut,
    NavigationStatus,
    Navigator,
)
from farside.sensors import sensor_setup

MISSION = load_mission("chang-e-6")
SETUP = sensor_setup(MISSION, {})
pytestmark = pytest.mark.xdist_group("recorded_descent")
PLANNED = (0, 0, *[0.0] * 14)


@pytest.fixture
def host(client, monkeypatch):
    """Return a host whose server navigates with the numbers of the recorded flight."""
    monkeypatch.setattr(
        navigate, "planned_navigator", lambda *_: (recorded().table, recorded().first)
    )
    client.link.navigation._parts = None
    client.link.navigation.reset()
    yield client
    client.link.navigation._parts = None
    client.link.navigation.reset()


def begin(host, *values):
    return code_of(host.say(host.make(Kind.NAV_BEGIN, 0, *(values or PLANNED))))


def nav(host, tick, measured, flags=0, made=(0, 0.0), fix=None, command=None):
    host.sequence += 1
    told = bytes(32) if command is None else command.tobytes()
    flags |= 0 if command is None else packets.NavFlag.COMMAND
    body = flags.to_bytes(4, "little") + bytes(4) + measured.tobytes() + struct.pack("<qd", *made)
    body += (bytes(MAP_FIX.itemsize) if fix is None else fix.tobytes()) + told + bytes(PADDING)
    return packets.seal(Kind.NAV, host.session, host.sequence, tick, body)


def estimate_of(answer):
    assert packets.read_header(answer).kind == Kind.ESTIMATE
    return np.frombuffer(answer, NAVIGATION_ESTIMATE, 1, packets.HEADER.size)


def fly(host, ticks):
    """Send the recorded flight; compare every estimate."""
    flight, expected = recorded(), navigated()
    for tick in range(ticks):
        flags = packets.NavFlag.MAP if tick in flight.tied else 0
        command = flight.commands[tick]
        answer = host.say(nav(host, tick, flight.measured[tick], flags, command=command))
        assert answer[packets.HEADER.size :] == expected[tick].tobytes(), tick


def test_the_first_half_minute_has_the_bits_of_a_flight(host):
    assert begin(host) == Code.DONE
    fly(host, 3000)
    assert host.link.counters.estimates == 3000


@pytest.mark.slow
def test_a_whole_descent_has_the_bits_of_a_flight(host):
    assert begin(host) == Code.DONE
    fly(host, len(recorded().measured))


def test_measurements_that_fail_on_the_way(host, monkeypatch):
    """As a navigator estimates that is given them spoilt; a descent anew begins them anew."""
    spoilt = SpoiltMeasurements(
        MISSION, ["accelerometer.x bias 0.5 from 1 s for 2 s", "altimeter zero from 2 s"]
    )
    monkeypatch.setattr(host.link.navigation, "_spoilt", spoilt)
    for _ in range(2):
        host.link.navigation.reset()
        assert begin(host) == Code.DONE
        alone = Navigator.of(recorded().table, recorded().first)
        for tick in range(400):
            measured = recorded().measured[tick : tick + 1].copy()
            answer = host.say(nav(host, tick, measured[0]))
            if 100 <= tick < 300:
                measured["dv_body"][0, 0] += 0.5 * 0.01
            if tick >= 200 and tick % SETUP["range_every"] == SETUP["range_latency"]:
                measured["range_m"], measured["range_valid"] = 0.0, 1
            alone.core.navigate(tick, measured, alone.estimate)
            assert answer[packets.HEADER.size :] == alone.estimate.tobytes(), tick


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("engine cut from 3 s", "the host flies the lander"),
        ("altimeter misaligned from 3 s", "turn the beam there"),
        ("altimeter zero below 300 m", "give from N s"),
        ("altimeter zero at contact", "give from N s"),
    ],
)
def test_what_cannot_fail_in_a_server(line, said):
    with pytest.raises(MissionError, match=said):
        SpoiltMeasurements(MISSION, [line])
    left = SpoiltMeasurements(with_faults(MISSION, [line]))
    assert left.idle and said in left.left[0]


def test_an_estimate_is_what_a_state_begins_with(host):
    """What the autopilot reads of a NAV's answer flies it."""
    assert begin(host) == Code.DONE
    answer = host.say(nav(host, 0, recorded().measured[0]))
    size = packets.BODY[Kind.STATE].size
    state = answer[packets.HEADER.size : packets.HEADER.size + size]
    host.sequence += 1
    command = host.say(packets.seal(Kind.STATE, host.session, host.sequence, 0, state))
    assert packets.read_header(command).kind == Kind.COMMAND


def test_the_same_packet_is_answered_again_and_not_taken_again(host):
    assert begin(host) == Code.DONE
    packet = nav(host, 0, recorded().measured[0])
    assert host.say(packet) == host.say(packet)
    assert host.link.navigation.navigator.core.tick == 0


def test_what_is_refused(host):
    measured = recorded().measured[0]
    assert code_of(host.say(nav(host, 0, measured))) == Code.NAVIGATION
    assert begin(host, 2, 0, *[0.0] * 14) == Code.NUMBER
    assert begin(host, 0, 1, *[0.0] * 14) == Code.NUMBER
    assert begin(host, 1, 0, *[0.0] * 14) == Code.NUMBER  # no quaternion, no mass
    assert begin(host, 1, 0, *[0.0] * 6, 1.0, *[0.0] * 6, np.nan) == Code.NUMBER
    assert begin(host) == Code.DONE
    for tick, code in ((1, Code.TICK), (-1, Code.STALE), (2**62, Code.TICK)):
        assert code_of(host.say(nav(host, tick, measured))) == code
    estimate_of(host.say(nav(host, 0, measured)))
    assert code_of(host.say(nav(host, 0, measured))) == Code.STALE
    assert code_of(host.say(nav(host, 102, measured))) == Code.TICK
    assert code_of(host.say(nav(host, 1, measured, flags=32))) == Code.NUMBER
    late = estimate_of(host.say(nav(host, 51, recorded().measured[51])))
    assert late["left_out"][0] == LeftOut.LEFT_TICKS
    host.link.navigation.reset()
    assert code_of(host.say(nav(host, 52, measured))) == Code.NAVIGATION


def test_a_start_that_is_given_is_the_one(host):
    given = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2500.0)
    assert begin(host, 1, 0, *given) == Code.DONE
    e = estimate_of(host.say(nav(host, 0, recorded().measured[0])))[0]
    assert e["filter_r_site"].tolist() == [1.0, 2.0, 3.0]
    assert e["mass_kg"] == 2500.0


def test_poses_are_bounded_and_the_oldest_goes(host):
    assert begin(host) == Code.DONE
    for tick in range(9):
        answer = host.say(nav(host, tick, recorded().measured[tick], packets.NavFlag.KEEP))
        assert estimate_of(answer)["clones"][0] == min(tick + 1, 6)
    assert host.link.navigation.navigator.covariance.shape == (78, 78)


def test_places_on_the_map_have_the_bits_of_python(host):
    assert begin(host) == Code.DONE
    expected, flag = fixed(), packets.NavFlag
    for tick in range(TICKS):
        flags, fix, code = 0, *expected.fixes.get(tick, (None, None))
        flags |= flag.FIX if fix is not None else 0
        flags |= flag.KEEP if tick == SCANNED else flag.MAP_KEPT if tick == CHOSEN else 0
        measured = recorded().measured[tick]
        answer = estimate_of(host.say(nav(host, tick, measured, flags, (SCANNED, 0.01), fix)))
        if not flags:
            assert answer.tobytes() == expected.estimates[tick].tobytes(), tick
        elif fix is not None:
            assert answer["fix"][0] == code
            assert answer["fixes"][0] == expected.estimates["fixes"][tick + 1]
        else:
            assert answer["clones"][0] == (tick == SCANNED)
    covariance = host.link.navigation.navigator.covariance
    np.testing.assert_array_equal(covariance, expected.covariance)


def test_any_numbers_are_answered_by_a_finite_estimate(host):
    rng = np.random.default_rng([14, 2])
    assert begin(host) == Code.DONE
    answers = [
        estimate_of(host.say(nav(host, tick, m)))
        for tick, m in enumerate(spoilt(recorded().measured[:2000], rng))
    ]
    estimates = np.concatenate(answers)
    assert sound(estimates)
    assert (estimates["status"] <= NavigationStatus.NAVIGATION_LEFT_OUT).all()
    assert (estimates["status"] == NavigationStatus.NAVIGATION_LEFT_OUT).any()


def test_no_answer_is_larger_and_every_byte_is_said():
    assert packets.SIZES[Kind.ESTIMATE] == packets.SIZES[Kind.NAV] <= 1472
    for kind in (Kind.NAV, Kind.ESTIMATE):
        names = [field.name for field in packets.LAYOUT[kind]]
        assert len(set(names)) == len(names)
    with pytest.raises(ValueError, match="with the meanings of"):
        parts_of(MEASUREMENTS, {"dv_body": "m/s"})
