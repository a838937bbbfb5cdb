# The caller's memory laid out for the maps of one configuration, and the tables read off it.

from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memset

from farside.ext.avoidance.records cimport AvoidConfig, RULE_LEGS
from farside.ext.common.arena cimport (
    Arena, arena_bytes, arena_floats, arena_ints, arena_take, arena_words,
)
from farside.ext.terrain.clearance cimport ClearanceWorkspace
from farside.ext.terrain.disc_layout cimport Disc, DiscTables, lay_out_disc
from farside.ext.terrain.legs_layout cimport LegsTables, LegsWorkspace, lay_out_legs
from farside.ext.terrain.median cimport MEDIAN_BINS
from farside.ext.terrain.points cimport GridGeometry


cdef struct MapKernels:     # of the instruction set that this CPU runs
    void (*load_disc)(
        void*, const float*, const unsigned char*, double, double, int) noexcept nogil
    void (*map_disc)(
        const void*, double, double, float*, float*, unsigned char*) noexcept nogil
    void (*load_legs)(void*, const float*, double) noexcept nogil
    void (*map_legs)(
        void*, const unsigned char*, double, double, float**) noexcept nogil
    void (*assess_cells)(const void*, int, const void*) noexcept nogil


cdef struct AvoidWork:
    const AvoidConfig* config
    AvoidWork* self         # where this lies: memory that was moved is refused
    size_t size
    GridGeometry grid
    int side                # of the squares whose extremes choose the quantum
    int squares_down
    int squares_across
    Disc disc
    LegsWorkspace legs
    int legs_reach[2]       # rows and columns that footprint and pads reach
    const float* blur
    ClearanceWorkspace distances
    uint32_t* bins
    float* sums             # rows x cols x 2, as of the splat; then room
    float* heights
    unsigned char* seen
    unsigned char* flags    # room
    unsigned char* wanted
    unsigned char* state
    unsigned char* open     # what the sensor sees, or would
    float* lowest           # of the squares
    float* highest
    float* restored         # heights with tops raised
    float* level            # heights above a whole number, no holes
    float* slope            # of the disc, restored heights
    float* roughness
    float* legs_maps[5]
    float* stand_probability
    float* bound
    float* probability
    float* clearance
    float* cost
    float* score
    float* scratch
    float* disc_slope       # of the disc rule, heights as seen
    float* disc_roughness
    float* disc_clearance
    uint16_t* own_reasons   # before any probability is asked for
    uint16_t* reasons
    uint16_t* disc_reasons


cdef inline void read_disc_tables(const AvoidConfig* config, DiscTables* t) noexcept nogil:
    """Point at the parts of the table of whole numbers that lay the footprint out."""
    cdef const int* at = <const int*> config.whole
    t.reach_y = config.disc_reach_y
    t.reach_x = config.disc_reach_x
    t.half_width = at
    at += config.disc_reach_y + 1
    t.half_height = at
    at += config.disc_reach_x + 1
    t.blocks = at
    at += 6 * config.disc_blocks
    t.phases = at
    at += 9
    t.runs = at


cdef inline const int* legs_whole(const AvoidConfig* config) noexcept nogil:
    """Return where the legs' whole numbers begin."""
    return (<const int*> config.whole) + (
        config.disc_reach_y + config.disc_reach_x + 2 + 6 * config.disc_blocks + 9
        + 3 * config.disc_runs)


cdef inline const float* read_legs_tables(const AvoidConfig* config, LegsTables* t) noexcept nogil:
    """Point at the parts of both tables that lay the legs out; return what follows them."""
    cdef const int* at = legs_whole(config)
    cdef const float* real = config.real
    t.legs = config.legs
    t.headings = config.headings
    t.triples = config.triples
    t.pairs = config.pairs
    t.margin = config.legs_margin
    t.side = config.legs_side
    t.blocks_count = config.legs_blocks
    t.pad_reach = config.pad_reach
    t.cell_x = <float> config.cell_m
    t.cell_y = <float> config.cell_m
    t.reach_x = <float> config.legs_reach_x
    t.reach_y = <float> config.legs_reach_y
    t.pads = at
    at += 2 * config.headings * config.legs
    t.triple_pads = at
    at += 3 * config.triples
    t.pair_pads = at
    at += 2 * config.pairs
    t.blocks = at
    at += 5 * config.legs_blocks
    t.runs = at
    at += 3 * config.legs_runs
    t.pad_half_width = at
    t.numbers = real
    real += config.headings
    t.triple_weights = real
    real += 9 * config.headings * config.triples
    t.pair_along = real
    real += 2 * config.headings * config.pairs
    t.pair_across = real
    real += 2 * config.headings * config.pairs
    t.crosses = real
    real += 4 * config.headings
    t.pair_others = real
    real += 4 * config.headings * config.pairs * config.legs
    return real


cdef inline void find_reach(
    const AvoidConfig* config, const LegsTables* t, int* reach
) noexcept nogil:
    """Find the rows and columns that footprint and pads reach at any heading."""
    cdef int k, p
    reach[0] = config.disc_reach_y
    reach[1] = config.disc_reach_x
    for k in range(t.headings * t.legs):
        p = t.pads[2 * k]
        reach[1] = max(reach[1], (p if p >= 0 else -p) + t.pad_half_width[0])
        p = t.pads[2 * k + 1]
        reach[0] = max(reach[0], (p if p >= 0 else -p) + t.pad_reach)


cdef inline void lay_out_maps(AvoidWork* work, Arena* arena, size_t n) noexcept nogil:
    """Take the maps of n cells off the arena."""
    cdef int k
    work.sums = arena_floats(arena, 2 * n)
    work.heights = arena_floats(arena, n)
    work.seen = arena_bytes(arena, n)
    work.flags = arena_bytes(arena, n)
    work.wanted = arena_bytes(arena, n)
    work.state = arena_bytes(arena, n)
    work.open = arena_bytes(arena, n)
    work.restored = arena_floats(arena, n)
    work.level = arena_floats(arena, n)
    work.cost = arena_floats(arena, n)
    work.score = arena_floats(arena, n)
    work.scratch = arena_floats(arena, n)
    work.disc_slope = arena_floats(arena, n)
    work.disc_roughness = arena_floats(arena, n)
    work.disc_clearance = arena_floats(arena, n)
    work.disc_reasons = <uint16_t*> arena_take(arena, n, sizeof(uint16_t))
    if work.config.rule != RULE_LEGS:
        return
    work.slope = arena_floats(arena, n)
    work.roughness = arena_floats(arena, n)
    for k in range(5):
        work.legs_maps[k] = arena_floats(arena, n)
    work.stand_probability = arena_floats(arena, n)
    work.bound = arena_floats(arena, n)
    work.probability = arena_floats(arena, n)
    work.clearance = arena_floats(arena, n)
    work.own_reasons = <uint16_t*> arena_take(arena, n, sizeof(uint16_t))
    work.reasons = <uint16_t*> arena_take(arena, n, sizeof(uint16_t))


cdef inline AvoidWork* lay_out(const AvoidConfig* config, Arena* arena) noexcept nogil:
    """Lay the workspace of a sound configuration out; NULL where its size is only counted."""
    cdef AvoidWork counted
    cdef AvoidWork* work = <AvoidWork*> arena_take(arena, 1, sizeof(AvoidWork))
    cdef AvoidWork* made = work
    cdef DiscTables disc
    cdef LegsTables legs
    if work == NULL:
        work = &counted
    memset(work, 0, sizeof(AvoidWork))
    work.config = config
    work.grid.rows = config.rows
    work.grid.cols = config.cols
    work.grid.cell_east_m = config.cell_m
    work.grid.cell_north_m = config.cell_m
    work.side = 2 * max(config.disc_reach_y, config.disc_reach_x) + 1
    work.squares_down = (config.rows + work.side - 1) // work.side
    work.squares_across = (config.cols + work.side - 1) // work.side
    work.lowest = arena_floats(arena, work.squares_down * work.squares_across)
    work.highest = arena_floats(arena, work.squares_down * work.squares_across)
    work.bins = arena_words(arena, MEDIAN_BINS)
    work.distances.steps = arena_ints(arena, config.rows * <size_t> config.cols)
    work.distances.envelope.vertex = arena_ints(arena, config.cols)
    work.distances.envelope.level = <double*> arena_take(arena, config.cols, sizeof(double))
    work.distances.envelope.start = <double*> arena_take(arena, config.cols + 1, sizeof(double))
    lay_out_maps(work, arena, config.rows * <size_t> config.cols)
    read_disc_tables(config, &disc)
    lay_out_disc(&work.disc, config.rows, config.cols, &disc, arena)
    if config.rule == RULE_LEGS:
        work.blur = read_legs_tables(config, &legs)
        lay_out_legs(&work.legs, config.rows, config.cols, &legs, arena)
        find_reach(config, &legs, work.legs_reach)
    return made
