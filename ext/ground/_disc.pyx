"""Slope and roughness of the footprint disc at many places of one grid, exactly and one by one."""

from libc.math cimport fabs, sqrt


cdef struct Footprint:
    Py_ssize_t radius       # [cells]
    double radius2          # [cells^2]
    double cell_m


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
    cdef double s0, s1, s2, a, b, mean, base, part, n = 0.0, square = 0.0, worst
    cdef Py_ssize_t width = z.shape[1]
    cdef Py_ssize_t rows = tangent.shape[0], cols = tangent.shape[1]
    if (
        row < radius or col < radius or row + (rows - 1) * step + radius >= z.shape[0]
        or col + (cols - 1) * step + radius >= z.shape[1]
    ):
        raise ValueError("a disc reaches beyond the grid")
    with nogil:
        for dj in range(-radius, radius + 1):
            half = <Py_ssize_t> sqrt(radius2 - dj * dj)
            for di in range(-half, half + 1):
                n += 1.0
                square += di * di
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


def level_discs(
    const float[:, ::1] z, Py_ssize_t step, dict footprint, const float[:, ::1] mean,
    const float[:, ::1] across, const float[:, ::1] down, double limit,
    unsigned char[:, ::1] level,
):
    """Fill whether no node of a disc is farther than `limit` [m] from a plane that is given.

    Discs are centred on the nodes radius + step * (j, i); mean [m], across and down (tangents) are
    those of their planes. A disc is left as soon as a row of it shows one node beyond.
    """
    cdef Footprint disc = footprint
    cdef Py_ssize_t radius = disc.radius, j, i, dj, di, half
    cdef double radius2 = disc.radius2
    cdef float a, base, part, worst
    cdef const float* centre
    cdef const float* line
    cdef Py_ssize_t width = z.shape[1], rows = level.shape[0], cols = level.shape[1]
    if (
        2 * radius + (rows - 1) * step >= z.shape[0]
        or 2 * radius + (cols - 1) * step >= z.shape[1]
        or mean.shape[0] != rows or across.shape[0] != rows or down.shape[0] != rows
        or mean.shape[1] != cols or across.shape[1] != cols or down.shape[1] != cols
    ):
        raise ValueError("a disc reaches beyond the grid, or has no plane")
    with nogil:
        for j in range(rows):
            for i in range(cols):
                centre = &z[radius + j * step, radius + i * step]
                a = <float> (across[j, i] * disc.cell_m)
                worst = 0.0
                for dj in range(-radius, radius + 1):
                    half = <Py_ssize_t> sqrt(radius2 - dj * dj)
                    line = centre + dj * width
                    base = <float> (mean[j, i] + down[j, i] * disc.cell_m * dj)
                    for di in range(-half, half + 1):
                        part = line[di] - base - a * di
                        part = part if part > 0.0 else -part
                        worst = part if part > worst else worst
                    if worst > limit:
                        break
                level[j, i] = worst <= limit
