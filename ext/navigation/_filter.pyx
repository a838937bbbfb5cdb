"""The navigator and its onboard map, for Python: tests, studies, and other people's loops.

The closed loop compiles the same header-only sources itself.
"""

import numpy

from farside.ext.navigation._codes import Trust

cimport cython
from libc.math cimport NAN
from libc.stdint cimport int64_t

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport Moon
from farside.ext.common.vector cimport Vec3, vec
from farside.ext.navigation.camera_setup cimport CAMERAS
from farside.ext.navigation.clones cimport clone_pose, forget_clone, tie_map, tie_to_scan
from farside.ext.navigation.covariance cimport (
    Transition, apply_transition, propagate_covariance as propagate_covariance_kernel, transition,
)
from farside.ext.navigation.health_records cimport CHANNELS as CHANNEL_COUNT
from farside.ext.navigation.image_fix cimport take_landmarks, take_motion
from farside.ext.navigation.place_fix cimport take_place
from farside.ext.navigation.image_records cimport Landmark, MotionPair, PlaceFix
from farside.ext.navigation.map_fix cimport take_fix
from farside.ext.navigation.navigator cimport navigate as navigate_kernel
from farside.ext.navigation.onboard_arrays cimport onboard_map_from
from farside.ext.navigation.onboard_map cimport MapHeight, OnboardMap, map_height as map_height_at
from farside.ext.navigation.records cimport MapFix
from farside.ext.navigation.report cimport height_of_base, place_in_map
from farside.ext.navigation.state cimport (
    ACCEL_BIAS, ACCEL_MOUNT, ATTITUDE, BEAM_BIAS, BEAM_SCALE, BEAM_TURN, CAMERA_STATES, CAMERA_TURN,
    CLONES, CLONES_MOST, CLONE_STATES, CONSIDERED, COVARIANCE_EVERY, GRAVITY, GYRO_BIAS, GYRO_MOUNT,
    HEIGHT_BIAS, IMAGE_MAP, LIDAR_TURN, POSITION, RANGE_BIAS, RELIEF, RELIEF_SLOPE, SEEN_GROUND,
    STAR_TURN, STATES, TIE, VELOCITY, InitialEstimate, Navigator, NavigatorSetup, navigator_start,
)
from farside.ext.navigation.update cimport Row, put, update as update_kernel


#: Where each group of states begins: ext/navigation/state.pxd.
PLACES = {
    "position": POSITION, "velocity": VELOCITY, "attitude": ATTITUDE, "gyro_bias": GYRO_BIAS,
    "accel_bias": ACCEL_BIAS, "beam_scale": BEAM_SCALE, "relief": RELIEF,
    "relief_slope": RELIEF_SLOPE, "tie": TIE,
    "range_bias": RANGE_BIAS, "height_bias": HEIGHT_BIAS, "beam_bias": BEAM_BIAS,
    "beam_turn": BEAM_TURN, "accel_mount": ACCEL_MOUNT, "star_turn": STAR_TURN,
    "lidar_turn": LIDAR_TURN, "gyro_mount": GYRO_MOUNT, "gravity": GRAVITY, "clones": CLONES,
    "image_map": IMAGE_MAP, "camera_turn": CAMERA_TURN, "seen_ground": SEEN_GROUND,
}
#: States of cameras and image map, which stand before the clones once an image was taken.
CAMERA_SIZE = CAMERA_STATES
MOST_CLONES = CLONES_MOST
#: Cameras whose images are taken.
CAMERA_COUNT = CAMERAS
#: States without clones, those of a clone, the first that is only considered, and the ticks between
#: steps of the covariance.
SIZE = CLONES
CLONE_SIZE = CLONE_STATES
FIRST_CONSIDERED = CONSIDERED
STEP_TICKS = COVARIANCE_EVERY
#: Sensors and beams: star tracker, altimeter, three beams, touchdown sensor, inertial unit.
CHANNELS = CHANNEL_COUNT


cdef Vec3 vec_of(v):
    x, y, z = v
    return vec(x, y, z)


@cython.final
@cython.auto_pickle(False)
cdef class Navigation:
    """The navigator with its onboard map. It belongs to one thread.

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

    def copy(self):
        """Return another one in the same state."""
        cdef Navigation other = Navigation.__new__(Navigation)
        other.setup, other.navigator, other.moon = self.setup, self.navigator, self.moon
        other.onboard_map = self.onboard_map
        other.height_m, other.sigma_m = self.height_m, self.sigma_m
        return other

    @property
    def state(self):
        """Return the struct `Navigator` by the names of its fields."""
        return self.navigator

    @property
    def covariance(self):
        """Return P of the states in use, (n, n)."""
        cdef Py_ssize_t n = self.navigator.size
        return numpy.asarray(<double[:STATES, :STATES]> &self.navigator.P[0][0])[:n, :n].copy()

    @property
    def trust(self):
        """Return what is believed of each channel, and why not: members of `Trust`."""
        return [Trust(self.navigator.channel[i].trust) for i in range(CHANNEL_COUNT)]

    @property
    def alone(self):
        """Return why each accelerometer alone is not believed: members of `Trust`."""
        return [Trust(self.navigator.accel[i].refused) for i in range(3)]

    @property
    def mass_kg(self):
        """Return the estimated mass."""
        return self.navigator.mass_kg

    @property
    def place_in_map(self):
        """Return the position [m] against the map in use and the ground at the site."""
        cdef Vec3 r = place_in_map(&self.navigator)
        return r.x, r.y, r.z

    @property
    def height(self):
        """Return the height of the base above the ground beneath [m]."""
        return height_of_base(&self.navigator, &self.setup, &self.moon)

    def tie_map(self):
        """Make a map here: places count against it from now on."""
        tie_map(&self.navigator, &self.setup, &self.moon)

    def tie_to_scan(self, int64_t tick, double variance_m2):
        """Take the map of a clone's time into use; return False where there is no such clone."""
        return bool(tie_to_scan(
            &self.navigator, &self.setup, &self.moon, tick, variance_m2))

    def take_fix(self, int64_t tick, const MapFix[::1] fix):
        """Take fix[0], a place on the map in use; return what became of it, a `FixStatus`."""
        return take_fix(&self.navigator, &fix[0], tick)

    def take_landmarks(self, int64_t tick, int camera, int64_t tag, const Landmark[::1] matches):
        """Take the matches of an image of a tag; return what became of it, a `FixStatus`."""
        return take_landmarks(
            &self.navigator, &self.setup, camera, tag, tick, &matches[0], matches.shape[0])

    def take_motion(self, int64_t tick, int camera, tags, const MotionPair[::1] pairs):
        """Take the pairs of the images of two tags; return what became of them, a `FixStatus`."""
        cdef int64_t[2] at
        at[0], at[1] = tags
        return take_motion(
            &self.navigator, &self.setup, &self.moon, camera, at, tick, &pairs[0],
            pairs.shape[0])

    def take_place(self, int64_t tick, const PlaceFix[::1] fix):
        """Take fix[0], a place on the image map; return what became of it, a `FixStatus`."""
        return take_place(&self.navigator, &self.setup, &fix[0], tick)

    def clone_pose(self, int64_t tick):
        """Keep the pose of now for a measurement of this tick that comes later.

        ValueError where no clone is free.
        """
        if clone_pose(&self.navigator, &self.setup, &self.moon, tick) < 0:
            raise ValueError("no clone is free: forget one first")

    def forget_clone(self, int64_t tick):
        """Give up the clone of a tick."""
        forget_clone(&self.navigator, tick)

    def command(self, double thrust_n, torque_nm=None):
        """Tell thrust [N] and torque (3,) [N m] commanded from now on; NaN, None: not told."""
        self.navigator.commanded_n = thrust_n
        for i in range(3):
            self.navigator.commanded_nm[i] = NAN if torque_nm is None else torque_nm[i]

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

    def transition(self):
        """Return F (n, n) of what has been summed since the covariance was last stepped."""
        cdef Transition F
        cdef double[:, ::1] M = numpy.eye(STATES)
        cdef Py_ssize_t n = self.navigator.size
        transition(&F, &self.navigator, &self.setup, &self.moon)
        apply_transition(&F, <double (*)[STATES]> &M[0, 0], STATES)
        return numpy.asarray(M)[:n, :n].copy()

    def propagate_covariance(self):
        """Step the covariance over what has been summed."""
        propagate_covariance_kernel(&self.navigator, &self.setup, &self.moon)

    def update(self, H, double innovation, double R):
        """Take in one scalar measurement, H (n,) with 16 numbers at most that are not zero."""
        cdef Row row
        cdef int i
        row.count = 0
        for i in range(self.navigator.size):
            if H[i] != 0.0:
                put(&row, i, H[i])
        update_kernel(&self.navigator, &row, innovation, R)

    def map_height(self, rho):
        """Return the map's height and sigma [m] under a point from the Moon's centre."""
        cdef MapHeight found = map_height_at(&self.onboard_map, vec_of(rho))
        return found.height_m, found.sigma_m
