"""Eyes and choice: scan the ground from the hover, map its hazards, choose a site, or look again."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.flight.landing import Imaging
from farside.flight.wiring import Flight
from farside.sensors import scan
from farside.sensors.lidar import scan_ticks
from farside.terrain import (
    ElevationMap,
    Footprint,
    HazardLimits,
    HazardMap,
    LandingSite,
    Reason,
    choose_sites,
    least_bad,
    map_hazards,
)

#: Half width [m] of the ground rasterised for a scan: what 29 x 33 deg sees from 100 m, tilted a little.
SCAN_HALF_M = 36.0
#: Time [s] that a sidestep, its settling and another scan take: without it left, none is begun.
ANOTHER_LOOK_S = 25.0
#: Side [m] of the square of disc centres that the truth is counted in, and how far about a point all
#: must be safe for the square to hold a safe point.
SQUARE_M = 50.0
SAFE_ABOUT_M = 1.0


@dataclass(frozen=True)
class TruthSquare:
    """The truth of the ground that was scanned."""

    safe_share: float
    has_safe_point: bool


class Eyes:
    """Lidar, maps and choices of one flight."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        hazards = flight.mission.hazards
        self.limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m)
        self._workspace: Footprint | None = None
        self.imaging: Imaging | None = None
        self.scans = 0
        self.least_bad = False
        self.divert_m = 0.0
        self.hazard_map_ms: float | None = None

    def look(self) -> None:
        """Scan, map and choose; give the autopilot a site, or a place to look again from."""
        flight, hazards = self._flight, self._flight.mission.hazards
        flight.rasterise_below(SCAN_HALF_M)
        first = flight.loop.tick_count
        flight.loop.scans = False
        flight.loop.run(scan_ticks(flight.mission))
        rows = flight.telemetry[first : flight.loop.tick_count]
        image = scan(
            flight.mission,
            flight.ground.model,
            rows,
            seed=flight.seed,
            number=self.scans,
            perfect=flight.nominal,
        )
        self.scans += 1
        middle = rows[len(rows) // 2]
        here = np.asarray(middle["est_r_site"], dtype=float)
        drift = np.asarray(middle["r_site"]) - here
        began = time.perf_counter()
        hazard_map, sites = self.choose(image.points, here, int(middle["tick"]))
        self.hazard_map_ms = 1000.0 * (time.perf_counter() - began)
        # The choice is there only after the time that the lander's computer takes.
        flight.loop.run(round(100.0 * flight.mission.sensors.lidar.latency_s))
        flight.loop.scans = True
        if sites:
            chosen, aside = sites[0], None
        else:
            worst = least_bad(hazard_map, (float(here[0]), float(here[1])))
            aside = self._aside(hazard_map, here)
            if worst is None:
                # Not one whole footprint was seen: come down where it hangs.
                worst = below(hazard_map, here)
            chosen = worst
        hovered = (flight.loop.tick_count - self._hover_began()) / 100.0
        if aside is not None and hovered + ANOTHER_LOOK_S <= hazards.hover_limit_s:
            flight.autopilot.retarget(aside, final=False)
            return
        self.least_bad = chosen.least_bad
        self.divert_m = float(np.hypot(chosen.east_m - here[0], chosen.north_m - here[1]))
        self.imaging = Imaging(hazard_map, tuple(sites), chosen, (drift[0], drift[1], drift[2]))
        flight.map_shift = (float(drift[0]), float(drift[1]))
        flight.autopilot.retarget((chosen.east_m, chosen.north_m, chosen.height_m))

    def choose(
        self, points: NDArray[np.float64], here: NDArray[np.float64], tick: int
    ) -> tuple[HazardMap, list[LandingSite]]:
        """Map the hazards of a cloud of returns about a place, and rank the sites on the map."""
        hazards = self._flight.mission.hazards
        cells, cell = hazards.map_cells, hazards.cell_m
        elevation = ElevationMap.from_points(
            points,
            cell,
            shape=(cells, cells),
            east_m=float(here[0]) - 0.5 * (cells - 1) * cell,
            north_m=float(here[1]) - 0.5 * (cells - 1) * cell,
            frame="site",
            tick=tick,
        )
        if self._workspace is None:
            self._workspace = Footprint(elevation.shape, cell, hazards.footprint_m)
        hazard_map = map_hazards(
            elevation,
            self.limits,
            hazards.footprint_m,
            hazards.navigation_error_m,
            sensor_m=(float(here[0]), float(here[1]), float(here[2])),
            workspace=self._workspace,
        )
        return hazard_map, choose_sites(hazard_map, (float(here[0]), float(here[1])))

    def _hover_began(self) -> int:
        phases = self._flight.flown["phase"]
        return int(np.searchsorted(phases, phases[-1]))

    def _aside(
        self, hazard_map: HazardMap, here: NDArray[np.float64]
    ) -> tuple[float, float, float] | None:
        """Give the hover point a sidestep away, towards the side that holds least against it."""
        step = self._flight.mission.hazards.sidestep_m
        if step <= 0.0:
            return None
        steep = np.nan_to_num(hazard_map.slope_deg, nan=90.0) / self.limits.slope_deg
        rough = np.nan_to_num(hazard_map.roughness_m, nan=10.0) / self.limits.roughness_m
        bad = np.fmax(steep, rough)
        half = bad.shape[0] // 2
        sides = {
            (0.0, 1.0): bad[half:],
            (0.0, -1.0): bad[:half],
            (1.0, 0.0): bad[:, half:],
            (-1.0, 0.0): bad[:, :half],
        }
        east, north = min(sides, key=lambda way: float(np.median(sides[way])))
        level = float(np.nanmedian(hazard_map.elevation.heights))
        return float(here[0]) + step * east, float(here[1]) + step * north, level

    def truth_square(self) -> TruthSquare:
        """Count the truth of the square last scanned, or of the one about the lander."""
        flight = self._flight
        if self.imaging is not None:
            grid = self.imaging.hazards.elevation
            rows, cols = grid.shape
            x = grid.east_m + 0.5 * (cols - 1) * grid.cell_m + flight.map_shift[0]
            y = grid.north_m + 0.5 * (rows - 1) * grid.cell_m + flight.map_shift[1]
        else:
            x, y, _ = flight.loop.position
        u, v = flight.ground.arcs_of(x, y)
        footprint = flight.mission.hazards.footprint_m
        patch = flight.ground.patch(float(u), float(v), 0.5 * (SQUARE_M + footprint) + 0.1)
        truth = map_hazards(
            ElevationMap.from_array(patch.heights, patch.cell), self.limits, footprint, SAFE_ABOUT_M
        )
        whole = np.isfinite(truth.slope_deg)
        alone = (truth.slope_deg <= self.limits.slope_deg) & (
            truth.roughness_m <= self.limits.roughness_m
        )
        return TruthSquare(
            float(np.count_nonzero(alone & whole) / max(np.count_nonzero(whole), 1)),
            bool(truth.safe.any()),
        )


def below(hazard_map: HazardMap, here: NDArray[np.float64]) -> LandingSite:
    """Give the point under the lander as a site, when no footprint was seen whole."""
    level = float(np.nanmedian(hazard_map.elevation.heights))
    nan = float("nan")
    return LandingSite(
        float(here[0]), float(here[1]), level, nan, nan, 0.0, 0.0, 0.0, Reason.UNSEEN,
        float("inf"), True,
    )
