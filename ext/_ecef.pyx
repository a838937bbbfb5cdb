"""JSBSim's numbers into an estimate: feet and Moon-fixed axes into metres and the site's.

JSBSim's ECEF is the `moon` frame. Its body has x forward, y right, z down; ours has z along the
thrust. Half a turn about x takes one into the other: (x, y, z) -> (x, -y, -z).
"""

cimport cython

from farside.ext.autopilot_records cimport Estimate
from farside.ext.vec cimport (
    Quat, Vec3, axpy, norm, quat, quat_from, quat_to, quat_unit, rotate, vec, vec_from,
)


cdef extern from *:
    """static const double FOOT_M = 0.3048;"""
    const double FOOT_M


cdef inline Quat quat_of(const double[3][3] m) noexcept nogil:
    """The quaternion of a rotation matrix, by its largest component (Shepperd 1978)."""
    cdef double w = 1.0 + m[0][0] + m[1][1] + m[2][2]
    cdef double x = 1.0 + m[0][0] - m[1][1] - m[2][2]
    cdef double y = 1.0 - m[0][0] + m[1][1] - m[2][2]
    cdef double z = 1.0 - m[0][0] - m[1][1] + m[2][2]
    cdef Quat q
    if w >= x and w >= y and w >= z:
        q = quat(w, m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1])
    elif x >= y and x >= z:
        q = quat(m[2][1] - m[1][2], x, m[0][1] + m[1][0], m[0][2] + m[2][0])
    elif y >= z:
        q = quat(m[0][2] - m[2][0], m[0][1] + m[1][0], y, m[1][2] + m[2][1])
    else:
        q = quat(m[1][0] - m[0][1], m[0][2] + m[2][0], m[1][2] + m[2][1], z)
    if q.w < 0.0:
        q = quat(-q.w, -q.x, -q.y, -q.z)
    return quat_unit(q)


@cython.final
@cython.auto_pickle(False)
cdef class FromEcef:
    """The way from JSBSim's numbers into the site frame; moon_to_site (3, 3), radius_m of it."""

    cdef double turn[3][3]
    cdef double radius_m

    def __init__(self, const double[:, :] moon_to_site, double radius_m):
        cdef int i, j
        if moon_to_site.shape[0] != 3 or moon_to_site.shape[1] != 3:
            raise ValueError("a rotation has 3 x 3 elements")
        for i in range(3):
            for j in range(3):
                self.turn[i][j] = moon_to_site[i, j]
        self.radius_m = radius_m

    def write(
        self, Estimate[::1] estimate, double x, double y, double z, double vx, double vy,
        double vz, double p, double q, double r, const double[:, :] ecef_to_body,
    ):
        """Write place [ft], velocity [ft/s], inertial rates [rad/s] and attitude."""
        cdef Estimate* e = &estimate[0]
        cdef double m[3][3]
        cdef double sign
        cdef int i, j
        if ecef_to_body.shape[0] != 3 or ecef_to_body.shape[1] != 3:
            raise ValueError("a rotation has 3 x 3 elements")
        for i in range(3):
            e.r_site[i] = FOOT_M * (self.turn[i][0] * x + self.turn[i][1] * y + self.turn[i][2] * z)
            e.v_site[i] = FOOT_M * (
                self.turn[i][0] * vx + self.turn[i][1] * vy + self.turn[i][2] * vz)
            for j in range(3):
                sign = 1.0 if j == 0 else -1.0
                m[i][j] = sign * (
                    self.turn[i][0] * ecef_to_body[j, 0] + self.turn[i][1] * ecef_to_body[j, 1]
                    + self.turn[i][2] * ecef_to_body[j, 2])
        e.r_site[2] -= self.radius_m
        quat_to(quat_of(m), e.q_site_body)
        e.omega_body[0] = p
        e.omega_body[1] = -q
        e.omega_body[2] = -r

    def base(self, const Estimate[::1] estimate, double com_height_m):
        """Give the base [m]: east and north of the site, and its height over the site's level."""
        cdef const Estimate* e = &estimate[0]
        cdef Vec3 axis = rotate(quat_from(&e.q_site_body[0]), vec(0.0, 0.0, 1.0))
        cdef Vec3 at = axpy(-com_height_m, axis, vec_from(&e.r_site[0]))
        return at.x, at.y, norm(vec(at.x, at.y, at.z + self.radius_m)) - self.radius_m

    def told(
        self, Estimate[::1] estimate, double mass_kg, double accel_mps2, double height_m
    ):
        """Write what else perfect sensors say; below the ground is contact."""
        estimate[0].mass_kg = mass_kg
        estimate[0].accel_mps2 = accel_mps2
        estimate[0].height_m = height_m
        estimate[0].contact = height_m <= 0.0
