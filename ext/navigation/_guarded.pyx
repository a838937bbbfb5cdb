"""The guarded navigator for Python: its configuration, and one object with the host's memory."""

import numpy

from farside.ext.navigation._codes import Trust

cimport cython
from cpython.number cimport PyNumber_Index
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from farside.ext.common._gravity_table cimport GravityTableCore
from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation._codes cimport FIX_UNFIT, NAVIGATION_OK
from farside.ext.navigation.camera_setup cimport IMAGE_MOST
from farside.ext.navigation.config_check cimport navigation_checksum, navigation_sound
from farside.ext.navigation.guarded cimport (
    GuardedNavigator, covariance_guarded, fix_guarded, forget_guarded, guarded_size, keep_guarded,
    landmarks_guarded, motion_guarded, navigate_guarded, place_guarded, start_guarded, tie_guarded,
    tie_kept_guarded,
)
from farside.ext.navigation.host_command cimport FORCE_MOST, command_guarded
from farside.ext.navigation.image_records cimport Landmark, MotionPair, PlaceFix
from farside.ext.navigation.onboard_arrays cimport onboard_map_from
from farside.ext.navigation.records cimport (
    NAVIGATION_GAP, NAVIGATION_VERSION, MapFix, NavigationConfig, NavigationEstimate,
)
from farside.ext.navigation.state cimport STATES, InitialEstimate, NavigatorSetup

cdef NavigationEstimate _estimate
cdef NavigationEstimate[::1] _estimates = <NavigationEstimate[:1]> &_estimate
cdef MapFix _fix
cdef MapFix[::1] _fixes = <MapFix[:1]> &_fix
cdef Landmark _landmark
cdef Landmark[::1] _landmarks = <Landmark[:1]> &_landmark
cdef MotionPair _pair
cdef MotionPair[::1] _pairs = <MotionPair[:1]> &_pair
cdef PlaceFix _place
cdef PlaceFix[::1] _places = <PlaceFix[:1]> &_place

#: The structs `NavigationEstimate`, `MapFix`, `Landmark`, `MotionPair` and `PlaceFix`, and the
#: bytes of the host's memory.
NAVIGATION_ESTIMATE = numpy.asarray(_estimates).dtype
MAP_FIX = numpy.asarray(_fixes).dtype
LANDMARK = numpy.asarray(_landmarks).dtype
MOTION_PAIR = numpy.asarray(_pairs).dtype
PLACE_FIX = numpy.asarray(_places).dtype
#: Matches or pairs of an image, at most.
MATCHES_MOST = IMAGE_MOST
NAVIGATOR_BYTES = guarded_size()
#: Ticks on end that may be missed.
GAP = NAVIGATION_GAP
#: Thrust [N] and torque [N m] that are told, at most.
COMMAND_MOST = FORCE_MOST


def fill(record, values):
    """Put a dict into a structured array, member by member: what lies between stays zero."""
    for name in record.dtype.names:
        if isinstance(values[name], dict):
            fill(record[name], values[name])
        else:
            record[name][0] = values[name]


@cython.final
@cython.auto_pickle(False)
cdef class NavigationTable:
    """All of a navigator that stays the same: a `NavigationConfig` that owns its tables.

    Parameters
    ----------
    setup, moon : dict
        The structs `NavigatorSetup` and `Moon` by the names of their C fields.
    onboard_map : dict
        u0_m, v0_m, cell_m, radius_m, along_site and across_site of the map, and its heights_m and
        sigma_m, float32 (rows, cols).
    field : GravityTableCore, optional
        What is known aboard of gravity beyond J2 and C22.

    Raises
    ------
    ValueError
        For numbers that no navigator can be flown with.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> from farside.navigation import NavigationTable, Navigator, navigation_table
    >>> mission, place = load_mission("chang-e-6"), (0.0, 0.0, 2000.0)
    >>> table = navigation_table(mission, place)  # the way to make one
    >>> isinstance(table, NavigationTable)
    True
    >>> navigator = Navigator(mission, place, (0.0,) * 3, (1.0, 0.0, 0.0, 0.0), table=table)
    >>> navigator.tick(0)["r_site"].tolist()
    [[0.0, 0.0, 2000.0]]
    """

    cdef NavigationConfig config
    cdef const float[:, ::1] height_m
    cdef const float[:, ::1] sigma_m
    cdef GravityTableCore field

    def __init__(self, dict setup not None, dict moon not None, onboard_map,
                 GravityTableCore field=None):
        cdef NavigatorSetup[::1] view = <NavigatorSetup[:1]> &self.config.setup
        memset(&self.config, 0, sizeof(NavigationConfig))
        self.height_m, self.sigma_m = onboard_map["heights_m"], onboard_map["sigma_m"]
        self.config.size = sizeof(NavigationConfig)
        self.config.version = NAVIGATION_VERSION
        self.config.moon = moon
        fill(numpy.asarray(view), setup)
        onboard_map_from(&self.config.onboard, onboard_map, self.height_m, self.sigma_m)
        self.field = field
        if field is not None:
            self.take_field()
        self.config.checksum = navigation_checksum(&self.config)
        if not navigation_sound(&self.config):
            raise ValueError("a navigator with a number that cannot be: see setup, moon and map")

    cdef int take_field(self) except -1:
        """Take a table of gravity number by number: what lies between them stays zero."""
        cdef int i
        self.config.field.radius_m = self.field.table.radius_m
        self.config.field.sphere_m = self.field.table.sphere_m
        self.config.field.from_east = self.field.table.from_east
        self.config.field.from_north = self.field.table.from_north
        for i in range(3):
            self.config.field.count[i] = self.field.table.count[i]
            self.config.field.first[i] = self.field.table.first[i]
            self.config.field.per_step[i] = self.field.table.per_step[i]
        self.config.field.values = self.field.table.values
        return 0

    @property
    def fields(self):
        """Return the numbers by the names of their C fields, in their order.

        None stands where the struct has the address of a table.
        """
        return {
            "size": self.config.size, "version": self.config.version,
            "checksum": self.config.checksum, "reserved": 0,
            "moon": self.config.moon, "setup": self.config.setup,
            "onboard": {
                "height_m": None, "sigma_m": None,
                "rows": self.config.onboard.rows, "cols": self.config.onboard.cols,
                "u0_m": self.config.onboard.u0_m, "v0_m": self.config.onboard.v0_m,
                "cell_m": self.config.onboard.cell_m, "radius_m": self.config.onboard.radius_m,
                "along_site": self.config.onboard.along_site,
                "across_site": self.config.onboard.across_site,
            },
            "field": {
                "radius_m": self.config.field.radius_m, "sphere_m": self.config.field.sphere_m,
                "from_east": self.config.field.from_east,
                "from_north": self.config.field.from_north,
                "count": self.config.field.count, "first": self.config.field.first,
                "per_step": self.config.field.per_step, "values": None,
            },
        }

    @property
    def tables(self):
        """Return heights and sigmas of the map and the values of gravity, flat float32 arrays."""
        field = numpy.zeros(0, numpy.float32)
        if self.field is not None:
            field = numpy.asarray(self.field.values).ravel()
        return numpy.asarray(self.height_m).ravel(), numpy.asarray(self.sigma_m).ravel(), field

    @property
    def block(self):
        """Return the struct as bytes with its addresses 0, for a file; the tables follow it."""
        cdef NavigationConfig c
        memcpy(&c, &self.config, sizeof(c))
        c.onboard.height_m = c.onboard.sigma_m = c.field.values = NULL
        return (<const char*> &c)[:sizeof(c)]


@cython.final
@cython.auto_pickle(False)
cdef class NavigatorCore:
    """One navigator in memory of its own. It belongs to one thread.

    Parameters
    ----------
    table : NavigationTable
    initial : dict
        The struct `InitialEstimate` by the names of its C fields.

    Raises
    ------
    ValueError
        For a first estimate that cannot be.
    """

    cdef NavigationTable table
    cdef GuardedNavigator memory

    def __init__(self, NavigationTable table not None, initial):
        self.table = table
        self.start(initial)

    def start(self, initial):
        """Begin anew, before tick 0."""
        cdef InitialEstimate first
        memset(&first, 0, sizeof(first))
        first = initial
        if start_guarded(&first, &self.memory, sizeof(self.memory)) != NAVIGATION_OK:
            raise ValueError(
                "a first estimate that cannot be: finite numbers, a unit quaternion, a mass above "
                "0, and P symmetric with variances of 0 or more")

    @property
    def tick(self):
        """Return the last tick; -1 before the first."""
        return self.memory.tick

    def follows(self, int64_t k):
        """Return whether tick k may be the next."""
        return 0 < k - self.memory.tick <= NAVIGATION_GAP + 1

    @property
    def covariance(self):
        """Return P of the states in use, (n, n)."""
        cdef double[::1] flat = numpy.empty(STATES * STATES)
        cdef int n = covariance_guarded(&self.memory, &flat[0], STATES * STATES)
        return numpy.asarray(flat)[: n * n].reshape(n, n).copy()

    @property
    def trust(self):
        """Return what is believed of each channel: members of `Trust`."""
        return [Trust(trust) for trust in self.memory.told.trust]

    def estimate(self, NavigationEstimate[::1] out):
        """Fill out[0] with the last estimate."""
        out[0] = self.memory.told

    def navigate(self, k, const Measurements[::1] measured, NavigationEstimate[::1] out):
        """Take in measured[0] of tick k; fill out[0] and return the code."""
        cdef int64_t at = PyNumber_Index(k)
        cdef int code
        with nogil:
            code = navigate_guarded(
                &self.table.config, &self.memory, &measured[0], at, &out[0])
        return code

    def command(self, double thrust_n, const double[::1] torque_nm=None):
        """Take what was told for the tick whose measurements come next; the code."""
        if torque_nm is not None and torque_nm.shape[0] != 3:
            raise ValueError(f"torque_nm has {torque_nm.shape[0]} numbers: give 3, or None")
        return command_guarded(
            &self.memory, thrust_n, NULL if torque_nm is None else &torque_nm[0])

    def navigate_many(
            self, int64_t k, const Measurements[::1] measured, NavigationEstimate[::1] out,
            const double[:, ::1] commands=None):
        """Run one tick for each measurement, from tick k on; return how many were not OK.

        commands has a row for each: thrust and torque told for that tick, as of `command`.
        """
        cdef Py_ssize_t i, n = measured.shape[0], bad = 0
        cdef bint told = commands is not None
        if out.shape[0] < n:
            raise ValueError("out is shorter than measured")
        if told and (commands.shape[0] < n or commands.shape[1] != 4):
            raise ValueError("commands: give a row of 4 numbers for each of measured")
        with nogil:
            for i in range(n):
                if told:
                    command_guarded(&self.memory, commands[i, 0], &commands[i, 1])
                bad += navigate_guarded(
                    &self.table.config, &self.memory, &measured[i], k + i, &out[i]
                ) != NAVIGATION_OK
        return bad

    def keep_pose(self):
        """Keep the pose of the last tick; the code."""
        return keep_guarded(&self.table.config, &self.memory)

    def forget_pose(self, int64_t tick):
        """Give up the clone of a tick; the code."""
        return forget_guarded(&self.memory, tick)

    def tie_map(self):
        """Make a map here: places count against it from the next tick on; the code."""
        return tie_guarded(&self.table.config, &self.memory)

    def tie_to_kept(self, int64_t tick, double variance_m2):
        """Take the map made at a kept pose into use; the code."""
        return tie_kept_guarded(&self.table.config, &self.memory, tick, variance_m2)

    def take_fix(self, const MapFix[::1] fix):
        """Take fix[0], a place on the map in use; a code FIX_."""
        return fix_guarded(&self.memory, &fix[0])

    def take_landmarks(self, int camera, int64_t tag, const Landmark[::1] matches):
        """Take the matches of an image of a tag; a code FIX_."""
        cdef int code
        if matches.shape[0] == 0:
            return FIX_UNFIT
        with nogil:
            code = landmarks_guarded(
                &self.table.config, &self.memory, camera, tag, &matches[0],
                <int> min(matches.shape[0], IMAGE_MOST + 1))
        return code

    def take_motion(self, int camera, tags, const MotionPair[::1] pairs):
        """Take the pairs of the images of two tags; a code FIX_."""
        cdef int64_t[2] at
        cdef int code
        at[0], at[1] = tags
        if pairs.shape[0] == 0:
            return FIX_UNFIT
        with nogil:
            code = motion_guarded(
                &self.table.config, &self.memory, camera, at, &pairs[0],
                <int> min(pairs.shape[0], IMAGE_MOST + 1))
        return code

    def take_place(self, const PlaceFix[::1] fix):
        """Take fix[0], a place on the onboard image map; a code FIX_."""
        if fix.shape[0] == 0:
            return FIX_UNFIT
        return place_guarded(&self.table.config, &self.memory, &fix[0])

    @property
    def places_taken(self):
        """Return the struct `ImageCount` of places on the image map."""
        return self.memory.navigator.places

    def kept(self):
        """Return all that changes in flight as bytes."""
        return (<const char*> &self.memory)[:sizeof(self.memory)]

    def put_back(self, bytes kept not None):
        """Take what `kept` gave; ValueError for other bytes."""
        cdef GuardedNavigator g
        if len(kept) != sizeof(GuardedNavigator):
            raise ValueError(f"{len(kept)} bytes, not {sizeof(GuardedNavigator)}: another farside")
        memcpy(&g, <const char*> kept, sizeof(g))
        if g.size != sizeof(GuardedNavigator) or g.version != NAVIGATION_VERSION:
            raise ValueError("no navigator, or one of another farside's version")
        memcpy(&self.memory, &g, sizeof(g))
