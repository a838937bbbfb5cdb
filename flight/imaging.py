"""Imaging: scan the true ground from the hover, and carry out what hazard avoidance decides."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from farside.avoidance import Decision, HazardAvoidance, HoverEstimate, ScanResult
from farside.avoidance.tracking import MapTracker
from farside.ext.common import deterministic
from farside.flight.landing import Imaging
from farside.flight.lidar_faults import LidarFaults
from farside.flight.tasks import Task
from farside.flight.tracking import Tracking, estimate_of
from farside.flight.wiring import Flight
from farside.mission import FlightConfig
from farside.mission.instruments import SCAN_TICKS_LEAST
from farside.navigation import steady_track
from farside.sensors.frames import frames
from farside.sensors.lidar import lidar_of, scan_ticks
from farside.terrain import ElevationMap, HazardLimits, map_hazards

#: Half width [m] of the ground rasterised for a scan: what 29 x 33 deg sees from 100 m, and a tilt.
SCAN_HALF_M = 36.0
#: And where a wider map is seen: of the square seen its half diagonal, but no more [m], 64 MB.
SEEN_FACTOR = 1.5
SCAN_HALF_MOST_M = 200.0
#: Side [m] of the square of disc centres that the truth is counted in, and how far about a point
#: all must be safe for the square to hold a safe point.
SQUARE_M = 50.0
SAFE_ABOUT_M = 1.0


@dataclass(frozen=True)
class TruthSquare:
    """The truth of the ground that was scanned."""

    safe_share: float
    has_safe_point: bool


def noise_of(found: ScanResult) -> float:
    """Return the noise of a map's heights, 1 sigma [m]: the median of its cells."""
    sigma = getattr(found.hazards, "sigma_m", None)
    return 0.0 if sigma is None else float(np.nanmedian(sigma))


class Scanner:
    """Lidar and hazard avoidance of one flight.

    Parameters
    ----------
    flight : Flight
    avoidance : HazardAvoidance, optional
        By default that of the flight's mission.
    wait : callable, optional
        Called before each scan: it waits for a rehearsal that another thread does.
    """

    def __init__(
        self,
        flight: Flight,
        avoidance: HazardAvoidance | None = None,
        wait: Callable[[], object] | None = None,
    ) -> None:
        self._flight = flight
        self._wait = wait or (lambda: None)
        self.avoidance = avoidance or HazardAvoidance(FlightConfig.of(flight.mission))
        self._faults = LidarFaults(flight.mission, flight.key, flight.happening)
        self._results: list[ScanResult | None] = []
        self._drifts: list[NDArray[np.float64]] = []  # truth less estimate [m], site axes
        self._clones: dict[int, int] = {}  # of a scan: tick
        self.tracking: Tracking | None = None
        self.imaging: Imaging | None = None
        self.least_bad = False
        self.divert_m = 0.0
        self.hazard_map_ms: float | None = None

    @property
    def scans(self) -> int:
        """Scans made."""
        return len(self._results)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What is due beside the loop since a site was chosen."""
        return (self.tracking,) if self.tracking else ()

    def scan(self) -> None:
        """Scan, map and decide; steer the autopilot to a site, or to where to scan again from."""
        flight = self._flight
        found = self._scan()
        # The decision is there only after the time that the lander's computer takes.
        flight.advance(round(100.0 * lidar_of(flight.mission).latency_s))
        hovered_s = (flight.loop.tick_count - self._hover_began()) / 100.0
        now = self._estimate(flight.flown[-1])
        decision = self.avoidance.decide(now, found, hovered_s=hovered_s)
        self._record(decision, now)
        flight.autopilot.retarget(
            decision.target_site, heading_rad=decision.heading_rad, final=decision.final
        )

    def _record(self, decision: Decision, now: HoverEstimate) -> None:
        """Keep the facts of a final decision for the landing."""
        if not decision.final:
            return
        chosen, number = decision.site, decision.scan_number
        found = None if number is None else self._results[number]
        if chosen is None or number is None or found is None:
            self.least_bad = True
            return
        self.least_bad = chosen.least_bad
        self.divert_m = deterministic.length(
            [chosen.east_m - now.r_site[0], chosen.north_m - now.r_site[1]]
        )
        east, north, up = (float(part) for part in self._drifts[number])
        self._begin_tracking(number, found, chosen.height_m)
        ranked = () if chosen.least_bad else found.sites
        self.imaging = Imaging(
            found.hazards, ranked, chosen, (east, north, up), found.divert_cost, found.lowered_m
        )
        self._flight.map_shift = (east, north)

    def _begin_tracking(self, number: int, found: ScanResult, level_m: float) -> None:
        """Tie the navigator to the map of the choice, and look for that map from now on."""
        flight = self._flight
        tick = self._clones.get(number)
        if not flight.mission.tracking.every_s > 0.0 or tick is None:
            return
        tracker = MapTracker(
            FlightConfig.of(flight.mission), found.hazards.elevation, noise_of(found)
        )
        if flight.loop.tie_to_scan(tick, 0.0):
            self.tracking = Tracking(flight, tracker, self._faults, level_m)

    def _clone(self) -> None:
        """Keep the pose of now, at the end of a scan, where the places of its map end.

        Of older scans that of the best site's is kept.
        """
        kept = self.avoidance.kept_scan
        for number in [each for each in self._clones if each != kept]:
            self._flight.loop.forget_clone(self._clones.pop(number))
        tick = self._flight.loop.clone_pose()
        if tick >= 0:
            self._clones[self.scans] = tick

    def _scan(self) -> ScanResult | None:
        """Scan the true ground from the hover, and assess it; None where nothing returned."""
        self._wait()
        flight = self._flight
        flight.rasterise_below(self._scan_half_m())
        first = flight.loop.tick_count
        flight.advance(scan_ticks(flight.mission))
        rows = flight.flown[first:].copy()
        self._clone()
        if len(rows) < SCAN_TICKS_LEAST:
            # the flight ended as it began
            self._drifts.append(np.zeros(3))
            self._results.append(None)
            return None
        rows["est_r_site"] = steady_track(rows["est_r_site"], rows["est_v_site"])
        middle = rows[len(rows) // 2]
        self._drifts.append(np.array(middle["r_site"]) - np.array(middle["est_r_site"]))
        hover = self._estimate(middle)
        fusion = self.avoidance.begin_fusion(hover)
        frame_count = lidar_of(flight.mission).frames
        began = time.perf_counter()
        made = frames(
            flight.mission,
            flight.ground.model,
            rows,
            seed=flight.key,
            number=self.scans,
            perfect=flight.nominal,
        )
        fault_ticks = flight.fault_ticks
        for k, returns in enumerate(made):
            # A frame is fused while the next is scanned: only the last one's time counts.
            began = time.perf_counter()
            here = rows[(2 * k + 1) * len(rows) // (2 * frame_count)]
            fusion.add(self._faults.spoil(returns, here, (self.scans, k), fault_ticks))
        found = self.avoidance.assess_frames(
            hover, fusion, now=estimate_of(rows[-1]), tick=int(middle["tick"])
        )
        if found is not None:
            self.hazard_map_ms = 1000.0 * (time.perf_counter() - began)
        self._results.append(found)
        return found

    def _estimate(self, row: np.void) -> HoverEstimate:
        """Return the estimate of a row of this hover, with the ground that navigation knows now."""
        flight, sigma_m = self._flight, float(row["nav_height_sigma_m"])
        if not sigma_m > 0.0:
            return estimate_of(row)
        known, last = flight.loop.estimated, flight.flown[-1]
        x, y, z = known["r_site"]
        radius_m = flight.frame.radius_m
        height_m = deterministic.length([x, y, z + radius_m]) - radius_m - known["ground_m"]
        return replace(
            estimate_of(row),
            ground_m=float(last["est_r_site"][2]) - height_m,
            ground_sigma_m=sigma_m,
        )

    def _scan_half_m(self) -> float:
        """Return half the width of the ground that a scan needs for sites and their footprints."""
        hazards = self._flight.mission.hazards
        slack_m = hazards.map_cells * hazards.cell_m - hazards.footprint_m
        assessed_m = math.sqrt(0.5) * slack_m + 0.5 * hazards.footprint_m
        wide_deg = max(lidar_of(self._flight.mission).field_of_view_deg)
        height_m = max(float(self._flight.flown[-1]["height_m"]), 0.0)
        seen_m = SEEN_FACTOR * height_m * deterministic.tan(math.radians(0.5 * wide_deg))
        return max(SCAN_HALF_M, min(assessed_m, seen_m, SCAN_HALF_MOST_M))

    def _hover_began(self) -> int:
        phases = self._flight.flown["phase"]
        return int(np.searchsorted(phases, phases[-1]))

    def truth_square(self) -> TruthSquare:
        """Count the truth of the square last scanned, or of the one about the lander."""
        flight, hazards = self._flight, self._flight.mission.hazards
        limits = HazardLimits(hazards.slope_deg, hazards.obstacle_m)
        if self.imaging is not None:
            grid = self.imaging.hazards.elevation
            rows, cols = grid.shape
            x = grid.east_m + 0.5 * (cols - 1) * grid.cell_m + flight.map_shift[0]
            y = grid.north_m + 0.5 * (rows - 1) * grid.cell_m + flight.map_shift[1]
            u, v = flight.ground.arcs_of(x, y)
        else:
            u, v = flight.ground.arcs_below(flight.loop.position)
        footprint = hazards.footprint_m
        patch = flight.ground.patch(float(u), float(v), 0.5 * (SQUARE_M + footprint) + 0.1)
        # Only verdicts count: roughness need be no more than a bound on its side of the limit.
        truth = map_hazards(
            ElevationMap.from_array(patch.heights, patch.cell, trusted=True),
            limits,
            footprint,
            SAFE_ABOUT_M,
            exact=False,
        )
        whole = np.isfinite(truth.slope_deg)
        alone = (truth.slope_deg <= limits.slope_deg) & (truth.roughness_m <= limits.roughness_m)
        return TruthSquare(
            int(np.count_nonzero(alone & whole)) / max(int(np.count_nonzero(whole)), 1),
            bool(truth.safe.any()),
        )
