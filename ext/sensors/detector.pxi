# From the light on a detector to its numbers: blur, point spread, electrons, noise, whole numbers.
#
#     symbol      name            what
#     S           light           electrons expected of the light, response left out
#     lambda      mean            S (1 + prnu n_p) + dark, electrons expected
#     N           count           Poisson of lambda, held to the full well
#     DN          out             rint(gain (N + read n)), held to [0, full scale]
#
# Poisson numbers invert the distribution. From lambda = 12 on, with w the normal deviate (Giles
# 2016, Algorithm 955, ACM Trans. Math. Softw. 42, the normal asymptotic expansion):
#     N = floor(lambda + sqrt(lambda) w + 1/3 + w^2 / 6 - (w / 36 + w^3 / 72) / sqrt(lambda))   (1)
# and below by adding terms up. Pixel p of frame n draws block (p, n) of its stream, so that its
# number does not depend on which others are made. Normal deviates come from a table of the
# quantiles, those beyond 3.3 sigma from the function itself.
#
# Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

include "lidar_lanes.pxi"

import numpy as np

from libc.stdint cimport uint16_t, uint32_t, uint64_t
from farside.ext.common.elementary cimport exp_of
from farside.ext.common.random cimport normal_quantile

cdef enum:
    MOST_LANES = 16
    QUANTILES = 2048            # of half the normal distribution
    FEW = 12                    # electrons
    MOST_RADIUS = 64            # of a point spread [px]

cdef float[2049] QUANTILE
cdef int _q
for _q in range(QUANTILES):
    QUANTILE[_q] = <float> normal_quantile(0.5 + _q / (2.0 * QUANTILES))
QUANTILE[QUANTILES] = 4.0


cdef struct Detector:
    double dark                 # electrons expected of the dark current
    double prnu
    double full_well
    double read                 # electrons, 1 sigma
    double gain                 # numbers per electron
    double full_scale
    uint64_t seed
    uint32_t frame              # number of the frame
    uint32_t noise              # stream
    uint32_t response           # stream of the response


cdef inline f32xN normal_lanes(u32xN word) noexcept nogil:
    """Return a normal deviate for each word: its lowest bit the sign, the others the share."""
    cdef f32xN at = f32_from_i32(u32_right(word, 1)) * f32_splat(QUANTILES / 2147483648.0)
    cdef u32xN i = u32_of_f32(f32_min(at, f32_splat(QUANTILES - 0.001)))
    cdef f32xN f = at - f32_from_i32(i), low = f32_gather(QUANTILE, i), out
    cdef f32xN last = f32_splat(QUANTILES - 2.0)
    cdef uint32_t[MOST_LANES] words
    cdef float[MOST_LANES] z
    cdef int n
    out = low + f * (f32_gather(QUANTILE + 1, i) - low)
    if f32_any_above(at, last):
        u32_store(words, word)
        f32_store(z, out)
        for n in range(F32_LANES):
            if words[n] >> 1 > <uint32_t> 2145386496:      # (QUANTILES - 2) / QUANTILES of 2^31
                z[n] = <float> normal_quantile(
                    0.5 + (<double> (words[n] >> 1) + 0.5) * 2.3283064365386963e-10)
        out = f32_load(z)
    return f32_select(
        f32_from_i32(u32_and(word, 1)), f32_splat(0.5), f32_splat(0.0) - out, out)


cdef inline float few_electrons(float mean, uint32_t word) noexcept nogil:
    """Return a Poisson number of a small mean, by adding up its distribution."""
    cdef double share = (<double> word + 0.5) * 2.3283064365386963e-10
    cdef double term = exp_of(-mean), sum = term
    cdef int n = 0
    while share > sum and n < 100:
        n += 1
        term = term * mean / n
        sum += term
    return <float> n


cdef inline f32xN count_electrons(f32xN mean, u32xN word) noexcept nogil:
    """Return Poisson numbers: (1), or term by term."""
    cdef f32xN zero = f32_splat(0.0), few = f32_splat(FEW)
    cdef f32xN w = normal_lanes(word), root, per, x
    cdef float[MOST_LANES] means, out
    cdef uint32_t[MOST_LANES] words
    cdef int n
    root = f32_sqrt(f32_max(mean, few))
    per = f32_splat(1.0) / root
    x = mean + root * w + f32_splat(1.0 / 3.0) + w * w * f32_splat(1.0 / 6.0) - w * (
        f32_splat(1.0 / 36.0) + w * w * f32_splat(1.0 / 72.0)) * per
    x = f32_from_i32(u32_of_f32(f32_max(x, zero)))
    if f32_any_above(few, mean):
        f32_store(means, mean)
        f32_store(out, x)
        u32_store(words, word)
        for n in range(F32_LANES):
            if means[n] < FEW:
                out[n] = few_electrons(means[n] if means[n] > 0.0 else <float> 0.0, words[n])
        x = f32_load(out)
    return x


cdef inline void detect_lanes(
    const Detector* k, const float* light, uint32_t first, float* out
) noexcept nogil:
    """Write the numbers of as many pixels as lanes hold, the first of the frame `first`."""
    cdef u32xN[4] word, fixed
    cdef f32xN zero = f32_splat(0.0), full = f32_splat(<float> k.full_well), mean, e
    philox_lanes(k.seed, k.noise, k.frame, first, word)
    philox_lanes(k.seed, k.response, 0, first, fixed)
    mean = f32_load(light) * f32_max(
        f32_splat(1.0) + f32_splat(<float> k.prnu) * normal_lanes(fixed[0]), zero)
    # far more than a full well is as good as full, and stays a whole number of 31 bits
    mean = f32_min(mean + f32_splat(<float> k.dark), full * f32_splat(4.0) + f32_splat(1000.0))
    e = f32_min(count_electrons(mean, word[0]), full)
    e = (e + f32_splat(<float> k.read) * normal_lanes(word[1])) * f32_splat(<float> k.gain)
    # half up: the same as to the nearest but for ties, and it does not depend on a rounding mode
    e = f32_min(f32_max(e + f32_splat(0.5), zero), f32_splat(<float> k.full_scale))
    f32_store(out, f32_from_i32(u32_of_f32(e)))


def detect(
    const float[:, ::1] light, dict detector, uint32_t columns, uint32_t row, uint32_t col,
    uint16_t[:, ::1] out,
):
    """Fill `out` with the numbers of a rectangle of a frame.

    light : electrons expected, (rows, cols); `detector` the struct `Detector` by its members;
    columns : of the whole frame; row, col : first pixel of the rectangle.
    """
    cdef Detector k = detector
    cdef Py_ssize_t rows = light.shape[0], cols = light.shape[1], y, x, n
    cdef float[MOST_LANES] given, made
    cdef uint32_t first
    if out.shape[0] != rows or out.shape[1] != cols:
        raise ValueError("a number for each pixel")
    if not (k.full_scale <= 65535.0 and 0.0 < k.full_well <= 2e8 and k.gain > 0.0):
        raise ValueError("a full well of at most 2e8 electrons, and at most 16 bits")
    with nogil:
        for y in range(rows):
            first = (row + <uint32_t> y) * columns + col
            x = 0
            while x < cols:
                for n in range(F32_LANES):
                    given[n] = light[y, min(x + n, cols - 1)]
                detect_lanes(&k, given, first + <uint32_t> x, made)
                for n in range(min(<Py_ssize_t> F32_LANES, cols - x)):
                    out[y, x + n] = <uint16_t> made[n]
                x += F32_LANES


def spread(const float[:, ::1] image, const float[::1] weights, float[:, ::1] out):
    """Convolve with weights along rows and along columns; `out` is smaller by their reach.

    image (rows + 2 r, cols + 2 r), weights (2 r + 1,), out (rows, cols).
    """
    cdef Py_ssize_t r = weights.shape[0] // 2, rows = out.shape[0], cols = out.shape[1], y, x, k
    cdef float[:, ::1] along = np.empty((rows + 2 * r, cols), np.float32)
    cdef float w
    if weights.shape[0] != 2 * r + 1 or r > MOST_RADIUS:
        raise ValueError(f"an odd number of weights, {2 * MOST_RADIUS + 1} at most")
    if image.shape[0] != rows + 2 * r or image.shape[1] != cols + 2 * r:
        raise ValueError("the image reaches beyond the result by the reach of the weights")
    with nogil:
        for y in range(rows + 2 * r):
            for x in range(cols):
                along[y, x] = 0.0
            for k in range(2 * r + 1):
                w = weights[k]
                for x in range(cols):
                    along[y, x] += w * image[y, x + k]
        for y in range(rows):
            for x in range(cols):
                out[y, x] = 0.0
            for k in range(2 * r + 1):
                w = weights[k]
                for x in range(cols):
                    out[y, x] += w * along[y + k, x]


def smear(
    const float[:, ::1] image, const float[:, :, ::1] flow, int tile, int count,
    tuple first, Py_ssize_t margin, float[:, ::1] out, tuple band,
):
    """Average the image along the way that each pixel's scene moves, in a band of rows of `out`.

    image (rows + 2 margin, cols + 2 margin) reaches beyond `out` (rows, cols), whose first pixel is
    `first`, row and column of the frame; flow (2, m, n) [px]: columns and rows moved, at every
    tile-th pixel, the last of them held beyond;
    count: places averaged; band: the first row that is made, and the one behind the last.
    """
    cdef Py_ssize_t rows = out.shape[0], cols = out.shape[1], y, x, i, j, a, b, at
    cdef Py_ssize_t row = first[0], col = first[1], top = band[0], end = band[1]
    cdef Py_ssize_t last_row = (flow.shape[1] - 1) * tile, last_col = (flow.shape[2] - 1) * tile
    cdef float fx, fy, du, dv, s, px, py, gx, gy, sum
    cdef int k
    if image.shape[0] != rows + 2 * margin or image.shape[1] != cols + 2 * margin:
        raise ValueError("the image reaches beyond the result by the margin")
    if flow.shape[0] != 2 or count < 1 or tile < 1:
        raise ValueError("two planes of flow, and a place or more to average")
    if flow.shape[1] < 2 or flow.shape[2] < 2:
        raise ValueError("the flow is given at two rows and columns or more")
    if not 0 <= top <= end <= rows:
        raise ValueError("rows of the result, from the first on")
    with nogil:
        for y in range(top, end):
            at = min(max(row + y, 0), last_row)
            j = min(at // tile, flow.shape[1] - 2)
            fy = <float> (at - j * tile) / <float> tile
            for x in range(cols):
                at = min(max(col + x, 0), last_col)
                i = min(at // tile, flow.shape[2] - 2)
                fx = <float> (at - i * tile) / <float> tile
                du = ((flow[0, j, i] * (1 - fx) + flow[0, j, i + 1] * fx) * (1 - fy)
                      + (flow[0, j + 1, i] * (1 - fx) + flow[0, j + 1, i + 1] * fx) * fy)
                dv = ((flow[1, j, i] * (1 - fx) + flow[1, j, i + 1] * fx) * (1 - fy)
                      + (flow[1, j + 1, i] * (1 - fx) + flow[1, j + 1, i + 1] * fx) * fy)
                sum = 0.0
                for k in range(count):
                    s = (<float> k + <float> 0.5) / <float> count - <float> 0.5
                    px = <float> (x + margin) + s * du
                    py = <float> (y + margin) + s * dv
                    px = min(max(px, <float> 0.0), <float> (cols + 2 * margin) - <float> 1.001)
                    py = min(max(py, <float> 0.0), <float> (rows + 2 * margin) - <float> 1.001)
                    a = <Py_ssize_t> py
                    b = <Py_ssize_t> px
                    gx = px - <float> b
                    gy = py - <float> a
                    sum += ((image[a, b] * (1 - gx) + image[a, b + 1] * gx) * (1 - gy)
                            + (image[a + 1, b] * (1 - gx) + image[a + 1, b + 1] * gx) * gy)
                out[y, x] = sum / <float> count
