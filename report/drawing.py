"""The pictures of a landing, drawn here, or in another process while the rest is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from farside.flight.landing import Landing, Scene

if TYPE_CHECKING:
    from farside.report.pictures import Picture

#: Has another process call a function of an importable module with arguments that can be pickled.
Call = Callable[..., "Future[Any]"]
#: Called with how many figures are drawn, and of how many.
Drawn = Callable[[int, int], None]

#: A process that has not answered by then hangs [s]: pictures take 2, and 80 beside forty others.
HANGS_S = 300.0


def get_ready() -> None:
    """Import what draws, in a process where nobody asks matplotlib for help: a fifth of a second.

    Another process spends it during the flight.
    """
    from farside.report.headless import without_docs

    with without_docs():
        import farside.report.gallery
        import farside.report.pictures  # noqa: F401


def draw_pictures(landing: Landing, drawn: Drawn | None = None) -> dict[str, Picture]:
    """Return the rendered figures of a landing, in the order of the page.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    drawn : callable, optional
        Called after each figure.
    """
    from farside.report.gallery import figures
    from farside.report.pictures import render

    made = figures(landing)
    pictures = {}
    for i, (name, figure) in enumerate(made.items(), start=1):
        pictures[name] = render(figure)
        if drawn is not None:
            drawn(i, len(made))
    return pictures


def begin_drawing(landing: Landing, call: Call | None) -> Callable[[Drawn], Mapping[str, Picture]]:
    """Begin to draw a landing's figures; return what waits for the pictures.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    call : callable or None
        Of another process. Where that fails the pictures are drawn here; None draws them here.

    Returns
    -------
    callable
        Called with what is told of the progress, it returns the pictures. They are the same bytes
        wherever they are drawn.
    """
    if call is None:
        return partial(draw_pictures, landing)
    answer = call(draw_pictures, _movable(landing))

    def wait(drawn: Drawn) -> Mapping[str, Picture]:
        try:
            pictures: Mapping[str, Picture] = answer.result(HANGS_S)
        except Exception:  # whatever went wrong there goes well here, or is told here
            return draw_pictures(landing, drawn)
        drawn(len(pictures), len(pictures))
        return pictures

    return wait


def _movable(landing: Landing) -> Landing:
    """Return a landing without the ground it flew over, of which figures show the scene alone."""
    return replace(landing, ground=None, look_about=partial(_known, landing.scene))


def _known(scene: Scene) -> Scene:
    """Return a scene that was looked up before."""
    return scene
