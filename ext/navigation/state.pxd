"""The navigator's state: what is estimated, what is only considered, and what is carried.

The error state x, by index. The truth is the estimate with the error put in: r + x_r, v + x_v, and
for the attitude exp(x_theta) q, a rotation vector in site axes (Sola 2017, ch. 7: global errors;
theory (7.1)).

    estimated
    0   POSITION      3   r, site [m]
    3   VELOCITY      3   v, relative to the turning Moon [m/s]
    6   ATTITUDE      3   theta, site [rad]
    9   GYRO_BIAS     3   b_g, body [rad/s]                     Gauss-Markov
    12  ACCEL_BIAS    3   b_a, body [m/s^2]                     Gauss-Markov
    15  BEAM_SCALE    1   s: the velocimeter reads (1 + s) times the speed
    16  RELIEF        1   b: ground above the onboard map where it was last looked at [m]
    17  RELIEF_SLOPE  1   of b along the track [1]: relief.pxd has both
    18  TIE           2   east and north of the map in use off the site frame [m]
    considered (Schmidt): known by their variance alone, since a descent does not show them
    20  RANGE_BIAS    1   of the altimeter, bias and mounting [sigma]
    21  HEIGHT_BIAS   1   of the touchdown sensor [m]
    22  BEAM_BIAS     3   of each beam of the velocimeter, drift and lean [sigma]
    25  BEAM_TURN     3   mounting of the velocimeter, rotation vector, body [rad]
    28  ACCEL_MOUNT   3   scale of the z accelerometer, and what of z shows in x and y [1]
    31  STAR_TURN     3   mounting of the star tracker, rotation vector, body [rad]
    34  LIDAR_TURN    2   of the lidar: what it shows is off by for each metre, body x and y [1]
    36  GYRO_MOUNT    3   scale of the y gyro, and what of y's turning shows in x and z [1]
    39  GRAVITY       3   that is not known aboard, site [its sigma at the height]: covariance.pxd
    once an image has been taken, considered as well (image_fix.pxd)
    42  IMAGE_MAP     3   the image map against the site: its places are off by so much, site [m]
    45  CAMERA_TURN   3   of each camera: its mounting, rotation vector, body [rad]
    51  SEEN_GROUND   3   that two images see: above that beneath [motion_relief_share of the
                          height], and its slope east and north [motion_slope]
    then, or from 42 on
        clones        6 each: position and attitude at the time of a measurement still due

Why these are considered: a bias of a range looks like a height, a turned velocimeter like a speed
across, a turned star tracker like an attitude, and none of the three is seen by a second sensor of
its kind (Zanetti & D'Souza, Recursive implementations of the consider filter, J. Astronaut. Sci.
60, 2013). Of the scale factors and leans of the accelerometers three are carried, those that the
thrust excites, which lies along body z; of those of the gyros the three that the pitch excites, a
turn about body y. What turns about x and z excite enters the noise: see covariance.pxd. Drifts of
beams, touchdown sensor and star tracker share a state with what is constant, and let it change.
Where the image map is off the site no sensor sees. How a camera is turned each image tells by
itself, by all of its matches at once (sub_state.pxd); what is left of it is the lens as well as the
mounting and changes with what is in view, so it is not carried on from image to image.
"""

from libc.math cimport NAN
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from farside.ext.common.measurements cimport HEADS
from farside.ext.common.retro cimport Retro
from farside.ext.navigation.camera_setup cimport CameraSetup, ImageSetup
from farside.ext.navigation.health_records cimport (
    CHANNELS, Channel, HealthSetup, open_channels,
)
from farside.ext.navigation.inertial_records cimport (
    AccelAxis, AccelVote, GyroAxis, InertialWatch, StarRun,
)


cdef enum:
    POSITION = 0
    VELOCITY = 3
    ATTITUDE = 6
    GYRO_BIAS = 9
    ACCEL_BIAS = 12
    BEAM_SCALE = 15
    RELIEF = 16
    RELIEF_SLOPE = 17
    TIE = 18
    CONSIDERED = 20             # from here to CLONES
    RANGE_BIAS = 20
    HEIGHT_BIAS = 21
    BEAM_BIAS = 22
    BEAM_TURN = 25
    ACCEL_MOUNT = 28
    STAR_TURN = 31
    LIDAR_TURN = 34
    GYRO_MOUNT = 36
    GRAVITY = 39
    CLONES = 42                 # states without cameras and clones
    IMAGE_MAP = 42
    CAMERA_TURN = 45
    SEEN_GROUND = 51
    CAMERA_STATES = 12          # 3 + 3 CAMERAS + 3
    CLONES_MOST = 6             # two images under way, two of a motion, two scans
    CLONE_STATES = 6
    STATES = 90                 # CLONES + CAMERA_STATES + CLONES_MOST CLONE_STATES
    PAST = 64                   # ticks that are remembered: reports up to 0.63 s late
    COVARIANCE_EVERY = 10       # ticks between steps of the covariance


cdef struct NavigatorSetup:
    # Of [navigation] in the mission file where nothing else is said; mission/navigation.py has why.
    double flow_spm             # a [s/m]: propellant for each newton and second, at no thrust
    double flow_spm_per_n       # b [s/(m N)]: what it is more by for each newton, as designed
    double thrust_full_n        # what is felt beyond it is none of the engine
    double mass_min_kg          # the estimate of the mass stays above it
    double valve_flow_kgps[2]   # that an open couple of large and of small thrusters takes
    # Noise of the inertial unit and of gravity
    double accel_psd            # [m^2/s^3]
    double gyro_psd             # [rad^2/s]
    double gyro_mount_rad       # a lean of a gyro, or its scale: the noise of turns about x and z
    double gyro_bias_keep       # of a bias over COVARIANCE_EVERY ticks
    double gyro_bias_drive      # [rad^2/s^2] variance added in them
    double accel_bias_keep
    double accel_bias_drive     # [m^2/s^4]
    double gravity_sigma_mps2   # of gravity that is not known aboard
    double gravity_fall_m       # height over which it falls to 1 / e
    double gravity_length_m     # over which it changes
    double gravity_time_s       # flown in half of it, it adds up to a potential: covariance.pxd
    # Sensors
    double range_sigma_m
    double range_bias_m         # constant and drift
    double range_far_m          # more of it at range_max_m, in proportion
    double range_max_m
    double range_turn_rad       # of the altimeter's mounting
    double beam_sigma_mps
    double beam_drift_mps
    double beam_far_mps
    double beam_max_m
    double beam_turn_rad        # of each beam by itself
    double beam_decay           # of a beam's drift over COVARIANCE_EVERY ticks
    double star_cross_rad
    double star_roll_rad
    double star_keep            # of mounting and drift over COVARIANCE_EVERY ticks
    double star_drive           # [rad^2] variance added in them
    double star_boresight[3]    # body
    double height_sigma_m
    double height_keep          # of the touchdown sensor's drift, as the star tracker's
    double height_drive         # [m^2]
    double height_max_m         # the touchdown sensor is heard from here down
    double level_sigma_m        # ground beneath against the level of the place that is aimed at
    # Thrust where the accelerometers are not believed: shares of that commanded
    double thrust_along_sigma
    double thrust_across_sigma
    # Turning where the gyros are not believed: see rate_model.pxd
    double inertia_full[3]      # [kg m^2]
    double inertia_dry[3]
    double couple_nm            # most that is commanded about an axis
    double torque_sigma_nm      # what the torque may be off what was commanded
    double repeat_rad           # in a tick: gyros that change by less may repeat themselves
    double owed_rad             # and what torque the thrusters may owe, for gyros without noise
    # Ground
    double relief_length_m      # see relief.pxd
    double relief_share
    double relief_walk_m2pm
    double relief_smooth_m
    double relief_footprint
    double site_sigma_m         # ground at the site against the site's radius
    double beam_cosine_min
    double range_weight         # 0: by the filter; else see weighted_range.pxd
    double range_gate_share
    # Contact and rest
    double rest_accel_mps2
    double rest_rate_radps
    double bridge_accel_mps2    # 1 sigma over a gap in the measurements: bridge.pxd
    double bridge_turn_radps2
    # No double from here to the health set-up: config_check.pxd looks at those before
    int32_t rest_ticks
    int32_t bridges             # a gap in the measurements is bridged
    int32_t saturation_mask     # bits of Measurements.saturated that are heeded
    int32_t attitude_apart      # 1: no range, speed or height corrects the attitude
    int32_t place_apart         # 1: no speed over ground corrects the place
    int32_t range_open          # 1: a range has no gate
    int32_t latch_range         # 1: an altimeter rejected once stays so
    int32_t height_by_sensor    # 1: no height is told while the touchdown sensor is silent
    HealthSetup health
    # Where the sensors stand by design: base frame where placed, else from the centre of mass
    double place_m[HEADS][3]
    int32_t placed[HEADS]
    double com_offset_m[2]      # of the centre of mass, as designed
    double com_height_full_m
    double com_height_dry_m
    double mass_full_kg
    double mass_dry_kg
    Retro retro                 # a motor that is dropped, as designed
    # Cameras and the images' gates; a camera that is not there has no columns
    ImageSetup image
    CameraSetup camera_1
    CameraSetup camera_2


cdef struct InitialEstimate:
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    double mass_kg
    double P[CLONES][CLONES]


cdef struct PastState:
    # The estimate of a tick, less the corrections up to it: see delayed.pxd
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    int64_t tick


cdef struct Clone:
    double r_site[3]
    double v_site[3]            # as it was: a clone's speed has no error state
    double q_site_body[4]
    double omega_body[3]
    double made_r[2]            # r_site as it was, east and north
    double made_off[2]          # and what places were off it
    int64_t tick                # of the pose; -1 where there is none


cdef struct Beneath:
    # The ground under the lander, from that last looked at: see relief.pxd
    double map_m                # by the onboard map
    double b_b                  # of the relief there, and of its slope
    double b_s
    double variance_m2          # added


cdef struct SiteGround:
    # The ground that the lander comes down on, from that last looked at: see site_ground.pxd
    double place_m[2]           # where it is, east and north
    double survey_m             # its height by the survey of the site and the onboard map
    double map_m                # by the onboard map
    double b_b                  # of the relief there, and of its slope
    double b_s
    double site_map_m           # the site by the onboard map
    double site_b               # and by the relief that was seen, by way of that place
    double site_s
    double share                # K


cdef struct Step:
    # Sums since the covariance was last stepped
    double time_s
    double dv_site[3]           # [m/s] of specific force
    double R_s[9]               # [s] rows of R(q) dt
    double dv_z                 # [m/s] along body z
    double turn_rad[3]          # body
    double flown_m              # over ground


cdef struct Swing:
    # How far the lander has turned about an axis, there and back [rad]: see covariance.pxd
    double now
    double least
    double most


cdef struct HeightVote:
    # The first reports of a hearing of the touchdown sensor: see height_vote.pxd
    int32_t heard               # how many, VOTE_REPORTS at most
    int32_t sensor_near         # those that read its range
    int32_t estimate_near       # those at which the estimate was at its range
    int32_t agreed              # reports inside the gate since
    int32_t verdict             # Verdict


cdef struct ImageVote:
    # Images on end that agree with each other and not with the estimate: image_fix.pxd
    double off[3]               # the last one's: [m] of a place, [m/s] of a speed
    double first[3]             # the first one's
    double apart                # what the next may differ by
    int64_t tick
    int64_t first_tick
    int32_t agreed
    int32_t believed            # tick of the last image that was taken


cdef struct ImageCount:
    ImageVote vote
    int32_t taken               # images, in all
    int32_t refused
    int32_t code                # FIX_, of the last; -1: none yet
    int32_t inside              # of its matches those that agree
    int32_t given
    int32_t settled             # believed since the estimate was outvoted, or began
    double d2                   # of all of them against the estimate; what it may be
    double d2_most


cdef struct Navigator:
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    double gyro_bias[3]
    double accel_bias[3]
    double beam_scale
    double relief_m             # at seen_m
    double relief_slope         # along the track
    Beneath beneath
    SiteGround at_site
    double tie_m[2]
    double map_off_m[2]         # ties of maps before, added up
    double P[STATES][STATES]
    Clone clone[CLONES_MOST]
    int32_t size                # states in use: CLONES, more with cameras and clones
    int32_t clones_at           # where the clones begin: CLONES, later once cameras are in use
    ImageCount landmarks
    ImageCount motion
    ImageCount places           # on the image map, without an image: place_fix.pxd
    int32_t tied                # row of the phase table that the map in use is of, from 1; 0 none
    int32_t map_held            # the map in use is one that was scanned: no row makes another
    Step step
    Swing swing[2]              # about body x and z
    double mass_kg
    double accel_mps2
    double map_m                # its height where the ground was last seen, above the site's radius
    double seen_m[2]            # arcs along and across the track of the ground last looked at
    double range_seen_m[2]      # and of that which the altimeter looked at
    double range_ground_m       # its height there, less the corrections: see slope_break.pxd
    double held_dv[3]           # increments of the last tick, less the biases
    double held_dtheta[3]
    int32_t jumped[6]           # ticks on end in which each was held for a jump
    double jump_missed[6]       # what those so held have kept back of what was read
    double place_m[3]           # position against map in use and ground at the site: see report.pxd
    double height_m             # base above ground; NaN until the touchdown sensor is believed
    double height_sigma_m       # of it against the level of what is aimed at
    double commanded_n          # thrust of the tick; NaN where it is not told
    double commanded_nm[3]      # torque of the tick, body
    HeightVote vote
    InertialWatch watch
    int32_t seen                # ground has been looked at
    int32_t pins                # how often the ground at the site has been counted in
    int32_t looked              # since `beneath` and `at_site` were brought up to date
    int32_t range_heard         # the altimeter has looked at ground
    int32_t range_stepped       # since its last range that was used: by more than ground does
    int32_t range_doubted       # it has been rejected for a step: what breaks is no longer ground
    int32_t broke_down          # the last break of the ground's slope led down
    int32_t turned              # breaks lately that led back, in readings inside the gate
    AccelAxis accel[3]
    AccelVote accel_vote
    GyroAxis gyro[3]
    StarRun stars
    int64_t imu_lag             # ticks that the inertial unit's readings are old, at least
    int32_t height_known        # the touchdown sensor has been believed once
    int32_t contact             # a footpad's switch has been closed, with the engine off since
    int32_t still_ticks         # since then, on end
    int32_t rest                # they are enough
    int32_t attitude_apart      # of set-up
    int32_t place_apart         # of set-up, during a speed over ground
    double last_range_m
    Channel channel[CHANNELS]
    PastState past[PAST]
    double corrected_r[3]       # [m] sum of all corrections of r_site
    double corrected_v[3]       # [m/s]
    double corrected_q[4]       # product of all turns of the attitude
    double field_site[3]        # [m/s^2] gravity beyond J2 and C22, held for GRAVITY_EVERY ticks
    int64_t tick                # of the estimate; -1 before the first


cdef inline const CameraSetup* camera_of(const NavigatorSetup* setup, int i) noexcept nogil:
    return &setup.camera_1 if i == 0 else &setup.camera_2


cdef inline void navigator_start(Navigator* nav, const InitialEstimate* initial) noexcept nogil:
    """Begin with an initial estimate and its covariance; no error of a sensor is known."""
    cdef int i
    memset(nav, 0, sizeof(Navigator))
    memcpy(nav.r_site, initial.r_site, sizeof(nav.r_site))
    memcpy(nav.v_site, initial.v_site, sizeof(nav.v_site))
    memcpy(nav.q_site_body, initial.q_site_body, sizeof(nav.q_site_body))
    memcpy(nav.omega_body, initial.omega_body, sizeof(nav.omega_body))
    nav.mass_kg = initial.mass_kg
    nav.corrected_q[0] = 1.0
    nav.size = nav.clones_at = CLONES
    nav.landmarks.code = nav.motion.code = nav.places.code = -1
    for i in range(CLONES):
        memcpy(&nav.P[i][0], &initial.P[i][0], sizeof(initial.P[i]))
    for i in range(CLONES_MOST):
        nav.clone[i].tick = -1
    for i in range(PAST):
        nav.past[i].tick = -1
    open_channels(&nav.channel[0])
    nav.last_range_m = NAN
    nav.height_m = NAN
    nav.commanded_n = NAN
    nav.beneath.b_b = 1.0
    nav.imu_lag = PAST
    nav.tick = -1
    memcpy(nav.place_m, nav.r_site, sizeof(nav.place_m))
