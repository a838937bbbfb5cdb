"""What one image measures: a few combinations u of the states, seen in many numbers at once.

    u       sub-state, T x and what is no state: its own variances D       SubState
    U       P T', its covariance with every state
    P_u     T P T' + D
    h, nu   a row of a measurement on u and its innovation, of unit variance after whitening
    A, b    information: sum h h', sum h' nu                               Information

The hundreds of scalars of an image become no more than u has members, and nothing is lost:

    A = F F',   y = F^-1 b:    y = F' u + noise of variance I                     (1)

With Q = I + F' P_u F = B B', M = F B^-T and e = B^-1 y

    u_post = P_u M e,   P_post = P_u - (P_u M)(P_u M)',   d^2 = e' e              (2)
    x += W e,   P -= W W',   W = U M                                              (3)

where W of what is considered moves no estimate, and its block of P stays: the gain of all numbers
of the image at once with its considered rows set to zero, in Joseph's form multiplied out (Zanetti
& D'Souza 2013). Taken one after another the rows would not tell a turned camera from a place that
is off, since what is considered never learns. d^2 is chi-square with as many degrees of freedom as
F has pivots. A is singular where two members look alike; there a pivot is left out.

What is not linear is solved by Gauss and Newton (Bell & Cathey, The iterated Kalman filter update
as a Gauss-Newton method, IEEE Trans. AC 38, 1993): rows at u = x_lin, and y + F' x_lin in (2).
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t
from libc.string cimport memset

from farside.ext.common.vector cimport finite
from farside.ext.navigation.state cimport CONSIDERED, STATES, Navigator
from farside.ext.navigation.update cimport inject


cdef enum:
    SUB_MOST = 20


cdef extern from *:
    """
    #define PIVOT_LEAST 1e-8        /* of a diagonal of A: what is less is rounding, or curvature */
    """
    const double PIVOT_LEAST


cdef struct SubState:
    int32_t n
    double U[STATES][SUB_MOST]
    double P[SUB_MOST][SUB_MOST]


cdef struct Information:
    int32_t n
    double A[SUB_MOST][SUB_MOST]        # lower triangle
    double b[SUB_MOST]


cdef struct Solved:
    int32_t pivots              # degrees of freedom of d2
    double d2
    double u[SUB_MOST]
    double M[SUB_MOST][SUB_MOST]
    double e[SUB_MOST]


cdef inline void begin_sub_state(SubState* s, int n) noexcept nogil:
    memset(s, 0, sizeof(SubState))
    s.n = n


cdef inline void add_to_sub_state(
        SubState* s, const Navigator* nav, int member, double by, int state) noexcept nogil:
    """u_member += by x_state."""
    cdef int i
    for i in range(nav.size):
        s.U[i][member] += by * nav.P[i][state]


cdef inline void close_sub_state(
        SubState* s, int member, double by, int state) noexcept nogil:
    """The same in T P T', once U is whole."""
    cdef int j
    for j in range(s.n):
        s.P[member][j] += by * s.U[state][j]


cdef inline void begin_information(Information* a, int n) noexcept nogil:
    memset(a, 0, sizeof(Information))
    a.n = n


cdef inline bint add_pair(
        Information* a, double (*H)[SUB_MOST], const double* nu, const double* V) noexcept nogil:
    """Two rows with the variance V = xx, xy, yy: whitened by its Cholesky factor."""
    cdef double scale, side, left, p, q, first, second
    cdef double[SUB_MOST] hp
    cdef double[SUB_MOST] hq
    cdef int i, j
    if not V[0] > 0.0:
        return False
    scale = 1.0 / sqrt(V[0])
    side = V[1] * scale
    left = V[2] - side * side
    if not (left > 0.0 and finite(left)):
        return False
    left = 1.0 / sqrt(left)
    for i in range(a.n):
        hp[i] = scale * H[0][i]
        hq[i] = left * (H[1][i] - side * hp[i])
    first = scale * nu[0]
    second = left * (nu[1] - side * first)
    for i in range(a.n):
        p = hp[i]
        q = hq[i]
        for j in range(i + 1):
            a.A[i][j] += p * hp[j] + q * hq[j]
        a.b[i] += p * first + q * second
    return True


cdef inline int factor_information(
        const Information* a, double (*F)[SUB_MOST], double* y) noexcept nogil:
    """(1), F lower triangular; return how many pivots it has."""
    cdef double left
    cdef int i, j, k, n = a.n, pivots = 0
    for j in range(n):
        left = a.A[j][j]
        for k in range(j):
            left -= F[j][k] * F[j][k]
        if not left > PIVOT_LEAST * a.A[j][j]:
            for i in range(n):
                F[i][j] = 0.0
            y[j] = 0.0
            continue
        pivots += 1
        F[j][j] = sqrt(left)
        for i in range(j):
            F[i][j] = 0.0
        for i in range(j + 1, n):
            left = a.A[i][j]
            for k in range(j):
                left -= F[i][k] * F[j][k]
            F[i][j] = left / F[j][j]
        left = a.b[j]
        for k in range(j):
            left -= F[j][k] * y[k]
        y[j] = left / F[j][j]
    return pivots


cdef inline void innovation_factor(
        const double (*P)[SUB_MOST], const double (*F)[SUB_MOST], double (*B)[SUB_MOST],
        int n) noexcept nogil:
    """Q = I + F' P F = B B'."""
    cdef double[SUB_MOST][SUB_MOST] PF
    cdef double left
    cdef int i, j, k
    for i in range(n):
        for j in range(n):
            PF[i][j] = 0.0
        for k in range(n):
            for j in range(k + 1):
                PF[i][j] += P[i][k] * F[k][j]
    for i in range(n):
        for j in range(i + 1):
            left = 1.0 if i == j else 0.0
            for k in range(i, n):
                left += F[k][i] * PF[k][j]
            for k in range(j):
                left -= B[i][k] * B[j][k]
            # Q is I and more: its pivots are 1 at least, but for rounding
            B[i][j] = sqrt(max(left, 1.0)) if i == j else left / B[j][j]


cdef inline void solve_sub_state(
        Solved* s, const double (*P)[SUB_MOST], const Information* a,
        const double* x_lin) noexcept nogil:
    """(1) and (2), of rows that were taken at u = x_lin."""
    cdef double[SUB_MOST][SUB_MOST] F
    cdef double[SUB_MOST][SUB_MOST] B
    cdef double[SUB_MOST] y
    cdef double[SUB_MOST] Me
    cdef double left
    cdef int i, j, k, n = a.n
    s.pivots = factor_information(a, F, y)
    for j in range(n):
        for k in range(j, n):
            y[j] += F[k][j] * x_lin[k]
    innovation_factor(P, F, B, n)
    s.d2 = 0.0
    for i in range(n):
        left = y[i]
        for k in range(i):
            left -= B[i][k] * s.e[k]
        s.e[i] = left / B[i][i]
        s.d2 += s.e[i] * s.e[i]
    for i in range(n):
        Me[i] = 0.0
        for j in range(n):
            left = F[i][j]
            for k in range(j):
                left -= s.M[i][k] * B[j][k]
            s.M[i][j] = left / B[j][j]
            Me[i] += s.M[i][j] * s.e[j]
    for i in range(n):
        s.u[i] = 0.0
        for k in range(n):
            s.u[i] += P[i][k] * Me[k]


cdef inline void posterior(
        const Solved* s, const double (*P)[SUB_MOST], double (*out)[SUB_MOST],
        int n) noexcept nogil:
    """P_post of (2)."""
    cdef double[SUB_MOST][SUB_MOST] PM
    cdef double sum
    cdef int i, j, k
    for i in range(n):
        for j in range(n):
            PM[i][j] = 0.0
        for k in range(n):
            for j in range(n):
                PM[i][j] += P[i][k] * s.M[k][j]
    for i in range(n):
        for j in range(i + 1):
            sum = P[i][j]
            for k in range(n):
                sum -= PM[i][k] * PM[j][k]
            out[i][j] = out[j][i] = sum


cdef inline void apply_image(
        Navigator* nav, const SubState* sub, const Solved* s) noexcept nogil:
    """(3)."""
    cdef double[STATES][SUB_MOST] W
    cdef double[STATES] dx
    cdef double sum
    cdef int i, j, k, n = sub.n
    memset(dx, 0, sizeof(dx))
    for i in range(nav.size):
        for j in range(n):
            W[i][j] = 0.0
        for k in range(n):
            for j in range(n):
                W[i][j] += sub.U[i][k] * s.M[k][j]
        if CONSIDERED <= i < nav.clones_at:
            continue
        for j in range(n):
            dx[i] += W[i][j] * s.e[j]
    for i in range(nav.size):
        for j in range(i + 1):
            if CONSIDERED <= i < nav.clones_at and CONSIDERED <= j < nav.clones_at:
                continue
            sum = 0.0
            for k in range(n):
                sum += W[i][k] * W[j][k]
            nav.P[i][j] -= sum
            nav.P[j][i] = nav.P[i][j]
    inject(nav, dx)
