"""Success given each fault of a mission: among the flights in which it happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from farside.campaign.statistics.flights import Flags, Flights
from farside.campaign.statistics.proportion import Share
from farside.mission import Mission

NO_FAULT = "no fault"


@dataclass(frozen=True)
class Faulted:
    """Success of the flights with one fault, whatever else failed in them."""

    fault: str  # in a line; NO_FAULT for the flights in which everything worked
    probability: float  # that the mission gives it; NaN for NO_FAULT
    began: int  # flights in which its beginning came
    success: Share | None  # None where no flight had it


def given_faults(flights: Flights, mission: Mission, good: Flags) -> tuple[Faulted, ...]:
    """Return the success given each fault, then that of the flights without any.

    Parameters
    ----------
    flights : Flights
    mission : Mission
        Whose faults were drawn.
    good : ndarray of bool
        Which flights succeeded.

    Returns
    -------
    tuple of Faulted
        Empty for a mission without faults. The bounds are those of the campaign's sampling, over
        the flights in which the fault happened.
    """
    if not mission.faults:
        return ()
    found = []
    clean = np.ones(len(flights), bool)
    for number, fault in enumerate(mission.faults, start=1):
        had = flights.flag(f"fault_{number}_happened")
        began = int(np.count_nonzero(np.isfinite(flights.number(f"fault_{number}_began_s")) & had))
        clean &= ~had
        found.append(Faulted(str(fault), fault.probability, began, _share(flights, had, good)))
    return (*found, Faulted(NO_FAULT, float("nan"), 0, _share(flights, clean, good)))


def _share(flights: Flights, chosen: Flags, good: Flags) -> Share | None:
    """Return the success among some flights; None where there are none."""
    return flights.share(good, among=chosen) if chosen.any() else None
