# A map averaged with symmetric weights, along rows and along columns, summed in one fixed order.


cdef struct SymmetricWeights:
    const float* weight     # 2 reach + 1
    Py_ssize_t reach


cdef inline void blur_map(
    const float* z, Py_ssize_t rows, Py_ssize_t cols, const SymmetricWeights* along_rows,
    const SymmetricWeights* along_cols, float* work, float* out
) noexcept nogil:
    """Correlate z with weights along rows and weights along columns; 0 off the map.

    Sums go from the middle outwards; work holds as many cells as the map.
    """
    cdef const float* across = along_rows.weight
    cdef const float* down = along_cols.weight
    cdef Py_ssize_t wide = along_rows.reach, high = along_cols.reach
    cdef Py_ssize_t i, j, k
    cdef float w
    cdef const float* a
    cdef const float* b
    cdef float* row
    for i in range(rows):
        a = z + i * cols
        row = work + i * cols
        w = across[wide]
        for j in range(cols):
            row[j] = w * a[j]
        for k in range(1, min(wide, cols - 1) + 1):
            w = across[wide + k]
            if 2 * k <= cols:
                for j in range(k):
                    row[j] += w * a[j + k]
                for j in range(k, cols - k):
                    row[j] += w * (a[j - k] + a[j + k])
                for j in range(cols - k, cols):
                    row[j] += w * a[j - k]
            else:
                for j in range(cols - k):
                    row[j] += w * a[j + k]
                for j in range(k, cols):
                    row[j] += w * a[j - k]
    for i in range(rows):
        a = work + i * cols
        row = out + i * cols
        w = down[high]
        for j in range(cols):
            row[j] = w * a[j]
        for k in range(1, high + 1):
            w = down[high + k]
            if i >= k and i + k < rows:
                a = work + (i - k) * cols
                b = work + (i + k) * cols
                for j in range(cols):
                    row[j] += w * (a[j] + b[j])
            elif i >= k:
                a = work + (i - k) * cols
                for j in range(cols):
                    row[j] += w * a[j]
            elif i + k < rows:
                b = work + (i + k) * cols
                for j in range(cols):
                    row[j] += w * b[j]
