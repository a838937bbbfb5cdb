# The steps of the exact Euclidean distance transform, for whole maps and for strips of them.
#
# Two passes (Meijster et al. 2000, Felzenszwalb & Huttenlocher 2012): steps g to the nearest marked
# cell along every column, down and up; then the lower envelope of the parabolas along every row,
#
#     d^2(j) = min_k [ (j - k)^2 + level(k) ],     level(k) = ratio g(k)^2,
#
# in cells across, ratio being the square of a cell's length down over its length across.


cdef struct Envelope:       # of the parabolas of one row
    int* vertex             # cols: column of each parabola
    double* level           # cols: its value there
    double* start           # cols + 1: from where it is the lowest


cdef inline void count_row(
    const unsigned char* mask, unsigned char marked, int cols, int none, int* carry, int* steps
) noexcept nogil:
    """Count steps to the nearest marked cell on the side that `carry` comes from.

    A cell is marked where `mask` holds `marked`. `carry` holds the counts of the row before, `none`
    where nothing was marked yet; it becomes this row's. The lesser count stays in `steps`.
    """
    cdef int j, g
    for j in range(cols):
        g = 0 if mask[j] == marked else min(carry[j] + 1, none)
        carry[j] = g
        steps[j] = min(g, steps[j])


cdef inline int build_envelope(
    const int* steps, int cols, int none, double ratio, const Envelope* envelope
) noexcept nogil:
    """Find the lower envelope of a row; return its last parabola, -1 where nothing is marked."""
    cdef int j, k = -1
    cdef double height, meet
    cdef int* vertex = envelope.vertex
    cdef double* level = envelope.level
    cdef double* start = envelope.start
    for j in range(cols):
        if steps[j] >= none:
            continue
        height = ratio * (<double> steps[j]) * steps[j]
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
    if k >= 0:
        start[k + 1] = cols + 1.0
    return k


cdef inline int lowest_at(const Envelope* envelope, int k, int j) noexcept nogil:
    """Return the parabola that is the lowest at column j; k is that of a column before."""
    while envelope.start[k + 1] < j:
        k += 1
    return k


cdef inline double squared_distance(const Envelope* envelope, int k, int j) noexcept nogil:
    """Return the value of parabola k at column j [cells^2]."""
    cdef double off = j - envelope.vertex[k]
    return off * off + envelope.level[k]
