"""Places of the onboard image map that are seen in an image: terrain-relative navigation.

    p       a place of the map, on its ground [m, site]                     Landmark.place_site
    r, q    the pose at the image's time tag, of the lander itself or of a clone
    m       the image map's places are off by it: they truly are at p - m   IMAGE_MAP
    tau     the camera's mounting, body                                     CAMERA_TURN
    c       a shift that all matches of the image share                     shift_px
    C, l    axes and arm of the camera; pi (X, Y, Z) = (X / Z, Y / Z)

    d = p - m - r,   v = exp(-tau) (R(q)' d - l),   z = pi(C v) + c + noise         (1)

and with g' a row of the derivatives of pi(C v) by d, site, and g_b the same by v, body,

    H = -g on s = r + m,   g x d on theta,   g_b x v on tau,   1 on c              (2)

theory (9.5) and (9.6), so u = (s, theta, tau, c). A height of the map that is off by dh moves what
is seen by g_z dh: its variance comes to that of the match. m and tau are considered: no sensor
sees where the map is off, and what remains of it at touchdown is the miss against the site. c is a
state of this image alone: light and the map's own errors near by shift all of its matches alike
(sub_state.pxd, D).
"""

from farside.ext.common.vector cimport Vec3, cross, scale, sub, vec_from
from farside.ext.navigation.camera_setup cimport CameraSetup
from farside.ext.navigation.delayed cimport Then
from farside.ext.navigation.image cimport (
    KIND_LANDMARKS, PLACE_MOST_M, Feature, Image, Pose, Seen, added_turn, place_can_be, put_row,
    ray_at, ray_variance, seen_from, set_pose, variance_can_be, widen_by,
)
from farside.ext.navigation.image_records cimport Landmark
from farside.ext.navigation.state cimport (
    CAMERA_TURN, IMAGE_MAP, VELOCITY, Navigator, NavigatorSetup, camera_of,
)
from farside.ext.navigation.sub_state cimport (
    SUB_MOST, SubState, add_to_sub_state, begin_sub_state, close_sub_state,
)


cdef enum:
    # of u
    U_PLACE = 0
    U_THETA = 3
    U_TAU = 6
    U_SHIFT = 9
    U_LANDMARK = 11


cdef inline void landmark_feature(
        Feature* f, const CameraSetup* c, const Landmark* m) noexcept nogil:
    """A match as a ray and a place; unfit where a number cannot be."""
    cdef int i
    f.fit = f.used = 0
    if not (
            variance_can_be(m.variance_px2) and 0.0 <= m.height_variance_m2 <= 1e8
            and place_can_be(m.place_site, 3, PLACE_MOST_M)
            and ray_at(&c.lens, m.pixel, f.a)):
        return
    ray_variance(&c.lens, f.a, m.variance_px2, f.V)
    for i in range(3):
        f.place[i] = m.place_site[i]
    f.above_m = 0.0
    f.variance_m2 = m.height_variance_m2
    f.fit = 1


cdef inline void landmark_sub_state(
        SubState* u, Image* image, const Navigator* nav, const NavigatorSetup* setup, int camera,
        const Then* then) noexcept nogil:
    """u and its covariance; the pose of the image."""
    cdef double shift = setup.image.shift_px / camera_of(setup, camera).lens.focal_px[0]
    cdef int turn = CAMERA_TURN + 3 * camera, i
    begin_sub_state(u, U_LANDMARK)
    image.kind = KIND_LANDMARKS
    image.n = U_LANDMARK
    image.first_of_shift = U_SHIFT
    set_pose(image, 0, then)
    for i in range(3):
        add_to_sub_state(u, nav, U_PLACE + i, 1.0, then.at_r + i)
        add_to_sub_state(u, nav, U_PLACE + i, 1.0, IMAGE_MAP + i)
        if then.lag_s > 0.0:
            add_to_sub_state(u, nav, U_PLACE + i, -then.lag_s, VELOCITY + i)
        add_to_sub_state(u, nav, U_THETA + i, 1.0, then.at_theta + i)
        add_to_sub_state(u, nav, U_TAU + i, 1.0, turn + i)
    for i in range(3):
        close_sub_state(u, U_PLACE + i, 1.0, then.at_r + i)
        close_sub_state(u, U_PLACE + i, 1.0, IMAGE_MAP + i)
        if then.lag_s > 0.0:
            close_sub_state(u, U_PLACE + i, -then.lag_s, VELOCITY + i)
        close_sub_state(u, U_THETA + i, 1.0, then.at_theta + i)
        close_sub_state(u, U_TAU + i, 1.0, turn + i)
    for i in range(2):
        u.P[U_SHIFT + i][U_SHIFT + i] = shift * shift


cdef inline bint landmark_rows(
        const Image* image, const Feature* f, const Pose* pose, double (*H)[SUB_MOST], double* nu,
        double* V) noexcept nogil:
    """(1) and (2) of a match; False where its place is behind the camera."""
    cdef Vec3 d = sub(vec_from(f.place), pose.r)
    cdef Seen seen
    cdef double[2] up
    cdef int i
    if not seen_from(image, pose, &image.x[U_TAU], d, &seen):
        return False
    nu[0] = f.a[0] - seen.a[0] - image.x[U_SHIFT]
    nu[1] = f.a[1] - seen.a[1] - image.x[U_SHIFT + 1]
    for i in range(2):
        put_row(H[i], U_PLACE, scale(-1.0, seen.g[i]))
        put_row(H[i], U_THETA, added_turn(cross(seen.g[i], d), &image.x[U_THETA]))
        put_row(H[i], U_TAU, seen.by_turn[i])
        H[i][U_SHIFT] = 1.0 if i == 0 else 0.0
        H[i][U_SHIFT + 1] = 1.0 - H[i][U_SHIFT]
        up[i] = seen.g[i].z
        V[i] = f.V[i]
    V[2] = f.V[2]
    widen_by(V, up, f.variance_m2)
    return True
