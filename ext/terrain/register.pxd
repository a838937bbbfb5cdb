"""A frame of returns laid onto a map of heights: the shift at which they agree.

A return i stands at (x_i, y_i, z_i), placed by the estimate; the map holds M(x, y), bilinear
between its cells' centres. With a shift (dx, dy) of all returns and dz of their heights

    e_i = z_i + dz - M(x_i + dx, y_i + dy)                                       (1)
    J_i = (-dM/dx, -dM/dy, 1)
    w_i = 1 / (1 + (e_i / c)^2)^2                                                (2)
    (sum w J' J) step = -sum w J' e                                              (3)

(3) is Gauss and Newton's step (Lucas & Kanade, IJCAI 1981, of heights); (2) are the weights of
Geman & McClure, which leave out what stands in one of the two alone: an edge of a rock, a return
between two grounds.
"""

from libc.math cimport NAN, floor


cdef enum:
    SLOPE_CELLS = 2


cdef struct HeightGrid:
    const float* heights        # [m], rows northwards; NaN where unseen
    int rows
    int cols
    double east_m               # centre of the first cell
    double north_m
    double cell_east_m
    double cell_north_m


cdef struct Normal:
    # sums of (3): the upper triangle of w J' J, w J' e, w e^2, w and the count
    double a[6]
    double b[3]
    double squares
    double weight
    int count


cdef inline double height_at(const HeightGrid* g, double x, double y) noexcept nogil:
    """M at a place; NaN beside the map and next to an unseen cell."""
    cdef double u = (x - g.east_m) / g.cell_east_m
    cdef double v = (y - g.north_m) / g.cell_north_m
    cdef int i, j
    cdef double p, q
    cdef const float* at
    # also for a place that is not finite
    if not (0.0 <= u < g.cols - 1 and 0.0 <= v < g.rows - 1):
        return NAN
    j, i = <int> floor(u), <int> floor(v)
    p, q = u - j, v - i
    at = g.heights + <Py_ssize_t> i * g.cols + j
    return (1.0 - q) * ((1.0 - p) * at[0] + p * at[1]) + (
        q * ((1.0 - p) * at[g.cols] + p * at[g.cols + 1]))


cdef inline void add_return(
        const HeightGrid* g, const double* point, const double* shift, double scale_m,
        Normal* n) noexcept nogil:
    """One return's share of (3); slopes over SLOPE_CELLS each way, since those of neighbouring
    cells are mostly the map's noise, which makes (3) step too short.
    """
    cdef double x = point[0] + shift[0]
    cdef double y = point[1] + shift[1]
    cdef double far_x = SLOPE_CELLS * g.cell_east_m
    cdef double far_y = SLOPE_CELLS * g.cell_north_m
    cdef double e = point[2] + shift[2] - height_at(g, x, y)
    cdef double slope_east = (height_at(g, x + far_x, y) - height_at(g, x - far_x, y)) / (
        2.0 * far_x)
    cdef double slope_north = (height_at(g, x, y + far_y) - height_at(g, x, y - far_y)) / (
        2.0 * far_y)
    cdef double r = e / scale_m
    cdef double w
    if not (-1e6 < e < 1e6 and -1e6 < slope_east < 1e6 and -1e6 < slope_north < 1e6):
        return
    w = 1.0 / ((1.0 + r * r) * (1.0 + r * r))
    n.a[0] += w * slope_east * slope_east
    n.a[1] += w * slope_east * slope_north
    n.a[2] -= w * slope_east
    n.a[3] += w * slope_north * slope_north
    n.a[4] -= w * slope_north
    n.a[5] += w
    n.b[0] -= w * slope_east * e
    n.b[1] -= w * slope_north * e
    n.b[2] += w * e
    n.squares += w * e * e
    n.weight += w
    n.count += 1
