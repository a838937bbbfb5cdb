"""The descent of least propellant in free time, solved and certified in microseconds.

A point mass under constant gravity, thrust between two limits in any direction, from a state to a
target. By the maximum principle (Lawden 1963; Acikmese & Ploen 2007; Lu 2018) the thrust acts along
the primer, a straight line in time p(t) = p_f + (t_f - t) q, at full, least and full thrust; the
first or the first two arcs may be absent. So may the last, of a flight that comes to its target
from beneath. An answer is one that holds its end and its certificate:
the signs that the principle asks of the switching function. What is left out, on purpose: the
ground, a glide slope, limits of tilt. `farside.ext.guidance.optimal.optimal` has the equations.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import numbers, times
from farside.ext.guidance.optimal import _optimal
from farside.ext.guidance.records import _codes as codes
from farside.mission import FlightConfig, Mission
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2

Vector = NDArray[np.float64]

_UP = (0.0, 0.0, 1.0)
_BAD_INPUT = int(codes.ExtremalStatus.EXTREMAL_BAD_INPUT)
_NO_GUESS = np.zeros(1, _optimal.EXTREMAL)
#: What is not known of an extremal that was not found.
_UNKNOWN = ("q", "p", "t_f", "t_2", "t_1", "mass_final", "residual")


class OptimalError(FarsideError):
    """A number of the problem is impossible."""


class Optimality(IntEnum):
    """What became of a problem."""

    OPTIMAL = int(codes.ExtremalStatus.OPTIMAL)
    """Solved, with its certificate."""
    NOT_FOUND = int(codes.ExtremalStatus.EXTREMAL_NOT_FOUND)
    """No certified extremal was found. That is no proof that the target is out of reach:
    `nearest_point` says more, and how far the lander gets."""
    TANK_EMPTY = 2
    """Solved, with its certificate, but it takes more propellant than there is: `nearest_point`
    says where the tank does reach to."""


@dataclass(frozen=True)
class Thrust:
    """What the engine gives.

    Attributes
    ----------
    least_n : float
        Least thrust while it burns [N].
    full_n : float
        Full thrust [N].
    exhaust_mps : float
        Effective exhaust speed [m/s]: specific impulse times standard gravity.

    Examples
    --------
    >>> from farside.guidance import Thrust
    >>> from farside.mission import load_mission
    >>> engine = Thrust.of(load_mission("chang-e-6"), margin=0.05)
    >>> engine.least_n, engine.full_n, round(engine.exhaust_mps, 1)  # 310 s x 9.80665 m/s^2
    (1500.0, 7125.0, 3040.1)
    """

    least_n: float
    full_n: float
    exhaust_mps: float

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 0.0 <= self.least_n <= self.full_n < math.inf or self.full_n == 0.0:
            raise OptimalError(
                f"thrust from {self.least_n} to {self.full_n} N: give 0 or more, the least first"
            )
        if not 0.0 < self.exhaust_mps < math.inf:
            raise OptimalError(f"an exhaust speed of {self.exhaust_mps} m/s: give one above 0")

    @classmethod
    def of(cls, mission: FlightConfig | Mission, margin: float = 0.0) -> Thrust:
        """Take a mission's main engine, its full thrust less a margin (0.05 = 5 %)."""
        engine = mission.vehicle.engine
        return cls(
            engine.thrust_min_n,
            engine.thrust_max_n * (1.0 - margin),
            engine.isp_s * STANDARD_GRAVITY_MPS2,
        )


@dataclass(frozen=True, eq=False)
class Target:
    """Where a descent ends, and how fast: by itself, at rest at the origin.

    Attributes
    ----------
    r_m : array_like, (3,)
        Place, in the axes of the state [m].
    v_mps : array_like, (3,)
        Velocity there, in the same axes [m/s].

    Examples
    --------
    >>> from farside.guidance import Target, Thrust, optimal_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> gate = Target(r_m=(0.0, 0.0, 30.0), v_mps=(0.0, 0.0, -1.5))  # 30 m up, sinking
    >>> best = optimal_descent((50.0, 0.0, 100.0), (0.0, 0.0, 0.0), 2500.0, engine, target=gate)
    >>> (best.fly([0.0, best.time_s])[-1, :6].round(3) + 0.0).tolist()
    [0.0, 0.0, 30.0, 0.0, 0.0, -1.5]
    """

    r_m: ArrayLike = (0.0, 0.0, 0.0)
    v_mps: ArrayLike = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class OptimalDescent:
    """The descent of least propellant from one state.

    Vectors are in the axes of the state that was given; times count from it.

    Attributes
    ----------
    status : Optimality
        What was found.
    time_s : float
        Of flight [s]; NaN where nothing was found, as all that follows.
    switches_s : tuple of two floats
        When a first burn at full thrust ends, and when the last begins [s]; 0 where there is none,
        and `time_s` where least thrust is the last.
    propellant_kg : float
        Burnt [kg].
    primer : ndarray, (3,)
        Unit vector of the thrust at the end, the state's axes [-].
    primer_rate : ndarray, (3,)
        q, the state's axes [1/s]: the thrust acts along primer + (time_s - t) primer_rate.
    residual : float
        Of the end's place and speed and of the conditions of optimality, scaled [-].
    steps : int
        Newton steps taken, all attempts counted.
    r_m, v_mps : ndarray, (3,)
        The state it began from, the state's axes [m, m/s].
    gravity_mps2 : ndarray, (3,)
        Of the problem, the state's axes [m/s^2].
    mass_kg : float
        At the state [kg].
    thrust : Thrust
        The engine.
    guess : ndarray, (1,)
        The kernel's record `EXTREMAL`, scaled [-]: a neighbouring problem begins with it.
    target_m, target_mps : ndarray, (3,)
        Where and how fast it ends, the state's axes [m, m/s].
    dry_mass_kg : float
        What is left when the tank is empty [kg].

    Examples
    --------
    >>> from farside.guidance import Thrust, optimal_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> best = optimal_descent((0.0, 0.0, 100.0), (0.0, 0.0, 0.0), 2500.0, engine)
    >>> f"{best.time_s:.1f} s, full thrust from {best.switches_s[1]:.1f} s"
    '16.6 s, full thrust from 8.7 s'
    >>> best.thrust_n([1.0, 8.0, 14.0])[:, 2].tolist()  # first downwards: nothing limits the tilt
    [-1500.0, 1500.0, 7500.0]
    >>> best.fly([0.0, best.time_s])[:, 6].round(1).tolist()
    [2500.0, 2476.1]
    """

    status: Optimality
    time_s: float
    switches_s: tuple[float, float]
    propellant_kg: float
    primer: Vector
    primer_rate: Vector
    residual: float
    steps: int
    r_m: Vector
    v_mps: Vector
    gravity_mps2: Vector
    mass_kg: float
    thrust: Thrust
    guess: NDArray[np.void]
    target_m: Vector
    target_mps: Vector
    dry_mass_kg: float

    @property
    def structure(self) -> str:
        """Name the arcs, such as 'full-least-full'."""
        first, last = self.switches_s
        if last == self.time_s:
            return "full-least"
        return "full-least-full" if first > 0.0 else "least-full" if last > 0.0 else "full"

    def thrust_n(self, t_s: ArrayLike) -> Vector:
        """Return the thrust at times after the state.

        Parameters
        ----------
        t_s : array_like
            Times from 0 to `time_s` [s].

        Returns
        -------
        ndarray, (..., 3)
            Thrust [N] in the axes of the state.

        Raises
        ------
        OptimalError
            If a time is not from 0 to `time_s`, or the descent was not found.
        """
        return self._thrust_n(times(t_s, self.time_s, OptimalError)[..., None])

    def _thrust_n(self, t: Vector) -> Vector:
        """Return the thrust (..., 3) [N] at times (..., 1) of the way."""
        first, last = self.switches_s
        size = np.where((t < first) | (t >= last), self.thrust.full_n, self.thrust.least_n)
        return np.asarray(size * self._direction(t), np.float64)

    def _direction(self, t: Vector) -> Vector:
        """Return the unit vector (..., 3) of the thrust at times (..., 1) after the state.

        Straight above a target the primer may pass through zero, and the thrust flips over: at that
        moment it is already where it turns to.
        """
        way = self.primer + (self.time_s - t) * self.primer_rate
        long = np.linalg.norm(way, axis=-1, keepdims=True)
        way = np.where(long > 0.0, way, -self.primer_rate)
        return np.asarray(way / np.linalg.norm(way, axis=-1, keepdims=True), np.float64)

    def fly(self, t_s: Sequence[float] | Vector) -> Vector:
        """Return place, speed and mass along the way.

        Parameters
        ----------
        t_s
            (n,) times from 0 to `time_s` [s].

        Returns
        -------
        (n, 7) place [m], speed [m/s] and mass [kg]; integrated by Gauss-Legendre panels that end at
        the switches and where the primer is least, so that they hold 1e-9 of the way.

        Raises
        ------
        OptimalError
            If a time is not from 0 to `time_s`, or the descent was not found.
        """
        asked = np.atleast_1d(times(t_s, self.time_s, OptimalError))
        steep = float(self.primer_rate @ self.primer_rate)
        turn_s = self.time_s + float(self.primer @ self.primer_rate) / max(steep, 1e-300)
        breaks = [0.0, *self.switches_s, turn_s, self.time_s, *asked]
        near = turn_s + self.time_s * np.array([-1e-1, -1e-2, -1e-3, 1e-3, 1e-2, 1e-1])
        ends = np.unique(np.clip([*breaks, *near], 0.0, self.time_s))
        nodes, weights = np.polynomial.legendre.leggauss(12)
        state = np.concatenate([self.r_m, self.v_mps, [self.mass_kg]])
        out, at = [state], [0.0]
        for a, b in itertools.pairwise(ends):
            h = b - a
            t = a + 0.5 * h * (nodes + 1.0)
            size = float(np.linalg.norm(self._thrust_n(np.array([0.5 * (a + b)]))))
            flow = size / self.thrust.exhaust_mps
            pull = self._direction(t[:, None]) * (size / (state[6] - flow * (t - a)))[:, None]
            share = 0.5 * h * weights
            dv = share @ pull
            dr = (share * (b - t)) @ pull
            r = state[:3] + state[3:6] * h + 0.5 * self.gravity_mps2 * h * h + dr
            v = state[3:6] + self.gravity_mps2 * h + dv
            state = np.concatenate([r, v, [state[6] - flow * h]])
            out.append(state)
            at.append(b)
        return np.asarray(out, np.float64)[np.searchsorted(at, asked)]


def optimal_descent(
    r_m: ArrayLike,
    v_mps: ArrayLike,
    mass_kg: float,
    thrust: Thrust,
    *,
    target: Target = Target(),
    gravity_mps2: ArrayLike = (0.0, 0.0, -SURFACE_GRAVITY_MPS2),
    dry_mass_kg: float = 0.0,
    near: OptimalDescent | None = None,
) -> OptimalDescent:
    """Find the descent of least propellant to a target, in whatever time it takes.

    Parameters
    ----------
    r_m, v_mps
        (3,) place [m] and speed [m/s], in any axes that do not turn.
    mass_kg
        Of the lander there [kg].
    thrust
        Its engine.
    target
        Where to be [m], and how fast [m/s], at the end.
    gravity_mps2
        (3,) constant [m/s^2].
    dry_mass_kg
        What is left when the tank is empty [kg]; 0 asks nothing.
    near
        The answer to a neighbouring problem: takes a tenth of the time.

    Returns
    -------
    The descent, and in `status` what it is worth; NaN where none was found.

    Raises
    ------
    OptimalError
        If a number is not finite or impossible, or the lander is at the target at rest.

    References
    ----------
    .. [1] Lawden, *Optimal Trajectories for Space Navigation*, 1963: the primer.
    .. [2] Lu, *Propellant-optimal powered descent guidance*, 2018.

    Examples
    --------
    >>> from farside.guidance import Thrust, optimal_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> best = optimal_descent((0.0, 0.0, 100.0), (0.0, 0.0, 0.0), 2500.0, engine)
    >>> print(f"{best.status.name}: {best.propellant_kg:.2f} kg, {best.structure}")
    OPTIMAL: 23.93 kg, least-full
    """
    place, speed = _vector(r_m, "place"), _vector(v_mps, "speed")
    end, arrival = _vector(target.r_m, "target"), _vector(target.v_mps, "speed at the target")
    gravity = _vector(gravity_mps2, "gravity")
    if not 0.0 <= dry_mass_kg < mass_kg < math.inf:
        raise OptimalError(f"{mass_kg} kg, {dry_mass_kg} of them dry: give 0 or more, then more")
    lander = np.empty(1, _optimal.LANDER)
    lander["r"], lander["v"], lander["v_f"], lander["g"] = place - end, speed, arrival, gravity
    lander["mass_kg"], lander["exhaust_mps"] = mass_kg, thrust.exhaust_mps
    lander["least_n"], lander["full_n"] = thrust.least_n, thrust.full_n
    found, status = np.empty(1, _optimal.EXTREMAL), np.empty(1, np.uint8)
    _optimal.solve(lander, _NO_GUESS if near is None else near.guess, found, status)
    ending = int(status[0])
    if ending == _BAD_INPUT:
        raise OptimalError("the lander is at the target at rest, or there is no gravity")
    verdict = Optimality(ending)
    if verdict is not Optimality.OPTIMAL:
        for name in _UNKNOWN:
            found[name] = np.nan
    answer = found[0]
    propellant_kg = float(mass_kg - answer["mass_final"])
    if propellant_kg > mass_kg - dry_mass_kg:
        verdict = Optimality.TANK_EMPTY
    return OptimalDescent(
        status=verdict,
        time_s=float(answer["t_f"]),
        switches_s=(float(answer["t_1"]), float(answer["t_2"])),
        propellant_kg=propellant_kg,
        primer=answer["p"].copy(),
        primer_rate=answer["q"].copy(),
        residual=float(answer["residual"]),
        steps=int(answer["steps"]),
        r_m=place,
        v_mps=speed,
        gravity_mps2=gravity,
        mass_kg=float(mass_kg),
        thrust=thrust,
        guess=found,
        target_m=end,
        target_mps=arrival,
        dry_mass_kg=float(dry_mass_kg),
    )


def _vector(given: ArrayLike, name: str) -> Vector:
    vector = numbers(given, name, OptimalError)
    if vector.shape != (3,) or not np.isfinite(vector).all():
        raise OptimalError(f"{name} {given!r}: give three finite numbers")
    return vector
