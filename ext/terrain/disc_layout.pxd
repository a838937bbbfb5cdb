# What the disc kernel works in: the footprint laid out on maps of one size.

from farside.ext.common.arena cimport Arena, arena_floats, arena_ints, arena_words

cdef enum:
    TILE = 16               # sites a side that share one sheared copy of their surroundings
    BLOCK = 8               # cells a side that share one bound
    MARGIN = 24             # cells about the map that may be read, never used
    SIDE = 64               # the same on the right, where the last lanes reach out
    MOST_LANES = 16         # of any instruction set

cdef enum Footprint:
    WHOLE = 0               # every cell seen: slope and roughness are written
    HOLED = 1               # an unseen cell under the footprint
    OUTSIDE = 2             # the footprint leaves the map; the caller presets it


cdef struct DiscTables:     # farside.ext.terrain.disc.DiscLayout
    int reach_y             # D, E: rows and columns from the centre to the rim
    int reach_x
    const int* half_width   # D + 1: row d holds columns -half_width[d] .. half_width[d]
    const int* half_height  # E + 1: the same cells by columns
    const int* blocks       # rows of 6: band, column, whole, first run, last run, row
    const int* phases
    const int* runs         # rows of 3: row, column from the site, cells


cdef struct Disc:
    int rows                # of the map
    int cols
    int stride              # of the padded buffers
    int reach_y             # D, E: rows and columns from the centre to the rim
    int reach_x
    int cells               # n, in the footprint
    double sum_x2           # sum e^2, sum d^2
    double sum_y2
    double quantum_m
    double relief_m
    bint any_unseen
    float* z                # heights [m], padded on all sides
    unsigned int* row_sums      # P, Q and the unseen cells counted along rows
    unsigned int* col_sums
    unsigned int* unseen_sums
    const int* row_chords   # buffer offsets: end and start of the chord at +d, and at -d
    const int* col_chords
    const int* blocks       # as DiscLayout has them
    const int* phases
    const int* runs
    int columns             # of blocks across a footprint
    int bands               # of blocks about a tile
    int sheared_stride
    float* ramp             # a0 e along a row of the sheared heights
    float* sheared
    float* band_high
    float* band_low
    float* block_high       # over the 8 x 8 block that starts at a column of a band
    float* block_low
    float* bounds           # of one group's blocks
    float* across           # a e of one group


cdef inline void fill_disc_tables(Disc* disc, const DiscTables* tables) noexcept nogil:
    """Sum the footprint up, and place its chords in the buffers."""
    cdef int d, w, stride = disc.stride
    cdef int* chord
    disc.cells = 0
    disc.sum_x2 = 0.0
    disc.sum_y2 = 0.0
    for d in range(-disc.reach_y, disc.reach_y + 1):
        w = tables.half_width[d if d >= 0 else -d]
        disc.cells += 2 * w + 1
        disc.sum_y2 += d * d * (2 * w + 1)
        disc.sum_x2 += w * (w + 1) * (2 * w + 1) // 3
    chord = <int*> disc.row_chords
    for d in range(disc.reach_y, 0, -1):
        w = tables.half_width[d]
        chord[0] = d * stride + w + 1
        chord[1] = d * stride - w
        chord[2] = -d * stride + w + 1
        chord[3] = -d * stride - w
        chord += 4
    chord = <int*> disc.col_chords
    for d in range(disc.reach_x, 0, -1):
        w = tables.half_height[d]
        chord[0] = (w + 1) * stride + d
        chord[1] = -w * stride + d
        chord[2] = (w + 1) * stride - d
        chord[3] = -w * stride - d
        chord += 4


cdef inline void lay_out_disc(
    Disc* disc, int rows, int cols, const DiscTables* tables, Arena* arena
) noexcept nogil:
    """Lay a footprint out for maps of one size; the arena's memory must hold zeros."""
    cdef int nx, ny, stride = cols + MARGIN + SIDE
    cdef Py_ssize_t band
    disc.rows = rows
    disc.cols = cols
    disc.stride = stride
    disc.reach_y = tables.reach_y
    disc.reach_x = tables.reach_x
    disc.quantum_m = 1.0
    disc.relief_m = 0.0
    disc.any_unseen = False
    disc.blocks = tables.blocks
    disc.phases = tables.phases
    disc.runs = tables.runs
    nx = (2 * disc.reach_x + BLOCK) // BLOCK
    ny = (2 * disc.reach_y + BLOCK) // BLOCK
    disc.columns = nx
    disc.bands = TILE // BLOCK + ny
    disc.sheared_stride = TILE + nx * BLOCK + SIDE
    band = disc.bands * disc.sheared_stride
    disc.z = arena_floats(arena, (rows + 2 * MARGIN) * <Py_ssize_t> stride)
    disc.row_sums = arena_words(arena, rows * <Py_ssize_t> stride)
    disc.col_sums = arena_words(arena, (rows + 1) * <Py_ssize_t> stride)
    disc.unseen_sums = arena_words(arena, rows * <Py_ssize_t> stride)
    disc.ramp = arena_floats(arena, disc.sheared_stride)
    disc.sheared = arena_floats(arena, band * BLOCK)
    disc.band_high = arena_floats(arena, band)
    disc.band_low = arena_floats(arena, band)
    disc.block_high = arena_floats(arena, band)
    disc.block_low = arena_floats(arena, band)
    disc.bounds = arena_floats(arena, (nx + 1) * (ny + 2) * MOST_LANES)
    disc.across = arena_floats(arena, (2 * disc.reach_x + 1) * MOST_LANES)
    disc.row_chords = arena_ints(arena, 4 * disc.reach_y)
    disc.col_chords = arena_ints(arena, 4 * disc.reach_x)
    if arena.base != NULL:
        fill_disc_tables(disc, tables)
