"""What is believed of a sensor or beam, and why it is not; who is right about the height."""


cpdef enum Trust:
    """What is believed of a sensor, and why it is not."""
    TRUST_BELIEVED = 0      # its measurements are used
    TRUST_UNHEARD = 1       # nothing has come from it yet
    TRUST_DOUBTED = 2       # the last was outside its gate and not used
    TRUST_REJECTED = 3      # so many on end were; taken back by test
    TRUST_STUCK = 4         # it repeats one number while what it measures moves
    TRUST_ZERO = 5          # it repeats exactly zero
    TRUST_SATURATED = 6     # it says that it stands at the end of its scale
    TRUST_SILENT = 7        # it has said nothing for too long


cpdef enum Verdict:
    """Touchdown sensor against the estimate of the height: see height_vote.pxd."""
    VERDICT_NONE = 0
    VERDICT_SENSOR = 1      # the estimate was outvoted
    VERDICT_ESTIMATE = 2    # the sensor is off
