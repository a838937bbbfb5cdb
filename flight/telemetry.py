"""The telemetry of a landing: one record per tick of 10 ms, truth and estimate side by side."""

import hashlib

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

ROW = np.dtype(
    [(name, code) if size == 1 else (name, code, (size,)) for name, code, size, _ in COLUMNS]
)


def digest(telemetry: NDArray[np.void]) -> str:
    """Return the SHA-256 of the records without their wall-clock columns.

    Parameters
    ----------
    telemetry : structured array (N,), dtype `ROW`
    """
    clear = telemetry.copy()
    for name in WALL_CLOCK:
        clear[name] = 0
    return hashlib.sha256(clear.tobytes()).hexdigest()
