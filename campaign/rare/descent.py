"""The likeliest failing point from a failing one on: towards a design point, round after round.

The likeliest failure of independent normals is the failing point nearest to the origin (Hasofer &
Lind 1974). Where the margin is the plane g = h + a . u that point is

    u* = -(h / |a|^2) a

(Rackwitz & Fiessler 1978). A flight is no smooth function: the same inputs moved by a hair meet
other ground and other noise, so no differences of two flights give a. The plane is fitted through
every flight so far on the side of the failing one, points on the way from there to u* and beside u*
are flown, with the noise and ground of the failing flight and with fresh ones, and so again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.campaign.rare.sensitivity import plane_of

#: u* is flown shorter and longer by these: the plane knows the way better than how far it is.
ALONG = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
#: The same of the point half-way from the failing one to u*.
HALF_WAY = (0.8, 0.9, 1.0, 1.1)
#: Shares of the way from the origin to the failing one.
RAY = (0.7, 0.8, 0.9, 0.95)
#: Rounds at most, and the gain in log-likelihood below which three rounds in a row end it.
MOST_ROUNDS, IDLE, GAIN = 8, 3, 0.05


@dataclass(frozen=True)
class Points:
    """Points that were flown, with their streams, margins and log-likelihoods."""

    u: NDArray[np.float64]  # (N, D)
    streams: NDArray[np.int64]  # (N, S)
    margins: NDArray[np.float64]
    log_likelihoods: NDArray[np.float64]

    def likeliest(self) -> int | None:
        """Return the place of the likeliest that fails; None where none does."""
        held = np.where(self.margins < 0.0, self.log_likelihoods, -np.inf)
        i = int(np.argmax(held))
        return i if held[i] > -np.inf else None

    def at(self, i: int) -> Points:
        """Return one of them."""
        part = slice(i, i + 1)
        return Points(
            self.u[part], self.streams[part], self.margins[part], self.log_likelihoods[part]
        )

    def joined(self, other: Points) -> Points:
        """Return these and others."""
        return Points(
            np.concatenate([self.u, other.u]),
            np.concatenate([self.streams, other.streams]),
            np.concatenate([self.margins, other.margins]),
            np.concatenate([self.log_likelihoods, other.log_likelihoods]),
        )


#: Flies points (N, D), each with the streams (S,) and then with fresh ones: 2 N flights.
Fly = Callable[[NDArray[np.float64], NDArray[np.int64]], Points]


def likeliest_failure(fly: Fly, flown: Points, start: int) -> tuple[Points, Points]:
    """Go from a failing point to likelier ones for as long as that pays.

    Parameters
    ----------
    fly : callable
        Gives the points as they were flown.
    flown : Points
        Every flight so far.
    start : int
        The place of the failing one.

    Returns
    -------
    best : Points
        One point: it fails, and none likelier was met.
    flown : Points
        Every flight by now.
    """
    best, idle = flown.at(start), 0
    for _ in range(MOST_ROUNDS):
        tried = fly(candidates(flown, best), best.streams[0])
        flown = flown.joined(tried)
        i = tried.likeliest()
        gain = 0.0
        if i is not None:
            gain = float(tried.log_likelihoods[i] - best.log_likelihoods[0])
        if i is not None and gain > 0.0:
            best = tried.at(i)
        idle = 0 if gain > GAIN else idle + 1
        if idle == IDLE:
            break
    return best, flown


def candidates(flown: Points, best: Points) -> NDArray[np.float64]:
    """Return the points of a round: on the way to u*, beside it, and on the ray to the origin."""
    u = best.u[0]
    side = (np.add.accumulate(flown.u * u, axis=1)[:, -1] > 0.0) & np.isfinite(flown.margins)
    height, a = plane_of(flown.u[side], flown.margins[side])
    ray = [s * u for s in RAY]
    square = float(np.add.accumulate(a * a)[-1])
    if not square > 0.0:
        return np.array(ray)
    there = -(height / square) * a
    half = 0.5 * (u + there)
    return np.array([s * there for s in ALONG] + [s * half for s in HALF_WAY] + ray)
