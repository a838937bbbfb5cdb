"""The search for the offset of a profile of heights on the onboard map: profile.pxd."""

from libc.math cimport INFINITY

from farside.ext.navigation.profile cimport ProfileMap, Sampled, sample_map


cdef ProfileMap map_of(const float[:, ::1] heights, double u0_m, double v0_m, double cell_m):
    cdef ProfileMap out
    if heights.shape[0] < 4 or heights.shape[1] < 4 or not cell_m > 0.0:
        raise ValueError("a map has 4 x 4 nodes at least, and cells above 0 m")
    out.height_m = &heights[0, 0]
    out.rows, out.cols = heights.shape[0], heights.shape[1]
    out.u0_m, out.v0_m, out.per_cell = u0_m, v0_m, 1.0 / cell_m
    return out


cdef void check_samples(const double[:, ::1] samples):
    if samples.shape[0] < 1 or samples.shape[1] != 5:
        raise ValueError("samples are (n, 5): u, v, z, t, w")


cdef double misfit(
    const ProfileMap* p, const double[:, ::1] samples, double du, double dv,
    double m00, double m01, double m11
) noexcept nogil:
    """(2); infinity where the map does not hold a sample."""
    cdef double e, w, t, e0 = 0.0, e1 = 0.0, e2 = 0.0
    cdef Sampled s
    cdef Py_ssize_t k
    for k in range(samples.shape[0]):
        s = sample_map(p, samples[k, 0] + du, samples[k, 1] + dv)
        if not s.held:
            return INFINITY
        t = samples[k, 3]
        w = samples[k, 4]
        e = samples[k, 2] - s.z
        e0 += w * e
        e1 += w * t * e
        e2 += w * e * e
    return e2 - (m11 * e0 * e0 - 2.0 * m01 * e0 * e1 + m00 * e1 * e1) / (m00 * m11 - m01 * m01)


def misfits(
    const float[:, ::1] heights, double u0_m, double v0_m, double cell_m,
    const double[:, ::1] samples, double bias_m2, double trend_m2,
    const double[::1] du, const double[::1] dv, double[:, ::1] out,
):
    """Fill `out` (len(dv), len(du)) with (2); infinity where the map does not hold the profile.

    `samples` holds u, v, z, t and w of each; bias_m2 and trend_m2 are B and C.
    """
    cdef ProfileMap p = map_of(heights, u0_m, v0_m, cell_m)
    cdef double m00 = 1.0 / bias_m2, m01 = 0.0, m11 = 1.0 / trend_m2
    cdef Py_ssize_t i, j, k
    check_samples(samples)
    if out.shape[0] != dv.shape[0] or out.shape[1] != du.shape[0]:
        raise ValueError("out has a row for each dv and a column for each du")
    if not (bias_m2 > 0.0 and trend_m2 > 0.0):
        raise ValueError("variances are above 0")
    with nogil:
        for k in range(samples.shape[0]):
            m00 += samples[k, 4]
            m01 += samples[k, 4] * samples[k, 3]
            m11 += samples[k, 4] * samples[k, 3] * samples[k, 3]
        for i in range(dv.shape[0]):
            for j in range(du.shape[0]):
                out[i, j] = misfit(&p, samples, du[j], dv[i], m00, m01, m11)


def normal_equations(
    const float[:, ::1] heights, double u0_m, double v0_m, double cell_m,
    const double[:, ::1] samples, double du, double dv, double[:, ::1] out,
):
    """Fill `out` (5, 5) with sum w x x', x = (m_u, m_v, 1, t, e) at an offset; whether it is held.

    m_u and m_v are the map's slopes.
    """
    cdef ProfileMap p = map_of(heights, u0_m, v0_m, cell_m)
    cdef double x[5]
    cdef Sampled s
    cdef Py_ssize_t i, j, k
    cdef bint held = True
    check_samples(samples)
    if out.shape[0] != 5 or out.shape[1] != 5:
        raise ValueError("out is (5, 5)")
    with nogil:
        out[:, :] = 0.0
        for k in range(samples.shape[0]):
            s = sample_map(&p, samples[k, 0] + du, samples[k, 1] + dv)
            held = held and s.held
            x[0] = s.zu
            x[1] = s.zv
            x[2] = 1.0
            x[3] = samples[k, 3]
            x[4] = samples[k, 2] - s.z
            for i in range(5):
                for j in range(5):
                    out[i, j] += samples[k, 4] * x[i] * x[j]
    return held
