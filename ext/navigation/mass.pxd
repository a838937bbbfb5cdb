"""The estimate of the mass: what engine and thrusters have taken, from what they did.

    m' = -(a + b T) T,     T = m |f| with f the specific force

by design of the engine, and for each open couple of thrusters its flow: a couple makes no net
force, so the accelerometers do not show its propellant. While a footpad's switch is closed, or has
been since the engine stopped, the ground may give a part of f: T is then the thrust commanded at
most, and none where that is not told. So a switch that closes in flight costs nothing.
"""

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.retro cimport retro_aboard, retro_kg, retro_thrust
from farside.ext.common.types cimport TICK_HZ
from farside.ext.navigation.state cimport Navigator, NavigatorSetup


cdef inline void propagate_mass(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m,
        double dv_mps) noexcept nogil:
    """One tick of it."""
    cdef double impulse_ns = nav.mass_kg * dv_mps, told_ns, thrust_n
    cdef int i
    if retro_aboard(&setup.retro, nav.tick - 1):
        # what the motor pushes is none of the engine, and what it loses is known by the clock
        impulse_ns = max(impulse_ns - retro_thrust(&setup.retro, nav.tick - 1) / TICK_HZ, 0.0)
        nav.mass_kg -= retro_kg(&setup.retro, nav.tick - 1) - retro_kg(&setup.retro, nav.tick)
    if nav.contact or m.contact:
        told_ns = nav.commanded_n / TICK_HZ if nav.commanded_n > 0.0 else 0.0
        impulse_ns = min(impulse_ns, told_ns)
    thrust_n = impulse_ns * TICK_HZ
    thrust_n = thrust_n if thrust_n < setup.thrust_full_n else setup.thrust_full_n
    nav.mass_kg -= (setup.flow_spm + setup.flow_spm_per_n * thrust_n) * impulse_ns
    for i in range(2):
        nav.mass_kg -= setup.valve_flow_kgps[i] * m.valve_s[i]
    if nav.mass_kg < setup.mass_min_kg:
        nav.mass_kg = setup.mass_min_kg
