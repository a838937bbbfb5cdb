"""The flight side's kernels one by one, for tests and studies: laws, attitude, map, navigation.

The tick compiles the same header-only sources itself; nothing in flight comes through here.
"""

cimport cython
from libc.math cimport NAN
from libc.stdint cimport int64_t
from libc.string cimport memset

from farside.ext.guidance.laws.attitude cimport (
    Reference, SlewLimits, follow as follow_tick, hold_attitude as attitude_torque,
    pointing as pointing_of, turn_between as turn_of, turned as turned_by,
)
from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation.filter cimport (
    STATES, Navigator, NavigatorSetup, correct as correct_kernel, navigate as navigate_kernel,
    spread as spread_kernel,
)
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardGrid, map_height as map_height_at
from farside.ext.guidance.laws.polynomial cimport (
    Limited, fractional_polynomial as polynomial_law, hold_point as hold_law,
    limit_thrust as limit_law,
)
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport Quat, Vec3, quat, vec


cdef Vec3 vec_of(v):
    x, y, z = v
    return vec(x, y, z)


cdef Quat quat_of(q):
    w, x, y, z = q
    return quat(w, x, y, z)


def fractional_polynomial(
    r, v, r_target, v_target, a_target, g, double t_go, double gamma, double kr,
):
    """Return the thrust acceleration [m/s^2] of the fractional polynomial."""
    cdef Vec3 a = polynomial_law(
        vec_of(r), vec_of(v), vec_of(r_target), vec_of(v_target), vec_of(a_target), vec_of(g),
        t_go, gamma, kr)
    return a.x, a.y, a.z


def hold_point(r, v, r_target, v_target, g, double frequency, double brake_mps2):
    """Return the thrust acceleration [m/s^2] that holds a point."""
    cdef Vec3 a = hold_law(
        vec_of(r), vec_of(v), vec_of(r_target), vec_of(v_target), vec_of(g), frequency, brake_mps2)
    return a.x, a.y, a.z


def limit_thrust(a, up, double full_mps2, double least_up_mps2, double tan_tilt):
    """Return what of an acceleration may be asked of the engine, and whether it was cut."""
    cdef Limited out = limit_law(vec_of(a), vec_of(up), full_mps2, least_up_mps2, tan_tilt)
    return (out.a.x, out.a.y, out.a.z), bool(out.cut)


def pointing(thrust, x_towards):
    """Return the attitude whose z is along the thrust and whose x lies towards a vector."""
    cdef Quat q = pointing_of(vec_of(thrust), vec_of(x_towards))
    return q.w, q.x, q.y, q.z


def turn_between(a, b):
    """Return the rotation vector [rad] from attitude a to b, in a's body components."""
    cdef Vec3 turn = turn_of(quat_of(a), quat_of(b))
    return turn.x, turn.y, turn.z


def turned(q, by):
    """Return q turned by a small rotation vector [rad] in its body components."""
    cdef Quat out = turned_by(quat_of(q), vec_of(by))
    return out.w, out.x, out.y, out.z


def follow(q, omega, wanted, double rate_radps, double acceleration_radps2, double dt,
           double[:, ::1] out):
    """Fill out (N, 7) with the reference attitude and rate [rad/s] of N ticks of dt [s]."""
    cdef Reference ref
    cdef SlewLimits limits
    cdef Quat goal = quat_of(wanted)
    cdef Py_ssize_t i
    ref.q_site_body = quat_of(q)
    ref.omega = vec_of(omega)
    limits.rate_radps = rate_radps
    limits.acceleration_radps2 = acceleration_radps2
    with nogil:
        for i in range(out.shape[0]):
            follow_tick(&ref, goal, &limits, dt)
            out[i, 0] = ref.q_site_body.w
            out[i, 1] = ref.q_site_body.x
            out[i, 2] = ref.q_site_body.y
            out[i, 3] = ref.q_site_body.z
            out[i, 4] = ref.omega.x
            out[i, 5] = ref.omega.y
            out[i, 6] = ref.omega.z


def hold_attitude(q_reference, omega_reference, q, omega, inertia, double frequency,
                  double damping, torque_limit):
    """Return the torque [N m, body] towards a reference."""
    cdef Reference ref
    cdef Vec3 torque
    ref.q_site_body = quat_of(q_reference)
    ref.omega = vec_of(omega_reference)
    torque = attitude_torque(
        &ref, quat_of(q), vec_of(omega), vec_of(inertia), frequency, damping,
        vec_of(torque_limit))
    return torque.x, torque.y, torque.z


@cython.final
@cython.auto_pickle(False)
cdef class Navigation:
    """The navigation filter with its onboard map. It belongs to one thread.

    Parameters
    ----------
    setup, moon, first : dict
        The structs `NavigatorSetup`, `Moon` and `Navigator` (as first_estimate gives it) by the
        names of their C fields.
    chart : dict
        u0_m, v0_m, cell_m, radius_m, along_site, across_site of the map.
    height_m, sigma_m : float32 (rows, cols)
    """

    cdef NavigatorSetup setup
    cdef Navigator navigator
    cdef Moon moon
    cdef OnboardGrid chart
    cdef const float[:, ::1] height_m
    cdef const float[:, ::1] sigma_m

    def __init__(self, setup, moon, first, chart, const float[:, ::1] height_m,
                 const float[:, ::1] sigma_m):
        memset(&self.chart, 0, sizeof(OnboardGrid))
        self.setup = setup
        self.moon = moon
        memset(&self.navigator, 0, sizeof(Navigator))
        state = dict(self.navigator, height_m=NAN, last_range_m=NAN)
        self.navigator = dict(state, **first)
        self.height_m = height_m
        self.sigma_m = sigma_m
        self.chart.rows = height_m.shape[0]
        self.chart.cols = height_m.shape[1]
        if self.chart.rows > 0 and self.chart.cols > 0:
            self.chart.height_m = &height_m[0, 0]
            self.chart.sigma_m = &sigma_m[0, 0]
        self.chart.u0_m = chart["u0_m"]
        self.chart.v0_m = chart["v0_m"]
        self.chart.cell_m = chart["cell_m"]
        self.chart.radius_m = chart["radius_m"]
        self.chart.along_site = vec_of(chart["along_site"])
        self.chart.across_site = vec_of(chart["across_site"])

    @property
    def state(self):
        """Return the struct `Navigator` by the names of its fields."""
        return self.navigator

    def anchor(self, bint anchored):
        """Count horizontal places by velocity alone from here on, or no longer."""
        self.navigator.anchored = anchored

    def navigate(self, int64_t tick, const Measurements[::1] measured, double[:, ::1] out):
        """Run one tick for each measurement; fill out (N, 10) with r, v and q after it."""
        cdef Py_ssize_t i
        cdef int j
        if out.shape[0] < measured.shape[0] or out.shape[1] != 10:
            raise ValueError("out needs ten numbers for each tick")
        with nogil:
            for i in range(measured.shape[0]):
                navigate_kernel(
                    &self.navigator, &self.setup, &self.chart, &self.moon, &measured[i], tick + i)
                for j in range(3):
                    out[i, j] = self.navigator.r_site[j]
                    out[i, 3 + j] = self.navigator.v_site[j]
                for j in range(4):
                    out[i, 6 + j] = self.navigator.q_site_body[j]

    def spread(self, double dt):
        """Let the covariance grow over dt [s]."""
        spread_kernel(&self.navigator, &self.setup, dt)

    def correct(self, h, double innovation, double variance, only=None):
        """Take in one scalar measurement h of the state; place and speed move along `only`."""
        cdef double row[STATES]
        cdef Vec3 along
        for i in range(STATES):
            row[i] = h[i]
        if only is None:
            correct_kernel(&self.navigator, row, innovation, variance, NULL)
        else:
            along = vec_of(only)
            correct_kernel(&self.navigator, row, innovation, variance, &along)

    def map_height(self, rho):
        """Return the map's height and sigma [m] under a point from the Moon's centre."""
        cdef MapHeight found = map_height_at(&self.chart, vec_of(rho))
        return found.height_m, found.sigma_m
