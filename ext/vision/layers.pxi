"""A network of two hidden layers, for every cell of a map.

x_f = plane f of a cell;  h_j, g_k: hidden;  r(a) = max(a, 0)
h_j = r(b_j + sum_f v_jf x_f)                                                               (1)
g_k = r(c_k + sum_j w_kj h_j)                                                               (2)
z   = d + sum_k u_k g_k                                                                     (3)

Sums run over f, j and k in turn, in single precision: cells are the lanes of a vector, so that none
is reordered, and the bits are the same on every CPU.
"""

from libc.string cimport memcpy

cdef enum:
    CELLS = 64
    MOST_HIDDEN = 64
    MOST_PLANES = 128


cdef struct Weights:
    Py_ssize_t planes, first, second
    const float* v
    const float* b
    const float* w
    const float* c
    const float* u
    float d


cdef void layer(
    const float* const* given, Py_ssize_t count, const float* weights, float bias, float* out,
) noexcept nogil:
    """(1) or (2) of one hidden number of CELLS cells."""
    cdef Py_ssize_t i, f
    cdef float w
    cdef const float* x
    # of its own, so that the compiler knows that it is none of `given`
    cdef float total[CELLS]
    for i in range(CELLS):
        total[i] = bias
    for f in range(count):
        w = weights[f]
        x = given[f]
        for i in range(CELLS):
            total[i] += w * x[i]
    for i in range(CELLS):
        out[i] = total[i]


cdef void rectify(float* values) noexcept nogil:
    """r of CELLS numbers."""
    cdef Py_ssize_t i
    for i in range(CELLS):
        values[i] = values[i] if values[i] > <float> 0.0 else <float> 0.0


cdef void evaluate_block(
    const float* const* given, const Weights* net, float* out
) noexcept nogil:
    """(1) to (3) of CELLS cells."""
    cdef float first[MOST_HIDDEN][CELLS]
    cdef float second[MOST_HIDDEN][CELLS]
    cdef const float* hidden[MOST_HIDDEN]
    cdef Py_ssize_t j
    for j in range(net.first):
        layer(given, net.planes, net.v + j * net.planes, net.b[j], &first[j][0])
        rectify(&first[j][0])
        hidden[j] = &first[j][0]
    for j in range(net.second):
        layer(hidden, net.first, net.w + j * net.first, net.c[j], &second[j][0])
        rectify(&second[j][0])
    for j in range(net.second):
        hidden[j] = &second[j][0]
    layer(hidden, net.second, net.u, net.d, out)


def evaluate(
    const float[:, ::1] planes,
    const float[:, ::1] v, const float[::1] b, const float[:, ::1] w, const float[::1] c,
    const float[::1] u, float d, float[::1] out,
):
    """Fill `out` (cells,) with z of (3) for `planes` (planes, cells): cells a multiple of 64."""
    cdef Py_ssize_t cells = planes.shape[1], at, f, block, count = planes.shape[0]
    cdef const float* given[MOST_PLANES]
    # side by side: planes lie so far apart that they would push each other out of the cache
    cdef float near[MOST_PLANES][CELLS]
    if cells % CELLS != 0 or out.shape[0] != cells or count < 1 or count > MOST_PLANES:
        raise ValueError("1 to 128 planes of a multiple of 64 cells, and as many cells out")
    if v.shape[1] != count or not 0 < v.shape[0] <= MOST_HIDDEN or b.shape[0] != v.shape[0]:
        raise ValueError("the first layer's weights do not fit the planes")
    if w.shape[1] != v.shape[0] or not 0 < w.shape[0] <= MOST_HIDDEN or c.shape[0] != w.shape[0]:
        raise ValueError("the second layer's weights do not fit the first's")
    if u.shape[0] != w.shape[0]:
        raise ValueError("the last layer's weights do not fit the second's")
    cdef Weights net
    net.planes, net.first, net.second = count, v.shape[0], w.shape[0]
    net.v, net.b, net.w, net.c, net.u, net.d = &v[0, 0], &b[0], &w[0, 0], &c[0], &u[0], d
    with nogil:
        for block in range(cells // CELLS):
            at = block * CELLS
            for f in range(count):
                memcpy(&near[f][0], &planes[f, at], CELLS * sizeof(float))
                given[f] = &near[f][0]
            evaluate_block(given, &net, &out[at])
