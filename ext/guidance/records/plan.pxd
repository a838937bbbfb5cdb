"""What is asked of the planning task, what it answers, and what laws keep: structs alone.

They are apart from the functions that fill them, so that who only holds an autopilot does not
depend on its laws and solvers. SI units, frames the last word of a name (ext/common/types.pxd).
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.common.vector cimport Quat, Vec3
from farside.ext.guidance.records.gains cimport PlanGains


cdef enum:
    KNOTS = 21              # of a constrained descent
    BRAKING_PARTS = 3
    MOST_COASTS = 6         # between burns of braking
    BRAKING_UNKNOWNS = 6


cdef struct AttitudeReference:
    Quat q_site_body        # what the lander is asked to hold now
    Vec3 omega              # its rate, reference body components [rad/s]


cdef struct ApolloTarget:
    # Where the polynomial ends, T = 0, in the guidance frame: x up, y across, z along
    double r[3]             # [m] from the site
    double v[3]             # [m/s]
    double a[3]             # [m/s^2], gravity and all
    double jerk             # [m/s^3] along


cdef struct Lander:         # SI, any fixed axes; the place is that less the target's
    double r[3]             # [m]
    double v[3]             # [m/s]
    double v_f[3]           # at the target
    double g[3]             # [m/s^2]
    double mass_kg
    double least_n
    double full_n
    double exhaust_mps


cdef struct Extremal:
    double q[3]         # slope of the primer, scaled; p(t) = p_f + (t_f - t) q
    double p[3]         # p_f, a unit vector
    double t_f          # scaled
    double t_2
    double t_1
    int unknowns        # the thrust structure; 0 = none
    double mass_final   # mass at touchdown, of that at the start
    double residual     # scaled
    bint converged      # the residual is met, whatever the certificate says
    int steps           # Newton steps taken in all
    int most_steps      # after so many no attempt is begun; one takes 25 at most


cdef struct CollocationPlan:  # axes of the state
    int status              # a SolverStatus: SOLVED, CLOSE and MISSED have a plan
    double t_f              # [s]
    double step_s           # between knots
    double u[KNOTS][3]      # [m/s^2] thrust over mass at the knots
    double miss_m[2]        # where it lands less the target; 0 unless MISSED
    double propellant_kg
    double bound_kg         # no plan of these knots and this t_f takes less: proven
    int solves
    int steps


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
    int32_t tries           # of a constrained descent
    int32_t reserved
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
    CollocationPlan knots             # what MODE_CONSTRAINED flies


cdef struct Planner:        # shared by the two tasks, and what the tick keeps of it
    Request asked
    PlannedDescent answer
    PlannedDescent flown
    int32_t goal            # row whose target is flown to; -1: none
    int32_t refused         # Reason of the last answer
    int32_t last            # the last arc is flown
    int32_t reserved
    double full_n           # thrust that is called full now
