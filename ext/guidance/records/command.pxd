"""What guidance reads and writes each tick: the two structs that all users of it share.

They are apart from the autopilot's own records, so that who only reads a command does not depend
on its laws. SI units, frames the last word of a name (ext/common/types.pxd).
"""

from libc.stdint cimport int32_t


cdef enum:
    MAX_PHASES = 18         # 16 of a phase table, and the two of an abort behind them


cdef struct Estimate:
    double r_site[3]        # centre of mass [m]
    double v_site[3]        # relative to the turning Moon [m/s]
    double q_site_body[4]
    double omega_body[3]    # [rad/s]
    double mass_kg
    double accel_mps2       # specific force along body z over the last tick
    double height_m         # base above the ground beneath; NaN where nothing measures it
    double height_sigma_m   # of height_m against r_site's height, 1 sigma; 0: unknown
    int32_t contact         # a footpad touches now
    int32_t rest            # the lander has come to rest


cdef struct GuidanceCommand:
    double direction_site[3]
    double heading_rad
    double q_site_body[4]   # reference attitude
    double thrust_n         # 0: engine off
    double torque_nm[3]     # body
    double time_to_go_s
    int32_t phase
    int32_t status
    int32_t link            # of the chain of laws; 0 where the phase has none
    int32_t reason          # why not the link before
    int32_t stage           # 1: the ascent stage flies, parted from the descent stage
    int32_t abort           # AbortStep, and 16 times its AbortCause
