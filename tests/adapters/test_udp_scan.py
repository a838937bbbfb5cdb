"""Scans over UDP: the decisions of the Python package, whatever becomes of the chunks."""

import dataclasses
import math

import numpy as np
import pytest
from sample_pilot import MISSION, estimate
from sample_scans import made_scan
from sample_udp import HOST, STRANGER, Client, code_of, command_of

import farside.adapters.udp.link as udp
from farside.adapters.udp import packets
from farside.adapters.udp.packets import Code, DecisionFlag, Kind
from farside.adapters.udp.scan import SCAN_TIMEOUT_S, SITE_NUMBERS, scan_packets, sites_of
from farside.avoidance import DecisionReason, HazardAvoidance, HoverEstimate
from farside.mission import load_mission

CELLS = 144
SMALL = dataclasses.replace(MISSION, hazards=dataclasses.replace(MISSION.hazards, map_cells=CELLS))


@pytest.fixture
def small(client, monkeypatch):
    """Return a host whose server maps 14.4 m: quick."""
    monkeypatch.setattr(client.link.scans, "_mission", SMALL)
    return client


def scan_of(seed):
    made = made_scan(seed, CELLS * 0.1, int(1.3 * CELLS**2))
    return made, HoverEstimate(made.sensor, (0.1, 0.0, -0.2), 1900.0)


def sent(host, number, made, hover, tick=0):
    """Return the packets of a scan as a host sends them."""
    made = scan_packets(
        host.session, host.sequence + 1, tick, number, made.points, hover, made.sigma_m
    )
    host.sequence += len(made)
    return made


def ask(host, number, hover, hovered_s=5.0, flags=0):
    where = (*hover.r_site, *hover.v_site, hover.mass_kg, hovered_s, b"")
    return host.say(host.make(Kind.DECIDE, 0, number, flags, *where))


def decision_of(answer):
    assert packets.read_header(answer).kind == Kind.DECISION
    return packets.read_body(answer, Kind.DECISION)


def missing_of(answer):
    assert packets.read_header(answer).kind == Kind.MISSING
    _, count, *chunks = packets.read_body(answer, Kind.MISSING)
    return count, [chunk for chunk in chunks if chunk != packets.NO_CHUNK]


def agree(body, expected, ranked):
    """Demand the decision and the sites of the package, to the bit."""
    _, reason, flags, scan_number, x, y, z, heading, count, _ = body[:10]
    assert (reason, (x, y, z)) == (expected.reason, expected.target_site)
    assert bool(flags & DecisionFlag.FINAL) == expected.final
    assert bool(flags & DecisionFlag.SITE) == (expected.site is not None)
    if expected.heading_rad is None:
        assert math.isnan(heading) and not flags & DecisionFlag.HEADING
    else:
        assert heading == expected.heading_rad and flags & DecisionFlag.HEADING
    assert scan_number == (-1 if expected.scan_number is None else expected.scan_number)
    own, *others = sites_of(body)
    assert count == len(ranked)
    others = others[:count]
    pairs = [(own, expected.site)] if expected.site else []
    for got, site in [*pairs, *zip(others, ranked, strict=True)]:
        wanted = np.array([float(getattr(site, name)) for name in SITE_NUMBERS])
        assert np.array([got[name] for name in SITE_NUMBERS]).tobytes() == wanted.tobytes()
        assert (got["reasons"], got["least_bad"]) == (int(site.reasons), site.least_bad)
    assert expected.site or math.isnan(own["east_m"])


@pytest.mark.slow
def test_the_decisions_of_the_package_over_series_of_scans(small):
    """To the bit, with the states of a flight between the chunks."""
    tick, met = 0, set()
    for series in range(5):
        package = HazardAvoidance(SMALL)
        if series:
            assert small.stop() == Code.DONE
            small.hello(nonce=series + 1)
        for number in range(1, 5):
            made, hover = scan_of(4 * series + number)
            for k, packet in enumerate(sent(small, number, made, hover, tick)):
                assert code_of(small.say(packet)) == Code.DONE
                if k % 100 == 0:
                    small.sequence += 1  # a state of its own number, above all so far
                    tick += 1
                    command_of(small.fly(tick, estimate()))
            assert code_of(ask(small, number, hover)) == Code.PENDING
            small.link.scans.assess()
            found = package.assess(hover, made.points, sigma_m=made.sigma_m)
            expected = package.decide(hover, found, hovered_s=20.0 * number)
            answer = ask(small, number, hover, hovered_s=20.0 * number)
            agree(decision_of(answer), expected, found.sites)
            again = ask(small, number, hover, hovered_s=0.0)
            assert again[packets.HEADER.size :] == answer[packets.HEADER.size :]
            met.add(expected.reason)
    assert DecisionReason.ACCEPTED in met and len(met) > 1
    counters = small.link.report()
    assert counters["scans"] == 20 and counters["dropped_scans"] == 0


def test_chunks_come_in_any_order_twice_or_late(small):
    made, hover = scan_of(2)
    begun, *chunks = sent(small, 1, made, hover)
    assert code_of(small.say(begun)) == Code.DONE
    rng = np.random.default_rng(1)
    order = rng.permutation(len(chunks))
    lost = set(order[::7].tolist())
    for k in order:
        if k not in lost:
            assert code_of(small.say(chunks[k])) == Code.DONE
            if k % 5 == 0:
                assert code_of(small.say(chunks[k])) == Code.DONE
    asked = 0
    while True:
        answer = ask(small, 1, hover)
        if packets.read_header(answer).kind != Kind.MISSING:
            break
        count, named = missing_of(answer)
        assert named == sorted(lost)[: packets.MISSING_LISTED] and count == len(lost)
        for k in named:
            assert code_of(small.say(chunks[k])) == Code.DONE
        lost -= set(named)
        asked += 1
    assert asked > 1 and not lost and code_of(answer) == Code.PENDING
    assert code_of(small.say(begun)) == Code.STALE  # late: its sequence number is an old one
    again = packets.seal(Kind.SCAN, small.session, small.sequence + 1, 0, begun[32:])
    assert code_of(small.say(again)) == Code.DONE  # its answer was lost: nothing begins anew
    small.sequence += 1
    small.link.scans.assess()
    assert code_of(small.say(chunks[3])) == Code.DONE  # a late copy changes nothing
    package = HazardAvoidance(SMALL)
    found = package.assess(hover, made.points, sigma_m=made.sigma_m)
    expected = package.decide(hover, found, hovered_s=5.0)
    agree(decision_of(ask(small, 1, hover)), expected, found.sites)


def test_foreign_chunks_are_refused(small):
    made, hover = scan_of(3)
    begun, *chunks = sent(small, 5, made, hover)
    assert code_of(small.say(chunks[0])) == Code.SCAN  # before its SCAN
    assert code_of(small.say(begun)) == Code.DONE
    before = small.link.scans._scan.points.copy()

    def changed(number=5, chunk=0, count=464, nothing=0):
        body = packets.POINTS_HEAD.pack(number, chunk, count, nothing) + bytes(24 * 58)
        return packets.seal(Kind.POINTS, small.session, 9999, 0, body)

    for packet, why in (
        (changed(number=4), Code.STALE),
        (changed(number=6), Code.SCAN),
        (changed(chunk=len(chunks)), Code.NUMBER),
        (changed(chunk=2**32 - 1), Code.NUMBER),
        (changed(count=465), Code.NUMBER),
        (changed(nothing=1), Code.NUMBER),
        (chunks[0][:-1], Code.SIZE),
        (chunks[0][:-1] + b"\1", Code.CHECKSUM),
    ):
        assert code_of(small.say(packet)) == why
    assert code_of(small.say(chunks[0], STRANGER)) == Code.SESSION
    other = packets.seal(Kind.POINTS, small.session ^ 1, 1, 0, chunks[0][32:])
    assert code_of(small.say(other)) == Code.SESSION
    assert small.link.scans._scan.points.tobytes() == before.tobytes()
    assert missing_of(ask(small, 5, hover))[0] == len(chunks)


def test_numbers_are_checked_before_memory_is_taken(small, monkeypatch):
    hover = HoverEstimate((0.0, 0.0, 100.0), (0.0, 0.0, 0.0), 1900.0)

    def no_memory(*_):
        raise AssertionError("memory for a scan that is refused")

    def begin(tick=0, **changes):
        fields = {"number": 1, "count": 58, "chunks": None, "flags": 1, "r": (0.0, 0.0, 1e2)}
        fields |= {"v": 0.0, "mass": 1e3, "sigma": 0.02, "ground": 0.0, "sure": 0.3} | changes
        number, count, chunks, flags, r, v, mass, sigma, ground, sure = fields.values()
        chunks = packets.chunks_of(count) if chunks is None else chunks
        values = (number, count, chunks, flags, *r, v, 0.0, 0.0, mass, sigma, ground, sure)
        return code_of(small.say(small.make(Kind.SCAN, tick, *values)))

    with monkeypatch.context() as patch:
        patch.setattr("farside.adapters.udp.scan.np.empty", no_memory)
        for options in (
            {"count": packets.LARGEST_SCAN + 1}, {"count": 2**32 - 1}, {"chunks": 2},
            {"chunks": 0}, {"flags": 4}, {"r": (math.nan, 0.0, 0.0)}, {"r": (0.0, 0.0, 1.1e5)},
            {"v": math.inf}, {"v": 2e4}, {"mass": 0.0}, {"mass": math.nan}, {"sigma": -1.0},
            {"sigma": math.nan}, {"flags": 2, "ground": math.nan}, {"flags": 2, "ground": 3e4},
            {"flags": 2, "sure": 0.0}, {"flags": 2, "sure": math.inf},
        ):  # fmt: skip
            assert begin(**options) == Code.NUMBER, options
        for tick in (-1, packets.LARGEST_TICK + 1):
            assert begin(tick=tick) == Code.TICK
        assert begin(number=0) == Code.STALE
    # not meant, so not read
    assert begin(flags=0, sigma=math.nan, ground=math.nan, sure=-1.0) == Code.DONE
    for hovered_s in (math.nan, -1.0, 2e5):
        assert code_of(ask(small, 1, hover, hovered_s)) == Code.NUMBER
    assert code_of(ask(small, 1, hover, flags=1)) == Code.NUMBER
    assert code_of(ask(small, 0, hover)) == Code.STALE
    assert code_of(ask(small, 2, hover)) == Code.SCAN


def test_a_map_above_the_ground_known_beneath_is_lowered(small):
    made, hover = scan_of(1)
    ground_m = float(np.nanmedian(made.points[:, 2])) - 40.0
    hover = dataclasses.replace(hover, ground_m=ground_m, ground_sigma_m=0.3)
    for packet in sent(small, 1, made, hover):
        assert code_of(small.say(packet)) == Code.DONE
    small.link.scans.assess()
    package = HazardAvoidance(SMALL)
    found = package.assess(hover, made.points, sigma_m=made.sigma_m)
    assert found.lowered_m == pytest.approx(40.0, abs=2.0)
    expected = package.decide(hover, found, hovered_s=5.0)
    agree(decision_of(ask(small, 1, hover)), expected, found.sites)


def test_a_stale_scan_is_dropped_in_one_line(small):
    made, hover = scan_of(1)
    scans = small.link.scans
    first, second = sent(small, 1, made, hover)[:2]
    small.say(first)
    small.say(second)
    small.say(sent(small, 2, made, hover)[0])
    assert scans.notes.popleft() == "scan 1, 1 of 464 chunks: scan 2 has begun"
    assert code_of(small.say(second)) == Code.STALE
    for k in range(1, 12):  # its host flies on, but sends no more points
        assert not scans.notes
        small.at += 0.1 * SCAN_TIMEOUT_S
        command_of(small.fly(k, estimate()))
    assert scans.notes.popleft() == "scan 2, 0 of 464 chunks: no points for 6 s"
    assert code_of(ask(small, 2, hover)) == Code.STALE
    small.say(sent(small, 3, made, hover)[0])
    assert small.stop() == Code.DONE
    assert scans.notes.popleft() == "scan 3, 0 of 464 chunks: its session is over"
    assert not scans.notes and small.link.report()["dropped_scans"] == 3


def test_a_descent_that_begins_anew_knows_no_scan(small):
    made, hover = scan_of(2)
    for packet in sent(small, 7, made, hover):
        small.say(packet)
    small.link.scans.assess()
    decision_of(ask(small, 7, hover))
    small.stop()
    small.hello(nonce=2, phase=packets.ANEW)
    assert code_of(ask(small, 7, hover)) == Code.SCAN
    again = sent(small, 1, made, hover)
    assert all(code_of(small.say(packet)) == Code.DONE for packet in again)
    assert code_of(small.say(sent(small, 2, made, hover)[0])) == Code.PENDING
    small.link.scans.reset()  # while it is being assessed: what that finds is nobody's
    small.link.scans.assess()
    assert code_of(ask(small, 1, hover)) == Code.SCAN


def test_nothing_returned_and_points_that_cannot_be(small):
    hover = HoverEstimate((3.0, -2.0, 101.0), (0.0, 0.0, 0.0), 1900.0)
    nothing = made_scan(1, 1.0, 4)._replace(points=np.empty((0, 3)), sigma_m=0.0)
    (begun,) = sent(small, 1, nothing, hover)
    assert code_of(small.say(begun)) == Code.DONE
    small.link.scans.assess()
    body = decision_of(ask(small, 1, hover))
    assert body[1] == DecisionReason.NO_MAP and body[4:7] == (3.0, -2.0, 0.0)
    small.link.scans.reset()
    high = scan_of(1)[0]
    high.points[:, 2] += 1e9
    for packet in sent(small, 2, high, hover):
        small.say(packet)
    small.link.scans.assess()
    assert code_of(ask(small, 2, hover)) == Code.NUMBER
    assert "scan 2: " in small.link.scans.notes.popleft()


def test_a_mission_without_a_lidar_takes_no_scan():
    mission = load_mission("apollo-11")
    assert mission.sensors.lidar is None
    host = Client(udp.Link(mission), HOST)
    host.hello()
    made, hover = scan_of(1)
    assert code_of(host.say(sent(host, 1, made, hover)[0])) == Code.SCAN


def test_a_scan_that_cannot_be_assessed_does_not_stay_pending(small, monkeypatch):
    """Not even where that is no fault of its points."""
    made, hover = scan_of(2)

    def no_memory(*_, **__):
        raise MemoryError("Unable to allocate\n7 TiB")

    with monkeypatch.context() as patch:
        patch.setattr(HazardAvoidance, "assess", no_memory)
        for packet in sent(small, 1, made, hover):
            small.say(packet)
        small.link.scans.assess()
        assert code_of(ask(small, 1, hover)) == Code.NUMBER
    assert small.link.scans.notes.popleft() == "scan 1: MemoryError: Unable to allocate 7 TiB"
    for packet in sent(small, 2, made, hover):
        small.say(packet)
    small.link.scans.assess()
    decision_of(ask(small, 2, hover))
