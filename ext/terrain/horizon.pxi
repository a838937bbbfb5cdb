"""The horizon of every cell in one direction: neighbouring cells in lanes, edge by edge.

Equations (1) and (2) of horizon_path.pxd. An edge lies at the same rows and columns from every
observer of a window, so for a row of observers it is two runs of neighbouring heights:

t      = [(s1 - s0) + w (s2 - s1)] g - (R / r0) c,    horizon = (r0 / R) max t               (1)

s0 is the observer's reduced height with its eye, s1 and s2 those of the edge's vertices. Where
s = -1e30 no height is known: such an edge never counts. Edges come in groups of about 16 cells'
distance. With S the highest of all heights that a group meets from a tile of observers, and its
nearest and farthest edges g', g" and least drop c',

t     <= max[(S - s0) g', (S - s0) g"] - (R / r0) c'                                         (2)

and a group that cannot raise any lane is passed over: the answer is that of all edges. Every
operation is exact or correctly rounded lane by lane: the same bits on every CPU.
"""

include "farside/ext/common/simd_f32.pxi"

from farside.ext.terrain.horizon_layout cimport (
    BLOCK, Eyes, Scene, TILE_COLS, TILE_ROWS,
)


cdef inline float highest(
    const Scene* scene, const int* run, int row, int col, int rows, int cols
) noexcept nogil:
    """Highest block that a group meets from a tile of observers, whose first is (row, col)."""
    cdef int i, j
    cdef int top = (row + run[2]) // BLOCK, bottom = (row + rows - 1 + run[3]) // BLOCK
    cdef int left = (col + run[4]) // BLOCK, right = (col + cols - 1 + run[5]) // BLOCK
    cdef float high = -1e30
    cdef const float* line
    for i in range(top, bottom + 1):
        line = scene.blocks + <Py_ssize_t> i * scene.block_stride
        for j in range(left, right + 1):
            if line[j] > high:
                high = line[j]
    return high


cdef inline void raise_lanes(
    const Scene* scene, const int* run, const float* here, f32xN own, f32xN inverse, float* best
) noexcept nogil:
    """Raise the horizon of one register of observers over the edges of a group: (1)."""
    cdef int k
    cdef f32xN first, second, most = f32_load(best)
    for k in range(run[0], run[1]):
        first = f32_load(here + scene.first[k])
        second = f32_load(here + scene.second[k])
        most = f32_max(most, (
            (first - own) + f32_splat(scene.share[k]) * (second - first)
        ) * f32_splat(scene.reach[k]) - inverse * f32_splat(scene.drop[k]))
    f32_store(best, most)


cdef inline void sweep_tile(
    const Scene* scene, int row, int col, int rows, int cols, const Eyes* eyes, Py_ssize_t first
) noexcept nogil:
    """Raise the horizon of a tile of observers over all groups; its first is eye `first`."""
    cdef int g, i, j
    cdef float high
    cdef f32xN over, level, slack
    cdef Py_ssize_t at
    cdef const int* run
    cdef const float* bound
    for g in range(scene.groups):
        run = scene.runs + 6 * g
        bound = scene.bounds + 3 * g
        high = highest(scene, run, row, col, rows, cols)
        if not high > <float> -1e29:
            continue
        for i in range(rows):
            j = 0
            while j < cols:
                at = first + i * eyes.stride + j
                level = f32_load(eyes.own + at)
                slack = f32_load(eyes.inverse + at)
                over = f32_splat(high) - level
                if f32_any_above(
                    f32_max(over * f32_splat(bound[0]), over * f32_splat(bound[1]))
                    - slack * f32_splat(bound[2]), f32_load(eyes.best + at)
                ):
                    raise_lanes(
                        scene, run,
                        scene.ground + <Py_ssize_t> (row + i) * scene.stride + col + j,
                        level, slack, eyes.best + at)
                j += F32_LANES


cdef inline void sweep_all(
    const Scene* scene, int row, int col, int rows, int cols, const Eyes* eyes
) noexcept nogil:
    """Raise the horizon of observers, the first at (row, col) of the ground."""
    cdef int i, j
    for i in range((rows + TILE_ROWS - 1) // TILE_ROWS):
        for j in range((cols + TILE_COLS - 1) // TILE_COLS):
            sweep_tile(
                scene, row + i * TILE_ROWS, col + j * TILE_COLS,
                min(<int> TILE_ROWS, rows - i * TILE_ROWS),
                min(<int> TILE_COLS, cols - j * TILE_COLS), eyes,
                i * TILE_ROWS * eyes.stride + j * TILE_COLS)


cdef inline void degrees_from(
    const float* best, const float* inverse, float* out, Py_ssize_t count
) noexcept nogil:
    """Turn t of whole registers into elevations: atan(t / inverse) [deg]."""
    cdef Py_ssize_t k = 0
    cdef f32xN tangent, angle, zero = f32_splat(0.0)
    while k < count:
        tangent = f32_load(best + k) / f32_load(inverse + k)
        angle = degrees_of(f32_abs(tangent))
        f32_store(out + k, f32_select(zero, tangent, zero - angle, angle))
        k += F32_LANES


cdef inline void spread_far(
    const float* far, const int* nodes, const float* weights, float* best, Py_ssize_t count
) noexcept nogil:
    """Raise each observer's t to what its four nodes say for its height: (3) of horizon.py."""
    cdef Py_ssize_t k
    cdef const int* node
    cdef const float* w
    cdef float t
    for k in range(count):
        node = nodes + 4 * k
        w = weights + 8 * k
        t = ((w[0] * far[node[0]] + w[1] * far[node[0] + 1])
             + (w[2] * far[node[1]] + w[3] * far[node[1] + 1])) + (
            (w[4] * far[node[2]] + w[5] * far[node[2] + 1])
            + (w[6] * far[node[3]] + w[7] * far[node[3] + 1]))
        if t > best[k]:
            best[k] = t
