"""Patches of one image found in another: search over whole pixels, then sub-pixel refinement.

T(q) = template: image i at p_i + A q, q = -7..8 right and down, n = 256 pixels
J(q) = image j at p + q;  levels 0..4095;  A = d p_i / d p_j, predicted
N = n sum T J - sum T sum J,  V_T, V_J = n sum T^2 - (sum T)^2, of J alike
c = N / sqrt(V_T (V_J + n^2 floor))                                           (1)
is the normalised correlation (Lewis, Fast template matching, 1995, eq. (2)).

J(q) = a T(q - d) + b + noise:  to first order in d, with g = grad T less its mean,
a = N / V_T,   d = -H^-1 sum g (J - a T) / a,   H = sum g g'                  (2)
repeated from p + d (Baker & Matthews, Lucas-Kanade 20 years on, IJCV 2004, inverse compositional,
with gain and offset). Covariance of d, by the residuals:
s^2 = (V_J - N^2 / V_T) / (n (n - 4)),   C = s^2 H^-1 / a^2                   (3)

Places between pixels are whole 1/128 px, levels there bilinear and rounded: all sums are whole
numbers, their quotients round correctly, the same bits on every CPU.
"""

from libc.math cimport NAN, sqrt
from libc.stdint cimport int64_t

cdef enum:
    SIDE = 16
    BEFORE = 7          # pixels of the window left of its middle, and above
    WIDE = 18           # the template with a pixel around it, for its gradients
    COUNT = 256
    STEPS = 12          # of the refinement at most
    MOST_RADIUS = 64

cdef double FINE = 128.0            # places of a pixel
cdef double STEP_LEFT = 0.01        # [px] where the refinement ends


cdef struct Picture:
    const short* grey
    Py_ssize_t rows, cols


cdef struct Template:
    short grey[SIDE * SIDE]
    short right[SIDE * SIDE]        # gradients over two pixels
    short down[SIDE * SIDE]
    int64_t total, squares          # sum T, V_T
    int64_t gx, gy                  # sums of the gradients, of their products, and with T
    int64_t xx, xy, yy
    int64_t tx, ty


cdef struct Window:
    int64_t both, total, squares    # sum T J, sum J, sum J^2
    int64_t right, down             # sum of J with the gradients


cdef inline bint holds(const Picture* p, double x, double y) noexcept nogil:
    """Whether a place lies between four pixels, with a rounding to spare; not for NaN."""
    return 0.0 <= x < p.cols - 1.01 and 0.0 <= y < p.rows - 1.01


cdef inline int grey_at(const Picture* p, double x, double y) noexcept nogil:
    """Level between four pixels, of a place that the picture holds."""
    cdef int64_t fx = <int64_t> (x * FINE + 0.5), fy = <int64_t> (y * FINE + 0.5)
    cdef const short* at = p.grey + (fy >> 7) * p.cols + (fx >> 7)
    cdef int a = fx & 127, b = fy & 127
    return (
        ((128 - a) * at[0] + a * at[1]) * (128 - b)
        + ((128 - a) * at[p.cols] + a * at[p.cols + 1]) * b + 8192) >> 14


cdef bint take_template(
    const Picture* p, const double* place, const double* A, Template* t
) noexcept nogil:
    """T and its gradients; whether the picture holds all of it."""
    cdef int wide[WIDE * WIDE]
    cdef int i, j, k
    cdef double u, v
    cdef int64_t squares = 0
    for k in range(4):
        u = -BEFORE - 1 if k & 1 else SIDE - BEFORE
        v = -BEFORE - 1 if k & 2 else SIDE - BEFORE
        if not holds(p, place[0] + A[0] * u + A[1] * v, place[1] + A[2] * u + A[3] * v):
            return False
    for i in range(WIDE):
        v = i - BEFORE - 1
        for j in range(WIDE):
            u = j - BEFORE - 1
            wide[i * WIDE + j] = grey_at(
                p, place[0] + A[0] * u + A[1] * v, place[1] + A[2] * u + A[3] * v)
    t.total = 0
    for i in range(SIDE):
        for j in range(SIDE):
            k = (i + 1) * WIDE + j + 1
            t.grey[i * SIDE + j] = <short> wide[k]
            t.right[i * SIDE + j] = <short> (wide[k + 1] - wide[k - 1])
            t.down[i * SIDE + j] = <short> (wide[k + WIDE] - wide[k - WIDE])
            t.total += wide[k]
            squares += <int64_t> wide[k] * wide[k]
    t.squares = COUNT * squares - t.total * t.total
    return True


cdef void sum_gradients(Template* t) noexcept nogil:
    """Fill the sums of the gradients."""
    cdef int k
    cdef int right, down
    t.gx = t.gy = t.xx = t.xy = t.yy = t.tx = t.ty = 0
    for k in range(COUNT):
        right = t.right[k]
        down = t.down[k]
        t.gx += right
        t.gy += down
        t.xx += right * right
        t.xy += right * down
        t.yy += down * down
        t.tx += right * t.grey[k]
        t.ty += down * t.grey[k]


cdef void sum_window(
    const Picture* p, const Template* t, const double* corner, Window* w
) noexcept nogil:
    """Fill the sums of J and of its products with T and its gradients; `corner` is the first."""
    cdef int64_t fx = <int64_t> (corner[0] * FINE + 0.5), fy = <int64_t> (corner[1] * FINE + 0.5)
    cdef const short* at = p.grey + (fy >> 7) * p.cols + (fx >> 7)
    cdef int a = fx & 127, b = fy & 127, i, j, level
    cdef int w00 = (128 - a) * (128 - b), w01 = a * (128 - b), w10 = (128 - a) * b, w11 = a * b
    cdef int both, total, squares, right, down
    cdef short row[SIDE]
    cdef const short* below
    w.both = w.total = w.squares = w.right = w.down = 0
    for i in range(SIDE):
        below = at + p.cols
        for j in range(SIDE):
            row[j] = <short> (
                (w00 * at[j] + w01 * at[j + 1] + w10 * below[j] + w11 * below[j + 1] + 8192) >> 14)
        # 16 * 4095 * 8190 < 2^31
        both = total = squares = right = down = 0
        for j in range(SIDE):
            level = row[j]
            both += level * <int> t.grey[i * SIDE + j]
            total += level
            squares += level * level
            right += level * <int> t.right[i * SIDE + j]
            down += level * <int> t.down[i * SIDE + j]
        w.both += both
        w.total += total
        w.squares += squares
        w.right += right
        w.down += down
        at = below


cdef double correlation_at(
    const Template* t, const short* corner, Py_ssize_t stride, double floor
) noexcept nogil:
    """(1) of the window whose first pixel is given."""
    cdef int64_t both = 0, total = 0, squares = 0
    cdef int row_both, row_total, row_squares, i, j
    cdef const short* a = &t.grey[0]
    for i in range(SIDE):
        row_both = row_total = row_squares = 0
        # 16 * 4095^2 < 2^31
        for j in range(SIDE):
            row_both += <int> a[j] * <int> corner[j]
            row_squares += <int> corner[j] * <int> corner[j]
            row_total += corner[j]
        both += row_both
        total += row_total
        squares += row_squares
        a += SIDE
        corner += stride
    both = COUNT * both - t.total * total
    squares = COUNT * squares - total * total
    return <double> both / sqrt(
        (<double> t.squares + COUNT * COUNT * floor)
        * (<double> squares + COUNT * COUNT * floor))


cdef void search_one(
    const Picture* p, const Template* t, const double* start, int radius, double floor,
    double* found
) noexcept nogil:
    """Whole pixels within a radius [px] of the start: x, y and (1) of the best, or -1."""
    cdef int64_t x0 = <int64_t> (start[0] + 0.5), y0 = <int64_t> (start[1] + 0.5), x, y
    cdef double c
    found[2] = -1.0
    found[0] = start[0]
    found[1] = start[1]
    for y in range(max(y0 - radius, BEFORE), min(y0 + radius, p.rows + BEFORE - SIDE) + 1):
        for x in range(max(x0 - radius, BEFORE), min(x0 + radius, p.cols + BEFORE - SIDE) + 1):
            c = correlation_at(t, p.grey + (y - BEFORE) * p.cols + x - BEFORE, p.cols, floor)
            if c > found[2]:
                found[0] = x
                found[1] = y
                found[2] = c


cdef bint step_of(
    const Picture* p, const Template* t, double floor, double* place, double* told
) noexcept nogil:
    """(2) and (3) from a place, moved by d; told: (1), variance [px^2], |d|. False: no answer."""
    cdef Window w
    cdef int64_t both
    cdef double corner[2]
    cdef double hx, hy, hxy, det, a, ex, ey, dx, dy, rest, vj
    if not (holds(p, place[0] - BEFORE, place[1] - BEFORE)
            and holds(p, place[0] + SIDE - BEFORE, place[1] + SIDE - BEFORE)):
        return False
    # so that J is taken where `place` says
    place[0] = <double> <int64_t> (place[0] * FINE + 0.5) / FINE
    place[1] = <double> <int64_t> (place[1] * FINE + 0.5) / FINE
    corner[0] = place[0] - BEFORE
    corner[1] = place[1] - BEFORE
    sum_window(p, t, corner, &w)
    hx = <double> (COUNT * t.xx - t.gx * t.gx)
    hxy = <double> (COUNT * t.xy - t.gx * t.gy)
    hy = <double> (COUNT * t.yy - t.gy * t.gy)
    det = hx * hy - hxy * hxy
    both = COUNT * w.both - t.total * w.total
    vj = <double> (COUNT * w.squares - w.total * w.total)
    told[0] = <double> both / sqrt(
        (<double> t.squares + COUNT * COUNT * floor) * (vj + COUNT * COUNT * floor))
    if not det > 1e-6 * hx * hy or t.squares < 1 or both < 1:
        return False
    a = <double> both / <double> t.squares
    ex = <double> (COUNT * w.right - t.gx * w.total)
    ex -= a * <double> (COUNT * t.tx - t.gx * t.total)
    ey = <double> (COUNT * w.down - t.gy * w.total)
    ey -= a * <double> (COUNT * t.ty - t.gy * t.total)
    # gradients over two pixels are twice those over one
    dx = -2.0 * (hy * ex - hxy * ey) / (det * a)
    dy = -2.0 * (hx * ey - hxy * ex) / (det * a)
    place[0] += dx
    place[1] += dy
    rest = max(vj - a * <double> both, 0.0) / COUNT + floor
    # the mean of the two axes' variances: half the trace of (3)
    told[1] = 2.0 * COUNT * rest / (COUNT - 4.0) * (hx + hy) / (det * a * a)
    told[2] = sqrt(dx * dx + dy * dy)
    return told[2] < 4.0


cdef void refine_one(
    const Picture* p, const Template* t, const double* start, double most, double floor,
    double* found
) noexcept nogil:
    """Repeat (2): x, y, (1), variance [px^2]; (1) is -1 beyond `most` px of the start."""
    cdef double place[2]
    cdef double told[3]
    cdef int _step
    place[0] = start[0]
    place[1] = start[1]
    found[0] = found[1] = found[3] = NAN
    found[2] = -1.0
    for _step in range(STEPS):
        if not step_of(p, t, floor, place, told):
            return
        if not (-most <= place[0] - start[0] <= most and -most <= place[1] - start[1] <= most):
            return
        if told[2] < STEP_LEFT:
            break
    else:
        return
    found[0] = place[0]
    found[1] = place[1]
    found[2] = told[0]
    found[3] = told[1]


def match_patches(
    const short[:, ::1] image_i, const short[:, ::1] image_j, const double[:, ::1] at_i,
    const double[:, ::1] start_j, const double[:, ::1] A, int radius, double floor,
    double[:, ::1] found,
):
    """Fill `found` (n, 4) with x, y in image j, correlation and variance [px^2] of each patch.

    radius 1 or more: whole pixels about the start, without a variance; 0: refined between pixels.
    The correlation is -1 where the patch or the search leaves an image, and without an answer.
    """
    cdef Py_ssize_t k, n = at_i.shape[0]
    cdef Picture i, j
    cdef Template t
    cdef double place[2]
    cdef double turn[4]
    cdef double start[2]
    if not (at_i.shape[1] == 2 == start_j.shape[1] and A.shape[1] == 4 == found.shape[1]):
        raise ValueError("places are (n, 2), A and found (n, 4)")
    if not start_j.shape[0] == A.shape[0] == found.shape[0] == n:
        raise ValueError("one row for each patch")
    if radius < 0 or radius > MOST_RADIUS or not floor > 0.0:
        raise ValueError("a radius is 0 to 64 px and the floor above 0")
    if (min(image_i.shape[0], image_i.shape[1], image_j.shape[0], image_j.shape[1]) < WIDE
            or max(image_i.shape[0], image_i.shape[1], image_j.shape[0], image_j.shape[1])
            > 16384):
        raise ValueError("the sides of an image are 18 to 16384 pixels")
    i.grey, i.rows, i.cols = &image_i[0, 0], image_i.shape[0], image_i.shape[1]
    j.grey, j.rows, j.cols = &image_j[0, 0], image_j.shape[0], image_j.shape[1]
    with nogil:
        for k in range(n):
            place[0], place[1] = at_i[k, 0], at_i[k, 1]
            start[0], start[1] = start_j[k, 0], start_j[k, 1]
            turn[0], turn[1], turn[2], turn[3] = A[k, 0], A[k, 1], A[k, 2], A[k, 3]
            found[k, 0] = found[k, 1] = found[k, 3] = NAN
            found[k, 2] = -1.0
            if not holds(&j, start[0], start[1]) or not take_template(&i, place, turn, &t):
                continue
            if radius > 0:
                search_one(&j, &t, start, radius, floor, &found[k, 0])
            else:
                sum_gradients(&t)
                refine_one(&j, &t, start, 2.0, floor, &found[k, 0])
