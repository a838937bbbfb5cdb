"""Interpolation between the nodes of a grid of heights."""

from libc.math cimport NAN


cdef inline double catmull_rom(double a, double b, double c, double d, double x) noexcept nogil:
    """The cubic through b at 0 and c at 1 whose slopes there are (c - a) / 2 and (d - b) / 2."""
    return b + 0.5 * x * (
        c - a + x * (2.0 * a - 5.0 * b + 4.0 * c - d + x * (3.0 * (b - c) + d - a)))


cdef double bilinear(
    const float[:, ::1] z, Py_ssize_t j, Py_ssize_t i, double y, double x
) noexcept nogil:
    """Weights of zero leave a hole alone: a node is its own height beside any."""
    cdef double low = z[j, i], high
    if x > 0.0:
        low += x * (z[j, i + 1] - low)
    if y > 0.0:
        high = z[j + 1, i]
        if x > 0.0:
            high += x * (z[j + 1, i + 1] - high)
        low += y * (high - low)
    return low


def interpolate(
    const float[:, ::1] z, const double[::1] row, const double[::1] col, bint cubic,
    float[::1] out,
):
    """Fill out (n,) with heights at fractional rows and columns; NaN outside and beside holes.

    `cubic` takes the cubic convolution of 4 x 4 nodes (Catmull-Rom; Keys 1981) where all of them
    are there, and the bilinear of 2 x 2 elsewhere.
    """
    cdef Py_ssize_t n, i, j, k, rows = z.shape[0], cols = z.shape[1]
    cdef double x, y, value
    cdef double line[4]
    with nogil:
        for n in range(row.shape[0]):
            out[n] = NAN
            y = row[n]
            x = col[n]
            if not (0.0 <= y <= rows - 1 and 0.0 <= x <= cols - 1):
                continue
            j = <Py_ssize_t> y
            i = <Py_ssize_t> x
            if j > rows - 2:
                j = rows - 2
            if i > cols - 2:
                i = cols - 2
            y -= j
            x -= i
            value = NAN
            if cubic and 1 <= j < rows - 2 and 1 <= i < cols - 2:
                for k in range(4):
                    line[k] = catmull_rom(
                        z[j + k - 1, i - 1], z[j + k - 1, i], z[j + k - 1, i + 1],
                        z[j + k - 1, i + 2], x)
                value = catmull_rom(line[0], line[1], line[2], line[3], y)
            if value != value:
                value = bilinear(z, j, i, y, x)
            out[n] = <float> value
