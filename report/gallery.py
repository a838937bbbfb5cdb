"""The figures of a landing, by name."""

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

from collections.abc import Callable
from functools import partial

from matplotlib.figure import Figure

from farside.flight.landing import Landing
from farside.report.cameras import draw_cameras
from farside.report.descent import draw_descent
from farside.report.hazards import draw_hazards
from farside.report.history import draw_history
from farside.report.navigation import draw_navigation
from farside.report.sensors import draw_sensors
from farside.report.style import figure_style
from farside.report.touchdown import draw_touchdown
from farside.report.track import Track


def figures(landing: Landing) -> dict[str, Figure]:
    """Draw the figures of a landing.

    Parameters
    ----------
    landing : Landing
        Any finished flight, however it ended.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        `descent`, `history`, `hazards` (only where the lander made a map), `touchdown`, `cameras`
        (only where one took images), `navigation`, `sensors`. No figure is known to pyplot: show
        one in a notebook, or call its `savefig`.
    """
    return {name: draw() for name, draw in drawings(landing).items()}


def drawings(landing: Landing) -> dict[str, Callable[[], Figure]]:
    """Return what draws each figure of a landing, in the order of the page; see `figures`."""
    track, imaging = Track(landing), landing.imaging
    made: dict[str, Callable[[], Figure]] = {
        "descent": partial(draw_descent, track),
        "history": partial(draw_history, track),
    }
    if imaging is not None:
        made["hazards"] = partial(draw_hazards, track, imaging)
    made["touchdown"] = partial(draw_touchdown, track)
    if landing.looks:
        made["cameras"] = partial(draw_cameras, landing.looks)
    made["navigation"] = partial(draw_navigation, track)
    made["sensors"] = partial(draw_sensors, track)
    return {name: partial(_styled, draw) for name, draw in made.items()}


def _styled(draw: Callable[[], Figure]) -> Figure:
    """Draw in our style."""
    with figure_style():
        return draw()
