"""Braking a second time: its flight by another integrator, the optimum from Cartesian costates.

numpy and scipy only, no kernel of ours. Vectors are site axes (x east, y north, z up), SI.
"""

import math

import numpy as np
from reference_guidance import GM
from scipy.integrate import solve_ivp
from scipy.optimize import root


def parts_of(levels, duration):
    """Return level, begin and end of each part, from three levels, opening and closing time."""
    first, last = levels[3], duration - levels[4]
    return (
        (levels[0], 0.0, first),
        (levels[1], first, last),
        (levels[2], last, duration),
    )


def fly_braking(x, r_site, v_site, radius_m, omega, full_mps2, exhaust_mps, levels):
    """Fly a braking solution x = (p_u, p_r, b0, b1, level, t_go) in the inertial frame by DOP853.

    levels of opening, main part and closing, and how long the first and the last take. Gives place
    from the Moon's centre and velocity, both on the turning Moon's axes, and the mass share burnt.
    """
    rate = np.linalg.norm(omega)
    axis = omega / rate
    start = np.add(r_site, [0.0, 0.0, radius_m])
    across = np.cross([0.0, 0.0, 1.0], start)
    across /= np.linalg.norm(across)
    if np.cross(across, start) @ v_site > 0.0:
        across = -across

    def turn(u, angle):
        # Rodrigues' rotation about the Moon's axis.
        c, s = math.cos(angle), math.sin(angle)
        return c * u + s * np.cross(axis, u) + (1.0 - c) * (axis @ u) * axis

    def derivative(t, y, level):
        r, v, mass, p_u, p_h, p_r = y[:3], y[3:6], y[6], y[7], y[8], y[9]
        d = np.linalg.norm(r)
        up = r / d
        normal = turn(across, rate * t)
        back = np.cross(normal, up)
        p = p_h * back + p_u * up + (x[2] + x[3] * t) * normal
        a = -GM * up / d**2 + level * full_mps2 / mass * p / np.linalg.norm(p)
        # speeds upwards and forwards over the turning Moon
        relative = v - np.cross(omega, r)
        u, w = relative @ up, -(relative @ back)
        costates = [
            -p_r - p_h * w / d,
            2.0 * p_u * w / d + p_h * u / d,
            p_u * ((w / d) ** 2 - 2.0 * GM / d**3) + p_h * u * w / d**2,
        ]
        return np.concatenate([v, a, [-level * full_mps2 / exhaust_mps], costates])

    y = np.concatenate([start, v_site + np.cross(omega, start), [1.0, x[0], 1.0, x[1]]])
    for level, begin, end in parts_of(levels, x[5]):
        if end > begin:
            y = solve_ivp(
                derivative, (begin, end), y, args=(level,), method="DOP853", rtol=1e-11, atol=1e-9
            ).y[:, -1]
    r, v = y[:3], y[3:6] - np.cross(omega, y[:3])
    return turn(r, -rate * x[5]), turn(v, -rate * x[5]), 1.0 - y[6]


class LeastBraking:
    """The optimum of a braking at given levels over a turning round Moon, start free in range.

    Pontryagin's conditions in Cartesian site axes: six costates integrated beside the state by
    DOP853, and eight unknowns (costates, time, where on the arrival track to begin) found for the
    gate, transversality along the track, and the scale. start(range_m) gives place from the Moon's
    centre and velocity; guess is a range [m], a time [s], and a primer with its rate, site axes.
    """

    def __init__(self, start, gate, radius_m, omega, full_mps2, exhaust_mps, levels):
        self.length, self.speed = radius_m, math.sqrt(GM / radius_m)
        self.time = self.length / self.speed
        self.start_at = start
        self.gate = gate
        self.omega = np.asarray(omega) * self.time
        self.full = full_mps2 * self.time / self.speed
        self.flow = full_mps2 / exhaust_mps * self.time
        self.levels = levels

    def start(self, arc):
        """Return the state at a range, an angle [rad]."""
        r, v = self.start_at(arc * self.length)
        return np.concatenate([r / self.length, v / self.speed])

    def rate(self, t, y, level, mass, begin):
        """Return the rates of state and costates in a part."""
        r, v, q, p = y[:3], y[3:6], y[6:9], y[9:]
        d, w = np.linalg.norm(r), self.omega
        thrust = level * self.full / (mass - level * self.flow * (t - begin))
        a = -r / d**3 - np.cross(w, 2.0 * v + np.cross(w, r)) + thrust * p / np.linalg.norm(p)
        q_rate = p / d**3 - 3.0 * r * (r @ p) / d**5 + np.cross(w, np.cross(w, p))
        return np.concatenate([v, a, q_rate, -q - 2.0 * np.cross(w, p)])

    def parts(self, duration):
        """Return the parts in units of time."""
        return parts_of((*self.levels[:3], *np.divide(self.levels[3:], self.time)), duration)

    def misses(self, z):
        """Return what the conditions are missed by."""
        costates, duration, arc = z[:6], z[6], z[7]
        y, mass = np.concatenate([self.start(arc), costates]), 1.0
        for level, begin, end in self.parts(duration):
            if end > begin:
                y = solve_ivp(
                    self.rate,
                    (begin, end),
                    y,
                    args=(level, mass, begin),
                    method="DOP853",
                    rtol=1e-9,
                    atol=1e-10,
                ).y[:, -1]
                mass -= level * self.flow * (end - begin)
        along = (self.start(arc + 1e-5) - self.start(arc - 1e-5)) / 2e-5
        return np.concatenate(
            [
                y[:6] - self.gate / np.repeat([self.length, self.speed], 3),
                [costates @ along, costates[3:] @ costates[3:] - 1.0],
            ]
        )

    def solve(self, range_m, time_s, primer, primer_rate):
        """Return the share of mass burnt, the time [s] and the range [m]."""
        size = np.linalg.norm(primer)
        z = np.concatenate(
            [
                -primer_rate * self.time / size,
                primer / size,
                [time_s / self.time, range_m / self.length],
            ]
        )
        found = root(self.misses, z, tol=1e-10)
        assert np.abs(found.fun).max() < 1e-8, found.message
        burnt = sum(
            level * self.flow * (end - begin) for level, begin, end in self.parts(found.x[6])
        )
        return burnt, found.x[6] * self.time, found.x[7] * self.length
