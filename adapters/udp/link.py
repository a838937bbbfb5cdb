"""The autopilot behind a UDP socket, for hardware in the loop.

`Link` answers one packet after another and knows no socket; server.py is the loop around it. What
a packet holds is data to be checked: nothing in it is evaluated, and nothing is kept for a sender
without a session.
"""

from __future__ import annotations

import math
import secrets
import sys
from collections.abc import Iterable
from dataclasses import asdict
from enum import Enum
from struct import Struct

import numpy as np

from farside.adapters.udp import packets
from farside.adapters.udp.counters import Counters
from farside.adapters.udp.navigate import Navigation
from farside.adapters.udp.packets import AimFlag, Code, CommandFlag, Kind
from farside.adapters.udp.scan import Scans
from farside.adapters.udp.spoilt import SpoiltMeasurements
from farside.adapters.uncopied import Uncopied
from farside.ext.common._records import TICK_HZ
from farside.ext.common.errors import FarsideError
from farside.guidance import Autopilot
from farside.guidance.autopilot import Status
from farside.mission import Mission
from farside.mission.faults import Fault
from farside.mission.moon import GM

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 47100
#: Ticks that a command may be held [10 ms]; a silence that is longer is a state of its own.
HOLD_TICKS = 20
HOLD_S = HOLD_TICKS / TICK_HZ
#: Silence after which a session is over [s].
TIMEOUT_S = 2.0
#: Ticks after which an autopilot does not go on by itself: a minute.
LARGEST_GAP = 6000
#: Refusals a second that are sent; the rest is counted only.
REFUSALS_PER_S = 100.0
#: How often a silent loop looks at its clock and at what it was asked to do [s].
GLANCE_S = 0.05

Peer = tuple[object, ...]


class ServeError(FarsideError):
    """A link that cannot be opened; one line that says why."""


class LinkState(Enum):
    """What a server is doing."""

    IDLE = "idle"  # no session
    FLYING = "flying"  # a host asks, and is answered
    SAFE = "safe"  # its host is silent: it flies level by itself


class Link(Uncopied):
    """One autopilot that answers packets: at most one host, nothing that grows.

    Parameters
    ----------
    mission : Mission
    timeout_s : float
        Silence after which another host may have the autopilot [s].
    faults : iterable of Fault or str, optional
        Of the measurements to navigate with, behind the mission's own.

    Raises
    ------
    MissionError
        For a fault that cannot happen in a server.
    BrakingError
        When no braking flight reaches the mission's first gate.
    ServeError
        On a machine that is not little-endian, for which nothing here was tried.

    Examples
    --------
    A host that begins a flight, without a network between:

    >>> from farside.adapters.udp import Link, packets
    >>> from farside.mission import load_mission
    >>> link = Link(load_mission("chang-e-6"), timeout_s=2.0)
    >>> hello = packets.write(packets.Kind.HELLO, 0, 1, 0, 77, packets.ANEW, b"")
    >>> welcome = link.handle(hello, peer=("127.0.0.1", 47101), now_s=0.0)
    >>> packets.Kind(packets.read_header(welcome).kind).name, link.state.name
    ('WELCOME', 'FLYING')
    >>> link.glance(0.5)  # the host is silent: longer than a command is held
    >>> link.state.name
    'SAFE'
    >>> link.glance(2.5)
    >>> link.state.name, link.counters.timeouts
    ('IDLE', 1)
    """

    _instead = "it stands for one session with one host; copy or pickle its `autopilot`"

    def __init__(
        self, mission: Mission, *, timeout_s: float = TIMEOUT_S, faults: Iterable[Fault | str] = ()
    ) -> None:
        if sys.byteorder != "little":
            raise ServeError("the UDP link needs a little-endian machine")
        self.mission, self.timeout_s = mission, timeout_s
        self.autopilot = Autopilot(mission)
        fields = self.autopilot.core.fields
        self.least_n, self.full_n = fields["thrust_min_n"], fields["thrust_max_n"]
        self.radius_m, self.table = fields["radius_m"], fields["checksum"]
        self.state = LinkState.IDLE
        self.counters = Counters()
        self.scans = Scans(mission)
        self.spoilt = SpoiltMeasurements(mission, faults)
        self.navigation = Navigation(mission, self.autopilot.plan, self.spoilt)
        self._estimate = self.autopilot.estimate.view(np.uint8).data
        self._command = self.autopilot.command.view(np.uint8)
        self._peer: Peer | None = None
        self._session = self._sequence = 0
        self._nonce: int | None = None
        self._last_tick = -1
        self._heard_s = 0.0
        self._request = self._answer = b""  # the last that was taken, to answer it again
        self._tokens, self._tokens_s = REFUSALS_PER_S, 0.0
        self._safe_n = 0.0

    def handle(self, packet: bytes, peer: Peer, now_s: float) -> bytes | None:
        """Answer a packet, with no more bytes than it has, or not at all.

        Parameters
        ----------
        packet : bytes
        peer : tuple
            The address that it came from.
        now_s : float
            A clock that never goes back [s].

        Returns
        -------
        bytes or None
            The answer to send to `peer`; None where there is none.
        """
        self.counters.received += 1
        self.glance(now_s)
        if len(packet) < packets.HEADER.size or packet[:4] != packets.MAGIC:
            self.counters.foreign += 1
            return None
        head = packets.read_header(packet)
        if head.kind in ANSWERS:  # so that two servers never talk to each other
            self.counters.foreign += 1
            return None
        fault = packets.packet_fault(packet, head)
        if fault is not None:
            return self._refuse(fault, head, packet, now_s)
        if Kind(head.kind) == Kind.HELLO:
            answer = self._greet(packet, head, peer, now_s)
        else:
            if self._session != head.session or self._peer != peer or head.session == 0:
                return self._refuse(Code.SESSION, head, packet, now_s)
            if packet == self._request:
                self.counters.repeated += 1
                self._heard_s = now_s
                return self._answer
            if head.kind == Kind.POINTS:  # in any order: they carry numbers of their own
                return self._take_points(packet, head, now_s)
            answer = self._serve(packet, head, now_s)
        if isinstance(answer, Code):
            return self._refuse(answer, head, packet, now_s)
        self._sequence, self._heard_s = head.sequence, now_s
        self._request, self._answer = packet, answer
        return answer

    def _serve(self, packet: bytes, head: packets.Header, now_s: float) -> bytes | Code:
        """Do what a new packet of the session asks for."""
        if head.sequence <= self._sequence:
            return Code.STALE
        if head.kind == Kind.STATE:
            return self._fly(packet, head)
        if head.kind == Kind.AIM:
            return self._aim(packet, head)
        if head.kind == Kind.SCAN:
            code = self.scans.begin(packet[packets.HEADER.size :], head.tick, now_s)
            self.counters.scans += code == Code.DONE
            return code if code != Code.DONE else self._done(head)
        if head.kind in (Kind.NAV_BEGIN, Kind.NAV):
            return self._navigate(packet, head)
        return self._decide(packet, head) if head.kind == Kind.DECIDE else self._stop(head)

    def _take_points(self, packet: bytes, head: packets.Header, now_s: float) -> bytes | None:
        """Take a chunk of a scan; the order of the session's other packets stays as it is."""
        code = self.scans.take(packet, now_s)
        if code != Code.DONE:
            return self._refuse(code, head, packet, now_s)
        self.counters.chunks += 1
        self._heard_s = now_s
        return self._done(head)

    def _decide(self, packet: bytes, head: packets.Header) -> bytes | Code:
        """Give the decision on a scan, or what of it is missing."""
        answer = self.scans.decide(packet)
        if isinstance(answer, Code):
            return answer
        self.counters.decisions += answer[0] == Kind.DECISION
        return packets.seal(answer[0], head.session, head.sequence, head.tick, answer[1])

    def _navigate(self, packet: bytes, head: packets.Header) -> bytes | Code:
        """Begin navigation, or give the estimate of a tick."""
        if head.kind == Kind.NAV_BEGIN:
            code = self.navigation.begin(packet[packets.HEADER.size :])
            return code if code != Code.DONE else self._done(head)
        body = self.navigation.navigate(packet, head.tick)
        if isinstance(body, Code):
            return body
        self.counters.estimates += 1
        return packets.seal(Kind.ESTIMATE, head.session, head.sequence, head.tick, body)

    def glance(self, now_s: float) -> None:
        """Look at the clock: a silent host is on its own, and a long silence ends its session.

        Parameters
        ----------
        now_s : float
            A clock that never goes back [s].
        """
        if self.state is LinkState.IDLE:
            return
        self.scans.glance(now_s)
        silent_s = now_s - self._heard_s
        if self.state is LinkState.FLYING and silent_s > HOLD_S:
            self.state = LinkState.SAFE
            self.counters.silences += 1
        if silent_s > self.timeout_s:
            self.counters.timeouts += 1
            self._end()

    def plan(self) -> None:
        """Plan a descent that a tick has asked for: after its command is sent."""
        if self.autopilot.wants_plan and self.autopilot.make_plan():
            self.counters.plans += 1

    def report(self) -> dict[str, object]:
        """Return the counters by name, with the state and the last tick.

        Returns
        -------
        dict
            Plain values, for JSON.
        """
        self.counters.dropped_scans = self.scans.dropped
        return {"state": self.state.value, "tick": self._last_tick, **asdict(self.counters)}

    def _end(self) -> None:
        """End the session; the autopilot stays as it is, for a host that goes on."""
        self.state = LinkState.IDLE
        self.scans.drop("its session is over")
        self._peer = self._nonce = None
        self._session = self._sequence = 0
        self._request = self._answer = b""

    def _greet(self, packet: bytes, head: packets.Header, peer: Peer, now_s: float) -> bytes | Code:
        """Begin a session, or repeat the welcome of one."""
        nonce, phase, padding = packets.read_body(packet, Kind.HELLO)
        assert isinstance(nonce, int) and isinstance(phase, int) and isinstance(padding, bytes)
        if padding.strip(b"\0") or head.session or head.tick:
            return Code.NUMBER
        if self.state is not LinkState.IDLE:
            if peer == self._peer and nonce == self._nonce:
                if packet == self._request:
                    self.counters.repeated += 1
                    return self._answer
                return Code.STALE
            # A host that starts again at its old address need not wait for its own time to run out.
            if peer != self._peer or self.state is LinkState.FLYING:
                return Code.BUSY
        if phase == packets.GO_ON:
            if self._last_tick < 0:
                return Code.PHASE
        elif not packets.ANEW <= phase < len(self.autopilot.names):
            return Code.PHASE
        else:
            if phase == packets.ANEW:
                self.autopilot.core.reset()
            else:
                self.autopilot.core.begin(phase)
            self._last_tick, self._safe_n = -1, 0.0
            self.scans.reset()
            self.navigation.reset()
        self.counters.hellos += 1
        self.state = LinkState.FLYING
        self._peer, self._nonce, self._session = peer, nonce, secrets.randbits(63) + 1
        self._heard_s = now_s
        return packets.write(
            Kind.WELCOME, self._session, head.sequence, 0, nonce, self._last_tick, HOLD_TICKS,
            round(1000.0 * self.timeout_s), self.autopilot.core.phase, len(self.autopilot.names),
            self.table, TICK_HZ, self.mission.name.encode()[:31],
        )  # fmt: skip

    def _fly(self, packet: bytes, head: packets.Header) -> bytes | Code:
        """Tick the autopilot with a state, and give its command."""
        tick, last = head.tick, self._last_tick
        if not 0 <= tick <= packets.LARGEST_TICK:
            return Code.TICK
        if last >= 0:
            if tick <= last:
                return Code.STALE
            if tick - last > LARGEST_GAP:
                return Code.TICK
            self.counters.missed_ticks += tick - last - 1
        silent = self.state is LinkState.SAFE or (last >= 0 and tick - last > HOLD_TICKS)
        if silent and self.state is LinkState.FLYING:
            self.counters.silences += 1
        self.state, self._last_tick = LinkState.FLYING, tick
        self._estimate[:] = packet[packets.HEADER.size :]
        command = self.autopilot.tick(tick, plan=False)[0]
        self.counters.flown += 1
        if command["status"] == Status.BAD_INPUT:
            self.counters.bad_input += 1
        else:
            self._safe_n = self._level_thrust(packet) if command["thrust_n"] > 0.0 else 0.0
        flags = CommandFlag.WANTS_SCAN if self.autopilot.wants_scan else CommandFlag(0)
        if silent:
            flags |= CommandFlag.RESUMED
        tail = SAFE_TAIL.pack(self._safe_n, HOLD_TICKS, flags)
        body = self._command.tobytes() + tail
        return packets.seal(Kind.COMMAND, head.session, head.sequence, tick, body)

    def _level_thrust(self, packet: bytes) -> float:
        """Return the thrust [N] that keeps the vertical speed upright: weight less centrifugal."""
        x, y, z, vx, vy, vz, mass = SAFE_STATE.unpack_from(packet, packets.HEADER.size)
        z += self.radius_m
        rho2 = x * x + y * y + z * z
        rho = math.sqrt(rho2)
        up_mps = (x * vx + y * vy + z * vz) / rho
        across2 = vx * vx + vy * vy + vz * vz - up_mps * up_mps
        thrust = mass * (GM / rho2 - across2 / rho)
        return float(min(max(thrust, self.least_n), self.full_n))

    def _aim(self, packet: bytes, head: packets.Header) -> bytes | Code:
        """Move the target."""
        x, y, z, heading, flags, nothing = AIM_BODY.unpack_from(packet, packets.HEADER.size)
        far = packets.LARGEST_AIM_M
        if not (abs(x) <= far and abs(y) <= far and abs(z) <= far) or nothing:
            return Code.NUMBER
        if not abs(heading) <= packets.LARGEST_HEADING_RAD or flags & ~0b11:
            return Code.NUMBER
        self.counters.aims += 1
        self.autopilot.retarget(
            (x, y, z),
            heading_rad=heading if flags & AimFlag.HEADING else None,
            final=bool(flags & AimFlag.FINAL),
        )
        return self._done(head)

    def _stop(self, head: packets.Header) -> bytes:
        """End the session at its host's wish."""
        self.counters.stops += 1
        self._end()
        return self._done(head)

    def _done(self, head: packets.Header) -> bytes:
        values = (Code.DONE, head.kind)
        return packets.write(Kind.ANSWER, head.session, head.sequence, head.tick, *values)

    def _refuse(
        self, code: Code, head: packets.Header, packet: bytes, now_s: float
    ) -> bytes | None:
        """Count a refusal, and say it where that is not larger than the request or too often."""
        name = code.name.lower()
        setattr(self.counters, name, getattr(self.counters, name) + 1)
        self._tokens += max(0.0, now_s - self._tokens_s) * REFUSALS_PER_S
        self._tokens, self._tokens_s = min(self._tokens, REFUSALS_PER_S), now_s
        if self._tokens < 1.0 or len(packet) < packets.SIZES[Kind.ANSWER]:
            self.counters.unanswered += 1
            return None
        self._tokens -= 1.0
        values = (code, head.kind)
        return packets.write(Kind.ANSWER, head.session, head.sequence, head.tick, *values)


ANSWERS = frozenset(Kind) - frozenset(packets.REQUESTS)
SAFE_STATE = Struct("<6d56xd")
SAFE_TAIL = Struct("<dII")
AIM_BODY = packets.BODY[Kind.AIM]
