"""Slope and roughness of the footprint disc at many places of one grid, exactly and one by one."""

from libc.math cimport ceil, fabs, floor, sqrt


cdef struct Footprint:
    Py_ssize_t radius       # [cells]
    double radius2          # [cells^2]
    double cell_m


cdef inline void count_nodes(const Footprint* disc, double* n, double* square) noexcept nogil:
    """Nodes of a disc, and the sum of the squares of their distances along one axis [cells^2]."""
    cdef Py_ssize_t dj, di, half
    n[0] = square[0] = 0.0
    for dj in range(-disc.radius, disc.radius + 1):
        half = <Py_ssize_t> sqrt(disc.radius2 - dj * dj)
        for di in range(-half, half + 1):
            n[0] += 1.0
            square[0] += di * di


def fit_discs(
    const float[:, ::1] z, first, Py_ssize_t step, dict footprint, double tangent_limit,
    float[:, ::1] tangent, float[:, ::1] residual,
):
    """Fill slopes (tangents) and largest residuals [m] of discs centred on nodes of a grid.

    Centres are first (row, col) + step * (j, i); footprint is the struct `Footprint` by its
    members: a disc holds the nodes with dx^2 + dy^2 <= radius2, all of which must lie in the grid.
    The residual is left at -1 where the slope is above `tangent_limit`: it decides nothing there.
    """
    cdef Footprint disc = footprint
    cdef Py_ssize_t row = first[0], col = first[1], radius = disc.radius
    cdef double radius2 = disc.radius2, cell = disc.cell_m
    cdef Py_ssize_t j, i, dj, di, half
    cdef const float* centre
    cdef const float* line
    cdef double s0, s1, s2, a, b, mean, base, part, n, square, worst
    cdef Py_ssize_t width = z.shape[1]
    cdef Py_ssize_t rows = tangent.shape[0], cols = tangent.shape[1]
    if (
        row < radius or col < radius or row + (rows - 1) * step + radius >= z.shape[0]
        or col + (cols - 1) * step + radius >= z.shape[1]
    ):
        raise ValueError("a disc reaches beyond the grid")
    with nogil:
        count_nodes(&disc, &n, &square)
        for j in range(rows):
            for i in range(cols):
                centre = &z[row + j * step, col + i * step]
                s0 = s1 = s2 = 0.0
                for dj in range(-radius, radius + 1):
                    half = <Py_ssize_t> sqrt(radius2 - dj * dj)
                    line = centre + dj * width
                    part = 0.0
                    for di in range(-half, half + 1):
                        base = line[di]
                        part += base
                        s1 += di * base
                    s0 += part
                    s2 += dj * part
                # the sums of di, dj and di dj vanish: the three unknowns part
                mean = s0 / n
                a = s1 / square
                b = s2 / square
                tangent[j, i] = <float> (sqrt(a * a + b * b) / cell)
                residual[j, i] = -1.0
                if tangent[j, i] > tangent_limit:
                    continue
                worst = 0.0
                for dj in range(-radius, radius + 1):
                    half = <Py_ssize_t> sqrt(radius2 - dj * dj)
                    line = centre + dj * width
                    base = mean + b * dj
                    for di in range(-half, half + 1):
                        part = fabs(line[di] - base - a * di)
                        worst = part if part > worst else worst
                residual[j, i] = <float> worst


def plane_discs(
    const double[:, ::1] sums, const double[:, ::1] moments, Py_ssize_t step, dict footprint,
    float[:, :, ::1] planes,
):
    """Fill the least-squares planes of discs: mean [m], and slopes across and down (tangents).

    sums and moments (rows, cols + 1) are those of z and of col z over all columns before one, so
    that a row of a disc costs two looks. Discs are centred on the nodes radius + step * (j, i).
    """
    cdef Footprint disc = footprint
    cdef Py_ssize_t radius = disc.radius, j, i, dj, half, row, col
    cdef double radius2 = disc.radius2, n, square, s0, s1, s2, part
    cdef Py_ssize_t rows = planes.shape[1], cols = planes.shape[2]
    if (
        planes.shape[0] != 3 or moments.shape[0] != sums.shape[0]
        or moments.shape[1] != sums.shape[1] or 2 * radius + (rows - 1) * step >= sums.shape[0]
        or 2 * radius + (cols - 1) * step >= sums.shape[1] - 1
    ):
        raise ValueError("a disc reaches beyond the grid")
    with nogil:
        count_nodes(&disc, &n, &square)
        for j in range(rows):
            for i in range(cols):
                col = radius + i * step
                s0 = s1 = s2 = 0.0
                for dj in range(-radius, radius + 1):
                    half = <Py_ssize_t> sqrt(radius2 - dj * dj)
                    row = radius + j * step + dj
                    part = sums[row, col + half + 1] - sums[row, col - half]
                    s0 += part
                    s1 += moments[row, col + half + 1] - moments[row, col - half] - col * part
                    s2 += dj * part
                planes[0, j, i] = <float> (s0 / n)
                planes[1, j, i] = <float> (s1 / square / disc.cell_m)
                planes[2, j, i] = <float> (s2 / square / disc.cell_m)


def span_discs(
    const float[:, ::1] rough, const float[:, ::1] features, Py_ssize_t step, dict footprint,
    const float[:, :, ::1] rough_planes, const float[:, :, ::1] feature_planes, double limit,
    double[:, :, ::1] spans,
):
    """Fill the multiples m for which no node of a disc is farther than `limit` [m] from its plane.

    Heights are m rough + features, and so are planes (mean [m], across, down (tangents); (3, rows,
    cols)): a node's residual m p + q is linear in m, so that the multiples of a disc are an
    interval, which `spans` (rows, cols, 2) holds at first at its widest. Lowest above highest:
    none. Discs are centred on the nodes radius + step * (j, i).
    """
    cdef Footprint disc = footprint
    cdef Py_ssize_t radius = disc.radius, j, i, dj, di, half
    cdef double radius2 = disc.radius2, low, high, p, q
    cdef float a, b, base_a, base_b, worst, at_low, at_high, part, other, far = <float> limit
    cdef const float* first
    cdef const float* second
    cdef Py_ssize_t rows = spans.shape[0], cols = spans.shape[1]
    if (
        2 * radius + (rows - 1) * step >= rough.shape[0]
        or 2 * radius + (cols - 1) * step >= rough.shape[1]
        or features.shape[0] != rough.shape[0] or features.shape[1] != rough.shape[1]
        or rough_planes.shape[0] != 3 or feature_planes.shape[0] != 3 or spans.shape[2] != 2
        or rough_planes.shape[1] != rows or feature_planes.shape[1] != rows
        or rough_planes.shape[2] != cols or feature_planes.shape[2] != cols
    ):
        raise ValueError("a disc reaches beyond the grid, or has no plane")
    with nogil:
        for j in range(rows):
            for i in range(cols):
                low, high = spans[j, i, 0], spans[j, i, 1]
                a = <float> (rough_planes[1, j, i] * disc.cell_m)
                b = <float> (feature_planes[1, j, i] * disc.cell_m)
                for dj in range(-radius, radius + 1):
                    half = <Py_ssize_t> sqrt(radius2 - dj * dj)
                    first = &rough[radius + j * step + dj, radius + i * step]
                    second = &features[radius + j * step + dj, radius + i * step]
                    base_a = <float> (
                        rough_planes[0, j, i] + rough_planes[2, j, i] * disc.cell_m * dj
                    )
                    base_b = <float> (
                        feature_planes[0, j, i] + feature_planes[2, j, i] * disc.cell_m * dj
                    )
                    # convex in m: what holds at both ends holds between them
                    at_low, at_high, worst = <float> low, <float> high, 0.0
                    for di in range(-half, half + 1):
                        part = first[di] - base_a - a * di
                        other = second[di] - base_b - b * di
                        worst = max(worst, fabs(at_low * part + other))
                        worst = max(worst, fabs(at_high * part + other))
                    if worst <= far:
                        continue
                    for di in range(-half, half + 1):
                        p = first[di] - base_a - a * di
                        q = second[di] - base_b - b * di
                        if p < 0.0:
                            p, q = -p, -q
                        if p * high + q > limit:
                            high = (limit - q) / p if p > 0.0 else low - 1.0
                        if p * low + q < -limit:
                            low = (-limit - q) / p if p > 0.0 else high + 1.0
                    if low > high:
                        break
                spans[j, i, 0], spans[j, i, 1] = low, high


def count_discs(
    const double[:, :, ::1] spans, const float[:, :, ::1] rough_planes,
    const float[:, :, ::1] feature_planes, const double[:, ::1] pushes, double tangent_limit,
    double first, double apart, int[:, ::1] steps,
):
    """Add to `steps` where discs begin and cease to be safe, by push and multiple.

    The gradient of a disc is m G + F + t, with t one of `pushes` (N, 2), tangents across and down.
    |m G + F + t| <= tangent_limit is an interval of m, met with that of `spans`. The multiples are
    first + k apart; steps (N, K + 1) has +1 at the first k inside and -1 behind the last.
    """
    cdef Py_ssize_t rows = spans.shape[0], cols = spans.shape[1], last = steps.shape[1] - 2
    cdef Py_ssize_t j, i, n, begin, end
    cdef double low, high, gx, gy, fx, fy, a, b, c, root
    if (
        steps.shape[0] != pushes.shape[0] or pushes.shape[1] != 2 or last < 0 or not apart > 0.0
        or spans.shape[2] != 2 or rough_planes.shape[0] != 3 or feature_planes.shape[0] != 3
        or rough_planes.shape[1] != rows or feature_planes.shape[1] != rows
        or rough_planes.shape[2] != cols or feature_planes.shape[2] != cols
    ):
        raise ValueError("spans, planes, pushes and steps do not belong together")
    with nogil:
        for j in range(rows):
            for i in range(cols):
                if not spans[j, i, 0] <= spans[j, i, 1]:
                    continue
                gx, gy = rough_planes[1, j, i], rough_planes[2, j, i]
                a = gx * gx + gy * gy
                for n in range(pushes.shape[0]):
                    low, high = spans[j, i, 0], spans[j, i, 1]
                    fx = feature_planes[1, j, i] + pushes[n, 0]
                    fy = feature_planes[2, j, i] + pushes[n, 1]
                    # a m^2 + 2 b m + c <= 0
                    b, c = gx * fx + gy * fy, fx * fx + fy * fy - tangent_limit * tangent_limit
                    root = b * b - a * c
                    if a > 0.0:
                        if root < 0.0:
                            continue
                        root = sqrt(root)
                        low, high = max(low, (-b - root) / a), min(high, (-b + root) / a)
                    elif c > 0.0:
                        continue
                    low, high = (low - first) / apart, (high - first) / apart
                    if not (low <= last and high >= 0.0):
                        continue
                    begin = <Py_ssize_t> ceil(max(low, 0.0))
                    end = <Py_ssize_t> floor(min(high, <double> last))
                    if begin <= end:
                        steps[n, begin] += 1
                        steps[n, end + 1] -= 1
