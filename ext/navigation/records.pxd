"""What a host hands to the navigator and gets back: its configuration and its estimate.

A host without a filter of its own holds these (guarded.pxd). SI units; the frame is the last word
of a name (ext/common/types.pxd). One tick is 10 ms; the first estimate is of tick 0.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t

from farside.ext.common.gravity_table cimport GravityTable
from farside.ext.common.types cimport Moon
from farside.ext.navigation.health_records cimport CHANNEL_IMU, CHANNELS
from farside.ext.navigation.onboard_map cimport OnboardMap
from farside.ext.navigation.state cimport InitialEstimate, NavigatorSetup


cdef enum:
    NAVIGATION_VERSION = 4      # of these structs
    NAVIGATION_GAP = 100        # ticks on end that may be missed
    NAVIGATION_SIDE = 16384     # rows or columns of an onboard map, at most


cdef struct NavigationConfig:
    uint32_t size               # of this struct
    uint32_t version            # NAVIGATION_VERSION
    uint32_t checksum           # 32-bit FNV-1a of all numbers behind it, then of the three tables
    uint32_t reserved
    Moon moon
    NavigatorSetup setup
    OnboardMap onboard
    GravityTable field          # known aboard beyond J2 and C22; counts of 0: none


cdef struct MapFix:
    # A place on the map in use, found by laying what is seen onto it (map_fix.pxd)
    int64_t tick                # time tag
    double place_m[2]           # of the centre of mass: east, north, on the map in use
    double axis[2]              # unit vector of the covariance's first principal axis
    double variance_m2[2]       # along it, and along the axis 90 deg to its left
    double gate                 # of innovation^2 / its variance, on each axis
    double since_s              # above 0 no gate: the estimate has been wrong for so long


cdef struct NavigationBlock:
    # As a file holds it: its addresses are 0, and the three tables stand behind it
    NavigationConfig config
    InitialEstimate first


cdef struct NavigationEstimate:
    # What an autopilot reads, member by member as in farside_estimate
    double r_site[3]            # centre of mass against the map in use and the ground beneath [m]
    double v_site[3]            # relative to the turning Moon [m/s]
    double q_site_body[4]
    double omega_body[3]        # [rad/s] against inertial space
    double mass_kg
    double accel_mps2           # specific force along body z over the last tick
    double height_m             # base above the ground beneath; NaN until the sensor is believed
    double height_sigma_m       # of the altitude over the ground beneath, 1 sigma
    int32_t contact             # a footpad's switch is closed now
    int32_t rest                # the lander has come to rest
    # The filter's own
    double filter_r_site[3]     # centre of mass in the site frame, without tie and relief [m]
    double gyro_bias[3]         # body [rad/s]
    double accel_bias[3]        # body [m/s^2]
    double beam_scale           # the velocimeter reads (1 + this) times the speed
    double relief_m             # ground above the onboard map beneath
    double tie_m[2]             # east and north of the map in use off the site frame
    # 1 sigma of each
    double position_sigma_m[3]  # of filter_r_site
    double velocity_sigma_mps[3]
    double attitude_sigma_rad[3]    # about the site axes
    double gyro_bias_sigma[3]
    double accel_bias_sigma[3]
    double beam_scale_sigma
    double relief_sigma_m
    double tie_sigma_m[2]
    double place_sigma_m[2]     # east and north of r_site, against the map in use
    # By channel: star tracker, altimeter, three beams, touchdown sensor; last the inertial unit
    double innovation[CHANNEL_IMU]      # the last, used or not; of the star tracker in sigmas
    double innovation_sigma[CHANNEL_IMU]
    int64_t heard_tick[CHANNELS]    # of the last report that was tested; -1: none
    int64_t believed[CHANNELS]  # measurements used, in all
    int64_t refused[CHANNELS]   # and not used
    int32_t trust[CHANNELS]     # Trust: TRUST_BELIEVED and so on
    int32_t left_out            # bits LEFT_, of the last call
    int64_t tick                # of this estimate; -1 before the first
    int64_t missed              # ticks that were missed, in all
    int32_t clones              # in use
    int32_t status              # of the last call
    int32_t fix                 # FIX_, of the last place on the map in use; -1: none yet
    int32_t fixes               # taken, in all
    # Images: landmarks of the map, and motion between two images
    int32_t landmarks           # FIX_, of the last image; -1: none yet
    int32_t landmarks_taken     # images, in all
    int32_t landmarks_refused
    int32_t landmarks_inside    # matches of the last that agreed with each other
    int32_t motion              # the same of pairs
    int32_t motion_taken
    int32_t motion_refused
    int32_t motion_inside
