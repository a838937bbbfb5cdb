# Lanes of doubles: neighbouring problems worked on at once; see simd_f32.pxi for the rules.

cdef extern from *:
    """
    #include <math.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <immintrin.h>
    #endif
    #if defined(__AVX512F__)
    #define F64_LANES 8
    #elif defined(__AVX2__)
    #define F64_LANES 4
    #else
    #define F64_LANES 2
    #endif
    typedef double f64xN __attribute__((vector_size(8 * F64_LANES)));
    typedef long long i64xN __attribute__((vector_size(8 * F64_LANES)));

    static inline f64xN f64_load(const double *p)
    { f64xN v; memcpy(&v, p, sizeof v); return v; }
    static inline void f64_store(double *p, f64xN v)
    { memcpy(p, &v, sizeof v); }
    static inline f64xN f64_splat(double x)
    { return x - (f64xN){0}; }
    static inline f64xN f64_abs(f64xN x)
    { return (f64xN)((i64xN)x & 0x7fffffffffffffffLL); }
    /* Lane by lane x where a > b, y elsewhere. */
    static inline f64xN f64_select(f64xN a, f64xN b, f64xN x, f64xN y)
    {
        i64xN m = (i64xN)(a > b);
        return (f64xN)(((i64xN)x & m) | ((i64xN)y & ~m));
    }
    #if defined(__AVX512F__)
    static inline f64xN f64_sqrt(f64xN a) { return (f64xN)_mm512_sqrt_pd((__m512d)a); }
    static inline int f64_any_above(f64xN a, f64xN b)
    { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_NLE_UQ) != 0; }
    #elif defined(__AVX2__)
    static inline f64xN f64_sqrt(f64xN a) { return (f64xN)_mm256_sqrt_pd((__m256d)a); }
    static inline int f64_any_above(f64xN a, f64xN b)
    { return _mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_NLE_UQ)) != 0; }
    #elif defined(__SSE2__)
    static inline f64xN f64_sqrt(f64xN a) { return (f64xN)_mm_sqrt_pd((__m128d)a); }
    static inline int f64_any_above(f64xN a, f64xN b)
    { return _mm_movemask_pd(_mm_cmpnle_pd((__m128d)a, (__m128d)b)) != 0; }
    #else
    static inline f64xN f64_sqrt(f64xN a)
    { for (int k = 0; k < F64_LANES; k++) a[k] = sqrt(a[k]); return a; }
    static inline int f64_any_above(f64xN a, f64xN b)
    { int any = 0; for (int k = 0; k < F64_LANES; k++) any |= !(a[k] <= b[k]); return any; }
    #endif
    """
    ctypedef double f64xN
    const int F64_LANES
    f64xN f64_load(const double* p) noexcept nogil
    void f64_store(double* p, f64xN v) noexcept nogil
    f64xN f64_splat(double x) noexcept nogil
    f64xN f64_abs(f64xN x) noexcept nogil
    f64xN f64_select(f64xN a, f64xN b, f64xN x, f64xN y) noexcept nogil
    f64xN f64_sqrt(f64xN a) noexcept nogil
    bint f64_any_above(f64xN a, f64xN b) noexcept nogil     # or not a number
