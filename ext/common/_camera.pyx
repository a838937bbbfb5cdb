"""Pixels of points and rays of pixels: farside.mission.pinhole."""

from farside.ext.common.camera cimport Pixel, PinholeModel, project_point, ray_of_pixel
from farside.ext.common.vector cimport Vec3, vec_from, vec_to


def project(dict model, const double[:, ::1] points, double[:, ::1] px):
    """Fill px (n, 2) with the columns and rows of points (n, 3) in camera axes; NaN for none.

    model is the struct `PinholeModel` by its members.
    """
    cdef PinholeModel m = model
    cdef Pixel at
    cdef Py_ssize_t n
    if points.shape[1] != 3 or px.shape[1] != 2 or px.shape[0] != points.shape[0]:
        raise ValueError("points (n, 3) have pixels (n, 2)")
    with nogil:
        for n in range(points.shape[0]):
            at = project_point(&m, vec_from(&points[n, 0]))
            px[n, 0] = at.u
            px[n, 1] = at.v


def unproject(dict model, const double[:, ::1] px, double[:, ::1] rays):
    """Fill rays (n, 3), unit vectors in camera axes, of columns and rows (n, 2); NaN for none."""
    cdef PinholeModel m = model
    cdef Vec3 ray
    cdef Py_ssize_t n
    if rays.shape[1] != 3 or px.shape[1] != 2 or px.shape[0] != rays.shape[0]:
        raise ValueError("pixels (n, 2) have rays (n, 3)")
    with nogil:
        for n in range(px.shape[0]):
            ray = ray_of_pixel(&m, px[n, 0], px[n, 1])
            vec_to(ray, &rays[n, 0])
