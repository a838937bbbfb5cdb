"""The true ground as C sees it: its grids, and batches of heights, normals and rays."""

cimport cython
from libc.math cimport sqrt
from libc.string cimport memset

from farside.ext.ground.rays cimport cast_ray
from farside.ext.ground.surface cimport (
    GROUND_BLOCK, Grid, clearance, ground_height, ground_normal, patch_covers, place_of, height_at,
)
from farside.ext.common.vector cimport vec, vec_from, vec_to


BLOCK = GROUND_BLOCK


@cython.final
@cython.auto_pickle(False)
cdef class GroundModel:
    """The struct `Ground` and the arrays that it points into; a sphere until it is given grids.

    Parameters
    ----------
    radius_m : float
        Radius of the site [m]: heights are above it.
    arc_m : float
        Radius [m] of the sphere that carries the arcs u and v of the grids.
    along, across : sequence of three floats
        Horizontal unit vectors, site frame: of the flight, and up x along.

    Raises
    ------
    ValueError
        A radius that is not above 0; of `set_grid`, a grid that is none.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.ground import GroundModel
    >>> model = GroundModel(1737400.0, 1737400.0, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    >>> model.flat
    True
    >>> heights, highest = np.full((9, 9), 2.0, np.float32), np.full((1, 1), 2.0, np.float32)
    >>> model.set_grid("patch", heights, highest, highest=2.0, u0=-4.0, v0=-4.0, cell=1.0)
    >>> model.covers(0.0, 0.0, 3.0), model.covers(0.0, 0.0, 9.0)
    (True, False)
    >>> model.set_radius(1737401.0)  # what was 2 m high is 1 m above that
    >>> model.clear_grid("patch")
    >>> model.covers(0.0, 0.0, 3.0)
    False
    """

    def __init__(self, double radius_m, double arc_m, along, across):
        if not (radius_m > 0.0 and arc_m > 0.0):
            raise ValueError(f"the ground needs a radius above 0 m, not {radius_m} and {arc_m}")
        memset(&self.c, 0, sizeof(self.c))
        self.c.radius_m = radius_m
        self.c.root_radius = sqrt(radius_m)
        self.c.arc_m = arc_m
        self.c.datum_m = arc_m - radius_m
        self.c.along = vec(along[0], along[1], along[2])
        self.c.cross = vec(across[0], across[1], across[2])
        self.c.flat = True
        self._held = {}

    cdef Grid* _grid(self, str name):
        if name == "corridor":
            return &self.c.corridor
        if name == "region":
            return &self.c.region
        return &self.c.patch

    def set_radius(self, double radius_m):
        """Measure heights from radius_m [m] on; what the grids hold stays above arc_m."""
        if not radius_m > 0.0:
            raise ValueError(f"the ground needs a radius above 0 m, not {radius_m}")
        self.c.radius_m = radius_m
        self.c.root_radius = sqrt(radius_m)
        self.c.datum_m = self.c.arc_m - radius_m
        self._measure()

    def set_grid(
        self, str name, const float[:, ::1] z, const float[:, ::1] top, double highest,
        double u0, double v0, double cell,
    ):
        """Lay a grid: heights z [m] above arc_m at v0 + row * cell, u0 + column * cell [m].

        `top` holds the highest node of every 8 x 8 cells and of the cells next to them, `highest`
        the highest of all; `name` is corridor, region or patch. The arrays are kept, not copied.
        """
        cdef Grid* grid = self._grid(name)
        cdef Py_ssize_t rows = z.shape[0], cols = z.shape[1]
        if name not in ("corridor", "region", "patch"):
            raise ValueError(f"a ground has no grid '{name}': corridor, region or patch")
        if rows < 2 or cols < 2 or not cell > 0.0:
            raise ValueError(f"a grid needs 2 x 2 nodes and a cell above 0 m: {rows} x {cols}")
        if top.shape[0] * BLOCK < rows - 1 or top.shape[1] * BLOCK < cols - 1:
            raise ValueError(f"the maxima of a grid of {rows} x {cols} nodes do not cover it")
        self._held[name] = (z.base, top.base)
        grid.z = &z[0, 0]
        grid.top = &top[0, 0]
        grid.rows = <int> rows
        grid.cols = <int> cols
        grid.block_cols = <int> top.shape[1]
        grid.u0 = u0
        grid.v0 = v0
        grid.cell = cell
        grid.per_cell = 1.0 / cell
        grid.root_cell = sqrt(cell)
        grid.highest = highest
        self.c.flat = False
        self._measure()

    def clear_grid(self, str name):
        """Take a grid away."""
        memset(self._grid(name), 0, sizeof(Grid))
        self._held.pop(name, None)
        self._measure()

    def _measure(self):
        self.c.highest_m = -1e9
        for name in ("corridor", "region", "patch"):
            if self._grid(name).rows and self._grid(name).highest > self.c.highest_m:
                self.c.highest_m = self._grid(name).highest
        self.c.highest_m += self.c.datum_m

    @property
    def radius_m(self):
        """Radius of the site [m]."""
        return self.c.radius_m

    @property
    def arc_m(self):
        """Radius of the sphere that carries u and v [m]."""
        return self.c.arc_m

    @property
    def flat(self):
        """Whether the ground is an exact sphere of radius_m."""
        return bool(self.c.flat)

    def covers(self, double u, double v, double margin):
        """Whether the patch in memory reaches `margin` [m] beyond (u, v)."""
        return bool(patch_covers(&self.c, u, v, margin))


def places(GroundModel model, const double[:, ::1] p_site, double[:, ::1] out):
    """Fill out (n, 3) with u [m], v [m] and height above radius_m [m] of points (n, 3).

    Parameters
    ----------
    model : GroundModel
    p_site : float64 (n, 3)
        Points in site axes [m].
    out : float64 (n, 3)
        Written.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.ground import GroundModel, places
    >>> model = GroundModel(1737400.0, 1737400.0, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    >>> out = np.empty((1, 3))
    >>> places(model, np.array([[10e3, 0.0, 0.0]]), out)  # 10 km along, on the level of the site
    >>> out.round(1).tolist()
    [[9999.9, 0.0, 28.8]]
    """
    cdef Py_ssize_t i
    with nogil:
        for i in range(p_site.shape[0]):
            at = place_of(&model.c, vec_from(&p_site[i, 0]))
            out[i, 0] = at.u
            out[i, 1] = at.v
            out[i, 2] = at.h


def heights_uv(GroundModel model, const double[::1] u, const double[::1] v, double[::1] out):
    """Fill out (n,) with the heights [m] above radius_m on the grids in memory."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(u.shape[0]):
            out[i] = height_at(&model.c, u[i], v[i])


def heights(GroundModel model, const double[:, ::1] p_site, double[::1] out):
    """Fill out (n,) with the heights [m] above radius_m of the ground beneath points (n, 3)."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(p_site.shape[0]):
            out[i] = ground_height(&model.c, vec_from(&p_site[i, 0]))


def clearances(GroundModel model, const double[:, ::1] p_site, double[::1] out):
    """Fill out (n,) with the radial heights [m] of points (n, 3) above the ground beneath them.

    Parameters
    ----------
    model : GroundModel
    p_site : float64 (n, 3)
        Points in site axes [m].
    out : float64 (n,)
        Written.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.ground import GroundModel, clearances
    >>> model = GroundModel(1737400.0, 1737400.0, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    >>> out = np.empty(2)
    >>> clearances(model, np.array([[0.0, 0.0, 100.0], [10e3, 0.0, 100.0]]), out)
    >>> out.round(1).tolist()  # the sphere falls off by 28.8 m on 10 km
    [100.0, 128.8]
    """
    cdef Py_ssize_t i
    with nogil:
        for i in range(p_site.shape[0]):
            out[i] = clearance(&model.c, vec_from(&p_site[i, 0]))


def normals(GroundModel model, const double[:, ::1] p_site, double[:, ::1] out):
    """Fill out (n, 3) with the upward unit normals, site frame, beneath points (n, 3)."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(p_site.shape[0]):
            vec_to(ground_normal(&model.c, vec_from(&p_site[i, 0])), &out[i, 0])


def cast_rays(
    GroundModel model, const double[:, ::1] origins, const double[:, ::1] directions,
    double max_range, double[::1] out,
):
    """Fill out (n,) with the ranges [m] of rays (n, 3) of unit directions; NaN: no ground."""
    cdef Py_ssize_t i
    with nogil:
        for i in range(directions.shape[0]):
            out[i] = cast_ray(
                &model.c, vec_from(&origins[i, 0]), vec_from(&directions[i, 0]), max_range)
