"""The flight of an ascent, integrated along: for plots and checks; and the orbit of a state."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.mission.moon import GM

if TYPE_CHECKING:
    from farside.guidance.ascent import OptimalAscent

Vector = NDArray[np.float64]
Rate = Callable[[float, Vector], Vector]


def osculating(r: Vector, v: Vector, radius_m: float) -> tuple[float, float, float]:
    """Return the apsides of a state's orbit and its inclination.

    Parameters
    ----------
    r, v
        (3,) place from the Moon's centre [m] and inertial velocity [m/s].
    radius_m
        That altitudes count from.

    Returns
    -------
    Altitudes of periapsis and apoapsis [m] and inclination [deg]; the apoapsis is infinite where
    the state escapes.
    """
    d = deterministic.length(r)
    energy = 0.5 * deterministic.dot(v, v) - GM / d
    h = np.cross(r, v)
    parameter = deterministic.dot(h, h) / GM
    e = math.sqrt(max(0.0, 1.0 + 2.0 * energy * parameter / GM))
    inclination = math.degrees(
        deterministic.angle_of(float(deterministic.hypot(h[0], h[1])), float(h[2]))
    )
    high = parameter / (1.0 - e) - radius_m if energy < 0.0 and e < 1.0 else math.inf
    return parameter / (1.0 + e) - radius_m, high, inclination


def fly_ascent(ascent: OptimalAscent, t_s: Vector) -> Vector:
    """Return place, velocity, mass and thrust direction of an ascent at rising times.

    Parameters
    ----------
    ascent
        Solved.
    t_s
        (n,) rising, from 0 to `ascent.time_s` [s].

    Returns
    -------
    (n, 10) place [m], velocity [m/s], mass [kg], unit direction. Equations (1) to (4) of
    ext/guidance/ascent/ascent.pxd, in their scale; before, the pause and the rise.
    """
    # not at the top: it takes 0.35 s to import, and plots need it, not flights
    from scipy.integrate import solve_ivp

    scaled, x = ascent.scaled, ascent.found.unknowns
    solved = ascent.found.problem
    row = (scaled.problem if solved is None else solved)[0]
    length, speed = scaled.length_m, scaled.speed_mps
    unit_s, last = scaled.time_s, ascent.stages[-1]
    staged = len(ascent.stages) == 2
    mass_unit = last.mass_kg - (0.0 if staged else ascent.opening.burnt_kg)
    rows = np.empty((len(t_s), 10))

    def along(rate: Any, y: Any, begin: float, end: float, turn: Any) -> Any:
        """Fly one part in scaled units; fill the rows within it."""
        if not end > begin:
            return y
        flown = solve_ivp(
            rate, (begin, end), y, "DOP853", dense_output=True, rtol=1e-11, atol=1e-13
        )
        here = (t_s / unit_s >= begin - 1e-12) & (t_s / unit_s <= end + 1e-9)
        at = np.clip(t_s[here] / unit_s, begin, end)
        if len(at):
            out = flown.sol(at).T
            rows[here, :3], rows[here, 3:6] = out[:, :3] * length, out[:, 3:6] * speed
            rows[here, 6] = out[:, 6] * mass_unit
            rows[here, 7:] = [turn(each) for each in out]
        return flown.y[:, -1]

    first = ascent.stages[0]
    y: Any = np.array([*ascent.r_m / length, *ascent.v_mps / speed, 1.0, *np.zeros(6)])
    y[6] = first.mass_kg / mass_unit
    first_flow = first.thrust.full_n / first.thrust.exhaust_mps / mass_unit * unit_s
    first_thrust = first.thrust.full_n / mass_unit / (speed / unit_s)
    begin, end = 0.0, min(first.delay_s, ascent.opening.time_s) / unit_s
    y = along(_upright(0.0, 0.0), y, begin, end, _none_of)
    begin, end = end, ascent.opening.time_s / unit_s
    y = along(_upright(first_thrust, first_flow), y, begin, end, _up_of)
    y[7:] = _costates(row, x)
    touch = end + x[8] if ascent.found.touching else math.inf
    burn, pause = row["burnout"], row["pause"]
    thrust, exhaust = float(row["thrust"]), float(row["exhaust"])
    parts = (
        (float(burn["duration"]), float(burn["thrust"]), float(burn["flow"]), None, _primer_of),
        (float(pause["duration"]), 0.0, 0.0, None, _none_of),
        (float(x[2]), thrust, thrust / exhaust, 1.0 if staged else None, _primer_of),
    )
    for duration, push, flow, mass, turn in parts:
        if mass is not None:
            y[6] = mass
        begin, end = end, end + duration
        if begin <= touch < end:
            y = along(_free(push, flow), y, begin, touch, turn)
            y[7:10] -= x[9] * _up_of(y)
            begin = touch
        y = along(_free(push, flow), y, begin, end, turn)
    if len(t_s) and not ascent.time_s > 0.0:
        rows[:] = [*ascent.r_m, *ascent.v_mps, first.mass_kg, 0.0, 0.0, 0.0]
    return rows


def _upright(thrust: float, flow: float) -> Rate:
    """Return the rates of a flight that thrusts straight up."""

    def rate(_t: float, y: Vector) -> Vector:
        up = y[:3] / np.linalg.norm(y[:3])
        pull = thrust / y[6] * up - up / (y[:3] @ y[:3])
        return np.array([*y[3:6], *pull, -flow, *np.zeros(6)])

    return rate


def _free(thrust: float, flow: float) -> Rate:
    """Return the rates of a flight along its primer."""

    def rate(_t: float, y: Vector) -> Vector:
        r, p_r, p_v = y[:3], y[7:10], y[10:13]
        d = float(np.linalg.norm(r))
        pull = thrust / y[6] * p_v / np.linalg.norm(p_v) - r / d**3
        p_r_rate = p_v / d**3 - 3.0 * (r @ p_v) * r / d**5
        return np.array([*y[3:6], *pull, -flow, *p_r_rate, *-p_r])

    return rate


def _up_of(y: Vector) -> Vector:
    return np.asarray(y[:3] / np.linalg.norm(y[:3]))


def _primer_of(y: Vector) -> Vector:
    return np.asarray(y[10:13] / np.linalg.norm(y[10:13]))


def _none_of(_y: Vector) -> Vector:
    return np.zeros(3)


def _costates(row: np.void, x: Vector) -> Vector:
    """Return p_r and p_v at the beginning of the free part, as `ascent_begin` has them."""
    r, v = np.array(row["r"].tolist()), np.array(row["v"].tolist())
    ahead = np.array(row["ahead"].tolist())
    up = r / np.linalg.norm(r)
    normal = np.cross(up, ahead)
    sine, cosine = deterministic.sin(float(x[0])), deterministic.cos(float(x[0]))
    p_v = sine * up + cosine * ahead
    if row["plane"] == 0:
        along = ((v @ ahead) * sine - (v @ up) * cosine) / np.linalg.norm(r)
        p_r = x[1] * up + along * ahead
    else:
        out, into = deterministic.sin(float(x[4])), deterministic.cos(float(x[4]))
        p_v = out * normal + into * p_v
        p_r = x[1] * up + x[5] * ahead + x[6] * normal
    return np.concatenate([p_r, p_v])
