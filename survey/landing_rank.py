"""The best sites of a region, apart from each other, with what a mission planner asks of each."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from farside.mission import Mission
from farside.survey.errors import SurveyError
from farside.survey.horizon import sweep_block
from farside.survey.horizon_axes import cell_axes
from farside.survey.horizon_bodies import Body, Dates, sun
from farside.survey.horizon_setup import ground_of, look_of
from farside.survey.horizon_visible import visibility
from farside.survey.landing_approach import Approach, approaches
from farside.survey.landing_ellipse import LandingEllipse
from farside.survey.landing_ground import RegionGround
from farside.survey.landing_light import Conditions, start_of
from farside.survey.landing_link import link_of
from farside.survey.sources import ArraySource

Array = NDArray[np.float64]
Image = NDArray[np.float32]

SITES = 10
_AZIMUTHS = 180
_FINE_H = 0.25
_MOST_FINE = 6000
_LEAST_SCORE = 1e-3
_WINDOWS = 6


@dataclass(frozen=True)
class Window:
    """A span in which a landing can begin.

    Attributes
    ----------
    first, last : datetime
        UTC.
    sun_deg : (float, float)
        Elevations of the Sun at both.
    """

    first: datetime
    last: datetime
    sun_deg: tuple[float, float]


@dataclass(frozen=True)
class LandingSite:
    """A place for a lander.

    Attributes
    ----------
    rank : int
        From 1.
    row, col : int
        In the region's plane.
    latitude_deg, longitude_deg, elevation_m : float
        Planetocentric, mean Earth; above the sphere of 1737.4 km.
    score : float
        Probability times constraints.
    probability : float
        To land safely from anywhere in the ellipse, with imaging.
    blind_probability : float
        The same without imaging.
    known_share : float
        Share of the ellipse with heights.
    layers : dict
        Every layer at the cell.
    approaches : tuple of Approach
        The one over the lowest ground first.
    landing_utc : datetime
        Best instant of the dates.
    sun_elevation_deg, sun_azimuth_deg : float
        Of the Sun then.
    braking_link_share : float
        Share of the minutes from initiation to that landing with the link; NaN where the relay's
        phase is not known, or no link is asked for.
    windows : tuple of Window
        When a landing can begin, by time.
    """

    rank: int
    row: int
    col: int
    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    score: float
    probability: float
    blind_probability: float
    known_share: float
    layers: dict[str, float] = field(repr=False)
    approaches: tuple[Approach, ...]
    landing_utc: datetime
    sun_elevation_deg: float
    sun_azimuth_deg: float
    braking_link_share: float
    windows: tuple[Window, ...]


def apart_m(ellipse: LandingEllipse, cell_m: float, radius_m: float) -> float:
    """Return how far sites are from each other at least [m].

    Two ellipses, each 3 sigma, do not meet; two cells lie between; and a twentieth of the region's
    width, so that sites spread over it.
    """
    return max(2.0 * ellipse.reach_m, 3.0 * cell_m, 0.1 * radius_m)


def best_cells(
    score: Array, ground: RegionGround, count: int, apart: float
) -> list[tuple[int, int]]:
    """Return cells by falling score, each `apart` metres from every better one."""
    left = np.where(np.isfinite(score), score, -1.0)
    size = ground.grid.ground_m
    rows, cols = np.arange(left.shape[0])[:, None], np.arange(left.shape[1])
    out: list[tuple[int, int]] = []
    while len(out) < count:
        row, col = divmod(int(left.argmax()), left.shape[1])
        if not left[row, col] > _LEAST_SCORE:
            break
        out.append((row, col))
        near = (rows - row) ** 2 + (cols - col) ** 2 < (apart / size[row, col]) ** 2
        left[near] = -1.0
    return out


def sites_of(
    plan: Mission,
    ground: RegionGround,
    layers: dict[str, Image],
    cells: list[tuple[int, int]],
    ellipse: LandingEllipse,
    asked: Conditions,
    kind: str,
) -> tuple[LandingSite, ...]:
    """Look closer at the best cells.

    Parameters
    ----------
    plan : Mission
    ground : RegionGround
    layers : dict of ndarray
        Of the region.
    cells : list of (row, col)
        Best first.
    ellipse : LandingEllipse
    asked : Conditions
    kind : str
        Of the link.

    Returns
    -------
    tuple of LandingSite
        In the order of their scores, which the ellipse itself may have changed a little.
    """
    found = [_site(plan, ground, layers, cell, ellipse, asked, kind) for cell in cells]
    found.sort(key=lambda site: -site.score)
    return tuple(replace(site, rank=n) for n, site in enumerate(found, start=1))


def _site(
    plan: Mission, ground: RegionGround, layers: dict[str, Image], cell: tuple[int, int],
    ellipse: LandingEllipse, asked: Conditions, kind: str,
) -> LandingSite:  # fmt: skip
    """Return one cell as a site, its rank left open."""
    row, col = cell
    grid = ground.grid
    latitude, longitude = float(grid.latitude_deg[cell]), float(grid.longitude_deg[cell])
    elevation = float(ground.heights_m[cell])
    lands, known = ellipse.mean_at(layers["scan_probability"].astype(float), grid, row, col)
    blind, _ = ellipse.mean_at(layers["footprint_probability"].astype(float), grid, row, col)
    constraints = float(layers["constraints"][cell])
    best = asked.dates.start + timedelta(hours=float(layers["landing_h"][cell]))
    sky = _Sky(plan, ground, cell, asked, kind)
    return LandingSite(
        rank=0, row=row, col=col, latitude_deg=latitude, longitude_deg=longitude,
        elevation_m=elevation, score=lands * constraints, probability=lands,
        blind_probability=blind, known_share=known,
        layers={name: float(layer[cell]) for name, layer in layers.items()},
        approaches=approaches(plan, latitude, longitude, elevation), landing_utc=best,
        sun_elevation_deg=float(layers["sun_elevation_deg"][cell]),
        sun_azimuth_deg=sky.sun_azimuth(best), braking_link_share=sky.braking_link(best),
        windows=sky.windows(),
    )  # fmt: skip


class _Sky:
    """Sun and link over one cell's own horizon, at short steps."""

    def __init__(
        self, plan: Mission, ground: RegionGround, cell: tuple[int, int], asked: Conditions,
        kind: str,
    ) -> None:  # fmt: skip
        grid = ground.grid
        self.plan, self.asked, self.kind = plan, asked, kind
        look = look_of(_AZIMUTHS, 2.0, 200e3)
        source = ArraySource(grid.region.title, grid.geometry, ground.heights_m, trusted=True)
        with ExitStack() as stack:
            mosaic, _ = ground_of(source, (), True, look, (cell, (1, 1)), stack)
            found = sweep_block(source, mosaic, look, cell, (1, 1), (), lambda _s, _d: None)
        self.table = found.elevation_deg.reshape(_AZIMUTHS, 1)
        self.axes = cell_axes(grid.geometry, cell, found.heights_m, look, None)
        self.turn = float(found.turn_deg[0, 0])

    def _seen(self, body: Body) -> Image:
        series = visibility(self.table, self.axes, (1, 1), body, keep=True).series
        assert series is not None
        return series[:, 0, 0]

    def _direction(self, places: Array) -> tuple[Array, Array]:
        """Return azimuths and elevations [deg] of places (T, 3)."""
        right, up, zenith = (self.axes[k : k + 3, 0] for k in (0, 3, 6))
        x, y, z = places @ right, places @ up, places @ zenith - self.axes[9, 0]
        return (
            (np.degrees(np.arctan2(x, y)) + self.turn) % 360.0,
            np.degrees(np.arctan2(z, np.hypot(x, y))),
        )

    def sun_azimuth(self, when: datetime) -> float:
        """Return the Sun's azimuth [deg] at an instant."""
        body = sun(Dates(when, 60.0, 1))
        return float(self._direction(body.places_m)[0][0])

    def braking_link(self, landing: datetime) -> float:
        """Return the share of the minutes from initiation to a landing with the link."""
        seconds = start_of(self.plan)
        count = max(1, math.ceil(seconds / 60.0))
        dates = Dates(landing - timedelta(seconds=seconds), 60.0, count + 1)
        link = link_of(self.plan, self.kind, dates)
        if link.body is None or not link.timed:
            return math.nan
        return float(self._seen(link.body).mean())

    def windows(self) -> tuple[Window, ...]:
        """Return spans in which a landing can begin, the longest few by time."""
        span = self.asked.dates
        step_s = max(3600.0 * _FINE_H, span.count * span.step_s / _MOST_FINE)
        dates = Dates(span.start, step_s, max(2, round(span.count * span.step_s / step_s)))
        body = sun(replace(dates, count=dates.count + 1))
        height = self._direction(body.places_m)[1]
        low, high = self.asked.sun_deg
        able = (height[:-1] >= low) & (height[:-1] <= high) & (np.diff(height) > 0.0)
        able &= self._seen(body)[:-1] > 0.5
        link = link_of(self.plan, self.kind, dates)
        if link.body is not None and link.timed:
            able &= self._seen(link.body) > 0.5
        edges = np.flatnonzero(np.diff(np.concatenate([[0], able.astype(np.int8), [0]])))
        spans = sorted(zip(edges[::2], edges[1::2] - 1, strict=True), key=lambda s: s[0] - s[1])
        return tuple(
            Window(dates.at(float(a)), dates.at(float(b)), (float(height[a]), float(height[b])))
            for a, b in sorted(spans[:_WINDOWS])
        )


def check_count(count: int) -> int:
    """Return how many sites are ranked.

    Raises
    ------
    SurveyError
        No number of sites.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 0 <= count <= 1000:
        raise SurveyError(f"--sites {count}: give a whole number of sites, 0 to 1000")
    return int(count)
