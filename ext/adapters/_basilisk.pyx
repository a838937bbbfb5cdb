"""The autopilot behind Basilisk's messages: one C function that Basilisk calls with pointers."""

import sys

cimport cython
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from farside.ext.adapters.basilisk cimport (
    MAX_NOZZLES, OWN_MODULE, WRITE_FORCE, WRITE_ON_TIME, WRITE_TORQUE, Module, Watch, estimate_of,
    open_nozzles, watch_ground,
)
from farside.ext.guidance.autopilot._autopilot cimport (
    AutopilotCore, core_tick as autopilot_tick,
)
from farside.ext.guidance.autopilot._planner cimport core_plan as autopilot_plan
from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport vec, vec_from, vec_to


cdef enum:
    TICK_NANOS = 1000000000 // TICK_HZ   # between ticks of the autopilot


cdef extern from "Python.h":
    int Py_AddPendingCall(int (*func)(void*) except -1, void* arg) noexcept nogil


cdef struct Missed:
    # A tick that Basilisk did not call for [ns]
    uint64_t due
    uint64_t called


def inside_basilisk():
    """Return whether Basilisk's C++ has called the Python that runs now, in a thread of its own.

    An error raised there reaches nobody: Basilisk prints it and raises one of its own that says
    nothing of it.
    """
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename.endswith("sysModel.py")


#: Whether an error waits: a module in several tasks is reset several times.
cdef bint waiting = False


cdef int raise_now(void* arg) except -1 with gil:
    """Raise an error in the main thread, which Basilisk has returned to."""
    global waiting
    waiting = False
    error = <object> arg
    Py_DECREF(error)
    raise error


def raise_later(error):
    """Raise an error in the main thread as soon as Basilisk has returned to Python."""
    global waiting
    if waiting:
        return
    Py_INCREF(error)
    if Py_AddPendingCall(raise_now, <void*> error) != 0:
        Py_DECREF(error)
        raise error
    waiting = True


cdef int tell_missed(void* arg) except -1 with gil:
    """Raise what a tick that was missed asks for, when Basilisk has returned to Python."""
    cdef Missed missed = (<Missed*> arg)[0]
    free(arg)
    raise RuntimeError(
        f"the autopilot's tick at {missed.due * 1e-9:.9g} s was missed: its task ran at "
        f"{missed.called * 1e-9:.9g} s instead. The engine is off since then; run the task every "
        "10 ms or a whole fraction of that, without a pause")


cdef inline void stop_at(Module* m, uint64_t nanos) noexcept nogil:
    """Shut the engine for good, and have Python raise an error when Basilisk returns to it."""
    cdef Missed* missed = <Missed*> malloc(sizeof(Missed))
    m.watch.off = 1
    if missed != NULL:
        missed.due = m.watch.due
        missed.called = nanos
        if Py_AddPendingCall(tell_missed, missed) != 0:
            free(missed)


cdef void basilisk_step(void** p, uint64_t nanos) noexcept nogil:
    """One call by Basilisk; between ticks of the autopilot what was commanded stays."""
    cdef Module* m = <Module*> p[OWN_MODULE]
    cdef int64_t tick = <int64_t> (nanos // TICK_NANOS)
    cdef double* on_time_s = <double*> (<char*> p[WRITE_ON_TIME] + m.io.OnTimeRequest)
    cdef double* torque = <double*> (<char*> p[WRITE_TORQUE] + m.io.torqueRequestBody)
    cdef double* force = <double*> (<char*> p[WRITE_FORCE] + m.io.forceRequestBody)
    if not m.watch.called:
        m.watch.called = 1
        m.watch.due = (nanos + TICK_NANOS - 1) // TICK_NANOS * TICK_NANOS
    if nanos > m.watch.due and not m.watch.off:
        stop_at(m, nanos)
    if m.watch.off:
        memset(on_time_s, 0, MAX_NOZZLES * sizeof(double))
        memset(torque, 0, 3 * sizeof(double))
        memset(force, 0, 3 * sizeof(double))
        return
    if nanos != m.watch.due:
        return
    m.watch.due += TICK_NANOS
    if not m.state.started:
        m.begun = m.state[0]
        m.has_begun = 1
    estimate_of(m, p, nanos, m.estimate)
    watch_ground(m, m.estimate, tick)
    m.watch.started = 1
    m.watch.tick = tick
    autopilot_tick(m.table, m.state, m.estimate, tick, m.command)
    autopilot_plan(m.state, m.room)
    open_nozzles(m, m.command.thrust_n, on_time_s)
    vec_to(vec_from(m.command.torque_nm), torque)
    vec_to(vec(0.0, 0.0, m.command.thrust_n), force)


@cython.final
@cython.auto_pickle(False)
cdef class BasiliskCore:
    """What Basilisk's module holds: the autopilot, its wiring, and what the flight has shown."""

    cdef Module module
    cdef AutopilotCore core
    cdef object kept

    def __init__(
        self, AutopilotCore core, Estimate[::1] estimate, GuidanceCommand[::1] command,
        dict interface,
    ):
        """Take an autopilot, its arrays, and the fields of `Interface` by name."""
        if not 1 <= interface["nozzles"] <= MAX_NOZZLES:
            raise ValueError(f"a bank has 1 to {MAX_NOZZLES} nozzles, not {interface['nozzles']}")
        memset(&self.module, 0, sizeof(Module))
        self.core = core
        self.kept = (estimate, command)
        self.module.io = interface
        self.module.table = &core.table
        self.module.state = &core.state
        self.module.room = core.room
        self.module.estimate = &estimate[0]
        self.module.command = &command[0]

    def reset(self, uint64_t nanos=0):
        """Forget the flight so far; an autopilot that flew later than this begins anew.

        It then stands as it did before its first tick: with the phase and the target it was given.
        """
        memset(&self.module.watch, 0, sizeof(Watch))
        if (
            self.module.has_begun and self.core.state.started
            and nanos // TICK_NANOS <= <uint64_t> max(self.core.state.tick, 0)
        ):
            self.core.state = self.module.begun

    def shut(self):
        """Keep the engine off until the next reset."""
        self.module.watch.off = 1

    @property
    def function(self):
        """Address of the C function that Basilisk calls."""
        return <uintptr_t> <void*> basilisk_step

    @property
    def address(self):
        """Address of what that function is handed."""
        return <uintptr_t> &self.module

    @property
    def landed(self):
        """Return whether the base has come to the ground."""
        return bool(self.module.watch.landed)

    @property
    def touchdown(self):
        """Return time [s], base and velocity [site], attitude and mass at the touchdown."""
        return self.module.watch.touchdown

    @property
    def ground_m(self):
        """Height of the ground beneath over the site's radius [m]."""
        return self.module.io.ground_m

    @ground_m.setter
    def ground_m(self, double height):
        self.module.io.ground_m = height
