/* The map kernels for the instruction sets of one CPU: each is compiled for every set, and the best
 * that runs here is taken. All give the same bits.
 */
#ifndef FARSIDE_LANES_H
#define FARSIDE_LANES_H

#include <stddef.h>

#define LANES_OF(isa)                                                                             \
    void lanes_load_disc_##isa(void *, const float *, const unsigned char *, double, double, int); \
    void lanes_map_disc_##isa(const void *, double, double, float *, float *, unsigned char *);   \
    void lanes_load_legs_##isa(void *, const float *, double);                                    \
    void lanes_map_legs_##isa(void *, const unsigned char *, double, double, float **);           \
    void lanes_assess_cells_##isa(const void *, int, const void *);

/* Into any struct with these members, so that each side may name its own. */
#define LANES_TAKE(kernels, isa)                                                                  \
    do {                                                                                          \
        (kernels)->load_disc = lanes_load_disc_##isa;                                             \
        (kernels)->map_disc = lanes_map_disc_##isa;                                               \
        (kernels)->load_legs = lanes_load_legs_##isa;                                             \
        (kernels)->map_legs = lanes_map_legs_##isa;                                               \
        (kernels)->assess_cells = lanes_assess_cells_##isa;                                       \
    } while (0)

LANES_OF(x86_64)
#if defined(__x86_64__) && !defined(FARSIDE_BASELINE)
LANES_OF(avx2)
LANES_OF(avx512)
#define LANES_PICK(kernels)                                                                       \
    do {                                                                                          \
        __builtin_cpu_init();                                                                     \
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")               \
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))          \
            LANES_TAKE(kernels, avx512);                                                          \
        else if (__builtin_cpu_supports("avx2"))                                                  \
            LANES_TAKE(kernels, avx2);                                                            \
        else                                                                                      \
            LANES_TAKE(kernels, x86_64);                                                          \
    } while (0)
#else
#define LANES_PICK(kernels) LANES_TAKE(kernels, x86_64)
#endif

#endif
