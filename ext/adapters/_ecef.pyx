"""JSBSim's numbers into an estimate, and a command into its properties.

Feet and Moon-fixed axes become metres and the site's.

JSBSim's ECEF is the `moon` frame. Its body has x forward, y right, z down; ours has z along the
thrust. Half a turn about x takes one into the other: (x, y, z) -> (x, -y, -z).
"""

cimport cython

from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.common.vector cimport (
    Quat, Vec3, axpy, cross, dot, norm, quat, quat_from, quat_to, quat_unit, rotate, scale, vec,
    vec_from,
)


cdef extern from *:
    """
    static const double FOOT_M = 0.3048;
    static const double SLUG_KG = 0.45359237 * 9.80665 / 0.3048;
    static const double POUND_FOOT_NM = 0.45359237 * 9.80665 * 0.3048;
    """
    const double FOOT_M
    const double SLUG_KG
    const double POUND_FOOT_NM


cdef enum:
    TAPS = 16               # numbers read each tick


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


cdef struct Lander:
    double dry_kg
    double usable_kg
    double com_dry_m
    double com_gain_m
    double thrust_max_n
    double thrust_min_n
    double lag_s
    double step_s
    double decay
    int ignition


cdef inline bint attitude(
    Vec3* rows, const double* r, const double* inertial, const double* turning,
    const double* weight,
) noexcept nogil:
    """Body axes in ECEF from two vectors known in both; 0 within 10 deg of the Moon's poles.

    Down is the weight in the body and -r outside; the Moon's spin is what rates against inertial
    space have more than rates against the turning Moon, and z outside. Rates of 0.1 rad/s leave
    the spin right to 5e-12 of itself.
    """
    cdef Vec3 down = vec(-r[0], -r[1], -r[2])
    cdef Vec3 spin = vec(0.0, 0.0, 1.0)
    cdef Vec3 fall = vec_from(weight)
    cdef Vec3 turn = vec(
        inertial[0] - turning[0], inertial[1] - turning[1], inertial[2] - turning[2])
    cdef Vec3 o[3]
    cdef Vec3 b[3]
    cdef double far = norm(cross(down, spin)), near = norm(cross(fall, turn))
    if not (far > 0.17 * norm(down) and near > 0.17 * norm(fall) * norm(turn)):
        return False
    o[0] = scale(1.0 / norm(down), down)
    o[1] = scale(1.0 / far, cross(down, spin))
    o[2] = cross(o[0], o[1])
    b[0] = scale(1.0 / norm(fall), fall)
    b[1] = scale(1.0 / near, cross(fall, turn))
    b[2] = cross(b[0], b[1])
    rows[0] = axpy(b[0].x, o[0], axpy(b[1].x, o[1], scale(b[2].x, o[2])))
    rows[1] = axpy(b[0].y, o[0], axpy(b[1].y, o[1], scale(b[2].y, o[2])))
    rows[2] = axpy(b[0].z, o[0], axpy(b[1].z, o[1], scale(b[2].z, o[2])))
    return True


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
        cdef Vec3 rows[3]
        cdef int i
        if ecef_to_body.shape[0] != 3 or ecef_to_body.shape[1] != 3:
            raise ValueError("a rotation has 3 x 3 elements")
        for i in range(3):
            rows[i] = vec(ecef_to_body[i, 0], ecef_to_body[i, 1], ecef_to_body[i, 2])
        self.place(&estimate[0], vec(x, y, z), vec(vx, vy, vz), vec(p, q, r), rows)

    cdef void place(
        self, Estimate* e, Vec3 r_ft, Vec3 v_fps, Vec3 rates, const Vec3* rows
    ) noexcept nogil:
        """Write place, velocity, rates and attitude; rows are the body's axes in ECEF."""
        cdef Vec3 axis
        cdef double m[3][3]
        cdef int i
        for i in range(3):
            axis = vec_from(self.turn[i])
            e.r_site[i] = FOOT_M * dot(axis, r_ft)
            e.v_site[i] = FOOT_M * dot(axis, v_fps)
            m[i][0] = dot(axis, rows[0])
            m[i][1] = -dot(axis, rows[1])
            m[i][2] = -dot(axis, rows[2])
        e.r_site[2] -= self.radius_m
        quat_to(quat_of(m), e.q_site_body)
        e.omega_body[0] = rates.x
        e.omega_body[1] = -rates.y
        e.omega_body[2] = -rates.z


@cython.final
@cython.auto_pickle(False)
cdef class Taps:
    """Taps on a running JSBSim: methods of its property nodes, looked up once.

    A property asked for by its name costs ten times as much, and a matrix as numpy makes it costs
    as much as JSBSim's own step.

    Parameters
    ----------
    convert : FromEcef
    reads : sequence of 16 callables
        Place [ft], velocity [ft/s], rates against inertial space and against the turning Moon
        [rad/s], weight [lb, body], mass [slug].
    torque : sequence of 3 callables
        Take moments [lb ft] about JSBSim's body axes.
    throttle, run, matrix : callables
        Takes the throttle; flies a step; gives ECEF to body, (3, 3).
    engine : mapping
        dry_kg, usable_kg, com_dry_m, com_gain_m, thrust_max_n, thrust_min_n, lag_s, step_s and
        decay (what is left of a difference in thrust after a step); ignition, ticks of delay.
    steps : int
        JSBSim's steps in a tick.
    central : bool
        Whether weight points at the Moon's centre, so that it and the Moon's spin tell attitude.
    """

    cdef FromEcef convert
    cdef tuple reads
    cdef tuple torque
    cdef object throttle
    cdef object run
    cdef object matrix
    cdef Lander lander
    cdef int steps
    cdef bint central
    cdef int left
    cdef double thrust
    cdef object estimate        # whose memory is in `seen`
    cdef Estimate[::1] seen
    cdef object command
    cdef GuidanceCommand[::1] told

    def __init__(
        self, FromEcef convert not None, reads, torque, throttle, run, matrix, engine,
        int steps, bint central,
    ):
        self.reads, self.torque = tuple(reads), tuple(torque)
        if len(self.reads) != TAPS or len(self.torque) != 3:
            raise ValueError(f"taps: {TAPS} numbers to read and 3 torques to write")
        self.convert = convert
        self.throttle, self.run, self.matrix = throttle, run, matrix
        self.lander = engine
        self.steps, self.central = steps, central
        self.left = self.lander.ignition
        self.thrust = 0.0

    @property
    def thrust_n(self):
        """The true thrust now [N]."""
        return self.thrust

    def observe(self, estimate):
        """Write JSBSim's state into estimate[0]; give the base: east, north, height [m].

        The height is over the site's level, and the estimate's, until `level` says otherwise.
        """
        cdef double x[TAPS]
        cdef Vec3 rows[3]
        cdef Estimate* e
        cdef Vec3 at
        cdef double share, height
        cdef int i
        if estimate is not self.estimate:
            self.seen = estimate
            self.estimate = estimate
        e = &self.seen[0]
        for i in range(TAPS):
            x[i] = self.reads[i]()
        if not (self.central and attitude(rows, &x[0], &x[6], &x[9], &x[12])):
            given = self.matrix()
            for i in range(3):
                rows[i] = vec(given[i, 0], given[i, 1], given[i, 2])
        self.convert.place(e, vec_from(&x[0]), vec_from(&x[3]), vec_from(&x[6]), rows)
        e.mass_kg = x[15] * SLUG_KG
        e.accel_mps2 = self.thrust / e.mass_kg
        share = min(1.0, max(0.0, (e.mass_kg - self.lander.dry_kg) / self.lander.usable_kg))
        at = axpy(
            -(self.lander.com_dry_m + share * self.lander.com_gain_m),
            rotate(quat_from(&e.q_site_body[0]), vec(0.0, 0.0, 1.0)), vec_from(&e.r_site[0]))
        height = norm(vec(at.x, at.y, at.z + self.convert.radius_m)) - self.convert.radius_m
        e.height_m = height
        e.contact = height <= 0.0
        return at.x, at.y, height

    def level(self, double height_m):
        """Describe how high [m] the base is over the ground; below it is contact."""
        self.seen[0].height_m = height_m
        self.seen[0].contact = height_m <= 0.0

    def obey(self, command):
        """Fly a tick under command[0]."""
        cdef GuidanceCommand* c
        if command is not self.command:
            self.told = command
            self.command = command
        c = &self.told[0]
        self.step(c.thrust_n, c.torque_nm[0], c.torque_nm[1], c.torque_nm[2])

    cpdef step(self, double thrust_n, double x, double y, double z):
        """Fly a tick under thrust [N] and torque [N m, our body axes]."""
        cdef const Lander* of = &self.lander
        cdef double target = 0.0, after, mean
        cdef int _step
        if not thrust_n > 0.0:
            self.left = of.ignition
        elif self.left > 0:
            self.left -= 1
        else:
            target = min(max(thrust_n, of.thrust_min_n), of.thrust_max_n)
        self.torque[0](x / POUND_FOOT_NM)
        self.torque[1](-y / POUND_FOOT_NM)
        self.torque[2](-z / POUND_FOOT_NM)
        for _step in range(self.steps):
            # T' = (target - T) / lag: its mean over the step carries the whole impulse
            after = target + (self.thrust - target) * of.decay
            mean = target + (self.thrust - after) * of.lag_s / of.step_s
            self.throttle(mean / of.thrust_max_n)
            self.run()
            self.thrust = after
