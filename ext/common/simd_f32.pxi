# Lanes: neighbouring sites worked on at once, as many as one register of the instruction set holds.
#
# GCC and Clang have vector types whose + - * / are one instruction; only what has no operator
# (maximum, square root, a test over all lanes) is named per instruction set below. Every operation
# here is exact or correctly rounded, lane by lane, so that the bits do not depend on the width.
# Cython sees a lane type as a plain number: declare, add, multiply; never index, compare or branch.

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #include <math.h>
    #if defined(__SSE2__)
    #include <immintrin.h>
    #endif
    #if defined(__AVX512F__)
    #define F32_LANES 16
    #elif defined(__AVX2__)
    #define F32_LANES 8
    #else
    #define F32_LANES 4
    #endif
    typedef float f32xN __attribute__((vector_size(4 * F32_LANES)));
    typedef uint32_t u32xN __attribute__((vector_size(4 * F32_LANES)));
    typedef int32_t i32xN __attribute__((vector_size(4 * F32_LANES)));

    static inline f32xN f32_load(const float *p)
    { f32xN v; memcpy(&v, p, sizeof v); return v; }
    static inline void f32_store(float *p, f32xN v)
    { memcpy(p, &v, sizeof v); }
    static inline u32xN u32_load(const uint32_t *p)
    { u32xN v; memcpy(&v, p, sizeof v); return v; }
    static inline f32xN f32_splat(float x)
    { return x - (f32xN){0}; }
    static inline u32xN u32_zero(void)
    { return (u32xN){0}; }
    /* The words read as signed numbers, rounded to the nearest float. */
    static inline f32xN f32_from_i32(u32xN v)
    { return __builtin_convertvector((i32xN)v, f32xN); }
    static inline void u32_store(uint32_t *p, u32xN v)
    { memcpy(p, &v, sizeof v); }
    static inline f32xN f32_abs(f32xN x)
    { return (f32xN)((u32xN)x & 0x7fffffffu); }
    /* Lane by lane x where a > b, y elsewhere. */
    static inline f32xN f32_select(f32xN a, f32xN b, f32xN x, f32xN y)
    { u32xN m = (u32xN)(a > b); return (f32xN)(((u32xN)x & m) | ((u32xN)y & ~m)); }

    #if defined(__AVX512F__)
    static inline f32xN f32_max(f32xN a, f32xN b)
    { return (f32xN)_mm512_max_ps((__m512)a, (__m512)b); }
    static inline f32xN f32_min(f32xN a, f32xN b)
    { return (f32xN)_mm512_min_ps((__m512)a, (__m512)b); }
    static inline f32xN f32_sqrt(f32xN a) { return (f32xN)_mm512_sqrt_ps((__m512)a); }
    static inline int f32_any_above(f32xN a, f32xN b)
    { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ) != 0; }
    #elif defined(__AVX2__)
    static inline f32xN f32_max(f32xN a, f32xN b)
    { return (f32xN)_mm256_max_ps((__m256)a, (__m256)b); }
    static inline f32xN f32_min(f32xN a, f32xN b)
    { return (f32xN)_mm256_min_ps((__m256)a, (__m256)b); }
    static inline f32xN f32_sqrt(f32xN a) { return (f32xN)_mm256_sqrt_ps((__m256)a); }
    static inline int f32_any_above(f32xN a, f32xN b)
    { return _mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ)) != 0; }
    #elif defined(__SSE2__)
    static inline f32xN f32_max(f32xN a, f32xN b)
    { return (f32xN)_mm_max_ps((__m128)a, (__m128)b); }
    static inline f32xN f32_min(f32xN a, f32xN b)
    { return (f32xN)_mm_min_ps((__m128)a, (__m128)b); }
    static inline f32xN f32_sqrt(f32xN a) { return (f32xN)_mm_sqrt_ps((__m128)a); }
    static inline int f32_any_above(f32xN a, f32xN b)
    { return _mm_movemask_ps(_mm_cmpgt_ps((__m128)a, (__m128)b)) != 0; }
    #else
    static inline f32xN f32_max(f32xN a, f32xN b)
    { for (int k = 0; k < F32_LANES; k++) a[k] = a[k] > b[k] ? a[k] : b[k]; return a; }
    static inline f32xN f32_min(f32xN a, f32xN b)
    { for (int k = 0; k < F32_LANES; k++) a[k] = a[k] < b[k] ? a[k] : b[k]; return a; }
    static inline f32xN f32_sqrt(f32xN a)
    { for (int k = 0; k < F32_LANES; k++) a[k] = sqrtf(a[k]); return a; }
    static inline int f32_any_above(f32xN a, f32xN b)
    { int any = 0; for (int k = 0; k < F32_LANES; k++) any |= a[k] > b[k]; return any; }
    #endif
    """
    ctypedef float f32xN
    ctypedef unsigned int u32xN
    const int F32_LANES
    f32xN f32_load(const float* p) noexcept nogil
    void f32_store(float* p, f32xN v) noexcept nogil
    u32xN u32_load(const unsigned int* p) noexcept nogil
    void u32_store(unsigned int* p, u32xN v) noexcept nogil
    f32xN f32_splat(float x) noexcept nogil
    u32xN u32_zero() noexcept nogil
    f32xN f32_from_i32(u32xN v) noexcept nogil
    f32xN f32_abs(f32xN x) noexcept nogil
    f32xN f32_select(f32xN a, f32xN b, f32xN x, f32xN y) noexcept nogil
    f32xN f32_max(f32xN a, f32xN b) noexcept nogil
    f32xN f32_min(f32xN a, f32xN b) noexcept nogil
    f32xN f32_sqrt(f32xN a) noexcept nogil
    bint f32_any_above(f32xN a, f32xN b) noexcept nogil


cdef inline f32xN degrees_of(f32xN tangent) noexcept nogil:
    """atan of a number >= 0, in degrees: halved twice, then Cephes' atanf polynomial (Moshier)."""
    cdef f32xN one = f32_splat(1.0), u, u2
    u = tangent / (one + f32_sqrt(one + tangent * tangent))
    u = u / (one + f32_sqrt(one + u * u))
    u2 = u * u
    u = u + u * u2 * (f32_splat(-3.33329491539e-1) + u2 * (f32_splat(1.99777106478e-1) + u2 * (
        f32_splat(-1.38776856032e-1) + u2 * f32_splat(8.05374449538e-2))))
    return u * f32_splat(229.183118052329)      # 4 * 180 / pi
