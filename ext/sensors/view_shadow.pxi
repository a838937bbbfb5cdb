# Where the Sun's disc is hidden: one sweep over a window of the ground, from up-sun to down-sun.
#
#     symbol      name            what
#     d           d               arc towards the Sun from the window's middle [m]
#     T           slope           tangent of the elevation of a limb of the Sun at the middle
#     w           w               z - T d - d^2 / 2R: height in the frame of the limb's rays [m]
#     W           above           greatest w passed on the line: its shadow                 [m]
#     a, b        clear           w - W of the upper limb and of the lower one              [m]
#     kappa       kappa           columns a line of sight to the Sun moves with each row
#
# A node at d1 hides the limb from one at d2 < d1 where w1 > w2: on a sphere the Sun rises by d / R,
# and the ground falls by d^2 / 2R, which together make the greatest w alone decide. Lines run
# straight down-sun through all rows, kappa columns aside with each; their heights are interpolated
# between two nodes of a row once, and their shadow back to the nodes once, so that a shadow does
# not spread sideways however long it is. Dropped are terms of d^3 / R^2: 0.3 m in 10 km.

cdef struct Sweep:
    float d0                    # of node (0, 0)
    float d_row                 # [m] per row and column
    float d_col
    float half_per_r            # 1 / 2R
    float kappa
    float step                  # [m] from row to row along a line
    bint last_first             # whether the last row is nearest to the Sun


cdef void sweep_limb(
    const float[:, ::1] z, const Sweep* k, float slope, const float[::1] first,
    const float[::1] left, const float[::1] right, float* above, float[:, ::1] clear
) noexcept nogil:
    """Fill `clear` for one limb; `above` has rows + 2 cols + 6 floats.

    first, left, right: W that comes from beyond the first row swept and the sides, per node.
    """
    cdef Py_ssize_t rows = z.shape[0], cols = z.shape[1], n, j, i, base
    cdef float* w = above + rows + cols + 4
    cdef float f, d, at, line, back, drop = slope * k.step if slope > 0.0 else <float> 0.0
    cdef float* W
    cdef const float* row
    cdef float* out
    cdef double moved
    for i in range(rows + cols + 4):
        above[i] = <float> -1e30
    for n in range(rows):
        j = rows - 1 - n if k.last_first else n
        row = &z[j, 0]
        out = &clear[j, 0]
        moved = floor(k.kappa * <double> n)
        f = <float> (k.kappa * <double> n - moved)
        base = <Py_ssize_t> moved
        # line p is at column p - 1 + f
        W = above + ((rows if k.kappa > 0.0 else 0) - base + (0 if k.kappa > 0.0 else 1))
        d = k.d0 + <float> j * k.d_row
        for i in range(cols):
            at = d + <float> i * k.d_col
            w[i + 1] = row[i] - at * (slope + at * k.half_per_r)
        w[0] = w[1]
        w[cols + 1] = w[cols]
        if n == 0:
            for i in range(cols + 1):
                W[i] = max(first[i if i < cols else cols - 1], w[i] - drop)
        W[0] = max(W[0], max(left[j], w[0] - drop))
        W[cols] = max(W[cols], max(right[j], w[cols + 1] - drop))
        back = <float> 1.0 - f
        for i in range(cols):
            out[i] = w[i + 1] - (f * W[i] + back * W[i + 1])
        for i in range(cols + 1):
            line = w[i] + f * (w[i + 1] - w[i])
            W[i] = W[i] if W[i] > line else line


def sweep(
    const float[:, ::1] z, dict setup, double slope, const float[::1] first,
    const float[::1] left, const float[::1] right, float[:, ::1] clear,
):
    """Fill `clear` [m] with the height of each node above the shadow of all nodes up-sun of it.

    z : (rows, cols) heights [m]; `setup` the struct `Sweep` by its members; `slope` the tangent of
    the limb's elevation; `first` (cols,), `left`, `right` (rows,): W that comes from outside.
    """
    cdef Sweep k = setup
    cdef Py_ssize_t rows = z.shape[0], cols = z.shape[1]
    cdef float[::1] above = np.empty(rows + 2 * cols + 6, np.float32)
    if rows < 2 or cols < 2 or clear.shape[0] != rows or clear.shape[1] != cols:
        raise ValueError("a sweep takes two rows and columns or more, and a result of that shape")
    if first.shape[0] != cols or left.shape[0] != rows or right.shape[0] != rows:
        raise ValueError("a shadow from outside is given for each node of three sides")
    if not -1.0 <= k.kappa <= 1.0:
        raise ValueError("lines move at most one column with each row; transpose the window")
    with nogil:
        sweep_limb(z, &k, <float> slope, first, left, right, &above[0], clear)
