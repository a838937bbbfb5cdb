"""Tracking: lay frames of the lidar onto the map of the chosen site until just before touchdown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from farside.avoidance import HoverEstimate
from farside.avoidance.tracking import FixVerdict, MapFix, MapTracker
from farside.ext.common._records import TICK_HZ, TICK_S
from farside.navigation import FixStatus, steady_track
from farside.sensors.frames import tracking_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from farside.flight.lidar_faults import LidarFaults
    from farside.flight.wiring import Flight

#: Streams of a frame's faults are those of a scan of this number, which no flight reaches.
SCAN_OF_FAULTS = 63


@dataclass(frozen=True)
class TrackedFrame:
    """A frame that was laid onto the map.

    Attributes
    ----------
    time_s : float
        Of the end of the frame, since powered-descent initiation.
    verdict : FixVerdict
    off_m : tuple of float or None
        Place by the fix less place by the estimate: east, north [m].
    sigma_m : float or None
        Of the fix, on its worse axis [m].
    """

    time_s: float
    verdict: FixVerdict
    off_m: tuple[float, float] | None = None
    sigma_m: float | None = None


def estimate_of(row: NDArray[np.void] | np.void) -> HoverEstimate:
    """Return what hazard avoidance reads of the estimate in a row of telemetry."""
    return HoverEstimate(row["est_r_site"], row["est_v_site"], float(row["est_mass_kg"]))


class Tracking:
    """The frames of one flight after its choice of a site.

    Parameters
    ----------
    flight : Flight
    tracker : MapTracker
    faults : LidarFaults
    level_m : float
        Height of the chosen site on the map [m].
    """

    def __init__(
        self, flight: Flight, tracker: MapTracker, faults: LidarFaults, level_m: float
    ) -> None:
        self._flight, self._tracker, self._faults = flight, tracker, faults
        self._level_m = level_m
        self._settings = flight.mission.tracking
        self._next_tick = self._taken_tick = flight.loop.tick_count
        self.frames: list[TrackedFrame] = []

    def ticks_left(self) -> int:
        """Return how many ticks there are until the next frame; 0 where it is due."""
        return max(self._next_tick - self._flight.loop.tick_count, 0)

    def work(self) -> None:
        """Make a frame, lay it onto the map and give the navigator what it tells."""
        flight, settings = self._flight, self._settings
        self._next_tick += max(round(TICK_HZ * settings.every_s), 1)
        if not self._height_m() >= settings.least_height_m or bool(flight.flown["flags"][-1] & 16):
            return
        first = flight.loop.tick_count
        flight.advance(max(round(TICK_HZ * settings.frame_s), 2))
        rows = flight.flown[first:].copy()
        if len(rows) < 2:
            return
        rows["est_r_site"] = steady_track(rows["est_r_site"], rows["est_v_site"])
        last = rows[-1]
        estimate = estimate_of(last)
        number = len(self.frames)
        returns = tracking_frame(
            flight.mission, flight.ground.model, rows, seed=flight.key, number=number,
            perfect=flight.nominal,
        )  # fmt: skip
        fix = self._tracker.fix(
            estimate,
            self._faults.spoil(returns, last, (SCAN_OF_FAULTS, number % 1024), flight.fault_ticks),
            tick=int(last["tick"]),
            height_m=self._height_m(),
            sigma_m=float(last["nav_tie_sigma_m"]),
        )
        flight.advance(round(TICK_HZ * settings.latency_s))
        self.frames.append(self._taken(estimate, fix, TICK_S * int(last["tick"])))

    def _height_m(self) -> float:
        """Return the estimated height over the chosen site [m]."""
        return float(self._flight.flown["est_r_site"][-1][2]) - self._level_m

    def _taken(self, estimate: HoverEstimate, fix: MapFix | None, time_s: float) -> TrackedFrame:
        """Give the navigator a fix; say what became of it."""
        if fix is None:
            self._next_tick = min(self._next_tick, self._flight.loop.tick_count + TICK_HZ)
            return TrackedFrame(time_s, FixVerdict.NOTHING)
        verdict = FixVerdict.TAKEN
        code = self._give(fix)
        if code == FixStatus.FIX_OUTSIDE and self._tracker.outvotes(estimate, fix):
            since_s = max(TICK_S * (fix.tick - self._taken_tick), 1.0)
            code, verdict = self._give(fix, since_s=since_s), FixVerdict.OUTVOTED
            # what was wrong may be so still
            self._next_tick = min(self._next_tick, self._flight.loop.tick_count + TICK_HZ)
        if code == FixStatus.FIX_TAKEN:
            self._tracker.agreed()
            self._taken_tick = fix.tick
        else:
            verdict = FixVerdict.OUTSIDE
            self._next_tick = self._flight.loop.tick_count  # another one at once: do they agree?
        return TrackedFrame(time_s, verdict, fix.off_m(estimate), math.sqrt(max(fix.variance_m2)))

    def _give(self, fix: MapFix, since_s: float = 0.0) -> int:
        return self._flight.loop.take_fix(fix.record(self._settings.gate, since_s))


def count_taken(frames: Sequence[TrackedFrame]) -> int:
    """Return how many frames the navigator took a place from."""
    return sum(frame.verdict in (FixVerdict.TAKEN, FixVerdict.OUTVOTED) for frame in frames)
