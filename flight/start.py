"""The start of a flight: what is dispersed, where the lander truly is, and what it believes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.dynamics import Dispersion
from farside.flight.inputs import Inputs
from farside.guidance import BrakingPlan
from farside.mission import Mission, SiteFrame
from farside.mission.attitude import quaternion_of_axes
from farside.mission.frames import arrival_axes


@dataclass(frozen=True)
class Start:
    """The first state, true and believed: site frame, SI."""

    r_site: NDArray[np.float64]
    v_site: NDArray[np.float64]
    q_site_body: NDArray[np.float64]
    omega_body: NDArray[np.float64]
    known_r_site: NDArray[np.float64]
    known_v_site: NDArray[np.float64]
    vehicle: Dispersion


def start(mission: Mission, frame: SiteFrame, plan: BrakingPlan, inputs: Inputs) -> Start:
    """Return the start that a flight's inputs make of the planned start of braking."""
    r = plan.r_site + inputs.axes("position", "m")
    v = plan.v_site + inputs.axes("velocity", "mps")
    return Start(
        r_site=r,
        v_site=v,
        q_site_body=braking_attitude(mission, frame, plan),
        omega_body=np.zeros(3),
        known_r_site=r + inputs.axes("knowledge_position", "m"),
        known_v_site=v + inputs.axes("knowledge_velocity", "mps"),
        vehicle=built(inputs),
    )


def built(inputs: Inputs) -> Dispersion:
    """Return the lander as the inputs build it."""
    x, y, z = (1.0 + 0.01 * inputs[f"inertia_{axis}_percent"] for axis in "xyz")
    pair = [0.01 * inputs[f"thrusters_{axis}_percent"] for axis in "xyz"]
    return Dispersion(
        mass=1.0 + 0.01 * inputs["mass_percent"],
        thrust=1.0 + 0.01 * inputs["thrust_percent"],
        isp=1.0 + 0.01 * inputs["isp_percent"],
        com_offset_m=(inputs["com_x_m"], inputs["com_y_m"]),
        com_height_m=inputs["com_z_m"],
        inertia=(x, y, z),
        lag=1.0 + 0.01 * inputs["lag_percent"],
        ignition_delay_s=inputs["ignition_delay_s"],
        thrust_turn_deg=(inputs["thrust_turn_x_deg"], inputs["thrust_turn_y_deg"]),
        thrust_line_m=(inputs["thrust_line_x_m"], inputs["thrust_line_y_m"]),
        imbalance=(pair[0], pair[1], pair[2]),
    )


def braking_attitude(mission: Mission, frame: SiteFrame, plan: BrakingPlan) -> NDArray[np.float64]:
    """Return q_site_body with the engine against the motion and body x towards the ground."""
    up = _unit(plan.r_site - frame.centre_site)
    along, _ = arrival_axes(mission.orbit.arrival_azimuth_deg)
    back = _unit(_dot(along, up) * up - along)
    thrust = _unit(back + plan.unknowns[0] * up)
    down = _unit(_dot(up, thrust) * thrust - up)
    across = np.array(
        [
            thrust[1] * down[2] - thrust[2] * down[1],
            thrust[2] * down[0] - thrust[0] * down[2],
            thrust[0] * down[1] - thrust[1] * down[0],
        ]
    )
    return quaternion_of_axes(down, across, thrust)


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the product of two vectors, summed in order."""
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


def _unit(a: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a vector's direction."""
    return a / math.sqrt(_dot(a, a))
