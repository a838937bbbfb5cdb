"""The estimate of the mass: what engine and thrusters have taken, from what they did.

    m' = -(a + b T) T,     T = m |f| with f the specific force

by design of the engine, and for each open couple of thrusters its flow: a couple makes no net
force, so the accelerometers do not show its propellant.
"""

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport TICK_HZ
from farside.ext.navigation.state cimport Navigator, NavigatorSetup


cdef inline void propagate_mass(
        Navigator* nav, const NavigatorSetup* setup, const Measurements* m,
        double dv_mps) noexcept nogil:
    """One tick of it."""
    cdef double impulse_ns, thrust_n
    cdef int i
    # On the legs the ground gives the force.
    if not (nav.contact or m.contact):
        impulse_ns = nav.mass_kg * dv_mps
        thrust_n = impulse_ns * TICK_HZ
        thrust_n = thrust_n if thrust_n < setup.thrust_full_n else setup.thrust_full_n
        nav.mass_kg -= (setup.flow_spm + setup.flow_spm_per_n * thrust_n) * impulse_ns
    for i in range(2):
        nav.mass_kg -= setup.valve_flow_kgps[i] * m.valve_s[i]
    if nav.mass_kg < setup.mass_min_kg:
        nav.mass_kg = setup.mass_min_kg
