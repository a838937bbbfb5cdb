"""The sky over a landing as a folder: a figure and its numbers; whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from farside.ext.common.version import version
from farside.mission.json_values import plain_values
from farside.report.output import FolderKind, write_folder
from farside.report.sky_figure import sky_figure
from farside.survey.sky import Sky
from farside.survey.sky_descent import DescentSky

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

    def fill(fresh: Path) -> tuple[str, ...]:
        sky_figure(sky, descent).savefig(fresh / FIGURE)
        facts = {"farside": version(), **sky.to_dict()}
        facts["descent"] = None if descent is None else descent.to_dict()
        text = json.dumps(plain_values(facts), indent=1)
        (fresh / FACTS).write_text(text + "\n", encoding="utf-8")
        return FACTS, FIGURE

    return write_folder(folder, FOLDER, fill)
