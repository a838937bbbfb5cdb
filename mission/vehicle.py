"""The lander: masses, engine, body, thrusters. Body axes: z along the thrust."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from farside.ext.common import deterministic
from farside.mission.ascent import Ascent
from farside.mission.bounds import (
    Delay,
    Doc,
    Fraction,
    Inertia,
    NonNegative,
    Percent,
    Positive,
    Pulse,
    Within,
)
from farside.mission.cluster import Cluster
from farside.mission.hull import Hull
from farside.mission.legs import Legs
from farside.mission.reader import Table
from farside.mission.retro import Retro
from farside.mission.slosh import Slosh

#: An ascent stage's centre of mass above that of the dry lander, where nothing is said [m]: ours.
ASCENT_ABOVE_M = 0.5


@dataclass(frozen=True, kw_only=True)
class Stack(Table):
    """What flew to the Moon, part by part [kg]; the lander, its ascender and its rover descend.

    Parts that a mission has not are 0.
    """

    lander: Annotated[Positive, Doc("with its propellant")]
    ascender: Annotated[NonNegative, Doc("with its propellant; descends")] = 0.0
    rover: Annotated[NonNegative, Doc("descends")] = 0.0
    orbiter: Annotated[NonNegative, Doc("stays in orbit")] = 0.0
    reentry_module: Annotated[NonNegative, Doc("stays in orbit")] = 0.0
    foreign_payload: Annotated[NonNegative, Doc("stays in orbit")] = 0.0

    @property
    def descending(self) -> float:
        """Mass of the parts that descend [kg]."""
        return self.lander + self.ascender + self.rover


@dataclass(frozen=True, kw_only=True)
class Engine(Table):
    """The main engine, throttled between two thrusts or off. Several engines count as one.

    Those of a cluster that steer against one another have a table of their own, `cluster`.

    An engine that must not be throttled near full has both throttle limits: above throttle_high_n
    it goes to full, and comes back only when no more than throttle_low_n is wanted.
    """

    rules: ClassVar = ("thrusts", "throttle")

    thrust_max_n: Annotated[Positive, Doc("full thrust")]
    thrust_min_n: Annotated[NonNegative, Doc("least thrust when it burns")]
    isp_s: Annotated[Positive, Doc("specific impulse, of 9.80665 m/s^2")]
    lag_s: Annotated[NonNegative, Doc("time constant of the thrust, first order")]
    ignition_delay_s: Annotated[Delay, Doc("command to first thrust")]
    throttle_low_n: (
        Annotated[
            Positive,
            Doc("below this it is throttled again; laws trim, quadratic and null_velocity alone"),
        ]
        | None
    ) = None
    throttle_high_n: (
        Annotated[Positive, Doc("above this it runs at full; the two limits come together")] | None
    ) = None
    isp_least_s: (
        Annotated[
            Positive,
            Doc("at thrust_min_n; 1/Isp is linear in the thrust between", "isp_s throughout"),
        ]
        | None
    ) = None
    throat_height_m: (
        Annotated[
            float,
            Doc("where the thrust acts, above the plane of the footpads", "the nozzle's rim"),
        ]
        | None
    ) = None
    throttle_step_n: Annotated[NonNegative, Doc("the valve's true steps", "0: it has none")] = 0.0
    throttle_rate_nps: Annotated[
        NonNegative, Doc("fastest true change of the throttle when lit", "0: no limit")
    ] = 0.0
    overshoot: Annotated[
        Fraction, Doc("share of the thrust above the command at ignition, true")
    ] = 0.0
    overshoot_s: Annotated[Positive, Doc("time constant in which that decays")] = 0.2
    noise_percent: Annotated[
        Percent, Doc("of the true thrust, 1 sigma; a nominal flight has none")
    ] = 0.0
    noise_hz: Annotated[
        float, Within(above=0.0, most=50.0, what="the tick of 10 ms"), Doc("its band, first order")
    ] = 5.0
    cluster: Cluster | None = None

    def thrusts(self) -> Iterator[tuple[str, str]]:
        """Yield thrusts the wrong way round."""
        if self.thrust_min_n > self.thrust_max_n:
            yield (
                "thrust_min_n",
                f"{self.thrust_min_n:g} is above thrust_max_n, {self.thrust_max_n:g}; lower it",
            )

    def throttle(self) -> Iterator[tuple[str, str]]:
        """Yield throttle limits that are alone, or not between the thrusts."""
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

    rules: ClassVar = ("tensors",)

    inertia_full_kgm2: Annotated[
        Inertia, Doc("principal moments about body x, y, z through the centre of mass, full")
    ]
    inertia_dry_kgm2: Annotated[Inertia, Doc("the same, dry")]
    com_height_full_m: Annotated[
        Positive, Doc("centre of mass above the plane of the footpads, full")
    ]
    com_height_dry_m: Annotated[Positive, Doc("the same, dry")]
    com_offset_m: Annotated[
        tuple[float, float], Doc("centre of mass off the thrust axis, body x and y, full")
    ]
    com_offset_dry_m: (
        Annotated[tuple[float, float], Doc("the same, dry, true", "com_offset_m")] | None
    ) = None
    products_full_kgm2: Annotated[
        tuple[float, float, float],
        Doc("elements xy, xz, yz of the tensor of inertia, full, true"),
    ] = (0.0, 0.0, 0.0)
    products_dry_kgm2: Annotated[tuple[float, float, float], Doc("the same, dry")] = (0.0, 0.0, 0.0)

    def tensors(self) -> Iterator[tuple[str, str]]:
        """Yield tensors that no body has."""
        for state in ("full", "dry"):
            ix, iy, iz = getattr(self, f"inertia_{state}_kgm2")
            xy, xz, yz = getattr(self, f"products_{state}_kgm2")
            # no principal moment above the sum of the others: half the trace less J is not negative
            half = 0.5 * (ix + iy + iz)
            px, py, pz = half - ix, half - iy, half - iz
            minors = (px * py - xy * xy, px * pz - xz * xz, py * pz - yz * yz)
            det = px * minors[2] - xy * (xy * pz + yz * xz) - xz * (xy * yz + xz * py)
            if min(minors) < 0.0 or det < 0.0:
                yield (
                    f"products_{state}_kgm2",
                    f"no body has them with inertia_{state}_kgm2: a principal moment is above the "
                    "sum of the other two; lower them",
                )


@dataclass(frozen=True, kw_only=True)
class Thrusters(Table):
    """Two sets of attitude thrusters that fire in couples about the three body axes."""

    isp_s: Annotated[Positive, Doc("specific impulse of both sets")]
    large_n: Annotated[
        Positive, Doc("thrust of one large thruster; the torque is 2 large_n large_arm_m")
    ]
    small_n: Annotated[Positive, Doc("thrust of one small thruster")]
    large_arm_m: Annotated[Positive, Doc("lever arm of the large ones, all three axes")]
    small_arm_m: Annotated[Positive, Doc("lever arm of the small ones")]
    large_min_pulse_s: Annotated[Pulse, Doc("shortest pulse of the large ones")]
    small_min_pulse_s: Annotated[Pulse, Doc("shortest pulse of the small ones")]
    large_rise_s: Annotated[
        Delay, Doc("true time constant of the large ones' thrust", "0: at once")
    ] = 0.0
    small_rise_s: Annotated[Delay, Doc("the same of the small ones", "0: at once")] = 0.0

    @property
    def large_couple_nm(self) -> float:
        """Torque of a large couple [N m]."""
        return 2.0 * self.large_n * self.large_arm_m


@dataclass(frozen=True, kw_only=True)
class Vehicle(Table):
    """Everything that descends.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> vehicle = load_mission("chang-e-6").vehicle
    >>> vehicle.start_mass_kg, vehicle.dry_mass_kg
    (3730.0, 1670.0)
    >>> vehicle.com_height_m([3730.0, 2700.0, 1670.0]).round(3).tolist()  # full, half, dry
    [1.9, 1.825, 1.75]
    """

    rules: ClassVar = ("propellant", "parts", "liquid", "carried")

    descent_mass_kg: Annotated[
        Positive,
        Doc(
            "at powered-descent initiation, without [vehicle.retro]; equals lander + ascender + "
            "rover of the stack"
        ),
    ]
    usable_propellant_kg: Annotated[Positive, Doc("of it, for engine and thrusters")]
    stack_kg: Stack
    engine: Engine
    body: Body
    thrusters: Thrusters
    legs: Legs
    hull: Hull | None = None
    slosh: Slosh = field(default_factory=Slosh)
    ascent: Ascent | None = None
    retro: Retro | None = None

    @property
    def start_mass_kg(self) -> float:
        """Mass at powered-descent initiation, with a motor that is dropped [kg]."""
        return self.descent_mass_kg + self.motor_kg

    @property
    def motor_kg(self) -> float:
        """A motor that is dropped, with all that it burns [kg]; 0 without one."""
        return self.retro.loaded_kg if self.retro else 0.0

    @property
    def dry_mass_kg(self) -> float:
        """Mass with the usable propellant gone [kg]."""
        return self.descent_mass_kg - self.usable_propellant_kg

    @property
    def ascent_com_height_m(self) -> float:
        """Centre of mass of the ascent stage above the plane of the footpads [m]."""
        stage = self.ascent
        if stage is None or stage.com_height_m is None:
            return self.body.com_height_dry_m + ASCENT_ABOVE_M
        return stage.com_height_m

    @property
    def ascent_inertia_kgm2(self) -> tuple[Inertia, Inertia]:
        """Moments of inertia of the ascent stage, full and dry; of like shape where not given."""
        stage, whole = self.ascent, self.body.inertia_dry_kgm2
        if stage is None:
            return whole, whole
        smaller = deterministic.power_of(stage.mass_kg / self.dry_mass_kg, 5.0 / 3.0)
        full = stage.inertia_full_kgm2 or tuple(smaller * moment for moment in whole)
        share = 1.0 - stage.propellant_kg / stage.mass_kg
        dry = stage.inertia_dry_kgm2 or tuple(share * moment for moment in full)
        return (full[0], full[1], full[2]), (dry[0], dry[1], dry[2])

    def com_height_m(self, mass_kg: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the height of the centre of mass above the plane of the footpads [m].

        Linear in the usable propellant left; held at its ends.

        Parameters
        ----------
        mass_kg : array_like
            Mass of the lander.

        Returns
        -------
        ndarray
            Heights [m], of the shape of `mass_kg`.
        """
        share = (np.asarray(mass_kg) - self.dry_mass_kg) / self.usable_propellant_kg
        dry, full = self.body.com_height_dry_m, self.body.com_height_full_m
        return np.asarray(dry + np.clip(share, 0.0, 1.0) * (full - dry))

    def propellant(self) -> Iterator[tuple[str, str]]:
        """Yield more propellant than mass."""
        if self.usable_propellant_kg >= self.descent_mass_kg:
            yield (
                "usable_propellant_kg",
                f"{self.usable_propellant_kg:g} is not below descent_mass_kg, "
                f"{self.descent_mass_kg:g}; lower it",
            )

    def carried(self) -> Iterator[tuple[str, str]]:
        """Yield an ascent stage heavier than what is left of the lander."""
        if self.ascent is not None and self.ascent.mass_kg > self.dry_mass_kg > 0.0:
            yield (
                "ascent.mass_kg",
                f"{self.ascent.mass_kg:g} is above descent_mass_kg less usable_propellant_kg, "
                f"{self.dry_mass_kg:g}; lower it",
            )

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield parts that do not add up."""
        # a gram of rounding in the sum of parts is no fault
        if abs(self.stack_kg.descending - self.descent_mass_kg) > 1e-3:
            yield (
                "stack_kg",
                f"lander, ascender and rover make {self.stack_kg.descending:g} kg, not "
                f"descent_mass_kg, {self.descent_mass_kg:g}; make them agree",
            )

    def liquid(self) -> Iterator[tuple[str, str]]:
        """Yield liquid that the lander has not, or whose mass leaves the body nothing to turn."""
        if self.slosh.liquid_kg >= self.descent_mass_kg:
            yield (
                "slosh.tanks",
                f"hold {self.slosh.liquid_kg:g} kg, not below descent_mass_kg, "
                f"{self.descent_mass_kg:g}; lower liquid_kg",
            )
            return
        full, dry = self.body.inertia_full_kgm2, self.body.inertia_dry_kgm2
        for share in (1.0, 0.75, 0.5, 0.25, 0.05):
            mass_kg = self.dry_mass_kg + share * self.usable_propellant_kg
            height_m = float(self.com_height_m(mass_kg))
            least = min(dry[i] + share * (full[i] - dry[i]) for i in (0, 1))
            if self.slosh.unstable(share, mass_kg, height_m, least):
                yield (
                    "slosh.tanks",
                    f"their moving masses have more inertia than body.inertia_full_kgm2 and "
                    f"inertia_dry_kgm2 at {100 * share:g} % of the propellant; move them nearer to "
                    "the centre of mass",
                )
                return
