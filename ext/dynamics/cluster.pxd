"""Engines of a cluster against one another: torque by throttling some up and the others down.

Three or more like engines stand evenly on a circle of the radius R about the geometric axis, at
(x_i, y_i), and give the thrust T together. For the torque (M_x, M_y),

    F_i = T/n + (M_x y_i - M_y x_i) / S,    S = sum x_i^2 = sum y_i^2 = n R^2 / 2

which leaves their sum alone. No engine departs from T/n by more than |M| R / S = 2 |M| / (n R), so
each stays between its limits, and within the share s of its full thrust, for

    |M| <= R/2 min(T - T_min, T_max - T, s T_max)

What a command asks beyond that is left to the thrusters. The engines follow with the lag of the
throttle. The flow is that of the thrust, though 1/c is not the same for unequal engines.
"""

from libc.math cimport sqrt

from farside.ext.common.elementary cimport exp_of
from farside.ext.dynamics.thrusters cimport lagged
from farside.ext.dynamics.vehicle cimport Vehicle


cdef struct Cluster:
    double now_nm[2]        # torque about body x and y at the end of the last tick
    double decay            # constants of a flight: exp(-tick/lag), and its mean over a tick
    double mean


cdef inline void cluster_start(Cluster* c, const Vehicle* v, double tick_s) noexcept nogil:
    """Set the constants of a cluster whose state is all 0."""
    if v.lag_s > 0.0:
        c.decay = exp_of(-tick_s / v.lag_s)
        c.mean = v.lag_s / tick_s * (1.0 - c.decay)


cdef inline double cluster_limit(const Vehicle* v, double thrust_n) noexcept nogil:
    """The largest torque of the engines against one another at a thrust [N m]."""
    cdef double spare = min(thrust_n - v.thrust_min_n, v.thrust_max_n - thrust_n)
    return 0.5 * v.cluster_radius_m * max(
        min(spare, v.differential_share * v.thrust_max_n), 0.0)


cdef inline void throttle_apart(
    Cluster* c, const Vehicle* v, double limit_nm, const double* demand_nm, double* torque_nm,
    double* left_nm
) noexcept nogil:
    """Torque of the engines over this tick [N m, body x and y], and what is left to thrusters.

    Any demand is safe.
    """
    cdef double x = demand_nm[0] if demand_nm[0] == demand_nm[0] else 0.0
    cdef double y = demand_nm[1] if demand_nm[1] == demand_nm[1] else 0.0
    cdef double size = sqrt(x * x + y * y)
    cdef double share = 1.0
    if not size <= limit_nm:
        share = limit_nm / size if size < 1e300 else 0.0
    x *= share
    y *= share
    left_nm[0] = demand_nm[0] - x
    left_nm[1] = demand_nm[1] - y
    left_nm[2] = demand_nm[2]
    torque_nm[0] = lagged(&c.now_nm[0], x, c.decay, c.mean)
    torque_nm[1] = lagged(&c.now_nm[1], y, c.decay, c.mean)
