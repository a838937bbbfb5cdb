"""The executive: assess each scan, then land on a site, scan again from elsewhere, or land here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.avoidance.choice import (
    RULES,
    Criteria,
    ScannedGround,
    clearance_margin_of,
    heading_rad,
    meets_margin,
    preference,
    sort_by_margin,
)
from farside.avoidance.decision import Decision, DecisionReason, Estimate, Place
from farside.avoidance.divert_cost import DivertCost, HoverState, divert_costs
from farside.mission import FlightConfig, Mission
from farside.mission.instruments import Lidar
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardMap,
    LanderFootprint,
    LandingSite,
)
from farside.terrain.assessment import Workspace

#: What ground without a return counts as where sides are compared: beyond every limit.
UNSEEN_SLOPE_DEG, UNSEEN_STEP_M = 90.0, 10.0


@dataclass(frozen=True, eq=False)
class ScanResult:
    """The map made of one scan, and the sites on it, the best first."""

    number: int  # of the scan, from 0; scans without a return count
    hazards: HazardMap | Assessment  # by the rule of the mission, `hazards.stand`
    sites: tuple[LandingSite, ...]
    divert_cost: DivertCost | None  # None where no cell has one
    taken_from: NDArray[np.float64]  # the lander in the middle of the scan [m, site axes]

    @property
    def best(self) -> LandingSite:
        """The site that is taken if this scan is."""
        return self.sites[0]


class HazardAvoidance:
    """The hazard avoidance of one descent: from points or a map to a decision.

    Give each scan to `assess` and, when its result is there, ask `decide`; `step` does both at
    once. Steer to `Decision.target_site`, and go on until a decision is final. One object serves
    one descent; it allocates while it is made and in its first scan, and is not for two threads.

    Parameters
    ----------
    mission : FlightConfig or Mission
        Vehicle, hazards, lidar as specified and `[avoidance]`. Of a mission only its `FlightConfig`
        is kept.

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

    def __init__(self, mission: FlightConfig | Mission) -> None:
        config = FlightConfig.of(mission)
        hazards = config.hazards
        self._config = config
        self._criteria = Criteria.of(config)
        self._assess = RULES[hazards.stand]
        self._clearance_margin_m = clearance_margin_of(config)
        self._lander = LanderFootprint.of(config)
        self._workspace = Workspace(
            (hazards.map_cells, hazards.map_cells), (hazards.cell_m, hazards.cell_m), self._lander
        )
        self._kept: ScanResult | None = None
        self._scanned_from: list[NDArray[np.float64]] = []
        self._final = False
        self.scans = 0

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

    def assess(
        self,
        estimate: Estimate,
        points: ArrayLike,
        *,
        now: Estimate | None = None,
        sigma_m: float | None = None,
        tick: int = 0,
    ) -> ScanResult | None:
        """Map the ground that a scan saw about the lander, and rank the sites on it.

        Parameters
        ----------
        estimate : Estimate
            In the middle of the scan: the map is laid about it.
        points : array_like (N, 3)
            Returns [m]: east, north, up of the site, each placed by the estimate of its moment. A
            ray without a return is NaN.
        now : Estimate, optional
            After the scan: the divert cost is computed from there. By default as `estimate`.
        sigma_m : float, optional
            Noise of a return along its ray, 1 sigma [m]; by default that of the mission's lidar.
        tick : int
            Of the map, for its record.

        Returns
        -------
        ScanResult or None
            Never without a site: where none is safe, the least bad is the only one. None where no
            point returned.

        Raises
        ------
        ValueError
            When the points have another shape or are in no place that a lander can see, or the
            mission has no lidar.
        """
        places = np.asarray(points, np.float64).reshape(-1, 3)
        if not np.isfinite(places).any():
            self.scans += 1
            return None
        hazards = self._config.hazards
        cells, cell_m = hazards.map_cells, hazards.cell_m
        east_m, north_m, up_m = (float(part) for part in estimate.r_site)
        elevation = ElevationMap.from_points(
            places,
            cell_m,
            shape=(cells, cells),
            east_m=east_m - 0.5 * (cells - 1) * cell_m,
            north_m=north_m - 0.5 * (cells - 1) * cell_m,
            frame="site",
            tick=tick,
        )
        lidar = self._lidar()
        height_m = up_m - float(np.nanmedian(elevation.heights))
        return self.assess_map(
            estimate,
            elevation,
            now=now,
            sigma_m=lidar.image_sigma_m if sigma_m is None else sigma_m,
            spacing_m=lidar.spacing_m(height_m),
        )

    def assess_map(
        self,
        estimate: Estimate,
        elevation: ElevationMap,
        *,
        now: Estimate | None = None,
        sigma_m: float = 0.0,
        spacing_m: float = 0.0,
    ) -> ScanResult:
        """Rank the sites of a map that the host made.

        Parameters
        ----------
        estimate, now
            As of `assess`.
        elevation : ElevationMap
            Heights [m] in the site axes of the estimate.
        sigma_m : float
            Noise of a height, 1 sigma [m].
        spacing_m : float
            Of the returns that it was gridded from [m]; 0 for heights that are taken as they are.

        Returns
        -------
        ScanResult

        Raises
        ------
        ValueError
            When the lander is below the ground, or its legs do not fit on the cells.
        """
        here = np.array(estimate.r_site, np.float64)
        hover = HoverState.of(self._config, estimate if now is None else now)
        ground = ScannedGround(
            elevation,
            sigma_m,
            spacing_m,
            (float(here[0]), float(here[1]), float(here[2])),
            self._workspace_for(elevation),
            self._criteria,
            divert_costs(self._config, hover, elevation),
        )
        found = self._assess(ground)
        sites = sort_by_margin(
            found.sites, self._clearance_margin_m, self._criteria.settings.accept_probability
        )
        number = self.scans
        self.scans += 1
        return ScanResult(number, found.hazards, tuple(sites), ground.divert_cost, here)

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
        """Return the point below the lander, on the level of the nominal site."""
        east, north, _ = (float(part) for part in estimate.r_site)
        return Decision(reason=DecisionReason.NO_MAP, land_here=(east, north, 0.0))

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

    def _workspace_for(self, elevation: ElevationMap) -> Workspace:
        """Return the workspace for maps of this shape and cell; another is made and kept."""
        cell_m = (elevation.cell_east_m, elevation.cell_north_m)
        if (self._workspace.shape, self._workspace.cell_m) != (elevation.shape, cell_m):
            self._workspace = Workspace(elevation.shape, cell_m, self._lander)
        return self._workspace

    def _lidar(self) -> Lidar:
        lidar = self._config.sensors.lidar
        if lidar is None:
            raise ValueError(f"{self._config.name} has no lidar; add [sensors.lidar] to its file")
        return lidar
