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
    #define LANES 16
    #elif defined(__AVX2__)
    #define LANES 8
    #else
    #define LANES 4
    #endif
    typedef float Floats __attribute__((vector_size(4 * LANES)));
    typedef uint32_t Words __attribute__((vector_size(4 * LANES)));
    typedef int32_t SignedWords __attribute__((vector_size(4 * LANES)));

    static inline Floats lanes_load(const float *p)
    { Floats v; memcpy(&v, p, sizeof v); return v; }
    static inline void lanes_store(float *p, Floats v)
    { memcpy(p, &v, sizeof v); }
    static inline Words lanes_load_words(const uint32_t *p)
    { Words v; memcpy(&v, p, sizeof v); return v; }
    static inline Floats lanes_all(float x)
    { return x - (Floats){0}; }
    static inline Words lanes_no_words(void)
    { return (Words){0}; }
    /* The words read as signed numbers, rounded to the nearest float. */
    static inline Floats lanes_from_signed(Words v)
    { return __builtin_convertvector((SignedWords)v, Floats); }
    static inline void lanes_store_words(uint32_t *p, Words v)
    { memcpy(p, &v, sizeof v); }
    static inline Floats lanes_abs(Floats x)
    { return (Floats)((Words)x & 0x7fffffffu); }
    /* Lane by lane x where a > b, y elsewhere. */
    static inline Floats lanes_pick(Floats a, Floats b, Floats x, Floats y)
    { Words m = (Words)(a > b); return (Floats)(((Words)x & m) | ((Words)y & ~m)); }

    #if defined(__AVX512F__)
    static inline Floats lanes_max(Floats a, Floats b)
    { return (Floats)_mm512_max_ps((__m512)a, (__m512)b); }
    static inline Floats lanes_min(Floats a, Floats b)
    { return (Floats)_mm512_min_ps((__m512)a, (__m512)b); }
    static inline Floats lanes_sqrt(Floats a) { return (Floats)_mm512_sqrt_ps((__m512)a); }
    static inline int lanes_any_above(Floats a, Floats b)
    { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ) != 0; }
    #elif defined(__AVX2__)
    static inline Floats lanes_max(Floats a, Floats b)
    { return (Floats)_mm256_max_ps((__m256)a, (__m256)b); }
    static inline Floats lanes_min(Floats a, Floats b)
    { return (Floats)_mm256_min_ps((__m256)a, (__m256)b); }
    static inline Floats lanes_sqrt(Floats a) { return (Floats)_mm256_sqrt_ps((__m256)a); }
    static inline int lanes_any_above(Floats a, Floats b)
    { return _mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ)) != 0; }
    #elif defined(__SSE2__)
    static inline Floats lanes_max(Floats a, Floats b)
    { return (Floats)_mm_max_ps((__m128)a, (__m128)b); }
    static inline Floats lanes_min(Floats a, Floats b)
    { return (Floats)_mm_min_ps((__m128)a, (__m128)b); }
    static inline Floats lanes_sqrt(Floats a) { return (Floats)_mm_sqrt_ps((__m128)a); }
    static inline int lanes_any_above(Floats a, Floats b)
    { return _mm_movemask_ps(_mm_cmpgt_ps((__m128)a, (__m128)b)) != 0; }
    #else
    static inline Floats lanes_max(Floats a, Floats b)
    { for (int k = 0; k < LANES; k++) a[k] = a[k] > b[k] ? a[k] : b[k]; return a; }
    static inline Floats lanes_min(Floats a, Floats b)
    { for (int k = 0; k < LANES; k++) a[k] = a[k] < b[k] ? a[k] : b[k]; return a; }
    static inline Floats lanes_sqrt(Floats a)
    { for (int k = 0; k < LANES; k++) a[k] = sqrtf(a[k]); return a; }
    static inline int lanes_any_above(Floats a, Floats b)
    { int any = 0; for (int k = 0; k < LANES; k++) any |= a[k] > b[k]; return any; }
    #endif
    """
    ctypedef float Floats
    ctypedef unsigned int Words
    const int LANES
    Floats lanes_load(const float* p) noexcept nogil
    void lanes_store(float* p, Floats v) noexcept nogil
    Words lanes_load_words(const unsigned int* p) noexcept nogil
    void lanes_store_words(unsigned int* p, Words v) noexcept nogil
    Floats lanes_all(float x) noexcept nogil
    Words lanes_no_words() noexcept nogil
    Floats lanes_from_signed(Words v) noexcept nogil
    Floats lanes_abs(Floats x) noexcept nogil
    Floats lanes_pick(Floats a, Floats b, Floats x, Floats y) noexcept nogil
    Floats lanes_max(Floats a, Floats b) noexcept nogil
    Floats lanes_min(Floats a, Floats b) noexcept nogil
    Floats lanes_sqrt(Floats a) noexcept nogil
    bint lanes_any_above(Floats a, Floats b) noexcept nogil


cdef inline Floats degrees_of(Floats tangent) noexcept nogil:
    """atan of a number >= 0, in degrees: halved twice, then Cephes' atanf polynomial (Moshier)."""
    cdef Floats one = lanes_all(1.0), u, u2
    u = tangent / (one + lanes_sqrt(one + tangent * tangent))
    u = u / (one + lanes_sqrt(one + u * u))
    u2 = u * u
    u = u + u * u2 * (lanes_all(-3.33329491539e-1) + u2 * (lanes_all(1.99777106478e-1) + u2 * (
        lanes_all(-1.38776856032e-1) + u2 * lanes_all(8.05374449538e-2))))
    return u * lanes_all(229.183118052329)      # 4 * 180 / pi
