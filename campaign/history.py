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
#: Half the room: a place is known to 3 cm at 400 km from the site, and to nanometres at it. All its
#: digits come with flying the run again.
KINDS = {"f8": "float32", "i4": "int32", "u1": "uint8"}


def history_name(run: int) -> str:
    """Name the file of a run's telemetry."""
    return f"run-{run:09d}.parquet"


@cache
def history_columns() -> tuple[Column, ...]:
    """Name the columns: those of a landing's telemetry but its clock, one for each component."""
    return tuple(
        Column(name + axis, KINDS[code], meaning.split(",")[0] if code == "f8" else "1", meaning)
        for name, code, size, meaning in COLUMNS
        if name not in WALL_CLOCK and name not in ("shed", "couples")
        for axis in AXES[size]
    )


def history(landing: Landing) -> bytes:
    """Write a flight's telemetry at 10 Hz, and its last tick, as a parquet file in memory."""
    rows = landing.telemetry[::EVERY]
    if (len(landing.telemetry) - 1) % EVERY:
        # the last tick is how it ended, wherever it falls
        rows = landing.telemetry[[*range(0, len(landing.telemetry), EVERY), -1]]
    values = {}
    for name, _code, size, _meaning in COLUMNS:
        for i, axis in enumerate(AXES[size]):
            one = rows[name] if size == 1 else rows[name][:, i]
            values[name + axis] = one.astype(np.float32) if one.dtype.kind == "f" else one
    return encode(history_columns(), values)
