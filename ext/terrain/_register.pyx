"""Returns against a map of heights, for Python: see register.pxd."""

from libc.math cimport NAN
from libc.string cimport memset

from farside.ext.terrain.register cimport HeightGrid, Normal, add_return, height_at


cdef int grid_of(
    HeightGrid* g, const float[:, ::1] heights, first_m, cell_m, const double[:, ::1] points
) except -1:
    if points.shape[1] != 3:
        raise ValueError("points are rows of east, north, up [m]")
    if heights.shape[0] < 2 or heights.shape[1] < 2:
        raise ValueError("a map has two rows and two columns or more")
    g.heights = &heights[0, 0]
    g.rows, g.cols = <int> heights.shape[0], <int> heights.shape[1]
    g.east_m, g.north_m = first_m
    g.cell_east_m, g.cell_north_m = cell_m
    if not (g.cell_east_m > 0.0 and g.cell_north_m > 0.0):
        raise ValueError("cells are larger than 0 m")
    return 0


def deviations(
    const float[:, ::1] heights, first_m, cell_m, const double[:, ::1] points, double level_m,
    double reach_m, double clip_m, double[:, ::1] out,
):
    """Fill out with the mean clipped square of (1) at each shift of a square lattice [m^2].

    Heights are raised by level_m, and by the mean of what is then left; what is off by more than
    `clip_m` counts as so much in both. NaN where less than half of the returns fall on known cells.
    Row i, column j is the shift (j step - reach_m east, i step - reach_m north), both ends in it.
    """
    cdef HeightGrid g
    cdef Py_ssize_t i, j, k, n = points.shape[0], known
    cdef double x, y, mean, e, total, step_m
    grid_of(&g, heights, first_m, cell_m, points)
    if out.shape[0] != out.shape[1] or out.shape[0] < 3:
        raise ValueError("the lattice is a square of three shifts or more")
    step_m = 2.0 * reach_m / (out.shape[0] - 1)
    with nogil:
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                x, y = j * step_m - reach_m, i * step_m - reach_m
                known, mean, total = 0, 0.0, 0.0
                for k in range(n):
                    e = points[k, 2] + level_m - height_at(
                        &g, points[k, 0] + x, points[k, 1] + y)
                    if e == e:
                        known += 1
                        mean += max(-clip_m, min(e, clip_m))
                out[i, j] = NAN
                if known == 0 or 2 * known < n:
                    continue
                mean /= known
                for k in range(n):
                    e = points[k, 2] + level_m - mean - height_at(
                        &g, points[k, 0] + x, points[k, 1] + y)
                    if e == e:
                        total += min(e * e, clip_m * clip_m)
                out[i, j] = total / known


def normal_equations(
    const float[:, ::1] heights, first_m, cell_m, const double[:, ::1] points, shift_m,
    double scale_m,
):
    """Return the sums of (3) at a shift (dx, dy, dz): w J'J (six), w J'e (three), w e^2, w, count.
    """
    cdef HeightGrid g
    cdef Normal n
    cdef double[3] shift
    cdef Py_ssize_t k
    grid_of(&g, heights, first_m, cell_m, points)
    if not scale_m > 0.0:
        raise ValueError("the scale of the weights is larger than 0 m")
    shift[0], shift[1], shift[2] = shift_m
    memset(&n, 0, sizeof(Normal))
    with nogil:
        for k in range(points.shape[0]):
            add_return(&g, &points[k, 0], shift, scale_m, &n)
    return tuple([n.a[k] for k in range(6)]), tuple([n.b[k] for k in range(3)]), n.squares, \
        n.weight, n.count
