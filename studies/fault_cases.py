"""The rows of the table of faults: every unit, every way to fail, and when it begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from farside.mission.fault_kinds import UNITS

#: When faults begin.
BEGINNINGS = ("from 300 s", "below 100 m")
#: Where the lander has none of it to lose before, or the whole matter is over at once.
ONLY = {
    "height": ("below 100 m",),
    "leg": ("below 100 m",),
    "lidar": ("from 0 s",),
    "contact": ("from 300 s",),
}
#: The part that fails beside the whole unit.
PARTS = {
    "accelerometer": "z",
    "gyro": "x",
    "velocimeter": "beam1",
    "star_tracker": "x",
    "contact": "leg1",
}
#: Units of which only a part fails.
SINGLE = {"thruster": "x_plus", "leg": "1"}
#: How long those last that last no flight.
LASTS = {("engine", "cut"): 5, ("computer", "restart"): 3, ("computer", "reset"): 3}
#: Channels of the telemetry's column `trust` that speak of a unit.
CHANNELS: Mapping[str, tuple[int, ...]] = {
    "star_tracker": (0,),
    "altimeter": (1,),
    "velocimeter": (2, 3, 4),
    "height": (5,),
    "imu": (6,),
    "accelerometer": (6,),
    "gyro": (6,),
}


@dataclass(frozen=True)
class Case:
    """One row: a fault, or none."""

    unit: str
    part: str
    kind: str
    begin: str
    lasts_s: int = 0
    looks: bool = False  # whether its flights scan with the lidar

    @property
    def line(self) -> str:
        """The fault in a line; empty without one."""
        if not self.unit:
            return ""
        name = f"{self.unit}.{self.part}" if self.part else self.unit
        lasts = f" for {self.lasts_s} s" if self.lasts_s else ""
        return f"{name} {self.kind} {self.begin}{lasts}"

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels that would name it."""
        found = CHANNELS.get(self.unit, ())
        return found[int(self.part[-1]) - 1 :][:1] if self.part.startswith("beam") else found


#: The rows without a fault: what the others are held against.
CLEAN, CLEAN_LOOKING = Case("", "", "", ""), Case("", "", "", "", looks=True)


def cases(units: Sequence[str] = ()) -> Iterator[Case]:
    """Yield the rows: no fault, then every unit and kind in the order of `farside faults`."""
    yield CLEAN
    if not units or "lidar" in units:
        yield CLEAN_LOOKING
    for unit, what in UNITS.items():
        if unit == "camera" or (units and unit not in units):
            continue
        parts = (SINGLE[unit],) if unit in SINGLE else ("", *filter(None, (PARTS.get(unit),)))
        for part in parts:
            for kind in what.kinds:
                begins = ("from 0 s",) if kind == "no_start" else ONLY.get(unit, BEGINNINGS)
                for begin in begins:
                    lasts = LASTS.get((unit, kind), 0)
                    yield Case(unit, part, kind, begin, lasts, unit == "lidar")
