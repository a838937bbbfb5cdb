"""The ascent stage parts: its mass, its engine and its inertia fly on, the rest stays behind.

    r' = r + R(q) (c' - c),   v' = v + R(q) (w x (c' - c))

with c and c' the centres of mass of the whole and of the ascent stage [m, base of the whole]. The
thrusters, inertial unit and star tracker are on the ascent stage; altimeter, velocimeter, the
touchdown sensor and the legs' switches are not. Both sides know when it parts and what parts.
"""

from libc.string cimport memset

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, add, cross, quat_from, rotate, sub, vec_from, vec_to,
)
from farside.ext.dynamics.engine cimport EngineState, engine_start
from farside.ext.dynamics.plant cimport Plant, span_of, step_constants
from farside.ext.dynamics.plant_faults cimport PlantFaults
from farside.ext.dynamics.slosh cimport Slosh
from farside.ext.dynamics.vehicle cimport Vehicle, com_in_base, com_of
from farside.ext.navigation.delayed cimport com_aboard
from farside.ext.navigation.state cimport Navigator, NavigatorSetup


cdef inline void part_plant(
        const Vehicle* whole, const Vehicle* upper, Plant* p) noexcept nogil:
    """The true ascent stage, engine off, at full mass."""
    cdef Vec3 apart = sub(com_in_base(upper, 1.0), com_of(whole, p.state.mass_kg))
    cdef Vec3 swing = cross(vec_from(p.state.omega_body), apart)
    vec_to(
        add(vec_from(p.state.r_site), rotate(quat_from(p.state.q_site_body), apart)),
        p.state.r_site)
    vec_to(
        add(vec_from(p.state.v_site), rotate(quat_from(p.state.q_site_body), swing)),
        p.state.v_site)
    p.state.mass_kg = upper.mass_full_kg
    memset(&p.slosh, 0, sizeof(Slosh))
    memset(&p.engine, 0, sizeof(EngineState))
    engine_start(&p.engine, upper, 1.0 / TICK_HZ)
    p.empty = False
    p.flight = step_constants(1.0 / TICK_HZ, upper.lag_s)
    p.contact = step_constants(p.contact.h, upper.lag_s)
    p.span_m = span_of(upper)
    p.far_ticks = 0


cdef inline void part_lander(
        const Vehicle* whole, const Vehicle* upper, const NavigatorSetup* whole_setup,
        const NavigatorSetup* setup, Plant* p, Navigator* nav) noexcept nogil:
    """Part the ascent stage, in truth and in the estimate; nothing where there is none."""
    cdef Vec3 apart
    if not upper.mass_full_kg > 0.0:
        return
    part_plant(whole, upper, p)
    apart = com_aboard(nav, whole_setup)
    nav.mass_kg = setup.mass_full_kg
    apart = rotate(quat_from(nav.q_site_body), sub(com_aboard(nav, setup), apart))
    vec_to(add(vec_from(nav.r_site), apart), nav.r_site)
    vec_to(add(vec_from(nav.place_m), apart), nav.place_m)


cdef inline void leave_sensors(Measurements* m) noexcept nogil:
    """What stayed on the descent stage measures nothing any more."""
    m.range_valid = m.velocity_valid = m.height_valid = 0
    m.contact = 0


cdef inline void leave_engine(PlantFaults* failed) noexcept nogil:
    """What has failed of the descent stage's engine stayed there too."""
    failed.thrust_loss = 0.0
    failed.engine_out = failed.no_start = failed.throttle_stuck = False
