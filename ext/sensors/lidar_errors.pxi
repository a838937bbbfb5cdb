# What a frame of the lidar measures: poses, errors and losses of its rays.
#
#     symbol      name            what
#     t           t               true range along the ray [m]
#     S           signal          albedo cos(incidence) (reference / t)^2: 1 seen from above
#     range       t + e           e = bias + line + walk (1 - S) + noise S^(-1/2) n
#     mixed       half dt         footprint of two halves, dt apart: their mean, if within a pulse
#
# Noise falls with the root of the echo's energy (photon statistics); a threshold detector is late
# on a weak echo (range walk). Both laws are those of the textbooks (Wehr & Lohr 1999, ISPRS J. 54,
# from memory), their sizes keys of the mission.

include "lidar_lanes.pxi"
include "lidar_cast.pxi"

from libc.math cimport sqrt
from libc.stdint cimport uint32_t
from farside.ext.common.random cimport normal_quantile
from farside.ext.common.telemetry cimport Row
from farside.ext.common.vector cimport (
    Quat, Vec3, axpy, cross, dot, quat, quat_unit, rotate, sub, unit, vec, vec_from,
)
from farside.ext.ground.rays cimport Line, expand_ray
from farside.ext.ground.surface cimport Ground

cdef enum:
    MOST_LANES = 16
    QUANTILES = 2048            # of half the normal distribution

cdef float[2049] QUANTILE
cdef int _q
for _q in range(QUANTILES):
    QUANTILE[_q] = <float> normal_quantile(0.5 + _q / (2.0 * QUANTILES))
QUANTILE[QUANTILES] = 4.0       # mean square of the last cell as of the tail beyond 3.49


cdef struct FrameSetup:         # errors are 1 sigma; angles in radians
    double half_across          # tangent of the half field of view
    double half_along
    int across                  # returns of a line
    int along                   # lines
    int frames                  # in the rows of telemetry
    double head_axes[3][3]      # body components of the head's across, along and boresight axes
    double max_range_m
    double noise_m
    double bias_m               # drawn: common to the scan
    double line_m               # error common to a line, correlated from line to line
    double line_keep            # its correlation with the next line's
    double walk_m
    double boresight_rad[3]     # drawn: about the head's axes
    double jitter_rad           # of each line's pointing, correlated as line_m
    double footprint_rad        # beam divergence, whole angle
    double reference_m          # range of signal 1
    double dropout              # share lost at random
    double signal_lost          # below it nothing returns
    double signal_sure          # above it none is lost for weakness
    double glint                # share of ground cells that blind the receiver
    double pulse_m              # echoes nearer than this are one
    double dead                 # share of samples that never return
    double albedo_spread
    double dark                 # share of blocks of ground that return nothing


cdef struct Poses:
    Vec3 r
    Vec3 known_r
    Vec3 axes[3]                # true, of the head, site frame
    Vec3 known_axes[3]


cdef struct Losses:             # of the ground under the patch
    const float* albedo         # of blocks of 8 cells of the lattice
    uint32_t cols
    uint32_t col0               # cells of the first block to the left of the patch
    uint32_t row0
    uint32_t lattice_x          # of column 0 of the patch, modulo 2^32
    uint32_t lattice_y
    uint32_t key


cdef inline Quat between(const double* a, const double* b, double f) noexcept nogil:
    """Between two attitudes a tick apart: linear and normalised."""
    return quat_unit(quat(
        a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2]),
        a[3] + f * (b[3] - a[3])))


cdef inline Vec3 point_between(const double* a, const double* b, double f) noexcept nogil:
    return axpy(f, sub(vec_from(b), vec_from(a)), vec_from(a))


cdef inline void find_poses(
    const FrameSetup* k, const Row* rows, Py_ssize_t last, double at, Vec3 turn, Poses* p
) noexcept nogil:
    """Find where the head is at a share of all rows, and where the estimate has it.

    turn [rad] are the angles about the head's axes by which it truly points elsewhere.
    """
    cdef double t = last * at
    cdef Py_ssize_t row = min(<Py_ssize_t> t, last - 1)
    cdef const Row* a = rows + row
    cdef const Row* b = rows + row + 1
    cdef Quat q = between(a.q_site_body, b.q_site_body, t - row)
    cdef Quat known = between(a.est_q_site_body, b.est_q_site_body, t - row)
    cdef Vec3 axis, about = vec(0.0, 0.0, 0.0)
    cdef int c
    p.r = point_between(a.r_site, b.r_site, t - row)
    p.known_r = point_between(a.est_r_site, b.est_r_site, t - row)
    about = axpy(turn.x, vec_from(k.head_axes[0]), about)
    about = axpy(turn.y, vec_from(k.head_axes[1]), about)
    about = axpy(turn.z, vec_from(k.head_axes[2]), about)
    for c in range(3):
        axis = vec_from(k.head_axes[c])
        p.known_axes[c] = rotate(known, axis)
        p.axes[c] = rotate(q, unit(axpy(1.0, cross(about, axis), axis), axis))


cdef inline void set_line(const Ground* g, const Poses* p, LineLanes* k) noexcept nogil:
    """Expand the rays of a line about the sensor, in cells of the patch."""
    cdef Line ray
    cdef Vec3 o = vec(dot(p.r, g.along), dot(p.r, g.cross), p.r.z + g.radius_m), d
    cdef int c
    for c in range(3):
        d = vec(dot(p.axes[c], g.along), dot(p.axes[c], g.cross), p.axes[c].z)
        ray = expand_ray(g, o, d, 0.0)
        k.m[0][c] = <float> (ray.du * g.patch.per_cell)
        k.m[1][c] = <float> (ray.dv * g.patch.per_cell)
        k.m[2][c] = <float> ray.dh
    k.x0 = <float> ((ray.u - g.patch.u0) * g.patch.per_cell)
    k.y0 = <float> ((ray.v - g.patch.v0) * g.patch.per_cell)
    k.h0 = <float> (ray.h - g.datum_m)
    k.per_r = <float> (1.0 / sqrt(dot(o, o)))


cdef inline f32xN unit_share(u32xN word) noexcept nogil:
    """Return the first 24 bits of a word as a share of [0, 1)."""
    return f32_from_i32(u32_right(word, 8)) * f32_splat(5.9604644775390625e-08)


cdef inline f32xN normal_lanes(u32xN word) noexcept nogil:
    """Return normal deviates by linear interpolation of 2048 quantiles; none is beyond 4."""
    cdef u32xN at = u32_and(u32_right(word, 20), 0x7ff)
    cdef f32xN low = f32_gather(QUANTILE, at)
    cdef f32xN z = low + (f32_gather(QUANTILE + 1, at) - low) * (
        f32_from_i32(u32_and(word, 0xfffff)) * f32_splat(9.5367431640625e-07))
    cdef f32xN sign = f32_from_i32(u32_right(word, 31))
    return z - (z + z) * sign


cdef inline f32xN height_lanes(const PatchLanes* g, f32xN x, f32xN y) noexcept nogil:
    """Return the height of the patch at a place held on it [cells]."""
    cdef u32xN i, j, at
    cdef f32xN z00, p, q, fx, fy
    x = f32_min(f32_max(x, f32_splat(0.0)), f32_splat(g.last_x))
    y = f32_min(f32_max(y, f32_splat(0.0)), f32_splat(g.last_y))
    i = u32_of_f32(x)
    j = u32_of_f32(y)
    fx = x - f32_from_i32(i)
    fy = y - f32_from_i32(j)
    at = u32_times(j, g.cols) + i
    z00 = f32_gather(g.z, at)
    p = f32_gather(g.z + 1, at) - z00
    q = f32_gather(g.z + g.cols, at) - z00
    return z00 + p * fx + q * fy + (f32_gather(g.z + g.cols + 1, at) - z00 - p - q) * fx * fy


cdef inline f32xN measured_ranges(
    const FrameSetup* k, const PatchLanes* g, const Losses* lost, const HitLanes* ray,
    f32xN on_patch, float line_m, const u32xN* word
) noexcept nogil:
    """Return the ranges that the unit reports; 0 where it has none. Random words: see `scan`."""
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0), signal, sx, sy, dt, chance, e, albedo
    cdef f32xN half_spot = ray.t * f32_splat(<float> (0.25 * k.footprint_rad)) * f32_splat(
        g.per_cell)
    cdef u32xN i = u32_of_f32(ray.x), j = u32_of_f32(ray.y)
    albedo = f32_gather(lost.albedo, u32_times(
        u32_right(u32_plus(j, lost.row0), FINE), lost.cols) + u32_right(
            u32_plus(i, lost.col0), FINE))
    signal = f32_splat(<float> k.reference_m) / f32_max(ray.t, f32_splat(0.1))
    signal = signal * signal * albedo * f32_max(ray.cosine, zero)
    # Two halves of the footprint, d apart: dt = d . ray.
    sx = half_spot - (half_spot + half_spot) * f32_from_i32(u32_and(word[3], 1))
    sy = half_spot - (half_spot + half_spot) * f32_from_i32(u32_and(u32_right(word[3], 1), 1))
    dt = (sx * ray.dx + sy * ray.dy) * f32_splat(1 / (g.per_cell * g.per_cell)) + ray.dh * (
        height_lanes(g, ray.x + sx, ray.y + sy) - ray.z)
    dt = f32_select(f32_abs(dt), f32_splat(<float> k.pulse_m), zero, dt * on_patch)
    # e = walk (1 - S) + noise S^(-1/2) n, and what is common
    e = f32_splat(<float> k.walk_m) * (one - f32_min(signal, f32_splat(4.0)))
    e = e + f32_splat(<float> k.noise_m) * normal_lanes(word[0]) / f32_sqrt(
        f32_min(f32_max(signal, f32_splat(0.0625)), f32_splat(4.0)))
    e = e + f32_splat(line_m + <float> k.bias_m) + f32_splat(0.5) * dt
    chance = f32_splat(<float> k.dropout) + f32_min(one, f32_max(zero, (
        f32_splat(<float> k.signal_sure) - signal) * f32_splat(
            <float> (1.0 / (k.signal_sure - k.signal_lost)))))
    if k.glint > 0.0:
        chance = chance + f32_above(f32_splat(<float> k.glint), cell_share(
            u32_plus(i, lost.lattice_x), u32_plus(j, lost.lattice_y), lost.key)) * on_patch
    e = f32_select(ray.t, zero, ray.t + e, zero)
    return f32_select(chance, unit_share(word[1]), zero, e)


cdef inline f32xN bare_ranges(
    const FrameSetup* k, const HitLanes* ray, float line_m, const u32xN* word
) noexcept nogil:
    """Return the ranges to a sphere without a patch: no albedo, footprint or glints."""
    cdef f32xN zero = f32_splat(0.0), e
    e = f32_splat(<float> k.noise_m) * normal_lanes(word[0]) + f32_splat(
        line_m + <float> k.bias_m)
    e = f32_select(ray.t, zero, ray.t + e, zero)
    return f32_select(f32_splat(<float> k.dropout), unit_share(word[1]), zero, e)
