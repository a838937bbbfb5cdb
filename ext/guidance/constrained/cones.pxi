# The second-order cone |x_1..| <= x_0, one in each lane, and Nesterov and Todd's scaling of it.
#
# W = eta [w_0 w'; w I + w w' / (1 + w_0)] with w_0^2 - |w|^2 = 1 maps the dual to the primal:
# W l = W^-1 s. Notation of Vandenberghe, "The CVXOPT linear and quadratic cone program solvers"
# (2010), and of Domahidi, Chu and Boyd, "ECOS" (2013). A half-line is the cone of one dimension.


cdef inline f64xN dot_n(const f64xN* a, const f64xN* b, const int n) noexcept nogil:
    cdef f64xN sum = a[0] * b[0]
    cdef int i
    for i in range(1, n):
        sum = sum + a[i] * b[i]
    return sum


cdef inline f64xN hyperbolic(const f64xN* a, const f64xN* b, const int n) noexcept nogil:
    """a_0 b_0 less the product of the rest."""
    cdef f64xN sum = a[0] * b[0]
    cdef int i
    for i in range(1, n):
        sum = sum - a[i] * b[i]
    return sum


cdef inline f64xN nt_scaling(
    const f64xN* s, const f64xN* l, const int n, f64xN* w
) noexcept nogil:
    """Write w of the primal s and the dual l; give eta."""
    cdef f64xN s_n = f64_sqrt(hyperbolic(s, s, n))
    cdef f64xN l_n = f64_sqrt(hyperbolic(l, l, n))
    cdef f64xN a = f64_splat(1.0) / s_n, b = f64_splat(1.0) / l_n
    cdef f64xN half = f64_splat(1.0) / f64_sqrt(
        f64_splat(2.0) + f64_splat(2.0) * dot_n(s, l, n) * (a * b))
    cdef int i
    w[0] = (s[0] * a + l[0] * b) * half
    for i in range(1, n):
        w[i] = (s[i] * a - l[i] * b) * half
    return f64_sqrt(s_n * b)


cdef inline void apply_w(
    const f64xN* w, f64xN eta, const f64xN* x, const int n, f64xN* out
) noexcept nogil:
    """W x."""
    cdef f64xN along = f64_splat(0.0), turn
    cdef int i
    for i in range(1, n):
        along = along + w[i] * x[i]
    turn = x[0] + along / (f64_splat(1.0) + w[0])
    out[0] = eta * (w[0] * x[0] + along)
    for i in range(1, n):
        out[i] = eta * (x[i] + w[i] * turn)


cdef inline void apply_w_inverse(
    const f64xN* w, f64xN eta, const f64xN* x, const int n, f64xN* out
) noexcept nogil:
    """W^-1 x."""
    cdef f64xN along = f64_splat(0.0), turn, inverse = f64_splat(1.0) / eta
    cdef int i
    for i in range(1, n):
        along = along + w[i] * x[i]
    turn = along / (f64_splat(1.0) + w[0]) - x[0]
    out[0] = inverse * (w[0] * x[0] - along)
    for i in range(1, n):
        out[i] = inverse * (x[i] + w[i] * turn)


cdef inline void apply_w_inverse2(
    const f64xN* w, f64xN eta, const f64xN* x, const int n, f64xN* out
) noexcept nogil:
    """W^-2 x = (2 (J w) (J w)' x - J x) / eta^2."""
    cdef f64xN inverse = f64_splat(1.0) / (eta * eta)
    cdef f64xN along = f64_splat(2.0) * hyperbolic(w, x, n)
    cdef int i
    out[0] = inverse * (w[0] * along - x[0])
    for i in range(1, n):
        out[i] = inverse * (x[i] - w[i] * along)


cdef inline void jordan_product(
    const f64xN* a, const f64xN* b, const int n, f64xN* out
) noexcept nogil:
    """The cone's product of a and b: (a . b, a_0 b_i + b_0 a_i)."""
    cdef int i
    out[0] = dot_n(a, b, n)
    for i in range(1, n):
        out[i] = a[0] * b[i] + b[0] * a[i]


cdef inline void jordan_divide(
    const f64xN* l, const f64xN* d, const int n, f64xN* out
) noexcept nogil:
    """The x whose product with l is d."""
    cdef f64xN first = hyperbolic(l, d, n) / hyperbolic(l, l, n)
    cdef f64xN inverse = f64_splat(1.0) / l[0]
    cdef int i
    for i in range(1, n):
        out[i] = (d[i] - first * l[i]) * inverse
    out[0] = first


cdef inline f64xN inverse_max_step(
    const f64xN* x, const f64xN* d, const int n
) noexcept nogil:
    """One over the largest step along d that x, inside the cone, can take; 0 where any can.

    The first zero of x + a d squared hyperbolically, c + 2 b a + q a^2. Where d runs back through
    the tip both zeros are one, and rounding must not take it for none.
    """
    cdef f64xN zero = f64_splat(0.0)
    cdef f64xN c = hyperbolic(x, x, n), b = hyperbolic(x, d, n)
    cdef f64xN root = b * b - c * hyperbolic(d, d, n)
    cdef f64xN none = f64_splat(-1e-9) * b * b
    root = f64_select(
        none, root, f64_splat(-1.0), (f64_sqrt(f64_select(root, zero, root, zero)) - b) / c)
    return f64_select(root, zero, root, zero)
