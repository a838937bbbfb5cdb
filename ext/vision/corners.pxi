"""Corners of an image: the place in each square cell whose surroundings vary most along both axes.

I[y, x] = image, 0..4095;  W = window of n = (2 h + 1)^2 pixels;  x, y: right and down
g_x = I[y, x + 1] - I[y, x - 1],  g_y = I[y + 1, x] - I[y - 1, x]             (1)
a = sum_W g_x^2,  b = sum_W g_x g_y,  c = sum_W g_y^2                         (2)
s = [a + c - sqrt((a - c)^2 + 4 b^2)] / (2 n)                                 (3)

(3) is the smaller eigenvalue of the mean of the gradients' products (Shi & Tomasi, Good features to
track, CVPR 1994, section 4), with gradients over two pixels. The sums are whole numbers and square
roots round correctly: the same bits on every CPU. In a cell the first of equal places, row by row.
"""

from libc.math cimport sqrt
from libc.stdlib cimport calloc, free

# 4095^2 * 121 < 2^31
cdef enum:
    MOST_HALF = 5
    LEVELS = 4096


cdef int bits_of(const short* row, Py_ssize_t cols) noexcept nogil:
    """All bits that a row's levels have; below 0 where one is."""
    cdef Py_ssize_t x
    cdef short bits = 0
    for x in range(cols):
        bits |= row[x]
    return bits


cdef void multiply_gradients(
    const short* row, Py_ssize_t stride, Py_ssize_t cols, int* a, int* b, int* c
) noexcept nogil:
    """(1) and their products along a row; 0 in the first and the last column."""
    cdef Py_ssize_t x
    cdef int gx, gy
    a[0] = b[0] = c[0] = a[cols - 1] = b[cols - 1] = c[cols - 1] = 0
    for x in range(1, cols - 1):
        gx = <int> row[x + 1] - row[x - 1]
        gy = <int> row[x + stride] - row[x - stride]
        a[x] = gx * gx
        b[x] = gx * gy
        c[x] = gy * gy


cdef void add_row(int* sums, const int* new, const int* old, Py_ssize_t count) noexcept nogil:
    """Move a window one row down."""
    cdef Py_ssize_t x
    for x in range(count):
        sums[x] += new[x] - old[x]


cdef void score_row(
    const int* sums, int* wide, double* score, Py_ssize_t cols, int half
) noexcept nogil:
    """(2) along a row and (3); `sums` holds a, b and c of each column, `score` half..cols-half."""
    cdef Py_ssize_t x, k, j, last = cols - half
    cdef double a, b, c, n = (2 * half + 1) * (2 * half + 1)
    for j in range(3):
        for x in range(half, last):
            wide[j * cols + x] = sums[j * cols + x]
        for k in range(1, half + 1):
            for x in range(half, last):
                wide[j * cols + x] += sums[j * cols + x - k] + sums[j * cols + x + k]
    for x in range(half, last):
        a = wide[x]
        b = wide[cols + x]
        c = wide[2 * cols + x]
        score[x] = (a + c - sqrt((a - c) * (a - c) + 4.0 * b * b)) / (2.0 * n)


cdef void keep_best(
    const double* score, Py_ssize_t y, Py_ssize_t border, Py_ssize_t last, Py_ssize_t cell,
    double* best
) noexcept nogil:
    """Hold each cell's best place; `best` holds score, x and y of the cells of a row."""
    cdef Py_ssize_t x, end, k = 0, x_best
    cdef double most
    x = border
    while x < last:
        k = x // cell
        end = min((k + 1) * cell, last)
        most = best[3 * k]
        x_best = -1
        while x < end:
            if score[x] > most:
                most = score[x]
                x_best = x
            x += 1
        if x_best >= 0:
            best[3 * k] = most
            best[3 * k + 1] = x_best
            best[3 * k + 2] = y


def best_corners(
    const short[:, ::1] image, int half, int cell, int border, double[:, :, ::1] best
):
    """Fill `best` (rows of cells, columns of cells, 3) with score, x and y; score 0 where none is.

    `half` is that of the window; nothing is looked for in `border` pixels along the edges.
    """
    cdef Py_ssize_t rows = image.shape[0], cols = image.shape[1], y, x, slot, middle
    cdef Py_ssize_t side = 2 * half + 1
    cdef int bits = 0
    if half < 1 or half > MOST_HALF or cell < 1 or border < half + 1:
        raise ValueError("half is 1 to 5, a cell has pixels, the border is wider than half")
    if rows <= 2 * border or cols <= 2 * border:
        raise ValueError("the image is all border")
    if (best.shape[0] != (rows + cell - 1) // cell or best.shape[1] != (cols + cell - 1) // cell
            or best.shape[2] != 3):
        raise ValueError("best has a row for each cell")
    for y in range(rows):
        bits |= bits_of(&image[y, 0], cols)
    if bits < 0 or bits >= LEVELS:
        raise ValueError("levels are 0 to 4095")
    # rows of products, the sums of the columns, those of the windows
    cdef int* ring = <int*> calloc((side + 2) * 3 * cols, sizeof(int))
    cdef double* score = <double*> calloc(cols, sizeof(double))
    cdef int* sums = ring + side * 3 * cols
    if not (ring and score):
        free(ring)
        free(score)
        raise MemoryError
    cdef int* wide = <int*> calloc(6 * cols, sizeof(int))
    if not wide:
        free(ring)
        free(score)
        raise MemoryError
    with nogil:
        best[:, :, :] = 0.0
        for y in range(1, rows - 1):
            slot = (y % side) * 3 * cols
            multiply_gradients(&image[y, 0], cols, cols, wide, wide + cols, wide + 2 * cols)
            add_row(sums, wide, ring + slot, 3 * cols)
            for x in range(3 * cols):
                ring[slot + x] = wide[x]
            middle = y - half
            if middle >= border and middle < rows - border:
                score_row(sums, wide + 3 * cols, score, cols, half)
                keep_best(score, middle, border, cols - border, cell, &best[middle // cell, 0, 0])
    free(ring)
    free(score)
    free(wide)


def halve(const short[:, ::1] image, short[:, ::1] out):
    """Fill `out` with the means of 2 x 2 pixels, rounded; an odd last row or column is left out."""
    cdef Py_ssize_t rows = image.shape[0] // 2, cols = image.shape[1] // 2, y, x
    cdef const short* above
    cdef const short* below
    if out.shape[0] != rows or out.shape[1] != cols or rows < 1 or cols < 1:
        raise ValueError("out is half as large, and not empty")
    with nogil:
        for y in range(rows):
            above = &image[2 * y, 0]
            below = &image[2 * y + 1, 0]
            for x in range(cols):
                out[y, x] = <short> (
                    (<int> above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1] + 2)
                    >> 2)
