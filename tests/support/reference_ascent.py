"""Ascents by other means: a direct optimum in the plane, and a flight along given directions.

Nothing of farside is used here but the Moon's constant of gravity, typed again.
"""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize

GM = 4.9028001184575496e12
RADIUS_M = 1737.4e3


def apsides(r, v):
    """Return the altitudes of both apsides [m] by the eccentricity vector."""
    d = np.linalg.norm(r)
    e = np.linalg.norm(np.cross(v, np.cross(r, v)) / GM - r / d)
    a = 1.0 / (2.0 / d - v @ v / GM)
    return a * (1.0 - e) - RADIUS_M, a * (1.0 + e) - RADIUS_M


def fly_directions(rows, times, thrusts, exhaust_mps):
    """Fly from the first of rows (n, 10) along their directions; return r, v, mass at the end.

    thrusts is a list of (begin, end, thrust [N], mass at its beginning [kg]).
    """
    y = rows[0, :6].copy()
    mass = rows[0, 6]
    for begin, end, thrust, mass in thrusts:
        if not end > begin:
            continue
        here = (times >= begin - 1e-9) & (times <= end + 1e-9) & (np.abs(rows[:, 7:]).sum(1) > 0.0)
        way = CubicSpline(times[here], rows[here, 7:]) if thrust else None

        def rate(t, y, way=way, thrust=thrust, begin=begin, mass=mass):
            pull = -GM * y[:3] / np.linalg.norm(y[:3]) ** 3
            if thrust:
                u = way(t)
                left = mass - thrust / exhaust_mps * (t - begin)
                pull = pull + thrust / left * u / np.linalg.norm(u)
            return np.concatenate([y[3:], pull])

        y = solve_ivp(rate, (begin, end), y, "DOP853", rtol=1e-10, atol=1e-6).y[:, -1]
        mass = mass - thrust / exhaust_mps * (end - begin)
    return y[:3], y[3:], mass


class DirectAscent:
    """The least time of one burn, by the pitch at equal times: scipy's SLSQP on a Runge-Kutta."""

    def __init__(self, state, thrust_n, exhaust_mps, mass_kg, goal_m):
        self.state = np.asarray(state, float)  # radius, speed up, speed along
        self.thrust, self.exhaust, self.mass, self.goal = thrust_n, exhaust_mps, mass_kg, goal_m

    def end(self, pitches, duration):
        """Return radius and speeds after the burn: 4th order, 200 steps."""
        knots = np.linspace(0.0, 1.0, len(pitches))
        shares = np.linspace(0.0, 1.0, 401)
        pitch = CubicSpline(knots, pitches)(shares)
        flow = self.thrust / self.exhaust
        push = self.thrust / (self.mass - flow * duration * shares)
        up, along = push * np.sin(pitch), push * np.cos(pitch)

        def rate(y, i):
            r, u, w = y
            return np.array([u, w * w / r - GM / r**2 + up[i], along[i] - u * w / r])

        y, h = self.state.copy(), duration / 200
        for i in range(0, 400, 2):
            k1 = rate(y, i)
            k2 = rate(y + 0.5 * h * k1, i + 1)
            k3 = rate(y + 0.5 * h * k2, i + 1)
            k4 = rate(y + h * k3, i + 2)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        return y

    def miss(self, x):
        """Return how far the apsides are from the goal, over 10 km."""
        r, u, w = self.end(x[:-1], 100.0 * x[-1])
        low, high = apsides(np.array([r, 0.0, 0.0]), np.array([u, w, 0.0]))
        return np.array([low - self.goal[0], high - self.goal[1]]) / 1e4

    def propellant_kg(self, guess_s):
        """Return the least propellant [kg]."""
        start = np.append(np.linspace(0.7, 0.0, 6), guess_s / 100.0)
        best = minimize(
            lambda x: x[-1],
            start,
            method="SLSQP",
            constraints={"type": "eq", "fun": self.miss},
            options={"maxiter": 200, "ftol": 1e-9},
        )
        assert np.abs(best.fun) > 0.0 and np.abs(self.miss(best.x)).max() < 1e-4
        return self.thrust / self.exhaust * 100.0 * best.x[-1]
