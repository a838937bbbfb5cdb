"""The flight thinned to what a replay needs: more rows where more happens."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.report.palette import phase_colour
from farside.report.replay.coding import encode
from farside.report.track import Array, Track

#: Seconds between rows: before the last stretch, in it, and about the touchdown.
HIGH_S, LOW_S, CONTACT_S = 1.0, 0.1, 0.04
#: The last stretch: below this height [m]; and how long before contact the rows get dense [s].
LOW_M, NEAR_CONTACT_S = 3000.0, 3.0
#: The most rows: a flight that goes on for half an hour is thinned further.
MOST_ROWS = 4000
TURN_SCALE = 32767.0  # of a quaternion's part


def chosen_rows(track: Track) -> NDArray[np.intp]:
    """Pick the rows of telemetry that a replay keeps: both ends, and where each phase begins."""
    n = len(track.t_s)
    if not n:
        return np.zeros(0, np.intp)
    height = track.landing.telemetry["height_m"]
    low = np.flatnonzero(height < LOW_M)
    first_low = int(low[0]) if len(low) else n
    near = n if track.contact is None else track.contact - round(NEAR_CONTACT_S / TICK_S)
    near = min(max(near, first_low), n)
    parts = [
        np.arange(0, first_low, round(HIGH_S / TICK_S)),
        np.arange(first_low, near, round(LOW_S / TICK_S)),
        np.arange(near, n, round(CONTACT_S / TICK_S)),
    ]
    rows = np.concatenate(parts)
    rows = rows[:: max(1, -(-len(rows) // MOST_ROWS))]
    firsts = [span.first for span in track.spans]
    contact = [] if track.contact is None else [track.contact]
    return np.unique(np.concatenate([rows, firsts, contact, [n - 1]])).astype(np.intp)


def motion(track: Track) -> dict[str, Any]:
    """Return the columns of a replay, and when each phase begins and ends.

    Single precision: 0.03 m of 650 km at the start, better than 10 um at the site; attitudes are
    16-bit fractions, 0.004 deg.
    """
    telemetry, rows = track.landing.telemetry, chosen_rows(track)
    columns: dict[str, Array] = {
        "t_s": track.t_s,
        "r_site": telemetry["r_site"],
        "v_site": telemetry["v_site"],
        "mass_kg": telemetry["mass_kg"],
        "thrust_n": telemetry["thrust_n"],
        "cmd_thrust_n": telemetry["cmd_thrust_n"],
        "height_m": telemetry["height_m"],
        "altitude_m": track.altitude_m,
        "vertical_mps": track.vertical_mps,
        "horizontal_mps": track.horizontal_mps,
        "tilt_deg": track.tilt_deg,
        "downrange_m": track.downrange_m,
        "com_height_m": _com_height(track),
    }
    turns = np.rint(telemetry["q_site_body"][rows] * TURN_SCALE)
    end_s = float(track.t_s[-1]) if len(rows) else 0.0
    return {
        "rows": len(rows),
        "columns": {
            name: encode(values[rows].astype(np.float32)) for name, values in columns.items()
        },
        "q_site_body": encode(np.nan_to_num(turns).astype(np.int16)),
        "end_s": end_s,
        "contact_s": None if track.contact is None else float(track.t_s[track.contact]),
        "late_s": float(track.t_s[track.last_stretch()]) if len(rows) else 0.0,
        "phases": [
            {
                "name": span.name,
                "number": track.number(span.row),
                "colour": phase_colour(span.row),
                "start_s": float(track.t_s[span.first]),
                "end_s": float(track.t_s[span.last]) if span.last < len(track.t_s) else end_s,
            }
            for span in track.spans
        ],
    }


def _com_height(track: Track) -> Array:
    return track.landing.plan.vehicle.com_height_m(track.landing.telemetry["mass_kg"])
