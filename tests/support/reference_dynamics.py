"""The lander's physics written a second time, from the physics, in an inertial frame.

Nothing here knows of the rotating site frame, of closed forms of thrust, of Runge-Kutta: the Moon's
field turns with the Moon, and scipy's DOP853 integrates, restarted each tick. Flight only.
"""

import math
from typing import Any

import numpy as np
from scipy.integrate import DOP853

from farside.ext.ground._ground import GroundModel
from farside.mission.frames import SiteFrame

# DE440 and GRGM1200A, as published; not imported, so that a slip there shows here.
GM = 4902800118457.5496  # [m^3/s^2]
RADIUS = 1738000.0  # [m] of the coefficients
J2 = 203.224e-6
C22 = 2.2382e-5
ROTATION = 2.6616995e-6  # [rad/s]


def degree_two_gravity(r_moon, j2=J2, c22=C22):
    """Gravity [m/s^2, moon] from the derivatives of U in radius, latitude and longitude."""
    x, y, z = r_moon
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
    w, x, y, z = q
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


class Twin:
    """A lander in inertial axes: y = r, v, q_inertial_body, omega_body, mass, thrust."""

    def __init__(self, vehicle: dict[str, Any], frame: SiteFrame, state: dict[str, Any]):
        self.vehicle = vehicle
        self.ticks = 0
        self.burning = False
        self.wait = 0
        r, v = site_to_inertial(frame, state["r_site"], state["v_site"], 0.0)
        q_site_body = np.asarray(state["q_site_body"], float)
        q = product(quaternion(frame.moon_to_site.T), q_site_body / np.linalg.norm(q_site_body))
        self.y = np.concatenate([r, v, q, state["omega_body"], [state["mass_kg"], 0.0]])

    def rate(self, t, y, target_n, torque, flow):
        """Rate of the state, from Newton and Euler."""
        car = self.vehicle
        q, omega, mass, thrust = y[6:10], y[10:13], y[13], y[14]
        share = (mass - car["mass_dry_kg"]) / (car["mass_full_kg"] - car["mass_dry_kg"])
        full, dry = np.array(car["inertia_full_kgm2"]), np.array(car["inertia_dry_kgm2"])
        ix, iy, iz = dry + min(max(share, 0.0), 1.0) * (full - dry)
        turn = turn_about_z(ROTATION * t)
        q = q / math.sqrt(q @ q)
        push = thrust / mass * matrix(q)[:, 2]
        # lever x force, the lever from the centre of mass to the thrust axis
        off_x, off_y = car["com_offset_m"]
        mx, my, mz = torque[0] - off_y * thrust, torque[1] + off_x * thrust, torque[2]
        wx, wy, wz = omega
        out = np.empty(15)
        out[:3] = y[3:6]
        out[3:6] = turn @ degree_two_gravity(turn.T @ y[:3]) + push
        out[6:10] = 0.5 * product(q, (0.0, wx, wy, wz))
        out[10] = (mx - (iz - iy) * wy * wz) / ix
        out[11] = (my - (ix - iz) * wz * wx) / iy
        out[12] = (mz - (iy - ix) * wx * wy) / iz
        out[13] = -thrust / car["exhaust_mps"] - flow
        out[14] = (target_n - thrust) / car["lag_s"]
        return out

    def tick(self, throttle_n, torque_fired, h=0.01):
        """Follow one tick: the thrust commanded, and the thrusters' torque as they fired."""
        car = self.vehicle
        if throttle_n > 0.0 and not self.burning:
            self.wait = car["ignition_ticks"]
        self.burning = throttle_n > 0.0
        target = 0.0
        if self.burning and self.wait > 0:
            self.wait -= 1
        elif self.burning:
            held = min(max(throttle_n, car["thrust_min_n"]), car["thrust_max_n"])
            target = car["thrust_scale"] * held
        flow = sum(self.flow_of(abs(axis)) for axis in torque_fired)
        start, end = self.ticks * h, (self.ticks + 1) * h
        solver = DOP853(
            lambda t, y: self.rate(t, y, target, torque_fired, flow),
            start,
            self.y,
            end,
            first_step=end - start,
            rtol=1e-11,
            atol=1e-9,
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
