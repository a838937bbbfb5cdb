"""A closed-loop descent with its scans, written down for descent.c."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.adapters.c.avoid import avoid_c
from farside.adapters.c.navigate import table_c
from farside.adapters.c.table import initialiser
from farside.avoidance import HoverEstimate
from farside.ext.common._records import MEASUREMENTS
from farside.flight.assembly import navigator_at_start
from farside.flight.imaging import Scanner
from farside.flight.land import TICKS_MAX, fly
from farside.flight.wiring import Flight, wire
from farside.mission import load_mission
from farside.sensors.lidar import lidar_of

#: What came to the flight side between two ticks; as descent.c numbers it.
AIM, KEEP, FORGET, TIE, TIE_KEPT, FIX = range(6)
EVENT = np.dtype([("tick", "i8"), ("kind", "i4"), ("final", "i4"), ("number", "f8", (9,))])
LOOK = np.dtype(
    {
        "names": ["tick", "returns", "sensor", "sigma_m", "mass_kg", "hovered_s"],
        "formats": ["i8", "i8", "(3,)f8", "f8", "f8", "f8"],
    }
)
#: What the flight made of it.
OUTCOME = np.dtype([("r_site", "f8", (3,)), ("thrust_n", "f8"), ("torque_nm", "f8", (3,))])


@dataclass
class Recorder:
    """A flight's loop, turned tick by tick, with everything that navigation is given."""

    loop: Any
    measured_rows: NDArray[np.void]
    events: list[tuple[int, int, int, list[float]]] = field(default_factory=list)
    made: int = 0

    def __getattr__(self, name: str) -> Any:
        """Return what the loop has under a name."""
        return getattr(self.loop, name)

    @property
    def scans(self) -> bool:
        """Whether the autopilot's wish for a map stops the wheel."""
        return bool(self.loop.scans)

    @scans.setter
    def scans(self, stops: bool) -> None:
        self.loop.scans = stops

    def note(self, kind: int, numbers: list[float], final: int = 0) -> None:
        """Write down what comes before the next tick."""
        self.events.append((self.loop.tick_count, kind, final, numbers))

    def run(self, ticks: int) -> int:
        """Turn the wheel, and keep what navigation read at each tick."""
        end, event = self.loop.tick_count + ticks, 0
        while self.loop.tick_count < end and event == 0:
            before = self.loop.tick_count
            event = self.loop.run(1)
            if self.loop.tick_count > before:
                self.loop.measured(self.measured_rows[before:])
            if self.loop.maps_made != self.made:
                self.made = self.loop.maps_made
                self.note(TIE, [])
        return event

    def clone_pose(self) -> int:
        """Keep a pose."""
        self.note(KEEP, [])
        return self.loop.clone_pose()

    def forget_clone(self, tick: int) -> None:
        """Give a pose up."""
        self.note(FORGET, [tick])
        self.loop.forget_clone(tick)

    def tie_to_scan(self, tick: int, variance_m2: float) -> bool:
        """Count places on the map of a scan."""
        self.note(TIE_KEPT, [tick, variance_m2])
        tied = self.loop.tie_to_scan(tick, variance_m2)
        self.made = self.loop.maps_made
        return tied

    def take_fix(self, fix: NDArray[np.void]) -> int:
        """Take a place on the map."""
        one = fix[0]
        numbers = [one["tick"], *one["place_m"], *one["axis"], *one["variance_m2"]]
        self.note(FIX, [*numbers, one["gate"], one["since_s"]])
        return self.loop.take_fix(fix)


class Watched(Scanner):
    """A scanner that writes down what it decides on: the last frame of each scan."""

    def __init__(self, flight: Flight, recorder: Recorder) -> None:
        super().__init__(flight)
        self._recorder = recorder
        self._sigma_m = lidar_of(flight.mission).image_sigma_m
        self.looks: list[tuple[Any, ...]] = []
        self.points: list[NDArray[np.float64]] = []
        spoil = self._faults.spoil

        def kept(points: NDArray[np.float64], row: NDArray[np.void], *rest: Any) -> Any:
            self._last = spoil(points, row, *rest).copy(), np.array(row["est_r_site"])
            return self._last[0]

        self._faults.spoil = kept  # type: ignore[method-assign]
        decide = self.avoidance.decide

        def decided(now: HoverEstimate, found: Any, *, hovered_s: float) -> Any:
            points, sensor = self._last
            tick = flight.loop.tick_count
            self.looks.append((tick, len(points), sensor, self._sigma_m, now.mass_kg, hovered_s))
            self.points.append(points)
            return decide(now, found, hovered_s=hovered_s)

        self.avoidance.decide = decided  # type: ignore[method-assign]


def recorded(name: str, seed: int, folder: Path) -> Flight:
    """Fly a mission with its scans and without cameras, and write it down for descent.c.

    Parameters
    ----------
    name : str
        Of a shipped mission.
    seed : int
    folder : Path
        Gets measured, flown, events, looks and points, arrays of the structs of
        descent.c, and descent.h, the tables.

    Returns
    -------
    Flight
        At its end.
    """
    flight = wire(load_mission(name), seed=seed, nominal=False, dems=(), imaging=True)
    flight.loop.timed = False
    recorder = Recorder(flight.loop, np.zeros(TICKS_MAX, MEASUREMENTS))
    flight.loop = recorder  # type: ignore[assignment]
    retarget = flight.autopilot.retarget

    def aimed(site: Any, *, heading_rad: float | None = None, final: bool = True) -> None:
        heading = np.nan if heading_rad is None else heading_rad
        recorder.note(AIM, [*site, heading], int(final))
        retarget(site, heading_rad=heading_rad, final=final)

    flight.autopilot.retarget = aimed  # type: ignore[method-assign]
    watched = Watched(flight, recorder)
    write_tables(flight, folder)
    fly(flight, watched)
    rows = flight.flown
    flown = np.zeros(len(rows), OUTCOME)
    flown["r_site"] = rows["est_r_site"]
    flown["thrust_n"], flown["torque_nm"] = rows["cmd_thrust_n"], rows["cmd_torque_nm"]
    events = np.zeros(len(recorder.events), EVENT)
    for at, (tick, kind, final, numbers) in enumerate(recorder.events):
        events[at] = (tick, kind, final, [*numbers, *[0.0] * (9 - len(numbers))])
    recorder.measured_rows[: len(rows)].tofile(folder / "measured")
    flown.tofile(folder / "flown")
    events.tofile(folder / "events")
    np.array(watched.looks, LOOK).tofile(folder / "looks")
    np.concatenate(watched.points).tofile(folder / "points")
    return flight


def write_tables(flight: Flight, folder: Path) -> None:
    """Write autopilot, avoidance and navigator as they are before tick 0, as C: descent.h."""
    table, first = navigator_at_start(flight.mission, flight.ground, flight.start)
    pilot = initialiser(flight.autopilot.core.fields)
    parts = (
        '#include <math.h>\n\n#include "farside.h"\n',
        f"static const farside_table descent_table = {pilot};\n",
        avoid_c(flight.mission, header=True, name="descent"),
        table_c(table, first, header=True, name="descent"),
    )
    (folder / "descent.h").write_text("\n".join(parts))
