# exp, ln, the difference of two slopes and the tail of the normal distribution, lane by lane.
#
# + - * / and whole-number steps alone, so that every instruction set gives the same bits.

cdef extern from *:
    """
    /* x 2^k, x and the result normal, k the whole number in the last bits of 1.5 * 2^23 + k. */
    static inline Floats lanes_scaled(Floats x, Floats k)
    { return (Floats)((Words)x + ((Words)k << 23)); }
    /* x = 2^k m with m between sqrt(1/2) and sqrt(2), of a normal x > 0. */
    static inline Floats lanes_exponent(Floats x)
    { return __builtin_convertvector((((SignedWords)x) - 0x3f3504f3) >> 23, Floats); }
    static inline Floats lanes_mantissa(Floats x)
    { SignedWords k = (((SignedWords)x) - 0x3f3504f3) >> 23;
      return (Floats)((SignedWords)x - k * (1 << 23)); }
    """
    Floats lanes_scaled(Floats x, Floats k) noexcept nogil
    Floats lanes_exponent(Floats x) noexcept nogil
    Floats lanes_mantissa(Floats x) noexcept nogil

cdef enum:
    FARTHEST = 9            # sigmas; Q there is 1e-19, and the product of two still normal


cdef inline Floats within(Floats x, float low, float high) noexcept nogil:
    """x cut to low .. high; low if x is NaN."""
    return lanes_min(lanes_max(x, lanes_all(low)), lanes_all(high))


cdef inline Floats power_of_two(Floats x) noexcept nogil:
    """2^x for |x| <= 125, to 1e-7 of itself and what x was rounded by."""
    # Adding 1.5 * 2^23 rounds to a whole number, which is then in the last bits.
    cdef Floats large = lanes_all(12582912.0)
    cdef Floats k = x + large, y
    x = x - (k - large)
    # Least greatest error of a polynomial of degree 5 for |x| <= 1/2: 7.5e-8.
    y = lanes_all(1.3276469057e-3) * x + lanes_all(9.6755413110e-3)
    y = y * x + lanes_all(5.5507132826e-2)
    y = y * x + lanes_all(2.4022119724e-1)
    y = y * x + lanes_all(6.9314696706e-1)
    return lanes_scaled(y * x + lanes_all(1.0000000717), k)


cdef inline Floats exp_of(Floats x) noexcept nogil:
    """e^x for |x| <= 86, to (1 + |x|) 1e-7 of itself."""
    return power_of_two(x * lanes_all(1.44269504088896341))


cdef inline Floats bell_of(Floats x) noexcept nogil:
    """exp(-x^2 / 2) for |x| <= 13, to (1 + x^2) 1e-7 of itself."""
    return power_of_two(x * x * lanes_all(-0.72134752044448170))


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


cdef inline Floats tangents_apart(Floats limit, Floats degrees, float tangent) noexcept nogil:
    """tan(limit) - tan(degrees) of two slopes below 90 degrees, to 5e-7 of itself:

        tan a - tan b = (1 + tan^2 a) tan(a - b) / (1 + tan a tan(a - b)),

    with no loss where the two are nearly the same. Cephes' tanf (Moshier), inverted beyond 45.
    """
    cdef Floats x, x2, y, above, below
    cdef Floats half = lanes_all(45.0), one = lanes_all(1.0), zero = lanes_all(0.0)
    cdef Floats apart = limit - degrees, far = lanes_abs(apart)
    # 90 - d is exact where it is used.
    x = lanes_min(far, lanes_all(90.0) - far) * lanes_all(0.0174532925199432958)
    x2 = x * x
    y = lanes_all(9.38540185543e-3) * x2 + lanes_all(3.11992232697e-3)
    y = y * x2 + lanes_all(2.44301354525e-2)
    y = y * x2 + lanes_all(5.34112807005e-2)
    y = y * x2 + lanes_all(1.33387994085e-1)
    y = y * x2 + lanes_all(3.33331568548e-1)
    y = y * x2 * x + x
    above = lanes_pick(far, half, one, y)
    below = lanes_pick(far, half, y, one)
    above = lanes_pick(apart, zero, above, zero - above)
    # 0 at 90 degrees, where the difference is beyond all measure.
    below = lanes_max(below + lanes_all(tangent) * above, lanes_all(1e-12))
    return lanes_all(1.0 + tangent * tangent) * above / below


cdef inline Floats tail_of(Floats x) noexcept nogil:
    """Q(x), the normal distribution beyond 0 <= x <= FARTHEST, to 1e-5 of itself.

    Q(x) = exp(-x^2 / 2) t P(t), t = 1 / (1 + 0.35 x), the polynomial fitted to 4e-7 of the value
    (least greatest error); the error left is that of x^2 / 2 in single precision.
    """
    cdef Floats t = lanes_all(1.0) / (lanes_all(1.0) + lanes_all(0.35) * x), y
    y = lanes_all(4.6609677600e-2) * t + lanes_all(-1.9252547003e-1)
    y = y * t + lanes_all(2.2425421242e-1)
    y = y * t + lanes_all(-1.9868020564e-3)
    y = y * t + lanes_all(1.4797121807e-1)
    y = y * t + lanes_all(1.3580993911e-1)
    y = y * t + lanes_all(1.3986705113e-1)
    return bell_of(x) * (t * y)


cdef inline Floats normal_integral(Floats z) noexcept nogil:
    """Phi(z), to 5e-7; beyond FARTHEST sigmas as there."""
    cdef Floats tail
    z = within(z, -FARTHEST, FARTHEST)
    tail = tail_of(lanes_abs(z))
    return lanes_pick(z, lanes_all(0.0), lanes_all(1.0) - tail, tail)
