"""The moments of inertia that the autopilot counts with."""

from farside.ext.common.retro cimport retro_aboard, retro_kg, retro_loaded_kg
from farside.ext.common.vector cimport Vec3, axpy, vec, vec_from
from farside.ext.guidance.autopilot.records cimport (
    AutopilotState, AutopilotTable, quantity_at_mass, upper_at_mass,
)
from farside.ext.guidance.records.command cimport Estimate


cdef inline Vec3 inertia_now(
        const AutopilotTable* t, const AutopilotState* s, const Estimate* e) noexcept nogil:
    """The principal moments [kg m^2] at the mass of now, of the ascent stage once it is alone."""
    if s.abort.staged:
        return vec(
            upper_at_mass(e.mass_kg, t.upper.inertia_full[0], t.upper.inertia_dry[0], t),
            upper_at_mass(e.mass_kg, t.upper.inertia_full[1], t.upper.inertia_dry[1], t),
            upper_at_mass(e.mass_kg, t.upper.inertia_full[2], t.upper.inertia_dry[2], t))
    cdef Vec3 own = vec(
        quantity_at_mass(e.mass_kg, t.inertia_full[0], t.inertia_dry[0], t),
        quantity_at_mass(e.mass_kg, t.inertia_full[1], t.inertia_dry[1], t),
        quantity_at_mass(e.mass_kg, t.inertia_full[2], t.inertia_dry[2], t))
    if not retro_aboard(&t.retro, s.tick):
        return own
    return axpy(
        retro_kg(&t.retro, s.tick) / retro_loaded_kg(&t.retro), vec_from(t.retro.inertia), own)
