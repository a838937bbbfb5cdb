"""The flight to compare simulators by: ours, with all that differs between them left out.

Central gravity over a turning sphere, perfect sensors, the autopilot's torque obeyed as it is, and
the flight over where the base reaches the level of the site. Engine lag and ignition stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farside.dynamics import build_vehicle, without_troubles
from farside.dynamics.site_gravity import moon_numbers
from farside.ext.common._records import TICK_S
from farside.ext.loop._ideal import IdealPlant
from farside.flight.assembly import site_frame
from farside.flight.inputs import nominal_inputs
from farside.flight.start import start
from farside.flight.track import base_of
from farside.guidance import Autopilot
from farside.guidance.records import COMMAND, ESTIMATE
from farside.mission import Mission, MissionError, SiteFrame

Array = NDArray[np.float64]

#: A flight that has not ended by then never will [ticks]: half an hour.
TICKS_MAX = 180_000

#: A tick of a compared flight: what the autopilot read and what it answered.
HISTORY = np.dtype([("tick", "i8"), ("estimate", ESTIMATE), ("command", COMMAND)])


@dataclass(frozen=True)
class IdealStart:
    """Where every compared flight starts: SI, site frame, nothing dispersed.

    q_site_body turns body into site components, scalar first; omega_body is against inertial
    space; v_site is relative to the turning Moon; r_site is the centre of mass.
    """

    r_site: Array
    v_site: Array
    q_site_body: Array
    omega_body: Array
    mass_kg: float

    def numbers(self) -> dict[str, Any]:
        """Return the members as the kernels take them.

        Returns
        -------
        dict
            Lists of float by name, and mass_kg.
        """
        return {
            "r_site": self.r_site.tolist(),
            "v_site": self.v_site.tolist(),
            "q_site_body": self.q_site_body.tolist(),
            "omega_body": self.omega_body.tolist(),
            "mass_kg": self.mass_kg,
        }


@dataclass(frozen=True)
class IdealFlight:
    """A flight from powered-descent initiation to the level of the site.

    r_site [m] is where the base is at the end, v_site [m/s] how fast; the end lies between two
    ticks, on the line of the two before. history is a structured array of `HISTORY`.
    """

    time_s: float
    propellant_kg: float
    r_site: Array
    v_site: Array
    history: NDArray[np.void]


def central_moon(frame: SiteFrame) -> dict[str, Any]:
    """Return the Moon of a site as a point mass.

    Returns
    -------
    dict
        The members of the struct `Moon`, with J2 = C22 = 0.
    """
    return {**moon_numbers(frame), "j2": 0.0, "c22": 0.0}


def ideal_start(mission: Mission, autopilot: Autopilot | None = None) -> IdealStart:
    """Return the state at powered-descent initiation, as the mission plans it.

    Parameters
    ----------
    mission : Mission
    autopilot : Autopilot, optional
        One of this mission, so that braking is not planned twice.

    Returns
    -------
    IdealStart
        SI, site frame, nothing dispersed.

    Raises
    ------
    MissionError
        For a lander with a motor that is dropped: the ideal world has none.
    """
    if mission.vehicle.retro is not None:
        raise MissionError(
            f"{mission.name}: vehicle.retro: a motor that is dropped is flown by farside land, the "
            "C library, the FMUs and Gymnasium alone"
        )
    autopilot = autopilot or Autopilot(mission)
    first = start(mission, site_frame(mission), autopilot.plan, nominal_inputs(mission))
    return IdealStart(
        r_site=np.array(first.r_site),
        v_site=np.array(first.v_site),
        q_site_body=np.array(first.q_site_body),
        omega_body=np.array(first.omega_body),
        mass_kg=mission.vehicle.descent_mass_kg,
    )


def concluded(mission: Mission, history: NDArray[np.void], tick_s: float = TICK_S) -> IdealFlight:
    """Find where the last two rows above the level lead to; the last row of all is below it.

    What legs do within the last tick is so left out. A line for a fall through one tick is wrong by
    0.1 mm.

    Returns
    -------
    IdealFlight
        Its end on the line through those two rows.
    """
    before, after = history["estimate"][-3], history["estimate"][-2]
    share = before["height_m"] / (before["height_m"] - after["height_m"])

    def between(a: Any, b: Any) -> Any:
        return a + share * (b - a)

    return IdealFlight(
        time_s=float((history["tick"][-3] + share) * tick_s),
        propellant_kg=float(
            mission.vehicle.descent_mass_kg - between(before["mass_kg"], after["mass_kg"])
        ),
        r_site=between(base_of(mission, before), base_of(mission, after)),
        v_site=between(before["v_site"], after["v_site"]),
        history=history,
    )


def ideal_flight(mission: Mission) -> IdealFlight:
    """Fly a mission without imaging, perfectly sensed and obeyed, to the level of its site.

    Returns
    -------
    IdealFlight

    Raises
    ------
    RuntimeError
        If the lander has not come down within half an hour.
    """
    autopilot = Autopilot(mission)
    autopilot.retarget((0.0, 0.0, 0.0))
    first = ideal_start(mission, autopilot)
    plant = IdealPlant(
        without_troubles(build_vehicle(mission)), central_moon(site_frame(mission)), first.numbers()
    )
    history = np.zeros(TICKS_MAX, HISTORY)
    for k in range(TICKS_MAX):
        plant.observe(autopilot.estimate)
        history[k] = (k, autopilot.estimate[0], autopilot.command[0])
        if autopilot.estimate["contact"][0]:
            return concluded(mission, history[: k + 1].copy())
        history["command"][k] = autopilot.tick(k)[0]
        plant.step(autopilot.command)
    raise RuntimeError(f"{mission.name} has not come down in {TICKS_MAX * TICK_S:.0f} s")
