"""What is kept of the inertial unit's health, as numbers: thrust_model.pxd, rate_model.pxd."""

from libc.stdint cimport int32_t, int64_t


cdef enum:
    LAGS = 4                    # blocks of ticks by which readings may be late
    LEAD_TICKS = 64             # a power of two: as PAST


cdef struct InertialWatch:
    # Accelerometers against the thrust commanded: see thrust_model.pxd
    double dv_body[3]           # as read in the last tick
    double step_mps             # least by which two readings on end have differed; 0: none have
    double run_mps              # F dt / m where the present run of equal readings began
    double missed_mps           # along body z, since they have been wrong
    double mount[3]             # variance of ACCEL_MOUNT while they are believed
    int32_t wrong_ticks         # on end
    int32_t right_ticks         # on end, while they are not believed
    int32_t refused             # the thrust commanded stands in
    int32_t changed             # ticks from the first in which no reading was the one before; or -1
    # The engine as commanded: rate_model.pxd
    int64_t lit_tick            # at which it was last lit or stopped
    int32_t lit                 # 0: not told yet, 1: off, 2: on
    # Fixes of the stars against the gyros: contradiction.pxd
    int64_t fix_tick            # of the last inside its gate
    int64_t fix_before_tick     # and of the one before that
    int64_t fix_outside_tick    # of the last outside, or of one with R grown


cdef struct GyroAxis:
    # A gyro against the torque commanded: see rate_model.pxd
    double read_rad             # in the last tick
    double now_rad              # in this one, brought up to now: lead.pxd
    double moved_radps          # by the model, since it has repeated itself
    double missed_rad           # the turn of that
    double run_radps            # predicted where it began to
    double arm_m                # torque beside that commanded, over the thrust
    double arm_from_m           # as it was where the present block of ticks began
    double bias_radps           # as estimated while it was believed
    double variance             # of that
    double rate_variance        # of the model's rate, before the last corrections
    double from_radps           # read where the present block of ticks began
    double model_radps          # the model's change of rate in it
    double cross                # sum of read times modelled changes, of modelled ones squared
    double power
    double began_radps          # read where the first block began that contradicts
    double alone_radps          # by the model alone since then
    double turned_rad           # and what that has turned more than was read
    double before[LAGS]         # the model's changes in the blocks before, the last first
    double apart[LAGS + 1]      # squares of what a reading is off that of 0, 1 .. blocks ago
    double moved                # squares of the model's, in the blocks of `apart`
    double mirrored             # squares of what its changes are off the model's, reversed
    double raw_radps            # read where the present block of ticks began, not brought up to now
    double raw_apart            # squares of what the changes of that are off the model's
    double told_nm              # mean torque told in the present block, and in the one before
    double told_before_nm
    int32_t equal               # ticks on end with the same reading
    int32_t wrong_ticks         # on end
    int32_t right_ticks         # on end, while it is refused
    int32_t refused             # a Trust: why the model stands in; 0 where it does not
    int32_t contrary            # blocks of ticks on end that contradict
    int32_t agreed              # blocks on end that agree, since then
    int32_t lag                 # blocks by which it seems late; 0: it does not
    int32_t least               # blocks ago of which the model's changes are most like those read
    int32_t sharp               # blocks on end by which it is late without a doubt
    int32_t doubted             # the torque told, not the gyro: a Doubt
    int32_t redeemed            # blocks on end in which that torque is right again
    int32_t changed             # ticks from the first in which no reading was the one before; or -1
    int32_t followed            # blocks in which it followed a torque that changed
    int32_t steady              # blocks on end in which the torque told has not changed
    int32_t convicted           # the stars have been with the model against it
    int32_t behind              # ticks that it is late by, though no tag says so: lead.pxd
    int32_t in_time             # blocks on end in which what it reads is of now, since then
    int32_t reversed            # it reads with the wrong sign


cdef enum Doubt:
    DOUBT_NONE = 0
    DOUBT_TORQUE = 1            # the stars are with the gyro
    DOUBT_BOTH = 2              # no star was seen, and the torque told has no credit


cdef struct Lead:
    # What the model says of the last ticks: see lead.pxd
    double rate_radps[LEAD_TICKS][3]
    double accel_mps2[LEAD_TICKS]
    double sum_radps[3]
    double dv_mps               # (2), of this tick
    int64_t tick                # the last
    int32_t run                 # ticks on end
    int32_t late                # by the tag of this tick's increments; -1: too many, or of no tick
    int32_t most                # ticks by which any of this tick's turns is led
    int32_t spare


cdef struct StarRun:
    # Fixes of the stars on end: see star_slope.pxd. Sums over n of them
    double t                    # [s] since the first
    double tt
    double y[3]                 # [rad, site] what they are off the gyros alone
    double yt[3]
    double yy
    double off_rad              # the last fix off the estimate
    int64_t tick                # of the first
    int64_t believed_tick       # of the last that was wholly believed
    int32_t n
    int32_t believed            # the last was
    int32_t loose_ticks         # for which the gyros' biases still may change
    int32_t unsure_ticks        # for which stars and gyros are taken to part
