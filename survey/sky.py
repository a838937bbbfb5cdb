"""What stands in the sky of a landing site: Sun, Earth, relay and observers over its horizon.

found = mission_sky(load_mission("chang-e-6"))
print(found.track("sun").elevation_deg[found.landing])
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from farside.mission import Mission, SiteFrame
from farside.mission.ephemeris import parse_utc
from farside.mission.moon import MEAN_RADIUS_M
from farside.mission.observer import Observer
from farside.mission.relay import Relay
from farside.mission.sky_places import EARTH_RADIUS_M, SUN_RADIUS_M, apparent_places
from farside.raster import Dem
from farside.survey.errors import SurveyError
from farside.survey.horizon_bodies import Dates
from farside.survey.site_horizon import Skyline, skyline

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SUN, EARTH, RELAY, OBSERVER = "sun", "earth", "relay", "observer"
#: Before the landing, and after it, where no dates are given [h]: a day of the Moon.
BEFORE_H, AFTER_H, STEP_H = 1.0, 720.0, 1.0 / 6.0
#: Of a halo in the periodic model against one flown in DE440: studies.halo_placement.
HALO_ERROR = "1100 km (rms; 2400 at most), 1 and 3 deg as seen from the Moon,"
#: Nodes and phases that stand for all of them.
EACH_WAY: Final = 72


@dataclass(frozen=True, eq=False)
class Track:
    """A body in the sky of the site.

    Attributes
    ----------
    name : str
    kind : {"sun", "earth", "relay", "observer"}
    azimuth_deg, elevation_deg : ndarray (T,)
        Of its middle, from north through east, and above the level of the site [deg].
    range_m : ndarray (T,)
    radius_deg : float
        Of its disc; 0: a point.
    horizon_deg : ndarray (T,)
        Of the terrain in its direction.
    mask_deg : float
        Elevation that it must stand above, whatever the terrain does; -90: none.
    phase_deg : ndarray (T,)
        Between the Sun and it, seen from the site.
    pixel_m : ndarray (T,) or None
        Of an observer's camera at the site's distance; None without a camera.
    anyhow_share : float or None
        Of all nodes and phases of its orbit, those in which it is seen at the landing; None where
        its orbit is known.
    sees_earth : ndarray (T,) bool, or None
        Whether the Moon's sphere is not between a spacecraft and the Earth.
    """

    name: str
    kind: str
    azimuth_deg: Array
    elevation_deg: Array
    range_m: Array
    radius_deg: float
    horizon_deg: Array
    mask_deg: float
    phase_deg: Array
    pixel_m: Array | None = None
    anyhow_share: float | None = None
    sees_earth: Flags | None = None

    @property
    def seen(self) -> Flags:
        """Whether any part stands above terrain and mask."""
        top = self.elevation_deg + self.radius_deg
        return np.asarray((top > self.horizon_deg) & (self.elevation_deg > self.mask_deg))


@dataclass(frozen=True, eq=False)
class Sky:
    """The sky of a mission's site over a span of dates.

    Attributes
    ----------
    plan : Mission
    dates : Dates
    landing : int
        Instant nearest to the landing.
    skyline : Skyline
    tracks : tuple of Track
        Sun, Earth, then relay and observers.
    notes : tuple of str
    """

    plan: Mission
    dates: Dates
    landing: int
    skyline: Skyline
    tracks: tuple[Track, ...]
    notes: tuple[str, ...]

    def track(self, name: str) -> Track:
        """Return a body's track by its name or kind.

        Raises
        ------
        KeyError
            There is none.
        """
        for each in self.tracks:
            if name in (each.name, each.kind):
                return each
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Return what is true at the landing, and the spans in which each body is seen."""
        return {
            "mission": self.plan.name,
            "start_utc": self.dates.start.isoformat(),
            "landing_utc": self.dates.at(self.landing).isoformat(),
            "step_s": self.dates.step_s,
            "horizon": {
                "azimuth_deg": self.skyline.azimuth_deg.tolist(),
                "elevation_deg": np.round(self.skyline.elevation_deg, 4).tolist(),
            },
            "bodies": [self._told(track) for track in self.tracks],
            "notes": list(self.notes),
        }

    def _told(self, track: Track) -> dict[str, Any]:
        k = self.landing
        return {
            "name": track.name,
            "kind": track.kind,
            "azimuth_deg": float(track.azimuth_deg[k]),
            "elevation_deg": float(track.elevation_deg[k]),
            "horizon_deg": float(track.horizon_deg[k]),
            "range_m": float(track.range_m[k]),
            "phase_deg": float(track.phase_deg[k]),
            "pixel_m": None if track.pixel_m is None else float(track.pixel_m[k]),
            "seen": bool(track.seen[k]),
            "seen_share": float(track.seen.mean()),
            "sees_earth": None if track.sees_earth is None else bool(track.sees_earth[k]),
            "seen_in_any_orbit": track.anyhow_share,
            "spans_utc": [
                [self.dates.at(a).isoformat(), self.dates.at(b).isoformat()]
                for a, b in spans(track.seen)
            ],
        }


def spans(flags: Flags) -> list[tuple[int, int]]:
    """Return the runs of true flags, as first and past-the-last index."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def mission_sky(
    plan: Mission,
    dates: str | None = None,
    step_h: float = STEP_H,
    dems: Sequence[str | Path | Dem] = (),
    eye_m: float = 2.0,
) -> Sky:
    """Return the sky of a mission's site.

    Parameters
    ----------
    plan : Mission
        Its site, epoch, relay and observers.
    dates : str, optional
        A span that holds the landing, as 2024-06-01..2024-07-01; an hour before the landing to 30
        days after it by default.
    step_h : float
        Between instants [h].
    dems : sequence of paths or Dem
        Laid over the whole-Moon DEM (3.8 km) for the horizon.
    eye_m : float
        Of what looks and sends, above the ground [m].

    Raises
    ------
    SurveyError, RasterError
        One line.
    """
    when, landing = _instants(parse_utc(plan.epoch.landing_utc), dates, step_h)
    site = plan.site
    around = skyline(site.latitude_deg, site.longitude_deg, eye_m, dems)
    frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m + eye_m)
    epoch = parse_utc(plan.epoch.pdi_utc)
    since_s = (when.start - epoch).total_seconds() + when.seconds
    look = _Looker(frame, around, when, epoch, since_s, landing)
    sun = look.far(SUN, SUN_RADIUS_M)
    tracks = [sun, look.far(EARTH, EARTH_RADIUS_M, sun)]
    notes = list(around.notes)
    orbits: list[Relay | Observer] = [*([plan.relay] if plan.relay else []), *plan.observers]
    tracks += [look.orbit(each, plan, sun) for each in orbits]
    halos = [each for each in orbits if isinstance(each, Relay) and each.orbit == "halo"]
    if len(orbits) > len(halos):
        notes.append("Orbits are of two bodies: days after the landing their phase is a pattern.")
    notes += [
        f"{each.name}'s halo is periodic in three bodies, laid into the true Earth and Moon: it "
        f"strays by {HALO_ERROR} from what such a spacecraft flies."
        for each in halos
    ]
    if not dems:
        notes.append("The horizon is that of the whole-Moon DEM, 3.8 km a cell; --dem for better.")
    return Sky(plan, when, landing, around, tuple(tracks), tuple(notes))


def _instants(landing_utc: datetime, dates: str | None, step_h: float) -> tuple[Dates, int]:
    """Return instants of which one is the landing, and that one.

    Raises
    ------
    SurveyError
        No span, no step, or a span without the landing.
    """
    span = dates or _about(landing_utc)
    when = Dates.of(span, step_h)
    since_s = (landing_utc - when.start).total_seconds()
    landing = round(since_s / when.step_s)
    if not (since_s >= 0.0 and landing < when.count):
        raise SurveyError(
            f"dates {span}: the landing is at {landing_utc:%Y-%m-%d %H:%M}; give a span with it"
        )
    off = timedelta(seconds=since_s - landing * when.step_s)
    return replace(when, start=when.start + off), landing


def _about(landing_utc: datetime) -> str:
    """Return the span that is taken where none is given."""
    first = landing_utc - timedelta(hours=BEFORE_H)
    last = landing_utc + timedelta(hours=AFTER_H)
    return f"{first.isoformat()}..{last.isoformat()}"


@dataclass(frozen=True, eq=False)
class _Looker:
    """Turns places from the Moon's centre into tracks."""

    frame: SiteFrame
    skyline: Skyline
    dates: Dates
    epoch: datetime
    since_s: Array
    landing: int

    def polar(self, places_m: Array) -> tuple[Array, Array, Array]:
        """Return azimuth, elevation [deg] and range [m] of places, Moon-fixed (N, 3)."""
        east, north, up = self.frame.to_site(places_m).T
        level = np.hypot(east, north)
        azimuth = np.degrees(np.arctan2(east, north)) % 360.0
        return azimuth, np.degrees(np.arctan2(up, level)), np.hypot(level, up)

    def far(self, body: str, radius_m: float, sun: Track | None = None) -> Track:
        """Return the track of Sun or Earth."""
        azimuth, elevation, distance = self.polar(self.places(body))
        radius = math.degrees(math.asin(radius_m / float(distance[self.landing])))
        name = body.capitalize()
        phase = np.zeros_like(azimuth)
        if sun is not None:
            phase = _apart(azimuth, elevation, sun.azimuth_deg, sun.elevation_deg)
        at = self.skyline.at(azimuth)
        return Track(name, body, azimuth, elevation, distance, radius, at, -90.0, phase)

    def places(self, body: str) -> Array:
        """Return apparent places of Sun or Earth from the Moon's centre [m], (T, 3)."""
        try:
            return apparent_places(body, self.dates.start, self.dates.seconds)
        except ValueError as why:
            raise SurveyError(f"dates: {why}") from None

    @cached_property
    def earth_m(self) -> Array:
        """Apparent places of the Earth from the Moon's centre [m], (T, 3)."""
        return self.places(EARTH)

    def orbit(self, body: Relay | Observer, plan: Mission, sun: Track) -> Track:
        """Return the track of a relay or an observer."""
        places = self.along(body, self.since_s)
        azimuth, elevation, distance = self.polar(places)
        mask, pixel_m = body.mask_deg, None
        kind = RELAY if isinstance(body, Relay) else OBSERVER
        if isinstance(body, Observer) and body.pixel_urad is not None:
            pixel_m = 1e-6 * body.pixel_urad * distance
        phase = _apart(azimuth, elevation, sun.azimuth_deg, sun.elevation_deg)
        horizon = self.skyline.at(azimuth)
        share = self._anyhow(body, plan, mask)
        clear = clear_of_moon(places, self.earth_m)
        return Track(
            body.name, kind, azimuth, elevation, distance, 0.0, horizon, mask, phase, pixel_m,
            share, clear,
        )  # fmt: skip

    def along(
        self,
        body: Relay | Observer,
        seconds: Array,
        node_deg: float = 0.0,
        phase_deg: Array | float = 0.0,
    ) -> Array:
        """Return places of a relay or an observer from the Moon's centre [m], (N, 3)."""
        if isinstance(body, Observer):
            return body.places(seconds, node_deg, phase_deg)
        try:
            return body.places(self.epoch, seconds, node_deg, phase_deg)
        except ValueError as why:
            raise SurveyError(f"dates: {why}") from None

    def _anyhow(self, body: Relay | Observer, plan: Mission, mask_deg: float) -> float | None:
        """Return the share of nodes and phases in which an unknown orbit is seen at the landing."""
        node, phase = _unknown(body, plan)
        if not (node or phase):
            return None
        turns = 360.0 / EACH_WAY * np.arange(EACH_WAY)
        phases = turns if phase else turns[:1]
        at = np.full(len(phases), self.since_s[self.landing])
        seen = total = 0
        for node_deg in turns if node else turns[:1]:
            places = self.along(body, at, float(node_deg), np.asarray(phases, np.float64))
            azimuth, elevation, _ = self.polar(places)
            up = (elevation > mask_deg) & (elevation > self.skyline.at(azimuth))
            seen, total = seen + int(up.sum()), total + len(up)
        return seen / total


def clear_of_moon(from_m: Array, to_m: Array) -> Flags:
    """Return whether the Moon's mean sphere leaves the way between two places clear, (T,).

    Parameters
    ----------
    from_m, to_m : ndarray (T, 3)
        From the Moon's centre [m].
    """
    way = to_m - from_m
    along = np.clip(-(from_m * way).sum(axis=1) / (way * way).sum(axis=1), 0.0, 1.0)
    nearest = from_m + along[:, None] * way
    return np.asarray((nearest * nearest).sum(axis=1) > MEAN_RADIUS_M**2)


def _unknown(body: Relay | Observer, plan: Mission) -> tuple[bool, bool]:
    """Return whether node and phase of an orbit are unknown: dispersed, or said to be."""
    if isinstance(body, Relay):
        spread = plan.dispersions
        of_node = body.orbit == "lunar" and spread.relay_node_deg.reach > 0.0
        return of_node, spread.relay_phase_deg.reach > 0.0
    return not body.phase_known, not body.phase_known


def _apart(azimuth_a: Array, elevation_a: Array, azimuth_b: Array, elevation_b: Array) -> Array:
    """Return the angle between directions [deg]."""
    a, b = np.radians(elevation_a), np.radians(elevation_b)
    across = np.radians(azimuth_a - azimuth_b)
    # haversine: exact for small angles too
    h = np.sin(0.5 * (a - b)) ** 2 + np.cos(a) * np.cos(b) * np.sin(0.5 * across) ** 2
    return np.asarray(np.degrees(2.0 * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))))
