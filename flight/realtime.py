"""A descent flown by the clock, to see whether every tick keeps its deadline on this machine.

One thread flies both sides: sensors, navigation, autopilot, planning, and the lander's truth.
What is timed is all of it, so flight software alone takes less. A tick is 10 ms of flight at any
rate: at 1 kHz the descent runs ten times as fast.

The clock stands still while the simulator makes ground or lidar returns, and while a map is made
of them: those are no work of the tick. What maps made all the time in a second thread do to the
tick is measured with `maps`.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from farside.avoidance import HoverEstimate
from farside.avoidance.scanning import ScanAssessor
from farside.ext.common._records import TICK_HZ
from farside.ext.common.errors import FarsideError
from farside.ext.loop._deadline import Metronome
from farside.flight.deadlines import Deadlines
from farside.flight.imaging import Scanner
from farside.flight.land import TICKS_MAX, fly
from farside.flight.scheduling import realtime_thread
from farside.flight.wiring import Flight, wire
from farside.mission import FlightConfig, Mission
from farside.mission.integers import seed_number
from farside.sensors.lidar import lidar_of

#: Rates that may be asked for [Hz].
RATE_LEAST_HZ, RATE_MOST_HZ = 1.0, 20_000.0
#: Height [m] and noise [m] of the scans that maps are made of beside the loop.
SCAN_HEIGHT_M, SCAN_NOISE_M = 100.0, 0.02


class RealtimeError(FarsideError):
    """What cannot be flown by the clock as asked."""


@dataclass(frozen=True, eq=False)
class ClockedFlight:
    """A descent, or a part of one, that was flown by the clock."""

    mission: str
    seed: int
    rate_hz: float
    from_s: float
    """Flight time at which the clock was begun with [s]."""
    to_s: float
    """Flight time at which it ended [s]."""
    at_rest: bool
    """Whether the lander had come to rest by then."""
    deadlines: Deadlines
    held_s: float
    """How long the clock stood still for the simulator [s]."""
    refused: tuple[str, ...]
    """What the operating system did not grant, a line each."""
    maps_ms: tuple[float, ...]
    """What each map took that was made beside the loop [ms]; empty where none was asked for."""
    map_deadline_ms: float | None
    """What the mission gives a map [ms], `sensors.lidar.latency_s`; None without a lidar."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the single times, for a file."""
        maps = self.maps_ms
        return {
            "mission": self.mission,
            "seed": self.seed,
            "rate_hz": self.rate_hz,
            "from_s": self.from_s,
            "to_s": self.to_s,
            "at_rest": self.at_rest,
            **self.deadlines.to_dict(),
            "held_s": self.held_s,
            "refused": list(self.refused),
            "maps": len(maps),
            "map_median_ms": float(np.median(maps)) if maps else None,
            "map_worst_ms": max(maps, default=None),
            "map_deadline_ms": self.map_deadline_ms,
        }


class StartClock:
    """A task that gives the loop its beat at a tick, or behind a scan that runs then."""

    def __init__(self, flight: Flight, tick: int, metronome: Metronome) -> None:
        self._flight, self._tick, self._metronome = flight, tick, metronome
        #: The tick at which it did; None before.
        self.began: int | None = None

    def ticks_left(self) -> int:
        """Return how many ticks there are until the clock is begun with."""
        if self.began is not None:
            return TICKS_MAX
        return max(self._tick - self._flight.loop.tick_count, 0)

    def work(self) -> None:
        """Begin with the clock."""
        self._flight.loop.metronome = self._metronome
        self.began = self._flight.loop.tick_count


class MapMaker(threading.Thread):
    """Makes hazard maps of a scan, one after the other, until it is told to stop.

    Parameters
    ----------
    mission : Mission
        With a lidar. Its map and sites are made as in flight, of returns of level ground with noise
        and blocks that are too high to stand on.
    """

    def __init__(self, mission: Mission) -> None:
        super().__init__(name="maps", daemon=True)
        self._assessor = ScanAssessor(FlightConfig.of(mission))
        across, along = lidar_of(mission).returns
        cells_m = mission.hazards.map_cells * mission.hazards.cell_m
        north, east = np.meshgrid(
            np.linspace(-0.55, 0.55, along) * cells_m,
            np.linspace(-0.55, 0.55, across) * cells_m,
            indexing="ij",
        )
        up = SCAN_NOISE_M * np.random.default_rng(0).standard_normal(east.shape)
        up += 0.4 * ((np.floor(east / 3.0) % 3 == 0) & (np.floor(north / 3.0) % 4 == 0))
        self._points = np.column_stack([east.ravel(), north.ravel(), up.ravel()])
        mass_kg = 2.0 * mission.vehicle.dry_mass_kg
        self._hover = HoverEstimate((0.0, 0.0, SCAN_HEIGHT_M), (0.0, 0.0, 0.0), mass_kg)
        self._ended = threading.Event()
        self.took_ms: list[float] = []

    def run(self) -> None:
        """Make maps."""
        while not self._ended.is_set():
            began = time.perf_counter()
            self._assessor.assess(self._hover, self._points)
            self.took_ms.append(1000.0 * (time.perf_counter() - began))

    def stop(self) -> None:
        """Finish the map in hand, and end."""
        self._ended.set()
        self.join()


def fly_by_clock(
    mission: Mission,
    *,
    rate_hz: float = float(TICK_HZ),
    seconds: float = 10.0,
    from_s: float | None = None,
    seed: int = 0,
    imaging: bool = True,
    maps: bool = False,
) -> ClockedFlight:
    """Fly a part of a descent by the clock, and note how each tick kept to it.

    Parameters
    ----------
    mission : Mission
    rate_hz : float
        Ticks a second of the clock; a tick is 10 ms of flight at any rate.
    seconds : float
        How long the clock runs at the most [s]; less where the lander comes to rest before.
    from_s : float, optional
        Flight time [s] from which on the clock is kept; before it the descent is flown as fast as
        it goes; a scan that runs then is waited for. By default where braking is planned to end.
    seed : int
        Of the flight, as of `farside.land`; cameras are off.
    imaging : bool
        Whether the lander scans and chooses its site.
    maps : bool
        Make hazard maps in a second thread all the while.

    Returns
    -------
    ClockedFlight

    Raises
    ------
    RealtimeError
        For a rate or a time that cannot be flown, a descent that ends before from_s, or maps of a
        mission without a lidar.
    """
    if not RATE_LEAST_HZ <= rate_hz <= RATE_MOST_HZ:
        raise RealtimeError(f"{rate_hz:g} Hz: give {RATE_LEAST_HZ:g} to {RATE_MOST_HZ:g} Hz")
    ticks = seconds * rate_hz
    if not 1.0 <= ticks <= TICKS_MAX:
        raise RealtimeError(f"{seconds:g} s at {rate_hz:g} Hz: give 1 to {TICKS_MAX} ticks of time")
    if maps and mission.sensors.lidar is None:
        raise RealtimeError(f"{mission.name} has no lidar to make maps of: leave the maps out")
    seed = seed_number(seed)
    flight = wire(mission, seed=seed, nominal=False, dems=(), imaging=imaging)
    flight.loop.timed = False
    first_s = float(flight.autopilot.plan.unknowns[5]) if from_s is None else from_s
    if not 0.0 <= first_s < TICKS_MAX / TICK_HZ:
        raise RealtimeError(f"from {first_s:g} s on: give 0 to {TICKS_MAX // TICK_HZ} s of flight")
    first, count = round(TICK_HZ * first_s), round(ticks)
    metronome = Metronome(round(1e9 / rate_hz), count)
    maker = MapMaker(mission) if maps else None
    clock = StartClock(flight, first, metronome)
    refused = _flown(flight, clock, first + count, maker)
    if clock.began is None or not len(metronome.late_ns):
        ended_s = flight.loop.tick_count / TICK_HZ
        raise RealtimeError(f"the flight ends after {ended_s:.0f} s: begin with the clock earlier")
    lidar = flight.mission.sensors.lidar
    return ClockedFlight(
        mission=mission.name,
        seed=seed,
        rate_hz=rate_hz,
        from_s=clock.began / TICK_HZ,
        to_s=flight.loop.tick_count / TICK_HZ,
        at_rest=flight.loop.ended_how["rest"],
        deadlines=Deadlines(
            round(1e9 / rate_hz), metronome.late_ns.copy(), metronome.took_ns.copy()
        ),
        held_s=1e-9 * metronome.held_ns,
        refused=refused,
        maps_ms=tuple(maker.took_ms) if maker else (),
        map_deadline_ms=None if lidar is None else 1000.0 * lidar.latency_s,
    )


def _flown(
    flight: Flight, clock: StartClock, until: int, maker: MapMaker | None
) -> tuple[str, ...]:
    """Fly until a tick, with maps beside the loop; what the operating system did not grant."""
    # a page that is written to for the first time costs the tick that does
    flight.telemetry[:] = np.zeros((), flight.telemetry.dtype)
    scanner = Scanner(flight)
    if maker:
        # before this thread's priority: a thread takes that of its maker
        maker.start()
    try:
        with realtime_thread() as refused:
            fly(flight, scanner, beside=(clock,), until=until)
    finally:
        if maker:
            maker.stop()
    return refused
