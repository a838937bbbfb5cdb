"""Exact plane and roughness over a footprint disc, in every cell of an elevation map.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

Plane. Heights become integers (a power of two of a metre). With P the prefix sums along rows and Q
those along columns, modulo 2^32, one chord is one exact difference; with t(d) the chord at row
offset d and r(d) = t(d) - t(-d),

    sum z   = t(0) + sum_d [t(d) + t(-d)]
    sum d z = sum_{d=1}^{D} d r(d) = sum_{m=1}^{D} sum_{d=m}^{D} r(d)     (Abel: no multiplication)

and the moment along columns is the same with Q and vertical chords. The disc is symmetric, so the
least-squares plane z = c + a e + b d (e, d: cells from the site along columns and rows) is

    c = sum z / n,   a = sum e z / sum e^2,   b = sum d z / sum d^2.      theory (8.1), (8.2)

Roughness: the greatest |z - c - a e - b d| over the disc. Blocks of 8 x 8 cells are bounded first:
with one plane (a0, b0) of a whole tile of sites taken off the heights, a block with its highest
value H has, for a site of slopes (a, b) and a block centre (e0, d0),

    | max_block(z - plane) - (H - c - (a - a0) e0 - (b - b0) d0) | <= 3.5 (|a - a0| + |b - b0|).

By theory (8.3) blocks that cannot hold the greatest deviation are passed over; the others are
scanned cell by cell, always with the same expression for the same cell, so that the answer is the
brute force's.
"""

include "farside/ext/common/simd_f32.pxi"

from libc.math cimport fabsf

from farside.ext.terrain.disc_layout cimport (
    BLOCK, Disc, HOLED, MARGIN, TILE, WHOLE,
)


cdef struct Tile:
    int row                 # first site
    int col
    int rows                # sites inside the map
    int cols
    float slope_x[256]      # a [m/cell], TILE x TILE
    float slope_y[256]      # b [m/cell]
    float mean[256]         # c [m]
    unsigned char whole[256]
    float shear_x           # a0, b0 [m/cell]
    float shear_y
    float rounding          # [m] bound on the rounding of a block's bound


include "disc_plane.pxi"
include "disc_deviation.pxi"


cdef inline void load_heights(
    Disc* disc, const float* level, const unsigned char* unseen, double quantum_m, double relief_m,
    bint any_unseen
) noexcept nogil:
    """Take a map in: heights [m] from 0 to relief_m, all finite, unseen cells marked 1."""
    disc.quantum_m = quantum_m
    disc.relief_m = relief_m
    disc.any_unseen = any_unseen
    fill_prefix_sums(disc, level)
    if any_unseen:
        count_unseen(disc, unseen)


cdef inline void map_discs(
    const Disc* disc, double cell_x_m, double cell_y_m, double limit_m, float* slope_deg,
    float* roughness_m, unsigned char* footprint
) noexcept nogil:
    """Write slope, roughness and footprint state of every cell whose footprint is on the map.

    limit_m < 0: roughness_m is the exact greatest deviation [m]. Otherwise it is a bound on the
    true side of limit_m: at most limit_m where the deviation is, above it where it is.
    Slope and roughness are left as they were where the footprint is not WHOLE.
    """
    cdef Tile tile
    cdef int i, j
    cdef int last_row = disc.rows - disc.reach_y
    cdef int last_col = disc.cols - disc.reach_x
    for i in range((last_row - disc.reach_y + TILE - 1) // TILE):
        for j in range((last_col - disc.reach_x + TILE - 1) // TILE):
            tile.row = disc.reach_y + i * TILE
            tile.col = disc.reach_x + j * TILE
            tile.rows = min(<int> TILE, last_row - tile.row)
            tile.cols = min(<int> TILE, last_col - tile.col)
            if find_whole(disc, &tile, footprint):
                fit_planes(disc, &tile)
                shear(disc, &tile)
                bound_blocks(disc)
                write_deviations(disc, &tile, <float> limit_m, roughness_m)
                write_slopes(disc, &tile, <float> cell_x_m, <float> cell_y_m, slope_deg)
