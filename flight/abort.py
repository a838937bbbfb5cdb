"""Moments of a flown descent, and the aborts from them."""

from __future__ import annotations

import numpy as np

from farside.ext.common._records import TICK_HZ, TICK_S
from farside.flight.landing import Landing
from farside.flight.track import track_of
from farside.guidance.abort import SAFE_ORBIT, AbortBoundary, AbortState, abort_boundary
from farside.guidance.ascent_problem import AscentError, AscentOrbit
from farside.mission.frames import SiteFrame


def abort_states(landing: Landing, every_s: float = 10.0) -> tuple[AbortState, ...]:
    """Return the true states of a landing at equal times, up to the end of its powered flight.

    Parameters
    ----------
    landing
        With telemetry.
    every_s
        Between two of them [s], from 0.1 on; the last moment before the first contact is among
        them.

    Raises
    ------
    AscentError
        When `every_s` is below 0.1 or no number.
    """
    if not 0.1 <= every_s < 1e6:
        raise AscentError(f"every {every_s:g} s: give 0.1 or more")
    track = track_of(landing)
    last = max(track.contact - 1, 0)
    chosen = np.append(np.arange(0, last, round(every_s * TICK_HZ)), last)
    rows = track.rows[chosen]
    return tuple(
        AbortState(
            time_s=float(row["tick"]) * TICK_S,
            r_site=np.array(row["r_site"]),
            v_site=np.array(row["v_site"]),
            mass_kg=float(row["mass_kg"]),
            axis_site=np.array(track.axis[i]),
            height_m=float(track.altitude_m[i]),
        )
        for i, row in zip(chosen, rows, strict=True)
    )


def aborts_of(
    landing: Landing,
    *,
    every_s: float = 10.0,
    orbit: AscentOrbit = SAFE_ORBIT,
    clearance_m: float = 100.0,
) -> AbortBoundary:
    """Solve the aborts along a landing.

    Parameters
    ----------
    landing
        With telemetry.
    every_s
        Between two of them [s].
    orbit, clearance_m
        As `farside.guidance.abort.abort_boundary` takes them.

    Raises
    ------
    AscentError
        As `abort_states` and `abort_boundary`.

    Examples
    --------
    >>> from farside.flight import land
    >>> from farside.flight.abort import aborts_of
    >>> aborts = aborts_of(land("chang-e-6", nominal=True, imaging=False), every_s=100.0)
    >>> [point.way.name for point in aborts.points][:4]
    ['THERE', 'DESCENT_STAGE', 'DESCENT_STAGE', 'DESCENT_STAGE']
    """
    site = landing.plan.site
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, landing.radius_m)
    states = abort_states(landing, every_s)
    return abort_boundary(landing.plan, frame, states, orbit=orbit, clearance_m=clearance_m)
