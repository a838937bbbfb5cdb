# The frames of a scan: the rays of lidar_cast.pxi and the errors of lidar_errors.pxi, line by line.
#
# Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

include "lidar_errors.pxi"

cimport cython
import numpy as np
from libc.math cimport NAN, rint, sqrt
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from farside.ext.common.random cimport Stream, normal, open_stream, uniform
from farside.ext.common.telemetry cimport Row
from farside.ext.common.vector cimport Vec3, axpy, dot, unit, vec
from farside.ext.ground._ground cimport GroundModel
from farside.ext.ground.rays cimport above_patch, cast_from
from farside.ext.ground.surface cimport GROUND_BLOCK, Grid, Ground, ground_normal


cdef struct Draws:              # of the samples of one line
    uint64_t seed
    uint32_t stream
    uint32_t frame
    uint32_t first              # sample


cdef inline int cast_missed(
    const FrameSetup* k, const Ground* g, const Poses* p, const float* tx, float ty, bint over,
    float* t, float* cosine
) noexcept nogil:
    """Cast again, in double precision, the lanes whose t is 0; NaN where nothing is met."""
    cdef int n, cast = 0
    cdef Vec3 d
    cdef double far
    for n in range(F32_LANES):
        if t[n] != 0.0:
            continue
        d = unit(axpy(tx[n], p.axes[0], axpy(ty, p.axes[1], p.axes[2])), p.axes[2])
        far = cast_from(g, p.r, d, k.max_range_m, over)
        cast += 1
        t[n] = <float> far if far == far else <float> 0.0
        cosine[n] = <float> -dot(d, ground_normal(g, axpy(far, d, p.r))) if far == far else 1.0
    return cast


cdef inline void write_returns(
    const FrameSetup* k, const Poses* p, const uint8_t* dead, f32xN range_m, f32xN tx, float ty,
    int count, double* points
) noexcept nogil:
    """Write where the estimate has the returns of a group of rays [m, site]; NaN for none."""
    cdef float[3][MOST_LANES] at
    cdef float[MOST_LANES] far
    cdef f32xN along = range_m / f32_sqrt(f32_splat(<float> 1.0 + ty * ty) + tx * tx)
    cdef const Vec3* a = &p.known_axes[0]
    cdef int n
    f32_store(far, range_m)
    f32_store(at[0], along * (
        f32_splat(<float> a[0].x) * tx + f32_splat(<float> (a[1].x * ty + a[2].x))))
    f32_store(at[1], along * (
        f32_splat(<float> a[0].y) * tx + f32_splat(<float> (a[1].y * ty + a[2].y))))
    f32_store(at[2], along * (
        f32_splat(<float> a[0].z) * tx + f32_splat(<float> (a[1].z * ty + a[2].z))))
    for n in range(count):
        if 0.0 < far[n] <= k.max_range_m and not (dead != NULL and dead[n]):
            points[3 * n] = p.known_r.x + at[0][n]
            points[3 * n + 1] = p.known_r.y + at[1][n]
            points[3 * n + 2] = p.known_r.z + at[2][n]
        else:
            points[3 * n] = points[3 * n + 1] = points[3 * n + 2] = NAN


def greatest_about(top):
    """Return the greatest of each block and the eight about it."""
    wide = np.pad(np.asarray(top), 1, mode="edge")
    rows, cols = top.shape
    wide = np.maximum(np.maximum(wide[:rows], wide[1 : 1 + rows]), wide[2:])
    wide = np.maximum(np.maximum(wide[:, :cols], wide[:, 1 : 1 + cols]), wide[:, 2:])
    return np.ascontiguousarray(wide)


@cython.final
@cython.auto_pickle(False)
cdef class FrameScanner:
    """The frames of one scan.

    Parameters
    ----------
    ground
        The truth, with a patch rasterised under the field of view.
    setup
        The struct `FrameSetup` by its members.
    seed
        Of the flight: the ground's albedo and the unit's dead samples are those of all its scans.
    streams
        Of the albedo, and of the dead samples.
    """

    cdef GroundModel ground
    cdef FrameSetup k
    cdef PatchLanes patch
    cdef Losses lost
    cdef float[:, ::1] fine
    cdef float[:, ::1] coarse
    cdef float[:, ::1] albedo
    cdef uint8_t[::1] dead

    def __init__(self, GroundModel ground, dict setup, uint64_t seed, streams):
        cdef Stream samples = open_stream(seed, 0, streams[1])
        cdef Py_ssize_t n
        self.ground = ground
        self.k = setup
        self.albedo = np.ones((1, 1), np.float32)
        self.lost.albedo = &self.albedo[0, 0]
        self.patch.per_cell = 10.0
        if self.k.across < 2 or self.k.along < 2:
            raise ValueError("a frame has two samples or more each way")
        self.dead = np.zeros(self.k.across * self.k.along if self.k.dead > 0.0 else 0, np.uint8)
        for n in range(self.dead.shape[0]):
            self.dead[n] = uniform(&samples) < self.k.dead
        if not ground.c.flat and ground.c.patch.rows > 1:
            self._take_patch()
            self._draw_albedo(seed, streams[0])

    def _take_patch(self):
        """Read the patch, and find the greatest heights about its blocks."""
        cdef const Ground* g = &self.ground.c
        cdef int rows = (g.patch.rows - 1 + GROUND_BLOCK - 1) // GROUND_BLOCK
        cdef int cols = g.patch.block_cols, i, j
        top = np.empty((rows, cols), np.float32)
        cdef float[:, ::1] blocks = top
        for i in range(rows):
            for j in range(cols):
                blocks[i, j] = g.patch.top[i * <Py_ssize_t> cols + j]
        self.fine = greatest_about(top)
        self.coarse = greatest_about(np.maximum.reduceat(np.maximum.reduceat(
            top, np.arange(0, rows, 4), axis=0), np.arange(0, cols, 4), axis=1))
        self.patch.z = g.patch.z
        self.patch.fine = &self.fine[0, 0]
        self.patch.coarse = &self.coarse[0, 0]
        self.patch.cols = g.patch.cols
        self.patch.fine_cols = <unsigned int> self.fine.shape[1]
        self.patch.coarse_cols = <unsigned int> self.coarse.shape[1]
        self.patch.last_x = <float> (g.patch.cols - 1.001)
        self.patch.last_y = <float> (g.patch.rows - 1.001)
        self.patch.top = <float> g.patch.highest
        self.patch.per_cell = <float> g.patch.per_cell

    def _draw_albedo(self, uint64_t seed, uint32_t stream):
        """Draw the albedo of the blocks of 8 x 8 cells of the lattice that the patch touches."""
        cdef const Grid* grid = &self.ground.c.patch
        cdef int64_t x = <int64_t> rint(grid.u0 * grid.per_cell)
        cdef int64_t y = <int64_t> rint(grid.v0 * grid.per_cell)
        cdef Stream s = open_stream(seed, 0, stream)
        cdef int i, j
        self.lost.lattice_x = <uint32_t> x
        self.lost.lattice_y = <uint32_t> y
        self.lost.col0 = self.lost.lattice_x & 7
        self.lost.row0 = self.lost.lattice_y & 7
        self.lost.key = <uint32_t> (seed ^ (seed >> 32))
        self.albedo = np.empty(((grid.rows + 14) // 8, (grid.cols + 14) // 8), np.float32)
        self.lost.cols = <uint32_t> self.albedo.shape[1]
        self.lost.albedo = &self.albedo[0, 0]
        for i in range(self.albedo.shape[0]):
            for j in range(self.albedo.shape[1]):
                # one block of the stream for each of the ground, wherever the patch lies
                s.block = (<uint64_t> <uint32_t> ((y >> 3) + i) << 32) | <uint32_t> ((x >> 3) + j)
                s.left = 0
                self.albedo[i, j] = <float> min(max(
                    1.0 + self.k.albedo_spread * normal(&s), 0.3), 2.0)
                if uniform(&s) < self.k.dark:
                    self.albedo[i, j] = 0.0

    def scan(
        self, const Row[::1] rows, int frame, uint64_t seed, uint32_t stream, double[:, ::1] points
    ):
        """Fill points (along * across, 3) [m, the estimate's site axes] of one frame; NaN: none.

        Sample n of the frame draws block (n, frame) of the stream: range noise, loss, place in its
        line, footprint. Its lines draw from the same stream of run 1 + frame. Returns how many
        rays the patch could not answer.
        """
        cdef FrameSetup* k = &self.k
        cdef const Ground* g = &self.ground.c
        cdef Stream lines = open_stream(seed, 1 + frame, stream)
        cdef Py_ssize_t last = rows.shape[0] - 1
        cdef double phase_x, phase_y, shed = sqrt(1.0 - k.line_keep * k.line_keep)
        cdef double line_m = normal(&lines), jitter_x = normal(&lines), jitter_y = normal(&lines)
        cdef double step_x = 2.0 * k.half_across / max(k.across - 1, 1)
        cdef double step_y = 2.0 * k.half_along / max(k.along - 1, 1)
        cdef Poses poses
        cdef LineLanes line
        cdef Draws draws
        cdef Py_ssize_t again = 0
        cdef bint over
        cdef int j
        cdef float ty
        if points.shape[0] != <Py_ssize_t> k.across * k.along or points.shape[1] != 3:
            raise ValueError("points does not hold one place for each return")
        if last < 1:
            raise ValueError("a scan needs at least two ticks of telemetry")
        if not 0 <= frame < k.frames:
            raise ValueError(f"frame {frame} of {k.frames}")
        draws.seed = seed
        draws.stream = stream
        draws.frame = frame
        with nogil:
            phase_x = uniform(&lines) - 0.5
            phase_y = uniform(&lines) - 0.5
            for j in range(k.along):
                # first-order Gauss-Markov from line to line
                line_m = k.line_keep * line_m + shed * normal(&lines)
                jitter_x = k.line_keep * jitter_x + shed * normal(&lines)
                jitter_y = k.line_keep * jitter_y + shed * normal(&lines)
                find_poses(
                    k, &rows[0], last, (frame + <double> j / k.along) / k.frames, vec(
                        k.boresight_rad[0] + k.jitter_rad * jitter_x,
                        k.boresight_rad[1] + k.jitter_rad * jitter_y, k.boresight_rad[2]), &poses)
                over = self.patch.z != NULL and above_patch(g, poses.r)
                if over:
                    set_line(g, &poses, &line)
                draws.first = <uint32_t> (j * k.across)
                ty = <float> (step_y * (j + phase_y + uniform(&lines) - 0.5) - k.half_along)
                again += self.scan_line(
                    &poses, &line if over else NULL, ty, <float> (step_x * phase_x),
                    <float> (k.line_m * line_m), &draws,
                    &points[j * <Py_ssize_t> k.across, 0])
        return again

    cdef Py_ssize_t scan_line(
        self, const Poses* p, const LineLanes* line, float ty, float phase, float line_m,
        const Draws* draws, double* points
    ) noexcept nogil:
        """Write one line; return how many rays were cast in double precision."""
        cdef FrameSetup* k = &self.k
        cdef float step = <float> (2.0 * k.half_across / max(k.across - 1, 1))
        cdef float left = phase - <float> k.half_across
        cdef HitLanes ray
        cdef u32xN[4] word
        cdef float[MOST_LANES] t, cosine, places
        cdef f32xN tx, on_patch
        cdef const uint8_t* dead = NULL
        cdef Py_ssize_t again = 0
        cdef int i, group
        for group in range((k.across + F32_LANES - 1) // F32_LANES):
            i = group * F32_LANES
            philox_lanes(draws.seed, draws.stream, draws.frame, draws.first + i, word)
            # its place within one step of the line
            tx = f32_from_i32(u32_counting(i)) + unit_share(word[2]) - f32_splat(0.5)
            tx = f32_splat(step) * tx + f32_splat(left)
            ray.t = ray.x = ray.y = ray.z = ray.dx = ray.dy = f32_splat(0.0)
            ray.dh = f32_splat(-1.0)
            ray.cosine = f32_splat(1.0)
            if line != NULL:
                cast_lanes(&self.patch, line, tx, ty, &ray)
            on_patch = f32_above(ray.t, f32_splat(0.0))
            if f32_any_above(f32_splat(0.5), on_patch):
                f32_store(t, ray.t)
                f32_store(cosine, ray.cosine)
                f32_store(places, tx)
                again += cast_missed(k, &self.ground.c, p, places, ty, line != NULL, t, cosine)
                ray.t = f32_load(t)
                ray.cosine = f32_load(cosine)
            if self.patch.z != NULL:
                ray.t = measured_ranges(k, &self.patch, &self.lost, &ray, on_patch, line_m, word)
            else:
                ray.t = bare_ranges(k, &ray, line_m, word)
            if self.dead.shape[0]:
                dead = &self.dead[draws.first + i]
            write_returns(
                k, p, dead, ray.t, tx, ty,
                min(F32_LANES, k.across - i), points + 3 * i)
        return again
