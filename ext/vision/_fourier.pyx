"""The discrete Fourier transform of a square array, in place, in a fixed order of sums.

    X(j) = sum_k x(k) exp(-+ 2 pi i j k / n),   n = 2^m                                     (1)

Cooley & Tukey (1965), radix 2, decimation in time: the bits are reversed, then m passes of
butterflies a' = a + w b, b' = a - w b. The twiddles w come in as a table. Rows are transformed, the
array transposed, and rows again: what comes out is transposed, and a second call turns it back.
"""


cdef void transform_row(
    double* re, double* im, Py_ssize_t n, const double* cosine, const double* sine, double sign
) noexcept nogil:
    """(1) of one row."""
    cdef Py_ssize_t i, j = 0, bit, half = 1, first, k, step
    cdef double a, b, c, s
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            a = re[i]
            re[i] = re[j]
            re[j] = a
            a = im[i]
            im[i] = im[j]
            im[j] = a
    while half < n:
        step = n // (2 * half)
        first = 0
        while first < n:
            for k in range(half):
                c = cosine[k * step]
                s = sign * sine[k * step]
                a = c * re[first + half + k] - s * im[first + half + k]
                b = c * im[first + half + k] + s * re[first + half + k]
                re[first + half + k] = re[first + k] - a
                im[first + half + k] = im[first + k] - b
                re[first + k] = re[first + k] + a
                im[first + k] = im[first + k] + b
            first += 2 * half
        half *= 2


cdef void transpose(double* z, Py_ssize_t n) noexcept nogil:
    """Swap rows and columns, in blocks that stay in the cache."""
    cdef Py_ssize_t row, col, i, j, last
    cdef double held
    for row in range(0, n, 16):
        for col in range(row, n, 16):
            for i in range(row, min(row + 16, n)):
                last = min(col + 16, n)
                for j in range(col if col > row else i + 1, last):
                    held = z[i * n + j]
                    z[i * n + j] = z[j * n + i]
                    z[j * n + i] = held


def transform(
    double[:, ::1] real, double[:, ::1] imaginary, const double[::1] cosine,
    const double[::1] sine, bint inverse,
):
    """Transform a square in place, its rows and columns swapped; the inverse is not divided by n^2.

    The tables hold cos and sin of 2 pi k / n, k = 0 .. n / 2 - 1.
    """
    cdef Py_ssize_t n = real.shape[0], row
    cdef int turn
    cdef double sign = 1.0 if inverse else -1.0
    if n < 2 or n & (n - 1) or n > 4096:
        raise ValueError("a side is a power of 2, 2 to 4096")
    if real.shape[1] != n or imaginary.shape[0] != n or imaginary.shape[1] != n:
        raise ValueError("both parts are squares of one size")
    if cosine.shape[0] != n // 2 or sine.shape[0] != n // 2:
        raise ValueError("the tables hold half a turn")
    with nogil:
        for turn in range(2):
            for row in range(n):
                transform_row(&real[row, 0], &imaginary[row, 0], n, &cosine[0], &sine[0], sign)
            if turn == 0:
                transpose(&real[0, 0], n)
                transpose(&imaginary[0, 0], n)
