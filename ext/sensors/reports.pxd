"""Reports under way: what a sensor measured at a tick reaches the flight side a latency later.

A queue holds QUEUE reports at most; one more would push the oldest out. Set-up sees to it that a
latency holds no more (mission/beams.py).
"""

from libc.stdint cimport int32_t, int64_t


cdef enum:
    QUEUE = 8


cdef struct Report:
    int64_t tick                # at which it was true
    int32_t valid               # a bit per beam, or 1
    int32_t saturated           # bits of Measurements.saturated
    double value[4]
    int32_t set                 # of beams: 0 braking, 1 landing


cdef struct Queue:
    Report report[QUEUE]
    int32_t first               # the oldest
    int32_t count


cdef inline void send(Queue* q, const Report* r) noexcept nogil:
    if q.count == QUEUE:
        q.first = (q.first + 1) % QUEUE
        q.count -= 1
    q.report[(q.first + q.count) % QUEUE] = r[0]
    q.count += 1


cdef inline const Report* arrived(Queue* q, int64_t tick, int64_t latency) noexcept nogil:
    """The newest report that is a latency old by now, out of the queue; NULL where none is."""
    cdef const Report* found = NULL
    while q.count > 0 and q.report[q.first].tick + latency <= tick:
        found = &q.report[q.first]
        q.first = (q.first + 1) % QUEUE
        q.count -= 1
    return found
