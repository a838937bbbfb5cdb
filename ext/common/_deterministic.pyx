"""elementary.pxd and special.pxd over arrays, for set-up in Python (deterministic.py)."""

from farside.ext.common.blur cimport SymmetricWeights, blur_map
from farside.ext.common.elementary cimport (
    acos_of, asin_of, atan2_of, atan_of, cos_of, exp_of, expm1_of, log_of, pow_of, sin_of, tan_of,
)
from farside.ext.common.special cimport (
    BESSEL_NODES, bessel_nodes, bessel_of, gamma_of, normal_share_of,
)

ctypedef double (*Function)(double) noexcept nogil
ctypedef double (*OfTwo)(double, double) noexcept nogil


cdef Function function_of(str name):
    if name == "sin":
        return sin_of
    if name == "cos":
        return cos_of
    if name == "tan":
        return tan_of
    if name == "exp":
        return exp_of
    if name == "expm1":
        return expm1_of
    if name == "log":
        return log_of
    if name == "arctan":
        return atan_of
    if name == "arcsin":
        return asin_of
    if name == "arccos":
        return acos_of
    if name == "normal_share":
        return normal_share_of
    if name == "gamma":
        return gamma_of
    raise ValueError(f"no function '{name}'")


cdef OfTwo function_of_two(str name):
    if name == "arctan2":
        return atan2_of
    if name == "power":
        return pow_of
    raise ValueError(f"no function '{name}' of two")


def each(str name, const double[::1] x, double[::1] out):
    """Fill out (N,) with a function of every x (N,)."""
    cdef Function function = function_of(name)
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            out[i] = function(x[i])


def each_two(str name, const double[::1] x, const double[::1] y, double[::1] out):
    """Fill out (N,) with a function of every x and y (N,)."""
    cdef OfTwo function = function_of_two(name)
    cdef Py_ssize_t i
    with nogil:
        for i in range(x.shape[0]):
            out[i] = function(x[i], y[i])


def one(str name, double x):
    """Return a function of a number."""
    return function_of(name)(x)


def one_two(str name, double x, double y):
    """Return a function of two numbers."""
    return function_of_two(name)(x, y)


def bessel_j0(const double[::1] x, double[::1] out):
    """Fill out (N,) with J0 of every x (N,)."""
    cdef double sines[BESSEL_NODES]
    cdef Py_ssize_t i
    bessel_nodes(sines)
    with nogil:
        for i in range(x.shape[0]):
            out[i] = bessel_of(x[i], sines)


def blur(
    const float[:, ::1] z, const float[::1] across, const float[::1] down, float[:, ::1] work,
    float[:, ::1] out,
):
    """Correlate z (rows, cols) with `across` along rows and `down` along columns; 0 off the map.

    Both weights are symmetric and odd in number; work is (rows, cols). Sums go from the middle
    outwards.
    """
    cdef Py_ssize_t rows = z.shape[0], cols = z.shape[1]
    cdef SymmetricWeights along_rows, along_cols
    if rows == 0 or cols == 0:
        return
    along_rows.weight = &across[0]
    along_rows.reach = across.shape[0] // 2
    along_cols.weight = &down[0]
    along_cols.reach = down.shape[0] // 2
    with nogil:
        blur_map(&z[0, 0], rows, cols, &along_rows, &along_cols, &work[0, 0], &out[0, 0])
