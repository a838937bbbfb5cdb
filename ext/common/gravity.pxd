"""The Moon's gravity at a point of the site frame: point mass, J2 and C22.

The degree-2 field is a quadratic form in the Moon-fixed direction, so that it needs no latitude,
longitude or trigonometry. With R the reference radius and P20, P22 unnormalised,

    U = GM/r + GM R^2 [ -J2 (3 z^2 - r^2)/2 + 3 C22 (x^2 - y^2) ] / r^5      (Kaula 1966, ch. 1;
                                                                            theory (1.4))

Its axes are taken to be the mean-Earth ones. The field's own (principal) axes lie 0.03 deg away
(67.9", 78.7" and 0.3" about x, y and z): that turns degree-2 gravity by 5e-4 rad, an error of
8e-7 m/s^2 at most on the surface, 0.3 m at the end of a 900 s descent. All other harmonics, 2e-3
m/s^2 (rms) along a descent from 15 km, come from a table (gravity_table.pxd).
"""

from libc.math cimport sqrt

from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport Vec3, axpy, cross, dot, vec


cdef inline Vec3 gravity(const Moon* moon, Vec3 p_site) noexcept nogil:
    """Gravitational acceleration [m/s^2, site] at p_site [m]; no centrifugal part."""
    cdef const double* m = &moon.site_to_moon[0]
    cdef double px = p_site.x, py = p_site.y, pz = p_site.z + moon.radius_m
    cdef double x = m[0] * px + m[1] * py + m[2] * pz
    cdef double y = m[3] * px + m[4] * py + m[5] * pz
    cdef double z = m[6] * px + m[7] * py + m[8] * pz
    cdef double r2 = px * px + py * py + pz * pz
    cdef double inverse2 = 1.0 / r2
    # GM / r^3 = GM r / r^4: the root does not wait for the division
    cdef double point = moon.gm * (inverse2 * inverse2) * sqrt(r2)
    cdef double second = (
        point * moon.reference_radius_m * moon.reference_radius_m * inverse2)
    # U2 = GM R^2 s / r^5, s = p.A p with A = diag(J2/2 + 3 C22, J2/2 - 3 C22, -J2)
    cdef double ax = (0.5 * moon.j2 + 3.0 * moon.c22) * x
    cdef double ay = (0.5 * moon.j2 - 3.0 * moon.c22) * y
    cdef double az = -moon.j2 * z
    # theory (1.5)
    # grad U = -GM p / r^3 + GM R^2 / r^5 (2 A p - 5 (s / r^2) p)
    cdef double radial = -point - 5.0 * second * (x * ax + y * ay + z * az) * inverse2
    ax *= 2.0 * second
    ay *= 2.0 * second
    az *= 2.0 * second
    return vec(
        radial * px + m[0] * ax + m[3] * ay + m[6] * az,
        radial * py + m[1] * ax + m[4] * ay + m[7] * az,
        radial * pz + m[2] * ax + m[5] * ay + m[8] * az,
    )


cdef inline Vec3 gravity_and_frame_acceleration(const Moon* moon, Vec3 r, Vec3 v) noexcept nogil:
    """g(r) - 2 w x v - w x (w x r_c) [m/s^2, site]: what acts on a free body in the site frame.

    theory (1.1), solved for r''.
    """
    cdef Vec3 w = moon.omega_site
    cdef Vec3 rc = vec(r.x, r.y, r.z + moon.radius_m)
    # - w x (w x r_c) = (w.w) r_c - (w.r_c) w
    cdef Vec3 a = axpy(dot(w, w), rc, gravity(moon, r))
    a = axpy(-dot(w, rc), w, a)
    return axpy(-2.0, cross(w, v), a)
