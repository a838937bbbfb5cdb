"""What is kept of the inertial unit's health, as numbers: thrust_model.pxd, accel_axis.pxd,
rate_model.pxd.
"""

from libc.stdint cimport int32_t, int64_t


cdef enum:
    LAGS = 4                    # blocks of ticks by which readings may be late


cdef struct InertialWatch:
    # Accelerometers against the thrust commanded: see thrust_model.pxd
    double dv_body[3]           # as read in the last tick
    double missed_mps           # along body z, since they have been wrong
    double mount[3]             # variance of ACCEL_MOUNT while they are believed
    int32_t wrong_ticks         # on end
    int32_t right_ticks         # on end, while they are not believed
    int32_t refused             # the thrust commanded stands in
    # The engine as commanded: rate_model.pxd
    int64_t lit_tick            # at which it was last lit or stopped
    int32_t lit                 # 0: not told yet, 1: off, 2: on
    int32_t axes                # bits of those in whose place it stands alone: accel_axis.pxd
    # Fixes of the stars against the gyros: contradiction.pxd
    int64_t fix_tick            # of the last inside its gate
    int64_t fix_before_tick     # and of the one before that
    int64_t fix_outside_tick    # of the last outside, or of one with R grown
    # Accelerometers one by one: accel_axis.pxd
    double step_mps             # least by which two readings on end have differed; 0: none have
    int32_t noisy_ticks         # without all three having repeated themselves for long
    int32_t made_up             # the tick is: nobody has measured it


cdef struct AccelAxis:
    # One accelerometer against the thrust commanded: see accel_axis.pxd
    double missed_mps           # what that explains more than was read, while it repeats itself
    double missed_m             # the way that it would have made
    double told_mps             # along body z, in the same ticks
    double from_mps             # what it explains of the tick before them
    double variance             # of its state of ACCEL_MOUNT while it is believed
    int32_t equal               # ticks on end with the reading of the tick before
    int32_t noisy_ticks         # without many of them
    int32_t right_ticks         # on end, while it is refused
    int32_t refused             # a Trust: why the thrust commanded stands in; 0 where it does not


cdef struct AccelVote:
    # Accelerometers against the thrust commanded and the speeds over ground: see accel_vote.pxd
    double tick_mps             # told in this tick, along body z
    double step_mps[3]          # told less integrated, body, in this step of the covariance
    double step_told_mps        # told in it, along body z
    double off_mps[3]           # told less read, body; fades
    double told_mps             # told; fades
    double least_mps2           # of what is told, and most; fade
    double most_mps2
    double owed_kg              # propellant of the thrust told more than of that read
    double x_mps[3]             # told less integrated, site
    double along_mps            # the same along body z
    double told_all_mps         # and told; all three since reports have been counted
    double n                    # reports; these sums fade
    double x[3]
    double y[3]
    double xx
    double xy
    double yy
    double beam_scale           # as estimated before they parted
    double beam_variance        # of that; 0: no report yet
    double gain                 # true over read along z, less 1, while it is outvoted
    double variance             # of its state of ACCEL_MOUNT before that
    double over_mps             # integrated less read along z, in this step, while there is a gain
    double missed_mps           # read less integrated, in the steps of `ended`
    double missed_m             # the way that it would have made
    int32_t axes                # bits of those that were outvoted
    int32_t agreed              # steps on end in which those agree with the thrust again
    int32_t ended               # steps on end in which the gain is wrong, and the reading right
    int32_t reserved


cdef struct GyroAxis:
    # A gyro against the torque commanded: see rate_model.pxd
    double read_rad             # in the last tick
    double moved_radps          # by the model, since it has repeated itself
    double missed_rad           # the turn of that
    double run_radps            # predicted where it began to
    double arm_m                # torque beside that commanded, over the thrust
    double arm_from_m           # as it was where the present block of ticks began
    double bias_radps           # as estimated while it was believed
    double variance             # of that
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
    int32_t equal               # ticks on end with the same reading
    int32_t wrong_ticks         # on end
    int32_t right_ticks         # on end, while it is refused
    int32_t refused             # a Trust: why the model stands in; 0 where it does not
    int32_t contrary            # blocks of ticks on end that contradict
    int32_t agreed              # blocks on end that agree, since then
    int32_t lag                 # blocks by which it seems late; 0: it does not
    int32_t doubted             # the torque told, not the gyro
    int32_t redeemed            # blocks on end in which that torque is right again
    int32_t changed             # ticks from the first in which no reading was the one before; or -1


cdef struct StarRun:
    # Fixes of the stars on end: see star_slope.pxd. Sums over n of them
    double t                    # [s] since the first
    double tt
    double y[3]                 # [rad, site] what they are off the gyros alone
    double yt[3]
    double yy
    double w[3]                 # [rad, body] the same
    double wt[3]
    int64_t tick                # of the first
    int64_t believed_tick       # of the last that was wholly believed
    int32_t n
    int32_t believed            # the last was
    int32_t loose_ticks         # for which the gyros' biases still may change
    int32_t unsure_ticks        # for which stars and gyros are taken to part
