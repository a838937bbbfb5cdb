"""One scan of the lidar: a ray for each return, cast on the true ground from where it is then."""

from libc.math cimport NAN
from libc.stdint cimport uint64_t

from farside.ext.ground._ground cimport GroundModel
from farside.ext.ground.rays cimport above_patch, cast_from
from farside.ext.common.random cimport Stream, normal, open_stream
from farside.ext.common.telemetry cimport Row
from farside.ext.common.vector cimport (
    Quat, Vec3, axpy, finite, quat, quat_from, quat_unit, rotate, sub, unit, vec_from,
)


cdef struct Pose:
    Vec3 r
    Quat q


cdef struct ScanSetup:
    double half_across          # tangent of the half field of view
    double half_along
    int across                  # returns of a line
    int along                   # lines
    double head_axes[3][3]      # body components of the head's across, along and boresight axes
    double sigma_m              # of a fused return, along its ray
    double bias_m
    double max_range_m


cdef inline Quat interpolate_attitude(Quat a, Quat b, double f) noexcept nogil:
    """Between two attitudes a tick apart: linear and normalised."""
    return quat_unit(quat(
        a.w + f * (b.w - a.w), a.x + f * (b.x - a.x), a.y + f * (b.y - a.y), a.z + f * (b.z - a.z)))


cdef inline Pose true_pose(const Row* a, const Row* b, double f) noexcept nogil:
    cdef Pose p
    p.r = axpy(f, sub(vec_from(b.r_site), vec_from(a.r_site)), vec_from(a.r_site))
    p.q = interpolate_attitude(quat_from(a.q_site_body), quat_from(b.q_site_body), f)
    return p


cdef inline Pose known_pose(const Row* a, const Row* b, double f) noexcept nogil:
    cdef Pose p
    p.r = axpy(f, sub(vec_from(b.est_r_site), vec_from(a.est_r_site)), vec_from(a.est_r_site))
    p.q = interpolate_attitude(quat_from(a.est_q_site_body), quat_from(b.est_q_site_body), f)
    return p


def scan_ground(
    GroundModel ground, const Row[::1] rows, dict setup, uint64_t seed, unsigned int stream,
    double[:, ::1] points,
):
    """Fill points (along * across, 3) [m, the estimate's site axes]; NaN for a ray without return.

    setup is the struct `ScanSetup` by its members. Lines of constant along are swept evenly over
    the time that rows span.
    """
    cdef ScanSetup k = setup
    cdef int across = k.across, along = k.along
    cdef Stream noise = open_stream(seed, 0, stream)
    cdef Py_ssize_t last = rows.shape[0] - 1
    cdef Vec3 ex = vec_from(k.head_axes[0])
    cdef Vec3 ey = vec_from(k.head_axes[1])
    cdef Vec3 ez = vec_from(k.head_axes[2])
    cdef Vec3 ray, hit
    cdef Pose truth, known
    cdef double t, f, range_m, ty
    cdef Py_ssize_t i, j, at, row
    cdef bint over_patch
    if points.shape[0] != <Py_ssize_t> across * along or points.shape[1] != 3:
        raise ValueError("points does not hold one place for each return")
    if last < 1:
        raise ValueError("a scan needs at least two ticks of telemetry")
    with nogil:
        for j in range(along):
            t = last * (<double> j / max(along - 1, 1))
            row = min(<Py_ssize_t> t, last - 1)
            f = t - row
            truth = true_pose(&rows[row], &rows[row + 1], f)
            known = known_pose(&rows[row], &rows[row + 1], f)
            over_patch = above_patch(&ground.c, truth.r)
            ty = k.half_along * (2.0 * j / max(along - 1, 1) - 1.0)
            for i in range(across):
                at = j * across + i
                ray = axpy(
                    k.half_across * (2.0 * i / max(across - 1, 1) - 1.0), ex, axpy(ty, ey, ez))
                ray = unit(ray, ez)
                range_m = cast_from(
                    &ground.c, truth.r, rotate(truth.q, ray), k.max_range_m, over_patch)
                if k.sigma_m > 0.0:
                    range_m += k.sigma_m * normal(&noise)
                if not finite(range_m):
                    points[at, 0] = points[at, 1] = points[at, 2] = NAN
                    continue
                hit = axpy(range_m + k.bias_m, rotate(known.q, ray), known.r)
                points[at, 0] = hit.x
                points[at, 1] = hit.y
                points[at, 2] = hit.z
