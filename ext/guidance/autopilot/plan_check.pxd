"""Whether a plan keeps its path limits: flown roughly arc by arc, or exactly knot by knot.

    level, glide   z > level + tan(glide) |r_xy|, r from the target
    tilt           u . up > cos(tilt), u the direction of the thrust
    turning        |u+ - u| < rate h, from one step to the next
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t

from farside.ext.guidance.autopilot._codes cimport (
    REASON_LOW, REASON_NONE, REASON_TILTED, REASON_TURNING,
)
from farside.ext.guidance.autopilot.plan_flight cimport planned_thrust, primer
from farside.ext.guidance.constrained.collocation cimport acceleration_at
from farside.ext.guidance.constrained.solver cimport MOST_INTERVALS
from farside.ext.guidance.records.plan cimport CollocationPlan, Extremal, Lander, PathLimits
from farside.ext.common.vector cimport Vec3, axpy, dot, norm, unit, vec


cdef enum:
    ARC_STEPS = 10              # on each arc of a plan: a method's, not a gain
    KNOT_INTERVAL_STEPS = 4     # between two knots


cdef struct ArcState:       # along a plan
    Vec3 r                  # [m] from the target
    Vec3 v
    double mass_kg
    Vec3 direction          # of the thrust, at the last step
    double at_s


cdef inline bint too_low(const PathLimits* path, Vec3 r) noexcept nogil:
    """Whether a place is below the level or the glide slope."""
    return r.z < path.level_m + path.tan_glide * sqrt(r.x * r.x + r.y * r.y)


cdef inline int32_t check_arc(
    const Extremal* e, const Lander* lander, const PathLimits* path, ArcState* f, double end_s
) noexcept nogil:
    """Fly one arc of the plan in equal steps, and return the Reason that speaks against it."""
    cdef double h = (end_s - f.at_s) / ARC_STEPS, thrust, flow, low_s
    cdef Vec3 a, u, g = vec(lander.g[0], lander.g[1], lander.g[2])
    cdef int _i
    if not h > 0:
        return REASON_NONE
    thrust = planned_thrust(e, lander.least_n, lander.full_n, f.at_s + 0.5 * h)
    flow = thrust / lander.exhaust_mps
    for _i in range(ARC_STEPS):
        u = primer(e, f.at_s + 0.5 * h)
        if dot(u, path.up) < path.cos_tilt:
            return REASON_TILTED
        # The chord of two unit vectors is no longer than their angle.
        if norm(axpy(-1.0, f.direction, u)) > path.rate_radps * h:
            return REASON_TURNING
        f.direction = u
        a = axpy(thrust / (f.mass_kg - 0.5 * h * flow), u, g)
        if f.v.z < 0.0 < f.v.z + h * a.z:
            # the lowest place between two steps
            low_s = -f.v.z / a.z
            if too_low(path, axpy(low_s, f.v, axpy(0.5 * low_s * low_s, a, f.r))):
                return REASON_LOW
        f.r = axpy(h, f.v, axpy(0.5 * h * h, a, f.r))
        f.v = axpy(h, a, f.v)
        f.mass_kg -= h * flow
        f.at_s += h
        if too_low(path, f.r):
            return REASON_LOW
    return REASON_NONE


cdef inline int32_t check_path(
    const Extremal* e, const Lander* lander, const PathLimits* path
) noexcept nogil:
    """Fly the plan roughly, arc by arc, and return the Reason that speaks against it."""
    cdef ArcState f
    cdef int32_t against
    f.r = vec(lander.r[0], lander.r[1], lander.r[2])
    f.v = vec(lander.v[0], lander.v[1], lander.v[2])
    f.mass_kg = lander.mass_kg
    f.direction = primer(e, 0.0)
    f.at_s = 0.0
    against = check_arc(e, lander, path, &f, e.t_1)
    if against == REASON_NONE:
        against = check_arc(e, lander, path, &f, e.t_2)
    if against == REASON_NONE:
        against = check_arc(e, lander, path, &f, e.t_f)
    return against


cdef struct KnotState:      # along knots
    Vec3 r                  # [m] from where the plan lands
    Vec3 v
    Vec3 direction          # of the thrust, at the last step


cdef inline int32_t check_knots(
    const CollocationPlan* knots, const Lander* lander, const PathLimits* path, double lack_share
) noexcept nogil:
    """Fly the knots, exactly, and return the Reason against the path between them.

    A quarter of an interval at a time the path is inside the hull of its control points (see
    constrained/between_nodes.pxi), so that no place between two steps is missed. Thrust that
    lacks a part of the least, as where the convexification is loose, is a turn that the engine
    cannot make.
    """
    cdef double h = knots.step_s / KNOT_INTERVAL_STEPS
    cdef Vec3 g = vec(lander.g[0], lander.g[1], lander.g[2])
    cdef Vec3 a = acceleration_at(knots, 0.0), next_a, u
    cdef KnotState f
    cdef double mass_kg = lander.mass_kg, pull
    cdef int k
    f.r = vec(lander.r[0] - knots.miss_m[0], lander.r[1] - knots.miss_m[1], lander.r[2])
    f.v = vec(lander.v[0], lander.v[1], lander.v[2])
    f.direction = unit(a, path.up)
    for k in range(1, MOST_INTERVALS * KNOT_INTERVAL_STEPS + 1):
        next_a = acceleration_at(knots, k * h)
        u = unit(next_a, path.up)
        if norm(axpy(-1.0, f.direction, u)) > path.rate_radps * h:
            return REASON_TURNING
        f.direction = u
        pull = 0.5 * (norm(a) + norm(next_a))
        mass_kg -= h * mass_kg * pull / lander.exhaust_mps
        if mass_kg * norm(next_a) < (1.0 - lack_share) * lander.least_n:
            return REASON_TURNING
        if too_low(path, axpy(h / 3.0, f.v, f.r)):
            return REASON_LOW
        # r + h v + h^2 / 6 (2 a + a+) + h^2 / 2 g, v + h / 2 (a + a+) + h g
        f.r = axpy(h, f.v, axpy(h * h / 6.0, axpy(2.0, a, next_a), axpy(0.5 * h * h, g, f.r)))
        f.v = axpy(0.5 * h, axpy(1.0, a, next_a), axpy(h, g, f.v))
        a = next_a
        if too_low(path, axpy(-h / 3.0, f.v, f.r)) or too_low(path, f.r):
            return REASON_LOW
    return REASON_NONE
