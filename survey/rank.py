"""The best places of a map of any size, ranked and apart from each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.survey.geometry import Geometry
from farside.survey.layers import Layers
from farside.survey.mapping import Workspaces
from farside.survey.query import Query
from farside.survey.sources import Source
from farside.terrain.elevation import AROUND_M
from farside.terrain.sites import probability_score

_STRIP = 512  # rows ranked together


@dataclass(frozen=True)
class SurveySite:
    """A place where the lander can stand.

    `row` and `col` count in the file's order; `x` and `y` are in its CRS, or in the local frame;
    `heading_deg` is the best azimuth of the first leg, clockwise from north (the frame's, where
    there is no CRS); NaN is for what was not computed.

    Attributes
    ----------
    rank : int
        From 1, the best.
    row, col : int
        Cell, in the file's order.
    x, y : float
        Centre of the cell in the data's CRS, or east and north in the local frame [m, or the CRS's
        unit].
    longitude_deg, latitude_deg : float or None
        East and north, planetocentric [deg]; None without a CRS.
    elevation_m : float
        Height of the cell, as in the data [m].
    slope_deg : float
        Of the plane under the footprint [deg].
    roughness_m : float
        Greatest deviation from it [m].
    clearance_m : float
        Distance to the nearest cell that is not safe [m].
    probability : float
        That a landing there is safe [-].
    bound : float
        Lower bound of the same, proved [-].
    heading_deg : float
        Best azimuth of the first leg, clockwise from north (the frame's, where there is no CRS)
        [deg].
    stand_slope_deg : float
        Steepest plane that the pads rest on at that heading [deg].
    rise_m : float
        Highest ground above that plane under the footprint [m].
    score : float
        0 to 1, more is better [-].

    Examples
    --------
    >>> import numpy as np
    >>> from farside.survey import survey
    >>> site = survey(np.zeros((100, 120)), 0.1).sites[0]
    >>> site.rank, site.row, site.col, round(site.clearance_m, 1), site.longitude_deg
    (1, 49, 49, 2.4, None)
    """

    rank: int
    row: int
    col: int
    x: float
    y: float
    longitude_deg: float | None
    latitude_deg: float | None
    elevation_m: float
    slope_deg: float
    roughness_m: float
    clearance_m: float
    probability: float
    bound: float
    heading_deg: float
    stand_slope_deg: float
    rise_m: float
    score: float


def rank_sites(
    source: Source,
    query: Query,
    layers: Layers,
    workspaces: Workspaces,
    count: int,
    separation_m: float,
) -> list[SurveySite]:
    """Pick the cells that nothing speaks against with the highest score.

        score = probability * c / (c + footprint / 2)

    with c the clearance: the rule of `Assessment.sites` where no place costs more than another.
    Every pick takes its surroundings out of the running; only the strips of rows that it touches
    are computed again.

    Parameters
    ----------
    source, query, layers, workspaces
        Of finished maps.
    count : int
        How many at most.
    separation_m : float
        Least distance between two.
    """
    geometry = source.geometry
    separation_m = min(separation_m, AROUND_M)
    rows = geometry.shape[0]
    tops = list(range(0, rows, _STRIP))
    picked: list[tuple[int, int]] = []

    def best_of(top: int) -> tuple[float, int, int]:
        bottom = min(top + _STRIP, rows)
        score = _score(layers, query, top, bottom, geometry.shape[1])
        for row, col in picked:
            _suppress_near(score, top, row, col, separation_m, geometry)
        i, j = divmod(int(score.argmax()), geometry.shape[1])
        return float(score[i, j]), top + i, j

    best = [best_of(top) for top in tops]
    sites = []
    while len(picked) < count:
        # ties go to the first in the file
        score, row, col = max(best, key=lambda found: found[0])
        if score <= 0.0:
            break
        picked.append((row, col))
        sites.append(_site(source, query, layers, workspaces, len(picked), row, col, score))
        reach = math.ceil(separation_m / geometry.finest_m)
        for k, top in enumerate(tops):
            if top - reach < row < top + _STRIP + reach:
                best[k] = best_of(top)
    return sites


def _score(layers: Layers, query: Query, top: int, bottom: int, cols: int) -> NDArray[np.float32]:
    probability = layers.get("probability", top, bottom, 0, cols)
    clearance = layers.get("clearance_m", top, bottom, 0, cols)
    reason = layers.get("reason", top, bottom, 0, cols)
    score = probability_score(probability, clearance, 0.5 * query.lander.footprint_m)
    score[~((reason == 0) & np.isfinite(score))] = -1.0
    return score


def _suppress_near(
    score: NDArray[np.float32], top: int, row: int, col: int, apart_m: float, geometry: Geometry
) -> None:
    band = geometry.band_at(row, col)
    rows, cols = math.ceil(apart_m / band.down_m), math.ceil(apart_m / band.across_m)
    first, left = max(row - rows - top, 0), max(col - cols, 0)
    part = score[first : max(row + rows + 1 - top, 0), left : col + cols + 1]
    i = (np.arange(first, first + part.shape[0])[:, None] + top - row) * band.down_m
    j = (np.arange(left, left + part.shape[1]) - col) * band.across_m
    part[np.hypot(i, j) < apart_m] = -1.0
    if 0 <= row - top < len(score):
        score[row - top, col] = -1.0


def _site(
    source: Source,
    query: Query,
    layers: Layers,
    workspaces: Workspaces,
    rank: int,
    row: int,
    col: int,
    score: float,
) -> SurveySite:
    """Compute a chosen cell once more, with every heading, and return it as a site."""
    geometry = source.geometry
    band = geometry.band_at(row, col)
    reach = query.halo(band, None if geometry.turning else geometry.turn_deg)
    top, left = max(row - reach[0], 0), max(col - reach[1], 0)
    bottom = min(row + reach[0] + 1, geometry.shape[0])
    right = min(col + reach[1] + 1, geometry.shape[1])
    heights = source.read(top, bottom, left, right)
    found = workspaces.assess(heights, band, top, left, leg_cells="all")
    i = bottom - 1 - row if geometry.mirrored else row - top
    j = col - left
    place = geometry.longitude_latitude(row, col)
    x, y = geometry.place(row, col)
    # from the grid's columns towards its rows, to clockwise from north
    heading = float(geometry.turn_at(row, col)) + 90.0 - float(found.best_heading_deg[i, j])

    def layer(name: str) -> float:
        return float(layers.get(name, row, row + 1, col, col + 1)[0, 0])

    return SurveySite(
        rank,
        row,
        col,
        x,
        y,
        None if place is None else place[0],
        None if place is None else place[1],
        float(heights[row - top, j]),
        layer("slope_deg"),
        layer("roughness_m"),
        layer("clearance_m"),
        layer("probability"),
        layer("bound"),
        heading % 360.0,
        float(found.stand_slope_best_deg[i, j]),
        float(found.rise_best_m[i, j]),
        score,
    )
