"""What a descent takes of the propellant at the least, before it is flown.

Braking is solved for the least propellant (guidance.braking). Of the rows behind it counts what no
law can save: the energy of speed and height in a steered row, the weight that a hover and a descent
at a constant rate hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from farside.guidance.braking import plan_descent
from farside.mission import FlightConfig, Mission, Phase
from farside.mission.moon import STANDARD_GRAVITY_MPS2, SURFACE_GRAVITY_MPS2
from farside.mission.odd_sky import site_frame
from farside.mission.rows import STEERED, altitude_after


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
    """Of the rows behind braking, at the least."""
    usable_kg: float
    spread_kg: float
    """What mass, thrust and specific impulse may take more, 3 sigma, as their root sum square."""

    @property
    def left_kg(self) -> float:
        """What is left at touchdown, at the most."""
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
    behind_kg = -arrived_kg * math.expm1(-_behind_mps(mission) / exhaust_mps)
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
    )


def _behind_mps(mission: Mission) -> float:
    """Return the velocity that the rows behind braking take at the least [m/s]."""
    gate, total_mps = mission.phases[0], 0.0
    at_m = altitude_after(gate, mission.start_altitude_m)
    speed = math.hypot(gate.horizontal_speed_mps, gate.vertical_speed_mps)
    for row in mission.phases[1:]:
        end_m = min(at_m, altitude_after(row, at_m))
        if row.law in STEERED:
            # v1 + dv >= sqrt(v0^2 + 2 g h): a fall, and one burn at its end
            slow = math.hypot(row.horizontal_speed_mps, row.vertical_speed_mps)
            fallen = math.sqrt(speed * speed + 2.0 * SURFACE_GRAVITY_MPS2 * (at_m - end_m))
            total_mps += max(0.0, fallen - slow)
            speed = slow
        elif row.law in ("hover", "descend"):
            total_mps += SURFACE_GRAVITY_MPS2 * _held_s(mission, row, at_m - end_m)
        at_m = altitude_after(row, at_m)
        if row.exit == "contact" or at_m == math.inf:
            break
    return total_mps


def _held_s(mission: Mission, row: Phase, way_m: float) -> float:
    """Return how long a row holds the lander's weight at the least [s]."""
    if row.exit == "elapsed":
        return row.exit_s
    if row.law == "hover":
        lidar = mission.sensors.lidar
        scan_s = lidar.frames / lidar.frame_hz + lidar.latency_s if lidar is not None else 0.0
        return min(row.limit_s, scan_s)
    return min(row.limit_s, way_m / max(-row.vertical_speed_mps, 1e-9))
