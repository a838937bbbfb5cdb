"""Basilisk: the autopilot as a module on its message interface.

`AutopilotModule` reads the state of a spacecraft and its mass, and writes on-times of an engine's
nozzles, a torque and a force; Basilisk calls one C function for it, with no Python in between.

::

    scStateInMsg    SCStatesMsg         r_CN_N, v_CN_N [m, m/s], sigma_BN (MRP), omega_BN_B [rad/s]
    massInMsg       SCMassPropsMsg      massSC [kg]
    planetInMsg     SpicePlanetStateMsg where the Moon is and how it is turned; optional
    onTimeOutMsg    THRArrayOnTimeCmdMsg    of a bank of nozzles [s]
    torqueOutMsg    CmdTorqueBodyMsg    [N m]
    forceOutMsg     CmdForceBodyMsg     thrust commanded along body z [N], before the engine's lag

Basilisk's N is Moon-centred and inertial. Where no planet message is linked its axes are the
Moon-fixed ones at t = 0, as those of `inertial` are (farside.mission.frames), and the Moon turns
uniformly. Basilisk's B is our `body`: z along the thrust; its MRPs tell how B stands in N.
"""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import numpy.typing as npt

from farside.adapters.uncopied import Uncopied
from farside.ext.adapters._basilisk import BasiliskCore, inside_basilisk, raise_later
from farside.ext.common._records import TICK_S
from farside.flight.assembly import site_frame
from farside.guidance import Autopilot
from farside.mission import Mission
from farside.mission.attitude import quaternion_of_axes, rotation_matrix
from farside.mission.frames import SiteFrame
from farside.mission.moon import MEAN_RADIUS_M, ROTATION_RADPS

try:
    from Basilisk.architecture import messaging
    from Basilisk.architecture.numbaModel import NumbaModel
    from Basilisk.utilities.simulationArchTypes import TaskBaseClass
except ImportError as missing:
    raise ImportError(
        "farside.adapters.basilisk.autopilot needs bsk and numba: pip install 'farside[basilisk]'"
    ) from missing

Array = npt.NDArray[np.float64]

TICK_NANOS = 10_000_000
#: Nozzles of the bank: the smallest step is 1/1023 of full thrust; the residual is carried on.
NOZZLES = 10
#: How long a nozzle burns after the last command: a module that stops stops the engine [s].
ON_TIME_S = 0.02

_READ = {
    "scStateInMsg": ("r_CN_N", "v_CN_N", "sigma_BN", "omega_BN_B", "TotalAccumDV_BN_B"),
    "massInMsg": ("massSC",),
    "planetInMsg": ("PositionVector", "VelocityVector", "J20002Pfix", "J20002Pfix_dot"),
}
_WRITTEN = {
    "onTimeOutMsg": ("OnTimeRequest",),
    "torqueOutMsg": ("torqueRequestBody",),
    "forceOutMsg": ("forceRequestBody",),
}
_PAYLOADS = {
    "scStateInMsg": messaging.SCStatesMsgPayload,
    "massInMsg": messaging.SCMassPropsMsgPayload,
    "planetInMsg": messaging.SpicePlanetStateMsgPayload,
    "onTimeOutMsg": messaging.THRArrayOnTimeCmdMsgPayload,
    "torqueOutMsg": messaging.CmdTorqueBodyMsgPayload,
    "forceOutMsg": messaging.CmdForceBodyMsgPayload,
}


class AutopilotModule(Uncopied, NumbaModel):  # type: ignore[misc]
    """Fly a mission's phase table in Basilisk.

    Put it into a task that runs every 10 ms (or at a whole fraction of that: 5, 2.5, 2, 1 ms), with
    a priority below the spacecraft's, so that the command from the state at tick k acts over
    [k, k + 1). Other periods are refused at Reset. Where a tick is missed later on, because a task
    was stopped or its period changed, the engine is shut and Basilisk's call ends with a
    RuntimeError. It needs no compiler at run time: of Basilisk's `NumbaModel` only the C++ half is
    used.

    Parameters
    ----------
    mission : Mission
        Vehicle, gates and limits.
    radius_m : float, optional
        Radius of the site [m]; the mission's own by default.

    Attributes
    ----------
    autopilot : Autopilot
        `retarget` and `begin` are here; its `estimate` and `command` hold the last tick's.
    core : BasiliskCore
        `ground_m`, the ground beneath over the site's radius, may be set from any terrain; `landed`
        and `touchdown` say when the base came down to it.

    Raises
    ------
    BrakingError
        When no braking flight reaches the mission's first gate.
    ValueError
        At Basilisk's Reset, where scStateInMsg or massInMsg is not linked, or the module's task
        misses ticks.

    References
    ----------
    .. [1] Kenneally, P. W., Piggott, S. and Schaub, H., "Basilisk: a flexible, scalable and
       modular astrodynamics simulation framework", Journal of Aerospace Information Systems
       17(9), 2020.

    Examples
    --------
    >>> from Basilisk.simulation import spacecraft
    >>> from farside.adapters.basilisk import AutopilotModule
    >>> from farside.mission import load_mission
    >>> module = AutopilotModule(load_mission("chang-e-6"))
    >>> module.autopilot.retarget((0.0, 0.0, 0.0))  # land at the site itself
    >>> craft = spacecraft.Spacecraft()
    >>> module.scStateInMsg.subscribeTo(craft.scStateOutMsg)
    >>> module.massInMsg.subscribeTo(craft.scMassOutMsg)
    >>> module.scStateInMsg.isLinked(), module.autopilot.names[0]
    (True, 'braking')
    """

    _instead = (
        "Basilisk's C++ holds its messages; copy or pickle its `autopilot`, or make another module "
        "of the mission"
    )

    def __init__(self, mission: Mission, radius_m: float | None = None) -> None:
        super().__init__()
        if radius_m is None:
            radius_m = MEAN_RADIUS_M + mission.site.elevation_m
        self.ModelTag = "farside"
        self.scStateInMsg = messaging.SCStatesMsgReader()
        self.massInMsg = messaging.SCMassPropsMsgReader()
        self.planetInMsg = messaging.SpicePlanetStateMsgReader()
        self.onTimeOutMsg = messaging.THRArrayOnTimeCmdMsg()
        self.torqueOutMsg = messaging.CmdTorqueBodyMsg()
        self.forceOutMsg = messaging.CmdForceBodyMsg()
        self.frame = site_frame(mission, radius_m)
        self.autopilot = Autopilot(mission, radius_m)
        engine = mission.vehicle.engine
        self.core = BasiliskCore(
            self.autopilot.core,
            self.autopilot.estimate,
            self.autopilot.command,
            {
                **_offsets(),
                "nozzles": NOZZLES,
                "ignition_ticks": round(engine.ignition_delay_s / TICK_S),
                "nozzle_n": nozzle_thrusts_n(mission)[0],
                "on_time_s": ON_TIME_S,
                "moon_to_site": self.frame.moon_to_site.ravel().tolist(),
                "rotation_radps": ROTATION_RADPS,
                "ground_m": 0.0,
            },
        )

    def _nbmCompile(self, CurrentSimNanos: int) -> None:
        """Hand Basilisk our function and its pointers, where a Numba model would compile one."""
        self._unlinked = {}
        faults = [
            f"subscribe {name} before the simulation begins"
            for name in ("scStateInMsg", "massInMsg")
            if not getattr(self, name).isLinked()
        ]
        # One task that runs at every tick is enough.
        late = [task_fault(task) for task in tasks_of(self)]
        if all(late):
            faults += late
        for name in _READ:
            reader = getattr(self, name)
            self._unlinked[name] = np.zeros(1, _PAYLOADS[name].__dtype__)
            self.addReaderSlot(
                reader.getPayloadPtrAddress(),
                reader.getLinkedAddress(),
                self._unlinked[name].ctypes.data,
            )
        for name in _WRITTEN:
            message = getattr(self, name)
            self.addWritePayloadPtr(message.getPayloadAddress())
            self.addWriteHeaderPtr(message.getHeaderAddress())
        self.addUserPointer(self.core.address)
        self.addUserPointer(self.getReadLinkedPtr())
        self.core.reset(CurrentSimNanos)
        self.setStateUpdateFunc(self.core.function)
        if faults:
            self.core.shut()
            error = ValueError(f"{self.ModelTag}: {faults[0]}")
            if not inside_basilisk():
                raise error
            raise_later(error)


def tasks_of(module: Any) -> list[Any]:
    """Return the tasks of Basilisk that run a module: a module is not told of them.

    Returns
    -------
    list of TaskBaseClass
        Empty for a module that is called by hand.
    """
    return [
        task
        for task in gc.get_objects()
        if isinstance(task, TaskBaseClass) and any(model is module for model in task.TaskModels)
    ]


def task_fault(task: Any) -> str:
    """Return why a task of Basilisk does not run at every tick of the autopilot.

    Parameters
    ----------
    task : TaskBaseClass
        Its period shall divide 10 ms, and its start be a whole number of periods. A longer period
        is none of ours: the autopilot's own rate is 100 Hz, and the nozzles are commanded for 20 ms
        at a time.

    Returns
    -------
    str
        The period or the start found, and those accepted; empty where every tick is run.
    """
    period, first = int(task.TaskData.TaskPeriod), int(task.TaskData.FirstTaskTime)
    if period <= 0 or TICK_NANOS % period:
        return (
            f"task {task.Name!r} runs every {period * 1e-6:.9g} ms, but the autopilot's ticks are "
            "10 ms: give it a task of 10 ms or a whole fraction of that (5, 2.5, 2, 1 ms)"
        )
    if first % period:
        return (
            f"task {task.Name!r} of {period * 1e-6:.9g} ms starts at {first * 1e-6:.9g} ms and so "
            "misses the autopilot's ticks at whole 10 ms: let it start at a multiple of "
            f"{period * 1e-6:.9g} ms"
        )
    return ""


def nozzle_thrusts_n(mission: Mission) -> list[float]:
    """Return each nozzle's thrust [N]: twice that of the one before, the engine's together.

    Returns
    -------
    list of float
        `NOZZLES` of them, the smallest first.
    """
    smallest = mission.vehicle.engine.thrust_max_n / (2**NOZZLES - 1)
    return [smallest * 2.0**k for k in range(NOZZLES)]


def hub_state(
    frame: SiteFrame,
    r_site: npt.ArrayLike,
    v_site: npt.ArrayLike,
    q_site_body: npt.ArrayLike,
    t_s: float = 0.0,
) -> tuple[Array, Array, Array]:
    """Turn a state in `site` into Basilisk's r_CN_N [m], v_CN_N [m/s] and sigma_BN.

    Parameters
    ----------
    frame : SiteFrame
        The site.
    r_site, v_site : array_like, (3,)
        Centre of mass [m], and its velocity relative to the turning Moon [m/s].
    q_site_body : array_like, (4,)
        Scalar first, rotates body into site.
    t_s : float
        Time since N and the Moon-fixed axes coincided [s].

    Returns
    -------
    r_CN_N, v_CN_N, sigma_BN : ndarray, (3,)
        sigma_BN is the short one of the two sets of MRPs.
    """
    r_n, v_n = frame.to_inertial(r_site, v_site, t_s)
    # The axes of the body in site components, then in N
    axes_n, _ = frame.to_inertial(rotation_matrix(q_site_body).T + frame.centre_site, 0.0, t_s)
    return r_n, v_n, mrp_of(quaternion_of_axes(*axes_n))


def mrp_of(q: npt.ArrayLike) -> Array:
    """Return the modified Rodrigues parameters of a scalar-first quaternion, at most 1 long.

    Returns
    -------
    ndarray, (3,)
        The short one of the two sets.
    """
    unit = np.asarray(q, np.float64) / np.linalg.norm(q)
    short: Array = unit if unit[0] >= 0.0 else -unit
    sigma: Array = short[1:] / (1.0 + short[0])
    return sigma


def _offsets() -> dict[str, Any]:
    """Return where the fields begin that the C function reads and writes [bytes]."""
    places = {}
    for message, names in (_READ | _WRITTEN).items():
        fields = _PAYLOADS[message].__dtype__.fields
        for name in names:
            if fields[name][0].base != np.float64:
                raise TypeError(f"{message}.{name} is no double: this Basilisk is not known")
            places[name] = int(fields[name][1])
    return places
