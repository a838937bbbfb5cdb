# What the legs' kernel works in: a lander laid out on maps of one size.

from farside.ext.common.arena cimport Arena, arena_floats, arena_ints


cdef struct LegsTables:     # farside.ext.terrain.legs.LegsLayout
    int legs
    int headings            # K
    int triples             # T, of each heading
    int pairs               # P
    int margin              # cells about the map that may be read, never used
    int side                # of a block
    int blocks_count        # B
    int pad_reach           # rows from the middle of a pad to its rim
    float cell_x            # [m]
    float cell_y
    float reach_x           # half axes of the footprint [cells]
    float reach_y
    const int* pads         # K x legs x 2: column and row of each pad from the site
    const int* triple_pads  # T x 3
    const int* pair_pads    # P x 2
    const int* blocks       # B x 5: row, column, whole, first run, last run
    const int* runs         # rows of 3: row, first column, cells
    const int* pad_half_width   # pad_reach + 1
    const float* numbers        # K
    const float* triple_weights     # as of LegsWorkspace
    const float* pair_along
    const float* pair_across
    const float* crosses
    const float* pair_others


cdef struct LegsWorkspace:
    int rows                # of the map
    int cols
    int stride              # of the padded buffers
    int margin              # cells about the map that may be read, never used
    int legs
    int headings
    int triples             # of each heading
    int pairs
    float cell_x            # [m]
    float cell_y
    float reach_x           # half axes of the footprint [cells]
    float reach_y
    float relief_m
    int side                # of a block
    int blocks_count
    const float* numbers    # of the headings
    float* z                # heights [m], padded on all sides
    float* pads             # highest ground under a pad there [m]
    float* blocks_high      # highest ground of the block that starts there [m]
    float* halves_high      # the same of half the side
    const int* pad_offsets      # headings x legs, in the buffers
    const float* triple_weights  # headings x triples x 9: of c, g_x, g_y for each of three pads
    const int* triple_pads
    const float* pair_along     # headings x pairs x 2: g along the pair for a unit of h_a - h_b
    const float* pair_across    # headings x pairs x 2: unit of lean
    const float* crosses        # headings x 4: of four legs, g for h_0 - h_2 and for h_1 - h_3
    const float* pair_others    # headings x pairs x legs x 4: side, 1 / lean, p_x, p_y of each pad
    const int* pair_pads
    const int* blocks       # offset, whole in the footprint, first run, last run
    const float* centres    # x, y of each block [cells]
    const int* runs         # row, column from the site, cells
    # of one group of sites, per heading
    float* height           # c
    float* tilt_x           # g of the two planes: headings x 2
    float* tilt_y
    float* steepness        # tan^2 of the steeper
    float* bounds           # of the blocks, above the middle plane
    float* tops             # of the blocks, above every plane
    int* kept               # blocks that may matter
    int* scanned            # whether a block's bound is its highest ground, cell by cell
    int kept_count
    const int* pad_chords   # first cell and length of each row under a pad
    int pad_rows


cdef inline void fill_legs_tables(LegsWorkspace* work, const LegsTables* tables) noexcept nogil:
    """Place pads and blocks in the buffers."""
    cdef int n, d, w, stride = work.stride
    cdef int* out
    cdef float* centre
    cdef const int* block
    out = <int*> work.pad_offsets
    for n in range(work.headings * work.legs):
        out[n] = tables.pads[2 * n + 1] * stride + tables.pads[2 * n]
    out = <int*> work.blocks
    centre = <float*> work.centres
    for n in range(work.blocks_count):
        block = tables.blocks + 5 * n
        out[4 * n] = block[0] * stride + block[1]
        out[4 * n + 1] = block[2]
        out[4 * n + 2] = block[3]
        out[4 * n + 3] = block[4]
        centre[2 * n] = <float> (block[1] + 0.5 * (work.side - 1))
        centre[2 * n + 1] = <float> (block[0] + 0.5 * (work.side - 1))
    out = <int*> work.pad_chords
    for d in range(-tables.pad_reach, tables.pad_reach + 1):
        w = tables.pad_half_width[d if d >= 0 else -d]
        out[0] = d * stride - w
        out[1] = 2 * w + 1
        out += 2


cdef inline void lay_out_legs(
    LegsWorkspace* work, int rows, int cols, const LegsTables* tables, Arena* arena
) noexcept nogil:
    """Lay a lander out for maps of one size; the arena's memory must hold zeros."""
    cdef int stride = cols + 2 * tables.margin + 2 * 16
    cdef Py_ssize_t size = (rows + 2 * tables.margin) * <Py_ssize_t> stride
    work.rows = rows
    work.cols = cols
    work.margin = tables.margin
    work.stride = stride
    work.legs = tables.legs
    work.headings = tables.headings
    work.triples = tables.triples
    work.pairs = tables.pairs
    work.cell_x = tables.cell_x
    work.cell_y = tables.cell_y
    work.reach_x = tables.reach_x
    work.reach_y = tables.reach_y
    work.side = tables.side
    work.blocks_count = tables.blocks_count
    work.relief_m = 0.0
    work.kept_count = 0
    work.numbers = tables.numbers
    work.triple_weights = tables.triple_weights
    work.triple_pads = tables.triple_pads
    work.pair_along = tables.pair_along
    work.pair_across = tables.pair_across
    work.crosses = tables.crosses
    work.pair_others = tables.pair_others
    work.pair_pads = tables.pair_pads
    work.runs = tables.runs
    work.pad_rows = 2 * tables.pad_reach + 1
    work.z = arena_floats(arena, size)
    work.pads = arena_floats(arena, size)
    work.blocks_high = arena_floats(arena, size)
    work.halves_high = arena_floats(arena, size)
    work.height = arena_floats(arena, work.headings * 16)
    work.tilt_x = arena_floats(arena, work.headings * 32)
    work.tilt_y = arena_floats(arena, work.headings * 32)
    work.steepness = arena_floats(arena, work.headings * 16)
    work.bounds = arena_floats(arena, work.blocks_count * 16)
    work.tops = arena_floats(arena, work.blocks_count * 16)
    work.kept = arena_ints(arena, work.blocks_count)
    work.scanned = arena_ints(arena, work.blocks_count)
    work.pad_offsets = arena_ints(arena, work.headings * work.legs)
    work.blocks = arena_ints(arena, 4 * work.blocks_count)
    work.centres = arena_floats(arena, 2 * work.blocks_count)
    work.pad_chords = arena_ints(arena, 2 * work.pad_rows)
    if arena.base != NULL:
        fill_legs_tables(work, tables)
