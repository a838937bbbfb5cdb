"""What is kept of the health of each sensor and beam, as numbers."""

from libc.stdint cimport int32_t, int64_t

from farside.ext.navigation._codes cimport TRUST_UNHEARD


cdef enum:
    CHANNEL_STAR = 0
    CHANNEL_RANGE = 1
    CHANNEL_BEAM = 2        # three
    CHANNEL_HEIGHT = 5
    CHANNEL_IMU = 6
    CHANNELS = 7


cdef struct HealthSetup:
    # Of [health] in the mission file
    double gate_1               # most of nu^2 / S with one degree of freedom
    double gate_3               # of nu' S^-1 nu with three
    double ramp                 # by which R grows with each further rejection
    double ramp_most            # of R over that of a sensor that is believed
    double stuck_sigma          # what is measured has moved by so many sigma
    double onset_share          # of the touchdown sensor's range: near it
    double jump_thrust          # of full thrust: specific force that no tick adds
    double jump_rate_radps      # rate that no tick adds
    int32_t reject_after        # outside the gate on end
    int32_t readmit_after       # inside the gate on end
    int32_t stuck_after         # equal reports on end
    int32_t vote_after          # reports on end in which two agree against the estimate
    int32_t imu_ticks           # accelerometers are wrong on end, and right again
    int32_t jump_ticks          # for which a jump is held back
    int32_t silent_ticks[CHANNELS]
    int32_t spare               # 0: no byte of a table is padding


cdef struct Channel:
    int32_t trust               # Trust
    int32_t outside             # reports outside the gate on end
    int32_t inside              # and inside it, while it is not believed
    int32_t equal               # reports on end with the same value
    double ramp                 # of R: 1 for a sensor that is believed
    double value                # the last report's
    double predicted            # what was expected where the run of equal ones began
    double innovation           # the last, used or not
    double S                    # its variance
    double flown_m              # over ground since the last one that was used
    int64_t tick                # at which it was last heard
    int64_t due_tick            # from which it should have spoken; -1 where it need not
    int64_t believed            # measurements used, in all
    int64_t refused             # and not used


cdef inline void open_channels(Channel* channels) noexcept nogil:
    """Nothing has been heard yet."""
    cdef int i
    for i in range(CHANNELS):
        channels[i].trust = TRUST_UNHEARD
        channels[i].ramp = 1.0
        channels[i].tick = channels[i].due_tick = -1
