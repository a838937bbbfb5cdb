"""What this CPU can do, as asked of the CPU itself."""

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(_WIN32)
    /* Asked by hand: what __builtin_cpu_supports needs at run time is not linked there. */
    #include <cpuid.h>
    static int cpu_has(unsigned features, unsigned registers_kept)
    {
        unsigned a, b, c, d, kept, high;
        if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & 1u << 27)) return 0;   /* OSXSAVE */
        __asm__ volatile ("xgetbv" : "=a" (kept), "=d" (high) : "c" (0));
        (void) high;
        if ((kept & registers_kept) != registers_kept) return 0;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & features) == features;
    }
    static int cpu_has_avx2(void) { return cpu_has(1u << 5, 0x6); }
    /* F, DQ, BW and VL */
    static int cpu_has_avx512(void)
    { return cpu_has(1u << 16 | 1u << 17 | 1u << 30 | 1u << 31, 0xe6); }
    #elif defined(__x86_64__)
    static int cpu_has_avx2(void)
    {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") != 0;
    }
    static int cpu_has_avx512(void)
    {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    }
    #else
    static int cpu_has_avx2(void) { return 0; }
    static int cpu_has_avx512(void) { return 0; }
    #endif
    """
    bint cpu_has_avx2() noexcept nogil
    bint cpu_has_avx512() noexcept nogil


def supported_isas() -> tuple:
    """Return the instruction sets that this CPU runs, best first; "x86_64" is the baseline."""
    best = []
    if cpu_has_avx512():
        best.append("avx512")
    if cpu_has_avx2():
        best.append("avx2")
    return (*best, "x86_64")
