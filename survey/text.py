"""Points in a text file: one a line, with or without a header that names the columns."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from farside.raster.units import metres_per
from farside.survey.cloud import Cloud
from farside.survey.errors import SurveyError

LARGEST_BYTES = 2 * 10**10
_SNIFFED = 2**16
_MARK = "\xef\xbb\xbf"  # the byte order mark of UTF-8, as Latin-1 shows it
_MOST_COLUMNS = 12  # without a header: more of them are no points
_COMMENTS = ("#", "//", "%")
_RADIUS_M = 1737400.0
_KILOMETRES = 1e4  # radii of the Moon below it are in km, above in m
_NAMES = {
    "x": ("x", "east", "easting", "e", "east m", "x coord", "x coordinate"),
    "y": ("y", "north", "northing", "n", "y coord", "y coordinate"),
    "z": (
        *("z", "up", "u", "height", "h", "elevation", "elev", "alt", "altitude", "topography"),
        *("z coord", "z coordinate"),
    ),
    "lon": ("lon", "long", "longitude", "pt longitude", "lon e", "east longitude", "lng"),
    "lat": ("lat", "latitude", "pt latitude", "planetocentric latitude"),
    "radius": ("radius", "r", "pt radius"),
}
_ROLE = {name: role for role, names in _NAMES.items() for name in names}
_DEGREES = {"": 1.0, "deg": 1.0, "degree": 1.0, "degrees": 1.0, "\u00b0": 1.0, "d": 1.0}
_DEGREES |= dict.fromkeys(("rad", "radian", "radians"), float(np.degrees(1.0)))
_DEGREES |= dict.fromkeys(("deg e", "deg n", "degrees east", "degrees north", "\u00b0e"), 1.0)
_DEGREES |= dict.fromkeys(("degrees e", "degrees n", "degree east", "degree north", "\u00b0n"), 1.0)
_DEGREES |= dict.fromkeys(("degrees_east", "degrees_north", "dege", "degn"), 1.0)
_DEGREES |= dict.fromkeys(("gon", "grad", "grads", "gradian"), 0.9)
_UNIT = re.compile(r"^(?P<name>.+?)[\s_]*[(\[<](?P<unit>[^()\[\]<>]*)[)\]>]$")
_DECIMAL = re.compile(r"^[+-]?\d+(,\d+)?$")
_SUFFIX = re.compile(r"^(?P<name>.+)_(?P<unit>m|km|dm|cm|mm|ft|usft|deg|rad|degrees|metres)$")


@dataclass(frozen=True)
class _Layout:
    """How the lines are to be read."""

    delimiter: str | None
    comma: bool
    """Whether decimals are written with a comma."""
    skip: int
    """Lines before the first with numbers."""
    header: tuple[str, ...]
    expected: int | None
    """How many points the file says it has."""
    words: list[str]
    """Of the first line with numbers."""
    counted: bool
    """Whether the first column counts the lines."""

    @property
    def columns(self) -> int:
        """How many values a line has."""
        return len(self.words)


def read_text(path: Path, z_m: float | None = None, nodata: float | None = None) -> Cloud:
    """Read points from text: values parted by commas, semicolons, tabs or spaces.

    A header may name the columns: x, y, z; east, north, up; easting, northing, elevation; or
    longitude, latitude with a height or a radius; each with its unit, as `z [km]` or `z_km`.
    Without one the first three columns are east, north, up [m]. Lines that begin with `#`, `//`
    or `%` are comments. More columns are not read.

    Parameters
    ----------
    path : Path
        Of the file.
    z_m : float, optional
        Metres in one unit of the heights, whatever a header says.
    nodata : float, optional
        A height, as stored or in metres, that stands for none.

    Returns
    -------
    Cloud
        In metres. Longitudes and latitudes with the CRS of the Moon's sphere; else without one.

    Raises
    ------
    SurveyError
        One line that names the line of the file with what is wrong.
    """
    name = path.name
    if path.stat().st_size > LARGEST_BYTES:
        raise SurveyError(f"{name}: is larger than {LARGEST_BYTES:.0e} bytes; cut it into pieces")
    with path.open("rb") as file:
        layout = _layout(file.read(_SNIFFED), name)
    columns, factors, degrees, notes = _columns(layout, name)
    try:
        with _text_of(path) as lines:
            data = islice(lines, layout.skip, None)
            held = numbers_of(data, layout.delimiter, columns, None, layout.comma)
    except ValueError:
        with _text_of(path) as lines:
            data = islice(lines, layout.skip, None)
            why = bad_line(data, layout.delimiter, columns, "line", layout.comma, layout.skip)
        raise SurveyError(f"{name}: {why}") from None
    if layout.expected is not None and len(held) < layout.expected:
        raise SurveyError(
            f"{name}: cut short at {len(held)} of {layout.expected} points; fetch it again"
        )
    if not len(held):
        raise SurveyError(f"{name}: holds 0 points; there is nothing to map")
    notes = (*notes, *_void(held, factors[2], nodata))
    if z_m is not None:
        factors[2] = z_m
    held *= factors
    if not degrees:
        return Cloud(name, held, None, notes)
    if _names(layout.header)[columns[2]][0] == "radius":
        named = z_m is not None or _names(layout.header)[columns[2]][1]
        if not named and np.nanmedian(held[:, 2]) < _KILOMETRES:
            held[:, 2] *= 1000.0  # as LOLA's tables have it
        held[:, 2] -= _RADIUS_M
    from pyproj import CRS

    return Cloud(name, held, CRS.from_user_input("IAU_2015:30100"), notes)


def _void(held: NDArray[np.float64], up: float, nodata: float | None) -> tuple[str, ...]:
    """Put NaN for a height that stands for none, and say how many there were."""
    if nodata is None:
        return ()
    void = np.isclose(held[:, 2], nodata, rtol=1e-6, atol=0.0)
    void |= np.isclose(held[:, 2] * up, nodata, rtol=1e-6, atol=0.0)
    held[void, 2] = np.nan
    count = int(np.count_nonzero(void))
    return (f"{count} of {len(held)} points have the height {nodata:g}: none.",) if count else ()


def numbers_of(
    lines: Iterable[str],
    delimiter: str | None,
    columns: list[int],
    rows: int | None,
    comma: bool = False,
) -> NDArray[np.float64]:
    """Return the numbers in some columns of lines of text: (N, columns).

    Raises
    ------
    ValueError
        As numpy says it; `bad_line` says it by line.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "loadtxt: input contained no data")
        warnings.filterwarnings("ignore", "Input line .* contained no data")
        return np.loadtxt(
            _lines(lines, comma),
            np.float64,
            comments=None,
            delimiter=delimiter,
            usecols=columns,
            max_rows=rows,
            ndmin=2,
            quotechar='"',
        ).reshape(-1, len(columns))


def bad_line(
    lines: Iterable[str],
    delimiter: str | None,
    columns: list[int],
    what: str,
    comma: bool = False,
    before: int = 0,
) -> str:
    """Return what is wrong with the first line that does not read as numbers."""
    for number, raw in enumerate(lines, start=before + 1):
        line = _plain(raw, comma)
        if not line or line.startswith(_COMMENTS):
            continue
        words = _split(line, delimiter)
        if len(words) <= max(columns):
            return (
                f"{what} {number} has {len(words)} values, and at least {max(columns) + 1} are "
                f"needed: {line[:50]!a}; mend that line, or the file is cut short"
            )
        for i in columns:
            if not _is_number(words[i]):
                return (
                    f"{what} {number} has {words[i][:40]!a} where a number should be; mend it, or "
                    "put nan where nothing was measured"
                )
    return "holds lines that do not read as numbers; write it again"


def _text_of(path: Path) -> TextIO:
    """Open a text whose lines end in any way; only its numbers matter, and they are ASCII."""
    return path.open("r", encoding="latin-1", newline=None)


def _lines(lines: Iterable[str], comma: bool) -> Iterator[str]:
    for raw in lines:
        line = _plain(raw, comma)
        if line and not line.startswith(_COMMENTS):
            yield line


def _plain(raw: str, comma: bool) -> str:
    line = raw.removeprefix(_MARK).strip()
    return line.replace(",", ".") if comma else line


def _split(line: str, delimiter: str | None) -> list[str]:
    return [word.strip().strip('"').strip() for word in line.split(delimiter)]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    # what Python takes and no table means
    return "_" not in word


def _layout(head: bytes, name: str) -> _Layout:
    """Read the first lines."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SurveyError(f"{name}: is UTF-16 text; save it as UTF-8")
    if b"\x00" in head:
        raise SurveyError(f"{name}: is no text, though its name says so; check what it is")
    text = head.decode("latin-1").removeprefix(_MARK)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(head) == _SNIFFED and len(lines) > 1:
        lines.pop()
    comment, header, expected, first = "", "", None, None
    for number, line in enumerate(lines):
        plain = line.strip()
        if not plain:
            continue
        mark = next((m for m in _COMMENTS if plain.startswith(m)), None)
        if mark is not None:
            # a comment that names columns is a header
            comment = plain.lstrip("#/% ") or comment
            continue
        words = _split(plain, _delimiter(plain))
        if all(_is_number(w.replace(",", ".")) for w in words if w):
            if len(words) == 1 and expected is None and words[0].isdigit() and first is None:
                expected = int(words[0][:19])  # a count of points, as PTS and others begin with
                continue
            first = number
            break
        if not header and all(word[:1].isdigit() or word[:1] in "+-." for word in words):
            raise SurveyError(
                f"{name}: line {number + 1} has {plain[:50]!a} where numbers should be: write them "
                "as 5256.1 or -5.2561e3, without separators of thousands"
            )
        if header:
            # two lines that are not numbers: the second is data gone wrong
            first = number
            break
        header = plain
    if first is None:
        raise SurveyError(f"{name}: holds 0 points; there is nothing to map")
    line = lines[first].strip()
    delimiter = _delimiter(line)
    comma = delimiter in (None, ";", "\t") and "," in line
    _refuse_commas([x.strip() for x in lines[first:] if x.strip()], delimiter, bool(header), name)
    starts = [_split(x, delimiter)[0] for x in map(str.strip, lines[first : first + 50]) if x]
    counted = len(starts) > 3 and all(
        word.isdigit() and int(word[:19]) == int(starts[0][:19]) + i
        for i, word in enumerate(starts)
    )
    names = _split(header, _delimiter(header)) if header else []
    if not names and comment:
        told = _split(comment, _delimiter(comment))
        roles = {role for role, _ in _names(tuple(told))}
        if {"x", "y"} <= roles or {"lon", "lat"} <= roles:
            names = told
    words = _split(line, delimiter)
    return _Layout(delimiter, comma, first, tuple(names), expected, words, counted)


def _delimiter(line: str) -> str | None:
    """Return what parts the values of a line; None is any blank."""
    if "," in line and not {";", "\t"} & set(line):
        words = line.split()
        # 0,5 1,25 -5256,1: blanks part the values, and commas are decimal signs
        if len(words) >= 3 and all(_DECIMAL.match(word) for word in words):
            return None
    return next((d for d in (";", "\t", ",") if d in line), None)


def _refuse_commas(lines: list[str], delimiter: str | None, header: bool, name: str) -> None:
    """Refuse commas that part values and seem to be decimal signs, too."""
    if delimiter != "," or header or any("." in line or "e" in line.lower() for line in lines):
        return
    counts = {len(_split(line, ",")) for line in lines}
    if counts == {6} and len(lines) > 1:
        raise SurveyError(
            f"{name}: has six whole numbers a line: if commas are decimal signs, part the values "
            "by semicolons; if they are x, y, z and three more, name the columns in a header"
        )


def _refuse_shifted(layout: _Layout, first: list[str], name: str) -> None:
    """Refuse lines with more values than the header has names."""
    named = len(layout.header)
    if len(first) > named and any(first[named:]):
        raise SurveyError(
            f"{name}: its header names {named} columns, and its first line has {len(first)} values "
            "(numbers of rows, separators of thousands or decimal commas?): name every column"
        )


def _names(header: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the role ("" if none) and the unit ("" if none) of each column."""
    found = []
    for title in header:
        plain = title.strip().strip('"').strip()
        match = _UNIT.match(plain) or _SUFFIX.match(plain.lower())
        name, unit = (match["name"], match["unit"]) if match else (plain, "")
        name = " ".join(name.lower().replace("_", " ").replace(".", " ").split())
        found.append((_ROLE.get(name, ""), unit.strip()))
    return found


def _columns(
    layout: _Layout, name: str
) -> tuple[list[int], NDArray[np.float64], bool, tuple[str, ...]]:
    """Return which columns to read, their factors, whether they are degrees, and notes."""
    if not layout.header:
        if layout.columns < 3:
            raise SurveyError(
                f"{name}: has {layout.columns} values a line, and points have x, y, z; give three"
            )
        if layout.columns > _MOST_COLUMNS:
            raise SurveyError(
                f"{name}: has {layout.columns} values a line and no header that names x, y, z: a "
                "map of heights goes into .npy or GeoTIFF; points need a header"
            )
        if layout.columns > 3 and layout.counted:
            raise SurveyError(
                f"{name}: its first column counts the lines: name the columns in a header, e.g. "
                "id x y z"
            )
        more = layout.columns - 3
        extra = f" {more} more column{'s were' if more > 1 else ' was'} not read." if more else ""
        note = (
            f"{name} names no columns: the first three were taken as east, north, up in metres."
            f"{extra}"
        )
        return [0, 1, 2], np.ones(3), False, (note,)
    named = _names(layout.header)
    _refuse_shifted(layout, layout.words, name)
    if layout.columns < len(named):
        raise SurveyError(
            f"{name}: its header names {len(named)} columns, and its first line has "
            f"{layout.columns} values; write it again"
        )
    roles = [role for role, _ in named]
    for wanted in (("lon", "lat", "radius"), ("lon", "lat", "z"), ("x", "y", "z")):
        if all(role in roles for role in wanted):
            columns = [roles.index(role) for role in wanted]
            degrees = wanted[0] == "lon"
            break
    else:
        held = ", ".join(layout.header)[:80]
        raise SurveyError(
            f"{name}: its header names {held!a}, and not x, y, z (or east, north, up, or "
            "longitude, latitude, height); rename the columns"
        )
    factors, assumed = [], []
    for axis, column in enumerate(columns):
        unit, title = named[column][1], layout.header[column]
        if degrees and axis < 2:
            if unit.lower() not in _DEGREES:
                raise SurveyError(f"{name}: column '{title}' is in no angle that is known; use deg")
            factors.append(_DEGREES[unit.lower()])
            continue
        if not unit and wanted[axis] != "radius":
            assumed.append(title)
        try:
            factors.append(metres_per(unit) if unit else 1.0)
        except ValueError as why:
            raise SurveyError(f"{name}: column '{title}': {why}") from None
    note = f"{name} names no unit of {', '.join(assumed)}: metres were taken." if assumed else ""
    return columns, np.array(factors), degrees, (note,) if note else ()
