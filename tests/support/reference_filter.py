"""The navigation filter a second time: dense numpy matrices, by the textbook; no kernel of ours.

Simon, Optimal State Estimation, chapters 5 and 10: P = F P F' + Q; K = P H' / (H P H' + R), with
rows of K set to zero for states that are considered; Joseph's P = (I - K H) P (I - K H)' + K R K'.
State: position, velocity, scale error of the velocimeter, relief. Attitude beside it.
"""

import numpy as np
from reference_guidance import GM, matrix_of, product, quaternion_about

DT = 0.01
COVARIANCE_EVERY = 10
HEIGHT, SCALE, RELIEF = 2, 6, 7


def joseph(p, h, gain, variance):
    """Return (I - K h) P (I - K h)' + K R K', right for any gain."""
    left = np.eye(len(p)) - np.outer(gain, h)
    return left @ p @ left.T + variance * np.outer(gain, gain)


def rotated(q, turn):
    """Return an attitude turned by a rotation vector in body axes."""
    angle = np.linalg.norm(turn)
    return product(q, quaternion_about(turn, angle)) if angle > 0.0 else q


class DenseFilter:
    """The estimate of a level onboard map of one sigma; setup is the filter's, by its names."""

    def __init__(self, setup, initial, frame, sigma_m):
        self.setup = setup
        self.radius_m = frame.radius_m
        self.omega = np.asarray(frame.omega_site)
        self.sigma_m = sigma_m
        self.x = np.array([*initial["r_site"], *initial["v_site"], 0.0, 0.0])
        self.p = np.array(initial["P"])
        self.q = np.array(initial["q_site_body"])
        self.relief_sigma_m = np.sqrt(self.p[RELIEF, RELIEF])
        self.terrain_datum = False
        self.outliers_in_a_row = self.range_outliers = 0
        self.dead_reckoning = False

    @property
    def rho(self):
        """Position from the Moon's centre [m]."""
        return self.x[:3] + np.array([0.0, 0.0, self.radius_m])

    def step(self, tick, m):
        """Take in the measurements of one tick."""
        if tick > 0:
            self.integrate(m["dv_body"], m["dtheta_body"])
        if tick % COVARIANCE_EVERY == 0:
            self.propagate(COVARIANCE_EVERY * DT)
        if m["star_valid"]:
            self.take_star(m["q_inertial_body"], tick * DT)
        if m["range_valid"]:
            self.take_range(m["range_direction"], m["range_m"])
        if m["velocity_valid"]:
            self.take_velocity(m["velocity_direction"], m["velocity_mps"])

    def integrate(self, dv_body, dtheta_body):
        """Integrate one tick of increments by the midpoint rule."""
        r, v, w = self.rho, self.x[3:6].copy(), self.omega
        turn = dtheta_body - DT * matrix_of(self.q).T @ w
        dv = matrix_of(rotated(self.q, 0.5 * turn)) @ dv_body
        middle = r + 0.5 * DT * v
        a = -GM * middle / np.linalg.norm(middle) ** 3
        a -= 2.0 * np.cross(w, v + 0.5 * dv) + np.cross(w, np.cross(w, middle))
        self.x[3:6] = v + dv + DT * a
        self.x[:3] += 0.5 * DT * (v + self.x[3:6])
        self.q = rotated(self.q, turn)

    def propagate(self, dt):
        """P = F P F' + Q."""
        s = self.setup
        flown = dt * np.hypot(*self.x[3:5])
        keep = max(1.0 - flown / s["relief_length_m"], 0.0)
        f, noise = np.eye(8), np.zeros(8)
        f[:3, 3:6] = dt * np.eye(3)
        f[RELIEF, RELIEF] = keep
        noise[3:6] = dt * s["accel_psd"]
        noise[RELIEF] = (1.0 - keep**2) * self.relief_sigma_m**2
        if self.terrain_datum:
            noise[HEIGHT] = s["relief_walk_m2pm"] * flown
        self.p = f @ self.p @ f.T + np.diag(noise)
        over = abs(self.x[RELIEF]) - s["relief_gate_sigma"] * self.relief_sigma_m
        if over > 0.0:
            share = min(s["relief_transfer"] * flown / s["relief_length_m"], 1.0)
            moved = share * over * np.sign(self.x[RELIEF])
            self.x[[HEIGHT, RELIEF]] -= moved
        self.x[RELIEF] *= keep

    def transform(self, t):
        """Change the states to t @ x."""
        self.x = t @ self.x
        self.p = t @ self.p @ t.T

    def update(self, h, innovation, variance, along=None):
        """Take in one scalar measurement, estimating r and v along one direction only."""
        gain = self.p @ h / (h @ self.p @ h + variance)
        if along is not None:
            gain[:3] = (gain[:3] @ along) * along
            gain[3:6] = (gain[3:6] @ along) * along
            gain[SCALE] = 0.0
        if self.dead_reckoning:
            gain[:2] = 0.0
        self.x = self.x + gain * innovation
        self.p = joseph(self.p, h, gain, variance)

    def take_range(self, direction, range_m):
        """Take in a range: map + relief where the beam ends."""
        s = self.setup
        beam = matrix_of(self.q) @ direction
        up = self.rho / np.linalg.norm(self.rho)
        if -beam @ up < s["beam_cosine_min"]:
            return
        near, sigma = s["relief_per_height"] * range_m, np.sqrt(self.p[RELIEF, RELIEF])
        self.relief_sigma_m = min(self.sigma_m, near)
        self.terrain_datum = near < self.sigma_m and up[2] > s["datum_cosine_min"]
        t = np.eye(8)
        if self.terrain_datum and sigma > near:
            t[HEIGHT, RELIEF] = -(1.0 - near / sigma)
            t[RELIEF, RELIEF] = near / sigma
            self.transform(t)
        elif sigma > self.sigma_m and self.outliers_in_a_row == 0:
            t[RELIEF, RELIEF] = self.sigma_m / sigma
            self.p = t @ self.p @ t.T
        end = self.rho + range_m * beam
        innovation = self.x[RELIEF] - (np.linalg.norm(end) - self.radius_m)
        variance = s["range_sigma_m"] ** 2 + (s["attitude_sigma_rad"] * range_m) ** 2
        h = np.array([*up, 0.0, 0.0, 0.0, 0.0, -1.0])
        total = h @ self.p @ h + variance
        q = innovation**2 / (s["gate_sigma"] ** 2 * total)
        if q > 1.0:
            variance = q * total - h @ self.p @ h
            self.outliers_in_a_row += 1
            self.range_outliers += 1
            if self.outliers_in_a_row > s["doubt_after"]:
                # R was settled before the covariance is widened.
                self.p[RELIEF, RELIEF] += s["doubt_relief"] * innovation**2
                self.p[:3, :3] += s["doubt_position"] * innovation**2 * np.eye(3)
        else:
            self.outliers_in_a_row = 0
        self.update(h, innovation, variance, up)

    def take_velocity(self, directions, speeds):
        """Take in the speed along each beam, one after another."""
        for direction, speed in zip(directions, speeds, strict=True):
            b = matrix_of(self.q) @ direction
            along = b @ self.x[3:6]
            factor = 1.0 + self.x[SCALE]
            h = np.concatenate([np.zeros(3), factor * b, [along, 0.0]])
            self.update(h, speed - factor * along, self.setup["beam_sigma_mps"] ** 2)

    def take_star(self, q_inertial_body, t):
        """Draw the attitude to a fix by a share of the rotation between them."""
        rate = np.linalg.norm(self.omega)
        fix = product(quaternion_about(self.omega, -rate * t), q_inertial_body)
        error = product(self.q * [1.0, -1.0, -1.0, -1.0], fix)
        error *= np.sign(error[0])
        size = np.linalg.norm(error[1:])
        if size > 0.0:
            angle = 2.0 * np.arctan2(size, error[0])
            self.q = rotated(self.q, self.setup["star_gain"] * angle * error[1:] / size)
