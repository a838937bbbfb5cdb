"""Abort boundaries: whether each moment of a descent still leads to a safe orbit, and on what.

Every way is an `optimal_ascent`. The lander first turns, without thrust, from the attitude it has
to the first direction of its way, at the rate that its guidance is allowed. Where that comes too
low it turns upright, and burns straight up while it turns on. The ground is taken to lie at the
site's elevation all about.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.guidance.ascent import AscentVerdict, OptimalAscent, angle_between, optimal_ascent
from farside.guidance.ascent_problem import (
    LONGEST_S,
    AscentError,
    AscentOptions,
    AscentOrbit,
    AscentStage,
)
from farside.guidance.optimal import Thrust
from farside.mission import FlightConfig, Mission
from farside.mission.frames import SiteFrame, arrival_axes
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2

Vector = NDArray[np.float64]

#: What counts as safe: periapsis and apoapsis, or higher [m above the mean sphere].
SAFE_ORBIT = AscentOrbit(15e3, 100e3, higher=True)
#: Propellant below which a stage is not lit [kg].
LEAST_KG = 0.1
#: How much higher an apoapsis is tried where nothing leads to that asked for [m].
HIGHER_M = 10e3


class AbortWay(IntEnum):
    """On what an abort flies."""

    NONE = 0
    """No way was found."""
    THERE = 1
    """It is in a safe orbit already."""
    DESCENT_STAGE = 2
    """The descent stage, all the way."""
    BOTH_STAGES = 3
    """The descent stage until it is dry, then the ascent stage."""
    ASCENT_STAGE = 4
    """The ascent stage at once."""


@dataclass(frozen=True, eq=False)
class AbortState:
    """A moment of a descent."""

    time_s: float
    r_site: Vector
    """(3,) centre of mass [m], East-North-Up at the site."""
    v_site: Vector
    """(3,) relative to the turning Moon [m/s]."""
    mass_kg: float
    axis_site: Vector
    """(3,) unit thrust axis."""
    height_m: float
    """Of the base above the site's radius [m]."""


@dataclass(frozen=True, eq=False)
class AbortPoint:
    """What an abort at one moment leads to."""

    state: AbortState
    way: AbortWay
    ascent: OptimalAscent | None
    """Of the way taken."""
    tried: dict[AbortWay, OptimalAscent]
    sink_mps: float
    """Speed downwards."""
    level_mps: float
    """Speed along the ground."""
    stop_m: dict[AbortWay, float]
    """Height that full thrust straight up takes to stop the fall [m], from here, without a turn;
    infinite where it cannot. Keys: DESCENT_STAGE, and ASCENT_STAGE with its delay."""

    @property
    def left_kg(self) -> float:
        """Propellant left in the stage that reaches orbit; NaN where none does."""
        return math.nan if self.ascent is None else self.ascent.left_kg

    def leads(self, way: AbortWay) -> bool:
        """Return whether a way leads to orbit from here, taken or not."""
        return way is self.way or (way in self.tried and _good(self.tried[way]))

    def can_stop(self, way: AbortWay) -> bool:
        """Return whether full thrust of a stage just stops the fall above the site's level."""
        return self.stop_m.get(way, math.inf) <= self.state.height_m


@dataclass(frozen=True, eq=False)
class AbortBoundary:
    """Aborts along a descent."""

    points: tuple[AbortPoint, ...]
    orbit: AscentOrbit
    clearance_m: float
    curves: dict[AbortWay, tuple[Vector, Vector]]
    """Dead man's curves: speeds downwards [m/s] and the heights [m] that stopping takes, each
    stage with the mass that it has at the last moment."""

    def last(self, *ways: AbortWay) -> float:
        """Return the last moment [s] at which one of some ways (any but NONE) leads to orbit.

        NaN where none does.
        """
        wanted = ways or tuple(way for way in AbortWay if way is not AbortWay.NONE)
        times = [
            point.state.time_s for point in self.points if any(point.leads(way) for way in wanted)
        ]
        return max(times, default=math.nan)


def _good(ascent: OptimalAscent) -> bool:
    return ascent.verdict in (AscentVerdict.OPTIMAL, AscentVerdict.THERE)


def stop_height_m(sink_mps: float, mass_kg: float, thrust: Thrust, delay_s: float = 0.0) -> float:
    """Return the height that full thrust straight up takes to stop a fall.

    Parameters
    ----------
    sink_mps
        Downwards; 0 where it climbs.
    mass_kg
        At ignition.
    thrust
        Of the engine.
    delay_s
        Of free fall before.

    Returns
    -------
    float
        [m], at the gravity of the mean sphere; infinite where the engine cannot stop it.

    Notes
    -----
    With s = f t / m the share of the mass burnt, the speed w + g t + c ln(1 - s) vanishes where
    the fall stops, after w t + g t^2 / 2 - c m / f ((1 - s) ln(1 - s) + s).
    """
    gravity = SURFACE_GRAVITY_MPS2
    exhaust, rate = thrust.exhaust_mps, thrust.full_n / thrust.exhaust_mps / mass_kg
    sink = max(sink_mps + gravity * delay_s, 0.0)
    fallen = max(sink_mps * delay_s + 0.5 * gravity * delay_s * delay_s, 0.0)

    def speed(t: float) -> float:
        return sink + gravity * t + exhaust * float(deterministic.log(1.0 - rate * t))

    # the speed is concave in time: it vanishes once behind its top
    low, high = 0.0, 0.999 / rate
    if sink <= 0.0:
        return fallen
    if speed(high) > 0.0:
        return math.inf
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if speed(middle) > 0.0 else (low, middle)
    s = rate * high
    saved = exhaust / rate * ((1.0 - s) * float(deterministic.log(1.0 - s)) + s)
    return fallen + sink * high + 0.5 * gravity * high * high - saved


class _Aborts:
    """What the aborts of one mission share."""

    def __init__(self, config: FlightConfig, frame: SiteFrame, orbit: AscentOrbit) -> None:
        vehicle = config.vehicle
        self.frame, self.orbit = frame, orbit
        self.thrust = Thrust.of(config)
        self.dry_kg = vehicle.dry_mass_kg
        self.rate = math.radians(config.guidance.rate_limit_dps)
        self.ahead = frame.vector_to_moon(arrival_axes(config.orbit.arrival_azimuth_deg)[0])
        self.upper: AscentStage | None = None
        if vehicle.ascent is not None:
            stage = vehicle.ascent
            thrust = Thrust(stage.thrust_n, stage.thrust_n, stage.isp_s * STANDARD_GRAVITY_MPS2)
            self.upper = AscentStage(thrust, stage.mass_kg, stage.propellant_kg, stage.delay_s)

    def chains(self, state: AbortState) -> Iterator[tuple[AbortWay, tuple[AscentStage, ...]]]:
        """Yield the ways that the masses allow."""
        rest = state.mass_kg - self.dry_kg
        if rest > LEAST_KG:
            lower = AscentStage(self.thrust, state.mass_kg, rest)
            yield AbortWay.DESCENT_STAGE, (lower,)
            if self.upper is not None:
                yield AbortWay.BOTH_STAGES, (lower, self.upper)
        if self.upper is not None:
            yield AbortWay.ASCENT_STAGE, (self.upper,)

    def fly(
        self,
        state: AbortState,
        stages: tuple[AscentStage, ...],
        clearance_m: float,
        near: OptimalAscent | None,
    ) -> OptimalAscent:
        """Solve one way: the lander turns first, or where that comes too low it rises first."""
        frame = self.frame
        r = frame.to_moon(state.r_site)
        turning = np.cross(frame.omega_site, state.r_site - frame.centre_site)
        v = frame.vector_to_moon(state.v_site + turning)
        axis = frame.vector_to_moon(state.axis_site)
        options = AscentOptions(
            least_altitude_m=frame.radius_m - self.orbit.radius_m + clearance_m,
            ahead=self.ahead,
            near=near,
        )
        turned = self._turned(r, v, stages, options, (axis, False))
        if turned.verdict in (AscentVerdict.GROUND, AscentVerdict.NOT_FOUND):
            raised = self._turned(r, v, stages, options, (axis, True))
            if raised.verdict is not AscentVerdict.NOT_FOUND:
                return raised
        return turned

    def _turned(
        self,
        r: Vector,
        v: Vector,
        stages: tuple[AscentStage, ...],
        options: AscentOptions,
        opening: tuple[Vector, bool],
    ) -> OptimalAscent:
        """Solve a way whose opening lasts as long as its turns.

        Without a rise it turns from its axis to the first direction, without thrust. With one it
        turns upright without thrust, then burns straight up for as long as the next turn takes.
        """
        axis, rises = opening
        up = r / deterministic.length(r)
        first = stages[0]
        upright_s = angle_between(axis, up) / self.rate
        if rises:
            waits_s = max(first.delay_s, min(upright_s, LONGEST_S))
            stages = (replace(first, delay_s=waits_s), *stages[1:])
        orbit = self.orbit
        answer = optimal_ascent(r, v, stages, orbit, options)
        if answer.verdict is AscentVerdict.NOT_FOUND and orbit.higher:
            # almost there, the primer passes through zero on the way to just this apoapsis
            orbit = replace(orbit, apoapsis_m=orbit.apoapsis_m + HIGHER_M)
            answer = optimal_ascent(r, v, stages, orbit, options)
        for _ in range(3):
            if not answer.found.solved or answer.verdict is AscentVerdict.THERE:
                break
            way = answer.first_direction
            if rises:
                before, seconds = options.rise_s, angle_between(up, way) / self.rate
                options = replace(options, rise_s=seconds, near=answer)
            else:
                before = stages[0].delay_s
                seconds = max(first.delay_s, min(angle_between(axis, way) / self.rate, LONGEST_S))
                stages = (replace(first, delay_s=seconds), *stages[1:])
                options = replace(options, near=answer)
            if abs(seconds - before) < 0.05:
                break
            answer = optimal_ascent(r, v, stages, orbit, options)
        return answer


def abort_boundary(
    mission: Mission | FlightConfig,
    frame: SiteFrame,
    states: Sequence[AbortState],
    *,
    orbit: AscentOrbit = SAFE_ORBIT,
    clearance_m: float = 100.0,
) -> AbortBoundary:
    """Solve the aborts of a descent.

    Parameters
    ----------
    mission
        Its vehicle, and its ascent stage where it has one.
    frame
        Of its site.
    states
        Moments, in order of time; see `farside.flight.abort.abort_states`.
    orbit
        What counts as safe.
    clearance_m
        Never lower than this above the site's level [m]; half its height for a lander that is
        lower than twice that.

    Returns
    -------
    AbortBoundary

    Raises
    ------
    AscentError
        When there are no states, or the clearance is below 0 or no number.
    """
    config = FlightConfig.of(mission)
    if not states:
        raise AscentError("no moment of a descent is given")
    if not 0.0 <= clearance_m < math.inf:
        raise AscentError(f"a clearance of {clearance_m:g} m: give 0 or more")
    aborts = _Aborts(config, frame, orbit)
    near: dict[AbortWay, OptimalAscent] = {}
    points = [_abort_at(aborts, state, clearance_m, near) for state in reversed(states)]
    return AbortBoundary(tuple(reversed(points)), orbit, clearance_m, _curves(aborts, states[-1]))


def _abort_at(
    aborts: _Aborts,
    state: AbortState,
    clearance_m: float,
    near: dict[AbortWay, OptimalAscent],
) -> AbortPoint:
    """Solve the aborts of one moment; `near` holds the answers of its neighbour."""
    clear_m = max(min(clearance_m, 0.5 * state.height_m), 0.0)
    tried: dict[AbortWay, OptimalAscent] = {}
    way = AbortWay.NONE
    for kind, stages in aborts.chains(state):
        if kind is AbortWay.BOTH_STAGES and way is not AbortWay.NONE:
            # the descent stage alone does not burn out
            continue
        answer = aborts.fly(state, stages, clear_m, near.get(kind))
        tried[kind] = answer
        if answer.found.solved and answer.verdict is not AscentVerdict.THERE:
            near[kind] = answer
        if way is AbortWay.NONE and _good(answer):
            way = AbortWay.THERE if answer.verdict is AscentVerdict.THERE else kind
            chosen = answer
    rho = state.r_site - aborts.frame.centre_site
    up = rho / deterministic.length(rho)
    climb = deterministic.dot(state.v_site, up)
    stop = {AbortWay.DESCENT_STAGE: math.inf}
    if state.mass_kg - aborts.dry_kg > LEAST_KG:
        stop[AbortWay.DESCENT_STAGE] = stop_height_m(-climb, state.mass_kg, aborts.thrust)
    upper = aborts.upper
    if upper is not None:
        stop[AbortWay.ASCENT_STAGE] = stop_height_m(
            -climb, upper.mass_kg, upper.thrust, upper.delay_s
        )
    return AbortPoint(
        state=state,
        way=way,
        ascent=None if way is AbortWay.NONE else chosen,
        tried=tried,
        sink_mps=-climb,
        level_mps=float(deterministic.length(state.v_site - climb * up)),
        stop_m=stop,
    )


def _curves(aborts: _Aborts, last: AbortState) -> dict[AbortWay, tuple[Vector, Vector]]:
    """Return the dead man's curves of both engines."""
    sinks = np.linspace(0.0, 150.0, 61)
    engines = {AbortWay.DESCENT_STAGE: (last.mass_kg, aborts.thrust, 0.0)}
    if aborts.upper is not None:
        upper = aborts.upper
        engines[AbortWay.ASCENT_STAGE] = (upper.mass_kg, upper.thrust, upper.delay_s)
    return {
        way: (sinks, np.array([stop_height_m(float(w), *engine) for w in sinks]))
        for way, engine in engines.items()
    }
