"""The start of a flight: what is dispersed, where the lander truly is, and what it believes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farside.dynamics import Dispersion
from farside.guidance import BrakingPlan
from farside.guidance.braking import arrival_axes
from farside.mission import Mission, SiteFrame
from farside.sensors.streams import DISPERSIONS, draw_normals


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


def start(mission: Mission, frame: SiteFrame, plan: BrakingPlan, seed: int, nominal: bool) -> Start:
    """Draw the dispersions of a seed about the planned start of braking; none when nominal.

    Each axis (east, north, up of the site's frame) is drawn on its own, the mission's figures being
    3 sigma.
    """
    spread = mission.dispersions
    draws = np.zeros(15) if nominal else draw_normals(seed, DISPERSIONS, 15) / 3.0
    r = plan.r_site + spread.position_m * draws[0:3]
    v = plan.v_site + spread.velocity_mps * draws[3:6]
    percent = 0.01 * draws[12:15]
    return Start(
        r_site=r,
        v_site=v,
        q_site_body=braking_attitude(mission, frame, plan),
        omega_body=np.zeros(3),
        known_r_site=r + spread.knowledge_position_m * draws[6:9],
        known_v_site=v + spread.knowledge_velocity_mps * draws[9:12],
        vehicle=Dispersion(
            mass=1.0 + float(spread.mass_percent * percent[0]),
            thrust=1.0 + float(spread.thrust_percent * percent[1]),
            isp=1.0 + float(spread.isp_percent * percent[2]),
        ),
    )


def braking_attitude(mission: Mission, frame: SiteFrame, plan: BrakingPlan) -> NDArray[np.float64]:
    """Give q_site_body with the engine against the motion and body x towards the ground."""
    rho = plan.r_site - frame.centre_site
    up = rho / np.linalg.norm(rho)
    along, _ = arrival_axes(mission)
    back = -(along - (along @ up) * up)
    back /= np.linalg.norm(back)
    thrust = back + plan.unknowns[0] * up
    thrust /= np.linalg.norm(thrust)
    down = -up + (up @ thrust) * thrust
    down /= np.linalg.norm(down)
    axes = np.column_stack([down, np.cross(thrust, down), thrust])
    # scipy.spatial takes 0.2 s to import; a rotation's quaternion is the eigenvector of one matrix.
    w = np.array(
        [
            axes[0, 0] + axes[1, 1] + axes[2, 2],
            axes[2, 1] - axes[1, 2],
            axes[0, 2] - axes[2, 0],
            axes[1, 0] - axes[0, 1],
        ]
    )
    k = np.zeros((4, 4))
    k[0, 0] = w[0]
    k[0, 1:] = k[1:, 0] = w[1:]
    k[1:, 1:] = axes + axes.T - np.trace(axes) * np.eye(3)
    values, vectors = np.linalg.eigh(k)
    q: NDArray[np.float64] = vectors[:, int(np.argmax(values))]
    return q if q[0] >= 0.0 else -q
