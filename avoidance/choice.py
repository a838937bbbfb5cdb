"""Two rules for where to stand: on the legs, with a probability, or on the disc alone.

A mission names its rule (`hazards.stand`). Either gives the map that it made and the sites ranked
on it; where none is safe, one site that is marked as the least bad.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.avoidance.divert_cost import DivertCost
from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardLimits,
    HazardMap,
    LanderFootprint,
    LandingSite,
    Reason,
    SiteWeights,
    assess,
    choose_sites,
    least_bad,
    map_hazards,
)
from farside.terrain.assessment import Workspace
from farside.terrain.sites import mark_out_of_reach

Bits = NDArray[np.uint8] | NDArray[np.uint16]
RankedMap = tuple[HazardMap | Assessment, list[LandingSite]]

#: A site less sure than this is kept in mind while there is time for another look.
SURE = 0.9995
#: Where no cell is safe with the first, one that is fairly sure, with the second, is accepted; one
#: that is not gives way to a cell that the disc finds safe.
FAIR = 0.95
ACCEPTED = (0.997, FAIR)


@dataclass(frozen=True)
class View:
    """What a scan showed."""

    elevation: ElevationMap
    sigma_m: float  # of a return, 1 sigma
    spacing_m: float  # of the returns on the ground
    here: tuple[float, float, float]  # the lander [m], in the frame of the map
    navigation_error_m: float  # 3 sigma, of the touchdown against the map
    limits: HazardLimits
    margin_m: float  # that the disc rule first keeps off the limit of the deviation
    workspace: Workspace
    price: DivertCost | None = None  # of the ways to the cells, where it is known
    ranked_by: str = "metres"  # from here, or "kilograms" of that price

    @property
    def cost(self) -> NDArray[np.float32] | None:
        """What each cell costs to reach [kg], if that ranks them."""
        return self.price.cost_kg if self.price and self.ranked_by == "kilograms" else None

    @property
    def cost_scale(self) -> float | None:
        """What of it is worth half [kg]."""
        return self.price.cost_scale_kg if self.price and self.ranked_by == "kilograms" else None

    def reached(self, reasons: Bits) -> NDArray[np.uint16]:
        """Return the reasons of a map of this view, with what is out of reach among them."""
        if self.price is None or not self.price.has_unreachable:
            return np.asarray(reasons, np.uint16)
        return mark_out_of_reach(reasons, self.price.cost_kg)


class Rule(NamedTuple):
    """How a map is judged, and how much room a site needs to be taken without another look."""

    judge: Callable[[View], RankedMap]
    room: float  # navigation errors that the clearance on the map must be


def assess_by_legs(view: View) -> RankedMap:
    """Stand on the legs at whatever heading, each cell as sure as noise and navigation leave it."""
    dispersion_m = view.navigation_error_m / 3.0
    for accepted in ACCEPTED:
        assessment = assess(
            view.elevation,
            view.workspace.lander,
            view.limits,
            sigma_m=view.sigma_m,
            spacing_m=view.spacing_m,
            dispersion_m=(dispersion_m, dispersion_m),
            least_probability=accepted,
            sensor_m=view.here,
            workspace=view.workspace,
        )
        assessment = replace(assessment, reasons=view.reached(assessment.reasons))
        if sites := assessment.sites(
            here=view.here[:2], cost=view.cost, cost_scale=view.cost_scale
        ):
            # Where none is sure, what counts is how sure the one is, not the way to it.
            fair = max_probability(assessment) if accepted == FAIR else None
            return assessment, [replace(fair, reasons=Reason.UNSURE)] if fair else sites
    return _where_nothing_is_sure(view, assessment)


def assess_by_disc(view: View) -> RankedMap:
    """Hold slope and roughness of the disc to the limits, within the navigation error all about.

    With the margin first; where that leaves nothing, at the limits themselves, and then the site
    that keeps furthest inside them, whatever the way to it.
    """
    here = view.here[:2]
    weights = SiteWeights(cost_scale=view.cost_scale)
    kept = HazardLimits(view.limits.slope_deg, view.limits.roughness_m - view.margin_m)
    for limits in (kept, view.limits):
        hazard_map = map_hazards(
            view.elevation,
            limits,
            view.workspace.lander.footprint_m,
            view.navigation_error_m,
            sensor_m=view.here,
            workspace=view.workspace.disc,
        )
        hazard_map = replace(hazard_map, reasons=view.reached(hazard_map.reasons))
        if sites := choose_sites(hazard_map, here, cost=view.cost, weights=weights):
            if limits is kept:
                return hazard_map, sites
            furthest = least_bad(hazard_map, here, view.cost)
            return hazard_map, [replace(furthest or sites[0], least_bad=False)]
    return hazard_map, [least_bad(hazard_map, here, view.cost) or _below(view)]


def _where_nothing_is_sure(view: View, assessment: Assessment) -> RankedMap:
    """Go by the disc's map if that has a safe site; else take the most probable cell,
    or the least bad.
    """
    best = max_probability(assessment)
    hazard_map, (disc, *_others) = assess_by_disc(view)
    if best and disc.least_bad:
        return assessment, [replace(best, reasons=Reason.UNSURE, least_bad=True)]
    elevation = assessment.elevation
    row = round((disc.north_m - elevation.north_m) / elevation.cell_north_m)
    col = round((disc.east_m - elevation.east_m) / elevation.cell_east_m)
    heading_deg = float(assessment.best_heading_deg[row, col])
    judged = assessment if disc.least_bad else hazard_map
    return judged, [replace(disc, heading_deg=heading_deg, least_bad=True)]


def max_probability(assessment: Assessment) -> LandingSite | None:
    """Return the most probable of the cells that only too small a probability rules out."""
    unsure = np.uint16(Reason.UNSURE)
    # No clearance and no cost: only the probability ranks.
    allowed = replace(
        assessment,
        reasons=assessment.reasons & ~unsure,
        clearance_m=np.zeros_like(assessment.clearance_m),
    )
    best = allowed.sites(1, cost=np.zeros(assessment.elevation.shape, np.float32))
    return best[0] if best else None


def _below(view: View) -> LandingSite:
    """Return the point under the lander as a site, when no footprint was seen whole."""
    level = float(np.nanmedian(view.elevation.heights))
    nan = float("nan")
    return LandingSite(
        east_m=view.here[0],
        north_m=view.here[1],
        height_m=level,
        slope_deg=nan,
        roughness_m=nan,
        clearance_m=0.0,
        score=0.0,
        cost=0.0,
        reasons=Reason.UNSEEN,
        exceedance=math.inf,
        least_bad=True,
    )


#: By the names of a mission's `hazards.stand`. The legs' clearance begins where landings are sure,
#: the navigation error already taken off; the disc's at ground that is not safe itself.
RULES = {"legs": Rule(assess_by_legs, 0.5), "disc": Rule(assess_by_disc, 1.5)}


def meets_margin(site: LandingSite, room_m: float) -> bool:
    """Return whether a site is taken without another look; a rule that gives no odds needs none."""
    return not site.least_bad and site.clearance_m >= room_m and not site.probability < SURE


def sort_by_margin(sites: list[LandingSite], room_m: float) -> list[LandingSite]:
    """Put the sites that are taken without another look before the others, ranked as they were.

    Another look is a hover of half a minute, dearer than the way to any site on the map.
    """
    return sorted(sites, key=lambda site: not meets_margin(site, room_m))


def preference(site: LandingSite) -> tuple[bool, bool, bool, float]:
    """Rank the best of two looks: safe, fairly sure, safe by the disc; then by how much."""
    fair, unblamed = site.probability >= FAIR, site.reasons == 0
    merit = site.probability
    if math.isnan(merit):
        merit = site.clearance_m if unblamed else -site.exceedance
    return not site.least_bad, fair, unblamed, merit


def heading_rad(site: LandingSite, lander: LanderFootprint, usual_deg: float) -> float | None:
    """Return the azimuth of body x that puts the pads where the site wants them.

    A site's heading is a pad's, from east towards north; pads stand half their spacing off body x.
    Of the azimuths that the legs' symmetry makes alike, the nearest to the usual one; None where
    the site wants no heading.
    """
    if math.isnan(site.heading_deg):
        return None
    spacing = 360.0 / lander.legs
    azimuth = 90.0 - (site.heading_deg - 0.5 * spacing)
    return math.radians(usual_deg + (azimuth - usual_deg + 0.5 * spacing) % spacing - 0.5 * spacing)
