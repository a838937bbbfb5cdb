"""What the tick and the planning task hand each other: a request, its answer, the plan flown.

A plan flies by its primer and switches (`Extremal`) or by its knots (`Knots`).
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.guidance.autopilot.gains cimport PlanGains
from farside.ext.guidance.constrained.solver cimport Knots
from farside.ext.guidance.optimal.optimal cimport (
    FULL, FULL_LEAST_FULL, LEAST_FULL, Extremal, Lander,
)
from farside.ext.common.vector cimport Vec3, unit, vec


cdef struct PathLimits:     # that a plan has to keep
    double level_m          # lowest place, along z of the site
    double tan_glide        # over the target, beyond the last metres
    double ground_m         # no place below it is taken as a start
    double cos_tilt         # of the thrust, from up
    double cos_end          # the same at the target, where the path is a constrained one
    double rate_radps       # of the thrust's turning
    Vec3 up


cdef struct Request:        # written by the tick alone
    int64_t number          # of the last request; none has 0
    int64_t tick            # whose state it is
    int32_t open            # it stands: neither adopted nor overtaken
    int32_t last            # the last arc is flown
    int32_t most_steps      # Newton steps after which nothing is begun
    int32_t knot_steps      # interior-point steps of all constrained descents; 0: none is wanted
    double full_n           # thrust that the plan flown calls full
    double margin           # of full thrust, kept back
    double dry_kg           # the mass with the tank empty
    double left_s           # of the constrained plan flown; 0: none is
    Lander lander
    PathLimits path
    PlanGains gains
    Extremal near           # the optimal plan flown, or last found, from this tick on


cdef struct PlannedDescent:  # written by the planning task alone
    int64_t number          # of the request that it answers
    int64_t tick            # that its times count from
    int32_t link            # that found it; MODE_NONE: nothing to fly
    int32_t reason          # why not the mode before
    double full_n           # thrust that it calls full
    int32_t within          # Reason of the constrained descent, where it was asked
    int32_t solves          # constrained descents that were begun
    int32_t knot_steps      # interior-point steps in them
    Extremal e              # SI; what MODE_OPTIMAL flies
    Knots knots             # what MODE_CONSTRAINED flies


cdef struct Planner:        # shared by the two tasks, and what the tick keeps of it
    Request asked
    PlannedDescent answer
    PlannedDescent flown
    int32_t goal            # row whose target is flown to; -1: none
    int32_t refused         # Reason of the last answer
    int32_t last            # the last arc is flown
    int32_t reserved
    double full_n           # thrust that is called full now


cdef inline Vec3 primer(const Extremal* e, double t) noexcept nogil:
    """Direction of the thrust, t seconds after the plan's tick."""
    cdef double go = e.t_f - t
    return unit(
        vec(e.p[0] + go * e.q[0], e.p[1] + go * e.q[1], e.p[2] + go * e.q[2]),
        vec(0.0, 0.0, 1.0))


cdef inline double planned_thrust(
    const Extremal* e, double least_n, double full_n, double t
) noexcept nogil:
    """Full or least thrust [N], by the plan's switches."""
    return least_n if e.t_1 <= t < e.t_2 else full_n


cdef inline void shift_epoch(Extremal* e, double later_s, double arc_share) noexcept nogil:
    """The same flight, its times from later on; an arc below the share of the rest is over."""
    e.t_f -= later_s
    e.t_2 -= later_s
    e.t_1 -= later_s
    if e.unknowns == FULL_LEAST_FULL and e.t_1 <= arc_share * e.t_f:
        e.unknowns = LEAST_FULL
    if e.unknowns == LEAST_FULL and e.t_2 <= arc_share * e.t_f:
        e.unknowns = FULL
    if not e.t_f > 0:
        e.unknowns = 0
