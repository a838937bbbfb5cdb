"""The lander's physics written a second time, from the physics, in an inertial frame.

Nothing here knows of the rotating site frame, of closed forms of thrust, of Runge-Kutta: the Moon's
field turns with the Moon, and scipy's DOP853 integrates, restarted each tick. Flight only.
"""

import math
from typing import Any

import numpy as np
from scipy.integrate import DOP853
from scipy.linalg.lapack import dgesv
from scipy.special import jnp_zeros

from farside.ext.common._random import normals
from farside.ext.ground._ground import GroundModel
from farside.mission.frames import SiteFrame

# DE440 and GRGM1200A, as published; not imported, so that a slip there shows here.
GM = 4902800118457.5496  # [m^3/s^2]
RADIUS = 1738000.0  # [m] of the coefficients
J2 = 203.224e-6
C22 = 2.2382e-5
ROTATION = 2.6616995e-6  # [rad/s]
XI = float(jnp_zeros(1, 1)[0])  # first zero of the derivative of J1


def degree_two_gravity(r_moon, j2=J2, c22=C22):
    """Gravity [m/s^2, moon] from the derivatives of U in radius, latitude and longitude."""
    x, y, z = map(float, r_moon)
    r = math.sqrt(x * x + y * y + z * z)
    sin, cos = z / r, math.hypot(x, y) / r
    longitude = math.atan2(y, x)
    c2, s2 = math.cos(2.0 * longitude), math.sin(2.0 * longitude)
    ratio = (RADIUS / r) ** 2
    # U = GM/r (1 + (R/r)^2 (-J2 (3 sin^2 - 1)/2 + 3 C22 cos^2 cos 2 lon))
    shape = -0.5 * j2 * (3.0 * sin * sin - 1.0) + 3.0 * c22 * cos * cos * c2
    outward = -GM / r**2 * (1.0 + 3.0 * ratio * shape)
    northward = GM / r**2 * ratio * sin * cos * (-3.0 * j2 - 6.0 * c22 * c2)
    eastward = GM / r**2 * ratio * -6.0 * c22 * cos * s2
    cl, sl = math.cos(longitude), math.sin(longitude)
    return np.array(
        [
            outward * cos * cl - northward * sin * cl - eastward * sl,
            outward * cos * sl - northward * sin * sl + eastward * cl,
            outward * sin + northward * cos,
        ]
    )


def degree_two_potential(r_moon, j2=J2, c22=C22):
    """U [m^2/s^2], positive."""
    x, y, z = r_moon
    r = math.sqrt(x * x + y * y + z * z)
    shape = -0.5 * j2 * (3.0 * (z / r) ** 2 - 1.0) + 3.0 * c22 * (x * x - y * y) / r**2
    return GM / r * (1.0 + (RADIUS / r) ** 2 * shape)


def turn_about_z(angle):
    """Rotation of vectors from axes turned by angle about z into unturned ones, (3, 3)."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def matrix(q):
    """Rotation matrix of a unit quaternion, scalar first."""
    w, x, y, z = q.tolist() if isinstance(q, np.ndarray) else q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def product(a, b):
    """Hamilton's product of quaternions."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return np.array(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ]
    )


def quaternion(rows):
    """Turn a rotation matrix into a unit quaternion: the leading eigenvector of Davenport's K."""
    m = np.asarray(rows)
    k = np.empty((4, 4))
    k[:3, :3] = m + m.T - np.trace(m) * np.eye(3)
    k[:3, 3] = k[3, :3] = [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]]
    k[3, 3] = np.trace(m)
    x, y, z, w = np.linalg.eigh(k)[1][:, -1]
    return np.array([w, x, y, z])


def site_to_inertial(frame: SiteFrame, r_site, v_site, t):
    """Inertial place and velocity of something that moves over the turning site."""
    site_to_moon = frame.moon_to_site.T
    r = site_to_moon @ np.add(r_site, [0.0, 0.0, frame.radius_m])
    v = site_to_moon @ np.asarray(v_site) + np.cross([0.0, 0.0, ROTATION], r)
    turn = turn_about_z(ROTATION * t)
    return turn @ r, turn @ v


def slosh_of(tank, share, accel):
    """Mass [kg], height above the tank's bottom [m], frequency [rad/s] of a cylinder's first mode.

    From Abramson's SP-106, in the depth and the diameter as it has them.
    """
    depth, diameter = tank["depth_full_m"] * share, 2.0 * tank["radius_m"]
    deep = 2.0 * XI * depth / diameter
    mass = tank["liquid_full_kg"] * share * diameter / depth * math.tanh(deep) / (XI**3 - XI)
    height = depth - 2.0 * diameter / XI * math.tanh(deep / 2.0) / 2.0
    wave = 2.0 * XI / diameter
    return mass, height, math.sqrt((accel * wave + 3.0e-5 * wave**3) * math.tanh(deep))


class Twin:
    """A lander in inertial axes: y = r, v, q_inertial_body, omega_body, mass, thrust.

    Behind them x, y, x', y' of each mass of liquid. field is gravity beyond degree two, [m/s^2,
    site] at r_site. Accelerations come from one linear system of all bodies and constraint forces.
    """

    def __init__(
        self, vehicle: dict[str, Any], frame: SiteFrame, state: dict[str, Any], field=None
    ):
        self.vehicle = vehicle
        self.frame, self.field = frame, field
        self.ticks = 0
        self.burning = self.lit = False
        self.wait = 0
        self.valve = self.overshoot = self.noise = 0.0
        self.draws = np.empty(200_000)
        if vehicle["noise_share"] > 0.0:
            normals(vehicle["noise_key"], 0, 1000, self.draws)
        self.drawn = 0
        self.dry_kg = vehicle["mass_dry_kg"]
        self.usable_kg = vehicle["mass_full_kg"] - self.dry_kg
        full, dry = (
            np.array(
                [
                    *vehicle[f"inertia_{fill}_kgm2"],
                    *vehicle[f"products_{fill}_kgm2"],
                    *vehicle["com_offset_m"],
                    vehicle[f"com_height_{fill}_m"],
                ]
            )
            for fill in ("full", "dry")
        )
        dry[6:8] += vehicle["com_shift_m"]
        self.dry, self.burnt = dry, full - dry
        self.axis = list(vehicle["thrust_axis_body"])
        self.thrust_at = list(vehicle["thrust_at_base_m"])
        self.tanks = vehicle["tank"][: vehicle["tanks"]]
        self.unknown = 6 + 3 * len(self.tanks)
        r, v = site_to_inertial(frame, state["r_site"], state["v_site"], 0.0)
        q_site_body = np.asarray(state["q_site_body"], float)
        q = product(quaternion(frame.moon_to_site.T), q_site_body / np.linalg.norm(q_site_body))
        liquid = np.zeros(4 * vehicle["tanks"])
        self.y = np.concatenate([r, v, q, state["omega_body"], [state["mass_kg"], 0.0], liquid])

    def gravity(self, t, r):
        """Gravity [m/s^2], inertial axes."""
        turn = turn_about_z(ROTATION * t)
        r_moon = turn.T @ r
        g = degree_two_gravity(r_moon)
        if self.field is not None:
            place = self.frame.moon_to_site @ r_moon
            place[2] -= self.frame.radius_m
            g = g + self.frame.moon_to_site.T @ self.field(place)
        return turn @ g

    def felt(self, y, torque, force):
        """Specific force, angular acceleration [body], and those of the liquid."""
        wx, wy, wz, mass, thrust = y[10:15].tolist()
        thrust *= 1.0 + self.noise
        share = min(max((mass - self.dry_kg) / self.usable_kg, 0.0), 1.0)
        # inertia (3), products (3), centre of mass from the base (3)
        xx, yy, zz, xy, xz, yz, *com = (self.dry + share * self.burnt).tolist()
        px, py, pz = (thrust * part for part in self.axis)
        lever = [at - of for at, of in zip(self.thrust_at, com, strict=True)]
        tx, ty, tz = (t + m for t, m in zip(torque, cross(lever, (px, py, pz)), strict=True))
        px, py, pz = px + force[0], py + force[1], pz + force[2]
        # unknowns: A, omega', and of each mass x'', y'' and the axial force N on it
        body, first, rows = mass, 0.0, []
        above = [[0.0] * self.unknown for _ in range(6)]
        right = []
        for i, tank in enumerate(self.tanks):
            kg, height, frequency = slosh_of(tank, share, thrust / mass)
            x, y_, u, v = y[15 + 4 * i : 19 + 4 * i].tolist()
            z = tank["bottom_base_m"] + height - com[2]
            body -= kg
            first -= kg * z
            xx -= kg * z * z
            yy -= kg * z * z
            damping = 2.0 * tank["damping_ratio"] * frequency
            fx = -kg * (frequency**2 * x + damping * u)
            fy = -kg * (frequency**2 * y_ + damping * v)
            # kg (A + omega' x rho + (x'', y'', 0)) - N e_z = pull - kg (centripetal + Coriolis),
            # omega x (omega x rho) = omega (omega . rho) - rho omega^2
            along, square = wx * x + wy * y_ + wz * z, wx * wx + wy * wy + wz * wz
            at = 6 + 3 * i
            for row in (
                [kg, 0.0, 0.0, 0.0, kg * z, -kg * y_],
                [0.0, kg, 0.0, -kg * z, 0.0, kg * x],
                [0.0, 0.0, kg, kg * y_, -kg * x, 0.0],
            ):
                rows.append(row + [0.0] * (self.unknown - 6))
            rows[-3][at] = rows[-2][at + 1] = kg
            rows[-1][at + 2] = -1.0
            right += [
                fx - kg * (wx * along - x * square - 2.0 * wz * v),
                fy - kg * (wy * along - y_ * square + 2.0 * wz * u),
                -kg * (wz * along - z * square + 2.0 * (wx * v - wy * u)),
            ]
            # and its reaction on the body: -pull and -N e_z at rho
            above[2][at + 2] = 1.0
            above[3][at + 2], above[4][at + 2] = y_, -x
            px, py = px - fx, py - fy
            tx, ty, tz = tx + z * fy, ty - z * fx, tz - (x * fy - y_ * fx)
        # first moment of the body without its liquid: along z
        above[0][0] = above[1][1] = above[2][2] = body
        above[0][4] = above[4][0] = first
        above[1][3] = above[3][1] = -first
        above[3][3:6], above[4][3:6], above[5][3:6] = [xx, xy, xz], [xy, yy, yz], [xz, yz, zz]
        hx = xx * wx + xy * wy + xz * wz
        hy = xy * wx + yy * wy + yz * wz
        hz = xz * wx + yz * wy + zz * wz
        right = [
            px - first * wz * wx,
            py - first * wz * wy,
            pz + first * (wx * wx + wy * wy),
            tx - (wy * hz - wz * hy),
            ty - (wz * hx - wx * hz),
            tz - (wx * hy - wy * hx),
            *right,
        ]
        found = dgesv(above + rows, right)[2]
        return found[:3], found[3:6], [found[6 + 3 * i : 8 + 3 * i] for i in range(len(self.tanks))]

    def rate(self, t, y, target_n, torque, flow, force=(0.0, 0.0, 0.0)):
        """Rate of the state, from Newton and Euler."""
        car = self.vehicle
        q = y[6:10] / math.sqrt(y[6:10] @ y[6:10])
        thrust = float(y[14])
        accel, turn, liquid = self.felt(y, torque, force)
        slow, slowest = 1.0 / car["exhaust_mps"], 1.0 / car["exhaust_least_mps"]
        part = (car["thrust_max_n"] - thrust) / (car["thrust_max_n"] - car["thrust_min_n"])
        out = np.empty(len(y))
        out[:3] = y[3:6]
        out[3:6] = self.gravity(t, y[:3]) + matrix(q) @ accel
        out[6:10] = 0.5 * product(q.tolist(), (0.0, *y[10:13].tolist()))
        out[10:13] = turn
        out[13] = -thrust * (slow + part * (slowest - slow)) - flow
        out[14] = (target_n - thrust) / car["lag_s"]
        for i, moved in enumerate(liquid):
            out[15 + 4 * i : 17 + 4 * i] = y[17 + 4 * i : 19 + 4 * i]
            out[17 + 4 * i : 19 + 4 * i] = moved
        return out

    def target(self, throttle_n, h):
        """Thrust that the engine tends to in this tick [N]."""
        car = self.vehicle
        if throttle_n > 0.0 and not self.burning:
            self.wait = car["ignition_ticks"]
        self.burning = throttle_n > 0.0
        if not self.burning:
            self.lit = False
            return 0.0
        if self.wait > 0:
            self.wait -= 1
            return 0.0
        step = car["throttle_step_n"]
        held = min(max(throttle_n, car["thrust_min_n"]), car["thrust_max_n"])
        if step > 0.0:
            held = min(
                max(step * math.floor(held / step + 0.5), car["thrust_min_n"]), car["thrust_max_n"]
            )
        if self.lit and car["throttle_rate_nps"] > 0.0:
            most = car["throttle_rate_nps"] * h
            held = min(max(held, self.valve - most), self.valve + most)
        if not self.lit:
            self.overshoot = car["overshoot"]
        self.lit, self.valve = True, held
        target = car["thrust_scale"] * held * (1.0 + self.overshoot)
        self.overshoot *= math.exp(-h / car["overshoot_s"]) if car["overshoot"] else 0.0
        return target

    def tick(self, throttle_n, torque_fired, h=0.01, force=(0.0, 0.0, 0.0), flow=None):
        """Follow one tick: the thrust commanded, and the attitude thrusters as they fired."""
        car = self.vehicle
        target = self.target(throttle_n, h)
        if car["noise_share"] > 0.0 and (self.y[14] > 0.0 or target > 0.0):
            kept = math.exp(-2.0 * math.pi * car["noise_hz"] * h)
            drive = car["noise_share"] * math.sqrt(1.0 - kept**2)
            self.noise = kept * self.noise + drive * self.draws[self.drawn]
            self.drawn += 1
        if flow is None:
            flow = sum(self.flow_of(abs(axis)) for axis in torque_fired)
        start, end = self.ticks * h, (self.ticks + 1) * h
        solver = DOP853(
            lambda t, y: self.rate(t, y, target, torque_fired, flow, force),
            start,
            self.y,
            end,
            first_step=end - start,
            rtol=1e-12,
            atol=1e-13,
        )
        while solver.status == "running":
            solver.step()
        self.ticks += 1
        self.y = solver.y

    def flow_of(self, torque):
        """Propellant flow [kg/s] of the couples that make a torque about one axis."""
        large = round(torque / self.vehicle["large_torque_nm"])
        small = abs(torque - large * self.vehicle["large_torque_nm"]) > 1.0
        return large * self.vehicle["large_flow_kgps"] + small * self.vehicle["small_flow_kgps"]


def cross(a, b):
    """Vector product, without numpy's care for shapes."""
    ax, ay, az = a
    bx, by, bz = b
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


def skew(v):
    """Matrix of v x."""
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


def ground_of(radius_m, height=None, half_m=40.0, cell_m=0.1):
    """Make a ground whose heights near the site are height(u, v) [m]; a sphere without."""
    model = GroundModel(radius_m, radius_m, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    if height is None:
        return model
    at = np.arange(-half_m, half_m + cell_m, cell_m)
    z = np.ascontiguousarray(height(*np.meshgrid(at, at)), np.float32)
    blocks = -(-len(at) // 8)
    top = np.full((blocks, blocks), z.max(), np.float32)
    model.set_grid("patch", z, top, float(z.max()), at[0], at[0], cell_m)
    return model
