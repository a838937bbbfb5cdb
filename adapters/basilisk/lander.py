"""A mission's lander in Basilisk: hub, tank, engine and torque, with our autopilot aboard.

The engine is a bank of ten nozzles of Basilisk's `thrusterStateEffector` on one axis, which can be
opened and shut but not throttled: each has twice the thrust of the one before and the engine's
first-order lag, so that their sum is the throttled engine with its lag. The bank feeds on a
`fuelTank`, whose model is a burning cylinder with the mission's inertia. Attitude is held by the
commanded torque itself (`extForceTorque`), without pulses. The Moon is a point mass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from farside.adapters.basilisk.autopilot import (
    TICK_NANOS,
    AutopilotModule,
    hub_state,
    nozzle_thrusts_n,
)

# First, since it says which extra is missing.
from farside.ext.common.errors import FarsideError

# isort: split
from Basilisk.simulation import (
    THRSimConfig,
    extForceTorque,
    fuelTank,
    gravityEffector,
    spacecraft,
    thrusterStateEffector,
)
from Basilisk.utilities import SimulationBaseClass

from farside.adapters.uncopied import Uncopied
from farside.flight.inputs import nominal_inputs
from farside.flight.start import start
from farside.mission import Mission
from farside.mission.integers import whole_number
from farside.mission.moon import GM, MEAN_RADIUS_M

#: How far a flight goes between two looks at whether it is over.
CHUNK_TICKS = 100
#: What flies higher than this after so long never lands.
LIMIT_S = 2000.0


@dataclass(frozen=True)
class Landed:
    """How a flight in Basilisk ended: the base at the level of the ground.

    Times in seconds since powered-descent initiation; `site` frame, SI.
    """

    time_s: float
    propellant_kg: float
    r_site: npt.NDArray[np.float64]
    v_site: npt.NDArray[np.float64]
    tilt_deg: float
    ticks: int


class BasiliskLander(Uncopied):
    """Fly a mission's nominal descent in Basilisk.

    Parameters
    ----------
    mission : Mission
        Any mission: hub, tank and engine are made from it.
    guidance : callable, optional
        Makes another module with the messages of `AutopilotModule` from a mission: to compare.
    steps : int
        Of Basilisk's dynamics in a tick of 10 ms: 1, or more to see what its integrator does; so
        many that they last whole nanoseconds and make up 10 ms (1, 2, 4, 5, 8, 10, ...).

    Attributes
    ----------
    sim : SimBaseClass
        Basilisk's simulation, where modules may be added before `fly`.
    module : AutopilotModule
        Our autopilot.

    Examples
    --------
    >>> from farside.adapters.basilisk import BasiliskLander
    >>> from farside.mission import load_mission
    >>> lander = BasiliskLander(load_mission("chang-e-6"))
    >>> lander.advance(ticks=100)  # a second
    >>> f"{lander.module.autopilot.command['thrust_n'][0]:.0f} N"
    '6782 N'
    >>> landed = lander.fly()
    >>> f"{landed.time_s:.1f} s, {landed.propellant_kg:.1f} kg, {-landed.v_site[2]:.1f} m/s down"
    '807.5 s, 1826.8 kg, 2.8 m/s down'
    """

    _instead = "Basilisk's simulation cannot be; make another lander of the mission"

    def __init__(
        self, mission: Mission, guidance: Any = AutopilotModule, *, steps: int = 1
    ) -> None:
        steps = whole_number("steps", steps, 1, 1000)
        self.mission = mission
        self.ticks = -1
        self.module = guidance(mission)
        self.sim = SimulationBaseClass.SimBaseClass()
        self.sim.SetProgressBar(False)
        process = self.sim.CreateNewProcess("lander")
        process.addTask(self.sim.CreateNewTask("tick", TICK_NANOS // steps))
        self.moon = _moon()
        self.craft = self._hub()
        self.engine = _engine(mission)
        self.tank, self.tank_model = _tank(mission)
        self.tank.addThrusterSet(self.engine)
        self.torque = extForceTorque.ExtForceTorque()
        self.craft.addStateEffector(self.engine)
        self.craft.addStateEffector(self.tank)
        self.craft.addDynamicEffector(self.torque)
        self.module.scStateInMsg.subscribeTo(self.craft.scStateOutMsg)
        self.module.massInMsg.subscribeTo(self.craft.scMassOutMsg)
        self.engine.cmdsInMsg.subscribeTo(self.module.onTimeOutMsg)
        self.torque.cmdTorqueInMsg.subscribeTo(self.module.torqueOutMsg)
        # Effectors take the last tick's command, the hub moves, the autopilot sees where it is.
        for model, priority in (
            (self.engine, 400),
            (self.torque, 300),
            (self.tank, 250),
            (self.craft, 200),
            (self.module, 100),
        ):
            self.sim.AddModelToTask("tick", model, priority)
        self.module.autopilot.retarget((0.0, 0.0, 0.0))

    def _hub(self) -> Any:
        """Return the dry lander at the planned start of braking."""
        vehicle = self.mission.vehicle
        frame = self.module.frame
        first = start(self.mission, frame, self.module.autopilot.plan, nominal_inputs(self.mission))
        r_n, v_n, sigma = hub_state(frame, first.r_site, first.v_site, first.q_site_body)
        craft = spacecraft.Spacecraft()
        craft.ModelTag = "lander"
        craft.hub.mHub = vehicle.dry_mass_kg
        craft.hub.r_BcB_B = _column((0.0, 0.0, 0.0))
        craft.hub.IHubPntBc_B = np.diag(vehicle.body.inertia_dry_kgm2).tolist()
        craft.hub.r_CN_NInit = _column(r_n)
        craft.hub.v_CN_NInit = _column(v_n)
        craft.hub.sigma_BNInit = _column(sigma)
        craft.hub.omega_BN_BInit = _column(first.omega_body)
        craft.gravField.gravBodies = spacecraft.GravBodyVector([self.moon])
        return craft

    def advance(self, ticks: int) -> None:
        """Fly so many ticks of 10 ms more.

        Parameters
        ----------
        ticks : int
            0 or more.
        """
        ticks = whole_number("ticks", ticks, 0, 10**9)
        if self.ticks < 0:
            self.ticks = 0
            self.sim.InitializeSimulation()
        self.ticks += ticks
        self.sim.ConfigureStopTime(self.ticks * TICK_NANOS)
        self.sim.ExecuteSimulation()

    def fly(self) -> Landed:
        """Fly until the base has come to the ground.

        Returns
        -------
        Landed
            When, where and how fast the base came to the level of the ground.

        Raises
        ------
        RuntimeError
            If it does not within `LIMIT_S`.
        """
        while True:
            self.advance(CHUNK_TICKS)
            if self.module.core.landed:
                break
            if self.ticks * TICK_NANOS * 1e-9 > LIMIT_S:
                raise RuntimeError(f"{self.mission.name} is still flying after {LIMIT_S:.0f} s")
        end = self.module.core.touchdown
        _, x, y, _ = end["q_site_body"]
        return Landed(
            time_s=end["time_s"],
            propellant_kg=self.mission.vehicle.descent_mass_kg - end["mass_kg"],
            r_site=np.array(end["r_site"]),
            v_site=np.array(end["v_site"]),
            tilt_deg=float(np.degrees(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))),
            ticks=self.ticks,
        )


def _moon() -> Any:
    moon = gravityEffector.GravBodyData()
    moon.planetName = "moon_planet_data"
    moon.mu = GM
    moon.radEquator = MEAN_RADIUS_M
    moon.isCentralBody = True
    return moon


def _engine(mission: Mission) -> Any:
    """Return the bank of nozzles; only their thrust and mass flow count, no jet damping."""
    engine = thrusterStateEffector.ThrusterStateEffector()
    engine.ModelTag = "engine"
    for thrust_n in nozzle_thrusts_n(mission):
        nozzle = THRSimConfig.THRSimConfig()
        nozzle.thrLoc_B = _column((0.0, 0.0, 0.0))
        nozzle.thrDir_B = _column((0.0, 0.0, 1.0))
        nozzle.MaxThrust = thrust_n
        nozzle.steadyIsp = mission.vehicle.engine.isp_s
        nozzle.cutoffFrequency = 1.0 / mission.vehicle.engine.lag_s
        nozzle.MinOnTime = 0.0
        nozzle.updateOnly = True
        engine.addThruster(nozzle)
    return engine


def _tank(mission: Mission) -> tuple[Any, Any]:
    """Return a cylinder of propellant about the centre of mass with what the dry lander lacks.

    Inertia, linear in the mass as ours is: I_z = m r^2 / 2, I_x = m (r^2 / 4 + l^2 / 12).
    """
    vehicle = mission.vehicle
    mass = vehicle.usable_propellant_kg
    full, dry = vehicle.body.inertia_full_kgm2, vehicle.body.inertia_dry_kgm2
    radius2 = 2.0 * (full[2] - dry[2]) / mass
    across = 0.5 * (full[0] - dry[0] + full[1] - dry[1])
    length2 = 12.0 * (across / mass - 0.25 * radius2)
    if radius2 <= 0.0 or length2 <= 0.0:
        raise FarsideError(f"{mission.name}: no cylinder of propellant has these inertias")
    model = fuelTank.FuelTankModelUniformBurn()
    model.propMassInit = mass
    model.maxFuelMass = mass
    model.r_TcT_TInit = _column((0.0, 0.0, 0.0))
    model.radiusTankInit = radius2**0.5
    model.lengthTank = length2**0.5
    tank = fuelTank.FuelTank()
    tank.ModelTag = "tank"
    tank.setTankModel(model)
    tank.setR_TB_B(_column((0.0, 0.0, 0.0)))
    tank.setUpdateOnly(True)
    return tank, model


def _column(values: npt.ArrayLike) -> list[list[float]]:
    """Return a vector as Basilisk takes it: three rows of one."""
    return [[float(value)] for value in np.asarray(values)]
