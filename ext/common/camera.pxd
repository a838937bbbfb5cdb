"""A frame camera: a pinhole with Brown-Conrady distortion in OpenCV's convention, header-only.

    x, y        a, b        X / Z and Y / Z of a point in camera axes: x right, y down, z forward
    r^2         r2          x^2 + y^2
    k1, k2, k3  k           radial coefficients
    p1, p2      p           tangential coefficients
    x', y'      bent        the same as the lens has them
    u, v        px          column and row; the centre of a pixel has whole coordinates

    g  = 1 + k1 r^2 + k2 r^4 + k3 r^6                                            (1)
    x' = x g + 2 p1 x y + p2 (r^2 + 2 x^2)                                       (2)
    y' = y g + p1 (r^2 + 2 y^2) + 2 p2 x y                                       (3)
    u  = fx x' + cx,   v = fy y' + cy                                            (4)

(Brown, Close-range camera calibration, Photogramm. Eng. 37, 1971.) The way back solves (2) and (3)
by Newton's method. Beyond `r2_most`, where the lens folds or the image has long ended, there is no
pixel: NaN.
"""

from libc.math cimport NAN, sqrt
from libc.stdint cimport int32_t

from farside.ext.common.vector cimport Vec3, vec


cdef enum:
    NEWTON_STEPS = 12


cdef struct PinholeModel:
    int32_t columns
    int32_t rows
    double focal_px[2]          # fx, fy
    double centre_px[2]         # cx, cy
    double distortion[5]        # k1, k2, p1, p2, k3
    double r2_most              # largest r^2 that has a pixel


cdef struct Pixel:
    double u                    # column
    double v                    # row


cdef struct Bent:               # x', y' and their derivatives
    double x
    double y
    double xx                   # d x' / d x
    double xy                   # d x' / d y = d y' / d x
    double yy


cdef inline Bent bend(const PinholeModel* m, double a, double b) noexcept nogil:
    """(1) to (3)."""
    cdef Bent out
    cdef double k1 = m.distortion[0], k2 = m.distortion[1], k3 = m.distortion[4]
    cdef double p1 = m.distortion[2], p2 = m.distortion[3]
    cdef double r2 = a * a + b * b
    cdef double g = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    cdef double slope = 2.0 * (k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3))    # d g / d r^2, twice
    out.x = a * g + 2.0 * p1 * a * b + p2 * (r2 + 2.0 * a * a)
    out.y = b * g + p1 * (r2 + 2.0 * b * b) + 2.0 * p2 * a * b
    out.xx = g + a * a * slope + 2.0 * p1 * b + 6.0 * p2 * a
    out.xy = a * b * slope + 2.0 * p1 * a + 2.0 * p2 * b
    out.yy = g + b * b * slope + 6.0 * p1 * b + 2.0 * p2 * a
    return out


cdef inline Pixel project_point(const PinholeModel* m, Vec3 p_camera) noexcept nogil:
    """(4) of a point in camera axes; NaN behind the camera and beyond r2_most."""
    cdef Pixel out
    cdef Bent bent
    cdef double a, b
    out.u = out.v = NAN
    if not p_camera.z > 0.0:
        return out
    a = p_camera.x / p_camera.z
    b = p_camera.y / p_camera.z
    if not a * a + b * b <= m.r2_most:
        return out
    bent = bend(m, a, b)
    out.u = m.focal_px[0] * bent.x + m.centre_px[0]
    out.v = m.focal_px[1] * bent.y + m.centre_px[1]
    return out


cdef inline Vec3 ray_of_pixel(const PinholeModel* m, double u, double v) noexcept nogil:
    """The unit vector in camera axes that a place of the image looks along; NaN for none."""
    cdef double wanted_x = (u - m.centre_px[0]) / m.focal_px[0]
    cdef double wanted_y = (v - m.centre_px[1]) / m.focal_px[1]
    cdef double a = wanted_x, b = wanted_y, ex, ey, det, length
    cdef Bent bent
    cdef int _step
    for _step in range(NEWTON_STEPS):
        bent = bend(m, a, b)
        ex = wanted_x - bent.x
        ey = wanted_y - bent.y
        det = bent.xx * bent.yy - bent.xy * bent.xy
        if not det > 1e-6:
            return vec(NAN, NAN, NAN)
        a += (bent.yy * ex - bent.xy * ey) / det
        b += (bent.xx * ey - bent.xy * ex) / det
        if ex * ex + ey * ey < 1e-28:
            break
    else:
        if not ex * ex + ey * ey < 1e-16:
            return vec(NAN, NAN, NAN)
    if not a * a + b * b <= m.r2_most:
        return vec(NAN, NAN, NAN)
    length = sqrt(1.0 + a * a + b * b)
    return vec(a / length, b / length, 1.0 / length)
