"""The mission's phase table as the autopilot's C struct: names become numbers, degrees radians."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import farside.ext.guidance.autopilot._codes as codes
from farside.ext.common import deterministic
from farside.guidance.braking import BrakingPlan
from farside.mission import FlightConfig, Phase
from farside.mission import exits as mission_exits
from farside.mission import phases as mission_phases
from farside.mission.attitude import axis_level
from farside.mission.coasts import MOST_COASTS, coasts_of
from farside.mission.frames import SiteFrame, arrival_axes
from farside.mission.guidance import Guidance
from farside.mission.moon import GM, MEAN_RADIUS_M, STANDARD_GRAVITY_MPS2
from farside.mission.retro import retro_numbers

#: Numbers of the laws and exits of the phase table, by the names of a mission file.
LAWS = {name: int(codes.Law[f"LAW_{name.upper()}"]) for name in mission_phases.LAWS}
EXITS = {name: int(codes.Exit[f"EXIT_{name.upper()}"]) for name in mission_exits.EXITS}
#: Whole numbers among the gains: they bound the work of a tick or a plan.
COUNTS = {
    "attitude": ("held_ticks",),
    "polynomial": ("first_tries", "stretch_tries"),
    "plan": ("newton_steps", "interior_steps", "constrained_tries"),
    "level": ("margin_tries",),
    "cutoff": (
        "contact_ticks",
        "contact_window",
        "height_ticks",
        "height_window",
        "carried_ticks",
        "bounce_ticks",
        "keep_early",
        "needs_reading",
    ),
}
#: The tables within `[guidance]`, in the order of the C struct.
GAINS = (
    "attitude",
    "hover",
    "polynomial",
    "braking",
    "plan",
    "level",
    "thrust",
    "cutoff",
    "late",
    "couples",
    "unsure",
    "estimate",
)
TICK_HZ = 100.0
#: No cone about the vertical is wider [deg]: its tangent stays finite.
WIDEST_TILT_DEG = 85.0


def phase_row(
    phase: Phase, tilt_limit_deg: float, arrival_azimuth_deg: float = 0.0
) -> dict[str, Any]:
    """Return one row of the table by the names of its C fields; its tilt inside the mission's."""
    # Luminary looks at the time a pass before it leaves.
    value = {
        "time_to_go": phase.exit_s - phase.cycle_s,
        "elapsed": phase.exit_s,
        "attitude": math.radians(phase.exit_deg),
    }.get(phase.exit, phase.exit_m)
    return {
        "law": LAWS[phase.law],
        "exit": EXITS[phase.exit],
        "scan": int(phase.scan),
        "cycle_ticks": round(TICK_HZ * phase.cycle_s),
        "exit_value": value,
        "limit_s": phase.limit_s if math.isfinite(phase.limit_s) else 0.0,
        "altitude_m": phase.altitude_m,
        "range_m": phase.range_m,
        "vertical_mps": phase.vertical_speed_mps,
        "horizontal_mps": phase.horizontal_speed_mps,
        "gamma": phase.gamma,
        "kr": phase.kr,
        "duration_s": phase.duration_s,
        "tan_tilt": deterministic.tan(
            math.radians(min(phase.tilt_limit_deg, tilt_limit_deg, WIDEST_TILT_DEG))
        ),
        "beyond_s": phase.beyond_s,
        "time_weight": phase.time_weight,
        "target": {
            "r": list(phase.target_m),
            "v": list(phase.target_mps),
            "a": list(phase.target_mps2),
            "jerk": phase.target_mps3,
        },
        "lead_s": phase.lead_s,
        "later_s": phase.later_s,
        "frame_gain": phase.frame_gain,
        "frame_hold_s": phase.frame_hold_s,
        "tau_s": phase.tau_s,
        "throttle": -1.0 if phase.throttle is None else phase.throttle,
        "axis_level": axis_level(phase.pitch_deg, phase.azimuth_deg, arrival_azimuth_deg),
        "push_s": phase.push_s,
    }


def gains_of(guidance: Guidance) -> dict[str, Any]:
    """Return the gains by the names of the C struct `Gains`: angles as tangents or cosines."""
    gains: dict[str, Any] = {"least_up_share": guidance.least_up_share}
    for name in GAINS:
        gains[name] = asdict(getattr(guidance, name))
    for key in ("opening_s", "closing_s", "opening_margins", "main_margins", "closing_margins"):
        del gains["braking"][key]  # planned with before flight (braking.py)
    del gains["attitude"]["slew_torque_share"]  # part of slew_torque_nm
    for table, keys in COUNTS.items():
        for key in keys:
            del gains[table][key]
    hover, plan = gains["hover"], gains["plan"]
    hover["tan_tilt"] = deterministic.tan(math.radians(hover.pop("tilt_deg")))
    plan["tan_glide"] = deterministic.tan(math.radians(plan.pop("glide_deg")))
    plan["cos_end_tilt"] = deterministic.cos(math.radians(plan.pop("end_tilt_deg")))
    return gains


def counts_of(guidance: Guidance) -> dict[str, int]:
    """Return the whole numbers among the gains by the names of the C struct `GainCounts`."""
    counts = {
        key: getattr(getattr(guidance, table), key) for table in COUNTS for key in COUNTS[table]
    }
    return {**counts, "major_ticks": round(TICK_HZ * guidance.major_cycle_s)}


def abort_limits(config: FlightConfig) -> dict[str, float]:
    """Return the keys of `[abort]` by the names of the C struct `AbortLimits`."""
    keys = config.abort
    return {
        "at_s": -1.0 if keys.at_s is None else keys.at_s,
        "decides": float(keys.decides),
        "periapsis_m": MEAN_RADIUS_M + keys.periapsis_m,
        "apoapsis_m": MEAN_RADIUS_M + keys.apoapsis_m,
        # a quarter of the way to what is asked for: the estimate's height is off by less
        "enough_m": MEAN_RADIUS_M + 0.75 * keys.least_periapsis_m + 0.25 * keys.periapsis_m,
        "clearance_m": keys.clearance_m,
        "least_height_m": keys.least_height_m,
        "propellant_margin": keys.propellant_margin,
        "reserve_s": keys.reserve_s,
        "stop_margin": keys.stop_margin,
        "staging_margin": keys.staging_margin,
        "engine_out_s": keys.engine_out_s,
        "cos_lit": deterministic.cos(math.radians(keys.lit_deg)),
    }


def upper_numbers(config: FlightConfig) -> dict[str, Any]:
    """Return the ascent stage by the names of the C struct `StageNumbers`; zeros where none is."""
    stage = config.vehicle.ascent
    if stage is None:
        names = ("thrust_n", "exhaust_mps", "mass_full_kg", "mass_dry_kg", "delay_s")
        return {
            **dict.fromkeys(names, 0.0),
            "inertia_full": [0.0] * 3,
            "inertia_dry": [0.0] * 3,
        }
    full, dry = config.vehicle.ascent_inertia_kgm2
    return {
        "thrust_n": stage.thrust_n,
        "exhaust_mps": stage.isp_s * STANDARD_GRAVITY_MPS2,
        "mass_full_kg": stage.mass_kg,
        "mass_dry_kg": stage.mass_kg - stage.propellant_kg,
        "delay_s": stage.delay_s,
        "inertia_full": list(full),
        "inertia_dry": list(dry),
    }


def autopilot_table(config: FlightConfig, frame: SiteFrame, plan: BrakingPlan) -> dict[str, Any]:
    """Return the autopilot's numbers by the names of their C fields."""
    vehicle = config.vehicle
    body, thrusters, engine = vehicle.body, vehicle.thrusters, vehicle.engine
    heading = math.radians(config.guidance.heading_deg)
    along, _ = arrival_axes(config.orbit.arrival_azimuth_deg)
    torque = thrusters.large_couple_nm
    coasts = coasts_of(config.phases)
    coasts += ((0.0, 0.0),) * (MOST_COASTS - len(coasts))
    return {
        "gm": GM,
        "radius_m": frame.radius_m,
        "omega_site": list(frame.omega_site),
        "thrust_max_n": engine.thrust_max_n,
        "thrust_min_n": engine.thrust_min_n,
        "throttle_low_n": engine.throttle_low_n or engine.thrust_max_n,
        "throttle_high_n": engine.throttle_high_n or engine.thrust_max_n,
        "exhaust_mps": engine.isp_s * STANDARD_GRAVITY_MPS2,
        "engine_lag_s": engine.lag_s,
        "ignition_delay_s": engine.ignition_delay_s,
        "mass_full_kg": vehicle.descent_mass_kg,
        "mass_dry_kg": vehicle.dry_mass_kg,
        "com_height_full_m": body.com_height_full_m,
        "com_height_dry_m": body.com_height_dry_m,
        "inertia_full": list(body.inertia_full_kgm2),
        "inertia_dry": list(body.inertia_dry_kgm2),
        "torque_limit": [torque] * 3,
        "torque_small_nm": 2.0 * thrusters.small_n * thrusters.small_arm_m,
        "slew_radps": math.radians(config.guidance.rate_limit_dps),
        "slew_torque_nm": config.guidance.attitude.slew_torque_share * torque,
        "gains": gains_of(config.guidance),
        "counts": counts_of(config.guidance),
        "abort": abort_limits(config),
        "upper": upper_numbers(config),
        "retro": retro_numbers(vehicle.retro),
        "arrival_site": list(along),
        "heading_site": [deterministic.sin(heading), deterministic.cos(heading), 0.0],
        "heading_rad": heading,
        "braking_guess": list(plan.unknowns),
        "braking_opening_s": plan.levels.opening_s,
        "braking_closing_s": plan.levels.closing_s,
        "coast_begin_s": [begin for begin, _ in coasts],
        "coast_end_s": [end for _, end in coasts],
        "braking_level": [plan.levels.opening, plan.levels.main, plan.levels.closing],
        "track_step_m": 0.0,
        "track_m": [0.0] * int(codes.Sizes.TRACK_NODES),
    }
