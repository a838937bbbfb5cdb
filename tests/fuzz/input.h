/* What a harness draws from the bytes it is given: whole numbers, numbers, and changes of a struct.
 *
 * An input that is used up gives zeros: every input is a whole one, and a short one is a simple one.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct input {
    const uint8_t *at, *end;
} input;

/* A promise of farside.h; the fuzzer keeps the input that breaks one. */
#define PROMISE(holds)                                                              \
    do {                                                                            \
        if (!(holds)) {                                                             \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #holds); \
            abort();                                                                \
        }                                                                           \
    } while (0)

static inline unsigned draw_byte(input *in)
{
    return in->at < in->end ? *in->at++ : 0u;
}

static inline uint64_t draw_word(input *in, int bytes)
{
    uint64_t drawn = 0;
    for (int i = 0; i < bytes; i++)
        drawn |= (uint64_t) draw_byte(in) << (8 * i);
    return drawn;
}

static inline int draw_below(input *in, int count)
{
    return (int) (draw_word(in, count > 256 ? 2 : 1) % (uint64_t) count);
}

static inline double as_double(uint64_t word)
{
    double x;
    memcpy(&x, &word, sizeof x);
    return x;
}

/* A number: one near another, one of those that break arithmetic, or any eight bytes. */
static inline double draw_number(input *in, double near)
{
    static const double odd[] = {
        0.0, -0.0, 1.0, -1.0, NAN, INFINITY, -INFINITY, 5e-324, 2.2e-308, -2.2e-308, 1.79e308, -1.79e308,
        2147483647.0, 2147483648.0, -2147483649.0, 9.3e18, -9.3e18, 1e-16, 1e16, 1e150, 1e-150,
        3.141592653589793, -3.141592653589793, 1.5707963267948966, 6.283185307179586, 0.5, 2.0, 100.0,
        1e4, 1737400.0, 1e-5, 1e38,
    };
    const unsigned how = draw_byte(in);
    switch (how % 8) {
    case 0: return near;
    case 1: return as_double(draw_word(in, 8));
    case 2: return ldexp(near, (int) (int8_t) draw_byte(in));
    case 3: return -near;
    case 4: return odd[draw_byte(in) % (sizeof odd / sizeof *odd)];
    case 5: return (double) (int16_t) draw_word(in, 2);
    case 6: return near + (double) (int16_t) draw_word(in, 2) / 256.0;
    default: return near * (1.0 + (double) (int16_t) draw_word(in, 2) / 32768.0);
    }
}

/* Change some numbers of a struct: its doubles, aligned to 8, and its whole numbers, to 4. */
static inline void draw_changes(input *in, void *base, size_t size, int most)
{
    unsigned char *bytes = base;
    for (int left = draw_below(in, most + 1); left > 0; left--) {
        const size_t at = (size_t) draw_word(in, 2);
        if (draw_byte(in) % 4) {
            double x;
            const size_t place = at % (size / 8) * 8;
            memcpy(&x, bytes + place, sizeof x);
            x = draw_number(in, x);
            memcpy(bytes + place, &x, sizeof x);
        } else {
            const size_t place = at % (size / 4) * 4;
            const int32_t n = (int32_t) (draw_byte(in) % 2 ? draw_word(in, 4) : draw_word(in, 1));
            memcpy(bytes + place, &n, sizeof n);
        }
    }
}

/* 32-bit FNV-1a, as the tables' checksums are. */
static inline uint32_t fnv1a_of(uint32_t h, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;
    while (count--)
        h = (h ^ *p++) * 16777619u;
    return h;
}

static inline int all_finite_of(const double *x, int count)
{
    for (int i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

/* Memory of exactly so many bytes, so that the sanitizer sees one byte too many. */
static inline void *exactly(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);
    if (memory == NULL)
        abort();
    return memory;
}

#endif
