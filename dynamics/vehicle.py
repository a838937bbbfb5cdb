"""The lander as built: a mission's vehicle with its dispersions, in the numbers of the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from farside.ext.common._random import elementary
from farside.ext.common._records import TICK_S
from farside.mission import Mission
from farside.mission.moon import STANDARD_GRAVITY_MPS2

MAX_POINTS = 32

# What may touch the ground beside the pads; heights are above the plane of the footpads.
# Ours, after the proportions of Chang'e 5's lander with its ascender (3.8 m high on 4.8 m of legs).
NOZZLE_RADIUS_M = 0.50
DECK_HALF_WIDTH_M = 1.10
DECK_HEIGHT_M = 1.10
TOP_HALF_WIDTH_M = 0.70
TOP_HEIGHT_M = 3.80
# A point of the body, or a leg crushed to its stop, gives 10 cm under 100 kN: ours.
BODY_STIFFNESS_NPM = 1.0e6
BODY_DAMPING_NSPM = 2.0e4


@dataclass(frozen=True)
class Dispersion:
    """How the lander that flies differs from the one on paper.

    Parameters
    ----------
    mass, thrust, isp : float
        True over nominal: descent mass (the structure takes the difference, not the tanks), engine
        thrust for a command, engine specific impulse.
    com_offset_m : tuple of float
        Centre of mass off the thrust axis, body x and y, added to the mission's [m].
    com_height_m : float
        Added to the height of the centre of mass above the footpads [m].
    inertia : tuple of float
        True over nominal, of each principal moment.
    lag : float
        True over nominal, of the main engine's time constant.
    ignition_delay_s : float
        Added to the mission's [s], in whole ticks; the sum is never below nothing.
    """

    mass: float = 1.0
    thrust: float = 1.0
    isp: float = 1.0
    com_offset_m: tuple[float, float] = (0.0, 0.0)
    com_height_m: float = 0.0
    inertia: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lag: float = 1.0
    ignition_delay_s: float = 0.0


NOMINAL = Dispersion()


def contact_points(mission: Mission) -> tuple[list[tuple[float, float, float]], int]:
    """Places that can touch the ground, base frame [m], footpads first; and how many are belly.

    Footpads stand evenly round the thrust axis, half a spacing off body x (ours). The belly is the
    rim of the nozzle and its centre.
    """
    legs = mission.vehicle.legs
    turns = [(k + 0.5) / legs.count for k in range(legs.count)]
    pads = [_on_circle(turn, 0.5 * legs.span_m, 0.0) for turn in turns]
    belly = [_on_circle(k / 8.0, NOZZLE_RADIUS_M, legs.belly_clearance_m) for k in range(8)]
    belly.append((0.0, 0.0, legs.belly_clearance_m))
    corners = [
        (sx * half, sy * half, height)
        for half, height in ((DECK_HALF_WIDTH_M, DECK_HEIGHT_M), (TOP_HALF_WIDTH_M, TOP_HEIGHT_M))
        for sx in (1.0, -1.0)
        for sy in (1.0, -1.0)
    ]
    return pads + belly + corners, len(belly)


def build_vehicle(mission: Mission, dispersion: Dispersion = NOMINAL) -> dict[str, Any]:
    """Turn a mission's vehicle into the `Vehicle` struct of ext/dynamics/vehicle.pxd.

    Parameters
    ----------
    mission : Mission
        What was designed.
    dispersion : Dispersion, optional
        What differs from the design; nothing by default.

    Returns
    -------
    dict
        One entry for each member of the struct, SI units.
    """
    vehicle = mission.vehicle
    engine, body, thrusters, legs = vehicle.engine, vehicle.body, vehicle.thrusters, vehicle.legs
    points, belly_points = contact_points(mission)
    full_kg = vehicle.descent_mass_kg * dispersion.mass
    thruster_exhaust_mps = thrusters.isp_s * STANDARD_GRAVITY_MPS2
    # A couple is two thrusters: torque 2 F arm, propellant 2 F / (Isp g0).
    return {
        "mass_full_kg": full_kg,
        "mass_dry_kg": full_kg - vehicle.usable_propellant_kg,
        "inertia_full_kgm2": _times(body.inertia_full_kgm2, dispersion.inertia),
        "inertia_dry_kgm2": _times(body.inertia_dry_kgm2, dispersion.inertia),
        "com_height_full_m": body.com_height_full_m + dispersion.com_height_m,
        "com_height_dry_m": body.com_height_dry_m + dispersion.com_height_m,
        "com_offset_m": [
            nominal + off
            for nominal, off in zip(body.com_offset_m, dispersion.com_offset_m, strict=True)
        ],
        "thrust_max_n": engine.thrust_max_n,
        "thrust_min_n": engine.thrust_min_n,
        "thrust_scale": dispersion.thrust,
        "exhaust_mps": engine.isp_s * dispersion.isp * STANDARD_GRAVITY_MPS2,
        "lag_s": engine.lag_s * dispersion.lag,
        "ignition_ticks": max(
            0, round((engine.ignition_delay_s + dispersion.ignition_delay_s) / TICK_S)
        ),
        "large_torque_nm": 2.0 * thrusters.large_n * thrusters.large_arm_m,
        "small_torque_nm": 2.0 * thrusters.small_n * thrusters.small_arm_m,
        "large_flow_kgps": 2.0 * thrusters.large_n / thruster_exhaust_mps,
        "small_flow_kgps": 2.0 * thrusters.small_n / thruster_exhaust_mps,
        "large_pulse_ticks": _whole_ticks(thrusters.large_min_pulse_s),
        "small_pulse_ticks": _whole_ticks(thrusters.small_min_pulse_s),
        "legs": legs.count,
        "pad_radius_m": 0.5 * legs.pad_m,
        "stroke_m": legs.stroke_m,
        "crush_force_n": legs.crush_force_n,
        "stiffness_npm": legs.stiffness_npm,
        "damping_nspm": legs.damping_nspm,
        "friction": legs.friction,
        "body_stiffness_npm": BODY_STIFFNESS_NPM,
        "body_damping_nspm": BODY_DAMPING_NSPM,
        "belly_points": belly_points,
        "points": len(points),
        "point_base_m": [
            value
            for point in points + [(0.0, 0.0, 0.0)] * (MAX_POINTS - len(points))
            for value in point
        ],
    }


def _times(nominal: Sequence[float], scale: Sequence[float]) -> list[float]:
    """Scale each by its own."""
    return [value * by for value, by in zip(nominal, scale, strict=True)]


def _on_circle(turn: float, radius_m: float, height_m: float) -> tuple[float, float, float]:
    """Return the point at a share of a turn from body x, with the same bits on any CPU."""
    angle = np.array([2.0 * math.pi * turn])
    sine, cosine = np.empty(1), np.empty(1)
    elementary("sin", angle, sine)
    elementary("cos", angle, cosine)
    return radius_m * float(cosine[0]), radius_m * float(sine[0]), height_m


def _whole_ticks(seconds: float) -> int:
    """Round a shortest burn up to whole ticks, at least one; a hair over a tick is that tick."""
    return max(1, math.ceil(seconds / TICK_S - 1e-6))
