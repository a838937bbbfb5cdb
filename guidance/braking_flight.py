"""The flight of a braking solution, integrated along: for plots and checks, not for the tick."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.guidance.braking_start import BrakingError, BrakingStart
from farside.mission.coasts import MOST_COASTS
from farside.mission.moon import GM

Vector = NDArray[np.float64]
#: When each coast between burns begins and ends [s], rising.
Coasts = Sequence[tuple[float, float]]
#: Thrust level, beginning and end [s] of a stretch of braking.
Part = tuple[float, float, float]

#: Of the angle between the site's and the lander's vertical, as in `braking_plane`.
LEAST_SINE = 2e-3


def require_rising(coasts: Coasts) -> None:
    """Refuse coasts that are too many, or do not follow one another.

    Parameters
    ----------
    coasts : sequence of (float, float)

    Raises
    ------
    BrakingError
    """
    times = [0.0, *(time for coast in coasts for time in coast)]
    if len(coasts) > MOST_COASTS or not all(a <= b < math.inf for a, b in pairwise(times)):
        raise BrakingError(f"give at most {MOST_COASTS} coasts, each after the one before")


def require_last_burn(name: str, coasts: Coasts, duration_s: float, closing_s: float) -> None:
    """Refuse a coast in the closing part of a braking, which must burn to the gate.

    Parameters
    ----------
    name : str
        Of the mission.
    coasts : sequence of (float, float)
    duration_s, closing_s : float
        Of the braking, and of its closing part.

    Raises
    ------
    BrakingError
    """
    if coasts and coasts[-1][1] > duration_s - closing_s:
        raise BrakingError(
            f"{name}: the last coast ends {coasts[-1][1]:g} s after initiation, and braking lasts "
            f"{duration_s:.0f} s, the last {closing_s:g} of them to burn: coast earlier, or less"
        )


def coasted_s(coasts: Coasts) -> float:
    """Return how long all coasts last [s]."""
    return sum(end - begin for begin, end in coasts)


def cut_by_coasts(parts: list[Part], coasts: Coasts) -> list[Part]:
    """Return the parts of a braking cut into burns and coasts, whose level is 0.

    Parameters
    ----------
    parts : list of (float, float, float)
        Level, beginning and end [s] of each.
    coasts : sequence of (float, float)

    Examples
    --------
    >>> cut_by_coasts([(1.0, 0.0, 9.0)], [(2.0, 5.0)])
    [(1.0, 0.0, 2.0), (0.0, 2.0, 5.0), (1.0, 5.0, 9.0)]
    """
    cut: list[Part] = []
    for level, begin, end in parts:
        at = begin
        for first, last in coasts:
            first, last = min(max(first, at), end), min(max(last, at), end)
            cut += [(level, at, first), (0.0, first, last)]
            at = last
        cut.append((level, at, end))
    return [part for part in cut if part[2] > part[1]] or parts


def fly_braking(t_s: Vector, start: BrakingStart, unknowns: Vector, parts: list[Part]) -> Vector:
    """Return place, speed and mass at rising times, by Runge-Kutta 8 on the turning Moon.

    Parameters
    ----------
    t_s
        (n,) rising, from 0 to the end of the last part [s].
    start
        The state, the engine and the Moon.
    unknowns
        (6,) of the law: p_u, p_r, b_0, b_1, level, time-to-go; p_h = 1.
    parts
        Thrust level, beginning and end [s] of each part of the braking.

    Returns
    -------
    (n, 7) place [m], speed [m/s] and mass [kg], site axes. The costates are those of
    ext/guidance/laws/braking.pxd: p_u' = -p_r - p_h w / r, p_h' = 2 p_u w / r + p_h u / r,
    p_r' = p_u (w^2 / r^2 - 2 mu / r^3) + p_h u w / r^2, p_c = b_0 + b_1 t.
    """
    r_site, v_site, omega_site = start.r_site, start.v_site, start.omega_site
    full_n, exhaust_mps = start.thrust.full_n, start.thrust.exhaust_mps
    centre = np.array([0.0, 0.0, start.radius_m])
    here = (r_site + centre) / np.linalg.norm(r_site + centre)
    across = np.cross([0.0, 0.0, 1.0], here)
    # as the law: the motion decides where the site is too near overhead to give a plane
    if np.linalg.norm(across) < LEAST_SINE:
        across = np.cross(v_site, here)
    size = float(np.linalg.norm(across))
    across = across / size if size > 0.0 else np.array([0.0, 1.0, 0.0])
    if np.cross(across, r_site + centre) @ v_site > 0.0:
        across = -across

    def rate(t: float, y: Vector, level: float) -> Vector:
        r, v, mass, p_u, p_h, p_r = y[:3], y[3:6], y[6], y[7], y[8], y[9]
        d = float(np.linalg.norm(r))
        up = r / d
        back = np.cross(across, up)
        p = p_h * back + p_u * up + (unknowns[2] + unknowns[3] * t) * across
        turning = 2.0 * np.cross(omega_site, v) + np.cross(omega_site, np.cross(omega_site, r))
        pull = level * full_n / mass / np.linalg.norm(p) * p
        u, w = v @ up, -(v @ back)
        costates = (
            -p_r - p_h * w / d,
            2.0 * p_u * w / d + p_h * u / d,
            p_u * ((w / d) ** 2 - 2.0 * GM / d**3) + p_h * u * w / d**2,
        )
        return np.array(
            [*v, *(pull - GM * up / d**2 - turning), -level * full_n / exhaust_mps, *costates]
        )

    # not at the top: it takes 0.35 s to import, and plots need it, not flights
    from scipy.integrate import solve_ivp

    y: Any = np.array([*(r_site + centre), *v_site, start.mass_kg, unknowns[0], 1.0, unknowns[1]])
    rows = np.empty((len(t_s), 7))
    for level, begin, end in parts:
        if not end > begin:
            continue
        # the last times of a part are the first of the next; rounding may pass the end
        here = (t_s >= begin) & ((t_s <= end) | (end >= parts[-1][2]))
        flown = solve_ivp(
            rate, (begin, end), y, "DOP853", dense_output=True, args=(level,), rtol=1e-10, atol=1e-7
        )
        rows[here] = flown.sol(np.minimum(t_s[here], end))[:7].T
        y = flown.y[:, -1]
    rows[:, :3] -= centre
    return rows
