"""The smooth step from one to nothing by which synthetic detail ends."""


cdef struct Taper:          # where synthetic detail begins to end, and where it has ended [m]
    double inner_m
    double outer_m


cdef inline double taper(double far, double inner, double outer) noexcept nogil:
    """1 within `inner`, 0 beyond `outer`, 3 t^2 - 2 t^3 between."""
    cdef double t
    if far <= inner:
        return 1.0
    if not (far < outer):
        return 0.0
    t = (outer - far) / (outer - inner)
    return t * t * (3.0 - 2.0 * t)
