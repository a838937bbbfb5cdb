"""A flight of a mission that failed, held against what was published of the failure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from farside.ext.common._records import TICK_S
from farside.mission.failure import Outcome

if TYPE_CHECKING:
    from farside.flight.landing import Landing

#: Of a row's flags: a footpad's switch is closed.
CLOSED = 16
#: No leg is back on the ground sooner after it left it: a leg that swings out is no bounce [s].
APART_S = 0.5


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


def compared(landing: Landing) -> dict[str, Any] | None:
    """Return the failure of a landing's mission as landing.json holds it; None without one.

    `as_flown` says whether the logic that flew was flown. What was published is to be found again
    with that logic alone.
    """
    failure = landing.plan.failure
    if failure is None:
        return None
    rows = [
        {
            "what": each.outcome.what,
            "unit": each.outcome.unit,
            "published": each.outcome.published,
            "flown": each.flown,
            "reproduced": each.outcome.reproduced,
            "tolerance": each.outcome.tolerance,
            "met": each.holds,
            "source": each.outcome.source,
            "reason": each.outcome.reason,
        }
        for each in compare_failure(landing)
    ]
    return {
        "flight": failure.flight,
        "cause": failure.cause,
        "ended": failure.ended,
        "as_flown": bool(landing.naive) and landing.naive == failure.as_flown,
        "outcomes": rows,
    }


def _flown(landing: Landing, row: Outcome) -> float:
    """Return a flight's number at the row's moment."""
    telemetry = landing.telemetry
    if row.at_s is not None:
        found = np.flatnonzero(telemetry["tick"] * TICK_S >= row.at_s - 0.5 * TICK_S)
    elif row.below_m is not None:
        found = np.flatnonzero(telemetry["height_m"] < row.below_m)
    elif row.stands_m is not None:
        found = np.flatnonzero(_estimated_altitude(landing) < row.stands_m)
    else:
        return _at_contact(landing, row.quantity)
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


def _estimated_altitude(landing: Landing) -> np.ndarray:
    """Return the estimate's altitude over the site's level, of each row [m]."""
    rho = landing.telemetry["est_r_site"] + np.array([0.0, 0.0, landing.radius_m])
    return np.asarray(np.linalg.norm(rho, axis=1) - landing.radius_m)


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
        "contacts": float(contacts(landing)),
        "fall": fall_s(landing),
    }
    if quantity == "altitude_error":
        at = np.searchsorted(telemetry["tick"] * TICK_S, landing.duration_s)
        here = telemetry[min(int(at), telemetry.size - 1)]
        return abs(float(here["est_r_site"][2] - here["r_site"][2]))
    return numbers.get(quantity, math.nan)


def contacts(landing: Landing) -> int:
    """Return how often the lander came down: the first contact, and each after a bounce.

    A bounce leaves every switch open for APART_S at least.
    """
    closed = np.flatnonzero(landing.telemetry["flags"] & CLOSED)
    after = closed[closed * TICK_S >= landing.duration_s - 0.1] if closed.size else closed
    if not after.size:
        return int(math.isfinite(landing.duration_s))
    return 1 + int(np.count_nonzero(np.diff(after) * TICK_S > APART_S))


def fall_s(landing: Landing) -> float:
    """Return how long the lander fell without thrust before its first contact [s]."""
    telemetry = landing.telemetry
    if not math.isfinite(landing.duration_s):
        return math.nan
    end = min(round(landing.duration_s / TICK_S), telemetry.size - 1)
    lit = np.flatnonzero(telemetry["thrust_n"][: end + 1] > 0.0)
    return (end - int(lit[-1])) * TICK_S if lit.size else float(landing.duration_s)
