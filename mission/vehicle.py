"""The lander: masses, engine, body, thrusters, legs. Body axes: z along the thrust."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Inertia, NonNegative, Positive, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class Stack(Table):
    """What flew to the Moon, part by part [kg]; the lander, its ascender and its rover descend.

    Parts that a mission has not are 0.
    """

    lander: Positive
    ascender: NonNegative = 0.0
    rover: NonNegative = 0.0
    orbiter: NonNegative = 0.0
    reentry_module: NonNegative = 0.0
    foreign_payload: NonNegative = 0.0

    @property
    def descending(self) -> float:
        """Mass of the parts that descend [kg]."""
        return self.lander + self.ascender + self.rover


@dataclass(frozen=True, kw_only=True)
class Engine(Table):
    """The main engine, throttled between two thrusts or off.

    An engine that must not be throttled near full has both throttle limits: above throttle_high_n
    it goes to full, and comes back only when no more than throttle_low_n is wanted.
    """

    thrust_max_n: Positive
    thrust_min_n: NonNegative
    isp_s: Positive
    lag_s: NonNegative  # first-order response of the thrust
    ignition_delay_s: NonNegative  # command to first thrust
    throttle_low_n: Positive | None = None
    throttle_high_n: Positive | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield thrusts the wrong way round."""
        if self.thrust_min_n > self.thrust_max_n:
            yield (
                "thrust_min_n",
                f"{self.thrust_min_n:g} is above thrust_max_n, {self.thrust_max_n:g}; lower it",
            )
        low, high = self.throttle_low_n, self.throttle_high_n
        if (low is None) != (high is None):
            absent = "throttle_low_n" if low is None else "throttle_high_n"
            yield absent, "missing; the two throttle limits come together"
        elif low is not None and high is not None:
            if not self.thrust_min_n <= low <= high <= self.thrust_max_n:
                yield (
                    "throttle_low_n",
                    f"{low:g} and throttle_high_n, {high:g}, must rise between thrust_min_n and "
                    "thrust_max_n",
                )


@dataclass(frozen=True, kw_only=True)
class Body(Table):
    """Mass properties between full (the descent mass) and dry (less the usable propellant)."""

    inertia_full_kgm2: Inertia  # about body x, y, z through the centre of mass
    inertia_dry_kgm2: Inertia
    com_height_full_m: Positive  # centre of mass above the plane of the footpads
    com_height_dry_m: Positive
    com_offset_m: tuple[float, float]  # centre of mass off the thrust axis, body x and y


@dataclass(frozen=True, kw_only=True)
class Thrusters(Table):
    """Two sets of attitude thrusters that fire in couples about the three body axes."""

    isp_s: Positive
    large_n: Positive
    small_n: Positive
    large_arm_m: Positive
    small_arm_m: Positive
    large_min_pulse_s: Positive
    small_min_pulse_s: Positive


@dataclass(frozen=True, kw_only=True)
class Legs(Table):
    """Equal legs on a circle, with crushing struts and round pads."""

    count: Annotated[int, Within(least=3, most=8)]
    span_m: Positive  # across opposite footpad centres
    pad_m: Positive  # footpad diameter
    belly_clearance_m: NonNegative  # plane of the footpads to the nozzle rim, legs uncrushed
    stroke_m: Positive  # most that a leg can crush
    crush_force_n: Positive  # per leg
    stiffness_npm: Positive  # per leg before it crushes
    damping_nspm: NonNegative  # per leg
    friction: Annotated[float, Within(least=0.0, most=2.0)]  # pad on regolith

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield pads that would overlap."""
        if self.pad_m >= self.span_m:
            yield "pad_m", f"{self.pad_m:g} is not below span_m, {self.span_m:g}; lower it"


@dataclass(frozen=True, kw_only=True)
class Vehicle(Table):
    """Everything that descends."""

    descent_mass_kg: Positive  # at powered-descent initiation
    usable_propellant_kg: Positive
    stack_kg: Stack
    engine: Engine
    body: Body
    thrusters: Thrusters
    legs: Legs

    @property
    def dry_mass_kg(self) -> float:
        """Mass with the usable propellant gone [kg]."""
        return self.descent_mass_kg - self.usable_propellant_kg

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield masses that do not add up."""
        if self.usable_propellant_kg >= self.descent_mass_kg:
            yield (
                "usable_propellant_kg",
                f"{self.usable_propellant_kg:g} is not below descent_mass_kg, "
                f"{self.descent_mass_kg:g}; lower it",
            )
        # a gram of rounding in the sum of parts is no fault
        if abs(self.stack_kg.descending - self.descent_mass_kg) > 1e-3:
            yield (
                "stack_kg",
                f"lander, ascender and rover make {self.stack_kg.descending:g} kg, not "
                f"descent_mass_kg, {self.descent_mass_kg:g}; make them agree",
            )
