"""The navigator as a C library: the entry points farside_navigate and so on, and nothing else.

A translation unit of its own beside farside.pyx, made the same way.
"""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy

from farside.ext.common.measurements cimport Measurements
from farside.ext.navigation._codes cimport (
    FIX_NO_NAVIGATOR, NAVIGATION_BAD_CONFIG, NAVIGATION_MISSING, NAVIGATION_OK,
)
from farside.ext.navigation.config_check cimport (
    navigation_checksum, navigation_sound, tables_whole,
)
from farside.ext.navigation.guarded cimport (
    GuardedNavigator, covariance_guarded, fix_guarded, forget_guarded, guarded_size, keep_guarded,
    landmarks_guarded, motion_guarded, navigate_guarded, place_guarded, start_guarded, started,
    tie_guarded, tie_kept_guarded,
)
from farside.ext.navigation.guarded_check cimport guarded_sound
from farside.ext.navigation.host_command cimport command_guarded
from farside.ext.navigation.image_records cimport Landmark, MotionPair, PlaceFix
from farside.ext.navigation.records cimport (
    NAVIGATION_VERSION, MapFix, NavigationConfig, NavigationEstimate,
)
from farside.ext.navigation.state cimport InitialEstimate


cdef extern from "farside.h":
    ctypedef struct farside_navigation_config:
        pass
    ctypedef struct farside_initial_estimate:
        pass
    ctypedef struct farside_measurements:
        pass
    ctypedef struct farside_navigation_estimate:
        pass
    ctypedef struct farside_map_fix:
        pass
    ctypedef struct farside_landmark:
        pass
    ctypedef struct farside_motion_pair:
        pass
    ctypedef struct farside_place_fix:
        pass
    ctypedef struct farside_estimate:
        pass


cdef public uint32_t farside_navigation_version() noexcept nogil:
    return NAVIGATION_VERSION


cdef public int farside_navigation_check(const farside_navigation_config* config) noexcept nogil:
    return (
        NAVIGATION_OK if navigation_sound(<const NavigationConfig*> config)
        else NAVIGATION_BAD_CONFIG)


cdef public int farside_navigation_seal(farside_navigation_config* config) noexcept nogil:
    cdef NavigationConfig* c = <NavigationConfig*> config
    if c == NULL or not tables_whole(c):
        return NAVIGATION_BAD_CONFIG
    c.checksum = navigation_checksum(c)
    return NAVIGATION_OK


cdef public size_t farside_navigator_size() noexcept nogil:
    return guarded_size()


cdef public int farside_navigation_fits(const void* navigator, size_t size) noexcept nogil:
    cdef const GuardedNavigator* g = started(<void*> navigator) if size == guarded_size() else NULL
    return g != NULL and guarded_sound(g)


cdef public int farside_navigation_start(
        const farside_navigation_config* config, const farside_initial_estimate* first,
        void* navigator, size_t size) noexcept nogil:
    if not navigation_sound(<const NavigationConfig*> config):
        return NAVIGATION_BAD_CONFIG
    return start_guarded(<const InitialEstimate*> first, navigator, size)


cdef public int farside_navigation_command(
        void* navigator, double thrust_n, const double* torque_nm) noexcept nogil:
    return command_guarded(navigator, thrust_n, torque_nm)


cdef public int farside_navigate(
        const farside_navigation_config* config, void* navigator,
        const farside_measurements* measured, int64_t tick,
        farside_navigation_estimate* estimate) noexcept nogil:
    if measured == NULL or estimate == NULL:
        return NAVIGATION_MISSING
    return navigate_guarded(
        <const NavigationConfig*> config, navigator, <const Measurements*> measured, tick,
        <NavigationEstimate*> estimate)


cdef public void farside_navigation_read(
        const farside_navigation_estimate* source, farside_estimate* estimate) noexcept nogil:
    # the first members of one are the other: build.py asserts it
    memcpy(estimate, source, sizeof(farside_estimate))


cdef public int farside_navigation_keep(
        const farside_navigation_config* config, void* navigator) noexcept nogil:
    return keep_guarded(<const NavigationConfig*> config, navigator)


cdef public int farside_navigation_forget(void* navigator, int64_t tick) noexcept nogil:
    return forget_guarded(navigator, tick)


cdef public int farside_navigation_tie(
        const farside_navigation_config* config, void* navigator) noexcept nogil:
    return tie_guarded(<const NavigationConfig*> config, navigator)


cdef public int farside_navigation_tie_kept(
        const farside_navigation_config* config, void* navigator, int64_t tick,
        double variance_m2) noexcept nogil:
    return tie_kept_guarded(<const NavigationConfig*> config, navigator, tick, variance_m2)


cdef public int farside_navigation_fix(
        void* navigator, const farside_map_fix* fix) noexcept nogil:
    return fix_guarded(navigator, <const MapFix*> fix)


cdef public int farside_navigation_landmarks(
        const farside_navigation_config* config, void* navigator, int camera, int64_t tick,
        const farside_landmark* matches, int count) noexcept nogil:
    return landmarks_guarded(
        <const NavigationConfig*> config, navigator, camera, tick, <const Landmark*> matches, count)


cdef public int farside_navigation_motion(
        const farside_navigation_config* config, void* navigator, int camera,
        const int64_t* ticks, const farside_motion_pair* pairs, int count) noexcept nogil:
    if ticks == NULL:
        return FIX_NO_NAVIGATOR
    return motion_guarded(
        <const NavigationConfig*> config, navigator, camera, ticks, <const MotionPair*> pairs,
        count)


cdef public int farside_navigation_place(
        const farside_navigation_config* config, void* navigator,
        const farside_place_fix* fix) noexcept nogil:
    return place_guarded(<const NavigationConfig*> config, navigator, <const PlaceFix*> fix)


cdef public int farside_navigation_covariance(
        const void* navigator, double* P, size_t count) noexcept nogil:
    return covariance_guarded(navigator, P, count)
