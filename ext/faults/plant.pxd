"""Faults of the plant: what of engine, thrusters and legs has failed in a tick."""

from libc.stdint cimport int64_t
from libc.string cimport memset

from farside.ext.dynamics.plant_faults cimport PlantFaults
from farside.ext.faults.table cimport (
    KIND_CUT, KIND_LOST, KIND_NO_START, KIND_NOZZLE_LOST, KIND_STUCK, KIND_STUCK_OFF,
    KIND_STUCK_ON, KIND_WEAK, UNIT_ENGINE, UNIT_LEG, UNIT_THRUSTER, FaultClock, FaultRow,
    FaultTable, active,
)


cdef inline double more_lost(double loss, double share) noexcept nogil:
    """The loss of what has lost so much already and gives a share of what is left."""
    return 1.0 - (1.0 - loss) * share


cdef inline void fail_engine(const FaultRow* row, PlantFaults* p) noexcept nogil:
    if row.kind == KIND_WEAK or row.kind == KIND_NOZZLE_LOST:
        p.thrust_loss = more_lost(p.thrust_loss, row.value[0])
    elif row.kind == KIND_NO_START:
        p.no_start = True
    elif row.kind == KIND_CUT:
        p.engine_out = True
    elif row.kind == KIND_STUCK:
        p.throttle_stuck = True


cdef inline void fail_couple(const FaultRow* row, int i, PlantFaults* p) noexcept nogil:
    """Fail couple i: x+, x-, y+, y-, z+, z-."""
    if row.kind == KIND_WEAK:
        p.couple_loss[i] = more_lost(p.couple_loss[i], row.value[0])
    elif row.kind == KIND_STUCK_OFF:
        p.couple_loss[i] = 1.0
    elif row.kind == KIND_STUCK_ON:
        p.couple_on[i] = True


cdef inline void fail_leg(const FaultRow* row, int i, PlantFaults* p) noexcept nogil:
    if row.kind == KIND_LOST:
        p.leg_gone[i] = True
    elif row.kind == KIND_WEAK:
        p.leg_loss[i] = more_lost(p.leg_loss[i], row.value[0])


cdef inline void fail_plant(
        const FaultTable* t, const FaultClock* c, int64_t tick, PlantFaults* p) noexcept nogil:
    """Say what of a plant has failed in [tick, tick + 1)."""
    cdef const FaultRow* row
    cdef int i, k
    memset(p, 0, sizeof(PlantFaults))
    for i in range(t.count):
        row = &t.row[i]
        if not active(t, c, i, tick):
            continue
        if row.unit == UNIT_ENGINE:
            fail_engine(row, p)
        elif row.unit == UNIT_THRUSTER:
            for k in range(6):
                if row.parts >> k & 1:
                    fail_couple(row, k, p)
        elif row.unit == UNIT_LEG:
            for k in range(8):
                if row.parts >> k & 1:
                    fail_leg(row, k, p)
