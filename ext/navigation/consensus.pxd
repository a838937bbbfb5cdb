"""Which features of an image agree with each other, whatever the estimate of the place.

Two features that are drawn give u with a prior that is loose where the estimate may be wrong; what
agrees with it is fitted, and what agrees with the fit is counted. The draw with most wins; it ends
with the first that has ENOUGH of all (Fischler & Bolles, RANSAC, Commun. ACM 24, 1981; with a
filter's prior Civera et al., 1-point RANSAC, J. Field Robotics 27, 2010). Draws are the same for
every image: same bits. A feature agrees with a u of covariance P where

    nu' (V + H P H')^-1 nu < chi^2 of 2 degrees of freedom                       (1)

chi^2 of k degrees as far out as z deviations of a normal are (Wilson & Hilferty, 1931):

    k (1 - 2 / (9 k) + z sqrt(2 / (9 k)))^3                                      (2)
"""

from libc.math cimport sqrt
from libc.stdint cimport int16_t, int32_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset

from farside.ext.navigation.camera_setup cimport IMAGE_MOST
from farside.ext.navigation.image cimport (
    KIND_LANDMARKS, Feature, Image, Pose, pose_at,
)
from farside.ext.navigation.landmark cimport U_PLACE, landmark_rows
from farside.ext.navigation.motion cimport U_FROM, U_TO, motion_rows
from farside.ext.navigation.sub_state cimport (
    SUB_MOST, Information, Solved, add_pair, begin_information, posterior, solve_sub_state,
)


cdef enum:
    DRAWS = 24                  # with half of the features wrong one in 1000 images has no pair
    STEPS_MOST = 6              # of Gauss and Newton
    SETTLE_ROUNDS = 4
    MANY = 40                   # features fitted: what their fit is off is less than their noise


cdef extern from *:
    """
    #define ENOUGH 0.75             /* of all features: no draw will do much better */
    #define STILL 1e-6              /* of a variance: steps of u that end the iteration */
    """
    const double ENOUGH
    const double STILL


cdef struct Best:
    int32_t inside
    uint8_t used[IMAGE_MOST]
    double x[SUB_MOST]


cdef inline double chi_square_most(int degrees, double z) noexcept nogil:
    """(2)."""
    cdef double k = degrees
    cdef double a = 1.0 - 2.0 / (9.0 * k) + z * sqrt(2.0 / (9.0 * k))
    return k * a * a * a


cdef inline void poses_now(const Image* image, Pose* pose) noexcept nogil:
    if image.kind == KIND_LANDMARKS:
        pose[0] = pose_at(image, 0, U_PLACE)
    else:
        pose[0] = pose_at(image, 0, U_FROM)
        pose[1] = pose_at(image, 1, U_TO)


cdef inline bint rows_of(
        const Image* image, const Feature* f, const Pose* pose, double (*H)[SUB_MOST], double* nu,
        double* V) noexcept nogil:
    if image.kind == KIND_LANDMARKS:
        return landmark_rows(image, f, &pose[0], H, nu, V)
    return motion_rows(image, f, &pose[0], &pose[1], H, nu, V)


cdef inline void gather(const Image* image, Information* a) noexcept nogil:
    """A and b of what is used, about image.x."""
    cdef double[2][SUB_MOST] H
    cdef double[2] nu
    cdef double[3] V
    cdef Pose[2] pose
    cdef int i
    begin_information(a, image.n)
    poses_now(image, pose)
    for i in range(image.count):
        if image.feature[i].used and rows_of(image, &image.feature[i], pose, H, nu, V):
            add_pair(a, H, nu, V)


cdef inline void fit(
        Image* image, const double (*P)[SUB_MOST], Solved* s) noexcept nogil:
    """Solve for u by what is used: steps from image.x on, which then is u."""
    cdef Information a
    cdef double step
    cdef bint still
    cdef int i, _step
    for _step in range(STEPS_MOST):
        gather(image, &a)
        solve_sub_state(s, P, &a, image.x)
        still = True
        for i in range(image.n):
            step = s.u[i] - image.x[i]
            still = still and step * step <= STILL * P[i][i]
            image.x[i] = s.u[i]
        if still:
            return


cdef inline double apart(
        const double (*H)[SUB_MOST], const double* nu, const double* V,
        const double (*P)[SUB_MOST], int n) noexcept nogil:
    """The left side of (1)."""
    cdef double xx = V[0], xy = V[1], yy = V[2], p, q, det
    cdef int i, j
    for i in range(n):
        p = q = 0.0
        for j in range(n):
            p += P[i][j] * H[0][j]
            q += P[i][j] * H[1][j]
        xx += H[0][i] * p
        xy += H[1][i] * p
        yy += H[1][i] * q
    det = xx * yy - xy * xy
    if not det > 0.0:
        return -1.0
    return (yy * nu[0] * nu[0] - 2.0 * xy * nu[0] * nu[1] + xx * nu[1] * nu[1]) / det


cdef inline int mark_inside(
        Image* image, const double (*P)[SUB_MOST], const Solved* s, double most) noexcept nogil:
    """(1) of every feature against the last fit; return how many agree."""
    cdef double[SUB_MOST][SUB_MOST] after
    cdef double[2][SUB_MOST] H
    cdef double[2] nu
    cdef double[3] V
    cdef Pose[2] pose
    cdef Feature* f
    cdef double d
    cdef int i, n = image.n, inside = 0
    for i in range(image.count):
        inside += image.feature[i].used
    if inside >= MANY:
        n = 0
    else:
        posterior(s, P, after, n)
    inside = 0
    poses_now(image, pose)
    for i in range(image.count):
        f = &image.feature[i]
        f.used = 0
        if f.fit and rows_of(image, f, pose, H, nu, V):
            d = apart(H, nu, V, after, n)
            f.used = 0.0 <= d < most
            inside += f.used
    return inside


cdef inline int draw(uint64_t* seed, int count) noexcept nogil:
    """A number below count (Knuth's linear congruence of 64 bits, its upper bits)."""
    seed[0] = seed[0] * 6364136223846793005ULL + 1442695040888963407ULL
    return <int> ((seed[0] >> 33) % <uint64_t> count)


cdef inline void try_pair(
        Image* image, const double (*P)[SUB_MOST], int one, int other, double most,
        Best* best) noexcept nogil:
    """Fit two features, then what agrees with them; keep it where more agree than before."""
    cdef Solved s
    cdef int i, inside
    memset(image.x, 0, sizeof(image.x))
    for i in range(image.count):
        image.feature[i].used = 0
    image.feature[one].used = image.feature[other].used = 1
    fit(image, P, &s)
    if mark_inside(image, P, &s, most) <= 2:
        return
    fit(image, P, &s)
    inside = mark_inside(image, P, &s, most)
    if inside <= best.inside:
        return
    best.inside = inside
    memcpy(best.x, image.x, sizeof(best.x))
    for i in range(image.count):
        best.used[i] = image.feature[i].used


cdef inline int agree(
        Image* image, const double (*P)[SUB_MOST], double z, Solved* s) noexcept nogil:
    """Mark what agrees, with a loose P; image.x and s are its fit. Return how many do."""
    cdef int16_t[IMAGE_MOST] at
    cdef Best best
    cdef uint64_t seed = 1
    cdef double most = chi_square_most(2, z)
    cdef int i, _round, one, other, count = 0, inside = 0, before
    best.inside = 0
    for i in range(image.count):
        if image.feature[i].fit:
            at[count] = <int16_t> i
            count += 1
    if count < 2:
        return 0
    for _round in range(DRAWS):
        one = draw(&seed, count)
        other = (one + 1 + draw(&seed, count - 1)) % count
        try_pair(image, P, at[one], at[other], most, &best)
        if best.inside >= ENOUGH * count:
            break
    if best.inside < 3:
        return 0
    memcpy(image.x, best.x, sizeof(best.x))
    for i in range(image.count):
        image.feature[i].used = best.used[i]
    inside = best.inside
    for _round in range(SETTLE_ROUNDS):
        before = inside
        fit(image, P, s)
        inside = mark_inside(image, P, s, most)
        if inside == before:
            break
    fit(image, P, s)
    # so far off that even a loose P does not know of it
    return inside if s.d2 <= chi_square_most(max(s.pivots, 1), z) else 0
