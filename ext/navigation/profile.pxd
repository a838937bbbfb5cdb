"""A profile of heights against the onboard map, for one offset of the estimate.

k         sample of the profile
u, v      estimated arcs of where the beam ends [m]
z         height of that place above the site's radius, by the estimate and the range [m]
t         time from the middle of the profile, -1..1
w         1 / variance [1/m^2]
m(u, v)   map, by the cubic convolution of Keys (1981), a = -1/2
o         offset (o_u, o_v) of the truth from the estimate [m]
e_k(o) = z_k - m(u_k + o_u, v_k + o_v) = b + c t_k + noise                     (1)
S(o)   = min over b, c of  sum w_k (e_k - b - c t_k)^2 + b^2 / B + c^2 / C     (2)

b and c hold the errors of the estimated height and of the vertical speed, of variances B and C.
With E0 = sum w e, E1 = sum w t e, E2 = sum w e^2 and M the normal matrix of b and c,
S = E2 - (E0, E1) M^-1 (E0, E1)'. Sums run from the first sample to the last.
"""

from libc.math cimport floor


cdef struct ProfileMap:
    const float* height_m       # rows x cols; rows along v
    Py_ssize_t rows, cols
    double u0_m, v0_m           # of the first node
    double per_cell             # [1/m]


cdef struct Sampled:
    double z                    # [m]
    double zu, zv               # slopes
    bint held                   # the map has all 16 nodes


cdef inline void keys_weights(double f, double* w, double* d) noexcept nogil:
    """Weights of four nodes at f from the second, and their derivatives by f."""
    w[0] = f * (-0.5 + f * (1.0 - 0.5 * f))
    w[1] = 1.0 + f * f * (-2.5 + 1.5 * f)
    w[2] = f * (0.5 + f * (2.0 - 1.5 * f))
    w[3] = f * f * (-0.5 + 0.5 * f)
    d[0] = -0.5 + f * (2.0 - 1.5 * f)
    d[1] = f * (-5.0 + 4.5 * f)
    d[2] = 0.5 + f * (4.0 - 4.5 * f)
    d[3] = f * (-1.0 + 1.5 * f)


cdef inline Sampled sample_map(const ProfileMap* p, double u, double v) noexcept nogil:
    """m(u, v) and its slopes; not held where a node is missing, also for NaN."""
    cdef Sampled out
    cdef double x = (u - p.u0_m) * p.per_cell
    cdef double y = (v - p.v0_m) * p.per_cell
    cdef double wx[4]
    cdef double wy[4]
    cdef double dx[4]
    cdef double dy[4]
    cdef double row, along
    cdef const float* z
    cdef Py_ssize_t i, j, k
    out.z = out.zu = out.zv = 0.0
    out.held = 1.0 <= x < p.cols - 2.0 and 1.0 <= y < p.rows - 2.0
    if not out.held:
        return out
    j = <Py_ssize_t> floor(x)
    i = <Py_ssize_t> floor(y)
    keys_weights(x - j, wx, dx)
    keys_weights(y - i, wy, dy)
    for k in range(4):
        z = p.height_m + (i - 1 + k) * p.cols + j - 1
        row = wx[0] * z[0] + wx[1] * z[1] + wx[2] * z[2] + wx[3] * z[3]
        along = dx[0] * z[0] + dx[1] * z[1] + dx[2] * z[2] + dx[3] * z[3]
        out.z += wy[k] * row
        out.zu += wy[k] * along * p.per_cell
        out.zv += dy[k] * row * p.per_cell
    return out
