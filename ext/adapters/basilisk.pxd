"""Between Basilisk's payloads and the autopilot's records: estimate, contact, engine nozzles.

Basilisk hands over a table of pointers: payloads that it has read, payloads to fill, and what the
module brought itself. Where a field lies in a payload is set at set-up (`Interface`), so that
nothing here depends on Basilisk's headers.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memset

from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable, quantity_at_mass
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.common.elementary cimport SinCos, sincos_of
from farside.ext.common.types cimport TICK_HZ, base_at
from farside.ext.common.vector cimport (
    Quat, Vec3, add, clamp, dot, norm, quat, quat_from, quat_from_axes, quat_mul, quat_to, scale,
    sub, vec, vec_from, vec_to,
)


cdef enum:
    # The order of the pointers: what is read, what is written, what the module brought
    READ_STATE = 0
    READ_MASS = 1
    READ_PLANET = 2
    WRITE_ON_TIME = 3
    WRITE_TORQUE = 4
    WRITE_FORCE = 5
    OWN_MODULE = 6
    OWN_LINKED = 7
    MAX_NOZZLES = 36        # of Basilisk's array of on-times


cdef struct Interface:
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
    double residual_n               # thrust commanded and not given by whole nozzles
    double dv_before            # along body z, as Basilisk had added it up a tick ago [m/s]
    double height_before        # of the base, a tick ago [m]
    Vec3 base_before
    Vec3 v_before
    double mass_before
    Touchdown touchdown


cdef struct Module:
    Interface io
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
    """Rotation from N into Moon-fixed components, and its rate, where no message gives them."""
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
    cdef Interface* io = &m.io
    cdef const char* state = <const char*> p[READ_STATE]
    cdef const char* planet = <const char*> p[READ_PLANET]
    cdef const uint8_t* linked = <const uint8_t*> p[OWN_LINKED]
    cdef double own[9]
    cdef double own_dot[9]
    cdef const double* c = own
    cdef const double* c_dot = own_dot
    cdef Vec3 r = vec_from(<const double*> (state + io.r_CN_N))
    cdef Vec3 v = vec_from(<const double*> (state + io.v_CN_N))
    cdef Quat q_site_n
    cdef double dv = (<const double*> (state + io.TotalAccumDV_BN_B))[2]
    if linked[READ_PLANET]:
        c = <const double*> (planet + io.J20002Pfix)
        c_dot = <const double*> (planet + io.J20002Pfix_dot)
        r = sub(r, vec_from(<const double*> (planet + io.PositionVector)))
        v = sub(v, vec_from(<const double*> (planet + io.VelocityVector)))
    else:
        turn_of_moon(io.rotation_radps, 1e-9 * <double> nanos, own, own_dot)
    # The columns of site-from-N are the axes of N in site components.
    q_site_n = quat_from_axes(
        times(io.moon_to_site, column(c, 0)), times(io.moon_to_site, column(c, 1)),
        times(io.moon_to_site, column(c, 2)))
    # v_moon = C v + C' r
    vec_to(times(io.moon_to_site, add(times(c, v), times(c_dot, r))), e.v_site)
    r = times(io.moon_to_site, times(c, r))
    e.r_site[0] = r.x
    e.r_site[1] = r.y
    e.r_site[2] = r.z - m.table.radius_m
    quat_to(
        quat_mul(q_site_n, mrp_to_quat(<const double*> (state + io.sigma_BN))), e.q_site_body)
    vec_to(vec_from(<const double*> (state + io.omega_BN_B)), e.omega_body)
    e.mass_kg = (<const double*> (<const char*> p[READ_MASS] + io.massSC))[0]
    e.accel_mps2 = (dv - m.watch.dv_before) * TICK_HZ if m.watch.started else 0.0
    m.watch.dv_before = dv


cdef inline void watch_ground(Module* m, Estimate* e, int64_t tick) noexcept nogil:
    """Height of the base above the ground, and the moment between ticks when it is none."""
    cdef Watch* w = &m.watch
    cdef double com = quantity_at_mass(
        e.mass_kg, m.table.com_height_full_m, m.table.com_height_dry_m, m.table)
    cdef Vec3 base = base_at(vec_from(e.r_site), quat_from(e.q_site_body), com)
    cdef double height, share
    height = norm(vec(base.x, base.y, base.z + m.table.radius_m))
    height -= m.table.radius_m + m.io.ground_m
    e.height_m = height
    e.height_sigma_m = 0.0
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
    """On-times of the bank for a thrust; the residual of whole nozzles is added to the next tick.

    Between the first command and the first thrust lies the ignition.
    """
    cdef Watch* w = &m.watch
    cdef int i
    cdef int64_t units, most = (<int64_t> 1 << m.io.nozzles) - 1
    cdef double wanted
    memset(on_time_s, 0, MAX_NOZZLES * sizeof(double))
    if not thrust_n > 0.0:
        w.burning = 0
        w.residual_n = 0.0
        return
    if not w.burning:
        w.burning = 1
        w.ignition_left = m.io.ignition_ticks
    if w.ignition_left > 0:
        w.ignition_left -= 1
        return
    wanted = clamp(thrust_n + w.residual_n, 0.0, most * m.io.nozzle_n)
    units = <int64_t> (wanted / m.io.nozzle_n + 0.5)
    if units > most:
        units = most
    w.residual_n = wanted - units * m.io.nozzle_n
    for i in range(m.io.nozzles):
        if (units >> i) & 1:
            on_time_s[i] = m.io.on_time_s
