"""The onboard map: coarse heights along the approach, and the deviation of the ground from each.

Cells lie in arcs of the site's radius: u along the flight, v across it (terrain/onboard.py).
"""

from libc.math cimport floor

from farside.ext.common.elementary cimport asin_of, atan2_of
from farside.ext.common.vector cimport Vec3, dot, norm


cdef struct OnboardMap:
    const float* height_m       # rows x cols above the site's radius; rows along v
    const float* sigma_m
    int rows
    int cols
    double u0_m                 # of the first cell's centre
    double v0_m
    double cell_m
    double radius_m
    Vec3 along_site             # horizontal unit vectors at the site
    Vec3 across_site


cdef struct MapHeight:
    double height_m         # above the site's radius
    double sigma_m          # standard deviation of the ground from it
    double u_m              # arcs of the place along and across the track
    double v_m


cdef inline MapHeight map_height(const OnboardMap* m, Vec3 rho) noexcept nogil:
    """Bilinear height and sigma under a point from the Moon's centre; held at the map's edges."""
    cdef MapHeight out
    cdef double along = dot(rho, m.along_site)
    cdef double across = dot(rho, m.across_site)
    cdef double x, y, fx, fy, w00, w01, w10, w11
    cdef int i, j, k
    if m.rows < 1 or m.cols < 1:
        out.height_m = 0.0
        out.sigma_m = out.u_m = out.v_m = 0.0
        return out
    out.u_m = m.radius_m * atan2_of(along, rho.z)
    out.v_m = m.radius_m * asin_of(across / norm(rho))
    x = (out.u_m - m.u0_m) / m.cell_m
    y = (out.v_m - m.v0_m) / m.cell_m
    # Written so that a NaN lands on the first cell.
    if not (x > 0.0):
        x = 0.0
    if not (y > 0.0):
        y = 0.0
    if x > m.cols - 1:
        x = m.cols - 1
    if y > m.rows - 1:
        y = m.rows - 1
    j = min(<int> floor(x), max(m.cols - 2, 0))
    i = min(<int> floor(y), max(m.rows - 2, 0))
    fx = x - j
    fy = y - i
    k = i * m.cols + j
    w00 = (1.0 - fx) * (1.0 - fy)
    w01 = fx * (1.0 - fy) if m.cols > 1 else 0.0
    w10 = (1.0 - fx) * fy if m.rows > 1 else 0.0
    w11 = fx * fy if m.rows > 1 and m.cols > 1 else 0.0
    out.height_m = w00 * m.height_m[k]
    out.sigma_m = w00 * m.sigma_m[k]
    if w01 > 0.0:
        out.height_m += w01 * m.height_m[k + 1]
        out.sigma_m += w01 * m.sigma_m[k + 1]
    if w10 > 0.0:
        out.height_m += w10 * m.height_m[k + m.cols]
        out.sigma_m += w10 * m.sigma_m[k + m.cols]
    if w11 > 0.0:
        out.height_m += w11 * m.height_m[k + m.cols + 1]
        out.sigma_m += w11 * m.sigma_m[k + m.cols + 1]
    return out
