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
    STATES, Navigator, NavigatorSetup, update as update_kernel, navigate as navigate_kernel,
    propagate_covariance as propagate_covariance_kernel,
)
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height as map_height_at


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
    onboard_map : dict
        u0_m, v0_m, cell_m, radius_m, along_site, across_site of the map.
    height_m, sigma_m : float32 (rows, cols)
    """

    cdef NavigatorSetup setup
    cdef Navigator navigator
    cdef Moon moon
    cdef OnboardMap onboard_map
    cdef const float[:, ::1] height_m
    cdef const float[:, ::1] sigma_m

    def __init__(self, setup, moon, first, onboard_map, const float[:, ::1] height_m,
                 const float[:, ::1] sigma_m):
        memset(&self.onboard_map, 0, sizeof(OnboardMap))
        self.setup = setup
        self.moon = moon
        memset(&self.navigator, 0, sizeof(Navigator))
        state = dict(self.navigator, height_m=NAN, last_range_m=NAN)
        self.navigator = dict(state, **first)
        self.height_m = height_m
        self.sigma_m = sigma_m
        self.onboard_map.rows = height_m.shape[0]
        self.onboard_map.cols = height_m.shape[1]
        if self.onboard_map.rows > 0 and self.onboard_map.cols > 0:
            self.onboard_map.height_m = &height_m[0, 0]
            self.onboard_map.sigma_m = &sigma_m[0, 0]
        self.onboard_map.u0_m = onboard_map["u0_m"]
        self.onboard_map.v0_m = onboard_map["v0_m"]
        self.onboard_map.cell_m = onboard_map["cell_m"]
        self.onboard_map.radius_m = onboard_map["radius_m"]
        self.onboard_map.along_site = vec_of(onboard_map["along_site"])
        self.onboard_map.across_site = vec_of(onboard_map["across_site"])

    @property
    def state(self):
        """Return the struct `Navigator` by the names of its fields."""
        return self.navigator

    def set_dead_reckoning(self, bint dead_reckoning):
        """Count horizontal places by velocity alone from here on, or no longer."""
        self.navigator.dead_reckoning = dead_reckoning

    def navigate(self, int64_t tick, const Measurements[::1] measured, double[:, ::1] out):
        """Run one tick for each measurement; fill out (N, 10) with r, v and q after it."""
        cdef Py_ssize_t i
        cdef int j
        if out.shape[0] < measured.shape[0] or out.shape[1] != 10:
            raise ValueError("out needs ten numbers for each tick")
        with nogil:
            for i in range(measured.shape[0]):
                navigate_kernel(
                    &self.navigator, &self.setup, &self.onboard_map, &self.moon, &measured[i],
                    tick + i)
                for j in range(3):
                    out[i, j] = self.navigator.r_site[j]
                    out[i, 3 + j] = self.navigator.v_site[j]
                for j in range(4):
                    out[i, 6 + j] = self.navigator.q_site_body[j]

    def propagate_covariance(self, double dt):
        """Let the covariance grow over dt [s]."""
        propagate_covariance_kernel(&self.navigator, &self.setup, dt)

    def update(self, h, double innovation, double variance, active_direction=None):
        """Take in one scalar measurement; place and speed move along `active_direction`."""
        cdef double row[STATES]
        cdef Vec3 along
        for i in range(STATES):
            row[i] = h[i]
        if active_direction is None:
            update_kernel(&self.navigator, row, innovation, variance, NULL)
        else:
            along = vec_of(active_direction)
            update_kernel(&self.navigator, row, innovation, variance, &along)

    def map_height(self, rho):
        """Return the map's height and sigma [m] under a point from the Moon's centre."""
        cdef MapHeight found = map_height_at(&self.onboard_map, vec_of(rho))
        return found.height_m, found.sigma_m
