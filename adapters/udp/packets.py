"""The packets of the UDP link: fixed sizes, little-endian, every field at a multiple of its size.

A packet is a header of 32 bytes and a body whose size follows from the kind. The numbers of a STATE
and a COMMAND are the autopilot's own structs, `ESTIMATE` and `COMMAND`, byte for byte. `LAYOUT` is
the one definition: the table in the docs, the dissector for Wireshark and the codecs follow it.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from struct import Struct
from typing import Any, NamedTuple
from zlib import crc32

from farside.adapters.udp.nav_fields import ESTIMATED_PARTS, FIXED_PARTS, MEASURED_PARTS, PADDING
from farside.guidance.records import COMMAND_FIELDS, ESTIMATE_FIELDS, RecordField

MAGIC = b"FSDL"
VERSION = 4
#: Largest tick [10 ms]: a day. What counts further is no descent.
LARGEST_TICK = 8_640_000
#: Farthest that a target may be from the site, along each axis [m].
LARGEST_AIM_M = 100_000.0
#: Largest heading [rad], either way.
LARGEST_HEADING_RAD = 7.0
#: Points of one POINTS packet: with all headers it fits the 1500 bytes of an Ethernet frame.
CHUNK_POINTS = 58
#: Points of the largest scan.
LARGEST_SCAN = 1 << 20
#: Chunks that a MISSING lists, and what it has in the places behind them.
MISSING_LISTED, NO_CHUNK = 32, 0xFFFFFFFF
#: Sites of a scan that a DECISION lists, the best first.
RANKED_SITES = 5
#: Phase of a HELLO: begin with the mission's first, or go on with the autopilot as it was left.
ANEW, GO_ON = -1, -2


class Kind(IntEnum):
    """What a packet is. A host sends the odd ones, the server the even ones."""

    HELLO = 1
    WELCOME = 2
    STATE = 3
    COMMAND = 4
    AIM = 5
    ANSWER = 6
    STOP = 7
    MISSING = 8
    SCAN = 9
    DECISION = 10
    POINTS = 11
    ESTIMATE = 12
    DECIDE = 13
    NAV_BEGIN = 15
    NAV = 17


class Code(IntEnum):
    """What an ANSWER says: done, or why not."""

    DONE = 0
    SIZE = 1  # of no known kind, or not as long as its kind and its header say
    VERSION = 2  # of another version of these packets
    CHECKSUM = 3  # damaged on the way
    BUSY = 4  # a host is flying: wait for its STOP, or for its time to run out
    SESSION = 5  # no such session, or it is over, or another address's: say HELLO
    STALE = 6  # its sequence number or its tick is not after the last that was taken
    TICK = 7  # negative, beyond a day, or more than a minute after the last: say HELLO
    NUMBER = 8  # not finite, or out of its range
    PHASE = 9  # the mission has no such phase, or there is no flight to go on with
    PENDING = 10  # the last scan is being assessed: ask again
    SCAN = 11  # no such scan was begun here, or the mission carries no lidar
    NAVIGATION = 12  # no navigator was begun here: say NAV_BEGIN


class AimFlag(IntFlag):
    """How to read an AIM."""

    FINAL = 1  # lets the hover end
    HEADING = 2  # the heading is meant


class CommandFlag(IntFlag):
    """What a COMMAND says beside its numbers."""

    WANTS_SCAN = 1  # the hover is still: map the ground, and AIM
    RESUMED = 2  # the first after a silence longer than a command is held


class ScanFlag(IntFlag):
    """How to read a SCAN."""

    SIGMA = 1  # its noise is meant, not the mission's lidar's
    GROUND = 2  # the ground beneath is meant: other sensors than the lidar know it


class DecisionFlag(IntFlag):
    """How to read a DECISION."""

    FINAL = 1  # the hover may end; else move to the target and scan again
    HEADING = 2  # the heading is meant
    SITE = 4  # there is a site; else the target is no mapped one


class BeginFlag(IntFlag):
    """How to read a NAV_BEGIN."""

    GIVEN = 1  # its numbers are meant, not the mission's planned start


class NavFlag(IntFlag):
    """What a NAV asks for beside its estimate."""

    KEEP = 1  # keep the pose of this tick, for a measurement of it that comes late
    MAP = 2  # a map is made with this estimate: places count against it from the next on
    FIX = 4  # a place on the map that was in use before this packet
    MAP_KEPT = 8  # the map made at the kept pose of map_tick is in use from the next on
    COMMAND = 16  # thrust and torque were told for the tick that is measured


class Field(NamedTuple):
    """A field of a packet: its code is that of the module struct, with the count before it."""

    name: str
    code: str
    meaning: str


HEADER_FIELDS = (
    Field("magic", "4s", 'the letters "FSDL"'),
    Field("checksum", "I", "CRC-32 (that of zlib and Ethernet) of all bytes from offset 8 on"),
    Field("version", "B", "1"),
    Field("kind", "B", "see the kinds"),
    Field("size", "H", "of the whole packet, bytes"),
    Field("sequence", "I", "of a request: greater than in the one before; an answer repeats it"),
    Field("session", "Q", "from WELCOME; 0 in a HELLO"),
    Field("tick", "q", "10 ms since powered-descent initiation; 0 where it has no meaning"),
)
VECTOR = "3d"


def of_record(fields: tuple[RecordField, ...]) -> tuple[Field, ...]:
    """Return the fields of a record as those of a packet: same names, same bytes."""
    letters = {"f8": "d", "i4": "i"}
    return tuple(
        Field(
            f.name,
            (str(f.length) if f.length > 1 else "") + letters[f.format],
            "; ".join(part for part in (f.unit, f.frame, f.meaning) if part and part != "1"),
        )
        for f in fields
    )


ESTIMATE_OF_SCAN = (
    Field("r_site", VECTOR, "m; centre of mass; each within 100 km"),
    Field("v_site", VECTOR, "m/s; its velocity; each within 10 km/s"),
    Field("mass_kg", "d", "kg; above 0"),
)
#: A site of a DECISION: one number of each, element 0 of its own site, 1 to 5 of the ranked ones.
OF_SITES = f"{1 + RANKED_SITES}d"
SITE_FIELDS = (
    Field("east_m", OF_SITES, "m; [0] the site decided on, [1] to [5] this scan's, the best first"),
    Field("north_m", OF_SITES, "m; NaN, here and in all of them, where there is no such site"),
    Field("height_m", OF_SITES, "m; of the ground"),
    Field("slope_deg", OF_SITES, "deg"),
    Field("roughness_m", OF_SITES, "m"),
    Field("clearance_m", OF_SITES, "m; to the nearest ground that is not safe"),
    Field("score", OF_SITES, "0 to 1, more is better"),
    Field("cost", OF_SITES, "to reach it: kg, or m where the mission ranks by metres"),
    Field("probability", OF_SITES, "of a safe landing; NaN by the disc rule"),
    Field("heading_deg", OF_SITES, "best heading of the first pad, from east towards north"),
    Field("reasons", f"{1 + RANKED_SITES}I", "bits of FARSIDE_HAZARD_ in farside.h"),
    Field("least_bad", f"{1 + RANKED_SITES}I", "1: nothing was safe"),
)
LAYOUT: dict[Kind, tuple[Field, ...]] = {
    Kind.HELLO: (
        Field("nonce", "Q", "any number, another for each start of the host"),
        Field("phase", "i", "row to begin with; -1: the first; -2: go on as it was left"),
        Field("padding", "84s", "0; so that no answer is larger than its request"),
    ),
    Kind.WELCOME: (
        Field("nonce", "Q", "of the HELLO"),
        Field("last_tick", "q", "the last that was flown; -1: none"),
        Field("hold_ticks", "I", "how long a command may be held"),
        Field("timeout_ms", "I", "silence after which the session is over"),
        Field("phase", "i", "row of the phase table"),
        Field("phases", "I", "rows of the table"),
        Field("table", "I", "checksum of the mission's table, as in mission.h"),
        Field("hertz", "I", "100"),
        Field("mission", "32s", "its name, UTF-8, filled with 0"),
    ),
    Kind.STATE: of_record(ESTIMATE_FIELDS),
    Kind.COMMAND: (
        *of_record(COMMAND_FIELDS),
        Field("safe_thrust_n", "d", "N; to fly level when no command comes; 0: engine off"),
        Field("hold_ticks", "I", "how long this may be held, then fly level"),
        Field("flags", "I", "1: a map is wanted; 2: the first after a silence"),
    ),
    Kind.AIM: (
        Field("site", VECTOR, "m; the ground where the base shall stand; each within 100 km"),
        Field("heading_rad", "d", "rad; azimuth of body x when upright; within 7"),
        Field("flags", "I", "1: final, lets the hover end; 2: the heading is meant"),
        Field("nothing", "I", "0"),
    ),
    Kind.ANSWER: (
        Field("code", "I", "see the codes"),
        Field("request", "I", "kind of the request"),
    ),
    Kind.STOP: (Field("nothing", "Q", "0"),),
    Kind.SCAN: (
        Field("number", "I", "of the scan: above that of the one before"),
        Field("count", "I", "points, those without a return included; 1 048 576 at most"),
        Field("chunks", "I", "POINTS packets that follow: count / 58, rounded up"),
        Field("flags", "I", "1: sigma_m is meant; 2: ground_m and ground_sigma_m are"),
        *ESTIMATE_OF_SCAN,
        Field("sigma_m", "d", "m; noise of a return, 1 sigma; else that of the mission's lidar"),
        Field("ground_m", "d", "m; height of the ground beneath by other sensors, within 20 km"),
        Field("ground_sigma_m", "d", "m; of it, 1 sigma, above 0"),
    ),
    Kind.POINTS: (
        Field("number", "I", "of the scan"),
        Field("chunk", "I", "which, from 0: points 58 chunk to 58 chunk + 57"),
        Field("chunks", "I", "as in the SCAN"),
        Field("nothing", "I", "0"),
        Field("points", f"{24 * CHUNK_POINTS}s", "58 x f64[3]: east, north, up, m; NaN: no return"),
    ),
    Kind.DECIDE: (
        Field("number", "I", "of the scan"),
        Field("flags", "I", "0"),
        *(field._replace(meaning=f"{field.meaning}; now") for field in ESTIMATE_OF_SCAN),
        Field("hovered_s", "d", "s; since the hover began"),
        Field("padding", "512s", "0; so that no answer is larger than its request"),
    ),
    Kind.MISSING: (
        Field("number", "I", "of the scan"),
        Field("count", "I", "chunks that have not come"),
        Field("chunk", f"{MISSING_LISTED}I", "the first of them; 2^32 - 1: no more"),
    ),
    Kind.DECISION: (
        Field("number", "I", "of the scan"),
        Field("reason", "I", "DecisionReason: FARSIDE_AVOID_ACCEPTED to _NO_MAP in farside.h"),
        Field("flags", "I", "1: final, the hover may end; 2: the heading is meant; 4: a site"),
        Field("scan_number", "i", "scan that the site was found in, from 0; -1: no site"),
        Field("target", VECTOR, "m; ground to steer to: for AIM"),
        Field("heading_rad", "d", "rad; azimuth of body x: for AIM; NaN: none is asked for"),
        Field("ranked", "I", "sites of this scan"),
        Field("nothing", "I", "0"),
        *SITE_FIELDS,
    ),
    Kind.NAV_BEGIN: (
        Field("flags", "I", "1: the numbers are meant; else the mission's planned start"),
        Field("nothing", "I", "0"),
        Field("r_site", VECTOR, "m; centre of mass at tick 0"),
        Field("v_site", VECTOR, "m/s; its velocity"),
        Field("q_site_body", "4d", "body to site; unit quaternion, scalar first"),
        Field("omega_body", VECTOR, "rad/s; body"),
        Field("mass_kg", "d", "kg"),
    ),
    Kind.NAV: (
        Field(
            "flags",
            "I",
            "1: keep this pose; 2, 8: a map is made now, or was; 4: fix_ is a place; 16: told_ are",
        ),
        Field("nothing", "I", "0"),
        *(Field(*part) for part in MEASURED_PARTS),
        Field("map_tick", "q", "with flag 8: of the kept pose that it was made at"),
        Field("map_variance_m2", "d", "m2; of its places each way, beyond that of the pose"),
        *(Field(*part) for part in FIXED_PARTS),
        Field("told_thrust_n", "d", "N; with flag 16: what the engine was told for this tick"),
        Field("told_torque_nm", VECTOR, "N m; the thrusters, body; NaN: not told"),
        Field("padding", f"{PADDING}s", "0; so that no answer is larger than its request"),
    ),
    Kind.ESTIMATE: tuple(Field(*part) for part in ESTIMATED_PARTS),
}


def packed(fields: tuple[Field, ...]) -> Struct:
    """Return the codec of some fields."""
    return Struct("<" + "".join(field.code for field in fields))


HEADER = packed(HEADER_FIELDS)
CHECKED_FROM = 8
BODY = {kind: packed(fields) for kind, fields in LAYOUT.items()}
SIZES = {kind: HEADER.size + body.size for kind, body in BODY.items()}
REQUESTS = tuple(kind for kind in Kind if kind % 2)
LARGEST = max(SIZES.values())
POINTS_HEAD = packed(LAYOUT[Kind.POINTS][:-1])


class Header(NamedTuple):
    """The first 32 bytes of a packet."""

    magic: bytes
    checksum: int
    version: int
    kind: int
    size: int
    sequence: int
    session: int
    tick: int


def seal(kind: Kind, session: int, sequence: int, tick: int, body: bytes) -> bytes:
    """Put a header before a body, with the CRC-32 of all that follows the CRC itself."""
    size = HEADER.size + len(body)
    head = HEADER.pack(MAGIC, 0, VERSION, kind, size, sequence, session, tick)
    rest = head[CHECKED_FROM:] + body
    return MAGIC + crc32(rest).to_bytes(4, "little") + rest


def whole(packet: bytes) -> bool:
    """Return whether the CRC-32 of a packet is right."""
    return crc32(packet[CHECKED_FROM:]) == int.from_bytes(packet[4:CHECKED_FROM], "little")


def read_header(packet: bytes) -> Header:
    """Read the header of a packet of at least 32 bytes; nothing is checked."""
    return Header._make(HEADER.unpack_from(packet))


def write(kind: Kind, session: int, sequence: int, tick: int, *values: object) -> bytes:
    """Write a packet from the values of its body, vectors number by number."""
    return seal(kind, session, sequence, tick, BODY[kind].pack(*values))


def read_body(packet: bytes, kind: Kind) -> tuple[object, ...]:
    """Return the values of a body, vectors number by number; the packet has its kind's size."""
    return BODY[kind].unpack_from(packet, HEADER.size)


def read_numbers(packet: bytes, kind: Kind) -> tuple[Any, ...]:
    """Return the numbers of a body that ends in padding, which is left out."""
    return BODY[kind].unpack_from(packet, HEADER.size)[:-1]


def chunks_of(count: int) -> int:
    """Return the POINTS packets of a scan of so many points."""
    return -(-count // CHUNK_POINTS)


def packet_fault(packet: bytes, head: Header) -> Code | None:
    """Find why a packet is no request that this version can read.

    Returns
    -------
    Code or None
        None where it is one.
    """
    if head.kind not in REQUESTS:
        return Code.SIZE
    if head.version != VERSION:
        return Code.VERSION
    if len(packet) != SIZES[Kind(head.kind)] or head.size != len(packet):
        return Code.SIZE
    if not whole(packet):
        return Code.CHECKSUM
    return None
