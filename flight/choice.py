"""Two rules for where to stand: on the legs, with a probability, or on the disc alone.

A mission names its rule (`hazards.stand`); both give the map that they made and the sites on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardLimits,
    HazardMap,
    LanderFootprint,
    LandingSite,
    assess,
    choose_sites,
    map_hazards,
)
from farside.terrain.assessment import Workspace

Judged = tuple[HazardMap | Assessment, list[LandingSite]]

#: A site less sure than this is kept in mind while there is time for another look.
SURE = 0.9995


@dataclass(frozen=True)
class View:
    """What a scan showed."""

    elevation: ElevationMap
    sigma_m: float  # of a height, 1 sigma
    here: tuple[float, float, float]  # the lander [m], in the frame of the map
    navigation_error_m: float  # 3 sigma, of the touchdown against the map
    workspace: Workspace


class Rule(NamedTuple):
    """How a map is judged, and how much room a site needs to be taken without another look."""

    judge: Callable[[View, HazardLimits], Judged]
    room: float  # navigation errors that the clearance on the map must be


def by_legs(view: View, limits: HazardLimits) -> Judged:
    """Stand on the legs at whatever heading, each cell as sure as noise and navigation leave it."""
    dispersion_m = view.navigation_error_m / 3.0
    assessment = assess(
        view.elevation,
        view.workspace.lander,
        limits,
        sigma_m=view.sigma_m,
        dispersion_m=(dispersion_m, dispersion_m),
        sensor_m=view.here,
        workspace=view.workspace,
    )
    return assessment, assessment.sites(here=view.here[:2])


def by_disc(view: View, limits: HazardLimits) -> Judged:
    """Hold slope and roughness of the disc to the limits, within the navigation error all about."""
    hazard_map = map_hazards(
        view.elevation,
        limits,
        view.workspace.lander.footprint_m,
        view.navigation_error_m,
        sensor_m=view.here,
        workspace=view.workspace.disc,
    )
    return hazard_map, choose_sites(hazard_map, view.here[:2])


#: By the names of a mission's `hazards.stand`. The legs' clearance begins where the landing is sure,
#: the navigation error already taken off; the disc's at ground that is not safe itself.
RULES = {"legs": Rule(by_legs, 0.5), "disc": Rule(by_disc, 1.5)}


def enough(site: LandingSite, room_m: float) -> bool:
    """Tell whether a site is taken without another look; a rule that gives no odds needs none."""
    return not site.least_bad and site.clearance_m >= room_m and not site.probability < SURE


def preference(site: LandingSite) -> tuple[bool, float]:
    """Rank the best of two looks: a safe site before the least bad, then the surer or roomier."""
    if site.least_bad:
        return False, -site.exceedance
    return True, site.clearance_m if math.isnan(site.probability) else site.probability


def heading_rad(site: LandingSite, lander: LanderFootprint, usual_deg: float) -> float | None:
    """Give the azimuth of body x that puts the pads where the site wants them.

    A site's heading is a pad's, from east towards north; pads stand half their spacing off body x.
    Of the azimuths that the legs' symmetry makes alike, the nearest to the usual one; None where
    the site wants no heading.
    """
    if math.isnan(site.heading_deg):
        return None
    spacing = 360.0 / lander.legs
    azimuth = 90.0 - (site.heading_deg - 0.5 * spacing)
    return math.radians(usual_deg + (azimuth - usual_deg + 0.5 * spacing) % spacing - 0.5 * spacing)
