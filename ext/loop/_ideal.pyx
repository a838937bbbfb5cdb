"""The truth without its troubles: any torque is obeyed, there is no contact, all is measured.

The engine with its lag, the mass and the Runge-Kutta step are those of every flight (plant.pxd).
"""

cimport cython
from libc.string cimport memset

from farside.ext.guidance.records.command cimport Estimate, GuidanceCommand
from farside.ext.dynamics.engine cimport Engine, command_engine
from farside.ext.dynamics.plant cimport Plant, flight_step, plant_start
from farside.ext.dynamics.thrusters cimport Firing
from farside.ext.common.types cimport LanderState, Moon, TICK_HZ, base_of
from farside.ext.common.vector cimport Vec3, norm, vec, vec_from
from farside.ext.dynamics.vehicle cimport Vehicle, com_height_of


@cython.final
@cython.auto_pickle(False)
cdef class IdealPlant:
    """A lander over a smooth sphere; it belongs to one thread.

    vehicle, moon and state are dicts by the members of the structs `Vehicle`, `Moon` and
    `LanderState`; tick_s is the length of a tick [s].
    """

    cdef Plant c
    cdef Vehicle vehicle
    cdef Moon moon
    cdef double tick_s

    def __init__(self, dict vehicle, dict moon, dict state, double tick_s=1.0 / TICK_HZ):
        cdef LanderState at = state
        self.vehicle = vehicle
        self.moon = moon
        self.tick_s = tick_s
        plant_start(&self.c, &self.vehicle, &at, tick_s)

    def observe(self, Estimate[::1] estimate):
        """Write the true state into estimate[0]; a base below the site's level is in contact."""
        cdef Estimate* e = &estimate[0]
        cdef LanderState* s = &self.c.state
        e.r_site = s.r_site
        e.v_site = s.v_site
        e.q_site_body = s.q_site_body
        e.omega_body = s.omega_body
        e.mass_kg = s.mass_kg
        e.accel_mps2 = self.c.dv_body.z / self.tick_s
        e.height_m = self.height()
        e.height_sigma_m = 0.0
        e.contact = e.height_m <= 0.0
        e.rest = 0

    def step(self, const GuidanceCommand[::1] command):
        """Fly one tick under command[0]."""
        cdef Engine engine
        cdef Firing jets
        memset(&jets, 0, sizeof(Firing))
        self.c.tick += 1
        self.c.empty = self.c.state.mass_kg <= self.vehicle.mass_dry_kg
        engine = command_engine(
            &self.c.engine, &self.vehicle, &self.c.faults, self.c.empty, command[0].thrust_n,
            self.tick_s)
        jets.torque_body_nm = vec_from(&command[0].torque_nm[0])
        flight_step(&self.c, &self.vehicle, &self.moon, &engine, &jets)

    @property
    def thrust_n(self):
        """The true thrust now [N]."""
        return self.c.engine.thrust_n

    cdef double height(self) noexcept nogil:
        """Height of the base above the site's level [m]."""
        cdef Vec3 base = base_of(
            &self.c.state, com_height_of(&self.vehicle, self.c.state.mass_kg))
        return norm(vec(base.x, base.y, base.z + self.moon.radius_m)) - self.moon.radius_m
