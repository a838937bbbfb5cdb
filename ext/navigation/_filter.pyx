"""The navigation filter and its onboard map, for Python: tests and studies.

The closed loop compiles the same header-only sources itself.
"""

cimport cython
from libc.math cimport NAN
from libc.stdint cimport int64_t
from libc.string cimport memset

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport Vec3, vec
from farside.ext.navigation.filter cimport (
    STATES, Navigator, NavigatorSetup, correct as correct_kernel, navigate as navigate_kernel,
    spread as spread_kernel,
)
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardGrid, map_height as map_height_at


cdef Vec3 vec_of(v):
    x, y, z = v
    return vec(x, y, z)


@cython.final
@cython.auto_pickle(False)
cdef class Navigation:
    """The navigation filter with its onboard map. It belongs to one thread.

    Parameters
    ----------
    setup, moon, first : dict
        The structs `NavigatorSetup`, `Moon` and `Navigator` (as first_estimate gives it) by the
        names of their C fields.
    chart : dict
        u0_m, v0_m, cell_m, radius_m, along_site, across_site of the map.
    height_m, sigma_m : float32 (rows, cols)
    """

    cdef NavigatorSetup setup
    cdef Navigator navigator
    cdef Moon moon
    cdef OnboardGrid chart
    cdef const float[:, ::1] height_m
    cdef const float[:, ::1] sigma_m

    def __init__(self, setup, moon, first, chart, const float[:, ::1] height_m,
                 const float[:, ::1] sigma_m):
        memset(&self.chart, 0, sizeof(OnboardGrid))
        self.setup = setup
        self.moon = moon
        memset(&self.navigator, 0, sizeof(Navigator))
        state = dict(self.navigator, height_m=NAN, last_range_m=NAN)
        self.navigator = dict(state, **first)
        self.height_m = height_m
        self.sigma_m = sigma_m
        self.chart.rows = height_m.shape[0]
        self.chart.cols = height_m.shape[1]
        if self.chart.rows > 0 and self.chart.cols > 0:
            self.chart.height_m = &height_m[0, 0]
            self.chart.sigma_m = &sigma_m[0, 0]
        self.chart.u0_m = chart["u0_m"]
        self.chart.v0_m = chart["v0_m"]
        self.chart.cell_m = chart["cell_m"]
        self.chart.radius_m = chart["radius_m"]
        self.chart.along_site = vec_of(chart["along_site"])
        self.chart.across_site = vec_of(chart["across_site"])

    @property
    def state(self):
        """Return the struct `Navigator` by the names of its fields."""
        return self.navigator

    def anchor(self, bint anchored):
        """Count horizontal places by velocity alone from here on, or no longer."""
        self.navigator.anchored = anchored

    def navigate(self, int64_t tick, const Measurements[::1] measured, double[:, ::1] out):
        """Run one tick for each measurement; fill out (N, 10) with r, v and q after it."""
        cdef Py_ssize_t i
        cdef int j
        if out.shape[0] < measured.shape[0] or out.shape[1] != 10:
            raise ValueError("out needs ten numbers for each tick")
        with nogil:
            for i in range(measured.shape[0]):
                navigate_kernel(
                    &self.navigator, &self.setup, &self.chart, &self.moon, &measured[i], tick + i)
                for j in range(3):
                    out[i, j] = self.navigator.r_site[j]
                    out[i, 3 + j] = self.navigator.v_site[j]
                for j in range(4):
                    out[i, 6 + j] = self.navigator.q_site_body[j]

    def spread(self, double dt):
        """Let the covariance grow over dt [s]."""
        spread_kernel(&self.navigator, &self.setup, dt)

    def correct(self, h, double innovation, double variance, only=None):
        """Take in one scalar measurement h of the state; place and speed move along `only`."""
        cdef double row[STATES]
        cdef Vec3 along
        for i in range(STATES):
            row[i] = h[i]
        if only is None:
            correct_kernel(&self.navigator, row, innovation, variance, NULL)
        else:
            along = vec_of(only)
            correct_kernel(&self.navigator, row, innovation, variance, &along)

    def map_height(self, rho):
        """Return the map's height and sigma [m] under a point from the Moon's centre."""
        cdef MapHeight found = map_height_at(&self.chart, vec_of(rho))
        return found.height_m, found.sigma_m
