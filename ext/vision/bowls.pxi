"""Normalised correlation of an image with the shading of a bowl, for every pixel.

I[y, x] = image, 0..4095;  p = offset in a disc of n pixels;  x, y: right and down
w(p) = (w_x, w_y) = template, odd: w(-p) = -w(p), so its mean is 0 on every window
N    = sum_p w(p) I(x + p) = sum over half the disc of w(p) [I(x + p) - I(x - p)]          (1)
V    = n sum I^2 - (sum I)^2 = n^2 times the variance in the window                        (2)
c    = N sqrt(n) / sqrt(E (V + n^2 floor)),  E = sum_p w_x^2 = sum_p w_y^2                 (3)

(1) and (3) are theory (9.3) and (9.4), w the shading of theory (9.2) for a bowl. (3) is the
normalised correlation coefficient of Lewis (1995), "Fast template matching", eq. (2), for each
component. A template of any azimuth a is cos(a) w_x + sin(a) w_y with the same E: the correlation
is steerable (Freeman & Adelson 1991), and two passes serve every Sun. Sums are whole numbers, and a
square root rounds correctly: the same bits on every CPU.
"""

from libc.math cimport sqrt
from libc.stdlib cimport calloc, free

# |w| <= 127, |I - I'| <= 4095, so 4096 offsets sum to less than 2^31
cdef enum:
    MOST_OFFSETS = 4096
    MOST_HALF = 64


cdef void numerators(
    const short* centre, Py_ssize_t stride, Py_ssize_t cols,
    const int* offsets, const short* weights, Py_ssize_t count, int* right, int* down,
) noexcept nogil:
    """(1) of one row: `centre` is its first pixel, offsets are (row, column) pairs."""
    cdef Py_ssize_t k, x
    cdef const short* ahead
    cdef const short* behind
    cdef short wx, wy, d
    for x in range(cols):
        right[x] = 0
        down[x] = 0
    for k in range(count):
        ahead = centre + offsets[2 * k] * stride + offsets[2 * k + 1]
        behind = centre - offsets[2 * k] * stride - offsets[2 * k + 1]
        wx = weights[2 * k]
        wy = weights[2 * k + 1]
        for x in range(cols):
            d = <short> (ahead[x] - behind[x])
            right[x] += <int> wx * <int> d
            down[x] += <int> wy * <int> d


cdef void sum_rows(
    const short[:, ::1] image, long long* sums, long long* squares
) noexcept nogil:
    """Fill the running sums along each row; one more than columns, the first 0."""
    cdef Py_ssize_t y, x, cols = image.shape[1], at
    cdef long long s, q, v
    for y in range(image.shape[0]):
        at = y * (cols + 1)
        s = q = 0
        for x in range(cols):
            sums[at + x] = s
            squares[at + x] = q
            v = image[y, x]
            s += v
            q += v * v
        sums[at + cols] = s
        squares[at + cols] = q


def correlate(
    const short[:, ::1] padded, const int[:, ::1] offsets, const short[:, ::1] weights,
    const int[::1] half_widths, double energy, double floor,
    float[:, ::1] right, float[:, ::1] down,
):
    """Fill `right` and `down` with c of (3) for w_x and w_y.

    `padded` has h = len(half_widths) - 1 rows and columns more on each side; row d of the disc
    holds the columns -half_widths[|d|] .. half_widths[|d|].
    """
    cdef Py_ssize_t h = half_widths.shape[0] - 1, rows = right.shape[0], cols = right.shape[1]
    cdef Py_ssize_t stride = padded.shape[1], y, x, d, at, w, n = 0, count = offsets.shape[0]
    if h < 1 or h > MOST_HALF or padded.shape[0] != rows + 2 * h or stride != cols + 2 * h:
        raise ValueError("padded is larger than the output by the disc's half on each side")
    if down.shape[0] != rows or down.shape[1] != cols or weights.shape[0] != count:
        raise ValueError("both components have one shape")
    if count > MOST_OFFSETS or offsets.shape[1] != 2 or weights.shape[1] != 2 or not energy > 0.0:
        raise ValueError("too many offsets, or none")
    for d in range(count):
        if max(abs(offsets[d, 0]), abs(offsets[d, 1])) > h:
            raise ValueError("an offset is outside the disc")
        if max(abs(weights[d, 0]), abs(weights[d, 1])) > 127:
            raise ValueError("weights are -127 to 127")
    for d in range(h + 1):
        if half_widths[d] < 0 or half_widths[d] > h:
            raise ValueError("a row of the disc is too wide")
        n += (2 * half_widths[d] + 1) * (1 if d == 0 else 2)
    cdef int* sums_x = <int*> calloc(2 * cols + 1, sizeof(int))
    cdef long long* windows = <long long*> calloc(2 * cols + 1, sizeof(long long))
    cdef long long* sums = <long long*> calloc(padded.shape[0] * (stride + 1), sizeof(long long))
    cdef long long* squares = <long long*> calloc(
        padded.shape[0] * (stride + 1), sizeof(long long))
    cdef double scale, spread, least = <double> n * n * floor
    if not (sums_x and windows and sums and squares):
        free(sums_x)
        free(windows)
        free(sums)
        free(squares)
        raise MemoryError
    with nogil:
        sum_rows(padded, sums, squares)
        for y in range(rows):
            numerators(&padded[y + h, h], stride, cols, &offsets[0, 0], &weights[0, 0], count,
                       sums_x, sums_x + cols)
            for x in range(2 * cols):
                windows[x] = 0
            for d in range(-h, h + 1):
                w = half_widths[d if d >= 0 else -d]
                at = (y + h + d) * (stride + 1) + h
                for x in range(cols):
                    windows[x] += sums[at + x + w + 1] - sums[at + x - w]
                    windows[cols + x] += squares[at + x + w + 1] - squares[at + x - w]
            for x in range(cols):
                spread = <double> (n * windows[cols + x] - windows[x] * windows[x])
                scale = sqrt(<double> n) / sqrt(energy * (spread + least))
                right[y, x] = <float> (sums_x[x] * scale)
                down[y, x] = <float> (sums_x[cols + x] * scale)
    free(sums_x)
    free(windows)
    free(sums)
    free(squares)
