# exp, ln, the difference of two slopes and the tail of the normal distribution, lane by lane.
#
# + - * / and whole-number steps alone, so that every instruction set gives the same bits.

cdef extern from *:
    """
    /* x 2^k, x and the result normal, k the whole number in the last bits of 1.5 * 2^23 + k. */
    static inline f32xN f32_scaled(f32xN x, f32xN k)
    { return (f32xN)((u32xN)x + ((u32xN)k << 23)); }
    /* x = 2^k m with m between sqrt(1/2) and sqrt(2), of a normal x > 0. */
    static inline f32xN f32_exponent(f32xN x)
    { return __builtin_convertvector((((i32xN)x) - 0x3f3504f3) >> 23, f32xN); }
    static inline f32xN f32_mantissa(f32xN x)
    { i32xN k = (((i32xN)x) - 0x3f3504f3) >> 23;
      return (f32xN)((i32xN)x - k * (1 << 23)); }
    """
    f32xN f32_scaled(f32xN x, f32xN k) noexcept nogil
    f32xN f32_exponent(f32xN x) noexcept nogil
    f32xN f32_mantissa(f32xN x) noexcept nogil

cdef enum:
    MOST_SIGMAS = 9            # sigmas; Q there is 1e-19, and the product of two still normal


cdef inline f32xN clamp(f32xN x, float low, float high) noexcept nogil:
    """x cut to low .. high; low if x is NaN."""
    return f32_min(f32_max(x, f32_splat(low)), f32_splat(high))


cdef inline f32xN exp2_of(f32xN x) noexcept nogil:
    """2^x for |x| <= 125, to 1e-7 of itself and what x was rounded by."""
    # Adding 1.5 * 2^23 rounds to a whole number, which is then in the last bits.
    cdef f32xN large = f32_splat(12582912.0)
    cdef f32xN k = x + large, y
    x = x - (k - large)
    # Least greatest error of a polynomial of degree 5 for |x| <= 1/2: 7.5e-8.
    y = f32_splat(1.3276469057e-3) * x + f32_splat(9.6755413110e-3)
    y = y * x + f32_splat(5.5507132826e-2)
    y = y * x + f32_splat(2.4022119724e-1)
    y = y * x + f32_splat(6.9314696706e-1)
    return f32_scaled(y * x + f32_splat(1.0000000717), k)


cdef inline f32xN exp_of(f32xN x) noexcept nogil:
    """e^x for |x| <= 86, to (1 + |x|) 1e-7 of itself."""
    return exp2_of(x * f32_splat(1.44269504088896341))


cdef inline f32xN gaussian_of(f32xN x) noexcept nogil:
    """exp(-x^2 / 2) for |x| <= 13, to (1 + x^2) 1e-7 of itself."""
    return exp2_of(x * x * f32_splat(-0.72134752044448170))


cdef inline f32xN log_of(f32xN x) noexcept nogil:
    """ln of a normal x > 0, to 2e-7: Cephes' logf (Moshier)."""
    cdef f32xN k = f32_exponent(x), y, x2
    x = f32_mantissa(x) - f32_splat(1.0)
    x2 = x * x
    y = f32_splat(7.0376836292e-2) * x - f32_splat(1.1514610310e-1)
    y = y * x + f32_splat(1.1676998740e-1)
    y = y * x - f32_splat(1.2420140846e-1)
    y = y * x + f32_splat(1.4249322787e-1)
    y = y * x - f32_splat(1.6668057665e-1)
    y = y * x + f32_splat(2.0000714765e-1)
    y = y * x - f32_splat(2.4999993993e-1)
    y = y * x + f32_splat(3.3333331174e-1)
    y = y * x * x2 - k * f32_splat(2.12194440e-4) - f32_splat(0.5) * x2
    return (x + y) + k * f32_splat(0.693359375)


cdef inline f32xN tangent_difference(f32xN limit, f32xN degrees, float tangent) noexcept nogil:
    """tan(limit) - tan(degrees) of two slopes below 90 degrees, to 5e-7 of itself:

        tan a - tan b = (1 + tan^2 a) tan(a - b) / (1 + tan a tan(a - b)),

    with no loss where the two are nearly the same. Cephes' tanf (Moshier), inverted beyond 45.
    """
    cdef f32xN x, x2, y, above, below
    cdef f32xN half = f32_splat(45.0), one = f32_splat(1.0), zero = f32_splat(0.0)
    cdef f32xN difference = limit - degrees, size = f32_abs(difference)
    # 90 - d is exact where it is used.
    x = f32_min(size, f32_splat(90.0) - size) * f32_splat(0.0174532925199432958)
    x2 = x * x
    y = f32_splat(9.38540185543e-3) * x2 + f32_splat(3.11992232697e-3)
    y = y * x2 + f32_splat(2.44301354525e-2)
    y = y * x2 + f32_splat(5.34112807005e-2)
    y = y * x2 + f32_splat(1.33387994085e-1)
    y = y * x2 + f32_splat(3.33331568548e-1)
    y = y * x2 * x + x
    above = f32_select(size, half, one, y)
    below = f32_select(size, half, y, one)
    above = f32_select(difference, zero, above, zero - above)
    # 0 at 90 degrees, where the difference is beyond all measure.
    below = f32_max(below + f32_splat(tangent) * above, f32_splat(1e-12))
    return f32_splat(1.0 + tangent * tangent) * above / below


cdef inline f32xN normal_tail(f32xN x) noexcept nogil:
    """Q(x), the normal distribution beyond 0 <= x <= MOST_SIGMAS, to 1e-5 of itself.

    Q(x) = exp(-x^2 / 2) t P(t), t = 1 / (1 + 0.35 x), the polynomial fitted to 4e-7 of the value
    (least greatest error); the error left is that of x^2 / 2 in single precision.
    """
    cdef f32xN t = f32_splat(1.0) / (f32_splat(1.0) + f32_splat(0.35) * x), y
    y = f32_splat(4.6609677600e-2) * t + f32_splat(-1.9252547003e-1)
    y = y * t + f32_splat(2.2425421242e-1)
    y = y * t + f32_splat(-1.9868020564e-3)
    y = y * t + f32_splat(1.4797121807e-1)
    y = y * t + f32_splat(1.3580993911e-1)
    y = y * t + f32_splat(1.3986705113e-1)
    return gaussian_of(x) * (t * y)


cdef inline f32xN normal_cdf(f32xN z) noexcept nogil:
    """Phi(z), to 5e-7; beyond MOST_SIGMAS sigmas as there."""
    cdef f32xN tail
    z = clamp(z, -MOST_SIGMAS, MOST_SIGMAS)
    tail = normal_tail(f32_abs(z))
    return f32_select(z, f32_splat(0.0), f32_splat(1.0) - tail, tail)
