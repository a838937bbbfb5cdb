"""The constants of the FMUs as bytes: what their resources hold (fmu/*.pyx read them)."""

from libc.stdint cimport uint64_t
from libc.string cimport memset

from farside.ext.guidance.autopilot._autopilot cimport AutopilotCore
from farside.ext.dynamics._plant cimport PlantModel
from farside.ext.guidance.autopilot.records cimport MAX_PHASES, AutopilotTable, dead_reckoning_in
from farside.ext.ground.rays cimport Grid
from farside.ext.loop.lander cimport LanderTable, lander_floats, lander_sound
from farside.ext.common.types cimport LanderState
from farside.ext.navigation.onboard_arrays cimport onboard_map_from


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
    void clear_lander "clear_padding"(LanderTable* t) noexcept nogil
    void clear_autopilot "clear_padding"(AutopilotTable* t) noexcept nogil


cdef inline void forget(Grid* grid) noexcept nogil:
    grid.z = NULL
    grid.top = NULL


def autopilot_block(AutopilotCore core not None, PlantModel plant not None):
    """Return an autopilot's table and the state that its flight begins in."""
    cdef LanderState start = plant.c.state
    cdef AutopilotTable t = core.table
    clear_autopilot(&t)
    table = (<const char*> &t)[:sizeof(t)]
    return table + (<const char*> &start)[:sizeof(start)]


def lander_block(
    AutopilotCore core not None, PlantModel plant not None, sensors, uint64_t seed, navigation,
    initial_estimate, chart, const float[:, ::1] heights, const float[:, ::1] sigma, frozen,
):
    """Return a lander's table, its onboard map and its ground; dicts go by the names of C fields.

    frozen is None for flat ground. Else it has the grids that are laid in the plant's ground, by
    the names corridor, region and site (its patch), each with heights and tops; and the square of
    0.1 m, with the row and col of its first node.

    Raises
    ------
    ValueError
        If the map's two halves differ in shape, or the table does not describe what follows it.
    """
    cdef LanderTable t
    cdef int i
    memset(&t, 0, sizeof(t))
    t.vehicle = plant.vehicle
    t.moon = plant.moon
    t.ground.ground = plant.ground.c
    # addresses mean nothing in a file
    forget(&t.ground.ground.corridor)
    forget(&t.ground.ground.region)
    forget(&t.ground.ground.patch)
    behind = [heights, sigma]
    if frozen is not None:
        grids = frozen["grids"]
        for name in ("corridor", "region", "site"):
            behind += [grids[name].heights, grids[name].tops]
        behind.append(frozen["square"])
        rows, cols = frozen["square"].shape
        t.ground.square.row = frozen["row"]
        t.ground.square.row_end = frozen["row"] + rows
        t.ground.square.col = frozen["col"]
        t.ground.square.col_end = frozen["col"] + cols
    t.start = plant.c.state
    t.sensors = sensors
    t.seed = seed
    t.navigation = navigation
    t.initial_estimate = initial_estimate
    onboard_map_from(&t.chart, chart, heights, sigma)
    # addresses mean nothing in a file
    t.chart.height_m = NULL
    t.chart.sigma_m = NULL
    for i in range(MAX_PHASES):
        t.dead_reckoning[i] = dead_reckoning_in(&core.table, i)
    if not lander_sound(&t):
        raise ValueError("this lander does not fit into an FMU")
    clear_lander(&t)
    table = (<const char*> &t)[:sizeof(t)]
    floats = b"".join(bytes(memoryview(each).cast("B")) for each in behind)
    if <size_t> len(floats) != sizeof(float) * lander_floats(&t):
        raise ValueError("the grids of this ground do not fit into an FMU")
    return table + floats
