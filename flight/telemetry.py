"""The telemetry of a landing: one record per tick of 10 ms, truth and estimate side by side."""

import hashlib
import weakref

import numpy as np
from numpy.typing import NDArray

#: Columns in order, with unit and frame. Truth first, then the estimate, then the command.
COLUMNS: tuple[tuple[str, str, int, str], ...] = (
    ("tick", "i4", 1, "10 ms ticks since powered-descent initiation"),
    ("phase", "u1", 1, "row of the mission's phase table"),
    ("status", "u1", 1, "0 ok, 1 limited, 2 no braking solution, 3 bad input, 4 complete"),
    ("flags", "u1", 1, "bits: 1 contact, 2 at rest, 4 site chosen, 8 range in doubt"),
    ("sensors", "u1", 1, "bits, reports in this tick: 1 star, 2 range, 4 velocity, 8 height"),
    ("r_site", "f8", 3, "m, site; true centre of mass"),
    ("v_site", "f8", 3, "m/s, site, relative to the turning Moon"),
    ("q_site_body", "f8", 4, "scalar first, rotates body into site"),
    ("omega_body", "f8", 3, "rad/s, body, against inertial space"),
    ("mass_kg", "f8", 1, "kg"),
    ("thrust_n", "f8", 1, "N, true thrust of the main engine"),
    ("height_m", "f8", 1, "m, true base above the ground beneath; every tenth tick, then held"),
    ("est_r_site", "f8", 3, "m, site"),
    ("est_v_site", "f8", 3, "m/s, site"),
    ("est_q_site_body", "f8", 4, "scalar first"),
    ("est_omega_body", "f8", 3, "rad/s, body"),
    ("est_mass_kg", "f8", 1, "kg"),
    ("est_accel_mps2", "f8", 1, "m/s^2, specific force along body z"),
    ("est_height_m", "f8", 1, "m, base above ground; NaN until measured"),
    ("direction_site", "f8", 3, "unit vector, commanded thrust"),
    ("cmd_heading_rad", "f8", 1, "rad, azimuth of body x east of north when upright"),
    ("cmd_q_site_body", "f8", 4, "reference attitude"),
    ("cmd_thrust_n", "f8", 1, "N, 0 is off"),
    ("cmd_torque_nm", "f8", 3, "N m, body"),
    ("time_to_go_s", "f8", 1, "s, to the end of the phase"),
    ("target_site", "f8", 3, "m, site; touchdown target on the flight side's own map"),
    ("range_m", "f8", 1, "m, last slant range of the altimeter"),
    ("tick_ns", "i4", 1, "ns, wall clock of the autopilot's tick"),
    ("guided", "u1", 1, "1 where guidance ran in the tick"),
    ("link", "u1", 1, "of the chain: 0 none, 1 optimal, 2 constrained, 3 polynomial, 4 level"),
    ("reason", "u1", 1, "why not the link before: see farside.guidance.Reason"),
    ("spare", "u1", 1, "0"),
)

#: Wall-clock columns: left out of the hash, since no two flights share them.
WALL_CLOCK = ("tick_ns",)

#: Rows cleared and hashed at a time: half a megabyte, which stays in the cache.
_AT_A_TIME = 1024

ROW = np.dtype(
    [(name, code) if size == 1 else (name, code, (size,)) for name, code, size, _ in COLUMNS]
)


#: Memory of flights that nobody looks at any more: for the next ones, which need not wait until the
#: system has cleared forty megabytes. Two: a landing is often held while one more flies.
_IDLE: list[bytearray] = []
_IDLE_MOST = 2


def blank_rows(count: int) -> NDArray[np.void]:
    """Return so many rows, holding anything: memory of an earlier flight, where its size is right.

    Whoever writes them writes all of a row before anyone reads it.
    """
    size = count * ROW.itemsize
    block = _IDLE.pop() if _IDLE else bytearray()
    if len(block) != size:
        block = bytearray(size)
    rows = np.frombuffer(block, ROW)
    # Views hold `rows`, not the memory: it is idle when the last of them is gone.
    weakref.finalize(rows, _set_aside, block).atexit = False
    return rows


def _set_aside(block: bytearray) -> None:
    if len(_IDLE) < _IDLE_MOST:
        _IDLE.append(block)


def digest(telemetry: NDArray[np.void]) -> str:
    """Return the SHA-256 of the records without their wall-clock columns.

    Parameters
    ----------
    telemetry : structured array (N,), dtype `ROW`
    """
    hashed = hashlib.sha256()
    clear = np.empty(min(len(telemetry), _AT_A_TIME), telemetry.dtype)
    for first in range(0, len(telemetry), _AT_A_TIME):
        part = telemetry[first : first + _AT_A_TIME]
        clear[: len(part)] = part
        for name in WALL_CLOCK:
            clear[name] = 0
        hashed.update(clear[: len(part)].data)
    return hashed.hexdigest()
