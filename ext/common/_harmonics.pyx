"""Gravity of a field of spherical harmonics, at many radii in many directions.

With colatitude theta, t = cos theta, u = sin theta, longitude lambda, reference radius R, and the
fully normalised C, S of degree n and order m,

    V = GM/r [ 1 + sum_n (R/r)^n sum_m (C cos m lambda + S sin m lambda) P_nm(t) ]

(Kaula 1966, eq. 1.31). A direction's sums over m do not know the radius, so that one pass serves
every height above it:

    A_n =     sum_m (C cos m lambda + S sin m lambda) P_nm
    B_n =     sum_m (C cos m lambda + S sin m lambda) dP_nm/dtheta
    L_n = 1/u sum_m m (S cos m lambda - C sin m lambda) P_nm

    g_r     = -GM/r^2 sum_n (n + 1) (R/r)^n A_n
    g_theta =  GM/r^2 sum_n (R/r)^n B_n
    g_lambda = GM/r^2 sum_n (R/r)^n L_n

Legendre functions: forward recursion along a column of fixed m (Holmes & Featherstone 2002, eq. 11
and 12), of Q_nm = P_nm / u for m > 0, so that a pole divides by nothing:

    Q_11 = sqrt 3,  Q_mm = u sqrt((2m + 1)/(2m)) Q_(m-1)(m-1)
    P_nm = a_nm t P_(n-1)m - b_nm P_(n-2)m
    a_nm = sqrt((2n - 1)(2n + 1) / ((n - m)(n + m)))
    b_nm = sqrt((2n + 1)(n + m - 1)(n - m - 1) / ((n - m)(n + m)(2n - 3)))
    dP_nm/dtheta = n t Q_nm - f_nm Q_(n-1)m,  f_nm = sqrt((n^2 - m^2)(2n + 1)/(2n - 1))  (m > 0)
    dP_n0/dtheta = -sqrt(n(n + 1)/2) u Q_n1
"""

import numpy as np

from libc.math cimport sqrt
from libc.string cimport memset

cdef enum:
    LANES = 8               # directions in one pass: their recursions do not wait for each other
    MOST_DEGREE = 1200


cdef struct Directions:
    double t[LANES]         # cos theta
    double u[LANES]         # sin theta
    double cos_l[LANES]
    double sin_l[LANES]
    double cos_ml[LANES]    # of the order at hand
    double sin_ml[LANES]
    double sectoral[LANES]  # Q_mm


cdef struct Sums:
    # of one degree
    double a[LANES]
    double b[LANES]
    double l[LANES]


cdef struct Body:
    double gm               # [m^3/s^2]
    double radius_m         # that the coefficients belong to


cdef struct Term:
    # of a degree and an order
    double a                # a_nm, b_nm, f_nm of the recursion
    double b
    double f
    double c                # the field's coefficients
    double s


cdef void load(const double[:, ::1] axes, Py_ssize_t first, Directions* d) noexcept nogil:
    """Take up LANES directions from unit vectors; the last one again where there are fewer."""
    cdef Py_ssize_t k
    cdef int i
    cdef double x, y
    for i in range(LANES):
        k = min(first + i, axes.shape[0] - 1)
        x, y = axes[k, 0], axes[k, 1]
        d.t[i] = axes[k, 2]
        d.u[i] = sqrt(x * x + y * y)
        d.cos_l[i] = x / d.u[i] if d.u[i] > 0.0 else 1.0
        d.sin_l[i] = y / d.u[i] if d.u[i] > 0.0 else 0.0
        d.cos_ml[i], d.sin_ml[i], d.sectoral[i] = 1.0, 0.0, 1.0


cdef void next_order(Directions* d, int m) noexcept nogil:
    """Go on to order m: cos m lambda, sin m lambda, and the sectoral function."""
    cdef int i
    cdef double c, growth = sqrt((2.0 * m + 1.0) / (2.0 * m))
    for i in range(LANES):
        c = d.cos_ml[i] * d.cos_l[i] - d.sin_ml[i] * d.sin_l[i]
        d.sin_ml[i] = d.sin_ml[i] * d.cos_l[i] + d.cos_ml[i] * d.sin_l[i]
        d.cos_ml[i] = c
        # P_11 = sqrt 3 u, so Q_11 has no u
        d.sectoral[i] *= sqrt(3.0) if m == 1 else growth * d.u[i]


cdef void add_order(
        const Term* terms, int m, int degree, const Directions* d, Sums* sums) noexcept nogil:
    """Add the terms of order m > 0 of every degree to A, B and L."""
    cdef int n, i
    cdef double p[LANES]
    cdef double before[LANES]
    cdef double q, even, odd
    cdef const Term* term
    for i in range(LANES):
        p[i], before[i] = d.sectoral[i], 0.0
    for n in range(m, degree + 1):
        term = &terms[n - m]
        for i in range(LANES):
            if n > m:
                q = term.a * d.t[i] * p[i] - term.b * before[i]
                before[i], p[i] = p[i], q
            even = term.c * d.cos_ml[i] + term.s * d.sin_ml[i]
            odd = term.s * d.cos_ml[i] - term.c * d.sin_ml[i]
            sums[n].a[i] += even * d.u[i] * p[i]
            sums[n].b[i] += even * (n * d.t[i] * p[i] - term.f * before[i])
            sums[n].l[i] += m * odd * p[i]


cdef void add_zonal(
        const Term* zonal, const Term* first, int degree, const Directions* d,
        Sums* sums) noexcept nogil:
    """Add the terms of order 0: P_n0 to A, and by Q_n1 to B."""
    cdef int n, i
    cdef double p, before, q1, q1_before, later, f
    for i in range(LANES):
        p, before, q1, q1_before = 1.0, 0.0, 0.0, 0.0
        sums[0].a[i] += zonal[0].c
        for n in range(1, degree + 1):
            later = zonal[n].a * d.t[i] * p - zonal[n].b * before
            before, p = p, later
            later = d.sectoral[i] if n == 1 else (
                first[n - 1].a * d.t[i] * q1 - first[n - 1].b * q1_before)
            q1_before, q1 = q1, later
            f = sqrt(0.5 * n * (n + 1.0))
            sums[n].a[i] += zonal[n].c * p
            sums[n].b[i] -= zonal[n].c * f * d.u[i] * q1


cdef void gravity_along(
        const Sums* sums, int degree, const Directions* d, int lane, const Body* body,
        const double[::1] radius_m, double[:, ::1] to) noexcept nogil:
    """Write g [m/s^2] of a direction at each radius, along the field's axes; no point mass."""
    cdef Py_ssize_t k
    cdef int n
    cdef double ratio, power, outward, south, east, scale
    cdef double t = d.t[lane], u = d.u[lane], c = d.cos_l[lane], s = d.sin_l[lane]
    for k in range(radius_m.shape[0]):
        ratio = body.radius_m / radius_m[k]
        power = 1.0
        outward = south = east = 0.0
        for n in range(1, degree + 1):
            power *= ratio
            outward -= (n + 1.0) * power * sums[n].a[lane]
            south += power * sums[n].b[lane]
            east += power * sums[n].l[lane]
        scale = body.gm / (radius_m[k] * radius_m[k])
        # r = (u c, u s, t), theta = (t c, t s, -u), lambda = (-s, c, 0)
        to[k, 0] = scale * (outward * u * c + south * t * c - east * s)
        to[k, 1] = scale * (outward * u * s + south * t * s + east * c)
        to[k, 2] = scale * (outward * t - south * u)


cdef Term term_of(int n, int m, double c, double s) noexcept nogil:
    """The recursion's factors and the coefficients of degree n and order m."""
    cdef Term term
    term.a = term.b = term.f = 0.0
    term.c, term.s = c, s
    if n > m:
        term.a = sqrt((2.0 * n - 1.0) * (2.0 * n + 1.0) / ((n - m) * <double> (n + m)))
        term.f = sqrt((n - m) * <double> (n + m) * (2.0 * n + 1.0) / (2.0 * n - 1.0))
    if n > m + 1:
        term.b = sqrt((2.0 * n + 1.0) * (n + m - 1.0) * (n - m - 1.0)
                      / ((n - m) * <double> (n + m) * (2.0 * n - 3.0)))
    return term


cdef Py_ssize_t column(int m, int degree) noexcept nogil:
    """Where the terms of order m begin: those of lower orders stand before them."""
    return m * <Py_ssize_t> (degree + 1) - m * <Py_ssize_t> (m - 1) // 2


def pack_terms(const double[:, ::1] c, const double[:, ::1] s):
    """Return what the sums read, order after order: factors and coefficients, (K, 5).

    c, s (N + 1, N + 1) by degree and order, fully normalised.
    """
    cdef int n, m, degree = <int> c.shape[0] - 1
    cdef Py_ssize_t k = 0
    cdef Term* to
    if not 1 <= degree <= MOST_DEGREE or c.shape[1] != degree + 1:
        raise ValueError(f"coefficients are (N + 1, N + 1) with N from 1 to {MOST_DEGREE}")
    if s.shape[0] != degree + 1 or s.shape[1] != degree + 1:
        raise ValueError("s is shaped as c")
    packed = np.empty((column(degree + 1, degree), 5))
    cdef double[:, ::1] rows = packed
    to = <Term*> &rows[0, 0]
    for m in range(degree + 1):
        for n in range(m, degree + 1):
            to[k] = term_of(n, m, c[n, m], s[n, m])
            k += 1
    return packed


def gravity_of_harmonics(
        const double[:, ::1] terms, int degree, double gm, double reference_radius_m,
        const double[:, ::1] directions, const double[::1] radius_m, double[:, :, ::1] g):
    """Write gravity [m/s^2] of degrees 1 to N in each direction at each radius.

    terms of `pack_terms`; directions (K, 3) unit vectors, radius_m (H,), g (K, H, 3), all along
    the field's own axes. The point mass GM / r^2 is left out.
    """
    cdef Sums sums[MOST_DEGREE + 1]
    cdef Directions d
    cdef Body body
    cdef Py_ssize_t block, first
    cdef const Term* packed
    cdef int m, i
    if not 1 <= degree <= MOST_DEGREE:
        raise ValueError(f"a degree is 1 to {MOST_DEGREE}")
    if terms.shape[0] != column(degree + 1, degree) or terms.shape[1] != 5:
        raise ValueError("terms are those of pack_terms for this degree")
    if directions.shape[1] != 3 or g.shape[2] != 3:
        raise ValueError("directions are (K, 3), g (K, H, 3)")
    if g.shape[0] != directions.shape[0] or g.shape[1] != radius_m.shape[0]:
        raise ValueError("g has a row for each direction and radius")
    body.gm, body.radius_m = gm, reference_radius_m
    packed = <const Term*> &terms[0, 0]
    with nogil:
        for block in range((directions.shape[0] + LANES - 1) // LANES):
            first = block * LANES
            load(directions, first, &d)
            memset(&sums[0], 0, (degree + 1) * sizeof(sums[0]))
            for m in range(1, degree + 1):
                next_order(&d, m)
                if m == 1:
                    add_zonal(packed, packed + column(1, degree), degree, &d, &sums[0])
                add_order(packed + column(m, degree), m, degree, &d, &sums[0])
            for i in range(min(<Py_ssize_t> LANES, directions.shape[0] - first)):
                gravity_along(&sums[0], degree, &d, i, &body, radius_m, g[first + i])
