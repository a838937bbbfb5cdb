"""The UDP link measured: a closed 100 Hz loop over loopback, and a million fuzzed packets.

    python studies/udp_loop.py --seconds 20 --load 2 --fuzz 1000000

A report and no gate: latencies are the scheduler's, and change with what else the machine does.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import resource
import signal
import socket
import subprocess
import sys
import time

import numpy as np

import farside.adapters.udp.link as udp
from farside.adapters.udp import packets
from farside.adapters.udp.packets import Code, Kind
from farside.guidance import COMMAND, ESTIMATE
from farside.mission import load_mission

PERIOD_NS = 10_000_000
PEER = ("127.0.0.1", 5001)
STRANGER = ("127.0.0.1", 5002)
WILD = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, 5e-324, 1e5, -1e7, 0.3])


def lander(rng: np.random.Generator) -> bytes:
    """Make a state, half of them with numbers gone wild."""
    e = np.zeros(1, ESTIMATE)
    e["r_site"] = rng.normal([0.0, 0.0, 3000.0], 1000.0)
    e["v_site"] = rng.normal(0.0, 30.0, 3)
    q = rng.normal(size=4)
    e["q_site_body"] = q / np.linalg.norm(q)
    e["omega_body"] = rng.normal(0.0, 0.1, 3)
    e["mass_kg"], e["accel_mps2"] = rng.uniform(1700.0, 3700.0), rng.uniform(0.0, 4.5)
    e["height_m"] = rng.choice([np.nan, 100.0])
    if rng.random() < 0.5:
        e.view("f8")[rng.integers(0, 16)] = rng.choice(WILD)
    return e.tobytes()


class Fuzz:
    """A host whose packets are damaged, forged or out of order, most of them."""

    def __init__(self, link: udp.Link, seed: int, now_s: float) -> None:
        self.link, self.now_s = link, now_s
        self.rng = np.random.default_rng(seed)
        self.states = [lander(self.rng) for _ in range(512)]
        self.nonce = self.session = self.sequence = self.tick = self.scan = self.chunks = 0
        self.flown = 0
        self.kept: list[bytes] = []  # commands not yet checked

    def say_hello(self, die: int) -> None:
        """Begin a session, after a silence that ends the one before."""
        self.nonce += 1
        self.now_s += 3.0 if self.session else 0.0
        self.session = 0
        phase = (-1, -2, 0, 1, 2, 3, 99)[die % 7]
        hello = packets.write(Kind.HELLO, 0, 1, 0, self.nonce, phase, b"")
        answer = self.link.handle(hello, PEER, self.now_s)
        if answer and answer[9] == Kind.WELCOME:
            self.session, self.sequence = packets.read_header(answer).session, 1
            last = packets.read_body(answer, Kind.WELCOME)[1]
            self.tick = max(0, last + 1)  # type: ignore[operator]

    def of_scan(self, die: int) -> tuple[Kind, bytes]:
        """Make a SCAN of few points, a chunk of one, or a question for its decision."""
        kind = (Kind.SCAN, Kind.POINTS, Kind.POINTS, Kind.DECIDE)[die % 4]
        self.scan += kind == Kind.SCAN
        number = self.scan - (die % 9 == 0)
        where = (*self.rng.normal(0.0, 50.0, 2), 100.0, 0.0, 0.0, 0.0, 1900.0)
        if die % 5 == 0:
            where = (*self.rng.choice(WILD, 7),)
        if kind == Kind.SCAN:
            count = (0, 1, 58, 59, 120, packets.LARGEST_SCAN + 1, 2**32 - 1)[die // 4 % 7]
            self.chunks = packets.chunks_of(count) + (die % 11 == 0)
            numbers = (max(0, number), count, self.chunks, die // 16 % 3)
            return kind, packets.BODY[kind].pack(*numbers, *where, 0.02, 0.0, 0.3)
        if kind == Kind.POINTS:
            values = self.rng.normal(0.0, 30.0, 3 * packets.CHUNK_POINTS)
            head = packets.POINTS_HEAD.pack(max(0, number), die // 4 % 3, self.chunks, 0)
            return kind, head + values.tobytes()
        return kind, packets.BODY[kind].pack(max(0, number), 0, *where, 5.0, b"")

    def request(self, way: int, die: int) -> tuple[Kind, int, bytes]:
        """Make a packet that is wrong, if at all, in its numbers; its kind and number too."""
        number, when, kind = self.sequence + 1, self.tick + 1, Kind.STATE
        body = self.states[die % 512]
        if way == 0:
            kind = Kind.AIM
            body = packets.BODY[kind].pack(*self.rng.choice(WILD, 4), int(die % 5), 0)
        elif way == 1:
            number = max(0, self.sequence - die % 3)
        elif way == 2:
            when = (-1, self.tick, self.tick + 30, 2**62, -(2**63), self.tick + 7000)[die % 6]
        elif way == 3:
            kind, body = list(Kind)[die % len(Kind)], bytes(die % 200)
        elif way in (12, 13):
            kind, body = self.of_scan(die)
        owner = self.session ^ (1 << die % 64) if way == 4 else self.session
        return kind, number, packets.seal(kind, owner, number, when, body)

    def damaged(self, packet: bytes, way: int, die: int) -> bytes:
        """Cut, lengthen, flip or replace a packet."""
        if way == 6:
            return packet[: die % len(packet)]
        if way == 7:
            return packet + bytes(1 + die % 64)
        if way in (8, 9):
            bad = bytearray(packet)
            bad[die % len(bad)] ^= 1 << (die >> 8) % 8
            return bytes(bad)
        if way == 10:
            return self.rng.bytes(die % 256)
        return packet[:8] + bytes([die % 256]) + packet[9:] if way == 11 else packet

    def send(self) -> None:
        """Send one packet and check its answer."""
        self.now_s += 2e-4
        way, die = self.rng.integers(0, 18), int(self.rng.integers(0, 2**31))
        if self.session == 0 or die % 997 == 0:
            self.say_hello(die)
            return
        kind, number, packet = self.request(way, die)
        packet = self.damaged(packet, way, die)
        answer = self.link.handle(packet, STRANGER if way == 5 else PEER, self.now_s)
        if self.link.scans.wants_assess and die % 8 == 0:
            self.link.scans.assess()
        if answer is None:
            return
        assert len(answer) <= len(packet) and packets.whole(answer)
        if answer[9] == Kind.COMMAND:
            self.flown += 1
            begin = packets.HEADER.size
            self.kept.append(answer[begin : begin + COMMAND.itemsize])
            self.sequence, self.tick = number, packets.read_header(answer).tick
            self.link.plan()
        elif answer[9] in (Kind.MISSING, Kind.DECISION):
            self.sequence = number
        elif packets.read_body(answer, Kind.ANSWER)[0] == Code.DONE and kind != Kind.POINTS:
            self.sequence, self.session = number, 0 if kind == Kind.STOP else self.session


def fuzz(link: udp.Link, count: int, seed: int, now_s: float = 0.0) -> tuple[int, np.ndarray]:
    """Put packets to a link, most of them damaged; how many were flown, and the last commands.

    Every answer is checked: whole, and no larger than its request; every command's bytes are kept
    for 10 000 at a time and checked to be finite and within the limits.
    """
    host = Fuzz(link, seed, now_s)
    for _ in range(count):
        host.send()
        if len(host.kept) == 10_000:
            sound(link, np.frombuffer(b"".join(host.kept), COMMAND))
            host.kept.clear()
    commands = np.frombuffer(b"".join(host.kept), COMMAND)
    sound(link, commands)
    return host.flown, commands


def sound(link: udp.Link, commands: np.ndarray) -> None:
    """Check that commands are finite and within the engine's limits."""
    for name in COMMAND.names or ():
        assert np.isfinite(commands[name]).all(), name
    on = commands["thrust_n"] != 0.0
    thrust = commands["thrust_n"][on]
    assert np.all((thrust >= link.least_n) & (thrust <= link.full_n))
    fields = link.autopilot.core.fields
    limit = np.array(fields["torque_limit"]) + fields["torque_small_nm"]
    assert np.all(np.abs(commands["torque_nm"]) <= limit)


def spin(seconds: float) -> None:
    """Keep a core busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(10_000))


def beat(seconds: float, options: list[str]) -> None:
    """Close the loop at 100 Hz with a server of its own, and print its latencies."""
    from farside.flight.ideal import ideal_flight

    history = ideal_flight(load_mission("chang-e-6")).history
    rows = [row["estimate"].tobytes() for row in history[: round(100 * seconds)]]
    words = [sys.executable, "-m", "farside.cli", "serve", "--port", "0", "--json", *options]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    late, took, lost = [], [], 0
    try:
        while (said := json.loads(process.stdout.readline()))["event"] != "listening":
            print(said)
        port = said["port"]
        cpu = cpu_s(process.pid)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", port))
            s.settimeout(5.0)
            s.send(packets.write(Kind.HELLO, 0, 1, 0, 1, packets.ANEW, b""))
            session = packets.read_header(s.recv(256)).session
            s.settimeout(0.009)
            start = time.perf_counter_ns() + PERIOD_NS
            for k, body in enumerate(rows):
                due = start + k * PERIOD_NS
                time.sleep(max(0.0, (due - time.perf_counter_ns()) * 1e-9))
                sent = time.perf_counter_ns()
                late.append(sent - due)
                s.send(packets.seal(Kind.STATE, session, k + 2, k, body))
                try:
                    while packets.read_header(s.recv(256)).tick != k:
                        pass
                    took.append(time.perf_counter_ns() - sent)
                except TimeoutError:
                    lost += 1
        cpu = cpu_s(process.pid) - cpu
        process.send_signal(signal.SIGTERM)
        last = json.loads(process.communicate(timeout=10)[0].splitlines()[-1])
    finally:
        process.kill()
        process.wait(timeout=10)
    print(f"{len(rows)} states at 100 Hz             p50      p99    p99.9      max   [us]")
    for name, values in (("host wakes late by", late), ("state to command", took)):
        shares = np.percentile(np.array(values), (50.0, 99.0, 99.9, 100.0)) / 1e3
        print(f"{name:24}" + "".join(f"{share:9.1f}" for share in shares))
    print(
        f"not answered within 9 ms: {lost}; server: {1e6 * cpu / len(rows):.0f} us of CPU a state,"
        f" plans {last['plans']}, slowest inside {last['slowest_us']} us"
    )
    edges = [0, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]
    counts, _ = np.histogram(np.array(took) / 1e3, edges)
    for low, high, n in zip(edges, edges[1:], counts, strict=False):
        print(f"  {low:5} to {high:5} us {n:7} {'#' * round(50 * n / max(1, counts.max()))}")


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process [s]."""
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / 100.0


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--load", type=int, default=0, help="processes that keep cores busy")
    parser.add_argument("--realtime", action="store_true", help="of the server")
    parser.add_argument("--fuzz", type=int, default=0, help="packets")
    asked = parser.parse_args()
    if asked.seconds > 0:
        others = [
            multiprocessing.Process(target=spin, args=(asked.seconds + 3.0,))
            for _ in range(asked.load)
        ]
        for other in others:
            other.start()
        beat(asked.seconds, ["--realtime"] if asked.realtime else [])
        for other in others:
            other.join()
    if asked.fuzz:
        mission = load_mission("chang-e-6")
        small = dataclasses.replace(mission.hazards, map_cells=128)  # for many scans
        link = udp.Link(dataclasses.replace(mission, hazards=small))
        fuzz(link, 20_000, seed=0)
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
        flown, _ = fuzz(link, asked.fuzz, seed=1, now_s=1e6)
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"{asked.fuzz} fuzzed packets in {took:.0f} s, {flown} flown; peak memory "
            f"{before / 1024:.1f} MB before, {after / 1024:.1f} MB after"
        )
        print(link.report())


if __name__ == "__main__":
    main()
