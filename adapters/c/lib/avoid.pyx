"""Hazard avoidance as a C library: the entry points farside_avoid_*, and nothing else.

A translation unit of its own beside farside.pyx, made the same way.
"""

from libc.stdint cimport uint32_t, uintptr_t
from libc.string cimport memset

from farside.ext.avoidance.config_check cimport config_sound
from farside.ext.avoidance.decision cimport decide
from farside.ext.avoidance.records cimport (
    AVOID_BAD_CONFIG, AVOID_LEAST_BAD, AVOID_NOT_STARTED, AVOID_OK, AVOID_VERSION, AvoidConfig,
    AvoidDecision, AvoidMap, AvoidMemory, AvoidNow, AvoidScan,
)
from farside.ext.avoidance.scan_to_sites cimport map_scan, sort_by_margin
from farside.ext.avoidance.workspace cimport AvoidWork, MapKernels, lay_out
from farside.ext.common.arena cimport Arena


cdef extern from "farside.h":
    ctypedef struct farside_avoid_config:
        pass
    ctypedef struct farside_avoid_scan:
        pass
    ctypedef struct farside_avoid_map:
        pass
    ctypedef struct farside_avoid_memory:
        pass
    ctypedef struct farside_avoid_now:
        pass
    ctypedef struct farside_avoid_decision:
        pass


cdef extern from "lanes.h":
    void LANES_PICK(MapKernels* kernels) noexcept nogil


cdef inline AvoidWork* started(void* workspace) noexcept nogil:
    """Return the workspace if it was started and lies where it did; else NULL."""
    cdef AvoidWork* work = <AvoidWork*> workspace
    if work == NULL or <uintptr_t> workspace % 8 or work.self != work:
        return NULL
    return work


cdef public uint32_t farside_avoid_version() noexcept nogil:
    return AVOID_VERSION


cdef public int farside_avoid_check(const farside_avoid_config* config) noexcept nogil:
    return AVOID_OK if config_sound(<const AvoidConfig*> config) else AVOID_BAD_CONFIG


cdef public size_t farside_avoid_workspace_size(const farside_avoid_config* config) noexcept nogil:
    cdef Arena arena
    if not config_sound(<const AvoidConfig*> config):
        return 0
    arena.base = NULL
    arena.used = 0
    lay_out(<const AvoidConfig*> config, &arena)
    return arena.used


cdef public int farside_avoid_start(
        const farside_avoid_config* config, void* workspace, size_t size) noexcept nogil:
    cdef Arena arena
    cdef AvoidWork* work
    cdef size_t needed = farside_avoid_workspace_size(config)
    if needed == 0:
        return AVOID_BAD_CONFIG
    if workspace == NULL or <uintptr_t> workspace % 8 or size < needed:
        return AVOID_NOT_STARTED
    memset(workspace, 0, needed)
    arena.base = <char*> workspace
    arena.used = 0
    work = lay_out(<const AvoidConfig*> config, &arena)
    work.self = work
    work.size = needed
    return AVOID_OK


cdef public int farside_avoid_map_scan(
        void* workspace, const farside_avoid_scan* scan, farside_avoid_map* map) noexcept nogil:
    cdef AvoidWork* work = started(workspace)
    cdef AvoidMap* out = <AvoidMap*> map
    cdef MapKernels kernels
    if work == NULL:
        memset(out, 0, sizeof(AvoidMap))
        out.status = AVOID_NOT_STARTED
        return out.status
    LANES_PICK(&kernels)
    out.status = map_scan(work, &kernels, <const AvoidScan*> scan, out)
    if out.status > AVOID_LEAST_BAD:
        out.count = 0
    sort_by_margin(work.config, out)
    return out.status


cdef public int farside_avoid_decide(
        void* workspace, farside_avoid_memory* memory, const farside_avoid_scan* scan,
        const farside_avoid_map* map, const farside_avoid_now* now,
        farside_avoid_decision* decision) noexcept nogil:
    cdef AvoidWork* work = started(workspace)
    if work == NULL:
        memset(decision, 0, sizeof(AvoidDecision))
        return AVOID_NOT_STARTED
    decide(
        work, <AvoidMemory*> memory, <const AvoidMap*> map,
        (<const AvoidScan*> scan).sensor, <const AvoidNow*> now, <AvoidDecision*> decision)
    return AVOID_OK
