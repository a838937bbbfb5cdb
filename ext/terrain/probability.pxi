"""How sure a safe stand is, cell by cell: the chance and the bound of farside.terrain.probability.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

What is NaN was not measured: its chance is 0, its bound 0. Unlike the kernels that measure, this
one is therefore built with NaN as it is.
"""

include "farside/ext/common/simd_f32.pxi"
include "normal.pxi"

cimport cython

cdef enum:
    DEVIATION = 0           # of the margins fitted
    LEGS_SLOPE = 1
    LEGS_RISE = 2
    MARGINS = 3
    MOST_LANES = 16


cdef struct Fit:            # farside.terrain.probability.Margin, field by field
    float scale
    float scale_x
    float scale_xx
    float bias
    float bias_x
    float bias_xx
    float bias_xxx
    float above
    float far
    float below


cdef struct Odds:           # farside.ext.terrain.probability.OddsLayout
    float slope_deg
    float slope             # tangent
    float roughness_m
    float belly_m
    float disc_arm_m        # 1 / tilt of the disc's plane per metre of noise
    float legs_radius_m
    float legs_arm_m        # 1 / tilt of a resting plane per metre of noise
    float legs_planes       # that may tilt
    float legs_share        # 1 / lift
    float legs_rises        # that may grow
    float cells
    Fit fits[MARGINS]
    float middle
    float quietest
    float noisiest
    float together


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


@cython.final
@cython.auto_pickle(False)
cdef class OddsKernel:
    """Chances and bounds under one set of limits and fits.

    Parameters
    ----------
    layout
        An OddsLayout of farside.ext.terrain.probability.
    """

    cdef Odds c
    cdef unsigned short slope_bit
    cdef unsigned short rough_bit
    cdef unsigned short unseen_bit
    cdef unsigned short edge_bit
    cdef unsigned short stand_slope_bit
    cdef unsigned short belly_bit
    cdef unsigned short unsure_bit

    def __init__(self, layout):
        cdef int m
        cdef Fit* fit
        self.c.slope_deg = layout.slope_limit_deg
        self.c.slope = layout.slope_limit
        self.c.roughness_m = layout.roughness_limit_m
        self.c.belly_m = layout.belly_clearance_m
        self.c.disc_arm_m = 1.0 / layout.disc_tilt_per_m
        self.c.legs_radius_m = layout.legs_radius_m
        self.c.legs_arm_m = 1.0 / layout.legs_tilt[0]
        self.c.legs_planes = layout.legs_tilt[1]
        self.c.legs_share = 1.0 / layout.legs_lift[0]
        self.c.legs_rises = layout.legs_lift[1]
        self.c.cells = layout.cells
        for m in range(MARGINS):
            fit = &self.c.fits[m]
            (
                fit.scale, fit.scale_x, fit.scale_xx,
                fit.bias, fit.bias_x, fit.bias_xx, fit.bias_xxx,
                fit.above, fit.far, fit.below,
            ) = layout.margins[m]
        self.c.middle, self.c.quietest, self.c.noisiest = layout.noise_levels
        self.c.together = layout.together
        (
            self.slope_bit, self.rough_bit, self.unseen_bit, self.edge_bit,
            self.stand_slope_bit, self.belly_bit, self.unsure_bit,
        ) = layout.bits

    cdef void _judge(
        self, bint legs, Py_ssize_t n, const float* slope, const float* height,
        const float* typical, const float* worst, bint many, float* chance, float* bound
    ) noexcept nogil:
        """Take the cells by lanes; the last few with copies of what is left."""
        cdef Level level
        cdef Py_ssize_t group, at
        cdef int lane, left = n % LANES, k
        cdef float spare[6][MOST_LANES]
        set_level(&self.c, &level, lanes_all(typical[0]), lanes_all(worst[0]), 0, MARGINS)
        for group in range(n // LANES):
            at = group * LANES
            if many:
                judge_noise(
                    &self.c, &level, legs, lanes_load(typical + at), lanes_load(worst + at))
            judge(&self.c, &level, legs, slope + at, height + at, chance + at, bound + at)
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
        judge_noise(&self.c, &level, legs, lanes_load(spare[2]), lanes_load(spare[3]))
        judge(&self.c, &level, legs, spare[0], spare[1], spare[4], spare[5])
        for lane in range(left):
            chance[at + lane] = spare[4][lane]
            bound[at + lane] = spare[5][lane]

    def disc(
        self,
        const float[:, ::1] slope_deg,
        const float[:, ::1] roughness_m,
        const unsigned char[:, ::1] state,
        const float[:, ::1] typical_m,
        const float[:, ::1] worst_m,
        float[:, ::1] chance,
        float[:, ::1] bound,
        unsigned short[:, ::1] reasons,
    ):
        """Write chance, bound and reasons of the discs.

        All are maps of one shape, but typical_m and worst_m may be (1, 1): one for all cells.
        """
        cdef Py_ssize_t n = slope_deg.shape[0] * slope_deg.shape[1], k
        check_shapes(
            slope_deg, (roughness_m, state, chance, bound, reasons), (typical_m, worst_m))
        if n == 0:
            return
        cdef bint many = typical_m.shape[0] * typical_m.shape[1] > 1
        cdef const float* slope = &slope_deg[0, 0]
        cdef const float* rough = &roughness_m[0, 0]
        cdef const unsigned char* seen = &state[0, 0]
        cdef unsigned short* out = &reasons[0, 0]
        # Copies: what is written could be the members for all the compiler knows.
        cdef float steepest = self.c.slope_deg, roughest = self.c.roughness_m
        cdef unsigned short steep_bit = self.slope_bit, rough_bit = self.rough_bit
        cdef unsigned short unseen_bit = self.unseen_bit, edge_bit = self.edge_bit
        with nogil:
            self._judge(
                False, n, slope, rough, &typical_m[0, 0], &worst_m[0, 0], many,
                &chance[0, 0], &bound[0, 0])
            # NaN is above no limit: where a footprint is not whole only its state speaks.
            for k in range(n):
                out[k] = (
                    (steep_bit if slope[k] > steepest else 0)
                    | (rough_bit if rough[k] > roughest else 0)
                    | (unseen_bit if seen[k] == 1 else 0)
                    | (edge_bit if seen[k] == 2 else 0)
                )

    def choose(
        self,
        const unsigned char[:, ::1] inside,
        const unsigned char[:, ::1] known,
        const float[:, ::1] chance,
        double least_chance,
        unsigned short[:, ::1] reasons,
        unsigned char[:, ::1] wanted,
    ):
        """Mark where legs are off the map or over unseen ground; tell where else to look at them.

        Wanted are the cells whose chance of a safe disc is above least_chance.
        """
        cdef Py_ssize_t i, j
        check_shapes(chance, (inside, known, reasons, wanted), ())
        cdef float least = <float> least_chance
        cdef unsigned short unseen_bit = self.unseen_bit, edge_bit = self.edge_bit, why
        cdef unsigned short missing = unseen_bit | edge_bit
        cdef bint blank
        with nogil:
            for i in range(chance.shape[0]):
                for j in range(chance.shape[1]):
                    why = unseen_bit if inside[i, j] else edge_bit
                    blank = (reasons[i, j] & missing) != 0
                    reasons[i, j] |= 0 if blank | (known[i, j] != 0) else why
                    wanted[i, j] = (not blank) & (known[i, j] != 0) & (chance[i, j] > least)

    def legs(
        self,
        const float[:, ::1] slope_deg,
        const float[:, ::1] rise_m,
        const float[:, ::1] typical_m,
        const float[:, ::1] worst_m,
        float[:, ::1] chance,
        float[:, ::1] bound,
        unsigned short[:, ::1] reasons,
    ):
        """Join the legs at their worst heading to chance, bound and reasons of the discs."""
        cdef Py_ssize_t n = slope_deg.shape[0] * slope_deg.shape[1], k
        check_shapes(slope_deg, (rise_m, chance, bound, reasons), (typical_m, worst_m))
        if n == 0:
            return
        cdef bint many = typical_m.shape[0] * typical_m.shape[1] > 1
        cdef const float* slope = &slope_deg[0, 0]
        cdef const float* rise = &rise_m[0, 0]
        cdef unsigned short* out = &reasons[0, 0]
        cdef float steepest = self.c.slope_deg, highest = self.c.belly_m
        cdef unsigned short steep_bit = self.stand_slope_bit, belly_bit = self.belly_bit
        with nogil:
            self._judge(
                True, n, slope, rise, &typical_m[0, 0], &worst_m[0, 0], many,
                &chance[0, 0], &bound[0, 0])
            for k in range(n):
                out[k] |= (
                    (steep_bit if slope[k] > steepest else 0)
                    | (belly_bit if rise[k] > highest else 0)
                )

    def doubt(
        self,
        const float[:, ::1] probability,
        double least_probability,
        unsigned short[:, ::1] reasons,
    ):
        """Mark as unsure what is known, but less probable than asked for."""
        cdef Py_ssize_t i, j
        check_shapes(probability, (reasons,), ())
        cdef float least = <float> least_probability
        cdef unsigned short missing = self.unseen_bit | self.edge_bit, bit = self.unsure_bit
        with nogil:
            for i in range(probability.shape[0]):
                for j in range(probability.shape[1]):
                    reasons[i, j] |= bit if (
                        (probability[i, j] < least) & ((reasons[i, j] & missing) == 0)
                    ) else 0


def check_shapes(first, maps, noises):
    """Refuse maps of another shape than the first, and noises of another than that or one cell."""
    shape = tuple(first.shape)
    if any(tuple(a.shape) != shape for a in maps):
        raise ValueError(f"every map must be {shape[0]} x {shape[1]} cells")
    sizes = {tuple(a.shape) for a in noises}
    if len(sizes) > 1 or not sizes <= {(1, 1), shape}:
        raise ValueError(f"both noises must be {shape[0]} x {shape[1]} cells, or one")
