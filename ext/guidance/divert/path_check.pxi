# The way to every cell: how it keeps from the ground, how steep it comes in, how far it leans.
#
# Within an arc the acceleration is the polynomial through its Gauss nodes, integrated twice; back
# from the target, whose place and speed are exact, through the last burn, the coast and the first
# burn. With c the share of an arc of length h, counted from its late end,
#
#     v(c) = v_end - h sum A_ci a_i                                  (1)
#     r(c) = r_end - c h v_end + h^2 sum B_ci a_i                    (2)
#
# Tilt needs no samples: cos = p . up / |p| along a straight p = p_f + s q has one extreme, at
#
#     s = (q_up pp - p_up pq) / (p_up qq - q_up pq)                  (3)
#
# with pp = p_f . p_f, pq = p_f . q, qq = q . q, p_up = p_f . up, q_up = q . up.

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
    double highest          # ground
    double margin           # how far the way has to keep from it
    double* spare           # (rows, cols) least of height above ground less what is asked
    double* steepness       # least of height / distance, times its size
    double* end_cos         # of the tilt at the end
    double* least_cos


cdef struct PathArc:        # an arc of constant thrust
    f64xN go              # to go at its late end
    f64xN duration
    f64xN mass            # at its late end
    double rho


cdef struct LanePath:       # the ways to a group of cells, followed back from their targets
    Py_ssize_t row          # of the cells, and the first column
    Py_ssize_t col
    f64xN target          # height of the cells
    f64xN r[3]            # less the target's, and speed, where they have been followed to
    f64xN v[3]
    f64xN spare           # least so far of what PathCheck keeps
    f64xN steepness


cdef inline void arc_accelerations(
    const Descent* d, const f64xN* x, const PathArc* arc, f64xN* a
) noexcept nogil:
    """Accelerations at the nodes of an arc, first the latest: a[3 i + axis]."""
    cdef f64xN at, size, px, py, pz
    cdef int i
    for i in range(NODES):
        at = arc.go + GAUSS_AT[i] * arc.duration
        px = x[3] + at * x[0]
        py = x[4] + at * x[1]
        pz = 1.0 + at * x[2]
        # the mass is what it will be at the late end, and what burns till then
        size = f64_splat(arc.rho) / (
            (arc.mass + (d.alpha * arc.rho * GAUSS_AT[i]) * arc.duration)
            * f64_sqrt(px * px + py * py + pz * pz + 1e-24))
        a[3 * i] = size * px + d.g[0]
        a[3 * i + 1] = size * py + d.g[1]
        a[3 * i + 2] = size * pz + d.g[2]


cdef inline void check_arc(
    const PathCheck* w, const f64xN* x, const PathArc* arc, LanePath* path
) noexcept nogil:
    """Check one arc sample by sample, and leave r and v at its early end."""
    cdef f64xN a[3 * NODES]
    cdef f64xN here[3]
    cdef f64xN change
    cdef int k, i, axis
    cdef double c
    arc_accelerations(&w.d, x, arc, a)
    for k in range(ARC_SAMPLES):
        c = (k + 1.0) / ARC_SAMPLES
        for axis in range(3):
            change = f64_splat(0)
            for i in range(NODES):
                change = change + w.places[k * NODES + i] * a[3 * i + axis]
            # (2)
            here[axis] = path.r[axis] - (c * arc.duration) * path.v[axis] \
                + (arc.duration * arc.duration) * change
        check_place(w, here, path)
    for axis in range(3):
        change = f64_splat(0)
        for i in range(NODES):
            change = change + w.speeds[(ARC_SAMPLES - 1) * NODES + i] * a[3 * i + axis]
        # (1)
        path.r[axis] = here[axis]
        path.v[axis] = path.v[axis] - arc.duration * change


cdef inline void check_place(
    const PathCheck* w, const f64xN* here, LanePath* path
) noexcept nogil:
    """Take into account how steeply a place is seen from the target, and its height."""
    cdef f64xN site[3]
    cdef f64xN steep, high
    to_site(w, here, site)
    steep = signed_tan2(site)
    path.steepness = f64_select(path.steepness, steep, steep, path.steepness)
    high = path.target + site[2] - w.highest
    high = high - required_clearance(w, site[2])
    if f64_any_above(path.spare, high):
        high = ground_clearance(w, path, site, high)
        path.spare = f64_select(path.spare, high, high, path.spare)


cdef inline void to_site(const PathCheck* w, const f64xN* turned, f64xN* site) noexcept nogil:
    """Turn a vector from the turned axes to east, north and up."""
    cdef int i
    for i in range(3):
        site[i] = w.axes[0][i] * turned[0] + w.axes[1][i] * turned[1] + w.axes[2][i] * turned[2]


cdef inline f64xN signed_tan2(const f64xN* site) noexcept nogil:
    """Tangent of the angle of a vector above the horizontal, times its size."""
    return site[2] * f64_abs(site[2]) / (site[0] * site[0] + site[1] * site[1] + 1e-24)


cdef inline f64xN required_clearance(const PathCheck* w, f64xN up) noexcept nogil:
    """Distance from the ground that is asked for: the margin, or half the height near the site."""
    cdef f64xN half = f64_select(up, f64_splat(0), 0.5 * up, f64_splat(0))
    return f64_select(half, f64_splat(w.margin), f64_splat(w.margin), half)


cdef inline f64xN ground_clearance(
    const PathCheck* w, const LanePath* path, const f64xN* site, f64xN high
) noexcept nogil:
    """Spare height above the nearest cell, lane by lane; `high` where none is known there."""
    cdef double e[8]
    cdef double n[8]
    cdef double z[8]
    cdef double out[8]
    cdef double i, j
    cdef float ground
    cdef int lane
    f64_store(e, site[0])
    f64_store(n, site[1])
    f64_store(z, path.target + site[2] - required_clearance(w, site[2]))
    f64_store(out, f64_select(high, f64_splat(1e3), high, f64_splat(1e3)))
    for lane in range(F64_LANES):
        i = path.row + n[lane] * w.per_cell[1] + 0.5
        j = path.col + lane + e[lane] * w.per_cell[0] + 0.5
        if 0 <= i < w.rows and 0 <= j < w.map_cols:
            ground = w.ground[<Py_ssize_t> i * w.map_cols + <Py_ssize_t> j]
            if ground == ground:
                out[lane] = z[lane] - ground
    return f64_load(out)


cdef inline void thrust_tilts(
    const PathCheck* w, const f64xN* x, f64xN* end_cos, f64xN* least_cos
) noexcept nogil:
    """Cosines of the tilt at the end and of the greatest: at an end, or at the extreme (3)."""
    cdef f64xN qq = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    cdef f64xN pq = x[3] * x[0] + x[4] * x[1] + x[2]
    cdef f64xN pp = x[3] * x[3] + x[4] * x[4] + 1.0
    cdef f64xN p_up = w.axes[0][2] * x[3] + w.axes[1][2] * x[4] + w.axes[2][2]
    cdef f64xN q_up = w.axes[0][2] * x[0] + w.axes[1][2] * x[1] + w.axes[2][2] * x[2]
    cdef f64xN s, c
    end_cos[0] = p_up / f64_sqrt(pp)
    s = x[5]
    c = (p_up + s * q_up) / f64_sqrt(pp + s * (2.0 * pq + s * qq) + 1e-24)
    least_cos[0] = f64_select(end_cos[0], c, c, end_cos[0])
    s = (q_up * pp - p_up * pq) / (p_up * qq - q_up * pq)
    c = (p_up + s * q_up) / f64_sqrt(pp + s * (2.0 * pq + s * qq) + 1e-24)
    c = f64_select(s, f64_splat(0), f64_select(x[5], s, c, f64_splat(1)), f64_splat(1))
    least_cos[0] = f64_select(least_cos[0], c, c, least_cos[0])


cdef inline f64xN end_steepness(
    const PathCheck* w, const f64xN* x, f64xN m_f
) noexcept nogil:
    """How steeply a way is seen at its very end: against the speed there, or the last pull."""
    cdef f64xN end[3]
    cdef f64xN site[3]
    cdef int i
    end[2] = f64_splat(w.d.rho_2) / (m_f * f64_sqrt(x[3] * x[3] + x[4] * x[4] + 1.0))
    end[0] = end[2] * x[3] + w.d.g[0]
    end[1] = end[2] * x[4] + w.d.g[1]
    end[2] = end[2] + w.d.g[2]
    if w.d.v_f[0] != 0 or w.d.v_f[1] != 0 or w.d.v_f[2] != 0:
        for i in range(3):
            end[i] = f64_splat(-w.d.v_f[i])
    to_site(w, end, site)
    return signed_tan2(site)


cdef inline void check_flight(
    const PathCheck* w, const f64xN* x, f64xN m_f, LanePath* path
) noexcept nogil:
    """Check the arcs of a flight, the last first: t_2 to t_f, t_1 to t_2, up to t_1."""
    cdef PathArc arc
    cdef f64xN m_1 = 1.0 - (w.d.alpha * w.d.rho_2) * x[7]
    arc.go = f64_splat(0)
    arc.duration = x[5] - x[6]
    arc.mass = m_f
    arc.rho = w.d.rho_2
    check_arc(w, x, &arc, path)
    if f64_any_above(x[6], x[7]):
        arc.go = x[5] - x[6]
        arc.duration = x[6] - x[7]
        arc.mass = m_1 - (w.d.alpha * w.d.rho_1) * (x[6] - x[7])
        arc.rho = w.d.rho_1
        check_arc(w, x, &arc, path)
    if f64_any_above(x[7], f64_splat(0)):
        arc.go = x[5] - x[7]
        arc.duration = x[7]
        arc.mass = m_1
        arc.rho = w.d.rho_2
        check_arc(w, x, &arc, path)


cdef void check_path(const PathCheck* w, Py_ssize_t row, Py_ssize_t col) noexcept nogil:
    """Follow the ways to a group of cells, and write down what PathCheck keeps of them."""
    cdef const double* at = w.found + row * CELL_NUMBERS * w.cols + col
    cdef Py_ssize_t out = row * w.cols + col
    cdef f64xN x[8]
    cdef f64xN end_cos, least_cos, m_f
    cdef LanePath path
    cdef int i
    for i in range(8):
        x[i] = f64_load(at + i * w.cols)
    path.row = row
    path.col = col
    path.target = f64_load(w.heights + out)
    for i in range(3):
        path.r[i] = f64_splat(0)
        path.v[i] = f64_splat(w.d.v_f[i])
    m_f = 1.0 - w.d.alpha * (w.d.rho_2 * (x[5] - x[6] + x[7]) + w.d.rho_1 * (x[6] - x[7]))
    path.spare = f64_splat(1e3)
    path.steepness = end_steepness(w, x, m_f)
    check_flight(w, x, m_f, &path)
    thrust_tilts(w, x, &end_cos, &least_cos)
    f64_store(w.spare + out, path.spare)
    f64_store(w.steepness + out, path.steepness)
    f64_store(w.end_cos + out, end_cos)
    f64_store(w.least_cos + out, least_cos)


def check_paths(
    const DivertProblem[::1] problem, const PathClearance[::1] clearance,
    const double[:, ::1] heights, const float[:, ::1] ground, const double[:, ::1] speeds,
    const double[:, ::1] places, const double[:, :, ::1] found, double[:, :, ::1] out,
):
    """Follow the way to every cell; see march for problem, heights and found.

    clearance: one CLEARANCE. ground: (rows, map columns), scaled, NaN where unseen. speeds, places:
    (16, 6) the tables A and B. out: (4, rows, columns) spare height, steepness times its size,
    cosines of the tilt at the end and of the greatest.
    """
    cdef PathCheck w
    cdef Py_ssize_t row, col
    cdef int i, k
    w.rows = heights.shape[0]
    w.cols = heights.shape[1]
    w.map_cols = ground.shape[1]
    if problem.shape[0] != 1 or clearance.shape[0] != 1:
        raise ValueError("one problem, and one clearance")
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
    set_descent(&problem[0], &w.d)
    for i in range(3):
        for k in range(3):
            w.axes[i][k] = problem[0].axes[i][k]
    w.per_cell[0] = 1.0 / clearance[0].cell[0]
    w.per_cell[1] = 1.0 / clearance[0].cell[1]
    w.highest = clearance[0].highest
    w.margin = clearance[0].margin
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
                col += F64_LANES
