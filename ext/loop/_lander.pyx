"""The assembly of a lander: plant, sensors and navigation from the records of set-up."""

cimport cython
from libc.math cimport NAN
from libc.stdint cimport uint64_t
from libc.string cimport memset

from farside.ext.common.vector cimport Vec3, vec
from farside.ext.dynamics._plant cimport PlantModel
from farside.ext.guidance.autopilot._autopilot cimport AutopilotCore
from farside.ext.guidance.autopilot.records cimport MAX_PHASES, anchored_in


cdef enum:
    FIRST_RELIEF_SIGMA_M = 300      # ground above the onboard map, before the first range


cdef Vec3 vec_of(v):
    x, y, z = v
    return vec(x, y, z)


@cython.final
@cython.auto_pickle(False)
cdef class LanderModel:
    """Everything of a lander but its ground and its autopilot, at tick 0.

    Parameters
    ----------
    plant : PlantModel
        The true lander as it starts; copied.
    autopilot : AutopilotCore
        Read for the rows of its phase table in which navigation counts places from braking's end.
    sensors, navigation, estimate : dict
        The structs `SensorSetup`, `NavigatorSetup` and, of `Navigator`, what `first_estimate`
        gives, by the names of their C fields.
    seed : int
        Keys the sensors' noise.
    onboard_map : dict
        u0_m, v0_m, cell_m, radius_m, along_site and across_site of the map, and its heights_m and
        sigma_m, float32 (rows, cols).

    Raises
    ------
    ValueError
        Where the map's heights and sigmas differ in shape.
    """

    def __init__(
        self, PlantModel plant not None, AutopilotCore autopilot not None, sensors, uint64_t seed,
        navigation, estimate, onboard_map,
    ):
        cdef const float[:, ::1] heights = onboard_map["heights_m"]
        cdef const float[:, ::1] sigmas = onboard_map["sigma_m"]
        cdef int i
        if heights.shape[0] != sigmas.shape[0] or heights.shape[1] != sigmas.shape[1]:
            raise ValueError("the onboard map's heights and sigmas differ in shape")
        memset(&self.table, 0, sizeof(self.table))
        self.plant = plant.c
        self.map_heights, self.map_sigmas = heights, sigmas
        self.table.vehicle = plant.vehicle
        self.table.moon = plant.moon
        self.table.sensors = sensors
        self.table.navigation = navigation
        self.table.start = plant.c.state
        self.table.estimate = dict(
            estimate, height_m=NAN, accel_mps2=0.0, disagreeing=0, ranges_doubted=0, anchored=0,
            low=0, beam_scale=0.0, relief_m=0.0, relief_sigma_m=FIRST_RELIEF_SIGMA_M,
            last_range_m=NAN, last_innovation_m=0.0)
        self.table.seed = seed
        self.table.onboard_map.rows = heights.shape[0]
        self.table.onboard_map.cols = heights.shape[1]
        if heights.shape[0] > 0 and heights.shape[1] > 0:
            self.table.onboard_map.height_m = &heights[0, 0]
            self.table.onboard_map.sigma_m = &sigmas[0, 0]
        self.table.onboard_map.u0_m = onboard_map["u0_m"]
        self.table.onboard_map.v0_m = onboard_map["v0_m"]
        self.table.onboard_map.cell_m = onboard_map["cell_m"]
        self.table.onboard_map.radius_m = onboard_map["radius_m"]
        self.table.onboard_map.along_site = vec_of(onboard_map["along_site"])
        self.table.onboard_map.across_site = vec_of(onboard_map["across_site"])
        for i in range(MAX_PHASES):
            self.table.anchored[i] = anchored_in(&autopilot.table, i)
