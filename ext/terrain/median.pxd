# The median of floats by counting, in a fixed number of passes whatever their order.

from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

cdef enum:
    MEDIAN_BINS = 1 << 16


cdef inline uint32_t rank_key(float x) noexcept nogil:
    """Return a whole number that grows with x."""
    cdef uint32_t bits
    memcpy(&bits, &x, 4)
    return ~bits if bits & <uint32_t> 0x80000000 else bits | <uint32_t> 0x80000000


cdef inline float of_key(uint32_t key) noexcept nogil:
    """Return the float of a key."""
    cdef float x
    cdef uint32_t bits = key & <uint32_t> 0x7fffffff if key & <uint32_t> 0x80000000 else ~key
    memcpy(&x, &bits, 4)
    return x


cdef struct Window:         # of a map
    const float* values
    int stride
    int rows
    int cols


cdef inline Py_ssize_t count_keys(
    const Window* window, int shift, uint32_t prefix, uint32_t* bins
) noexcept nogil:
    """Count the window's numbers by 16 bits of their key; with shift 0 those of one prefix."""
    cdef int i, j
    cdef Py_ssize_t count = 0
    cdef float x
    cdef uint32_t key
    memset(bins, 0, MEDIAN_BINS * sizeof(uint32_t))
    for i in range(window.rows):
        for j in range(window.cols):
            x = window.values[i * <Py_ssize_t> window.stride + j]
            if x != x:
                continue
            key = rank_key(x)
            if shift == 0 and key >> 16 != prefix:
                continue
            bins[(key >> shift) & 0xffff] += 1
            count += 1
    return count


cdef inline float ranked(
    const Window* window, Py_ssize_t rank, uint32_t* bins
) noexcept nogil:
    """Return the number with so many numbers below it."""
    cdef uint32_t high = 0, low = 0
    count_keys(window, 16, 0, bins)
    while high < MEDIAN_BINS - 1 and rank >= bins[high]:
        rank -= bins[high]
        high += 1
    count_keys(window, 0, high, bins)
    while low < MEDIAN_BINS - 1 and rank >= bins[low]:
        rank -= bins[low]
        low += 1
    return of_key(high << 16 | low)


cdef inline float median_of(const Window* window, uint32_t* bins) noexcept nogil:
    """Return the median of the window's numbers, NaN left out; 0 where there is none.

    Of an even count the mean of the middle two. `bins` holds MEDIAN_BINS counts.
    """
    cdef Py_ssize_t count = count_keys(window, 16, 0, bins)
    cdef float upper
    if count == 0:
        return 0.0
    upper = ranked(window, count // 2, bins)
    if count % 2:
        return upper
    return (ranked(window, count // 2 - 1, bins) + upper) / <float> 2.0
