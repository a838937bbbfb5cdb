"""Normalised cross-correlation of small patches in search windows, for every shift.

T(p)      template, -127..127;  0 where unknown      p in a square of n = (2 half + 1)^2 cells
I(x)      searched image, -127..127; 0 where unknown
d         shift, |d_row| <= reach_rows, |d_col| <= reach_cols
k(d)      share of the square in which I(x + d) is known

c(d) = [n sum T I - sum T sum I] / sqrt([n sum T^2 - (sum T)^2] [n sum I^2 - (sum I)^2])        (1)

(1), theory (9.1), is the normalised correlation coefficient of Lewis (1995), "Fast template
matching". Both images are already without their local means (contrast of ortho.pxi), so that an
unknown cell, 0, is a neutral one. Where k(d) is below the least share the score is -2. Sums are
whole numbers and a square root rounds correctly: the same bits on every CPU.

Work is done a pair of template columns at a time: one instruction multiplies two neighbouring cells
of I with the pair and adds the products.
"""

from libc.math cimport sqrt
from libc.stdlib cimport free, malloc

cdef enum:
    MOST_HALF = 100             # (2 * 100 + 1)^2 * 127^2 < 2^31
    MOST_REACH = 1024
    UNKNOWN = -128
    LEAST_ENERGY = 1            # of a template and a window: an even one has no score

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <immintrin.h>
    #endif
    /* Lanes of 32 bit: in each, products of two pairs of 16 bit, added. */
    #if defined(__AVX512BW__)
    typedef __m512i pairs_t;
    #define PAIR_LANES 16
    #define pairs_of(x) _mm512_set1_epi32(x)
    #define pairs_zero() _mm512_setzero_si512()
    #define pairs_madd(a, t, p) \
        _mm512_add_epi32(a, _mm512_madd_epi16(t, _mm512_loadu_si512((const void *)(p))))
    #define pairs_store(p, a) _mm512_storeu_si512((void *)(p), a)
    #elif defined(__AVX2__)
    typedef __m256i pairs_t;
    #define PAIR_LANES 8
    #define pairs_of(x) _mm256_set1_epi32(x)
    #define pairs_zero() _mm256_setzero_si256()
    #define pairs_madd(a, t, p) \
        _mm256_add_epi32(a, _mm256_madd_epi16(t, _mm256_loadu_si256((const __m256i *)(p))))
    #define pairs_store(p, a) _mm256_storeu_si256((__m256i *)(p), a)
    #elif defined(__SSE2__)
    typedef __m128i pairs_t;
    #define PAIR_LANES 4
    #define pairs_of(x) _mm_set1_epi32(x)
    #define pairs_zero() _mm_setzero_si128()
    #define pairs_madd(a, t, p) \
        _mm_add_epi32(a, _mm_madd_epi16(t, _mm_loadu_si128((const __m128i *)(p))))
    #define pairs_store(p, a) _mm_storeu_si128((__m128i *)(p), a)
    #else
    typedef struct { int32_t lane[4]; } pairs_t;
    #define PAIR_LANES 4
    static inline int32_t pair_dot(int32_t t, int32_t p)
    { return (int32_t)(int16_t)(t & 0xffff) * (int16_t)(p & 0xffff)
           + (int32_t)(int16_t)(t >> 16) * (int16_t)(p >> 16); }
    static inline pairs_t pairs_of(int32_t x)
    { pairs_t v; for (int k = 0; k < 4; k++) v.lane[k] = x; return v; }
    static inline pairs_t pairs_zero(void) { return pairs_of(0); }
    static inline pairs_t pairs_madd(pairs_t a, pairs_t t, const int32_t *p)
    { for (int k = 0; k < 4; k++) a.lane[k] += pair_dot(t.lane[k], p[k]); return a; }
    static inline void pairs_store(int32_t *p, pairs_t a) { memcpy(p, a.lane, sizeof a); }
    #endif
    #define PAIR_BLOCK (4 * PAIR_LANES)

    static inline int32_t pair_word(int low, int high)
    { return (int32_t)(((uint32_t)(uint16_t)(int16_t)high << 16) | (uint16_t)(int16_t)low); }

    /* sum T I for PAIR_BLOCK shifts along a row: rows of `words` pairs, image rows of `stride`. */
    static void pair_sums(const int32_t *words, int rows, int across, const int32_t *image,
                          intptr_t stride, int32_t *sums)
    {
        pairs_t a = pairs_zero(), b = a, c = a, d = a;
        for (int y = 0; y < rows; y++, image += stride, words += across)
            for (int x = 0; x < across; x++) {
                const pairs_t t = pairs_of(words[x]);
                const int32_t *p = image + 2 * x;
                a = pairs_madd(a, t, p);
                b = pairs_madd(b, t, p + PAIR_LANES);
                c = pairs_madd(c, t, p + 2 * PAIR_LANES);
                d = pairs_madd(d, t, p + 3 * PAIR_LANES);
            }
        pairs_store(sums, a);
        pairs_store(sums + PAIR_LANES, b);
        pairs_store(sums + 2 * PAIR_LANES, c);
        pairs_store(sums + 3 * PAIR_LANES, d);
    }
    """
    int PAIR_BLOCK
    int pair_word(int low, int high) nogil
    void pair_sums(const int* words, int rows, int across, const int* image, Py_ssize_t stride,
                   int* sums) nogil


cdef struct Window:
    int half
    int reach_rows
    int reach_cols
    int rows                    # of the searched window
    int cols
    Py_ssize_t stride           # of its pairs: cols and a block more
    int* words                  # template, pairs of columns
    int* pairs                  # searched window, each cell with its right neighbour
    int* sums                   # of I, running along columns then rows: (rows + 1) x (cols + 1)
    long long* squares          # of I^2, likewise
    int* known                  # cells known, likewise
    int* products               # of one row of shifts


cdef void release(Window* w) noexcept nogil:
    free(w.words)
    free(w.pairs)
    free(w.sums)
    free(w.squares)
    free(w.known)
    free(w.products)


cdef bint reserve(Window* w, int half, int reach_rows, int reach_cols) noexcept nogil:
    """Take the memory that every patch uses again; 0 if there is none."""
    cdef Py_ssize_t side = 2 * half + 1, cells
    w.half, w.reach_rows, w.reach_cols = half, reach_rows, reach_cols
    w.rows, w.cols = side + 2 * reach_rows, side + 2 * reach_cols
    w.stride = w.cols + PAIR_BLOCK + 1
    cells = <Py_ssize_t> (w.rows + 1) * (w.cols + 1)
    w.words = <int*> malloc(side * (half + 1) * sizeof(int))
    w.pairs = <int*> malloc(w.rows * w.stride * sizeof(int))
    w.sums = <int*> malloc(cells * sizeof(int))
    w.squares = <long long*> malloc(cells * sizeof(long long))
    w.known = <int*> malloc(cells * sizeof(int))
    w.products = <int*> malloc((2 * reach_cols + 1 + PAIR_BLOCK) * sizeof(int))
    if w.words and w.pairs and w.sums and w.squares and w.known and w.products:
        return True
    return False


cdef inline int cell(
    const signed char[:, ::1] image, Py_ssize_t row, Py_ssize_t col
) noexcept nogil:
    if row < 0 or col < 0 or row >= image.shape[0] or col >= image.shape[1]:
        return UNKNOWN
    return image[row, col]


cdef int take_template(
    Window* w, const signed char[:, ::1] image, Py_ssize_t row, Py_ssize_t col,
    long long* total, long long* squares
) noexcept nogil:
    """Fill the words; return how many cells are known."""
    cdef int side = 2 * w.half + 1, across = w.half + 1, y, x, known = 0, v, low = 0
    total[0] = squares[0] = 0
    for y in range(side):
        for x in range(2 * across):
            v = cell(image, row - w.half + y, col - w.half + x) if x < side else UNKNOWN
            known += v != UNKNOWN
            v = 0 if v == UNKNOWN else v
            total[0] += v
            squares[0] += v * v
            if x & 1:
                w.words[y * across + (x >> 1)] = pair_word(low, v)
            low = v
    return known


cdef void take_window(
    Window* w, const signed char[:, ::1] image, Py_ssize_t row, Py_ssize_t col
) noexcept nogil:
    """Fill pairs and running sums of the window whose first cell is (row, col)."""
    cdef int y, x, v, sum_row, known_row
    cdef long long square_row
    cdef Py_ssize_t wide = w.cols + 1, at
    cdef int* pairs
    for x in range(w.cols + 1):
        w.sums[x] = w.known[x] = 0
        w.squares[x] = 0
    for y in range(w.rows):
        pairs = w.pairs + y * w.stride
        sum_row = known_row = 0
        square_row = 0
        at = (y + 1) * wide
        w.sums[at] = w.known[at] = 0
        w.squares[at] = 0
        for x in range(w.cols):
            v = cell(image, row + y, col + x)
            known_row += v != UNKNOWN
            v = 0 if v == UNKNOWN else v
            pairs[x] = v
            sum_row += v
            square_row += v * v
            w.sums[at + x + 1] = w.sums[at - wide + x + 1] + sum_row
            w.known[at + x + 1] = w.known[at - wide + x + 1] + known_row
            w.squares[at + x + 1] = w.squares[at - wide + x + 1] + square_row
        for x in range(w.cols, <int> w.stride):
            pairs[x] = 0
        for x in range(<int> w.stride - 1):
            pairs[x] = pair_word(pairs[x], pairs[x + 1])


cdef void score(Window* w, long long total, long long energy, int least, float* out) noexcept nogil:
    """(1) for every shift, row by row."""
    cdef int side = 2 * w.half + 1, shifts = 2 * w.reach_cols + 1, y, x, done
    cdef Py_ssize_t wide = w.cols + 1, a, b
    cdef long long n = side * side, s, q
    cdef double spread
    for y in range(2 * w.reach_rows + 1):
        done = 0
        while done < shifts:
            pair_sums(w.words, side, w.half + 1, w.pairs + y * w.stride + done, w.stride,
                      w.products + done)
            done += PAIR_BLOCK
        for x in range(shifts):
            a = y * wide + x
            b = a + side * wide
            if w.known[b + side] - w.known[b] - w.known[a + side] + w.known[a] < least:
                out[y * shifts + x] = -2.0
                continue
            s = w.sums[b + side] - w.sums[b] - w.sums[a + side] + w.sums[a]
            q = w.squares[b + side] - w.squares[b] - w.squares[a + side] + w.squares[a]
            spread = <double> (n * q - s * s)
            if spread < LEAST_ENERGY:
                out[y * shifts + x] = -2.0
                continue
            out[y * shifts + x] = <float> (
                <double> (n * w.products[x] - total * s) / sqrt(<double> energy * spread))


def correlate_patches(
    const signed char[:, ::1] templates, const signed char[:, ::1] searched, const int[:, ::1] at,
    int half, double least_known, float[:, :, ::1] scores,
):
    """Fill `scores` (patches, 2 reach_rows + 1, 2 reach_cols + 1) with (1).

    `at` holds row and column of a patch's middle among the templates, then where its search is
    centred in the other image. -128 is unknown in both; so is all that lies outside.
    """
    cdef Py_ssize_t k, count = at.shape[0], y, x
    cdef int reach_rows = (<int> scores.shape[1] - 1) // 2
    cdef int reach_cols = (<int> scores.shape[2] - 1) // 2
    cdef int side = 2 * half + 1, least, known
    cdef long long total, squares, energy
    cdef Window w
    if scores.shape[0] != count or at.shape[1] != 4:
        raise ValueError("one row of four and one window of scores for each patch")
    if not 1 <= half <= MOST_HALF or not (0.0 < least_known <= 1.0):
        raise ValueError("a patch's half is 1 to 100 cells, the least share above 0 and to 1")
    if scores.shape[1] != 2 * reach_rows + 1 or scores.shape[2] != 2 * reach_cols + 1:
        raise ValueError("windows of scores are odd")
    if max(reach_rows, reach_cols) > MOST_REACH:
        raise ValueError("a search reaches 1024 cells at most")
    if not reserve(&w, half, reach_rows, reach_cols):
        release(&w)
        raise MemoryError
    least = <int> (least_known * side * side)
    with nogil:
        for k in range(count):
            known = take_template(&w, templates, at[k, 0], at[k, 1], &total, &squares)
            energy = <long long> side * side * squares - total * total
            if known < least or energy < LEAST_ENERGY:
                for y in range(scores.shape[1]):
                    for x in range(scores.shape[2]):
                        scores[k, y, x] = -2.0
                continue
            take_window(&w, searched, at[k, 2] - half - reach_rows, at[k, 3] - half - reach_cols)
            score(&w, total, energy, least, &scores[k, 0, 0])
    release(&w)
