"""A landing on disk: a folder that is written whole or not at all.

Everything goes into a new folder beside the wanted one, which then takes its name. An earlier
landing steps aside for the length of two renames, and comes back if the second one fails.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from farside.flight.landing import Landing
from farside.flight.telemetry import COLUMNS

FACTS, TELEMETRY, PAGE = "landing.json", "telemetry.npz", "report.html"
FIGURES = ("descent", "history", "hazards", "touchdown", "navigation")
OURS = frozenset((FACTS, TELEMETRY, PAGE, *(f"{name}.png" for name in FIGURES)))

Progress = Callable[[str, float], None]


class ReportError(ValueError):
    """A landing cannot be written where it was asked to be; one line that says why."""


def check_folder(folder: str | Path) -> Path:
    """Refuse a folder that a landing cannot be written to, before anything is flown.

    Parameters
    ----------
    folder : str or Path
        Where the landing shall go. It may be missing, empty, or hold an earlier landing.

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
            _check_earlier(place, folder)
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


def save(
    landing: Landing,
    folder: str | Path,
    *,
    command: str | None = None,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write a landing: facts, telemetry, report and figures.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    folder : str or Path
        Where to; see `check_folder`. An earlier landing in it is replaced.
    command : str, optional
        What flies it again, for the report; made up from mission and seed if not given.
    progress : callable, optional
        Called as progress("writing", done) with done from 0 to 1.

    Returns
    -------
    tuple of str
        Names of the files in the folder.

    Raises
    ------
    ReportError
        The folder was refused, or could not be written; what was there before is untouched.
    """
    place = check_folder(folder)
    report = progress or (lambda _stage, _done: None)
    made = _missing_parents(place)
    fresh = place.parent / f".{place.name[:200]}.{os.getpid()}.part"
    try:
        try:
            fresh.mkdir(parents=True)
            names = _write(landing, fresh, command, report)
            _swap(fresh, place)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            for parent in made:
                parent.rmdir()
            raise
    except OSError as why:
        raise _refusal(folder, why) from None
    return names


def _write(
    landing: Landing, folder: Path, command: str | None, progress: Progress
) -> tuple[str, ...]:
    """Write every file into an empty folder; name them."""
    # drawing takes a third of a second to import: only those who draw wait for it
    from farside.report.gallery import figures
    from farside.report.page import render_page, reproduce
    from farside.report.pictures import render

    progress("writing", 0.0)
    facts = landing.to_dict()
    _write_bytes(folder / FACTS, (_json(facts, indent=2) + "\n").encode())
    _write_telemetry(landing, folder / TELEMETRY, facts)
    drawn = figures(landing)
    pictures = {}
    for i, (name, figure) in enumerate(drawn.items(), start=1):
        pictures[name] = render(figure)
        _write_bytes(folder / f"{name}.png", pictures[name].png)
        progress("writing", i / (len(drawn) + 1))
    page = render_page(landing, pictures, command or reproduce(landing))
    _write_bytes(folder / PAGE, page.encode("utf-8", "replace"))
    progress("writing", 1.0)
    return (FACTS, TELEMETRY, PAGE, *(f"{name}.png" for name in drawn))


def _write_telemetry(landing: Landing, path: Path, facts: Mapping[str, Any]) -> None:
    """Write the records, with a JSON text that says what they are; no pickles."""
    about = {
        key: facts[key] for key in ("farside", "mission", "seed", "nominal", "telemetry_sha256")
    }
    about["tick_s"] = 0.01
    about["columns"] = {name: meaning for name, _, _, meaning in COLUMNS}
    # not compressed: half the size would cost forty times the time
    with path.open("wb") as file:
        np.savez(
            file, telemetry=landing.telemetry, metadata=np.array(_json(about)), allow_pickle=False
        )


def _json(facts: Mapping[str, Any], indent: int | None = None) -> str:
    """Write facts as JSON that has no NaN; numpy's numbers become plain ones."""
    return json.dumps(facts, indent=indent, allow_nan=False, default=lambda value: value.item())


def _write_bytes(path: Path, content: bytes) -> None:
    """Write a new file."""
    with path.open("xb") as file:
        file.write(content)


def _swap(fresh: Path, place: Path) -> None:
    """Give the fresh folder its name; an earlier landing there goes."""
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


def _check_earlier(place: Path, folder: str | Path) -> None:
    """Refuse a place that holds anything but an earlier landing."""
    if not place.is_dir():
        raise ReportError(f"{folder}: a file is in the way; give another folder")
    if place == Path.cwd():
        raise ReportError(f"{folder}: the working folder itself; give a folder inside it")
    held = sorted(entry.name for entry in place.iterdir())
    if not held:
        return
    if not _is_landing(place / FACTS):
        raise ReportError(f"{folder}: holds {held[0]} and no landing; give another folder")
    strange = [name for name in held if name not in OURS]
    if strange:
        raise ReportError(
            f"{folder}: holds {strange[0]}, which no landing wrote; move it away, "
            "or give another folder"
        )


def _is_landing(path: Path) -> bool:
    """Tell whether a file is the facts of a landing."""
    try:
        facts = json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return False
    return isinstance(facts, dict) and "farside" in facts


def _missing_parents(place: Path) -> list[Path]:
    """List the folders above a place that are not there yet, the deepest first."""
    return [parent for parent in place.parents if not parent.exists()]


def _refusal(folder: str | Path, why: Exception) -> ReportError:
    """Say in one line that a folder cannot be written."""
    reason = why.strerror if isinstance(why, OSError) and why.strerror else str(why)
    return ReportError(f"{folder}: cannot be written: {reason}; give another folder")
