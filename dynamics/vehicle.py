"""The lander as built: a mission's vehicle with its dispersions, in the numbers of the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from farside.ext.common._random import elementary
from farside.ext.common._records import TICK_S
from farside.ext.common.errors import FarsideError
from farside.mission import Mission
from farside.mission.legs import Foot
from farside.mission.moon import STANDARD_GRAVITY_MPS2
from farside.mission.retro import retro_numbers

MAX_LEGS = 8
MAX_POINTS = 32
MAX_TANKS = 2

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
# The ascent engine's throat below its stage's centre of mass [m]: ours.
ASCENT_ARM_M = 0.8
# What its noise's key differs by from the descent engine's.
ASCENT_NOISE = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Dispersion:
    """How the lander that flies differs from the one on paper.

    Parameters
    ----------
    mass, thrust, isp : float
        True over nominal [-]: descent mass (the structure takes the difference, not the tanks),
        engine thrust for a command, engine specific impulse.
    com_offset_m : tuple of float
        Centre of mass off the thrust axis, body x and y, added to the mission's [m].
    com_height_m : float
        Added to the height of the centre of mass above the footpads [m].
    inertia : tuple of float
        True over nominal, of each principal moment [-].
    lag : float
        True over nominal, of the main engine's time constant [-].
    ignition_delay_s : float
        Added to the mission's [s], in whole ticks; the sum is never below nothing.
    thrust_turn_deg : tuple of float
        Small turns about body x and y of the thrust off body z [deg].
    thrust_line_m : tuple of float
        The thrust's line off the geometric axis at the throat, body x and y [m].
    imbalance : tuple of float
        Of the two thrusts of a couple about body x, y and z: difference over sum [-].

    Examples
    --------
    >>> from farside.dynamics import Dispersion, build_vehicle
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chang-e-6")
    >>> heavy = build_vehicle(mission, Dispersion(mass=1.01))
    >>> round(heavy["mass_full_kg"], 1), round(heavy["mass_dry_kg"], 1)  # 37.3 kg of structure
    (3767.3, 1707.3)
    """

    mass: float = 1.0
    thrust: float = 1.0
    isp: float = 1.0
    com_offset_m: tuple[float, float] = (0.0, 0.0)
    com_height_m: float = 0.0
    inertia: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lag: float = 1.0
    ignition_delay_s: float = 0.0
    thrust_turn_deg: tuple[float, float] = (0.0, 0.0)
    thrust_line_m: tuple[float, float] = (0.0, 0.0)
    imbalance: tuple[float, float, float] = (0.0, 0.0, 0.0)


NOMINAL = Dispersion()


def contact_points(mission: Mission) -> tuple[list[tuple[float, float, float]], int]:
    """Places that can touch the ground, base frame [m], footpads first; and how many are belly.

    Footpads stand at their feet, or evenly round the thrust axis, half a spacing off body x (ours).
    The belly is the rim of the nozzle and its centre.
    """
    legs, hull = mission.vehicle.legs, mission.vehicle.hull
    turns = [(k + 0.5) / legs.count for k in range(legs.count)]
    pads = [foot.at_m for foot in legs.feet]
    pads = pads or [_on_circle(turn, 0.5 * legs.span_m, 0.0) for turn in turns]
    radius_m = hull.nozzle_radius_m if hull else NOZZLE_RADIUS_M
    belly = [_on_circle(k / 8.0, radius_m, legs.belly_clearance_m) for k in range(8)]
    belly.append((0.0, 0.0, legs.belly_clearance_m))
    corners = [
        (sx * half, sy * half, height)
        for half, height in ((DECK_HALF_WIDTH_M, DECK_HEIGHT_M), (TOP_HALF_WIDTH_M, TOP_HEIGHT_M))
        for sx in (1.0, -1.0)
        for sy in (1.0, -1.0)
    ]
    return pads + belly + (hull.corners if hull else corners), len(belly)


def build_vehicle(
    mission: Mission, dispersion: Dispersion = NOMINAL, noise_key: int | None = None
) -> dict[str, Any]:
    """Turn a mission's vehicle into the `Vehicle` struct of ext/dynamics/vehicle.pxd.

    Parameters
    ----------
    mission : Mission
        What was designed.
    dispersion : Dispersion, optional
        What differs from the design; nothing by default.
    noise_key : int, optional
        Of the stream of the thrust's noise, below 2^64; without one there is no noise.

    Returns
    -------
    dict
        One entry for each member of the struct, SI units.

    Examples
    --------
    >>> from farside.dynamics import build_vehicle
    >>> from farside.mission import load_mission
    >>> vehicle = build_vehicle(load_mission("chang-e-6"))
    >>> vehicle["mass_full_kg"], vehicle["mass_dry_kg"], vehicle["legs"]
    (3730.0, 1670.0, 4)
    """
    return {
        **_body(mission, dispersion),
        **_engine(mission, dispersion, noise_key),
        **_thrusters(mission, dispersion),
        **_legs(mission),
    }


def ascent_vehicle(mission: Mission, whole: dict[str, Any]) -> dict[str, Any]:
    """Return the ascent stage of a built lander alone.

    Its engine strays from its design as the descent engine does: thrust, specific impulse, lag,
    direction and noise, this from another stream. Its thrusters are the lander's. It has neither
    legs nor sloshing liquid; its points are those of the lander's body.

    Parameters
    ----------
    mission : Mission
        One with `[vehicle.ascent]`.
    whole : dict
        The lander, of `build_vehicle`.

    Returns
    -------
    dict
        The struct `Vehicle` by the names of its members.
    """
    vehicle, stage = mission.vehicle, mission.vehicle.ascent
    if stage is None:
        raise FarsideError("a lander without [vehicle.ascent] has no ascent stage")
    strays = whole["exhaust_mps"] / (vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2)
    exhaust_mps = strays * stage.isp_s * STANDARD_GRAVITY_MPS2
    full, dry = vehicle.ascent_inertia_kgm2
    height_m = vehicle.ascent_com_height_m
    first = 3 * (whole["legs"] + whole["belly_points"])
    places = whole["point_base_m"][first : 3 * whole["points"]]
    return {
        **without_troubles(whole),
        "thrust_axis_body": whole["thrust_axis_body"],
        "noise_share": whole["noise_share"],
        "noise_key": whole["noise_key"] ^ ASCENT_NOISE,
        "imbalance": whole["imbalance"],
        "large_rise_s": whole["large_rise_s"],
        "small_rise_s": whole["small_rise_s"],
        "mass_full_kg": stage.mass_kg,
        "mass_dry_kg": stage.mass_kg - stage.propellant_kg,
        "inertia_full_kgm2": list(full),
        "inertia_dry_kgm2": list(dry),
        "com_height_full_m": height_m,
        "com_height_dry_m": height_m,
        "com_offset_m": [0.0, 0.0],
        "thrust_max_n": stage.thrust_n,
        "thrust_min_n": stage.thrust_n,
        "exhaust_mps": exhaust_mps,
        "exhaust_least_mps": exhaust_mps,
        "cluster_radius_m": 0.0,
        "retro": retro_numbers(None),
        # the delay from parting to ignition is guidance's to keep
        "ignition_ticks": 0,
        "thrust_at_base_m": [0.0, 0.0, height_m - ASCENT_ARM_M],
        "legs": 0,
        "belly_points": 0,
        "points": len(places) // 3,
        "point_base_m": [*places, *[0.0] * (3 * MAX_POINTS - len(places))],
    }


def without_troubles(vehicle: dict[str, Any]) -> dict[str, Any]:
    """Return a built lander that answers at once and whole, its liquid held, on rigid ground.

    Thrust along body z through the geometric axis, without steps, rate, overshoot, noise or fall of
    the specific impulse; thrusters without rise and alike; a centre of mass that stays sideways
    where it is, principal axes along the body's.

    Parameters
    ----------
    vehicle : dict
        Of `build_vehicle`.

    Returns
    -------
    dict
        The same members.

    Examples
    --------
    >>> from farside.dynamics import build_vehicle, without_troubles
    >>> from farside.mission import load_mission
    >>> vehicle = build_vehicle(load_mission("chang-e-6"))
    >>> vehicle["throttle_step_n"], vehicle["tanks"]
    (7.5, 2)
    >>> ideal = without_troubles(vehicle)
    >>> ideal["throttle_step_n"], ideal["tanks"]
    (0.0, 0)
    """
    return {
        **vehicle,
        "com_shift_m": [0.0, 0.0],
        "products_full_kgm2": [0.0, 0.0, 0.0],
        "products_dry_kgm2": [0.0, 0.0, 0.0],
        "exhaust_least_mps": vehicle["exhaust_mps"],
        "thrust_axis_body": [0.0, 0.0, 1.0],
        "thrust_at_base_m": [0.0, 0.0, vehicle["thrust_at_base_m"][2]],
        "throttle_step_n": 0.0,
        "throttle_rate_nps": 0.0,
        "overshoot": 0.0,
        "noise_share": 0.0,
        "large_rise_s": 0.0,
        "small_rise_s": 0.0,
        "imbalance": [0.0, 0.0, 0.0],
        "tanks": 0,
        "bearing_npmn": 0.0,
    }


def _body(mission: Mission, dispersion: Dispersion) -> dict[str, Any]:
    """Return mass properties, and the liquid in them."""
    vehicle = mission.vehicle
    body, tanks = vehicle.body, vehicle.slosh.tanks
    full_kg = vehicle.descent_mass_kg * dispersion.mass
    dry_offset_m = body.com_offset_m if body.com_offset_dry_m is None else body.com_offset_dry_m
    # a product goes with the moments of both its axes
    x, y, z = (math.sqrt(scale) for scale in dispersion.inertia)
    products = (x * y, x * z, y * z)
    if len(tanks) == 1:
        # two halves swing as one
        tanks = (replace(tanks[0], liquid_kg=0.5 * tanks[0].liquid_kg),) * 2
    groups = [
        {
            "liquid_full_kg": tank.liquid_kg,
            "radius_m": tank.radius_m,
            "depth_full_m": tank.depth_m,
            "bottom_base_m": tank.bottom_m,
            "damping_ratio": tank.damping_ratio,
        }
        for tank in tanks
    ]
    nothing = dict.fromkeys(
        ("liquid_full_kg", "radius_m", "depth_full_m", "bottom_base_m", "damping_ratio"), 0.0
    )
    return {
        "mass_full_kg": full_kg,
        "retro": retro_numbers(vehicle.retro),
        "mass_dry_kg": full_kg - vehicle.usable_propellant_kg,
        "inertia_full_kgm2": _times(body.inertia_full_kgm2, dispersion.inertia),
        "inertia_dry_kgm2": _times(body.inertia_dry_kgm2, dispersion.inertia),
        "products_full_kgm2": _times(body.products_full_kgm2, products),
        "products_dry_kgm2": _times(body.products_dry_kgm2, products),
        "com_height_full_m": body.com_height_full_m + dispersion.com_height_m,
        "com_height_dry_m": body.com_height_dry_m + dispersion.com_height_m,
        "com_offset_m": _plus(body.com_offset_m, dispersion.com_offset_m),
        "com_shift_m": [
            dry - full for full, dry in zip(body.com_offset_m, dry_offset_m, strict=True)
        ],
        "tanks": len(groups),
        "tank": groups + [nothing] * (MAX_TANKS - len(groups)),
    }


def _engine(mission: Mission, dispersion: Dispersion, noise_key: int | None) -> dict[str, Any]:
    """Return the main engine."""
    engine, legs = mission.vehicle.engine, mission.vehicle.legs
    isp_least_s = engine.isp_s if engine.isp_least_s is None else engine.isp_least_s
    throat_m = engine.throat_height_m
    about_x, about_y = (math.radians(angle) for angle in dispersion.thrust_turn_deg)
    along = math.sqrt(1.0 + about_x * about_x + about_y * about_y)
    return {
        "thrust_max_n": engine.thrust_max_n,
        "thrust_min_n": engine.thrust_min_n,
        "thrust_scale": dispersion.thrust,
        "exhaust_mps": engine.isp_s * dispersion.isp * STANDARD_GRAVITY_MPS2,
        "exhaust_least_mps": isp_least_s * dispersion.isp * STANDARD_GRAVITY_MPS2,
        "lag_s": engine.lag_s * dispersion.lag,
        "ignition_ticks": max(
            0, round((engine.ignition_delay_s + dispersion.ignition_delay_s) / TICK_S)
        ),
        "thrust_axis_body": [about_y / along, -about_x / along, 1.0 / along],
        "thrust_at_base_m": [
            *dispersion.thrust_line_m,
            legs.belly_clearance_m if throat_m is None else throat_m,
        ],
        "throttle_step_n": engine.throttle_step_n,
        "throttle_rate_nps": engine.throttle_rate_nps,
        "overshoot": engine.overshoot,
        "overshoot_s": engine.overshoot_s,
        "noise_share": 0.0 if noise_key is None else 0.01 * engine.noise_percent,
        "noise_hz": engine.noise_hz,
        "noise_key": 0 if noise_key is None else noise_key,
        "cluster_radius_m": engine.cluster.radius_m if engine.cluster else 0.0,
        "differential_share": engine.cluster.differential_share if engine.cluster else 0.0,
    }


def _thrusters(mission: Mission, dispersion: Dispersion) -> dict[str, Any]:
    """Return the attitude thrusters. A couple is two: torque 2 F arm, propellant 2 F / (Isp g0)."""
    thrusters = mission.vehicle.thrusters
    exhaust_mps = thrusters.isp_s * STANDARD_GRAVITY_MPS2
    return {
        "large_torque_nm": 2.0 * thrusters.large_n * thrusters.large_arm_m,
        "small_torque_nm": 2.0 * thrusters.small_n * thrusters.small_arm_m,
        "large_flow_kgps": 2.0 * thrusters.large_n / exhaust_mps,
        "small_flow_kgps": 2.0 * thrusters.small_n / exhaust_mps,
        "large_pulse_ticks": _whole_ticks(thrusters.large_min_pulse_s),
        "small_pulse_ticks": _whole_ticks(thrusters.small_min_pulse_s),
        "large_arm_m": thrusters.large_arm_m,
        "small_arm_m": thrusters.small_arm_m,
        "large_rise_s": thrusters.large_rise_s,
        "small_rise_s": thrusters.small_rise_s,
        "imbalance": list(dispersion.imbalance),
    }


def _legs(mission: Mission) -> dict[str, Any]:
    """Return what touches the ground, and the ground under a pad."""
    legs, regolith = mission.vehicle.legs, mission.regolith
    points, belly_points = contact_points(mission)
    feet = legs.feet or (Foot(at_m=(0.0, 0.0, 0.0)),) * legs.count
    return {
        "legs": legs.count,
        "pad_radius_m": 0.5 * legs.pad_m,
        "stroke_m": _each([foot.stroke_m or legs.stroke_m for foot in feet]),
        "crush_force_n": _each([foot.crush_force_n or legs.crush_force_n for foot in feet]),
        "leg_body": _each([value for foot in feet for value in foot.inwards_body], 3),
        "stiffness_npm": legs.stiffness_npm,
        "damping_nspm": legs.damping_nspm,
        "friction": legs.friction,
        "bearing_npmn": regolith.bearing(0.5 * legs.pad_m),
        "bearing_exponent": regolith.exponent,
        "body_stiffness_npm": BODY_STIFFNESS_NPM,
        "body_damping_nspm": BODY_DAMPING_NSPM,
        "belly_points": belly_points,
        "points": len(points),
        "point_base_m": [
            value
            for point in points + [(0.0, 0.0, 0.0)] * (MAX_POINTS - len(points))
            for value in point
        ],
        "rest_body": list(mission.touchdown.rest_up_body),
    }


def _each(values: list[float], size: int = 1) -> list[float]:
    """Fill up the numbers of the legs, so many of each, to those of as many as there may be."""
    return values + [0.0] * (size * MAX_LEGS - len(values))


def _plus(nominal: Sequence[float], off: Sequence[float]) -> list[float]:
    """Add to each its own."""
    return [value + by for value, by in zip(nominal, off, strict=True)]


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
