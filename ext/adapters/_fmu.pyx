"""The constants of the FMUs as bytes, for their resources: adapters/fmi/c/*.pyx read them."""

import numpy

from libc.string cimport memset

from farside.ext.avoidance.records cimport AvoidConfig
from farside.ext.guidance.autopilot._autopilot cimport AutopilotCore
from farside.ext.dynamics._plant cimport PlantModel
from farside.ext.dynamics.vehicle cimport Vehicle
from farside.ext.common.gravity_table cimport GravityTable
from farside.ext.faults.table cimport FAULTS_MAX, FaultRow
from farside.ext.ground._ground cimport GroundModel
from farside.ext.ground.surface cimport Grid, Ground
from farside.ext.guidance.autopilot.records cimport AutopilotTable
from farside.ext.guidance.records.gains cimport GainCounts, Gains
from farside.ext.loop._lander cimport LanderModel
from farside.ext.loop.snapshot_lander cimport (
    SnapshotLander, snapshot_lander_floats, snapshot_lander_valid,
)
from farside.ext.common.types cimport LanderState
from farside.ext.navigation.records cimport NavigationBlock
from farside.ext.navigation.state cimport InitialEstimate, NavigatorSetup
from farside.ext.sensors.records cimport SensorSetup


cdef extern from *:
    """
    /* What lies between members is nobody's: cleared, so that equal numbers are equal bytes. */
    #if defined __has_builtin
    #if __has_builtin(__builtin_clear_padding)
    #define clear_padding(t) __builtin_clear_padding(t)
    #endif
    #endif
    #ifndef clear_padding
    #define clear_padding(t) ((void) (t))
    #endif
    """
    void clear_vehicle "clear_padding"(Vehicle* t) noexcept nogil
    void clear_sensors "clear_padding"(SensorSetup* t) noexcept nogil
    void clear_navigation "clear_padding"(NavigatorSetup* t) noexcept nogil
    void clear_gravity "clear_padding"(GravityTable* t) noexcept nogil
    void clear_estimate "clear_padding"(InitialEstimate* t) noexcept nogil
    void clear_ground "clear_padding"(Ground* t) noexcept nogil
    void clear_autopilot "clear_padding"(AutopilotTable* t) noexcept nogil


cdef inline void forget(Grid* grid) noexcept nogil:
    grid.z = NULL
    grid.top = NULL


cdef void clear(SnapshotLander* t) noexcept nogil:
    """Clear what lies between the members of the structs within.

    One by one, and not the tanks: behind an array of structs GCC 12 takes numbers for padding.
    """
    cdef Vehicle vehicle = t.lander.vehicle
    clear_vehicle(&t.lander.vehicle)
    t.lander.vehicle.tank = vehicle.tank
    clear_sensors(&t.lander.sensors)
    clear_navigation(&t.lander.navigation)
    clear_gravity(&t.lander.maps.field)
    clear_gravity(&t.lander.maps.field_aboard)
    clear_estimate(&t.lander.initial_estimate)
    clear_ground(&t.ground.ground)


def autopilot_block(AutopilotCore core not None, PlantModel plant not None):
    """Return an autopilot's table and the state that its flight begins in."""
    cdef LanderState start = plant.c.state
    cdef AutopilotTable t = core.table
    clear_autopilot(&t)
    table = (<const char*> &t)[:sizeof(t)]
    return table + (<const char*> &start)[:sizeof(start)]


def lander_block(LanderModel lander not None, GroundModel ground not None, snapshot):
    """Return a lander's table, its onboard map and its ground.

    snapshot is None for flat ground. Else it has the grids that are set in the ground, by the names
    corridor, region and site (its patch), each with heights and block_max; and the square of 0.1 m,
    with the row and col of its first node.

    Raises
    ------
    ValueError
        If the table does not describe what follows it.
    """
    cdef SnapshotLander t
    memset(&t, 0, sizeof(t))
    t.lander = lander.table
    t.ground.ground = ground.c
    # addresses mean nothing in a file
    t.lander.maps.onboard.height_m = t.lander.maps.onboard.sigma_m = NULL
    t.lander.maps.field.values = t.lander.maps.field_aboard.values = NULL
    forget(&t.ground.ground.corridor)
    forget(&t.ground.ground.region)
    forget(&t.ground.ground.patch)
    behind = [lander.map_heights, lander.map_sigmas]
    behind += [each.values for each in (lander.field, lander.field_aboard) if each is not None]
    if snapshot is not None:
        grids = snapshot["grids"]
        for name in ("corridor", "region", "site"):
            behind += [grids[name].heights, grids[name].block_max]
        behind.append(snapshot["square"])
        rows, cols = snapshot["square"].shape
        t.ground.square.row = snapshot["row"]
        t.ground.square.row_end = snapshot["row"] + rows
        t.ground.square.col = snapshot["col"]
        t.ground.square.col_end = snapshot["col"] + cols
    if not snapshot_lander_valid(&t):
        raise ValueError("this lander does not fit into an FMU")
    clear(&t)
    told = [t.lander.vehicle, t.lander.sensors, t.lander.navigation, t.lander.initial_estimate]
    held = [lander.table.vehicle, lander.table.sensors, lander.table.navigation]
    if told != [*held, lander.table.initial_estimate]:
        raise ValueError("the compiler took numbers of this lander for padding")
    table = (<const char*> &t)[:sizeof(t)]
    floats = b"".join(bytes(memoryview(each).cast("B")) for each in behind)
    if <size_t> len(floats) != sizeof(float) * snapshot_lander_floats(&t):
        raise ValueError("the grids of this ground do not fit into an FMU")
    return table + floats


cdef object offsets(object dtype, Py_ssize_t first, str prefix):
    """Return the byte of every number of a struct by its full name."""
    found = {}
    for name, (kind, offset, *_) in dtype.fields.items():
        if kind.fields is None:
            found[prefix + name] = first + offset
        else:
            found.update(offsets(kind, first + offset, prefix + name + "."))
    return found


def autopilot_layout():
    """Return the byte of each number of an autopilot's block that a mission's key decides.

    By name: `gains.` and `counts.` with the names in their structs, `slew_radps`, `slew_torque_nm`,
    and `row[0].tan_tilt` to the last row's.
    """
    cdef AutopilotTable t
    cdef char* start = <char*> &t
    cdef Gains[::1] gains = <Gains[:1]> &t.gains
    cdef GainCounts[::1] counts = <GainCounts[:1]> &t.counts
    found = offsets(numpy.asarray(gains).dtype, <char*> &t.gains - start, "gains.")
    found.update(offsets(numpy.asarray(counts).dtype, <char*> &t.counts - start, "counts."))
    found["slew_radps"] = <char*> &t.slew_radps - start
    found["slew_torque_nm"] = <char*> &t.slew_torque_nm - start
    for k in range(sizeof(t.row) // sizeof(t.row[0])):
        found[f"row[{k}].tan_tilt"] = <char*> &t.row[k].tan_tilt - start
    return found


def lander_layout():
    """Return the byte of each number of a lander's block that a key of `[navigation]` decides.

    By name: those of `NavigatorSetup`, and `P[0]` on for the first variances. `upper` is how far
    behind a number of `NavigatorSetup` that of the ascent stage alone stands.
    """
    cdef SnapshotLander t
    cdef char* start = <char*> &t
    cdef NavigatorSetup* setup = &t.lander.navigation
    cdef NavigatorSetup[::1] view = <NavigatorSetup[:1]> setup
    found = offsets(numpy.asarray(view).dtype, <char*> setup - start, "")
    for k in range(sizeof(t.lander.initial_estimate.P) // sizeof(t.lander.initial_estimate.P[0])):
        found[f"P[{k}]"] = <char*> &t.lander.initial_estimate.P[k][k] - start
    found["upper"] = <char*> &t.lander.upper_navigation - <char*> setup
    return found


def navigation_layout():
    """Return the byte of each number of a navigator's block that a mission's key decides.

    By name, as `lander_layout` does.
    """
    cdef NavigationBlock t
    cdef char* start = <char*> &t
    cdef NavigatorSetup* setup = &t.config.setup
    cdef NavigatorSetup[::1] view = <NavigatorSetup[:1]> setup
    found = offsets(numpy.asarray(view).dtype, <char*> setup - start, "")
    for k in range(sizeof(t.first.P) // sizeof(t.first.P[0])):
        found[f"P[{k}]"] = <char*> &t.first.P[k][k] - start
    return found


def fault_layout():
    """Return the byte of each number of a lander's block that a fault's parameter decides.

    By name: `row[0].enabled`, `from_tick`, `ticks`, `below_m` and `value[0]`, to the last row's.
    """
    cdef SnapshotLander t
    cdef char* start = <char*> &t
    cdef FaultRow* row
    found = {}
    for k in range(FAULTS_MAX):
        row = &t.lander.faults.row[k]
        found[f"row[{k}].enabled"] = <char*> &row.enabled - start
        found[f"row[{k}].from_tick"] = <char*> &row.from_tick - start
        found[f"row[{k}].ticks"] = <char*> &row.ticks - start
        found[f"row[{k}].below_m"] = <char*> &row.below_m - start
        found[f"row[{k}].value[0]"] = <char*> &row.value[0] - start
    return found


def avoidance_layout():
    """Return the byte of each number of hazard avoidance's block that `[avoidance]` decides."""
    cdef AvoidConfig c
    cdef char* start = <char*> &c
    return {
        "accepted[0]": <char*> &c.accepted[0] - start,
        "accepted[1]": <char*> &c.accepted[1] - start,
        "fair": <char*> &c.fair - start,
        "sure": <char*> &c.sure - start,
        "room_m": <char*> &c.room_m - start,
        "another_scan_s": <char*> &c.another_scan_s - start,
        "way_down_s": <char*> &c.way_down_s - start,
        "far_steps": <char*> &c.far_steps - start,
        "fresh_distance": <char*> &c.fresh_distance - start,
        "legs_weight_clearance": <char*> &c.legs_weight_clearance - start,
        "legs_clearance_scale_m": <char*> &c.legs_clearance_scale_m - start,
        "clearance_scale_m": <char*> &c.clearance_scale_m - start,
    }
