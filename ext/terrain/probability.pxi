"""How sure a safe stand is, cell by cell: the chance and the bound of farside.terrain.probability.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

What is NaN was not measured: its chance is 0, its bound 0. Unlike the kernels that measure, this
one is therefore built with NaN as it is.
"""

include "farside/ext/common/simd_f32.pxi"
include "normal.pxi"

from farside.ext.terrain.probability_limits cimport (
    DEVIATION, Fit, LEGS_RISE, LEGS_SLOPE, MARGINS, Odds,
)

cdef enum:
    MOST_LANES = 16


cdef struct Level:          # what one noise makes of the fits
    Floats per_sigma        # 1 / typical [1/m]
    Floats per_worst        # 1 / worst [1/m]
    Floats far_side         # of a deviation: Q(limit / worst)
    Floats scale[MARGINS]
    Floats bias[MARGINS]


cdef inline void set_level(
    const Odds* odds, Level* level, Floats typical, Floats worst, int first, int end
) noexcept nogil:
    """Read some of the fits at a noise [m]."""
    cdef Floats x
    cdef const Fit* fit
    cdef int m
    level.per_sigma = lanes_all(1.0) / typical
    level.per_worst = lanes_all(1.0) / worst
    if first == DEVIATION:
        level.far_side = tail_of(
            within(lanes_all(odds.roughness_m) * level.per_worst, 0.0, FARTHEST))
    x = log_of(typical / lanes_all(odds.roughness_m)) - lanes_all(odds.middle)
    x = within(x, odds.quietest, odds.noisiest)
    for m in range(first, end):
        fit = &odds.fits[m]
        level.scale[m] = exp_of(
            lanes_all(fit.scale) + x * (lanes_all(fit.scale_x) + x * lanes_all(fit.scale_xx)))
        level.bias[m] = lanes_all(fit.bias) + x * (lanes_all(fit.bias_x) + x * (
            lanes_all(fit.bias_xx) + x * lanes_all(fit.bias_xxx)))


cdef inline Floats held(const Odds* odds, const Level* level, int m, Floats margin) noexcept nogil:
    """Chance that a limit is truly held, of its margin in sigmas; beyond 60 as there."""
    cdef const Fit* fit = &odds.fits[m]
    cdef Floats zero = lanes_all(0.0)
    cdef Floats u = within(margin * level.scale[m], -60.0, 60.0) + level.bias[m]
    return normal_integral(
        u + lanes_all(fit.above) * lanes_max(u, zero)
        + lanes_all(fit.far) * lanes_max(u - lanes_all(1.5), zero)
        + lanes_all(fit.below) * lanes_min(u + lanes_all(1.0), zero))


cdef inline Floats any_of(float count, Floats chance) noexcept nogil:
    """Bound the chance of any of so many, each of `chance`; not limited to 1."""
    # What tail and bell may lack in single precision is put on top.
    return lanes_all(<float> 1.00002 * count) * chance


cdef inline Floats measured(Floats slope_deg, Floats height_m) noexcept nogil:
    """1 where both are numbers, 0 where either is NaN."""
    cdef Floats zero = lanes_all(0.0), least = lanes_all(-3e38)
    return lanes_pick(slope_deg, least, lanes_pick(height_m, least, lanes_all(1.0), zero), zero)


cdef inline void judge_disc(
    const Odds* odds, const Level* level, const float* slope_deg, const float* roughness_m,
    float* chance, float* bound
) noexcept nogil:
    """Chance and bound that discs are within both limits."""
    cdef Floats zero = lanes_all(0.0), one = lanes_all(1.0)
    cdef Floats slope = lanes_load(slope_deg), rough = lanes_load(roughness_m)
    cdef Floats known = measured(slope, rough), flat, room, t, likely, failure
    if not lanes_any_above(known, zero):
        lanes_store(chance, zero)
        lanes_store(bound, zero)
        return
    flat = tangents_apart(
        lanes_all(odds.slope_deg), slope, odds.slope) * lanes_all(odds.disc_arm_m)
    room = lanes_all(odds.roughness_m) - rough
    likely = normal_integral(flat * level.per_sigma) * held(
        odds, level, DEVIATION, room * level.per_sigma)
    t = within(flat * level.per_worst, 0.0, 13.0)
    failure = any_of(1, bell_of(t)) + any_of(odds.cells, level.far_side + tail_of(
        within(room * level.per_worst, 0.0, FARTHEST)))
    lanes_store(chance, lanes_pick(known, zero, likely, zero))
    lanes_store(bound, lanes_pick(known, zero, lanes_max(one - failure, zero), zero))


cdef inline void judge_legs(
    const Odds* odds, const Level* level, const float* slope_deg, const float* rise_m,
    float* chance, float* bound
) noexcept nogil:
    """Join the legs to chance and bound of the discs."""
    cdef Floats zero = lanes_all(0.0), one = lanes_all(1.0)
    cdef Floats slope = lanes_load(slope_deg), rise = lanes_load(rise_m)
    cdef Floats known = measured(slope, rise), flat, room, legs, disc, both, failure
    if not lanes_any_above(known, zero):
        lanes_store(chance, zero)
        lanes_store(bound, zero)
        return
    flat = tangents_apart(lanes_all(odds.slope_deg), slope, odds.slope)
    room = lanes_all(odds.belly_m) - rise
    legs = held(
        odds, level, LEGS_SLOPE, flat * lanes_all(odds.legs_radius_m) * level.per_sigma
    ) * held(odds, level, LEGS_RISE, room * level.per_sigma)
    disc = lanes_load(chance)
    # Two roots, for the product of all four may be too small for a float.
    both = disc * legs + lanes_all(odds.together) * (
        lanes_sqrt(disc * (one - disc)) * lanes_sqrt(legs * (one - legs)))
    flat = within(flat * lanes_all(odds.legs_arm_m) * level.per_worst, 0.0, 13.0)
    room = within(room * lanes_all(odds.legs_share) * level.per_worst, 0.0, FARTHEST)
    failure = any_of(odds.legs_planes, bell_of(flat)) + any_of(odds.legs_rises, tail_of(room))
    lanes_store(chance, lanes_pick(known, zero, within(both, 0.0, 1.0), zero))
    lanes_store(
        bound, lanes_pick(known, zero, lanes_max(lanes_load(bound) - failure, zero), zero))


cdef inline void judge_noise(
    const Odds* odds, Level* level, bint legs, Floats typical, Floats worst
) noexcept nogil:
    """Read what disc or legs need of the fits."""
    if legs:
        set_level(odds, level, typical, worst, LEGS_SLOPE, MARGINS)
    else:
        set_level(odds, level, typical, worst, DEVIATION, LEGS_SLOPE)


cdef inline void judge(
    const Odds* odds, const Level* level, bint legs, const float* slope_deg, const float* height_m,
    float* chance, float* bound
) noexcept nogil:
    """Judge as many discs, or legs, as there are lanes."""
    if legs:
        judge_legs(odds, level, slope_deg, height_m, chance, bound)
    else:
        judge_disc(odds, level, slope_deg, height_m, chance, bound)


cdef inline void judge_all(
    const Odds* odds, bint legs, Py_ssize_t n, const float* slope, const float* height,
    const float* typical, const float* worst, bint many, float* chance, float* bound
) noexcept nogil:
    """Take the cells by lanes; the last few with copies of what is left."""
    cdef Level level
    cdef Py_ssize_t group, at
    cdef int lane, left = n % LANES, k
    cdef float spare[6][MOST_LANES]
    set_level(odds, &level, lanes_all(typical[0]), lanes_all(worst[0]), 0, MARGINS)
    for group in range(n // LANES):
        at = group * LANES
        if many:
            judge_noise(
                odds, &level, legs, lanes_load(typical + at), lanes_load(worst + at))
        judge(odds, &level, legs, slope + at, height + at, chance + at, bound + at)
    if left == 0:
        return
    at = n - left
    for lane in range(LANES):
        # Beyond the last cell, the last cell again.
        k = min(lane, left - 1)
        spare[0][lane] = slope[at + k]
        spare[1][lane] = height[at + k]
        spare[2][lane] = typical[at + k if many else 0]
        spare[3][lane] = worst[at + k if many else 0]
        spare[4][lane] = chance[at + k]
        spare[5][lane] = bound[at + k]
    judge_noise(odds, &level, legs, lanes_load(spare[2]), lanes_load(spare[3]))
    judge(odds, &level, legs, spare[0], spare[1], spare[4], spare[5])
    for lane in range(left):
        chance[at + lane] = spare[4][lane]
        bound[at + lane] = spare[5][lane]
