"""Our values of three flights, by the keys of studies/validation_rows.py."""

from __future__ import annotations

import math

import numpy as np
from studies.masses import braking

from farside.flight import Landing
from farside.flight.landing import PhaseStart
from farside.guidance import (
    AscentOptions,
    AscentOrbit,
    AscentStage,
    OptimalAscent,
    Thrust,
    optimal_ascent,
)
from farside.mission import Mission, SiteFrame, load_mission
from farside.mission import moon as luna

FT = 0.3048

Found = dict[str, float | tuple[float, float]]


def began(landed: Landing) -> dict[str, PhaseStart]:
    """Return where each phase began."""
    return {phase.name: phase for phase in landed.phases}


def chang_e_6(landed: Landing) -> Found:
    """Return what stands beside Chang'e 6, and its twin Chang'e 5 where 6 is silent."""
    at, down = began(landed), landed.touchdown
    braked, off = at["adjust"], at["fall"]
    found: Found = {
        "duration": landed.duration_s,
        "propellant": landed.propellant_kg,
        "braking-time": braked.start_s,
        "braking-propellant": braking_propellant(landed),
        "landed": landed.landed_mass_kg,
        "start": at["braking"].altitude_m + landed.radius_m - luna.MEAN_RADIUS_M,
        "gate": braked.altitude_m,
        "gate-down": braked.vertical_speed_mps,
        "gate-along": braked.horizontal_speed_mps,
        "hover": at["hover"].altitude_m,
        "constant": at["descend"].height_m,
        "off-speed": off.vertical_speed_mps,
        "off-height": off.height_m,
        "contact-down": -down.vertical_speed_mps,
        "contact-aside": down.horizontal_speed_mps,
        "slope": down.ground_slope_deg,
        "rough": down.ground_roughness_m,
        "square": scanned_m(landed),
    }
    return {f"chang-e-6.{name}": value for name, value in found.items()}


def braking_propellant(landed: Landing) -> tuple[float, float]:
    """Return what braking burned, and what full thrust in the plane does (CALC_MASS's law)."""
    mission = landed.plan
    gate = mission.phases[0]
    computed = braking(
        mission.vehicle.descent_mass_kg,
        altitude_m=mission.orbit.pdi_altitude_m - mission.site.elevation_m,
        gate_m=gate.altitude_m,
        gate_mps=(gate.vertical_speed_mps, gate.horizontal_speed_mps),
        radius_m=mission.site.radius_m,
    ).propellant_kg
    return float(landed.telemetry["mass_kg"][0]) - began(landed)["adjust"].mass_kg, computed


def scanned_m(landed: Landing) -> float:
    """Return the side of the square that one scan from 100 m covers."""
    assert landed.imaging is not None
    grid = landed.imaging.hazards.elevation
    seen = np.isfinite(grid.heights)
    return float(grid.cell_m * math.sqrt(float(np.count_nonzero(seen))))


def chang_e_4(landed: Landing) -> Found:
    """Return what stands beside Chang'e 4."""
    at = began(landed)
    braked = at["adjust"]
    first, last = (round(100.0 * at[name].start_s) for name in ("approach", "hover"))
    return {
        "chang-e-4.duration": landed.duration_s,
        "chang-e-4.gate": braked.altitude_m,
        "chang-e-4.to-gate": braked.start_s,
        "chang-e-4.leg": landed.duration_s - braked.start_s,
        "chang-e-4.fastest": -float(landed.telemetry["v_site"][first:last, 2].min()),
        "chang-e-4.hover": at["hover"].altitude_m,
        "chang-e-4.off-height": at["fall"].height_m,
    }


def apollo_11(landed: Landing) -> Found:
    """Return what stands beside the plan of 1969; PADLOAD and L099 flew it."""
    start, rows = began(landed)["trim"], landed.telemetry
    # From the west-going start's angle about the Moon's centre, at the site's radius.
    first = rows["r_site"][0]
    return {
        **gates_11(landed),
        "apollo-11.contact-down": -landed.touchdown.vertical_speed_mps,
        "apollo-11.range": landed.radius_m * math.atan2(first[0], first[2] + landed.radius_m),
        "apollo-11.start": start.altitude_m,
    }


def gates_11(landed: Landing) -> Found:
    """Return the gates of Apollo 11's plan as flown; NaN where one was not passed."""
    gates = {gate.name: gate for gate in landed.gates}
    again, high, low = (gates[name] for name in ("throttle recovery", "high gate", "low gate"))
    return {
        "apollo-11.recovery-time": again.time_s,
        "apollo-11.recovery-speed": again.speed_mps / FT,
        "apollo-11.high-time": high.time_s,
        "apollo-11.high-altitude": high.altitude_m / FT,
        "apollo-11.high-speed": high.speed_mps / FT,
        "apollo-11.high-down": high.vertical_speed_mps / FT,
        "apollo-11.low-time": low.time_s,
        "apollo-11.low-speed": low.speed_mps / FT,
        "apollo-11.low-down": low.vertical_speed_mps / FT,
        "apollo-11.duration": landed.duration_s,
    }


def ascent_of(mission: Mission) -> OptimalAscent:
    """Solve the way up of a mission's ascent stage, from rest at its site to its planned orbit."""
    stage = mission.vehicle.ascent
    assert stage is not None
    frame = SiteFrame(mission.site.latitude_deg, mission.site.longitude_deg, mission.site.radius_m)
    r = frame.to_moon(np.zeros(3))
    v = np.cross((0.0, 0.0, luna.ROTATION_RADPS), r)
    thrust = Thrust(stage.thrust_n, stage.thrust_n, stage.isp_s * luna.STANDARD_GRAVITY_MPS2)
    azimuth = math.radians(mission.orbit.arrival_azimuth_deg)
    ahead = frame.vector_to_moon((math.sin(azimuth), math.cos(azimuth), 0.0))
    return optimal_ascent(
        r,
        v,
        AscentStage(thrust, stage.mass_kg, stage.propellant_kg),
        AscentOrbit(stage.periapsis_altitude_m, stage.apoapsis_altitude_m),
        AscentOptions(rise_s=stage.rise_s, ahead=ahead),
    )


def ascents() -> Found:
    """Return what stands beside the ascents of Apollo 11 and Chang'e 6."""
    eagle, change = (ascent_of(load_mission(name)) for name in ("apollo-11", "chang-e-6"))
    return {
        "apollo-11.ascent-time": eagle.burn_s,
        "apollo-11.ascent-speed": eagle.delta_v_mps,
        "apollo-11.ascent-propellant": eagle.propellant_kg,
        "chang-e-6.ascent-time": change.burn_s,
    }
