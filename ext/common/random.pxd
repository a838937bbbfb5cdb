"""Counter-based random numbers: any draw of any stream of any run, without the ones before it.

Philox 4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11), keyed by the seed; the counter holds the block,
the stream and the run. Normal deviates by inverting the distribution (Wichura 1988, AS 241), so
that one uniform gives one normal and a quasi-random sequence may take the uniform's place.
"""

from libc.math cimport sqrt
from libc.stdint cimport uint32_t, uint64_t

from farside.ext.common.elementary cimport log_of


cdef struct Stream:
    uint64_t seed
    uint32_t run
    uint32_t stream
    uint64_t block      # the next block of four words
    uint32_t word[4]
    int left            # words not yet drawn from this block


cdef inline void philox(uint32_t* c, uint32_t k0, uint32_t k1) noexcept nogil:
    """Ten rounds on the counter c[4] under the key (k0, k1), in place."""
    cdef uint64_t a, b
    cdef uint32_t t0, t2
    cdef int _round
    for _round in range(10):
        a = <uint64_t> 0xD2511F53 * c[0]
        b = <uint64_t> 0xCD9E8D57 * c[2]
        t0 = <uint32_t> (b >> 32) ^ c[1] ^ k0
        t2 = <uint32_t> (a >> 32) ^ c[3] ^ k1
        c[1] = <uint32_t> b
        c[3] = <uint32_t> a
        c[0] = t0
        c[2] = t2
        k0 = k0 + <uint32_t> 0x9E3779B9
        k1 = k1 + <uint32_t> 0xBB67AE85


cdef inline Stream open_stream(uint64_t seed, uint32_t run, uint32_t stream) noexcept nogil:
    cdef Stream s
    s.seed = seed
    s.run = run
    s.stream = stream
    s.block = 0
    s.left = 0
    s.word[0] = s.word[1] = s.word[2] = s.word[3] = 0
    return s


cdef inline uint32_t next_word(Stream* s) noexcept nogil:
    if s.left == 0:
        s.word[0] = <uint32_t> s.block
        s.word[1] = <uint32_t> (s.block >> 32)
        s.word[2] = s.stream
        s.word[3] = s.run
        philox(s.word, <uint32_t> s.seed, <uint32_t> (s.seed >> 32))
        s.block += 1
        s.left = 4
    s.left -= 1
    return s.word[3 - s.left]


cdef inline double uniform(Stream* s) noexcept nogil:
    """A uniform in (0, 1), never either end, in steps of 2^-32."""
    return (<double> next_word(s) + 0.5) * 2.3283064365386962890625e-10


cdef inline double normal_quantile(double p) noexcept nogil:
    """The standard normal deviate below which a share p of draws lies, 0 < p < 1 (PPND16)."""
    cdef double q = p - 0.5
    cdef double r, v
    if -0.425 <= q <= 0.425:
        r = 0.180625 - q * q
        return q * (((((((
            2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r
            + 6.7265770927008700853e4) * r + 4.5921953931549871457e4) * r
            + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
            + 1.3314166789178437745e2) * r + 3.3871328727963666080e0) / (((((((
                5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r
                + 3.9307895800092710610e4) * r + 2.1213794301586595867e4) * r
                + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
                + 4.2313330701600911252e1) * r + 1.0)
    r = p if q < 0.0 else 1.0 - p
    r = sqrt(-log_of(r))
    if r <= 5.0:
        r = r - 1.6
        v = (((((((
            7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r
            + 2.41780725177450611770e-1) * r + 1.27045825245236838258e0) * r
            + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
            + 4.63033784615654529590e0) * r + 1.42343711074968357734e0) / (((((((
                1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
                + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r
                + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
                + 2.05319162663775882187e0) * r + 1.0)
    else:
        r = r - 5.0
        v = (((((((
            2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
            + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r
            + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
            + 5.46378491116411436990e0) * r + 6.65790464350110377720e0) / (((((((
                2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
                + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
                + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
                + 5.99832206555887937690e-1) * r + 1.0)
    return -v if q < 0.0 else v


cdef inline double normal(Stream* s) noexcept nogil:
    """A standard normal deviate."""
    return normal_quantile(uniform(s))
