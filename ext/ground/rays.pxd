"""Rays cast on the true ground (surface.pxd), header-only."""

from libc.math cimport NAN, sqrt

from farside.ext.ground.surface cimport (
    GROUND_BLOCK, Grid, Ground, Place, Surface, angle_of, finest_at, grid_holds, held, place_of,
    surface_at,
)
from farside.ext.common.vector cimport Vec3, dot, vec, vec_finite


cdef struct Line:           # a ray about t: arcs to first order in tau, height to second
    double u
    double v
    double h
    double du
    double dv
    double dh
    double ddh
    double per_du           # 1 / du, 0 for a ray that does not go across
    double per_dv


cdef inline double reciprocal(double dx) noexcept nogil:
    """1 / dx; 0 for a ray that does not go across."""
    return 1.0 / dx if dx > 1e-12 or dx < -1e-12 else 0.0


cdef inline Line expand_ray(const Ground* g, Vec3 o, Vec3 d, double t) noexcept nogil:
    """The ray o + t d, in components (along, cross, up) from the Moon's centre, about t."""
    cdef Line out
    cdef double x = o.x + t * d.x
    cdef double y = o.y + t * d.y
    cdef double z = o.z + t * d.z
    cdef double s2 = x * x + z * z
    cdef double r = sqrt(s2 + y * y)
    cdef double s = sqrt(s2)
    cdef double per_r = 1.0 / r
    cdef double per_s = 1.0 / s
    out.u = g.arc_m * angle_of(x, z)
    out.v = g.arc_m * angle_of(y, s)
    out.h = r - g.radius_m
    out.du = g.arc_m * (z * d.x - x * d.z) * per_s * per_s
    out.dh = (x * d.x + y * d.y + z * d.z) * per_r
    out.dv = g.arc_m * (d.y - y * out.dh * per_r) * per_s
    # r'' = (1 - r'^2) / r >= 0: the height is never below its tangent
    out.ddh = (1.0 - out.dh * out.dh) * per_r
    out.per_du = reciprocal(out.du)
    out.per_dv = reciprocal(out.dv)
    return out


cdef inline double exit_distance(double x, double per_dx, double lo, double hi) noexcept nogil:
    """How far along a ray x + tau / per_dx leaves [lo, hi]; at least 0."""
    cdef double tau
    if per_dx == 0.0:
        return 1e12
    tau = ((hi if per_dx > 0.0 else lo) - x) * per_dx
    return tau if tau > 0.0 else 0.0


cdef inline bint clip_interval(
    double x, double dx, double low, double high, double* enters, double* leaves
) noexcept nogil:
    """Keep of a stretch of a ray the part where x + tau dx is in [low, high]; 0 if it never is."""
    cdef double a, b, swap
    if not (dx > 1e-12 or dx < -1e-12):
        return not (x < low or x > high)
    a = (low - x) / dx
    b = (high - x) / dx
    if a > b:
        swap = a
        a = b
        b = swap
    enters[0] = a if a > enters[0] else enters[0]
    leaves[0] = b if b < leaves[0] else leaves[0]
    return True


cdef inline double entry_distance(const Line* ray, const Grid* grid) noexcept nogil:
    """How far along a ray from outside enters a grid; 1e12 where it does not."""
    cdef double lo = 0.0, hi = 1e12
    cdef double u1 = grid.u0 + (grid.cols - 1) * grid.cell
    cdef double v1 = grid.v0 + (grid.rows - 1) * grid.cell
    if grid.rows < 2:
        return 1e12
    if not clip_interval(ray.u, ray.du, grid.u0, u1, &lo, &hi):
        return 1e12
    if not clip_interval(ray.v, ray.dv, grid.v0, v1, &lo, &hi):
        return 1e12
    return lo if lo < hi else 1e12


cdef inline double meet_in_cell(
    const Ground* g, const Grid* grid, const Line* ray, int i, int j, double tau, double limit
) noexcept nogil:
    """Where between tau and limit the ray meets the bilinear cell (i, j); -1 where it does not."""
    cdef const float* z = grid.z + <Py_ssize_t> j * grid.cols + i
    cdef double a = <double> z[1] - z[0]
    cdef double b = <double> z[grid.cols] - z[0]
    cdef double c = <double> z[grid.cols + 1] - z[grid.cols] - a
    cdef double x = (ray.u + tau * ray.du - grid.u0) * grid.per_cell - i
    cdef double y = (ray.v + tau * ray.dv - grid.v0) * grid.per_cell - j
    cdef double dx = ray.du * grid.per_cell
    cdef double dy = ray.dv * grid.per_cell
    # height of the ray above the cell, f0 + f1 s + f2 s^2, s = further along than tau
    cdef double f0 = (
        ray.h + tau * (ray.dh + 0.5 * tau * ray.ddh) - g.datum_m
        - (z[0] + a * x + b * y + c * x * y))
    cdef double f1 = ray.dh + tau * ray.ddh - (a * dx + b * dy + c * (x * dy + y * dx))
    cdef double f2 = 0.5 * ray.ddh - c * dx * dy
    cdef double square, below, s
    if f0 <= 0.0:
        return tau
    square = f1 * f1 - 4.0 * f2 * f0
    if square < 0.0:
        return -1.0
    # the smaller root, as 2 f0 / (...) so that it loses no digits
    below = sqrt(square) - f1
    if below <= 0.0:
        return -1.0
    s = 2.0 * f0 / below
    return tau + s if tau + s <= limit else -1.0


cdef inline double march(
    const Ground* g, const Grid* grid, const Line* ray, double limit, double fine
) noexcept nogil:
    """March a ray over one grid: where it meets the ground, or -1 - tau where the march stopped.

    Blocks whose highest node stays below the ray are skipped whole; in the others every cell is
    tried. The march stops at `limit`, and at `fine` if cells are to be tried beyond it, because the
    line about tau = 0 is no longer close enough there.
    """
    cdef double tau = 0.0, block_end, cell_end, top, u, v, h, met
    cdef double nudge = 1e-7 * grid.cell
    cdef double side = GROUND_BLOCK * grid.cell
    cdef int i, j, bi, bj
    while tau < limit:
        u = ray.u + tau * ray.du
        v = ray.v + tau * ray.dv
        i = <int> held((u - grid.u0) * grid.per_cell, grid.cols - 2)
        j = <int> held((v - grid.v0) * grid.per_cell, grid.rows - 2)
        bi = i // GROUND_BLOCK
        bj = j // GROUND_BLOCK
        top = grid.top[<Py_ssize_t> bj * grid.block_cols + bi] + g.datum_m
        block_end = exit_distance(u, ray.per_du, grid.u0 + bi * side, grid.u0 + (bi + 1) * side)
        cell_end = exit_distance(v, ray.per_dv, grid.v0 + bj * side, grid.v0 + (bj + 1) * side)
        block_end = tau + (block_end if block_end < cell_end else cell_end) + nudge
        block_end = block_end if block_end < limit else limit
        h = ray.h + tau * ray.dh
        if h > top:
            if h + (block_end - tau) * ray.dh > top:
                tau = block_end
                continue
            # dh < 0 here: down to the top of the block, then cell by cell
            tau += (h - top) / -ray.dh
        while tau < block_end:
            if tau > fine:
                return -1.0 - tau
            u = ray.u + tau * ray.du
            v = ray.v + tau * ray.dv
            i = <int> held((u - grid.u0) * grid.per_cell, grid.cols - 2)
            j = <int> held((v - grid.v0) * grid.per_cell, grid.rows - 2)
            cell_end = exit_distance(
                u, ray.per_du, grid.u0 + i * grid.cell, grid.u0 + (i + 1) * grid.cell)
            met = exit_distance(
                v, ray.per_dv, grid.v0 + j * grid.cell, grid.v0 + (j + 1) * grid.cell)
            cell_end = tau + (met if met < cell_end else cell_end) + nudge
            cell_end = cell_end if cell_end < limit else limit
            met = meet_in_cell(g, grid, ray, i, j, tau, cell_end)
            if met >= 0.0:
                return met
            tau = cell_end if cell_end > tau else tau + nudge
    return -1.0 - tau


cdef inline double cast_to_sphere(
    Vec3 o, Vec3 d, double radius, double max_range
) noexcept nogil:
    """Range at which o + t d, from the Moon's centre, enters a sphere; 0 inside, NaN for a miss."""
    cdef double b = dot(o, d)
    cdef double c = dot(o, o) - radius * radius
    cdef double square = b * b - c
    cdef double t
    if c <= 0.0:
        return 0.0
    if b >= 0.0 or square < 0.0:
        return NAN
    t = c / (sqrt(square) - b)
    return t if t <= max_range else NAN


cdef inline double cast_ray(
    const Ground* g, Vec3 origin_site, Vec3 direction_site, double max_range
) noexcept nogil:
    """Range [m] along a unit direction to the ground; NaN where none is met within max_range.

    0 from inside the ground. The ground ends with the corridor: a ray that leaves it meets nothing.
    """
    return cast_from(g, origin_site, direction_site, max_range, False)


cdef inline bint above_patch(const Ground* g, Vec3 p_site) noexcept nogil:
    """Whether a point is over the patch, and higher than all of it."""
    cdef Place at = place_of(g, p_site)
    return grid_holds(&g.patch, at.u, at.v, g.patch.cell) and at.h > g.patch.highest + g.datum_m


cdef inline bint start_cast(
    const Ground* g, Vec3 o, Vec3 d, double max_range, bint over_patch, double* t, Line* ray
) noexcept nogil:
    """Bring t to where the ray comes within reach of the ground, expanded there; 0 if it does not.

    Nothing stands outside the sphere of the highest node. Nor does anything of the patch outside
    that of its own: a ray that enters this over the patch has been over it all the way.
    """
    if over_patch:
        t[0] = cast_to_sphere(o, d, g.radius_m + g.datum_m + g.patch.highest, max_range)
        if t[0] == t[0]:
            ray[0] = expand_ray(g, o, d, t[0])
            if grid_holds(&g.patch, ray.u, ray.v, g.patch.cell):
                return True
    t[0] = cast_to_sphere(o, d, g.radius_m + g.highest_m, max_range)
    if t[0] != t[0]:
        return False
    ray[0] = expand_ray(g, o, d, t[0])
    return True


cdef inline double march_limit(
    const Ground* g, const Grid* grid, const Line* ray, double skip, double fine, double left
) noexcept nogil:
    """How far a ray may go on a grid: to its edge, to a finer grid, `skip` or the range left."""
    cdef double limit = exit_distance(
        ray.u, ray.per_du, grid.u0, grid.u0 + (grid.cols - 1) * grid.cell)
    cdef double tau = exit_distance(
        ray.v, ray.per_dv, grid.v0, grid.v0 + (grid.rows - 1) * grid.cell)
    limit = tau if tau < limit else limit
    if grid != &g.patch:
        tau = entry_distance(ray, &g.patch)
        if grid != &g.region:
            limit = tau if tau < limit else limit
            tau = entry_distance(ray, &g.region)
        if tau < limit:
            # well short of a finer grid first, then up to it on a fresh line
            limit = 0.9 * tau if tau > fine else tau
    limit += 1e-7 * grid.cell
    limit = skip if skip < limit else limit
    return left + 1e-9 if left < limit else limit


cdef inline double refine_hit(
    const Ground* g, const Grid* grid, Vec3 o, Vec3 d, double t
) noexcept nogil:
    """One step of Newton on the true curve of the ray, for a hit found far along its line."""
    cdef Line ray = expand_ray(g, o, d, t)
    cdef Surface below = surface_at(g, ray.u, ray.v)
    cdef double tau = ray.dh - below.zu * ray.du - below.zv * ray.dv
    if tau < -1e-6 or tau > 1e-6:
        tau = (below.z - ray.h) / tau
        if -grid.cell < tau < grid.cell:
            t += tau
    return t


cdef inline double cast_from(
    const Ground* g, Vec3 origin_site, Vec3 direction_site, double max_range, bint over_patch
) noexcept nogil:
    """As `cast_ray`; over_patch says that the origin is `above_patch`, which saves a step."""
    cdef Vec3 o = vec(
        dot(origin_site, g.along), dot(origin_site, g.cross), origin_site.z + g.radius_m)
    cdef Vec3 d = vec(
        dot(direction_site, g.along), dot(direction_site, g.cross), direction_site.z)
    cdef double t, tau, end, limit, fine, skip
    cdef Line ray
    cdef bint expanded = True       # whether the ray is expanded about t
    cdef const Grid* grid
    cdef int _step
    if not (vec_finite(o) and vec_finite(d) and max_range > 0.0 and 0.98 < dot(d, d) < 1.02):
        return NAN
    if g.flat:
        return cast_to_sphere(o, d, g.radius_m, max_range)
    if dot(o, o) < 0.25 * g.radius_m * g.radius_m:
        return 0.0
    if not start_cast(g, o, d, max_range, over_patch, &t, &ray):
        return NAN
    end = max_range if max_range < 1e7 else 1e7
    for _step in range(4096):
        if t > end:
            return NAN
        if not expanded:
            ray = expand_ray(g, o, d, t)
        expanded = False
        if ray.h > g.highest_m + 1.0 and ray.dh >= 0.0:
            return NAN
        grid = finest_at(g, ray.u, ray.v)
        if not grid_holds(grid, ray.u, ray.v, 0.0):
            return NAN
        # The arcs curve by tau^2 / 2R: under half a cell for skipping, whose maxima include the
        # cells next to a block, and under a thousandth where a cell is tried.
        skip = grid.root_cell * g.root_radius
        fine = 0.0447213595499958 * skip
        limit = march_limit(g, grid, &ray, skip, fine, end - t)
        tau = ray.h - (grid.highest + g.datum_m)
        if tau > 0.0:
            # above all of this grid: down to its highest node, or across it
            if not (ray.dh < 0.0 and tau / -ray.dh < limit):
                t += limit
                continue
            t += tau / -ray.dh
            if tau > fine * -ray.dh:
                continue
            ray = expand_ray(g, o, d, t)
            limit -= tau / -ray.dh
        tau = march(g, grid, &ray, limit, fine)
        if tau < 0.0:
            tau = -1.0 - tau
            # always forward, by rounding's worth at least
            t += tau if tau > 1e-7 * grid.cell else 1e-7 * grid.cell
            continue
        t += tau
        if tau > 5.0:
            t = refine_hit(g, grid, o, d, t)
        return t if 0.0 <= t <= max_range else NAN
    return NAN
