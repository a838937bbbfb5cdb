"""The assembly of a lander: plant, sensors and navigation from the records of set-up."""

cimport cython
from libc.stdint cimport uint64_t
from libc.string cimport memset

from farside.ext.common._gravity_table cimport GravityTableCore
from farside.ext.dynamics._plant cimport PlantModel
from farside.ext.faults.table cimport FAULTS_MAX, FaultTable, faults_valid
from farside.ext.guidance.autopilot._autopilot cimport AutopilotCore
from farside.ext.guidance.autopilot.records cimport dead_reckoning_in
from farside.ext.guidance.records.command cimport MAX_PHASES
from farside.ext.navigation.onboard_arrays cimport onboard_map_from


@cython.final
@cython.auto_pickle(False)
cdef class LanderModel:
    """Everything of a lander but its ground and its autopilot, at tick 0.

    Parameters
    ----------
    plant : PlantModel
        The true lander as it starts; copied.
    autopilot : AutopilotCore
        Read for the rows of its phase table in which places are those of a map made aboard.
    sensors, navigation, initial_estimate : dict
        The structs `SensorSetup`, `NavigatorSetup` and `InitialEstimate` by the names of their C
        fields.
    seed : int
        Keys the sensors' noise.
    onboard_map : dict
        u0_m, v0_m, cell_m, radius_m, along_site and across_site of the map, and its heights_m and
        sigma_m, float32 (rows, cols).

    field_aboard : GravityTableCore, optional
        What is known aboard of gravity beyond J2 and C22.

    Raises
    ------
    ValueError
        Where the map's heights and sigmas differ in shape.
    """

    def __init__(
        self, PlantModel plant not None, AutopilotCore autopilot not None, sensors, uint64_t seed,
        navigation, initial_estimate, onboard_map, GravityTableCore field_aboard=None,
    ):
        cdef const float[:, ::1] heights = onboard_map["heights_m"]
        cdef const float[:, ::1] sigmas = onboard_map["sigma_m"]
        cdef int i
        memset(&self.table, 0, sizeof(self.table))
        self.plant = plant.c
        self.map_heights, self.map_sigmas = heights, sigmas
        self.table.vehicle = plant.vehicle
        self.table.moon = plant.moon
        self.table.sensors = sensors
        self.table.navigation = navigation
        self.table.start = plant.c.state
        self.table.initial_estimate = initial_estimate
        self.table.seed = seed
        onboard_map_from(&self.table.maps.onboard, onboard_map, heights, sigmas)
        self.field, self.field_aboard = plant.field, field_aboard
        if plant.has_field:
            self.table.maps.field = plant.field.table
        if field_aboard is not None:
            self.table.maps.field_aboard = field_aboard.table
        for i in range(MAX_PHASES):
            self.table.own_map[i] = dead_reckoning_in(&autopilot.table, i)
        self.table.faults.seed = seed

    def write_checkpoints(self, int every_ticks):
        """Have the flight software write a checkpoint every so many ticks; 0: none."""
        self.table.checkpoint_ticks = max(every_ticks, 0)

    def carry(self, upper, navigation):
        """Take the structs `Vehicle` and `NavigatorSetup` of an ascent stage alone, as dicts."""
        self.table.upper = upper
        self.table.upper_navigation = navigation

    def fail(self, rows):
        """Take the structs `FaultRow` of what fails.

        ValueError for more than there is room for, or one that the table cannot hold.
        """
        cdef FaultTable table
        cdef int i
        if len(rows) > FAULTS_MAX:
            raise ValueError(f"{len(rows)} faults: a flight has {FAULTS_MAX} at most")
        memset(&table, 0, sizeof(FaultTable))
        table.seed = self.table.seed
        table.count = len(rows)
        for i in range(len(rows)):
            table.row[i] = rows[i]
        if not faults_valid(&table):
            raise ValueError(f"faults that no table can hold: {rows}")
        self.table.faults = table
