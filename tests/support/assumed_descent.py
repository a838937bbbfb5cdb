"""A descent in which everything strays as the navigator assumes: numpy alone, from a recorded one.

The true path is that of a flight of Chang'e 6 in the closed loop: place, attitude and velocity of
each tick of its telemetry. Over a sphere, with relief on it; inertial increments are those that the
strapdown's own equations need to follow the path. Errors are drawn as state.pxd says of each state.
"""

from functools import cache

import numpy as np
from flown import landing
from sample_navigation import MOON, RADIUS, onboard_map
from twin_navigator import detail, relief_over

from farside.ext.common._records import MEASUREMENTS
from farside.ext.navigation._filter import FIRST_CONSIDERED, PLACES, Navigation
from farside.mission import FlightConfig, load_mission
from farside.navigation import initial_estimate, navigator_setup
from farside.navigation.estimate import first_sigmas
from farside.sensors.mounting import cone

CONFIG = FlightConfig.of(load_mission("chang-e-6"))
DT = 0.01
COM_M = 1.8
MAP_SIGMA_M = 150.0
W = np.array([MOON["omega_site"][axis] for axis in "xyz"])
CENTRE = np.array([0.0, 0.0, RADIUS])
#: Reports: every so many ticks, from this one on, and how many late.
STAR, RANGE, BEAMS, HEIGHT = (20, 0, 20), (10, 0, 5), (5, 2, 5), (5, 1, 5)
SETUP = navigator_setup(CONFIG) | {"com_height_full_m": COM_M, "com_height_dry_m": COM_M}
SETUP["com_offset_m"] = [0.0, 0.0]
#: The ground at the site is drawn as that all over.
SETUP["site_sigma_m"] = 1e6


def multiply(a, b):
    """Hamilton's product of arrays of quaternions, (N, 4)."""
    w = a[:, 0] * b[:, 0] - np.sum(a[:, 1:] * b[:, 1:], axis=1)
    v = a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:] + np.cross(a[:, 1:], b[:, 1:])
    return np.column_stack([w, v])


def conjugate(q):
    return q * [1.0, -1.0, -1.0, -1.0]


def logarithm(q):
    """Rotation vectors of quaternions, (N, 3)."""
    q = q * np.sign(q[:, :1])
    s = np.linalg.norm(q[:, 1:], axis=1)
    angle = 2.0 * np.arctan2(s, q[:, 0])
    return q[:, 1:] * np.where(s > 1e-12, angle / np.maximum(s, 1e-12), 2.0)[:, None]


def exponential(v):
    """Quaternions of rotation vectors, (N, 4)."""
    angle = np.linalg.norm(v, axis=1)
    return np.column_stack([np.cos(0.5 * angle), 0.5 * np.sinc(angle / 2 / np.pi)[:, None] * v])


def matrices(q):
    """Rotation matrices, (N, 3, 3)."""
    w, x, y, z = q.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


class Path:
    """The true path: r, v, q, R at each tick, and perfect increments over the tick before."""

    def __init__(self):
        rows = landing(imaging=False).telemetry
        rows = rows[: np.flatnonzero(rows["flags"] & 1)[0] - 50]
        self.v = rows["v_site"].copy()
        self.r = rows["r_site"][0] + np.vstack(
            [np.zeros(3), np.cumsum(0.5 * DT * (self.v[1:] + self.v[:-1]), axis=0)]
        )
        self.q = rows["q_site_body"].copy()
        self.R = matrices(self.q)
        self.count = len(self.r)
        # Turn against the site between ticks, then that of the site against inertial space.
        turn = logarithm(multiply(conjugate(self.q[:-1]), self.q[1:]))
        back = np.einsum("nji,j->ni", self.R[:-1], W)
        self.dtheta = np.vstack([np.zeros(3), turn + DT * back])
        middle = matrices(multiply(self.q[:-1], exponential(0.5 * turn)))
        # v' = v + R dv + a dt, a half-way: solved for dv, in two rounds for -2 w x dv / 2
        rho = self.r[:-1] + 0.5 * DT * self.v[:-1] + CENTRE
        g = -MOON["gm"] * rho / np.linalg.norm(rho, axis=1)[:, None] ** 3
        dv = np.zeros_like(rho)
        for _ in range(3):
            a = g - 2.0 * np.cross(W, self.v[:-1] + 0.5 * dv) - np.cross(W, np.cross(W, rho))
            dv = self.v[1:] - self.v[:-1] - DT * a
        self.dv = np.vstack([np.zeros(3), np.einsum("nji,nj->ni", middle, dv)])
        self.omega = self.dtheta / DT
        self.omega[0] = 0.0
        up = self.r + CENTRE
        self.distance = np.linalg.norm(up, axis=1)
        self.up = up / self.distance[:, None]


@cache
def path():
    return Path()


def ticks_of(every, first, late, count):
    """Ticks at which reports are true, and at which they arrive."""
    true = np.arange(first, count - late, every)
    return true, true + late


def in_turn(look):
    """Of one tick the navigator takes the range before the height."""
    return look[0], look[1] == "height"


def root_of(covariance):
    """Return square roots of covariances that may be singular, (N, 2, 2)."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]


def arm_of(head):
    """From the centre of mass to a head, body."""
    place = np.array(SETUP["place_m"][head])
    return place - [0.0, 0.0, COM_M] if SETUP["placed"][head] else place


class Flight:
    """One flight with errors drawn from a seed: what is measured, and the true error state.

    Detail is drawn anew at each look of either sensor, as the filter has it where all looks are
    used; where one sensor is refused, ground with detail 0 is what it looks like.
    """

    def __init__(self, seed, scale=1.0, detail=1.0):
        self.detail = detail
        self.path = path()
        self.rng = np.random.default_rng([140, seed])
        self.scale = scale
        sigmas = np.array(first_sigmas(CONFIG))
        self.constant = sigmas * self.rng.normal(size=len(sigmas))
        self.measured = np.zeros(self.path.count, MEASUREMENTS)
        for name in ("imu", "star", "range", "velocity", "height"):
            self.measured[f"{name}_tick"] = -1
        self.measured["imu_tick"] = np.arange(self.path.count)
        # for each sensor at its times, and what was last looked at, at each tick
        self.relief, self.slope = self.draw_relief()
        # The map is level, and as high as the ground must be for the path to end above it.
        self.map_m = path().distance[-1] - RADIUS - COM_M - 0.7 - self.relief["now"][-1]
        self.ground = {name: self.map_m + b for name, b in self.relief.items()}
        self.bias = self.draw_biases()
        self.drifts = self.draw_drifts()
        self.read_imu()
        self.read_star()
        self.read_range()
        self.read_velocity()
        self.read_height()

    def of(self, group, count=3):
        return self.constant[PLACES[group] : PLACES[group] + count]

    def draw_biases(self):
        """Biases of gyros and accelerometers at each tick, (N, 6): steps of ten ticks."""
        steps = self.path.count // 10 + 1
        out = np.empty((steps, 6))
        keep = np.repeat([SETUP["gyro_bias_keep"], SETUP["accel_bias_keep"]], 3)
        drive = np.sqrt(np.repeat([SETUP["gyro_bias_drive"], SETUP["accel_bias_drive"]], 3))
        out[0] = [*self.of("gyro_bias"), *self.of("accel_bias")]
        for k in range(1, steps):
            out[k] = keep * out[k - 1] + drive * self.rng.normal(size=6)
        return np.repeat(out, 10, axis=0)[: self.path.count]

    def draw_drifts(self):
        """Turn of the star tracker, biases of beams and touchdown sensor, gravity, (N, 10).

        Steps of ten ticks; gravity in units of its deviation, site axes.
        """
        p = self.path
        keep, drive = np.ones((p.count, 10)), np.zeros((p.count, 10))
        keep[:, :3], drive[:, :3] = SETUP["star_keep"], SETUP["star_drive"]
        keep[:, 6], drive[:, 6] = SETUP["height_keep"], SETUP["height_drive"]
        speed = np.linalg.norm(p.v, axis=1)
        drift = SETUP["beam_drift_mps"] ** 2
        share = drift / (drift + (SETUP["beam_turn_rad"] * speed) ** 2)
        keep[:, 3:6] = 1.0 - (SETUP["beam_decay"] * share)[:, None]
        keep[:, 7:] = np.exp(-10 * DT * speed / SETUP["gravity_length_m"])[:, None]
        drive[:, 3:6], drive[:, 7:] = 1.0 - keep[:, 3:6] ** 2, 1.0 - keep[:, 7:] ** 2
        along = np.clip(speed * SETUP["gravity_time_s"] / SETUP["gravity_length_m"] - 1.0, 0.0, 1.0)
        t = p.v / speed[:, None]
        out = np.empty((p.count // 10 + 1, 10))
        first = (("star_turn", 3), ("beam_bias", 3), ("height_bias", 1), ("gravity", 3))
        out[0] = np.concatenate([self.of(name, count) for name, count in first])
        for k in range(1, len(out)):
            i = 10 * k - 10
            new = np.sqrt(drive[i]) * self.rng.normal(size=10)
            new[7:] -= (1.0 - np.sqrt(1.0 - along[i])) * t[i] * (t[i] @ new[7:])
            out[k] = keep[i] * out[k - 1] + new
        return np.repeat(out, 10, axis=0)[: p.count]

    def looks(self):
        """Where each sensor looks over level ground: tick of arrival, time tag, arc, distance."""
        p, level = self.path, self.path.distance[-1] - COM_M - 0.7
        for name, (every, head) in {"range": (RANGE, 1), "height": (HEIGHT, 3)}.items():
            true, now = ticks_of(*every, p.count)
            start = p.r[true] + CENTRE + p.R[true] @ arm_of(head)
            x = np.linalg.norm(start, axis=1) - level
            seen = x < CONFIG.sensors.touchdown.range_max_m
            if name == "range":
                site, _ = self.beams(true)
                b = np.sum(start * site, axis=1)
                root = b * b - np.sum(start * start, axis=1) + level**2
                x = -b - np.sqrt(np.maximum(root, 0.0))
                start = start + x[:, None] * site
                seen = self.in_range(root, x, -np.sum(site * p.up[true], axis=1))
            arc = RADIUS * np.arctan2(-start[:, 0], start[:, 2])
            for i in np.flatnonzero(seen):
                yield now[i], name, i, arc[i], x[i]

    @staticmethod
    def in_range(root, x, cosine):
        return (root > 0.0) & (x > 3.0) & (x < 30e3) & (cosine > 0.25)

    def draw_relief(self):
        """Ground above the map where each sensor looks, as relief.pxd: a walk from look to look."""
        p, length = self.path, SETUP["relief_length_m"]
        sigma = SETUP["relief_share"] * MAP_SIGMA_M
        sizes = {"range": RANGE, "height": HEIGHT}
        found = {name: np.zeros(len(ticks_of(*e, p.count)[0])) for name, e in sizes.items()}
        found["now"], slope = np.zeros(p.count), np.zeros(p.count)
        state = self.constant[PLACES["relief"] : PLACES["relief_slope"] + 1].copy()
        looks = sorted(self.looks(), key=in_turn)
        arcs, ranges = (np.array([look[part] for look in looks]) for part in (3, 4))
        moved = np.diff(arcs)
        phi, noise = relief_over(moved, length, sigma)
        noise[:, 0, 0] += self.detail * detail(SETUP, np.abs(moved), ranges[1:])
        roots = root_of(noise)
        last = 0
        for n, (now, name, i, _, _) in enumerate(looks):
            found["now"][last:now], slope[last:now] = state
            if n > 0:
                state = phi[n - 1] @ state + roots[n - 1] @ self.rng.normal(size=2)
            last, found[name][i] = now, state[0]
        found["now"][last:], slope[last:] = state
        return found, slope

    def read_imu(self):
        p, rng = self.path, self.rng
        lean = self.of("accel_mount")
        dv = p.dv + DT * self.bias[:, 3:] + p.dv[:, 2:] * lean
        # gravity that is not known aboard pulls the lander as if it were less specific force
        felt = SETUP["gravity_sigma_mps2"] * np.exp((RADIUS - p.distance) / SETUP["gravity_fall_m"])
        pull = felt[:, None] * self.drifts[:, 7:]
        dv -= self.scale * DT * np.einsum("nji,nj->ni", p.R, pull)
        dv += self.scale * np.sqrt(SETUP["accel_psd"] * DT) * rng.normal(size=dv.shape)
        turned = p.dtheta + DT * self.bias[:, :3] + p.dtheta[:, 1:2] * self.of("gyro_mount")
        turned += self.scale * np.sqrt(SETUP["gyro_psd"] * DT) * rng.normal(size=dv.shape)
        self.measured["dv_body"], self.measured["dtheta_body"] = dv, turned
        self.at_unit()

    def at_unit(self):
        """Move the increments from the centre of mass to where the unit stands."""
        arm, dtheta = arm_of(0), self.path.dtheta
        before = np.vstack([np.zeros(3), dtheta[:-1]])
        self.measured["dv_body"][1:] += (
            np.cross((dtheta - before) / DT, arm) + np.cross(dtheta, np.cross(dtheta, arm)) / DT
        )[1:]

    def read_star(self):
        p = self.path
        true, now = ticks_of(*STAR, p.count)
        axis = np.array(SETUP["star_boresight"])
        noise = self.rng.normal(size=(len(true), 3))
        about = np.outer(noise @ axis, axis)
        off = SETUP["star_roll_rad"] * about + SETUP["star_cross_rad"] * (noise - about)
        fix = multiply(p.q[true], exponential(off + self.drifts[true, :3]))
        turned = exponential(np.outer(true * DT, W))
        self.measured["q_inertial_body"][now] = multiply(turned, fix)
        self.measured["star_valid"][now], self.measured["star_tick"][now] = 1, true

    def looking_down(self, heads, true):
        """Which of two heads looks more down at each tick."""
        down = [
            -np.sum((self.path.R[true] @ np.array(h)) * self.path.up[true], axis=1) for h in heads
        ]
        return (down[1] > down[0]).astype(int)

    def beams(self, true):
        """Directions of the altimeter's beam, site and body."""
        altimeter = CONFIG.sensors.altimeter
        heads = np.array([altimeter.braking_boresight_body, altimeter.landing_boresight_body])
        beam = heads[self.looking_down(heads, true)]
        return np.einsum("nij,nj->ni", self.path.R[true], beam), beam

    def read_range(self):
        p = self.path
        true, now = ticks_of(*RANGE, p.count)
        site, beam = self.beams(true)
        start = p.r[true] + CENTRE + p.R[true] @ arm_of(1)
        # |start + x site| = RADIUS + ground
        b = np.sum(start * site, axis=1)
        root = b * b - np.sum(start * start, axis=1) + (RADIUS + self.ground["range"]) ** 2
        x = -b - np.sqrt(np.maximum(root, 0.0))
        cosine = -np.sum(site * p.up[true], axis=1)
        # a look that was not drawn for level ground has no relief
        seen = self.in_range(root, x, cosine) & (self.relief["range"] != 0.0)
        end = x[:, None] * site + p.R[true] @ arm_of(1)
        lean = SETUP["range_turn_rad"] * np.linalg.norm(np.cross(end, p.up[true]), axis=1)
        w = np.hypot(cosine * SETUP["range_bias_m"], lean) / cosine
        noise = np.hypot(SETUP["range_sigma_m"], SETUP["range_far_m"] * x / SETUP["range_max_m"])
        # w beta + noise is what alt comes out too low by: the range is too long by it over c
        x = x + w * self.constant[PLACES["range_bias"]] + noise * self.rng.normal(size=len(x))
        true, now, x, beam = true[seen], now[seen], x[seen], beam[seen]
        self.measured["range_valid"][now], self.measured["range_tick"][now] = 1, true
        self.measured["range_m"][now], self.measured["range_direction"][now] = x, beam

    def read_velocity(self):
        p, meter = self.path, CONFIG.sensors.velocimeter
        true, now = ticks_of(*BEAMS, p.count)
        heads = (meter.braking_boresight_body, meter.landing_boresight_body)
        sets = np.array([cone(head, meter.cant_deg) for head in heads])
        beams = sets[self.looking_down(heads, true)]
        u = np.einsum("nji,nj->ni", p.R[true], p.v[true]) + np.cross(p.omega[true], arm_of(2))
        height = p.distance[true] - RADIUS - self.ground["now"][true]
        valid = np.zeros(len(true), np.int32)
        for i in range(3):
            b = beams[:, i]
            down = -np.sum(np.einsum("nij,nj->ni", p.R[true], b) * p.up[true], axis=1)
            length = height / np.maximum(down, 1e-3)
            valid |= ((down > 0.3) & (length < meter.range_max_m)).astype(np.int32) << i
            share = np.clip(length / SETUP["beam_max_m"], 0.0, 1.0)
            noise = np.hypot(SETUP["beam_sigma_mps"], SETUP["beam_far_mps"] * share)
            along = np.sum((b + np.cross(self.of("beam_turn"), b)) * u, axis=1)
            lean = SETUP["beam_turn_rad"] * np.linalg.norm(np.cross(b, u), axis=1)
            own = np.hypot(SETUP["beam_drift_mps"], lean) * self.drifts[true, 3 + i]
            scale = 1.0 + self.constant[PLACES["beam_scale"]]
            self.measured["velocity_mps"][now, i] = (
                scale * along + own + noise * self.rng.normal(size=len(true))
            )
        self.measured["velocity_direction"][now] = beams
        self.measured["velocity_valid"][now], self.measured["velocity_tick"][now] = valid, true

    def read_height(self):
        p = self.path
        true, now = ticks_of(*HEIGHT, p.count)
        place = p.r[true] + CENTRE + p.R[true] @ arm_of(3)
        h = np.linalg.norm(place, axis=1) - RADIUS - self.ground["height"]
        seen = self.relief["height"] != 0.0
        h = h + self.drifts[true, 6]
        h += SETUP["height_sigma_m"] * self.rng.normal(size=len(h))
        now = now[seen]
        self.measured["height_valid"][now], self.measured["height_tick"][now] = 1, true[seen]
        self.measured["height_m"][now] = h[seen]

    def first(self):
        """Return the first estimate: the truth less its error."""
        p, x = self.path, self.constant
        q = multiply(exponential(-x[None, 6:9]), p.q[:1])[0]
        return initial_estimate(CONFIG, p.r[0] - x[:3], p.v[0] - x[3:6], q, np.zeros(3))

    def navigation(self, considered=True, **setup):
        """Return a navigation at the start; `considered` states are known where it is not set."""
        place, heights, sigma = onboard_map(self.map_m, MAP_SIGMA_M)
        first = self.first()
        if not considered:
            P = np.array(first["P"])
            P[FIRST_CONSIDERED:] = 0.0
            first["P"] = P.tolist()
            setup |= dict.fromkeys(
                ("star_drive", "height_drive", "beam_decay", "gravity_sigma_mps2"), 0.0
            )
        return Navigation(SETUP | setup, MOON, first, place, heights, sigma)

    def error(self, tick, navigation):
        """Return the error state (20,) of a navigation at a tick: truth less estimate."""
        p, s = self.path, navigation.state
        theta = logarithm(multiply(p.q[tick : tick + 1], conjugate(np.array([s["q_site_body"]]))))
        return np.concatenate(
            [
                p.r[tick] - s["r_site"],
                p.v[tick] - s["v_site"],
                theta[0],
                self.bias[tick, :3] - s["gyro_bias"],
                self.bias[tick, 3:] - s["accel_bias"],
                [self.constant[PLACES["beam_scale"]] - s["beam_scale"]],
                [self.relief["now"][tick] - s["relief_m"], self.slope[tick] - s["relief_slope"]],
                [0.0, 0.0],
            ]
        )
