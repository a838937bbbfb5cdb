"""What the navigation filter is set up with, what it starts from, and what it carries."""

from libc.math cimport NAN, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from farside.ext.common.measurements cimport HEADS


cdef enum:
    STATES = 8
    PAST = 64                   # ticks that are remembered: reports up to 0.63 s late
    SCALE = 6
    RELIEF = 7


cdef struct NavigatorSetup:
    # Of [navigation] in the mission file where nothing else is said; mission/navigation.py has why.
    double flow_spm             # a [s/m]: propellant for each newton and second, at no thrust
    double flow_spm_per_n       # b [s/(m N)]: what it is more by for each newton, as designed
    double thrust_full_n        # what is felt beyond it is none of the engine
    double mass_min_kg          # the estimate of the mass stays above it
    double valve_flow_kgps[2]   # that an open couple of large and of small thrusters takes
    double accel_psd            # [m^2/s^3] growth of the velocity's variance
    double range_sigma_m        # of the altimeter
    double attitude_sigma_rad   # against slant ranges
    double beam_sigma_mps       # of the velocimeter
    double star_gain
    double relief_length_m
    double relief_per_height
    double relief_walk_m2pm
    double relief_gate_sigma
    double relief_transfer
    double gate_sigma
    double doubt_relief
    double doubt_position
    double beam_cosine_min
    double datum_cosine_min
    double height_gain
    double height_jump_m
    double rest_accel_mps2
    double rest_rate_radps
    int32_t doubt_after
    int32_t rest_ticks
    # Where the sensors stand by design: base frame where placed, else from the centre of mass
    double place_m[HEADS][3]
    int32_t placed[HEADS]
    double com_offset_m[2]      # of the centre of mass, as designed
    double com_height_full_m
    double com_height_dry_m
    double mass_full_kg
    double mass_dry_kg


cdef struct PastState:
    # The estimate of a tick, less the corrections up to it: see past.pxd
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    int64_t tick


cdef struct InitialEstimate:
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    double mass_kg
    double P[STATES][STATES]


cdef struct Navigator:
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    double mass_kg
    double accel_mps2
    double height_m             # base above ground; NaN until the touchdown sensor has one
    double beam_scale           # the velocimeter reads (1 + beam_scale) times the speed
    double relief_m             # ground above the onboard map, under the beam
    double relief_sigma_m       # its standard deviation there, from the map and the datum
    double P[STATES][STATES]
    int32_t outliers_in_a_row   # ranges outside the gate
    int32_t range_outliers      # in all
    int32_t terrain_datum       # altitudes count from the ground beneath rather than from the map
    int32_t dead_reckoning      # the horizontal position is integrated from here on, not updated
    int32_t contact             # a footpad's switch has been closed
    int32_t still_ticks         # since then, on end
    int32_t rest                # they are enough
    double last_range_m
    double last_innovation_m
    PastState past[PAST]
    double corrected_r[3]       # [m] sum of all corrections of r_site up to the last tick
    double corrected_v[3]       # [m/s]
    double predicted_r[3]       # r_site of this tick before its corrections
    double predicted_v[3]
    double field_site[3]        # [m/s^2] gravity beyond J2 and C22, held for GRAVITY_EVERY ticks


cdef inline void navigator_start(Navigator* nav, const InitialEstimate* initial) noexcept nogil:
    """Begin with an initial estimate and its covariance; no scale error and no relief is known."""
    memset(nav, 0, sizeof(Navigator))
    memcpy(nav.r_site, initial.r_site, sizeof(nav.r_site))
    memcpy(nav.v_site, initial.v_site, sizeof(nav.v_site))
    memcpy(nav.q_site_body, initial.q_site_body, sizeof(nav.q_site_body))
    memcpy(nav.omega_body, initial.omega_body, sizeof(nav.omega_body))
    nav.mass_kg = initial.mass_kg
    memcpy(nav.P, initial.P, sizeof(nav.P))
    nav.relief_sigma_m = sqrt(initial.P[RELIEF][RELIEF])
    nav.height_m = NAN
    nav.last_range_m = NAN
