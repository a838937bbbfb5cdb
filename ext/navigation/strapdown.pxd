"""Strapdown integration: attitude, velocity, position and mass from the inertial increments.

The unit stands a lever arm l off the centre of mass. Its increments become those of the centre by

    dv_C = dv - domega x l - dtheta x (dtheta x l) / dt

with the rate of a tick dtheta / dt, and domega its change since the tick before.
"""

from farside.ext.common.gravity cimport gravity
from farside.ext.common.measurements cimport HEAD_IMU, Measurements
from farside.ext.common.rotation cimport rotate_by
from farside.ext.common.types cimport Moon, TICK_HZ
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, finite, norm, quat_from, quat_to, rotate, rotate_back, scale,
    sub, vec_from, vec_to,
)
from farside.ext.navigation.past cimport known_arm
from farside.ext.navigation.records cimport Navigator, NavigatorSetup


cdef inline void propagate_state(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        double dt) noexcept nogil:
    """One tick of strapdown: attitude, velocity and position from the increments."""
    cdef Vec3 r = vec_from(nav.r_site)
    cdef Vec3 v = vec_from(nav.v_site)
    cdef Vec3 dtheta = vec_from(m.dtheta_body)
    cdef Vec3 dv = at_centre(nav, setup, vec_from(m.dv_body), dtheta, dt)
    cdef Quat q = quat_from(nav.q_site_body)
    cdef Vec3 w = moon.omega_site
    cdef Vec3 rho, a, dv_site, v_mid, v_end, turn
    # The body turns by dtheta against inertial space, the site frame by w dt.
    turn = axpy(-dt, rotate_back(q, w), dtheta)
    # The increment belongs to the attitude half-way through the tick.
    dv_site = rotate(rotate_by(q, scale(0.5, turn)), dv)
    # a = g(r) + g_t - 2 w x v - w x (w x rho), half-way through the tick; g_t of a table
    v_mid = axpy(0.5, dv_site, v)
    rho = axpy(0.5 * dt, v, r)
    rho.z += moon.radius_m
    a = add(gravity(moon, axpy(0.5 * dt, v, r)), vec_from(nav.field_site))
    a = axpy(-2.0, cross(w, v_mid), a)
    a = sub(a, cross(w, cross(w, rho)))
    # v' = v + dv + a dt;  r' = r + (v + v') dt / 2
    v_end = add(v, add(dv_site, scale(dt, a)))
    r = axpy(0.5 * dt, add(v, v_end), r)
    vec_to(r, nav.r_site)
    vec_to(v_end, nav.v_site)
    quat_to(rotate_by(q, turn), nav.q_site_body)
    vec_to(scale(1.0 / dt, dtheta), nav.omega_body)
    nav.accel_mps2 = dv.z / dt
    propagate_mass(nav, setup, m, norm(dv))
    if finite(nav.height_m):
        # Height follows the vertical motion between measurements.
        nav.height_m += dt * v_end.z


cdef inline Vec3 at_centre(
        const Navigator* nav, const NavigatorSetup* setup, Vec3 dv, Vec3 dtheta,
        double dt) noexcept nogil:
    """The increment of velocity at the centre of mass."""
    cdef Vec3 arm = known_arm(nav, setup, HEAD_IMU)
    if dot(arm, arm) == 0.0:
        return dv
    return sub(
        sub(dv, cross(sub(scale(1.0 / dt, dtheta), vec_from(nav.omega_body)), arm)),
        scale(1.0 / dt, cross(dtheta, cross(dtheta, arm))))


cdef inline void propagate_mass(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m,
        double dv_mps) noexcept nogil:
    """m' = -(a + b T) T for the engine, T = m |f| with f the specific force; and the thrusters'."""
    cdef double impulse_ns, thrust_n
    cdef int i
    # On the legs the ground gives the force.
    if not (nav.contact or m.contact):
        impulse_ns = nav.mass_kg * dv_mps
        thrust_n = impulse_ns * TICK_HZ
        thrust_n = thrust_n if thrust_n < setup.thrust_full_n else setup.thrust_full_n
        nav.mass_kg -= (setup.flow_spm + setup.flow_spm_per_n * thrust_n) * impulse_ns
    # A couple makes no net force, so the accelerometers do not show its propellant.
    for i in range(2):
        nav.mass_kg -= setup.valve_flow_kgps[i] * m.valve_s[i]
    if nav.mass_kg < setup.mass_min_kg:
        nav.mass_kg = setup.mass_min_kg
