"""What of the plant has failed now: engine, attitude thrusters, legs.

Written by whoever owns the plant before a tick, read by it. Zeros are no fault and leave every bit
of a flight as it was, so that memset serves. A share that is no number counts as 0.
"""

from libc.stdint cimport uint8_t

from farside.ext.common.vector cimport clamp


cdef struct PlantFaults:
    double thrust_loss          # share of the thrust that is missing, 0 to 1; negative: too much
    bint engine_out             # gives nothing while set; the commanded state goes on
    bint no_start               # does not ignite; burns on if it burns
    bint throttle_stuck         # keeps the throttle that it has
    double couple_loss[6]       # share missing of each couple's thrust: x+, x-, y+, y-, z+, z-
    uint8_t couple_on[6]        # fires all the time: its large thrusters
    double leg_loss[8]          # share missing of a leg's crushing force
    uint8_t leg_gone[8]         # the leg touches nothing


cdef inline double share_left(double loss) noexcept nogil:
    """What a loss leaves, from 0 to 2; 1 without one, to the bit."""
    return 1.0 - clamp(loss, -1.0, 1.0) if loss == loss else 1.0
