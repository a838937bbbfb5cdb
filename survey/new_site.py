"""What a mission needs of its own when it is flown to another place: keys, and where each is from.

What is measured there is measured: elevation and relief, by the whole-Moon DEM. The day and the way
in are worked out. What nothing here knows of the place, rocks and the age of its surface, is the
other mission's, and each key says so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from farside.ground.measured import whole_moon_radius
from farside.ground.roughness import HURST_BELOW, roughness_at
from farside.mission import Mission, SiteFrame, sun_direction
from farside.mission.ephemeris import parse_utc
from farside.mission.inherited import GROUND, WHOLE
from farside.mission.moon import MEAN_RADIUS_M
from farside.survey.errors import check_place
from farside.survey.landing_approach import azimuths, inclination_of
from farside.survey.metre_slopes import MetreSlope, metre_slope

#: From one sunrise to the next, mean [days].
_LUNATION_DAYS = 29.530589
_KINDS = {"mare": "a mare", "highland": "highlands", "between": "ground between the two"}
Given = dict[str, tuple[Any, str]]


def site_values(plan: Mission, latitude_deg: float, longitude_deg: float) -> Given:
    """Return the keys of a mission that is flown to another place.

    Parameters
    ----------
    plan : Mission
        Whose lander, orbit and ground are taken there.
    latitude_deg, longitude_deg : float
        Planetocentric mean-Earth [deg]; any turn of longitude.

    Returns
    -------
    dict
        Keys as `Mission.replace` takes them: a value, and where it is from in a few words.

    Raises
    ------
    SurveyError
        No place of the Moon.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.survey.new_site import site_values
    >>> found = site_values(load_mission("chang-e-6"), -60.0, 150.0)
    >>> found["site.elevation_m"][0], found["ground.deviation_474_m"]
    (-3481.1, (64.7, 'by the whole-Moon DEM'))
    >>> found["ground.crater_age_ga"]
    (2.8, "not known here: chang-e-6's is assumed")
    """
    check_place(latitude_deg, longitude_deg, "--site")
    longitude_deg = round(longitude_deg % 360.0, 6) % 360.0
    elevation_m = whole_moon_radius(latitude_deg, longitude_deg) - MEAN_RADIUS_M
    return {
        "site.latitude_deg": (latitude_deg, "as asked"),
        "site.longitude_deg": (longitude_deg, "as asked"),
        "site.elevation_m": (round(elevation_m, 1), "by the whole-Moon DEM"),
        **_day(plan, latitude_deg, longitude_deg),
        **_way_in(plan, latitude_deg),
        **_ground(plan, latitude_deg, longitude_deg),
    }


def tables_left_out(plan: Mission) -> tuple[str, ...]:
    """Return the tables of a mission that hold for its own flight alone."""
    return tuple(key for key in WHOLE if getattr(plan, key))


def assumed_ground(plan: Mission) -> Given:
    """Return the keys of a mission's [ground] that no measured heights tell of another place."""
    told = ("deviation_474_m", "hurst_regional", "slope_5m_deg")
    held = {key: getattr(plan.ground, key) for key in GROUND if key not in told}
    source = f"not known here: {plan.name}'s is assumed"
    return {f"ground.{key}": (value, source) for key, value in held.items() if value is not None}


def _ground(plan: Mission, latitude_deg: float, longitude_deg: float) -> Given:
    here = roughness_at(latitude_deg, longitude_deg)
    found = metre_slope(plan.ground, latitude_deg, longitude_deg)
    power = f"{HURST_BELOW:g} from 3.8 km to 474 m in Apollo (GLD100)"
    if found.hurst_regional > HURST_BELOW:
        power += f"; more, as {HURST_BELOW:g} would make slopes too steep"
    return {
        "ground.deviation_474_m": (
            round(float(here.deviation_474_m), 1),
            "by the whole-Moon DEM",
        ),
        "ground.hurst_regional": (round(found.hurst_regional, 3), power),
        "ground.slope_5m_deg": (round(found.slope_5m_deg, 2), slope_source(plan, found)),
        **assumed_ground(plan),
    }


def slope_source(plan: Mission, found: MetreSlope) -> str:
    """Return where a slope over 5 m is from, and how far it may be off.

    Parameters
    ----------
    plan : Mission
        Whose craters are assumed.
    found : MetreSlope
        Of the place.
    """
    low, high = found.range_deg
    least, most = found.octaves_deg
    return (
        "An estimate. The whole-Moon DEM, 3.8 km from post to post, tells maria from highlands and "
        f"no more; here it says {_KINDS[found.kind]}. By the Moon's medians the whole ground "
        f"slopes by {found.median_deg:.1f} deg over 5 m, median; {low:.1f} to {high:.1f} are "
        f"likely (90 %). With the relief, and {plan.name}'s craters, this key makes it "
        f"{found.drawn_deg:.1f}; it may itself be {least:.1f} to {most:.1f}. Give one that was "
        "measured where there is one (docs/decisions/093-slopes-over-metres.md)"
    )


def steep_line(plan: Mission, latitude_deg: float, longitude_deg: float) -> str | None:
    """Return a line of warning where half of the ground is steeper than a lander may stand on."""
    found = metre_slope(plan.ground, latitude_deg, longitude_deg)
    most = plan.hazards.slope_deg
    if found.drawn_deg < most:
        return None
    return (
        f"ground: half of it slopes by {found.drawn_deg:.1f} deg and more over 5 m where "
        f"hazards.slope_deg allows {most:g}: few places will be safe; farside survey finds better "
        "ground"
    )


def _day(plan: Mission, latitude_deg: float, longitude_deg: float) -> Given:
    """Return the times at which it is as early in the lunar day as at the mission's own site."""
    later = (plan.site.longitude_deg - longitude_deg + 180.0) % 360.0 - 180.0
    shift = timedelta(seconds=round(later / 360.0 * _LUNATION_DAYS * 86400.0))
    start, landing = (
        f"{parse_utc(utc) + shift:%Y-%m-%dT%H:%M:%SZ}"
        for utc in (plan.epoch.pdi_utc, plan.epoch.landing_utc)
    )
    frame = SiteFrame(latitude_deg, longitude_deg, MEAN_RADIUS_M)
    sun_deg = float(sun_direction(landing, frame).elevation_deg)
    sun = f"the Sun {abs(sun_deg):.1f} deg {'high' if sun_deg >= 0.0 else 'below the level'}"
    hour = f"the hour of the lunar day of {plan.name}"
    return {"epoch.pdi_utc": (start, hour), "epoch.landing_utc": (landing, f"the same; {sun}")}


def _way_in(plan: Mission, latitude_deg: float) -> Given:
    """Return the azimuth of the mission's own inclination that is nearest to its own."""
    own = plan.orbit.arrival_azimuth_deg
    ways, inclination = azimuths(latitude_deg, inclination_of(plan))
    azimuth = min(ways, key=lambda way: abs((way - own + 180.0) % 360.0 - 180.0))
    turned = round(azimuth, 3) % 360.0
    heading = round((plan.guidance.heading_deg + azimuth - own) % 360.0, 3) % 360.0
    source = f"of an orbit inclined by {inclination:.1f} deg"
    if abs(inclination - inclination_of(plan)) > 0.05:
        source += f", the nearest to {plan.name}'s {inclination_of(plan):.1f}"
    return {
        "orbit.arrival_azimuth_deg": (turned, source),
        "guidance.heading_deg": (heading, f"turned with the way in from {plan.name}'s"),
    }
