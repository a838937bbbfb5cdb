"""What people look at: the figures of a landing, its page, and the folder that holds them."""

import os
from typing import TYPE_CHECKING

from farside.report.folder import check_folder, save
from farside.report.output import ReportError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from farside.flight.landing import Landing

# Whatever of this package comes first: settings of another environment do not stop matplotlib.
if {"MPLBACKEND", "MATPLOTLIBRC"} & os.environ.keys():
    import farside.report.headless  # noqa: F401

__all__ = ["ReportError", "check_folder", "figures", "save"]


def figures(landing: "Landing") -> "dict[str, Figure]":
    """Draw the figures of a landing; see `farside.report.gallery.figures`.

    Parameters
    ----------
    landing : Landing
        Any finished flight.

    Returns
    -------
    dict of str to matplotlib Figure
        By name, in the order of the page.

    Examples
    --------
    >>> import farside
    >>> from farside.report import figures
    >>> drawn = figures(farside.land("chang-e-6", seed=3, cameras=False))
    >>> sorted(drawn)[:3]
    ['descent', 'hazards', 'history']
    """
    # matplotlib takes a third of a second to import: it is imported where something is drawn
    from farside.report.gallery import figures as draw

    return draw(landing)
