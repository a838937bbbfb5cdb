"""Finds, parses and reads mission files."""

import stat
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from farside.mission.reader import MissionError, Place, read_table
from farside.mission.schema import Mission

# Far more than a mission with its comments, and little enough for the parser: it keeps every prefix
# of a dotted key, so that one of 10^5 parts on a long line would take all memory.
LARGEST_BYTES = 128 * 1024
LONGEST_LINE = 1000


def mission_names() -> list[str]:
    """Name the missions that ship with the package, sorted."""
    return sorted(_shipped())


def load_mission(name_or_path: str | Path) -> Mission:
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
    """
    text, place = _text(name_or_path)
    return read_table(Mission, _parse(text, place), place)


def mission_text(name_or_path: str | Path) -> str:
    """Give the text of a mission's file, to be kept with what is flown of it.

    Parameters
    ----------
    name_or_path : str or Path
        As `load_mission` takes it.

    Returns
    -------
    str
        Not yet checked; `parse_mission` does that.

    Raises
    ------
    MissionError
        No such mission, or no file of UTF-8 text.
    """
    return _text(name_or_path)[0]


def parse_mission(text: str, name: str = "mission") -> Mission:
    """Read a mission from the text of its file, and check all of it.

    Parameters
    ----------
    text : str
        TOML, as in a mission file.
    name : str, optional
        What to call it in a refusal.

    Returns
    -------
    Mission

    Raises
    ------
    MissionError
        As `load_mission`.
    """
    if len(text) > LARGEST_BYTES:
        raise Place(name).fault(f"above {LARGEST_BYTES // 1024} KiB, so no mission file")
    return read_table(Mission, _parse(text, Place(name)), Place(name))


def _text(name_or_path: str | Path) -> tuple[str, Place]:
    """Find a mission and read its file; the place is what refusals call it."""
    shipped = _shipped()
    place = Place(str(name_or_path))
    if isinstance(name_or_path, str) and name_or_path in shipped:
        place = Place(shipped[name_or_path].name)
        content = shipped[name_or_path].read_bytes()
    else:
        content = _read_file(Path(name_or_path), place)
    try:
        return content.decode("utf-8"), place
    except UnicodeDecodeError:
        raise place.fault("not UTF-8 text, so no mission file") from None


def _shipped() -> dict[str, Traversable]:
    """Map the shipped missions' names to their files."""
    here = files("farside.mission").iterdir()
    return {f.name.removesuffix(".toml"): f for f in here if f.name.endswith(".toml")}


def _read_file(path: Path, place: Place) -> bytes:
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
        names = ", ".join(mission_names())
        raise place.fault(f"no such mission; choose {names}, or give a file's path") from None
    except OSError as why:
        raise place.fault(f"cannot be read: {why.strerror}") from None


def _parse(text: str, place: Place) -> dict[str, object]:
    """Parse TOML."""
    longest, number = max((len(line), i) for i, line in enumerate(text.split("\n"), start=1))
    if longest > LONGEST_LINE:
        raise place.fault(f"line {number} has {longest} characters; break it below {LONGEST_LINE}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise place.fault("nested too deeply for a mission file") from None
    except ValueError as why:
        raise place.fault(f"not TOML: {why}") from None
