"""A lander without Python over a snapshot of the ground: what its FMU holds.

A `SnapshotLander` is the table, and behind it stand floats: the onboard map's heights and sigmas,
the tables of gravity, true and as known aboard, then the ground's (ground/snapshot.pxd). The
workspace follows from both and from the flight.
"""

from libc.stdint cimport int32_t
from libc.string cimport memset

from farside.ext.common.gravity_table cimport gravity_table_floats
from farside.ext.ground.surface cimport Ground
from farside.ext.ground.snapshot cimport (
    PatchWindow, SnapshotWorkspace, TerrainSnapshot, ground_kind_under, ground_of, move_window,
    snapshot_floats, snapshot_valid,
)
from farside.ext.dynamics.plant cimport Plant, plant_start
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport vec_from
from farside.ext.loop.lander cimport (
    LanderFlight, LanderMaps, LanderTable, lander_begin, lander_measure, lander_obey, lander_valid,
)


cdef struct SnapshotLander:
    LanderTable lander          # its maps without their values, which stand behind
    TerrainSnapshot ground


cdef struct SnapshotFlight:
    LanderFlight lander
    PatchWindow window


cdef inline bint snapshot_lander_valid(const SnapshotLander* t) noexcept nogil:
    """Whether a table's counts stay inside its arrays."""
    return lander_valid(&t.lander) and snapshot_valid(&t.ground)


cdef inline size_t map_floats(const SnapshotLander* t) noexcept nogil:
    """Heights and sigmas of the onboard map, and the tables of gravity."""
    return (
        2 * <size_t> t.lander.maps.onboard.rows * t.lander.maps.onboard.cols
        + gravity_table_floats(&t.lander.maps.field)
        + gravity_table_floats(&t.lander.maps.field_aboard))


cdef inline LanderMaps maps_behind(const SnapshotLander* t, const float* behind) noexcept nogil:
    """The table's maps with their values, which stand behind it."""
    cdef LanderMaps maps = t.lander.maps
    cdef Py_ssize_t cells = <Py_ssize_t> maps.onboard.rows * maps.onboard.cols
    cdef size_t field = gravity_table_floats(&maps.field)
    maps.onboard.height_m = behind
    maps.onboard.sigma_m = behind + cells
    maps.field.values = behind + 2 * cells if field else NULL
    maps.field_aboard.values = (
        behind + 2 * cells + field if gravity_table_floats(&maps.field_aboard) else NULL)
    return maps


cdef inline size_t snapshot_lander_floats(const SnapshotLander* t) noexcept nogil:
    """How many floats follow a valid table."""
    return map_floats(t) + snapshot_floats(&t.ground)


cdef inline const Ground* snapshot_lander_ground(
        const SnapshotLander* t, const float* behind, const SnapshotFlight* f,
        SnapshotWorkspace* work) noexcept nogil:
    """The ground as it lies under a flight."""
    return ground_of(work, &t.ground, behind + map_floats(t), &f.window)


cdef inline void measure(
        const SnapshotLander* t, const float* behind, SnapshotFlight* f, SnapshotWorkspace* work
) noexcept nogil:
    """Sense and navigate, with the maps that stand behind the table."""
    cdef LanderMaps maps = maps_behind(t, behind)
    lander_measure(&t.lander, &maps, snapshot_lander_ground(t, behind, f, work), &f.lander, NULL)


cdef inline void snapshot_lander_start(
        const SnapshotLander* t, const float* behind, SnapshotFlight* f, SnapshotWorkspace* work
) noexcept nogil:
    """Go to tick 0, with its first measurements taken."""
    cdef Plant plant
    plant_start(&plant, &t.lander.vehicle, &t.lander.start, 1.0 / TICK_HZ)
    plant.state = t.lander.start    # its attitude is a unit quaternion already, to the bit
    memset(f, 0, sizeof(SnapshotFlight))
    lander_begin(&t.lander, &plant, &f.lander)
    measure(t, behind, f, work)


cdef inline void snapshot_lander_step(
        const SnapshotLander* t, const float* behind, SnapshotFlight* f, SnapshotWorkspace* work,
        double thrust_n, const double* torque_nm, int32_t phase, int32_t stage) noexcept nogil:
    """Obey a command over [tick, tick + 1), then measure at tick + 1."""
    cdef const Ground* ground = snapshot_lander_ground(t, behind, f, work)
    cdef LanderMaps maps = maps_behind(t, behind)
    lander_obey(&t.lander, &maps, ground, &f.lander, thrust_n, torque_nm, phase, stage)
    move_window(
        &f.window, &t.ground, ground, vec_from(f.lander.plant.state.r_site),
        f.lander.sensors.clearance_m)
    measure(t, behind, f, work)


cdef inline int32_t snapshot_lander_under(
        const Ground* ground, const SnapshotFlight* f) noexcept nogil:
    """What ground is under it, of snapshot.pxd's UNDER_FLAT to UNDER_BEYOND."""
    return ground_kind_under(
        ground, &f.window, vec_from(f.lander.plant.state.r_site), f.lander.sensors.clearance_m)
