"""A replay of one flight in three dimensions: one page that needs nothing but itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from farside.mission.writing import write_whole

if TYPE_CHECKING:
    from farside.flight.landing import Landing

__all__ = ["write_replay"]


def write_replay(landing: Landing, path: str | Path, *, report: str | None = None) -> Path:
    """Write the replay of a flight as one HTML file.

    Parameters
    ----------
    landing : Landing
        Any finished flight, however it ended.
    path : str or Path
        The file; one that is there is replaced.
    report : str, optional
        Address of the flight's static report, for a link.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        It cannot be written.
    """
    # drawing libraries take a third of a second: they are imported where something is drawn
    from farside.report.replay.replay_page import render_replay

    place = Path(path)
    write_whole(place, render_replay(landing, report=report))
    return place
