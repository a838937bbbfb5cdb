# What a view reads from tables: four values for each lane, read as pairs of neighbours.
#
# Two loads a lane, of a pair and of the pair a row on, and not the four gathers: 7 to 10 % of a
# picture's rays on AMD's Zen 4. Nothing is computed, so that the bits are those of the gathers.

include "lidar_lanes.pxi"

cdef extern from *:
    """
    #if defined(__SSE2__)
    /* p[i], p[i + 1], q[i], q[i + 1] */
    static inline __m128 f32_pairs(const float *p, const float *q, uint32_t i)
    { return _mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(p + i))),
                          (const __m64 *)(q + i)); }
    #endif
    #if defined(__AVX512F__)
    static inline __m512 f32_four(const float *p, const float *q, const uint32_t *i)
    {
        __m512 v = _mm512_castps128_ps512(f32_pairs(p, q, i[0]));
        v = _mm512_insertf32x4(v, f32_pairs(p, q, i[4]), 1);
        v = _mm512_insertf32x4(v, f32_pairs(p, q, i[8]), 2);
        return _mm512_insertf32x4(v, f32_pairs(p, q, i[12]), 3);
    }
    #define F32_LOW(x, y) _mm512_unpacklo_ps(x, y)
    #define F32_HIGH(x, y) _mm512_unpackhi_ps(x, y)
    #define F32_FIRST(x, y) (f32xN)_mm512_unpacklo_pd((__m512d)(x), (__m512d)(y))
    #define F32_SECOND(x, y) (f32xN)_mm512_unpackhi_pd((__m512d)(x), (__m512d)(y))
    typedef __m512 f32_fours;
    #elif defined(__AVX2__)
    static inline __m256 f32_four(const float *p, const float *q, const uint32_t *i)
    { return _mm256_insertf128_ps(
          _mm256_castps128_ps256(f32_pairs(p, q, i[0])), f32_pairs(p, q, i[4]), 1); }
    #define F32_LOW(x, y) _mm256_unpacklo_ps(x, y)
    #define F32_HIGH(x, y) _mm256_unpackhi_ps(x, y)
    #define F32_FIRST(x, y) (f32xN)_mm256_unpacklo_pd((__m256d)(x), (__m256d)(y))
    #define F32_SECOND(x, y) (f32xN)_mm256_unpackhi_pd((__m256d)(x), (__m256d)(y))
    typedef __m256 f32_fours;
    #elif defined(__SSE2__)
    static inline __m128 f32_four(const float *p, const float *q, const uint32_t *i)
    { return f32_pairs(p, q, i[0]); }
    #define F32_LOW(x, y) _mm_unpacklo_ps(x, y)
    #define F32_HIGH(x, y) _mm_unpackhi_ps(x, y)
    #define F32_FIRST(x, y) (f32xN)_mm_unpacklo_pd((__m128d)(x), (__m128d)(y))
    #define F32_SECOND(x, y) (f32xN)_mm_unpackhi_pd((__m128d)(x), (__m128d)(y))
    typedef __m128 f32_fours;
    #endif

    /* a = p[at], b = p[at + 1], c = q[at], d = q[at + 1], lane by lane. */
    static inline void f32_gather_pairs(
        const float *p, const float *q, u32xN at, f32xN *a, f32xN *b, f32xN *c, f32xN *d)
    {
        uint32_t i[F32_LANES];
        u32_store(i, at);
    #if defined(__SSE2__)
        /* lanes k, k + 1, k + 2, k + 3 of each four, turned from rows to columns */
        f32_fours r0 = f32_four(p, q, i), r1 = f32_four(p, q, i + 1);
        f32_fours r2 = f32_four(p, q, i + 2), r3 = f32_four(p, q, i + 3);
        f32_fours p01 = F32_LOW(r0, r1), p23 = F32_LOW(r2, r3);
        f32_fours q01 = F32_HIGH(r0, r1), q23 = F32_HIGH(r2, r3);
        *a = F32_FIRST(p01, p23);
        *b = F32_SECOND(p01, p23);
        *c = F32_FIRST(q01, q23);
        *d = F32_SECOND(q01, q23);
    #else
        for (int k = 0; k < F32_LANES; k++) {
            (*a)[k] = p[i[k]];
            (*b)[k] = p[i[k] + 1];
            (*c)[k] = q[i[k]];
            (*d)[k] = q[i[k] + 1];
        }
    #endif
    }
    """
    void f32_gather_pairs(
        const float* p, const float* q, u32xN at, f32xN* a, f32xN* b, f32xN* c, f32xN* d
    ) noexcept nogil
