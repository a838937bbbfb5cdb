"""The sensors by themselves, for tests and studies: what they report of a given truth."""

cimport cython
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset

from farside.ext.ground._ground cimport GroundModel
from farside.ext.common.measurements cimport LEG_SWITCHES, Measurements
from farside.ext.sensors cimport records
from farside.ext.sensors.records cimport sensors_start
from farside.ext.sensors.sensors cimport (
    Sensors, SensorSetup, TruthAtTick, sense, sensors_valid,
)
from farside.ext.common.types cimport LanderState, Moon
from farside.ext.common.vector cimport vec


#: Ticks between steps of the inertial unit's drifts.
IMU_DRIFT_EVERY = records.IMU_DRIFT_EVERY


@cython.final
@cython.auto_pickle(False)
cdef class SensorModel:
    """All sensors of one lander, with their streams of errors. It belongs to one thread.

    Parameters
    ----------
    setup, moon : dict
        The structs `SensorSetup` and `Moon` by the names of their C fields.
    ground : GroundModel
        The truth that beams end on.
    seed : int
        Keys the noise.
    """

    cdef SensorSetup setup
    cdef Sensors sensors
    cdef Moon moon
    cdef GroundModel ground

    def __init__(self, setup, moon, GroundModel ground, uint64_t seed):
        self.setup = setup
        self.moon = moon
        self.ground = ground
        if not sensors_valid(&self.setup):
            raise ValueError("a rate of 0 ticks or a latency beyond its ring")
        sensors_start(&self.sensors, &self.setup, seed)

    @property
    def beams(self):
        """Return which set of beams looks nearer to the ground: 0 braking, 1 landing."""
        return self.sensors.set

    def sense(
        self, int64_t tick, const LanderState[::1] truth, const double[:, ::1] dv_body,
        const double[:, ::1] dtheta_body, com_base_m, Measurements[::1] out,
        double thrust_n=0.0, const double[:, ::1] push_n=None,
    ):
        """Fill out with what is reported of each true state, at ticks from tick on.

        com_base_m (3,) [m] is the centre of mass in the base frame; push_n (N, legs) [N] is the
        ground's push on each footpad, none without it.
        """
        cdef Py_ssize_t i
        cdef int j, legs = 0
        cdef TruthAtTick now
        memset(&now, 0, sizeof(TruthAtTick))
        now.com_offset_m[0], now.com_offset_m[1], now.com_height_m = com_base_m
        now.thrust_n = thrust_n
        if push_n is not None:
            if push_n.shape[0] != truth.shape[0] or push_n.shape[1] > LEG_SWITCHES:
                raise ValueError("push_n needs a row for each state, and eight legs at most")
            legs = <int> push_n.shape[1]
        if not truth.shape[0] == dv_body.shape[0] == dtheta_body.shape[0] == out.shape[0]:
            raise ValueError("truth, dv_body, dtheta_body and out differ in length")
        with nogil:
            for i in range(truth.shape[0]):
                memset(&out[i], 0, sizeof(Measurements))
                now.state = &truth[i]
                now.pads = 0
                for j in range(legs):
                    now.push_n[j] = push_n[i, j]
                    now.pads |= (push_n[i, j] > 0.0) << j
                now.dv_body = vec(dv_body[i, 0], dv_body[i, 1], dv_body[i, 2])
                now.dtheta_body = vec(dtheta_body[i, 0], dtheta_body[i, 1], dtheta_body[i, 2])
                sense(
                    &self.sensors, &self.setup, &self.moon, &self.ground.c, &now, tick + i,
                    &out[i])
