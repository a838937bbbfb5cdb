"""Whether a measurement is believed: gate, persistence, and re-admission by test.

With nu the innovation and S its variance, a measurement of n numbers lies inside its gate where

    nu' S^-1 nu < gate_n,     S = H P H' + c R                                   (1)

a quantile of chi-square with n degrees of freedom (8.81 and 13.93 are 99.7 %). One outside never
changes the state. Each report moves its channel:

    believed    outside: doubted, the next is tested as before;
                reject_after of them on end: rejected
    rejected    each report outside raises c by the factor `ramp`, up to ramp_most, so that the gate
                opens until the truth is inside, however wrong the estimate is;
                readmit_after inside on end: believed again, with R still c times as large
    believed    with c > 1: each one used lowers c by `ramp` again, each one outside raises it

So no rejection is for ever (Hakuto-R M1 kept one), and a sensor that is taken back by a wide gate
pulls little at first. Before the gate stand what a report says of itself:

    saturated   its flag is set: the number is not a measurement (Schiaparelli). It is left out
                without blame where the end of the scale is what is expected: (2)
    stuck       stuck_after reports on end are the same to the bit while what is expected of them
                has moved by more than stuck_sigma sqrt(R); zero: that number is 0

A height or range x that its flag calls saturated says that the truth is x_max or more. A sound
sensor says so where it begins to see the ground, for its noise lifts half of what it reads there
over x_max. With x' what is expected, that is in order where

    x_max - x' <= 0     or     (x_max - x')^2 < gate_1 S                         (2)

and after it silence: nothing heard for silent_ticks (silence.pxd).
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int32_t, int64_t

from farside.ext.navigation._codes cimport (
    TRUST_BELIEVED, TRUST_DOUBTED, TRUST_REJECTED, TRUST_SATURATED, TRUST_SILENT, TRUST_STUCK,
    TRUST_UNHEARD, TRUST_ZERO,
)
from farside.ext.navigation.health_records cimport Channel, HealthSetup


cdef enum:
    INSIDE_MOST = 1000          # reports inside the gate on end are counted so far


cdef inline bint trusted(const Channel* c) noexcept nogil:
    return c.trust == TRUST_BELIEVED or c.trust == TRUST_DOUBTED or c.trust == TRUST_UNHEARD


cdef inline bint report_is_sound(
        Channel* c, const HealthSetup* k, double value, double predicted, double R,
        bint saturated, int64_t tick) noexcept nogil:
    """Whether a report may be tested at all: neither saturated nor stuck."""
    c.tick = tick
    if c.trust == TRUST_SILENT:
        # It is heard again: back by test.
        c.trust = TRUST_REJECTED
        c.inside = 0
    if saturated:
        refuse(c, TRUST_SATURATED)
        return False
    if value == c.value and c.equal > 0:
        c.equal += 1
    else:
        c.equal = 1
        c.predicted = predicted
    c.value = value
    if c.equal >= k.stuck_after and fabs(predicted - c.predicted) > k.stuck_sigma * sqrt(R):
        refuse(c, TRUST_ZERO if value == 0.0 else TRUST_STUCK)
        return False
    return True


cdef inline bint may_lie_beyond(
        const HealthSetup* k, double short_by, double S) noexcept nogil:
    """(2): whether the truth may be at the end of a scale or beyond; x_max - x', S its variance."""
    return short_by <= 0.0 or short_by * short_by < k.gate_1 * S


cdef inline void refuse(Channel* c, int32_t why) noexcept nogil:
    c.trust = why
    c.inside = 0
    c.refused += 1


cdef inline bint gate(
        Channel* c, const HealthSetup* k, double distance, double most) noexcept nogil:
    """(1), distance = nu' S^-1 nu; return whether the measurement is to be used.

    A NaN is outside.
    """
    if not (distance < most):
        outside(c, k)
        return False
    c.outside = 0
    if trusted(c):
        c.trust = TRUST_BELIEVED
        c.ramp = max(1.0, c.ramp / k.ramp)
        c.inside = min(c.inside + 1, INSIDE_MOST)
        c.believed += 1
        return True
    c.inside += 1
    if c.inside < k.readmit_after:
        c.refused += 1
        return False
    c.trust = TRUST_BELIEVED
    c.believed += 1
    return True


cdef inline void outside(Channel* c, const HealthSetup* k) noexcept nogil:
    """One more report outside the gate."""
    c.inside = 0
    c.outside += 1
    c.refused += 1
    if trusted(c):
        c.trust = TRUST_REJECTED if c.outside >= k.reject_after else TRUST_DOUBTED
        if c.ramp == 1.0:
            return
    elif c.trust == TRUST_SATURATED or c.trust == TRUST_STUCK or c.trust == TRUST_ZERO:
        c.trust = TRUST_REJECTED
    c.ramp = min(c.ramp * k.ramp, k.ramp_most)


cdef inline void listen(Channel* c, const HealthSetup* k, int i, int64_t tick) noexcept nogil:
    """Note a channel that has been silent for too long, or has never spoken where it should."""
    cdef int64_t since = c.tick if c.tick >= 0 else c.due_tick
    if since >= 0 and tick - since > k.silent_ticks[i]:
        c.trust = TRUST_SILENT
        c.inside = c.outside = 0    # not `equal`: one that is stuck may fall silent for a while
