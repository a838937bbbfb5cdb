# Moments of an arc: integrals of thrust over mass and of what its direction changes by, by
# Gauss-Legendre. The equations are in extremal.pxi.

cdef struct Moments:        # of one arc: integrals over it, with go = t_f - t and u = p / |p|
    Doubles a[3]            # rho / m u
    Doubles b[3]            # go rho / m u
    Doubles c[3]            # rho / m^2 u
    Doubles d[3]            # go rho / m^2 u
    Doubles k0[6]           # rho / m (I - u u') / |p|: xx xy xz yy yz zz
    Doubles k1[6]           # the same with go
    Doubles k2[6]           # the same with go^2


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
        s.a[k] = wide_all(0)
        s.b[k] = wide_all(0)
        s.c[k] = wide_all(0)
        s.d[k] = wide_all(0)
    for k in range(6):
        s.k0[k] = wide_all(0)
        s.k1[k] = wide_all(0)
        s.k2[k] = wide_all(0)


cdef inline void add_node(
    const Doubles* x, Doubles t, Doubles m, Doubles weight, Moments* s
) noexcept nogil:
    """Add the integrands with t to go, at mass m; weight is rho times the node's share of time."""
    cdef Doubles px, py, pz, n, w, f, fr, ux, uy, uz, fx, fy, fz, per_n, per_m
    cdef Doubles kxx, kxy, kxz, kyy, kyz, kzz
    px = x[3] + t * x[0]
    py = x[4] + t * x[1]
    pz = 1.0 + t * x[2]
    n = wide_sqrt(px * px + py * py + pz * pz + 1e-24)
    w = wide_all(1) / (n * m)
    per_n = w * m
    per_m = w * n
    ux = px * per_n
    uy = py * per_n
    uz = pz * per_n
    f = weight * per_m
    fr = f * per_n
    fx = f * ux
    fy = f * uy
    fz = f * uz
    s.a[0] = s.a[0] + fx
    s.a[1] = s.a[1] + fy
    s.a[2] = s.a[2] + fz
    s.b[0] = s.b[0] + t * fx
    s.b[1] = s.b[1] + t * fy
    s.b[2] = s.b[2] + t * fz
    fx = fx * per_m
    fy = fy * per_m
    fz = fz * per_m
    s.c[0] = s.c[0] + fx
    s.c[1] = s.c[1] + fy
    s.c[2] = s.c[2] + fz
    s.d[0] = s.d[0] + t * fx
    s.d[1] = s.d[1] + t * fy
    s.d[2] = s.d[2] + t * fz
    kxx = fr * (1.0 - ux * ux)
    kyy = fr * (1.0 - uy * uy)
    kzz = fr * (1.0 - uz * uz)
    kxy = -(fr * ux * uy)
    kxz = -(fr * ux * uz)
    kyz = -(fr * uy * uz)
    s.k0[0] = s.k0[0] + kxx
    s.k0[1] = s.k0[1] + kxy
    s.k0[2] = s.k0[2] + kxz
    s.k0[3] = s.k0[3] + kyy
    s.k0[4] = s.k0[4] + kyz
    s.k0[5] = s.k0[5] + kzz
    kxx = t * kxx
    kxy = t * kxy
    kxz = t * kxz
    kyy = t * kyy
    kyz = t * kyz
    kzz = t * kzz
    s.k1[0] = s.k1[0] + kxx
    s.k1[1] = s.k1[1] + kxy
    s.k1[2] = s.k1[2] + kxz
    s.k1[3] = s.k1[3] + kyy
    s.k1[4] = s.k1[4] + kyz
    s.k1[5] = s.k1[5] + kzz
    s.k2[0] = s.k2[0] + t * kxx
    s.k2[1] = s.k2[1] + t * kxy
    s.k2[2] = s.k2[2] + t * kxz
    s.k2[3] = s.k2[3] + t * kyy
    s.k2[4] = s.k2[4] + t * kyz
    s.k2[5] = s.k2[5] + t * kzz


cdef inline void gauss_arc(
    const Doubles* x, Doubles go, Doubles duration, Doubles mass, double rho, double alpha,
    Moments* s,
) noexcept nogil:
    """Integrate an arc that begins with `go` to go and `mass`, at thrust rho."""
    cdef int i
    clear_moments(s)
    for i in range(NODES):
        add_node(
            x, go - GAUSS_AT[i] * duration, mass - (alpha * rho * GAUSS_AT[i]) * duration,
            (GAUSS_WEIGHT[i] * rho) * duration, s)
