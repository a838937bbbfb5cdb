# Lanes of doubles: neighbouring problems worked on at once; see simd_f32.pxi for the rules.

cdef extern from *:
    """
    #include <math.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <immintrin.h>
    #endif
    #if defined(__AVX512F__)
    #define WIDE 8
    #elif defined(__AVX2__)
    #define WIDE 4
    #else
    #define WIDE 2
    #endif
    typedef double Doubles __attribute__((vector_size(8 * WIDE)));
    typedef long long WideWords __attribute__((vector_size(8 * WIDE)));

    static inline Doubles wide_load(const double *p)
    { Doubles v; memcpy(&v, p, sizeof v); return v; }
    static inline void wide_store(double *p, Doubles v)
    { memcpy(p, &v, sizeof v); }
    static inline Doubles wide_all(double x)
    { return x - (Doubles){0}; }
    static inline Doubles wide_abs(Doubles x)
    { return (Doubles)((WideWords)x & 0x7fffffffffffffffLL); }
    /* Lane by lane x where a > b, y elsewhere. */
    static inline Doubles wide_pick(Doubles a, Doubles b, Doubles x, Doubles y)
    {
        WideWords m = (WideWords)(a > b);
        return (Doubles)(((WideWords)x & m) | ((WideWords)y & ~m));
    }
    #if defined(__AVX512F__)
    static inline Doubles wide_sqrt(Doubles a) { return (Doubles)_mm512_sqrt_pd((__m512d)a); }
    static inline int wide_any_above(Doubles a, Doubles b)
    { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_NLE_UQ) != 0; }
    #elif defined(__AVX2__)
    static inline Doubles wide_sqrt(Doubles a) { return (Doubles)_mm256_sqrt_pd((__m256d)a); }
    static inline int wide_any_above(Doubles a, Doubles b)
    { return _mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_NLE_UQ)) != 0; }
    #elif defined(__SSE2__)
    static inline Doubles wide_sqrt(Doubles a) { return (Doubles)_mm_sqrt_pd((__m128d)a); }
    static inline int wide_any_above(Doubles a, Doubles b)
    { return _mm_movemask_pd(_mm_cmpnle_pd((__m128d)a, (__m128d)b)) != 0; }
    #else
    static inline Doubles wide_sqrt(Doubles a)
    { for (int k = 0; k < WIDE; k++) a[k] = sqrt(a[k]); return a; }
    static inline int wide_any_above(Doubles a, Doubles b)
    { int any = 0; for (int k = 0; k < WIDE; k++) any |= !(a[k] <= b[k]); return any; }
    #endif
    """
    ctypedef double Doubles
    const int WIDE
    Doubles wide_load(const double* p) noexcept nogil
    void wide_store(double* p, Doubles v) noexcept nogil
    Doubles wide_all(double x) noexcept nogil
    Doubles wide_abs(Doubles x) noexcept nogil
    Doubles wide_pick(Doubles a, Doubles b, Doubles x, Doubles y) noexcept nogil
    Doubles wide_sqrt(Doubles a) noexcept nogil
    bint wide_any_above(Doubles a, Doubles b) noexcept nogil     # or not a number
