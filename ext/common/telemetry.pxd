"""One row of telemetry: truth, estimate and command of a tick, side by side.

Units are listed in flight/telemetry.py. The order leaves no gap, so that the record is aligned
without padding.
"""

from libc.stdint cimport int32_t, uint8_t


cdef struct Row:
    int32_t tick
    uint8_t phase
    uint8_t status
    # 1 contact, 2 at rest, both true; 4 site chosen, 8 range refused; 16 contact, 32 rest as told
    uint8_t flags
    uint8_t sensors             # 1 star, 2 range, 4 velocity, 8 height
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    double mass_kg
    double thrust_n
    double height_m
    double est_r_site[3]
    double est_v_site[3]
    double est_q_site_body[4]
    double est_omega_body[3]
    double est_mass_kg
    double est_accel_mps2
    double est_height_m
    double est_height_sigma_m
    double direction_site[3]
    double cmd_heading_rad
    double cmd_q_site_body[4]
    double cmd_thrust_n
    double cmd_torque_nm[3]
    double time_to_go_s
    double target_site[3]
    double range_m
    int32_t tick_ns             # wall clock of the autopilot's tick
    uint8_t guided              # whether guidance ran in it
    uint8_t link                # GuidanceMode that flies
    uint8_t reason              # why not the mode before
    uint8_t spare
    double nav_r_site[3]
    float nav_r_cov[6]
    float nav_v_cov[6]
    float nav_attitude_cov[6]
    float nav_bias[6]
    float nav_bias_sigma[6]
    float nav_height_sigma_m
    float nav_tie_sigma_m
    float innovation[6]
    float innovation_sigma[6]
    uint8_t trust[7]
    uint8_t spare_nav
