"""Solve ascents of least propellant: guesses, structures and the look along the way."""

import numpy as np

from farside.ext.guidance.ascent.ascent cimport (
    ASCENT_UNKNOWNS, AscentProblem,
)
from farside.ext.guidance.ascent.ascent_newton cimport (
    AscentLook, AscentUse, ascent_newton, ascent_size, ascent_use, look_along,
)

cdef AscentProblem _problem
cdef AscentLook _look

PROBLEM = np.asarray(<AscentProblem[:1]> &_problem).dtype
LOOK = np.asarray(<AscentLook[:1]> &_look).dtype
UNKNOWNS = ASCENT_UNKNOWNS


def solve(
    const AscentProblem[::1] problem, bint higher, bint touching, double[::1] x, int most,
):
    """Improve x by up to `most` Newton steps; return the residuals' size and the steps taken."""
    cdef AscentUse use
    cdef int steps = 0
    cdef double size
    require(problem, x)
    with nogil:
        use = ascent_use(&problem[0], higher, touching)
        size = ascent_newton(&problem[0], &use, &x[0], most, &steps)
    return size, steps


def look(
    const AscentProblem[::1] problem, bint higher, bint touching,
    const double[::1] x, AscentLook[::1] seen, double[::1] f,
):
    """Look along the flight of x, into seen (1,) and its residuals f."""
    cdef AscentUse use
    require(problem, x)
    require(problem, f)
    use = ascent_use(&problem[0], higher, touching)
    seen[0] = look_along(&problem[0], &use, &x[0], &f[0])


def sizes(
    const AscentProblem[::1] problem, const double[:, ::1] guesses, double[::1] found,
):
    """Give the size of the residuals of each guess, plane, apoapsis and thrust as simple."""
    cdef AscentUse use
    cdef int i
    if guesses.shape[1] != ASCENT_UNKNOWNS or guesses.shape[0] != found.shape[0]:
        raise ValueError("give guesses of ten unknowns")
    if problem.shape[0] != 1:
        raise ValueError("give one problem")
    with nogil:
        use = ascent_use(&problem[0], False, False)
        for i in range(guesses.shape[0]):
            found[i] = ascent_size(&problem[0], &use, &guesses[i, 0])


cdef int require(const AscentProblem[::1] problem, const double[::1] x) except -1:
    if problem.shape[0] != 1 or x.shape[0] != ASCENT_UNKNOWNS:
        raise ValueError("give one problem, and ten unknowns")
    return 0
