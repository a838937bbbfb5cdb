"""Which units of a lander can fail, and how: what `farside faults` lists.

Sizes by default are those of failures that have flown or were simulated for flown landers, or
are ours where nothing is published; each is said beside its number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class FaultKind:
    """A way to fail.

    Attributes
    ----------
    meaning : str
        What happens while the fault lasts.
    unit : str
        Of its value; empty where it has none, "" and `sized` by the unit that fails else.
    value : float or None
        By default; None where the failing unit has a default of its own, or there is no value.
    least, most : float
        What a value may be.
    """

    meaning: str
    unit: str = ""
    value: float | None = None
    least: float = -1e9
    most: float = 1e9

    @property
    def sized(self) -> bool:
        """Whether the kind takes a value."""
        return bool(self.unit)


#: As a part: a name that the mission gives.
ANY = "NAME"
#: In the unit that the sensor measures.
MEASURED = "measured"

#: What a measurement can suffer. `measured` stands for the unit of the sensor's own numbers.
MEASUREMENT_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        "silent": FaultKind("gives nothing: its valid flag is down"),
        "stuck": FaultKind("repeats its last reading, flag up"),
        "zero": FaultKind("reads exactly zero, flag up"),
        "bias": FaultKind("reads too much by the value", MEASURED),
        "drift": FaultKind("reads too much by a value that grows by so much each second", MEASURED),
        "scale": FaultKind("reads so many times the truth", "times", 1.1, -100.0, 100.0),
        "spike": FaultKind("reads too much by the value in one reading of ten", MEASURED),
        "noise": FaultKind("has so many times its noise as specified", "times", 10.0, 1.0, 1e4),
        "saturated": FaultKind(
            "reads so much at most, either way, without a flag", MEASURED, least=0.0
        ),
        # Schiaparelli's gyro said for a second that it turned at the end of its scale.
        "pinned": FaultKind("reads exactly the value, flag up", MEASURED),
        "late": FaultKind("its readings come so much later", "s", 0.5, 0.01, 2.5),
        "duplicated": FaultKind("gives each reading twice: the old one stands for the next"),
        "sign": FaultKind("reads with the wrong sign"),
        "flag": FaultKind("its valid flag says the contrary"),
        "misaligned": FaultKind(
            "is turned in its mount by so much about body y", "deg", 1.0, -180.0, 180.0
        ),
    }
)
#: And what a range to the ground can: Hakuto-R M2's came in at 893 m.
RANGE_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        **MEASUREMENT_KINDS,
        "weak_echo": FaultKind("gives nothing from further than the value", "m", 893.0, 0.0, 1e6),
    }
)
THRUSTER_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        "stuck_on": FaultKind("fires all the time"),
        "stuck_off": FaultKind("never fires"),
        "weak": FaultKind("gives so much of its thrust", "times", 0.5, 0.0, 2.0),
    }
)
ENGINE_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        "weak": FaultKind("gives so much of the thrust commanded", "times", 0.95, 0.0, 1.5),
        "no_start": FaultKind("does not ignite"),
        "cut": FaultKind("is out"),
        "stuck": FaultKind("keeps the throttle that it has"),
        # SLIM, 2024: 55 % of the thrust were left.
        "nozzle_lost": FaultKind("has lost its nozzle: so much of the thrust", "times", 0.55, 0, 1),
    }
)
LEG_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        "lost": FaultKind("is not there"),
        "weak": FaultKind("takes so much of its crushing force", "times", 0.5, 0.0, 2.0),
    }
)
#: Of images. Sizes are ours: 20 px are 1 % of 90 deg, and pull the place by 2 % of the height.
CAMERA_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        "silent": FaultKind("gives no image: what comes is empty"),
        "stuck": FaultKind("gives its last image again"),
        "zero": FaultKind("gives dark images: every pixel 0"),
        "noise": MEASUREMENT_KINDS["noise"],
        "saturated": MEASUREMENT_KINDS["saturated"],
        "late": FaultKind("shows what it saw so much before its time tag", "s", 0.5, 0.01, 2.5),
        "misaligned": MEASUREMENT_KINDS["misaligned"],
        "shifted": FaultKind("is shifted by so many columns", "px", 20.0, -500.0, 500.0),
    }
)
COMPUTER_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        # Apollo 11: the rendezvous radar's counters took 13 % of the computer (Eyles, "Tales from
        # the Lunar Module Guidance Computer", 2004).
        "stolen": FaultKind(
            "the autopilot misses so much of its ticks, and its last command holds",
            "%",
            13.0,
            0,
            100,
        ),
        "restart": FaultKind(
            "autopilot and navigation are away for the time, then go on with their memory"
        ),
        "reset": FaultKind(
            "the same, and memory is lost: they resume from a checkpoint, or begin anew"
        ),
    }
)


@dataclass(frozen=True)
class Unit:
    """What can fail.

    Attributes
    ----------
    meaning : str
    kinds : mapping
        Its ways to fail, by name.
    parts : tuple of str
        What may stand behind the dot; all of the unit fails where nothing does.
    measures : str
        Unit of its readings; empty where it measures nothing.
    sizes : mapping
        Values by default of the kinds that are sized in what it measures.
    """

    meaning: str
    kinds: Mapping[str, FaultKind]
    parts: tuple[str, ...] = ()
    measures: str = ""
    sizes: Mapping[str, float] = field(default_factory=dict)

    def default(self, kind: str) -> float | None:
        """Return the value that a kind has where none is given; None where it has none."""
        found = self.kinds[kind]
        return self.sizes.get(kind, found.value) if found.sized else None

    def unit_of(self, kind: str) -> str:
        """Return the unit of a kind's value."""
        found = self.kinds[kind]
        return self.measures if found.unit == MEASURED else found.unit


def _sizes(bias: float, drift: float, spike: float, saturated: float) -> Mapping[str, float]:
    held = {"saturated": saturated, "pinned": saturated}
    return MappingProxyType({"bias": bias, "drift": drift, "spike": spike, **held})


_AXES = ("x", "y", "z")
_IMU = {name: kind for name, kind in MEASUREMENT_KINDS.items() if name not in ("silent", "flag")}
_STAR = {
    name: MEASUREMENT_KINDS[name]
    for name in MEASUREMENT_KINDS
    if name not in ("scale", "saturated", "pinned")
}
_SWITCH = {
    "silent": FaultKind("never closes"),
    "stuck": FaultKind("stays as it was"),
    "spike": FaultKind("closes in one tick of ten"),
    "late": MEASUREMENT_KINDS["late"],
    "duplicated": MEASUREMENT_KINDS["duplicated"],
    "flag": FaultKind("closed where it is open, open where it is closed"),
}

UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "imu": Unit(
            "the inertial unit: its accelerometers and gyros together",
            {name: _IMU[name] for name in ("stuck", "zero", "noise", "late", "misaligned")},
        ),
        # Schiaparelli's gyros saturated for a second. Sizes are ours: biases are 100 times a
        # navigation grade's.
        "accelerometer": Unit(
            "the accelerometers of the inertial unit", _IMU, _AXES, "m/s^2",
            _sizes(0.02, 1e-4, 5.0, 5.0),
        ),
        "gyro": Unit(
            "the gyros of the inertial unit", _IMU, _AXES, "deg/s", _sizes(0.1, 1e-3, 20.0, 30.0)
        ),
        # Hakuto-R M1 flew over a rim 3 km high; the height jumps by that.
        "altimeter": Unit(
            "the ranging altimeter", RANGE_KINDS, (), "m", _sizes(50.0, 1.0, 3000.0, 1000.0)
        ),
        "velocimeter": Unit(
            "the Doppler velocimeter", MEASUREMENT_KINDS, ("beam1", "beam2", "beam3"), "m/s",
            _sizes(1.0, 0.01, 50.0, 10.0),
        ),
        "star_tracker": Unit(
            "the star tracker; bias, drift, spike and noise turn it about the axis", _STAR, _AXES,
            "deg",
            MappingProxyType({"bias": 2.0, "drift": 0.01, "spike": 5.0}),
        ),
        "height": Unit(
            "the height sensor of the last metres", MEASUREMENT_KINDS, (), "m",
            _sizes(3.0, 0.1, -15.0, 5.0),
        ),
        # Mars Polar Lander: contact was felt when the legs were unfolded.
        "contact": Unit(
            "the contact switches of the legs", _SWITCH,
            tuple(f"leg{n}" for n in range(1, 9)),
        ),
        "lidar": Unit(
            "the scanning lidar: the ranges of its image", MEASUREMENT_KINDS, (), "m",
            _sizes(0.5, 0.01, 1.0, 60.0),
        ),
        "camera": Unit(
            "the cameras: each image; the part is a camera's name in the mission", CAMERA_KINDS,
            (ANY,), "of full scale", MappingProxyType({"saturated": 0.5}),
        ),
        "engine": Unit("the main engine", ENGINE_KINDS),
        "thruster": Unit(
            "the attitude thrusters; the part is the axis and sense of a couple", THRUSTER_KINDS,
            tuple(f"{axis}{sense}" for axis in _AXES for sense in ("_plus", "_minus")),
        ),
        "leg": Unit("the legs", LEG_KINDS, tuple("12345678")),
        "computer": Unit("the flight computer", COMPUTER_KINDS),
    }
)  # fmt: skip
