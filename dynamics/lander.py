"""The true lander, for set-up, tests and a look from Python; the flight loop holds its kernel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from farside.dynamics.site_gravity import moon_numbers
from farside.dynamics.vehicle import NOMINAL, Dispersion, build_vehicle
from farside.ext.common._records import TICK_HZ
from farside.ext.dynamics._plant import PLANT_ROW, PlantModel
from farside.ground import GroundModel
from farside.mission import Mission
from farside.mission.frames import SiteFrame

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LanderState:
    """Where a lander is and how it moves; the struct `LanderState` of ext/common/types.pxd.

    Parameters
    ----------
    r_site : array_like, (3,)
        Centre of mass [m], site frame.
    v_site : array_like, (3,)
        Velocity relative to the turning Moon [m/s], site frame.
    q_site_body : array_like, (4,)
        Attitude, scalar first: turns body components into site components.
    omega_body : array_like, (3,)
        Rate of turn relative to inertial space [rad/s], body frame.
    mass_kg : float
        Mass now.
    """

    r_site: npt.ArrayLike
    v_site: npt.ArrayLike
    q_site_body: npt.ArrayLike
    omega_body: npt.ArrayLike
    mass_kg: float

    def numbers(self) -> dict[str, Any]:
        """Return the members as lists of floats, as the kernel takes them."""
        return {
            "r_site": np.asarray(self.r_site, np.float64).tolist(),
            "v_site": np.asarray(self.v_site, np.float64).tolist(),
            "q_site_body": np.asarray(self.q_site_body, np.float64).tolist(),
            "omega_body": np.asarray(self.omega_body, np.float64).tolist(),
            "mass_kg": float(self.mass_kg),
        }


class Lander:
    """A lander that obeys physics: six degrees of freedom, engine, thrusters, legs.

    Flight is one Runge-Kutta step a tick of 10 ms in the frame of the site, which turns with the
    Moon (w); thrust and mass follow in closed form (plant.pxd and motion.pxd of ext/dynamics):

        v' = g(r) + F/m - 2 w x v - w x (w x r_c),    q' = (q omega - w q) / 2
        I omega' = T - omega x (I omega),    T_engine' = (T_command - T_engine) / lag

    Within reach of the ground a tick is twenty substeps with the legs of ext/dynamics/legs.pxd.

    Parameters
    ----------
    mission : Mission
        Its vehicle flies.
    frame : SiteFrame
        The site, at the radius of the true ground.
    ground : GroundModel
        The true ground.
    state : LanderState
        Where it starts, engine off.
    dispersion : Dispersion, optional
        How it differs from its design.

    Raises
    ------
    ValueError
        A state that is not finite, without attitude or without mass.
    """

    def __init__(
        self,
        mission: Mission,
        frame: SiteFrame,
        ground: GroundModel,
        state: LanderState,
        dispersion: Dispersion = NOMINAL,
    ) -> None:
        self.vehicle = build_vehicle(mission, dispersion)
        self.model = PlantModel(self.vehicle, moon_numbers(frame), ground, state.numbers())

    def fly(self, throttle_n: npt.ArrayLike, torque_body_nm: npt.ArrayLike) -> npt.NDArray[np.void]:
        """Fly through one command a tick.

        Parameters
        ----------
        throttle_n : array_like, (n,)
            Thrust commanded [N]; 0 is off, anything else is held inside the engine's limits.
        torque_body_nm : array_like, (n, 3) or (3,)
            Torque commanded of the attitude thrusters [N m, body]; they answer with pulses.

        Returns
        -------
        ndarray of PLANT_ROW, (n,)
            The truth after each tick.
        """
        throttle = np.atleast_1d(np.asarray(throttle_n, np.float64))
        torque = np.broadcast_to(np.asarray(torque_body_nm, np.float64), (len(throttle), 3))
        log = np.zeros(len(throttle), PLANT_ROW)
        self.model.fly(np.ascontiguousarray(throttle), np.ascontiguousarray(torque), log)
        return log

    def coast(self, seconds: float) -> npt.NDArray[np.void]:
        """Fly with everything off; the truth after each tick."""
        return self.fly(np.zeros(round(seconds * TICK_HZ)), np.zeros(3))

    @property
    def plant(self) -> dict[str, Any]:
        """Everything that the plant knows now: the struct `Plant` of ext/dynamics/plant.pxd."""
        return self.model.plant

    @property
    def crush_m(self) -> Array:
        """How far each leg has crushed [m], (legs,)."""
        touches = self.plant["contacts"]["touch"][: self.vehicle["legs"]]
        return np.array([touch["crush_m"] for touch in touches])
