"""The ascent of least propellant to an orbit, from any state, over a round Moon.

Place and velocity are counted from the Moon's centre in axes that do not turn, z along its pole
where a plane is asked for. One or two stages: the first burns out, the last burns once, at full
thrust, for as long as it takes. The thrust follows the primer (Lawden 1963) of inverse-square
gravity; `farside.ext.guidance.ascent.ascent` has the equations and the conditions at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from farside.ext.common import deterministic
from farside.ext.common.numbers import times
from farside.ext.guidance.ascent import _ascent
from farside.guidance.ascent_flight import fly_ascent, osculating
from farside.guidance.ascent_problem import (
    LEAST_RADIUS_M,
    MOST_RADIUS_M,
    AscentError,
    AscentOptions,
    AscentOrbit,
    AscentStage,
    Opening,
    Scaled,
    Vector,
    fly_opening,
    scaled_problem,
    vector_of,
)
from farside.guidance.ascent_search import Found, search

#: Of the lowest place, below the least altitude [m]: what twelve digits leave.
BELOW_M = 0.1
#: Without rise, least altitude, direction or neighbour.
AS_IT_IS = AscentOptions()
#: Of the apsides of a state that needs no ascent, below those asked for [m].
NEARLY_M = 100.0


class AscentVerdict(IntEnum):
    """What became of an ascent."""

    OPTIMAL = 0
    """Solved: it meets the orbit and every first-order condition of one burn at full thrust."""
    NOT_FOUND = 1
    """No flight was found that meets them. That is no proof that there is none."""
    TANK_EMPTY = 2
    """Solved, but the last stage has not that much propellant."""
    GROUND = 3
    """Every flight found comes below the least altitude."""
    THERE = 4
    """The state is in such an orbit already."""


@dataclass(frozen=True, eq=False)
class OptimalAscent:
    """The ascent of least propellant from one state; numbers are NaN where none was found.

    Attributes
    ----------
    verdict : AscentVerdict
        What was found.
    time_s : float
        From the state to the orbit [s].
    burn_s : float
        Of the last stage, its rise included [s].
    propellant_kg : float
        Of all stages [kg].
    left_kg : float
        In the last stage [kg]; below 0 where the tank is too small.
    delta_v_mps : float
        Of all stages: the integral of thrust over mass [m/s].
    periapsis_m, apoapsis_m : float
        Altitudes of the orbit reached, above the orbit's sphere [m].
    inclination_deg : float
        Of that orbit, against the z of the state's axes [deg].
    lowest_m : float
        Least altitude on the way [m].
    residual : float
        Of the end and of the conditions of optimality, scaled [-]: 1e-10 or less where solved.
    touch_worth : float
        Jump of the radius' costate where the least altitude is touched, 0 or more [-]; 0 without.
    pause_worth : float
        Least value of the switching function in the last burn, of the primer's size [-]: below 0 an
        engine that may stop and start again would spend less, coasting between two burns.
    apoapsis_worth : float
        Of raising the apoapsis at the end, 0 where it is free and solved for [-]: below 0, with
        `higher`, a higher one would cost less and was not found (0.2 % where looked at).
    steps : int
        Newton steps.
    stages : tuple of AscentStage
        As given.
    r_m, v_mps : ndarray, (3,)
        The state it began from, the state's axes [m, m/s].
    opening : Opening
        Its first burn as fixed before the search.
    scaled : Scaled
        The problem in the solver's units.
    found : Found
        The solver's answer, in the same.

    Examples
    --------
    >>> from farside.guidance import AscentOrbit, AscentStage, Thrust, optimal_ascent
    >>> engine = Thrust(least_n=3000.0, full_n=3000.0, exhaust_mps=3040.0)
    >>> stage = AscentStage(engine, mass_kg=710.0, propellant_kg=360.0)
    >>> way = optimal_ascent((1732e3, 0, 0), (0, 4.6, 0), stage, AscentOrbit(15e3, 180e3))
    >>> f"{way.delta_v_mps:.0f} m/s, {way.left_kg:.0f} kg left"  # 3040 log(710 / (710 - 318.5))
    '1810 m/s, 41 kg left'
    >>> flown = way.fly([0.0, way.time_s])
    >>> flown.shape, f"{flown[-1, 6]:.1f} kg in orbit"
    ((2, 10), '391.5 kg in orbit')
    """

    verdict: AscentVerdict
    time_s: float
    burn_s: float
    propellant_kg: float
    left_kg: float
    delta_v_mps: float
    periapsis_m: float
    apoapsis_m: float
    inclination_deg: float
    lowest_m: float
    residual: float
    touch_worth: float
    pause_worth: float
    apoapsis_worth: float
    steps: int
    stages: tuple[AscentStage, ...]
    r_m: Vector
    v_mps: Vector
    opening: Opening = field(repr=False)
    scaled: Scaled = field(repr=False)
    found: Found = field(repr=False)

    @property
    def first_direction(self) -> Vector:
        """Unit thrust direction where the steered part begins."""
        x = self.found.unknowns
        up = self.opening.r_m / self.scaled.length_m
        pitch = float(x[0])
        way = deterministic.sin(pitch) * up + deterministic.cos(pitch) * self.scaled.ahead
        return np.asarray(way)

    def fly(self, t_s: ArrayLike) -> Vector:
        """Return the flight at times after the state.

        Parameters
        ----------
        t_s : array_like, shape (n,)
            Rising, from 0 to `time_s` [s].

        Returns
        -------
        (n, 10) place [m], velocity [m/s], mass [kg] and unit thrust direction (0 where no engine
        burns), by Runge-Kutta 8 with the costates: another integrator than the solver's.

        Raises
        ------
        AscentError
            If a time is not from 0 to `time_s`, or they do not rise.
        """
        return fly_ascent(self, times(t_s, self.time_s, AscentError, rising=True))


def optimal_ascent(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    stages: AscentStage | Sequence[AscentStage],
    orbit: AscentOrbit,
    options: AscentOptions = AS_IT_IS,
) -> OptimalAscent:
    """Find the ascent of least propellant to an orbit, in whatever time it takes.

    Parameters
    ----------
    r_m, v_mps
        (3,) place from the Moon's centre [m] and inertial velocity [m/s].
    stages
        One or two, in the order in which they burn. A first of two burns out.
    orbit
        Apsides, and the plane where it is not free.
    options
        Rise, least altitude, direction, a neighbour's answer.

    Returns
    -------
    The ascent, and in `verdict` what it is worth.

    Raises
    ------
    AscentError
        When a number is not finite or impossible.

    References
    ----------
    .. [1] Lawden, *Optimal Trajectories for Space Navigation*, 1963.

    Examples
    --------
    >>> from farside.guidance import AscentOrbit, AscentStage, Thrust, optimal_ascent
    >>> engine = Thrust(least_n=3000.0, full_n=3000.0, exhaust_mps=3040.0)
    >>> stage = AscentStage(engine, mass_kg=710.0, propellant_kg=360.0)
    >>> way = optimal_ascent((1732e3, 0, 0), (0, 4.6, 0), stage, AscentOrbit(15e3, 180e3))
    >>> print(f"{way.verdict.name}: {way.propellant_kg:.0f} kg in {way.time_s:.0f} s")
    OPTIMAL: 319 kg in 323 s

    Notes
    -----
    First-order conditions, and the best of the roots that fixed starts lead to: no proof that no
    other flight costs less. Work is bounded: at most 60 Newton steps from each of 8 starts, and as
    many again for a plane, an apoapsis and a touch.
    """
    r, v = vector_of(r_m, "place"), vector_of(v_mps, "velocity")
    chain = (stages,) if isinstance(stages, AscentStage) else tuple(stages)
    if not 1 <= len(chain) <= 2:
        raise AscentError(f"{len(chain)} stages: give one or two")
    if not LEAST_RADIUS_M <= deterministic.length(r) <= MOST_RADIUS_M:
        raise AscentError(f"place {r.tolist()}: give it in metres from the Moon's centre")
    flow = chain[0].thrust.full_n / chain[0].thrust.exhaust_mps
    if flow * options.rise_s >= chain[0].propellant_kg:
        raise AscentError(f"a rise of {options.rise_s:g} s: the first stage has not so much")
    opening = fly_opening(r, v, chain[0], options.rise_s)
    scaled = scaled_problem(opening, chain, orbit, options)
    if there(r, v, orbit):
        return _there(r, v, chain, orbit, opening, scaled)
    near = None if options.near is None else options.near.found
    found = search(scaled, orbit, near)
    return _answer(r, v, chain, orbit, options, opening, scaled, found)


def angle_between(a: Vector, b: Vector) -> float:
    """Return the angle between two vectors [rad]."""
    return float(
        deterministic.angle_of(deterministic.length(np.cross(a, b)), deterministic.dot(a, b))
    )


def there(r: Vector, v: Vector, orbit: AscentOrbit) -> bool:
    """Return whether a state has an orbit as good as one with `higher` already."""
    if not orbit.higher or orbit.inclination_deg is not None:
        return False
    low, high, _ = osculating(r, v, orbit.radius_m)
    return low >= orbit.periapsis_m - NEARLY_M and high >= orbit.apoapsis_m - NEARLY_M


def _there(
    r: Vector,
    v: Vector,
    stages: tuple[AscentStage, ...],
    orbit: AscentOrbit,
    opening: Opening,
    scaled: Scaled,
) -> OptimalAscent:
    """Return the answer that needs no flight."""
    low, high, inclination = osculating(r, v, orbit.radius_m)
    return OptimalAscent(
        verdict=AscentVerdict.THERE,
        time_s=0.0,
        burn_s=0.0,
        propellant_kg=0.0,
        left_kg=stages[-1].propellant_kg,
        delta_v_mps=0.0,
        periapsis_m=low,
        apoapsis_m=high,
        inclination_deg=inclination,
        lowest_m=float(deterministic.length(r)) - orbit.radius_m,
        residual=0.0,
        touch_worth=0.0,
        pause_worth=0.0,
        apoapsis_worth=0.0,
        steps=0,
        stages=stages,
        r_m=r,
        v_mps=v,
        opening=replace(opening, r_m=r, v_mps=v, time_s=0.0, burnt_kg=0.0),
        scaled=scaled,
        found=Found(np.zeros(_ascent.UNKNOWNS), False, False, math.nan, 0),
    )


def _answer(
    r: Vector,
    v: Vector,
    stages: tuple[AscentStage, ...],
    orbit: AscentOrbit,
    options: AscentOptions,
    opening: Opening,
    scaled: Scaled,
    found: Found,
) -> OptimalAscent:
    """Judge what was found, in the units that were given."""
    x, unit_s = found.unknowns, scaled.time_s
    problem, last = scaled.problem[0], stages[-1]
    staged = len(stages) == 2
    solved = found.solved
    known = 1.0 if solved else math.nan
    earlier_s = float(problem["burnout"]["duration"] + problem["pause"]["duration"]) * unit_s
    free_s = float(x[2]) * unit_s * known
    rise_s = 0.0 if staged else options.rise_s
    flow = last.thrust.full_n / last.thrust.exhaust_mps
    burnt = flow * (free_s + rise_s)
    lowest = min(opening.lowest_m, found.lowest * scaled.length_m) - orbit.radius_m
    least = options.least_altitude_m
    verdict = AscentVerdict.NOT_FOUND
    if solved:
        verdict = AscentVerdict.OPTIMAL
        if burnt > last.propellant_kg:
            verdict = AscentVerdict.TANK_EMPTY
        if lowest < least - BELOW_M:
            verdict = AscentVerdict.GROUND
    e = float(x[7])
    periapsis = orbit.radius_m + orbit.periapsis_m
    return OptimalAscent(
        verdict=verdict,
        time_s=opening.time_s + earlier_s + free_s,
        burn_s=free_s + rise_s,
        propellant_kg=burnt + (stages[0].propellant_kg if staged else 0.0),
        left_kg=last.propellant_kg - burnt,
        delta_v_mps=_delta_v_mps(stages, burnt) if solved else math.nan,
        periapsis_m=orbit.periapsis_m * known,
        apoapsis_m=(periapsis * (1.0 + e) / (1.0 - e) - orbit.radius_m) * known,
        inclination_deg=found.inclination_deg,
        lowest_m=float(lowest) * known,
        residual=found.residual,
        touch_worth=float(x[9]) if found.touching else 0.0,
        pause_worth=found.pause_worth,
        apoapsis_worth=found.apoapsis_worth,
        steps=found.steps,
        stages=stages,
        r_m=r,
        v_mps=v,
        opening=opening,
        scaled=scaled,
        found=found,
    )


def _delta_v_mps(stages: tuple[AscentStage, ...], burnt_kg: float) -> float:
    """Return the ideal velocity change: all of a first stage, and so much of the last one."""
    last = stages[-1]
    spent = [(stage, stage.propellant_kg) for stage in stages[:-1]]
    spent.append((last, min(burnt_kg, 0.999 * last.mass_kg)))
    # dv = -c ln(1 - m_p / m) of each (Tsiolkovsky)
    return -sum(
        stage.thrust.exhaust_mps * float(deterministic.log(1.0 - used_kg / stage.mass_kg))
        for stage, used_kg in spent
    )
