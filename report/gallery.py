"""The figures of a landing, by name."""

import farside.report.headless  # noqa: F401  before matplotlib

# isort: split

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
    track = Track(landing)
    with figure_style():
        drawn = {"descent": draw_descent(track), "history": draw_history(track)}
        if landing.imaging is not None:
            drawn["hazards"] = draw_hazards(track, landing.imaging)
        drawn["touchdown"] = draw_touchdown(track)
        if landing.looks:
            drawn["cameras"] = draw_cameras(landing.looks)
        drawn["navigation"] = draw_navigation(track)
        drawn["sensors"] = draw_sensors(track)
    return drawn
