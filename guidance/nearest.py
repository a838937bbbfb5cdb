"""Why a target is out of reach, and the nearest point that is not.

The least miss in the plane of the target, from the constrained descent at 100 intervals: a convex
program, so that what it does not reach is proven out of reach of plans with that many knots, which
cost a hundredth of a per cent more than the best of all plans.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from farside.guidance.constrained import (
    ConstrainedDescent,
    Limits,
    SolverOptions,
    SolverStatus,
    constrained_descent,
)
from farside.guidance.optimal import OptimalDescent, Optimality, Target, optimal_descent

Vector = NDArray[np.float64]

_ABOVE_TARGET = Limits()
_INTERVALS = 100
# The point is taken this part of the miss, and this part of the way [m/m], on the safe side.
_ROOM, _ROOM_OF_WAY = 1e-3, 1e-5
_ROOMS = (1.0, 3.0, 8.0)


class UnreachableReason(IntEnum):
    """What is lacking."""

    NOTHING = 0
    """The target can be reached."""
    PROPELLANT = 1
    """A fuller tank would reach it."""
    THRUST = 2
    """The engine cannot fly there within the limits, whatever the tank holds."""
    UNKNOWN = 3
    """Neither a way nor a proof that there is none."""


@dataclass(frozen=True, eq=False)
class NearestPoint:
    """How close to its target a lander can come.

    Vectors are in the axes of the state that was given, z up.

    Attributes
    ----------
    reason : UnreachableReason
        Why the target is out of reach, or that it is not.
    point_m : ndarray, (3,)
        At the target's height, where it can be at the target's speed, the state's axes [m]; NaN
        where no point of that plane is known to be in reach.
    miss_m : float
        From the target [m].
    optimal : OptimalDescent or None
        The descent of least propellant to that point; None where no certified one was found.
    plan : ConstrainedDescent
        The plan that proves it, to a point at most 1 % nearer.

    Examples
    --------
    >>> from farside.guidance import Thrust, nearest_point, optimal_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = (3000.0, 400.0, 600.0), (0.0, 0.0, -20.0)
    >>> near = nearest_point(optimal_descent(*state, 2500.0, engine, dry_mass_kg=2400.0))
    >>> near.why
    'too little propellant; nearest in reach: (1894.8, 252.6, 0.0) m, 1911.6 m off'
    """

    reason: UnreachableReason
    point_m: Vector
    miss_m: float
    optimal: OptimalDescent | None
    plan: ConstrainedDescent

    @property
    def why(self) -> str:
        """Report it in a line."""
        if self.reason == UnreachableReason.NOTHING:
            return "the target is in reach"
        lacking = {
            UnreachableReason.PROPELLANT: "too little propellant",
            UnreachableReason.THRUST: "the engine cannot fly there within the limits",
            UnreachableReason.UNKNOWN: "no way was found, and no proof that there is none",
        }[self.reason]
        if math.isnan(self.miss_m):
            return f"{lacking}; no point at the target's height is in reach"
        x, y, z = self.point_m
        return (
            f"{lacking}; nearest in reach: ({x:.1f}, {y:.1f}, {z:.1f}) m, {self.miss_m:.1f} m off"
        )


def nearest_point(descent: OptimalDescent, limits: Limits = _ABOVE_TARGET) -> NearestPoint:
    """Find the point nearest to a target, at its height, that a lander can reach.

    Parameters
    ----------
    descent
        What `optimal_descent` said of the state and its target, in axes with z up; its time of
        flight and its tank are used. TANK_EMPTY and NOT_FOUND are what this is for.
    limits
        What the way has to keep: by itself, not to pass below the target. The tank is that of
        `descent`.

    Returns
    -------
    The point [m], its distance from the target, what is lacking, and the plan that gets there.

    Raises
    ------
    ConstrainedError
        If the limits and the state are out of all proportion.

    References
    ----------
    .. [1] Blackmore, Acikmese and Scharf, *Minimum-landing-error powered-descent guidance for Mars
       landing using convex optimization*, 2010.

    Examples
    --------
    >>> from farside.guidance import Thrust, nearest_point, optimal_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = (3000.0, 400.0, 600.0), (0.0, 0.0, -20.0)
    >>> short = optimal_descent(*state, 2500.0, engine, dry_mass_kg=2400.0)
    >>> near = nearest_point(short)
    >>> print(short.status.name, near.reason.name, near.plan.status.name)
    TANK_EMPTY PROPELLANT MISSED
    >>> print(f"{near.miss_m:.0f} m off")
    1912 m off
    """
    plan = _plan(descent, limits, descent.dry_mass_kg)
    nothing = np.full(3, np.nan)
    if plan.status in (SolverStatus.SOLVED, SolverStatus.CLOSE):
        here = descent if descent.status == Optimality.OPTIMAL else None
        return NearestPoint(UnreachableReason.NOTHING, descent.target_m.copy(), 0.0, here, plan)
    reason = (
        UnreachableReason.UNKNOWN
        if plan.status == SolverStatus.NOT_FOUND
        else UnreachableReason.THRUST
    )
    # A descent without limits that only lacks propellant, or one within them.
    if descent.dry_mass_kg > 0.0 and _plan(descent, limits, 0.0).status <= SolverStatus.CLOSE:
        reason = UnreachableReason.PROPELLANT
    if plan.status != SolverStatus.MISSED:
        return NearestPoint(reason, nothing, math.nan, None, plan)
    miss = np.array([*plan.miss_m, 0.0])
    size = float(np.linalg.norm(miss))
    way = float(np.linalg.norm(descent.r_m - descent.target_m))
    for room in _ROOMS:
        stretched = size * (1.0 + room * _ROOM) + _ROOM_OF_WAY * way
        point = descent.target_m + miss * (stretched / size)
        best = optimal_descent(
            descent.r_m, descent.v_mps, descent.mass_kg, descent.thrust,
            target=Target(point, descent.target_mps), gravity_mps2=descent.gravity_mps2,
            dry_mass_kg=descent.dry_mass_kg,
        )  # fmt: skip
        if best.status == Optimality.OPTIMAL:
            return NearestPoint(reason, point, stretched, best, plan)
    return NearestPoint(reason, descent.target_m + miss, size, None, plan)


def _plan(descent: OptimalDescent, limits: Limits, dry_mass_kg: float) -> ConstrainedDescent:
    return constrained_descent(
        descent.r_m,
        descent.v_mps,
        descent.mass_kg,
        descent.thrust,
        replace(limits, dry_mass_kg=dry_mass_kg),
        target=Target(descent.target_m, descent.target_mps),
        gravity_mps2=descent.gravity_mps2,
        options=SolverOptions(
            guess_s=descent.time_s if math.isfinite(descent.time_s) else None,
            intervals=_INTERVALS,
        ),
    )
