"""What the sensors hand to the flight side at a tick: all that crosses from truth to estimate.

A report is handed over at the tick in which it stands here, and was true at its own `*_tick`, which
lies a latency before. Readings are those of the instrument at its own place: a known lever arm is
taken out by whoever reads them.
"""

from libc.stdint cimport int32_t, int64_t

from farside.ext.common.vector cimport Vec3, sub, vec_from


cdef enum:
    VELOCITY_BEAMS = 3
    ALL_BEAMS = 7               # velocity_valid with every beam
    LEG_SWITCHES = 8            # footpads that may have one
    # What stands somewhere on the lander
    HEAD_IMU = 0
    HEAD_RANGE = 1
    HEAD_VELOCITY = 2
    HEAD_HEIGHT = 3
    HEADS = 4
    # Bits of `saturated`: the reading stands at the end of its scale. Axes and beams count upwards.
    SATURATED_ACCEL = 1         # 1, 2, 4: body x, y, z
    SATURATED_GYRO = 8          # 8, 16, 32: body x, y, z
    SATURATED_RANGE = 64
    SATURATED_VELOCITY = 128    # 128, 256, 512: beams
    SATURATED_HEIGHT = 1024


cdef struct Measurements:
    double dv_body[3]           # [m/s] integral of specific force over the tick before imu_tick
    double dtheta_body[3]       # [rad] integral of the rate over it
    int32_t star_valid
    int32_t range_valid
    int32_t velocity_valid      # bit i: beam i has a speed
    int32_t height_valid
    double q_inertial_body[4]   # star tracker; inertial: the site axes where they stood at tick 0
    double range_direction[3]   # body, along the altimeter's beam as it is mounted by design
    double range_m
    double velocity_direction[VELOCITY_BEAMS][3]    # body, by design
    double velocity_mps[VELOCITY_BEAMS]     # of the instrument relative to ground, along each beam
    double height_m             # the touchdown sensor's place above the ground beneath
    int32_t contact             # bit i: the switch of leg i is closed
    int32_t saturated           # bits above
    double valve_s[2]           # [s] large and small thruster couples open in the last tick
    int64_t imu_tick            # at which each was true
    int64_t star_tick
    int64_t range_tick
    int64_t velocity_tick
    int64_t height_tick


cdef inline Vec3 lever_arm(int32_t placed, const double* place, Vec3 com_base) noexcept nogil:
    """From the centre of mass to a head [m, body].

    A place counts from the base frame's origin; a head that is not placed stands at the centre of
    mass, and `place` is what it is off it.
    """
    return sub(vec_from(place), com_base) if placed else vec_from(place)
