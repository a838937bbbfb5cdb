"""A solid motor that burns beside the engine at the start of a descent, and is dropped.

It gives the thrust F through the centre of mass along the engine's axis from one tick to another,
on propellant that flows evenly, and its case falls away later: what it weighs in tick k is

    M(k) = case + propellant (1 - burnt),    burnt = (k - lit) / (out - lit) between 0 and 1,

and nothing from the tick of the drop on. Its moments of inertia go with its mass. Truth and flight
side have one each.
"""

from libc.stdint cimport int64_t


cdef struct Retro:
    double thrust_n
    double propellant_kg
    double case_kg              # 0 with propellant_kg: there is none
    double inertia[3]           # [kg m^2] what it adds to the lander's moments when loaded
    double lit_tick
    double out_tick
    double drop_tick


cdef inline double retro_loaded_kg(const Retro* m) noexcept nogil:
    """What it weighs before it burns [kg]."""
    return m.propellant_kg + m.case_kg


cdef inline double retro_kg(const Retro* m, int64_t tick) noexcept nogil:
    """What is left of it as a tick begins [kg]."""
    cdef double burnt
    if tick >= m.drop_tick:
        return 0.0
    burnt = (tick - m.lit_tick) / max(m.out_tick - m.lit_tick, 1.0)
    return m.case_kg + m.propellant_kg * (1.0 - min(max(burnt, 0.0), 1.0))


cdef inline double retro_thrust(const Retro* m, int64_t tick) noexcept nogil:
    """Its thrust in a tick [N]."""
    return m.thrust_n if m.lit_tick <= tick < m.out_tick else 0.0


cdef inline bint retro_aboard(const Retro* m, int64_t tick) noexcept nogil:
    return m.case_kg > 0.0 and tick < m.drop_tick
