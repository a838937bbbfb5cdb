"""The footpads' contact switches: one for each leg, closed by the ground's push.

    pressed     the push is above the force that moves the switch
    contact     the same, but for a time after each move it chatters: open or closed by chance
    closed      what the debouncing makes of it: a change that has lasted so many ticks on end
    reported    `closed`, a delay later
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from farside.ext.common.measurements cimport LEG_SWITCHES
from farside.ext.common.random cimport next_word
from farside.ext.sensors.records cimport SWITCH_RING, SensorSetup, Switches, TruthAtTick


cdef inline int32_t read_switches(
        Switches* s, const SensorSetup* k, const TruthAtTick* now, int64_t tick) noexcept nogil:
    """Bits of the legs whose switches are reported closed."""
    cdef int32_t bit, contact
    cdef int i
    if not s.awake:
        if not now.pads:
            return 0
        s.awake = 1
    for i in range(LEG_SWITCHES):
        bit = 1 << i
        contact = bit if now.push_n[i] > k.switch_force_n else 0
        if contact != s.pressed & bit:
            s.pressed ^= bit
            s.moved_ticks[i] = k.switch_bounce
        if s.moved_ticks[i] > 0:
            s.moved_ticks[i] -= 1
            contact = bit if next_word(&s.stream) & 1 else 0
        if contact == s.closed & bit:
            s.differs_ticks[i] = 0
            continue
        s.differs_ticks[i] += 1
        if s.differs_ticks[i] > k.switch_debounce:
            s.closed ^= bit
            s.differs_ticks[i] = 0
    if k.switch_delay <= 0:
        return s.closed
    s.ring[tick % SWITCH_RING] = <uint8_t> s.closed
    return s.ring[(tick + SWITCH_RING - k.switch_delay) % SWITCH_RING]
