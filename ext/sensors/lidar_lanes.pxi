# What a frame of the lidar asks of whole numbers in lanes: gathers, and Philox as in random.pxd.

include "farside/ext/common/simd_f32.pxi"

cdef extern from *:
    """
    /* 1 where a > b, lane by lane, 0 elsewhere. */
    static inline f32xN f32_above(f32xN a, f32xN b)
    { return (f32xN)((u32xN)(a > b) & 0x3f800000u); }
    /* Whole part of 0 <= x < 2^31. */
    static inline u32xN u32_of_f32(f32xN x)
    { return (u32xN)__builtin_convertvector(x, i32xN); }
    static inline u32xN u32_counting(uint32_t first)
    { u32xN v; for (uint32_t k = 0; k < F32_LANES; k++) v[k] = first + k; return v; }
    static inline u32xN u32_times(u32xN a, uint32_t b) { return a * b; }
    static inline u32xN u32_plus(u32xN a, uint32_t b) { return a + b; }
    static inline u32xN u32_and(u32xN a, uint32_t b) { return a & b; }
    static inline u32xN u32_right(u32xN a, int n) { return a >> n; }

    #if defined(__AVX512F__)
    static inline f32xN f32_gather(const float *p, u32xN at)
    { return (f32xN)_mm512_i32gather_ps((__m512i)at, p, 4); }
    static inline void u32_product(u32xN a, uint32_t b, u32xN *low, u32xN *high)
    { __m512i f = _mm512_set1_epi32((int)b), even = _mm512_mul_epu32((__m512i)a, f),
      odd = _mm512_mul_epu32(_mm512_srli_epi64((__m512i)a, 32), f);
      *low = (u32xN)_mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
      *high = (u32xN)_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd); }
    #elif defined(__AVX2__)
    static inline f32xN f32_gather(const float *p, u32xN at)
    { return (f32xN)_mm256_i32gather_ps(p, (__m256i)at, 4); }
    static inline void u32_product(u32xN a, uint32_t b, u32xN *low, u32xN *high)
    { __m256i f = _mm256_set1_epi32((int)b), even = _mm256_mul_epu32((__m256i)a, f),
      odd = _mm256_mul_epu32(_mm256_srli_epi64((__m256i)a, 32), f);
      *low = (u32xN)_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
      *high = (u32xN)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa); }
    #else
    static inline f32xN f32_gather(const float *p, u32xN at)
    { f32xN v; for (int k = 0; k < F32_LANES; k++) v[k] = p[at[k]]; return v; }
    typedef uint64_t u64xN __attribute__((vector_size(8 * F32_LANES)));
    static inline void u32_product(u32xN a, uint32_t b, u32xN *low, u32xN *high)
    { u64xN c = __builtin_convertvector(a, u64xN) * b;
      *low = __builtin_convertvector(c, u32xN);
      *high = __builtin_convertvector(c >> 32, u32xN); }
    #endif

    /* The four words of block `first + lane` of a stream: ext/common/random.pxd, run 0. */
    static inline void philox_lanes(
        uint64_t seed, uint32_t stream, uint32_t above, uint32_t first, u32xN *c)
    {
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
        u32xN zero = {0}, low_a = zero, high_a = zero, low_b = zero, high_b = zero;
        c[0] = u32_counting(first);
        c[1] = zero + above;
        c[2] = zero + stream;
        c[3] = zero;
        for (int r = 0; r < 10; r++) {
            u32_product(c[0], 0xD2511F53u, &low_a, &high_a);
            u32_product(c[2], 0xCD9E8D57u, &low_b, &high_b);
            c[0] = high_b ^ c[1] ^ k0;
            c[2] = high_a ^ c[3] ^ k1;
            c[1] = low_b;
            c[3] = low_a;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
    }
    /* A number of [0, 1) for each cell of the ground, the same whenever it is seen. */
    static inline f32xN cell_share(u32xN x, u32xN y, uint32_t key)
    {
        u32xN h = x * 0x9E3779B1u ^ y * 0x85EBCA77u ^ key;
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h = (h ^ (h >> 12)) * 0x297A2D39u;
        h ^= h >> 15;
        return __builtin_convertvector((i32xN)(h >> 8), f32xN) * 5.9604644775390625e-8f;
    }
    """
    f32xN f32_above(f32xN a, f32xN b) noexcept nogil
    u32xN u32_of_f32(f32xN x) noexcept nogil
    u32xN u32_counting(unsigned int first) noexcept nogil
    u32xN u32_times(u32xN a, unsigned int b) noexcept nogil
    u32xN u32_plus(u32xN a, unsigned int b) noexcept nogil
    u32xN u32_and(u32xN a, unsigned int b) noexcept nogil
    u32xN u32_right(u32xN a, int n) noexcept nogil
    f32xN f32_gather(const float* p, u32xN at) noexcept nogil
    void philox_lanes(
        unsigned long long seed, unsigned int stream, unsigned int above, unsigned int first,
        u32xN* c) noexcept nogil
    f32xN cell_share(u32xN x, u32xN y, unsigned int key) noexcept nogil
