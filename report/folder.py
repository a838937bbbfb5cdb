"""A landing on disk: facts, telemetry, report, replay and figures, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from farside.flight.landing import Landing
from farside.flight.telemetry import COLUMNS
from farside.report.drawing import PAGE_ORDER, Call, begin_drawing
from farside.report.output import FolderKind, check_output, write_folder

FACTS, TELEMETRY, PAGE = "landing.json", "telemetry.npz", "report.html"
REPLAY = "landing.html"
OURS = frozenset((FACTS, TELEMETRY, PAGE, REPLAY, *(f"{name}.png" for name in PAGE_ORDER)))
LANDING = FolderKind("landing", FACTS, OURS)

#: landing.json takes a few kilobytes.
LARGEST_FACTS_BYTES = 16 * 1024 * 1024

Progress = Callable[[str, float], None]


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

    Examples
    --------
    >>> from farside.report import check_folder
    >>> check_folder("landing").name  # nothing is made yet
    'landing'
    """
    return check_output(folder, LANDING)


def read_facts(folder: str | Path) -> dict[str, Any] | None:
    """Read what a folder's landing.json says; None where it holds no landing."""
    path = Path(folder) / FACTS
    try:
        if path.stat().st_size > LARGEST_FACTS_BYTES:
            return None
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) and "farside" in facts else None


def save(
    landing: Landing,
    folder: str | Path,
    *,
    command: str | None = None,
    progress: Progress | None = None,
    beside: Call | None = None,
) -> tuple[str, ...]:
    """Write a landing: facts, telemetry, report, replay and figures.

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
    beside : callable, optional
        Has another process call a function, as `concurrent.futures.Executor.submit` does: the
        figures are then drawn there while the rest is written, to the same bytes.

    Returns
    -------
    tuple of str
        Names of the files in the folder.

    Raises
    ------
    ReportError
        The folder was refused, or could not be written; what was there before is untouched.

    Examples
    --------
    >>> import farside
    >>> from farside.report import save
    >>> names = save(farside.land("chang-e-6", seed=3, cameras=False), "landing")
    >>> "report.html" in names, "landing.json" in names
    (True, True)
    """
    report = progress or (lambda _stage, _done: None)
    return write_folder(
        folder, LANDING, lambda fresh: _write(landing, fresh, command, report, beside)
    )


def _write(
    landing: Landing, folder: Path, command: str | None, progress: Progress, beside: Call | None
) -> tuple[str, ...]:
    """Write every file into an empty folder; name them."""
    progress("writing", 0.0)
    drawing = begin_drawing(landing, beside)
    # while another process draws
    from farside.report.page import render_page, reproduce
    from farside.report.replay import write_replay

    facts = landing.to_dict()
    _write_bytes(folder / FACTS, (_json(facts, indent=2) + "\n").encode())
    _write_telemetry(landing, folder / TELEMETRY, facts)
    write_replay(landing, folder / REPLAY, report=PAGE)
    pictures = drawing(lambda done, of: progress("writing", (done + 1) / (of + 2)))
    for name, picture in pictures.items():
        _write_bytes(folder / f"{name}.png", picture.png)
    page = render_page(landing, pictures, command or reproduce(landing), REPLAY)
    _write_bytes(folder / PAGE, page.encode("utf-8", "replace"))
    progress("writing", 1.0)
    return (FACTS, TELEMETRY, PAGE, REPLAY, *(f"{name}.png" for name in pictures))


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
