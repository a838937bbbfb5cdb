# Exact Euclidean distance to the nearest cell that is not good, on square cells.
#
# Two passes (Meijster et al. 2000, Felzenszwalb & Huttenlocher 2012): steps g to the nearest bad
# cell along every column, then the lower envelope of the parabolas along every row,
#
#     d^2(j) = min_k [ (j - k)^2 + g(k)^2 ],
#
# whole numbers below 2^24 for maps of up to 2048 cells a side: the distance is that number's root,
# rounded once, times the cell, rounded once more.

from libc.math cimport sqrt

cdef enum:
    NO_BAD_CELL = 1 << 14   # steps in a column without a bad cell


cdef struct ClearanceRoom:
    int* steps              # rows x cols
    int* vertex             # cols: column of each parabola of the envelope
    double* level           # cols: its g^2
    double* start           # cols + 1: from where it is the lowest


cdef inline bint count_steps(
    const unsigned char* good, int rows, int cols, int* steps
) noexcept nogil:
    """Count steps along columns to the nearest bad cell; return whether there is one."""
    cdef int i, j, g
    cdef bint bad = False
    cdef int* row
    for j in range(cols):
        steps[j] = NO_BAD_CELL if good[j] else 0
        bad |= not good[j]
    for i in range(1, rows):
        row = steps + i * <Py_ssize_t> cols
        for j in range(cols):
            g = min(row[j - cols] + 1, <int> NO_BAD_CELL)
            row[j] = g if good[i * <Py_ssize_t> cols + j] else 0
            bad |= not good[i * <Py_ssize_t> cols + j]
    for i in range(rows - 2, -1, -1):
        row = steps + i * <Py_ssize_t> cols
        for j in range(cols):
            row[j] = min(row[j], row[j + cols] + 1)
    return bad


cdef inline void nearest_along(
    const int* steps, int cols, const ClearanceRoom* room, float cell_m, float* distance_m
) noexcept nogil:
    """Turn the column counts of one row into distances [m]; one of them at least is of a cell."""
    cdef int j, k = -1, off
    cdef double height, meet
    cdef int* vertex = room.vertex
    cdef double* level = room.level
    cdef double* start = room.start
    for j in range(cols):
        if steps[j] >= NO_BAD_CELL:
            continue
        height = (<double> steps[j]) * steps[j]
        meet = -1.0
        while k >= 0:
            # Where this parabola goes below the last one.
            meet = 0.5 * (j + vertex[k] + (height - level[k]) / (j - vertex[k]))
            if meet > start[k]:
                break
            k -= 1
        k += 1
        vertex[k] = j
        level[k] = height
        start[k] = meet if k > 0 else -1.0
    start[k + 1] = cols + 1.0
    k = 0
    for j in range(cols):
        while start[k + 1] < j:
            k += 1
        off = j - vertex[k]
        distance_m[j] = <float> sqrt((<double> off) * off + level[k]) * cell_m


cdef inline void write_clearance(
    const unsigned char* good, int rows, int cols, double cell_m, const ClearanceRoom* room,
    float* distance_m
) noexcept nogil:
    """Write the distance from every cell to the nearest that is not good [m]; 1e6 cells if all are.

    No map is longer than 2048 cells a side.
    """
    cdef Py_ssize_t k
    cdef int i
    if not count_steps(good, rows, cols, room.steps):
        for k in range(rows * <Py_ssize_t> cols):
            distance_m[k] = <float> (1e6 * cell_m)
        return
    for i in range(rows):
        k = i * <Py_ssize_t> cols
        nearest_along(room.steps + k, cols, room, <float> cell_m, distance_m + k)
