"""How much of a body's disc stands above the horizon: many instants, neighbouring cells in lanes.

p      = body from the Moon's centre;  E, N, U = axes of a cell: right, up the grid, zenith
e, n, u = p . E, p . N, p . U - r0;  elevation = atan(u / sqrt(e^2 + n^2)), bearing = atan2(e, n)
H(b)   = horizon at a bearing, linear between the azimuths of its table
v(x)   = share of the disc's chord at x radii to the right that is above H, 0 to 1
share  = (2 / pi) int_{-1}^{1} sqrt(1 - x^2) v(x) dx                                         (1)

(1), theory (10.5), is the disc's area above the profile. By theory (10.6) it is summed by Gauss
and Chebyshev's rule of the second kind (Abramowitz & Stegun 25.4.40): x_i = cos(i pi / (m + 1)),
weights sin^2(i pi / (m + 1)). A disc that is clear of all the horizon its width may meet is whole
or hidden without it. A body without a radius counts by its centre. Every operation is correctly
rounded lane by lane: the same bits on every CPU.
"""

include "farside/ext/common/simd_f32.pxi"

cdef extern from *:
    """
    /* Towards 0, of numbers below 2^31. */
    static inline f32xN f32_trunc(f32xN x)
    { return __builtin_convertvector(__builtin_convertvector(x, i32xN), f32xN); }
    static inline float f32_first(f32xN x) { return x[0]; }
    """
    f32xN f32_trunc(f32xN x) noexcept nogil
    float f32_first(f32xN x) noexcept nogil

cdef enum:
    LANES_MOST = 16
    CHORDS = 15


cdef struct Sky:            # of one register of cells
    int azimuths
    int reach               # entries that half a disc may cover
    float* table            # (azimuths + 2 reach + 2) x lanes: horizon [deg], `reach` early
    float* low              # least and greatest of what a disc at an entry may meet
    float* high
    const float* axes       # 10 runs of lanes: E, N, U, r0 [Mm]
    float lowest            # [deg] what lies below is hidden
    float least[16]         # least and greatest horizon of each lane, and not below `lowest`
    float most[16]
    const float* chord      # CHORDS: x_i, 1 / (2 sqrt(1 - x_i^2)), weight
    const float* inverse
    const float* weight


cdef struct Tally:          # of one register of cells; instants
    float* total            # sum of shares
    float* seen             # instants with any part of the disc
    float* longest_hidden
    float* longest_seen
    float* first            # -1 where never
    float* last
    float* now_hidden
    float* now_seen


cdef inline f32xN eighth_degrees(f32xN x) noexcept nogil:
    """The arc tangent [deg] of 0 <= x <= 1: Abramowitz & Stegun 4.4.49, to 2e-8 rad."""
    cdef f32xN y = x * x
    cdef f32xN sum = f32_splat(-0.0161657367) + y * f32_splat(0.0028662257)
    sum = f32_splat(-0.0752896400) + y * (f32_splat(0.0429096138) + y * sum)
    sum = f32_splat(-0.1420889944) + y * (f32_splat(0.1065626393) + y * sum)
    sum = f32_splat(-0.3333314528) + y * (f32_splat(0.1999355085) + y * sum)
    return f32_splat(57.29577951) * x * (f32_splat(1.0) + y * sum)


cdef inline f32xN quarter_degrees(f32xN a, f32xN b) noexcept nogil:
    """atan(a / b) [deg] of a and b >= 0; 0 where both are."""
    cdef f32xN great = f32_max(f32_max(a, b), f32_splat(1e-30))
    cdef f32xN angle = eighth_degrees(f32_min(a, b) / great)
    return f32_select(a, b, f32_splat(90.0) - angle, angle)


cdef inline f32xN elevation_of(f32xN up, f32xN level) noexcept nogil:
    """atan(up / level) [deg]."""
    cdef f32xN zero = f32_splat(0.0), angle = quarter_degrees(f32_abs(up), level)
    return f32_select(zero, up, zero - angle, angle)


cdef inline f32xN bearing_of(f32xN e, f32xN n) noexcept nogil:
    """atan2(e, n) from 0 to 360 deg; 0 where both are 0."""
    cdef f32xN zero = f32_splat(0.0), angle = quarter_degrees(f32_abs(e), f32_abs(n))
    angle = f32_select(zero, n, f32_splat(180.0) - angle, angle)
    return f32_select(zero, e, f32_splat(360.0) - angle, angle)


cdef inline void look_up(
    const Sky* sky, const float* table, f32xN position, float* first, float* second, float* part
) noexcept nogil:
    """Fetch the entries about a position of each lane, and how far it is between them.

    Neighbouring cells see a body in nearly one bearing: mostly all lanes have one entry.
    """
    cdef int k, at, last = sky.azimuths + 2 * sky.reach
    cdef float places[LANES_MOST]
    cdef f32xN moved = position + f32_splat(<float> sky.reach), whole
    # a rounding beyond the ends is the same direction
    moved = f32_max(f32_splat(0.0), f32_min(moved, f32_splat(<float> last)))
    whole = f32_trunc(moved)
    f32_store(part, moved - whole)
    if not f32_any_above(f32_abs(whole - f32_splat(f32_first(whole))), f32_splat(0.0)):
        at = <int> f32_first(whole) * F32_LANES
        f32_store(first, f32_load(table + at))
        f32_store(second, f32_load(table + at + F32_LANES))
        return
    f32_store(places, whole)
    for k in range(F32_LANES):
        at = <int> places[k] * F32_LANES + k
        first[k] = table[at]
        second[k] = table[at + F32_LANES]


cdef inline f32xN share_of(
    const Sky* sky, f32xN elevation, f32xN position, f32xN step, f32xN radius
) noexcept nogil:
    """Share of a disc above the horizon by (1); `step` is in entries per radius."""
    cdef int i
    cdef float first[LANES_MOST]
    cdef float second[LANES_MOST]
    cdef float part[LANES_MOST]
    cdef f32xN ground, chord, total = f32_splat(0.0), zero = f32_splat(0.0)
    cdef f32xN one = f32_splat(1.0), scale = one / radius
    for i in range(CHORDS):
        look_up(sky, sky.table, position + step * f32_splat(sky.chord[i]), first, second, part)
        ground = f32_load(first)
        ground = f32_max(
            ground + f32_load(part) * (f32_load(second) - ground), f32_splat(sky.lowest))
        # (elevation + h - ground) / 2h, h the half chord
        chord = f32_splat(0.5) + (elevation - ground) * (scale * f32_splat(sky.inverse[i]))
        total = total + f32_splat(sky.weight[i]) * f32_max(zero, f32_min(chord, one))
    return total


cdef inline f32xN visible_share(const Sky* sky, const float* place, float radius) noexcept nogil:
    """Share of a body's disc above the horizon of each lane; 0 or 1 by its centre without one."""
    cdef const float* a = sky.axes
    cdef int lanes = F32_LANES
    cdef f32xN x = f32_splat(place[0]), y = f32_splat(place[1]), z = f32_splat(place[2])
    cdef f32xN e = x * f32_load(a) + y * f32_load(a + lanes) + z * f32_load(a + 2 * lanes)
    cdef f32xN n = (x * f32_load(a + 3 * lanes) + y * f32_load(a + 4 * lanes)
                    + z * f32_load(a + 5 * lanes))
    cdef f32xN u = (x * f32_load(a + 6 * lanes) + y * f32_load(a + 7 * lanes)
                    + z * f32_load(a + 8 * lanes)) - f32_load(a + 9 * lanes)
    cdef f32xN level = f32_max(f32_sqrt(e * e + n * n), f32_splat(1e-20))
    cdef f32xN elevation = elevation_of(u, level), one = f32_splat(1.0), zero = f32_splat(0.0)
    cdef f32xN entries = f32_splat(<float> sky.azimuths / <float> 360.0), size = f32_splat(radius)
    cdef f32xN position, ground, step, share
    cdef float first[LANES_MOST]
    cdef float second[LANES_MOST]
    cdef float part[LANES_MOST]
    if not f32_any_above(f32_load(sky.most) + size, elevation):
        return one
    if not f32_any_above(elevation, f32_load(sky.least) - size):
        return zero
    position = bearing_of(e, n) * entries
    if not radius > 0.0:
        look_up(sky, sky.table, position, first, second, part)
        ground = f32_load(first)
        ground = f32_max(
            ground + f32_load(part) * (f32_load(second) - ground), f32_splat(sky.lowest))
        return f32_select(elevation, ground, one, zero)
    look_up(sky, sky.high, position, first, second, part)
    ground = f32_max(f32_load(first), f32_splat(sky.lowest)) + size
    if not f32_any_above(ground, elevation):
        return one
    look_up(sky, sky.low, position, first, second, part)
    share = f32_max(f32_load(first), f32_splat(sky.lowest)) - size
    if not f32_any_above(elevation, share):
        return zero
    # entries per radius: the disc is wider in azimuth the higher it stands, of 360 to 57 deg
    step = f32_min(
        entries * size * f32_sqrt(u * u + level * level) / level,
        f32_splat(<float> sky.reach - <float> 0.5))
    return share_of(sky, elevation, position, step, size)


cdef inline void tally_share(const Tally* tally, f32xN share, float now) noexcept nogil:
    """Count an instant in."""
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0), at = f32_splat(now), held
    held = f32_select(share, zero, zero, f32_load(tally.now_hidden) + one)
    f32_store(tally.now_hidden, held)
    f32_store(tally.longest_hidden, f32_max(f32_load(tally.longest_hidden), held))
    held = f32_select(share, zero, f32_load(tally.now_seen) + one, zero)
    f32_store(tally.now_seen, held)
    f32_store(tally.longest_seen, f32_max(f32_load(tally.longest_seen), held))
    f32_store(tally.total, f32_load(tally.total) + share)
    f32_store(tally.seen, f32_load(tally.seen) + f32_select(share, zero, one, zero))
    held = f32_select(share, zero, at, f32_load(tally.last))
    f32_store(tally.last, held)
    held = f32_load(tally.first)
    # the first, where there was none
    held = f32_select(share, zero, f32_select(zero, held, at, held), held)
    f32_store(tally.first, held)


cdef inline void bound_table(Sky* sky) noexcept nogil:
    """Fill `low` and `high`: of the entries from `reach` before to `reach` + 1 after each."""
    cdef int a, b, k, last = sky.azimuths + 2 * sky.reach + 2
    cdef int lanes = F32_LANES
    cdef float low, high, value
    for a in range(last):
        for k in range(lanes):
            low = 1e30
            high = -1e30
            for b in range(max(0, a - sky.reach), min(last, a + sky.reach + 2)):
                value = sky.table[b * lanes + k]
                low = min(low, value)
                high = max(high, value)
            sky.low[a * lanes + k] = low
            sky.high[a * lanes + k] = high
    for k in range(lanes):
        sky.least[k] = 1e30
        sky.most[k] = sky.lowest
        for a in range(last):
            sky.least[k] = min(sky.least[k], sky.table[a * lanes + k])
            sky.most[k] = max(sky.most[k], sky.table[a * lanes + k])
        sky.least[k] = max(sky.least[k], sky.lowest)
