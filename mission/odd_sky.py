"""What is odd about a mission's times: cameras by night, a descent that lasts for hours."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from farside.mission.ephemeris import parse_utc, sun_direction
from farside.mission.frames import SiteFrame
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]

#: Longest powered descent [s]: two hours, an orbit.
_DESCENT_MOST_S = 7200.0
#: So long it is looked for a sunrise: near a pole it may be half a year away.
_YEAR_DAYS = 400


def look_at_sun(mission: Mission) -> Odd:
    """Yield cameras that are used by night."""
    used = {
        "terrain_navigation.cameras": bool(mission.terrain_navigation.cameras),
        "odometry.camera": mission.odometry.camera is not None,
        "avoidance.coarse.camera": mission.avoidance.coarse.camera is not None,
    }
    keys = [key for key, is_used in used.items() if is_used]
    if not keys:
        return
    sun_deg = sun_direction(mission.epoch.landing_utc, site_frame(mission)).elevation_deg
    if sun_deg < 0.0:
        yield (
            "epoch.landing_utc",
            f"{mission.epoch.landing_utc} is night at the site, the Sun {-sun_deg:.1f} deg below "
            f"the level, and {' and '.join(keys)} need light; {_when(mission)}, or take them out",
        )


def _when(mission: Mission) -> str:
    """Return what day there is to land in, in words."""
    found = next_day(mission.epoch.landing_utc, site_frame(mission))
    if found is None:
        return f"the Sun does not rise there within {_YEAR_DAYS} days: land elsewhere"
    rises, sets = (f"{each:%Y-%m-%dT%H:00Z}" for each in found)
    return f"land by day, as from {rises} to {sets}"


def next_day(utc: str, frame: SiteFrame) -> tuple[datetime, datetime] | None:
    """Return the next sunrise and the sunset after it over the level of a site.

    Parameters
    ----------
    utc : str
        By night.
    frame : SiteFrame

    Returns
    -------
    tuple of datetime, or None
        To the hour inside the day, as the Sun's centre is seen; None where it does not rise within
        400 days. A day that lasts longer than that ends there.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.mission.odd_sky import next_day, site_frame
    >>> rises, sets = next_day("2024-06-15T00:00:00Z", site_frame(load_mission("chang-e-6")))
    >>> f"{rises:%m-%d %H}", f"{sets:%m-%d %H}"
    ('06-27 00', '07-11 11')
    """

    def up(when: datetime) -> bool:
        return bool(sun_direction(when, frame).elevation_deg > 0.0)

    begin = parse_utc(utc)
    end, step = begin + timedelta(days=_YEAR_DAYS), timedelta(hours=12)

    def change(when: datetime, to: bool) -> datetime | None:
        while up(when) != to:
            when += step
            if when > end:
                return None
        low, high = when - step, when
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) / 2
            low, high = (low, middle) if up(middle) == to else (middle, high)
        return high

    rises = change(begin, True)
    if rises is None:
        return None
    sets = change(rises + timedelta(minutes=1), False) or end
    hour = timedelta(hours=1)
    inside = rises + hour - timedelta(minutes=1)
    return inside.replace(minute=0, second=0, microsecond=0), (sets - timedelta(minutes=1)).replace(
        minute=0, second=0, microsecond=0
    )


def look_at_times(mission: Mission) -> Odd:
    """Yield a descent that no orbit is flown in, or that lasts longer than one."""
    epoch, lasts_s = mission.epoch, descent_s(mission)
    if lasts_s > _DESCENT_MOST_S:
        yield (
            "epoch.landing_utc",
            f"{epoch.landing_utc} is {lasts_s / 3600.0:.1f} h after pdi_utc: a powered descent "
            "lasts minutes; give the time of touchdown",
        )


def descent_s(mission: Mission) -> float:
    """Return the time between initiation and touchdown by the mission's epoch [s]."""
    epoch = mission.epoch
    return (parse_utc(epoch.landing_utc) - parse_utc(epoch.pdi_utc)).total_seconds()


def site_frame(mission: Mission) -> SiteFrame:
    """Return the frame of a mission's site."""
    site = mission.site
    return SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
