"""Finds, parses and reads mission files."""

import codecs
import os
import stat
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from farside.mission.like import MOST_LIKE, Level, left_out, like_of, merged
from farside.mission.lines import key_lines
from farside.mission.place import FieldPath, MissionError
from farside.mission.reader import read_table
from farside.mission.schema import Mission
from farside.mission.toml_text import parse_toml
from farside.mission.words import near, shown

# Far more than a mission with its comments, and little enough for the parser: it keeps every prefix
# of a dotted key, so that one of 10^5 parts on a long line would take all memory.
LARGEST_BYTES = 128 * 1024
#: What begins a text that is not UTF-8, the longest first: UTF-32 begins as UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


#: A shipped mission's name, or the path of a file: bytes where a name is no UTF-8.
Name = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def mission_names() -> list[str]:
    """Name the missions that ship with the package, sorted.

    Returns
    -------
    list of str
        As `load_mission` takes them.

    Examples
    --------
    >>> from farside.mission import mission_names
    >>> [name for name in mission_names() if name.startswith("chang-e")]
    ['chang-e-3', 'chang-e-4', 'chang-e-5', 'chang-e-6']
    """
    return sorted(name for name in _shipped() if "/" not in name)


def failure_names() -> list[str]:
    """Name the shipped missions of landings that failed, sorted: `failures/...`.

    Returns
    -------
    list of str
        As `load_mission` takes them.

    Examples
    --------
    >>> from farside.mission import failure_names, load_mission
    >>> failure_names()[0], len(failure_names())
    ('failures/apollo-11-1202', 12)
    >>> load_mission("failures/beresheet").failure is not None
    True
    """
    return sorted(name for name in _shipped() if "/" in name)


def load_mission(name_or_path: Name) -> Mission:
    """Read a mission and check all of it.

    Parameters
    ----------
    name_or_path : str or Path
        A shipped mission's name (see `mission_names`), or the path of a TOML file. A text that is
        both is the name; a Path is always a path.

    Returns
    -------
    Mission
        Frozen dataclasses that mirror the file.

    Raises
    ------
    MissionError
        No such mission, or a file that cannot be read, is not TOML, or breaks a rule of the
        schema: one line with the file, the key, what is wrong and what to do.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chang-e-6")
    >>> mission.site.latitude_deg, mission.site.longitude_deg
    (-41.6385, 206.0148)
    >>> load_mission("chang-e-66")
    Traceback (most recent call last):
        ...
    farside.mission.place.MissionError: chang-e-66: no such mission (did you mean chang-e-6?); ...
    """
    return _mission(*_text(name_or_path), _home(name_or_path))


def mission_text(name_or_path: Name) -> str:
    """Return the text of a mission's file, to be kept with what is flown of it.

    One that is like another is written out with all its keys.

    Parameters
    ----------
    name_or_path : str or Path
        As `load_mission` takes it.

    Returns
    -------
    str
        Not yet checked where it is the file's; `parse_mission` does that.

    Raises
    ------
    MissionError
        No such mission, or no file of UTF-8 text; one that is like another and breaks a rule.

    Examples
    --------
    >>> from farside.mission import mission_text, parse_mission
    >>> text = mission_text("chang-e-6")
    >>> 'name = "chang-e-6"' in text, parse_mission(text).site.elevation_m
    (True, -5256.0)
    """
    text, place = _text(name_or_path)
    if "like" not in text:
        return text
    try:
        alone = "like" not in tomllib.loads(text)
    except (ValueError, RecursionError):
        alone = True
    return text if alone else _mission(text, place, _home(name_or_path)).to_toml()


def parse_mission(text: str, name: str = "mission", folder: Path | None = None) -> Mission:
    """Read a mission from the text of its file, and check all of it.

    Parameters
    ----------
    text : str
        TOML, as in a mission file.
    name : str, optional
        What to call it in a refusal.
    folder : Path, optional
        What the path of a mission that it is like counts from; without, only a shipped one serves.

    Returns
    -------
    Mission

    Raises
    ------
    MissionError
        As `load_mission`.

    Examples
    --------
    >>> from farside.mission import parse_mission
    >>> mission = parse_mission('''
    ... name = "steeper"
    ... like = "chang-e-6"
    ... [hazards]
    ... slope_deg = 10.0
    ... ''')
    >>> mission.hazards.slope_deg, mission.vehicle.descent_mass_kg
    (10.0, 3730.0)
    """
    if len(text) > LARGEST_BYTES:
        raise FieldPath(name).fault(f"above {LARGEST_BYTES // 1024} KiB, so no mission file")
    return _mission(text.lstrip("\ufeff"), FieldPath(name), folder)


def shipped_name(name_or_path: Name) -> str | None:
    """Return the name of a shipped mission; None for a file's path.

    Parameters
    ----------
    name_or_path : str or Path
        As `load_mission` takes it.
    """
    held = isinstance(name_or_path, str) and name_or_path in _shipped()
    return str(name_or_path) if held else None


def mission_path(name_or_path: Name) -> Path | None:
    """Return the path of a mission's file; None for a shipped one that is no file of its own.

    Parameters
    ----------
    name_or_path : str or Path
        As `load_mission` takes it.

    Returns
    -------
    Path or None
        The file.

    Examples
    --------
    >>> from farside.mission import mission_path
    >>> mission_path("chang-e-6").name
    'chang-e-6.toml'
    """
    shipped = _shipped()
    if isinstance(name_or_path, str) and name_or_path in shipped:
        found = shipped[name_or_path]
        return found if isinstance(found, Path) else None
    return Path(os.fsdecode(name_or_path)).absolute()


def mission_lines(name_or_path: Name) -> FieldPath:
    """Return the place of a mission's file with the lines of the keys that stand in it.

    Parameters
    ----------
    name_or_path : str or Path
        As `load_mission` takes it; of a file that is TOML.

    Raises
    ------
    MissionError
        No such mission, or a file that is no TOML.
    """
    text, place = _text(name_or_path)
    return FieldPath(place.file, lines=key_lines(text, parse_toml(text, place)))


def mission_levels(name_or_path: Name) -> list[Level]:
    """Return what a mission's file holds itself, and what each mission holds that it is like.

    Parameters
    ----------
    name_or_path : str or Path
        As `load_mission` takes it.

    Returns
    -------
    list of Level
        Its own first, the one that is like no other last.

    Raises
    ------
    MissionError
        A file that does not read, in one line; values are not checked.

    Examples
    --------
    >>> from farside.mission.files import mission_levels
    >>> [level.file for level in mission_levels("apollo-12")]
    ['apollo-12.toml', 'apollo-11.toml']
    """
    text, place = _text(name_or_path)
    table = parse_toml(text, place)
    place = FieldPath(place.file, lines=key_lines(text, table))
    return _levels(table, place, _home(name_or_path), [place.file])


def _mission(text: str, place: FieldPath, home: Path | None = None) -> Mission:
    """Read a mission from its text; refusals name the lines."""
    table = parse_toml(text, place)
    place = FieldPath(place.file, lines=key_lines(text, table))
    return read_table(Mission, _levels(table, place, home, [place.file])[0].resolved, place)


def _levels(
    table: dict[str, object], place: FieldPath, home: Path | None, chain: list[str]
) -> list[Level]:
    """Return a file's level, its `resolved` with the keys of what it is like, and those below."""
    like = like_of(table, place)
    if like.like is None:
        return [Level(place.file, table, table)]
    here = place.within("like")
    name, way = _named(like.like, here, home)
    if name in chain:
        raise here.fault(f"{' like '.join([*chain, name])}: a circle; make one of them whole")
    if len(chain) > MOST_LIKE:
        raise here.fault(f"more than {MOST_LIKE} missions on end; make one of them whole")
    try:
        text, _ = _text(way)
    except MissionError as why:
        raise here.fault(str(why)) from None
    at = FieldPath(name)
    other = parse_toml(text, at)
    at = FieldPath(name, lines=key_lines(text, other))
    folder = way.parent if isinstance(way, Path) else None
    below = _levels(other, at, folder, [*chain, name])
    resolved = merged(left_out(below[0].resolved, like, place), table)
    return [Level(place.file, table, resolved), *below]


def _named(name: str, here: FieldPath, home: Path | None) -> tuple[str, str | Path]:
    """Return the mission that `like` names: what refusals call it, and how `_text` takes it."""
    if name in _shipped():
        return f"{name}.toml", name
    if home is None or "\0" in name:
        raise here.fault(f"{shown(name)}: {_no_such(Path(name))}")
    path = Path(os.path.normpath(home / name))
    return str(path), path


def _home(name_or_path: Name) -> Path | None:
    """Return the folder of a mission's file; None for a shipped one."""
    if isinstance(name_or_path, str) and name_or_path in _shipped():
        return None
    return Path(os.fsdecode(name_or_path)).parent


def _text(name_or_path: Name) -> tuple[str, FieldPath]:
    """Find a mission and read its file; the place is what refusals call it."""
    shipped = _shipped()
    if not isinstance(name_or_path, str | bytes | os.PathLike):
        what = type(name_or_path).__name__
        raise FieldPath("mission").fault(f"{what} given; give a name or the path of a mission file")
    place = FieldPath(os.fsdecode(name_or_path) or "''")
    if isinstance(name_or_path, str) and name_or_path in shipped:
        place = FieldPath(f"{name_or_path}.toml")
        content = shipped[name_or_path].read_bytes()
    else:
        content = _read_file(Path(os.fsdecode(name_or_path)), place)
    return _decoded(content, place), place


def _decoded(content: bytes, place: FieldPath) -> str:
    """Decode UTF-8, with or without a byte order mark."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            raise place.fault(f"{name} text; save it as UTF-8")
    try:
        return content.decode("utf-8").lstrip("\ufeff")
    except UnicodeDecodeError as why:
        if not any(content[:32:2]) or not any(content[1:32:2]):
            raise place.fault("perhaps UTF-16: save it as UTF-8 text") from None
        line = content.count(b"\n", 0, why.start) + 1
        said = f"line {line} is not UTF-8 text, so no mission file; save it as UTF-8"
        raise place.fault(said) from None


def _shipped() -> dict[str, Traversable]:
    """Map the shipped missions' names to their files."""
    here = files("farside.mission")
    held = {"": here, "failures/": here.joinpath("failures")}
    return {
        f"{folder}{f.name.removesuffix('.toml')}": f
        for folder, room in held.items()
        for f in room.iterdir()
        if f.name.endswith(".toml")
    }


def _read_file(path: Path, place: FieldPath) -> bytes:
    """Read a regular file of sensible size."""
    try:
        # looked at before it is opened: a pipe would wait, a device never end
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise place.fault("not a file; give the path of a mission file")
        if found.st_size > LARGEST_BYTES:
            raise place.fault(f"above {LARGEST_BYTES // 1024} KiB, so no mission file")
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES)
    except MissionError:
        raise
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise place.fault(_no_such(path)) from None
    except OSError as why:
        raise place.fault(f"cannot be read: {why.strerror}") from None


def _no_such(path: Path) -> str:
    """Describe what missions there are, and which was meant."""
    names = mission_names()
    meant = near(path.stem, names)
    if not meant:
        failed = {name.partition("/")[2]: name for name in failure_names()}
        meant = failed.get(near(path.stem, list(failed)), "")
    beside = path.with_name(f"{path.name[:200]}.toml")
    if len(path.name) < 200 and "\0" not in str(path) and beside.is_file():
        meant = str(beside)
    hint = f" (did you mean {meant}?)" if meant else ""
    if path.suffix == ".toml" or (len(path.parts) > 1 and path.parts[0] != "failures"):
        return f"there is no such file{hint}; check the path"
    return f"no such mission{hint}; choose {', '.join(names)}, or give a file's path"
