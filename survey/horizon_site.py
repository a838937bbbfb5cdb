"""The sky over one place: its horizon, and Sun, Earth and relay over it instant by instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farside.raster import Dem
from farside.survey.errors import SurveyError
from farside.survey.horizon import Horizons
from farside.survey.horizon_axes import cell_axes
from farside.survey.horizon_bodies import Body, Dates
from farside.survey.horizon_setup import EYE_M, REACH_M, look_of
from farside.survey.horizon_visible import Visibility
from farside.survey.site_horizon import horizon_at

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Track:
    """A body over one place.

    Attributes
    ----------
    azimuth_deg, elevation_deg : ndarray (T,)
        East of true north, and above the level of the place's own radius, from the eye.
    share : ndarray (T,)
        Of its disc above the terrain; 0 or 1 for a body that counts by its centre.
    visibility : Visibility
        The same counted, (1, 1).
    """

    azimuth_deg: Array
    elevation_deg: Array
    share: Array
    visibility: Visibility


@dataclass(frozen=True, eq=False)
class SiteSky:
    """The horizon of one place and what moves over it.

    Attributes
    ----------
    latitude_deg, longitude_deg : float
        Of the cell's centre, planetocentric.
    elevation_m : float
        Of its ground above the sphere of 1737.4 km.
    azimuth_deg, horizon_deg : ndarray (A,)
        True azimuths and the horizon's elevations.
    dates : Dates
    tracks : dict
        Of every body by its name.
    source : str
        The raster that the cell is of.
    notes : tuple of str
        What was assumed, in sentences.
    """

    latitude_deg: float
    longitude_deg: float
    elevation_m: float
    azimuth_deg: Array
    horizon_deg: Array
    dates: Dates
    tracks: dict[str, Track]
    source: str
    notes: tuple[str, ...]


def site_sky(
    place: tuple[float, float],
    bodies: Sequence[Body],
    *,
    dems: Sequence[str | Path | Dem] = (),
    azimuths: int = 720,
    eye_m: float = EYE_M,
    reach_m: float = REACH_M,
) -> SiteSky:
    """Return the horizon of one place, and bodies over it.

    Parameters
    ----------
    place : (latitude, longitude)
        Planetocentric [deg].
    bodies : sequence of Body
        Of one span of dates.
    dems : sequence of paths
        Those that hold the place: the finest of them gives the cell, the others what is beyond.
    azimuths, eye_m, reach_m
        As `farside.survey.horizon.horizons` takes them.

    Raises
    ------
    SurveyError, RasterError
        One line.
    """
    if not bodies:
        raise SurveyError("no body to follow; give the Sun, the Earth or a relay")
    look = look_of(azimuths, eye_m, reach_m)
    found = horizon_at(place, look, dems)
    return _sky(found, bodies)


def _sky(found: Horizons, bodies: Sequence[Body]) -> SiteSky:
    """Follow bodies over the one cell of a block."""
    axes = cell_axes(found.geometry, found.place, found.heights_m, found.look, None)[:, 0]
    azimuth, horizon = found.profile(0, 0)
    turn = float(found.turn_deg[0, 0])
    tracks = {}
    for body in bodies:
        seen = found.visible(body, keep=True)
        assert seen.series is not None
        right, up, zenith = (body.places_m @ axes[k : k + 3] for k in (0, 3, 6))
        height = np.degrees(np.arctan2(zenith - axes[9], np.hypot(right, up)))
        bearing = np.degrees(np.arctan2(right, up))
        share = seen.series[:, 0, 0].astype(np.float64)
        tracks[body.name] = Track((bearing + turn) % 360.0, height, share, seen)
    place = found.geometry.longitude_latitude(*found.place)
    assert place is not None
    return SiteSky(
        place[1], place[0], float(found.heights_m[0, 0]), azimuth, horizon, bodies[0].dates,
        tracks, found.name, found.notes,
    )  # fmt: skip
