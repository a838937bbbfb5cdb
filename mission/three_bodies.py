"""Halo orbits about the Earth-Moon L2 in the circular restricted problem of three bodies.

Unit of length: the distance of the Moon from the Earth; of time: the Moon's sidereal period over
2 pi. Axes turn with the two: x from the Earth to the Moon, z along their angular momentum, origin
in their centre of mass. mu = share of the Moon in the mass (Szebehely 1967):

    r1^2 = (x + mu)^2 + y^2 + z^2,    r2^2 = (x - 1 + mu)^2 + y^2 + z^2
    x'' =  2 y' + x - (1 - mu)(x + mu) / r1^3 - mu (x - 1 + mu) / r2^3
    y'' = -2 x' + y - (1 - mu) y / r1^3 - mu y / r2^3                                           (1)
    z'' = -(1 - mu) z / r1^3 - mu z / r2^3
    C = x^2 + y^2 + 2 (1 - mu) / r1 + 2 mu / r2 - x'^2 - y'^2 - z'^2                             (2)

A halo meets the plane y = 0 twice, at right angles, and is symmetric about it (Howell 1984): half a
turn gives the whole. Its start is the third-order series of Richardson (1980), held to

    y = x' = z' = 0 half a turn later,    z(0) - z(T/2) = 2 A_z                                  (3)

by Newton. From there x and z are cosine series of the phase and y is a sine series, by the
trapezoidal sums over half a turn. Sums are written out, so that the bits are the same on every CPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.mission.moon import GM
from farside.mission.richardson import series

Array = NDArray[np.float64]

GM_EARTH = 398600435507022.7  # [m3/s2], DE440 (NAIFGM)
MU = GM / (GM + GM_EARTH)
#: Mean distance of the Moon [m], for what is given in metres.
MEAN_DISTANCE_M = 384_400e3
#: Sidereal month over 2 pi [s].
TIME_S = 27.321661 * 86400.0 / (2.0 * math.pi)

_STEPS = 48  # of half a turn
_HARMONICS = 32
_NEWTON = 12
_SMALL = 1e-7  # of differences for Newton's matrix
_DONE = 1e-12
_FIRST, _STRIDE = 0.034, 0.015  # A_z that the series reaches, and from one orbit to the next


@dataclass(frozen=True, eq=False)
class Halo:
    """A halo orbit; lengths in distances of the Moon, times in months over 2 pi.

    Attributes
    ----------
    mu : float
    start : ndarray (6,)
        Place and velocity where it meets y = 0 beyond L2, phase 0.
    period : float
    series : ndarray (3, K)
        Coefficients of cos k phase (x, z) and sin k phase (y), k = 0 .. K - 1.
    """

    mu: float
    start: Array
    period: float
    series: Array

    @property
    def amplitude(self) -> float:
        """Half of the way between its highest and its lowest place."""
        return 0.5 * abs(float(self.start[2] - self.places(np.array([math.pi]))[0, 2]))

    def places(self, phase: Array) -> Array:
        """Return places from the Moon's centre, in turning axes.

        Parameters
        ----------
        phase : ndarray (N,)
            2 pi t / period [rad].

        Returns
        -------
        ndarray (N, 3)
        """
        cosine, sine = deterministic.cos(phase), deterministic.sin(phase)
        x, y, z = (np.zeros_like(cosine) for _ in range(3))
        # cos (k + 1) a = 2 cos a cos k a - cos (k - 1) a, and the same of sines
        c, s = np.ones_like(cosine), np.zeros_like(cosine)
        c_before, s_before = cosine, -sine
        for k in range(self.series.shape[1]):
            x = x + self.series[0, k] * c
            y = y + self.series[1, k] * s
            z = z + self.series[2, k] * c
            c, c_before = 2.0 * cosine * c - c_before, c
            s, s_before = 2.0 * cosine * s - s_before, s
        return np.stack([x - (1.0 - self.mu), y, z], axis=-1)


@lru_cache(maxsize=16)
def halo(amplitude: float, northern: bool, mu: float = MU) -> Halo:
    """Compute the halo orbit about L2 of an amplitude A_z.

    Parameters
    ----------
    amplitude : float
        A_z in distances of the Moon, above 0.
    northern : bool
        Whether its place farthest from the Moon's orbit is north of it.
    mu : float
        Share of the smaller body in the mass.

    Raises
    ------
    ValueError
        The family has no such orbit, or Newton does not find it.

    Examples
    --------
    >>> orbit = halo(13_000e3 / MEAN_DISTANCE_M, northern=False)
    >>> round(orbit.period * TIME_S / 86400.0, 1)
    14.8
    """
    sign = 1.0 if northern else -1.0
    first = min(amplitude, _FIRST)
    count = math.ceil((amplitude - first) / _STRIDE)
    gamma = l2_distance(mu)
    begun = series(first / gamma, gamma, mu)
    held = [
        np.array(
            [
                1.0 - mu + gamma * (1.0 + begun.x), sign * gamma * begun.z, gamma * begun.speed,
                begun.half,
            ]
        )
    ]  # fmt: skip
    for height in (first, *(first + (amplitude - first) * (k + 1) / count for k in range(count))):
        # the family goes on in a straight line from its last two orbits
        guess = held[-1] if len(held) < 3 else 2.0 * held[-1] - held[-2]
        held.append(_corrected(guess, sign * height, mu))
    x, z, speed, half = held[-1]
    start = np.array([x, 0.0, z, 0.0, speed, 0.0])
    path = _flown(start[:, None], half, mu)
    return Halo(mu, start, 2.0 * float(half), _series(path[:, :3, 0]))


def l2_distance(mu: float = MU) -> float:
    """Return the distance of L2 from the smaller body, in that of the two.

    Root of g^5 + (3 - mu) g^4 + (3 - 2 mu) g^3 - mu g^2 - 2 mu g - mu (Szebehely 1967), by Newton
    from above.
    """
    g = 1.0
    for _ in range(60):
        value = ((((g + 3.0 - mu) * g + 3.0 - 2.0 * mu) * g - mu) * g - 2.0 * mu) * g - mu
        slope = (((5.0 * g + 4.0 * (3.0 - mu)) * g + 3.0 * (3.0 - 2.0 * mu)) * g - 2.0 * mu) * g
        g -= value / (slope - 2.0 * mu)
    return g


def jacobi(state: Array, mu: float = MU) -> Array:
    """Return (2) of states (6, N)."""
    x, y, z, u, v, w = state
    r1 = np.sqrt((x + mu) * (x + mu) + y * y + z * z)
    r2 = np.sqrt((x - 1.0 + mu) * (x - 1.0 + mu) + y * y + z * z)
    potential = x * x + y * y + 2.0 * (1.0 - mu) / r1 + 2.0 * mu / r2
    return np.asarray(potential - u * u - v * v - w * w)


def _slopes(state: Array, mu: float) -> Array:
    """Return (1) of states (6, N)."""
    x, y, z, u, v, w = state
    r1 = np.sqrt((x + mu) * (x + mu) + y * y + z * z)
    r2 = np.sqrt((x - 1.0 + mu) * (x - 1.0 + mu) + y * y + z * z)
    a, b = (1.0 - mu) / (r1 * r1 * r1), mu / (r2 * r2 * r2)
    return np.stack(
        [
            u, v, w,
            2.0 * v + x - a * (x + mu) - b * (x - 1.0 + mu),
            y - 2.0 * u - (a + b) * y,
            -(a + b) * z,
        ]
    )  # fmt: skip


def _flown(start: Array, time: float, mu: float) -> Array:
    """Return states (steps + 1, 6, N) of equal steps, by Dormand and Prince's order 8."""
    # half of what a flight imports; only a relay in a halo needs it
    from scipy.integrate import DOP853

    step, state = time / _STEPS, start
    out = [start]
    for _ in range(_STEPS):
        stages: list[Array] = []
        for row in DOP853.A:
            at = state
            for weight, slope in zip(row, stages, strict=False):
                if weight != 0.0:
                    at = at + (step * float(weight)) * slope
            stages.append(_slopes(at, mu))
        for weight, slope in zip(DOP853.B, stages, strict=True):
            if weight != 0.0:
                state = state + (step * float(weight)) * slope
        out.append(state)
    return np.stack(out)


def _corrected(guess: Array, height: float, mu: float) -> Array:
    """Return x, z, speed and half a period that satisfy (3) from a guess of them.

    Raises
    ------
    ValueError
        No such orbit is found.
    """
    found = guess
    for _ in range(_NEWTON):
        if not (np.abs(found) < 10.0).all():
            break
        x, z, speed, half = (float(each) for each in found)
        start = np.array([x, 0.0, z, 0.0, speed, 0.0])
        about = np.stack([start] * 4, axis=-1)
        for lane, row in enumerate((0, 2, 4), 1):
            about[row, lane] += _SMALL
        end = _flown(about, half, mu)[-1]
        off = np.array([end[1, 0], end[3, 0], end[5, 0], z - end[2, 0] - 2.0 * height])
        if not np.isfinite(off).all():
            break
        if float(np.abs(off).max()) < _DONE:
            return found
        matrix = np.empty((4, 4))
        slopes = _slopes(end[:, :1], mu)[:, 0]
        for lane in range(3):
            moved = (end[:, lane + 1] - end[:, 0]) / _SMALL
            matrix[:, lane] = moved[1], moved[3], moved[5], -moved[2]
        matrix[3, 1] += 1.0
        matrix[:, 3] = slopes[1], slopes[3], slopes[5], -slopes[2]
        found = found - deterministic.solution(matrix, off)
    raise FarsideError(f"no halo orbit of this amplitude about L2 ({height:g} of the distance)")


def _series(path: Array) -> Array:
    """Return the coefficients (3, K) of places (steps + 1, 3) over half a turn."""
    out = np.zeros((3, _HARMONICS))
    angles = math.pi / _STEPS * np.arange(_STEPS + 1.0)
    for k in range(_HARMONICS):
        cosine, sine = deterministic.cos(k * angles), deterministic.sin(k * angles)
        # a_k = 2/n sum'' f cos k a; ends count half, and k = 0 half again
        cosine[[0, -1]] *= 0.5
        for row, wave in enumerate((cosine, sine, cosine)):
            total = 0.0
            for n in range(_STEPS + 1):
                total += float(path[n, row]) * float(wave[n])
            out[row, k] = total * (1.0 if k == 0 else 2.0) / _STEPS
    return out
