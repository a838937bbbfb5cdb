# Pictures of the true ground without a detector: radiance factors, and what each pixel looks at.
#
# Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

include "view_lanes.pxi"
include "view_cast.pxi"
include "view_shade.pxi"
include "view_row.pxi"
include "view_shadow.pxi"

cimport cython
import numpy as np
from libc.math cimport NAN, floor

cdef enum:
    MOST_WINDOWS = 12
    MOST_LANES = 16
    GROUP = 16                  # samples that begin at a whole multiple of it are cast together
    MOST_SAMPLES = 4            # of a pixel, each way


def greatest_about(top):
    """Return the greatest of each block and the eight about it."""
    wide = np.pad(np.asarray(top), 1, mode="edge")
    rows, cols = top.shape
    wide = np.maximum(np.maximum(wide[:rows], wide[1 : 1 + rows]), wide[2:])
    wide = np.maximum(np.maximum(wide[:, :cols], wide[:, 1 : 1 + cols]), wide[:, 2:])
    return np.ascontiguousarray(wide)


cdef void mean_row(
    const RowLanes* r, int samples, Py_ssize_t wide, Py_ssize_t off, float* out, Py_ssize_t cols
) noexcept nogil:
    """Write the mean of the samples of each pixel; `off` is the first pixel's first sample."""
    cdef float share = <float> 1.0 / <float> (samples * samples)
    cdef const float* line
    cdef Py_ssize_t x, i, j
    for x in range(cols):
        out[x] = 0.0
    for j in range(samples):
        line = r.value + j * wide + off
        for x in range(cols):
            for i in range(samples):
                out[x] += line[x * samples + i]
    for x in range(cols):
        out[x] *= share


@cython.final
@cython.auto_pickle(False)
cdef class View:
    """A camera at one place, the windows of ground that it sees, and the law of their light.

    Parameters
    ----------
    view
        The struct `ViewLanes` by its members.
    t1, t2 : (PHASES + 1,) float32
        Tables of the law.
    k, root
        Of its multiple scattering.
    """

    cdef ViewLanes k
    cdef LawLanes law
    cdef WindowLanes[12] window
    cdef int count
    cdef list held

    def __init__(self, dict view, const float[::1] t1, const float[::1] t2, float k, float root):
        if t1.shape[0] != PHASES + 1 or t2.shape[0] != PHASES + 1:
            raise ValueError(f"a table of a law has {PHASES + 1} values")
        self.k = view
        self.held = [t1, t2]
        self.law.t1 = &t1[0]
        self.law.t2 = &t2[0]
        self.law.k = k
        self.law.root = root
        self.count = 0

    def add(
        self, const float[:, ::1] z, const float[:, ::1] block_max, const float[:, ::1] upper,
        const float[:, ::1] lower, const float[:, ::1] albedo, dict place,
    ):
        """Add a window, coarser and wider than those before it.

        z, upper, lower (rows, cols): heights and clearances [m]; block_max: greatest heights of
        blocks of 8 cells and the nodes about them; albedo (rows, cols); place: `off_u`, `off_v`,
        `per_cell`, `stretch_u`, `stretch_v`, `per_albedo` of the struct `WindowLanes`.
        """
        cdef WindowLanes* g = &self.window[self.count]
        cdef const float[:, ::1] fine = greatest_about(block_max)
        cdef const float[:, ::1] coarse = greatest_about(np.maximum.reduceat(np.maximum.reduceat(
            block_max, np.arange(0, block_max.shape[0], 4), axis=0),
            np.arange(0, block_max.shape[1], 4), axis=1))
        cdef Py_ssize_t rows = z.shape[0], cols = z.shape[1]
        if self.count == MOST_WINDOWS:
            raise ValueError(f"a view has {MOST_WINDOWS} windows at most")
        if rows < 2 or cols < 2 or rows * cols > 2**30:
            raise ValueError(f"a window of {rows} x {cols} nodes")
        for field in (np.asarray(upper), np.asarray(lower), np.asarray(albedo)):
            if field.shape[0] != rows or field.shape[1] != cols:
                raise ValueError("clearances and albedo have the shape of their window")
        if block_max.shape[0] != (rows + 6) // 8 or block_max.shape[1] != (cols + 6) // 8:
            raise ValueError("block_max has a value for each block of 8 cells")
        g.z = &z[0, 0]
        g.upper = &upper[0, 0]
        g.lower = &lower[0, 0]
        g.fine = &fine[0, 0]
        g.coarse = &coarse[0, 0]
        g.albedo = &albedo[0, 0]
        g.per_albedo = place["per_albedo"]
        g.cols = <unsigned int> cols
        g.fine_cols = <unsigned int> fine.shape[1]
        g.coarse_cols = <unsigned int> coarse.shape[1]
        g.last_x = <float> (cols - 1.001)
        g.last_y = <float> (rows - 1.001)
        top = float(np.asarray(block_max).max())
        g.top = <float> top
        g.off_u = place["off_u"]
        g.off_v = place["off_v"]
        g.per_cell = place["per_cell"]
        g.stretch_u = place["stretch_u"]
        g.stretch_v = place["stretch_v"]
        g.top_lift = <float> (
            (<double> self.k.height - top) * (2.0 * self.k.arc + self.k.height + top))
        self.held += [z, upper, lower, albedo, fine, coarse]
        self.count += 1

    def render(
        self, const float[:, :, ::1] rays, const unsigned char[:, ::1] first, int tile, int samples,
        Py_ssize_t row, Py_ssize_t col, float[:, ::1] out,
    ):
        """Fill `out` with the mean I/F of the samples of each pixel of a rectangle.

        rays (2, rows * samples, n): x / z and y / z of the whole frame's samples in camera axes, n
        a multiple of 16; first: which window each tile of `tile` pixels begins with; row, col: the
        rectangle's first pixel.
        """
        cdef Py_ssize_t rows = out.shape[0], cols = out.shape[1], y
        cdef Py_ssize_t begin = (col * samples) // GROUP * GROUP
        cdef Py_ssize_t wide = ((col + cols) * samples - begin + GROUP - 1) // GROUP * GROUP
        cdef unsigned int n = <unsigned int> (wide * samples)
        cdef float[:, ::1] floats = np.zeros((12, n + GROUP), np.float32)
        cdef unsigned int[::1] todo = np.empty(n + GROUP, np.uint32)
        cdef unsigned char[::1] begins = np.empty(n // F32_LANES, np.uint8)
        cdef RowLanes r
        self._check(rays, first, tile, samples, row, col, rows, cols)
        r.n = n
        r.dx, r.dy, r.dz = &floats[0, 0], &floats[1, 0], &floats[2, 0]
        r.base, r.s = &floats[3, 0], &floats[4, 0]
        r.t, r.met, r.x, r.y = &floats[5, 0], &floats[6, 0], &floats[7, 0], &floats[8, 0]
        r.zu, r.zv, r.value = &floats[9, 0], &floats[10, 0], &floats[11, 0]
        r.todo, r.first = &todo[0], &begins[0]
        with nogil:
            for y in range(rows):
                self.aim_row(rays, first, tile, samples, row + y, begin, &r)
                cast_row(&self.k, self.window, self.count, &r)
                shade_row(&self.k, self.window, &self.law, self.count, &r)
                mean_row(&r, samples, wide, col * samples - begin, &out[y, 0], cols)

    cdef void aim_row(
        self, const float[:, :, ::1] rays, const unsigned char[:, ::1] first, int tile, int samples,
        Py_ssize_t row, Py_ssize_t begin, RowLanes* r
    ) noexcept nogil:
        """Turn the rays of a row of pixels, from sample `begin` on, into the camera's place."""
        cdef RayLanes ray
        cdef Py_ssize_t wide = r.n // samples, i, j, last = first.shape[1] - 1
        cdef unsigned int at = 0
        for j in range(samples):
            i = begin
            while i < begin + wide:
                self.aim(&rays[0, row * samples + j, i], &rays[1, row * samples + j, i], &ray)
                f32_store(&r.dx[at], ray.dx)
                f32_store(&r.dy[at], ray.dy)
                f32_store(&r.dz[at], ray.dz)
                f32_store(&r.met[at], ray.met)
                r.first[at // F32_LANES] = first[row // tile, min(i // samples // tile, last)]
                at += F32_LANES
                i += F32_LANES

    def _check(self, rays, first, int tile, int samples, row, col, rows, cols):
        """Refuse what would be read beyond an end."""
        if self.count == 0:
            raise ValueError("a view needs a window")
        if rays.shape[0] != 2 or rays.shape[2] % GROUP:
            raise ValueError("rays are two planes of whole groups of 16")
        if not 1 <= samples <= MOST_SAMPLES or tile < 1 or tile * samples % GROUP:
            raise ValueError("a tile holds whole groups of 16 samples")
        if row < 0 or col < 0 or (row + rows) * samples > rays.shape[1]:
            raise ValueError("the rectangle lies outside the frame")
        if (col + cols) * samples > rays.shape[2]:
            raise ValueError("the rectangle lies outside the frame")
        if first.shape[0] * tile < row + rows or first.shape[1] * tile < col + cols:
            raise ValueError("a window is named for each tile")
        if np.asarray(first).max() >= self.count:
            raise ValueError("a tile begins with a window that there is")

    cdef void aim(self, const float* tx, const float* ty, RayLanes* ray) noexcept nogil:
        """Turn the rays of a group of samples into the axes of the camera's place."""
        cdef ViewLanes* k = &self.k
        cdef f32xN x = f32_load(tx), y = f32_load(ty), zero = f32_splat(0.0)
        cdef f32xN per = f32_splat(1.0) / f32_sqrt(f32_splat(1.0) + x * x + y * y)
        ray.dx = (f32_splat(k.m[0][0]) * x + f32_splat(k.m[0][1]) * y + f32_splat(k.m[0][2])) * per
        ray.dy = (f32_splat(k.m[1][0]) * x + f32_splat(k.m[1][1]) * y + f32_splat(k.m[1][2])) * per
        ray.dz = (f32_splat(k.m[2][0]) * x + f32_splat(k.m[2][1]) * y + f32_splat(k.m[2][2])) * per
        ray.t = ray.met = ray.x = ray.y = ray.zu = ray.zv = zero

    def trace(
        self, const float[:, :, ::1] rays, const unsigned char[:, ::1] first, int tile,
        Py_ssize_t row, Py_ssize_t col, float[:, :, ::1] out,
    ):
        """Fill `out` (5, rows, cols) of a rectangle by one ray through the middle of each pixel.

        Range [m], arcs from the camera's own u and v [m], I/F and the lit share; NaN where no
        ground is met.
        """
        cdef Py_ssize_t rows = out.shape[1], cols = out.shape[2], y, i, k, n
        cdef float[5][MOST_LANES] made
        cdef Py_ssize_t begin = col // GROUP * GROUP, end = col + cols
        self._check(rays, first, tile, 1, row, col, rows, cols)
        if out.shape[0] != 5:
            raise ValueError("five planes are filled")
        with nogil:
            for y in range(rows):
                i = begin
                while i < end:
                    self.follow(
                        &rays[0, row + y, i], &rays[1, row + y, i],
                        first[(row + y) // tile, min(i // tile, first.shape[1] - 1)], made)
                    for n in range(F32_LANES):
                        if col <= i + n < end:
                            for k in range(5):
                                out[k, y, i + n - col] = made[k][n]
                    i += F32_LANES

    cdef void follow(
        self, const float* tx, const float* ty, int first, float[5][MOST_LANES] made
    ) noexcept nogil:
        """Write what `trace` does of a group."""
        cdef RayLanes ray
        cdef WindowLanes* g
        cdef f32xN before, fresh, half = f32_splat(0.5), none = f32_splat(NAN), share
        cdef f32xN u = none, v = none, value = none, lit = none
        cdef int w
        self.aim(tx, ty, &ray)
        for w in range(first, self.count):
            before = ray.met
            g = &self.window[w]
            cast_lanes(&self.k, g, &ray)
            fresh = ray.met - before
            value = f32_select(fresh, half, shade_lanes(
                &self.k, g, &self.law, &ray, &share), value)
            lit = f32_select(fresh, half, share, lit)
            u = f32_select(
                fresh, half, ray.x / f32_splat(g.per_cell) + f32_splat(g.off_u), u)
            v = f32_select(
                fresh, half, ray.y / f32_splat(g.per_cell) + f32_splat(g.off_v), v)
            if not f32_any_above(half, ray.met):
                break
        f32_store(made[0], f32_select(ray.met, half, ray.t, none))
        f32_store(made[1], u)
        f32_store(made[2], v)
        f32_store(made[3], value)
        f32_store(made[4], lit)
