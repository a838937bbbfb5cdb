# The way to every cell: how it keeps from the ground, how steep it comes in, how far it leans.
#
# Within an arc the acceleration is the polynomial through its Gauss nodes, integrated twice; back
# from the target, whose place and speed are exact, through the last burn, the coast and the first
# burn. With c the share of an arc of length h, counted from its late end,
#
#     v(c) = v_end - h sum A_ci a_i,     r(c) = r_end - c h v_end + h^2 sum B_ci a_i.
#
# Tilt needs no samples: cos = p . up / |p| along a straight p has one extreme,
# at s = (b pp - a pq) / (a qq - b pq) with a = p_f . up and b = q . up.

cdef enum:
    ARC_SAMPLES = 16        # samples of an arc


cdef struct PathCheck:
    Descent d
    Py_ssize_t rows
    Py_ssize_t cols         # whole blocks
    Py_ssize_t map_cols
    const double* found     # (rows, CELL_NUMBERS, cols)
    const double* heights   # (rows, cols), scaled
    const float* ground     # (rows, map_cols), scaled; NaN where unseen
    const double* speeds    # (ARC_SAMPLES, NODES) A
    const double* places    # (ARC_SAMPLES, NODES) B
    double axes[3][3]       # turned axes, of east, north, up
    double per_cell[2]      # cells in a unit of length, along east and north
    double highest          # ground, and
    double margin           # how far the way has to keep from it
    double* spare           # (rows, cols) least of height above ground less what is asked
    double* steepness       # least of height / distance, times its size
    double* end_cos         # of the tilt at the end
    double* least_cos


cdef inline void arc_accelerations(
    const Descent* d, const Doubles* x, Doubles go, Doubles duration, Doubles mass, double rho,
    Doubles* a,
) noexcept nogil:
    """Accelerations at the nodes of an arc, first the latest: a[3 i + axis]."""
    cdef Doubles at, size, px, py, pz
    cdef int i
    for i in range(NODES):
        at = go + GAUSS_AT[i] * duration
        px = x[3] + at * x[0]
        py = x[4] + at * x[1]
        pz = 1.0 + at * x[2]
        # the mass is what it will be at the late end, and what burns till then
        size = wide_all(rho) / (
            (mass + (d.alpha * rho * GAUSS_AT[i]) * duration)
            * wide_sqrt(px * px + py * py + pz * pz + 1e-24))
        a[3 * i] = size * px + d.g[0]
        a[3 * i + 1] = size * py + d.g[1]
        a[3 * i + 2] = size * pz + d.g[2]


cdef inline void check_arc(
    const PathCheck* w, const Doubles* x, Doubles go, Doubles duration, Doubles mass, double rho,
    Py_ssize_t row, Py_ssize_t col, Doubles target, Doubles* r, Doubles* v, Doubles* spare,
    Doubles* steepness,
) noexcept nogil:
    """Look along one arc, and leave r and v at its early end."""
    cdef Doubles a[3 * NODES]
    cdef Doubles here[3]
    cdef Doubles east, north, up, high, steep
    cdef int k, i, axis
    cdef double c
    arc_accelerations(&w.d, x, go, duration, mass, rho, a)
    for k in range(ARC_SAMPLES):
        c = (k + 1.0) / ARC_SAMPLES
        for axis in range(3):
            high = wide_all(0)
            for i in range(NODES):
                high = high + w.places[k * NODES + i] * a[3 * i + axis]
            here[axis] = r[axis] - (c * duration) * v[axis] + (duration * duration) * high
        east = w.axes[0][0] * here[0] + w.axes[1][0] * here[1] + w.axes[2][0] * here[2]
        north = w.axes[0][1] * here[0] + w.axes[1][1] * here[1] + w.axes[2][1] * here[2]
        up = w.axes[0][2] * here[0] + w.axes[1][2] * here[1] + w.axes[2][2] * here[2]
        steep = signed_tan2(east, north, up)
        steepness[0] = wide_pick(steepness[0], steep, steep, steepness[0])
        high = target + up - w.highest
        high = high - required_clearance(w, up)
        if wide_any_above(spare[0], high):
            high = ground_clearance(w, row, col, east, north, up, target, high)
            spare[0] = wide_pick(spare[0], high, high, spare[0])
    for axis in range(3):
        east = wide_all(0)
        for i in range(NODES):
            east = east + w.speeds[(ARC_SAMPLES - 1) * NODES + i] * a[3 * i + axis]
        r[axis] = here[axis]
        v[axis] = v[axis] - duration * east


cdef inline Doubles signed_tan2(Doubles east, Doubles north, Doubles up) noexcept nogil:
    """Tangent of the angle above the horizontal, times its size."""
    return up * wide_abs(up) / (east * east + north * north + 1e-24)


cdef inline Doubles required_clearance(const PathCheck* w, Doubles up) noexcept nogil:
    """Distance from the ground that is asked for: the margin, or half the height near the site."""
    cdef Doubles half = wide_pick(up, wide_all(0), 0.5 * up, wide_all(0))
    return wide_pick(half, wide_all(w.margin), wide_all(w.margin), half)


cdef inline Doubles ground_clearance(
    const PathCheck* w, Py_ssize_t row, Py_ssize_t col, Doubles east, Doubles north, Doubles up,
    Doubles target, Doubles high,
) noexcept nogil:
    """Spare height above the nearest cell, lane by lane; `high` where none is known there."""
    cdef double e[8]
    cdef double n[8]
    cdef double z[8]
    cdef double out[8]
    cdef double i, j
    cdef float ground
    cdef int lane
    wide_store(e, east)
    wide_store(n, north)
    wide_store(z, target + up - required_clearance(w, up))
    wide_store(out, wide_pick(high, wide_all(1e3), high, wide_all(1e3)))
    for lane in range(WIDE):
        i = row + n[lane] * w.per_cell[1] + 0.5
        j = col + lane + e[lane] * w.per_cell[0] + 0.5
        if 0 <= i < w.rows and 0 <= j < w.map_cols:
            ground = w.ground[<Py_ssize_t> i * w.map_cols + <Py_ssize_t> j]
            if ground == ground:
                out[lane] = z[lane] - ground
    return wide_load(out)


cdef inline void thrust_tilts(
    const PathCheck* w, const Doubles* x, Doubles* end_cos, Doubles* least_cos
) noexcept nogil:
    cdef Doubles qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    cdef Doubles pq = x[3] * x[0] + x[4] * x[1] + x[2]
    cdef Doubles pp = x[3] * x[3] + x[4] * x[4] + 1.0
    cdef Doubles a = w.axes[0][2] * x[3] + w.axes[1][2] * x[4] + w.axes[2][2]
    cdef Doubles b = w.axes[0][2] * x[0] + w.axes[1][2] * x[1] + w.axes[2][2] * x[2]
    cdef Doubles s, c
    end_cos[0] = a / wide_sqrt(pp)
    s = x[5]
    c = (a + s * b) / wide_sqrt(pp + s * (2.0 * pq + s * qq) + 1e-24)
    least_cos[0] = wide_pick(end_cos[0], c, c, end_cos[0])
    s = (b * pp - a * pq) / (a * qq - b * pq)
    c = (a + s * b) / wide_sqrt(pp + s * (2.0 * pq + s * qq) + 1e-24)
    c = wide_pick(s, wide_all(0), wide_pick(x[5], s, c, wide_all(1)), wide_all(1))
    least_cos[0] = wide_pick(least_cos[0], c, c, least_cos[0])


cdef void check_path(const PathCheck* w, Py_ssize_t row, Py_ssize_t col) noexcept nogil:
    cdef const double* at = w.found + row * CELL_NUMBERS * w.cols + col
    cdef Py_ssize_t out = row * w.cols + col
    cdef Doubles x[8]
    cdef Doubles r[3]
    cdef Doubles v[3]
    cdef Doubles target = wide_load(w.heights + out), spare = wide_all(1e3)
    cdef Doubles end[3]
    cdef Doubles steepness, end_cos, least_cos, m_f, m_2, m_1
    cdef int i
    for i in range(8):
        x[i] = wide_load(at + i * w.cols)
    for i in range(3):
        r[i] = wide_all(0)
        v[i] = wide_all(w.d.v_f[i])
    # Where it begins, looking back: against the speed there, or along the last pull.
    m_f = 1.0 - w.d.alpha * (w.d.rho_2 * (x[5] - x[6] + x[7]) + w.d.rho_1 * (x[6] - x[7]))
    end[2] = wide_all(w.d.rho_2) / (m_f * wide_sqrt(x[3] * x[3] + x[4] * x[4] + 1.0))
    end[0] = end[2] * x[3] + w.d.g[0]
    end[1] = end[2] * x[4] + w.d.g[1]
    end[2] = end[2] + w.d.g[2]
    if w.d.v_f[0] != 0 or w.d.v_f[1] != 0 or w.d.v_f[2] != 0:
        for i in range(3):
            end[i] = wide_all(-w.d.v_f[i])
    steepness = signed_tan2(
        w.axes[0][0] * end[0] + w.axes[1][0] * end[1] + w.axes[2][0] * end[2],
        w.axes[0][1] * end[0] + w.axes[1][1] * end[1] + w.axes[2][1] * end[2],
        w.axes[0][2] * end[0] + w.axes[1][2] * end[1] + w.axes[2][2] * end[2])
    m_1 = 1.0 - (w.d.alpha * w.d.rho_2) * x[7]
    m_2 = m_1 - (w.d.alpha * w.d.rho_1) * (x[6] - x[7])
    check_arc(
        w, x, wide_all(0), x[5] - x[6], m_f, w.d.rho_2, row, col, target, r, v, &spare, &steepness)
    if wide_any_above(x[6], x[7]):
        check_arc(
            w, x, x[5] - x[6], x[6] - x[7], m_2, w.d.rho_1, row, col, target, r, v, &spare,
            &steepness)
    if wide_any_above(x[7], wide_all(0)):
        check_arc(
            w, x, x[5] - x[7], x[7], m_1, w.d.rho_2, row, col, target, r, v, &spare, &steepness)
    thrust_tilts(w, x, &end_cos, &least_cos)
    wide_store(w.spare + out, spare)
    wide_store(w.steepness + out, steepness)
    wide_store(w.end_cos + out, end_cos)
    wide_store(w.least_cos + out, least_cos)


def check_paths(
    const double[::1] problem, const double[:, ::1] axes, const double[:, ::1] heights,
    const float[:, ::1] ground, const double[::1] grid, const double[:, ::1] speeds,
    const double[:, ::1] places, const double[:, :, ::1] found, double[:, :, ::1] out,
):
    """Follow the way to every cell; see march for problem, heights and found.

    axes: (3, 3) the turned axes, each along east, north, up. ground: (rows, map columns), scaled,
    NaN where unseen. grid: cell along east and north, highest ground, margin, all scaled. speeds,
    places: (16, 6) the tables A and B. out: (4, rows, columns) spare height, steepness times its
    size, cosines of the tilt at the end and of the greatest.
    """
    cdef PathCheck w
    cdef Py_ssize_t row, col
    cdef int i, k
    w.rows = heights.shape[0]
    w.cols = heights.shape[1]
    w.map_cols = ground.shape[1]
    if problem.shape[0] != 15 or axes.shape[0] != 3 or axes.shape[1] != 3 or grid.shape[0] != 4:
        raise ValueError("a problem is 15 numbers, axes 3 x 3, a grid 4")
    if speeds.shape[0] != ARC_SAMPLES or places.shape[0] != ARC_SAMPLES:
        raise ValueError("the tables are 16 x 6")
    if speeds.shape[1] != NODES or places.shape[1] != NODES:
        raise ValueError("the tables are 16 x 6")
    if w.cols % BLOCK != 0 or not 0 <= w.cols - w.map_cols < BLOCK or ground.shape[0] != w.rows:
        raise ValueError("columns come in whole blocks of eight")
    if found.shape[0] != w.rows or found.shape[1] != CELL_NUMBERS or found.shape[2] != w.cols:
        raise ValueError("found holds nine numbers of every cell")
    if out.shape[0] != 4 or out.shape[1] != w.rows or out.shape[2] != w.cols:
        raise ValueError("out holds four numbers of every cell")
    for i in range(3):
        w.d.v_f[i] = problem[3 + i]
        w.d.g[i] = problem[6 + i]
        for k in range(3):
            w.axes[i][k] = axes[i, k]
    w.d.rho_1 = problem[12]
    w.d.rho_2 = problem[13]
    w.d.alpha = problem[14]
    w.per_cell[0] = 1.0 / grid[0]
    w.per_cell[1] = 1.0 / grid[1]
    w.highest = grid[2]
    w.margin = grid[3]
    w.found = &found[0, 0, 0]
    w.heights = &heights[0, 0]
    w.ground = &ground[0, 0]
    w.speeds = &speeds[0, 0]
    w.places = &places[0, 0]
    w.spare = &out[0, 0, 0]
    w.steepness = &out[1, 0, 0]
    w.end_cos = &out[2, 0, 0]
    w.least_cos = &out[3, 0, 0]
    with nogil:
        for row in range(w.rows):
            col = 0
            while col < w.cols:
                check_path(&w, row, col)
                col += WIDE
