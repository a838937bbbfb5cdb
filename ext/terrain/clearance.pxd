# Exact Euclidean distance to the nearest cell that is not good, on square cells of a whole map.
#
# Squares are whole numbers below 2^24 for maps of up to 2048 cells a side: the distance is that
# number's root, rounded once, times the cell, rounded once more.

from libc.math cimport sqrt

from farside.ext.terrain.distance_transform cimport (
    Envelope, build_envelope, count_row, lowest_at, squared_distance,
)

cdef enum:
    NO_BAD_CELL = 1 << 14   # steps in a column without a bad cell


cdef struct ClearanceWorkspace:
    int* steps              # rows x cols
    Envelope envelope       # its vertex also carries counts from row to row


cdef inline void count_steps(
    const unsigned char* good, int rows, int cols, const ClearanceWorkspace* work
) noexcept nogil:
    """Count steps along columns to the nearest bad cell, downwards and upwards."""
    cdef Py_ssize_t k
    cdef int i, j
    cdef int* carry = work.envelope.vertex
    for k in range(rows * <Py_ssize_t> cols):
        work.steps[k] = NO_BAD_CELL
    for j in range(cols):
        carry[j] = NO_BAD_CELL
    for i in range(rows):
        k = i * <Py_ssize_t> cols
        count_row(good + k, 0, cols, NO_BAD_CELL, carry, work.steps + k)
    for j in range(cols):
        carry[j] = NO_BAD_CELL
    for i in range(rows - 1, -1, -1):
        k = i * <Py_ssize_t> cols
        count_row(good + k, 0, cols, NO_BAD_CELL, carry, work.steps + k)


cdef inline void write_clearance(
    const unsigned char* good, int rows, int cols, double cell_m, const ClearanceWorkspace* work,
    float* distance_m
) noexcept nogil:
    """Write the distance from every cell to the nearest that is not good [m]; 1e6 cells if all are.

    No map is longer than 2048 cells a side.
    """
    cdef Py_ssize_t at
    cdef int i, j, k
    cdef float cell = <float> cell_m
    count_steps(good, rows, cols, work)
    for i in range(rows):
        at = i * <Py_ssize_t> cols
        # Without a count in one row there is none in any: every cell is good.
        if build_envelope(work.steps + at, cols, NO_BAD_CELL, 1.0, &work.envelope) < 0:
            for j in range(cols):
                distance_m[at + j] = <float> (1e6 * cell_m)
            continue
        k = 0
        for j in range(cols):
            k = lowest_at(&work.envelope, k, j)
            distance_m[at + j] = <float> sqrt(squared_distance(&work.envelope, k, j)) * cell
