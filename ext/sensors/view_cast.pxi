# Rays of a camera's pixels, cast on windows of the true ground, as many at once as lanes hold.
#
#     symbol      name            what
#     t, s        t, s            range along the ray, and beyond where it was last expanded [m]
#     d           dx, dy, dz      unit ray along the arcs u, v and the vertical at the camera
#     r_c, r      r_c, r          distance of the camera, and of the ray, from the Moon's centre [m]
#     P           X, Y, Z         the ray from the Moon's centre, in those axes, X as along u
#     x, y        x, y            columns and rows of the window [cells]
#     H           h               height above R, the sphere of the arcs [m]
#
# With s_c, c_c = sin, cos of the camera's v / arc, the arcs from the camera's own are exactly
#     u - u_c = arc atan(X / Z^),  Z^ = Z c_c - Y s_c                                          (1)
#     v - v_c = arc asin((Y - s_c rho) / r),  rho = X^2 / (sqrt(X^2 + Z^^2) + Z^)              (2)
#     H = (H_c (2 R + H_c) + 2 t r_c dz + t^2) / (r + R)                                       (3)
# without a difference of large numbers: single precision leaves 3e-7 of the range. Between two
# expansions x, y and H are carried to second order in s, as in lidar_cast.pxi; a ray is expanded
# anew every 128 cells at the latest. Blocks are skipped and cells met as there.

cdef enum:
    FINE = 3                    # blocks of 8 cells
    COARSE = 5                  # and of 32
    MOST_CELLS = 24             # tried between two expansions
    MOST_EXPANSIONS = 600


cdef struct ViewLanes:
    float m[3][3]               # camera's x, y, z axes, a column each, in u, v, up at the camera
    float sine                  # of v_c / arc
    float cosine
    float r_c
    float arc                   # R
    float lift                  # H_c (2 R + H_c) [m^2]
    float height                # H_c
    float sun[3]                # unit, in u, v^, up^: the axes of (1)


cdef struct WindowLanes:
    const float* z
    const float* fine           # greatest heights of blocks of 8 cells and the eight about them
    const float* coarse
    const float* upper          # clearances of the Sun's limbs
    const float* lower
    const float* albedo
    float per_albedo            # 1 / the law's normal albedo
    unsigned int cols
    unsigned int fine_cols
    unsigned int coarse_cols
    float last_x
    float last_y
    float off_u                 # [m] of column 0 from the camera's u
    float off_v
    float per_cell
    float top                   # highest node [m]
    float top_lift              # r_c^2 - (R + top)^2 [m^2]
    float stretch_u             # of a slope per arc to one per metre
    float stretch_v


cdef struct RayLanes:
    f32xN dx
    f32xN dy
    f32xN dz
    f32xN t                     # [m]; met > 0 where it was found
    f32xN met
    f32xN x
    f32xN y
    f32xN zu                    # slopes per cell
    f32xN zv


cdef struct LineLanes:          # about t
    f32xN x
    f32xN y
    f32xN h
    f32xN dx                    # [cells/m]
    f32xN dy
    f32xN dh
    f32xN bend                  # half the second derivative of the height
    f32xN slow                  # x'' = -2 slow x'


cdef struct PointLanes:         # a point of the ray, from the Moon's centre
    f32xN X
    f32xN Y                     # Y^ = Y c_c + Z s_c
    f32xN Z                     # Z^
    f32xN S                     # sqrt(X^2 + Z^^2)
    f32xN r


cdef inline void locate(
    const ViewLanes* k, const RayLanes* ray, f32xN t, PointLanes* p, f32xN* u, f32xN* v, f32xN* h
) noexcept nogil:
    """(1) to (3): the point at t, its arcs from the camera's own and its height."""
    cdef f32xN one = f32_splat(1.0), X = t * ray.dx, Y = t * ray.dy
    cdef f32xN Z = f32_splat(k.r_c) + t * ray.dz
    cdef f32xN q = t * (f32_splat(k.r_c + k.r_c) * ray.dz + t), a, a2
    p.r = f32_sqrt(f32_splat(k.r_c * k.r_c) + q)
    p.X = X
    p.Z = Z * f32_splat(k.cosine) - Y * f32_splat(k.sine)
    p.Y = Y * f32_splat(k.cosine) + Z * f32_splat(k.sine)
    p.S = f32_sqrt(X * X + p.Z * p.Z)
    h[0] = (f32_splat(k.lift) + q) / (p.r + f32_splat(k.arc))
    a = X / p.Z
    a2 = a * a
    u[0] = f32_splat(k.arc) * a * (one - a2 * (f32_splat(1.0 / 3.0) - a2 * (
        f32_splat(0.2) - a2 * f32_splat(1.0 / 7.0))))
    a = (Y - f32_splat(k.sine) * X * X / (p.S + p.Z)) / p.r
    a2 = a * a
    v[0] = f32_splat(k.arc) * a * (one + a2 * (f32_splat(1.0 / 6.0) + a2 * (
        f32_splat(0.075) + a2 * f32_splat(15.0 / 336.0))))


cdef inline void expand(
    const ViewLanes* k, const WindowLanes* g, const RayLanes* ray, f32xN t, LineLanes* line
) noexcept nogil:
    """Expand the rays about t in cells of the window."""
    cdef PointLanes p
    cdef f32xN u, v, per_r, scale = f32_splat(k.arc * g.per_cell)
    locate(k, ray, t, &p, &u, &v, &line.h)
    per_r = f32_splat(1.0) / p.r
    line.x = (u - f32_splat(g.off_u)) * f32_splat(g.per_cell)
    line.y = (v - f32_splat(g.off_v)) * f32_splat(g.per_cell)
    line.dh = (f32_splat(k.r_c) * ray.dz + t) * per_r
    line.dx = scale * (p.Z * ray.dx - p.X * (
        ray.dz * f32_splat(k.cosine) - ray.dy * f32_splat(k.sine))) / (p.S * p.S)
    line.dy = scale * (
        ray.dy * f32_splat(k.cosine) + ray.dz * f32_splat(k.sine) - p.Y * line.dh * per_r) / p.S
    line.bend = f32_splat(0.5) * per_r * (f32_splat(1.0) - line.dh * line.dh)
    line.slow = line.dh * per_r


cdef inline f32xN skip_blocks(
    const float* highest, unsigned int cols, int shift, const WindowLanes* g,
    const LineLanes* line, f32xN per_down, f32xN per_across, f32xN s
) noexcept nogil:
    """Return s moved on as far as nothing can be met: to the greatest height, or one block on."""
    cdef f32xN zero = f32_splat(0.0), straight = s - s * s * line.slow
    cdef f32xN x = line.x + straight * line.dx
    cdef f32xN y = line.y + straight * line.dy
    cdef f32xN h = line.h + s * (line.dh + s * line.bend)
    cdef u32xN at
    x = f32_min(f32_max(x, zero), f32_splat(g.last_x))
    y = f32_min(f32_max(y, zero), f32_splat(g.last_y))
    at = u32_times(u32_right(u32_of_f32(y), shift), cols) + u32_right(u32_of_f32(x), shift)
    # half a cell less than the block, for rounding
    return s + f32_max(zero, f32_min(
        (h - f32_gather(highest, at)) * per_down,
        f32_splat((1 << shift) - 0.5) * per_across))


cdef inline f32xN way_out(f32xN f, f32xN d, f32xN per_d) noexcept nogil:
    """Return how far a ray at f of a cell, d cells per metre, leaves it."""
    cdef f32xN one = f32_splat(1.0), zero = f32_splat(0.0)
    return f32_select(d, zero, one - f, f) * per_d


cdef inline f32xN inside(const WindowLanes* g, f32xN x, f32xN y) noexcept nogil:
    """Return the cells to the nearest edge of the window; negative outside."""
    return f32_min(
        f32_min(x, f32_splat(g.last_x) - x), f32_min(y, f32_splat(g.last_y) - y))


cdef inline f32xN march_cells(
    const WindowLanes* g, const LineLanes* line, RayLanes* ray, f32xN t, f32xN s, f32xN* open_,
    int cells
) noexcept nogil:
    """Try so many cells at most from t + s; return s where the search goes on."""
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0), tiny = f32_splat(1e-9)
    cdef f32xN per_dx = one / f32_max(f32_abs(line.dx), tiny)
    cdef f32xN per_dy = one / f32_max(f32_abs(line.dy), tiny)
    cdef f32xN edge = f32_splat(2e-5 * (1.0 / g.per_cell))
    cdef f32xN x, y, fx, fy, z00, p, q, r, f0, f1, f2, square, below, step, out, met, straight
    cdef u32xN i, j, at
    cdef int _step
    for _step in range(cells):
        straight = s - s * s * line.slow
        x = line.x + straight * line.dx
        y = line.y + straight * line.dy
        # a ray that leaves the window is not found on it
        open_[0] = f32_select(inside(g, x, y), zero, open_[0], zero)
        x = f32_min(f32_max(x, zero), f32_splat(g.last_x))
        y = f32_min(f32_max(y, zero), f32_splat(g.last_y))
        i = u32_of_f32(x)
        j = u32_of_f32(y)
        fx = x - f32_from_i32(i)
        fy = y - f32_from_i32(j)
        at = u32_times(j, g.cols) + i
        f32_gather_pairs(g.z, g.z + g.cols, at, &z00, &p, &q, &r)
        p = p - z00
        q = q - z00
        r = r - z00 - p - q
        # height of the ray above the cell: f0 + f1 s + f2 s^2
        f0 = line.h + s * (line.dh + s * line.bend) - (z00 + p * fx + q * fy + r * fx * fy)
        f1 = line.dh + (s + s) * line.bend - (
            p * line.dx + q * line.dy + r * (fx * line.dy + fy * line.dx))
        f2 = line.bend - r * line.dx * line.dy
        out = f32_min(way_out(fx, line.dx, per_dx), way_out(fy, line.dy, per_dy)) + edge
        square = f1 * f1 - f32_splat(4.0) * f2 * f0
        below = f32_sqrt(f32_max(square, zero)) - f1
        # the smaller root, as 2 f0 / (...) so that it loses no digits; 0 below the ground
        step = f32_max(f0 + f0, zero) / f32_max(below, tiny)
        step = f32_select(zero, square, out + one, step)
        step = f32_select(f0, zero, step, zero)
        met = f32_select(step, out, zero, open_[0])
        ray.zu = f32_select(met, zero, p + r * (fy + step * line.dy), ray.zu)
        ray.zv = f32_select(met, zero, q + r * (fx + step * line.dx), ray.zv)
        ray.t = f32_select(met, zero, t + s + step, ray.t)
        ray.x = f32_select(met, zero, x + step * line.dx, ray.x)
        ray.y = f32_select(met, zero, y + step * line.dy, ray.y)
        ray.met = ray.met + met
        open_[0] = open_[0] - met
        s = s + out
        if not f32_any_above(open_[0], zero):
            break
    return s


cdef inline f32xN enter_top(
    const ViewLanes* k, const WindowLanes* g, const RayLanes* ray, f32xN* open_
) noexcept nogil:
    """Return where the rays come below the window's highest node; 0 from below it."""
    cdef f32xN zero = f32_splat(0.0), b = f32_splat(k.r_c) * ray.dz
    cdef f32xN c = f32_splat(g.top_lift), square = b * b - c, root, t
    # t = c / (sqrt(b^2 - c) - b): no miss from below, none that looks up or passes by from above
    root = f32_sqrt(f32_max(square, zero))
    t = c / f32_max(root - b, f32_splat(1e-3))
    if g.top_lift > 0.0:
        open_[0] = f32_select(square, zero, open_[0], zero)
        open_[0] = f32_select(zero, b, open_[0], zero)
        return f32_max(t, zero)
    return zero


cdef inline void close_gone(
    const WindowLanes* g, const LineLanes* line, f32xN* open_
) noexcept nogil:
    """Close the lanes whose ray is outside, or above everything and rising."""
    cdef f32xN zero = f32_splat(0.0)
    open_[0] = f32_select(
        f32_min(line.h - f32_splat(g.top + 1.0), line.dh), zero, zero, open_[0])
    open_[0] = f32_select(inside(g, line.x, line.y), zero, open_[0], zero)


cdef inline f32xN skip_far(const WindowLanes* g, const LineLanes* line) noexcept nogil:
    """Return how far the rays go on before they can meet anything."""
    cdef f32xN one = f32_splat(1.0), s = f32_splat(0.0), per_down, per_across
    per_down = one / f32_max(s - line.dh, f32_splat(1e-4))
    per_across = one / f32_max(
        f32_max(f32_abs(line.dx), f32_abs(line.dy)), f32_splat(1e-6))
    s = skip_blocks(g.coarse, g.coarse_cols, COARSE, g, line, per_down, per_across, s)
    s = skip_blocks(g.coarse, g.coarse_cols, COARSE, g, line, per_down, per_across, s)
    s = skip_blocks(g.fine, g.fine_cols, FINE, g, line, per_down, per_across, s)
    return skip_blocks(g.fine, g.fine_cols, FINE, g, line, per_down, per_across, s)


cdef inline void cast_lanes(
    const ViewLanes* k, const WindowLanes* g, RayLanes* ray
) noexcept nogil:
    """Cast on one window the rays that have not met the ground: `met` is 1 where they now have.

    A ray that comes below the highest node outside the window is not found on it.
    """
    cdef f32xN zero = f32_splat(0.0), t, s
    cdef f32xN open_ = f32_splat(1.0) - ray.met
    cdef LineLanes line
    cdef int _again
    t = enter_top(k, g, ray, &open_)
    for _again in range(MOST_EXPANSIONS):
        expand(k, g, ray, t, &line)
        close_gone(g, &line, &open_)
        if not f32_any_above(open_, zero):
            return
        s = skip_far(g, &line)
        s = march_cells(g, &line, ray, t, s, &open_, MOST_CELLS)
        if not f32_any_above(open_, zero):
            return
        t = t + s
