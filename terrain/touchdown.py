"""How a lander comes to rest: what crush and sinkage take of its belly, and how they tilt it.

Energy. The lander meets the ground with the vertical speed v that the engine's cut-off leaves it:
from the height h of the cut-off, with v_0 there, the thrust falling with a lag L,

    v = v_0 + g u,    h = v_0 (u + L) + g (u^2 + L^2) / 2.

Its n legs share the energy. Each sinks and is squeezed until the ground bears what crushes it, F,
and crushes from there on; what is elastic comes back, c and z stay:

    m v^2 / 2 + m g (c + z + F/k) = n [F c + F z / (q + 1) + F^2 / (2 k)],

z = (F / B)^(1/q), B z^q the bearing strength. The belly then stands c + z lower than on rigid legs,
and d(c + z)/dv = m v / (n F - m g).

Tilt. The legs hold a force that hardly grows, so that a turning is not stopped before the lander
is: it goes on for T = 2 (c + z) / v. Pads that take hold turn the lander about themselves: with a
centre of mass s up and r its radius of gyration, a horizontal speed w and a rate o become

    (s w + r^2 o) / (s^2 + r^2).

A tilt at contact is kept by a share of 0.4. On a plane of slope p the pads meet v sin(p) along it,
so that the rest is off the plane by about 2 (c + z) s / (s^2 + r^2) p, one way or the other: uphill
legs crush first, and a lander that hops comes down on fresh ground. All are taken as normal.

The share of 0.4 is fitted to drops of the truth's lander, nothing else is: docs/rest-study.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.mission.moon import SURFACE_GRAVITY_MPS2

if TYPE_CHECKING:
    from farside.mission import FlightConfig
    from farside.mission.legs import Legs
    from farside.mission.phases import Phase
    from farside.mission.regolith import Regolith

_GRAVITY = SURFACE_GRAVITY_MPS2
KEPT_TILT = 0.4
"""Share of a tilt at contact that is left at rest: 0.17 to 0.45 in drops of the three missions."""
_STEPS = 60  # of a bisection


@dataclass(frozen=True)
class Rest:
    """What a touchdown does to a stand; by default nothing: a rigid lander set down on its pads."""

    lowering_m: float = 0.0
    """Mean of what crush and sinkage take of the belly clearance [m]."""
    lowering_sigma_m: float = 0.0
    """Its 1-sigma [m]."""
    tilt: float = 0.0
    """1-sigma of the rest against the plane of the pads on level ground, tangent along an axis."""
    tilt_per_slope: float = 0.0
    """The same per tangent of the plane; the two add in squares."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not all(0.0 <= x < math.inf for x in (self.lowering_m, *self.spreads)):
            raise FarsideError(f"a rest of {self.lowering_m} m and {self.spreads}: give 0 or more")

    @property
    def spreads(self) -> tuple[float, float, float]:
        """1-sigma of the lowering [m], of the tilt and of the tilt per slope."""
        return self.lowering_sigma_m, self.tilt, self.tilt_per_slope

    @property
    def rigid(self) -> bool:
        """Whether nothing is uncertain."""
        return max(self.spreads) == 0.0

    def belly_error_m(self, noise_m: float) -> float:
        """Return the 1-sigma of noise and lowering together [m]."""
        if self.lowering_sigma_m == 0.0:
            return noise_m
        return math.sqrt(noise_m * noise_m + self.lowering_sigma_m * self.lowering_sigma_m)


RIGID = Rest()


def predict_rest(config: FlightConfig) -> Rest:
    """Predict how the lander of a mission comes to rest, from what is known aboard.

    Parameters
    ----------
    config : FlightConfig
        Vehicle, phase table, touchdown sensor and `[contact]`.

    Returns
    -------
    Rest
    """
    contact, vehicle, gravity = config.contact, config.vehicle, _GRAVITY
    legs, body = vehicle.legs, vehicle.body
    share = contact.propellant_left
    mass_kg = vehicle.dry_mass_kg + share * vehicle.usable_propellant_kg
    speed, speed_sigma = contact_speed(config)
    lowering = yielded(legs, contact.regolith, mass_kg, speed)
    height_m = float(vehicle.com_height_m(mass_kg))
    inertia = [
        dry + share * (full - dry)
        for full, dry in zip(body.inertia_full_kgm2[:2], body.inertia_dry_kgm2[:2], strict=True)
    ]
    # the lander that turns most easily
    gyration2 = min(inertia) / mass_kg
    grip = height_m / (height_m * height_m + gyration2)
    lasts_s = 2.0 * lowering / speed if speed > 0.0 else 0.0
    tilt = deterministic.length(
        [
            lasts_s * grip * contact.horizontal_sigma_mps,
            lasts_s * grip * gyration2 / height_m * math.radians(contact.rate_sigma_dps),
            KEPT_TILT * math.radians(contact.tilt_sigma_deg),
        ]
    )
    force_n = legs.count * legs.crush_force_n - mass_kg * gravity
    per_speed = mass_kg * speed / force_n if force_n > 0.0 else 0.0
    return Rest(
        lowering,
        deterministic.length([per_speed * speed_sigma, contact.belly_radius_m * tilt]),
        tilt,
        2.0 * lowering * grip,
    )


def contact_speed(config: FlightConfig) -> tuple[float, float]:
    """Return the vertical speed planned at first contact, and its 1-sigma [m/s]; both 0 or more.

    Without a cut-off above the ground it is that of the row that ends with contact.
    """
    before: Phase | None = None
    for phase in config.phases:
        if phase.law == "off" or phase.exit == "contact":
            break
        before = phase
    if phase.law != "off" or before is None or before.exit != "height":
        return abs(phase.vertical_speed_mps), 0.0
    sensor, lag, gravity = (
        config.sensors.touchdown,
        config.vehicle.engine.lag_s,
        _GRAVITY,
    )
    speed = abs(before.vertical_speed_mps)
    fall_m = before.exit_m - speed * (sensor.latency_s + lag) - 0.5 * gravity * lag * lag
    if fall_m <= 0.0:
        return speed, 0.0
    speed = math.sqrt(speed * speed + 2.0 * gravity * fall_m)
    error_m = deterministic.length([sensor.noise_m, sensor.drift_m])
    return speed, gravity * error_m / speed


def yielded(legs: Legs, ground: Regolith, mass_kg: float, speed_mps: float) -> float:
    """Return how far crush and sinkage lower a lander that comes straight down [m]."""
    energy, weight = 0.5 * mass_kg * speed_mps * speed_mps, mass_kg * _GRAVITY
    bearing, power = ground.bearing(0.5 * legs.pad_m), ground.exponent

    def taken(force_n: float) -> tuple[float, float]:
        """Return sinkage [m] and what is left of the energy [J] where legs come to a force."""
        sunk = deterministic.power_of(force_n / bearing, 1.0 / power) if bearing > 0.0 else 0.0
        squeezed = force_n / legs.stiffness_npm
        work = force_n * (sunk / (power + 1.0) + 0.5 * squeezed)
        return sunk, energy + weight * (sunk + squeezed) - legs.count * work

    sunk, left = taken(legs.crush_force_n)
    if left > 0.0:
        crushing_n = legs.count * legs.crush_force_n - weight
        crush = left / crushing_n if crushing_n > 0.0 else legs.stroke_m
        return sunk + min(crush, legs.stroke_m)
    low, high = 0.0, legs.crush_force_n
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if taken(middle)[1] > 0.0:
            low = middle
        else:
            high = middle
    return taken(high)[0]
