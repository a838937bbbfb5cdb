"""What is odd about a mission's times: cameras by night, a descent that lasts for hours."""

from collections.abc import Iterator

from farside.mission.ephemeris import parse_utc, sun_direction
from farside.mission.frames import SiteFrame
from farside.mission.schema import Mission

Odd = Iterator[tuple[str, str]]

#: Longest powered descent [s]: two hours, an orbit.
_DESCENT_MOST_S = 7200.0


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
            f"the level, and {' and '.join(keys)} need light; land by day, or take them out",
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
