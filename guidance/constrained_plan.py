"""What a constrained descent has to keep, how it is to be solved, and the plan that comes of it.

`farside.guidance.constrained` solves it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError
from farside.ext.common.numbers import times
from farside.ext.guidance.constrained.constrained import MOST_INTERVALS
from farside.ext.guidance.records import _codes as codes

Vector = NDArray[np.float64]


class SolverStatus(IntEnum):
    """What became of a problem."""

    SOLVED = int(codes.SolverStatus.SOLVED)
    """Gap and residuals below 1e-8, scaled. Limits hold between nodes too, for 1 % more at most."""
    CLOSE = int(codes.SolverStatus.CLOSE)
    """A plan that keeps its limits, but dearer than it might be: gap and residuals are below 1e-4
    only, where rounding or the cap of steps ended it, or keeping limits between nodes has cost more
    than 1 % of the propellant. `bound_kg` says what it might take at least."""
    MISSED = int(codes.SolverStatus.MISSED)
    """The target is out of reach: the least miss, and the least propellant that attains it; `gap`
    and `residual` say how exactly."""
    INFEASIBLE = int(codes.SolverStatus.INFEASIBLE)
    """No plan in any time tried; each time has its proof, a dual ray. Or full thrust, straight up
    and at once, does not stop the fall above the ground, or the target's speed comes in flatter
    than the glide slope (rises, where the floor is the target's height): then there is none."""
    NOT_FOUND = int(codes.SolverStatus.NOT_FOUND)
    """No plan within the cap of steps, and not for every time a proof that there is none; or one
    that keeps its limits at its nodes, and none that keeps them between."""


class ConstrainedError(FarsideError):
    """A number of the problem is impossible."""


@dataclass(frozen=True)
class Limits:
    """What a descent has to keep, at its nodes and between them.

    Attributes
    ----------
    glide_slope_deg : float, optional
        Least elevation of the lander seen from where it lands, in (0, 90) [deg].
    tilt_deg : float, optional
        Greatest angle of the thrust from the vertical, in [0, 180) [deg]. With 0 nothing pushes
        sideways: a place aside is MISSED, a speed aside that is not the target's INFEASIBLE.
    above_target : bool
        Never below the floor; a glide slope asks more.
    end_tilt_deg : float, optional
        Greatest angle of the thrust from the vertical at the end, in [0, 180) [deg].
    floor_m : float
        Height of that floor over the target, 0 or less [m].
    dry_mass_kg : float
        Mass with the tank empty, which the plan does not go below [kg]; 0 asks nothing.

    Examples
    --------
    >>> from farside.guidance import Limits, Thrust, constrained_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0)
    >>> plans = [
    ...     constrained_descent(*state, 2500.0, engine, Limits(tilt_deg=tilt_deg))
    ...     for tilt_deg in (60.0, 30.0, 20.0)
    ... ]
    >>> [f"{plan.propellant_kg:.1f} kg" for plan in plans]
    ['107.0 kg', '107.4 kg', '108.5 kg']
    """

    glide_slope_deg: float | None = None
    tilt_deg: float | None = None
    above_target: bool = True
    end_tilt_deg: float | None = None
    floor_m: float = 0.0
    dry_mass_kg: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.glide_slope_deg is not None and not 0.0 < self.glide_slope_deg < 90.0:
            raise ConstrainedError(
                f"a glide slope of {self.glide_slope_deg} deg: give one between 0 and 90, or None"
            )
        for tilt_deg in (self.tilt_deg, self.end_tilt_deg):
            if tilt_deg is not None and not 0.0 <= tilt_deg < 180.0:
                raise ConstrainedError(
                    f"a tilt of {tilt_deg} deg: give one from 0 to below 180, or None"
                )
        if not -math.inf < self.floor_m <= 0.0:
            raise ConstrainedError(
                f"a floor {self.floor_m} m over the target: give 0 or less, it comes down there"
            )
        if not 0.0 <= self.dry_mass_kg < math.inf:
            raise ConstrainedError(f"{self.dry_mass_kg} kg dry: give 0 or more")


@dataclass(frozen=True)
class SolverOptions:
    """The time of flight, given or searched, and the nodes of the plan.

    Attributes
    ----------
    time_s : float, optional
        Of flight [s]; None searches the best.
    guess_s : float, optional
        Where that search begins [s]; None takes the time of the descent without limits.
    intervals : int
        N, 4 to 100. The plan has more where N do not keep the limits between nodes.
    nearest : bool
        Whether to look for the least miss where the target is out of reach.

    Examples
    --------
    >>> from farside.guidance import Limits, SolverOptions, Thrust, constrained_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0)
    >>> options = SolverOptions(time_s=70.0, intervals=40)  # the best takes 60 s
    >>> plan = constrained_descent(*state, 2500.0, engine, Limits(), options=options)
    >>> f"{plan.propellant_kg:.1f} kg in {plan.time_s:.0f} s", len(plan.t_s)
    ('117.6 kg in 70 s', 41)
    """

    time_s: float | None = None
    guess_s: float | None = None
    intervals: int = 20
    nearest: bool = True

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 4 <= self.intervals <= MOST_INTERVALS:
            raise ConstrainedError(f"{self.intervals} intervals: choose 4 to {MOST_INTERVALS}")
        if self.time_s is not None and not 0.0 < self.time_s < math.inf:
            raise ConstrainedError(f"a flight of {self.time_s} s: give a time above 0, or None")
        if self.guess_s is not None and not 0.0 < self.guess_s < math.inf:
            raise ConstrainedError(f"a guess of {self.guess_s} s: give a time above 0, or None")


@dataclass(frozen=True, eq=False)
class ConstrainedDescent:
    """A plan at N + 1 nodes, evenly spaced in time; the thrust's acceleration is straight between.

    Vectors are in the axes of the state that was given, z up. Where nothing was found, numbers are
    NaN and arrays are empty.

    Attributes
    ----------
    status : SolverStatus
        What was found, or proved.
    time_s : float
        Of flight [s].
    propellant_kg : float
        Burnt [kg].
    bound_kg : float
        No plan with these nodes in this time takes less propellant [kg]: proven by the dual, for
        limits at the nodes. 0 where the steps allowed did not suffice for a proof.
    miss_m : ndarray, (2,)
        Where it lands less the target, x and y of the state's axes [m]; 0 unless MISSED.
    t_s : ndarray, (N + 1,)
        Time of each node from the state [s].
    r_m : ndarray, (N + 1, 3)
        Place, the state's axes [m].
    v_mps : ndarray, (N + 1, 3)
        Velocity, the state's axes [m/s].
    mass_kg : ndarray, (N + 1,)
        Mass [kg].
    thrust_n : ndarray, (N + 1, 3)
        Thrust, the state's axes [N].
    loose : float
        The largest excess of the bound s over the thrust's acceleration at a node, as a part of
        s [-]: next to 0 where the convexification is lossless. What burns is s.
    gravity_mps2 : ndarray, (3,)
        Of the problem, the state's axes [m/s^2].
    gap : float
        Slack times dual, summed over all cones [-]; of the log-mass, so 1e-8 is 1e-8 of the mass.
    residual : float
        The largest misfit of a cone or of the end, scaled [-].
    solves : int
        Cone programs solved: over times of flight, tightened limits and numbers of nodes.
    steps : int
        Interior-point steps in all of them.

    Examples
    --------
    >>> from farside.guidance import Limits, Thrust, constrained_descent
    >>> engine = Thrust(least_n=1500.0, full_n=7500.0, exhaust_mps=3040.0)
    >>> state = (600.0, 150.0, 2000.0), (-20.0, 5.0, -30.0)
    >>> plan = constrained_descent(*state, 2500.0, engine, Limits(glide_slope_deg=10.0))
    >>> plan.r_m.shape, plan.thrust_n.shape
    ((21, 3), (21, 3))
    >>> plan.bound_kg <= plan.propellant_kg < 1.001 * plan.bound_kg
    True
    >>> r_m, v_mps, thrust_mps2 = plan.fly(plan.time_s)
    >>> bool(abs(r_m).max() < 0.01), bool(abs(v_mps).max() < 0.01)  # at rest at the target
    (True, True)
    """

    status: SolverStatus
    time_s: float
    propellant_kg: float
    bound_kg: float
    miss_m: Vector
    t_s: Vector
    r_m: Vector
    v_mps: Vector
    mass_kg: Vector
    thrust_n: Vector
    loose: float
    gravity_mps2: Vector
    gap: float
    residual: float
    solves: int
    steps: int

    def fly(self, t_s: ArrayLike) -> tuple[Vector, Vector, Vector]:
        """Return the flight at times after the state.

        Parameters
        ----------
        t_s
            (...) from 0 to `time_s` [s].

        Returns
        -------
        Place (..., 3) [m], speed (..., 3) [m/s] and the thrust's acceleration (..., 3) [m/s^2], in
        the axes of the state: closed form, since that acceleration is straight between nodes.

        Raises
        ------
        ConstrainedError
            If a time is not from 0 to `time_s`, or no descent was found.
        """
        t = times(t_s, self.time_s, ConstrainedError)
        step = float(self.t_s[1])
        k = np.clip((t / step).astype(np.int64), 0, len(self.t_s) - 2)
        past = (t - self.t_s[k])[..., None]
        u = self.thrust_n / self.mass_kg[:, None]
        rate = (u[k + 1] - u[k]) / step
        pull = u[k] + self.gravity_mps2
        v = self.v_mps[k] + past * (pull + 0.5 * past * rate)
        r = self.r_m[k] + past * (self.v_mps[k] + past * (0.5 * pull + past * rate / 6.0))
        return r, v, u[k] + past * rate
