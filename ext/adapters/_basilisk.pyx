"""The autopilot behind Basilisk's messages: one C function that Basilisk calls with pointers.

Basilisk hands over a table of pointers: payloads that it has read, payloads to fill, and what the
module brought itself. Where a field lies in a payload is told at set-up, so that nothing here
depends on Basilisk's headers.
"""

import sys

cimport cython
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from farside.ext.guidance.autopilot._autopilot cimport (
    AutopilotCore, core_plan as autopilot_plan, core_tick as autopilot_tick,
)
from farside.ext.guidance.autopilot.records cimport (
    AutopilotState, AutopilotTable, Estimate, GuidanceCommand, quantity_at_mass,
)
from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, clamp, dot, norm, quat, quat_from, quat_from_axes, quat_mul, quat_to,
    rotate, scale, sub, vec, vec_from, vec_to,
)


cdef enum:
    # The order of the pointers: what is read, what is written, what the module brought
    READ_STATE = 0
    READ_MASS = 1
    READ_PLANET = 2
    WRITE_ON_TIME = 3
    WRITE_TORQUE = 4
    WRITE_FORCE = 5
    OWN_LINK = 6
    OWN_LINKED = 7
    MAX_NOZZLES = 36        # of Basilisk's array of on-times
    TICK_NANOS = 10000000   # between ticks of the autopilot


cdef extern from "Python.h":
    int Py_AddPendingCall(int (*func)(void*) except -1, void* arg) noexcept nogil


cdef struct Link:
    # Where fields begin in Basilisk's payloads [bytes]
    int32_t r_CN_N
    int32_t v_CN_N
    int32_t sigma_BN
    int32_t omega_BN_B
    int32_t TotalAccumDV_BN_B
    int32_t massSC
    int32_t PositionVector
    int32_t VelocityVector
    int32_t J20002Pfix
    int32_t J20002Pfix_dot
    int32_t OnTimeRequest
    int32_t torqueRequestBody
    int32_t forceRequestBody
    # The engine as a bank of nozzles on one axis, each with twice the thrust of the one before
    int32_t nozzles
    int32_t ignition_ticks
    double nozzle_n             # thrust of the smallest
    double on_time_s            # how long a nozzle burns without a further command
    # The Moon
    double moon_to_site[9]
    double rotation_radps
    double ground_m             # height of the ground beneath over the site's radius


cdef struct Touchdown:
    double time_s
    double r_site[3]            # base [m]
    double v_site[3]            # [m/s]
    double q_site_body[4]
    double mass_kg


cdef struct Missed:
    # A tick that Basilisk did not call for [ns]
    uint64_t due
    uint64_t called


cdef struct Watch:
    # What the module remembers
    uint64_t due                # the next tick [ns]; before the first call: none
    int32_t called
    int32_t off                 # a tick was missed: the engine is off, and an error is on its way
    int64_t tick
    int32_t started
    int32_t burning
    int32_t ignition_left
    int32_t landed
    double owed_n               # thrust commanded and not given by whole nozzles
    double dv_before            # along body z, as Basilisk had added it up a tick ago [m/s]
    double height_before        # of the base, a tick ago [m]
    Vec3 base_before
    Vec3 v_before
    double mass_before
    Touchdown touchdown


cdef struct Module:
    Link link
    Watch watch
    const AutopilotTable* table
    AutopilotState* state
    void* room              # to plan in
    Estimate* estimate
    GuidanceCommand* command
    int32_t has_begun
    AutopilotState begun    # the autopilot's as it was before its first tick


cdef inline Vec3 times(const double* m, Vec3 v) noexcept nogil:
    """A matrix of three rows times a vector."""
    return vec(dot(vec_from(m), v), dot(vec_from(m + 3), v), dot(vec_from(m + 6), v))


cdef inline Vec3 column(const double* m, int j) noexcept nogil:
    return vec(m[j], m[3 + j], m[6 + j])


cdef inline Quat mrp_to_quat(const double* sigma) noexcept nogil:
    """Modified Rodrigues parameters sigma_BN as the Hamilton quaternion that turns B into N.

    sigma = e tan(angle / 4), so w = (1 - s^2) / (1 + s^2) and the rest 2 sigma / (1 + s^2)
    (Schaub and Junkins, Analytical Mechanics of Space Systems, 3.5).
    """
    cdef Vec3 s = vec_from(sigma)
    cdef double s2 = dot(s, s)
    cdef double k = 1.0 / (1.0 + s2)
    return quat(k * (1.0 - s2), 2.0 * k * s.x, 2.0 * k * s.y, 2.0 * k * s.z)


cdef inline void turn_of_moon(double rate, double t, double* c, double* c_dot) noexcept nogil:
    """Rotation from N into Moon-fixed components, and its rate, where no message tells them."""
    cdef SinCos a = sincos_of(rate * t)
    memset(c, 0, 9 * sizeof(double))
    memset(c_dot, 0, 9 * sizeof(double))
    c[0] = c[4] = a.c
    c[1] = a.s
    c[3] = -a.s
    c[8] = 1.0
    c_dot[0] = c_dot[4] = -rate * a.s
    c_dot[1] = rate * a.c
    c_dot[3] = -rate * a.c


cdef inline void estimate_of(
        Module* m, void** p, uint64_t nanos, Estimate* e) noexcept nogil:
    """What the autopilot reads, from Basilisk's state, mass and, where linked, planet message."""
    cdef Link* link = &m.link
    cdef const char* state = <const char*> p[READ_STATE]
    cdef const char* planet = <const char*> p[READ_PLANET]
    cdef const uint8_t* linked = <const uint8_t*> p[OWN_LINKED]
    cdef double own[9]
    cdef double own_dot[9]
    cdef const double* c = own
    cdef const double* c_dot = own_dot
    cdef Vec3 r = vec_from(<const double*> (state + link.r_CN_N))
    cdef Vec3 v = vec_from(<const double*> (state + link.v_CN_N))
    cdef Quat q_site_n
    cdef double dv = (<const double*> (state + link.TotalAccumDV_BN_B))[2]
    if linked[READ_PLANET]:
        c = <const double*> (planet + link.J20002Pfix)
        c_dot = <const double*> (planet + link.J20002Pfix_dot)
        r = sub(r, vec_from(<const double*> (planet + link.PositionVector)))
        v = sub(v, vec_from(<const double*> (planet + link.VelocityVector)))
    else:
        turn_of_moon(link.rotation_radps, 1e-9 * <double> nanos, own, own_dot)
    # The columns of site-from-N are the axes of N in site components.
    q_site_n = quat_from_axes(
        times(link.moon_to_site, column(c, 0)), times(link.moon_to_site, column(c, 1)),
        times(link.moon_to_site, column(c, 2)))
    # v_moon = C v + C' r
    vec_to(times(link.moon_to_site, add(times(c, v), times(c_dot, r))), e.v_site)
    r = times(link.moon_to_site, times(c, r))
    e.r_site[0] = r.x
    e.r_site[1] = r.y
    e.r_site[2] = r.z - m.table.radius_m
    quat_to(
        quat_mul(q_site_n, mrp_to_quat(<const double*> (state + link.sigma_BN))), e.q_site_body)
    vec_to(vec_from(<const double*> (state + link.omega_BN_B)), e.omega_body)
    e.mass_kg = (<const double*> (<const char*> p[READ_MASS] + link.massSC))[0]
    e.accel_mps2 = (dv - m.watch.dv_before) * TICK_HZ if m.watch.started else 0.0
    m.watch.dv_before = dv


cdef inline void watch_ground(Module* m, Estimate* e, int64_t tick) noexcept nogil:
    """Height of the base above the ground, and the moment between ticks when it is none."""
    cdef Watch* w = &m.watch
    cdef double com = quantity_at_mass(
        e.mass_kg, m.table.com_height_full_m, m.table.com_height_dry_m, m.table)
    cdef Vec3 base = axpy(
        -com, rotate(quat_from(e.q_site_body), vec(0.0, 0.0, 1.0)), vec_from(e.r_site))
    cdef double height, share
    height = norm(vec(base.x, base.y, base.z + m.table.radius_m))
    height -= m.table.radius_m + m.link.ground_m
    e.height_m = height
    if not w.landed and height <= 0.0:
        w.landed = 1
        share = 1.0
        if w.started and w.height_before > 0.0:
            share = w.height_before / (w.height_before - height)
        w.touchdown.time_s = (tick - 1 + share) / <double> TICK_HZ
        vec_to(add(scale(share, base), scale(1.0 - share, w.base_before)), w.touchdown.r_site)
        vec_to(
            add(scale(share, vec_from(e.v_site)), scale(1.0 - share, w.v_before)),
            w.touchdown.v_site)
        quat_to(quat_from(e.q_site_body), w.touchdown.q_site_body)
        w.touchdown.mass_kg = share * e.mass_kg + (1.0 - share) * w.mass_before
    w.height_before = height
    w.base_before = base
    w.v_before = vec_from(e.v_site)
    w.mass_before = e.mass_kg
    e.contact = w.landed
    e.rest = w.landed


cdef inline void open_nozzles(Module* m, double thrust_n, double* on_time_s) noexcept nogil:
    """On-times of the bank for a thrust; what whole nozzles cannot give is owed to the next tick.

    Between the first command and the first thrust lies the ignition.
    """
    cdef Watch* w = &m.watch
    cdef int i
    cdef int64_t units, most = (<int64_t> 1 << m.link.nozzles) - 1
    cdef double wanted
    memset(on_time_s, 0, MAX_NOZZLES * sizeof(double))
    if not thrust_n > 0.0:
        w.burning = 0
        w.owed_n = 0.0
        return
    if not w.burning:
        w.burning = 1
        w.ignition_left = m.link.ignition_ticks
    if w.ignition_left > 0:
        w.ignition_left -= 1
        return
    wanted = clamp(thrust_n + w.owed_n, 0.0, most * m.link.nozzle_n)
    units = <int64_t> (wanted / m.link.nozzle_n + 0.5)
    if units > most:
        units = most
    w.owed_n = wanted - units * m.link.nozzle_n
    for i in range(m.link.nozzles):
        if (units >> i) & 1:
            on_time_s[i] = m.link.on_time_s


def inside_basilisk():
    """Return whether Basilisk's C++ has called the Python that runs now, in a thread of its own.

    An error raised there reaches nobody: Basilisk prints it and raises one of its own that says
    nothing of it.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename.endswith("sysModel.py")


#: Whether an error waits: a module in several tasks is reset several times.
cdef bint waiting = False


cdef int raise_now(void* arg) except -1 with gil:
    """Raise an error in the main thread, which Basilisk has returned to."""
    global waiting
    waiting = False
    error = <object> arg
    Py_DECREF(error)
    raise error


def raise_later(error):
    """Raise an error in the main thread as soon as Basilisk has returned to Python."""
    global waiting
    if waiting:
        return
    Py_INCREF(error)
    if Py_AddPendingCall(raise_now, <void*> error) != 0:
        Py_DECREF(error)
        raise error
    waiting = True


cdef int tell_missed(void* arg) except -1 with gil:
    """Raise what a tick that was missed asks for, when Basilisk has returned to Python."""
    cdef Missed missed = (<Missed*> arg)[0]
    free(arg)
    raise RuntimeError(
        f"the autopilot's tick at {missed.due * 1e-9:.9g} s was missed: its task ran at "
        f"{missed.called * 1e-9:.9g} s instead. The engine is off since then; run the task every "
        "10 ms or a whole fraction of that, without a pause")


cdef inline void stop_at(Module* m, uint64_t nanos) noexcept nogil:
    """Shut the engine for good, and have Python raise an error when Basilisk returns to it."""
    cdef Missed* missed = <Missed*> malloc(sizeof(Missed))
    m.watch.off = 1
    if missed != NULL:
        missed.due = m.watch.due
        missed.called = nanos
        if Py_AddPendingCall(tell_missed, missed) != 0:
            free(missed)


cdef void basilisk_step(void** p, uint64_t nanos) noexcept nogil:
    """One call by Basilisk; between ticks of the autopilot what was commanded stays."""
    cdef Module* m = <Module*> p[OWN_LINK]
    cdef int64_t tick = <int64_t> (nanos // TICK_NANOS)
    cdef double* on_time_s = <double*> (<char*> p[WRITE_ON_TIME] + m.link.OnTimeRequest)
    cdef double* torque = <double*> (<char*> p[WRITE_TORQUE] + m.link.torqueRequestBody)
    cdef double* force = <double*> (<char*> p[WRITE_FORCE] + m.link.forceRequestBody)
    if not m.watch.called:
        m.watch.called = 1
        m.watch.due = (nanos + TICK_NANOS - 1) // TICK_NANOS * TICK_NANOS
    if nanos > m.watch.due and not m.watch.off:
        stop_at(m, nanos)
    if m.watch.off:
        memset(on_time_s, 0, MAX_NOZZLES * sizeof(double))
        memset(torque, 0, 3 * sizeof(double))
        memset(force, 0, 3 * sizeof(double))
        return
    if nanos != m.watch.due:
        return
    m.watch.due += TICK_NANOS
    if not m.state.started:
        m.begun = m.state[0]
        m.has_begun = 1
    estimate_of(m, p, nanos, m.estimate)
    watch_ground(m, m.estimate, tick)
    m.watch.started = 1
    m.watch.tick = tick
    autopilot_tick(m.table, m.state, m.estimate, tick, m.command)
    autopilot_plan(m.state, m.room)
    open_nozzles(m, m.command.thrust_n, on_time_s)
    vec_to(vec_from(m.command.torque_nm), torque)
    vec_to(vec(0.0, 0.0, m.command.thrust_n), force)


@cython.final
@cython.auto_pickle(False)
cdef class BasiliskCore:
    """What Basilisk's module holds: the autopilot, its wiring, and what the flight has shown."""

    cdef Module module
    cdef AutopilotCore core
    cdef object kept

    def __init__(
        self, AutopilotCore core, Estimate[::1] estimate, GuidanceCommand[::1] command, dict link
    ):
        """Take an autopilot, its arrays, and the fields of `Link` by name."""
        if not 1 <= link["nozzles"] <= MAX_NOZZLES:
            raise ValueError(f"a bank has 1 to {MAX_NOZZLES} nozzles, not {link['nozzles']}")
        memset(&self.module, 0, sizeof(Module))
        self.core = core
        self.kept = (estimate, command)
        self.module.link = link
        self.module.table = &core.table
        self.module.state = &core.state
        self.module.room = core.room
        self.module.estimate = &estimate[0]
        self.module.command = &command[0]

    def reset(self, uint64_t nanos=0):
        """Forget the flight so far; an autopilot that flew later than this begins anew.

        It then stands as it did before its first tick: with the phase and the target it was given.
        """
        memset(&self.module.watch, 0, sizeof(Watch))
        if (
            self.module.has_begun and self.core.state.started
            and nanos // TICK_NANOS <= <uint64_t> max(self.core.state.tick, 0)
        ):
            self.core.state = self.module.begun

    def shut(self):
        """Keep the engine off until the next reset."""
        self.module.watch.off = 1

    @property
    def function(self):
        """Address of the C function that Basilisk calls."""
        return <uintptr_t> <void*> basilisk_step

    @property
    def address(self):
        """Address of what that function is handed."""
        return <uintptr_t> &self.module

    @property
    def landed(self):
        """Return whether the base has come to the ground."""
        return bool(self.module.watch.landed)

    @property
    def touchdown(self):
        """Return time [s], base and velocity [site], attitude and mass at the touchdown."""
        return self.module.watch.touchdown

    @property
    def ground_m(self):
        """Height of the ground beneath over the site's radius [m]."""
        return self.module.link.ground_m

    @ground_m.setter
    def ground_m(self, double height):
        self.module.link.ground_m = height
