"""The pictures of a landing, drawn here, or in another process while the rest is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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

#: Figures in the order of the page.
PAGE_ORDER = ("descent", "history", "hazards", "touchdown", "cameras", "navigation", "sensors")
#: What each of two processes draws: this one writes telemetry and replay before.
HERE = frozenset(("hazards",))
THERE = frozenset(PAGE_ORDER) - HERE

#: A process that has not answered by then hangs [s]: pictures take 2, and 80 beside forty others.
HANGS_S = 300.0


def get_ready() -> None:
    """Import what draws: a third of a second, which another process spends during the flight."""
    import farside.report.gallery
    import farside.report.pictures  # noqa: F401


def draw_pictures(
    landing: Landing, drawn: Drawn | None = None, names: Collection[str] | None = None
) -> dict[str, Picture]:
    """Return the rendered figures of a landing, in the order of the page.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    drawn : callable, optional
        Called after each figure.
    names : collection of str, optional
        Those that are wanted, of those that there are; all by default.
    """
    from farside.report.gallery import drawings
    from farside.report.pictures import render

    wanted = {
        name: draw for name, draw in drawings(landing).items() if names is None or name in names
    }
    pictures = {}
    for i, (name, draw) in enumerate(wanted.items(), start=1):
        pictures[name] = render(draw())
        if drawn is not None:
            drawn(i, len(wanted))
    return pictures


def begin_drawing(landing: Landing, call: Call | None) -> Callable[[Drawn], Mapping[str, Picture]]:
    """Begin to draw a landing's figures; return what waits for the pictures.

    Parameters
    ----------
    landing : Landing
        Any finished flight.
    call : callable or None
        Of another process, which draws all but those of `HERE`; these are drawn here while it
        does. Where it fails all are drawn here, and with None.

    Returns
    -------
    callable
        Called with what is told of the progress, it returns the pictures. They are the same bytes
        wherever they are drawn.
    """
    if call is None:
        return partial(draw_pictures, landing)
    answer = call(draw_pictures, _movable(landing), None, THERE)

    def wait(drawn: Drawn) -> Mapping[str, Picture]:
        pictures = draw_pictures(landing, None, HERE)
        try:
            pictures |= answer.result(HANGS_S)
        except Exception:  # whatever went wrong there goes well here, or is told here
            return draw_pictures(landing, drawn)
        drawn(len(pictures), len(pictures))
        return {name: pictures[name] for name in PAGE_ORDER if name in pictures}

    return wait


def _movable(landing: Landing) -> Landing:
    """Return a landing without the ground it flew over, of which figures show the scene alone."""
    return replace(landing, ground=None, look_about=partial(_known, landing.scene))


def _known(scene: Scene) -> Scene:
    """Return a scene that was looked up before."""
    return scene
