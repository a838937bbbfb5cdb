"""The vertices of a PLY file (Polygon File Format; Turk, 1994) as a point cloud."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.survey.cloud import MOST_POINTS, Cloud, single_steps
from farside.survey.errors import SurveyError

_LONGEST_LINE = 4096
_MOST_LINES = 10_000  # of a header
_FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_AXES = (("x", "y", "z"), ("east", "north", "up"), ("easting", "northing", "elevation"))
_SHORTEST_NUMBER = 2  # bytes of a number and what parts it from the next


class _Element(NamedTuple):
    name: str
    total: int
    properties: list[tuple[str, str]]
    """Name and numpy type; of a list, an empty type."""


def read_ply(path: Path) -> Cloud:
    """Read x, y, z of the vertices of a PLY file: ascii, or binary of either byte order.

    Other properties and other elements (faces) are not read.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    Cloud
        Without a CRS, since PLY has none.

    Raises
    ------
    SurveyError
        Not a PLY file, cut short, no vertices, or vertices without x, y, z.
    """
    name = path.name
    try:
        with path.open("rb") as file:
            order, elements = _header(file, name)
            vertex = next((e for e in elements if e.name == "vertex"), None)
            if vertex is None or vertex.total == 0:
                raise SurveyError(f"{name}: holds 0 vertices; there is nothing to map")
            if vertex.total > MOST_POINTS:
                raise SurveyError(
                    f"{name}: {vertex.total / 1e6:.0f} million points are more than "
                    f"{MOST_POINTS / 1e6:.0f} million; cut it into pieces"
                )
            before = elements[: elements.index(vertex)]
            if any(not kind for e in [*before, vertex] for _, kind in e.properties):
                raise SurveyError(
                    f"{name}: has lists in or before its vertices; write the vertices first, "
                    "without lists"
                )
            columns = _columns(vertex, name)
            left = path.stat().st_size - file.tell()
            if order:
                xyz = _binary(file, order, before, vertex, columns, left, name)
            else:
                xyz = _ascii(file, before, vertex, columns, left, name)
    except OSError as why:
        raise SurveyError(f"{name}: cannot be read: {why.strerror}") from None
    kinds = {vertex.properties[i][1] for i in columns}
    single = np.asarray(xyz, np.float32) if order and "f4" in kinds else xyz
    notes = [f"{name} names no units: x, y, z were taken as east, north, up in metres."]
    if vertex.properties[columns[2]][1][0] in "iu":
        notes.append(f"{name}: heights are whole numbers: what is lower than half is not seen.")
    return Cloud(name, xyz, None, tuple(notes), single_steps(single))


def _header(file: BinaryIO, name: str) -> tuple[str, list[_Element]]:
    """Read up to end_header: the byte order ("" for ascii) and the elements."""

    def fault(why: str) -> SurveyError:
        return SurveyError(f"{name}: not a PLY file, or a damaged one: {why}; write it again")

    if file.readline(_LONGEST_LINE).strip() != b"ply":
        raise fault("it does not begin with 'ply'")
    order: str | None = None
    elements: list[_Element] = []
    for number in range(2, _MOST_LINES):
        line = file.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise fault(f"its header ends in line {number}")
        words = line.decode("latin-1").split()
        match words:
            case [] | ["comment" | "obj_info", *_]:
                continue
            case ["format", kind, "1.0"] if kind in _FORMATS and order is None:
                order = _FORMATS[kind]
            case ["element", what, count] if count.isascii() and count.isdigit():
                elements.append(_Element(what, int(count[:19]), []))
            case ["property", "list", a, b, what] if elements and {a, b} <= _TYPES.keys():
                elements[-1].properties.append((what, ""))
            case ["property", kind, what] if elements and kind in _TYPES:
                elements[-1].properties.append((what, _TYPES[kind]))
            case ["end_header"]:
                if order is None:
                    raise fault("its header names no format")
                return order, elements
            case _:
                raise fault(f"line {number} is {' '.join(words)[:60]!a}")
    raise fault(f"its header has more than {_MOST_LINES} lines")


def _columns(vertex: _Element, name: str) -> list[int]:
    """Find x, y, z among the properties."""
    names = [what.lower() for what, _ in vertex.properties]
    if len(set(names)) < len(names):
        raise SurveyError(f"{name}: its vertices have a property twice; write it again")
    axes = next((a for a in _AXES if set(a) <= set(names)), None)
    if axes is None:
        raise SurveyError(
            f"{name}: its vertices have no x, y, z but {', '.join(names[:12]) or 'nothing'}; "
            "rename their coordinates"
        )
    return [names.index(axis) for axis in axes]


def _binary(
    file: BinaryIO,
    order: str,
    before: list[_Element],
    vertex: _Element,
    columns: list[int],
    left: int,
    name: str,
) -> NDArray[np.float64]:
    sizes = [_record(order, e).itemsize * e.total for e in before]
    record = _record(order, vertex)
    left -= sum(sizes)
    if vertex.total * record.itemsize > left:
        raise SurveyError(
            f"{name}: cut short at {max(left, 0) // record.itemsize} of {vertex.total} vertices; "
            "fetch it again"
        )
    file.seek(sum(sizes), 1)
    held = np.fromfile(file, record, vertex.total)
    return np.column_stack([held[f"p{i}"].astype(np.float64) for i in columns])


def _record(order: str, element: _Element) -> np.dtype[Any]:
    """Lay out one record; the names in the file may be any, and so are not used."""
    fields = [(f"p{i}", order + kind) for i, (_, kind) in enumerate(element.properties)]
    return np.dtype(fields)


def _ascii(
    file: BinaryIO,
    before: list[_Element],
    vertex: _Element,
    columns: list[int],
    left: int,
    name: str,
) -> NDArray[np.float64]:
    from farside.survey.text import bad_line, numbers_of

    shortest = _SHORTEST_NUMBER * len(vertex.properties)
    skipped = sum(e.total for e in before)
    short = SurveyError(f"{name}: cut short of its {vertex.total} vertices; fetch it again")
    if vertex.total * shortest > left + 1:
        raise short
    for _ in range(skipped):
        if not file.readline():
            raise short
    begin = file.tell()
    try:
        held = numbers_of(_decoded(file, vertex.total), None, columns, vertex.total)
    except ValueError:
        file.seek(begin)
        why = bad_line(_decoded(file, vertex.total), None, columns, "vertex")
        raise SurveyError(f"{name}: {why}") from None
    if len(held) < vertex.total:
        raise SurveyError(
            f"{name}: cut short at {len(held)} of {vertex.total} vertices; fetch it again"
        )
    return held


def _decoded(file: BinaryIO, count: int) -> Iterator[str]:
    """Return the next lines as text."""
    return (line.decode("latin-1") for line in islice(file, count))
