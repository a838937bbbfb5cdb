"""Axes whose ticks are drawn together: the same picture in a third of the time.

matplotlib makes a tick of three lines and two texts for each number at an axis, and draws one by
one; that took half of the time of a landing's figures. Here one tick of matplotlib's own stands at
all places in turn: its grid line and its mark are drawn once with all places, its label is moved.
Whoever asks an axis for its ticks or labels gets matplotlib's own, and these are then drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, XTick, YAxis, YTick
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

#: Of the view: a tick so little outside it is drawn, as matplotlib does.
CLOSE = 1e-10

# matplotlib leaves what these classes have from it untyped


class _AllPlaces:
    """A tick that may stand at several places of its axis at once."""

    _places: Sequence[tuple[float, str]] | None = None
    _along: int  # 0 where places are on x, 1 on y

    def stand_at(self, places: Sequence[tuple[float, str]]) -> None:
        """Stand at each of several places [data], with its label."""
        self._places = places

    def update_position(self: Any, loc: float) -> None:
        """Stand at one place alone, as matplotlib's own."""
        if self._places is not None:
            self._places = None
            self._lines_at(np.array([loc]), None)
        super().update_position(loc)  # type: ignore[misc]

    def draw(self: Any, renderer: Any) -> None:
        """Draw the tick at all its places."""
        if self._places is None:
            super().draw(renderer)  # type: ignore[misc]
            return
        if not self._places or not self.get_visible():
            return
        self._lines_at(np.array([loc for loc, _ in self._places]), np.nan)
        for line in (self.gridline, self.tick1line, self.tick2line):
            line.draw(renderer)
        for label in (self.label1, self.label2):
            if label.get_visible():
                for _ in self._labels(label):
                    label.draw(renderer)

    def label_boxes(self: Any, renderer: Any) -> tuple[list[Bbox], list[Bbox]]:
        """Return where the labels are [px], of either side."""
        first, second = (
            [label.get_window_extent(renderer) for _ in self._labels(label)]
            if label.get_visible()
            else []
            for label in (self.label1, self.label2)
        )
        return first, second

    def _labels(self: Any, label: Any) -> Iterator[None]:
        """Move a label from place to place."""
        move = label.set_y if self._along else label.set_x
        for loc, words in self._places:
            move(loc)
            label.set_text(words)
            yield

    def _lines_at(self: Any, at: NDArray[np.float64], gap: float | None) -> None:
        """Have grid line and marks at all places, with gaps between the strokes of the line."""
        stroke = [0.0, 1.0] if gap is None else [0.0, 1.0, gap]
        for line, places, across in (
            (self.gridline, np.repeat(at, len(stroke)), np.tile(stroke, len(at))),
            (self.tick1line, at, np.zeros(len(at))),
            (self.tick2line, at, np.ones(len(at))),
        ):
            line.set_data(*((across, places) if self._along else (places, across)))


class _Tick1(_AllPlaces, XTick):
    """A tick of an x axis."""

    _along = 0


class _Tick2(_AllPlaces, YTick):
    """A tick of a y axis."""

    _along = 1


class _Together:
    """An axis whose major ticks are drawn together, as long as nobody has taken one in hand."""

    majorTicks: Any
    minorTicks: Any
    # while the axis is drawn: its ticks and the boxes of their labels, which it asks for thrice
    _drawn: dict[str, Any] | None = None

    def draw(self: Any, renderer: Any) -> None:
        """Draw with a renderer of matplotlib."""
        self._drawn = {}
        try:
            super().draw(renderer)  # type: ignore[misc]
        finally:
            self._drawn = None

    def set_tick_params(self: Any, *which: Any, **changes: Any) -> None:
        """Change the look of the ticks; see `matplotlib.axis.Axis.set_tick_params`."""
        with self._none_made():
            super().set_tick_params(*which, **changes)  # type: ignore[misc]

    def set_clip_path(self: Any, *path: Any, **where: Any) -> None:
        """Clip what is drawn; see `matplotlib.artist.Artist.set_clip_path`."""
        with self._none_made():
            super().set_clip_path(*path, **where)  # type: ignore[misc]

    def get_majorticklabels(self: Any) -> list[Any]:
        """Return the labels, one for each tick."""
        self.get_major_ticks()
        labels: list[Any] = super().get_majorticklabels()  # type: ignore[misc]
        return labels

    def _get_tick(self: Any, major: bool) -> Any:
        """Make a tick that is clipped as the others."""
        tick = super()._get_tick(major)  # type: ignore[misc]
        tick.set_clip_path(self.axes.patch)
        return tick

    @contextmanager
    def _none_made(self: Any) -> Iterator[None]:
        """Make no tick for what is done to all that there are; the first one is made so."""
        held = [name for name in ("majorTicks", "minorTicks") if name not in vars(self)]
        for name in held:
            setattr(self, name, [])
        try:
            yield
        finally:
            for name in held:
                if not vars(self).get(name):
                    vars(self).pop(name, None)

    def _update_ticks(self: Any) -> list[Any]:
        """Return what is drawn of the ticks: one tick at all places."""
        known = {} if self._drawn is None else self._drawn
        if "ticks" not in known:
            known["ticks"] = self._ticks_now()
        ticks: list[Any] = known["ticks"]
        return ticks

    def _ticks_now(self: Any) -> list[Any]:
        """Return a tick at all places, and a minor one; matplotlib's where somebody has more."""
        # a spine asks for them
        vars(self).setdefault("minorTicks", [])
        if len(self.majorTicks) > 1 or len(self.minorTicks) > 1:
            made: list[Any] = super()._update_ticks()  # type: ignore[misc]
            return made
        locs = self.get_majorticklocs()
        ticks = [self._stood(self.majorTicks[0], locs, self.get_major_formatter())]
        if not isinstance(self.get_minor_locator(), NullLocator):
            # after the others: it leaves out places that these have
            locs = self.get_minorticklocs()
            if len(locs):
                tick = self.get_minor_ticks(1)[0]
                ticks.append(self._stood(tick, locs, self.get_minor_formatter()))
        return ticks

    def _stood(self: Any, tick: Any, locs: NDArray[np.float64], formatter: Any) -> Any:
        """Return a tick that stands at those of some places that are in view."""
        words = formatter.format_ticks(locs)
        tick.stand_at([(locs[i], words[i]) for i in self._in_view(locs)])
        return tick

    def _in_view(self: Any, locs: NDArray[np.float64]) -> list[int]:
        """Return which places are in view."""
        transform = self.get_transform()
        low, high = sorted(transform.transform(sorted(self.get_view_interval())))
        slack = CLOSE * (high - low)
        at = np.asarray(transform.transform(locs))
        return np.flatnonzero((at >= low - slack) & (at <= high + slack)).tolist()

    def _get_ticklabel_bboxes(self: Any, ticks: list[Any], *renderer: Any, **how: Any) -> Any:
        """Return the boxes of all labels [px], of either side."""
        if any(tick._places is None for tick in ticks):
            return super()._get_ticklabel_bboxes(ticks, *renderer, **how)  # type: ignore[misc]
        known = {} if self._drawn is None else self._drawn
        if "boxes" not in known:
            (shown,) = [*renderer, *how.values()] or [None]
            sides = [tick.label_boxes(shown) for tick in ticks]
            known["boxes"] = tuple(
                list(chain.from_iterable(side)) for side in zip(*sides, strict=True)
            )
        return known["boxes"]

    def _update_label_position(self: Any, *renderer: Any) -> None:
        """Move the label to where the numbers leave room; one without words has no place."""
        if self.label.get_text():
            super()._update_label_position(*renderer)  # type: ignore[misc]


class _X(_Together, XAxis):
    """The x axis."""

    _tick_class = _Tick1


class _Y(_Together, YAxis):
    """The y axis."""

    _tick_class = _Tick2


class TickedAxes(Axes):
    """matplotlib's axes, with ticks that are drawn together."""

    def _init_axis(self) -> None:
        """Make both axes, and tell the spines."""
        self.xaxis, self.yaxis = _X(self, clear=False), _Y(self, clear=False)
        for axis, sides in ((self.xaxis, ("bottom", "top")), (self.yaxis, ("left", "right"))):
            for side in sides:
                self.spines[side].register_axis(axis)
