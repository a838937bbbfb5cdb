"""The classic laws one by one, for tests, studies and benchmarks; the tick compiles the same."""

cimport cython

from farside.ext.guidance.laws.fictitious_target cimport (
    FictitiousTarget, fictitious_target as fictitious_target_law,
)
from farside.ext.guidance.laws.apollo cimport (
    GuidanceFrame, TimeToTarget, apollo_quadratic, best_time as best_time_of,
    at_full_throttle as at_full_throttle_law, effort as effort_of, guidance_frame,
    null_velocity as null_law, saturate as saturate_law, time_to_target, zem_zev as zem_zev_law,
)
from farside.ext.guidance.records.plan cimport ApolloTarget
from farside.ext.guidance.laws.polynomial cimport fractional_polynomial, target_state
from farside.ext.common.vector cimport Vec3, axpy, scale, vec


cdef Vec3 vec_of(v):
    x, y, z = v
    return vec(x, y, z)


def zem_zev(r, v, r_target, v_target, g, double t_go):
    """Return the thrust acceleration [m/s^2] of E-guidance."""
    cdef Vec3 a = zem_zev_law(
        vec_of(r), vec_of(v), vec_of(r_target), vec_of(v_target), vec_of(g), t_go)
    return a.x, a.y, a.z


def best_time(r, v, g, double weight):
    """Return the time-to-go [s] of least effort to rest at the origin; 0 where there is none."""
    return best_time_of(vec_of(r), vec_of(v), vec_of(g), weight)


def effort(r, v, g, double weight, double t):
    """Return weight t + 1/2 int a^2 dt of E-guidance to rest at the origin."""
    return effort_of(vec_of(r), vec_of(v), vec_of(g), weight, t)


def fictitious_target(r, v, target, double t_go, double margin, double gamma, double kr):
    """Return place and velocity of the fictitious end, or None where there is none.

    The target is its place, velocity and total acceleration.
    """
    r_target, v_target, a_target = target
    cdef FictitiousTarget out = fictitious_target_law(
        vec_of(r), vec_of(v),
        target_state(vec_of(r_target), vec_of(v_target), vec_of(a_target)), t_go, margin, gamma,
        kr)
    if not out.found:
        return None
    return (out.r.x, out.r.y, out.r.z), (out.v.x, out.v.y, out.v.z)


def null_velocity(v, v_target, g, double tau):
    """Return the thrust acceleration [m/s^2] of P65."""
    cdef Vec3 a = null_law(vec_of(v), vec_of(v_target), vec_of(g), tau)
    return a.x, a.y, a.z


def at_full_throttle(bint was, double wanted_n, double low_n, double high_n):
    """Return whether the engine runs at its fixed throttle position."""
    return bool(at_full_throttle_law(was, wanted_n, low_n, high_n))


cdef struct Passed:
    Vec3 a
    TimeToTarget time


cdef struct ApolloLoad:     # what a mission loads for P63 or P64
    ApolloTarget target
    Vec3 up                 # the site's vertical
    Vec3 arrival            # direction of the arrival
    double lead             # [s] over the lag from sensing to thrusting
    double gain             # share of the flight to come that turns the frame


cdef inline Passed one_pass(
        const ApolloLoad* load, Vec3 r, Vec3 v, Vec3 g, double t) noexcept nogil:
    """Frame, time and command; a time that is not found leaves the one before."""
    cdef Passed out
    cdef GuidanceFrame frame = guidance_frame(r, v, load.up, load.arrival, load.gain, t)
    out.time = time_to_target(&load.target, r, v, &frame, t)
    if not out.time.found:
        out.time.t = t
    out.a = apollo_quadratic(&load.target, &frame, r, v, g, out.time.t, load.lead)
    return out


@cython.final
@cython.auto_pickle(False)
cdef class ApolloLaw:
    """P63 or P64: one target polynomial. It belongs to one thread.

    Parameters
    ----------
    target : mapping
        The fields of ApolloTarget by their names: r, v, a, three floats each, up, across, along at
        T = 0 [m, m/s, m/s^2]; jerk, along [m/s^3].
    lead, gain : float
        Lead time [s]; share of the flight to come that turns the frame.
    up, arrival : three floats each
        The site's vertical, and the direction of the arrival.
    t : float
        First guess of T [s], negative; after each pass the last T.
    """

    cdef ApolloLoad load
    cdef public double t
    cdef readonly int passes
    cdef readonly bint found

    def __init__(self, target, double lead, double gain, up, arrival, double t):
        self.load.target = target
        self.load.lead = lead
        self.load.gain = gain
        self.load.up = vec_of(up)
        self.load.arrival = vec_of(arrival)
        self.t = t
        self.passes = 0
        self.found = False

    def command(
        self, double x, double y, double z, double vx, double vy, double vz, double gz,
    ):
        """Return the thrust acceleration [m/s^2] at a place and velocity; free fall is (0, 0, gz).
        """
        cdef Passed out = one_pass(
            &self.load, vec(x, y, z), vec(vx, vy, vz), vec(0.0, 0.0, gz), self.t)
        self.t = out.time.t
        self.passes = out.time.passes
        self.found = out.time.found
        return out.a.x, out.a.y, out.a.z

    def saturated(self, a, r, v, double full_mps2):
        """Return an acceleration with what brakes clipped to what full thrust leaves."""
        cdef GuidanceFrame frame = guidance_frame(
            vec_of(r), vec_of(v), self.load.up, self.load.arrival, self.load.gain, self.t)
        cdef Vec3 out = saturate_law(vec_of(a), &frame, full_mps2)
        return out.x, out.y, out.z

    def spin(self, r, v, g, Py_ssize_t passes):
        """Run passes from two states 0.1 s apart; return the sum of commands, to time."""
        cdef Vec3 speed = vec_of(v), free = vec_of(g), here = vec_of(r)
        cdef Vec3 there = axpy(0.1, speed, here)
        cdef ApolloLoad load = self.load
        cdef Passed out
        cdef double sum = 0.0, first = self.t
        cdef Py_ssize_t i
        with nogil:
            for i in range(passes):
                # Newton starts from what a pass 0.1 s ago would have left.
                out = one_pass(
                    &load, there if i % 2 else here, speed, free,
                    first + (0.1 if i % 2 else 0.2))
                sum += out.a.x + out.a.y + out.a.z
        return sum


def spin(int law, r, v, r_target, v_target, g, double t_go, Py_ssize_t passes):
    """Run a law with a time-to-go that shrinks, and return the sum of commands, to time.

    law: 0 E-guidance, 1 fractional polynomial (1, 8), 2 the time-to-go quartic, 3 P65.
    """
    cdef Vec3 place = vec_of(r), speed = vec_of(v), to = vec_of(r_target)
    cdef Vec3 v_to = vec_of(v_target), free = vec_of(g), a = vec(0.0, 0.0, 0.0)
    cdef double sum = 0.0, t
    cdef Py_ssize_t i
    with nogil:
        for i in range(passes):
            t = t_go * (1.0 - 0.5 * i / passes)
            if law == 0:
                a = zem_zev_law(place, speed, to, v_to, free, t)
            elif law == 1:
                a = fractional_polynomial(
                    place, speed, target_state(to, v_to, scale(-1.0, free)), free, t, 1.0, 8.0)
            elif law == 2:
                place.x += 1e-3
                a.x = best_time_of(place, speed, free, 0.0)
            else:
                a = null_law(speed, v_to, free, t)
            sum += a.x + a.y + a.z
    return sum
