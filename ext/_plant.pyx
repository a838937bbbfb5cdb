"""The truth for Python: set a state, step it under commands, look at it."""

cimport cython
from libc.stdint cimport int64_t

from farside.ext._ground cimport GroundModel
from farside.ext.gravity cimport gravity
from farside.ext.plant cimport Plant, plant_start, plant_tick
from farside.ext.types cimport LanderState, Moon, TICK_HZ
from farside.ext.vec cimport Vec3, vec_from
from farside.ext.vehicle cimport Vehicle


cdef packed struct PlantRow:
    int64_t tick
    double r_site[3]
    double v_site[3]
    double q_site_body[4]
    double omega_body[3]
    double mass_kg
    double thrust_n
    double dv_body[3]
    double dtheta_body[3]
    double torque_body[3]


cdef inline void write_row(Plant* p, PlantRow* row) noexcept nogil:
    row.tick = p.tick
    row.r_site = p.state.r_site
    row.v_site = p.state.v_site
    row.q_site_body = p.state.q_site_body
    row.omega_body = p.state.omega_body
    row.mass_kg = p.state.mass_kg
    row.thrust_n = p.thrust_n
    row.dv_body[0], row.dv_body[1], row.dv_body[2] = p.dv_body.x, p.dv_body.y, p.dv_body.z
    row.dtheta_body[0] = p.dtheta_body.x
    row.dtheta_body[1] = p.dtheta_body.y
    row.dtheta_body[2] = p.dtheta_body.z
    row.torque_body[0] = p.torque_body.x
    row.torque_body[1] = p.torque_body.y
    row.torque_body[2] = p.torque_body.z


@cython.final
@cython.auto_pickle(False)
cdef class PlantModel:
    """One lander and the world it is in; it belongs to one thread."""

    def __init__(self, dict vehicle, dict moon, GroundModel ground not None, dict state,
                 double tick_s=1.0 / TICK_HZ):
        """Take the numbers of ext/vehicle.pxd, ext/types.pxd's Moon and LanderState as dicts."""
        self.vehicle = vehicle
        self.moon = moon
        self.ground = ground
        cdef LanderState start = state
        plant_start(&self.c, &self.vehicle, &start, tick_s)

    def step(self, double throttle_n, double[::1] torque_body_nm, int ticks=1):
        """Step some ticks under one command: throttle [N], torque (3,) [N m, body]."""
        if torque_body_nm.shape[0] != 3:
            raise ValueError("torque_body_nm needs 3 numbers")
        cdef int i
        with nogil:
            for i in range(ticks):
                plant_tick(&self.c, &self.vehicle, &self.moon, &self.ground.c,
                           throttle_n, &torque_body_nm[0])

    def fly(self, const double[::1] throttle_n, const double[:, ::1] torque_body_nm,
            PlantRow[::1] log):
        """Step through one command a tick: (n,) [N] and (n, 3) [N m]; writes a row a tick."""
        cdef Py_ssize_t n = throttle_n.shape[0], i
        if torque_body_nm.shape[0] != n or torque_body_nm.shape[1] != 3 or log.shape[0] != n:
            raise ValueError(f"{n} throttles need torques ({n}, 3) and {n} rows")
        with nogil:
            for i in range(n):
                plant_tick(&self.c, &self.vehicle, &self.moon, &self.ground.c,
                           throttle_n[i], &torque_body_nm[i, 0])
                write_row(&self.c, &log[i])

    @property
    def state(self):
        """The plant now, as a dict of its struct."""
        return self.c

    def gravity(self, double[::1] r_site):
        """Gravity [m/s^2, site] at r_site (3,) [m]."""
        cdef Vec3 g = gravity(&self.moon, vec_from(&r_site[0]))
        return g.x, g.y, g.z
