"""Support planes of a rigid lander on legs at every heading, and the ground above, cell by cell.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

Support plane. Pad i at p_i finds the height h_i, the highest ground under it. A lander at rest has
every pad on or above the ground and its middle as low as that allows:

    c = min over planes (c, g) with c + g . p_i >= h_i,

theory (8.4), which is, by duality, the greatest of sum l_i h_i over the supports: the triples of
pads whose triangle holds the middle, l being the middle's barycentric weights, and the opposite
pairs with l = 1/2 each. Where a triple wins, its plane is the only one. Where a pair wins, the
lander may lean to either side of it, until the first pad there touches: two planes, of which the
steeper counts. On four legs only the two pairs can win, and both planes have a closed form.

Rise. Over all headings the highest ground above those planes, under the whole footprint, is
max_q (z_q - g . q) - c, theory (8.5). It is bounded from the blocks of cells above one middle
plane g0,

    max_q (z_q - g . q) <= max_q (z_q - g0 . q) + |g - g0| rim,

rim being the footprint's half axes (times each component of g - g0),

then, where that does not decide, from the blocks under the heading's own plane, and last cell by
cell, always with the same expression for the same cell.
"""

include "farside/ext/common/simd_f32.pxi"

from farside.ext.terrain.legs_layout cimport LegsWorkspace

cdef enum:
    LEGS = 8                # at most


include "support_plane.pxi"
include "plane_envelope.pxi"
include "belly_clearance.pxi"


cdef inline void load_ground(
    LegsWorkspace* work, const float* level, double relief_m
) noexcept nogil:
    """Take a map in: heights [m] from 0 to relief_m, all finite."""
    work.relief_m = <float> relief_m
    copy_heights(work, level)
    find_pad_heights(work, work.pad_chords, work.pad_rows)
    find_block_heights(work)


cdef struct LegsMaps:      # (rows, cols) of what is written
    float* slope_worst_deg
    float* slope_best_deg
    float* heading_best
    float* rise_worst_m
    float* rise_best_m


cdef inline void map_legs(
    LegsWorkspace* work, const unsigned char* wanted, double limit_m, double band_m,
    const LegsMaps* maps
) noexcept nogil:
    """Write the maps of every wanted cell; its footprint and pads must lie on seen ground.

    A rise is exact where it is within band_m of limit_m; elsewhere it is a bound on the same
    side of limit_m -+ band_m. The best heading is the flattest of those whose rise is at most
    limit_m, or of all where there is none; it is given as its number.
    """
    cdef Group group
    cdef int i, j, g, lane, n, lanes
    cdef Py_ssize_t at
    for i in range(work.rows):
        for g in range((work.cols + F32_LANES - 1) // F32_LANES):
            j = g * F32_LANES
            at = i * <Py_ssize_t> work.cols + j
            lanes = min(<int> F32_LANES, work.cols - j)
            n = 0
            for lane in range(lanes):
                n += wanted[at + lane]
            if n == 0:
                continue
            group.at = (i + work.margin) * <Py_ssize_t> work.stride + j + work.margin
            for lane in range(F32_LANES):
                group.inactive[lane] = not (lane < lanes and wanted[at + lane])
            if work.legs == 4:
                support_planes_on_four(work, &group)
            else:
                support_planes(work, &group)
            assess_group(work, &group, <float> limit_m, <float> band_m)
            for lane in range(lanes):
                if wanted[at + lane]:
                    maps.slope_worst_deg[at + lane] = group.slope_worst[lane]
                    maps.slope_best_deg[at + lane] = group.slope_best[lane]
                    maps.heading_best[at + lane] = group.heading_best[lane]
                    maps.rise_worst_m[at + lane] = group.rise_worst[lane]
                    maps.rise_best_m[at + lane] = group.rise_best[lane]
