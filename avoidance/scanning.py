"""From a scan to its map and ranked sites: what the executive decides on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.avoidance.choice import (
    RULES,
    Criteria,
    ScannedGround,
    clearance_margin_of,
    sort_by_margin,
)
from farside.avoidance.decision import Estimate, HoverEstimate
from farside.avoidance.divert_cost import DivertCost, HoverState, divert_costs
from farside.avoidance.ground_level import lowered, too_high
from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers
from farside.mission import FlightConfig, Mission
from farside.mission.instruments import Lidar
from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardMap,
    LanderFootprint,
    LandingSite,
    Sensing,
)
from farside.terrain.assessment import Workspace
from farside.terrain.fusion import FrameFusion

#: A frame's return that is less than this beneath the lidar is none of the ground [m]: a hover is
#: tens of metres up, and a range that a fault made wrong could end anywhere.
NEAREST_M = 1.0

#: Landers and maps that a scan was rehearsed for in this process.
_REHEARSED: set[tuple[LanderFootprint, tuple[int, int], tuple[float, float]]] = set()


@dataclass(frozen=True, eq=False)
class ScanResult:
    """The map made of one scan, and the sites on it, the best first.

    Attributes
    ----------
    number : int
        Of the scan, from 0; scans without a return count.
    hazards : HazardMap or Assessment
        By the rule of the mission, `hazards.stand`.
    sites : tuple of LandingSite
        The best first.
    divert_cost : DivertCost or None
        None where no cell has one.
    taken_from : ndarray, (3,)
        The lander in the middle of the scan, site axes [m].
    lowered_m : float
        By how much its ground was lowered, which lay too high beneath the lander [m]; 0: it did
        not.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.avoidance import HazardAvoidance, HoverEstimate
    >>> from farside.mission import load_mission
    >>> east, north = np.meshgrid(np.arange(-25.5, 25.5, 0.1), np.arange(-25.5, 25.5, 0.1))
    >>> points = np.stack([east, north, 0.0 * east], -1).reshape(-1, 3)  # level ground
    >>> avoidance = HazardAvoidance(load_mission("chang-e-6"))
    >>> hover = HoverEstimate(r_site=(0.0, 0.0, 101.0), v_site=(0.0, 0.0, 0.0), mass_kg=1900.0)
    >>> scan = avoidance.assess(hover, points)
    >>> scan.number, scan.hazards.safe.shape, abs(scan.best.east_m) < 0.2
    (0, (512, 512), True)
    """

    number: int
    hazards: HazardMap | Assessment
    sites: tuple[LandingSite, ...]
    divert_cost: DivertCost | None
    taken_from: NDArray[np.float64]
    lowered_m: float = 0.0

    @property
    def best(self) -> LandingSite:
        """The site that is taken if this scan is."""
        return self.sites[0]


def _place(estimate: Estimate) -> tuple[float, float, float]:
    east_m, north_m, up_m = (float(part) for part in estimate.r_site)
    return east_m, north_m, up_m


def _on_known_ground(elevation: ElevationMap, estimate: Estimate) -> tuple[ElevationMap, float]:
    """Return a map that is no higher than the ground known beneath, and how much it was [m]."""
    by_m = too_high(elevation, estimate)
    return (lowered(elevation, by_m), by_m) if by_m > 0.0 else (elevation, 0.0)


class ScanAssessor:
    """Maps scans and ranks the sites on them; `HazardAvoidance` decides.

    Parameters
    ----------
    mission : FlightConfig or Mission
        As of `HazardAvoidance`.
    rehearsed : bool
        As of `HazardAvoidance`.

    Attributes
    ----------
    scans : int
        Scans assessed.
    """

    def __init__(self, mission: FlightConfig | Mission, *, rehearsed: bool = True) -> None:
        config = FlightConfig.of(mission)
        hazards = config.hazards
        self._config = config
        self._criteria = Criteria.of(config)
        self._assess = RULES[hazards.stand]
        self._clearance_margin_m = clearance_margin_of(config)
        self._lander = LanderFootprint.landed(config)
        self._workspace = Workspace(
            (hazards.map_cells, hazards.map_cells), (hazards.cell_m, hazards.cell_m), self._lander
        )
        self._fusion = FrameFusion((hazards.map_cells, hazards.map_cells), hazards.cell_m)
        self.scans = 0
        if rehearsed:
            self.rehearse()

    def rehearse(self) -> None:
        """Touch all that a scan needs, so that the first takes no longer than the next.

        The first object of a process for a lander and a map assesses a scan of level ground: it
        loads code, starts OpenCV's threads and fills the allocator's and all caches.
        """
        config = self._config
        if config.sensors.lidar is None or config.hazards.stand != "legs":
            return
        _ = self._workspace.legs
        key = (self._lander, self._workspace.shape, self._workspace.cell_m)
        if key in _REHEARSED:
            return
        _REHEARSED.add(key)
        hover = HoverEstimate((0.0, 0.0, 100.0), (0.0, 0.0, 0.0), 2.0 * config.vehicle.dry_mass_kg)
        fusion = self.begin_fusion(hover)
        cells, cell_m = config.hazards.map_cells, config.hazards.cell_m
        place = (np.arange(cells) - 0.5 * (cells - 1)) * cell_m
        points = np.zeros((cells, cells, 3))
        points[..., 0], points[..., 1] = np.meshgrid(place, place)
        # rows of blocks too high to stand on, as wide as what is not
        points[..., 2] = 0.3 * ((np.arange(cells) // max(cells // 8, 1)) % 2)
        for lift_m in (0.0, 0.01):
            points[..., 2] += lift_m * (np.arange(cells) % 2)
            fusion.add(points.reshape(-1, 3))
        self.assess_frames(hover, fusion)
        self.scans = 0

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
        places = numbers(points, "points")
        if places.size and places.shape[-1:] != (3,):
            raise FarsideError(f"points of shape {places.shape}: give (N, 3) east, north, up")
        places = places.reshape(-1, 3)
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
        elevation, by_m = _on_known_ground(elevation, estimate)
        height_m = up_m - float(np.nanmedian(elevation.heights))
        sensing = Sensing(
            lidar.image_sigma_m if sigma_m is None else sigma_m,
            lidar.spacing_m(height_m),
            _place(estimate),
        )
        return self._assess_sensed(estimate, elevation, sensing, now, by_m)

    def assess_map(
        self,
        estimate: Estimate,
        elevation: ElevationMap,
        *,
        now: Estimate | None = None,
        sigma_m: ArrayLike = 0.0,
        spacing_m: float = 0.0,
    ) -> ScanResult:
        """Rank the sites of a map that the host made.

        Parameters
        ----------
        estimate, now
            As of `assess`.
        elevation : ElevationMap
            Heights [m] in the site axes of the estimate.
        sigma_m : float or array_like (rows, cols)
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
        sensing = Sensing(sigma_m, spacing_m, _place(estimate))
        elevation, by_m = _on_known_ground(elevation, estimate)
        return self._assess_sensed(estimate, elevation, sensing, now, by_m)

    def begin_fusion(self, estimate: Estimate) -> FrameFusion:
        """Begin to fuse the frames of a scan into a map about the lander.

        Parameters
        ----------
        estimate : Estimate
            In the middle of the scan: the map is laid about it.

        Returns
        -------
        FrameFusion
            Give it each frame (`add`), then give it to `assess_frames`. There is one for all scans.
        """
        hazards = self._config.hazards
        east_m, north_m, up_m = _place(estimate)
        half_m = 0.5 * (hazards.map_cells - 1) * hazards.cell_m
        self._fusion.begin(east_m - half_m, north_m - half_m, up_m - NEAREST_M)
        return self._fusion

    def assess_frames(
        self,
        estimate: Estimate,
        fusion: FrameFusion,
        *,
        now: Estimate | None = None,
        tick: int = 0,
    ) -> ScanResult | None:
        """Map the ground from fused frames, with the noise that they tell, and rank the sites.

        Parameters
        ----------
        estimate, now, tick
            As of `assess`.
        fusion : FrameFusion
            Of `begin_fusion`, with two frames or more.

        Returns
        -------
        ScanResult or None
            As of `assess`.
        """
        hazards, lidar = self._config.hazards, self._lidar()
        fused = fusion.finish(fill_m=self._criteria.settings.fill_m, tick=tick)
        if fused is None:
            self.scans += 1
            return None
        here = _place(estimate)
        elevation, by_m = _on_known_ground(fused.elevation, estimate)
        height_m = here[2] - float(np.nanmedian(elevation.heights))
        spacing_m = lidar.spacing_m(height_m) / math.sqrt(max(fusion.frames, 1))
        sensing = Sensing(
            fused.sigma_m,
            min(max(spacing_m, 0.01 * hazards.cell_m), hazards.cell_m),
            here,
            fused=True,
            correlation=fused.correlation,
        )
        return self._assess_sensed(estimate, elevation, sensing, now, by_m)

    def _assess_sensed(
        self,
        estimate: Estimate,
        elevation: ElevationMap,
        sensing: Sensing,
        now: Estimate | None,
        lowered_m: float,
    ) -> ScanResult:
        """Rank the sites of a map whose errors are known."""
        here = np.array(estimate.r_site, np.float64)
        hover = HoverState.of(self._config, estimate if now is None else now)
        ground = ScannedGround(
            elevation,
            sensing,
            _place(estimate),
            self._workspace_for(elevation),
            self._criteria,
            divert_costs(self._config, hover, elevation),
            self._config.guidance.heading_deg,
        )
        found = self._assess(ground)
        sites = sort_by_margin(
            found.sites, self._clearance_margin_m, self._criteria.settings.accept_probability
        )
        number = self.scans
        self.scans += 1
        return ScanResult(number, found.hazards, tuple(sites), ground.divert_cost, here, lowered_m)

    def _workspace_for(self, elevation: ElevationMap) -> Workspace:
        """Return the workspace for maps of this shape and cell; another is made and kept."""
        cell_m = (elevation.cell_east_m, elevation.cell_north_m)
        if (self._workspace.shape, self._workspace.cell_m) != (elevation.shape, cell_m):
            self._workspace = Workspace(elevation.shape, cell_m, self._lander)
        return self._workspace

    def _lidar(self) -> Lidar:
        lidar = self._config.sensors.lidar
        if lidar is None:
            raise FarsideError(f"{self._config.name} has no lidar; add [sensors.lidar] to its file")
        return lidar
