"""A lander without Python over a snapshot of the ground: what its FMU holds.

A `SnapshotLander` is the table, and behind it stand floats: the onboard map's heights and sigmas,
then the ground's (ground/snapshot.pxd). The workspace follows from both and from the flight.
"""

from libc.stdint cimport int32_t
from libc.string cimport memset

from farside.ext.ground.surface cimport Ground
from farside.ext.ground.snapshot cimport (
    PatchWindow, SnapshotWorkspace, TerrainSnapshot, ground_kind_under, ground_of, move_window,
    snapshot_floats, snapshot_valid,
)
from farside.ext.navigation.onboard_map cimport OnboardMap
from farside.ext.dynamics.plant cimport Plant, plant_start
from farside.ext.common.types cimport TICK_HZ
from farside.ext.common.vector cimport vec_from
from farside.ext.loop.lander cimport (
    LanderFlight, LanderTable, lander_begin, lander_measure, lander_obey, lander_valid,
)


cdef struct SnapshotLander:
    LanderTable lander          # its onboard map without heights, which stand behind
    TerrainSnapshot ground


cdef struct SnapshotFlight:
    LanderFlight lander
    PatchWindow window


cdef inline bint snapshot_lander_valid(const SnapshotLander* t) noexcept nogil:
    """Whether a table's counts stay inside its arrays."""
    return lander_valid(&t.lander) and snapshot_valid(&t.ground)


cdef inline size_t map_floats(const SnapshotLander* t) noexcept nogil:
    """Heights and sigmas of the onboard map."""
    return 2 * <size_t> t.lander.onboard_map.rows * t.lander.onboard_map.cols


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
    """Sense and navigate, with the onboard map that stands behind the table."""
    cdef OnboardMap onboard_map = t.lander.onboard_map
    onboard_map.height_m = behind
    onboard_map.sigma_m = behind + <Py_ssize_t> onboard_map.rows * onboard_map.cols
    lander_measure(
        &t.lander, &onboard_map, snapshot_lander_ground(t, behind, f, work), &f.lander)


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
        double thrust_n, const double* torque_nm, int32_t phase) noexcept nogil:
    """Obey a command over [tick, tick + 1), then measure at tick + 1."""
    cdef const Ground* ground = snapshot_lander_ground(t, behind, f, work)
    lander_obey(&t.lander, ground, &f.lander, thrust_n, torque_nm, phase)
    move_window(
        &f.window, &t.ground, ground, vec_from(f.lander.plant.state.r_site),
        f.lander.sensors.clearance_m)
    measure(t, behind, f, work)


cdef inline int32_t snapshot_lander_under(
        const Ground* ground, const SnapshotFlight* f) noexcept nogil:
    """What ground is under it, of snapshot.pxd's UNDER_FLAT to UNDER_BEYOND."""
    return ground_kind_under(
        ground, &f.window, vec_from(f.lander.plant.state.r_site), f.lander.sensors.clearance_m)
