"""A flight of a mission that failed, held against what was published of the failure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from farside.ext.common._records import TICK_S
from farside.flight.landing import Landing
from farside.mission.failure import Outcome


@dataclass(frozen=True)
class Comparison:
    """A published number beside that of a flight.

    Attributes
    ----------
    outcome : Outcome
        What was published.
    flown : float
        The same of the flight; NaN where a flight has no such number, or did not come there.
    """

    outcome: Outcome
    flown: float

    @property
    def holds(self) -> bool | None:
        """Whether they agree to within the tolerance; None where it is not to be reproduced."""
        return self.outcome.holds(self.flown) if self.outcome.reproduced else None


def compare_failure(landing: Landing) -> tuple[Comparison, ...]:
    """Hold a flight against every number that was published of its mission's failure.

    Parameters
    ----------
    landing : Landing

    Returns
    -------
    tuple of Comparison
        In the order of the file; empty for a mission that has no `[failure]`.
    """
    failure = landing.plan.failure
    if failure is None:
        return ()
    return tuple(Comparison(row, _flown(landing, row)) for row in failure.outcomes)


def _flown(landing: Landing, row: Outcome) -> float:
    """Return a flight's number at the row's moment."""
    if row.at_s is None and row.below_m is None:
        return _at_contact(landing, row.quantity)
    telemetry = landing.telemetry
    if row.at_s is not None:
        found = np.flatnonzero(telemetry["tick"] * TICK_S >= row.at_s - 0.5 * TICK_S)
    else:
        found = np.flatnonzero(telemetry["height_m"] < row.below_m)
    if not found.size:
        return math.nan
    here = telemetry[found[0]]
    east, north, up = (float(x) for x in here["v_site"])
    numbers = {
        "time": float(here["tick"]) * TICK_S,
        "height": float(here["height_m"]),
        "down_speed": -up,
        "across_speed": math.hypot(east, north),
        "speed": math.hypot(east, north, up),
        "altitude_error": abs(float(here["est_r_site"][2] - here["r_site"][2])),
    }
    return numbers.get(row.quantity, math.nan)


def _at_contact(landing: Landing, quantity: str) -> float:
    """Return a flight's number at first contact."""
    end = landing.touchdown
    telemetry = landing.telemetry
    numbers = {
        "time": landing.duration_s,
        "down_speed": -end.vertical_speed_mps,
        "across_speed": end.horizontal_speed_mps,
        "speed": math.hypot(end.vertical_speed_mps, end.horizontal_speed_mps),
        "miss": end.miss_m,
        "tilt": end.tilt_deg,
    }
    if quantity == "altitude_error":
        at = np.searchsorted(telemetry["tick"] * TICK_S, landing.duration_s)
        here = telemetry[min(int(at), telemetry.size - 1)]
        return abs(float(here["est_r_site"][2] - here["r_site"][2]))
    return numbers.get(quantity, math.nan)
