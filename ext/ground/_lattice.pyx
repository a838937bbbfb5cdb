"""Grids of heights: halving of the posting, block maxima, noise."""

from libc.math cimport sqrt
from libc.stdint cimport uint32_t, uint64_t

from farside.ext.ground.surface cimport GROUND_BLOCK
from farside.ext.common.random cimport philox
from farside.ext.ground.taper cimport Taper, taper


def halve(
    const float[:, ::1] coarse, Py_ssize_t j0, Py_ssize_t i0, float[:, ::1] work,
    float[:, ::1] fine, Py_ssize_t row0, Py_ssize_t col0,
):
    """Fill `fine` from `coarse`, of twice its posting, by four-point subdivision.

    Nodes keep their heights; between them h = (9 (b + c) - (a + d)) / 16, whose limit is smooth
    (Dubuc 1986). Indices count nodes of the endless lattices, on which fine node 2 n is coarse node
    n: (j0, i0) is the first of coarse, (row0, col0) of fine; coarse must reach two nodes beyond.
    `work` is (rows of coarse, columns of fine).
    """
    cdef Py_ssize_t j, i, k, at
    cdef Py_ssize_t columns = fine.shape[1]
    cdef const float* a
    cdef const float* b
    cdef const float* c
    cdef const float* d
    with nogil:
        for j in range(coarse.shape[0]):
            for i in range(columns):
                at = col0 + i
                k = (at >> 1) - i0
                if at & 1:
                    work[j, i] = 0.0625 * (
                        9 * (coarse[j, k] + coarse[j, k + 1])
                        - (coarse[j, k - 1] + coarse[j, k + 2]))
                else:
                    work[j, i] = coarse[j, k]
        for j in range(fine.shape[0]):
            at = row0 + j
            k = (at >> 1) - j0
            b = &work[k, 0]
            if at & 1:
                a = &work[k - 1, 0]
                c = &work[k + 1, 0]
                d = &work[k + 2, 0]
                for i in range(columns):
                    fine[j, i] = <float> 0.0625 * (9 * (b[i] + c[i]) - (a[i] + d[i]))
            else:
                for i in range(columns):
                    fine[j, i] = b[i]


def block_max(const float[:, ::1] z, float[:, ::1] top):
    """Fill `top` with the highest node of each 8 x 8 cells and of the cells next to them."""
    cdef Py_ssize_t bj, bi, j, i, j1, i1, rows = z.shape[0], cols = z.shape[1]
    cdef float highest
    with nogil:
        for bj in range(top.shape[0]):
            j1 = min((bj + 1) * GROUND_BLOCK + 2, rows)
            for bi in range(top.shape[1]):
                i1 = min((bi + 1) * GROUND_BLOCK + 2, cols)
                highest = -1e30
                for j in range(max(bj * GROUND_BLOCK - 1, 0), j1):
                    for i in range(max(bi * GROUND_BLOCK - 1, 0), i1):
                        if z[j, i] > highest:
                            highest = z[j, i]
                top[bj, bi] = highest


cdef inline void eight_uniform(
    uint64_t seed, Py_ssize_t j, Py_ssize_t octet, uint32_t level, float* out
) noexcept nogil:
    """Eight uniform deviates of variance 1, those of nodes 8 octet ... 8 octet + 7 of row j."""
    cdef uint32_t word[4]
    cdef int k
    word[0] = <uint32_t> octet
    word[1] = <uint32_t> j
    word[2] = level
    word[3] = 0x6E6F6973
    philox(word, <uint32_t> seed, <uint32_t> (seed >> 32))
    for k in range(4):
        # sixteen bits each, (n + 1/2) / 2^16, to (-sqrt 3, sqrt 3)
        out[2 * k] = (<float> (word[k] & 0xFFFF) - <float> 32767.5) * <float> 5.2857e-5
        out[2 * k + 1] = (<float> (word[k] >> 16) - <float> 32767.5) * <float> 5.2857e-5


cdef struct Octave:
    uint32_t level          # names the stream of random numbers
    double amplitude_m
    double cell_m           # posting of the lattice


def add_noise(
    float[:, ::1] z, first_node, uint64_t seed, dict octave, dict fade, float[:, ::1] white,
    float[:, ::1] smooth,
):
    """Add smooth noise of one octave to the nodes of a lattice from first_node, (row, col), on.

    octave and fade are the structs `Octave` and `Taper` by their members. White noise of the nodes,
    by counter, smoothed by (1 4 6 4 1) / 16 both ways and multiplied by the amplitude; tapered to
    nothing from inner to outer about the origin. `white` is (rows + 4, columns + 4 + up to 14: a
    multiple of 8), `smooth` (rows + 4, columns).
    """
    cdef Octave o = octave
    cdef Taper edge = fade
    cdef Py_ssize_t j0 = first_node[0], i0 = first_node[1]
    cdef uint32_t level = o.level
    cdef double amplitude = o.amplitude_m, cell = o.cell_m
    cdef double inner = edge.inner_m, outer = edge.outer_m
    cdef Py_ssize_t j, i, octet, rows = z.shape[0], cols = z.shape[1]
    cdef Py_ssize_t first = (i0 - 2) >> 3, shift = (i0 - 2) & 7
    cdef const float* a
    cdef float* row
    cdef float gain = <float> amplitude
    cdef double u, v, far
    cdef bint whole
    # the corner that is farthest from the origin decides whether anything tapers
    u = max(abs(i0), abs(i0 + cols)) * cell
    v = max(abs(j0), abs(j0 + rows)) * cell
    whole = u * u + v * v < inner * inner
    with nogil:
        for j in range(rows + 4):
            for octet in range(white.shape[1] >> 3):
                eight_uniform(seed, j0 - 2 + j, first + octet, level, &white[j, 8 * octet])
            a = &white[j, shift]
            row = &smooth[j, 0]
            for i in range(cols):
                row[i] = <float> 0.0625 * (
                    a[i] + a[i + 4] + 4 * (a[i + 1] + a[i + 3]) + 6 * a[i + 2])
        for j in range(rows):
            a = &smooth[j, 0]
            row = &z[j, 0]
            if whole:
                for i in range(cols):
                    row[i] += gain * (<float> 0.0625 * (
                        a[i] + a[i + 4 * cols] + 4 * (a[i + cols] + a[i + 3 * cols])
                        + 6 * a[i + 2 * cols]))
                continue
            v = (j0 + j) * cell
            for i in range(cols):
                u = (i0 + i) * cell
                far = taper(sqrt(u * u + v * v), inner, outer)
                row[i] += gain * <float> far * (<float> 0.0625 * (
                    a[i] + a[i + 4 * cols] + 4 * (a[i + cols] + a[i + 3 * cols])
                    + 6 * a[i + 2 * cols]))
