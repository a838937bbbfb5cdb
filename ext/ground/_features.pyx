"""Craters and rocks: drawn tile by tile from counters, and pressed into a grid of heights.

A tile's features are a Poisson draw from a stream that its indices, its size class and the seed
name, so that any place has the same ones however it is come to.
"""

from libc.math cimport floor, sqrt
from libc.stdint cimport uint32_t, uint64_t

from farside.ext.ground.taper cimport Taper, taper
from farside.ext.common.elementary cimport exp_of, log_of, sincos_of, SinCos
from farside.ext.common.random cimport Stream, open_stream, uniform


cdef struct Box:            # of arcs [m]; features belong to it by their centres
    double u_lo
    double u_hi
    double v_lo
    double v_hi


cdef struct CraterClass:    # the craters of one octave of diameter (ground/craters.py)
    uint32_t kind           # names the stream of random numbers
    double smallest_m
    double tile_m           # side of the tiles that they are drawn in
    double mean             # of them a tile
    double fewer            # N(>= 2 smallest) / N(>= smallest)
    double falling          # exponent b of N ~ D^-b


cdef struct RockClass:      # the rocks of one octave of diameter (ground/rocks.py)
    uint32_t kind
    double smallest_m
    double tile_m
    double mean
    double q                # [1/m] of Golombek and Rapp's density


cdef inline int poisson(Stream* s, double mean) noexcept nogil:
    """A Poisson count, by inversion of one uniform; means up to 600."""
    cdef double p = exp_of(-mean)
    cdef double below = p, draw = uniform(s)
    cdef int n = 0
    while draw > below and n < 4000:
        n += 1
        p *= mean / n
        below += p
    return n


cdef inline Stream tile_stream(
    uint64_t seed, uint32_t kind, Py_ssize_t tile_j, Py_ssize_t tile_i
) noexcept nogil:
    return open_stream(
        seed, (<uint32_t> tile_i & 0xFFFF) | (<uint32_t> tile_j & 0xFFFF) << 16, kind)


cdef inline bint inside(Box box, double u, double v) noexcept nogil:
    return box.u_lo <= u < box.u_hi and box.v_lo <= v < box.v_hi


cdef struct FeatureTiles:   # of a class of features
    uint64_t seed
    uint32_t kind
    double tile_m
    double mean


cdef struct Feature:
    double diameter_m
    double relief           # depth or height, in units of
    double unit_m
    double stretch          # axes of the ellipse in plan: D stretch and D / stretch
    double azimuth_rad
    double reach_m          # of what it does to the ground, from its centre


cdef struct CraterShape:
    CraterClass of
    double ratio_lo         # of depth to diameter
    double ratio_hi
    double reach            # [rim radii]


ctypedef bint (*DrawShape)(Stream* s, const void* of, Feature* feature) noexcept nogil


cdef inline bint draw_crater(Stream* s, const void* of, Feature* feature) noexcept nogil:
    """Draw diameter and depth of a crater."""
    cdef const CraterShape* shape = <const CraterShape*> of
    cdef const CraterClass* c = &shape.of
    # N(>= D) / N(>= smallest) = 1 - U (1 - fewer) = (D / smallest)^-falling
    feature.diameter_m = c.smallest_m * exp_of(
        -log_of(1.0 - uniform(s) * (1.0 - c.fewer)) / c.falling)
    feature.relief = shape.ratio_lo + (shape.ratio_hi - shape.ratio_lo) * uniform(s)
    feature.unit_m = feature.diameter_m
    feature.reach_m = 0.5 * shape.reach * feature.diameter_m
    return True


cdef inline bint draw_rock(Stream* s, const void* of, Feature* feature) noexcept nogil:
    """Draw a rock proposed as D^-2; return whether it is accepted, by e^(-q (D - smallest))."""
    cdef const RockClass* c = <const RockClass*> of
    cdef double accept
    feature.diameter_m = c.smallest_m / (1.0 - 0.5 * uniform(s))
    accept = uniform(s)
    feature.relief = (0.4 + 0.2 * uniform(s)) * feature.diameter_m
    feature.unit_m = 1.0
    feature.stretch = 1.0 + 0.25 * uniform(s)
    feature.azimuth_rad = 3.141592653589793 * uniform(s)
    feature.reach_m = feature.diameter_m
    return accept <= exp_of(-c.q * (feature.diameter_m - c.smallest_m))


cdef inline Py_ssize_t draw_features(
    double[:, ::1] out, const FeatureTiles* tiles, const Taper* edge, const Box* within,
    DrawShape draw_shape, const void* of
) noexcept nogil:
    """Fill rows with the features centred in a box, tile by tile; return how many there are.

    A feature whose far edge tapers to nothing is left out. Columns are u, v, diameter, depth or
    height, and of six stretch and azimuth.
    """
    cdef Stream s
    cdef Feature feature
    cdef Py_ssize_t tile_j, tile_i, count = 0
    cdef int n, _draw
    cdef double u, v, whole, tile = tiles.tile_m
    for tile_j in range(
        <Py_ssize_t> floor(within.v_lo / tile), <Py_ssize_t> floor(within.v_hi / tile) + 1
    ):
        for tile_i in range(
            <Py_ssize_t> floor(within.u_lo / tile), <Py_ssize_t> floor(within.u_hi / tile) + 1
        ):
            s = tile_stream(tiles.seed, tiles.kind, tile_j, tile_i)
            n = poisson(&s, tiles.mean)
            for _draw in range(n):
                u = (tile_i + uniform(&s)) * tile
                v = (tile_j + uniform(&s)) * tile
                if not draw_shape(&s, of, &feature) or not inside(within[0], u, v):
                    continue
                whole = taper(
                    sqrt(u * u + v * v) + feature.reach_m, edge.inner_m, edge.outer_m)
                if whole == 0.0:
                    continue
                if count < out.shape[0]:
                    out[count, 0] = u
                    out[count, 1] = v
                    out[count, 2] = feature.diameter_m
                    out[count, 3] = whole * feature.relief * feature.unit_m
                    if out.shape[1] == 6:
                        out[count, 4] = feature.stretch
                        out[count, 5] = feature.azimuth_rad
                count += 1
    return count


def draw_craters(
    double[:, ::1] out, uint64_t seed, dict crater_class, ratio, double reach, dict fade, dict box,
):
    """Fill rows (u, v, diameter, depth) [m] with the craters of one class centred in a box.

    crater_class, fade and box are the structs `CraterClass`, `Taper` and `Box` by their members. A
    tile has `mean` craters on average. Diameters follow N(>= D) ~ D^-falling from the smallest up,
    and end where the cumulative count has fallen to the share `fewer`; depth / diameter is uniform
    between the two of `ratio`, and tapered away where the far edge, at `reach` rim radii, lies from
    inner to outer [m] from the origin. Return how many there are, more than there are rows of `out`
    if they did not fit.
    """
    cdef CraterShape shape
    cdef FeatureTiles tiles
    cdef Taper edge = fade
    cdef Box within = box
    cdef Py_ssize_t count
    shape.of = crater_class
    shape.ratio_lo, shape.ratio_hi = ratio
    shape.reach = reach
    tiles.seed = seed
    tiles.kind, tiles.tile_m, tiles.mean = shape.of.kind, shape.of.tile_m, shape.of.mean
    if out.shape[1] != 4:
        raise ValueError("a crater has four numbers: u, v, diameter and depth")
    with nogil:
        count = draw_features(out, &tiles, &edge, &within, draw_crater, &shape)
    return count


def draw_rocks(double[:, ::1] out, uint64_t seed, dict rock_class, dict fade, dict box):
    """Fill rows (u, v, diameter, height, stretch, azimuth) with the rocks of one class in a box.

    rock_class, fade and box are the structs `RockClass`, `Taper` and `Box` by their members.
    Diameters from the smallest to twice that: proposed as D^-2, of which a tile has `mean`, and
    accepted with e^(-q (D - smallest)), which leaves the density of Golombek and Rapp. Heights are
    0.4 to 0.6 diameters. In plan an ellipse of axes D stretch and D / stretch, the long one at
    `azimuth` [rad] from u towards v. Return the count, as draw_craters does.
    """
    cdef RockClass c = rock_class
    cdef FeatureTiles tiles
    cdef Taper edge = fade
    cdef Box within = box
    cdef Py_ssize_t count
    tiles.seed = seed
    tiles.kind, tiles.tile_m, tiles.mean = c.kind, c.tile_m, c.mean
    if out.shape[1] != 6:
        raise ValueError("a rock has six numbers: u, v, diameter, height, stretch and azimuth")
    with nogil:
        count = draw_features(out, &tiles, &edge, &within, draw_rock, &c)
    return count


def stamp_craters(
    float[:, ::1] z, first, double cell, const double[:, ::1] craters, profiles, double reach,
    ratio,
):
    """Add craters (u, v, diameter, depth) to the nodes of a lattice from `first`, (row, col), on.

    `profiles` are those of a degraded and of a young crater of depth 1 over the square of the
    distance in rim radii, from 0 to reach^2; a crater's lies between them as its depth / diameter
    between the two of `ratio`.
    """
    cdef const float[::1] degraded = profiles[0]
    cdef const float[::1] young = profiles[1]
    cdef Py_ssize_t j0 = first[0], i0 = first[1]
    cdef double ratio_lo = ratio[0], ratio_hi = ratio[1]
    cdef Py_ssize_t n, j, i, k, j_lo, j_hi, i_lo, i_hi, last = degraded.shape[0] - 2
    cdef double u, v, radius, new, per_radius2, dv, du
    cdef float step = <float> ((last + 1) / (reach * reach))
    cdef float x, old_part, new_part, edge = <float> (last + 1)
    with nogil:
        for n in range(craters.shape[0]):
            u = craters[n, 0]
            v = craters[n, 1]
            radius = 0.5 * craters[n, 2]
            new = (craters[n, 3] / craters[n, 2] - ratio_lo) / (ratio_hi - ratio_lo)
            new = 0.0 if new < 0.0 else (1.0 if new > 1.0 else new)
            new_part = <float> (craters[n, 3] * new)
            old_part = <float> (craters[n, 3] * (1.0 - new))
            per_radius2 = 1.0 / (radius * radius)
            j_lo = max(<Py_ssize_t> floor((v - reach * radius) / cell) + 1, j0)
            j_hi = min(<Py_ssize_t> floor((v + reach * radius) / cell) + 1, j0 + z.shape[0])
            i_lo = max(<Py_ssize_t> floor((u - reach * radius) / cell) + 1, i0)
            i_hi = min(<Py_ssize_t> floor((u + reach * radius) / cell) + 1, i0 + z.shape[1])
            for j in range(j_lo, j_hi):
                dv = j * cell - v
                for i in range(i_lo, i_hi):
                    du = i * cell - u
                    x = <float> ((dv * dv + du * du) * per_radius2) * step
                    if x < edge:
                        k = <Py_ssize_t> x
                        x -= k
                        z[j - j0, i - i0] += (
                            old_part * (degraded[k] + x * (degraded[k + 1] - degraded[k]))
                            + new_part * (young[k] + x * (young[k + 1] - young[k])))


def stamp_rocks(float[:, ::1] z, first, double cell, const double[:, ::1] rocks):
    """Add rocks, half ellipsoids as draw_rocks gives them, to nodes from `first` (row, col) on."""
    cdef Py_ssize_t j0 = first[0], i0 = first[1]
    cdef Py_ssize_t n, j, i, j_lo, j_hi, i_lo, i_hi
    cdef double u, v, du, dv, reach, x, y, square
    cdef SinCos turn
    with nogil:
        for n in range(rocks.shape[0]):
            u = rocks[n, 0]
            v = rocks[n, 1]
            reach = 0.5 * rocks[n, 2] * rocks[n, 4]
            turn = sincos_of(rocks[n, 5])
            j_lo = max(<Py_ssize_t> floor((v - reach) / cell) + 1, j0)
            j_hi = min(<Py_ssize_t> floor((v + reach) / cell) + 1, j0 + z.shape[0])
            i_lo = max(<Py_ssize_t> floor((u - reach) / cell) + 1, i0)
            i_hi = min(<Py_ssize_t> floor((u + reach) / cell) + 1, i0 + z.shape[1])
            for j in range(j_lo, j_hi):
                dv = j * cell - v
                for i in range(i_lo, i_hi):
                    du = i * cell - u
                    # the plan's ellipse: x along its long axis, y across, in semi-axes
                    x = (du * turn.c + dv * turn.s) / reach
                    y = (dv * turn.c - du * turn.s) * 2.0 * rocks[n, 4] / rocks[n, 2]
                    square = 1.0 - x * x - y * y
                    if square > 0.0:
                        z[j - j0, i - i0] += <float> (rocks[n, 3] * sqrt(square))
