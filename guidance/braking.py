"""Braking of least propellant to a gate, from any state; where a mission starts it.

The law itself runs in the tick (ext/guidance/laws/braking.pxd); here it is solved from a state
without a guess.
Before flight that is done once with the range free and the thrust at its planned levels, which
gives the distance from the gate at which powered descent must begin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.ext.guidance.laws._braking import flown_arc, newton_step
from farside.guidance.braking_flight import fly_braking
from farside.guidance.optimal import Thrust
from farside.mission import FlightConfig, Mission
from farside.mission.frames import SiteFrame, arrival_axes
from farside.mission.moon import GM, MEAN_RADIUS_M


class BrakingError(FarsideError):
    """A number of the problem is impossible, or no way leads from the orbit to the gate."""


class BrakingGate(NamedTuple):
    """Where braking ends."""

    altitude_m: float  # above the site's radius
    range_m: float  # short of the site along the track
    vertical_speed_mps: float  # Moon-fixed, positive up
    horizontal_speed_mps: float  # Moon-fixed, towards the site


class Levels(NamedTuple):
    """Thrust in the three parts of braking, as shares of full thrust, and two durations."""

    opening: float = 1.0
    main: float = 1.0
    closing: float = 1.0
    opening_s: float = 0.0
    closing_s: float = 0.0

    @property
    def part(self) -> int:
        """Which part comes first: 0 the opening or 1 the main part."""
        return 0 if self.opening_s > 0.0 else 1


FULL_THRUST = Levels()


@dataclass(frozen=True)
class Braking:
    """What became of a braking problem; without `found` the numbers are those of the last try."""

    found: bool
    miss_m: float
    """At the gate, each m/s as 100 m; what is found misses by less than 1 mm."""
    unknowns: NDArray[np.float64]
    """The law's: primer upwards, costate of the radius [1/s], primer across and its rate [1/s], the
    unknown level, time-to-go [s]. The primer against the motion is 1."""
    duration_s: float
    propellant_kg: float
    range_m: float
    """Flown along the Moon, at the site's radius, from the state to the gate."""
    steps: int
    """Newton steps."""
    r_site: NDArray[np.float64] = field(repr=False)
    v_site: NDArray[np.float64] = field(repr=False)
    mass_kg: float = field(repr=False)
    thrust: Thrust = field(repr=False)
    levels: Levels = field(repr=False)
    radius_m: float = field(repr=False)
    omega_site: NDArray[np.float64] = field(repr=False)

    def fly(self, t_s: ArrayLike) -> NDArray[np.float64]:
        """Return the flight at times after the state.

        Parameters
        ----------
        t_s : array_like, shape (n,)
            Rising, from 0 to `duration_s` [s].

        Returns
        -------
        (n, 7) place [m], velocity relative to the turning Moon [m/s] and mass [kg], site axes, by
        Runge-Kutta 8: another integrator than the law's, whose twelve steps leave up to a metre.
        """
        levels = list(self.levels[:3])
        levels[self.levels.part] = float(self.unknowns[4])
        first, last = self.levels.opening_s, self.duration_s - self.levels.closing_s
        parts = [
            (levels[0], 0.0, first), (levels[1], first, last), (levels[2], last, self.duration_s),
        ]  # fmt: skip
        return fly_braking(
            np.asarray(t_s, np.float64), self.r_site, self.v_site, self.mass_kg, self.unknowns,
            parts, self.thrust.full_n, self.thrust.exhaust_mps, self.radius_m, self.omega_site,
        )  # fmt: skip


MOST_STEPS = 40


def optimal_braking(
    r_site: ArrayLike,
    v_site: ArrayLike,
    mass_kg: float,
    *,
    thrust: Thrust,
    gate: BrakingGate | Sequence[float],
    levels: Levels = FULL_THRUST,
    range_free: bool = True,
    radius_m: float = MEAN_RADIUS_M,
    omega_site: ArrayLike = (0.0, 0.0, 0.0),
    guess: ArrayLike | None = None,
) -> Braking:
    """Solve the braking of least propellant from a state to a gate over a round Moon.

    The thrust follows the primer of the free-range optimum, exactly, at given levels; from orbits
    the answer comes in 4 to 7 Newton steps without a guess. Where the range is given, one level
    adapts to it: that of the opening where there is one, else that of the whole flight.

    Parameters
    ----------
    r_site, v_site : array_like, shape (3,)
        Place [m] and velocity relative to the turning Moon [m/s], East-North-Up at the site.
    mass_kg : float
        Of the lander.
    thrust : Thrust
        What the engine gives; levels are shares of its full thrust.
    gate : BrakingGate
        Altitude [m], range short of the site [m], vertical and horizontal speed [m/s].
    levels : Levels
        Of the thrust.
    range_free : bool
        Whether the gate may lie anywhere along the track: then the levels are kept.
    radius_m : float
        Of the site.
    omega_site : array_like, shape (3,)
        The Moon's rotation [rad/s], site axes.
    guess : array_like, shape (6,), optional
        Unknowns of a neighbour.

    Returns
    -------
    The braking; whether it is `found`, and its flight by `fly`.

    Raises
    ------
    BrakingError
        When a number is not finite, or the mass or a level is not above 0.

    Examples
    --------
    >>> from farside.guidance import BrakingGate, Thrust, optimal_braking
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> gate = BrakingGate(
    ...     altitude_m=2500.0, range_m=0.0, vertical_speed_mps=-30.0, horizontal_speed_mps=35.0
    ... )
    >>> state = (-450e3, 0.0, -45e3), (1650.0, 0.0, 150.0)
    >>> braking = optimal_braking(*state, 3780.0, thrust=engine, gate=gate)
    >>> print(braking.found, f"{braking.propellant_kg:.0f} kg in {braking.duration_s:.0f} s")
    True 1753 kg in 711 s
    >>> way = braking.fly([0.0, braking.duration_s])
    >>> print(f"{way[-1, 6]:.0f} kg left")
    2027 kg left

    Notes
    -----
    Lawden, Optimal Trajectories for Space Navigation (1963); Lu's universal powered guidance has
    the same primer in the closed form of linear gravity (J. Guidance 43(4), 2020). Nothing looks at
    the ground, and a level that comes out above 1 says that the gate is out of reach.
    """
    r, v, omega = (np.array(a, float) for a in (r_site, v_site, omega_site))
    target = np.array(gate, float)
    if r.shape != (3,) or v.shape != (3,) or omega.shape != (3,) or target.shape != (4,):
        raise BrakingError("r_site, v_site and omega_site have 3 numbers and the gate 4")
    numbers = (*r, *v, *omega, *target, *levels, mass_kg, radius_m)
    if not all(map(math.isfinite, numbers)):
        raise BrakingError("a number of the braking problem is not finite")
    if not (min(levels[:3]) > 0.0 and min(levels[3:]) >= 0.0 and mass_kg > 0.0 < radius_m):
        raise BrakingError("levels, mass and radius must be above 0, durations not below")
    full = thrust.full_n / mass_kg
    exhaust = thrust.exhaust_mps
    first = levels[levels.part]
    if guess is None:
        # The ideal burn with a twentieth for gravity; the primer turns up by 0.7 over it.
        speed = deterministic.length(v)
        spent = 1.0 - deterministic.exp(-1.05 * speed / exhaust)
        time = max(exhaust / (levels.main * full) * spent, 1.0)
        guess = (0.05, -0.7 / time - speed / radius_m, 0.0, 0.0, first, time)
    x = np.array(guess, float)
    if x.shape != (6,) or not np.isfinite(x).all() or not x[5] > 0.0:
        raise BrakingError("a guess has 6 finite numbers, the last a time above 0")
    parts = np.array([levels.opening_s, levels.closing_s, *levels[:3]])
    fixed = (GM, radius_m, omega, target, r, v, full, exhaust, parts, levels.part)
    miss, steps = math.inf, 0
    while not miss <= 1e-3 and steps < MOST_STEPS:
        miss = newton_step(*fixed, first, range_free, x)
        steps += 1
        if math.isnan(miss):
            break
    flown, burnt = flown_arc(*fixed, x)
    return Braking(
        miss <= 1e-3, miss, x, float(x[5]), burnt * mass_kg, flown, steps, r, v, float(mass_kg),
        thrust, levels, float(radius_m), omega,
    )  # fmt: skip


@dataclass(frozen=True)
class BrakingPlan:
    """A solved braking phase.

    range_m is the arc along the Moon, at the site's radius, from initiation to the site. r_site [m]
    and v_site [m/s, relative to the turning Moon] are the nominal state at initiation. unknowns are
    the law's (p_u, p_r [1/s], b0, b1 [1/s], thrust level, time-to-go [s]): the primer's share up
    and the costate of the distance, with the share against the motion p_h = 1, and the primer's
    share across the plane, b0 + b1 t.
    """

    range_m: float
    r_site: NDArray[np.float64]
    v_site: NDArray[np.float64]
    unknowns: NDArray[np.float64]
    propellant_kg: float
    levels: Levels


def initiation_state(
    mission: FlightConfig, frame: SiteFrame, range_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nominal r_site [m] and v_site [m/s] a range short of the site on its track.

    The flight path lies in the vertical plane of the arrival, seen from the turning Moon, with the
    orbit's inertial speed.
    """
    along, _ = arrival_axes(mission.orbit.arrival_azimuth_deg)
    up = np.array([0.0, 0.0, 1.0])
    angle = range_m / frame.radius_m
    sine, cosine = deterministic.sin(angle), deterministic.cos(angle)
    up_there = cosine * up - sine * along
    along_there = cosine * along + sine * up
    rho = mission.orbit.pdi_radius_m * up_there
    path = math.radians(mission.orbit.pdi_flight_path_deg)
    direction = deterministic.cos(path) * along_there + deterministic.sin(path) * up_there
    # |s d + w x rho| = inertial speed: a quadratic in the Moon-fixed speed s.
    drag = np.cross(frame.omega_site, rho)
    orbital = mission.orbit.pdi_speed_mps
    b = deterministic.dot(direction, drag)
    c = deterministic.dot(drag, drag) - orbital * orbital
    speed = -b + math.sqrt(b * b - c)
    return rho - [0.0, 0.0, frame.radius_m], speed * direction


#: How long a descent takes that is not planned here [s]: for progress alone.
USUAL_S = 600.0


def plan_descent(mission: FlightConfig, frame: SiteFrame) -> BrakingPlan:
    """Plan what a mission begins with: its braking, or a start whose law finds its own way."""
    if mission.phases[0].law == "braking":
        return plan_braking(mission, frame)
    range_m = mission.orbit.pdi_range_m
    if range_m is None:
        raise BrakingError(f"{mission.name}: orbit.pdi_range_m is missing; add it in metres")
    r, v = initiation_state(mission, frame, range_m)
    unknowns = np.array([0.0, 0.0, 0.0, 0.0, 1.0, USUAL_S])
    return BrakingPlan(range_m, r, v, unknowns, 0.0, Levels())


def plan_braking(mission: FlightConfig | Mission, frame: SiteFrame) -> BrakingPlan:
    """Solve the braking phase of a mission from its orbit, at full thrust less the planned margin.

    Parameters
    ----------
    mission : FlightConfig or Mission
    frame : SiteFrame
        Of its landing site.

    Returns
    -------
    BrakingPlan
        Range [m], state, unknowns and propellant [kg].

    Raises
    ------
    BrakingError
        When no flight reaches the gate with this thrust and propellant.
    """
    mission = FlightConfig.of(mission)
    row = mission.phases[0]
    engine = mission.vehicle.engine
    thrust, mass = Thrust.of(mission), mission.vehicle.descent_mass_kg
    margin = mission.guidance.thrust_margin
    # Thrust is kept back where it costs least, at the beginning, and where it is called for, when
    # the velocimeter comes in.
    gains = mission.guidance.braking
    levels = Levels(
        max(1.0 - gains.opening_margins * margin, engine.thrust_min_n / engine.thrust_max_n),
        1.0 - gains.main_margins * margin,
        1.0 - gains.closing_margins * margin,
        gains.opening_s,
        gains.closing_s,
    )
    gate = BrakingGate(
        row.altitude_m, row.range_m, row.vertical_speed_mps, row.horizontal_speed_mps
    )
    range_m = mission.orbit.pdi_range_m
    free = range_m is None
    if range_m is None:
        # The ideal burn at its mean speed.
        speed = mission.orbit.pdi_speed_mps
        tau = thrust.exhaust_mps * mass / thrust.full_n
        range_m = 0.55 * speed * tau * -deterministic.expm1(-1.05 * speed / thrust.exhaust_mps)
    braking = None
    for _ in range(8):
        r, v = initiation_state(mission, frame, range_m)
        braking = optimal_braking(
            r,
            v,
            mass,
            thrust=thrust,
            gate=gate,
            levels=levels,
            range_free=free,
            radius_m=frame.radius_m,
            omega_site=frame.omega_site,
            guess=None if braking is None else braking.unknowns,
        )
        if not braking.found:
            given = f" from orbit.pdi_range_m {range_m:g}; leave that out, so that it is solved, or"
            raise BrakingError(
                f"{mission.name}: no braking flight reaches {row.altitude_m:g} m with "
                f"{engine.thrust_max_n:g} N{';' if free else given} "
                "check thrust, mass, orbit and the braking gate"
            )
        # So near, the opening alone gives too little: one level for the whole flight.
        if not free and braking.unknowns[4] > 1.0 and levels.opening_s > 0.0:
            levels = Levels()
            continue
        arc = braking.range_m + row.range_m
        if not free or abs(arc - range_m) < 1e-3:
            break
        range_m = arc
    assert braking is not None
    propellant = braking.propellant_kg
    if propellant >= mission.vehicle.usable_propellant_kg:
        raise BrakingError(
            f"{mission.name}: braking alone takes {propellant:.0f} kg of the "
            f"{mission.vehicle.usable_propellant_kg:g} kg of usable propellant"
        )
    return BrakingPlan(float(range_m), r, v, braking.unknowns, propellant, levels)
