"""How long a body is visible from cells, and how long it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.survey.horizon_bodies import Body, Dates
from farside.terrain.visible import follow

Array = NDArray[np.float64]
Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Visibility:
    """A body over the horizons of cells; every map is (rows, cols) float32, NaN where unknown.

    Attributes
    ----------
    name : str
        Of the body.
    dates : Dates
        The instants; each stands for the step after it.
    share : ndarray
        Mean share of the disc that is visible; of a body without a disc, the share of the time.
    hours : ndarray
        The same in hours of the whole disc [h].
    seen_share : ndarray
        Share of the time in which any part is visible.
    longest_gap_h : ndarray
        Longest time without any part [h]: the longest night, the longest gap of a link.
    longest_seen_h : ndarray
        Longest time with some part [h].
    first_h, last_h : ndarray
        First and last instant with any part, after the start [h]; NaN where there is none.
    series : ndarray (T, rows, cols) or None
        Share of the disc at every instant, where it was kept.
    """

    name: str
    dates: Dates
    share: Image
    hours: Image
    seen_share: Image
    longest_gap_h: Image
    longest_seen_h: Image
    first_h: Image
    last_h: Image
    series: Image | None = None


def visibility(
    table_deg: Image, axes: Array, shape: tuple[int, int], body: Body, keep: bool = False
) -> Visibility:
    """Follow a body over horizons.

    Parameters
    ----------
    table_deg : ndarray (A, N) float32
        Horizons of N cells by bearing; NaN where a cell has no height.
    axes : ndarray (10, N)
        See `farside.survey.horizon_axes.cell_axes`.
    shape : (rows, cols)
        That the N cells have.
    body : Body
    keep : bool
        Whether the share of every instant is kept.
    """
    tallies, series = follow(table_deg, axes, body.places_m, body.radius_deg, body.lowest_deg, keep)
    unknown = np.isnan(table_deg[0])
    step_h, count = body.dates.step_s / 3600.0, body.dates.count

    def mapped(values: NDArray[np.float32], factor: float) -> Image:
        out = (values * np.float32(factor)).astype(np.float32)
        out[unknown] = np.nan
        return out.reshape(shape)

    def moment(index: NDArray[np.float32]) -> Image:
        return mapped(np.where(index < 0.0, np.float32(np.nan), index), step_h)

    if keep:
        series[:, unknown] = np.nan
    return Visibility(
        body.name,
        body.dates,
        mapped(tallies.total, 1.0 / count),
        mapped(tallies.total, step_h),
        mapped(tallies.seen, 1.0 / count),
        mapped(tallies.longest_hidden, step_h),
        mapped(tallies.longest_seen, step_h),
        moment(tallies.first),
        moment(tallies.last),
        series.reshape(count, *shape) if keep else None,
    )
