/* A digest of numbers, bit by bit: 64-bit FNV-1a, each number's least significant byte first, so
 * that every machine which computes the same bits prints the same digest.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include <stdint.h>
#include <string.h>

#define DIGEST_START 0xcbf29ce484222325ull

/* h := (h xor byte) * 1099511628211, for each byte. */
static uint64_t digest_bits(uint64_t h, uint64_t bits)
{
    for (int byte = 0; byte < 8; byte++) {
        h = (h ^ (bits >> 8 * byte & 255u)) * 1099511628211ull;
    }
    return h;
}

static uint64_t digest_reals(uint64_t h, const double *x, int count)
{
    for (int i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        if (x[i] != x[i]) /* what is not a number has no bits of its own */
            bits = 0x7ff8000000000000ull;
        h = digest_bits(h, bits);
    }
    return h;
}

#endif
