"""The ellipse of a crater: the affine bowl that correlates best with the image.

u = place in a bowl of radius 1, p = c + A u in the image;  A = symmetric, with the semi-axes as its
eigenvalues;  f(|u|) = slope of the bowl towards its middle;  s = unit vector to the bright wall
T(u) = s . A^-1 u/|u| f(|u|)        gradient of the bowl z(|A^-1 (p - c)|) along s            (1)
c    = cov(T, I) / sqrt(var(T) var(I)) over u of a polar grid, weighted by area               (2)
(2) is raised by a pattern search over c and A (Hooke & Jeeves 1961).
"""

from libc.math cimport sqrt

cdef enum:
    UNKNOWNS = 5    # middle x, y; A_xx, A_xy, A_yy


cdef struct Picture:
    const short* grey
    Py_ssize_t rows, cols


cdef struct Grid:
    const double* x       # u on the polar grid
    const double* y
    const double* slope   # f(|u|) / |u|
    const double* weight  # sums to 1
    Py_ssize_t count
    double sun_x, sun_y


cdef inline double grey_at(const Picture* p, double x, double y) noexcept nogil:
    """Grey level between four pixels; outside, that of the nearest place of the image."""
    cdef Py_ssize_t i, j
    cdef double a, b
    cdef const short* at
    x = min(max(x, 0.0), p.cols - 1.001)
    y = min(max(y, 0.0), p.rows - 1.001)
    j = <Py_ssize_t> x
    i = <Py_ssize_t> y
    a = x - j
    b = y - i
    at = p.grey + i * p.cols + j
    return ((at[0] * (1.0 - a) + at[1] * a) * (1.0 - b)
            + (at[p.cols] * (1.0 - a) + at[p.cols + 1] * a) * b)


cdef double correlation(const Picture* p, const Grid* g, const double* v) noexcept nogil:
    """(2) for v = middle x, y [px], A_xx, A_xy, A_yy [px]; -1 where A is no ellipse."""
    cdef double det = v[2] * v[4] - v[3] * v[3], t, w, grey, to_x, to_y
    cdef double mean_t = 0.0, mean_i = 0.0, tt = 0.0, ii = 0.0, ti = 0.0
    cdef Py_ssize_t k
    if not (v[2] > 0.5 and v[4] > 0.5 and det > 0.25 * v[2] * v[4]):
        return -1.0
    # A^-1 s, and u . (A^-1 s)
    to_x = (v[4] * g.sun_x - v[3] * g.sun_y) / det
    to_y = (v[2] * g.sun_y - v[3] * g.sun_x) / det
    for k in range(g.count):
        w = g.weight[k]
        grey = grey_at(
            p, v[0] + v[2] * g.x[k] + v[3] * g.y[k], v[1] + v[3] * g.x[k] + v[4] * g.y[k])
        t = g.slope[k] * (to_x * g.x[k] + to_y * g.y[k])
        mean_t += w * t
        mean_i += w * grey
        tt += w * t * t
        ii += w * grey * grey
        ti += w * t * grey
    tt -= mean_t * mean_t
    ii -= mean_i * mean_i
    ti -= mean_t * mean_i
    if not (tt > 0.0 and ii > 1.0):
        return -1.0
    return ti / sqrt(tt * ii)


cdef double climb(const Picture* p, const Grid* g, double* v, int halvings) noexcept nogil:
    """Raise (2) by steps along each unknown, halved where none helps; return it."""
    cdef double best = correlation(p, g, v), step = 0.12 * sqrt(v[2] * v[4]), kept, value
    cdef int k, side, better, _pass, _halving
    for _halving in range(halvings):
        for _pass in range(3):
            better = 0
            for k in range(UNKNOWNS):
                kept = v[k]
                for side in range(2):
                    v[k] = kept + (step if side == 0 else -step)
                    value = correlation(p, g, v)
                    if value > best:
                        best = value
                        better = 1
                        break
                    v[k] = kept
            if not better:
                break
        step *= 0.5
    return best


def refine(
    const short[:, ::1] image, const double[:, ::1] grid, double sun_x, double sun_y,
    double[:, ::1] bowls, double[:, ::1] correlations, int halvings,
):
    """Refine rows of `bowls`: middle x, y, A_xx, A_xy, A_yy [px]; fill (2) before and after.

    Rows of `grid` are x, y, slope over radius, and weight of each place.
    """
    cdef Picture p
    cdef Grid g
    cdef Py_ssize_t k
    if image.shape[0] < 3 or image.shape[1] < 3 or bowls.shape[1] != UNKNOWNS:
        raise ValueError("an image of 3 x 3 pixels or more, and rows of five numbers")
    if correlations.shape[0] != bowls.shape[0] or correlations.shape[1] != 2:
        raise ValueError("two correlations a row")
    if grid.shape[0] != 4 or grid.shape[1] < 1:
        raise ValueError("a grid has four rows")
    p.grey, p.rows, p.cols = &image[0, 0], image.shape[0], image.shape[1]
    g.x, g.y, g.slope, g.weight = &grid[0, 0], &grid[1, 0], &grid[2, 0], &grid[3, 0]
    g.count = grid.shape[1]
    g.sun_x, g.sun_y = sun_x, sun_y
    with nogil:
        for k in range(bowls.shape[0]):
            correlations[k, 0] = correlation(&p, &g, &bowls[k, 0])
            correlations[k, 1] = climb(&p, &g, &bowls[k, 0], halvings)
