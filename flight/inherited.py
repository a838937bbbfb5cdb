"""What a mission has from another site's: one line each, with what holds here and the way out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from farside.flight.checks import MissionWarning
from farside.ground.level import FARTHEST_M
from farside.ground.measured import whole_moon_radius
from farside.mission import Mission, load_mission
from farside.mission.ephemeris import sun_direction
from farside.mission.files import Name, mission_levels
from farside.mission.frames import SiteFrame
from farside.mission.inherited import WHOLE, Inherited, inherited
from farside.mission.moon import MEAN_RADIUS_M
from farside.mission.odd_sky import site_frame

#: An elevation that is off by less than this is the whole-Moon DEM's own rounding [m].
_SAME_M = 10.0
#: A Sun that stands as high to within this lights the ground alike [deg].
_SAME_SUN_DEG = 2.0
#: An orbit's inclination is the other's to within this [deg].
_SAME_ORBIT_DEG = 1.0
#: A [ground] that says nothing of its relief is a smooth floor; the DEM may have as much more.
_ROUGHER = 2.0


def inherited_lines(name_or_path: Name, mission: Mission | None = None) -> list[str]:
    """Return what a mission's file takes from another site without saying so, a line each.

    Parameters
    ----------
    name_or_path : str or Path
        As `farside.mission.load_mission` takes it.
    mission : Mission, optional
        That was read from it.

    Returns
    -------
    list of str
        Each names keys, whose they are, what holds here and the way out.

    Raises
    ------
    MissionError
        A file that does not read.

    Examples
    --------
    >>> from farside.flight.inherited import inherited_lines
    >>> inherited_lines("chang-e-6")
    []
    """
    plan = load_mission(name_or_path) if mission is None else mission
    lines = [line for found in inherited(name_or_path) for line in _lines(plan, found)]
    return lines or [*_unsaid(name_or_path, plan)]


def warn_of_inherited(name_or_path: Name, mission: Mission) -> None:
    """Warn of what a mission's file takes from another site's, for the caller's caller.

    Parameters
    ----------
    name_or_path : str or Path
    mission : Mission
        That was read from it.

    Warns
    -----
    MissionWarning
        One line each.
    """
    for line in inherited_lines(name_or_path, mission):
        warnings.warn(MissionWarning(line), stacklevel=3)


def _lines(plan: Mission, found: Inherited) -> Iterator[str]:
    other = found.source.removesuffix(".toml")
    whose = f"from {other}, whose site is {found.apart_m / 1e3:.0f} km away"
    ground = [key.partition(".")[2] for key in found.keys if key.startswith("ground.")]
    if ground:
        yield (
            f"ground: {', '.join(ground)} {'is' if len(ground) == 1 else 'are'} {whose}"
            f"{_dem_says(plan) if 'deviation_474_m' in ground else ''}; {_way_out(plan)}"
        )
    if "site.elevation_m" in found.keys:
        yield from _elevation(plan, whose)
    if "epoch.landing_utc" in found.keys:
        yield from _day(plan, found, whose)
    if "orbit.arrival_azimuth_deg" in found.keys:
        yield from _way_in(plan, found, whose)
    whole = [key for key in found.keys if key in WHOLE]
    if whole:
        left = ", ".join(f'"{key}"' for key in whole)
        named = f"{whole[0]}:" if len(whole) == 1 else f"{whole[0]}: with {', '.join(whole[1:])}"
        yield (
            f"{named} {whose}, and of that flight alone; give this one's own, or leave out what is "
            f"not: without = [{left}]"
        )


def _dem_says(plan: Mission) -> str:
    """Return what the whole-Moon DEM has in the stead of a deviation."""
    from farside.ground.roughness import roughness_at

    here = roughness_at(plan.site.latitude_deg, plan.site.longitude_deg)
    return (
        f": deviation_474_m {plan.ground.deviation_474_m:g}, and by the whole-Moon DEM about "
        f"{float(here.deviation_474_m):.0f} here"
    )


def _way_out(plan: Mission) -> str:
    site = plan.site
    return (
        "give this site's own in [ground] (farside mission new --site "
        f"{site.latitude_deg:g} {site.longitude_deg:g} writes them)"
    )


def _unsaid(name_or_path: Name, plan: Mission) -> Iterator[str]:
    """Yield a file that says nothing of its relief where the DEM has far more than the defaults."""
    from farside.ground.roughness import roughness_at

    ground = mission_levels(name_or_path)[0].resolved.get("ground")
    if isinstance(ground, dict) and "deviation_474_m" in ground:
        return
    here = float(roughness_at(plan.site.latitude_deg, plan.site.longitude_deg).deviation_474_m)
    if here > _ROUGHER * plan.ground.deviation_474_m:
        yield (
            "ground: nothing is said of the relief, so it is a smooth floor's, deviation_474_m "
            f"{plan.ground.deviation_474_m:g}, and by the whole-Moon DEM about {here:.0f} here; "
            f"{_way_out(plan)}"
        )


def _elevation(plan: Mission, whose: str) -> Iterator[str]:
    """Yield an elevation that is another site's; one far off is told by `compare_elevation`."""
    site = plan.site
    here_m = whole_moon_radius(site.latitude_deg, site.longitude_deg) - MEAN_RADIUS_M
    if _SAME_M < abs(site.elevation_m - here_m) <= FARTHEST_M:
        yield (
            f"site.elevation_m: {site.elevation_m:g} is {whose}; the whole-Moon DEM has "
            f"{here_m:.0f} here; write that into [site]"
        )


def _day(plan: Mission, found: Inherited, whose: str) -> Iterator[str]:
    """Yield a date whose Sun stands otherwise here."""
    when = plan.epoch.landing_utc
    there = SiteFrame(found.latitude_deg, found.longitude_deg, MEAN_RADIUS_M)
    sun_deg, other_deg = (
        float(sun_direction(when, frame).elevation_deg) for frame in (site_frame(plan), there)
    )
    if abs(sun_deg - other_deg) > _SAME_SUN_DEG:
        yield (
            f"epoch.landing_utc: {when} is {whose}: the Sun stands {sun_deg:.0f} deg high here, "
            f"{other_deg:.0f} deg there; give both times of [epoch] for this site (farside horizon "
            "--mission tells when the Sun is up)"
        )


def _way_in(plan: Mission, found: Inherited, whose: str) -> Iterator[str]:
    """Yield an azimuth that is another orbit's here."""
    from farside.mission.inclination import inclination_deg

    azimuth = plan.orbit.arrival_azimuth_deg
    here, there = (
        inclination_deg(latitude, azimuth)
        for latitude in (plan.site.latitude_deg, found.latitude_deg)
    )
    if abs(here - there) > _SAME_ORBIT_DEG:
        yield (
            f"orbit.arrival_azimuth_deg: {azimuth:g} is {whose}: the orbit is inclined by "
            f"{here:.1f} deg here, {there:.1f} deg there; give this site's own (farside survey "
            "tells azimuths)"
        )
