"""Apollo's quadratic at full throttle: where it will throttle down, and how far that is from due.

The law brakes at full throttle until it asks for no more than throttle_low; from there on its
polynomial ends at the target. Recovery is due by T_r = -(exit + recovery_s). There, along the
flight, with a(T_r) what throttle_low leaves beside the vertical,

    S   = 2 (a(T_r) - A_D - J T_r) / T_r^2
    V_r = V_D + A_D T_r + J T_r^2 / 2 + S T_r^3 / 6
    R_r = R_D + V_D T_r + A_D T_r^2 / 2 + J T_r^3 / 6 + S T_r^4 / 24

(A_D, J: acceleration and jerk at the target; Luminary 099, LUNAR_LANDING_GUIDANCE_EQUATIONS.) The
flight is taken ahead under full thrust, as measured, with the vertical share that the law asks for
and the rest against the flight, until its speed is V_r. What it is beyond R_r by then is what the
target must move along the track; that is negative while recovery comes in time.
"""

from libc.math cimport sqrt

from farside.ext.guidance.autopilot.guidance_state cimport GuidanceState, free_fall
from farside.ext.guidance.autopilot.records cimport AutopilotTable, PhaseRow
from farside.ext.guidance.laws.apollo cimport (
    GuidanceFrame, TimeToTarget, apollo_quadratic, saturate, time_to_target,
)
from farside.ext.common.vector cimport Vec3, add, axpy, dot, norm, scale


cdef enum:
    RECOVERY_STEPS = 40     # of the flight ahead: a method's, not a gain


cdef struct Recovery:
    double v_mps            # V_r
    double r_m              # R_r


cdef inline Recovery recovery_due(
        const AutopilotTable* t, const PhaseRow* row, double t_r, double mass_kg, double up_mps2,
        double g_along) noexcept nogil:
    """V_r and R_r of a lander of this mass that needs up_mps2 of its thrust upwards."""
    cdef Recovery out
    cdef double level = t.throttle_low_n / mass_kg
    cdef double across = level * level - up_mps2 * up_mps2
    cdef double a = g_along - (sqrt(across) if across > 0.0 else 0.0)
    cdef double s = 2.0 * (a - row.target.a[2] - row.target.jerk * t_r) / (t_r * t_r)
    out.v_mps = row.target.v[2] + t_r * (row.target.a[2] + t_r * (
        0.5 * row.target.jerk + t_r * s / 6.0))
    out.r_m = row.target.r[2] + t_r * (row.target.v[2] + t_r * (0.5 * row.target.a[2] + t_r * (
        row.target.jerk / 6.0 + t_r * s / 24.0)))
    return out


cdef inline double beyond_recovery(
        const AutopilotTable* t, const PhaseRow* row, const GuidanceState* now, Vec3 site,
        Vec3 base, const GuidanceFrame* frame, double guess) noexcept nogil:
    """How far [m] beyond R_r full thrust brings the lander to V_r; base: its place from the site.

    0 where it does not come to that speed, or no time is found.
    """
    cdef double t_r = -(row.exit_value + t.gains.braking.recovery_s)
    cdef double thrust_n = now.full_mps2 * now.mass_kg, mass = now.mass_kg
    cdef double h = max(-guess, 1.0) / RECOVERY_STEPS, over, last = 0.0, up_mps2 = 0.0
    cdef double half_kg = 0.5 * h * t.thrust_max_n / t.exhaust_mps
    cdef TimeToTarget time
    cdef Recovery due
    cdef Vec3 r = base, v = now.v, g, a
    cdef int k
    for k in range(2 * RECOVERY_STEPS):
        if mass - 2.0 * half_kg < t.mass_dry_kg:
            return 0.0
        g = free_fall(t, add(r, site), v)
        if guess < t_r:
            time = time_to_target(&row.target, r, v, frame, guess)
            if time.found and time.t < t_r:
                guess = time.t
                a = apollo_quadratic(&row.target, frame, r, v, g, guess, row.lead_s)
                up_mps2 = dot(a, frame.up)
        # Past that time the law says nothing: the vertical stays, the rest of the thrust brakes.
        a = saturate(
            axpy(up_mps2, frame.up, scale(-1e3, frame.along)), frame, thrust_n / mass)
        guess += h
        due = recovery_due(t, row, t_r, mass, up_mps2, dot(g, frame.along))
        over = dot(v, frame.along) - due.v_mps
        if over <= 0.0:
            # Between the last two steps, linear in the speed; none: recovery is not ahead.
            return 0.0 if k == 0 else dot(
                axpy(-h * over / (over - last), v, r), frame.along) - due.r_m
        mass -= half_kg
        a = add(g, scale(thrust_n / (mass * max(norm(a), 1e-6)), a))
        mass -= half_kg
        r = axpy(h, axpy(0.5 * h, a, v), r)
        v = axpy(h, a, v)
        last = over
    return 0.0
