"""The flight side written a second time, plainly: laws as published, braking from the physics.

numpy and scipy only, no kernel of ours. Vectors are site axes (x east, y north, z up), SI.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from farside.ext.common._records import LANDER_STATE

GM = 4902800118457.5496  # DE440 [m^3/s^2]


def e_guidance(r, v, r_target, v_target, g, t_go):
    """Thrust acceleration of E-guidance: 6 ZEM / t^2 - 2 ZEV / t (guidance.md, L1)."""
    zem = r_target - (r + v * t_go + 0.5 * g * t_go**2)
    zev = v_target - v - g * t_go
    return 6.0 * zem / t_go**2 - 2.0 * zev / t_go


def apollo_quadratic(r, v, r_target, v_target, a_target, g, t_go):
    """Thrust acceleration of P63/P64 without lead time (guidance.md, L2); a_target is total."""
    t = -t_go
    total = a_target + 6.0 * (v_target + v) / t + 12.0 * (r_target - r) / t**2
    return total - g


def fly(law, r, v, g, duration, stop, dt=0.02):
    """Double integrator under r'' = g + law(r, v, t_go), classic RK4, law held over each step.

    Stops `stop` seconds before the end of `duration`, where the laws divide by nothing; returns
    place and velocity at the end, coasting the rest under the last command.
    """
    state = np.concatenate([r, v]).astype(float)
    steps = round((duration - stop) / dt)
    a = g
    for i in range(steps):
        a = g + np.asarray(law(state[:3], state[3:], duration - i * dt))

        def rate(s, a=a):
            return np.concatenate([s[3:], a])

        k1 = rate(state)
        k2 = rate(state + 0.5 * dt * k1)
        k3 = rate(state + 0.5 * dt * k2)
        k4 = rate(state + dt * k3)
        state = state + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    rest = duration - steps * dt
    return state[:3] + rest * state[3:] + 0.5 * rest**2 * a, state[3:] + rest * a


def matrix_of(q):
    """Rotation matrix of a unit quaternion, scalar first: its columns are the body's axes."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def product(a, b):
    """Hamilton's product."""
    aw, av, bw, bv = a[0], np.asarray(a[1:]), b[0], np.asarray(b[1:])
    return np.concatenate([[aw * bw - av @ bv], aw * bv + bw * av + np.cross(av, bv)])


def quaternion_about(axis, angle):
    """Rotation by an angle [rad] about an axis."""
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    return np.concatenate([[math.cos(0.5 * angle)], math.sin(0.5 * angle) * axis])


def angle_between(a, b):
    """Angle [rad] of the rotation from one attitude to another."""
    d = product(np.array([a[0], -a[1], -a[2], -a[3]]), b)
    return 2.0 * math.atan2(np.linalg.norm(d[1:]), abs(d[0]))


class LevelFlight(NamedTuple):
    """Level flight over a sphere that does not turn, and the constant thrust that brakes it."""

    radius_m: float
    altitude_m: float
    speed_mps: float
    full_mps2: float
    exhaust_mps: float


def pitched_flight_ends(flight, pitch, duration, steps=80):
    """Radius [m], vertical and horizontal speed [m/s] after M flights under pitch profiles.

    pitch (M, nodes) above the local horizontal, against the motion, a line through values evenly
    spaced in time; duration (M,) [s]. Plane flight, all at once by RK4. Returns (M, 3).
    """
    nodes = pitch.shape[1]
    share = np.linspace(0.0, 1.0, nodes)
    h = duration / steps
    y = np.tile([flight.radius_m + flight.altitude_m, 0.0, flight.speed_mps], (len(pitch), 1))

    def rate(y, s, t):
        r, vertical, along = y.T
        k = min(int(s * (nodes - 1)), nodes - 2)
        f = (s - share[k]) * (nodes - 1)
        angle = (1.0 - f) * pitch[:, k] + f * pitch[:, k + 1]
        a = flight.full_mps2 / (1.0 - flight.full_mps2 / flight.exhaust_mps * t)
        return np.stack(
            [
                vertical,
                a * np.sin(angle) - GM / r**2 + along**2 / r,
                -a * np.cos(angle) - vertical * along / r,
            ],
            axis=1,
        )

    for i in range(steps):
        s, t, step = i / steps, i * h, h[:, None]
        k1 = rate(y, s, t)
        k2 = rate(y + 0.5 * step * k1, s + 0.5 / steps, t + 0.5 * h)
        k3 = rate(y + 0.5 * step * k2, s + 0.5 / steps, t + 0.5 * h)
        k4 = rate(y + step * k3, s + 1.0 / steps, t + h)
        y = y + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return y


def least_braking_time(flight, gate, guess_s, nodes=8):
    """Least time of constant full thrust from level flight to a gate, range free: a direct solve.

    The gate is an altitude [m], a vertical and a horizontal speed [m/s]. SLSQP moves the values of
    the pitch profile and the time. No costate, no steering law.
    """
    end = np.array([flight.radius_m + gate[0], *gate[1:]])

    def ends(z):
        # z (M, nodes + 1): pitch, and the time over its guess
        miss = pitched_flight_ends(flight, z[:, :-1], z[:, -1] * guess_s) - end
        return miss * [1e-3, 0.1, 0.1]

    def jacobian(z):
        moved = z + 1e-6 * np.eye(nodes + 1)
        return (ends(moved) - ends(z[None])).T / 1e-6

    z0 = np.append(np.linspace(0.05, 0.7, nodes), 1.0)
    found = minimize(
        lambda z: z[-1],
        z0,
        jac=lambda z: np.eye(nodes + 1)[-1],
        constraints={"type": "eq", "fun": lambda z: ends(z[None])[0], "jac": jacobian},
        method="SLSQP",
        options={"maxiter": 200, "ftol": 1e-10},
    )
    assert found.success, found.message
    return float(found.x[-1] * guess_s)


def moon_numbers(frame, j2=0.0, c22=0.0):
    """Numbers of the struct `Moon` of ext/common/types.pxd at a site; a point mass unless told."""
    return {
        "gm": GM,
        "j2": j2,
        "c22": c22,
        "reference_radius_m": 1738000.0,
        "radius_m": frame.radius_m,
        "omega_site": dict(zip("xyz", frame.omega_site, strict=True)),
        "site_to_moon": list(frame.moon_to_site.T.ravel()),
    }


class TrueFlight:
    """A lander under known specific force and constant body rate, integrated in the inertial frame.

    force(t) is along body z [m/s^2]; omega_body [rad/s] against inertial space. Central gravity.
    Gives, at ticks of 10 ms, the state in site axes and the increments that a perfect inertial unit
    would report: the integrals of force and rate in body axes.
    """

    def __init__(self, frame, r_site, v_site, q_site_body, omega_body, force, seconds):
        self.frame = frame
        ticks = round(100 * seconds) + 1
        t = 0.01 * np.arange(ticks)
        omega = np.asarray(frame.omega_site)
        rate = np.linalg.norm(omega)
        spin = np.linalg.norm(omega_body)

        def attitude(at):
            # inertial: the site axes where they stood at tick 0
            if spin == 0.0:
                return np.asarray(q_site_body, float)
            return product(q_site_body, quaternion_about(omega_body, spin * at))

        def derivative(at, y):
            r = y[:3]
            push = matrix_of(attitude(at))[:, 2] * force(at)
            return np.concatenate([y[3:], push - GM * r / np.linalg.norm(r) ** 3])

        rho = np.add(r_site, [0.0, 0.0, frame.radius_m])
        y0 = np.concatenate([rho, v_site + np.cross(omega, rho)])
        y = solve_ivp(
            derivative, (0.0, t[-1]), y0, "DOP853", t, rtol=1e-12, atol=1e-9, max_step=5.0
        ).y.T
        self.states = np.zeros(ticks, LANDER_STATE)
        for i in range(ticks):
            back = quaternion_about(omega, -rate * t[i])
            turn = matrix_of(back)
            place = turn @ y[i, :3]
            self.states["r_site"][i] = place - [0.0, 0.0, frame.radius_m]
            self.states["v_site"][i] = turn @ y[i, 3:] - np.cross(omega, place)
            self.states["q_site_body"][i] = product(back, attitude(t[i]))
        self.states["omega_body"] = omega_body
        self.states["mass_kg"] = 3000.0
        self.dv, self.dtheta = np.zeros((2, ticks, 3))
        # Simpson over a tick: forces here change by 1e-5 of themselves in one.
        f = np.array([force(x) for x in np.arange(2 * ticks) * 0.005])
        self.dv[1:, 2] = 0.01 / 6.0 * (f[:-2:2] + 4.0 * f[1:-1:2] + f[2::2])[: ticks - 1]
        self.dtheta[1:] = 0.01 * np.asarray(omega_body)

    @property
    def altitude_m(self):
        """Distance from the Moon's centre less the site's radius."""
        return (
            np.linalg.norm(self.states["r_site"] + [0.0, 0.0, self.frame.radius_m], axis=1)
            - self.frame.radius_m
        )
