"""What is kept of a flight that was not safe: its telemetry at 10 Hz, as parquet."""

from __future__ import annotations

from functools import cache

import numpy as np

from farside.campaign.columns import Column
from farside.campaign.parts import encode
from farside.flight import Landing
from farside.flight.telemetry import COLUMNS, WALL_CLOCK

#: Ticks of 10 ms to a row: 10 Hz.
EVERY = 10
AXES = {1: ("",), 3: ("_x", "_y", "_z"), 4: ("_w", "_x", "_y", "_z")}
COVARIANCE = ("_xx", "_xy", "_xz", "_yy", "_yz", "_zz")
BIASES = tuple(f"_{unit}_{axis}" for unit in ("gyro", "accelerometer") for axis in "xyz")
SENSORS = ("_star_tracker", "_altimeter", "_beam1", "_beam2", "_beam3", "_height")
#: Components that have other names than axes.
NAMED = {
    "nav_r_cov": COVARIANCE,
    "nav_v_cov": COVARIANCE,
    "nav_attitude_cov": COVARIANCE,
    "nav_bias": BIASES,
    "nav_bias_sigma": BIASES,
    "innovation": SENSORS,
    "innovation_sigma": SENSORS,
    "trust": (*SENSORS, "_imu"),
}
#: Units of the components whose column has more than one.
UNITS = {
    "_gyro": "rad/s",
    "_accelerometer": "m/s^2",
    "_star": "1",
    "_altimeter": "m",
    "_beam": "m/s",
    "_height": "m",
}
#: Half the room: a place is known to 3 cm at 400 km from the site, and to nanometres at it. All its
#: digits come with flying the run again.
KINDS = {"f8": "float32", "f4": "float32", "i4": "int32", "u1": "uint8"}


def history_name(run: int) -> str:
    """Name the file of a run's telemetry."""
    return f"run-{run:09d}.parquet"


@cache
def history_columns() -> tuple[Column, ...]:
    """Name the columns: those of a landing's telemetry but its clock, one for each component."""
    return tuple(
        Column(name + part, KINDS[code], _unit(code, part, meaning), meaning)
        for name, code, size, meaning in COLUMNS
        if name not in WALL_CLOCK and name not in ("shed", "couples")
        if not name.startswith("spare")
        for part in _components(name, size)
    )


def _components(name: str, size: int) -> tuple[str, ...]:
    """Return what the components of a column of telemetry are named by."""
    return NAMED.get(name) or AXES[size]


def _unit(code: str, part: str, meaning: str) -> str:
    """Return the unit of a component: what its meaning begins with, where it is a measure."""
    if not code.startswith("f"):
        return "1"
    for begin, unit in UNITS.items():
        if part.startswith(begin):
            return unit
    return meaning.split(",")[0]


def history(landing: Landing) -> bytes:
    """Write a flight's telemetry at 10 Hz, and its last tick, as a parquet file in memory."""
    rows = landing.telemetry[::EVERY]
    if (len(landing.telemetry) - 1) % EVERY:
        # the last tick is how it ended, wherever it falls
        rows = landing.telemetry[[*range(0, len(landing.telemetry), EVERY), -1]]
    values = {}
    for name, _code, size, _meaning in COLUMNS:
        if name.startswith("spare"):
            continue
        for i, part in enumerate(_components(name, size)):
            one = rows[name] if size == 1 else rows[name][:, i]
            values[name + part] = one.astype(np.float32) if one.dtype.kind == "f" else one
    return encode(history_columns(), values)
