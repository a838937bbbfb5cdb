"""Surveyed ground without Python: its grids in one block, patches cut out of a square of it.

In our own loop Python rasterises the ground under a low lander at 0.1 m (flight/wiring.py). Here
that was done before the flight, in one square, whose nodes stand on the same lattice and so hold
the same heights wherever a patch is cut. When and where a patch is cut is decided as there, for
the grids' edges and maxima take part in the digits of a range.
"""

from libc.math cimport rint
from libc.stdint cimport int32_t
from libc.string cimport memcpy, memset

from farside.ext.ground.surface cimport (
    GROUND_BLOCK, PATCH_BELOW_M, PATCH_MARGIN_M, Grid, Ground, Place, finest_at, patch_covers,
    place_of,
)
from farside.ext.common.vector cimport Vec3, finite


cdef extern from *:
    """
    #define FARSIDE_PATCH_CELL_M 0.1    /* of the square and of every patch */
    """
    const double PATCH_CELL_M "FARSIDE_PATCH_CELL_M"


cdef enum:
    PATCH_REACH = 250       # nodes of a patch beyond its middle: 25 m
    PATCH_SIDE = 501
    PATCH_BLOCKS = 63       # blocks of maxima along a side
    SNAPSHOT_SIDE_MAX = 16384   # rows or columns of a grid
    # what is under the lander
    UNDER_FLAT = 0          # a sphere
    UNDER_COARSE = 1        # measured ground and its large detail: nothing finer is needed yet
    UNDER_FINE = 2          # 0.1 m
    UNDER_BEYOND = 3        # as coarse, where 0.1 m is needed: the square ends before
    # which patch
    PATCH_SITE = 0          # of 3 m about the site, from the start
    PATCH_WINDOW = 1        # out of the square
    PATCH_NONE = 2


cdef struct Nodes:          # [row, row_end) x [col, col_end) of the lattice of 0.1 m about the site
    int32_t row
    int32_t row_end
    int32_t col
    int32_t col_end


cdef struct TerrainSnapshot:
    Ground ground           # its grids without their heights; its patch is the site's
    Nodes square


cdef struct PatchWindow:    # which patch a flight has
    int32_t which
    Nodes nodes


cdef struct SnapshotWorkspace:  # the ground as kernels read it: follows from block and window
    const TerrainSnapshot* of   # what it was built for; NULL: nothing yet
    PatchWindow window
    Ground ground
    float z[PATCH_SIDE * PATCH_SIDE]
    float top[PATCH_BLOCKS * PATCH_BLOCKS]


# ---- the block ----------------------------------------------------------------------------------

cdef inline size_t top_rows(const Grid* grid) noexcept nogil:
    return <size_t> ((grid.rows - 2) // GROUND_BLOCK + 1)


cdef inline size_t grid_floats(const Grid* grid) noexcept nogil:
    """Heights of a grid, and its maxima behind them."""
    return <size_t> grid.rows * grid.cols + top_rows(grid) * grid.block_cols


cdef inline size_t square_floats(const Nodes* n) noexcept nogil:
    return <size_t> (n.row_end - n.row) * <size_t> (n.col_end - n.col)


cdef inline bint grid_valid(const Grid* grid) noexcept nogil:
    return (
        2 <= grid.rows <= SNAPSHOT_SIDE_MAX and 2 <= grid.cols <= SNAPSHOT_SIDE_MAX
        and grid.block_cols == (grid.cols - 2) // GROUND_BLOCK + 1
        and finite(grid.u0) and finite(grid.v0) and finite(grid.highest)
        and 1e-3 <= grid.cell <= 1e6 and 1e-6 <= grid.per_cell <= 1e3)


cdef inline bint nodes_valid(const Nodes* n) noexcept nogil:
    return (
        -10_000_000 < n.row < n.row_end < 10_000_000 and n.row_end - n.row <= SNAPSHOT_SIDE_MAX
        and -10_000_000 < n.col < n.col_end < 10_000_000 and n.col_end - n.col <= SNAPSHOT_SIDE_MAX)


cdef inline bint snapshot_valid(const TerrainSnapshot* k) noexcept nogil:
    """Whether the sizes of a ground's grids can be."""
    if not (1e3 < k.ground.radius_m < 1e9 and 1e3 < k.ground.arc_m < 1e9):
        return False
    if k.ground.flat:
        return (
            k.ground.corridor.rows == 0 and k.ground.region.rows == 0 and k.ground.patch.rows == 0)
    return (
        grid_valid(&k.ground.corridor) and grid_valid(&k.ground.region)
        and grid_valid(&k.ground.patch) and nodes_valid(&k.square)
        and finite(k.ground.datum_m) and finite(k.ground.highest_m))


cdef inline size_t snapshot_floats(const TerrainSnapshot* k) noexcept nogil:
    """How many floats follow for a sound ground: corridor, region, the site's patch, the square."""
    if k.ground.flat:
        return 0
    return (
        grid_floats(&k.ground.corridor) + grid_floats(&k.ground.region)
        + grid_floats(&k.ground.patch) + square_floats(&k.square))


cdef inline bint heights_valid(const float* z, size_t count) noexcept nogil:
    """Whether all heights are those of a body: a NaN is not."""
    cdef size_t i
    for i in range(count):
        if not -1e5 < z[i] < 1e5:
            return False
    return True


# ---- patches ------------------------------------------------------------------------------------

cdef inline const float* attach_heights(Grid* grid, const float* z) noexcept nogil:
    """Point a grid to its heights and maxima; return what follows them."""
    grid.z = z
    grid.top = z + <size_t> grid.rows * grid.cols
    return z + grid_floats(grid)


cdef inline double larger(double a, double b) noexcept nogil:
    return a if a > b else b


cdef inline void fill_patch(
        SnapshotWorkspace* work, const TerrainSnapshot* k, const float* square, const Nodes* n
) noexcept nogil:
    """Copy a patch out of the square, with its maxima (ext/ground/_lattice.pyx: block_max).

    Its cell is that of the site's patch, which lies in its place.
    """
    cdef Grid* grid = &work.ground.patch
    cdef int rows = n.row_end - n.row, cols = n.col_end - n.col
    cdef int side = k.square.col_end - k.square.col
    cdef int i, j, bi, bj, i1, j1
    cdef float highest = -1e30
    for j in range(rows):
        memcpy(
            &work.z[j * cols],
            square + <size_t> (n.row + j - k.square.row) * side + (n.col - k.square.col),
            sizeof(float) * cols)
    grid.rows = rows
    grid.cols = cols
    grid.block_cols = (cols - 2) // GROUND_BLOCK + 1
    grid.u0 = n.col * PATCH_CELL_M
    grid.v0 = n.row * PATCH_CELL_M
    grid.z = &work.z[0]
    grid.top = &work.top[0]
    for bj in range((rows - 2) // GROUND_BLOCK + 1):
        j1 = min((bj + 1) * GROUND_BLOCK + 2, rows)
        for bi in range(grid.block_cols):
            i1 = min((bi + 1) * GROUND_BLOCK + 2, cols)
            highest = -1e30
            for j in range(max(bj * GROUND_BLOCK - 1, 0), j1):
                for i in range(max(bi * GROUND_BLOCK - 1, 0), i1):
                    if work.z[j * cols + i] > highest:
                        highest = work.z[j * cols + i]
            work.top[bj * grid.block_cols + bi] = highest
    highest = -1e30
    for i in range(rows * cols):
        if work.z[i] > highest:
            highest = work.z[i]
    grid.highest = highest


cdef inline bint window_fits(const TerrainSnapshot* k, const Nodes* n) noexcept nogil:
    """Whether a patch is in the square and in the workspace: a foreign state may say anything."""
    return (
        k.square.row <= n.row and n.row_end <= k.square.row_end
        and k.square.col <= n.col and n.col_end <= k.square.col_end
        and 2 <= n.row_end - n.row <= PATCH_SIDE and 2 <= n.col_end - n.col <= PATCH_SIDE)


cdef inline bint same_window(const PatchWindow* a, const PatchWindow* b) noexcept nogil:
    return (
        a.which == b.which and a.nodes.row == b.nodes.row and a.nodes.row_end == b.nodes.row_end
        and a.nodes.col == b.nodes.col and a.nodes.col_end == b.nodes.col_end)


cdef inline void build_ground(
        SnapshotWorkspace* work, const TerrainSnapshot* k, const float* z, const PatchWindow* window
) noexcept nogil:
    """Build the ground of a snapshot and a window, unless the workspace holds it."""
    cdef const float* site
    cdef const float* square
    cdef Ground* g = &work.ground
    if work.of == k and same_window(&work.window, window):
        return
    g[0] = k.ground
    work.of = k
    work.window = window[0]
    if g.flat:
        return
    site = attach_heights(&g.region, attach_heights(&g.corridor, z))
    square = attach_heights(&g.patch, site)
    if window.which == PATCH_WINDOW and window_fits(k, &window.nodes):
        fill_patch(work, k, square, &window.nodes)
    elif window.which != PATCH_SITE:
        memset(&g.patch, 0, sizeof(Grid))
    g.highest_m = larger(g.corridor.highest, g.region.highest)
    if g.patch.rows:
        g.highest_m = larger(g.highest_m, g.patch.highest)
    g.highest_m += g.datum_m


cdef inline const Ground* ground_of(
        SnapshotWorkspace* work, const TerrainSnapshot* k, const float* z, const PatchWindow* window
) noexcept nogil:
    """The ground as it lies under a flight with this window."""
    build_ground(work, k, z, window)
    return &work.ground


cdef inline void move_window(
        PatchWindow* window, const TerrainSnapshot* k, const Ground* g, Vec3 r_site,
        double clearance_m
) noexcept nogil:
    """Cut another patch where a low lander at r_site is about to leave the one it has."""
    cdef Place here
    cdef int32_t row, col
    cdef Nodes n
    if g.flat or not clearance_m < PATCH_BELOW_M:
        return
    here = place_of(g, r_site)
    if patch_covers(g, here.u, here.v, PATCH_MARGIN_M):
        return
    window.which = PATCH_NONE
    memset(&window.nodes, 0, sizeof(Nodes))
    # also false where a place is no number
    if not (-1e5 < here.u < 1e5 and -1e5 < here.v < 1e5):
        return
    row = <int32_t> rint(here.v / PATCH_CELL_M)
    col = <int32_t> rint(here.u / PATCH_CELL_M)
    n.row = max(row - PATCH_REACH, k.square.row)
    n.row_end = min(row + PATCH_REACH + 1, k.square.row_end)
    n.col = max(col - PATCH_REACH, k.square.col)
    n.col_end = min(col + PATCH_REACH + 1, k.square.col_end)
    # at the square's edge a smaller patch, as long as it reaches beyond the lander on every side
    if (
            n.row * PATCH_CELL_M <= here.v - PATCH_MARGIN_M
            and here.v + PATCH_MARGIN_M <= (n.row_end - 1) * PATCH_CELL_M
            and n.col * PATCH_CELL_M <= here.u - PATCH_MARGIN_M
            and here.u + PATCH_MARGIN_M <= (n.col_end - 1) * PATCH_CELL_M
    ):
        window.which = PATCH_WINDOW
        window.nodes = n


cdef inline int32_t ground_kind_under(
        const Ground* g, const PatchWindow* window, Vec3 r_site, double clearance_m) noexcept nogil:
    """UNDER_FLAT to UNDER_BEYOND."""
    cdef Place here
    if g.flat:
        return UNDER_FLAT
    here = place_of(g, r_site)
    if finest_at(g, here.u, here.v) == &g.patch:
        return UNDER_FINE
    if window.which == PATCH_NONE and clearance_m < PATCH_BELOW_M:
        return UNDER_BEYOND
    return UNDER_COARSE
