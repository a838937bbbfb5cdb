"""What this CPU can do, as asked of the CPU itself."""

cdef extern from *:
    """
    #if defined(__x86_64__)
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
