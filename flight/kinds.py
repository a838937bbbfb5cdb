"""Two kinds of landmarks in one flight: where each has the lander, and whether they agree.

    p_a, p_b    places of the lander on the map by an image of each kind, at t_a before t_b
    P_a, P_b    their covariances;  v, V: the estimated speed and its covariance

    d = p_a + integral of v from t_a to t_b - p_b                                  (1)
    S = P_a + P_b + (t_b - t_a)^2 V,     d' S^-1 d <= 13.8                         (2)

13.8 is the chi-square of two at 99.9 %, for places are compared east and north. Both poses lean on
the same estimate, so S is larger than the covariance of d: an alarm is the rarer for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_HZ, TICK_S
from farside.flight.late import symmetric
from farside.flight.looks import Use

if TYPE_CHECKING:
    from farside.flight.wiring import Flight

Array = NDArray[np.float64]

#: (2).
DIFFER_D2 = 13.8
#: Images further apart are not compared [s]: the speed carries a place no longer.
COMPARED_S = 30.0
#: Craters are believed while the last that were lie no more than so many periods back.
PERIODS = 2.5


@dataclass(frozen=True, eq=False)
class MapPlace:
    """Where an image of one kind has the lander: east and north [m, map], covariance [m^2]."""

    tick: int
    due_tick: int
    at_m: Array
    covariance_m2: Array


class Kinds:
    """What the kinds of landmarks of one flight say of the place.

    Parameters
    ----------
    flight : Flight
    """

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._said: dict[Use, list[MapPlace]] = {}
        self._believed: dict[Use, int] = {}

    def say(self, use: Use, place: MapPlace) -> None:
        """Note what an image of a kind says; it is known from its due tick on."""
        self._said[use] = [*self._said.get(use, [])[-1:], place]

    def believe(self, use: Use) -> None:
        """Note that the filter has taken an image of a kind now."""
        self._believed[use] = self._flight.loop.tick_count

    def patches_every_s(self, every_s: float) -> float:
        """Return the time from one image for patches to the next [s]."""
        craters = self._flight.mission.terrain_navigation.craters
        last = self._believed.get(Use.CRATERS)
        if last is None or craters.patches_every_s == 0.0:
            return every_s
        since_s = TICK_S * (self._flight.loop.tick_count - last)
        return craters.patches_every_s if since_s <= PERIODS * craters.every_s else every_s

    def apart_m(self, use: Use) -> float | None:
        """Return by how much the last place of a kind differs from another kind's [m].

        None where they agree by (2), or where no other kind has said anything of late.
        """
        mine = self._said[use][-1]
        now = self._flight.loop.tick_count
        for other, said in self._said.items():
            known = [place for place in said if place.due_tick <= now]
            if other is use or not known:
                continue
            theirs = known[-1]
            if abs(mine.tick - theirs.tick) > COMPARED_S * TICK_HZ:
                continue
            d = self._carried(theirs, mine.tick) - mine.at_m
            S = theirs.covariance_m2 + mine.covariance_m2 + self._drift(theirs.tick, mine.tick)
            if distance2(d, S) > DIFFER_D2:
                return deterministic.length(d.tolist())
        return None

    def _carried(self, place: MapPlace, tick: int) -> Array:
        """Return a place of one tick at another by the estimated speed, (1)."""
        first, last = sorted((place.tick, tick))
        speed = np.array(self._flight.flown["est_v_site"][first : last + 1, :2], np.float64)
        way = np.cumsum((speed[1:] + speed[:-1]) * (0.5 * TICK_S), axis=0)
        moved = way[-1] if len(way) else np.zeros(2)
        return place.at_m + (moved if tick >= place.tick else -moved)

    def _drift(self, one: int, other: int) -> Array:
        """Return what the speed is unsure by between two ticks [m^2], as of the later."""
        over_s = TICK_S * (one - other)
        row = self._flight.flown[max(one, other)]
        return np.asarray(symmetric(row["nav_v_cov"])[:2, :2] * (over_s * over_s))


def distance2(d: Array, S: Array) -> float:
    """Return d' S^-1 d of two numbers; infinity where S is no covariance."""
    (xx, xy), (_, yy) = S.tolist()
    x, y = d.tolist()
    det = xx * yy - xy * xy
    if not (det > 0.0 and xx > 0.0):
        return math.inf
    return float((yy * x * x - 2.0 * xy * x * y + xx * y * y) / det)
