"""Propellant that sloshes: `[vehicle.slosh]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.ext.common import deterministic
from farside.mission.bounds import Doc, Positive, Within
from farside.mission.reader import Table

#: First zero of the derivative of the Bessel function J1.
_XI = 1.8411837813406593


def _tanh(x: float) -> float:
    """Return the hyperbolic tangent, with the same bits on any CPU."""
    return 1.0 - 2.0 / (float(deterministic.exp(2.0 * min(x, 300.0))) + 1.0)


@dataclass(frozen=True, kw_only=True)
class Tank(Table):
    """Like upright cylinders at one height, taken as one, with the first mode of their liquid."""

    liquid_kg: Annotated[Positive, Doc("in all of them, full")]
    radius_m: Annotated[Positive, Doc("of one, inside")]
    depth_m: Annotated[Positive, Doc("of the liquid, full")]
    bottom_m: Annotated[float, Doc("above the plane of the footpads")]
    damping_ratio: Annotated[
        float,
        Within(least=0.0, most=0.5),
        Doc("of the mode, of critical", "a smooth wall 0.1 %, baffles or vanes 1 to 5 % (SP106)"),
    ] = 0.01

    def mode(self, share: float, com_height_m: float) -> tuple[float, float]:
        """Return the mass that moves [kg] and its height above the centre of mass [m].

        Parameters
        ----------
        share : float
            Of the liquid left.
        com_height_m : float
            Centre of mass above the plane of the footpads.
        """
        x = _XI * self.depth_m * share / self.radius_m
        half = _tanh(0.5 * x)
        whole = 2.0 * half / (1.0 + half * half)
        if x > 0.0:
            moving = self.liquid_kg * share * 2.0 * whole / (x * (_XI * _XI - 1.0))
        else:
            # a film so thin that its depth over the radius is no number
            moving = self.liquid_kg * share * 2.0 / (_XI * _XI - 1.0)
        above = self.depth_m * share - 2.0 * self.radius_m / _XI * half
        return moving, self.bottom_m + above - com_height_m


@dataclass(frozen=True, kw_only=True)
class Slosh(Table):
    """Groups of tanks whose liquid moves; two at the most, fuel and oxidiser. None: it is held."""

    rules: ClassVar = ("groups",)

    tanks: tuple[Tank, ...] = ()

    def groups(self) -> Iterator[tuple[str, str]]:
        """Yield more groups than the truth has room for."""
        if len(self.tanks) > 2:
            yield "tanks", f"{len(self.tanks)} groups; take like tanks together: 2 at the most"

    @property
    def liquid_kg(self) -> float:
        """What all tanks hold when full."""
        return sum(tank.liquid_kg for tank in self.tanks)

    def unstable(
        self, share: float, mass_kg: float, com_height_m: float, moment_kgm2: float
    ) -> bool:
        """Return whether the body left without the moving masses would have no inertia."""
        modes = [tank.mode(share, com_height_m) for tank in self.tanks]
        left_kg = mass_kg - sum(kg for kg, _ in modes)
        lever = sum(kg * z for kg, z in modes)
        square = sum(kg * z * z for kg, z in modes)
        return not (left_kg > 0.0 and moment_kgm2 - square - lever * lever / left_kg > 0.0)
