"""Gravity beyond the point mass, J2 and C22, interpolated in a table of the descent's corridor.

With the Moon's centre as origin, x to where the lander comes from, y across and z up at the site,
a place is u = x/z, v = y/z and its height h above the mean sphere. Cubic Lagrange interpolation
on the 4 x 4 x 4 nodes around it; between nodes 0 and 1 of the four, f from 0 to 1,

    w_-1 = -f (f - 1)(f - 2)/6,  w_0 = (f + 1)(f - 1)(f - 2)/2,
    w_1 = -(f + 1) f (f - 2)/2,  w_2 = (f + 1) f (f - 1)/6

Beyond the corridor the value at its edge holds. `farside.mission.gravity_table` makes tables.
"""

from libc.math cimport sqrt

from farside.ext.common.vector cimport Vec3, axpy, vec


cdef struct GravityTable:
    double radius_m         # of the site, whose frame places are given in
    double sphere_m         # that heights count from
    double from_east        # unit vector to where the lander comes from
    double from_north
    int count[3]            # nodes of u, v and h, 4 or more each
    double first[3]         # u, v [-], h [m] of the first node
    double per_step[3]      # nodes for each unit of u, v and h
    const float* values     # [m/s^2, site] (count, 3); NULL: no table, nothing is added


cdef enum:
    GRAVITY_EVERY = 10      # ticks between two looks into a table
    NODES_MAX = 4096        # of a table, each way


cdef struct Stencil:
    int first               # node
    double w[4]


cdef inline Stencil stencil_at(double x, double first, double per_step, int count) noexcept nogil:
    """The four nodes around x and their weights; at the edge for what lies beyond."""
    cdef Stencil s
    cdef double place = (x - first) * per_step
    cdef double f
    # not a number counts as below
    place = place if place > 0.0 else 0.0
    place = place if place < count - 1.0 else count - 1.0
    s.first = <int> place - 1
    if s.first < 0:
        s.first = 0
    elif s.first > count - 4:
        s.first = count - 4
    f = place - (s.first + 1)
    s.w[0] = -f * (f - 1.0) * (f - 2.0) / 6.0
    s.w[1] = 0.5 * (f + 1.0) * (f - 1.0) * (f - 2.0)
    s.w[2] = -0.5 * (f + 1.0) * f * (f - 2.0)
    s.w[3] = (f + 1.0) * f * (f - 1.0) / 6.0
    return s


cdef inline bint gravity_table_valid(const GravityTable* t) noexcept nogil:
    """Whether a table's counts are of a table, or all 0: no table."""
    cdef int i
    for i in range(3):
        if not (4 <= t.count[i] <= NODES_MAX) and (t.count[0] or t.count[1] or t.count[2]):
            return False
    return True


cdef inline size_t gravity_table_floats(const GravityTable* t) noexcept nogil:
    """How many values a valid table has."""
    return 3 * <size_t> t.count[0] * t.count[1] * t.count[2]


cdef inline Vec3 tabulated_gravity(const GravityTable* t, Vec3 r_site) noexcept nogil:
    """What the table adds to `gravity` at r_site [m/s^2, site]."""
    cdef double x, y, z, radius, w
    cdef Stencil u, v, h
    cdef const float* g
    cdef int i, j, k
    cdef double sum_x = 0.0, sum_y = 0.0, sum_z = 0.0
    if t.values == NULL:
        return vec(0.0, 0.0, 0.0)
    x = t.from_east * r_site.x + t.from_north * r_site.y
    y = t.from_north * r_site.x - t.from_east * r_site.y
    z = r_site.z + t.radius_m
    radius = sqrt(x * x + y * y + z * z)
    # behind the horizon of a gnomonic map: its edge
    z = z if z > 0.25 * radius else 0.25 * radius
    u = stencil_at(x / z, t.first[0], t.per_step[0], t.count[0])
    v = stencil_at(y / z, t.first[1], t.per_step[1], t.count[1])
    h = stencil_at(radius - t.sphere_m, t.first[2], t.per_step[2], t.count[2])
    for i in range(4):
        for j in range(4):
            g = t.values + 3 * (
                ((u.first + i) * t.count[1] + v.first + j) * <long> t.count[2] + h.first)
            w = u.w[i] * v.w[j]
            for k in range(4):
                sum_x += w * h.w[k] * g[3 * k]
                sum_y += w * h.w[k] * g[3 * k + 1]
                sum_z += w * h.w[k] * g[3 * k + 2]
    return vec(sum_x, sum_y, sum_z)


cdef inline Vec3 gravity_ahead(
        const GravityTable* t, Vec3 r_site, Vec3 v_site, double tick_s) noexcept nogil:
    """The table's value half-way through the next GRAVITY_EVERY ticks, for all of them.

    A lander at 1.7 km/s is 85 m from that place at most, where the value differs by 5e-6 m/s^2,
    before and behind it alike: what is left of it in the velocity is below 1e-7 m/s.
    """
    return tabulated_gravity(t, axpy(0.5 * GRAVITY_EVERY * tick_s, v_site, r_site))
