"""Ticks that come late, and the work that is left out for them, in this order:

    SHED_NONE           all is done
    SHED_CONSTRAINED    no descent within glide slope and tilt is planned: the longest work
    SHED_SOLUTIONS      braking's solution, plans and margins are made half as often
    SHED_PLANS          none is planned: the laws that need none fly

Attitude, throttle, exits and cut-off are never left out: they are in every tick that comes
(Apollo 11: what was restarted after an alarm 1202 was steering; displays and monitors were not).

A tick is late where it comes after more ticks than the host's usual step c, the least of the last
steps; a host of 10 Hz is not late. The share of missed ticks is averaged,

    q' = q + (m / n - q) (1 - (1 - g)^n),   n ticks since the last, m = n - c of them missed
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.guidance.autopilot._codes cimport (
    SHED_CONSTRAINED, SHED_NONE, SHED_PLANS, SHED_SOLUTIONS,
)
from farside.ext.guidance.autopilot.records cimport AutopilotState, AutopilotTable
from farside.ext.guidance.records.gains cimport LateGains
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport clamp


cdef enum:
    STEP_CALLS = 50         # after so many longer steps on end the host's usual step is longer
    STEP_MOST = 1 << 24     # ticks, two days: a longer step counts as this one


cdef inline void late_start(AutopilotState* s) noexcept nogil:
    s.late_ticks = 0
    s.late_share = 0.0
    s.shed = SHED_NONE
    s.step_ticks = s.longer_steps = s.least_longer = 0


cdef inline void watch_step(AutopilotState* s, int64_t ticks) noexcept nogil:
    """Note a step of the host."""
    cdef int32_t step = <int32_t> min(ticks, <int64_t> STEP_MOST)
    if s.step_ticks <= 0 or step <= s.step_ticks:
        s.step_ticks = step
        s.longer_steps = 0
        return
    s.least_longer = step if s.longer_steps == 0 else min(s.least_longer, step)
    s.longer_steps += 1
    if s.longer_steps >= STEP_CALLS:
        s.step_ticks = s.least_longer
        s.longer_steps = 0


cdef inline int level_of(const LateGains* gains, double share, double by) noexcept nogil:
    """What a share of missed ticks leaves out, with the limits times `by`."""
    if share >= by * gains.plans_share:
        return SHED_PLANS
    if share >= by * gains.solutions_share:
        return SHED_SOLUTIONS
    return SHED_CONSTRAINED if share >= by * gains.constrained_share else SHED_NONE


cdef inline void watch_late(
        const AutopilotTable* t, AutopilotState* s, int64_t tick) noexcept nogil:
    """Count the ticks that were missed before this one, and say what is left out for them."""
    cdef const LateGains* gains = &t.gains.late
    cdef int64_t ticks = tick - s.tick
    cdef int64_t missed
    cdef double g
    if s.step_ticks <= 0 and tick == s.phase_tick:
        return      # the first tick of a flight comes after none
    g = clamp(ticks / (gains.average_s * TICK_HZ), 0.0, 1.0)
    watch_step(s, ticks)
    missed = ticks - s.step_ticks
    s.late_ticks += missed
    # g of n ticks at once: within a part in 400 of (1 - 1/N)^n for steps of a tick
    s.late_share += g * (missed / <double> ticks - s.late_share)
    if s.late_share < 1e-9:
        s.late_share = 0.0
    s.shed = max(
        level_of(gains, s.late_share, 1.0),
        min(s.shed, level_of(gains, s.late_share, gains.leave_share)))


cdef inline int64_t major_ticks(
        const AutopilotTable* t, const AutopilotState* s) noexcept nogil:
    """Ticks between braking solutions, plans and checks of the margin."""
    return t.counts.major_ticks * (2 if s.shed >= SHED_SOLUTIONS else 1)
