"""An image as the filter works on it: one camera, two poses at most, and features as rays.

    a       (X / Z, Y / Z) of a ray in camera axes                          Feature.a
    V       its variance, that of the pixel taken through the lens: D^-1 V_px D^-1'
    C       rows: the camera's axes, body                                   axes
    l       from the centre of mass to the lens, body                       arm

Rays and not pixels are compared: a lens with distortion has no pixel for what an estimate that is
kilometres off expects to be seen.
"""

from libc.math cimport fabs
from libc.stdint cimport int32_t
from libc.string cimport memset

from farside.ext.common.camera cimport Bent, PinholeModel, bend, ray_of_pixel
from farside.ext.common.vector cimport (
    Quat, Vec3, add, axpy, cross, dot, finite, rotate, rotate_back, scale, sub, vec, vec_from,
)
from farside.ext.common.measurements cimport lever_arm
from farside.ext.navigation.camera_setup cimport CAMERAS, IMAGE_MOST, CameraSetup
from farside.ext.navigation.delayed cimport Then, com_aboard
from farside.ext.navigation.state cimport Navigator, NavigatorSetup, camera_of
from farside.ext.navigation.sub_state cimport SUB_MOST
from farside.ext.navigation.update cimport turn_by


cdef enum:
    KIND_LANDMARKS = 0
    KIND_MOTION = 1


cdef extern from *:
    """
    #define VARIANCE_LEAST_PX2 1e-6
    #define VARIANCE_MOST_PX2 1e6
    #define PLACE_MOST_M 1e7
    """
    const double VARIANCE_LEAST_PX2
    const double VARIANCE_MOST_PX2
    const double PLACE_MOST_M


cdef struct Feature:
    double a[2]                 # as seen
    double V[3]
    double place[3]             # of a landmark [m, site]; of a pair a of the first image, and 0
    double above_m              # of a pair
    double variance_m2          # of the height
    int32_t fit                 # its numbers can be
    int32_t used                # it agrees


cdef struct Image:
    int32_t kind
    int32_t count
    int32_t n                   # members of u
    int32_t first_of_shift      # where the shift that all share stands in u
    Vec3 axes[3]
    Vec3 arm
    Vec3 r[2]                   # poses as estimated: of the image; of a pair first and second
    Quat q[2]
    Vec3 centre                 # of the Moon
    double ground_m             # level ground beneath, from the Moon's centre
    double relief_m             # deviation of a pair's ground from it
    double x[SUB_MOST]          # u, about which is linearised
    Feature feature[IMAGE_MOST]


cdef struct Pose:
    Vec3 r
    Quat q


cdef struct Seen:
    # A place as an image should show it
    double a[2]
    Vec3 g[2]                   # derivatives of each by the place, site
    Vec3 by_turn[2]             # and by the camera's turn


cdef inline bint camera_is_there(const NavigatorSetup* setup, int camera) noexcept nogil:
    return 0 <= camera < CAMERAS and camera_of(setup, camera).lens.columns > 0


cdef inline void open_image(
        Image* image, const Navigator* nav, const NavigatorSetup* setup, int camera) noexcept nogil:
    """Begin with a camera's axes and its arm."""
    cdef const CameraSetup* c = camera_of(setup, camera)
    cdef int i
    memset(image, 0, sizeof(Image) - sizeof(image.feature))
    for i in range(3):
        image.axes[i] = vec_from(&c.axes_body[3 * i])
    image.arm = lever_arm(c.placed, c.place_m, com_aboard(nav, setup))


cdef inline void set_pose(Image* image, int i, const Then* then) noexcept nogil:
    image.r[i] = then.r
    image.q[i] = then.q


cdef inline Pose pose_at(const Image* image, int i, int at) noexcept nogil:
    """A pose with the part of u put in that begins at a place."""
    cdef Pose p
    cdef double[4] q
    q[0], q[1], q[2], q[3] = image.q[i].w, image.q[i].x, image.q[i].y, image.q[i].z
    p.r = add(image.r[i], vec_from(&image.x[at]))
    turn_by(q, &image.x[at + 3])
    p.q.w, p.q.x, p.q.y, p.q.z = q[0], q[1], q[2], q[3]
    return p


cdef inline Vec3 to_camera(const Image* image, Vec3 body) noexcept nogil:
    return vec(dot(image.axes[0], body), dot(image.axes[1], body), dot(image.axes[2], body))


cdef inline Vec3 from_camera(const Image* image, Vec3 v) noexcept nogil:
    """Camera components into body."""
    return add(
        scale(v.x, image.axes[0]), add(scale(v.y, image.axes[1]), scale(v.z, image.axes[2])))


cdef inline bint variance_can_be(const double* V) noexcept nogil:
    return (
        VARIANCE_LEAST_PX2 <= V[0] <= VARIANCE_MOST_PX2
        and VARIANCE_LEAST_PX2 <= V[2] <= VARIANCE_MOST_PX2
        and V[1] * V[1] <= 0.998 * V[0] * V[2])


cdef inline bint place_can_be(const double* p, int count, double most) noexcept nogil:
    cdef int i
    for i in range(count):
        if not fabs(p[i]) <= most:
            return False
    return True


cdef inline bint ray_at(const PinholeModel* lens, const double* px, double* a) noexcept nogil:
    """a of a pixel of the image; False for one outside of it."""
    cdef Vec3 ray
    if not (-0.5 <= px[0] <= lens.columns - 0.5 and -0.5 <= px[1] <= lens.rows - 0.5):
        return False
    ray = ray_of_pixel(lens, px[0], px[1])
    if not (ray.z > 1e-3 and finite(ray.x) and finite(ray.y)):
        return False
    a[0] = ray.x / ray.z
    a[1] = ray.y / ray.z
    return True


cdef inline void ray_variance(
        const PinholeModel* lens, const double* a, const double* V_px, double* V) noexcept nogil:
    """D^-1 V_px D^-1', D the derivatives of the pixel by a."""
    cdef Bent d = bend(lens, a[0], a[1])
    cdef double det = d.xx * d.yy - d.xy * d.xy
    cdef double fx = 1.0 / (lens.focal_px[0] * det), fy = 1.0 / (lens.focal_px[1] * det)
    cdef double i00 = d.yy * fx, i01 = -d.xy * fy, i10 = -d.xy * fx, i11 = d.xx * fy
    V[0] = i00 * i00 * V_px[0] + 2.0 * i00 * i01 * V_px[1] + i01 * i01 * V_px[2]
    V[1] = i00 * i10 * V_px[0] + (i00 * i11 + i01 * i10) * V_px[1] + i01 * i11 * V_px[2]
    V[2] = i10 * i10 * V_px[0] + 2.0 * i10 * i11 * V_px[1] + i11 * i11 * V_px[2]


cdef inline void widen_by(double* V, const double* side, double variance) noexcept nogil:
    """V += variance side side'."""
    V[0] += variance * side[0] * side[0]
    V[1] += variance * side[0] * side[1]
    V[2] += variance * side[1] * side[1]


cdef inline void put_row(double* row, int at, Vec3 h) noexcept nogil:
    row[at] = h.x
    row[at + 1] = h.y
    row[at + 2] = h.z


cdef inline Vec3 added_turn(Vec3 h, const double* x) noexcept nogil:
    """A row on a turn that comes after exp(x), as one on x itself: J_l(x)' h, first order.

    Without it two turns that look alike, of the lander and of its camera, would seem to differ.
    """
    return axpy(-0.5, cross(vec_from(x), h), h)


cdef inline Vec3 taken_turn(Vec3 h, const double* x) noexcept nogil:
    """The same of exp(-x)."""
    return axpy(0.5, cross(vec_from(x), h), h)


cdef inline Vec3 turned(Vec3 tau, Vec3 v) noexcept nogil:
    """exp(tau) v, to second order."""
    cdef Vec3 t = cross(tau, v)
    return add(v, axpy(0.5, cross(tau, t), t))


cdef inline bint seen_from(
        const Image* image, const Pose* pose, const double* turn, Vec3 d, Seen* out) noexcept nogil:
    """Project a place that stands d from the centre of mass, site; False where it is behind."""
    cdef Vec3 tau = vec_from(turn)
    cdef Vec3 v = turned(scale(-1.0, tau), sub(rotate_back(pose.q, d), image.arm))
    cdef Vec3 p = to_camera(image, v)
    cdef Vec3 g
    cdef double z
    cdef int i
    if not p.z > 1e-3:
        return False
    z = 1.0 / p.z
    out.a[0] = p.x * z
    out.a[1] = p.y * z
    for i in range(2):
        # g_b: row i of (1, 0, -a; 0, 1, -b) / Z times C
        g = scale(z, sub(image.axes[i], scale(out.a[i], image.axes[2])))
        out.g[i] = rotate(pose.q, turned(tau, g))
        out.by_turn[i] = taken_turn(cross(g, v), turn)
    return True
