"""What a tick of the autopilot reads and writes: two records, and what each of their fields means.

One table for each makes the numpy dtypes `ESTIMATE` and `COMMAND`, this page and the pages of
docs/integrate. Their bytes are those of the C structs `Estimate` and `GuidanceCommand`
(ext/guidance/autopilot/records.pxd), `farside_estimate` and `farside_command` in farside.h.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class RecordField(NamedTuple):
    """A field of a record: name, numpy format, length (1: a number), unit, frame, meaning."""

    name: str
    format: str
    length: int
    unit: str
    frame: str
    meaning: str


ESTIMATE_FIELDS = (
    RecordField("r_site", "f8", 3, "m", "site", "centre of mass: east, north, up of the site"),
    RecordField("v_site", "f8", 3, "m/s", "site", "its velocity relative to the turning Moon"),
    RecordField(
        "q_site_body", "f8", 4, "1", "body to site", "attitude: unit quaternion, scalar first"
    ),
    RecordField("omega_body", "f8", 3, "rad/s", "body", "rate against inertial space"),
    RecordField("mass_kg", "f8", 1, "kg", "", "mass now, propellant included"),
    RecordField("accel_mps2", "f8", 1, "m/s2", "body z", "specific force over the last tick"),
    RecordField(
        "height_m", "f8", 1, "m", "",
        "base (plane of the footpads) above the ground beneath; NaN where nothing measures it",
    ),
    RecordField("contact", "i4", 1, "", "", "1: a footpad touches; else 0"),
    RecordField("rest", "i4", 1, "", "", "1: the lander has come to rest; else 0"),
)  # fmt: skip

COMMAND_FIELDS = (
    RecordField("direction_site", "f8", 3, "1", "site", "unit vector of the thrust wanted"),
    RecordField(
        "heading_rad", "f8", 1, "rad", "site", "azimuth of body x when upright, east of north"
    ),
    RecordField(
        "q_site_body", "f8", 4, "1", "body to site",
        "reference attitude, for a host with an attitude loop of its own",
    ),
    RecordField("thrust_n", "f8", 1, "N", "body z", "thrust; 0: engine off"),
    RecordField("torque_nm", "f8", 3, "N m", "body", "torque about the centre of mass"),
    RecordField("time_to_go_s", "f8", 1, "s", "", "to the end of the phase; 0 where it has none"),
    RecordField("phase", "i4", 1, "", "", "row of the mission's phase table, from 0"),
    RecordField(
        "status", "i4", 1, "", "",
        "0 ok, 1 limited by engine or tilt, 2 no braking solution, 3 bad input, 4 complete",
    ),
    RecordField(
        "link", "i4", 1, "", "",
        "of the chain of laws: 0 none, 1 optimal, 2 constrained, 3 polynomial, 4 level",
    ),
    RecordField(
        "reason", "i4", 1, "", "",
        "why not the link before: 0 none, 1 near the end, 2 not found, 3 low, 4 tilted, 5 turning, "
        "6 no plan, 7 misses, 8 no room",
    ),
)  # fmt: skip


def record_dtype(fields: tuple[RecordField, ...]) -> np.dtype[Any]:
    """Return the dtype of a record, aligned as C aligns it."""
    return np.dtype([(f.name, f.format, _shape(f)) for f in fields], align=True)


def _shape(field: RecordField) -> tuple[int, ...]:
    return (field.length,) if field.length > 1 else ()


def record_text(title: str, fields: tuple[RecordField, ...], indent: str = "") -> str:
    """Return a record's fields as text for `help`: name, type, unit, frame, meaning.

    Parameters
    ----------
    title : str
        The line above.
    fields : tuple of RecordField
    indent : str
        Before each line.

    Returns
    -------
    str
    """
    lines = [title]
    for f in fields:
        kind = f.format + (f"[{f.length}]" if f.length > 1 else "")
        lines.append(f"    {f.name:15}{kind:7}{f.unit:6}{f.frame:13}{_wrapped(f.meaning)}".rstrip())
    text = "\n".join(lines)
    return "\n".join(indent + line if line else line for line in text.split("\n"))


def _wrapped(meaning: str, width: int = 52) -> str:
    """Break a meaning into lines below its column."""
    lines = [""]
    for word in meaning.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return ("\n" + " " * 45).join(lines)


def record_rows(fields: tuple[RecordField, ...]) -> str:
    """Return a record's fields as a table in Markdown."""
    lines = ["| field | type | unit | frame | meaning |", "|---|---|---|---|---|"]
    for f in fields:
        kind = {"f8": "double", "i4": "int32_t"}[f.format]
        kind += f"[{f.length}]" if f.length > 1 else ""
        lines.append(f"| `{f.name}` | `{kind}` | {f.unit} | {f.frame} | {f.meaning} |")
    return "\n".join(lines) + "\n"


ESTIMATE = record_dtype(ESTIMATE_FIELDS)
COMMAND = record_dtype(COMMAND_FIELDS)
ESTIMATE_TEXT = "ESTIMATE, what a tick reads (name, type, unit, frame, meaning):"
COMMAND_TEXT = "COMMAND, what acts over [tick, tick + 1):"


def records_text(indent: str = "") -> str:
    """Return both records as text for `help`."""
    return (
        record_text(ESTIMATE_TEXT, ESTIMATE_FIELDS, indent)
        + "\n\n"
        + record_text(COMMAND_TEXT, COMMAND_FIELDS, indent)
        + "\n"
    )


__doc__ = f"{__doc__ or ''}\n{records_text()}"  # none under python -OO
