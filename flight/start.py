"""The start of a flight: what is dispersed, where the lander truly is, and what it believes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.dynamics import Dispersion
from farside.flight.inputs import Inputs
from farside.guidance import BrakingPlan
from farside.mission import Mission, SiteFrame
from farside.mission.attitude import quaternion_of_axes
from farside.mission.frames import arrival_axes
from farside.mission.spread import Spread


@dataclass(frozen=True)
class Start:
    """The first state, true and believed: site frame, SI."""

    r_site: NDArray[np.float64]
    v_site: NDArray[np.float64]
    q_site_body: NDArray[np.float64]
    omega_body: NDArray[np.float64]
    known_r_site: NDArray[np.float64]
    known_v_site: NDArray[np.float64]
    known_q_site_body: NDArray[np.float64]
    vehicle: Dispersion


def start(mission: Mission, frame: SiteFrame, plan: BrakingPlan, inputs: Inputs) -> Start:
    """Return the start that a flight's inputs make of the planned start of braking."""
    spread = mission.dispersions
    off_r, off_v = inputs.axes("position", "m"), inputs.axes("velocity", "mps")
    known_r = inputs.axes("knowledge_position", "m")
    known_v = inputs.axes("knowledge_velocity", "mps")
    if spread.radial_along_correlation:
        axes = local_axes(mission, frame, plan)
        spreads = (spread.position_m, spread.velocity_mps)
        off_v = correlated(off_r, off_v, spreads, spread.radial_along_correlation, axes)
    if spread.knowledge_radial_along_correlation:
        axes = local_axes(mission, frame, plan)
        spreads = (spread.knowledge_position_m, spread.knowledge_velocity_mps)
        rho = spread.knowledge_radial_along_correlation
        known_v = correlated(known_r, known_v, spreads, rho, axes)
    r = plan.r_site + off_r
    v = plan.v_site + off_v
    q = braking_attitude(mission, frame, plan)
    return Start(
        r_site=r,
        v_site=v,
        q_site_body=q,
        omega_body=np.zeros(3),
        known_r_site=r + known_r,
        known_v_site=v + known_v,
        known_q_site_body=turned_by(q, inputs.axes("knowledge_attitude", "deg", "x y z")),
        vehicle=built(inputs),
    )


def turned_by(q: NDArray[np.float64], axes_deg: list[float]) -> NDArray[np.float64]:
    """Return an attitude turned by a rotation vector in body axes [deg], of 30 deg each at most.

    By the unit quaternion whose vector part is half of it, which is the turn but for its cube over
    24; zeros leave the attitude as it is.
    """
    if not any(axes_deg):
        return q
    x, y, z = (0.5 * math.radians(angle) for angle in axes_deg)
    w = math.sqrt(1.0 - (x * x + y * y + z * z))
    a, b, c, d = (float(part) for part in q)
    return np.array(
        [
            a * w - b * x - c * y - d * z,
            a * x + b * w + c * z - d * y,
            a * y - b * z + c * w + d * x,
            a * z + b * y - c * x + d * w,
        ]
    )


def local_axes(
    mission: Mission, frame: SiteFrame, plan: BrakingPlan
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the vertical and the horizontal along-track direction at initiation, site axes."""
    up = _unit(plan.r_site - frame.centre_site)
    along, _ = arrival_axes(mission.orbit.arrival_azimuth_deg)
    return up, _unit(along - _dot(along, up) * up)


def correlated(
    position: Sequence[float],
    velocity: Sequence[float],
    spreads: tuple[Spread, Spread],
    rho: float,
    axes: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> list[float]:
    """Return a velocity error that goes with a position error, as that of an orbit does.

    An orbit that is too high is too slow, and one that is ahead sinks: radial position goes with
    along-track velocity, along-track position with radial velocity. Of independent normal draws p
    and v with deviations s_p and s_v, each axis of v of the pair becomes

        v' = rho (s_v / s_p) p + sqrt(1 - rho^2) v,

    which has the deviation s_v and the correlation rho with p (Cholesky factor of two variables).
    The draws are alike along every axis, so they may be taken along the local ones.

    Parameters
    ----------
    position, velocity : sequence of float (3,)
        Independent draws [m], [m/s], site axes.
    spreads : tuple of Spread
        That they were drawn from: normal.
    rho : float
        Correlation, between -1 and 1.
    axes : tuple of (3,) arrays
        Vertical and along-track direction.
    """
    s_p, s_v = (spread.sigma for spread in spreads)
    p = np.array(position) - spreads[0].offset
    v = np.array(velocity) - spreads[1].offset
    up, along = axes
    own = math.sqrt(1.0 - rho * rho)
    turned = v
    for of_p, of_v in ((up, along), (along, up)):
        was = _dot(v, of_v)
        turned = turned + (rho * (s_v / s_p) * _dot(p, of_p) + own * was - was) * of_v
    mixed: list[float] = (turned + spreads[1].offset).tolist()
    return mixed


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
    """Return q_site_body with the engine against the motion and body x towards the ground.

    A first row that holds begins against the whole motion: a motor that is dropped, or a fall from
    afar. Else the engine is level but for what braking has planned.
    """
    up = _unit(plan.r_site - frame.centre_site)
    along, _ = arrival_axes(mission.orbit.arrival_azimuth_deg)
    back = _unit(_dot(along, up) * up - along)
    thrust = _unit(back + plan.unknowns[0] * up)
    if mission.phases[0].law == "hold":
        thrust = _unit(-plan.v_site)
    down = _dot(up, thrust) * thrust - up
    # straight up no side faces the ground: body x then looks back along the arrival
    down = _unit(down if _dot(down, down) > 1e-12 else back)
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
