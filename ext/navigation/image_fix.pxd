"""An image is taken or refused as a whole: landmarks of a map, or the motion between two images.

    agree       its features with each other, the place left loose: consensus.pxd
    belong      with the estimate: d^2 of sub_state.pxd inside its chi-square
    outvote     images on end whose corrections agree with each other and not with the estimate

An image whose matches do not agree says nothing. One whose matches agree, and not with the
estimate, may be of a place that looks alike; the estimate may as well be wrong, and for ever would
be if it alone were asked. So `vote` such images on end widen P by what they say, and are taken:

    landmarks   P += q q',  q = off on r, on each clone's r and on the tie,
                P += e e',  e = the rate at which off has grown on v             (1)
    motion      P += q q',  q = off (t_j - t_i) on r_j, off on v, off (t - t_i) on r    (2)

with off the correction of the place, or that of the speed over ground (as map_fix.pxd, (3)).

An estimate that `vote` images of landmarks have agreed with does not jump between two of them:
later ones outvote it only where it may have left since t_b, the last that was believed, by an
acceleration A that no sensor told of,

    |off| <= z spread + A (t - t_b)^2 / 2,    t - t_b <= 10 s                       (3)

for else it is the camera that has jumped, turned, shifted or late. Such images are refused until P
has grown to hold them, or until SETTLED_VOTES times as many as elsewhere agree with each other:
what was settled may have been a place that looks alike.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from farside.ext.common.types cimport TICK_HZ, Moon
from farside.ext.common.vector cimport finite
from farside.ext.navigation._codes cimport (
    FIX_FORGOTTEN, FIX_OUTSIDE, FIX_SCATTERED, FIX_TAKEN, FIX_UNFIT,
)
from farside.ext.navigation.camera_setup cimport CAMERAS, IMAGE_MOST
from farside.ext.navigation.consensus cimport agree, chi_square_most, fit
from farside.ext.navigation.delayed cimport Then, estimate_at
from farside.ext.navigation.image cimport Image, camera_is_there, open_image
from farside.ext.navigation.image_records cimport Landmark, MotionPair
from farside.ext.navigation.landmark cimport (
    U_PLACE, U_TAU, landmark_feature, landmark_sub_state,
)
from farside.ext.navigation.motion cimport (
    U_FROM, U_TO, U_TURN, motion_feature, motion_sub_state,
)
from farside.ext.navigation.state cimport (
    CAMERA_STATES, CAMERA_TURN, CLONES, CLONES_MOST, CLONE_STATES, IMAGE_MAP, POSITION, SEEN_GROUND,
    TIE, VELOCITY, ImageCount, ImageVote, Navigator, NavigatorSetup, camera_of,
)
from farside.ext.navigation.sub_state cimport (
    SUB_MOST, Solved, SubState, apply_image, posterior,
)


cdef extern from *:
    """
    #define LOOSE_TURN_RAD 5e-3     /* of a camera: matches may agree with each other in it */
    #define LOOSE_UP 0.1            /* of what a place is left loose by: its height */
    #define VOTE_SPEED_SHARE 0.2    /* of a speed that is off: so far votes may differ */
    #define ASTRAY_MPS2 1.0         /* A of (3): a third of the thrust of braking */
    #define ASTRAY_S 10.0           /* later P alone says how far the estimate may have gone */
    #define SETTLED_VOTES 3         /* of these times `vote`: half a minute of images */
    """
    const double LOOSE_TURN_RAD
    const double LOOSE_UP
    const double VOTE_SPEED_SHARE
    const double ASTRAY_MPS2
    const double ASTRAY_S
    const int SETTLED_VOTES


cdef inline void open_cameras(Navigator* nav, const NavigatorSetup* setup) noexcept nogil:
    """Make room for what is considered of cameras and map, before the clones there are."""
    cdef double sigma
    cdef int i, j
    if nav.clones_at > CLONES:
        return
    for i in range(nav.size - 1, CLONES - 1, -1):
        memcpy(&nav.P[i + CAMERA_STATES][0], &nav.P[i][0], nav.size * sizeof(double))
    nav.size += CAMERA_STATES
    nav.clones_at = CLONES + CAMERA_STATES
    for i in range(nav.size):
        for j in range(nav.size - 1, nav.clones_at - 1, -1):
            nav.P[i][j] = nav.P[i][j - CAMERA_STATES]
    for i in range(CLONES, nav.clones_at):
        for j in range(nav.size):
            nav.P[i][j] = nav.P[j][i] = 0.0
    for i in range(3):
        sigma = setup.image.map_sigma_m[i]
        nav.P[IMAGE_MAP + i][IMAGE_MAP + i] = sigma * sigma
        nav.P[SEEN_GROUND + i][SEEN_GROUND + i] = 1.0
    for i in range(3 * CAMERAS):
        sigma = camera_of(setup, i // 3).turn_rad
        nav.P[CAMERA_TURN + i][CAMERA_TURN + i] = sigma * sigma


cdef inline int enough(const NavigatorSetup* setup, int given) noexcept nogil:
    """How many of so many matches must agree."""
    return max(setup.image.least, <int> (setup.image.share * given + 0.999))


cdef inline void loosen(
        double (*loose)[SUB_MOST], const SubState* u, int place, double by_m,
        int turn) noexcept nogil:
    """P of u with the place and the camera's mounting left loose.

    Ranges tell the height: were it as loose, a place just above the ground, where each match is
    worth nothing, would agree with any.
    """
    cdef double by
    cdef int i
    memcpy(loose, u.P, sizeof(u.P))
    for i in range(3):
        by = by_m if i < 2 else LOOSE_UP * by_m
        loose[place + i][place + i] += by * by
        loose[turn + i][turn + i] += LOOSE_TURN_RAD * LOOSE_TURN_RAD


cdef inline double spread(
        const Solved* s, const double (*P)[SUB_MOST], int n, int at) noexcept nogil:
    """Deviation of three members of u after a fit."""
    cdef double[SUB_MOST][SUB_MOST] after
    posterior(s, P, after, n)
    return sqrt(max(
        after[at][at] + after[at + 1][at + 1] + after[at + 2][at + 2], 0.0))


cdef inline bint outvotes(
        ImageVote* v, const double* off, int64_t tag, int enough_votes) noexcept nogil:
    """Count an image that was refused; whether it and those before it are enough."""
    cdef double d2 = 0.0
    cdef int i
    if v.agreed > 0 and tag <= v.tick:
        return False
    for i in range(3):
        d2 += (off[i] - v.off[i]) * (off[i] - v.off[i])
    if v.agreed == 0 or not d2 <= v.apart * v.apart:
        v.agreed = 0
        memcpy(v.first, off, sizeof(v.first))
        v.first_tick = tag
    v.agreed += 1
    v.tick = tag
    memcpy(v.off, off, sizeof(v.off))
    return v.agreed >= enough_votes


cdef inline bint has_jumped(
        const ImageCount* c, const NavigatorSetup* setup, const double* off,
        int64_t tag) noexcept nogil:
    """Whether (3) says so of a place, before its vote is counted: of each, t_b is the same."""
    cdef double past_s, refused_s, far
    if c.settled < setup.image.vote:
        return False
    past_s = <double> (tag - c.vote.believed) / TICK_HZ
    if past_s > ASTRAY_S:
        return True
    # apart has the spread, and the drift since the last image, taken or refused
    refused_s = <double> (tag - c.vote.tick) / TICK_HZ
    far = (
        c.vote.apart - setup.image.drift_mps * refused_s + 0.5 * ASTRAY_MPS2 * past_s * past_s)
    return off[0] * off[0] + off[1] * off[1] + off[2] * off[2] > far * far


cdef inline void widen_along(
        Navigator* nav, const int32_t* at, const double* by, int count,
        const double* q) noexcept nogil:
    """P += (by q) (by q)' over blocks of three states; the tie has two."""
    cdef int a, b, i, j
    for a in range(count):
        for b in range(count):
            for i in range(2 if at[a] == TIE else 3):
                for j in range(2 if at[b] == TIE else 3):
                    nav.P[at[a] + i][at[b] + j] += by[a] * by[b] * q[i] * q[j]


cdef inline void doubt_place(Navigator* nav, const ImageVote* v) noexcept nogil:
    """(1)."""
    cdef int32_t[CLONES_MOST + 2] at
    cdef double[CLONES_MOST + 2] by
    cdef double[3] rate
    cdef double over_s = <double> (v.tick - v.first_tick) / TICK_HZ
    cdef int i, count = 1
    at[0] = POSITION
    for i in range(CLONES_MOST):
        if nav.clone[i].tick >= 0:
            at[count] = nav.clones_at + i * CLONE_STATES
            count += 1
    if nav.P[TIE][TIE] > 0.0:
        at[count] = TIE
        count += 1
    for i in range(count):
        by[i] = 1.0
    widen_along(nav, at, by, count, v.off)
    if not over_s > 0.0:
        return
    for i in range(3):
        rate[i] = (v.off[i] - v.first[i]) / over_s
    at[0] = VELOCITY
    widen_along(nav, at, by, 1, rate)


cdef inline void doubt_speed_between(
        Navigator* nav, const ImageVote* v, const Then* then, int64_t from_tick, int64_t to_tick,
        int64_t tick) noexcept nogil:
    """(2)."""
    cdef int32_t[3] at
    cdef double[3] by
    cdef int count = 2
    at[0], at[1] = POSITION, VELOCITY
    by[0], by[1] = <double> (tick - from_tick) / TICK_HZ, 1.0
    if then.at_r != POSITION:
        at[2] = then.at_r
        by[2] = <double> (to_tick - from_tick) / TICK_HZ
        count = 3
    widen_along(nav, at, by, count, v.off)


cdef inline int noted(ImageCount* c, int code) noexcept nogil:
    """Count an image by its code; one that is taken ends a vote."""
    c.code = code
    if code == FIX_TAKEN:
        c.taken += 1
        c.vote.agreed = 0
    else:
        c.refused += 1
    return code


cdef inline bint belongs(ImageCount* c, const Solved* s, double z) noexcept nogil:
    """Whether an image agrees with the estimate."""
    c.d2 = s.d2
    c.d2_most = chi_square_most(max(s.pivots, 1), z)
    return c.d2 <= c.d2_most


cdef inline int take_landmarks(
        Navigator* nav, const NavigatorSetup* setup, int camera, int64_t tag, int64_t tick,
        const Landmark* matches, int count) noexcept nogil:
    """Take the matches of an image that is true at a tag; a code FIX_."""
    cdef ImageCount* c = &nav.landmarks
    cdef Image image
    cdef SubState u
    cdef Solved s
    cdef Then then
    cdef double[SUB_MOST][SUB_MOST] loose
    cdef int i, found = 0
    c.inside = 0
    c.given = count
    if not camera_is_there(setup, camera) or not 0 < count <= IMAGE_MOST:
        return noted(c, FIX_UNFIT)
    open_cameras(nav, setup)
    if not estimate_at(nav, tag, tick, &then):
        return noted(c, FIX_FORGOTTEN)
    open_image(&image, nav, setup, camera)
    image.count = count
    for i in range(count):
        landmark_feature(&image.feature[i], camera_of(setup, camera), &matches[i])
        found += image.feature[i].fit
    if found < setup.image.least:
        return noted(c, FIX_UNFIT)
    landmark_sub_state(&u, &image, nav, setup, camera, &then)
    loosen(loose, &u, U_PLACE, setup.image.search_m, U_TAU)
    c.inside = agree(&image, loose, setup.image.gate, &s)
    if c.inside < enough(setup, count):
        return noted(c, FIX_SCATTERED)
    c.vote.apart = setup.image.gate * spread(&s, loose, image.n, U_PLACE) + (
        setup.image.drift_mps * <double> (tag - c.vote.tick) / TICK_HZ)
    return believe_place(nav, setup, camera, tag, &then, &image, &u)


cdef inline int believe_place(
        Navigator* nav, const NavigatorSetup* setup, int camera, int64_t tag, const Then* then,
        Image* image, SubState* u) noexcept nogil:
    """Hold matches that agree with each other against the estimate; take or refuse them."""
    cdef ImageCount* c = &nav.landmarks
    cdef Solved s
    cdef double[3] off
    cdef int votes
    memcpy(off, &image.x[U_PLACE], sizeof(off))
    fit(image, u.P, &s)
    if not belongs(c, &s, setup.image.gate):
        if not finite(s.d2):
            return noted(c, FIX_SCATTERED)
        votes = setup.image.vote
        if has_jumped(c, setup, off, tag):
            votes *= SETTLED_VOTES
        if not outvotes(&c.vote, off, tag, votes):
            return noted(c, FIX_OUTSIDE)
        doubt_place(nav, &c.vote)
        c.settled = 0
        landmark_sub_state(u, image, nav, setup, camera, then)
        fit(image, u.P, &s)
    apply_image(nav, u, &s)
    c.settled += 1
    c.vote.tick = tag
    c.vote.believed = <int32_t> tag
    return noted(c, FIX_TAKEN)


cdef inline int take_motion(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, int camera,
        const int64_t* tags, int64_t tick, const MotionPair* pairs, int count) noexcept nogil:
    """Take the pairs of two images, true at tags[0] before tags[1]; a code FIX_."""
    cdef ImageCount* c = &nav.motion
    cdef Image image
    cdef SubState u
    cdef Solved s
    cdef Then[2] then
    cdef double[SUB_MOST][SUB_MOST] loose
    cdef double over_s
    cdef int i, found = 0
    c.inside = 0
    c.given = count
    # Any ticks at all may be given: their difference is a number where neither is negative.
    if not camera_is_there(setup, camera) or not 0 < count <= IMAGE_MOST or (
            not 0 <= tags[0] < tags[1]):
        return noted(c, FIX_UNFIT)
    over_s = <double> (tags[1] - tags[0]) / TICK_HZ
    open_cameras(nav, setup)
    for i in range(2):
        if not estimate_at(nav, tags[i], tick, &then[i]):
            return noted(c, FIX_FORGOTTEN)
    open_image(&image, nav, setup, camera)
    image.count = count
    for i in range(count):
        motion_feature(&image.feature[i], camera_of(setup, camera), &pairs[i])
        found += image.feature[i].fit
    if found < setup.image.least:
        return noted(c, FIX_UNFIT)
    motion_sub_state(&u, &image, nav, setup, moon, camera, then)
    loosen(loose, &u, U_TO, setup.image.search_mps * over_s, U_TURN)
    c.inside = agree(&image, loose, setup.image.gate, &s)
    if c.inside < enough(setup, count):
        return noted(c, FIX_SCATTERED)
    c.vote.apart = setup.image.gate * spread(&s, loose, image.n, U_TO) / over_s
    return believe_motion(nav, setup, moon, camera, tags, tick, &image, &u)


cdef inline int believe_motion(
        Navigator* nav, const NavigatorSetup* setup, const Moon* moon, int camera,
        const int64_t* tags, int64_t tick, Image* image, SubState* u) noexcept nogil:
    """Hold pairs that agree with each other against the estimate; take or refuse them."""
    cdef ImageCount* c = &nav.motion
    cdef Solved s
    cdef Then[2] then
    cdef double over_s = <double> (tags[1] - tags[0]) / TICK_HZ
    cdef double[3] off
    cdef double size = 0.0
    cdef int i
    for i in range(2):
        estimate_at(nav, tags[i], tick, &then[i])
    for i in range(3):
        off[i] = (image.x[U_TO + i] - image.x[U_FROM + i]) / over_s
        size += off[i] * off[i]
    fit(image, u.P, &s)
    if not belongs(c, &s, setup.image.gate):
        if not finite(s.d2):
            return noted(c, FIX_SCATTERED)
        c.vote.apart += VOTE_SPEED_SHARE * sqrt(size)
        if not outvotes(&c.vote, off, tags[1], setup.image.vote):
            return noted(c, FIX_OUTSIDE)
        doubt_speed_between(nav, &c.vote, &then[1], tags[0], tags[1], tick)
        motion_sub_state(u, image, nav, setup, moon, camera, then)
        fit(image, u.P, &s)
    apply_image(nav, u, &s)
    return noted(c, FIX_TAKEN)
