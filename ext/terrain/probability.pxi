"""Probability of safe contact, cell by cell, and its bound: farside.terrain.probability.

Built three times, for plain x86-64, AVX2 and AVX-512, from this one source, with the same bits.

    symbol              name                    what
    sigma               1 / noise.per_sigma     typical noise of a height [m]
    worst               1 / noise.per_worst     its bound [m]
    L, D                                        limit and measured greatest deviation [m]
    a, b                flat, margin            margins of the legs' slope (tangents) and rise [m]
    n                   model.cells             cells under the footprint
    N, M                legs_planes, _rises     support planes that may tilt, rises that may grow
    u, z                u                       argument of the normal integral, see Margin
    Phi, Q              normal_cdf, normal_tail
    d, l                disc, legs              probability that disc, legs are within limits
    rho                 model.correlation       of the two
    t                   t                       margin of the slope in its own 1-sigma
    s                   tilt2, belly_sigma_m    1-sigma of rest tilt (tangent) and of belly [m]

The bound is one less theory (8.6).

A mask is a vector of one number per lane (cell), 1 or 0. `known` holds 1 where both measured
numbers are numbers; where it holds 0 the probability is 0 and the bound 0. Unlike the kernels that
measure, this one is therefore built with NaN as it is.
"""

include "farside/ext/common/simd_f32.pxi"
include "normal.pxi"

from farside.ext.terrain.probability_model cimport (
    CellMaps, DEVIATION, Fit, LEGS_RISE, LEGS_SLOPE, MARGINS, ProbabilityModel,
)

cdef enum:
    MOST_LANES = 16


cdef struct FittedNoise:    # what one noise makes of the fits
    f32xN per_sigma         # 1 / typical [1/m]
    f32xN per_worst         # 1 / worst [1/m]
    f32xN far_side          # of a deviation: Q(limit / worst)
    f32xN scale[MARGINS]
    f32xN bias[MARGINS]


cdef inline void fit_noise(
    const ProbabilityModel* model, FittedNoise* noise, f32xN typical, f32xN worst, int first,
    int end
) noexcept nogil:
    """Read the fits from `first` to `end` at a noise [m]."""
    cdef f32xN x
    cdef const Fit* fit
    cdef int m
    noise.per_sigma = f32_splat(1.0) / typical
    noise.per_worst = f32_splat(1.0) / worst
    if first == DEVIATION:
        noise.far_side = normal_tail(
            clamp(f32_splat(model.roughness_m) * noise.per_worst, 0.0, MOST_SIGMAS))
    # x = ln(sigma / limit) less the middle of the noises fitted
    x = log_of(typical / f32_splat(model.roughness_m)) - f32_splat(model.noise_middle)
    x = clamp(x, model.noise_least, model.noise_most)
    for m in range(first, end):
        fit = &model.fits[m]
        noise.scale[m] = exp_of(
            f32_splat(fit.scale) + x * (f32_splat(fit.scale_x) + x * f32_splat(fit.scale_xx)))
        noise.bias[m] = f32_splat(fit.bias) + x * (f32_splat(fit.bias_x) + x * (
            f32_splat(fit.bias_xx) + x * f32_splat(fit.bias_xxx)))


cdef inline f32xN margin_probability(
    const ProbabilityModel* model, const FittedNoise* noise, int m, f32xN margin
) noexcept nogil:
    """Return the probability that a limit is truly met, of its margin in sigmas; 60 at most.

        u = margin scale + bias,
        z = u + above max(0, u) + far max(0, u - 1.5) + below min(0, u + 1).
    """
    cdef const Fit* fit = &model.fits[m]
    cdef f32xN zero = f32_splat(0.0)
    cdef f32xN u = clamp(margin * noise.scale[m], -60.0, 60.0) + noise.bias[m]
    return normal_cdf(
        u + f32_splat(fit.above) * f32_max(u, zero)
        + f32_splat(fit.far) * f32_max(u - f32_splat(1.5), zero)
        + f32_splat(fit.below) * f32_min(u + f32_splat(1.0), zero))


cdef inline f32xN spread_probability(
    const ProbabilityModel* model, const FittedNoise* noise, int m, f32xN margin, f32xN spread
) noexcept nogil:
    """Return the same where the touchdown adds a normal error of its own, `spread` sigmas.

    u, f(u) = z as of `margin_probability`; h = f(u) / u is the sigma that the fit makes of u, so

        z = u h / sqrt(1 + (h spread scale)^2),

    which is f(u) without spread and u / (spread scale) where the spread is all there is.
    """
    cdef const Fit* fit = &model.fits[m]
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0), least = f32_splat(1e-6)
    cdef f32xN u = clamp(margin * noise.scale[m], -1e12, 1e12) + noise.bias[m]
    cdef f32xN per = f32_select(
        u, zero, one / f32_max(u, least), zero - one / f32_max(zero - u, least))
    cdef f32xN h = one + f32_select(u, zero, f32_splat(fit.above), zero) + per * (
        f32_splat(fit.far) * f32_max(u - f32_splat(1.5), zero)
        + f32_splat(fit.below) * f32_min(u + one, zero))
    cdef f32xN wide = h * clamp(spread * noise.scale[m], 0.0, 1e12)
    return normal_cdf(u * h / f32_sqrt(one + wide * wide))


cdef inline f32xN union_bound(float count, f32xN probability) noexcept nogil:
    """Bound the probability of any of `count` events, each of `probability`; not limited to 1."""
    # What tail and bell may lack in single precision is put on top.
    return f32_splat(<float> 1.00002 * count) * probability


cdef inline f32xN is_measured(f32xN slope_deg, f32xN height_m) noexcept nogil:
    """Return 1 where both are numbers, 0 where either is NaN."""
    cdef f32xN zero = f32_splat(0.0), least = f32_splat(-3e38)
    return f32_select(slope_deg, least, f32_select(height_m, least, f32_splat(1.0), zero), zero)


cdef inline void assess_disc(
    const ProbabilityModel* model, const FittedNoise* noise, const float* slope_deg,
    const float* roughness_m, float* probability, float* bound
) noexcept nogil:
    """Write probability and bound that discs are within both limits.

        d = Phi(slope margin) P(deviation),
        1 - bound = exp(-t^2 / 2) + n [Q((L - D) / worst) + Q(L / worst)].
    """
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0)
    cdef f32xN slope = f32_load(slope_deg), rough = f32_load(roughness_m)
    cdef f32xN known = is_measured(slope, rough), flat, margin, t, disc, failure
    if not f32_any_above(known, zero):
        f32_store(probability, zero)
        f32_store(bound, zero)
        return
    flat = tangent_difference(
        f32_splat(model.slope_deg), slope, model.slope) * f32_splat(model.disc_arm_m)
    margin = f32_splat(model.roughness_m) - rough
    disc = normal_cdf(flat * noise.per_sigma) * margin_probability(
        model, noise, DEVIATION, margin * noise.per_sigma)
    t = clamp(flat * noise.per_worst, 0.0, 13.0)
    failure = union_bound(1, gaussian_of(t)) + union_bound(
        model.cells, noise.far_side + normal_tail(
            clamp(margin * noise.per_worst, 0.0, MOST_SIGMAS)))
    f32_store(probability, f32_select(known, zero, disc, zero))
    f32_store(bound, f32_select(known, zero, f32_max(one - failure, zero), zero))


cdef inline f32xN bound_arm(f32xN per_sigma, f32xN square) noexcept nogil:
    """Return 1 / sigma of the sum of two normal errors, of 1 / sigma and the other's square."""
    cdef f32xN one = f32_splat(1.0), noisy = one / per_sigma
    return one / f32_sqrt(noisy * noisy + square)


cdef inline void assess_legs(
    const ProbabilityModel* model, const FittedNoise* noise, const float* slope_deg,
    const float* rise_m, float* probability, float* bound
) noexcept nogil:
    """Join the legs to probability and bound of the discs.

        l = P(slope) P(rise),   d l + rho sqrt(d (1 - d) l (1 - l)),
        1 - bound = that of the disc + N exp(-(a / (tilt worst))^2 / 2) + M Q(b / (lift worst)),

    the right side of theory (8.6).

    Where the touchdown has errors of its own, their squares come to those of the noise:

        s^2 = rest_tilt^2 + (rest_per_slope tan(slope))^2,   belly_sigma^2.
    """
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0)
    cdef f32xN slope = f32_load(slope_deg), rise = f32_load(rise_m)
    cdef f32xN known = is_measured(slope, rise), flat, margin, legs, disc, both, failure, tilt2
    if not f32_any_above(known, zero):
        f32_store(probability, zero)
        f32_store(bound, zero)
        return
    flat = tangent_difference(f32_splat(model.slope_deg), slope, model.slope)
    margin = f32_splat(model.belly_m) - rise
    if model.yields:
        tilt2 = f32_splat(model.rest_per_slope) * (f32_splat(model.slope) - flat)
        tilt2 = f32_splat(model.rest_tilt * model.rest_tilt) + tilt2 * tilt2
        legs = spread_probability(
            model, noise, LEGS_SLOPE, flat * f32_splat(model.legs_radius_m) * noise.per_sigma,
            f32_sqrt(tilt2) * f32_splat(model.legs_radius_m) * noise.per_sigma
        ) * spread_probability(
            model, noise, LEGS_RISE, margin * noise.per_sigma,
            f32_splat(model.belly_sigma_m) * noise.per_sigma)
    else:
        legs = margin_probability(
            model, noise, LEGS_SLOPE, flat * f32_splat(model.legs_radius_m) * noise.per_sigma
        ) * margin_probability(model, noise, LEGS_RISE, margin * noise.per_sigma)
    disc = f32_load(probability)
    # Two roots, for the product of all four may be too small for a float.
    both = disc * legs + f32_splat(model.correlation) * (
        f32_sqrt(disc * (one - disc)) * f32_sqrt(legs * (one - legs)))
    if model.yields:
        flat = flat * bound_arm(f32_splat(model.legs_arm_m) * noise.per_worst, tilt2)
        margin = margin * bound_arm(
            f32_splat(model.legs_per_lift) * noise.per_worst,
            f32_splat(model.belly_sigma_m * model.belly_sigma_m))
        flat = clamp(flat, 0.0, 13.0)
        margin = clamp(margin, 0.0, MOST_SIGMAS)
    else:
        flat = clamp(flat * f32_splat(model.legs_arm_m) * noise.per_worst, 0.0, 13.0)
        margin = clamp(
            margin * f32_splat(model.legs_per_lift) * noise.per_worst, 0.0, MOST_SIGMAS)
    failure = union_bound(model.legs_planes, gaussian_of(flat)) + union_bound(
        model.legs_rises, normal_tail(margin))
    f32_store(probability, f32_select(known, zero, clamp(both, 0.0, 1.0), zero))
    f32_store(
        bound, f32_select(known, zero, f32_max(f32_load(bound) - failure, zero), zero))


cdef inline void fit_part(
    const ProbabilityModel* model, FittedNoise* noise, bint legs, f32xN typical, f32xN worst
) noexcept nogil:
    """Read what disc or legs need of the fits."""
    if legs:
        fit_noise(model, noise, typical, worst, LEGS_SLOPE, MARGINS)
    else:
        fit_noise(model, noise, typical, worst, DEVIATION, LEGS_SLOPE)


cdef inline void assess_lanes(
    const ProbabilityModel* model, const FittedNoise* noise, bint legs, const CellMaps* maps,
    Py_ssize_t at
) noexcept nogil:
    """Assess as many discs, or legs, as there are lanes, from cell `at` on."""
    if legs:
        assess_legs(
            model, noise, maps.slope_deg + at, maps.height_m + at, maps.probability + at,
            maps.bound + at)
    else:
        assess_disc(
            model, noise, maps.slope_deg + at, maps.height_m + at, maps.probability + at,
            maps.bound + at)


cdef inline void assess_rest(
    const ProbabilityModel* model, FittedNoise* noise, bint legs, const CellMaps* maps, int rest
) noexcept nogil:
    """Assess the last cells, fewer than there are lanes, with copies of the last one beyond it."""
    cdef CellMaps copies
    cdef float buffer[6][MOST_LANES]
    cdef Py_ssize_t at = maps.cells - rest
    cdef int lane, k
    for lane in range(F32_LANES):
        k = min(lane, rest - 1)
        buffer[0][lane] = maps.slope_deg[at + k]
        buffer[1][lane] = maps.height_m[at + k]
        buffer[2][lane] = maps.typical_m[at + k if maps.noise_per_cell else 0]
        buffer[3][lane] = maps.worst_m[at + k if maps.noise_per_cell else 0]
        buffer[4][lane] = maps.probability[at + k]
        buffer[5][lane] = maps.bound[at + k]
    copies.slope_deg = buffer[0]
    copies.height_m = buffer[1]
    copies.probability = buffer[4]
    copies.bound = buffer[5]
    fit_part(model, noise, legs, f32_load(buffer[2]), f32_load(buffer[3]))
    assess_lanes(model, noise, legs, &copies, 0)
    for lane in range(rest):
        maps.probability[at + lane] = buffer[4][lane]
        maps.bound[at + lane] = buffer[5][lane]


cdef inline void assess_cells(
    const ProbabilityModel* model, bint legs, const CellMaps* maps
) noexcept nogil:
    """Write probability and bound of every disc, or join the legs to them."""
    cdef FittedNoise noise
    cdef Py_ssize_t group, at
    fit_noise(
        model, &noise, f32_splat(maps.typical_m[0]), f32_splat(maps.worst_m[0]), 0, MARGINS)
    for group in range(maps.cells // F32_LANES):
        at = group * F32_LANES
        if maps.noise_per_cell:
            fit_part(
                model, &noise, legs, f32_load(maps.typical_m + at), f32_load(maps.worst_m + at))
        assess_lanes(model, &noise, legs, maps, at)
    if maps.cells % F32_LANES:
        assess_rest(model, &noise, legs, maps, maps.cells % F32_LANES)
