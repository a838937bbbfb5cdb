"""The monotonic clock, for timing a tick from C."""

from libc.stdint cimport int64_t


cdef extern from *:
    """
    #include <stdint.h>
    #if defined(_WIN32)
    #define WIN32_LEAN_AND_MEAN
    #define NOMINMAX
    #include <windows.h>
    #undef near
    #undef far
    static inline int64_t monotonic_ns(void)
    {
        LARGE_INTEGER rate, count;
        QueryPerformanceFrequency(&rate);
        QueryPerformanceCounter(&count);
        return count.QuadPart / rate.QuadPart * 1000000000
            + count.QuadPart % rate.QuadPart * 1000000000 / rate.QuadPart;
    }
    #else
    #include <time.h>
    static inline int64_t monotonic_ns(void)
    {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
    }
    #endif
    """
    int64_t monotonic_ns() noexcept nogil


cdef inline int64_t now_ns() noexcept nogil:
    """Nanoseconds since some fixed moment; never backwards."""
    return monotonic_ns()
