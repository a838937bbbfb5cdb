"""The navigator once more: numpy, full matrices, a rotation matrix for the attitude.

Written from the equations of ext/navigation, in another form: P = F P F' + Q by whole matrices,
Joseph's form by whole matrices, H by rows of numbers, the past corrected outright at each update in
place of a sum of corrections. No gate: what is given to it is used.
"""

import numpy as np

DT = 0.01
R_, V_, TH, BG, BA, S_, B_, SL, TIE, RB, HB, BB, BT, AM, ST, GM, GR = (
    *(0, 3, 6, 9, 12, 15, 16, 17, 18, 20, 21, 22, 25, 28, 31, 36, 39),
)
N, CONSIDERED = 42, 20
#: The past as it is estimated now, of so many ticks.
PAST = np.dtype([("tick", int), ("r", "3f8"), ("v", "3f8"), ("R", "(3,3)f8"), ("omega", "3f8")])
KEPT = 64
#: Damping of the relief's swing about the map.
ZETA = 0.45


def relief_over(u, length, sigma):
    """Transitions and noise of relief and slope over distances along the track, (..., 2, 2).

    x' = A x + w: Phi = exp(A |u|) by Cayley and Hamilton, and the noise is what
    keeps diag(sigma, sigma / length)^2.
    Backwards the slope is turned round.
    """
    A = np.array([[0.0, 1.0], [-1.0 / length**2, -2.0 * ZETA / length]])
    d = np.abs(u)[..., None, None]
    z, q = ZETA / length, np.sqrt(1.0 - ZETA**2) / length
    phi = np.cos(q * d) * np.eye(2) + np.sin(q * d) / q * (A + z * np.eye(2))
    # the signs of sign @ phi @ sign, sign = diag(1, +-1)
    phi = np.exp(-z * d) * phi * np.where(u >= 0.0, 1.0, -1.0)[..., None, None] ** (1 - np.eye(2))
    full = np.diag([sigma**2, (sigma / length) ** 2])
    return phi, full - phi @ full @ phi.swapaxes(-1, -2)


def detail(k, d, range_m):
    """Variance of the ground's detail over a distance."""
    smooth = np.maximum(k["relief_smooth_m"], k["relief_footprint"] * range_m)
    return k["relief_walk_m2pm"] * d * np.minimum(d / smooth, 1.0)


def skew(v):
    x, y, z = v
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def cross(a, b):
    """Vector product, without numpy's care for shapes: a fifth of its time."""
    (ax, ay, az), (bx, by, bz) = a, b
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def turn(v):
    """Rotation matrix of a rotation vector (Rodrigues)."""
    angle = np.sqrt(v @ v)
    k = skew(v)
    if angle < 1e-8:
        return np.eye(3) + k + 0.5 * k @ k
    return np.eye(3) + np.sin(angle) / angle * k + (1.0 - np.cos(angle)) / angle**2 * k @ k


def vector_of(m):
    """Rotation vector of a rotation matrix, of a small angle."""
    v = 0.5 * np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    s = np.sqrt(v @ v)
    return v * (np.arctan2(s, 0.5 * (np.trace(m) - 1.0)) / s if s > 1e-12 else 1.0)


def matrix_of(q):
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


class Twin:
    """The navigator over a level map; setup, moon and first as the kernel takes them."""

    def __init__(self, setup, moon, first, map_m, map_sigma_m):
        self.k, self.map_m, self.sigma = setup, map_m, map_sigma_m
        self.gm, self.radius = moon["gm"], moon["radius_m"]
        self.w = np.array([moon["omega_site"][axis] for axis in "xyz"])
        self.r, self.v = np.array(first["r_site"]), np.array(first["v_site"])
        self.R, self.omega = matrix_of(first["q_site_body"]), np.array(first["omega_body"])
        self.P = np.array(first["P"])
        self.bg, self.ba = np.zeros(3), np.zeros(3)
        self.s = self.b = self.slope = 0.0
        self.seen, self.flown = None, 0.0
        self.map_seen, self.last_range = 0.0, None
        self.sigma_seen = 0.0
        self.past = np.full(KEPT, -1, PAST)
        self.angle, self.farthest = np.zeros(3), np.zeros((2, 3))
        self.begin()

    def begin(self):
        self.T = self.f_z = 0.0
        self.D, self.dV, self.turned = np.zeros((3, 3)), np.zeros(3), np.zeros(3)

    def arm(self, head):
        place = np.array(self.k["place_m"][head])
        # every mass has the same centre of mass here
        base = np.array([*self.k["com_offset_m"], self.k["com_height_full_m"]])
        return place - base if self.k["placed"][head] else place

    def strapdown(self, m):
        dtheta = m["dtheta_body"] - DT * self.bg
        arm = self.arm(0)
        dv = m["dv_body"] - DT * self.ba
        dv = dv - cross(dtheta / DT - self.omega, arm)
        dv -= cross(dtheta, cross(dtheta, arm)) / DT
        by = dtheta - DT * self.R.T @ self.w
        middle = self.R @ turn(0.5 * by)
        dv_site = middle @ dv
        rho = np.add(self.r + 0.5 * DT * self.v, [0.0, 0.0, self.radius])
        a = -self.gm * rho / np.sqrt(rho @ rho) ** 3
        a = a - 2.0 * cross(self.w, self.v + 0.5 * dv_site)
        a -= cross(self.w, cross(self.w, rho))
        after = self.v + dv_site + DT * a
        self.r, self.v = self.r + 0.5 * DT * (self.v + after), after
        self.R, self.omega = self.R @ turn(by), dtheta / DT
        self.flown += DT * np.hypot(self.v[0], self.v[1])
        self.T += DT
        self.D, self.dV = self.D + DT * middle, self.dV + dv_site
        self.f_z += dv[2]
        self.turned = self.turned + dtheta

    def step(self):
        """P = F P F' + Q."""
        if self.T == 0.0:
            return
        k, T, F = self.k, self.T, np.eye(N)
        rho = np.add(self.r, [0.0, 0.0, self.radius])
        r = np.sqrt(rho @ rho)
        G = self.gm / r**3 * (3.0 * np.outer(rho, rho) / r**2 - np.eye(3))
        blocks = np.zeros((3, N))
        blocks[:, R_ : R_ + 3] = T * G
        blocks[:, V_ : V_ + 3] = -2.0 * T * skew(self.w)
        blocks[:, TH : TH + 3] = -skew(self.dV)
        blocks[:, BA : BA + 3] = -self.D
        blocks[:, AM : AM + 3] = -self.D * self.f_z / T
        felt = k["gravity_sigma_mps2"] * np.exp(-(r - self.radius) / k["gravity_fall_m"])
        blocks[:, GR : GR + 3] = T * felt * np.eye(3)
        F[V_ : V_ + 3] += blocks
        F[R_ : R_ + 3] += 0.5 * T * blocks
        F[R_ : R_ + 3, V_ : V_ + 3] += T * np.eye(3)
        F[TH : TH + 3, BG : BG + 3] = -self.D
        F[TH : TH + 3, TH : TH + 3] -= T * skew(self.w)
        F[TH : TH + 3, GM : GM + 3] = -self.D * self.turned[1] / T
        F[BG : BG + 3, BG : BG + 3] *= k["gyro_bias_keep"]
        F[BA : BA + 3, BA : BA + 3] *= k["accel_bias_keep"]
        speed = np.sqrt(self.v @ self.v)
        keep, Q, eye = np.exp(-speed * T / k["gravity_length_m"]), np.zeros((N, N)), np.eye(3)
        along = np.clip(speed * k["gravity_time_s"] / k["gravity_length_m"] - 1.0, 0.0, 1.0)
        t = self.v / speed
        F[GR : GR + 3, GR : GR + 3] = keep * eye
        Q[GR : GR + 3, GR : GR + 3] = (1.0 - keep**2) * (eye - along * np.outer(t, t))
        lean = (k["beam_turn_rad"] * speed) ** 2
        drifts = k["beam_decay"] * k["beam_drift_mps"] ** 2 / (k["beam_drift_mps"] ** 2 + lean)
        for at, count, kept, driven in (
            (HB, 1, k["height_keep"], k["height_drive"]),
            (BB, 3, 1.0 - drifts, 1.0 - (1.0 - drifts) ** 2),
            (ST, 3, k["star_keep"], k["star_drive"]),
        ):
            F[range(at, at + count), range(at, at + count)] = kept
            Q[range(at, at + count), range(at, at + count)] = driven
        q = k["accel_psd"] * eye
        Q[:3, :3], Q[3:6, 3:6] = q * T**3 / 3.0, q * T
        Q[:3, 3:6] = Q[3:6, :3] = 0.5 * q * T**2
        self.angle = self.angle + self.turned
        least, most = self.farthest
        new = np.array([np.minimum(least, self.angle), np.maximum(most, self.angle)])
        beyond = np.abs(new - self.farthest).sum(axis=0)
        self.farthest = new
        Q[TH : TH + 3, TH : TH + 3] = (
            k["gyro_psd"] * T + k["gyro_mount_rad"] ** 2 * (beyond[0] + beyond[2])
        ) * eye
        Q[BG : BG + 3, BG : BG + 3] = k["gyro_bias_drive"] * eye
        Q[BA : BA + 3, BA : BA + 3] = k["accel_bias_drive"] * eye
        self.P, self.F = F @ self.P @ F.T + Q, F
        self.bg, self.ba = k["gyro_bias_keep"] * self.bg, k["accel_bias_keep"] * self.ba
        self.begin()

    def update(self, h, nu, variance):
        s = h @ self.P @ h + variance
        gain = self.P @ h / s
        gain[CONSIDERED:] = 0.0
        left = np.eye(N) - np.outer(gain, h)
        self.P = left @ self.P @ left.T + variance * np.outer(gain, gain)
        x = gain * nu
        self.correct(x)

    def correct(self, x):
        self.r, self.v = self.r + x[:3], self.v + x[3:6]
        self.R = turn(x[TH : TH + 3]) @ self.R
        self.bg, self.ba = self.bg + x[BG : BG + 3], self.ba + x[BA : BA + 3]
        self.s, self.b, self.slope = self.s + x[S_], self.b + x[B_], self.slope + x[SL]
        turned = turn(x[TH : TH + 3])
        self.past["r"] += x[:3]
        self.past["v"] += x[3:6]
        self.past["R"] = turned @ self.past["R"]

    def then(self, tag, tick):
        if tag == tick:
            return self.r, self.v, self.R, self.omega, 0.0
        then = self.past[tag % KEPT].copy()
        assert then["tick"] == tag
        return then["r"], then["v"], then["R"], then["omega"], DT * (tick - tag)

    def star(self, m, tick):
        R = self.then(m["star_tick"], tick)[2]
        fix = turn(-DT * m["star_tick"] * self.w) @ matrix_of(m["q_inertial_body"])
        z = vector_of(R.T @ fix)
        axis = np.array(self.k["star_boresight"])
        e1 = cross(axis, [0.0, 1.0, 0.0])
        e1 /= np.sqrt(e1 @ e1)
        before = np.zeros(3)
        for e, sigma in (
            (e1, self.k["star_cross_rad"]),
            (cross(axis, e1), self.k["star_cross_rad"]),
            (axis, self.k["star_roll_rad"]),
        ):
            h = np.zeros(N)
            h[TH : TH + 3], h[ST : ST + 3] = R @ e, e
            gain = self.P @ h / (h @ self.P @ h + sigma**2)
            nu = e @ z - (R @ e) @ before
            self.update(h, nu, sigma**2)
            before = before + gain[TH : TH + 3] * nu

    def look_at(self, r, range_m):
        """Move the relief to where a sensor looks; the track runs west over a level map."""
        u = self.radius * np.arctan2(-r[0], r[2])
        v = self.radius * np.arcsin(-r[1] / np.sqrt(r @ r))
        if self.seen is not None:
            k, (along, across) = self.k, (u - self.seen[0], v - self.seen[1])
            length, sigma = k["relief_length_m"], k["relief_share"] * self.sigma
            phi, noise = relief_over(along, length, sigma)
            F, Q, at = np.eye(N), np.zeros((N, N)), [B_, SL]
            F[np.ix_(at, at)], Q[np.ix_(at, at)] = phi, noise
            Q[B_, B_] += (sigma / length * across) ** 2
            Q[B_, B_] += detail(k, np.hypot(along, across), range_m)
            self.P = F @ self.P @ F.T + Q
            self.b, self.slope = phi @ [self.b, self.slope]
        self.seen = u, v

    def over_ground(self, then, e, range_m):
        r = np.add(then[0], [0.0, 0.0, self.radius]) + e
        up = r / np.sqrt(r @ r)
        self.look_at(r, range_m)
        h = np.zeros(N)
        h[:3], h[TH : TH + 3], h[B_] = up, cross(e, up), -1.0
        h[V_ : V_ + 3] = -then[4] * up
        return np.sqrt(r @ r) - self.radius - self.map_m - self.b, h, up

    def range(self, m, tick):
        then = self.then(m["range_tick"], tick)
        beam, x, k = then[2] @ m["range_direction"], m["range_m"], self.k
        e = then[2] @ self.arm(1) + x * beam
        up = then[0] + e + np.array([0.0, 0.0, self.radius])
        cosine = -beam @ up / np.sqrt(up @ up)
        if cosine < k["beam_cosine_min"]:
            return
        over, h, up = self.over_ground(then, e, x)
        self.last_range, self.sigma_seen, self.map_seen = x, self.sigma, self.map_m
        lean = k["range_turn_rad"] * np.linalg.norm(cross(e, up))
        h[RB] = np.hypot(cosine * k["range_bias_m"], lean)
        variance = k["range_sigma_m"] ** 2 + (k["range_far_m"] * x / k["range_max_m"]) ** 2
        self.update(h, -over, cosine**2 * variance)
        if abs(self.b) > 5.0 * k["relief_share"] * self.sigma:
            share = 0.02 * min(self.flown / k["relief_length_m"], 1.0)
            share *= max(1.0 - up @ self.P[:3, :3] @ up / 100.0**2, 0.0)
            self.P[:3, :3] += share * self.b**2 * np.outer(up, up)
        self.flown = 0.0

    def height(self, m, tick):
        then = self.then(m["height_tick"], tick)
        over, h, _ = self.over_ground(then, then[2] @ self.arm(3), m["height_m"])
        h[HB] = 1.0
        self.update(h, m["height_m"] - over, self.k["height_sigma_m"] ** 2)
        self.map_seen = self.map_m

    def beams(self, m, tick):
        k = self.k
        for i in range(3):
            if not m["velocity_valid"] >> i & 1:
                continue
            r, v, R, omega, _ = self.then(m["velocity_tick"], tick)
            b, a = m["velocity_direction"][i], 1.0 + self.s
            u = R.T @ v + cross(omega, self.arm(2))
            rho = np.add(r, [0.0, 0.0, self.radius])
            over = np.sqrt(rho @ rho) - self.radius - self.map_seen - self.b
            down = -(R @ b) @ rho / np.sqrt(rho @ rho)
            share = min(max(over / (down * k["beam_max_m"]), 0.0), 1.0) if down > 0 else 1.0
            h = np.zeros(N)
            h[V_ : V_ + 3], h[TH : TH + 3] = a * R @ b, a * cross(R @ b, v)
            h[S_], h[BT : BT + 3] = b @ u, a * cross(b, u)
            lean = k["beam_turn_rad"] * np.linalg.norm(cross(b, u))
            h[BB + i] = np.hypot(k["beam_drift_mps"], lean)
            variance = k["beam_sigma_mps"] ** 2 + (k["beam_far_mps"] * share) ** 2
            self.update(h, m["velocity_mps"][i] - a * (b @ u), variance)

    def tick(self, k, m):
        """One tick of measurements."""
        if k > 0:
            self.strapdown(m)
        if k % 10 == 0:
            self.step()
        if m["star_valid"]:
            self.star(m, k)
        if m["range_valid"]:
            self.range(m, k)
        if m["velocity_valid"]:
            self.beams(m, k)
        if m["height_valid"]:
            self.height(m, k)
        self.past[k % KEPT] = (k, self.r, self.v, self.R, self.omega)
