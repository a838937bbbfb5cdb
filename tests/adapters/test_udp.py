"""The UDP link: its packets, and its rules when packets are lost or hostile."""

import dataclasses
import importlib.util
import re
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from sample_pilot import MISSION, check_sound, estimate, mixed
from sample_udp import HOST, STRANGER, Client, code_of, command_of, tail_of

import farside.adapters.udp.link as udp
from farside.adapters.udp import packets
from farside.adapters.udp.packet_tables import EXAMPLE, documents
from farside.adapters.udp.packets import Code, Kind
from farside.flight.ideal import ideal_flight
from farside.guidance import COMMAND, ESTIMATE
from farside.guidance.autopilot import Status

ROOT = Path(__file__).resolve().parents[2]


def test_sizes_are_fixed_and_no_answer_is_larger_than_its_request():
    assert {kind.name: size for kind, size in packets.SIZES.items()} == {
        "HELLO": 128, "WELCOME": 104, "STATE": 176, "COMMAND": 176, "AIM": 72, "ANSWER": 40,
        "STOP": 40, "SCAN": 128, "POINTS": 1440, "DECIDE": 616, "MISSING": 168, "DECISION": 616,
        "NAV_BEGIN": 152, "NAV": 808, "ESTIMATE": 808,
    }  # fmt: skip
    assert max(packets.SIZES.values()) + 28 <= 1500  # with IP's and UDP's headers: one frame
    assert packets.BODY[Kind.STATE].size == ESTIMATE.itemsize
    assert packets.BODY[Kind.COMMAND].size == COMMAND.itemsize + 16
    for kind, dtype in ((Kind.STATE, ESTIMATE), (Kind.COMMAND, COMMAND)):
        at = 0
        for field in packets.LAYOUT[kind][: len(dtype.names)]:
            assert dtype.fields[field.name][1] == at
            at += struct.calcsize("<" + field.code)
    for fields in (packets.HEADER_FIELDS, *packets.LAYOUT.values()):
        at = 0
        for field in fields:
            assert at % struct.calcsize("<" + field.code.lstrip("0123456789")) == 0
            at += struct.calcsize("<" + field.code)


def test_documents_follow_the_definition():
    for path, text in documents().items():
        assert path.read_text() == text, (
            f"python -m farside.adapters.udp.packet_tables: {path.name}"
        )
    page = (ROOT / "docs" / "integrate" / "udp.md").read_text()
    dump = re.findall(r"^00[0-9a-f]{2}  ((?:[0-9a-f]{2} ?)+)", page, re.MULTILINE)
    packet = bytes.fromhex("".join(dump))
    assert packet == EXAMPLE and len(packet) == 72
    assert zlib.crc32(packet[8:]) == struct.unpack_from("<I", packet, 4)[0]
    assert struct.unpack_from("<3d", packet, 32) == (12.5, -3.0, 0.25)


@pytest.mark.slow
def test_a_whole_descent_has_the_bits_of_the_autopilot_in_process(link):
    history = ideal_flight(MISSION).history[:-1]
    client = Client(link)
    client.hello()
    assert client.aim(0.0, 0.0, 0.0) == Code.DONE
    for row in history:
        client.at += 0.01
        answer = client.fly(int(row["tick"]), row["estimate"])
        assert answer[32 : 32 + COMMAND.itemsize] == row["command"].tobytes(), row["tick"]
        link.plan()
    assert client.stop() == Code.DONE
    assert link.counters.flown == len(history) and link.counters.plans > 100


def test_a_duplicate_is_answered_again_and_not_flown(client, link):
    packet = client.state(10, estimate())
    first = client.say(packet)
    for _ in range(3):
        assert client.say(packet) == first
    assert (link.counters.flown, link.counters.repeated) == (1, 3)
    other = bytearray(packet)
    other[40] ^= 1
    sealed = packets.seal(Kind.STATE, client.session, client.sequence, 10, bytes(other[32:]))
    assert code_of(client.say(sealed)) == Code.STALE
    hello = packets.write(Kind.HELLO, 0, 1, 0, 1, -1, b"")  # the first, late and again
    assert code_of(client.say(hello)) == Code.STALE
    assert link.counters.flown == 1


def test_late_states_are_refused_and_gaps_are_counted(client, link):
    late = client.state(1, estimate())
    command_of(client.fly(5, estimate()))
    assert code_of(client.say(late)) == Code.STALE  # an older sequence number
    assert code_of(client.fly(5, estimate())) == Code.STALE  # an older tick
    for tick in (-1, -(2**63), packets.LARGEST_TICK + 1, 2**63 - 1, 5 + 6001):
        assert code_of(client.fly(tick, estimate())) == Code.TICK
    command_of(client.fly(9, estimate()))
    assert (link.counters.flown, link.counters.missed_ticks, link.counters.stale) == (2, 3, 2)
    assert link.counters.silences == 0


def test_silence_is_the_safe_state_and_ends_with_the_next_state(client, link):
    on = estimate(v_site=[0.0, 0.0, -2.0])
    link.autopilot.core.begin(link.autopilot.names.index("approach"))
    thrust_n, hold, flags = tail_of(client.fly(0, on))
    fields = link.autopilot.core.fields
    weight_n = on["mass_kg"][0] * fields["gm"] / (fields["radius_m"] + 100.0) ** 2
    assert hold == 20 and flags == 0
    assert thrust_n == pytest.approx(min(max(weight_n, link.least_n), link.full_n), rel=1e-5)
    client.at = 0.19
    link.glance(client.at)
    assert link.state is udp.LinkState.FLYING
    client.at = 0.5
    link.glance(client.at)
    assert link.state is udp.LinkState.SAFE and link.counters.silences == 1
    assert tail_of(client.fly(50, on))[2] == 2  # resumed
    assert link.state is udp.LinkState.FLYING
    assert tail_of(client.fly(51, on))[2] == 0
    assert tail_of(client.fly(72, on))[2] == 2  # by the ticks, however fast they come
    assert link.counters.silences == 2


def test_the_engine_off_stays_off_in_the_safe_state(client):
    answer = client.fly(0, estimate(rest=1, contact=1))
    if command_of(answer)["thrust_n"][0] == 0.0:
        assert tail_of(answer)[0] == 0.0
    client.link.autopilot.core.begin(len(MISSION.phases) - 1)
    answer = client.fly(1, estimate(rest=1, contact=1))
    assert command_of(answer)["thrust_n"][0] == 0.0 and tail_of(answer)[0] == 0.0


def test_one_host_at_a_time_until_it_stops_or_is_silent(client, link):
    command_of(client.fly(0, estimate()))
    other = Client(link, STRANGER)
    assert other.hello(nonce=2) == Code.BUSY
    other.session = client.session
    assert code_of(other.fly(1, estimate())) == Code.SESSION
    client.session ^= 1
    assert code_of(client.fly(1, estimate())) == Code.SESSION
    other.at = 1.9
    assert other.hello(nonce=2) == Code.BUSY  # its host is silent, but its time is not over
    other.at = 2.1
    assert other.hello(nonce=2)[1] == -1
    assert link.counters.timeouts == 1
    assert other.stop() == Code.DONE and link.state is udp.LinkState.IDLE
    assert other.hello(nonce=3)[1] == -1


def test_a_host_that_starts_again_goes_on_with_the_flight(client, link):
    for tick in range(30):
        command_of(client.fly(tick, estimate()))
    again = Client(link, HOST, at=0.1)
    assert again.hello(nonce=7, phase=packets.GO_ON) == Code.BUSY  # it may be a late packet
    again.at = 0.3
    assert again.hello(nonce=7, phase=packets.GO_ON)[1] == 29
    assert code_of(again.fly(29, estimate())) == Code.STALE
    assert tail_of(again.fly(60, estimate()))[2] == 2
    assert code_of(client.fly(61, estimate())) == Code.SESSION
    fresh = Client(link, STRANGER, at=9.0)
    assert fresh.hello(nonce=8, phase=2)[4] == 2
    assert fresh.stop() == Code.DONE
    for phase in (-3, 99, 2**31 - 1):
        assert fresh.hello(nonce=9, phase=phase) == Code.PHASE
    assert (
        udp.Link(MISSION).handle(packets.write(Kind.HELLO, 0, 1, 0, 1, -2, b""), HOST, 0.0)[
            packets.HEADER.size
        ]
        == Code.PHASE
    )


def test_damage_is_refused_by_its_name(client, link):
    good = client.state(3, estimate())

    def refusal(packet):
        return code_of(client.say(bytes(packet)))

    for at in (8, 9, 10, 12, 16, 24, 32, 100, 175):
        for bit in range(8):
            bad = bytearray(good)
            bad[at] ^= 1 << bit
            answer = client.say(bytes(bad))
            assert answer is None or code_of(answer) in (Code.VERSION, Code.SIZE, Code.CHECKSUM)
        link._tokens = udp.REFUSALS_PER_S
    assert refusal(good[:-1]) == refusal(good + b"\0") == Code.SIZE
    assert refusal(good[:8] + b"\1" + good[9:]) == Code.VERSION
    assert refusal(good[:9] + b"\x63" + good[10:]) == Code.SIZE
    assert refusal(good[:-1] + b"\1") == Code.CHECKSUM
    for silent in (b"", b"FSDL", good[:31], good[:39], b"X" + good[1:], bytes(176)):
        assert client.say(silent) is None
    for kind in (Kind.WELCOME, Kind.COMMAND, Kind.ANSWER):  # two servers do not talk
        body = bytes(packets.BODY[kind].size)
        assert client.say(packets.seal(kind, client.session, 99, 0, body)) is None
    assert link.counters.flown == 0
    command_of(client.say(good))


@pytest.mark.slow
def test_hostile_numbers(client, link):
    for site in ((np.nan, 0, 0), (0, np.inf, 0), (0, 0, 1.1e5), (-1e300, 0, 0)):
        assert client.aim(*site) == Code.NUMBER
    assert client.aim(0.0, 0.0, 0.0, flags=4) == Code.NUMBER
    for heading in (np.nan, 7.1, -np.inf):
        packet = client.make(Kind.AIM, 0, 0.0, 0.0, 0.0, heading, 3, 0)
        assert code_of(client.say(packet)) == Code.NUMBER
    assert link.counters.aims == 0
    e = mixed(np.random.default_rng(3), 3000)
    commands = []
    for tick, row in enumerate(e):
        answer = client.fly(tick, row)
        commands.append(command_of(answer))
        thrust_n = tail_of(answer)[0]
        assert thrust_n == 0.0 or link.least_n <= thrust_n <= link.full_n
        link.plan()
    commands = np.concatenate(commands)
    check_sound(commands)
    bad = np.count_nonzero(commands["status"] == Status.BAD_INPUT)
    assert link.counters.bad_input == bad > 500


def test_refusals_are_few_however_many_are_asked_for(client, link):
    junk = bytearray(client.state(0, estimate()))
    junk[-1] ^= 1
    answers = 0
    for k in range(20_000):  # in a second
        client.at = k / 20_000
        answers += client.say(bytes(junk)) is not None
    assert 100 <= answers <= 201
    assert link.counters.checksum == 20_000
    assert link.counters.unanswered == 20_000 - answers


@pytest.mark.slow
def test_fuzzed_packets_never_harm(link, monkeypatch):
    hazards = dataclasses.replace(MISSION.hazards, map_cells=128)  # its scans are quick
    small = dataclasses.replace(MISSION, hazards=hazards)
    monkeypatch.setattr(link.scans, "_mission", small)
    spec = importlib.util.spec_from_file_location("udp_loop", ROOT / "studies" / "udp_loop.py")
    loop = importlib.util.module_from_spec(spec)
    sys.modules["udp_loop"] = loop
    spec.loader.exec_module(loop)
    flown, commands = loop.fuzz(link, 20_000, seed=1)
    assert flown > 1000
    check_sound(commands)
    counted = link.counters
    names = "foreign size version checksum session stale tick number scan scans chunks"
    for name in names.split():
        assert getattr(counted, name) > 50, name
    assert counted.decisions > 10
