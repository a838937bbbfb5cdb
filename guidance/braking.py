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
from farside.ext.common.numbers import numbers, times
from farside.ext.guidance.laws._braking import PROBLEM, flown_arc, newton_step
from farside.guidance.braking_flight import (
    Coasts,
    coasted_s,
    cut_by_coasts,
    fly_braking,
    require_last_burn,
    require_rising,
)
from farside.guidance.braking_start import BrakingError, BrakingStart
from farside.guidance.optimal import Thrust
from farside.mission import FlightConfig, Mission
from farside.mission.coasts import coasts_of
from farside.mission.frames import SiteFrame, arrival_axes
from farside.mission.guidance import Guidance
from farside.mission.moon import GM
from farside.mission.vehicle import Engine


class BrakingGate(NamedTuple):
    """Where braking ends.

    Attributes
    ----------
    altitude_m : float
        Above the site's radius [m].
    range_m : float
        Short of the site along the track [m].
    vertical_speed_mps : float
        Relative to the turning Moon, up [m/s].
    horizontal_speed_mps : float
        Relative to the turning Moon, towards the site [m/s].

    Examples
    --------
    >>> from farside.guidance import BrakingGate
    >>> gate = BrakingGate(
    ...     altitude_m=2500.0, range_m=1200.0, vertical_speed_mps=-30.0, horizontal_speed_mps=35.0
    ... )
    >>> gate.range_m  # short of the site
    1200.0
    """

    altitude_m: float
    range_m: float
    vertical_speed_mps: float
    horizontal_speed_mps: float


class Levels(NamedTuple):
    """Thrust in the three parts of braking, as shares of full thrust, and two durations.

    Attributes
    ----------
    opening, main, closing : float
        Thrust of each part, of full thrust [-].
    opening_s, closing_s : float
        How long the opening and the closing last [s]; 0: there is none.

    Examples
    --------
    >>> from farside.guidance import Levels
    >>> Levels().part, Levels(opening=0.9, opening_s=100.0).part  # the main part; an opening
    (1, 0)
    """

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
    """What became of a braking problem; without `found` the numbers are those of the last try.

    Attributes
    ----------
    found : bool
        Whether it meets its gate.
    miss_m : float
        At the gate, each m/s as 100 m [m]; what is found misses by less than 1 mm.
    unknowns : ndarray, (6,)
        The law's, in local-level axes: primer upwards [-], costate of the radius [1/s], primer
        across [-] and its rate [1/s], the unknown level [-], time-to-go [s]. The primer against the
        motion is 1.
    duration_s : float
        From the state to the gate [s].
    propellant_kg : float
        Burnt until then [kg].
    range_m : float
        Flown along the Moon, at the site's radius, from the state to the gate [m].
    steps : int
        Newton steps.
    start : BrakingStart
        The state it began from.
    levels : Levels
        Thrust of the three parts; the unknown one as given.
    coasts : tuple of (float, float)
        Begin and end of each time without thrust, from the state [s].

    Examples
    --------
    >>> from farside.guidance import BrakingStart, Thrust, optimal_braking
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> start = BrakingStart((-450e3, 0.0, -45e3), (1650.0, 0.0, 150.0), 3780.0, engine)
    >>> braking = optimal_braking(start, (2500.0, 0.0, -30.0, 35.0))
    >>> braking.found, braking.miss_m < 1e-3, f"{braking.range_m / 1000.0:.0f} km"
    (True, True, '702 km')
    >>> way = braking.fly([0.0, 0.5 * braking.duration_s, braking.duration_s])
    >>> [f"{mass:.0f} kg" for mass in way[:, 6]]
    ['3780 kg', '2903 kg', '2027 kg']
    """

    found: bool
    miss_m: float
    unknowns: NDArray[np.float64]
    duration_s: float
    propellant_kg: float
    range_m: float
    steps: int
    start: BrakingStart = field(repr=False)
    levels: Levels = field(repr=False)
    coasts: Coasts = ()

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

        Raises
        ------
        BrakingError
            If a time is not from 0 to `duration_s`, or they do not rise.
        """
        asked = times(t_s, self.duration_s, BrakingError, rising=True)
        levels = list(self.levels[:3])
        levels[self.levels.part] = float(self.unknowns[4])
        first, last = self.levels.opening_s, self.duration_s - self.levels.closing_s
        parts = [
            (levels[0], 0.0, first), (levels[1], first, last), (levels[2], last, self.duration_s),
        ]  # fmt: skip
        parts = cut_by_coasts(parts, self.coasts)
        return fly_braking(asked, self.start, self.unknowns, parts)


MOST_STEPS = 40


def braking_problem(
    start: BrakingStart, gate: NDArray[np.float64], levels: Levels, coasts: Coasts = ()
) -> NDArray[np.void]:
    """Return the record (1,) that the law's kernel solves; thrust is over the mass at the start.

    Parameters
    ----------
    start : BrakingStart
    gate : ndarray, shape (4,)
        The numbers of a `BrakingGate`.
    levels : Levels
    coasts : sequence of (float, float)
        When each begins and ends [s].

    Returns
    -------
    ndarray of dtype PROBLEM (ext/guidance/laws/_braking.pyx)
    """
    problem = np.zeros(1, PROBLEM)
    moon, thrust = problem["moon"][0], problem["thrust"][0]
    moon["gm"], moon["radius_m"], moon["omega"] = GM, start.radius_m, tuple(start.omega_site)
    problem["gate"] = tuple(gate)
    thrust["full_mps2"] = start.thrust.full_n / start.mass_kg
    thrust["exhaust_mps"] = start.thrust.exhaust_mps
    thrust["opening_s"], thrust["closing_s"] = levels.opening_s, levels.closing_s
    thrust["level"], thrust["part"] = levels[:3], levels.part
    thrust["coasts"] = len(coasts)
    for each, (begin, end) in enumerate(coasts):
        thrust["coast_begin_s"][each], thrust["coast_end_s"][each] = begin, end
    east, north, up = start.r_site
    problem["target"] = (0.0, 0.0, start.radius_m)
    problem["rho"], problem["v"] = (east, north, up + start.radius_m), tuple(start.v_site)
    return problem


def optimal_braking(
    start: BrakingStart,
    gate: BrakingGate | Sequence[float],
    *,
    levels: Levels = FULL_THRUST,
    range_free: bool = True,
    guess: ArrayLike | None = None,
    coasts: Coasts = (),
) -> Braking:
    """Solve the braking of least propellant from a state to a gate over a round Moon.

    The thrust follows the primer of the free-range optimum, exactly, at given levels; from orbits
    the answer comes in 4 to 7 Newton steps without a guess. Where the range is given, one level
    adapts to it: that of the opening where there is one, else that of the main part.

    Parameters
    ----------
    start : BrakingStart
        State, mass and engine of the lander, and the Moon.
    gate : BrakingGate
        Altitude [m], range short of the site [m], vertical and horizontal speed [m/s].
    levels : Levels
        Of the thrust, as shares of full thrust.
    range_free : bool
        Whether the gate may lie anywhere along the track: then the levels are kept.
    guess : array_like, shape (6,), optional
        Unknowns of a neighbour.
    coasts : sequence of (float, float)
        When the engine is off: beginning and end of each coast, rising, 6 at the most [s].

    Returns
    -------
    The braking; whether it is `found`, and its flight by `fly`.

    Raises
    ------
    BrakingError
        When a gate or a guess is not of 4 or 6 numbers, a number is not finite, a level is not
        above 0, a duration is below 0, coasts are too many or do not rise, or a guess has no time
        to go.

    References
    ----------
    .. [1] Lawden, *Optimal Trajectories for Space Navigation*, 1963.
    .. [2] Lu, *Propellant-optimal powered descent guidance*, 2018.

    Examples
    --------
    >>> from farside.guidance import BrakingGate, BrakingStart, Thrust, optimal_braking
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> gate = BrakingGate(
    ...     altitude_m=2500.0, range_m=0.0, vertical_speed_mps=-30.0, horizontal_speed_mps=35.0
    ... )
    >>> start = BrakingStart((-450e3, 0.0, -45e3), (1650.0, 0.0, 150.0), 3780.0, engine)
    >>> braking = optimal_braking(start, gate)
    >>> print(braking.found, f"{braking.propellant_kg:.0f} kg in {braking.duration_s:.0f} s")
    True 1753 kg in 711 s
    >>> way = braking.fly([0.0, braking.duration_s])
    >>> print(f"{way[-1, 6]:.0f} kg left")
    2027 kg left

    Notes
    -----
    Lu's universal powered guidance has the same primer in the closed form of linear gravity.
    Nothing looks at the ground, and a level that comes out above 1 says that the gate is out of
    reach.
    """
    target = numbers(gate, "a gate", BrakingError)
    if target.shape != (4,):
        raise BrakingError("a gate has 4 numbers")
    if not all(map(math.isfinite, (*target, *levels))):
        raise BrakingError("a number of the braking problem is not finite")
    if not (min(levels[:3]) > 0.0 and min(levels[3:]) >= 0.0):
        raise BrakingError("levels must be above 0, durations not below")
    require_rising(coasts)
    first = levels[levels.part]
    first_guess = _first_guess(start, levels, coasts) if guess is None else guess
    x = numbers(first_guess, "a guess", BrakingError)
    if x.shape != (6,) or not np.isfinite(x).all() or not x[5] > 0.0:
        raise BrakingError("a guess has 6 finite numbers, the last a time above 0")
    problem = braking_problem(start, target, levels, coasts)
    miss, steps = math.inf, 0
    while not miss <= 1e-3 and steps < MOST_STEPS:
        miss = newton_step(problem, first, range_free, x)
        steps += 1
        if math.isnan(miss):
            break
    flown, burnt = flown_arc(problem, x)
    return Braking(
        *(miss <= 1e-3, miss, x, float(x[5]), burnt * start.mass_kg, flown, steps, start, levels),
        coasts=tuple(coasts),
    )


def _first_guess(start: BrakingStart, levels: Levels, coasts: Coasts) -> tuple[float, ...]:
    """Guess the unknowns: the ideal burn with a twentieth for gravity.

    The primer turns up by 0.7 over it.
    """
    speed, exhaust = deterministic.length(start.v_site), start.thrust.exhaust_mps
    full = start.thrust.full_n / start.mass_kg
    spent = 1.0 - deterministic.exp(-1.05 * speed / exhaust)
    time = max(exhaust / (levels.main * full) * spent, 1.0) + coasted_s(coasts)
    return (0.05, -0.7 / time - speed / start.radius_m, 0.0, 0.0, levels[levels.part], time)


@dataclass(frozen=True)
class BrakingPlan:
    """A solved braking phase.

    range_m is the arc along the Moon, at the site's radius, from initiation to the site. r_site [m]
    and v_site [m/s, relative to the turning Moon] are the nominal state at initiation. unknowns are
    the law's (p_u, p_r [1/s], b0, b1 [1/s], thrust level, time-to-go [s]): the primer's share up
    and the costate of the distance, with the share against the motion p_h = 1, and the primer's
    share across the plane, b0 + b1 t.

    Attributes
    ----------
    range_m : float
        Arc along the Moon, at the site's radius, from initiation to the site [m].
    r_site : ndarray, (3,)
        Nominal place at initiation [m].
    v_site : ndarray, (3,)
        Nominal velocity there, relative to the turning Moon [m/s].
    unknowns : ndarray, (6,)
        The law's, in local-level axes: p_u [-] and p_r [1/s], the primer's share up and the costate
        of the distance, with the share against the motion p_h = 1; b0 [-] and b1 [1/s], the share
        across the plane b0 + b1 t; thrust level [-]; time-to-go [s].
    propellant_kg : float
        Burnt from initiation to the gate [kg].
    levels : Levels
        Thrust of the three parts.

    Examples
    --------
    >>> from farside.guidance import plan_braking
    >>> from farside.mission import SiteFrame, load_mission
    >>> mission = load_mission("chang-e-6")
    >>> site = mission.site
    >>> frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
    >>> plan = plan_braking(mission, frame)
    >>> f"{plan.range_m / 1000.0:.0f} km in {plan.unknowns[5]:.0f} s"
    '648 km in 698 s'
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


def _planned_levels(gains: Guidance, engine: Engine) -> Levels:
    """Return the levels of braking that are planned: full thrust less its margins.

    Thrust is kept back where it costs least, at the beginning, and where it is called for, when the
    velocimeter comes in.
    """
    margin, braking = gains.thrust_margin, gains.braking
    return Levels(
        max(1.0 - braking.opening_margins * margin, engine.thrust_min_n / engine.thrust_max_n),
        1.0 - braking.main_margins * margin,
        1.0 - braking.closing_margins * margin,
        braking.opening_s,
        braking.closing_s,
    )


def _ideal_range_m(speed_mps: float, mass_kg: float, thrust: Thrust) -> float:
    """Return how far the ideal burn at full thrust goes, at its mean speed."""
    tau = thrust.exhaust_mps * mass_kg / thrust.full_n
    return 0.55 * speed_mps * tau * -deterministic.expm1(-1.05 * speed_mps / thrust.exhaust_mps)


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

    References
    ----------
    .. [1] Lawden, *Optimal Trajectories for Space Navigation*, 1963.

    Examples
    --------
    >>> from farside.guidance import plan_braking
    >>> from farside.mission import SiteFrame, load_mission
    >>> mission = load_mission("chang-e-6")
    >>> site = mission.site
    >>> frame = SiteFrame(site.latitude_deg, site.longitude_deg, site.radius_m)
    >>> plan = plan_braking(mission, frame)
    >>> f"{plan.propellant_kg:.0f} kg from {plan.range_m / 1000.0:.0f} km before the site"
    '1688 kg from 648 km before the site'
    """
    mission = FlightConfig.of(mission)
    row = mission.phases[0]
    engine = mission.vehicle.engine
    thrust, mass = Thrust.of(mission), mission.vehicle.descent_mass_kg
    levels, coasts = _planned_levels(mission.guidance, engine), coasts_of(mission.phases)
    gate = BrakingGate(
        row.altitude_m, row.range_m, row.vertical_speed_mps, row.horizontal_speed_mps
    )
    range_m = mission.orbit.pdi_range_m
    free = range_m is None
    if range_m is None:
        range_m = _ideal_range_m(mission.orbit.pdi_speed_mps, mass, thrust)
        range_m += 0.5 * mission.orbit.pdi_speed_mps * coasted_s(coasts)
    guess = None
    for _ in range(8):
        start = BrakingStart(
            *initiation_state(mission, frame, range_m),
            mass,
            thrust,
            radius_m=frame.radius_m,
            omega_site=frame.omega_site,
        )
        braking = optimal_braking(
            start, gate, levels=levels, range_free=free, guess=guess, coasts=coasts
        )
        if not braking.found:
            given = f" from orbit.pdi_range_m {range_m:g}; leave that out, so that it is solved, or"
            raise BrakingError(
                f"{mission.name}: no braking flight reaches {row.altitude_m:g} m with "
                f"{engine.thrust_max_n:g} N{';' if free else given} "
                "check thrust, mass, orbit and the braking gate"
            )
        guess = braking.unknowns
        # So near, the opening alone gives too little: one level for the whole flight.
        if not free and guess[4] > 1.0 and levels.opening_s > 0.0:
            levels = Levels()
            continue
        arc = braking.range_m + row.range_m
        if not free or abs(arc - range_m) < 1e-3:
            break
        range_m = arc
    require_last_burn(mission.name, coasts, braking.duration_s, levels.closing_s)
    propellant = braking.propellant_kg
    if propellant >= mission.vehicle.usable_propellant_kg:
        raise BrakingError(
            f"{mission.name}: braking alone takes {propellant:.0f} kg of the "
            f"{mission.vehicle.usable_propellant_kg:g} kg of usable propellant"
        )
    return BrakingPlan(
        float(range_m), start.r_site, start.v_site, braking.unknowns, propellant, levels
    )
