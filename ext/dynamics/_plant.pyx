"""The truth for Python: set a state, step it under commands, look at it."""

import numpy

cimport cython
from libc.stdint cimport int32_t, int64_t

from farside.ext.ground._ground cimport GroundModel
from farside.ext.common._gravity_table cimport GravityTableCore
from farside.ext.common.gravity cimport gravity
from farside.ext.common.gravity_table cimport GravityTable
from farside.ext.dynamics.plant cimport Plant, plant_start, plant_tick
from farside.ext.common.types cimport LanderState, TICK_HZ
from farside.ext.common.vector cimport (
    Vec3, finite, quat_from, quat_norm, vec_finite, vec_from, vec_to,
)
from farside.ext.dynamics.vehicle cimport MAX_LEGS, MAX_POINTS, MAX_TANKS


cdef struct PlantRow:
    # after a tick
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
    double force_body[3]
    double thruster_used_kg
    int32_t pads_now
    int32_t body_now


cdef PlantRow _row
#: One tick of the truth: state, thrust, what an ideal IMU saw, the attitude thrusters, contacts.
PLANT_ROW = numpy.asarray(<PlantRow[:1]> &_row).dtype


cdef inline void write_row(Plant* p, PlantRow* row) noexcept nogil:
    row.tick = p.tick
    row.r_site = p.state.r_site
    row.v_site = p.state.v_site
    row.q_site_body = p.state.q_site_body
    row.omega_body = p.state.omega_body
    row.mass_kg = p.state.mass_kg
    row.thrust_n = p.engine.thrust_n
    vec_to(p.dv_body, row.dv_body)
    vec_to(p.dtheta_body, row.dtheta_body)
    vec_to(p.torque_body, row.torque_body)
    vec_to(p.force_body, row.force_body)
    row.thruster_used_kg = p.thruster_used_kg
    row.pads_now = <int32_t> p.contacts.pads_now
    row.body_now = <int32_t> p.contacts.body_now


@cython.final
@cython.auto_pickle(False)
cdef class PlantModel:
    """One lander and the world that it is in; it belongs to one thread.

    Parameters
    ----------
    vehicle, moon, state : dict
        A value for each member of the structs `Vehicle` (ext/dynamics/vehicle.pxd), `Moon` and
        `LanderState` (ext/common/types.pxd).
    ground : GroundModel
        The true ground; kept, not copied.
    tick_s : float
        Length of a tick [s]; the flight's own but where a test looks at the order of the step.
    field : GravityTableCore, optional
        Gravity beyond J2 and C22; without it there is none.

    Raises
    ------
    ValueError
        A member is missing, there are too many legs, or the state is not finite or has no mass.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.dynamics import PlantModel, build_vehicle
    >>> from farside.ext.dynamics._plant import PLANT_ROW
    >>> from farside.ground import GroundModel
    >>> from farside.mission import SiteFrame, load_mission
    >>> from farside.mission.moon_numbers import moon_numbers
    >>> frame = SiteFrame(-41.6385, 206.0148, 1732144.0)
    >>> sphere = GroundModel(frame.radius_m, frame.radius_m, (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))
    >>> state = {
    ...     "r_site": [0.0, 0.0, 1000.0], "v_site": [0.0, 0.0, 0.0],
    ...     "q_site_body": [1.0, 0.0, 0.0, 0.0], "omega_body": [0.0, 0.0, 0.0], "mass_kg": 3000.0}
    >>> vehicle = build_vehicle(load_mission("chang-e-6"))
    >>> plant = PlantModel(vehicle, moon_numbers(frame), sphere, state)
    >>> f"{plant.gravity(np.zeros(3))[2]:.3f} m/s^2"
    '-1.634 m/s^2'
    >>> plant.step(0.0, np.zeros(3), ticks=100)  # a second of free fall, 1.63 / 2 m
    >>> f"{plant.plant['state']['r_site'][2]:.2f} m"
    '999.18 m'
    >>> rows = np.zeros(200, PLANT_ROW)
    >>> plant.fly(np.full(200, 5000.0), np.zeros((200, 3)), rows)  # 5000 N for 2 s, less ignition
    >>> f"{3000.0 - rows['mass_kg'][-1]:.1f} kg burnt"
    '2.6 kg burnt'
    >>> plant.fail(engine_out=True)  # what is left fades with the engine's lag
    >>> plant.step(5000.0, np.zeros(3), ticks=100)
    >>> f"{rows['mass_kg'][-1] - plant.plant['state']['mass_kg']:.1f} kg burnt"
    '0.3 kg burnt'
    >>> plant.start(state)
    >>> plant.swing(0.05, 0.0, 0.0, 0.0)  # its liquid 5 cm aside along body x
    >>> plant.plant["slosh"]["x"]
    [0.05, 0.05]
    """

    def __init__(self, dict vehicle, dict moon, GroundModel ground not None, dict state,
                 double tick_s=1.0 / TICK_HZ, GravityTableCore field=None):
        self.vehicle = vehicle
        if not (
            0 <= self.vehicle.legs <= MAX_LEGS
            and 0 <= self.vehicle.belly_points
            and self.vehicle.legs + self.vehicle.belly_points <= self.vehicle.points <= MAX_POINTS
        ):
            raise ValueError(
                f"a lander has {MAX_LEGS} legs at most, and {MAX_POINTS} points that touch, not "
                f"{self.vehicle.legs} and {self.vehicle.points}")
        if self.vehicle.tanks != 0 and self.vehicle.tanks != MAX_TANKS:
            raise ValueError(f"{MAX_TANKS} groups of tanks or none, not {self.vehicle.tanks}")
        self.moon = moon
        self.ground = ground
        self.tick_s = tick_s
        self.field = field
        self.has_field = field is not None
        self.start(state)

    def start(self, dict state):
        """Put the lander into a state, engine and thrusters off, nothing crushed.

        Parameters
        ----------
        state : dict
            A value for each member of the struct `LanderState`, SI.

        Raises
        ------
        ValueError
            A state that is not finite, or has no attitude or mass.
        """
        cdef LanderState at = state
        if not (
            vec_finite(vec_from(at.r_site)) and vec_finite(vec_from(at.v_site))
            and vec_finite(vec_from(at.omega_body)) and at.mass_kg > 0.0 and finite(at.mass_kg)
            and 1e-6 < quat_norm(quat_from(at.q_site_body)) < 1e6
        ):
            raise ValueError(f"a lander needs finite numbers, an attitude and a mass: {state}")
        plant_start(&self.c, &self.vehicle, &at, self.tick_s)

    def fail(self, **parts):
        """Set what of the plant has failed from the next tick on.

        Parameters
        ----------
        **parts
            Members of the struct `PlantFaults` (plant_faults.pxd); what is not named stays.

        Raises
        ------
        TypeError
            For a name that is no member.
        """
        cdef dict faults = self.c.faults
        cdef int i
        unknown = sorted(parts.keys() - faults.keys())
        if unknown:
            raise TypeError(f"a plant has no {unknown[0]} that fails: {', '.join(faults)}")
        # Cython reads an array of bytes as a text that ends at the first zero
        faults["couple_on"] = [self.c.faults.couple_on[i] for i in range(6)]
        faults["leg_gone"] = [self.c.faults.leg_gone[i] for i in range(MAX_LEGS)]
        faults.update(parts)
        self.c.faults = faults

    def swing(self, double x_m, double y_m, double x_mps, double y_mps):
        """Put every mass of liquid off its place, and give it a speed against the body.

        Parameters
        ----------
        x_m, y_m : float
            Along body x and y [m].
        x_mps, y_mps : float
            The same way [m/s].
        """
        cdef int i
        for i in range(self.vehicle.tanks):
            self.c.slosh.x[i] = x_m
            self.c.slosh.y[i] = y_m
            self.c.slosh.u[i] = x_mps
            self.c.slosh.v[i] = y_mps

    cdef const GravityTable* table(self) noexcept nogil:
        """Return the table of gravity, or NULL."""
        return NULL if not self.has_field else &self.field.table

    def step(self, double throttle_n, const double[::1] torque_body_nm, int ticks=1):
        """Step some ticks under one command.

        Parameters
        ----------
        throttle_n : float
            Thrust [N]; 0 is off.
        torque_body_nm : float64 (3,)
            Torque [N m, body].
        ticks : int

        Raises
        ------
        ValueError
            A torque of another length.
        """
        cdef int _
        if torque_body_nm.shape[0] != 3:
            raise ValueError(f"a torque has 3 components, not {torque_body_nm.shape[0]}")
        with nogil:
            for _ in range(ticks):
                plant_tick(
                    &self.c, &self.vehicle, &self.moon, self.table(), &self.ground.c,
                    throttle_n, &torque_body_nm[0])

    def fly(self, const double[::1] throttle_n, const double[:, ::1] torque_body_nm,
            PlantRow[::1] log):
        """Step through a command a tick, and write a row after each.

        Parameters
        ----------
        throttle_n : float64 (n,)
            Thrusts [N]; 0 is off.
        torque_body_nm : float64 (n, 3)
            Torques [N m, body].
        log : structured array (n,), dtype `PLANT_ROW`
            Written.

        Raises
        ------
        ValueError
            Arrays of other lengths.
        """
        cdef Py_ssize_t n = throttle_n.shape[0], i
        if torque_body_nm.shape[0] != n or torque_body_nm.shape[1] != 3 or log.shape[0] != n:
            raise ValueError(f"{n} throttles need {n} x 3 torques and {n} rows of log")
        with nogil:
            for i in range(n):
                plant_tick(
                    &self.c, &self.vehicle, &self.moon, self.table(), &self.ground.c,
                    throttle_n[i], &torque_body_nm[i, 0])
                write_row(&self.c, &log[i])

    @property
    def plant(self):
        """Everything the plant knows now: the struct `Plant` (plant.pxd) as nested dicts."""
        return self.c

    def gravity(self, const double[::1] r_site):
        """Return gravity at a place, without what `field` adds.

        Parameters
        ----------
        r_site : float64 (3,)
            Place [m].

        Returns
        -------
        tuple of float
            East, north, up [m/s^2].

        Raises
        ------
        ValueError
            A place of another length.
        """
        if r_site.shape[0] != 3:
            raise ValueError(f"a place has 3 components, not {r_site.shape[0]}")
        cdef Vec3 g = gravity(&self.moon, vec_from(&r_site[0]))
        return g.x, g.y, g.z
