# Exponential and logarithm of lanes of doubles, to about 1e-15; every operation is exact or rounded
# as IEEE 754 says, so that the bits do not depend on the width.

cdef extern from *:
    """
    typedef unsigned long long u64xN __attribute__((vector_size(8 * F64_LANES)));

    /* For |x| < 700: 2^n e^r, n x log2(e) rounded, by the sum of r^k / k!. */
    static inline f64xN f64_exp(f64xN x)
    {
        const double round = 6755399441055744.0;    /* 1.5 2^52: its last bits are the integer */
        f64xN k = x * 1.4426950408889634 + round;
        f64xN n = k - round;
        f64xN r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
        f64xN s = f64_splat(1.0 / 6227020800.0);
        s = s * r + 1.0 / 479001600.0;
        s = s * r + 1.0 / 39916800.0;
        s = s * r + 1.0 / 3628800.0;
        s = s * r + 1.0 / 362880.0;
        s = s * r + 1.0 / 40320.0;
        s = s * r + 1.0 / 5040.0;
        s = s * r + 1.0 / 720.0;
        s = s * r + 1.0 / 120.0;
        s = s * r + 1.0 / 24.0;
        s = s * r + 1.0 / 6.0;
        s = s * r + 0.5;
        s = s * r + 1.0;
        s = s * r + 1.0;
        return s * (f64xN)(((i64xN)k + 1023) << 52);
    }
    /* For normal x > 0: with x = 2^e m, m from sqrt(1/2) to sqrt(2), and s = (m - 1) / (m + 1),
       e ln 2 + 2 (s + s^3 / 3 + ...). */
    static inline f64xN f64_log(f64xN x)
    {
        const long long half = 0x3fe6a09e667f3bcdLL, one = 0x3ff0000000000000LL;
        u64xN u = (u64xN)x + (unsigned long long)(one - half);
        f64xN e = (f64xN)((u >> 52) | 0x4330000000000000ULL) - (4503599627370496.0 + 1023.0);
        f64xN m = (f64xN)((u & 0xfffffffffffffULL) + (unsigned long long)half);
        f64xN s = (m - 1.0) / (m + 1.0), t = s * s;
        f64xN p = f64_splat(1.0 / 21.0);
        p = p * t + 1.0 / 19.0;
        p = p * t + 1.0 / 17.0;
        p = p * t + 1.0 / 15.0;
        p = p * t + 1.0 / 13.0;
        p = p * t + 1.0 / 11.0;
        p = p * t + 1.0 / 9.0;
        p = p * t + 1.0 / 7.0;
        p = p * t + 1.0 / 5.0;
        p = p * t + 1.0 / 3.0;
        p = p * t + 1.0;
        return e * 0.693147180559945309417 + 2.0 * s * p;
    }
    """
    f64xN f64_exp(f64xN x) noexcept nogil
    f64xN f64_log(f64xN x) noexcept nogil
