"""What of a body stands above the horizon of cells, instant by instant."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.terrain.visible import CHORDS, watch

Array = NDArray[np.float64]
Image = NDArray[np.float32]

_LEAST_LEVEL = 0.02  # cosine of 88.9 deg; nothing but the zenith is above
_METRES = 1e-6  # of a unit of the kernel, which is a megametre


class Tallies(NamedTuple):
    """Counts over all instants, each (cells,), float32.

    Attributes
    ----------
    total
        Sum of the shares of the disc that were visible [instants].
    seen
        Instants at which any part was visible.
    longest_hidden, longest_seen
        Longest run of instants without, and with, any part.
    first, last
        First and last instant with any part; -1 where there is none.
    """

    total: Image
    seen: Image
    longest_hidden: Image
    longest_seen: Image
    first: Image
    last: Image


def chords() -> Image:
    """Return nodes x, 1 / (2 sqrt(1 - x^2)) and weights of the disc's area, (3, 15).

    Gauss and Chebyshev's rule of the second kind (Abramowitz & Stegun 25.4.40).
    """
    angle = np.pi * np.arange(1, CHORDS + 1) / (CHORDS + 1)
    sine = deterministic.sin(angle)
    weight = 2.0 / (CHORDS + 1) * sine * sine
    return np.stack([deterministic.cos(angle), 0.5 / sine, weight]).astype(np.float32)


def follow(
    horizon_deg: Image,
    axes: Array,
    places_m: Array,
    radius_deg: Array,
    lowest_deg: float = -90.0,
    keep: bool = False,
) -> tuple[Tallies, Image]:
    """Follow a body over the horizons of cells.

    Parameters
    ----------
    horizon_deg : ndarray (A, cells) float32
        Elevations [deg] at A equal steps of bearing, clockwise from the cells' up.
    axes : ndarray (10, cells)
        Unit vectors right, up the grid and to the zenith, and the distance from the Moon's
        centre [m]; Moon-fixed.
    places_m : ndarray (T, 3)
        Of the body from the Moon's centre, Moon-fixed [m].
    radius_deg : ndarray (T,)
        Of its disc [deg]; 0: its centre counts.
    lowest_deg : float
        What lies below this elevation is hidden.
    keep : bool
        Whether the share of every instant is returned.

    Returns
    -------
    tallies, shares
        Shares are (T, cells) float32, or (0, 0).
    """
    cells, count = horizon_deg.shape[1], len(places_m)
    scaled = np.array(axes, np.float64)
    scaled[9] *= _METRES
    tallies = np.zeros((6, cells), np.float32)
    shares = np.zeros((count, cells) if keep else (0, 0), np.float32)
    # a disc is wider in azimuth the higher it stands
    widest = float(np.max(radius_deg, initial=0.0)) * horizon_deg.shape[0] / 360.0
    if widest > 0.0:
        widest /= _least_level(scaled[6:9], places_m)
    watch(
        np.ascontiguousarray(horizon_deg, np.float32), scaled.astype(np.float32),
        np.column_stack([places_m * _METRES, radius_deg]).astype(np.float32),
        min(math.ceil(widest + 0.5), horizon_deg.shape[0] // 4), lowest_deg,
        chords(), tallies, shares,
    )  # fmt: skip
    return Tallies(*tallies), shares


def _least_level(zeniths: Array, places_m: Array) -> float:
    """Return a lower bound of the cosine of a body's elevation over cells, 0.02 at the least.

    By the angle from the mean zenith, less that of the cell farthest from it. From the ground a
    body stands lower than from the Moon's centre, so the bound holds there.
    """
    mean = zeniths.mean(axis=1)
    mean = mean / deterministic.length(mean)
    spread = float((mean[:, None] * zeniths).sum(axis=0).min(initial=1.0))
    up = (places_m * mean).sum(axis=1) / deterministic.lengths(places_m)
    # sin(z - s) of the zenith angles: sin z cos s - cos z sin s
    highest = min(1.0, max(-1.0, float(up.max(initial=-1.0))))
    if highest <= 0.0:
        return 1.0
    across, aside = math.sqrt(1.0 - highest * highest), math.sqrt(max(0.0, 1.0 - spread * spread))
    return min(1.0, max(_LEAST_LEVEL, across * spread - highest * aside))
