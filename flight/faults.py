"""Faults of a flight: which of the mission's happen, the kernel's table, what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from farside.ext.common._random import uniforms
from farside.ext.common._records import TICK_HZ, TICK_S
from farside.ext.loop._faults import (
    ALL_PARTS,
    BEGIN_CODES,
    EVENT_CODES,
    KIND_CODES,
    UNIT_CODES,
    FaultBench,
)
from farside.ground import Ground
from farside.mission import Mission
from farside.mission.fault_kinds import UNITS
from farside.mission.faults import MOST, Fault
from farside.sensors import sensor_setup

#: Stream of a run's key that says which of its faults happen.
DRAWS = 65535
#: What one of a kind's units is in the kernel's.
_FACTORS = {"deg": math.pi / 180.0, "deg/s": math.pi / 180.0, "%": 0.01, "s": float(TICK_HZ)}
#: Whole numbers of a `FaultRow`.
_FIELDS = (
    "unit",
    "parts",
    "kind",
    "begin",
    "from_tick",
    "phase",
    "event",
    "ticks",
    "enabled",
    "slot",
    "line",
)
#: Units of the lander itself: what is left to fail where the exact state is observed.
PLANT_UNITS = ("engine", "thruster", "leg")
#: Units whose readings are increments of a tick.
_INCREMENTS = ("accelerometer", "gyro")


@dataclass(frozen=True)
class FlownFault:
    """A fault of a mission in one flight."""

    fault: str  # in a line
    probability: float  # that it happens
    happened: bool  # drawn: else the unit worked
    began_s: float | None  # since powered-descent initiation; None where it did not begin
    ended_s: float | None = None  # None where it did not begin, or lasts to the end

    @property
    def idle(self) -> bool:
        """Whether it was to happen and its beginning never came."""
        return self.happened and self.began_s is None


def drawn_faults(mission: Mission, key: int, *, nominal: bool = False) -> tuple[int, ...]:
    """Return which of a mission's faults happen in a flight, as places in `mission.faults`.

    Parameters
    ----------
    mission : Mission
    key : int
        Of the flight's streams: `farside.flight.keys.flight_key`.
    nominal : bool
        Nothing is drawn: only faults that happen in each flight do.

    Returns
    -------
    tuple of int
        A fault's own draw decides, whatever the others are.
    """
    shares = np.empty(MOST)
    if any(fault.probability < 1.0 for fault in mission.faults):
        uniforms(key, 0, DRAWS, shares)
    return tuple(
        i
        for i, fault in enumerate(mission.faults)
        if fault.probability >= 1.0 or (not nominal and shares[i] < fault.probability)
    )


def fault_rows(
    mission: Mission, happening: Sequence[int], setup: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows of the kernel's table, the structs `FaultRow` by their fields.

    Parameters
    ----------
    mission : Mission
    happening : sequence of int
        Places in `mission.faults`.
    setup : dict
        The sensors as specified, `farside.sensors.sensor_setup`: their noise.
    """
    rows = []
    lines = iter(range(MOST))
    for slot in happening:
        fault = mission.faults[slot]
        lasts = 0 if fault.for_s is None else _ticks_of(fault.for_s)
        rows.append(
            {
                "unit": UNIT_CODES[fault.unit_name],
                "parts": parts_of(mission, fault),
                "kind": KIND_CODES[fault.kind],
                "begin": BEGIN_CODES[fault.begins],
                "from_tick": round(TICK_HZ * (fault.from_s or 0.0)),
                "below_m": fault.below_m or 0.0,
                "phase": [row.name for row in mission.phases].index(fault.phase)
                if fault.phase
                else -1,
                "event": EVENT_CODES[fault.event] if fault.event else 0,
                "ticks": lasts,
                "enabled": 1,
                "slot": slot,
                "line": next(lines) if fault.kind == "late" else 0,
                "value": values_of(fault, setup),
            }
        )
    return rows


def fault_bench(mission: Mission, happening: Sequence[int], seed: int) -> FaultBench:
    """Return what puts faults into measurements tick by tick, without a lander.

    Parameters
    ----------
    mission : Mission
    happening : sequence of int
        Places in `mission.faults`.
    seed : int
        Of the faults' noise and spikes.

    Returns
    -------
    FaultBench
        Over a smooth sphere: a misaligned beam needs the true ground.
    """
    setup = sensor_setup(mission, {})
    sphere = Ground(mission, flat=True)
    return FaultBench(fault_rows(mission, happening, setup), seed, setup, sphere.model)


def table_of(rows: Sequence[dict[str, Any]], seed: int = 0) -> dict[str, Any]:
    """Return the struct `FaultTable` of rows; what is left of its room is blank."""
    blank = dict.fromkeys(_FIELDS, 0) | {"below_m": 0.0, "value": [0.0, 0.0]}
    room = [*rows, *[blank] * (MOST - len(rows))]
    return {"count": len(rows), "reserved": 0, "seed": seed, "row": room}


def parts_of(mission: Mission, fault: Fault) -> int:
    """Return the parts that fail, a bit each."""
    if fault.unit_name == "camera":
        return int(ALL_PARTS)  # flight/camera_faults.py has its name
    if fault.part:
        return 1 << UNITS[fault.unit_name].parts.index(fault.part)
    if fault.unit_name == "contact":
        return (1 << mission.vehicle.legs.count) - 1
    return int(ALL_PARTS)


def factor_of(fault: Fault) -> float:
    """Return what a fault's value is multiplied by for the kernel: SI, and ticks for times.

    The inertial unit hands over increments of a tick, so that its values are those of a tick.
    """
    unit = UNITS[fault.unit_name].unit_of(fault.kind)
    factor = _FACTORS.get(unit, 1.0)
    own = fault.unit_name in _INCREMENTS and unit == UNITS[fault.unit_name].measures
    return factor * TICK_S if own else factor


def values_of(fault: Fault, setup: dict[str, Any]) -> list[float]:
    """Return the two numbers of a row: the kind's value, or the noise that it adds."""
    size = fault.size
    if size is None:
        return [0.0, 0.0]
    if fault.kind != "noise":
        value = factor_of(fault) * size
        return [float(round(value)) if fault.kind == "late" else value, 0.0]
    # k times the noise is k^2 its variance
    more = math.sqrt(size * size - 1.0)
    sigma = {
        "imu": ("accel_noise", "gyro_noise"),
        "accelerometer": ("accel_noise",),
        "gyro": ("gyro_noise",),
        "altimeter": ("range_noise_m",),
        "velocimeter": ("beam_noise_mps",),
        "star_tracker": ("star_roll_rad", "star_cross_rad"),
        "height": ("height_noise_m",),
    }.get(fault.unit_name, ())
    found = [more * float(setup[name]) for name in sigma]
    return [*(found or [size]), 0.0][:2]


def _ticks_of(for_s: float) -> int:
    """Return how many ticks a fault of so many seconds lasts: one at least."""
    return max(1, round(TICK_HZ * for_s))


def flown_faults(
    mission: Mission, happening: Sequence[int], ticks: Sequence[int | None], flown: int
) -> tuple[FlownFault, ...]:
    """Return what became of a mission's faults in a flight.

    Parameters
    ----------
    mission : Mission
    happening : sequence of int
        Places in `mission.faults` of those that happened.
    ticks : sequence of int or None
        Of those: the tick at which each began.
    flown : int
        Ticks of the flight: a fault that would last longer has not ended.
    """
    began = dict(zip(happening, ticks, strict=True))
    found = []
    for i, fault in enumerate(mission.faults):
        tick = began.get(i)
        seconds = None if tick is None else tick / TICK_HZ
        ended = None
        if tick is not None and fault.for_s is not None:
            last = tick + _ticks_of(fault.for_s)
            ended = last / TICK_HZ if last < flown else None
        found.append(FlownFault(str(fault), fault.probability, i in began, seconds, ended))
    return tuple(found)
