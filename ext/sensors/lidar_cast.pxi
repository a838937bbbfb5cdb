# Rays of one line of a frame, cast on the patch of the true ground, as many at once as lanes hold.
#
#     symbol      name            what
#     s           t               range along the ray [m]
#     x, y        x, y            columns and rows of the patch [cells]
#     H           h               height of the ray above the sphere of the arcs [m]
#     a, b        ax .. bh        x(s) = x0 + s (ax + s bx), and so y and H
#     z           z00, p, q, r    height in a cell, z00 + p fx + q fy + r fx fy [m]
#
# Arcs and height of o + s d about its origin (`expand_ray` of ext/ground/rays.pxd, tau = s): the
# arcs' second derivatives are -2 H' u' / R and -2 H' v' / R, the height's (1 - H'^2) / R. Dropped
# are terms of s^3 / R^2, 1e-7 m from 100 m. Single precision leaves 1e-5 m.
#
# Nothing of the ground about a point, one block of 32 or 8 cells on every side, is higher than the
# greatest of its block and the eight about that: so far may a ray go at once. Then cell by cell, as
# in `meet_in_cell`.

cdef enum:
    FINE = 3                    # blocks of 8 cells
    COARSE = 5                  # and of 32
    MOST_CELLS = 64             # tried; a ray that needs more is cast again in double precision


cdef struct PatchLanes:
    const float* z
    const float* fine           # greatest heights of blocks of 8 cells and the eight about them
    const float* coarse
    unsigned int cols
    unsigned int fine_cols
    unsigned int coarse_cols
    float last_x
    float last_y
    float top                   # highest node [m]
    float per_cell


cdef struct LineLanes:          # of the sensor at the time of one line
    float x0
    float y0
    float h0
    float per_r                 # 1 / distance from the Moon's centre
    float m[3][3]               # x, y [cells/m] and height per component of the ray in the head


cdef struct HitLanes:
    f32xN t                     # [m]; 0 where it was not found
    f32xN x
    f32xN y
    f32xN z
    f32xN dx                    # of the ray [cells/m]
    f32xN dy
    f32xN dh
    f32xN cosine                # of the angle of incidence


cdef struct Pace:
    f32xN bend                  # half the second derivative of the height
    f32xN slow                  # x'' = -2 slow x'
    f32xN per_down              # 1 / fall of the ray, and 1 / cells it goes across [m]
    f32xN per_across


cdef inline f32xN skip_blocks(
    const float* highest, unsigned int cols, int shift, const PatchLanes* g, const LineLanes* k,
    const HitLanes* ray, const Pace* pace, f32xN t
) noexcept nogil:
    """Return t moved on as far as nothing can be met: to the greatest height, or one block on."""
    cdef f32xN zero = f32_splat(0.0), straight = t - t * t * pace.slow
    cdef f32xN x = f32_splat(k.x0) + straight * ray.dx
    cdef f32xN y = f32_splat(k.y0) + straight * ray.dy
    cdef f32xN h = f32_splat(k.h0) + t * (ray.dh + t * pace.bend)
    cdef u32xN at
    x = f32_min(f32_max(x, zero), f32_splat(g.last_x))
    y = f32_min(f32_max(y, zero), f32_splat(g.last_y))
    at = u32_times(u32_right(u32_of_f32(y), shift), cols) + u32_right(u32_of_f32(x), shift)
    # half a cell less than the block, for rounding
    return t + f32_max(zero, f32_min(
        (h - f32_gather(highest, at)) * pace.per_down,
        f32_splat((1 << shift) - 0.5) * pace.per_across))


cdef inline f32xN way_out(f32xN f, f32xN d, f32xN per_d) noexcept nogil:
    """Return how far a ray at f of a cell, d cells per metre, leaves it."""
    cdef f32xN one = f32_splat(1.0), zero = f32_splat(0.0)
    return f32_select(d, zero, one - f, f) * per_d


cdef inline void march_cells(
    const PatchLanes* g, const LineLanes* k, HitLanes* ray, const Pace* pace, f32xN t
) noexcept nogil:
    """Try cell after cell; `ray.t` stays 0 where none is met on the patch."""
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0), open_ = one, tiny = f32_splat(1e-9)
    cdef f32xN bend = pace.bend
    cdef f32xN per_dx = one / f32_max(f32_abs(ray.dx), tiny)
    cdef f32xN per_dy = one / f32_max(f32_abs(ray.dy), tiny)
    cdef f32xN x, y, fx, fy, z00, p, q, r, f0, f1, f2, square, below, s, out, met, on, straight
    cdef f32xN px = zero, py = zero
    cdef u32xN i, j, at
    cdef int _step
    ray.t = ray.x = ray.y = zero
    for _step in range(MOST_CELLS):
        straight = t - t * t * pace.slow
        x = f32_splat(k.x0) + straight * ray.dx
        y = f32_splat(k.y0) + straight * ray.dy
        # a ray beside the patch is not found here
        on = f32_min(x, f32_splat(g.last_x) - x)
        on = f32_min(on, f32_min(y, f32_splat(g.last_y) - y))
        open_ = f32_select(on, zero, open_, zero)
        x = f32_min(f32_max(x, zero), f32_splat(g.last_x))
        y = f32_min(f32_max(y, zero), f32_splat(g.last_y))
        i = u32_of_f32(x)
        j = u32_of_f32(y)
        fx = x - f32_from_i32(i)
        fy = y - f32_from_i32(j)
        at = u32_times(j, g.cols) + i
        z00 = f32_gather(g.z, at)
        p = f32_gather(g.z + 1, at) - z00
        q = f32_gather(g.z + g.cols, at) - z00
        r = f32_gather(g.z + g.cols + 1, at) - z00 - p - q
        # height of the ray above the cell: f0 + f1 s + f2 s^2
        f0 = f32_splat(k.h0) + t * (ray.dh + t * bend) - (z00 + p * fx + q * fy + r * fx * fy)
        f1 = ray.dh + (t + t) * bend - (p * ray.dx + q * ray.dy + r * (fx * ray.dy + fy * ray.dx))
        f2 = bend - r * ray.dx * ray.dy
        out = f32_min(way_out(fx, ray.dx, per_dx), way_out(fy, ray.dy, per_dy)) + f32_splat(2e-5)
        square = f1 * f1 - f32_splat(4.0) * f2 * f0
        below = f32_sqrt(f32_max(square, zero)) - f1
        # the smaller root, as 2 f0 / (...) so that it loses no digits; 0 below the ground
        s = f32_max(f0 + f0, zero) / f32_max(below, tiny)
        s = f32_select(zero, square, out + one, s)
        s = f32_select(f0, zero, s, zero)
        met = f32_select(s, out, zero, open_)
        px = f32_select(met, zero, p + r * (fy + s * ray.dy), px)
        py = f32_select(met, zero, q + r * (fx + s * ray.dx), py)
        ray.t = f32_select(met, zero, t + s, ray.t)
        ray.x = f32_select(met, zero, x + s * ray.dx, ray.x)
        ray.y = f32_select(met, zero, y + s * ray.dy, ray.y)
        open_ = open_ - met
        if not f32_any_above(open_, zero):
            break
        t = t + out
    ray.z = f32_splat(k.h0) + ray.t * (ray.dh + ray.t * bend)
    ray.cosine = (px * ray.dx + py * ray.dy - ray.dh) / f32_sqrt(
        one + (px * px + py * py) * f32_splat(g.per_cell * g.per_cell))


cdef inline void cast_lanes(
    const PatchLanes* g, const LineLanes* k, f32xN tx, float ty, HitLanes* ray
) noexcept nogil:
    """Cast the rays (tx, ty, 1) of the head."""
    cdef f32xN one = f32_splat(1.0), t
    cdef Pace pace
    cdef f32xN per = one / f32_sqrt(f32_splat(1.0 + ty * ty) + tx * tx)
    ray.dx = (f32_splat(k.m[0][0]) * tx + f32_splat(k.m[0][1] * ty + k.m[0][2])) * per
    ray.dy = (f32_splat(k.m[1][0]) * tx + f32_splat(k.m[1][1] * ty + k.m[1][2])) * per
    ray.dh = (f32_splat(k.m[2][0]) * tx + f32_splat(k.m[2][1] * ty + k.m[2][2])) * per
    pace.per_down = one / f32_max(f32_splat(0.0) - ray.dh, f32_splat(0.05))
    pace.per_across = one / f32_max(
        f32_max(f32_abs(ray.dx), f32_abs(ray.dy)), f32_splat(1e-6))
    pace.slow = f32_splat(k.per_r) * ray.dh
    pace.bend = f32_splat(0.5 * k.per_r) * (one - ray.dh * ray.dh)
    t = f32_max(f32_splat(0.0), f32_splat(k.h0 - g.top) * pace.per_down)
    t = skip_blocks(g.coarse, g.coarse_cols, COARSE, g, k, ray, &pace, t)
    t = skip_blocks(g.coarse, g.coarse_cols, COARSE, g, k, ray, &pace, t)
    t = skip_blocks(g.fine, g.fine_cols, FINE, g, k, ray, &pace, t)
    t = skip_blocks(g.fine, g.fine_cols, FINE, g, k, ray, &pace, t)
    march_cells(g, k, ray, &pace, t)
    # level rays and those that look up are cast in double precision
    ray.t = f32_select(f32_splat(-0.06), ray.dh, ray.t, f32_splat(0.0))
