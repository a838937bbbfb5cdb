"""What an ascent begins with and leads to: state, stages, orbit, options; the scaled problem."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers
from farside.ext.guidance.ascent import _ascent
from farside.guidance.optimal import Thrust
from farside.mission.moon import GM, MEAN_RADIUS_M

if TYPE_CHECKING:
    from farside.guidance.ascent import OptimalAscent

Vector = NDArray[np.float64]

#: Longest pause before an ignition, and longest vertical rise [s].
LONGEST_S = 600.0
#: Lowest and highest place [m] from the Moon's centre that an ascent may begin at.
LEAST_RADIUS_M, MOST_RADIUS_M = 1.6e6, 2.0e7
POLE = np.array([0.0, 0.0, 1.0])
PLANE_FREE, PLANE_INCLINATION, PLANE_NODE = range(3)


class AscentError(FarsideError):
    """A number of an ascent is impossible."""


@dataclass(frozen=True)
class AscentOrbit:
    """Where an ascent ends.

    Attributes
    ----------
    periapsis_m, apoapsis_m : float
        Altitudes above the sphere of `radius_m` [m].
    inclination_deg : float, optional
        To the Moon's equator, 0 to 180 [deg]; the plane is free if not given.
    node_deg : float, optional
        Ascending node from the x axis of the state's axes [deg]; free if not given.
    higher : bool
        Whether the apoapsis may be higher where that costs less, and a state that already has such
        an orbit is good as it is.
    radius_m : float
        Of the sphere that altitudes count from [m].

    Examples
    --------
    >>> from farside.guidance import AscentOrbit
    >>> polar = AscentOrbit(15e3, 180e3, inclination_deg=90.0, node_deg=0.0)
    >>> round(polar.eccentricity, 4)
    0.045
    >>> (polar.normal().round(6) + 0.0).tolist()
    [0.0, -1.0, 0.0]
    """

    periapsis_m: float
    apoapsis_m: float
    inclination_deg: float | None = None
    node_deg: float | None = None
    higher: bool = False
    radius_m: float = MEAN_RADIUS_M

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 <= self.periapsis_m <= self.apoapsis_m <= 1e7:
            raise AscentError(
                f"an orbit of {self.periapsis_m:g} x {self.apoapsis_m:g} m: give altitudes from 0 "
                "to 1e7, the periapsis first"
            )
        if not LEAST_RADIUS_M <= self.radius_m <= 2e6:
            raise AscentError(f"a sphere of {self.radius_m:g} m: give the Moon's radius")
        if self.node_deg is not None and self.inclination_deg is None:
            raise AscentError("a node needs an inclination; give both, or the inclination alone")
        if self.inclination_deg is not None and not 0.0 <= self.inclination_deg <= 180.0:
            raise AscentError(f"an inclination of {self.inclination_deg:g} deg: give 0 to 180")
        if self.node_deg is not None and not math.isfinite(self.node_deg):
            raise AscentError("the node is not finite")

    @property
    def eccentricity(self) -> float:
        """Of the orbit with both apsides as given."""
        low, high = self.radius_m + self.periapsis_m, self.radius_m + self.apoapsis_m
        return (high - low) / (high + low)

    def normal(self) -> Vector:
        """Return the normal of the plane with this inclination and node.

        Returns
        -------
        ndarray, (3,)
            Unit vector.
        """
        i = math.radians(self.inclination_deg or 0.0)
        node = math.radians(self.node_deg or 0.0)
        si, ci = deterministic.sin(i), deterministic.cos(i)
        return np.array([si * deterministic.sin(node), -si * deterministic.cos(node), ci])


@dataclass(frozen=True)
class AscentStage:
    """A stage: it burns at full thrust, once.

    Attributes
    ----------
    thrust : Thrust
        Of its engine, which burns at full thrust.
    mass_kg : float
        Of all that it pushes, at its ignition [kg].
    propellant_kg : float
        Of it, what this stage may burn [kg].
    delay_s : float
        Without thrust before its ignition [s]: to turn, or to part from the stage before.

    Examples
    --------
    >>> from farside.guidance import AscentStage, Thrust
    >>> engine = Thrust(least_n=3000.0, full_n=3000.0, exhaust_mps=3040.0)
    >>> AscentStage(engine, mass_kg=710.0, propellant_kg=360.0).delay_s
    0.0
    >>> AscentStage(engine, mass_kg=710.0, propellant_kg=720.0)
    Traceback (most recent call last):
        ...
    farside.guidance.ascent_problem.AscentError: ...
    """

    thrust: Thrust
    mass_kg: float
    propellant_kg: float
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 < self.propellant_kg < self.mass_kg < math.inf:
            raise AscentError(
                f"{self.propellant_kg:g} kg of propellant in {self.mass_kg:g} kg: give more than "
                "0, and more mass"
            )
        if not 0.0 <= self.delay_s <= LONGEST_S:
            raise AscentError(f"a delay of {self.delay_s:g} s: give 0 to {LONGEST_S:g}")


@dataclass(frozen=True, eq=False)
class AscentOptions:
    """How an ascent is flown and solved.

    Attributes
    ----------
    rise_s : float
        How long the first burn points straight up before it is free [s].
    least_altitude_m : float
        Never below this on the way, above the orbit's sphere [m]: terrain and its clearance.
    ahead : array_like (3,), optional
        Which way to go where there are two, or the motion says nothing, in the state's axes [-];
        the motion's if not given.
    near : OptimalAscent, optional
        The answer to a neighbouring problem with as many stages: takes a tenth of the time.

    Examples
    --------
    >>> from farside.guidance import AscentOptions, AscentOrbit, AscentStage, Thrust, optimal_ascent
    >>> engine = Thrust(least_n=3000.0, full_n=3000.0, exhaust_mps=3040.0)
    >>> stage = AscentStage(engine, mass_kg=710.0, propellant_kg=360.0)
    >>> problem = (1732e3, 0, 0), (0, 4.6, 0), stage, AscentOrbit(15e3, 180e3)
    >>> ways = [optimal_ascent(*problem, AscentOptions(rise_s=rise_s)) for rise_s in (0.0, 10.0)]
    >>> [f"{way.propellant_kg:.1f} kg" for way in ways]  # 10 s straight up cost 2.8 kg
    ['318.5 kg', '321.3 kg']
    """

    rise_s: float = 0.0
    least_altitude_m: float = -math.inf
    ahead: ArrayLike | None = None
    near: OptimalAscent | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 <= self.rise_s <= LONGEST_S:
            raise AscentError(f"a rise of {self.rise_s:g} s: give 0 to {LONGEST_S:g}")
        if math.isnan(self.least_altitude_m) or self.least_altitude_m == math.inf:
            raise AscentError("the least altitude is not a number")


@dataclass(frozen=True, eq=False)
class Opening:
    """The beginning that is not free: a pause, then a rise."""

    r_m: Vector
    v_mps: Vector
    time_s: float
    burnt_kg: float
    lowest_m: float


def vector_of(given: ArrayLike, name: str) -> Vector:
    """Return three finite numbers, or refuse them."""
    vector = numbers(given, name, AscentError)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise AscentError(f"{name} {given!r}: give three finite numbers")
    return vector


def fly_opening(r: Vector, v: Vector, stage: AscentStage, rise_s: float) -> Opening:
    """Fly the pause before the first ignition and the vertical rise after it.

    Parameters
    ----------
    r, v
        (3,) place from the Moon's centre [m] and inertial velocity [m/s].
    stage
        The first.
    rise_s
        Thrust straight up [s].

    Returns
    -------
    Opening
        Its end, by Runge-Kutta 4 in steps of at most 2 s; the lowest by cubics between.
    """
    flow = stage.thrust.full_n / stage.thrust.exhaust_mps
    lowest = deterministic.length(r)
    state = (*map(float, r), *map(float, v))
    for seconds, thrust in ((stage.delay_s, 0.0), (rise_s, stage.thrust.full_n)):
        steps = math.ceil(seconds / 2.0)
        h = seconds / max(steps, 1)
        for i in range(steps):
            before = state
            mass = [stage.mass_kg - (flow if thrust else 0.0) * (i + s) * h for s in (0, 0.5, 1)]
            k1 = _rate(state, thrust / mass[0])
            k2 = _rate(_add(state, 0.5 * h, k1), thrust / mass[1])
            k3 = _rate(_add(state, 0.5 * h, k2), thrust / mass[1])
            k4 = _rate(_add(state, h, k3), thrust / mass[2])
            for share, k in ((1.0, k1), (2.0, k2), (2.0, k3), (1.0, k4)):
                state = _add(state, share * h / 6.0, k)
            lowest = min(lowest, _lowest(before, state, h))
    return Opening(
        np.array(state[:3]), np.array(state[3:]), stage.delay_s + rise_s, flow * rise_s, lowest
    )


def _rate(s: Sequence[float], push: float) -> tuple[float, ...]:
    """Return the rate of place and velocity under gravity and a push [m/s^2] straight up."""
    x, y, z, u, v, w = s
    d2 = x * x + y * y + z * z
    d = math.sqrt(d2)
    share = (push - GM / d2) / d
    return u, v, w, share * x, share * y, share * z


def _lowest(a: Sequence[float], b: Sequence[float], h: float) -> float:
    """Return the least distance within a step of h seconds, by the cubic through both ends."""
    ra, rb = (math.sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]) for s in (a, b))
    ua = (a[0] * a[3] + a[1] * a[4] + a[2] * a[5]) / ra
    ub = (b[0] * b[3] + b[1] * b[4] + b[2] * b[5]) / rb
    if not ua < 0.0 < ub:
        return min(ra, rb)
    slope = (rb - ra) / h
    c2 = (3.0 * slope - 2.0 * ua - ub) / h
    c3 = (ua + ub - 2.0 * slope) / (h * h)
    at = -ua / (c2 + math.sqrt(max(c2 * c2 - 3.0 * c3 * ua, 0.0)))
    return min(ra, rb, ra + at * (ua + at * (c2 + at * c3)))


def _add(s: Sequence[float], h: float, d: Sequence[float]) -> tuple[float, ...]:
    return tuple(a + h * b for a, b in zip(s, d, strict=True))


@dataclass(frozen=True, eq=False)
class Scaled:
    """A problem as the kernel has it, and its units."""

    problem: NDArray[np.void]
    length_m: float
    speed_mps: float
    ahead: Vector
    eccentricity: float

    @property
    def time_s(self) -> float:
        """Unit of time [s]."""
        return self.length_m / self.speed_mps


def scaled_problem(
    opening: Opening, stages: Sequence[AscentStage], orbit: AscentOrbit, options: AscentOptions
) -> Scaled:
    """Return the problem of the free part of an ascent, scaled as in ext/guidance/ascent."""
    r, v = opening.r_m, opening.v_mps
    length = float(deterministic.length(r))
    speed = math.sqrt(GM / length)
    unit_s, acceleration = length / speed, speed * speed / length
    up = r / length
    last = stages[-1]
    mass = last.mass_kg - (opening.burnt_kg if len(stages) == 1 else 0.0)
    problem = np.zeros(1, _ascent.PROBLEM)
    row = problem[0]
    ahead = _ahead(up, v, options.ahead)
    row["r"], row["v"], row["ahead"] = tuple(up), tuple(v / speed), tuple(ahead)
    row["thrust"] = last.thrust.full_n / mass / acceleration
    row["exhaust"], row["mass"] = last.thrust.exhaust_mps / speed, 1.0
    if len(stages) == 2:
        first = stages[0]
        flow = first.thrust.full_n / first.thrust.exhaust_mps
        burn = row["burnout"]
        burn["duration"] = (first.propellant_kg - opening.burnt_kg) / flow / unit_s
        burn["thrust"] = first.thrust.full_n / mass / acceleration
        burn["flow"] = flow / mass * unit_s
        burn["mass"] = (first.mass_kg - opening.burnt_kg) / mass
        row["pause"]["duration"], row["pause"]["mass"] = last.delay_s / unit_s, 1.0
    row["periapsis"] = (orbit.radius_m + orbit.periapsis_m) / length
    row["pole"] = tuple(POLE)
    row["least_radius"] = max(orbit.radius_m + options.least_altitude_m, 0.0) / length
    return Scaled(problem, length, speed, ahead, orbit.eccentricity)


def _ahead(up: Vector, v: Vector, given: ArrayLike | None) -> Vector:
    """Return the unit level direction of the motion, turned to the side of the given one."""
    level = v - deterministic.dot(v, up) * up
    size = float(deterministic.length(level))
    wanted = None if given is None else vector_of(given, "ahead")
    if wanted is not None:
        wanted = wanted - deterministic.dot(wanted, up) * up
    if size < 1e-6:
        level = np.cross(POLE, up) if wanted is None else wanted
        size = float(deterministic.length(level))
        if size < 1e-9:
            raise AscentError("nothing says which way to go; give options.ahead, not upright")
    level = level / size
    # a fast lander goes on; a slow one may turn round
    if wanted is not None and size < 300.0 and deterministic.dot(wanted, level) < 0.0:
        level = -level
    return level
