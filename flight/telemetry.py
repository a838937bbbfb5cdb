"""The telemetry of a landing: one record per tick of 10 ms, truth and estimate side by side."""

import hashlib
import math
import weakref

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import ROW

#: Unit, frame and meaning of each column. Truth first, then the estimate, then the command.
MEANINGS = {
    "tick": "10 ms ticks since powered-descent initiation",
    "phase": "row of the mission's phase table",
    "status": "0 ok, 1 limited, 2 no braking solution, 3 bad input, 4 complete",
    "flags": "bits: 1 contact, 2 rest, 4 site chosen, 8 range unbelieved; 16 contact, 32 rest told",
    "sensors": "bits, reports in this tick: 1 star, 2 range, 4 velocity, 8 height",
    "r_site": "m, site; true centre of mass",
    "v_site": "m/s, site, relative to the turning Moon",
    "q_site_body": "scalar first, rotates body into site",
    "omega_body": "rad/s, body, against inertial space",
    "mass_kg": "kg",
    "thrust_n": "N, true thrust of the main engine",
    "height_m": "m, true base above the ground beneath; every tenth tick, then held",
    "est_r_site": "m, site; against the map in use and the ground at the site",
    "est_v_site": "m/s, site",
    "est_q_site_body": "scalar first",
    "est_omega_body": "rad/s, body",
    "est_mass_kg": "kg",
    "est_accel_mps2": "m/s^2, specific force along body z",
    "est_height_m": "m, base above ground; NaN until measured",
    "est_height_sigma_m": "m, 1 sigma of it against the level of what is aimed at",
    "direction_site": "unit vector, commanded thrust",
    "cmd_heading_rad": "rad, azimuth of body x east of north when upright",
    "cmd_q_site_body": "reference attitude",
    "cmd_thrust_n": "N, 0 is off",
    "cmd_torque_nm": "N m, body",
    "time_to_go_s": "s, to the end of the phase",
    "target_site": "m, site; touchdown target on the flight side's own map",
    "range_m": "m, last slant range of the altimeter",
    "tick_ns": "ns, wall clock of the autopilot's tick",
    "guided": "1 where guidance ran in the tick",
    "link": "of the chain: 0 none, 1 optimal, 2 constrained, 3 polynomial, 4 level",
    "reason": "why not the link before: see farside.guidance.Reason",
    "shed": "left out where ticks are late: 1 constrained plans, 2 half of the solutions, 3 plans",
    "nav_r_site": "m, site; the navigator's position: est_r_site is it against the map in use",
    "nav_r_cov": "m^2, site; covariance of nav_r_site: xx, xy, xz, yy, yz, zz",
    "nav_v_cov": "m^2/s^2, site; of est_v_site",
    "nav_attitude_cov": "rad^2, site; of the attitude's error as a rotation vector",
    "nav_bias": "rad/s, m/s^2, body; of gyros and accelerometers, as estimated",
    "nav_bias_sigma": "rad/s, m/s^2, body; 1 sigma of them",
    "nav_height_sigma_m": "m, 1 sigma of the height above the ground beneath",
    "nav_tie_sigma_m": "m, 1 sigma east or north, the greater, of the place in the map in use",
    "innovation": "last of star tracker (sigmas), altimeter (m), 3 beams (m/s), touchdown (m)",
    "innovation_sigma": "1 sigma of it; star tracker 1",
    "trust": "star, altimeter, 3 beams, touchdown, imu: see farside.navigation.Trust",
    "couples": "bits, couples found failed: x+, x-, y+, y-, z+, z-; 64 one is lost, 128 stuck on",
    "abort": "farside.guidance.autopilot.AbortStep, and 16 times its AbortCause",
    "spare": "0",
}


def _column(name: str) -> tuple[str, str, int, str]:
    """Return name, numpy's code, size and meaning of a column."""
    kind = ROW[name]
    return name, kind.base.str.lstrip("<|"), math.prod(kind.shape), MEANINGS[name]


#: Columns in the order of the struct `Row` of ext/common/telemetry.pxd: name, code, size, meaning.
COLUMNS: tuple[tuple[str, str, int, str], ...] = tuple(_column(name) for name in ROW.names or ())

#: Wall-clock columns: left out of the hash, since no two flights share them.
WALL_CLOCK = ("tick_ns",)

#: Rows cleared and hashed at a time: half a megabyte, which stays in the cache.
_AT_A_TIME = 1024


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
