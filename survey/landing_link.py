"""What a lander speaks to from a region: the mission's relay, the Earth, or a halo about L2.

A relay on a halo takes weeks for a turn: where its phase is not known it goes through whole turns
over the dates, so that shares count every phase alike, and a gap is told in the relay's own time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.mission import Mission
from farside.survey.errors import SurveyError
from farside.survey.horizon_bodies import Body, Dates, earth, relay
from farside.survey.horizon_planes import units_of

Array = NDArray[np.float64]

KINDS = ("relay", "earth", "l2", "none")
#: Distance of the Earth-Moon L2 from the Moon over the Moon's from the Earth (root of the
#: restricted problem of three bodies for a mass ratio of 0.01215).
_L2_SHARE = 0.16783
#: As Queqiao's halo: 13 000 km to either side of L2 (QQ1A), and a mask of 5 deg above terrain.
_HALO_M, _MASK_DEG = 13_000e3, 5.0


@dataclass(frozen=True)
class Link:
    """What the lander speaks to.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    body : Body or None
        Over the dates; None: no link is asked for.
    timed : bool
        Whether its instants mean anything.
    hurry : float
        How many times as fast as it flies the relay goes through its phases over the dates.
    """

    kind: str
    body: Body | None
    timed: bool
    hurry: float = 1.0

    @property
    def name(self) -> str:
        """What it is called."""
        if self.body is None:
            return "none asked for"
        return {"earth": "Earth", "l2": "a halo about L2"}.get(self.kind, self.body.name)


def kind_of(plan: Mission, asked: str | None) -> str:
    """Return which link counts for a mission.

    Without being asked: its relay; without one the Earth, if the mission's own site sees it; else a
    halo about L2, where the first relay of the far side was.

    Raises
    ------
    SurveyError
        No such link, or a relay of a mission without one.
    """
    if asked is not None:
        if asked not in KINDS:
            raise SurveyError(f"--link {asked}: give one of {', '.join(KINDS)}")
        if asked == "relay" and plan.relay is None:
            raise SurveyError(f"--link relay: {plan.name} has no [relay]; give earth, l2 or none")
        return asked
    if plan.relay is not None:
        return "relay"
    there = units_of(plan.site.longitude_deg, plan.site.latitude_deg)
    places = earth(Dates.of((plan.epoch.pdi_utc, plan.epoch.landing_utc), 1.0)).places_m
    return "earth" if float((places @ there).max()) > plan.site.radius_m else "l2"


def link_of(plan: Mission, kind: str, dates: Dates, count: int | None = None) -> Link:
    """Return a link over some dates.

    Parameters
    ----------
    plan : Mission
    kind : str
        One of `KINDS`.
    dates : Dates
    count : int, optional
        Of the instants over which a phase that is not known goes round; all of them by default.
    """
    if kind == "none":
        return Link(kind, None, False)
    if kind == "relay":
        assert plan.relay is not None
        stray = plan.dispersions
        orbit, hurry, phase = plan.relay, 1.0, 0.0 * dates.seconds
        known = max(stray.relay_phase_deg.reach, stray.relay_node_deg.reach) < 90.0
        if orbit.orbit == "halo" and not known:
            turns = (count or dates.count) * dates.step_s / orbit.period_s
            whole = max(1, round(turns))
            hurry = whole / turns
            phase = 360.0 * (hurry - 1.0) * dates.seconds / orbit.period_s
        return Link(kind, relay(orbit, plan.epoch.pdi_utc, dates, phase_deg=phase), known, hurry)
    body = earth(dates)
    if kind == "l2":
        middle = -_L2_SHARE * body.places_m
        nearest = float(np.linalg.norm(middle, axis=1).min())
        # all of the halo above the mask, wherever the relay is on it
        lowest = _MASK_DEG + math.degrees(math.atan2(_HALO_M, nearest))
        body = Body("l2", dates, middle, np.zeros(dates.count), lowest)
    return Link(kind, body, True)
