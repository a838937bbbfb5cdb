"""The navigator's packets field by field: the structs' own bytes, and what each number is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from farside.ext.common.errors import FarsideError
from farside.navigation import MAP_FIX, MEASUREMENTS, NAVIGATION_ESTIMATE

#: Letters of the module struct for numpy's types.
LETTERS = {"f8": "d", "i4": "i", "i8": "q"}
CHANNELS = "star tracker, altimeter, beams 1 to 3, touchdown sensor"
MEASURED = {
    "dv_body": "m/s; accelerometers: integral over the tick before imu_tick",
    "dtheta_body": "rad; gyros: integral over it",
    "star_valid": "1: q_inertial_body is a fix",
    "range_valid": "1: range_m is one",
    "velocity_valid": "bit i: beam i has a speed",
    "height_valid": "1: height_m is one",
    "q_inertial_body": "star tracker, scalar first; inertial: the site axes at tick 0",
    "range_direction": "body; the altimeter's beam by design",
    "range_m": "m; altimeter",
    "velocity_direction": "body; each beam by design",
    "velocity_mps": "m/s; along each beam, against the ground",
    "height_m": "m; touchdown sensor over the ground beneath",
    "contact": "bit i: the switch of leg i is closed",
    "saturated": "bits FARSIDE_SATURATED_ in farside.h",
    "valve_s": "s; large and small couples of thrusters open in the last tick",
    "imu_tick": "tick at which the increments end",
    "star_tick": "tick at which the fix was true: up to 63 before, or that of a kept pose",
    "range_tick": "of the range",
    "velocity_tick": "of the speeds",
    "height_tick": "of the height",
}
ESTIMATED = {
    "r_site": "m; centre of mass against the map in use and the ground at the site",
    "v_site": "m/s; site",
    "q_site_body": "body to site, scalar first",
    "omega_body": "rad/s; body",
    "mass_kg": "kg",
    "accel_mps2": "m/s2; specific force along body z",
    "height_m": "m; base above the ground; NaN until the touchdown sensor is believed",
    "height_sigma_m": "m; of the altitude over the ground beneath",
    "contact": "1: a switch is closed",
    "rest": "1: the lander has come to rest",
    "filter_r_site": "m; centre of mass in the site frame, without tie and relief",
    "gyro_bias": "rad/s; body",
    "accel_bias": "m/s2; body",
    "beam_scale": "the velocimeter reads (1 + this) times the speed",
    "relief_m": "m; ground above the onboard map beneath",
    "tie_m": "m; east and north of the map in use off the site frame",
    "position_sigma_m": "m; of filter_r_site, 1 sigma as all that follow",
    "velocity_sigma_mps": "m/s",
    "attitude_sigma_rad": "rad; about the site axes",
    "gyro_bias_sigma": "rad/s",
    "accel_bias_sigma": "m/s2",
    "beam_scale_sigma": "",
    "relief_sigma_m": "m",
    "tie_sigma_m": "m",
    "place_sigma_m": "m; of r_site east and north, against the map in use",
    "innovation": f"the last, used or not: {CHANNELS}",
    "innovation_sigma": "of each; the star tracker's are in sigmas",
    "heard_tick": "of the last report tested, the inertial unit last; -1: none",
    "believed": "measurements used, in all",
    "refused": "and not used",
    "trust": "FARSIDE_TRUST_ in farside.h",
    "left_out": "bits FARSIDE_LEFT_ in farside.h",
    "tick": "of this estimate",
    "missed": "ticks that were missed, in all",
    "clones": "poses that are kept",
    "status": "FARSIDE_NAVIGATION_ in farside.h",
    "fix": "FARSIDE_FIX_ in farside.h, of the last place on the map; -1: none yet",
    "fixes": "taken, in all",
    "landmarks": "what became of the last image of landmarks: FIX_; -1: none yet",
    "landmarks_taken": "images, in all",
    "landmarks_refused": "images, in all",
    "landmarks_inside": "matches of the last that agreed with each other",
    "motion": "the same of motion between images",
    "motion_taken": "pairs of images, in all",
    "motion_refused": "pairs of images, in all",
    "motion_inside": "pairs of the last that agreed with each other",
}


FIXED = {
    "tick": "with flag 4: tick at which the place was true: up to 63 before, or of a kept pose",
    "place_m": "m; centre of mass east and north, on the map in use",
    "axis": "unit vector of the covariance's first principal axis: east, north",
    "variance_m2": "m2; along it, and 90 deg to its left",
    "gate": "of innovation^2 over its variance, on each axis",
    "since_s": "s; above 0 no gate: the estimate has been wrong for so long",
}


class RecordPart(NamedTuple):
    """A member of a struct, as a field of a packet."""

    name: str
    code: str
    meaning: str


def parts_of(
    dtype: np.dtype[np.void], meanings: dict[str, str], prefix: str = ""
) -> tuple[RecordPart, ...]:
    """Return a struct's members in their order, with a prefix to their names.

    Raises
    ------
    ValueError
        Where a meaning is missing or too many, or the struct has bytes between its members.
    """
    names = dtype.names or ()
    if names != tuple(meanings):
        raise FarsideError(f"fields {names} with the meanings of {tuple(meanings)}")
    parts, size = [], 0
    for name in names:
        kind = dtype[name]
        size += kind.itemsize
        count = kind.itemsize // kind.base.itemsize
        letter = LETTERS[kind.base.str[1:]]
        code = (str(count) if count > 1 else "") + letter
        parts.append(RecordPart(prefix + name, code, meanings[name]))
    if size != dtype.itemsize:
        raise FarsideError(f"a struct of {dtype.itemsize} bytes with members of {size}")
    return tuple(parts)


MEASURED_PARTS = parts_of(MEASUREMENTS, MEASURED)
FIXED_PARTS = parts_of(MAP_FIX, FIXED, "fix_")
ESTIMATED_PARTS = parts_of(NAVIGATION_ESTIMATE, ESTIMATED)
#: Bytes that a NAV is filled up with, so that its answer is no larger.
PADDING = NAVIGATION_ESTIMATE.itemsize - MEASUREMENTS.itemsize - MAP_FIX.itemsize - 56
