# exp, ln, the tangent of a slope and the tail of the normal distribution, lane by lane.
#
# + - * / and whole-number steps alone, so that every instruction set gives the same bits.

cdef extern from *:
    """
    /* 2^k of a whole k between -126 and 127. */
    static inline Floats lanes_power_of_two(Floats k)
    { return (Floats)((__builtin_convertvector(k, SignedWords) + 127) << 23); }
    /* x = 2^k m with m between sqrt(1/2) and sqrt(2), of a normal x > 0. */
    static inline Floats lanes_exponent(Floats x)
    { return __builtin_convertvector((((SignedWords)x) - 0x3f3504f3) >> 23, Floats); }
    static inline Floats lanes_mantissa(Floats x)
    { SignedWords k = (((SignedWords)x) - 0x3f3504f3) >> 23;
      return (Floats)((SignedWords)x - k * (1 << 23)); }
    """
    Floats lanes_power_of_two(Floats k) noexcept nogil
    Floats lanes_exponent(Floats x) noexcept nogil
    Floats lanes_mantissa(Floats x) noexcept nogil

cdef enum:
    FARTHEST = 9            # sigmas; Q there is 1e-19, and the product of two still normal


cdef inline Floats within(Floats x, float low, float high) noexcept nogil:
    """x cut to low .. high; low if x is NaN."""
    return lanes_min(lanes_max(x, lanes_all(low)), lanes_all(high))


cdef inline Floats exp_of(Floats x) noexcept nogil:
    """e^x for |x| <= 85, the ends beyond, to 2e-7: Cephes' expf (Moshier)."""
    cdef Floats k, y
    # Adding and taking away 1.5 * 2^23 rounds to a whole number.
    cdef Floats large = lanes_all(12582912.0)
    x = within(x, -85.0, 85.0)
    k = (x * lanes_all(1.44269504088896341) + large) - large
    # ln 2 in two parts: k times the first is exact.
    x = (x - k * lanes_all(0.693359375)) + k * lanes_all(2.12194440e-4)
    y = lanes_all(1.9875691500e-4) * x + lanes_all(1.3981999507e-3)
    y = y * x + lanes_all(8.3334519073e-3)
    y = y * x + lanes_all(4.1665795894e-2)
    y = y * x + lanes_all(1.6666665459e-1)
    y = y * x + lanes_all(5.0000001201e-1)
    return (y * (x * x) + x + lanes_all(1.0)) * lanes_power_of_two(k)


cdef inline Floats log_of(Floats x) noexcept nogil:
    """ln of a normal x > 0, to 2e-7: Cephes' logf (Moshier)."""
    cdef Floats k = lanes_exponent(x), y, x2
    x = lanes_mantissa(x) - lanes_all(1.0)
    x2 = x * x
    y = lanes_all(7.0376836292e-2) * x - lanes_all(1.1514610310e-1)
    y = y * x + lanes_all(1.1676998740e-1)
    y = y * x - lanes_all(1.2420140846e-1)
    y = y * x + lanes_all(1.4249322787e-1)
    y = y * x - lanes_all(1.6668057665e-1)
    y = y * x + lanes_all(2.0000714765e-1)
    y = y * x - lanes_all(2.4999993993e-1)
    y = y * x + lanes_all(3.3333331174e-1)
    y = y * x * x2 - k * lanes_all(2.12194440e-4) - lanes_all(0.5) * x2
    return (x + y) + k * lanes_all(0.693359375)


cdef inline Floats tangent_of(Floats degrees) noexcept nogil:
    """tan of 0 .. 90 degrees, to 3e-7 of itself: Cephes' tanf (Moshier), inverted beyond 45."""
    cdef Floats x, x2, y
    cdef Floats half = lanes_all(45.0), one = lanes_all(1.0)
    # 90 - d is exact where it is used.
    x = lanes_min(degrees, lanes_all(90.0) - degrees) * lanes_all(0.0174532925199432958)
    x2 = x * x
    y = lanes_all(9.38540185543e-3) * x2 + lanes_all(3.11992232697e-3)
    y = y * x2 + lanes_all(2.44301354525e-2)
    y = y * x2 + lanes_all(5.34112807005e-2)
    y = y * x2 + lanes_all(1.33387994085e-1)
    y = y * x2 + lanes_all(3.33331568548e-1)
    y = y * x2 * x + x
    return lanes_pick(degrees, half, one, y) / lanes_pick(degrees, half, y, one)


cdef inline Floats tail_of(Floats x) noexcept nogil:
    """Q(x), the normal distribution beyond 0 <= x <= FARTHEST, to 1e-5 of itself.

    Q(x) = exp(-x^2 / 2) t P(t), t = 1 / (1 + 0.3 x), the polynomial fitted to 5e-8 of the value
    (least greatest error); the error left is that of x^2 / 2 in single precision.
    """
    cdef Floats t = lanes_all(1.0) / (lanes_all(1.0) + lanes_all(0.3) * x), y
    y = lanes_all(3.7535870780e-2) * t + lanes_all(-1.6502039130e-1)
    y = y * t + lanes_all(2.1997265524e-1)
    y = y * t + lanes_all(-6.6404039220e-2)
    y = y * t + lanes_all(1.3542104210e-1)
    y = y * t + lanes_all(9.7783644439e-2)
    y = y * t + lanes_all(1.2110575485e-1)
    y = y * t + lanes_all(1.1960548797e-1)
    return exp_of(lanes_all(-0.5) * x * x) * (t * y)


cdef inline Floats normal_integral(Floats z) noexcept nogil:
    """Phi(z), to 4e-7; beyond FARTHEST sigmas as there."""
    cdef Floats tail
    z = within(z, -FARTHEST, FARTHEST)
    tail = tail_of(lanes_abs(z))
    return lanes_pick(z, lanes_all(0.0), lanes_all(1.0) - tail, tail)
