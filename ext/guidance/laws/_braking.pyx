"""The braking law's solver, for set-up, tests and studies; the tick compiles the same kernel."""

from farside.ext.guidance.laws.braking cimport (
    BrakingGate, BrakingMoon, BrakingState, BrakingThrust, braking_plane, braking_step, burnt_share,
    fly_braking, share_steps,
)
from farside.ext.guidance.records.plan cimport BRAKING_PARTS
from farside.ext.common.elementary cimport atan2_of
from farside.ext.common.vector cimport Vec3, cross, dot, norm, vec


cdef BrakingMoon moon_of(double gm, double radius_m, const double[::1] omega_site) noexcept:
    cdef BrakingMoon moon
    moon.gm = gm
    moon.radius_m = radius_m
    moon.omega = vec(omega_site[0], omega_site[1], omega_site[2])
    return moon


cdef BrakingGate gate_of(const double[::1] gate) noexcept:
    """Altitude and range [m], vertical and horizontal speed [m/s]."""
    cdef BrakingGate g
    g.altitude_m = gate[0]
    g.range_m = gate[1]
    g.vertical_mps = gate[2]
    g.horizontal_mps = gate[3]
    return g


cdef BrakingThrust thrust_of(
        double full_mps2, double exhaust_mps, const double[::1] parts, int part) noexcept:
    """Of opening and closing [s], and the levels of opening, main part and closing."""
    cdef BrakingThrust thrust
    cdef int i
    thrust.full_mps2 = full_mps2
    thrust.exhaust_mps = exhaust_mps
    thrust.opening_s = parts[0]
    thrust.closing_s = parts[1]
    for i in range(BRAKING_PARTS):
        thrust.level[i] = parts[2 + i]
    thrust.part = part
    return thrust


def newton_step(
    double gm, double radius_m, const double[::1] omega_site, const double[::1] gate,
    const double[::1] r_site, const double[::1] v_site, double full_mps2, double exhaust_mps,
    const double[::1] parts, int part, double level_max, bint hold_level, double[::1] x,
):
    """Make one Newton step on x in place; return the miss before it [m, 100 m for each m/s].

    x has the level of the given part: 0 opening, 1 main part, 2 closing.
    """
    cdef BrakingThrust thrust = thrust_of(full_mps2, exhaust_mps, parts, part)
    cdef BrakingMoon moon = moon_of(gm, radius_m, omega_site)
    cdef BrakingGate g = gate_of(gate)
    cdef Vec3 normal
    return braking_step(
        &moon, &g, vec(r_site[0], r_site[1], r_site[2] + radius_m),
        vec(v_site[0], v_site[1], v_site[2]), &thrust, level_max, hold_level, &x[0], &normal)


def flown_arc(
    double gm, double radius_m, const double[::1] omega_site, const double[::1] gate,
    const double[::1] r_site, const double[::1] v_site, double full_mps2, double exhaust_mps,
    const double[::1] parts, int part, const double[::1] x,
):
    """Return the arc [m] flown along the Moon, at the site's radius, and the mass share burnt."""
    cdef BrakingThrust thrust = thrust_of(full_mps2, exhaust_mps, parts, part)
    cdef BrakingMoon moon = moon_of(gm, radius_m, omega_site)
    cdef BrakingGate g = gate_of(gate)
    cdef BrakingState end
    cdef Vec3 rho = vec(r_site[0], r_site[1], r_site[2] + radius_m)
    cdef Vec3 v = vec(v_site[0], v_site[1], v_site[2])
    cdef Vec3 n, c
    n = braking_plane(&moon, &g, rho, v).normal
    share_steps(&thrust, &x[0])
    end = fly_braking(&moon, rho, v, n, &x[0], &thrust)
    c = cross(rho, end.rho)
    return radius_m * atan2_of(norm(c), dot(rho, end.rho)), burnt_share(&thrust, &x[0])
