"""What a tick of the autopilot reads and writes: two records, and what each of their fields means.

The numpy dtypes `ESTIMATE` and `COMMAND` are those of the C structs `Estimate` and
`GuidanceCommand` (ext/guidance/autopilot/records.pxd), `farside_estimate` and `farside_command` in
farside.h. One table of texts for each makes this page and the pages of docs/integrate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from farside.ext.guidance.autopilot._autopilot import blank_records


class FieldText(NamedTuple):
    """What a field of a record is, beside its place and type in memory: the C struct has those."""

    name: str
    unit: str
    frame: str
    meaning: str


class RecordField(NamedTuple):
    """A field of a record: name, numpy format, length (1: a number), unit, frame, meaning."""

    name: str
    format: str
    length: int
    unit: str
    frame: str
    meaning: str


_ESTIMATE = (
    FieldText("r_site", "m", "site", "centre of mass: east, north, up of the site"),
    FieldText("v_site", "m/s", "site", "its velocity relative to the turning Moon"),
    FieldText("q_site_body", "1", "body to site", "attitude: unit quaternion, scalar first"
    ),
    FieldText("omega_body", "rad/s", "body", "rate against inertial space"),
    FieldText("mass_kg", "kg", "", "mass now, propellant included"),
    FieldText("accel_mps2", "m/s2", "body z", "specific force over the last tick"),
    FieldText("height_m", "m", "",
        "base (plane of the footpads) above the ground beneath; NaN where nothing measures it",
    ),
    FieldText("height_sigma_m", "m", "",
        "1 sigma of height_m against the height by r_site; 0 where it is not known",
    ),
    FieldText("contact", "", "", "1: a footpad touches now; else 0"),
    FieldText("rest", "", "", "1: the lander has come to rest; else 0"),
)  # fmt: skip

_COMMAND = (
    FieldText("direction_site", "1", "site", "unit vector of the thrust wanted"),
    FieldText("heading_rad", "rad", "site", "azimuth of body x when upright, east of north"
    ),
    FieldText("q_site_body", "1", "body to site",
        "reference attitude, for a host with an attitude loop of its own",
    ),
    FieldText("thrust_n", "N", "body z", "thrust; 0: engine off"),
    FieldText("torque_nm", "N m", "body", "torque about the centre of mass"),
    FieldText("time_to_go_s", "s", "", "to the end of the phase; 0 where it has none"),
    FieldText("phase", "", "", "row of the mission's phase table, from 0"),
    FieldText("status", "", "",
        "0 ok, 1 limited by engine or tilt, 2 no braking solution, 3 bad input, 4 complete",
    ),
    FieldText("link", "", "",
        "GuidanceMode that flies: 0 none, 1 optimal, 2 constrained, 3 polynomial, 4 level",
    ),
    FieldText("reason", "", "",
        "why not the mode before: 0 none, 1 near the end, 2 not found, 3 low, 4 tilted, 5 turning, "
        "6 no plan, 7 misses, 8 no room, 9 height not known",
    ),
    FieldText("stage", "", "", "1: the ascent stage flies, parted from the descent stage"),
    FieldText("abort", "", "", "AbortStep, and 16 times the AbortCause; 0: none"),
)  # fmt: skip


def _fields(dtype: np.dtype[Any], texts: tuple[FieldText, ...]) -> tuple[RecordField, ...]:
    """Return the fields of a C struct with what the texts say of each, in the struct's order."""
    said = {text.name: text for text in texts}
    fields = []
    for name in dtype.names or ():
        kind = dtype[name]
        text = said.pop(name)
        length = kind.shape[0] if kind.shape else 1
        fields.append(RecordField(name, kind.base.str[1:], length, *text[1:]))
    assert not said, f"no such field: {', '.join(said)}"
    return tuple(fields)


def _dtype(record: memoryview) -> np.dtype[Any]:
    """Return the dtype of a C struct, marked as aligned the way C aligns it."""
    found = np.asarray(record).dtype
    fields: Mapping[str, Any] = found.fields or {}
    return np.dtype(
        {
            "names": list(fields),
            "formats": [field[0] for field in fields.values()],
            "offsets": [field[1] for field in fields.values()],
            "itemsize": found.itemsize,
        },
        align=True,
    )


ESTIMATE, COMMAND = (_dtype(record) for record in blank_records())
ESTIMATE_FIELDS = _fields(ESTIMATE, _ESTIMATE)
COMMAND_FIELDS = _fields(COMMAND, _COMMAND)


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
    lines = [title, ""]
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


ESTIMATE_TEXT = "ESTIMATE, what a tick reads (name, type, unit, frame, meaning)::"
COMMAND_TEXT = "COMMAND, what acts over [tick, tick + 1)::"


def records_text(indent: str = "") -> str:
    """Return both records as text for `help`."""
    return (
        record_text(ESTIMATE_TEXT, ESTIMATE_FIELDS, indent)
        + "\n\n"
        + record_text(COMMAND_TEXT, COMMAND_FIELDS, indent)
        + "\n"
    )


__doc__ = f"{__doc__ or ''}\n{records_text()}"  # none under python -OO
