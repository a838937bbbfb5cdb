"""A break of the ground's slope: why a range outside its gate need not be wrong.

The relief (relief.pxd) is Gaussian; the ground is not. Between rims it is smoother than its
deviation says, and at a rim its slope breaks at once. To a filter that is an innovation outlier: it
stands in the process and goes on with it, while an outlier of the sensor stands in one reading
(Fox, J. R. Stat. Soc. B 34, 1972; Ruckdeschel, Spangl & Pupashenko, Robust Kalman tracking and
smoothing with propagating and non-propagating outliers, Stat. Papers 55, 2014: the one is met by
the state, the other by leaving the reading out).

Which of the two it is, the ground itself says. With h the ground under the end of the beam, by the
range and the estimate less its corrections meanwhile, and d the way over ground between two
readings on end,

    |h_2 - h_1| <= d tan(steepest) + rock + sqrt(gate_1 S)                       (1)

holds for ground and the rocks on it. A reading outside its gate is ground where no step since the
last one that was used has broken (1). The slope has broken somewhere on the way d from the place
last used, by a change of variance V, evenly spread over d, so that

    Q = V [[d^2 / 3, a d / 2], [a d / 2, a^2]] on (b, s),   a = u / d            (2)

with u of d along the track, and V is the most likely one for this innovation: S = nu^2, which is
V d^2 / 3 = nu^2 - S. A slope that goes on has the variance (k sigma_b)^2 (relief.pxd), so V is no
more than that: the rest of nu^2 - S is an edge, and adds to b alone. Relief and slope
take the reading nearly whole, and what else hangs on the range moves by S / nu^2 of what it would.

An altimeter that was rejected for a step has no breaks for an excuse any more, nor has one whose
breaks lead back and forth (`turned`): ground does not.

A step that breaks (1) is no ground: the reading is left out (health.pxd), and so are those behind
it, until one is inside its gate.
"""

from libc.math cimport fabs, sqrt

from farside.ext.common.vector cimport Vec3, dot, vec_from
from farside.ext.navigation.state cimport RELIEF, RELIEF_SLOPE, Navigator


cdef extern from *:
    """
    /* tan(40 deg): on 25 m none are steeper (Kreslavsky & Head, LPSC 47, 2016) */
    #define GROUND_STEEPEST 0.84
    #define ROCK_M 5.0          /* the highest that a survey from orbit leaves at a site */
    """
    const double GROUND_STEEPEST
    const double ROCK_M


cdef struct Way:
    # Over ground between two readings [m]
    double along_m
    double far_m


cdef inline Way way_between(const double* begin, double u_m, double v_m) noexcept nogil:
    cdef Way w
    cdef double across = v_m - begin[1]
    w.along_m = u_m - begin[0]
    w.far_m = sqrt(w.along_m * w.along_m + across * across)
    return w


cdef inline void note_step(
        Navigator* nav, Vec3 up, double altitude_m, double u_m, double v_m,
        double margin_m) noexcept nogil:
    """(1) from the reading before to the end of this one's beam, at so much above the site."""
    cdef Way w
    cdef double raw = altitude_m - dot(up, vec_from(nav.corrected_r))
    if nav.range_heard:
        w = way_between(&nav.range_seen_m[0], u_m, v_m)
        if not fabs(raw - nav.range_ground_m) <= GROUND_STEEPEST * w.far_m + ROCK_M + margin_m:
            nav.range_stepped = 1
    nav.range_heard = 1
    nav.range_ground_m = raw
    nav.range_seen_m[0] = u_m
    nav.range_seen_m[1] = v_m


cdef inline void break_slope(
        Navigator* nav, const double* begin, double u_m, double v_m, double slope_sigma,
        double more_m2) noexcept nogil:
    """(2), with V d^2 / 3 as given, over the way from the place last used."""
    cdef Way w = way_between(begin, u_m, v_m)
    cdef double d2 = max(w.far_m * w.far_m, 1e-12)
    cdef double V = min(3.0 * more_m2 / d2, slope_sigma * slope_sigma)
    nav.P[RELIEF][RELIEF] += more_m2
    nav.P[RELIEF_SLOPE][RELIEF_SLOPE] += V * w.along_m * w.along_m / d2
    nav.P[RELIEF][RELIEF_SLOPE] += 0.5 * V * w.along_m
    nav.P[RELIEF_SLOPE][RELIEF] = nav.P[RELIEF][RELIEF_SLOPE]
