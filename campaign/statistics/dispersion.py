"""Where they come to rest: ellipses about a point that was aimed at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher

from farside.campaign.statistics.flights import Floats
from farside.campaign.statistics.percentile import order_bounds
from farside.campaign.statistics.proportion import CONFIDENCE, Share, share_of

CONTENTS = (0.50, 0.95, 0.997)
#: Fewer touchdowns have no ellipse.
FEWEST = 4


@dataclass(frozen=True)
class Ellipse:
    """One ellipse, of which the semi-axes are given three times over.

    The normal one is where the next touchdown falls with the probability `content` if they are
    normal. The empirical one has the same shape, and encloses that share of the flights; the bound
    encloses it of all touchdowns to come with 95 % confidence, whatever their distribution, but
    for the two moments that the shape was taken from. Infinite where the flights are too few.
    """

    content: float
    major_m: float
    minor_m: float
    enclosed: Share  # by the normal ellipse
    empirical_major_m: float
    empirical_minor_m: float
    bound_major_m: float
    bound_minor_m: float


@dataclass(frozen=True)
class Dispersion:
    """Touchdowns about a point, east and north of it."""

    about: str
    east_m: float  # the mean
    north_m: float
    sigma_east_m: float
    sigma_north_m: float
    azimuth_deg: float  # of the major axis, east of north, 0 to 180
    ellipses: tuple[Ellipse, ...]


def disperse(about: str, east_m: Floats, north_m: Floats) -> Dispersion | None:
    """Lay ellipses about the mean of touchdowns.

    Parameters
    ----------
    about : str
        What the places are counted from.
    east_m, north_m : (N,) arrays
        Places; flights without one (NaN) are left out.

    Returns
    -------
    Dispersion or None
        None where fewer than four touchdowns are left, or they lie on a line.
    """
    held = np.isfinite(east_m) & np.isfinite(north_m)
    places = np.stack([east_m[held], north_m[held]])
    flights = places.shape[1]
    if flights < FEWEST:
        return None
    mean = places.mean(axis=1)
    off = places - mean[:, None]
    covariance = off @ off.T / (flights - 1)
    variances, axes = np.linalg.eigh(covariance)
    if not variances[0] > 1e-12 * variances[1]:
        return None
    squared = ((axes.T @ off) ** 2 / variances[:, None]).sum(axis=0)
    ordered = np.sqrt(np.sort(squared))
    minor, major = np.sqrt(variances)
    ellipses = []
    for content in CONTENTS:
        scale = prediction_scale(flights, content)
        rank = min(math.ceil(content * flights - 1e-9), flights)
        _, high = order_bounds(flights, content, 2.0 * CONFIDENCE - 1.0)
        least = float(ordered[rank - 1])
        bound = float(ordered[high - 1]) if high <= flights else math.inf
        ellipses.append(
            Ellipse(
                content,
                scale * major,
                scale * minor,
                share_of(int(np.count_nonzero(ordered <= scale)), flights),
                least * major,
                least * minor,
                bound * major,
                bound * minor,
            )
        )
    return Dispersion(
        about,
        float(mean[0]),
        float(mean[1]),
        float(math.sqrt(covariance[0, 0])),
        float(math.sqrt(covariance[1, 1])),
        float(np.degrees(np.arctan2(axes[0, 1], axes[1, 1])) % 180.0),
        tuple(ellipses),
    )


def prediction_scale(flights: int, content: float) -> float:
    """Return the radius of the ellipse of prediction, in standard deviations.

    Mean and covariance are estimates themselves; so the distance of the next touchdown follows
    Hotelling's distribution, 2 (n-1)(n+1) / (n (n-2)) F(2, n-2), which tends to chi-squared.
    """
    n = float(flights)
    ratio = float(fisher.ppf(content, 2.0, n - 2.0))
    return math.sqrt(2.0 * (n - 1.0) * (n + 1.0) / (n * (n - 2.0)) * ratio)
