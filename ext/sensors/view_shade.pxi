# The light that the ground sends to the camera, for rays of view_cast.pxi that have met it.
#
#     symbol      name            what
#     mu0, mu     mu0, mu         cosines of incidence and of emission
#     g           g               phase angle, between the Sun and the camera
#     p           lit             share of the Sun's disc that is seen
#     I/F         out             radiance factor: pi radiance / irradiance of the Sun
#
# All laws are one form, its tables taken at sin(g / 2):
#     I/F = mu0 / (mu0 + mu) [t1(g) + k (H(mu0) H(mu) - 1)] + t2(g) mu0                        (1)
#     H(x) = (1 + 2 x) / (1 + 2 x root)                                                        (2)
# Hapke (1981): k = w / 4, t1 = w / 4 (1 + B(g)) P(g), t2 = 0, root = sqrt(1 - w); Lommel-Seeliger
# the same with k = 0; lunar-Lambert t1 = 2 L A, t2 = (1 - L) A; Lambert t1 = 0, t2 = A.
# All of it is scaled by the albedo of the place over that of the law.
#
# Of the disc a horizon leaves the share p = q^2 (3 - 2 q) of its area, where it stands at q of the
# diameter: q = a / (a - b) by the clearances of the two limbs; 1 % of the disc from the exact one.

cdef enum:
    PHASES = 2048               # steps of a table over sin(g / 2) from 0 to 1


cdef struct LawLanes:
    const float* t1             # PHASES + 1 values
    const float* t2
    float k
    float root


cdef inline f32xN bilinear(
    const float* field, unsigned int cols, u32xN at, f32xN fx, f32xN fy
) noexcept nogil:
    """Return a field of the window between the four nodes of a cell."""
    cdef f32xN a, b, c, d
    f32_gather_pairs(field, field + cols, at, &a, &b, &c, &d)
    a = a + fx * (b - a)
    c = c + fx * (d - c)
    return a + fy * (c - a)


cdef inline f32xN lit_share(
    const WindowLanes* g, u32xN at, f32xN fx, f32xN fy
) noexcept nogil:
    """Return p."""
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0)
    cdef f32xN a = bilinear(g.upper, g.cols, at, fx, fy)
    cdef f32xN b = bilinear(g.lower, g.cols, at, fx, fy)
    cdef f32xN q = a / f32_max(a - b, f32_splat(1e-6))
    q = f32_min(f32_max(q, zero), one)
    return q * q * (f32_splat(3.0) - q - q)


cdef inline f32xN shade_lanes(
    const ViewLanes* k, const WindowLanes* g, const LawLanes* law, const RayLanes* ray, f32xN* lit
) noexcept nogil:
    """Return I/F by (1) where the rays have met the ground, and p."""
    cdef f32xN zero = f32_splat(0.0), one = f32_splat(1.0), two = f32_splat(2.0)
    cdef PointLanes p
    cdef f32xN u, v, h, per_r, per_S, east, north, up, to_e, to_n, to_u, dy, dz, size, mu0, mu
    cdef f32xN fx, fy, half, t1, t2, h0, h1, out, f, tiny = f32_splat(1e-6)
    cdef u32xN i, j, at
    locate(k, ray, ray.t, &p, &u, &v, &h)
    per_r = one / p.r
    per_S = one / p.S
    dy = ray.dy * f32_splat(k.cosine) + ray.dz * f32_splat(k.sine)
    dz = ray.dz * f32_splat(k.cosine) - ray.dy * f32_splat(k.sine)
    # components along e_u = (Z, 0, -X) / S, e_v = (-X Y, S^2, -Z Y) / (S r), e_r = P / r
    east = (p.Z * f32_splat(k.sun[0]) - p.X * f32_splat(k.sun[2])) * per_S
    up = (p.X * f32_splat(k.sun[0]) + p.Y * f32_splat(k.sun[1])
          + p.Z * f32_splat(k.sun[2])) * per_r
    north = (f32_splat(k.sun[1]) - p.Y * per_r * up) * p.r * per_S
    to_e = (p.X * dz - p.Z * ray.dx) * per_S
    to_u = zero - (p.X * ray.dx + p.Y * dy + p.Z * dz) * per_r
    to_n = (zero - dy - p.Y * per_r * to_u) * p.r * per_S
    u = ray.zu * f32_splat(g.stretch_u)
    v = ray.zv * f32_splat(g.stretch_v)
    size = one / f32_sqrt(one + u * u + v * v)
    mu0 = f32_max((up - u * east - v * north) * size, zero)
    mu = f32_max((to_u - u * to_e - v * to_n) * size, tiny)
    # sin(g / 2) = sqrt((1 - cos g) / 2)
    half = (one + ray.dx * f32_splat(k.sun[0]) + dy * f32_splat(k.sun[1])
            + dz * f32_splat(k.sun[2])) * f32_splat(0.5)
    half = f32_sqrt(f32_min(f32_max(half, zero), one)) * f32_splat(PHASES)
    half = f32_min(half, f32_splat(PHASES - 0.001))
    at = u32_of_f32(half)
    f = half - f32_from_i32(at)
    f32_gather_pairs(law.t1, law.t2, at, &t1, &h0, &t2, &h1)
    t1 = t1 + f * (h0 - t1)
    t2 = t2 + f * (h1 - t2)
    h0 = (one + two * mu0) / (one + two * f32_splat(law.root) * mu0)
    h1 = (one + two * mu) / (one + two * f32_splat(law.root) * mu)
    out = mu0 / (mu0 + mu) * (t1 + f32_splat(law.k) * (h0 * h1 - one)) + t2 * mu0
    fx = f32_min(f32_max(ray.x, zero), f32_splat(g.last_x))
    fy = f32_min(f32_max(ray.y, zero), f32_splat(g.last_y))
    i = u32_of_f32(fx)
    j = u32_of_f32(fy)
    fx = fx - f32_from_i32(i)
    fy = fy - f32_from_i32(j)
    at = u32_times(j, g.cols) + i
    lit[0] = lit_share(g, at, fx, fy)
    out = out * bilinear(g.albedo, g.cols, at, fx, fy) * f32_splat(g.per_albedo)
    return out * lit[0]
