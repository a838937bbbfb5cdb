# Moments of an arc: integrals of thrust over mass and of what its direction changes by, by
# Gauss-Legendre. The equations are in extremal.pxi.

cdef struct Moments:        # of one arc: integrals over it, with go = t_f - t and u = p / |p|
    f64xN a[3]            # rho / m u
    f64xN b[3]            # go rho / m u
    f64xN c[3]            # rho / m^2 u
    f64xN d[3]            # go rho / m^2 u
    f64xN k0[6]           # rho / m (I - u u') / |p|: xx xy xz yy yz zz
    f64xN k1[6]           # the same with go
    f64xN k2[6]           # the same with go^2


cdef extern from *:
    """
    /* Gauss-Legendre on (0, 1): nodes and weights (Abramowitz & Stegun, table 25.4). */
    #if NODES == 6
    static const double GAUSS_AT[6] = {
        0.033765242898423986, 0.16939530676686774, 0.38069040695840156,
        0.61930959304159849, 0.83060469323313224, 0.96623475710157603};
    static const double GAUSS_WEIGHT[6] = {
        0.085662246189585173, 0.18038078652406930, 0.23395696728634552,
        0.23395696728634552, 0.18038078652406930, 0.085662246189585173};
    #elif NODES == 8
    static const double GAUSS_AT[8] = {
        0.019855071751231884, 0.10166676129318664, 0.23723379504183550, 0.40828267875217511,
        0.59171732124782483, 0.76276620495816445, 0.89833323870681336, 0.98014492824876812};
    static const double GAUSS_WEIGHT[8] = {
        0.050614268145188130, 0.11119051722668724, 0.15685332293894364, 0.18134189168918099,
        0.18134189168918099, 0.15685332293894364, 0.11119051722668724, 0.050614268145188130};
    #endif
    """
    const double* GAUSS_AT
    const double* GAUSS_WEIGHT


cdef inline void clear_moments(Moments* s) noexcept nogil:
    cdef int k
    for k in range(3):
        s.a[k] = f64_splat(0)
        s.b[k] = f64_splat(0)
        s.c[k] = f64_splat(0)
        s.d[k] = f64_splat(0)
    for k in range(6):
        s.k0[k] = f64_splat(0)
        s.k1[k] = f64_splat(0)
        s.k2[k] = f64_splat(0)


cdef inline void add_vector(f64xN* sum, f64xN x, f64xN y, f64xN z) noexcept nogil:
    sum[0] = sum[0] + x
    sum[1] = sum[1] + y
    sum[2] = sum[2] + z


cdef inline void add_symmetric(f64xN* sum, const f64xN* k) noexcept nogil:
    sum[0] = sum[0] + k[0]
    sum[1] = sum[1] + k[1]
    sum[2] = sum[2] + k[2]
    sum[3] = sum[3] + k[3]
    sum[4] = sum[4] + k[4]
    sum[5] = sum[5] + k[5]


cdef inline void add_node(
    const f64xN* x, f64xN t, f64xN m, f64xN weight, Moments* s
) noexcept nogil:
    """Add the integrands with t to go, at mass m; weight is rho times the node's share of time."""
    cdef f64xN px, py, pz, n, w, f, fr, ux, uy, uz, fx, fy, fz, per_n, per_m
    cdef f64xN k[6]
    cdef int i
    # p = p_f + t q, u = p / |p|
    px = x[3] + t * x[0]
    py = x[4] + t * x[1]
    pz = 1.0 + t * x[2]
    n = f64_sqrt(px * px + py * py + pz * pz + 1e-24)
    w = f64_splat(1) / (n * m)
    per_n = w * m
    per_m = w * n
    ux = px * per_n
    uy = py * per_n
    uz = pz * per_n
    # rho / m u, and with go
    f = weight * per_m
    fx = f * ux
    fy = f * uy
    fz = f * uz
    add_vector(s.a, fx, fy, fz)
    add_vector(s.b, t * fx, t * fy, t * fz)
    # rho / m^2 u, and with go
    fx = fx * per_m
    fy = fy * per_m
    fz = fz * per_m
    add_vector(s.c, fx, fy, fz)
    add_vector(s.d, t * fx, t * fy, t * fz)
    # K_j: rho / m (I - u u') / |p|, with go and go^2
    fr = f * per_n
    k[0] = fr * (1.0 - ux * ux)
    k[1] = -(fr * ux * uy)
    k[2] = -(fr * ux * uz)
    k[3] = fr * (1.0 - uy * uy)
    k[4] = -(fr * uy * uz)
    k[5] = fr * (1.0 - uz * uz)
    add_symmetric(s.k0, k)
    for i in range(6):
        k[i] = t * k[i]
    add_symmetric(s.k1, k)
    for i in range(6):
        k[i] = t * k[i]
    add_symmetric(s.k2, k)


cdef inline void gauss_arc(
    const f64xN* x, f64xN go, f64xN duration, f64xN mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate an arc that begins with `go` to go and `mass`, at thrust rho."""
    cdef int i
    clear_moments(s)
    for i in range(NODES):
        add_node(
            x, go - GAUSS_AT[i] * duration, mass - (alpha * rho * GAUSS_AT[i]) * duration,
            (GAUSS_WEIGHT[i] * rho) * duration, s)
