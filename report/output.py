"""A folder that is written whole or not at all.

Everything goes into a new folder beside the wanted one, which then takes its name. An earlier one
of the same kind steps aside for the length of two renames, and comes back if the second one fails.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farside.ext.common.errors import FarsideError
from farside.ext.common.version import version
from farside.mission.json_values import plain_values
from farside.mission.writing import cannot_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class ReportError(FarsideError):
    """Nothing can be written where it was asked to be; one line that says why."""


@dataclass(frozen=True)
class FolderKind:
    """What a folder of ours holds, so that an earlier one is known again."""

    noun: str
    facts: str
    """The file that tells: a JSON object with the key `farside`."""
    files: frozenset[str]
    """Every name that may be in it."""


def check_output(folder: str | Path, kind: FolderKind) -> Path:
    """Refuse a folder that cannot be written to, before anything is worked out.

    Parameters
    ----------
    folder : str or Path
        It may be missing, empty, or hold an earlier one of the same kind.
    kind : FolderKind
        What shall be written.

    Returns
    -------
    Path
        The same place, absolute, with its symbolic links followed.

    Raises
    ------
    ReportError
        Something else is there, or nothing can be written there.
    """
    try:
        place = Path(folder).resolve()
        if place.exists():
            _check_earlier(place, folder, kind)
        above = place.parent
        while not above.exists():
            above = above.parent
        # asked by doing: permissions, read-only file systems and quotas all answer
        os.rmdir(tempfile.mkdtemp(prefix=".farside-", dir=above))
        if place.exists():
            os.rmdir(tempfile.mkdtemp(prefix=".farside-", dir=place))
    except (OSError, RuntimeError) as why:
        raise _refusal(folder, why) from None
    return place


def write_folder(
    folder: str | Path, kind: FolderKind, fill: Callable[[Path], tuple[str, ...]]
) -> tuple[str, ...]:
    """Fill a new folder and give it its name.

    Parameters
    ----------
    folder : str or Path
        Where to; see `check_output`. An earlier one of the same kind is replaced.
    kind : FolderKind
        What is written.
    fill : callable
        Writes every file into the empty folder it is given, and names them.

    Raises
    ------
    ReportError
        The folder was refused, or could not be written; what was there before is untouched.
    """
    place = check_output(folder, kind)
    made = _missing_parents(place)
    # plain letters: GDAL takes no bytes that are not UTF-8
    fresh = place.parent / f".farside.{os.getpid()}.part"
    try:
        try:
            fresh.mkdir(parents=True)
            names = fill(fresh)
            _swap(fresh, place)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            for parent in made:
                parent.rmdir()
            raise
    except (OSError, UnicodeEncodeError) as why:
        raise _refusal(folder, why) from None
    return names


def _swap(fresh: Path, place: Path) -> None:
    """Move the fresh folder to its name; an earlier one there is removed."""
    if not place.exists():
        os.rename(fresh, place)
        return
    aside = fresh.with_suffix(".old")
    os.rename(place, aside)
    try:
        os.rename(fresh, place)
    except BaseException:
        os.rename(aside, place)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _check_earlier(place: Path, folder: str | Path, kind: FolderKind) -> None:
    """Refuse a place that holds anything but an earlier one of the same kind."""
    if not place.is_dir():
        raise ReportError(f"{folder}: a file is in the way; give another folder")
    if place == Path.cwd():
        raise ReportError(f"{folder}: the working folder itself; give a folder inside it")
    held = sorted(entry.name for entry in place.iterdir())
    if not held:
        return
    if not _is_facts(place / kind.facts):
        raise ReportError(f"{folder}: holds {held[0]} and no {kind.noun}; give another folder")
    strange = [name for name in held if name not in kind.files]
    if strange:
        raise ReportError(
            f"{folder}: holds {strange[0]}, which no {kind.noun} wrote; move it away, "
            "or give another folder"
        )


def _is_facts(path: Path) -> bool:
    """Return whether a file is what we write."""
    try:
        facts = json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return False
    return isinstance(facts, dict) and "farside" in facts


def _missing_parents(place: Path) -> list[Path]:
    """List the folders above a place that are not there yet, the deepest first."""
    return [parent for parent in place.parents if not parent.exists()]


def _refusal(folder: str | Path, why: Exception) -> ReportError:
    """Report in one line that a folder cannot be written."""
    return ReportError(cannot_write(folder, why))


def write_figure(
    folder: str | Path, kind: FolderKind, figure: Figure, facts: dict[str, Any]
) -> tuple[str, ...]:
    """Write a figure and its numbers into a folder of these two.

    Parameters
    ----------
    folder : str or Path
        Missing, empty, or an earlier one of these, which is replaced.
    kind : FolderKind
        Its facts and one picture.
    figure : matplotlib.figure.Figure
    facts : dict
        What the JSON file says beside the version.

    Returns
    -------
    tuple of str
        The names of the files.

    Raises
    ------
    ReportError
        One line; nothing is left half-written.
    """
    (picture,) = kind.files - {kind.facts}

    def fill(fresh: Path) -> tuple[str, ...]:
        figure.savefig(fresh / picture)
        text = json.dumps(plain_values({"farside": version(), **facts}), indent=1)
        (fresh / kind.facts).write_text(text + "\n", encoding="utf-8")
        return kind.facts, picture

    return write_folder(folder, kind, fill)
