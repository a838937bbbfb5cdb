"""What the fractional polynomial spends from orbit to the ground, by kr: anchor A11."""

import numpy as np
from scipy.optimize import minimize_scalar

from farside.ext.guidance.laws._laws import fractional_polynomial
from farside.mission.moon import GM, MEAN_RADIUS_M

PERILUNE_M, APOLUNE_M = MEAN_RADIUS_M + 15e3, MEAN_RADIUS_M + 100e3


def flown(kr, range_m, t_go, dt=2.0):
    """Speed spent [m/s] without thrust limits from perilune over a round Moon that stands still."""
    angle = range_m / MEAN_RADIUS_M
    speed = np.sqrt(2.0 * GM * APOLUNE_M / PERILUNE_M / (PERILUNE_M + APOLUNE_M))
    r = PERILUNE_M * np.array([-np.sin(angle), 0.0, np.cos(angle)])
    v = speed * np.array([np.cos(angle), 0.0, np.sin(angle)])
    target = np.array([0.0, 0.0, MEAN_RADIUS_M])
    end = np.zeros(3)
    spent = 0.0

    def gravity(r):
        return -GM * r / np.linalg.norm(r) ** 3

    lift = -gravity(target)
    for i in range(round((t_go - 4.0) / dt)):
        g = gravity(r)
        a = np.asarray(fractional_polynomial(r, v, (target, end, lift), g, t_go - i * dt, 1.0, kr))
        middle = r + 0.5 * dt * v + dt * dt / 8.0 * (a + g)
        r, v = r + dt * v + 0.5 * dt * dt * (a + gravity(middle)), v + dt * (a + gravity(middle))
        spent += dt * np.linalg.norm(a)
    return spent + np.linalg.norm(v) + 4.0 * 1.62


def landing_speed(kr):
    """Least speed spent [m/s], over the time-to-go, where braking begins 15 deg short (A11)."""
    found = minimize_scalar(
        lambda t: flown(kr, np.radians(15.0) * MEAN_RADIUS_M, t),
        bounds=(380.0, 800.0),
        method="bounded",
        options={"xatol": 2.0},
    )
    return float(found.fun)
