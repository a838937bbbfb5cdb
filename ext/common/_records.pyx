"""The tick, and the C structs as numpy's structured types: each from its one home."""

import numpy

from farside.ext.common cimport types
from farside.ext.common.measurements cimport Measurements
from farside.ext.common.telemetry cimport Row
from farside.ext.common.types cimport LanderState


#: Ticks a second, of control and of the truth; and the length of one [s].
TICK_HZ = types.TICK_HZ
TICK_S = 1.0 / types.TICK_HZ
#: Guidance runs every so many ticks.
GUIDANCE_EVERY = types.GUIDANCE_EVERY

cdef LanderState _lander_state
cdef Measurements _measurements
cdef Row _row
cdef LanderState[::1] _lander_states = <LanderState[:1]> &_lander_state
cdef Measurements[::1] _all_measurements = <Measurements[:1]> &_measurements
cdef Row[::1] _rows = <Row[:1]> &_row

LANDER_STATE = numpy.asarray(_lander_states).dtype
MEASUREMENTS = numpy.asarray(_all_measurements).dtype
ROW = numpy.asarray(_rows).dtype
