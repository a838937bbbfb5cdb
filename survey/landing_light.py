"""Light and links of a region over the dates, and when a landing in each cell can begin.

An opportunity is an instant at which the Sun stands between two elevations and rises, its disc is
visible over the terrain, and the link is there. Its worth is what follows: the mean share of the
Sun's disc over the hours of the stay, times the share of these hours with a link. Where the
mission's relay has no known phase (`[dispersions] relay_phase_deg` all round), no instant of a link
means anything: its share over all the dates counts instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.mission import Mission
from farside.mission.ephemeris import parse_utc
from farside.survey.errors import SurveyError
from farside.survey.horizon import sweep_block
from farside.survey.horizon_axes import cell_axes
from farside.survey.horizon_bodies import Body, Dates, lunation, sun
from farside.survey.horizon_setup import ground_of, look_of
from farside.survey.horizon_visible import visibility
from farside.survey.landing_ground import RegionGround
from farside.survey.landing_link import Link
from farside.survey.sources import ArraySource

Array = NDArray[np.float64]
Image = NDArray[np.float32]

AZIMUTHS = 72
_TILE_BYTES = 100e6  # of a tile's table and series
_SPANS = 180  # instants wanted over the dates
_STEP_H = (0.5, 6.0)
_TIE = np.float32(1e-3)  # of worth, for the whole sine of the Sun's elevation


@dataclass(frozen=True)
class Conditions:
    """What a landing asks of the sky.

    Attributes
    ----------
    dates : Dates
        In which it may be.
    sun_deg : (float, float)
        Elevations that the Sun stands between at landing.
    stay_h : float
        How long light and link are wanted after it.
    """

    dates: Dates
    sun_deg: tuple[float, float] = (5.0, 60.0)
    stay_h: float = 48.0

    @classmethod
    def of(
        cls, plan: Mission, dates: str | None, sun_deg: tuple[float, float], stay_h: float
    ) -> Conditions:
        """Check what is asked.

        Parameters
        ----------
        plan : Mission
            Whose lunation counts where no dates are given.
        dates : str or None
            `A..B`.
        sun_deg : (float, float)
        stay_h : float

        Raises
        ------
        SurveyError
            One line.
        """
        low, high = sun_deg
        if not -90.0 <= low < high <= 90.0:
            raise SurveyError(f"--sun {low:g} {high:g}: give two elevations, the lower one first")
        if not 0.0 <= stay_h <= 24.0 * 366.0:
            raise SurveyError(f"--stay {stay_h:g}: give hours after landing, 0 to 8784")
        whole = lunation(plan, 1.0) if dates is None else Dates.of(dates, 1.0)
        span_h = whole.hours
        step_h = min(max(span_h / _SPANS, _STEP_H[0]), _STEP_H[1])
        return cls(
            Dates(whole.start, 3600.0 * step_h, max(2, round(span_h / step_h))), sun_deg, stay_h
        )

    @property
    def steps_after(self) -> int:
        """Instants of the stay."""
        return max(1, round(self.stay_h * 3600.0 / self.dates.step_s))

    @property
    def extended(self) -> Dates:
        """The dates and the stay after their end."""
        return replace(self.dates, count=self.dates.count + self.steps_after + 1)


#: Unit and meaning of the layers made here.
LIGHT_LAYERS = {
    "sun_share": ("1", "mean share of the Sun's disc that is visible over the dates"),
    "sun_longest_gap_h": ("h", "longest time without any part of the Sun"),
    "link_share": ("1", "share of the dates with the relay, or the Earth, above mask and terrain"),
    "link_longest_gap_h": ("h", "longest time without it"),
    "opportunity_share": ("1", "share of the dates at which a landing can begin"),
    "landing_h": ("h", "best instant for a landing after the start of the dates"),
    "sun_elevation_deg": ("deg", "elevation of the Sun at that instant"),
    "constraints": ("1", "light times link over the stay after that instant; 0 where none is"),
}


def region_light(
    ground: RegionGround,
    asked: Conditions,
    link: Link,
    reach_m: float,
    progress: Callable[[str, float], Any],
) -> dict[str, Image]:
    """Return the layers of light and links.

    Parameters
    ----------
    ground : RegionGround
    asked : Conditions
    link : Link
    reach_m : float
        How far terrain counts [m].
    progress : callable
        Called as progress(stage, done).
    """
    grid = ground.grid
    look = look_of(AZIMUTHS, 2.0, reach_m)
    source = ArraySource(grid.region.title, grid.geometry, ground.heights_m, trusted=True)
    light = sun(asked.extended)
    out = {name: np.full(grid.shape, np.nan, np.float32) for name in LIGHT_LAYERS}
    tiles = list(_tiles(grid.inside, asked.extended.count))
    with ExitStack() as stack:
        whole = (0, 0), grid.shape
        mosaic, _ = ground_of(source, (), True, look, whole, stack)
        for n, (place, shape) in enumerate(tiles):
            found = sweep_block(source, mosaic, look, place, shape, (), lambda _s, _d: None)
            axes = cell_axes(grid.geometry, place, found.heights_m, look, None)
            table = found.elevation_deg.reshape(AZIMUTHS, -1)
            made = cell_light(table, axes, asked, light, link)
            window = slice(place[0], place[0] + shape[0]), slice(place[1], place[1] + shape[1])
            for name, values in made.items():
                out[name][window] = values.reshape(shape)
            progress("light", (n + 1) / len(tiles))
    for layer in out.values():
        layer[~grid.inside] = np.nan
    return out


def _tiles(
    inside: NDArray[np.bool_], instants: int
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield place and shape of strips of rows, cut to the region."""
    rows, cols = inside.shape
    most = max(1, int(_TILE_BYTES / (4.0 * (AZIMUTHS + 4 * instants) * cols)))
    for top in range(0, rows, most):
        part = np.flatnonzero(inside[top : top + most].any(axis=0))
        if part.size:
            high = min(most, rows - top)
            yield (top, int(part[0])), (high, int(part[-1] - part[0] + 1))


def cell_light(
    table_deg: Image, axes: Array, asked: Conditions, light: Body, link: Link
) -> dict[str, Image]:
    """Return the layers of cells.

    Parameters
    ----------
    table_deg : ndarray (A, N)
        Horizons.
    axes : ndarray (10, N)
        See `farside.survey.horizon_axes.cell_axes`.
    asked : Conditions
    light : Body
        The Sun over the extended dates.
    link : Link
    """
    shape = (1, table_deg.shape[1])
    inside = asked.dates
    lit = _series(table_deg, axes, shape, light)
    count, after = inside.count, asked.steps_after
    out = {}
    for name, body in (("sun", light), ("link", link.body)):
        if body is None:
            # no link is asked for: it is always there
            out["link_share"] = np.ones(shape, np.float32)
            out["link_longest_gap_h"] = np.zeros(shape, np.float32)
            continue
        of_dates = replace(
            body, dates=inside, places_m=body.places_m[:count], radius_deg=body.radius_deg[:count]
        )
        found = visibility(table_deg, axes, shape, of_dates)
        out[f"{name}_share"] = found.share
        hurry = np.float32(link.hurry if name == "link" else 1.0)
        out[f"{name}_longest_gap_h"] = found.longest_gap_h * hurry
    sine = _sines(axes, light)
    low, high = (np.float32(np.sin(np.radians(e))) for e in asked.sun_deg)
    able = (sine[:count] >= low) & (sine[:count] <= high) & (sine[1 : count + 1] > sine[:count])
    able &= lit[:count] > 0.5
    linked = np.broadcast_to(out["link_share"].reshape(-1), (count, shape[1]))
    if link.timed and link.body is not None:
        seen = _series(table_deg, axes, shape, link.body)
        able &= seen[:count] > 0.5
        linked = _mean_after(seen, count, after)
    worth = np.where(able, _mean_after(lit, count, after) * linked, np.float32(-1.0))
    # of equals the one with the Sun nearest to the middle of what is asked
    best = (worth - _TIE * np.abs(sine[:count] - 0.5 * (low + high))).argmax(axis=0)
    lane = np.arange(shape[1])
    value = worth[best, lane]
    none = value < 0.0
    step_h = inside.step_s / 3600.0
    out["opportunity_share"] = able.mean(axis=0, dtype=np.float32)
    out["landing_h"] = np.where(none, np.nan, best * step_h).astype(np.float32)
    elevation = np.degrees(np.arcsin(np.clip(sine[best, lane], -1.0, 1.0)))
    out["sun_elevation_deg"] = np.where(none, np.nan, elevation).astype(np.float32)
    out["constraints"] = np.maximum(value, 0.0).astype(np.float32)
    return out


def _series(table_deg: Image, axes: Array, shape: tuple[int, int], body: Body) -> Image:
    """Return the share of a body at every instant, (T, N); 0 where a cell has no height."""
    series = visibility(table_deg, axes, shape, body, keep=True).series
    assert series is not None
    return np.nan_to_num(series.reshape(body.dates.count, -1))


def _sines(axes: Array, body: Body) -> Image:
    """Return the sine of a body's elevation above the level of cells, (T, N)."""
    away = body.places_m / np.linalg.norm(body.places_m, axis=1, keepdims=True)
    return np.asarray(away.astype(np.float32) @ axes[6:9].astype(np.float32), np.float32)


def _mean_after(series: Image, count: int, after: int) -> Image:
    """Return means over `after` instants from each of the first `count`."""
    total = np.zeros((series.shape[0] + 1, series.shape[1]), np.float32)
    np.cumsum(series, axis=0, out=total[1:])
    return np.asarray((total[after : after + count] - total[:count]) / after, np.float32)


def start_of(plan: Mission) -> float:
    """Return the seconds from initiation to landing of a mission."""
    return (parse_utc(plan.epoch.landing_utc) - parse_utc(plan.epoch.pdi_utc)).total_seconds()
