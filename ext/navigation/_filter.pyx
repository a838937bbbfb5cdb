"""The navigation filter and its onboard map, for Python: tests and studies.

The closed loop compiles the same header-only sources itself.
"""

cimport cython
from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport Vec3, vec
from farside.ext.navigation.filter cimport navigate as navigate_kernel
from farside.ext.navigation.kalman cimport (
    propagate_covariance as propagate_covariance_kernel, update as update_kernel,
)
from farside.ext.navigation.onboard_arrays cimport onboard_map_from
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height as map_height_at
from farside.ext.navigation.records cimport (
    STATES, InitialEstimate, Navigator, NavigatorSetup, navigator_start,
)


cdef Vec3 vec_of(v):
    x, y, z = v
    return vec(x, y, z)


@cython.final
@cython.auto_pickle(False)
cdef class Navigation:
    """The navigation filter with its onboard map. It belongs to one thread.

    Parameters
    ----------
    setup, moon, initial : dict
        The structs `NavigatorSetup`, `Moon` and `InitialEstimate` by the names of their C fields.
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

    def __init__(self, setup, moon, initial, onboard_map, const float[:, ::1] height_m,
                 const float[:, ::1] sigma_m):
        cdef InitialEstimate start
        self.setup = setup
        self.moon = moon
        start = initial
        navigator_start(&self.navigator, &start)
        self.height_m = height_m
        self.sigma_m = sigma_m
        onboard_map_from(&self.onboard_map, onboard_map, height_m, sigma_m)

    @property
    def state(self):
        """Return the struct `Navigator` by the names of its fields."""
        return self.navigator

    def set_dead_reckoning(self, bint dead_reckoning):
        """Integrate the horizontal position alone from here on, or update it again."""
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
                    &self.navigator, &self.setup, &self.onboard_map, &self.moon, NULL,
                    &measured[i], tick + i)
                for j in range(3):
                    out[i, j] = self.navigator.r_site[j]
                    out[i, 3 + j] = self.navigator.v_site[j]
                for j in range(4):
                    out[i, 6 + j] = self.navigator.q_site_body[j]

    def propagate_covariance(self, double dt):
        """Propagate the covariance over dt [s]."""
        propagate_covariance_kernel(&self.navigator, &self.setup, dt)

    def update(self, H, double innovation, double R, active_direction=None):
        """Take in one scalar measurement; r and v are estimated along active_direction alone."""
        cdef double row[STATES]
        cdef Vec3 along
        for i in range(STATES):
            row[i] = H[i]
        if active_direction is None:
            update_kernel(&self.navigator, row, innovation, R, NULL)
        else:
            along = vec_of(active_direction)
            update_kernel(&self.navigator, row, innovation, R, &along)

    def map_height(self, rho):
        """Return the map's height and sigma [m] under a point from the Moon's centre."""
        cdef MapHeight found = map_height_at(&self.onboard_map, vec_of(rho))
        return found.height_m, found.sigma_m
