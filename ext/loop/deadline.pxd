"""The beat of a loop that runs by the clock: wait for a tick's due time, note how it went.

    due_k = due_0 + k period                      tick k is due; its deadline is due_k + period
    late_k = woke_k - due_k                       how late its work began
    took_k = done_k - woke_k                      how long its work took
    missed: late_k + took_k > period

After a tick that ended late the next one begins at once, until the loop has caught up: due times
move for nobody but a caller that holds the clock (beat_hold, beat_go) while it works for the
simulator, not for the lander. Times are of CLOCK_MONOTONIC [ns].
"""

from libc.stdint cimport int64_t

from farside.ext.common.clock cimport now_ns


cdef extern from *:
    """
    #include <time.h>
    #include <stdint.h>
    /* Sleep until a time of CLOCK_MONOTONIC; it may return early. */
    static void farside_sleep_until(int64_t due_ns, int64_t now_ns)
    {
    #if defined(_WIN32)
        /* whole milliseconds, and as late as the system's own clock ticks */
        if (due_ns > now_ns) Sleep((DWORD) ((due_ns - now_ns) / 1000000));
    #else
        struct timespec t;
    #if defined(__linux__)
        (void) now_ns;
        t.tv_sec = (time_t) (due_ns / 1000000000);
        t.tv_nsec = (long) (due_ns % 1000000000);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    #else
        t.tv_sec = (time_t) ((due_ns - now_ns) / 1000000000);
        t.tv_nsec = (long) ((due_ns - now_ns) % 1000000000);
        nanosleep(&t, NULL);
    #endif
    #endif
    }
    """
    void farside_sleep_until(int64_t due_ns, int64_t now_ns) noexcept nogil


cdef struct Beat:
    int64_t period_ns
    int64_t due_ns          # of the next tick; 0 before the first
    int64_t held_at_ns      # since when the clock is held; 0: it runs
    int64_t held_ns         # held in all
    int64_t woke_ns         # of the tick that runs
    int64_t count           # of ticks noted
    int64_t room            # ticks that can be noted
    int64_t* late_ns        # (room,)
    int64_t* took_ns


cdef inline void beat_hold(Beat* b) noexcept nogil:
    """Let no due time pass until the loop goes on."""
    b.held_at_ns = now_ns()


cdef inline void beat_go(Beat* b) noexcept nogil:
    """Go on: what was due is due by as much later as the clock was held."""
    cdef int64_t now = now_ns(), held
    if b.due_ns == 0:
        b.due_ns = now + b.period_ns
    elif b.held_at_ns != 0:
        held = now - b.held_at_ns
        b.due_ns += held
        b.held_ns += held
    b.held_at_ns = 0


cdef inline void beat_wait(Beat* b) noexcept nogil:
    """Sleep until the next tick is due."""
    cdef int64_t now = now_ns()
    while now < b.due_ns:
        farside_sleep_until(b.due_ns, now)
        now = now_ns()
    b.woke_ns = now


cdef inline void beat_done(Beat* b) noexcept nogil:
    """Note the tick that has just ended."""
    if b.count < b.room:
        b.late_ns[b.count] = b.woke_ns - b.due_ns
        b.took_ns[b.count] = now_ns() - b.woke_ns
        b.count += 1
    b.due_ns += b.period_ns
