"""What a descent takes of the propellant, before it is flown.

Braking is solved for the least propellant (guidance.braking). Of the rows behind it counts a
steered row by its time (polynomial) or by least and then full thrust (the others), a hover by its
scan, a descent by its rate. Nominal flights of the shipped missions take 0.88 to 1.21 times that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from farside.guidance.braking import BrakingPlan, plan_descent
from farside.mission import FlightConfig, Mission, Phase
from farside.mission.coasts import last_burn
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.mission.odd_sky import site_frame
from farside.mission.rows import STEERED, altitude_after

#: How long a turn between two rows takes at the most [s].
TURN_S = 12.0


@dataclass(frozen=True)
class Budget:
    """Propellant of a descent [kg], nominal, and what dispersions may take besides."""

    row: str
    """The braking row's name."""
    braking_s: float
    range_m: float
    """At initiation, along the Moon, short of the site."""
    braking_kg: float
    behind_kg: float
    """Of the rows behind braking, about."""
    usable_kg: float
    spread_kg: float
    """What mass, thrust and specific impulse may take more, 3 sigma, as their root sum square."""
    plan: BrakingPlan = field(repr=False, compare=False)

    @property
    def left_kg(self) -> float:
        """What is left at touchdown, about."""
        return self.usable_kg - self.braking_kg - self.behind_kg


def budget_of(mission: Mission) -> Budget | None:
    """Plan a mission's braking, and add up what the rows behind it take.

    Parameters
    ----------
    mission : Mission

    Returns
    -------
    Budget or None
        None for a mission whose first row is not planned.

    Raises
    ------
    BrakingError
        No braking is found from the orbit.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> budget = budget_of(load_mission("chang-e-6"))
    >>> round(budget.braking_kg), round(budget.left_kg) > 0
    (1688, True)
    """
    if mission.phases[0].law != "braking":
        return None
    plan = plan_descent(FlightConfig.of(mission), site_frame(mission))
    vehicle, spread = mission.vehicle, mission.dispersions
    exhaust_mps = vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2
    arrived_kg = vehicle.descent_mass_kg - plan.propellant_kg
    behind_kg = -arrived_kg * math.expm1(-_behind_mps(mission, arrived_kg) / exhaust_mps)
    # m0 - m1 = m0 (1 - exp(-v / c)): a share of isp or of mass takes as much of the propellant;
    # thrust bends the losses alone, and its share of them is taken whole
    used_kg = plan.propellant_kg + behind_kg
    ideal_kg = -vehicle.descent_mass_kg * math.expm1(-mission.orbit.pdi_speed_mps / exhaust_mps)
    losses_kg = max(0.0, plan.propellant_kg - ideal_kg)
    parts_kg = (
        0.01 * spread.isp_percent.reach * used_kg,
        0.01 * spread.mass_percent.reach * used_kg,
        0.01 * spread.thrust_percent.reach * losses_kg,
    )
    return Budget(
        row=mission.phases[0].name,
        braking_s=float(plan.unknowns[5]),
        range_m=plan.range_m,
        braking_kg=plan.propellant_kg,
        behind_kg=behind_kg,
        usable_kg=vehicle.usable_propellant_kg,
        spread_kg=math.hypot(*parts_kg),
        plan=plan,
    )


def _behind_mps(mission: Mission, arrived_kg: float) -> float:
    """Return the velocity that the rows behind braking take [m/s], about."""
    last = last_burn(mission.phases)
    gate, total_mps = mission.phases[last], 0.0
    at_m = altitude_after(gate, mission.start_altitude_m)
    for row in mission.phases[last + 1 :]:
        way_m = max(0.0, at_m - altitude_after(row, at_m))
        if row.law in STEERED:
            total_mps += _steered_mps(mission, gate, row, way_m, arrived_kg)
        elif row.law == "adjust":
            # it thrusts as the next row begins: at its least
            share = mission.guidance.least_up_share
            total_mps += share * SURFACE_GRAVITY_MPS2 * min(row.limit_s, TURN_S)
        elif row.law in ("hover", "descend"):
            total_mps += SURFACE_GRAVITY_MPS2 * _held_s(mission, row, way_m)
        if row.law != "adjust":
            gate = row
        at_m = altitude_after(row, at_m)
        if row.exit == "contact" or at_m == math.inf:
            break
    return total_mps


def _steered_mps(
    mission: Mission, before: Phase, row: Phase, way_m: float, mass_kg: float
) -> float:
    """Return the velocity that a steered row takes from the end of the row before it [m/s]."""
    g, fall = SURFACE_GRAVITY_MPS2, -before.vertical_speed_mps
    across = max(0.0, before.horizontal_speed_mps - row.horizontal_speed_mps)
    if row.law == "polynomial":
        # thrust over the mass, integrated over the row's time: g T + vz1 - vz0
        return math.hypot(g * row.duration_s + row.vertical_speed_mps + fall, across)
    # least thrust and then full: vp^2 = v0^2 + 2 a1 h1, vp^2 = v1^2 + 2 a2 h2, h1 + h2 = h
    least = mission.guidance.least_up_share * g
    most = mission.vehicle.engine.thrust_max_n / mass_kg
    if least >= g or most <= g:
        return math.hypot(fall, across)
    a1, a2, left = g - least, most - g, -row.vertical_speed_mps
    square = (2.0 * way_m + fall * fall / a1 + left * left / a2) / (1.0 / a1 + 1.0 / a2)
    peak = max(math.sqrt(square), fall, left)
    return least * (peak - fall) / a1 + math.hypot(most * (peak - left) / a2, across)


def _held_s(mission: Mission, row: Phase, way_m: float) -> float:
    """Return how long a row holds the lander's weight [s]."""
    if row.exit == "elapsed":
        return row.exit_s
    if row.law == "hover":
        lidar = mission.sensors.lidar
        scan_s = lidar.frames / lidar.frame_hz + lidar.latency_s if lidar is not None else 0.0
        return min(row.limit_s, scan_s)
    return min(row.limit_s, way_m / max(-row.vertical_speed_mps, 1e-9))
