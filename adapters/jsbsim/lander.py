"""JSBSim as the truth: its Moon, a lander made from the mission, and our autopilot in the loop.

JSBSim's body has x forward, z down: half a turn about x from ours. The engine's lag is modelled
here, for JSBSim's rocket has none; propellant, mass and inertia are JSBSim's own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from farside.adapters.jsbsim.aircraft import AIRCRAFT, write_aircraft
from farside.adapters.uncopied import Uncopied
from farside.ext.adapters._ecef import FromEcef, Taps
from farside.ext.common._records import TICK_HZ, TICK_S
from farside.ext.common.errors import FarsideError
from farside.flight.assembly import site_frame
from farside.flight.ideal import (
    HISTORY,
    TICKS_MAX,
    IdealStart,
    concluded,
    ideal_start,
)
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import Mission, SiteFrame
from farside.mission.attitude import rotation_matrix
from farside.mission.integers import whole_number
from farside.mission.moon import MEAN_RADIUS_M

Array = NDArray[np.float64]

FOOT_M = 0.3048
#: Our body from JSBSim's, and back: half a turn about x.
HALF_TURN = np.diag([1.0, -1.0, -1.0])
#: Read each tick (farside.ext.adapters._ecef.Taps).
READS = (
    *(f"position/ecef-{axis}-ft" for axis in "xyz"),
    *(f"velocities/ecef-{axis}-fps" for axis in "xyz"),
    *(f"velocities/{axis}i-rad_sec" for axis in "pqr"),
    *(f"velocities/{axis}-rad_sec" for axis in "pqr"),
    *(f"forces/fb{axis}-weight-lbs" for axis in "xyz"),
    "inertia/mass-slugs",
)
#: JSBSim's models switched off after the start: air, controls, input and output.
IDLE = (
    *(f"FG{name}" for name in ("Input", "Atmosphere", "Winds", "FCS", "Aerodynamics")),
    *(f"FG{name}" for name in ("BuoyantForces", "Auxiliary", "Output")),
)


def initial_conditions(frame: SiteFrame, first: IdealStart) -> dict[str, float]:
    """Turn a state of ours into JSBSim's `ic/` properties: a geocentric place, velocity, Euler.

    Near a pitch of 90 deg roll and yaw trade places, but together still say the same attitude.

    Returns
    -------
    dict
        Property to value, feet and radians: what `fdm[name] = value` takes before `run_ic`.
    """
    place = frame.lat_lon_radius(first.r_site)
    lat, lon = float(place.latitude_deg), float(place.longitude_deg)
    local = SiteFrame(lat, lon, float(place.radius_m))
    to_ned = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]) @ local.moon_to_site
    north, east, down = to_ned @ frame.vector_to_moon(first.v_site) / FOOT_M
    # rows: body axes in north, east, down
    m = HALF_TURN @ rotation_matrix(first.q_site_body).T @ frame.moon_to_site @ to_ned.T
    # roll over the whole turn where the pitch is 90 deg: there only its difference to yaw counts
    if math.hypot(m[0, 0], m[0, 1]) < 1e-9:
        roll, yaw = math.atan2(-m[2, 1], m[1, 1]), 0.0
    else:
        roll, yaw = math.atan2(m[1, 2], m[2, 2]), math.atan2(m[0, 1], m[0, 0])
    pitch = math.atan2(-m[0, 2], math.hypot(m[0, 0], m[0, 1]))
    # JSBSim starts with rates over the turning Moon
    moon_body = rotation_matrix(first.q_site_body).T @ frame.omega_site
    p, q, r = HALF_TURN @ (first.omega_body - moon_body)
    return {
        "ic/lat-gc-deg": lat,
        "ic/long-gc-deg": (lon + 180.0) % 360.0 - 180.0,
        "ic/h-sl-ft": (float(place.radius_m) - MEAN_RADIUS_M) / FOOT_M,
        "ic/phi-rad": roll,
        "ic/theta-rad": pitch,
        "ic/psi-true-rad": yaw % (2.0 * math.pi),
        "ic/vn-fps": float(north),
        "ic/ve-fps": float(east),
        "ic/vd-fps": float(down),
        "ic/p-rad_sec": float(p),
        "ic/q-rad_sec": float(q),
        "ic/r-rad_sec": float(r),
    }


def loaded_executive(mission: Mission, *, j2: bool = False) -> Any:
    """Load a mission's lander and Moon into a JSBSim executive.

    Returns
    -------
    jsbsim.FGFDMExec

    Raises
    ------
    ModuleNotFoundError
        Without JSBSim.
    """
    try:
        import jsbsim
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            "farside.adapters.jsbsim.lander needs jsbsim: pip install 'farside[jsbsim]'"
        ) from missing
    base: Any = jsbsim.FGJSBBase
    base().debug_lvl = 0
    with TemporaryDirectory() as folder:
        write_aircraft(mission, folder, j2=j2)
        fdm: Any = jsbsim.FGFDMExec(folder)
        fdm.set_debug_level(0)
        fdm.load_model(AIRCRAFT)
    return fdm


class JsbsimLander(Uncopied):
    """A mission's lander in JSBSim, flown by commands of the autopilot.

    `obey(command)` flies a tick of 10 ms under command[0] of a structured array of `COMMAND`.

    Parameters
    ----------
    mission : Mission
        Vehicle and site.
    first : IdealStart
        Where it starts.
    rate_hz : int
        JSBSim's steps a second, a multiple of the 100 Hz of the commands.
    ground : Ground, optional
        The level under the lander is this ground's, one for all legs; the site's where not given.
    j2 : bool
        Whether the Moon is flattened; else a point mass.

    Raises
    ------
    ModuleNotFoundError
        Without JSBSim.

    Examples
    --------
    >>> import numpy as np
    >>> from farside.adapters.jsbsim import JsbsimLander
    >>> from farside.flight.ideal import ideal_start
    >>> from farside.guidance import Autopilot
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chang-e-6")
    >>> autopilot = Autopilot(mission)
    >>> autopilot.retarget((0.0, 0.0, 0.0))
    >>> lander = JsbsimLander(mission, ideal_start(mission, autopilot))
    >>> for tick in range(100):  # the first second of braking
    ...     lander.observe(autopilot.estimate)
    ...     lander.obey(autopilot.tick(tick))
    >>> f"{lander.thrust_n:.0f} N"  # of 7500: the engine has a lag
    '6686 N'
    >>> lander.step(0.0, np.zeros(3))  # or by hand: engine off, no torque
    """

    _instead = "JSBSim's executive cannot be; make another lander of the mission and the start"

    def __init__(
        self,
        mission: Mission,
        first: IdealStart,
        *,
        rate_hz: int = 100,
        ground: Ground | None = None,
        j2: bool = False,
    ) -> None:
        rate_hz = whole_number("rate_hz", rate_hz)
        if rate_hz < TICK_HZ or rate_hz % TICK_HZ:
            raise FarsideError(
                f"{rate_hz} steps/s: give a multiple of the {TICK_HZ} Hz of the commands"
            )
        self.mission, self.ground = mission, ground
        self.frame = site_frame(mission, None if ground is None else ground.radius_m)
        self.fdm = loaded_executive(mission, j2=j2)
        self.fdm.set_dt(1.0 / rate_hz)
        self._start(first, j2)
        self._taps = self._tapped(1.0 / rate_hz, rate_hz // TICK_HZ, central=not j2)
        self.obey = self._taps.obey

    def _start(self, first: IdealStart, j2: bool) -> None:
        """Put JSBSim into a state, in a vacuum, and switch off what has no use there."""
        fdm = self.fdm
        fdm["simulation/gravity-model"] = float(j2)
        for name in ("pressure", "density"):
            fdm[f"atmosphere/override/{name}"] = 0.0
        fdm["ic/terrain-elevation-ft"] = (self.frame.radius_m - MEAN_RADIUS_M) / FOOT_M
        for name, value in initial_conditions(self.frame, first).items():
            fdm[name] = value
        if not fdm.run_ic():
            raise RuntimeError(f"JSBSim refuses the initial conditions of {self.mission.name}")
        fdm["propulsion/engine[0]/set-running"] = 1.0
        # what a lander without air, scripts and output has no use for
        for model in IDLE:
            fdm[f"simulation/models/{model}/enabled"] = 0.0

    def _tapped(self, step_s: float, steps: int, *, central: bool) -> Taps:
        """Return taps on JSBSim, with the engine that it has none of."""
        body, vehicle = self.mission.vehicle.body, self.mission.vehicle
        engine = vehicle.engine
        nodes = self.fdm.get_property_manager()
        torques = [f"external_reactions/torque-{axis}/magnitude-lbsft" for axis in "xyz"]
        return Taps(
            FromEcef(self.frame.moon_to_site, self.frame.radius_m),
            [nodes.get_node(name).get_double_value for name in READS],
            [nodes.get_node(name).set_double_value for name in torques],
            nodes.get_node("fcs/throttle-pos-norm[0]").set_double_value,
            self.fdm.run,
            self.fdm.get_propagate().get_Tec2b,
            {
                "dry_kg": vehicle.dry_mass_kg,
                "usable_kg": vehicle.usable_propellant_kg,
                "com_dry_m": body.com_height_dry_m,
                "com_gain_m": body.com_height_full_m - body.com_height_dry_m,
                "thrust_max_n": engine.thrust_max_n,
                "thrust_min_n": engine.thrust_min_n,
                "lag_s": engine.lag_s,
                "step_s": step_s,
                "decay": math.exp(-step_s / engine.lag_s) if engine.lag_s > 0.0 else 0.0,
                "ignition": round(engine.ignition_delay_s * TICK_HZ),
                "steps": steps,
                "central": central,
            },
        )

    @property
    def thrust_n(self) -> float:
        """The true thrust now [N]."""
        return self._taps.thrust_n

    def observe(self, estimate: NDArray[np.void]) -> None:
        """Write JSBSim's state into estimate[0], as perfect sensors would.

        Parameters
        ----------
        estimate : structured ndarray, (1,), dtype `ESTIMATE`
            Such as `Autopilot.estimate`.
        """
        x, y, height = self._taps.observe(estimate)
        if self.ground is not None:
            u, v = self.ground.arcs_of(x, y)
            level_m = float(self.ground.height(u, v))
            self.fdm["position/terrain-elevation-asl-ft"] = (
                self.frame.radius_m + level_m - MEAN_RADIUS_M
            ) / FOOT_M
            self._taps.level(height - level_m)

    def step(self, thrust_n: float, torque_nm: NDArray[np.float64]) -> None:
        """Fly a tick of 10 ms under a command.

        Parameters
        ----------
        thrust_n : float
            Of the engine [N].
        torque_nm : ndarray, (3,)
            Of the thrusters, body axes [N m].
        """
        x, y, z = torque_nm.tolist()
        self._taps.step(thrust_n, x, y, z)


@dataclass(frozen=True)
class JsbsimLanding:
    """A landing flown in JSBSim, told as `farside.flight.ideal.IdealFlight` tells ours.

    rest_tilt_deg and rest_speed_mps say how it stands on JSBSim's legs; NaN without settling.
    """

    time_s: float
    propellant_kg: float
    r_site: Array
    v_site: Array
    history: NDArray[np.void]
    rest_tilt_deg: float
    rest_speed_mps: float

    @classmethod
    def of(cls, mission: Mission, history: NDArray[np.void], tilt: float, speed: float) -> Self:
        """Distinguish it from the history of its ticks."""
        end = concluded(mission, history)
        return cls(end.time_s, end.propellant_kg, end.r_site, end.v_site, end.history, tilt, speed)


def land_in_jsbsim(
    mission: Mission,
    *,
    rate_hz: int = 100,
    ground: Ground | None = None,
    j2: bool = False,
    settle_s: float = 0.0,
) -> JsbsimLanding:
    """Land a mission in JSBSim with our autopilot at 100 Hz, at the nominal site.

    Parameters
    ----------
    mission : Mission
        Vehicle, site and phases.
    rate_hz, ground, j2
        As of `JsbsimLander`.
    settle_s : float
        How long to fly on after touchdown, engine off, on the legs.

    Returns
    -------
    JsbsimLanding
        Time, propellant, place and speed of the touchdown, and every tick.

    Raises
    ------
    ValueError
        For a rate that is no multiple of 100, or settle_s that is no time.
    RuntimeError
        If JSBSim gives up or the lander has not come down within half an hour.

    Examples
    --------
    >>> from farside.adapters.jsbsim import land_in_jsbsim
    >>> from farside.mission import load_mission
    >>> landing = land_in_jsbsim(load_mission("chang-e-6"))
    >>> f"{landing.time_s:.1f} s, {landing.propellant_kg:.1f} kg"
    '807.5 s, 1826.9 kg'
    >>> f"{-landing.v_site[2]:.1f} m/s down"
    '2.8 m/s down'
    """
    if not 0.0 <= settle_s <= 3600.0:
        raise FarsideError(f"settle_s {settle_s}: give 0 to 3600 s")
    autopilot = Autopilot(mission, None if ground is None else ground.radius_m)
    autopilot.retarget((0.0, 0.0, 0.0))
    lander = JsbsimLander(
        mission, ideal_start(mission, autopilot), rate_hz=rate_hz, ground=ground, j2=j2
    )
    estimate, command = autopilot.estimate, autopilot.command
    history = np.zeros(TICKS_MAX, HISTORY)
    for k in range(TICKS_MAX):
        lander.observe(estimate)
        row = history[k]
        row["tick"] = k
        row["estimate"] = estimate[0]
        if estimate["contact"][0]:
            break
        autopilot.tick(k)
        row["command"] = command[0]
        lander.obey(command)
    else:
        raise RuntimeError(f"{mission.name} has not come down in {TICKS_MAX * TICK_S:.0f} s")
    tilt = speed = math.nan
    if settle_s > 0.0:
        for _ in range(round(TICK_HZ * settle_s)):
            lander.step(0.0, np.zeros(3))
        lander.observe(estimate)
        _, x, y, _ = estimate["q_site_body"][0]
        tilt = math.degrees(2.0 * math.asin(min(1.0, math.hypot(x, y))))
        speed = float(np.linalg.norm(estimate["v_site"][0]))
    return JsbsimLanding.of(mission, history[: k + 1].copy(), tilt, speed)
