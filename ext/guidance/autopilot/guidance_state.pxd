"""What the laws read at a guidance tick: where the lander is, and what its engine gives there.

    g = -mu rho / |rho|^3 - 2 w x v - w x (w x rho)       acceleration of free fall, site frame
    rho = r + (0, 0, radius)                              from the Moon's centre
"""

from libc.stdint cimport int64_t

from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable
from farside.ext.guidance.records.command cimport Estimate
from farside.ext.common.vector cimport (
    Vec3, axpy, cross, norm, scale, sub, unit, vec, vec_from,
)


cdef struct GuidanceState:
    int64_t tick
    double elapsed_s            # since the phase began
    const Estimate* estimate
    Vec3 r                      # centre of mass [m, site]
    Vec3 v                      # relative to the turning Moon
    Vec3 g                      # acceleration of free fall at r and v
    Vec3 up                     # unit vector away from the Moon's centre
    double mass_kg
    double com_height           # of the centre of mass above the base [m]
    double full_mps2            # full thrust, as measured, over mass


cdef inline Vec3 free_fall(const AutopilotTable* t, Vec3 r, Vec3 v) noexcept nogil:
    """-mu rho / |rho|^3 - 2 w x v - w x (w x rho) [m/s^2], the point-mass Moon."""
    cdef Vec3 rho = vec(r.x, r.y, r.z + t.radius_m)
    cdef Vec3 w = vec_from(t.omega_site)
    cdef double d = norm(rho)
    cdef Vec3 a = scale(-t.gm / (d * d * d), rho)
    a = axpy(-2.0, cross(w, v), a)
    return sub(a, cross(w, cross(w, rho)))


cdef inline GuidanceState guidance_state(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e, int64_t tick,
        double elapsed_s, double com_height) noexcept nogil:
    """The state of a guidance tick from its estimate."""
    cdef GuidanceState now
    now.tick = tick
    now.elapsed_s = elapsed_s
    now.estimate = e
    now.r = vec_from(e.r_site)
    now.v = vec_from(e.v_site)
    now.g = free_fall(t, now.r, now.v)
    now.up = unit(vec(now.r.x, now.r.y, now.r.z + t.radius_m), vec(0.0, 0.0, 1.0))
    now.mass_kg = e.mass_kg
    now.com_height = com_height
    now.full_mps2 = t.thrust_max_n * s.thrust_scale / e.mass_kg
    return now
