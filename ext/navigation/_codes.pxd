"""What is believed of a sensor or beam, and why it is not; what the guarded navigator answers."""


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


cpdef enum NavigationStatus:
    """What became of a call of the guarded navigator."""
    NAVIGATION_OK = 0
    NAVIGATION_LEFT_OUT = 1     # something measured could not be and was left out: see left_out
    NAVIGATION_BAD_CONFIG = 2   # not of this version, not whole, or with a number that cannot be
    NAVIGATION_NOT_STARTED = 3  # memory missing, too small, not aligned to 8 bytes, or not started
    NAVIGATION_BAD_START = 4    # a first estimate that cannot be
    NAVIGATION_BAD_TICK = 5     # not after the last, or more than NAVIGATION_GAP ticks were missed
    NAVIGATION_NO_CLONE = 6     # every clone is in use, or none has this tick
    NAVIGATION_LOST = 7         # no finite estimate: the last one is held, start anew
    NAVIGATION_MISSING = 8      # a pointer is NULL


cpdef enum LeftOut:
    """Bits of what was left out: not finite, out of range, or of a tick that is not remembered."""
    LEFT_IMU = 1                # the last increments are held, the covariance grows
    LEFT_STAR = 2
    LEFT_RANGE = 4
    LEFT_BEAM_1 = 8
    LEFT_BEAM_2 = 16
    LEFT_BEAM_3 = 32
    LEFT_HEIGHT = 64
    LEFT_VALVE = 128            # thruster time, taken as none
    LEFT_TICKS = 256            # ticks were missed before this one: as LEFT_IMU for each
    LEFT_COMMAND = 512          # what was told: no engine's, missing, too old, or against the stars


cpdef enum Verdict:
    """Touchdown sensor against the estimate of the height: see height_vote.pxd."""
    VERDICT_NONE = 0
    VERDICT_SENSOR = 1      # the estimate was outvoted
    VERDICT_ESTIMATE = 2    # the sensor is off


cpdef enum FixStatus:
    """What became of a place on the map in use, or of an image: map_fix.pxd, image_fix.pxd."""
    FIX_TAKEN = 0
    FIX_OUTSIDE = 1         # of its gate: nothing has changed, as for all that follow
    FIX_FORGOTTEN = 2       # no estimate of its time is remembered
    FIX_UNFIT = 3           # a number that cannot be
    FIX_NO_NAVIGATOR = 4    # none that has begun and is not lost, or another version's numbers
    FIX_SCATTERED = 5       # too few of an image's matches agree with each other
