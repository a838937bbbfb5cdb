"""Sun, Earth and relay over a span of dates, as what a horizon is held against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from farside.mission.ephemeris import parse_utc
from farside.mission.relay import Relay
from farside.mission.schema import Mission
from farside.mission.sky_places import EARTH_RADIUS_M, SUN_RADIUS_M, apparent_places
from farside.survey.errors import SurveyError

Array = NDArray[np.float64]

_LUNATION_DAYS = 29.530589  # mean synodic month
_MOST_INSTANTS = 2_000_000  # 228 years of hours


@dataclass(frozen=True)
class Dates:
    """Instants at equal steps.

    Attributes
    ----------
    start : datetime
        Coordinated Universal Time.
    step_s : float
        Between two instants.
    count : int
        How many.
    """

    start: datetime
    step_s: float
    count: int

    @classmethod
    def of(cls, span: str | tuple[str, str] | Dates, step_h: float = 1.0) -> Dates:
        """Read a span like 2026-01-01..2027-01-01; its end is not among the instants.

        Raises
        ------
        SurveyError
            No two times, an end before the start, a step that is none, or too many instants.
        """
        if isinstance(span, Dates):
            return span
        parts = span.split("..") if isinstance(span, str) else list(span)
        if len(parts) != 2:
            raise SurveyError(f"dates {span}: give two times, as 2026-01-01..2027-01-01")
        try:
            start, end = (parse_utc(part.strip()) for part in parts)
        except ValueError as why:
            raise SurveyError(f"dates: {why}") from None
        if not 1e-4 <= step_h <= 8784.0:
            raise SurveyError(
                f"a step of {step_h:g} hours; give one from 0.0001 (a third of a second) to 8784 "
                "(a year)"
            )
        seconds = (end - start).total_seconds()
        if seconds <= 0.0:
            raise SurveyError(f"dates {parts[0]}..{parts[1]}: the end is not after the start")
        count = max(1, round(seconds / (3600.0 * step_h)))
        if count > _MOST_INSTANTS:
            raise SurveyError(
                f"{count} instants are more than {_MOST_INSTANTS}; take a longer step (--step)"
            )
        return cls(start, 3600.0 * step_h, count)

    @property
    def seconds(self) -> Array:
        """Since the start, (count,)."""
        return self.step_s * np.arange(self.count, dtype=np.float64)

    @property
    def hours(self) -> float:
        """Of all instants together."""
        return self.count * self.step_s / 3600.0

    def at(self, index: float) -> datetime:
        """Return the time of an instant."""
        return self.start + timedelta(seconds=self.step_s * index)


@dataclass(frozen=True, eq=False)
class Body:
    """A body over a span of dates.

    Attributes
    ----------
    name : str
        sun, earth, or the relay's.
    dates : Dates
    places_m : ndarray (T, 3)
        From the Moon's centre, Moon-fixed (mean Earth) [m].
    radius_deg : ndarray (T,)
        Of its disc [deg]; 0: its centre counts.
    lowest_deg : float
        Elevation that it must stand above, whatever the terrain does.
    """

    name: str
    dates: Dates
    places_m: Array
    radius_deg: Array
    lowest_deg: float = -90.0

    def above(self, lowest_deg: float) -> Body:
        """Return the body seen from this elevation [deg] up only."""
        return replace(self, lowest_deg=lowest_deg)


def sun(dates: Dates | str, step_h: float = 1.0) -> Body:
    """Return the Sun, a disc of the nominal solar radius at its distance.

    Raises
    ------
    SurveyError
        Dates that are none, or beyond the ephemeris.
    """
    return _body("sun", Dates.of(dates, step_h), SUN_RADIUS_M)


def earth(dates: Dates | str, step_h: float = 1.0, disc: bool = False) -> Body:
    """Return the Earth: its centre, which is what a link needs, or its disc.

    Raises
    ------
    SurveyError
        Dates that are none, or beyond the ephemeris.
    """
    return _body("earth", Dates.of(dates, step_h), EARTH_RADIUS_M if disc else 0.0)


def relay(
    orbit: Relay,
    epoch: str | datetime,
    dates: Dates | str,
    step_h: float = 1.0,
    phase_deg: Array | float = 0.0,
) -> Body:
    """Return a relay satellite, above its mask.

    Parameters
    ----------
    orbit : Relay
        An orbit about the Moon or a halo: over months its phase is a pattern, not a prediction.
    epoch : str or datetime
        The instant of its node and phase, UTC.
    dates : Dates or str
    step_h : float
        Between instants [h].
    phase_deg : float or ndarray (T,)
        Added to the orbit's phase.
    """
    when = Dates.of(dates, step_h)
    since = (when.start - parse_utc(epoch)).total_seconds()
    try:
        places = orbit.places(parse_utc(epoch), since + when.seconds, phase_deg=phase_deg)
    except ValueError as why:
        raise SurveyError(f"dates: {why}") from None
    return Body(orbit.name, when, places, np.zeros(when.count), orbit.mask_deg)


def lunation(plan: Mission, step_h: float = 1.0) -> Dates:
    """Return a mission's lunation: 29.53 days from its landing."""
    days = Dates.of(("2000-01-01", "2000-01-02"), step_h).step_s / 86400.0
    count = max(1, round(_LUNATION_DAYS / days))
    return Dates(parse_utc(plan.epoch.landing_utc), 86400.0 * days, count)


def mission_bodies(plan: Mission, dates: Dates | str, step_h: float = 1.0) -> tuple[Body, ...]:
    """Return Sun, Earth and, where the mission has one, its relay."""
    when = Dates.of(dates, step_h)
    bodies = [sun(when), earth(when)]
    if plan.relay is not None:
        bodies.append(relay(plan.relay, plan.epoch.pdi_utc, when))
    return tuple(bodies)


def _body(name: str, dates: Dates, radius_m: float) -> Body:
    try:
        places = apparent_places(name, dates.start, dates.seconds)
    except ValueError as why:
        raise SurveyError(f"dates: {why}") from None
    distance = np.sqrt((places * places).sum(axis=1))
    return Body(name, dates, places, np.degrees(np.arcsin(radius_m / distance)))
