"""Two rules for where to land: on the legs, with a probability, or on the disc alone.

A mission names its rule (`hazards.stand`). Either returns the map that it made and the sites ranked
on it; where none is safe, one site that is marked as the least bad.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farside.avoidance.divert_cost import DivertCost
from farside.mission import FlightConfig
from farside.mission.avoidance import Avoidance
from farside.mission.ramp import Ramp
from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardLimits,
    HazardMap,
    LanderFootprint,
    LandingSite,
    Reason,
    Sensing,
    SiteWeights,
    TouchdownDispersion,
    assess,
    choose_sites,
    least_bad,
    map_hazards,
)
from farside.terrain.assessment import Workspace
from farside.terrain.ramp import ramp_reasons
from farside.terrain.sites import mark_out_of_reach

Bits = NDArray[np.uint8] | NDArray[np.uint16]


class RankedMap(NamedTuple):
    """A map and the sites on it, the best first; never without a site."""

    hazards: HazardMap | Assessment
    sites: list[LandingSite]


@dataclass(frozen=True)
class Criteria:
    """What a mission asks of a site."""

    limits: HazardLimits
    obstacle_margin_m: float  # that the disc rule first keeps off the limit of the deviation
    navigation_error_m: float  # 3 sigma, of the touchdown against the map
    ranked_by: str = "metres"  # from the lander, or "kilograms" of the divert cost
    settings: Avoidance = field(default_factory=Avoidance)
    ramp: Ramp | None = None  # of a rover

    @classmethod
    def of(cls, config: FlightConfig) -> Criteria:
        """Return the criteria of a mission."""
        hazards = config.hazards
        return cls(
            HazardLimits(hazards.slope_deg, hazards.obstacle_m),
            hazards.obstacle_margin_m,
            hazards.navigation_error_m,
            hazards.price,
            config.avoidance,
            hazards.ramp,
        )


@dataclass(frozen=True)
class ScannedGround:
    """A map of scanned ground, and what is known of how it was made."""

    elevation: ElevationMap
    sensing: Sensing
    taken_from: tuple[float, float, float]  # the lander [m], in the frame of the map
    workspace: Workspace
    criteria: Criteria
    divert_cost: DivertCost | None = None  # of the cells, where it is known
    usual_heading_deg: float = 0.0  # azimuth of body x where nothing speaks for another

    @property
    def _ranking_cost(self) -> DivertCost | None:
        return self.divert_cost if self.criteria.ranked_by == "kilograms" else None

    @property
    def cost_kg(self) -> NDArray[np.float32] | None:
        """Divert cost of each cell [kg], if that ranks them."""
        return self._ranking_cost.cost_kg if self._ranking_cost else None

    @property
    def cost_scale_kg(self) -> float | None:
        """The cost that halves the cost score [kg]."""
        return self._ranking_cost.cost_scale_kg if self._ranking_cost else None

    def with_reach(self, reasons: Bits) -> NDArray[np.uint16]:
        """Return the reasons of a map of this ground, with OUT_OF_REACH added."""
        if self.divert_cost is None or not self.divert_cost.has_unreachable:
            return np.asarray(reasons, np.uint16)
        return mark_out_of_reach(reasons, self.divert_cost.cost_kg)

    def with_ramp(self, assessment: Assessment) -> Iterator[Assessment]:
        """Yield an assessment with RAMP where a rover could not leave, and the one without."""
        ramp = self.criteria.ramp
        if ramp is not None:
            bits = ramp_reasons(assessment, ramp, self.usual_heading_deg)
            yield replace(assessment, reasons=assessment.reasons | bits)
        yield assessment


def assess_by_legs(ground: ScannedGround) -> RankedMap:
    """Rank sites by the contact of the legs at every heading, each cell with its probability.

    Where no cell has `safe_probability`, the most probable one of `fallback_probability` is the
    only site; where none has that, see `_most_probable_or_disc`.
    """
    settings = ground.criteria.settings
    dispersion_m = ground.criteria.navigation_error_m / 3.0
    assessed = assess(
        ground.elevation,
        ground.workspace.lander,
        ground.criteria.limits,
        sensing=ground.sensing,
        dispersion=TouchdownDispersion(dispersion_m, dispersion_m),
        least_probability=settings.safe_probability,
        workspace=ground.workspace,
    )
    for fallback in (False, True):
        if fallback:
            assessed = assessed.relaxed(settings.fallback_probability)
        assessment = replace(assessed, reasons=ground.with_reach(assessed.reasons))
        for kept in ground.with_ramp(assessment):
            if sites := kept.sites(
                here=ground.taken_from[:2],
                cost=ground.cost_kg,
                cost_scale=ground.cost_scale_kg,
                clearance_weight=settings.legs_clearance_weight,
                clearance_scale=settings.legs_clearance_scale,
            ):
                # Below the safe probability only the probability ranks, not the cost.
                likely = max_probability(kept) if fallback else None
                return RankedMap(
                    kept, [replace(likely, reasons=Reason.UNSURE)] if likely else sites
                )
    return _most_probable_or_disc(ground, assessment)


def weights_of(settings: Avoidance, cost_scale: float | None = None) -> SiteWeights:
    """Return the weights of the disc rule's score, which add up to 1.

    Parameters
    ----------
    settings : Avoidance
        Of a mission.
    cost_scale : float, optional
        The cost that halves the cost score, in the unit of the cost.
    """
    given = (
        settings.clearance_weight,
        settings.slope_weight,
        settings.roughness_weight,
        settings.cost_weight,
    )
    total = sum(given)
    clearance, slope, roughness, cost = (weight / total for weight in given)
    return SiteWeights(
        clearance, slope, roughness, cost, settings.clearance_scale_m, cost_scale=cost_scale
    )


def assess_by_disc(ground: ScannedGround) -> RankedMap:
    """Hold slope and roughness of the disc to the limits, within the navigation error all about.

    With the margin first; where that leaves nothing, at the limits themselves, and then the site
    that keeps furthest inside them, whatever it costs to reach.
    """
    here = ground.taken_from[:2]
    limits, margin_m = ground.criteria.limits, ground.criteria.obstacle_margin_m
    weights = weights_of(ground.criteria.settings, ground.cost_scale_kg)
    kept = HazardLimits(limits.slope_deg, limits.roughness_m - margin_m)
    for tried in (kept, limits):
        hazard_map = map_hazards(
            ground.elevation,
            tried,
            ground.workspace.lander.footprint_m,
            ground.criteria.navigation_error_m,
            sensor_m=ground.taken_from,
            workspace=ground.workspace.disc,
        )
        hazard_map = replace(hazard_map, reasons=ground.with_reach(hazard_map.reasons))
        if sites := choose_sites(hazard_map, here, cost=ground.cost_kg, weights=weights):
            if tried is kept:
                return RankedMap(hazard_map, sites)
            furthest = least_bad(hazard_map, here, ground.cost_kg)
            return RankedMap(hazard_map, [replace(furthest or sites[0], least_bad=False)])
    found = least_bad(hazard_map, here, ground.cost_kg) or _below(ground)
    return RankedMap(hazard_map, [found])


def _most_probable_or_disc(ground: ScannedGround, assessment: Assessment) -> RankedMap:
    """Return the disc rule's site if it is safe; else the most probable cell, or the least bad."""
    best = max_probability(assessment)
    hazard_map, (disc, *_others) = assess_by_disc(ground)
    if best and disc.least_bad:
        return RankedMap(assessment, [replace(best, reasons=Reason.UNSURE, least_bad=True)])
    elevation = assessment.elevation
    row = round((disc.north_m - elevation.north_m) / elevation.cell_north_m)
    col = round((disc.east_m - elevation.east_m) / elevation.cell_east_m)
    heading_deg = float(assessment.best_heading_deg[row, col])
    found = assessment if disc.least_bad else hazard_map
    return RankedMap(found, [replace(disc, heading_deg=heading_deg, least_bad=True)])


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


def _below(ground: ScannedGround) -> LandingSite:
    """Return the point under the lander as a site, when no footprint was seen whole."""
    level = float(np.nanmedian(ground.elevation.heights))
    nan = float("nan")
    return LandingSite(
        east_m=ground.taken_from[0],
        north_m=ground.taken_from[1],
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


#: By the names of a mission's `hazards.stand`.
RULES: dict[str, Callable[[ScannedGround], RankedMap]] = {
    "legs": assess_by_legs,
    "disc": assess_by_disc,
}


def clearance_margin_of(config: FlightConfig) -> float:
    """Return the clearance that a site needs to be taken without another scan [m].

    The clearance of a site by the legs begins where landings are probable enough, with the
    navigation error taken off; by the disc it begins at ground that is not safe itself.
    """
    errors = {"legs": config.avoidance.legs_clearance, "disc": config.avoidance.disc_clearance}
    return errors[config.hazards.stand] * config.hazards.navigation_error_m


def meets_margin(site: LandingSite, clearance_margin_m: float, probability: float) -> bool:
    """Return whether a site is taken without another scan.

    Parameters
    ----------
    site : LandingSite
        A site; one of the disc rule has no probability, and needs none.
    clearance_margin_m : float
        Least clearance [m].
    probability : float
        Least probability of a safe landing.
    """
    return (
        not site.least_bad
        and site.clearance_m >= clearance_margin_m
        and not site.probability < probability
    )


def sort_by_margin(
    sites: list[LandingSite], clearance_margin_m: float, probability: float
) -> list[LandingSite]:
    """Sort sites that `meets_margin` before the others; each of the two groups keeps its order.

    Another scan is half a minute of hovering, which costs more than the divert to any site.
    """
    return sorted(sites, key=lambda site: not meets_margin(site, clearance_margin_m, probability))


def preference(site: LandingSite, fallback_probability: float) -> tuple[bool, bool, bool, float]:
    """Return the sort key of the best sites of two scans; the greater is preferred.

    A safe site first, then one of the fallback probability, then one that the disc rule finds
    safe; then by probability, or by clearance or exceedance where there is none.
    """
    likely, unblamed = site.probability >= fallback_probability, site.reasons == 0
    merit = site.probability
    if math.isnan(merit):
        merit = site.clearance_m if unblamed else -site.exceedance
    return not site.least_bad, likely, unblamed, merit


def heading_rad(site: LandingSite, lander: LanderFootprint, usual_deg: float) -> float | None:
    """Return the azimuth of body x that puts the pads where the site has them.

    None where the site has no heading.
    """
    if math.isnan(site.heading_deg):
        return None
    return math.radians(lander.azimuth_deg(site.heading_deg, usual_deg))
