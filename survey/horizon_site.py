"""The sky over one place: its horizon, and Sun, Earth and relay over it instant by instant."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray

from farside.mission import Mission, load_mission
from farside.raster import MOON_RADIUS_M, Dem, whole_moon
from farside.survey.errors import SurveyError
from farside.survey.geometry import Geometry, lunar_geometry
from farside.survey.horizon import Horizons, sweep_block
from farside.survey.horizon_axes import cell_axes
from farside.survey.horizon_bodies import Body, Dates, lunation, mission_bodies
from farside.survey.horizon_planes import RasterPlane
from farside.survey.horizon_setup import (
    EYE_M,
    REACH_M,
    cell_at,
    ground_of,
    look_of,
    open_file,
)
from farside.survey.horizon_visible import Visibility

Array = NDArray[np.float64]

_MOON_CELL_M = 1895.0  # half a post of the whole-Moon DEM at the equator
_MOON_CELLS = 33


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


def mission_sky(
    mission: str | Path | Mission,
    dates: str | Dates | None = None,
    *,
    dems: Sequence[str | Path | Dem] = (),
    step_h: float = 1.0,
    azimuths: int = 720,
    eye_m: float = EYE_M,
    reach_m: float = REACH_M,
) -> SiteSky:
    """Return what stands in the sky of a mission's site above the terrain.

    Parameters
    ----------
    mission : str, Path or Mission
    dates : str or Dates, optional
        Like 2024-06-01..2024-06-30; a lunation from the landing if not given.
    dems : sequence of paths
        Rasters about the site; the whole-Moon DEM follows them, or stands alone.
    step_h : float
        Between instants [h].
    azimuths, eye_m, reach_m
        As `farside.survey.horizon.horizons` takes them.

    Raises
    ------
    MissionError, SurveyError, RasterError
        One line.

    Examples
    --------
    >>> sky = mission_sky("chang-e-6", step_h=24.0, azimuths=90)
    >>> float(sky.tracks["earth"].share.max())
    0.0
    """
    plan = mission if isinstance(mission, Mission) else load_mission(mission)
    when = lunation(plan, step_h) if dates is None else Dates.of(dates, step_h)
    return site_sky(
        (plan.site.latitude_deg, plan.site.longitude_deg),
        mission_bodies(plan, when),
        dems=dems,
        azimuths=azimuths,
        eye_m=eye_m,
        reach_m=reach_m,
    )


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
    base, others = _finest(place, dems)
    with ExitStack() as stack:
        source: Any = MoonAbout(place)
        if base is not None:
            source = stack.enter_context(open_file(base))
        block = cell_at(source, *place), (1, 1)
        mosaic, notes = ground_of(source, others, True, look, block, stack)
        if base is None and dems:
            held = "No raster given holds the place: its cell is of the whole-Moon DEM."
            notes = (held, *notes)
        found = sweep_block(source, mosaic, look, *block, notes, lambda _stage, _done: None)
    return _sky(found, bodies)


def _finest(
    place: tuple[float, float], dems: Sequence[str | Path | Dem]
) -> tuple[str | Path | Dem | None, list[str | Path | Dem]]:
    """Return the finest raster that holds a place, and the others."""
    best: tuple[float, int] | None = None
    for k, path in enumerate(dems):
        with open_file(path) as held:
            try:
                cell_at(held, *place)
            except SurveyError:
                if held.geometry.projection is None:
                    raise
                continue
            post = held.geometry.middle.down_m
        if best is None or post < best[0]:
            best = post, k
    if best is None:
        return None, list(dems)
    return dems[best[1]], [path for k, path in enumerate(dems) if k != best[1]]


class MoonAbout:
    """The whole-Moon DEM about a place, on square cells of its own."""

    name = "whole-Moon DEM"
    spacing_m = 0.0
    notes = (
        "The whole-Moon DEM has 3.8 km between posts: what is smaller does not stand in the way.",
    )

    def __init__(self, place: tuple[float, float]) -> None:
        """Sample the DEM.

        Raises
        ------
        SurveyError
            No place on the Moon.
        """
        if not (abs(place[0]) <= 90.0 and np.isfinite(place[1])):
            raise SurveyError(f"a place at {place[0]}, {place[1]}: give degrees N and E")
        plane = pyproj.CRS.from_user_input(
            f"+proj=stere +lat_0={place[0]!r} +lon_0={place[1]!r} +R={MOON_RADIUS_M:.0f} +units=m"
        )
        half = 0.5 * _MOON_CELLS * _MOON_CELL_M
        transform = rasterio.Affine(_MOON_CELL_M, 0.0, -half, 0.0, -_MOON_CELL_M, half)
        shape = _MOON_CELLS, _MOON_CELLS
        self.geometry: Geometry = lunar_geometry(shape, plane, transform, self.name)
        col, row = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
        units = RasterPlane(self.geometry).units(col, row)
        longitude = np.degrees(np.arctan2(units[..., 1], units[..., 0]))
        latitude = np.degrees(np.arcsin(np.clip(units[..., 2], -1.0, 1.0)))
        self._heights = whole_moon().sample(latitude, longitude).astype(np.float32)

    def read(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.float32]:
        """Return heights [m] of a window."""
        return np.ascontiguousarray(self._heights[top:bottom, left:right])


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
