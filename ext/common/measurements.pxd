"""What the sensors hand to the flight side at a tick: all that crosses from truth to estimate."""

from libc.stdint cimport int32_t


cdef enum:
    VELOCITY_BEAMS = 3


cdef struct Measurements:
    double dv_body[3]           # [m/s] integral of specific force over the last tick
    double dtheta_body[3]       # [rad] integral of the rate over the last tick
    int32_t star_valid
    int32_t range_valid
    int32_t velocity_valid
    int32_t height_valid
    double q_inertial_body[4]   # star tracker; inertial: the site axes where they stood at tick 0
    double range_direction[3]   # body, along the altimeter's beam
    double range_m
    double velocity_direction[VELOCITY_BEAMS][3]    # body
    double velocity_mps[VELOCITY_BEAMS]             # lander relative to ground, along each beam
    double height_m             # base above the ground beneath
    int32_t contact             # a footpad's switch is closed
    int32_t rest                # nothing has moved for a second
    double valve_s[2]           # [s] large and small thruster couples open in the last tick
