"""The surface of the true ground: places, heights and normals, header-only.

Heights stand on grids in arcs about the site: with P the position from the Moon's centre, `along`
the horizontal direction of flight at the site and `cross` = up x along,

    u = arc_m atan2(P.along, P.up)      v = arc_m atan2(P.cross, hypot(P.along, P.up))      [m]

Three grids hold one surface, each finer and smaller than the one before: the corridor under the
approach, the region about the site, the patch under the lander. A point belongs to the finest that
holds it, and its height is bilinear there. Rows run along v, columns along u.
"""

from libc.math cimport NAN, sqrt

from farside.ext.common.elementary cimport SinCos, atan2_of, sincos_of
from farside.ext.common.vector cimport Vec3, axpy, dot, finite, scale, unit, vec


cdef extern from *:
    """
    #define FARSIDE_PATCH_BELOW_M 60.0  /* a lander whose clearance is below this needs a patch */
    #define FARSIDE_PATCH_MARGIN_M 6.0  /* that reaches so far beyond the point under it */
    """
    const double PATCH_BELOW_M "FARSIDE_PATCH_BELOW_M"
    const double PATCH_MARGIN_M "FARSIDE_PATCH_MARGIN_M"


cdef enum:
    GROUND_BLOCK = 8        # cells along a side of a block of the maxima


cdef struct Grid:
    const float* z          # [m] above arc_m, rows x cols nodes
    const float* top        # [m] highest node of each block and of the cells next to it
    int rows                # nodes along v; 0: this grid is absent
    int cols                # nodes along u
    int block_cols
    double u0               # [m] of column 0
    double v0               # [m] of row 0
    double cell             # [m]
    double per_cell         # [1/m]
    double root_cell        # [sqrt m]
    double highest          # [m] above arc_m, over all nodes


cdef struct Ground:
    double radius_m         # of the site: heights are above this
    double root_radius      # [sqrt m]
    double arc_m            # radius of the sphere that carries u and v
    double datum_m          # arc_m - radius_m: added to what the grids hold
    double highest_m        # [m] above radius_m, over all grids
    Vec3 along              # site frame, horizontal
    Vec3 cross              # site frame, horizontal
    Grid corridor
    Grid region
    Grid patch
    bint flat               # an exact sphere of radius_m, without grids


cdef struct Place:
    double u                # [m]
    double v                # [m]
    double h                # [m] radial, above radius_m


cdef struct Surface:
    double z                # [m] above radius_m
    double zu               # slope along u
    double zv               # slope along v


# ---- where a point is --------------------------------------------------------------------------

cdef inline double angle_of(double y, double x) noexcept nogil:
    """atan2(y, x); within 17 km of the site by the first terms of its series, exact to 1e-17."""
    cdef double t, t2
    if -0.01 * x < y < 0.01 * x:
        t = y / x
        t2 = t * t
        return t - t * t2 * (1.0 / 3.0 - t2 * (1.0 / 5.0 - t2 * (1.0 / 7.0)))
    return atan2_of(y, x)


cdef inline Place place_of(const Ground* g, Vec3 p_site) noexcept nogil:
    """Arcs and radial height of a point in the site frame."""
    cdef Place out
    cdef double x = dot(p_site, g.along)
    cdef double y = dot(p_site, g.cross)
    cdef double z = p_site.z + g.radius_m
    cdef double s2 = x * x + z * z
    out.u = g.arc_m * angle_of(x, z)
    out.v = g.arc_m * angle_of(y, sqrt(s2))
    out.h = sqrt(s2 + y * y) - g.radius_m
    if not finite(out.h):
        out.u = out.v = NAN
    return out


cdef inline bint grid_holds(const Grid* grid, double u, double v, double margin) noexcept nogil:
    """Whether the grid reaches at least `margin` [m] beyond (u, v) on every side."""
    return (
        grid.rows > 1
        and u - margin >= grid.u0 and u + margin <= grid.u0 + (grid.cols - 1) * grid.cell
        and v - margin >= grid.v0 and v + margin <= grid.v0 + (grid.rows - 1) * grid.cell
    )


cdef inline bint patch_covers(const Ground* g, double u, double v, double margin) noexcept nogil:
    """Whether the patch in memory reaches `margin` [m] beyond (u, v); always, on a flat ground."""
    return g.flat or grid_holds(&g.patch, u, v, margin)


cdef inline const Grid* finest_at(const Ground* g, double u, double v) noexcept nogil:
    if grid_holds(&g.patch, u, v, 0.0):
        return &g.patch
    if grid_holds(&g.region, u, v, 0.0):
        return &g.region
    return &g.corridor


# ---- heights and normals -----------------------------------------------------------------------

cdef inline double held(double x, double last) noexcept nogil:
    """A grid coordinate [cells] held inside [0, last]; 0 for NaN."""
    if not (x > 0.0):
        return 0.0
    return x if x < last else last


cdef inline Surface surface_at(const Ground* g, double u, double v) noexcept nogil:
    """Height and slopes of the ground; beyond the corridor, those of its edge."""
    cdef Surface out
    cdef const Grid* grid
    cdef const float* z
    cdef double x, y, a, b, c
    cdef int i, j
    out.z = out.zu = out.zv = 0.0
    if not (finite(u) and finite(v)):
        out.z = out.zu = out.zv = NAN
        return out
    grid = finest_at(g, u, v)
    if g.flat or grid.rows < 2 or grid.cols < 2:
        return out
    x = held((u - grid.u0) * grid.per_cell, grid.cols - 1)
    y = held((v - grid.v0) * grid.per_cell, grid.rows - 1)
    i = <int> x
    j = <int> y
    if i > grid.cols - 2:
        i = grid.cols - 2
    if j > grid.rows - 2:
        j = grid.rows - 2
    x -= i
    y -= j
    # z = z00 + a x + b y + c x y
    z = grid.z + <Py_ssize_t> j * grid.cols + i
    a = <double> z[1] - z[0]
    b = <double> z[grid.cols] - z[0]
    c = <double> z[grid.cols + 1] - z[grid.cols] - a
    out.z = z[0] + a * x + b * y + c * x * y + g.datum_m
    out.zu = (a + c * y) * grid.per_cell
    out.zv = (b + c * x) * grid.per_cell
    return out


cdef inline double height_at(const Ground* g, double u, double v) noexcept nogil:
    """Height of the ground [m] above radius_m; NaN where u or v is not finite."""
    return surface_at(g, u, v).z


cdef inline double ground_height(const Ground* g, Vec3 p_site) noexcept nogil:
    """Height [m] above radius_m of the ground beneath a point of the site frame."""
    cdef Place at = place_of(g, p_site)
    return height_at(g, at.u, at.v)


cdef inline double clearance(const Ground* g, Vec3 p_site) noexcept nogil:
    """Radial height [m] of a point above the ground beneath it; negative inside the ground."""
    cdef Place at = place_of(g, p_site)
    return at.h - height_at(g, at.u, at.v)


cdef inline Vec3 ground_normal(const Ground* g, Vec3 p_site) noexcept nogil:
    """The upward unit normal, site frame, of the ground beneath a point."""
    cdef Place at = place_of(g, p_site)
    cdef Surface s = surface_at(g, at.u, at.v)
    cdef SinCos lon = sincos_of(at.u / g.arc_m)
    cdef SinCos lat = sincos_of(at.v / g.arc_m)
    cdef Vec3 up = vec(0.0, 0.0, 1.0)
    # the local vertical at the equator of (u, v), then at the point
    cdef Vec3 level = axpy(lon.s, g.along, scale(lon.c, up))
    cdef Vec3 e_r = axpy(lat.s, g.cross, scale(lat.c, level))
    cdef Vec3 e_u = axpy(lon.c, g.along, scale(-lon.s, up))
    cdef Vec3 e_v = axpy(lat.c, g.cross, scale(-lat.s, level))
    # an arc on the sphere of arc_m is longer on the ground by r / arc_m, and along u by cos(v)
    cdef double stretch = g.arc_m / (g.radius_m + s.z)
    cdef double narrow = lat.c if lat.c > 1e-6 else 1e-6
    return unit(
        axpy(-s.zv * stretch, e_v, axpy(-s.zu * stretch / narrow, e_u, e_r)), e_r)
