"""Sensors: from the truth to what the flight side may read. Errors come from counted streams.

Each instrument has its own header: inertial.pxd, star.pxd, beams.pxd, switches.pxd; errors.pxd has
what strays in any of them, reports.pxd the latency between a reading and its report. With every
sigma and every error zero a sensor reads the truth at its place and at its time tag exactly, and a
range still ends on the true ground, which the onboard map does not know.
"""

from libc.stdint cimport int64_t

from farside.ext.ground.surface cimport Ground
from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport Moon
from farside.ext.sensors.beams cimport beams_arrive, read_height, read_range, read_velocity
from farside.ext.sensors.inertial cimport read_imu
from farside.ext.sensors.records cimport (
    IMU_RING, SWITCH_RING, Sensors, SensorSetup, TruthAtTick,
)
from farside.ext.sensors.star cimport read_star, star_arrives
from farside.ext.sensors.switches cimport read_switches


cdef inline bint sensors_valid(const SensorSetup* k) noexcept nogil:
    """Whether rates and latencies stay inside their arrays."""
    return (
        k.star_every > 0 and k.range_every > 0 and k.beam_every > 0 and k.height_every > 0
        and 0 <= k.imu_latency < IMU_RING and 0 <= k.switch_delay < SWITCH_RING)


cdef inline void sense(
        Sensors* s, const SensorSetup* k, const Moon* moon, const Ground* ground,
        const TruthAtTick* now, int64_t tick, Measurements* m) noexcept nogil:
    """Everything that is reported at this tick."""
    m.valve_s[0] = now.valve_s[0]
    m.valve_s[1] = now.valve_s[1]
    m.saturated = 0
    read_imu(s, k, now, tick, m)
    m.contact = read_switches(&s.switches, k, now, tick)
    # Slower sensors measure on ticks of their own, so that no tick carries them all.
    if tick % k.range_every == 0:
        read_range(s, k, moon, ground, now, tick)
    if tick % k.beam_every == 2 % k.beam_every:
        read_velocity(s, k, moon, ground, now, tick)
    if tick % k.star_every == 4 % k.star_every:
        read_star(s, k, moon, now.state, tick)
    if tick % k.height_every == 1 % k.height_every:
        read_height(s, k, ground, now, tick)
    star_arrives(s, k, tick, m)
    beams_arrive(s, k, tick, m)
