"""Clones: states that hold what the lander's pose was, for what is measured of it later.

A clone is made at the time of a measurement whose result is still due, an image or a frame of the
lidar. With x_c = T x, T the rows of position, attitude and relief,

    P <- [P, P T'; T P, T P T']                                                  (1)

(Roumeliotis & Burdick, Stochastic cloning, ICRA 2002). The clone stays as it was, but for what is
learnt of it through its covariance. A measurement with the clone's time tag takes its H on the
clone's columns, and is then worth as much as if it had come in time. The covariance is brought up
to the tick first: what is summed for its next step belongs to the time before the clone.

The tie of the map is of the same kind. A lander that makes a map from its own estimate makes it in
a frame that is off the site's by its error of then, e. What is aimed at from then on is a place of
that map, so what counts is the position against the map, r - e: at the time of the map

    x_tie = x_r, horizontally                                                    (2)

and the position against the map is the estimate less the tie. What is learnt later of velocities
moves both, and their difference by what it must. A new map is tied anew; what was known of the
tie before stays as a constant, so that places go on without a step.

A map that was scanned is tied to the clone of its scan, made at its end (navigation/scan_track.py),
when the site on it is chosen: what has been learnt of the clone's place since is the tie. With the
turn tau of the lidar's mounting and B body x and y in site axes, all that it shows from a height h
is off by h B tau, so

    x_tie = x_r,c - h B tau                                                      (3)

The mounting is the same when the lander lays returns onto the map later (map_fix.pxd): it is one
considered state, and from the same height nothing is left of it.
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport (
    Quat, Vec3, quat_from, quat_to, rotate, scale, vec, vec_from, vec_to,
)
from farside.ext.navigation.covariance cimport propagate_covariance
from farside.ext.navigation.relief cimport ground_beneath
from farside.ext.navigation.state cimport (
    ATTITUDE, CLONES_MOST, CLONE_STATES, LIDAR_TURN, POSITION, TIE, Navigator,
    NavigatorSetup,
)


cdef inline void copy_state(Navigator* nav, int to, int source) noexcept nogil:
    """x_to = x_source: its row, then its column."""
    cdef int j
    for j in range(nav.size):
        nav.P[to][j] = nav.P[source][j]
    for j in range(nav.size):
        nav.P[j][to] = nav.P[j][source]


cdef inline void add_state(Navigator* nav, int to, double by, int source) noexcept nogil:
    """x_to += by x_source: its row, then its column."""
    cdef int j
    for j in range(nav.size):
        nav.P[to][j] += by * nav.P[source][j]
    for j in range(nav.size):
        nav.P[j][to] += by * nav.P[j][source]


cdef inline void clear_state(Navigator* nav, int at) noexcept nogil:
    cdef int j
    for j in range(nav.size):
        nav.P[at][j] = nav.P[j][at] = 0.0


cdef inline void tie_map(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon) noexcept nogil:
    """(2): a map is made here."""
    propagate_covariance(nav, setup, moon)
    copy_state(nav, TIE, POSITION)
    copy_state(nav, TIE + 1, POSITION + 1)
    nav.map_off_m[0] += nav.tie_m[0]
    nav.map_off_m[1] += nav.tie_m[1]
    nav.tie_m[0] = nav.tie_m[1] = 0.0


cdef inline int32_t clone_pose(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, int64_t tick) noexcept nogil:
    """(1): note the pose of now, of a tick; return its place, or -1 where none is free."""
    cdef int slot, i, at
    for slot in range(CLONES_MOST):
        if nav.clone[slot].tick < 0:
            break
    else:
        return -1
    propagate_covariance(nav, setup, moon)
    at = nav.clones_at + slot * CLONE_STATES
    nav.size = max(nav.size, at + CLONE_STATES)
    for i in range(3):
        copy_state(nav, at + i, POSITION + i)
    for i in range(3):
        copy_state(nav, at + 3 + i, ATTITUDE + i)
    vec_to(vec_from(nav.r_site), nav.clone[slot].r_site)
    vec_to(vec_from(nav.v_site), nav.clone[slot].v_site)
    quat_to(quat_from(nav.q_site_body), nav.clone[slot].q_site_body)
    vec_to(vec_from(nav.omega_body), nav.clone[slot].omega_body)
    for i in range(2):
        nav.clone[slot].made_r[i] = nav.r_site[i]
        nav.clone[slot].made_off[i] = nav.tie_m[i] + nav.map_off_m[i]
    nav.clone[slot].tick = tick
    return slot


cdef inline void forget_clone(Navigator* nav, int64_t tick) noexcept nogil:
    """Leave the clone of a tick; what was due has come, or comes no more."""
    cdef int slot, i, at
    for slot in range(CLONES_MOST):
        if nav.clone[slot].tick != tick:
            continue
        at = nav.clones_at + slot * CLONE_STATES
        for i in range(CLONE_STATES):
            clear_state(nav, at + i)
        nav.clone[slot].tick = -1
    nav.size = nav.clones_at
    for slot in range(CLONES_MOST):
        if nav.clone[slot].tick >= 0:
            nav.size = nav.clones_at + (slot + 1) * CLONE_STATES


cdef inline bint tie_to_scan(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, int64_t tick,
        double variance_m2) noexcept nogil:
    """The map in use is that of a scan, whose clone is left; False where there is none.

    variance_m2 is what the map's places are off by, each way, beyond the place it was scanned from
    and the lidar's mounting.
    """
    cdef int slot = clone_of(nav, tick)
    cdef double height_m
    cdef Quat q
    cdef Vec3 by
    cdef int i, j, at
    if slot < 0 or not 0.0 <= variance_m2 < 1e12:
        return False
    propagate_covariance(nav, setup, moon)
    at = nav.clones_at + slot * CLONE_STATES
    for i in range(2):
        copy_state(nav, TIE + i, at + i)
        nav.map_off_m[i] = nav.clone[slot].made_off[i]
        nav.tie_m[i] = nav.clone[slot].r_site[i] - nav.clone[slot].made_r[i]
    # (3)
    height_m = max(nav.clone[slot].r_site[2] - ground_beneath(nav), 0.0)
    q = quat_from(nav.clone[slot].q_site_body)
    for j in range(2):
        by = scale(-height_m, rotate(q, vec(j == 0, j == 1, 0.0)))
        add_state(nav, TIE, by.x, LIDAR_TURN + j)
        add_state(nav, TIE + 1, by.y, LIDAR_TURN + j)
    for i in range(2):
        nav.P[TIE + i][TIE + i] += variance_m2
    nav.map_held = 1
    forget_clone(nav, tick)
    return True


cdef inline int clone_of(const Navigator* nav, int64_t tick) noexcept nogil:
    """The place of a tick's clone, or -1."""
    cdef int slot
    for slot in range(CLONES_MOST):
        if nav.clone[slot].tick == tick:
            return slot
    return -1
