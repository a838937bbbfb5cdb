# The second-order cone |x_1..| <= x_0, one in each lane, and Nesterov and Todd's scaling of it.
#
# W = eta [w_0 w'; w I + w w' / (1 + w_0)] with w_0^2 - |w|^2 = 1 maps the dual to the primal:
# W l = W^-1 s. Notation of Vandenberghe, "The CVXOPT linear and quadratic cone program solvers"
# (2010), and of Domahidi, Chu and Boyd, "ECOS" (2013). A half-line is the cone of one dimension.


cdef inline Doubles dot_n(const Doubles* a, const Doubles* b, const int n) noexcept nogil:
    cdef Doubles sum = a[0] * b[0]
    cdef int i
    for i in range(1, n):
        sum = sum + a[i] * b[i]
    return sum


cdef inline Doubles hyperbolic(const Doubles* a, const Doubles* b, const int n) noexcept nogil:
    """a_0 b_0 less the product of the rest."""
    cdef Doubles sum = a[0] * b[0]
    cdef int i
    for i in range(1, n):
        sum = sum - a[i] * b[i]
    return sum


cdef inline Doubles nt_scaling(
    const Doubles* s, const Doubles* l, const int n, Doubles* w
) noexcept nogil:
    """Write w of the primal s and the dual l; give eta."""
    cdef Doubles s_n = wide_sqrt(hyperbolic(s, s, n))
    cdef Doubles l_n = wide_sqrt(hyperbolic(l, l, n))
    cdef Doubles a = wide_all(1.0) / s_n, b = wide_all(1.0) / l_n
    cdef Doubles half = wide_all(1.0) / wide_sqrt(
        wide_all(2.0) + wide_all(2.0) * dot_n(s, l, n) * (a * b))
    cdef int i
    w[0] = (s[0] * a + l[0] * b) * half
    for i in range(1, n):
        w[i] = (s[i] * a - l[i] * b) * half
    return wide_sqrt(s_n * b)


cdef inline void apply_w(
    const Doubles* w, Doubles eta, const Doubles* x, const int n, Doubles* out
) noexcept nogil:
    """W x."""
    cdef Doubles along = wide_all(0.0), turn
    cdef int i
    for i in range(1, n):
        along = along + w[i] * x[i]
    turn = x[0] + along / (wide_all(1.0) + w[0])
    out[0] = eta * (w[0] * x[0] + along)
    for i in range(1, n):
        out[i] = eta * (x[i] + w[i] * turn)


cdef inline void apply_w_inverse(
    const Doubles* w, Doubles eta, const Doubles* x, const int n, Doubles* out
) noexcept nogil:
    """W^-1 x."""
    cdef Doubles along = wide_all(0.0), turn, inverse = wide_all(1.0) / eta
    cdef int i
    for i in range(1, n):
        along = along + w[i] * x[i]
    turn = along / (wide_all(1.0) + w[0]) - x[0]
    out[0] = inverse * (w[0] * x[0] - along)
    for i in range(1, n):
        out[i] = inverse * (x[i] + w[i] * turn)


cdef inline void apply_w_inverse2(
    const Doubles* w, Doubles eta, const Doubles* x, const int n, Doubles* out
) noexcept nogil:
    """W^-2 x = (2 (J w) (J w)' x - J x) / eta^2."""
    cdef Doubles inverse = wide_all(1.0) / (eta * eta)
    cdef Doubles along = wide_all(2.0) * hyperbolic(w, x, n)
    cdef int i
    out[0] = inverse * (w[0] * along - x[0])
    for i in range(1, n):
        out[i] = inverse * (x[i] - w[i] * along)


cdef inline void jordan_product(
    const Doubles* a, const Doubles* b, const int n, Doubles* out
) noexcept nogil:
    """The cone's product of a and b: (a . b, a_0 b_i + b_0 a_i)."""
    cdef int i
    out[0] = dot_n(a, b, n)
    for i in range(1, n):
        out[i] = a[0] * b[i] + b[0] * a[i]


cdef inline void jordan_divide(
    const Doubles* l, const Doubles* d, const int n, Doubles* out
) noexcept nogil:
    """The x whose product with l is d."""
    cdef Doubles first = hyperbolic(l, d, n) / hyperbolic(l, l, n)
    cdef Doubles inverse = wide_all(1.0) / l[0]
    cdef int i
    for i in range(1, n):
        out[i] = (d[i] - first * l[i]) * inverse
    out[0] = first


cdef inline Doubles inverse_max_step(
    const Doubles* x, const Doubles* d, const int n
) noexcept nogil:
    """One over the largest step along d that x, inside the cone, can take; 0 where any can.

    The first zero of x + a d squared hyperbolically, c + 2 b a + q a^2. Where d runs back through
    the tip both zeros are one, and rounding must not take it for none.
    """
    cdef Doubles zero = wide_all(0.0)
    cdef Doubles c = hyperbolic(x, x, n), b = hyperbolic(x, d, n)
    cdef Doubles root = b * b - c * hyperbolic(d, d, n)
    cdef Doubles none = wide_all(-1e-9) * b * b
    root = wide_pick(
        none, root, wide_all(-1.0), (wide_sqrt(wide_pick(root, zero, root, zero)) - b) / c)
    return wide_pick(root, zero, root, zero)
