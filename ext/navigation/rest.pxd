"""Contact and rest as they are known aboard: from the footpads' switches and the inertial unit.

A switch that has closed with the engine off is remembered: a lander that bounces has still landed.
While thrust is commanded the lander has not, whatever a switch says, and nothing is remembered
(Mars Polar Lander: the opening of the legs closed one at 1500 m). After it the lander is at rest
where, for rest_ticks on end,

    | |f| - |g(r)| | < rest_accel_mps2   and   |omega| < rest_rate_radps

with the specific force f = dv / dt and the rate omega = dtheta / dt of the tick. On its legs the
ground carries the weight; in the fall before it f is nearly 0.
"""

from libc.math cimport fabs

from farside.ext.common.gravity cimport gravity
from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport norm, vec_from
from farside.ext.navigation.delayed cimport rates_modelled
from farside.ext.navigation.state cimport Navigator, NavigatorSetup


cdef inline void watch_rest(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, const Measurements* m,
        double dt) noexcept nogil:
    """Note contact, and count the ticks on end that the lander has been still since."""
    cdef double felt
    if nav.commanded_n > 0.0:
        nav.contact = 0
    elif m.contact:
        nav.contact = 1
    if not nav.contact:
        nav.still_ticks = nav.rest = 0
        return
    # Where the accelerometers are not believed, the gyros alone say it; where a gyro is not, the
    # rate by the stars.
    felt = 0.0 if nav.watch.refused or nav.watch.axes else norm(vec_from(m.dv_body)) / dt - norm(
        gravity(moon, vec_from(nav.r_site)))
    if fabs(felt) < setup.rest_accel_mps2 and (
            (norm(vec_from(nav.omega_body)) if rates_modelled(nav)
             else norm(vec_from(m.dtheta_body)) / dt) < setup.rest_rate_radps):
        nav.still_ticks = min(nav.still_ticks + 1, setup.rest_ticks)
    else:
        nav.still_ticks = 0
    nav.rest = nav.still_ticks >= setup.rest_ticks
