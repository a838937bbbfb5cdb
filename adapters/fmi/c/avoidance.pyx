"""Hazard avoidance as an FMU: a scan's points in, ranked sites and the decision out (model.h).

Compiled alone and without Python: everything here is C once the linker has dropped the rest.
"""

from libc.math cimport NAN, isfinite, isnan
from libc.stdint cimport int32_t, int64_t, uint32_t
from libc.string cimport memcpy, memset

from farside.ext.avoidance.config_check cimport config_sound
from farside.ext.avoidance.decision cimport decide
from farside.ext.avoidance.records cimport (
    AVOID_LAND, AVOID_LEAST_BAD, AVOID_NO_MAP, AvoidConfig, AvoidDecision,
    AvoidMap, AvoidMemory, AvoidNow, AvoidScan, AvoidSite,
)
from farside.ext.avoidance.scan_to_sites cimport map_scan, sort_by_margin
from farside.ext.avoidance.workspace cimport AvoidWork, MapKernels, lay_out
from farside.ext.common.arena cimport Arena, arena_floats, arena_take


cdef extern from "lanes.h":
    void LANES_PICK(MapKernels* kernels) noexcept nogil


cdef enum:
    # reals: inputs, then outputs
    SCAN_R_SITE = 0
    R_SITE = 3
    MASS = 6
    HOVERED = 7
    SIGMA = 8
    COST_SCALE = 9
    GROUND = 10             # beneath, by other sensors, and 1 sigma
    GROUND_SIGMA = 11
    TARGET = 12
    HEADING = 15
    DIVERT = 16
    SITES = 17              # then the numbers of a site, each as an array
    SITE_NUMBERS = 12       # the doubles of AvoidSite
    LISTED = 6              # the site decided on, and those ranked: AVOID_MOST_SITES
    REALS = SITES + SITE_NUMBERS * LISTED
    # integers and booleans
    SCAN_NUMBER = 0
    COUNT = 1
    STATUS = 2
    REASON = 3
    FINAL = 4
    HEADING_VALID = 5
    SITE_VALID = 6
    RANKED = 7
    SCANS = 8
    REASONS = 9             # of the sites, each as an array
    LEAST_BAD = REASONS + LISTED
    WHOLES = LEAST_BAD + LISTED
    # large arrays
    POINTS = 150
    COST = 151
    # what model.h asks for
    MODEL_KIND = 3
    REAL_INPUTS = TARGET
    WHOLE_INPUTS = STATUS
    FIRST_WHOLE = 120       # MODEL_WHOLE_FIRST
    MOST_POINTS = 1 << 20


cdef struct AvoidTable:
    AvoidConfig config      # its tables stand behind this struct
    int64_t points          # of the largest scan
    double sigma_m          # noise of a return of the mission's lidar


cdef struct AvoidState:     # then the points, then the cost map
    AvoidMemory memory
    int32_t number          # of the last scan
    int32_t scans


cdef struct AvoidRoom:
    AvoidConfig config      # with the parameters, and where its tables are
    AvoidWork* work
    float* cost


ctypedef AvoidTable ModelTable

include "model.pxi"


cdef inline size_t cells_of(const AvoidTable* t) noexcept nogil:
    return <size_t> t.config.rows * <size_t> t.config.cols


cdef inline void find_tables(AvoidConfig* config, const void* block) noexcept nogil:
    """Point at the tables behind the constants."""
    config.whole = <const int32_t*> ((<const AvoidTable*> block) + 1)
    config.real = <const float*> (config.whole + config.whole_count)


cdef inline AvoidRoom* lay_out_room(
        const AvoidTable* t, const void* block, Arena* arena) noexcept nogil:
    """Lay the room out; NULL where its size is only counted."""
    cdef AvoidRoom counted
    cdef AvoidRoom* room = <AvoidRoom*> arena_take(arena, 1, sizeof(AvoidRoom))
    cdef AvoidRoom* made = room
    if room == NULL:
        room = &counted
    room.config = t.config
    find_tables(&room.config, block)
    room.cost = arena_floats(arena, cells_of(t))
    room.work = lay_out(&room.config, arena)
    return made


cdef public size_t model_state_bytes(const void* block) noexcept nogil:
    cdef const AvoidTable* t = <const AvoidTable*> block
    return sizeof(AvoidState) + sizeof(double) * (3 * <size_t> t.points + cells_of(t))


cdef public size_t model_room_bytes(const void* block) noexcept nogil:
    cdef Arena arena
    arena.base = NULL
    arena.used = 0
    lay_out_room(<const AvoidTable*> block, block, &arena)
    return arena.used


cdef public double* model_array(
        const void* block, void* state, uint32_t reference, size_t* count) noexcept nogil:
    cdef const AvoidTable* t = <const AvoidTable*> block
    cdef double* points = <double*> ((<AvoidState*> state) + 1)
    if reference == POINTS:
        count[0] = 3 * <size_t> t.points
        return points
    if reference == COST:
        count[0] = cells_of(t)
        return points + 3 * t.points
    return NULL


cdef public int model_extent(uint32_t at) noexcept nogil:
    if at == SCAN_R_SITE or at == R_SITE or at == TARGET:
        return 3
    if SITES <= at < REALS and (at - SITES) % LISTED == 0:
        return LISTED
    return LISTED if at == FIRST_WHOLE + REASONS or at == FIRST_WHOLE + LEAST_BAD else 1


cdef public int model_fits(const void* block, size_t count) noexcept nogil:
    """Whether a block is a configuration with its tables behind it."""
    cdef const AvoidTable* t = <const AvoidTable*> block
    cdef AvoidConfig config
    if count < sizeof(AvoidTable):
        return 0
    config = t.config
    if not 0 <= config.whole_count <= <int64_t> count:
        return 0
    if not 0 <= config.real_count <= <int64_t> count:
        return 0
    if count != sizeof(AvoidTable) + 4 * <size_t> (config.whole_count + config.real_count):
        return 0
    if not (0 <= t.points <= MOST_POINTS and isfinite(t.sigma_m)):
        return 0
    find_tables(&config, block)
    return config_sound(&config)


cdef public const char* model_fault(const void* table) noexcept nogil:
    cdef const AvoidTable* t = <const AvoidTable*> table
    if t.config.accepted[1] > t.config.accepted[0]:
        return "avoidance.fallback_probability: above avoidance.safe_probability; lower it"
    return NULL


cdef public int model_state_fits(const void* block, const void* state) noexcept nogil:
    """Every state fits: what is an index in it is brought into its range where it is used."""
    return 1


cdef public void model_begin(
        const void* block, const void* table, void* state, double* real,
        int32_t* whole) noexcept nogil:
    """Start values of the inputs: no scan yet, no return in it."""
    cdef const AvoidTable* t = <const AvoidTable*> table
    cdef size_t k, count
    cdef double* points = model_array(block, state, POINTS, &count)
    for k in range(count):
        points[k] = NAN
    memset(model_array(block, state, COST, &count), 0, sizeof(double) * cells_of(t))
    memset(real, 0, sizeof(double) * REAL_INPUTS)
    real[SIGMA] = t.sigma_m
    whole[SCAN_NUMBER] = 0
    whole[COUNT] = <int32_t> t.points


cdef inline void list_site(
        const AvoidSite* site, int listed, double* real, int32_t* whole) noexcept nogil:
    """Put a site into the outputs; NULL: there is none."""
    cdef const double* number = NULL
    cdef int k
    if site != NULL:
        number = &site.east_m
    for k in range(SITE_NUMBERS):
        real[SITES + LISTED * k + listed] = number[k] if number != NULL else NAN
    whole[REASONS + listed] = site.reasons if site != NULL else 0
    whole[LEAST_BAD + listed] = site.least_bad if site != NULL else 0


cdef public void model_start(
        const void* block, const void* table, void* state, void* room, double* real,
        int32_t* whole) noexcept nogil:
    """Go to before the first scan."""
    cdef const AvoidTable* t = <const AvoidTable*> table
    cdef AvoidState* s = <AvoidState*> state
    cdef Arena arena
    cdef int k
    if (<AvoidRoom*> room).work == NULL:
        arena.base = <char*> room
        arena.used = 0
        lay_out_room(t, block, &arena)
    memset(s, 0, sizeof(AvoidState))
    memset(&real[TARGET], 0, sizeof(double) * (SITES - TARGET))
    memset(&whole[STATUS], 0, sizeof(int32_t) * (WHOLES - STATUS))
    whole[STATUS] = whole[REASON] = -1
    for k in range(LISTED):
        list_site(NULL, k, real, whole)


cdef inline void show(
        const AvoidMap* map, const AvoidDecision* d, int32_t scans, double* real,
        int32_t* whole) noexcept nogil:
    """Put a decision into the outputs."""
    cdef int k
    cdef bint landing = d.action == AVOID_LAND
    cdef bint has_site = landing and d.reason != AVOID_NO_MAP
    memcpy(&real[TARGET], d.aim, sizeof(d.aim))
    real[HEADING] = 0.0 if isnan(d.heading_rad) else d.heading_rad
    real[DIVERT] = d.divert_m
    whole[STATUS] = map.status
    whole[REASON] = d.reason
    whole[FINAL] = landing
    whole[HEADING_VALID] = not isnan(d.heading_rad)
    whole[SITE_VALID] = has_site
    whole[RANKED] = map.count
    whole[SCANS] = scans
    for k in range(LISTED):
        list_site(NULL, k, real, whole)
    if has_site:
        list_site(&d.site, 0, real, whole)
    for k in range(map.count):
        list_site(&map.sites[k], k + 1, real, whole)


cdef public void model_step(
        const void* block, const void* table, void* state, void* room, double* real,
        int32_t* whole, int64_t ticks) noexcept nogil:
    """Decide on a scan where its number is another; else hold the last decision."""
    cdef const AvoidTable* t = <const AvoidTable*> table
    cdef AvoidState* s = <AvoidState*> state
    cdef AvoidRoom* r = <AvoidRoom*> room
    cdef MapKernels kernels
    cdef AvoidScan scan
    cdef AvoidMap map
    cdef AvoidNow now
    cdef AvoidDecision decision
    cdef const double* cost
    cdef size_t k, count
    if whole[SCAN_NUMBER] == s.number:
        return
    s.number = whole[SCAN_NUMBER]
    s.scans += 1
    r.config = t.config
    find_tables(&r.config, block)
    scan.points = model_array(block, state, POINTS, &count)
    scan.count = min(max(<int64_t> whole[COUNT], 0), t.points)
    memcpy(scan.sensor, &real[SCAN_R_SITE], sizeof(scan.sensor))
    scan.sigma_m = real[SIGMA]
    scan.spacing_m = -1.0
    scan.cost_kg = NULL
    scan.cost_scale_kg = real[COST_SCALE]
    scan.ground_m = real[GROUND]
    scan.ground_sigma_m = real[GROUND_SIGMA]
    if real[COST_SCALE] > 0.0:
        cost = model_array(block, state, COST, &count)
        for k in range(count):
            r.cost[k] = <float> cost[k]
        scan.cost_kg = r.cost
    LANES_PICK(&kernels)
    map.status = map_scan(r.work, &kernels, &scan, &map)
    if map.status > AVOID_LEAST_BAD:
        map.count = 0
    sort_by_margin(&r.config, &map)
    memcpy(now.r_site, &real[R_SITE], sizeof(now.r_site))
    now.mass_kg = real[MASS]
    now.hovered_s = real[HOVERED]
    decide(r.work, &s.memory, &map, scan.sensor, &now, &decision)
    show(&map, &decision, s.scans, real, whole)
