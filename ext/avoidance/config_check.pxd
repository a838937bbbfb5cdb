# Whether a configuration of hazard avoidance is whole: every index of its tables stays inside.

from libc.math cimport fabs, isfinite
from libc.stdint cimport int32_t, uint32_t

from farside.ext.avoidance.records cimport (
    AVOID_MOST_CELLS, AVOID_VERSION, AvoidConfig, RULE_DISC, RULE_LEGS,
)
from farside.ext.avoidance.workspace cimport legs_whole, read_disc_tables, read_legs_tables
from farside.ext.common.checksum cimport fnv1a, fnv1a_begin
from farside.ext.terrain.disc_layout cimport BLOCK, DiscTables
from farside.ext.terrain.legs_layout cimport LegsTables

cdef enum:
    MOST_REACH = 600        # cells from the middle of a footprint to its rim
    MOST_BLOCKS = 1 << 20
    MOST_ERROR_CELLS = 64   # of the navigation error
    MOST_STEP_M = 100000    # of a translation of the hover
    KERNEL_SLACK = 24       # cells within the legs' margin that no index may use


cdef inline uint32_t config_checksum(const AvoidConfig* c) noexcept nogil:
    """Return the checksum of the numbers behind it, and of the tables."""
    cdef const unsigned char* first = <const unsigned char*> &c.rule
    cdef const unsigned char* end = <const unsigned char*> &c.whole
    cdef uint32_t h = fnv1a(fnv1a_begin(), first, <size_t> (end - first))
    h = fnv1a(h, c.whole, <size_t> c.whole_count * sizeof(int32_t))
    return fnv1a(h, c.real, <size_t> c.real_count * sizeof(float))


cdef inline bint between(const int* x, int count, int step, int low, int high) noexcept nogil:
    """Return whether so many whole numbers, each `step` after the last, are low .. high."""
    cdef int k
    for k in range(count):
        if not low <= x[k * step] <= high:
            return False
    return True


cdef inline bint sound_counts(const AvoidConfig* c) noexcept nogil:
    """Return whether every whole number of the configuration is possible."""
    cdef bint legs = c.rule == RULE_LEGS
    if not (
        (legs or c.rule == RULE_DISC)
        and 16 <= c.rows <= AVOID_MOST_CELLS and 16 <= c.cols <= AVOID_MOST_CELLS
        and 0 <= c.rank_by_cost <= 1 and 1 <= c.accepted_count <= 2
        and -1 <= c.blur_reach <= MOST_REACH
        and 1 <= c.disc_reach_y <= MOST_REACH and 1 <= c.disc_reach_x <= MOST_REACH
        and 2 * c.disc_reach_y < c.rows and 2 * c.disc_reach_x < c.cols
        and 1 <= c.disc_blocks <= MOST_BLOCKS and 1 <= c.disc_runs <= MOST_BLOCKS
    ):
        return False
    if not legs:
        return c.legs == 0
    return (
        3 <= c.legs <= 8 and 1 <= c.headings <= 360
        and 0 <= c.triples <= 56 and 0 <= c.pairs <= 4 and c.triples + c.pairs >= 1
        and KERNEL_SLACK < c.legs_margin <= 2 * MOST_REACH
        and 1 <= c.legs_side <= 8 and 1 <= c.legs_blocks <= MOST_BLOCKS
        and 1 <= c.legs_runs <= MOST_BLOCKS
        and 0 <= c.pad_reach <= c.legs_margin - KERNEL_SLACK
        # Four legs rest on pairs alone, of which their kernel takes two.
        and (c.legs != 4 or c.pairs == 2)
    )


cdef inline bint is_scale(double x) noexcept nogil:
    """Return whether a number can be divided by, and multiplied with, in single precision, too."""
    return 1e-15 <= x <= 1e15


cdef inline bint sound_numbers(const AvoidConfig* c) noexcept nogil:
    """Return whether every real number of the configuration is possible."""
    cdef const double* x = &c.cell_m
    while x <= &c.gravity_mps2:
        if not isfinite(x[0]):
            return False
        x += 1
    return (
        1e-3 <= c.cell_m <= 1e3 and c.cell_m <= c.footprint_m <= 1e4
        and 1e-9 <= c.slope_deg < 90.0 and 1e-9 <= c.roughness_m <= 1e3 and c.belly_m >= 0.0
        and 0.0 <= c.margin_m < c.roughness_m
        and 0.0 <= c.navigation_error_m <= MOST_ERROR_CELLS * c.cell_m
        and 1e-15 <= c.no_noise_m <= 1e-3 and 1e-6 <= c.least_weight <= 1.0
        and is_scale(c.beam_tan[0]) and is_scale(c.beam_tan[1])
        and 1.0 <= c.beam_returns[0] and 1.0 <= c.beam_returns[1]
        and c.lowest_m < c.highest_m and c.highest_m - c.lowest_m <= 1e5
        and is_scale(c.disc_tilt_per_m) and is_scale(c.tan_slope)
        and 0.0 <= c.disc_spread < 1073741824.0 and is_scale(c.clearance_scale_m)
        and 0.0 <= c.legs_weight_clearance <= 1.0 and is_scale(c.legs_clearance_scale_m)
        and is_scale(c.exhaust_mps) and is_scale(c.gravity_mps2)
        and 0.0 <= c.sure <= 1.0 and 0.0 <= c.fair <= 1.0 and 0.0 <= c.hopeless <= 1.0
        and fabs(c.sidestep_m) <= MOST_STEP_M and fabs(c.far_steps) <= 1000.0
        and (c.rule == RULE_DISC or (
            0.0 <= c.rest[0] <= 1e3 and 0.0 <= c.rest[1] <= 1e3 and 0.0 <= c.rest[2] <= 1e3
            and is_scale(c.legs_tilt[0]) and is_scale(c.legs_lift[0]) and is_scale(c.legs_reach_x)
            and is_scale(c.legs_reach_y) and is_scale(c.common_relief_m)))
    )


cdef inline bint sound_disc(const AvoidConfig* c) noexcept nogil:
    """Return whether no index of the footprint's layout leaves what the kernel works in."""
    cdef DiscTables t
    cdef int k, columns = (2 * c.disc_reach_x + BLOCK) // BLOCK
    cdef int bands = (2 * c.disc_reach_y + BLOCK) // BLOCK
    cdef const int* run
    read_disc_tables(c, &t)
    if not (
        between(t.half_width, c.disc_reach_y + 1, 1, 0, c.disc_reach_x)
        and between(t.half_height, c.disc_reach_x + 1, 1, 0, c.disc_reach_y)
        and between(t.blocks, c.disc_blocks, 6, 0, bands)
        and between(t.blocks + 1, c.disc_blocks, 6, -4 * columns, 4 * columns - BLOCK)
        and between(t.blocks + 2, c.disc_blocks, 6, 0, 1)
        and between(t.blocks + 3, c.disc_blocks, 6, 0, c.disc_runs)
        and between(t.blocks + 4, c.disc_blocks, 6, 0, c.disc_runs)
        and between(t.blocks + 5, c.disc_blocks, 6, -2 * MOST_REACH, 2 * MOST_REACH)
        and between(t.phases, 9, 1, 0, c.disc_blocks)
    ):
        return False
    for k in range(8):
        if not 0 <= t.phases[k + 1] - t.phases[k] <= (columns + 1) * (bands + 2):
            return False
    for k in range(c.disc_runs):
        run = t.runs + 3 * k
        if not (
            -c.disc_reach_y <= run[0] <= c.disc_reach_y
            and -c.disc_reach_x <= run[1] <= c.disc_reach_x
            and (run[2] == 1 or run[2] == BLOCK) and run[1] + run[2] - 1 <= c.disc_reach_x
        ):
            return False
    return True


cdef inline bint sound_legs(const AvoidConfig* c) noexcept nogil:
    """Return whether no index of the legs' layout leaves what the kernel works in."""
    cdef LegsTables t
    cdef int k, reach = c.legs_margin - KERNEL_SLACK
    cdef const int* run
    read_legs_tables(c, &t)
    if not (
        between(t.pads, 2 * c.headings * c.legs, 1, -reach, reach)
        and between(t.triple_pads, 3 * c.triples, 1, 0, c.legs - 1)
        and between(t.pair_pads, 2 * c.pairs, 1, 0, c.legs - 1)
        and between(t.blocks, c.legs_blocks, 5, -reach, reach)
        and between(t.blocks + 1, c.legs_blocks, 5, -reach, reach)
        and between(t.blocks + 2, c.legs_blocks, 5, 0, 1)
        and between(t.blocks + 3, c.legs_blocks, 5, 0, c.legs_runs)
        and between(t.blocks + 4, c.legs_blocks, 5, 0, c.legs_runs)
        and between(t.pad_half_width, c.pad_reach + 1, 1, 0, reach)
    ):
        return False
    for k in range(c.legs_runs):
        run = t.runs + 3 * k
        if not (
            -reach <= run[0] <= reach and -reach <= run[1] <= reach
            and 1 <= run[2] <= reach - run[1]
        ):
            return False
    return True


cdef inline bint config_sound(const AvoidConfig* c) noexcept nogil:
    """Return whether a configuration is of this version, whole, and possible."""
    cdef bint legs
    cdef long long whole, real
    cdef Py_ssize_t k
    if c == NULL or c.size != sizeof(AvoidConfig) or c.version != AVOID_VERSION:
        return False
    if c.whole == NULL or c.real == NULL or not sound_counts(c):
        return False
    legs = c.rule == RULE_LEGS
    whole = legs_whole(c) - <const int*> c.whole
    real = 0
    if legs:
        whole += (
            2 * c.headings * c.legs + 3 * c.triples + 2 * c.pairs + 5 * c.legs_blocks
            + 3 * c.legs_runs + c.pad_reach + 1)
        real = c.headings * (5 + 9 * c.triples + 4 * c.pairs + 4 * c.pairs * c.legs) \
            + 2 * c.blur_reach + 1 + (1 if c.blur_reach < 0 else 0)
    if c.whole_count != whole or c.real_count != real + 1:
        return False
    if config_checksum(c) != c.checksum:
        return False
    for k in range(c.real_count):
        if not isfinite(c.real[k]):
            return False
    return sound_numbers(c) and sound_disc(c) and (not legs or sound_legs(c))
