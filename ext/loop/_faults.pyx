"""Faults for Python: the numbers of units and kinds, and measurements spoilt without a flight."""

import numpy

cimport cython
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset

from farside.ext.common.measurements cimport Measurements
from farside.ext.common.types cimport LanderState
from farside.ext.faults.computer cimport fail_computer
from farside.ext.faults.measurement cimport (
    FaultState, TruthForFaults, fail_measurements, faults_start,
)
from farside.ext.faults.table cimport (
    BEGIN_BELOW, BEGIN_EVENT, BEGIN_PHASE, BEGIN_TICK, EVENT_CONTACT, EVENT_CUTOFF,
    EVENT_SEPARATION, FAULTS_MAX, KIND_BIAS, KIND_CUT, KIND_DRIFT, KIND_DUPLICATED, KIND_FLAG,
    KIND_LATE, KIND_LOST, KIND_MISALIGNED, KIND_NO_START, KIND_NOISE, KIND_NOZZLE_LOST,
    KIND_PINNED, KIND_RESET, KIND_RESTART, KIND_SATURATED, KIND_SCALE, KIND_SHIFTED, KIND_SIGN,
    KIND_SILENT, KIND_SPIKE, KIND_STOLEN, KIND_STUCK, KIND_STUCK_OFF, KIND_STUCK_ON, KIND_WEAK,
    KIND_WEAK_ECHO, KIND_ZERO, LINE_TICKS, LINES_MAX, UNIT_ACCELEROMETER, UNIT_ALTIMETER,
    UNIT_CAMERA, UNIT_COMPUTER, UNIT_CONTACT, UNIT_ENGINE, UNIT_GYRO, UNIT_HEIGHT, UNIT_IMU,
    UNIT_LEG, UNIT_LIDAR, UNIT_STAR_TRACKER, UNIT_THRUSTER, UNIT_VELOCIMETER, FaultTable,
    faults_valid, latch, latch_phase,
)
from farside.ext.ground._ground cimport GroundModel
from farside.ext.sensors.records cimport SensorSetup

#: The kernel's numbers by the names of mission files.
UNIT_CODES = {
    "imu": UNIT_IMU, "accelerometer": UNIT_ACCELEROMETER, "gyro": UNIT_GYRO,
    "altimeter": UNIT_ALTIMETER, "velocimeter": UNIT_VELOCIMETER,
    "star_tracker": UNIT_STAR_TRACKER, "height": UNIT_HEIGHT, "contact": UNIT_CONTACT,
    "lidar": UNIT_LIDAR, "engine": UNIT_ENGINE, "thruster": UNIT_THRUSTER, "leg": UNIT_LEG,
    "computer": UNIT_COMPUTER, "camera": UNIT_CAMERA,
}
KIND_CODES = {
    "silent": KIND_SILENT, "stuck": KIND_STUCK, "zero": KIND_ZERO, "bias": KIND_BIAS,
    "drift": KIND_DRIFT, "scale": KIND_SCALE, "spike": KIND_SPIKE, "noise": KIND_NOISE,
    "saturated": KIND_SATURATED, "late": KIND_LATE, "duplicated": KIND_DUPLICATED,
    "sign": KIND_SIGN, "flag": KIND_FLAG, "misaligned": KIND_MISALIGNED,
    "stuck_on": KIND_STUCK_ON, "stuck_off": KIND_STUCK_OFF, "weak": KIND_WEAK,
    "no_start": KIND_NO_START, "cut": KIND_CUT, "nozzle_lost": KIND_NOZZLE_LOST,
    "lost": KIND_LOST, "stolen": KIND_STOLEN, "restart": KIND_RESTART, "reset": KIND_RESET,
    "pinned": KIND_PINNED, "weak_echo": KIND_WEAK_ECHO, "shifted": KIND_SHIFTED,
}
BEGIN_CODES = {
    "tick": BEGIN_TICK, "below": BEGIN_BELOW, "phase": BEGIN_PHASE, "event": BEGIN_EVENT,
}
EVENT_CODES = {"cutoff": EVENT_CUTOFF, "separation": EVENT_SEPARATION, "contact": EVENT_CONTACT}
ALL_PARTS = 0xFFFFFFFF
MOST_FAULTS = FAULTS_MAX
MOST_LINES = LINES_MAX
MOST_LATE_TICKS = LINE_TICKS - 1


def blank_measurements(Py_ssize_t n):
    """Return so many records of `Measurements`, all zero: a structured array (n,)."""
    cdef Measurements one
    memset(&one, 0, sizeof(one))
    cdef Measurements[::1] view = <Measurements[:1]> &one
    return numpy.zeros(n, numpy.asarray(view).dtype)


@cython.final
@cython.auto_pickle(False)
cdef class FaultBench:
    """Faults over measurements that are given, tick by tick, without a lander.

    Parameters
    ----------
    rows : sequence of dict
        The structs `FaultRow`.
    seed : int
        Of their streams.
    sensors : dict
        The struct `SensorSetup`: when each unit reports.
    ground : GroundModel
        What a misaligned beam ends on.
    """

    cdef FaultTable table
    cdef FaultState state
    cdef SensorSetup sensors
    cdef GroundModel ground

    def __init__(self, rows, uint64_t seed, sensors, GroundModel ground not None):
        cdef int i
        memset(&self.table, 0, sizeof(self.table))
        memset(&self.state, 0, sizeof(self.state))
        if len(rows) > FAULTS_MAX:
            raise ValueError(f"{len(rows)} faults: there are {FAULTS_MAX} at most")
        self.table.count = len(rows)
        self.table.seed = seed
        for i in range(len(rows)):
            self.table.row[i] = rows[i]
        if not faults_valid(&self.table):
            raise ValueError(f"faults that no table can hold: {rows}")
        self.sensors = sensors
        self.ground = ground
        faults_start(&self.state, &self.table)

    def spoil(
        self, Measurements[::1] measured, int64_t first, LanderState state,
        const double[::1] heights_m, const int[::1] phases,
    ):
        """Apply the faults to records of the ticks from `first` on; return the computer's states.

        heights_m and phases are those of each tick; the phase is flown after the measurement.
        """
        cdef TruthForFaults truth
        cdef int64_t tick
        cdef Py_ssize_t i, n = measured.shape[0]
        cdef int[::1] computer = numpy.zeros(n, numpy.intc)
        if heights_m.shape[0] != n or phases.shape[0] != n:
            raise ValueError(f"{n} records take {n} heights and phases")
        truth.state = &state
        truth.ground = &self.ground.c
        truth.sensors = &self.sensors
        with nogil:
            for i in range(n):
                tick = first + i
                latch(&self.table, &self.state.clock, tick, heights_m[i], -1)
                fail_measurements(&self.table, &self.state, &truth, tick, &measured[i])
                fail_computer(&self.table, &self.state, tick)
                computer[i] = self.state.computer
                latch_phase(&self.table, &self.state.clock, tick, phases[i])
        return numpy.asarray(computer)

    @property
    def begun(self):
        """Return the tick at which each row began; -1 where it did not."""
        return [self.state.clock.begun[i] for i in range(self.table.count)]
