"""The braking law's solver, for set-up, tests and studies; the tick compiles the same kernel."""

import numpy as np

from farside.ext.guidance.laws.braking cimport (
    BRAKING_ARCS, BrakingProblem, BrakingState, braking_plane, burnt_share, fly_braking,
    share_steps,
)
from farside.ext.guidance.laws.braking_newton cimport braking_step
from farside.ext.guidance.records.plan cimport BRAKING_PARTS, BRAKING_UNKNOWNS, MOST_COASTS
from farside.ext.common.elementary cimport atan2_of
from farside.ext.common.vector cimport Vec3, cross, dot, norm

cdef BrakingProblem _problem

PROBLEM = np.asarray(<BrakingProblem[:1]> &_problem).dtype


def newton_step(
    const BrakingProblem[::1] problem, double level_max, bint hold_level, double[::1] x,
):
    """Make one Newton step on x in place; return the miss before it [m, 100 m for each m/s].

    The problem is one PROBLEM, speeds and places as in braking.pxd; x has the level of its thrust's
    part: 0 opening, 1 main part, 2 closing.
    """
    cdef Vec3 normal
    cdef double short_m
    require_one(problem, x)
    return braking_step(&problem[0], level_max, hold_level, &x[0], &normal, &short_m)


def flown_arc(const BrakingProblem[::1] problem, const double[::1] x):
    """Return the arc [m] flown along the Moon, at the site's radius, and the mass share burnt."""
    cdef BrakingState end
    cdef int steps[BRAKING_ARCS]
    cdef Vec3 normal, start, c
    require_one(problem, x)
    start = problem[0].rho
    normal = braking_plane(&problem[0]).normal
    share_steps(&problem[0].thrust, &x[0], steps)
    end = fly_braking(&problem[0], normal, &x[0], steps)
    c = cross(start, end.rho)
    return (
        problem[0].moon.radius_m * atan2_of(norm(c), dot(start, end.rho)),
        burnt_share(&problem[0].thrust, &x[0]),
    )


cdef int require_one(const BrakingProblem[::1] problem, const double[::1] x) except -1:
    if problem.shape[0] != 1 or x.shape[0] != BRAKING_UNKNOWNS:
        raise ValueError("give one problem, and six unknowns")
    if not 0 <= problem[0].thrust.part < BRAKING_PARTS:
        raise ValueError("the thrust has three parts")
    if not 0 <= problem[0].thrust.coasts <= MOST_COASTS:
        raise ValueError(f"{MOST_COASTS} coasts at the most, not {problem[0].thrust.coasts}")
    return 0
