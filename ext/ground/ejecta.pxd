"""How ejecta vary about a crater: a lopsided blanket and rays, header-only.

With theta the azimuth about the crater's centre, from u towards v,

    f(theta) = 0.4 cos(theta - side) + 0.6 cos(n (theta - ray)),      -1 <= f <= 1, mean 0

Thickness and rock density are multiplied by 1 + contrast f. The one lobe is an oblique impact's
(Linne's blocks lie denser to north-east and south-west: Pajola et al., Icarus 2019, abstract), the
n lobes are rays; the weights 0.4 and 0.6 are ours.
"""

from farside.ext.common.elementary cimport SinCos, sincos_of


cdef enum:
    RAYS_LEAST = 4
    RAYS_MOST = 9


cdef struct Lobes:
    SinCos side             # azimuth of the thicker side
    SinCos ray              # n times the azimuth of a ray
    int rays                # n


cdef inline Lobes lobes_of(double side_rad, double rays, double ray_rad) noexcept nogil:
    cdef Lobes out
    out.rays = <int> rays
    out.rays = max(RAYS_LEAST, min(out.rays, RAYS_MOST))
    out.side = sincos_of(side_rad)
    out.ray = sincos_of(out.rays * ray_rad)
    return out


cdef inline double lobed(const Lobes* lobes, double c, double s) noexcept nogil:
    """f of the azimuth whose cosine and sine are c and s."""
    cdef double cn = c, sn = s, t
    cdef int _power
    for _power in range(lobes.rays - 1):
        t = cn * c - sn * s
        sn = sn * c + cn * s
        cn = t
    return (
        0.4 * (c * lobes.side.c + s * lobes.side.s)
        + 0.6 * (cn * lobes.ray.c + sn * lobes.ray.s))
