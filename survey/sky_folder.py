"""The sky over a landing as a folder: a figure and its numbers; whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from farside.report.output import FolderKind, write_figure
from farside.survey.sky import Sky
from farside.survey.sky_descent import DescentSky
from farside.survey.sky_figure import sky_figure

FIGURE, FACTS = "sky.png", "sky.json"
FOLDER: Final = FolderKind("sky", FACTS, frozenset((FIGURE, FACTS)))


def save_sky(sky: Sky, folder: str | Path, descent: DescentSky | None = None) -> tuple[str, ...]:
    """Write the figure and the numbers of a sky.

    Parameters
    ----------
    sky : Sky
    folder : str or Path
        Missing, empty, or an earlier one of these, which is replaced.
    descent : DescentSky, optional

    Returns
    -------
    tuple of str
        The names of the files.

    Raises
    ------
    ReportError
        One line; nothing is left half-written.
    """
    facts = sky.to_dict() | {"descent": None if descent is None else descent.to_dict()}
    return write_figure(folder, FOLDER, sky_figure(sky, descent), facts)
