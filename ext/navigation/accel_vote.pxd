"""Accelerometers against the thrust commanded, where the speeds over ground say which is wrong.

A reading that is a tenth too large looks like an engine that gives a tenth more: of the two alone
nobody can tell which is wrong. The velocimeter is the third. With F the thrust commanded, m the
estimated mass, dv the increment that is integrated, at the centre of mass, and v_b the velocity by
three beams of one report,

    x = sum of R(q) ((0, 0, F / m) dt - dv)     what F would have added more                 (1)
    y = v_b - (v - C)                           what should have been added more             (2)

where C is the sum of all corrections: v - C is what the increments alone have made. Where F is
right y is x and a constant, where the increments are y is a constant. By least squares, with sums
that fade over FADE reports,

    y = y_0 + lambda x,     lambda = S_xy / S_xx,     sigma^2 = S_rr / (n S_xx)              (3)

S_rr what the line leaves (Draper & Smith, Applied Regression Analysis, 1.4). The increments are
wrong where lambda lies between LEAST and MOST and is SURE sigmas or more; a mass that has followed
a wrong reading puts it above 1. All that is asked only while the two have parted along an axis,

    |sum of F / m dt - dv| > PARTED s sum of F / m dt, and along z + LAG_S (a_most - a_least)  (4)

with sums and extremes of a = F / m that fade over 5 s, s = thrust_along_sigma, across z
thrust_across_sigma: the last term is what an engine owes that follows its command late. A
velocimeter that is wrong does not part the two. Nor is it asked where a gyro is doubted: what is
turned the wrong way goes the wrong way.

Across the thrust an axis that is outvoted is refused, as in accel_axis.pxd. Along it the reading
still tells an engine that is out, which F / m does not: it is multiplied by

    k = sum of F / m dt / (sum of dv_z)                                                      (5)

over the reports of (3). The mass has followed the readings by -m' = (a + b T) T (mass.pxd); by F it
is, to the first order, and before (5) is taken,

    m <- m - sum of (a + 2 b F) (F dt - m dv_z)                                              (6)

The velocity is opened by what it is off, the velocimeter's scale goes back to what it was, and the
beams, which were right, are believed again. An axis is believed again where (4), with what it
reads, half of PARTED and no allowance, has failed for READMIT_STEPS on end. Where a fault along z
ends, (5) itself is the error, k - 1 of the thrust: where for ENDED_STEPS on end what is read is
less than half as far from F / m as what is integrated, k is 1 again, and what those steps missed
is put in.
"""

from libc.math cimport fabs
from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport (
    ALL_BEAMS, HEAD_VELOCITY, SATURATED_VELOCITY, VELOCITY_BEAMS, Measurements,
)
from farside.ext.common.retro cimport retro_aboard
from farside.ext.common.vector cimport (
    Vec3, add, axpy, clamp, cross, dot, finite, quat_from, rotate, scale, sub, vec_finite,
    vec_from, vec_to,
)
from farside.ext.navigation._codes cimport (
    TRUST_BELIEVED, TRUST_REJECTED, TRUST_SATURATED, TRUST_STUCK, TRUST_ZERO,
)
from farside.ext.navigation.accel_axis cimport (
    along_axis, believe_axes, forget_repeats, put_in_speed, refuse_axis,
)
from farside.ext.navigation.clones cimport clear_state
from farside.ext.navigation.delayed cimport Then, estimate_at, known_arm, rates_modelled
from farside.ext.navigation.health_records cimport CHANNEL_BEAM, Channel
from farside.ext.navigation.inertial_records cimport AccelVote
from farside.ext.navigation.star_slope cimport gyros_doubted
from farside.ext.navigation.state cimport (
    ACCEL_MOUNT, BEAM_SCALE, COVARIANCE_EVERY, VELOCITY, Navigator, NavigatorSetup,
)


cdef enum:
    ACROSS = 3                  # bits of x and y
    ALONG = 4
    READMIT_STEPS = 100         # of the covariance: 10 s
    ENDED_STEPS = 10            # 1 s


cdef extern from *:
    """
    #define REPORTS_LEAST 26.0      /* as they fade: 30 at 20 Hz, 1.5 s */
    #define PARTED 2.0
    #define LAG_S 1.0               /* throttles of the missions follow within 0.2 s */
    #define LEAST 0.6
    #define MOST 1.6
    #define SURE 6.0
    #define FADE 0.99               /* of a report */
    #define FADE_STEPS 0.98         /* of a step of the covariance: 5 s */
    #define BEAMS_APART 1e-3        /* least volume that three directions span */
    #define GAIN_MOST 10.0
    """
    const double REPORTS_LEAST
    const double PARTED
    const double LAG_S
    const double LEAST
    const double MOST
    const double SURE
    const double FADE
    const double FADE_STEPS
    const double BEAMS_APART
    const double GAIN_MOST


cdef inline int parted_axes(
        const Navigator* nav, const NavigatorSetup* setup, double by, double lag_s) noexcept nogil:
    """Bits of the axes on which readings and thrust have parted: (4)."""
    cdef const AccelVote* a = &nav.accel_vote
    cdef double across = by * setup.thrust_across_sigma * a.told_mps
    cdef double along = by * setup.thrust_along_sigma * a.told_mps + lag_s * (
        a.most_mps2 - a.least_mps2)
    return (fabs(a.off_mps[0]) > across) | ((fabs(a.off_mps[1]) > across) << 1) | (
        (fabs(a.off_mps[2]) > along) << 2)


cdef inline void note_parted(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m, Vec3 dv,
        double dt) noexcept nogil:
    """The increment of a tick, as integrated, against the thrust commanded."""
    cdef AccelVote* a = &nav.accel_vote
    cdef double told_mps = a.tick_mps
    if nav.tick % COVARIANCE_EVERY == 0:
        step_vote(nav, setup, dt)
    if not nav.commanded_n > 0.0 or nav.watch.refused or nav.watch.made_up or nav.contact or (
            m.contact):
        return
    a.step_told_mps += told_mps
    a.step_mps[0] -= dv.x
    a.step_mps[1] -= dv.y
    a.step_mps[2] += told_mps - dv.z
    if a.axes:
        note_outvoted(nav, m, dv)


cdef inline void note_outvoted(
        Navigator* nav, const Measurements* m, Vec3 dv) noexcept nogil:
    """What axes that were outvoted read more than is integrated for them."""
    cdef AccelVote* a = &nav.accel_vote
    cdef double[3] used
    cdef int i
    vec_to(dv, used)
    for i in range(3):
        if a.axes & (1 << i) and finite(m.dv_body[i]):
            a.off_mps[i] += used[i] - m.dv_body[i]
            if i == 2:
                a.over_mps += used[i] - m.dv_body[i]


cdef inline void step_vote(
        Navigator* nav, const NavigatorSetup* setup, double dt) noexcept nogil:
    """The sums of (1), (4), (5) and (6) go on by a step of the covariance."""
    cdef AccelVote* a = &nav.accel_vote
    cdef double told_mps2 = a.step_told_mps / (COVARIANCE_EVERY * dt)
    cdef double F = min(nav.mass_kg * told_mps2, setup.thrust_full_n)
    cdef int i
    if a.axes & ALONG:
        note_ended(nav, setup, F, dt)
    vec_to(
        add(vec_from(a.x_mps), rotate(quat_from(nav.q_site_body), vec_from(a.step_mps))), a.x_mps)
    # (6)
    if not retro_aboard(&setup.retro, nav.tick - 1):
        a.owed_kg += (setup.flow_spm + 2.0 * setup.flow_spm_per_n * F) * (
            nav.mass_kg * a.step_mps[2])
    a.along_mps += a.step_mps[2]
    a.told_all_mps += a.step_told_mps
    a.told_mps = FADE_STEPS * a.told_mps + a.step_told_mps
    a.least_mps2 = min(a.least_mps2 + (1.0 - FADE_STEPS) * (told_mps2 - a.least_mps2), told_mps2)
    a.most_mps2 = max(a.most_mps2 + (1.0 - FADE_STEPS) * (told_mps2 - a.most_mps2), told_mps2)
    for i in range(3):
        a.off_mps[i] = FADE_STEPS * a.off_mps[i] + a.step_mps[i]
        a.step_mps[i] = 0.0
    a.step_told_mps = 0.0
    if a.axes:
        if a.axes & parted_axes(nav, setup, 0.5 * PARTED, 0.0):
            a.agreed = 0
        else:
            a.agreed = min(a.agreed, READMIT_STEPS) + 1
        if a.agreed >= READMIT_STEPS:
            forget_vote(nav)


cdef inline void note_ended(
        Navigator* nav, const NavigatorSetup* setup, double F, double dt) noexcept nogil:
    """A step in which the reading along z is corrected: whether its fault has ended."""
    cdef AccelVote* a = &nav.accel_vote
    cdef double off = fabs(a.step_mps[2]), kg
    if off > PARTED * setup.thrust_along_sigma * a.step_told_mps and (
            fabs(a.step_mps[2] + a.over_mps) < 0.5 * off):
        a.missed_mps -= a.over_mps
        a.missed_m += COVARIANCE_EVERY * dt * a.missed_mps
        a.ended += 1
    else:
        a.missed_mps = a.missed_m = 0.0
        a.ended = 0
    a.over_mps = 0.0
    if a.ended < ENDED_STEPS:
        return
    put_in_speed(nav, along_axis(2, a.missed_mps), along_axis(2, a.missed_m))
    # (6)
    kg = (setup.flow_spm + 2.0 * setup.flow_spm_per_n * F) * nav.mass_kg * a.missed_mps
    nav.mass_kg = max(nav.mass_kg - kg, setup.mass_min_kg)
    a.owed_kg -= kg
    a.off_mps[2] = 0.0
    forget_gain(nav)


cdef inline void forget_gain(Navigator* nav) noexcept nogil:
    """Believe what is read along the thrust."""
    cdef AccelVote* a = &nav.accel_vote
    if a.axes & ALONG:
        clear_state(nav, ACCEL_MOUNT + 2)
        nav.P[ACCEL_MOUNT + 2][ACCEL_MOUNT + 2] = a.variance
        a.gain = a.over_mps = a.missed_mps = a.missed_m = 0.0
        a.ended = 0
        a.axes &= ~ALONG


cdef inline void forget_vote(Navigator* nav) noexcept nogil:
    """Believe the axes that were outvoted."""
    cdef AccelVote* a = &nav.accel_vote
    believe_axes(nav, a.axes & ACROSS)
    forget_gain(nav)
    a.axes = 0


cdef inline bint velocity_by_beams(
        const Navigator* nav, const NavigatorSetup* setup, const Measurements* m, const Then* then,
        Vec3* v_site) noexcept nogil:
    """v_b of three beams that may be right; False where one is not heard, or is known to be wrong.

    b_i . u = y_i has the solution u = (y_1 b_2 x b_3 + y_2 b_3 x b_1 + y_3 b_1 x b_2) / det
    """
    cdef Vec3 one = vec_from(m.velocity_direction[0])
    cdef Vec3 two = vec_from(m.velocity_direction[1])
    cdef Vec3 three = vec_from(m.velocity_direction[2])
    cdef Vec3 u
    cdef double det = dot(one, cross(two, three))
    cdef int i, trust
    if m.velocity_valid & ALL_BEAMS != ALL_BEAMS or not fabs(det) > BEAMS_APART:
        return False
    for i in range(VELOCITY_BEAMS):
        trust = nav.channel[CHANNEL_BEAM + i].trust
        if m.saturated & (SATURATED_VELOCITY << i) or trust == TRUST_STUCK or (
                trust == TRUST_ZERO or trust == TRUST_SATURATED):
            return False
    u = scale(m.velocity_mps[0], cross(two, three))
    u = axpy(m.velocity_mps[1], cross(three, one), u)
    u = axpy(m.velocity_mps[2], cross(one, two), u)
    u = scale(1.0 / (det * (1.0 + nav.accel_vote.beam_scale)), u)
    v_site[0] = rotate(
        then.q, sub(u, cross(then.omega, known_arm(nav, setup, HEAD_VELOCITY))))
    return vec_finite(v_site[0])


cdef inline void begin_vote(AccelVote* a) noexcept nogil:
    """No report has been counted."""
    cdef int i
    a.n = a.xx = a.xy = a.yy = a.along_mps = a.told_all_mps = 0.0
    for i in range(3):
        a.x[i] = a.y[i] = a.x_mps[i] = 0.0


cdef inline void add_report(AccelVote* a, Vec3 x, Vec3 y) noexcept nogil:
    """The sums of (3)."""
    a.n = FADE * a.n + 1.0
    vec_to(axpy(FADE, vec_from(a.x), x), a.x)
    vec_to(axpy(FADE, vec_from(a.y), y), a.y)
    a.xx = FADE * a.xx + dot(x, x)
    a.xy = FADE * a.xy + dot(x, y)
    a.yy = FADE * a.yy + dot(y, y)


cdef inline bint thrust_is_right(const AccelVote* a) noexcept nogil:
    """(3): whether speeds over ground go with the thrust, and not with the readings."""
    cdef Vec3 x = vec_from(a.x), y = vec_from(a.y)
    cdef double xx, xy, yy, slope, left
    if not a.n > REPORTS_LEAST:
        return False
    xx = a.xx - dot(x, x) / a.n
    xy = a.xy - dot(x, y) / a.n
    yy = a.yy - dot(y, y) / a.n
    if not xx > 0.0:
        return False
    slope = xy / xx
    left = max(yy - slope * xy, 0.0)
    return LEAST < slope < MOST and slope * slope * xx * a.n > SURE * SURE * left


cdef inline void correct_reading(Navigator* nav, const NavigatorSetup* setup) noexcept nogil:
    """(5) and (6): along the thrust; what is left is as uncertain as the thrust."""
    cdef AccelVote* a = &nav.accel_vote
    cdef double mass_kg = nav.mass_kg
    cdef double read_mps = a.told_all_mps - a.along_mps
    # (6)
    nav.mass_kg = max(mass_kg - a.owed_kg, setup.mass_min_kg)
    a.owed_kg = 0.0
    # (5)
    if read_mps > 0.0:
        a.gain = clamp(
            mass_kg / nav.mass_kg * a.told_all_mps / read_mps, 1.0 / GAIN_MOST, GAIN_MOST) - 1.0
    a.variance = nav.P[ACCEL_MOUNT + 2][ACCEL_MOUNT + 2]
    clear_state(nav, ACCEL_MOUNT + 2)
    nav.P[ACCEL_MOUNT + 2][ACCEL_MOUNT + 2] = (
        setup.thrust_along_sigma * setup.thrust_along_sigma)


cdef inline void outvote(
        Navigator* nav, const NavigatorSetup* setup, int axes, Vec3 off) noexcept nogil:
    """Take readings for wrong; the velocity may be off by as much as it is."""
    cdef AccelVote* a = &nav.accel_vote
    cdef Channel* c
    cdef int i
    for i in range(3):
        if axes & ACROSS & (1 << i):
            forget_repeats(&nav.accel[i])
            refuse_axis(nav, setup, i, TRUST_REJECTED)
        nav.P[VELOCITY + i][VELOCITY + i] += dot(off, off)
        c = &nav.channel[CHANNEL_BEAM + i]
        c.trust = TRUST_BELIEVED
        c.outside = 0
        c.ramp = 1.0
    if axes & ALONG:
        correct_reading(nav, setup)
    # The error of the velocity has been taken for one of the velocimeter's scale.
    nav.beam_scale = a.beam_scale
    clear_state(nav, BEAM_SCALE)
    nav.P[BEAM_SCALE][BEAM_SCALE] = a.beam_variance
    a.axes |= axes
    a.agreed = 0
    begin_vote(a)


cdef inline void vote_on_thrust(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m,
        int64_t tick) noexcept nogil:
    """One report of speeds over ground."""
    cdef AccelVote* a = &nav.accel_vote
    cdef int axes = parted_axes(nav, setup, PARTED, LAG_S) & ~(nav.watch.axes | a.axes)
    cdef Then then
    cdef Vec3 v, off, x
    if axes == 0 or not a.beam_variance > 0.0:
        a.beam_scale = nav.beam_scale
        a.beam_variance = nav.P[BEAM_SCALE][BEAM_SCALE]
    if axes == 0 or not nav.commanded_n > 0.0 or rates_modelled(nav) or gyros_doubted(nav):
        a.n = 0.0
        return
    if a.n == 0.0:
        begin_vote(a)
    if not estimate_at(nav, m.velocity_tick, tick, &then) or (
            not velocity_by_beams(nav, setup, m, &then, &v)):
        return
    off = sub(v, then.v)
    x = add(vec_from(a.x_mps), rotate(quat_from(nav.q_site_body), vec_from(a.step_mps)))
    add_report(a, x, add(off, vec_from(nav.corrected_v)))
    if thrust_is_right(a):
        outvote(nav, setup, axes, off)
