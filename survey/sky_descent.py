"""The sky of the lander on its way down: what it sees, what sees it, and who hears it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.flight.landing import Landing
from farside.mission import Mission, SiteFrame
from farside.mission.ephemeris import parse_utc
from farside.mission.moon import MEAN_RADIUS_M
from farside.mission.radio_link import RadioLink
from farside.mission.sky_places import apparent_places
from farside.raster import Dem
from farside.survey.site_horizon import Skyline, ground_height_m, skyline
from farside.survey.sky import EARTH, OBSERVER, RELAY, SUN, clear_of_moon, spans

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Ticks between looks: 20 s, in which a lander crosses 1.1 deg of the Moon.
LOOK_EVERY = 2000
#: Directions of the terrain's horizon at each look.
AZIMUTHS = 72
#: The lander's antennas over its feet, whatever else is said [m].
LEAST_EYE_M = 2.0


@dataclass(frozen=True, eq=False)
class Margin:
    """A radio link during the descent.

    Attributes
    ----------
    link : RadioLink
    margin_db : ndarray (T,)
        NaN outside the antenna's beam, or where the Moon is in the way.
    """

    link: RadioLink
    margin_db: Array

    @property
    def heard(self) -> Flags:
        """Whether the link has any margin."""
        return np.nan_to_num(self.margin_db, nan=-np.inf) >= 0.0


@dataclass(frozen=True, eq=False)
class Overhead:
    """A body in the lander's sky.

    Attributes
    ----------
    name : str
    kind : {"sun", "earth", "relay", "observer"}
    azimuth_deg, elevation_deg : ndarray (T,)
        From the lander's own north through east, above its level [deg].
    range_m : ndarray (T,)
    seen : ndarray (T,) bool
        Above the terrain's horizon round the lander, and the body's mask.
    margins : tuple of Margin
        Of the links to it.
    """

    name: str
    kind: str
    azimuth_deg: Array
    elevation_deg: Array
    range_m: Array
    seen: Flags
    margins: tuple[Margin, ...] = ()


@dataclass(frozen=True, eq=False)
class DescentSky:
    """The lander's sky, look by look.

    Attributes
    ----------
    seconds : ndarray (T,)
        Since powered-descent initiation.
    height_m : ndarray (T,)
        Of the lander above the ground beneath it, as the DEM has it.
    overhead : tuple of Overhead
    """

    seconds: Array
    height_m: Array
    overhead: tuple[Overhead, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the spans in which each body is seen and each link heard, s of the descent."""

        def windows(flags: Flags) -> list[list[float]]:
            last = len(self.seconds) - 1
            return [
                [float(self.seconds[a]), float(self.seconds[min(b, last)])] for a, b in spans(flags)
            ]

        return {
            "looks_s": self.seconds.tolist(),
            "bodies": [
                {
                    "name": each.name,
                    "seen_s": windows(each.seen),
                    "seen_share": float(each.seen.mean()),
                    "elevation_deg": np.round(each.elevation_deg, 3).tolist(),
                    "links": [
                        {
                            "rate_bps": margin.link.rate_bps,
                            "frequency_hz": margin.link.frequency_hz,
                            "heard_s": windows(margin.heard),
                            "least_margin_db": _least(margin.margin_db),
                        }
                        for margin in each.margins
                    ],
                }
                for each in self.overhead
            ],
        }


def _least(margin_db: Array) -> float | None:
    known = margin_db[np.isfinite(margin_db)]
    return float(known.min()) if len(known) else None


def descent_sky(landing: Landing, dems: Sequence[str | Path | Dem] = ()) -> DescentSky:
    """Return the lander's sky from initiation to the end of a flight.

    Parameters
    ----------
    landing : Landing
    dems : sequence of paths or Dem
        Laid over the whole-Moon DEM for the horizon.
    """
    plan, rows = landing.plan, landing.telemetry
    rows = rows[np.unique(np.append(np.arange(0, len(rows), LOOK_EVERY), len(rows) - 1))]
    seconds = TICK_S * rows["tick"].astype(np.float64)
    frame = SiteFrame(plan.site.latitude_deg, plan.site.longitude_deg, landing.radius_m)
    at = np.atleast_2d(frame.to_moon(rows["r_site"]))
    around = [_round(place, dems) for place in at]
    height_m = np.array([eye for eye, _ in around])
    overhead = []
    earth_m = _far(EARTH, plan, seconds)
    for name, kind, mask_deg, places in _bodies(plan, seconds, earth_m):
        polar = [_polar(place, body) for place, body in zip(at, places, strict=True)]
        azimuth, elevation, distance = np.array(polar).T
        over = np.array([line.at(azimuth[k : k + 1])[0] for k, (_, line) in enumerate(around)])
        seen = (elevation > over) & (elevation > mask_deg)
        clear = np.ones(len(seen), np.bool_)
        if kind == RELAY:
            clear = clear_of_moon(places, earth_m)
        off = _off_boresight(plan, name, frame, rows, at, places)
        margins = tuple(
            Margin(link, np.where(seen & clear & inside, link.margin_db(distance), np.nan))
            for link, inside in off
        )
        overhead.append(Overhead(name, kind, azimuth, elevation, distance, seen, margins))
    return DescentSky(seconds, height_m, tuple(overhead))


def _round(place: Array, dems: Sequence[str | Path | Dem]) -> tuple[float, Skyline]:
    """Return the lander's height over the ground, and the horizon round it from there."""
    radius = float(np.sqrt(place @ place))
    latitude = float(np.degrees(np.arcsin(place[2] / radius)))
    longitude = float(np.degrees(np.arctan2(place[1], place[0])))
    ground = ground_height_m(latitude, longitude, dems)
    eye = max(radius - MEAN_RADIUS_M - ground, LEAST_EYE_M)
    return eye, skyline(latitude, longitude, eye, dems, azimuths=AZIMUTHS)


def _bodies(
    plan: Mission, seconds: Array, earth_m: Array
) -> Iterator[tuple[str, str, float, Array]]:
    """Yield name, kind, mask [deg] and places (T, 3) of everything in the sky."""
    for body, places in ((SUN, _far(SUN, plan, seconds)), (EARTH, earth_m)):
        yield body.capitalize(), body, -90.0, places
    if plan.relay is not None:
        places = plan.relay.places(parse_utc(plan.epoch.pdi_utc), seconds)
        yield plan.relay.name, RELAY, plan.relay.mask_deg, places
    for each in plan.observers:
        yield each.name, OBSERVER, each.mask_deg, each.places(seconds)


def _far(body: str, plan: Mission, seconds: Array) -> Array:
    return apparent_places(body, parse_utc(plan.epoch.pdi_utc), seconds)


def _polar(place: Array, body: Array) -> tuple[float, float, float]:
    """Return azimuth, elevation [deg] and range [m] of a body from a place, Moon-fixed."""
    up = place / np.sqrt(place @ place)
    east = np.array([-up[1], up[0], 0.0])
    east = east / np.sqrt(east @ east) if east @ east > 0.0 else np.array([0.0, 1.0, 0.0])
    north = np.cross(up, east)
    way = body - place
    x, y, z = way @ east, way @ north, way @ up
    level = np.hypot(x, y)
    azimuth = float(np.degrees(np.arctan2(x, y)) % 360.0)
    return azimuth, float(np.degrees(np.arctan2(z, level))), float(np.hypot(level, z))


def _off_boresight(
    plan: Mission,
    name: str,
    frame: SiteFrame,
    rows: NDArray[np.void],
    at: Array,
    places: Array,
) -> Iterator[tuple[RadioLink, Flags]]:
    """Yield the links to a body, with where it is inside the antenna's beam."""
    for link in plan.links:
        if link.to != name:
            continue
        way = np.atleast_2d(frame.vector_to_site(places - at))
        way = way / np.sqrt((way * way).sum(axis=1))[:, None]
        boresight = np.array([_turned(q, link.boresight_body) for q in rows["q_site_body"]])
        cosine = np.clip((way * boresight).sum(axis=1), -1.0, 1.0)
        yield link, np.degrees(np.arccos(cosine)) <= link.half_beam_deg


def _turned(q: Array, v: tuple[float, float, float]) -> Array:
    """Rotate a vector by a quaternion, scalar first: v + 2 u x (u x v + w v)."""
    w, u = q[0], q[1:]
    held = np.array(v)
    return np.asarray(held + 2.0 * np.cross(u, np.cross(u, held) + w * held))
