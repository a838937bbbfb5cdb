"""A lidar's scan over UDP: its points in chunks, put together, and what is decided on it.

One scan is held at a time: SCAN says how many points follow, POINTS bring them in any order, DECIDE
asks what to do. `Scans.assess` is the long part; the server runs it beside its loop.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from farside.adapters.udp import packets
from farside.adapters.udp.packets import Code, DecisionFlag, Kind, ScanFlag
from farside.avoidance import Decision, HazardAvoidance, HoverEstimate, ScanResult
from farside.avoidance.ground_level import MOST_M
from farside.mission import Mission

#: Silence of a scan's points after which what came of them is dropped [s].
SCAN_TIMEOUT_S = 5.0
#: Lines about dropped scans that are kept until somebody reads them.
NOTES_KEPT = 16
#: Largest speed [m/s], mass [kg], time of a hover [s] and noise of a return [m] that are read.
LARGEST_SPEED_MPS, LARGEST_MASS_KG, LARGEST_HOVER_S, LARGEST_SIGMA_M = 1e4, 1e7, 1e5, 1e3
#: Numbers of a site in a DECISION, in their order.
SITE_NUMBERS = (
    *("east_m", "north_m", "height_m", "slope_deg", "roughness_m", "clearance_m"),
    *("score", "cost", "probability", "heading_deg"),
)
SCAN_BODY, POINTS_HEAD = packets.BODY[Kind.SCAN], packets.POINTS_HEAD
CHUNK, CHUNK_BYTES = packets.CHUNK_POINTS, 24 * packets.CHUNK_POINTS


class Stage(Enum):
    """How far a scan has come."""

    RECEIVING = "receiving"  # points are missing
    COMPLETE = "complete"  # to be assessed
    ASSESSED = "assessed"
    REFUSED = "refused"  # no lander sees such points
    DECIDED = "decided"


@dataclass(eq=False)
class Scan:
    """One scan, from its SCAN to its decision."""

    number: int
    body: bytes  # of its SCAN
    points: NDArray[np.float64]  # (count, 3), until it is assessed
    chunks: int
    estimate: HoverEstimate  # in the middle of the scan
    sigma_m: float | None
    tick: int
    heard_s: float
    missing: set[int] = field(default_factory=set)  # chunks
    stage: Stage = Stage.RECEIVING
    found: ScanResult | None = None
    decision: bytes = b""  # body of the DECISION


class Scans:
    """The scans of one descent, one after the other, and its hazard avoidance.

    Parameters
    ----------
    mission : Mission
    """

    def __init__(self, mission: Mission) -> None:
        self._mission = mission
        self.notes: deque[str] = deque(maxlen=NOTES_KEPT)  # one line for each dropped scan
        self.dropped = 0
        self.reset()

    def reset(self) -> None:
        """Begin a descent: no scan yet."""
        self._avoidance: HazardAvoidance | None = None  # made with the first scan
        self._scan: Scan | None = None
        self._last = 0

    @property
    def wants_assess(self) -> bool:
        """Whether a scan is complete and waits for `assess`, or is in it."""
        return self._scan is not None and self._scan.stage is Stage.COMPLETE

    def begin(self, body: bytes, tick: int, now_s: float) -> Code:
        """Take a SCAN: check every number of it, then take memory for its points.

        Returns
        -------
        Code
            DONE, or why it is refused.
        """
        number, count, chunks, flags, *numbers = SCAN_BODY.unpack(body)
        ground_sigma_m, ground_m, sigma_m = (numbers.pop() for _ in range(3))
        scan = self._scan
        if self._mission.sensors.lidar is None:
            return Code.SCAN
        if scan is not None and number == scan.number and body == scan.body:
            return Code.DONE  # its answer was lost
        if number <= self._last:
            return Code.STALE
        if self.wants_assess:
            return Code.PENDING
        if not 0 <= tick <= packets.LARGEST_TICK:
            return Code.TICK
        if not (count <= packets.LARGEST_SCAN and chunks == packets.chunks_of(count)):
            return Code.NUMBER
        if flags > ScanFlag.SIGMA | ScanFlag.GROUND or not possible(*numbers, 0.0):
            return Code.NUMBER
        if flags & ScanFlag.SIGMA and not 0.0 <= sigma_m <= LARGEST_SIGMA_M:
            return Code.NUMBER
        estimate = hover_estimate(numbers)
        if flags & ScanFlag.GROUND:
            if not (abs(ground_m) <= MOST_M and 0.0 < ground_sigma_m <= MOST_M):
                return Code.NUMBER
            estimate = replace(estimate, ground_m=ground_m, ground_sigma_m=ground_sigma_m)
        self.drop(f"scan {number} has begun")
        self._last = number
        self._scan = Scan(
            number,
            body,
            np.empty((count, 3)),
            chunks,
            estimate,
            sigma_m if flags & ScanFlag.SIGMA else None,
            tick,
            now_s,
            set(range(chunks)),
        )
        if not chunks:
            self._scan.stage = Stage.COMPLETE
        return Code.DONE

    def take(self, packet: bytes, now_s: float) -> Code:
        """Take one chunk of points, wherever it belongs; one that is there already is left.

        Returns
        -------
        Code
            DONE, or why it is refused.
        """
        number, chunk, chunks, nothing = POINTS_HEAD.unpack_from(packet, packets.HEADER.size)
        scan = self._scan
        if number < self._last or (scan is None and number == self._last):
            return Code.STALE
        if scan is None or number != scan.number:
            return Code.SCAN
        if chunks != scan.chunks or chunk >= chunks or nothing:
            return Code.NUMBER
        scan.heard_s = now_s
        if chunk in scan.missing:
            first = CHUNK * chunk
            length = min(CHUNK, len(scan.points) - first)
            start = packets.HEADER.size + POINTS_HEAD.size
            values = np.frombuffer(packet, "<f8", 3 * length, start)
            scan.points[first : first + length] = values.reshape(length, 3)
            scan.missing.remove(chunk)
            if not scan.missing:
                scan.stage = Stage.COMPLETE
        return Code.DONE

    def assess(self) -> None:
        """Map the complete scan and rank its sites: the long part, for a thread of its own."""
        scan = self._scan
        if scan is None or scan.stage is not Stage.COMPLETE:
            return
        avoidance = self._avoidance
        try:
            avoidance = avoidance or HazardAvoidance(self._mission)
            scan.found = avoidance.assess(
                scan.estimate, scan.points, sigma_m=scan.sigma_m, tick=scan.tick
            )
            stage = Stage.ASSESSED
        except Exception as why:  # of any kind: no thread's own, and no scan that stays pending
            told = str(why) if isinstance(why, ValueError) else f"{type(why).__name__}: {why}"
            self.notes.append(f"scan {scan.number}: {' '.join(told.split())}")
            self.dropped += 1
            stage = Stage.REFUSED
        if scan is self._scan:  # the descent may have begun anew meanwhile
            self._avoidance = avoidance
            scan.points = np.empty((0, 3))
            scan.stage = stage

    def decide(self, packet: bytes) -> tuple[Kind, bytes] | Code:
        """Return the decision on a scan, or which of its chunks are missing.

        Returns
        -------
        kind, body : Kind, bytes
            DECISION or MISSING.
        Code
            Where there is neither.
        """
        number, flags, *numbers = packets.read_numbers(packet, Kind.DECIDE)
        scan = self._scan
        if flags or not possible(*numbers):
            return Code.NUMBER
        if number < self._last or (scan is None and number == self._last):
            return Code.STALE
        if scan is None or number != scan.number:
            return Code.SCAN
        if scan.stage is Stage.RECEIVING:
            first = sorted(scan.missing)[: packets.MISSING_LISTED]
            listed = first + [packets.NO_CHUNK] * (packets.MISSING_LISTED - len(first))
            body = packets.BODY[Kind.MISSING].pack(number, len(scan.missing), *listed)
            return Kind.MISSING, body
        if scan.stage is Stage.COMPLETE:
            return Code.PENDING
        if scan.stage is Stage.REFUSED or self._avoidance is None:
            return Code.NUMBER
        if scan.stage is Stage.ASSESSED:
            now = replace(
                hover_estimate(numbers),
                ground_m=scan.estimate.ground_m,
                ground_sigma_m=scan.estimate.ground_sigma_m,
            )
            decision = self._avoidance.decide(now, scan.found, hovered_s=numbers[7])
            scan.decision = decision_body(number, decision, scan.found)
            scan.stage = Stage.DECIDED
        return Kind.DECISION, scan.decision

    def glance(self, now_s: float) -> None:
        """Drop a scan whose points have stopped coming."""
        scan = self._scan
        if scan is not None and scan.stage is Stage.RECEIVING:
            silent_s = now_s - scan.heard_s
            if silent_s > SCAN_TIMEOUT_S:
                self.drop(f"no points for {silent_s:.0f} s")

    def drop(self, why: str) -> None:
        """Drop a scan that is not complete, in one line; a complete one has its decision."""
        scan = self._scan
        if scan is not None and scan.stage is Stage.RECEIVING:
            came = scan.chunks - len(scan.missing)
            self.notes.append(f"scan {scan.number}, {came} of {scan.chunks} chunks: {why}")
            self.dropped += 1
            self._scan = None


def hover_estimate(numbers: list[float]) -> HoverEstimate:
    """Return place, velocity and mass as an estimate."""
    return HoverEstimate(tuple(numbers[:3]), tuple(numbers[3:6]), numbers[6])


def possible(*numbers: float) -> bool:
    """Return whether place, velocity, mass and time of a hover are within their limits."""
    *places_and_speeds, mass_kg, hovered_s = numbers
    limits = (packets.LARGEST_AIM_M,) * 3 + (LARGEST_SPEED_MPS,) * 3
    return (
        all(abs(x) <= most for x, most in zip(places_and_speeds, limits, strict=True))
        and 0.0 < mass_kg <= LARGEST_MASS_KG
        and 0.0 <= hovered_s <= LARGEST_HOVER_S
    )


def decision_body(number: int, decision: Decision, found: ScanResult | None) -> bytes:
    """Write the body of a DECISION: what to do, its site, and the sites of this scan."""
    ranked = found.sites[: packets.RANKED_SITES] if found is not None else ()
    flags = DecisionFlag.FINAL if decision.final else DecisionFlag(0)
    if decision.heading_rad is not None:
        flags |= DecisionFlag.HEADING
    if decision.site is not None:
        flags |= DecisionFlag.SITE
    sites = (decision.site, *ranked)
    filled = [sites[k] if k < len(sites) else None for k in range(1 + packets.RANKED_SITES)]
    columns = [
        math.nan if site is None else float(getattr(site, name))
        for name in SITE_NUMBERS
        for site in filled
    ]
    return packets.BODY[Kind.DECISION].pack(
        number,
        decision.reason,
        flags,
        -1 if decision.scan_number is None else decision.scan_number,
        *decision.target_site,
        math.nan if decision.heading_rad is None else decision.heading_rad,
        len(ranked),
        0,
        *columns,
        *(int(site.reasons) if site else 0 for site in filled),
        *(int(site.least_bad) if site else 0 for site in filled),
    )


def scan_packets(
    session: int,
    sequence: int,
    tick: int,
    number: int,
    points: NDArray[np.float64],
    estimate: HoverEstimate,
    sigma_m: float | None = None,
) -> list[bytes]:
    """Write the packets of a scan, for a host in Python: its SCAN, then its POINTS.

    Parameters
    ----------
    session, sequence, tick : int
        Of the SCAN; the POINTS have the sequence numbers that follow.
    number : int
        Of the scan, above that of the one before.
    points : ndarray (N, 3)
        Returns [m]: east, north, up of the site; NaN where a ray did not return.
    estimate : HoverEstimate
        In the middle of the scan.
    sigma_m : float, optional
        Noise of a return, 1 sigma [m].

    Returns
    -------
    list of bytes
    """
    places = np.ascontiguousarray(points, "<f8").reshape(-1, 3)
    chunks = packets.chunks_of(len(places))
    flags, sigma = (0, 0.0) if sigma_m is None else (int(ScanFlag.SIGMA), sigma_m)
    ground = (estimate.ground_m, estimate.ground_sigma_m)
    if math.isfinite(ground[0]) and ground[1] > 0.0:
        flags |= ScanFlag.GROUND
    else:
        ground = (0.0, 0.0)
    where = (*estimate.r_site, *estimate.v_site, estimate.mass_kg)
    values = (number, len(places), chunks, flags, *where, sigma, *ground)
    made = [packets.write(Kind.SCAN, session, sequence, tick, *values)]
    for chunk in range(chunks):
        data = places[CHUNK * chunk : CHUNK * (chunk + 1)].tobytes().ljust(CHUNK_BYTES, b"\0")
        body = POINTS_HEAD.pack(number, chunk, chunks, 0) + data
        made.append(packets.seal(Kind.POINTS, session, sequence + 1 + chunk, tick, body))
    return made


def sites_of(body: tuple[object, ...]) -> list[dict[str, object]]:
    """Return the sites of a DECISION's body: its own first, then those of the scan, ranked."""
    first, width = 10, 1 + packets.RANKED_SITES
    names = (*SITE_NUMBERS, "reasons", "least_bad")
    return [
        {name: body[first + width * k + i] for k, name in enumerate(names)} for i in range(width)
    ]
