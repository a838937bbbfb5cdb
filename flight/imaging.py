"""Scanner and choice: scan the ground from the hover, map hazards, choose a site, or look again."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.avoidance.choice import (
    RULES,
    RankedMap,
    View,
    heading_rad,
    meets_margin,
    preference,
    sort_by_margin,
)
from farside.avoidance.divert_cost import DivertCost, divert_costs, hover_state_of
from farside.ext.common import deterministic
from farside.flight.landing import Imaging
from farside.flight.wiring import Flight
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.sensors import LidarImage, scan
from farside.sensors.lidar import lidar_of, scan_ticks, spacing_of
from farside.terrain import (
    Assessment,
    ElevationMap,
    HazardLimits,
    HazardMap,
    LanderFootprint,
    LandingSite,
    map_hazards,
)
from farside.terrain.assessment import Workspace

#: Half width [m] of the ground rasterised for a scan: what 29 x 33 deg sees from 100 m, and a tilt.
SCAN_HALF_M = 36.0
#: And where a wider map is seen: of the square seen its half diagonal, but no more [m], 64 MB.
SEEN_FACTOR = 1.5
SCAN_HALF_MOST_M = 200.0
#: Time [s] that a sidestep, its settling and another scan take: without it left, none is begun.
ANOTHER_LOOK_S = 32.0
#: Time [s] of the way down from the hover, a tenth longer than the longest, 60 s: what a hover
#: leaves. In propellant that is what a quarter was while the estimate of the mass left out the
#: thrusters and held 7 kg too much, 9 s of hovering, for still there.
WAY_DOWN_S = 66.0
#: Where nothing at all is safe the next look is so many sidesteps away: a map of fresh ground.
FAR_STEPS = 1.6
#: Side [m] of the square of disc centres that the truth is counted in, and how far about a point
#: all must be safe for the square to hold a safe point.
SQUARE_M = 50.0
SAFE_ABOUT_M = 1.0


@dataclass(frozen=True)
class TruthSquare:
    """The truth of the ground that was scanned."""

    safe_share: float
    has_safe_point: bool


@dataclass(frozen=True)
class Look:
    """One scan, the map made of it, and what it offers, the best first."""

    hazards: HazardMap | Assessment
    sites: tuple[LandingSite, ...]
    price: DivertCost | None
    here: NDArray[np.float64]  # the lander in the middle of the scan [m], on its own map
    drift: NDArray[np.float64]  # truth less estimate then [m], site axes

    @property
    def best(self) -> LandingSite:
        """The site that is taken if this look is."""
        return self.sites[0]


class Scanner:
    """Lidar, maps and choices of one flight."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        hazards = flight.mission.hazards
        self.limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m)
        self.lander = LanderFootprint.of(flight.mission)
        self._rule = RULES[hazards.stand]
        self._room_m = self._rule.room * hazards.navigation_error_m
        self._workspace = Workspace(
            (hazards.map_cells, hazards.map_cells), (hazards.cell_m, hazards.cell_m), self.lander
        )
        self._held: Look | None = None
        self._price: DivertCost | None = None
        self._looked_from: list[NDArray[np.float64]] = []
        self.imaging: Imaging | None = None
        self.scans = 0
        self.least_bad = False
        self.divert_m = 0.0
        self.hazard_map_ms: float | None = None

    def look(self) -> None:
        """Scan, map and choose; give the autopilot a site, or a place to look again from.

        A site that is not sure, or with little room about it, is kept in mind while there is time
        for another look, and taken where that finds nothing better.
        """
        flight = self._flight
        seen = self._scan()
        # The choice is there only after the time that the lander's computer takes.
        flight.advance(round(100.0 * lidar_of(flight.mission).latency_s))
        if seen is None:
            self._come_down_blind()
            return
        if self._held is None or preference(seen.best) > preference(self._held.best):
            self._held = seen
        self._looked_from.append(seen.here)
        if meets_margin(self._held.best, self._room_m) or not self._may_look_again():
            self._take(self._held)
        else:
            flight.autopilot.retarget(self._aside(seen), final=False)

    def _may_look_again(self) -> bool:
        """Return whether time and propellant are left for another scan and the way down."""
        flight, hazards = self._flight, self._flight.mission.hazards
        hovered = (flight.loop.tick_count - self._hover_began()) / 100.0
        vehicle, mass_kg = flight.mission.vehicle, float(flight.flown[-1]["est_mass_kg"])
        exhaust_mps = vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2
        hover_kgps = SURFACE_GRAVITY_MPS2 * mass_kg / exhaust_mps
        left_kg = mass_kg - (vehicle.descent_mass_kg - vehicle.usable_propellant_kg)
        return (
            hazards.sidestep_m > 0.0
            and hovered + ANOTHER_LOOK_S <= hazards.hover_limit_s
            and left_kg >= hover_kgps * (ANOTHER_LOOK_S + WAY_DOWN_S)
        )

    def _take(self, look: Look) -> None:
        """Return the autopilot the best of a look."""
        flight, chosen = self._flight, look.best
        now = flight.flown[-1]["est_r_site"]
        self.least_bad = chosen.least_bad
        self.divert_m = deterministic.length([chosen.east_m - now[0], chosen.north_m - now[1]])
        east, north, up = (float(part) for part in look.drift)
        ranked = () if chosen.least_bad else look.sites
        self.imaging = Imaging(look.hazards, ranked, chosen, (east, north, up), look.price)
        flight.map_shift = (east, north)
        flight.autopilot.retarget(
            (chosen.east_m, chosen.north_m, chosen.height_m),
            heading_rad=heading_rad(chosen, self.lander, flight.mission.guidance.heading_deg),
        )

    def _come_down_blind(self) -> None:
        """Nothing returned: come down where it hangs, on the level of the nominal site."""
        east, north, _ = (float(part) for part in self._flight.flown[-1]["est_r_site"])
        self.least_bad = True
        self._flight.autopilot.retarget((east, north, 0.0))

    def _scan(self) -> Look | None:
        """Scan the ground from the hover, and map it; None where nothing returned."""
        flight = self._flight
        flight.rasterise_below(self._scan_half_m())
        first = flight.loop.tick_count
        flight.advance(scan_ticks(flight.mission))
        rows = flight.flown[first:]
        image = scan(
            flight.mission,
            flight.ground.model,
            rows,
            seed=flight.key,
            number=self.scans,
            perfect=flight.nominal,
        )
        self.scans += 1
        middle = rows[len(rows) // 2]
        here = np.array(middle["est_r_site"])
        if not np.isfinite(image.points).any():
            return None
        began = time.perf_counter()
        hazard_map, sites = self.choose(image, here, int(middle["tick"]))
        self.hazard_map_ms = 1000.0 * (time.perf_counter() - began)
        return Look(hazard_map, tuple(sites), self._price, here, np.array(middle["r_site"]) - here)

    def _scan_half_m(self) -> float:
        """Return half the width of the ground that a scan needs for sites and their footprints."""
        hazards = self._flight.mission.hazards
        slack_m = hazards.map_cells * hazards.cell_m - hazards.footprint_m
        judged_m = math.sqrt(0.5) * slack_m + 0.5 * hazards.footprint_m
        wide_deg = max(lidar_of(self._flight.mission).field_of_view_deg)
        height_m = max(float(self._flight.flown[-1]["height_m"]), 0.0)
        seen_m = SEEN_FACTOR * height_m * deterministic.tan(math.radians(0.5 * wide_deg))
        return max(SCAN_HALF_M, min(judged_m, seen_m, SCAN_HALF_MOST_M))

    def choose(self, image: LidarImage, here: NDArray[np.float64], tick: int) -> RankedMap:
        """Judge the ground that a scan saw about a place, and rank the sites on it.

        Never without a site: where none is safe, the least bad is the only one.
        """
        mission, hazards = self._flight.mission, self._flight.mission.hazards
        cells, cell = hazards.map_cells, hazards.cell_m
        elevation = ElevationMap.from_points(
            image.points,
            cell,
            shape=(cells, cells),
            east_m=float(here[0]) - 0.5 * (cells - 1) * cell,
            north_m=float(here[1]) - 0.5 * (cells - 1) * cell,
            frame="site",
            tick=tick,
        )
        place = (float(here[0]), float(here[1]), float(here[2]))
        height_m = place[2] - float(np.nanmedian(elevation.heights))
        self._price = divert_costs(
            mission, hover_state_of(mission, self._flight.flown[-1]), elevation
        )
        judged, sites = self._rule.judge(
            View(
                elevation,
                image.sigma_m,
                spacing_of(mission, height_m),
                place,
                hazards.navigation_error_m,
                self.limits,
                hazards.obstacle_margin_m,
                self._workspace,
                self._price,
                hazards.price,
            )
        )
        return judged, sort_by_margin(sites, self._room_m)

    def _hover_began(self) -> int:
        phases = self._flight.flown["phase"]
        return int(np.searchsorted(phases, phases[-1]))

    def _aside(self, look: Look) -> tuple[float, float, float]:
        """Return the hover point a sidestep away, towards the side that holds least against it.

        Never back to ground that was looked at before, if another side is left.
        """
        step = self._flight.mission.hazards.sidestep_m
        step *= FAR_STEPS if look.best.least_bad else 1.0
        steep = np.nan_to_num(look.hazards.slope_deg, nan=90.0) / self.limits.slope_deg
        rough = np.nan_to_num(look.hazards.roughness_m, nan=10.0) / self.limits.roughness_m
        bad = np.fmax(steep, rough)
        half = bad.shape[0] // 2
        sides = {
            (0.0, 1.0): bad[half:],
            (0.0, -1.0): bad[:half],
            (1.0, 0.0): bad[:, half:],
            (-1.0, 0.0): bad[:, :half],
        }
        fresh = [way for way in sides if self._is_fresh(look.here, way, step)]
        east, north = min(fresh or sides, key=lambda way: float(np.median(sides[way])))
        level = float(np.nanmedian(look.hazards.elevation.heights))
        return float(look.here[0]) + step * east, float(look.here[1]) + step * north, level

    def _is_fresh(self, here: NDArray[np.float64], way: tuple[float, float], step: float) -> bool:
        """Return whether a step leads to where no look before this one was taken from."""
        x, y = float(here[0]) + step * way[0], float(here[1]) + step * way[1]
        return all(
            (x - float(old[0])) ** 2 + (y - float(old[1])) ** 2 >= (0.8 * step) ** 2
            for old in self._looked_from[:-1]
        )

    def truth_square(self) -> TruthSquare:
        """Count the truth of the square last scanned, or of the one about the lander."""
        flight = self._flight
        if self.imaging is not None:
            grid = self.imaging.hazards.elevation
            rows, cols = grid.shape
            x = grid.east_m + 0.5 * (cols - 1) * grid.cell_m + flight.map_shift[0]
            y = grid.north_m + 0.5 * (rows - 1) * grid.cell_m + flight.map_shift[1]
            u, v = flight.ground.arcs_of(x, y)
        else:
            u, v = flight.ground.arcs_below(flight.loop.position)
        footprint = flight.mission.hazards.footprint_m
        patch = flight.ground.patch(float(u), float(v), 0.5 * (SQUARE_M + footprint) + 0.1)
        # Only verdicts count: roughness need be no more than a bound on its side of the limit.
        truth = map_hazards(
            ElevationMap.from_array(patch.heights, patch.cell, trusted=True),
            self.limits,
            footprint,
            SAFE_ABOUT_M,
            exact=False,
        )
        whole = np.isfinite(truth.slope_deg)
        alone = (truth.slope_deg <= self.limits.slope_deg) & (
            truth.roughness_m <= self.limits.roughness_m
        )
        return TruthSquare(
            int(np.count_nonzero(alone & whole)) / max(int(np.count_nonzero(whole)), 1),
            bool(truth.safe.any()),
        )
