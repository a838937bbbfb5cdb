"""The executive: assess each scan, then land on a site, scan again from elsewhere, or land here."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.avoidance.choice import heading_rad, meets_margin, preference
from farside.avoidance.decision import Decision, DecisionReason, Estimate, Place
from farside.avoidance.ground_level import known_ground
from farside.avoidance.scanning import ScanAssessor, ScanResult
from farside.mission import FlightConfig, Mission
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.terrain import LandingSite

#: What ground without a return counts as where sides are compared: beyond every limit.
UNSEEN_SLOPE_DEG, UNSEEN_STEP_M = 90.0, 10.0


class HazardAvoidance(ScanAssessor):
    """The hazard avoidance of one descent: from points or a map to a decision.

    Give each scan to `assess` and, when its result is there, ask `decide`; `step` does both at
    once. Steer to `Decision.target_site`, and go on until a decision is final. One object serves
    one descent; it allocates while it is made, and is not for two threads.

    Parameters
    ----------
    mission : FlightConfig or Mission
        Vehicle, hazards, lidar as specified and `[avoidance]`. Of a mission only its `FlightConfig`
        is kept.
    rehearsed : bool
        Whether `rehearse` is called here, so that the first scan takes no longer than the next.
        Otherwise call it before the first scan, from any thread, or leave it.

    Attributes
    ----------
    scans : int
        Scans assessed.

    Examples
    --------
    >>> from farside.avoidance import HazardAvoidance, HoverEstimate
    >>> from farside.mission import load_mission
    >>> avoidance = HazardAvoidance(load_mission("chang-e-6"))
    >>> hover = HoverEstimate(r_site=(3.0, -2.0, 101.0), v_site=(0.0, 0.0, 0.0), mass_kg=1900.0)
    >>> decision = avoidance.step(hover, points=[])  # nothing returned
    >>> decision.reason.name, decision.land_here
    ('NO_MAP', (3.0, -2.0, 0.0))
    """

    def __init__(self, mission: FlightConfig | Mission, *, rehearsed: bool = True) -> None:
        super().__init__(mission, rehearsed=rehearsed)
        self._kept: ScanResult | None = None
        self._scanned_from: list[NDArray[np.float64]] = []
        self._final = False

    @property
    def wants_scan(self) -> bool:
        """Whether a scan is still to be made: no decision was final yet.

        Scan when the hover is still: `farside.guidance.Autopilot.wants_scan` says when.
        """
        return not self._final

    def step(
        self,
        estimate: Estimate,
        points: ArrayLike,
        *,
        hovered_s: float = 0.0,
        sigma_m: float | None = None,
    ) -> Decision:
        """Return the decision on a scan at once, for a host that does not model its latency.

        Parameters
        ----------
        estimate, points, sigma_m
            As of `assess`.
        hovered_s : float
            As of `decide`.

        Returns
        -------
        Decision

        Raises
        ------
        ValueError
            As of `assess`.
        """
        found = self.assess(estimate, points, sigma_m=sigma_m)
        return self.decide(estimate, found, hovered_s=hovered_s)

    @property
    def kept_scan(self) -> int | None:
        """Number of the scan that the best site so far is on."""
        return None if self._kept is None else self._kept.number

    def decide(
        self, estimate: Estimate, scan: ScanResult | None, *, hovered_s: float = 0.0
    ) -> Decision:
        """Return what to do after a scan.

        A site that has too small a probability or clearance is kept while there is time for
        another scan, and taken where that finds nothing better.

        Parameters
        ----------
        estimate : Estimate
            Now.
        scan : ScanResult or None
            What `assess` returned.
        hovered_s : float
            Since the hover began [s].

        Returns
        -------
        Decision

        Examples
        --------
        >>> import numpy as np
        >>> from farside.avoidance import HazardAvoidance, HoverEstimate
        >>> from farside.mission import load_mission
        >>> east, north = np.meshgrid(np.arange(-25.5, 25.5, 0.1), np.arange(-25.5, 25.5, 0.1))
        >>> up = np.where(np.hypot(east, north) < 1.0, 0.6, 0.0)  # a block beneath the lander
        >>> avoidance = HazardAvoidance(load_mission("chang-e-6"))
        >>> hover = HoverEstimate(r_site=(0.0, 0.0, 101.0), v_site=(0.0, 0.0, 0.0), mass_kg=1900.0)
        >>> scan = avoidance.assess(hover, np.stack([east, north, up], -1).reshape(-1, 3))
        >>> decision = avoidance.decide(hover, scan, hovered_s=1.5)
        >>> decision.reason.name, decision.final, abs(decision.target_site[0]) > 4.0
        ('ACCEPTED', True, True)
        """
        if scan is None:
            self._final = True
            return self._land_without_map(estimate)
        least = self._criteria.settings.fallback_probability
        if self._kept is None or preference(scan.best, least) > preference(self._kept.best, least):
            self._kept = scan
        self._scanned_from.append(scan.taken_from)
        best = self._kept.best
        reason = self._why_again(best)
        if reason is not None:
            barred = self._why_not_again(estimate, hovered_s)
            if barred is None:
                return Decision(reason=reason, scan_from=self._translate_hover(scan))
            reason = barred
        self._final = True
        return Decision(
            reason=DecisionReason.ACCEPTED if reason is None else reason,
            site=best,
            heading_rad=heading_rad(best, self._lander, self._config.guidance.heading_deg),
            scan_number=self._kept.number,
        )

    def _why_again(self, best: LandingSite) -> DecisionReason | None:
        """Return what the best site so far lacks, or None where it is accepted."""
        accept = self._criteria.settings.accept_probability
        if meets_margin(best, self._clearance_margin_m, accept):
            return None
        if best.least_bad:
            return DecisionReason.UNSAFE
        return DecisionReason.UNSURE if best.probability < accept else DecisionReason.CLOSE

    def _why_not_again(self, estimate: Estimate, hovered_s: float) -> DecisionReason | None:
        """Return what forbids another scan and the descent after it, or None."""
        hazards, settings = self._config.hazards, self._criteria.settings
        vehicle, mass_kg = self._config.vehicle, float(estimate.mass_kg)
        if not hazards.sidestep_m > 0.0:
            return DecisionReason.NO_TRANSLATION
        if not hovered_s + settings.rescan_s <= hazards.hover_limit_s:
            return DecisionReason.OUT_OF_TIME
        exhaust_mps = vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2
        hover_kgps = SURFACE_GRAVITY_MPS2 * mass_kg / exhaust_mps
        left_kg = mass_kg - vehicle.dry_mass_kg
        if not left_kg >= hover_kgps * (settings.rescan_s + settings.descent_reserve_s):
            return DecisionReason.OUT_OF_PROPELLANT
        return None

    def _land_without_map(self, estimate: Estimate) -> Decision:
        """Return the point below the lander, on the ground known there or the nominal level."""
        east, north, _ = (float(part) for part in estimate.r_site)
        ground_m, _ = known_ground(estimate)
        level_m = ground_m if math.isfinite(ground_m) else 0.0
        return Decision(reason=DecisionReason.NO_MAP, land_here=(east, north, level_m))

    def _translate_hover(self, scan: ScanResult) -> Place:
        """Return the next hover point: towards the side of the map with the least hazards.

        Not near a place that was scanned from before, if another side is left.
        """
        step_m = self._config.hazards.sidestep_m
        step_m *= self._criteria.settings.far_translation if scan.best.least_bad else 1.0
        limits = self._criteria.limits
        steep = np.nan_to_num(scan.hazards.slope_deg, nan=UNSEEN_SLOPE_DEG) / limits.slope_deg
        rough = np.nan_to_num(scan.hazards.roughness_m, nan=UNSEEN_STEP_M) / limits.roughness_m
        hazard = np.fmax(steep, rough)
        half = hazard.shape[0] // 2
        sides = {
            (0.0, 1.0): hazard[half:],
            (0.0, -1.0): hazard[:half],
            (1.0, 0.0): hazard[:, half:],
            (-1.0, 0.0): hazard[:, :half],
        }
        fresh = [way for way in sides if self._is_fresh(scan.taken_from, way, step_m)]
        east, north = min(fresh or sides, key=lambda way: float(np.median(sides[way])))
        level_m = float(np.nanmedian(scan.hazards.elevation.heights))
        here = scan.taken_from
        return float(here[0]) + step_m * east, float(here[1]) + step_m * north, level_m

    def _is_fresh(self, here: NDArray[np.float64], way: tuple[float, float], step_m: float) -> bool:
        """Return whether a translation leads away from every earlier scan."""
        x, y = float(here[0]) + step_m * way[0], float(here[1]) + step_m * way[1]
        least_m = self._criteria.settings.fresh_distance * step_m
        return all(
            (x - float(old[0])) ** 2 + (y - float(old[1])) ** 2 >= least_m**2
            for old in self._scanned_from[:-1]
        )
