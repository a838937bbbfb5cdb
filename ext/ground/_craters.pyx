"""Craters: drawn tile by tile from counters, and pressed into a grid of heights.

A tile's craters are a Poisson draw from a stream that its indices, its size class and the seed
name, so that any place has the same ones however it is come to.
"""

from libc.math cimport floor, sqrt
from libc.stdint cimport uint32_t, uint64_t

from farside.ext.ground.ejecta cimport RAYS_LEAST, RAYS_MOST, Lobes, lobed, lobes_of
from farside.ext.ground.taper cimport Taper, taper
from farside.ext.ground.tiles cimport Box, inside, poisson, tile_stream
from farside.ext.common.elementary cimport exp_of, log_of
from farside.ext.common.random cimport Stream, uniform


cdef enum:
    COLUMNS = 7             # u, v, diameter, depth, side, rays, ray
    LOBES = 0x500           # added to a class's kind: the stream of its ejecta's lobes


cdef struct CraterClass:    # the craters of one octave of diameter (ground/craters.py)
    uint32_t kind           # names the stream of random numbers
    double smallest_m
    double tile_m           # side of the tiles that they are drawn in
    double mean             # of them a tile
    double fewer            # N(>= 2 smallest) / N(>= smallest)
    double falling          # exponent b of N ~ D^-b


cdef inline void draw_lobes(double* row, Stream* s) noexcept nogil:
    """Draw the azimuth of the thicker side, the number of rays and the azimuth of one."""
    row[4] = 6.283185307179586 * uniform(s)
    row[5] = floor(RAYS_LEAST + (RAYS_MOST + 1 - RAYS_LEAST) * uniform(s))
    row[6] = 6.283185307179586 * uniform(s)


cdef inline Py_ssize_t draw_class(
    double[:, ::1] out, uint64_t seed, const CraterClass* c, double ratio_lo, double ratio_hi,
    double reach, const Taper* edge, const Box* within
) noexcept nogil:
    """Fill rows with the craters centred in a box, tile by tile; return how many there are.

    A crater whose far edge tapers to nothing is left out.
    """
    cdef Stream s, lobes
    cdef Py_ssize_t tile_j, tile_i, count = 0
    cdef int n, which
    cdef double u, v, diameter, ratio, whole, tile = c.tile_m
    for tile_j in range(
        <Py_ssize_t> floor(within.v_lo / tile), <Py_ssize_t> floor(within.v_hi / tile) + 1
    ):
        for tile_i in range(
            <Py_ssize_t> floor(within.u_lo / tile), <Py_ssize_t> floor(within.u_hi / tile) + 1
        ):
            s = tile_stream(seed, c.kind, tile_j, tile_i)
            lobes = tile_stream(seed, c.kind + LOBES, tile_j, tile_i)
            n = poisson(&s, c.mean)
            for which in range(n):
                u = (tile_i + uniform(&s)) * tile
                v = (tile_j + uniform(&s)) * tile
                # N(>= D) / N(>= smallest) = 1 - U (1 - fewer) = (D / smallest)^-falling
                diameter = c.smallest_m * exp_of(
                    -log_of(1.0 - uniform(&s) * (1.0 - c.fewer)) / c.falling)
                ratio = ratio_lo + (ratio_hi - ratio_lo) * uniform(&s)
                if not inside(within, u, v):
                    continue
                whole = taper(
                    sqrt(u * u + v * v) + 0.5 * reach * diameter, edge.inner_m, edge.outer_m)
                if whole == 0.0:
                    continue
                if count < out.shape[0]:
                    out[count, 0] = u
                    out[count, 1] = v
                    out[count, 2] = diameter
                    out[count, 3] = whole * ratio * diameter
                    # one block of the stream for each crater, wherever the draw began
                    lobes.block = which
                    lobes.left = 0
                    draw_lobes(&out[count, 0], &lobes)
                count += 1
    return count


def draw_craters(
    double[:, ::1] out, uint64_t seed, dict crater_class, ratio, double reach, dict fade, dict box,
):
    """Fill rows with the craters of one class centred in a box.

    A row is u, v, diameter and depth [m], the azimuth of the ejecta's thicker side, the number of
    rays and the azimuth of one of them [rad]. crater_class, fade and box are the structs
    `CraterClass`, `Taper` and `Box` by their members. A tile has `mean` craters on average.
    Diameters follow N(>= D) ~ D^-falling from the smallest up, and end where the cumulative count
    has fallen to the share `fewer`; depth / diameter is uniform between the two of `ratio`, and
    tapered away where the far edge, at `reach` rim radii, lies from inner to outer [m] from the
    origin. Return how many there are, more than there are rows of `out` if they did not fit.
    """
    cdef CraterClass c = crater_class
    cdef Taper edge = fade
    cdef Box within = box
    cdef double ratio_lo = ratio[0], ratio_hi = ratio[1]
    cdef Py_ssize_t count
    if out.shape[1] != COLUMNS:
        raise ValueError("a crater has seven numbers: u, v, diameter, depth, side, rays and ray")
    with nogil:
        count = draw_class(out, seed, &c, ratio_lo, ratio_hi, reach, &edge, &within)
    return count


cdef inline double youth_of(double depth, double diameter, double lo, double hi) noexcept nogil:
    """Where depth / diameter lies between degraded (0) and young (1); 0.5 where all are alike."""
    cdef double new
    if not hi > lo:
        return 0.5
    new = (depth / diameter - lo) / (hi - lo)
    return 0.0 if not new > 0.0 else (1.0 if new > 1.0 else new)


def stamp_craters(
    float[:, ::1] z, first, double cell, const double[:, ::1] craters, profiles, double reach,
    ratio, rays,
):
    """Add craters, rows as draw_craters gives them, to nodes of a lattice from (row, col) on.

    `profiles` are those of a degraded and of a young crater of depth 1 over the square of the
    distance x in rim radii, from 0 to reach^2; a crater's lies between them as its depth / diameter
    between the two of `ratio`. Beyond the rim the young part is multiplied by
    1 + contrast fresh (1 - 1 / x^2) f(theta) (ext/ground/ejecta.pxd): even at the rim, lobed
    farther out. `rays` are the contrast and the share of fresh craters: over that share, the
    youngest, `fresh` rises from 0 to 1.
    """
    cdef const float[::1] degraded = profiles[0]
    cdef const float[::1] young = profiles[1]
    cdef Py_ssize_t j0 = first[0], i0 = first[1]
    cdef double ratio_lo = ratio[0], ratio_hi = ratio[1]
    cdef double contrast = rays[0], fresh = rays[1]
    cdef Py_ssize_t n, j, i, k, j_lo, j_hi, i_lo, i_hi, last = degraded.shape[0] - 2
    cdef double u, v, radius, new, per_radius2, dv, du, square, far, lobe
    cdef float step = <float> ((last + 1) / (reach * reach))
    cdef float x, old_part, new_part, ejecta, edge = <float> (last + 1)
    cdef Lobes lobes
    with nogil:
        for n in range(craters.shape[0]):
            u = craters[n, 0]
            v = craters[n, 1]
            radius = 0.5 * craters[n, 2]
            new = youth_of(craters[n, 3], craters[n, 2], ratio_lo, ratio_hi)
            new_part = <float> (craters[n, 3] * new)
            old_part = <float> (craters[n, 3] * (1.0 - new))
            lobe = contrast * (new - 1.0 + fresh) / fresh
            if lobe > 0.0:
                lobes = lobes_of(craters[n, 4], craters[n, 5], craters[n, 6])
            per_radius2 = 1.0 / (radius * radius)
            j_lo = max(<Py_ssize_t> floor((v - reach * radius) / cell) + 1, j0)
            j_hi = min(<Py_ssize_t> floor((v + reach * radius) / cell) + 1, j0 + z.shape[0])
            i_lo = max(<Py_ssize_t> floor((u - reach * radius) / cell) + 1, i0)
            i_hi = min(<Py_ssize_t> floor((u + reach * radius) / cell) + 1, i0 + z.shape[1])
            for j in range(j_lo, j_hi):
                dv = j * cell - v
                for i in range(i_lo, i_hi):
                    du = i * cell - u
                    square = (dv * dv + du * du) * per_radius2
                    x = <float> square * step
                    if x < edge:
                        k = <Py_ssize_t> x
                        x -= k
                        ejecta = new_part
                        if lobe > 0.0 and square > 1.0:
                            far = radius * sqrt(square)
                            ejecta *= <float> (
                                1.0 + lobe * (1.0 - 1.0 / square)
                                * lobed(&lobes, du / far, dv / far))
                        z[j - j0, i - i0] += (
                            old_part * (degraded[k] + x * (degraded[k + 1] - degraded[k]))
                            + ejecta * (young[k] + x * (young[k + 1] - young[k])))
