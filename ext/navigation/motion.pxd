"""Ground that is seen in two images: visual odometry without a map.

Poses i and j, the first and the second image of a camera; of both q, r, C, l and tau as in
landmark.pxd. With w = exp(tau) C' (a_i, 1), body, the ray of the first image, its foot is

    P = r_i + R_i (l + lambda w),
    |P - centre| = ground + h + b . (P - r_i) + relief                             (1)

ground being that beneath the lander by map and relief state, h its error, b the slope of all that
is seen, east and north, and relief what this place is off it; n is the unit vector from the Moon's
centre to P, k = R_i w. It is seen at

    z = pi(C exp(-tau) (R_j' (P - r_j) - l)) + c + noise                           (2)

A change of r_i + R_i (l + lambda w) at a given lambda moves P by A = I - k n' / (n' k) of it, as
the ray is cut by the same ground, and a change of the height by k / (n' k). With g as in
landmark.pxd at the second image and a = A' g:

    H = a on r_i,   d_i x a on theta_i,   -g on r_j,   g x d_j on theta_j,
        g' k / (n' k) on h,   the same times (P - r_i) on b,
        (lambda w) x R_i' a + g_b x v on tau,   1 on c                             (3)

so u = (r_i, theta_i, r_j, theta_j, h, tau, c, b). The height is what gives the scale: its error is
that of the filter's own height over ground, and so correlates with the place. What all the ground
seen is off that beneath, and its slope, are half the same from pair to pair, the considered states
SEEN_GROUND, and half new in each: low and slow the lander looks at the same ground again and again,
and a mean over images would be thought better than the ground is known. The relief of each feature
by itself enters its variance by (g' k / (n' k))^2.
"""

from libc.math cimport sqrt

from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport (
    Vec3, add, axpy, cross, dot, rotate, rotate_back, scale, sub, unit, vec, vec_from,
)
from farside.ext.navigation.camera_setup cimport CameraSetup
from farside.ext.navigation.delayed cimport Then
from farside.ext.navigation.image cimport (
    KIND_MOTION, Feature, Image, Pose, Seen, added_turn, from_camera, place_can_be, put_row, ray_at,
    ray_variance, seen_from, set_pose, turned, variance_can_be, widen_by,
)
from farside.ext.navigation.image_records cimport MotionPair
from farside.ext.navigation.relief cimport ground_beneath
from farside.ext.navigation.state cimport (
    CAMERA_TURN, RELIEF, RELIEF_SLOPE, SEEN_GROUND, VELOCITY, Navigator, NavigatorSetup, camera_of,
)
from farside.ext.navigation.sub_state cimport (
    SUB_MOST, SubState, add_to_sub_state, begin_sub_state, close_sub_state,
)


cdef enum:
    # of u
    U_FROM = 0
    U_FROM_THETA = 3
    U_TO = 6
    U_TO_THETA = 9
    U_HEIGHT = 12
    U_TURN = 13
    U_MOTION_SHIFT = 16
    U_SLOPE = 18
    U_MOTION = 20


cdef extern from *:
    """
    #define STEEP 0.1               /* cosine from the vertical: a flatter ray tells no place */
    """
    const double STEEP


cdef inline void motion_feature(
        Feature* f, const CameraSetup* c, const MotionPair* m) noexcept nogil:
    """A pair as two rays; unfit where a number cannot be."""
    f.fit = f.used = 0
    if not (
            variance_can_be(m.variance_px2) and 0.0 <= m.above_variance_m2 <= 1e8
            and place_can_be(&m.above_m, 1, 1e5) and ray_at(&c.lens, m.pixel_to, f.a)
            and ray_at(&c.lens, m.pixel_from, f.place)):
        return
    f.place[2] = 0.0
    ray_variance(&c.lens, f.a, m.variance_px2, f.V)
    f.above_m = m.above_m
    f.variance_m2 = m.above_variance_m2
    f.fit = 1


cdef inline void couple_pose(
        SubState* u, const Navigator* nav, const Then* then, int at, bint closing) noexcept nogil:
    """Position and attitude of a time tag become members of u; closing, of T P T'."""
    cdef int i
    for i in range(3):
        if closing:
            close_sub_state(u, at + i, 1.0, then.at_r + i)
            close_sub_state(u, at + 3 + i, 1.0, then.at_theta + i)
            if then.lag_s > 0.0:
                close_sub_state(u, at + i, -then.lag_s, VELOCITY + i)
        else:
            add_to_sub_state(u, nav, at + i, 1.0, then.at_r + i)
            add_to_sub_state(u, nav, at + 3 + i, 1.0, then.at_theta + i)
            if then.lag_s > 0.0:
                add_to_sub_state(u, nav, at + i, -then.lag_s, VELOCITY + i)


cdef inline void motion_sub_state(
        SubState* u, Image* image, const Navigator* nav, const NavigatorSetup* setup,
        const Moon* moon, int camera, const Then* then) noexcept nogil:
    """u and its covariance; both poses, then[0] and then[1]."""
    cdef double shift = setup.image.shift_px / camera_of(setup, camera).lens.focal_px[0]
    cdef int turn = CAMERA_TURN + 3 * camera, i
    begin_sub_state(u, U_MOTION)
    image.kind = KIND_MOTION
    image.n = U_MOTION
    image.first_of_shift = U_MOTION_SHIFT
    image.centre = vec(0.0, 0.0, -moon.radius_m)
    image.ground_m = moon.radius_m + ground_beneath(nav)
    image.relief_m = setup.image.relief_share * max(then[0].r.z - ground_beneath(nav), 0.0)
    for i in range(2):
        set_pose(image, i, &then[i])
        couple_pose(u, nav, &then[i], 6 * i, False)
    add_to_sub_state(u, nav, U_HEIGHT, nav.beneath.b_b, RELIEF)
    add_to_sub_state(u, nav, U_HEIGHT, nav.beneath.b_s, RELIEF_SLOPE)
    add_to_sub_state(u, nav, U_HEIGHT, image.relief_m, SEEN_GROUND)
    for i in range(2):
        add_to_sub_state(u, nav, U_SLOPE + i, setup.image.slope, SEEN_GROUND + 1 + i)
    for i in range(3):
        add_to_sub_state(u, nav, U_TURN + i, 1.0, turn + i)
    for i in range(2):
        couple_pose(u, nav, &then[i], 6 * i, True)
    close_sub_state(u, U_HEIGHT, nav.beneath.b_b, RELIEF)
    close_sub_state(u, U_HEIGHT, nav.beneath.b_s, RELIEF_SLOPE)
    close_sub_state(u, U_HEIGHT, image.relief_m, SEEN_GROUND)
    for i in range(2):
        close_sub_state(u, U_SLOPE + i, setup.image.slope, SEEN_GROUND + 1 + i)
    for i in range(3):
        close_sub_state(u, U_TURN + i, 1.0, turn + i)
    u.P[U_HEIGHT][U_HEIGHT] += nav.beneath.variance_m2 + image.relief_m * image.relief_m
    for i in range(2):
        u.P[U_SLOPE + i][U_SLOPE + i] += setup.image.slope * setup.image.slope
        u.P[U_MOTION_SHIFT + i][U_MOTION_SHIFT + i] += shift * shift


cdef inline bint foot(
        const Image* image, const Feature* f, Vec3 start, Vec3 k, double* length) noexcept nogil:
    """lambda of (1); False where the ray is flat or meets no ground."""
    cdef double radius = image.ground_m + image.x[U_HEIGHT] + f.above_m
    cdef double kk = dot(k, k), b = dot(start, k)
    cdef double root = b * b - kk * (dot(start, start) - radius * radius)
    if not root > 0.0:
        return False
    # the nearer of both, without taking like numbers from each other
    length[0] = (dot(start, start) - radius * radius) / (-b + sqrt(root))
    return length[0] > 1e-3


cdef inline bint motion_rows(
        const Image* image, const Feature* f, const Pose* first, const Pose* second,
        double (*H)[SUB_MOST], double* nu, double* V) noexcept nogil:
    """(1) to (3) of a pair; False where no ground is met, or it is behind the second camera."""
    cdef Vec3 w = from_camera(image, vec(f.place[0], f.place[1], 1.0))
    cdef Vec3 tau = vec_from(&image.x[U_TURN])
    cdef Vec3 k, start, P, n, d_i, d_j, a
    cdef Seen seen
    cdef double[2] up
    cdef double along, length, rise
    cdef int i
    w = turned(tau, w)
    k = rotate(first.q, w)
    start = add(first.r, rotate(first.q, image.arm))
    if not foot(image, f, sub(start, image.centre), k, &length):
        return False
    P = axpy(length, k, start)
    n = unit(sub(P, image.centre), vec(0.0, 0.0, 1.0))
    along = dot(n, k)
    if not along * along > STEEP * STEEP * dot(k, k):
        return False
    d_i = sub(P, first.r)
    d_j = sub(P, second.r)
    if not seen_from(image, second, &image.x[U_TURN], d_j, &seen):
        return False
    rise = image.x[U_SLOPE] * d_i.x + image.x[U_SLOPE + 1] * d_i.y
    nu[0] = f.a[0] - seen.a[0] - image.x[U_MOTION_SHIFT]
    nu[1] = f.a[1] - seen.a[1] - image.x[U_MOTION_SHIFT + 1]
    for i in range(2):
        up[i] = dot(seen.g[i], k) / along
        nu[i] -= up[i] * rise
        H[i][U_SLOPE] = up[i] * d_i.x
        H[i][U_SLOPE + 1] = up[i] * d_i.y
        a = axpy(-up[i], n, seen.g[i])
        put_row(H[i], U_FROM, a)
        put_row(H[i], U_FROM_THETA, added_turn(cross(d_i, a), &image.x[U_FROM_THETA]))
        put_row(H[i], U_TO, scale(-1.0, seen.g[i]))
        put_row(H[i], U_TO_THETA, added_turn(cross(seen.g[i], d_j), &image.x[U_TO_THETA]))
        H[i][U_HEIGHT] = up[i]
        put_row(H[i], U_TURN, add(
            added_turn(
                cross(scale(length, w), rotate_back(first.q, a)), &image.x[U_TURN]),
            seen.by_turn[i]))
        H[i][U_MOTION_SHIFT] = 1.0 if i == 0 else 0.0
        H[i][U_MOTION_SHIFT + 1] = 1.0 - H[i][U_MOTION_SHIFT]
        V[i] = f.V[i]
    V[2] = f.V[2]
    widen_by(V, up, f.variance_m2 + image.relief_m * image.relief_m)
    return True
