"""The view a map predicts, and a camera's image laid on the same grid.

Grids stand in arcs u, v about the site: columns along u, rows along v. Axes: along the flight,
across (up x along), up, with the origin at the Moon's centre. phi = u / arc, theta = v / arc.

r        radius of a cell's ground                        e_r, e_u, e_v   up, along u, along v
c        the camera, from the Moon's centre               s               unit vector to the Sun
w        from the cell to the camera                      n               upward normal
mu_0     cosine of incidence  s.n                         mu       cosine of emission  w.n / |w|
g        phase angle, cos g = s.w / |w|                   L(g)            lunar-Lambert weight

e_r = (cos theta sin phi, sin theta, cos theta cos phi)                                     (1)
e_u = (cos phi, 0, -sin phi)     e_v = (-sin theta sin phi, cos theta, -sin theta cos phi)
w   = c - r e_r                                                                             (2)
n   = (e_r - z_u e_u - z_v e_v) / sqrt(1 + z_u^2 + z_v^2)                                   (3)
I   = albedo [2 L mu_0 / (mu_0 + mu) + (1 - L) mu_0]                                        (4)

(4): McEwen (1991), "Photometric functions for photoclinometry". Shadows are swept from the side of
the Sun, S = height of the shadow over a cell, t = tangent of the Sun's elevation there:

S(i) = max(z(i), S(i - 1)) - t step;   a cell is lit where z >= S                           (5)

(S between two columns is interpolated.) Contrast, over the known cells of a square:

R = I / mean(I) - 1                                                                         (6)
c = 48 R / sqrt(mean(R^2) + share^2 + (noise / mean(I))^2), held to -127..127               (7)

so that neither slow changes of the light nor their slope count. 0 is what an image or a view does
not know, everywhere.
"""

from libc.math cimport sqrt
from libc.stdlib cimport calloc, free

cdef enum:
    MOST_SIDE = 16384
    CONTRAST = 48               # grey levels to a standard deviation: 127 is 2.6 of them
    SHADOW = 1
    DARKEST = 2                 # grey of the darkest lit ground
    RELATIVE = 8192             # R of 1
    PHASES = 256                # steps of the table of L, over cos g = -1..1


cdef struct Lens:
    double fx
    double fy
    double cx
    double cy
    double k1
    double k2
    double p1
    double p2
    double k3
    double r2_most


cdef inline int grey_at(
    const unsigned short[:, ::1] image, const Lens* lens, double x, double y, double z
) noexcept nogil:
    """Bilinear grey of a point in camera axes; 0 outside the image or beside what is unknown."""
    cdef double a, b, r2, g, px, py
    cdef Py_ssize_t i, j
    cdef int p, q, r, s
    if not z > 0.0:
        return 0
    a = x / z
    b = y / z
    r2 = a * a + b * b
    if not r2 <= lens.r2_most:
        return 0
    g = 1.0 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3))
    px = lens.fx * (a * g + 2.0 * lens.p1 * a * b + lens.p2 * (r2 + 2.0 * a * a)) + lens.cx
    py = lens.fy * (b * g + lens.p1 * (r2 + 2.0 * b * b) + 2.0 * lens.p2 * a * b) + lens.cy
    if not (px >= 0.0 and py >= 0.0 and px < image.shape[1] - 1 and py < image.shape[0] - 1):
        return 0
    j = <Py_ssize_t> px
    i = <Py_ssize_t> py
    px -= j
    py -= i
    p = image[i, j]
    q = image[i, j + 1]
    r = image[i + 1, j]
    s = image[i + 1, j + 1]
    if p == 0 or q == 0 or r == 0 or s == 0:
        return 0
    return <int> ((p + (q - p) * px) * (1.0 - py) + (r + (s - r) * px) * py + 0.5)


def warp(
    const unsigned short[:, ::1] image, const double[::1] lens, const float[:, ::1] heights,
    const double[:, ::1] columns, const double[:, ::1] rows, const double[:, ::1] frame,
    unsigned short[:, ::1] out,
):
    """Lay an image on the grid of `heights` [m above the datum].

    `columns` holds sin theta.. of (1) per column: cos phi, sin phi; `rows`: cos theta, sin theta.
    `frame`: rows along, across, up of the arcs' axes in camera axes, then the camera from the
    Moon's centre in camera axes, then the datum's radius, 0, 0.
    """
    cdef Py_ssize_t i, j, n = heights.shape[0], m = heights.shape[1]
    cdef double r, ct, st, ax, ay, az
    cdef Lens eye
    check_grid(heights, columns, rows, out)
    if lens.shape[0] != 10 or frame.shape[0] != 5 or frame.shape[1] != 3:
        raise ValueError("a lens is ten numbers, a frame five rows of three")
    eye.fx, eye.fy, eye.cx, eye.cy = lens[0], lens[1], lens[2], lens[3]
    eye.k1, eye.k2, eye.p1, eye.p2, eye.k3 = lens[4], lens[5], lens[6], lens[7], lens[8]
    eye.r2_most = lens[9]
    with nogil:
        for i in range(n):
            ct = rows[i, 0]
            st = rows[i, 1]
            for j in range(m):
                r = frame[4, 0] + heights[i, j]
                ax = columns[j, 1] * frame[0, 0] + columns[j, 0] * frame[2, 0]
                ay = columns[j, 1] * frame[0, 1] + columns[j, 0] * frame[2, 1]
                az = columns[j, 1] * frame[0, 2] + columns[j, 0] * frame[2, 2]
                # (1), (2) in camera axes
                out[i, j] = <unsigned short> grey_at(
                    image, &eye,
                    r * (ct * ax + st * frame[1, 0]) - frame[3, 0],
                    r * (ct * ay + st * frame[1, 1]) - frame[3, 1],
                    r * (ct * az + st * frame[1, 2]) - frame[3, 2])


cdef check_grid(
    const float[:, ::1] heights, const double[:, ::1] columns, const double[:, ::1] rows,
    const unsigned short[:, ::1] out,
):
    if not (2 <= heights.shape[0] <= MOST_SIDE and 2 <= heights.shape[1] <= MOST_SIDE):
        raise ValueError("a grid has 2 to 16384 cells along a side")
    if columns.shape[0] != heights.shape[1] or rows.shape[0] != heights.shape[0]:
        raise ValueError("a cosine and a sine for each column and row")
    if columns.shape[1] != 2 or rows.shape[1] != 2:
        raise ValueError("a cosine and a sine for each column and row")
    if out.shape[0] != heights.shape[0] or out.shape[1] != heights.shape[1]:
        raise ValueError("the output has the grid's shape")


def shade(
    const float[:, ::1] heights, const unsigned char[:, ::1] albedo,
    const unsigned char[:, ::1] lit, const double[:, ::1] columns, const double[:, ::1] rows,
    const double[:, ::1] frame,
    const double[::1] weights, unsigned short[:, ::1] out,
):
    """Fill `out` with (4) of a map: 0 unknown, 1 in shadow, from 2 on lit.

    `frame`: the Sun's unit vector and the camera from the Moon's centre, both along the arcs' axes,
    then the datum's radius, the grey of albedo 1 lit and seen from above, and the posting [m].
    `weights`: L over cos g.
    """
    cdef Py_ssize_t i, j, n = heights.shape[0], m = heights.shape[1], a, b
    cdef double cp, sp, ct, st, zu, zv, s_r, s_u, s_v, w_r, w_u, w_v, mu0, mu, size, far, weight
    cdef double v, cell
    check_grid(heights, columns, rows, out)
    if frame.shape[0] != 3 or frame.shape[1] != 3 or weights.shape[0] != PHASES + 1:
        raise ValueError("a frame of three rows of three, and 257 weights")
    if albedo.shape[0] != n or albedo.shape[1] != m or lit.shape[0] != n or lit.shape[1] != m:
        raise ValueError("albedo and shadows have the grid's shape")
    cell = frame[2, 2]
    if not cell > 0.0:
        raise ValueError("a cell is wider than 0")
    with nogil:
        for i in range(n):
            ct = rows[i, 0]
            st = rows[i, 1]
            a = i - 1 if i > 0 else 0
            b = i + 1 if i < n - 1 else n - 1
            for j in range(m):
                out[i, j] = 0
                if albedo[i, j] == 0:
                    continue
                if lit[i, j] == 0:
                    out[i, j] = SHADOW
                    continue
                cp = columns[j, 0]
                sp = columns[j, 1]
                zv = (heights[b, j] - heights[a, j]) / ((b - a) * cell)
                if j == 0:
                    zu = (heights[i, 1] - heights[i, 0]) / cell
                elif j == m - 1:
                    zu = (heights[i, j] - heights[i, j - 1]) / cell
                else:
                    zu = (heights[i, j + 1] - heights[i, j - 1]) / (2.0 * cell)
                # components along (1) of the Sun's direction, and of (2)
                v = sp * frame[0, 0] + cp * frame[0, 2]
                s_r = ct * v + st * frame[0, 1]
                s_v = ct * frame[0, 1] - st * v
                s_u = cp * frame[0, 0] - sp * frame[0, 2]
                v = sp * frame[1, 0] + cp * frame[1, 2]
                w_r = ct * v + st * frame[1, 1] - (frame[2, 0] + heights[i, j])
                w_v = ct * frame[1, 1] - st * v
                w_u = cp * frame[1, 0] - sp * frame[1, 2]
                size = sqrt(1.0 + zu * zu + zv * zv)
                far = sqrt(w_r * w_r + w_u * w_u + w_v * w_v)
                mu0 = (s_r - zu * s_u - zv * s_v) / size                    # (3)
                mu = (w_r - zu * w_u - zv * w_v) / (size * far)
                if not mu > 0.02:
                    continue
                if not mu0 > 0.0:
                    out[i, j] = SHADOW
                    continue
                v = (s_r * w_r + s_u * w_u + s_v * w_v) / far
                weight = weights[<Py_ssize_t> ((v + 1.0) * (0.5 * PHASES) * 0.999999)]
                v = 2.0 * weight * mu0 / (mu0 + mu) + (1.0 - weight) * mu0  # (4)
                out[i, j] = <unsigned short> min(DARKEST + frame[2, 1] * albedo[i, j] * v, 65535.0)


def sweep(
    const float[:, ::1] heights, bint from_first, double shift, const double[::1] drop,
    unsigned char[:, ::1] lit,
):
    """Fill `lit` with 1 where (5) leaves a cell lit; the Sun stands on the side of a row's end.

    `from_first`: the Sun is on the side of row 0. `shift`: columns towards the Sun that a ray is
    displaced on one row, -1..1. `drop`: t step [m] at row 0 and column 0, its growth per row and
    per column.
    """
    cdef Py_ssize_t i, j, k, n = heights.shape[0], m = heights.shape[1], row, right
    cdef double share, over, here
    cdef double* before
    cdef double* after
    cdef double* work
    if not (2 <= n <= MOST_SIDE and 2 <= m <= MOST_SIDE) or drop.shape[0] != 3:
        raise ValueError("a grid has 2 to 16384 cells along a side, a drop three numbers")
    if lit.shape[0] != n or lit.shape[1] != m or not -1.0 <= shift <= 1.0:
        raise ValueError("shadows have the grid's shape, and a shift is -1 to 1")
    work = <double*> calloc(2 * m, sizeof(double))
    if not work:
        raise MemoryError
    with nogil:
        before = work
        after = work + m
        k = -1 if shift < 0.0 else 1
        share = shift if shift > 0.0 else -shift
        for i in range(n):
            row = i if from_first else n - 1 - i
            for j in range(m):
                here = heights[row, j]
                lit[row, j] = 1
                after[j] = here
                if i == 0:
                    continue
                right = min(max(j + k, 0), m - 1)   # beyond a side, as at the side
                over = before[j] + (before[right] - before[j]) * share - (
                    drop[0] + drop[1] * row + drop[2] * j)
                if here < over:
                    lit[row, j] = 0
                    after[j] = over
            before, after = after, before
    free(work)


def halve(const unsigned short[:, ::1] image, unsigned short[:, ::1] out):
    """Fill `out` with means of 2 x 2 pixels; 0 where one of them is unknown."""
    cdef Py_ssize_t i, j
    cdef int p, q, r, s
    if out.shape[0] != image.shape[0] // 2 or out.shape[1] != image.shape[1] // 2:
        raise ValueError("the output has half the rows and columns")
    with nogil:
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                p = image[2 * i, 2 * j]
                q = image[2 * i, 2 * j + 1]
                r = image[2 * i + 1, 2 * j]
                s = image[2 * i + 1, 2 * j + 1]
                out[i, j] = <unsigned short> (
                    0 if p == 0 or q == 0 or r == 0 or s == 0 else (p + q + r + s + 2) >> 2)


cdef struct Box:
    Py_ssize_t half
    Py_ssize_t cols
    long long* sums             # of each column over the rows of the square, then their squares
    int* known


cdef void add_row(
    Box* box, const unsigned short* known, const short* values, int sign
) noexcept nogil:
    """Add one row to the sums of each column, or take it away."""
    cdef Py_ssize_t j
    cdef long long v
    for j in range(box.cols):
        if known[j]:
            if values:
                v = values[j]
            else:
                v = known[j]
            box.sums[j] += sign * v
            box.sums[box.cols + j] += sign * v * v
            box.known[j] += sign


cdef void flatten(
    const unsigned short[:, ::1] image, Box* box, short* relative
) noexcept nogil:
    """Fill `relative` with (6); a square less than half known gives what its known part has."""
    cdef Py_ssize_t i, j, n = image.shape[0], m = image.shape[1], h = box.half
    cdef long long s
    cdef int k
    cdef double v
    for i in range(min(h, n)):
        add_row(box, &image[i, 0], NULL, 1)
    for i in range(n):
        if i + h < n:
            add_row(box, &image[i + h, 0], NULL, 1)
        if i - h - 1 >= 0:
            add_row(box, &image[i - h - 1, 0], NULL, -1)
        s = k = 0
        for j in range(min(h, m)):
            s += box.sums[j]
            k += box.known[j]
        for j in range(m):
            if j + h < m:
                s += box.sums[j + h]
                k += box.known[j + h]
            if j - h - 1 >= 0:
                s -= box.sums[j - h - 1]
                k -= box.known[j - h - 1]
            relative[i * m + j] = 0
            if image[i, j]:
                v = RELATIVE * (<double> image[i, j] * k / s - 1.0)
                v = v if v < 32767.0 else 32767.0
                relative[i * m + j] = <short> (v + 0.5 if v >= 0.0 else v - 0.5)


cdef void scale_contrast(
    const unsigned short[:, ::1] image, Box* box, const short* relative, double share,
    double noise, signed char[:, ::1] out
) noexcept nogil:
    """(7)."""
    cdef Py_ssize_t i, j, n = image.shape[0], m = image.shape[1], h = box.half
    cdef long long q
    cdef int k, whole = <int> ((2 * h + 1) * (2 * h + 1))
    cdef double v, spread, flat
    for i in range(min(h, n)):
        add_row(box, &image[i, 0], relative + i * m, 1)
    for i in range(n):
        if i + h < n:
            add_row(box, &image[i + h, 0], relative + (i + h) * m, 1)
        if i - h - 1 >= 0:
            add_row(box, &image[i - h - 1, 0], relative + (i - h - 1) * m, -1)
        q = k = 0
        for j in range(min(h, m)):
            q += box.sums[m + j]
            k += box.known[j]
        for j in range(m):
            if j + h < m:
                q += box.sums[m + j + h]
                k += box.known[j + h]
            if j - h - 1 >= 0:
                q -= box.sums[m + j - h - 1]
                k -= box.known[j - h - 1]
            out[i, j] = -128
            if image[i, j] == 0 or 2 * k < whole:
                continue
            v = relative[i * m + j]
            flat = RELATIVE + v if RELATIVE + v > 1.0 else 1.0
            # noise over the local mean, which is the grey over 1 + R
            flat = noise * flat / image[i, j]
            spread = RELATIVE * RELATIVE * share * share + flat * flat
            v = CONTRAST * v / sqrt(<double> q / k + spread)
            v = -127.0 if v < -127.0 else (127.0 if v > 127.0 else v)
            out[i, j] = <signed char> (v + 0.5 if v >= 0.0 else v - 0.5)


def contrast(
    const unsigned short[:, ::1] image, int half, double share, double noise,
    signed char[:, ::1] out,
):
    """Fill `out` with the contrast to the known ground about a cell: (6), (7).

    -128 where the image is unknown, or more than half of the square.
    """
    cdef Py_ssize_t n = image.shape[0], m = image.shape[1], j
    cdef Box box
    cdef short* relative
    if out.shape[0] != n or out.shape[1] != m or not 1 <= half <= 256:
        raise ValueError("the output has the image's shape, a square's half is 1 to 256")
    box.half = half
    box.cols = m
    box.sums = <long long*> calloc(2 * m, sizeof(long long))
    box.known = <int*> calloc(m, sizeof(int))
    relative = <short*> calloc(n * m, sizeof(short))
    if box.sums and box.known and relative:
        with nogil:
            flatten(image, &box, relative)
            for j in range(2 * m):
                box.sums[j] = 0
            for j in range(m):
                box.known[j] = 0
            scale_contrast(image, &box, relative, share, noise, out)
    failed = not (box.sums and box.known and relative)
    free(box.sums)
    free(box.known)
    free(relative)
    if failed:
        raise MemoryError
