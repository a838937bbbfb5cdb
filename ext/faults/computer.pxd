"""Faults of the flight computer: ticks that it loses, and restarts.

    stolen      in a share of the ticks the autopilot does not run and its last command holds;
                navigation, which is served first, runs in all
    restart     autopilot and navigation are away for the time, the last command holds; then they
                go on with what they had in memory
    reset       the same, but the memory is lost: the flight software goes on from the checkpoint
                that it wrote (ext/loop/checkpoint.pxd), else from what was loaded before the
                descent, the first row of the phase table and the estimate of initiation

What the inertial unit measures while the computer is away is lost.
"""

from libc.stdint cimport int64_t

from farside.ext.common.random cimport uniform
from farside.ext.faults.measurement cimport FaultState
from farside.ext.faults.table cimport (
    KIND_RESET, KIND_STOLEN, NOT_BEGUN, UNIT_COMPUTER, FaultTable, active,
)


cdef enum ComputerState:
    COMPUTER_RUNS = 0
    COMPUTER_LATE = 1       # the autopilot misses this tick
    COMPUTER_RESET = 2      # runs, and begins anew at this tick
    COMPUTER_AWAY = 3       # neither autopilot nor navigation


cdef inline void fail_computer(
        const FaultTable* t, FaultState* s, int64_t tick) noexcept nogil:
    """Say what of the computer runs at a tick; of several rows the worst holds."""
    cdef int state = COMPUTER_RUNS
    cdef bint on
    cdef int i
    for i in range(t.count):
        if t.row[i].unit != UNIT_COMPUTER:
            continue
        on = active(t, &s.clock, i, tick)
        if t.row[i].kind == KIND_STOLEN:
            if on and uniform(&s.stream[i]) < t.row[i].value[0]:
                state = max(state, <int> COMPUTER_LATE)
        elif on:
            # Another that has just ended waits for it.
            state = max(state, <int> COMPUTER_AWAY)
        elif (
            t.row[i].kind == KIND_RESET and s.clock.begun[i] != NOT_BEGUN
            and tick == s.clock.begun[i] + t.row[i].ticks
        ):
            state = max(state, <int> COMPUTER_RESET)
    s.computer = state
