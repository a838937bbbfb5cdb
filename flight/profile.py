"""Profiles of one flight: the altimeter's last kilometres laid onto the onboard map's heights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import MEASUREMENTS, TICK_HZ, TICK_S
from farside.flight.cameras import FlightCameras
from farside.flight.landmarks import CONTACT, SAYS
from farside.flight.late import LateTask, symmetric
from farside.flight.wiring import Flight
from farside.mission.attitude import rotation_matrix
from farside.navigation import (
    FixStatus,
    HeightMap,
    ProfileError,
    ProfileFix,
    ProfileLimits,
    ProfileVerdict,
    profile_fix,
)
from farside.vision.image_map import ImageMap

Array = NDArray[np.float64]
#: Ticks, places [m, site], directions and ranges [m].
Profile = tuple[NDArray[np.int64], Array, Array, Array]

#: Detail that a map of so many metres a cell does not show, rms: a share of the cell.
_DETAIL_SHARE = 0.08
#: The heights' noise holds together over so many resolutions: a stereo's matching window.
_NOISE_RESOLUTIONS = 12.0
#: A wider search than this goes to every second height of the map.
_FINE_SEARCH_M = 1500.0
#: Least deviations of the estimate that a fit is given: what a covariance leaves out.
_LEAST_HEIGHT_M, _LEAST_CLIMB_MPS, _LEAST_SPEED_MPS = 30.0, 0.3, 0.1


@dataclass(frozen=True)
class Heard:
    """A range as it was reported to navigation."""

    tick: int
    direction_body: tuple[float, float, float]
    range_m: float


@dataclass(frozen=True)
class AskedProfile:
    """A profile that was laid onto the map.

    Attributes
    ----------
    time_s : float
        Of its last range.
    verdict : str
        What came of the fit, or what the filter made of the place.
    taken : bool
        Whether the filter took it.
    ranges : int
    sigma_m : float
        Deviation of the place on its worse axis; NaN without one [m].
    error_m : float
        Of the estimate afterwards against the truth, horizontal [m].
    """

    time_s: float
    verdict: str
    taken: bool
    ranges: int
    sigma_m: float
    error_m: float


@dataclass(frozen=True, eq=False)
class FittedProfile:
    """A fit, and the tick of its place."""

    tick: int
    verdict: str
    fix: ProfileFix | None
    ranges: int


class ProfileFixes(LateTask[FittedProfile]):
    """The altimeter's profiles of one flight: a task of the loop, due at each of its reports.

    Parameters
    ----------
    flight : Flight
    cameras : FlightCameras
        Keeps the estimate for what comes late; takes no image here.
    image_map : ImageMap
        The onboard map: the heights of its coarsest level are used.

    Attributes
    ----------
    asked : list of AskedProfile
    """

    def __init__(self, flight: Flight, cameras: FlightCameras, image_map: ImageMap) -> None:
        super().__init__(flight)
        self._cameras = cameras
        self._settings = flight.mission.terrain_navigation.profile
        self._registration_m = image_map.registration_sigma_m
        self._maps = [height_map(image_map, every) for every in (1, 2)]
        altimeter = flight.mission.sensors.altimeter
        self._every = max(round(TICK_HZ / altimeter.rate_hz), 1)
        # what was true at a tick is handed over a latency later, before that tick is flown
        self._next_tick = round(TICK_HZ * altimeter.latency_s) + 1
        self._ask_tick = 0
        self._measured = np.zeros(1, MEASUREMENTS)
        self._heard: list[Heard] = []
        self._images, self._image_tick = 0, -math.inf
        self.asked: list[AskedProfile] = []

    def ticks_left(self) -> int:
        """Return how many ticks there are until the altimeter's next report."""
        return max(self._next_tick - self._flight.loop.tick_count, 0)

    def work(self) -> None:
        """Note the range; lay the profile onto the map, or give a place that was found."""
        now = self._flight.loop.tick_count
        while self._next_tick <= now:
            self._next_tick += self._every
        self._hear(now)
        if self._pending is not None:
            if now >= self._pending.due_tick:
                super().work()
        elif now >= self._ask_tick and self._is_of_use(now):
            super().work()

    def _hear(self, now: int) -> None:
        """Keep the report of the last tick, and forget those of too long ago."""
        self._flight.loop.measured(self._measured)
        report = self._measured[0]
        tick, range_m = int(report["range_tick"]), float(report["range_m"])
        last = self._heard[-1].tick if self._heard else -1
        most = self._flight.mission.sensors.altimeter.range_max_m
        if report["range_valid"] and tick > last and 0.0 < range_m <= most:
            x, y, z = (float(part) for part in report["range_direction"])
            self._heard.append(Heard(tick, (x, y, z), range_m))
        first = now - round(TICK_HZ * self._settings.track_s)
        while self._heard and self._heard[0].tick < first:
            del self._heard[0]

    def _is_of_use(self, now: int) -> bool:
        """Whether it flies high enough, in the dark, with ranges enough."""
        row = self._flight.flown[-1]
        taken = int(self._flight.loop.images_taken["landmarks"]["taken"])
        if taken != self._images:
            self._images, self._image_tick = taken, now
        if now - self._image_tick < TICK_HZ * self._settings.dark_s:
            return False
        if int(row["flags"]) & CONTACT or len(self._heard) < ProfileLimits().least_samples:
            return False
        onboard, here = self._maps[0], np.array(row["nav_r_site"], np.float64)
        return bool(onboard.arcs(here[None])[0, 2] >= self._settings.height_least_m)

    def _begin(self) -> None:
        """Keep the pose, and fit the profile."""
        now = self._flight.loop.tick_count
        self._ask_tick = now + round(TICK_HZ * self._settings.every_s)
        row = self._flight.flown[now - 1]
        covariance = self._covariance(row)
        search_m = 3.0 * math.sqrt(max(covariance[0, 0], covariance[1, 1]))
        onboard = self._maps[search_m > _FINE_SEARCH_M]
        profile = on_map(onboard, self._profile(now - 1), search_m)
        count = int(np.isfinite(profile[3]).sum())
        if count < ProfileLimits().least_samples:
            return
        tick = self._cameras.keep_pose()
        if tick < 0:
            return
        fix = None
        try:
            fix = profile_fix(onboard, *profile, covariance, self._limits(row))
            verdict = fix.verdict.value
        except ProfileError as why:
            verdict = str(why)
        self._hold(FittedProfile(tick, verdict, fix, count), self._settings.computing_s)

    def _profile(self, tick: int) -> Profile:
        """Return ticks, places, directions and ranges, the last without a range: that of now.

        The places go back from the estimate of now by the estimated velocity: what corrected the
        place on the way is no way that was flown.
        """
        first = self._heard[0].tick
        rows = self._flight.flown[first : tick + 1]
        speed = np.array(rows["est_v_site"], np.float64)
        way = np.zeros_like(speed)
        way[1:] = np.cumsum((speed[1:] + speed[:-1]) * (0.5 * TICK_S), axis=0)
        here = np.array(rows["nav_r_site"][-1], np.float64)
        looks = [
            deterministic.product(
                rotation_matrix(rows["est_q_site_body"][each.tick - first]),
                np.array(each.direction_body),
            )
            for each in self._heard
        ]
        ticks = [each.tick for each in self._heard]
        ranges = [each.range_m for each in self._heard]
        if ticks[-1] < tick:
            ticks, ranges, looks = [*ticks, tick], [*ranges, math.nan], [*looks, looks[-1]]
        at = np.array(ticks, np.int64)
        look = np.array(looks)
        look /= deterministic.lengths(look)[:, None]
        places = here - (way[-1] - way[at - first])
        return at, places, look, np.array(ranges)

    def _use(self, fitted: FittedProfile) -> None:
        """Give a place that was found to the filter; no range counts in two of them."""
        loop, fix, verdict, taken = self._flight.loop, fitted.fix, fitted.verdict, False
        sigma_m = math.nan
        if fix is not None and fix.verdict is ProfileVerdict.FIXED:
            sigma_m = math.sqrt(float(fix.variance_m2[0]))
            code = loop.take_place(fix.record())
            taken, verdict = code == FixStatus.FIX_TAKEN, SAYS[FixStatus(code)]
            self._heard = [each for each in self._heard if each.tick > fitted.tick]
        self._cameras.drop_pose(fitted.tick)
        off = np.array(self._flight.flown[-1]["r_site"]) - np.array(loop.estimated["r_site"])
        self.asked.append(
            AskedProfile(
                time_s=TICK_S * fitted.tick,
                verdict=verdict,
                taken=taken,
                ranges=fitted.ranges,
                sigma_m=sigma_m,
                error_m=deterministic.length(off[:2].tolist()),
            )
        )

    # ---- of the estimate ----------------------------------------------------------------------

    def _covariance(self, row: np.void) -> Array:
        """Return what is searched: the covariance of east and north on the map, widened [m^2].

        The fit weighs it as knowledge. Widened it weighs little, and the filter, which has the
        same knowledge, does not count it twice.
        """
        map_m2 = np.square(self._registration_m[:2])
        wider_m2 = np.full(2, self._settings.search_m * self._settings.search_m)
        known_m2 = symmetric(row["nav_r_cov"])[:2, :2]
        return np.asarray(known_m2 + np.diag(map_m2) + np.diag(wider_m2))

    def _limits(self, row: np.void) -> ProfileLimits:
        """Return what the estimate is unsure by, from its covariance."""
        place, speed, turn = (
            np.array(row[name], np.float64)
            for name in ("nav_r_cov", "nav_v_cov", "nav_attitude_cov")
        )
        altimeter = self._flight.mission.sensors.altimeter
        mounting = math.radians(altimeter.misalignment_deg)
        return ProfileLimits(
            height_sigma_m=max(
                math.sqrt(float(place[5]) + self._registration_m[2] ** 2), _LEAST_HEIGHT_M
            ),
            climb_sigma_mps=max(math.sqrt(float(speed[5])), _LEAST_CLIMB_MPS),
            speed_sigma_mps=max(math.sqrt(float(max(speed[0], speed[3]))), _LEAST_SPEED_MPS),
            range_sigma_m=max(altimeter.noise_m + altimeter.noise_far_m, 0.01),
            beam_sigma_rad=math.sqrt(mounting * mounting + float(max(turn[0], turn[3])) + 1e-12),
            place_sigma_m=max(self._settings.sigma_most_m, 1.0),
        )


def on_map(onboard: HeightMap, profile: Profile, search_m: float) -> Profile:
    """Return what of a profile the map holds wherever the search moves it; the last place stays.

    Parameters
    ----------
    onboard : HeightMap
    profile : tuple of arrays
        Ticks (n,), places (n, 3) [m, site], directions (n, 3) and ranges (n,) [m].
    search_m : float
        Each way [m].

    Returns
    -------
    tuple of arrays
        The same, with ranges taken out.
    """
    ticks, places, looks, ranges = profile
    far = np.where(np.isfinite(ranges), ranges, 0.0)
    arcs = onboard.arcs(places + far[:, None] * looks)
    margin_m = search_m + 3.0 * onboard.cell_m
    rows, cols = onboard.heights_m.shape
    inside = np.isfinite(ranges)
    for k, (first, count) in enumerate(((onboard.u0_m, cols), (onboard.v0_m, rows))):
        last = first + (count - 1) * onboard.cell_m
        inside &= (arcs[:, k] >= first + margin_m) & (arcs[:, k] <= last - margin_m)
    ranges = np.where(inside, ranges, math.nan)
    inside[-1] = True
    return ticks[inside], places[inside], looks[inside], ranges[inside]


def height_map(image_map: ImageMap, every: int) -> HeightMap:
    """Return the heights of an image map's coarsest level for profiles.

    Parameters
    ----------
    image_map : ImageMap
    every : int
        Cells each way whose mean makes one, 1 or more.

    Returns
    -------
    HeightMap
        Its arcs count on the site's radius, as its heights do.
    """
    level = image_map.levels[0]
    rows, cols = (side // every for side in level.heights.shape)
    heights = np.zeros((rows, cols))
    for i in range(every):
        for j in range(every):
            heights += level.heights[i : rows * every : every, j : cols * every : every]
    scale = image_map.radius_m / image_map.arc_m
    middle = 0.5 * (every - 1) * level.cell_m
    cell_m = level.cell_m * every
    return HeightMap(
        np.asarray(heights / (every * every), np.float32),
        (level.u0_m + middle) * scale,
        (level.v0_m + middle) * scale,
        cell_m * scale,
        image_map.radius_m,
        np.array(image_map.along_site),
        deterministic.length([level.height_sigma_m, _DETAIL_SHARE * cell_m]),
        _NOISE_RESOLUTIONS * level.resolution_m,
    )
