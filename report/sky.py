"""Where Sun and Earth stood at the landing: the light in the pictures, the words on the page."""

from farside.flight.landing import Landing
from farside.mission import SiteFrame, earth_direction, sun_direction
from farside.mission.ephemeris import Direction


def sun_at_landing(landing: Landing) -> Direction:
    """Direction of the Sun at the site when the mission lands."""
    return sun_direction(landing.plan.epoch.landing_utc, _frame(landing))


def earth_at_landing(landing: Landing) -> Direction:
    """Direction of the Earth at the site when the mission lands."""
    return earth_direction(landing.plan.epoch.landing_utc, _frame(landing))


def _frame(landing: Landing) -> SiteFrame:
    """Frame of the site."""
    site = landing.plan.site
    return SiteFrame(site.latitude_deg, site.longitude_deg, landing.radius_m)
