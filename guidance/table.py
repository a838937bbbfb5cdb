"""The mission's phase table as the autopilot's C struct: names become numbers, degrees radians."""

from __future__ import annotations

import math
from typing import Any

from farside.ext.common import deterministic
from farside.guidance.braking import BrakingPlan
from farside.mission import Mission, Phase
from farside.mission.frames import SiteFrame, arrival_axes
from farside.mission.moon import GM, STANDARD_GRAVITY_MPS2

LAWS = {
    "braking": 0,
    "adjust": 1,
    "polynomial": 2,
    "hover": 3,
    "descend": 4,
    "off": 5,
    "optimal": 6,
    "e_guidance": 7,
    "trim": 8,
    "quadratic": 9,
    "null_velocity": 10,
    "hold": 11,
}
EXITS = {
    "time_to_go": 0,
    "attitude": 1,
    "site": 2,
    "altitude": 3,
    "height": 4,
    "contact": 5,
    "rest": 6,
    "elapsed": 7,
}

#: Attitude loop: natural frequency [rad/s] and damping. Fast against the 0.3 rad/s of the place,
#: slow against the 10 ms tick and the thrusters' 20 ms pulse.
ATTITUDE_FREQUENCY_RADPS = 2.0
ATTITUDE_DAMPING = 0.9
#: Hover and descent: natural frequency [rad/s] of the place, critically damped.
HOLD_FREQUENCY_RADPS = 0.3
#: Hover and descent: a sidestep slows down at this [m/s^2], six tenths of what the tilt gives; the
#: thrust axis stays within this of the vertical [deg]: the slew can then always follow, and the
#: loop cannot wind up.
HOLD_BRAKE_MPS2 = 0.2
HOLD_TILT_DEG = 12.0
#: Shortest time-to-go [s] that horizontal polynomial guidance counts with: several times what a
#: tilt takes, since its gains grow as 1 / t_go^2.
TURN_TIME_S = 10.0
#: How long the attitude lags behind what changes slowly, and behind a sudden change of some
#: degrees, which the slew's acceleration limits [s].
ATTITUDE_LAG_S = 0.8
SLEW_LAG_S = 1.2
#: Optimal plans keep back so much of full thrust, end so long [s] before their target and stay
#: above this angle [deg] over it.
PLAN_MARGIN = 0.1
HANDOVER_S = 16.0
GLIDE_DEG = 10.0
#: Constrained plans end with a thrust that leans no further than this [deg], and all that one
#: request may ask for take so many interior-point steps.
END_TILT_DEG = 15.0
KNOT_STEPS = 400
#: A plan is given up after so many Newton steps, is thrown away when it is answered later than this
#: [s], and flown without a fresh one for no longer than that [s].
PLAN_STEPS = 120
PLAN_LATE_S = 1.0
PLAN_KEPT_S = 5.0
#: Share of the thrusters' torque that a slew may plan with; the rest holds the attitude.
SLEW_TORQUE_SHARE = 0.75


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
        "cycle_ticks": round(100.0 * phase.cycle_s),
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
            math.radians(min(phase.tilt_limit_deg, tilt_limit_deg, 85.0))
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
        "axis_level": _axis_level(phase, arrival_azimuth_deg),
    }


def _axis_level(phase: Phase, arrival_azimuth_deg: float) -> list[float]:
    """Return the thrust axis of a hold, east, north, up; zero where it holds what it finds."""
    if phase.pitch_deg is None:
        return [0.0, 0.0, 0.0]
    azimuth = phase.azimuth_deg
    if azimuth is None:
        azimuth = (arrival_azimuth_deg + 180.0) % 360.0
    pitch, turn = math.radians(phase.pitch_deg), math.radians(azimuth)
    level = deterministic.cos(pitch)
    return [
        level * deterministic.sin(turn),
        level * deterministic.cos(turn),
        deterministic.sin(pitch),
    ]


def autopilot_table(mission: Mission, frame: SiteFrame, plan: BrakingPlan) -> dict[str, Any]:
    """Return the autopilot's numbers by the names of their C fields."""
    vehicle = mission.vehicle
    body, thrusters, engine = vehicle.body, vehicle.thrusters, vehicle.engine
    heading = math.radians(mission.guidance.heading_deg)
    along, _ = arrival_axes(mission.orbit.arrival_azimuth_deg)
    torque = 2.0 * thrusters.large_n * thrusters.large_arm_m
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
        "slew_radps": math.radians(mission.guidance.rate_limit_dps),
        "slew_torque_nm": SLEW_TORQUE_SHARE * torque,
        "attitude_frequency": ATTITUDE_FREQUENCY_RADPS,
        "attitude_damping": ATTITUDE_DAMPING,
        "hold_frequency": HOLD_FREQUENCY_RADPS,
        "plan_steps": PLAN_STEPS,
        "knot_steps": KNOT_STEPS,
        "plan_margin": PLAN_MARGIN,
        "plan_late_s": PLAN_LATE_S,
        "plan_kept_s": PLAN_KEPT_S,
        "handover_s": HANDOVER_S,
        "tan_glide": deterministic.tan(math.radians(GLIDE_DEG)),
        "cos_end_tilt": deterministic.cos(math.radians(END_TILT_DEG)),
        "turn_time_s": TURN_TIME_S,
        "attitude_lag_s": ATTITUDE_LAG_S,
        "slew_lag_s": SLEW_LAG_S,
        "hold_brake_mps2": HOLD_BRAKE_MPS2,
        "tan_hold_tilt": deterministic.tan(math.radians(HOLD_TILT_DEG)),
        "arrival_site": list(along),
        "heading_site": [deterministic.sin(heading), deterministic.cos(heading), 0.0],
        "heading_rad": heading,
        "braking_guess": list(plan.unknowns),
        "braking_opening_s": plan.levels.opening_s,
        "braking_closing_s": plan.levels.closing_s,
        "braking_level": [plan.levels.opening, plan.levels.main, plan.levels.closing],
    }
