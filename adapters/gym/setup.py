"""What an environment is made of: start, box, scales, rewards, and the two spaces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from farside.dynamics import build_vehicle
from farside.dynamics.site_gravity import moon_numbers
from farside.ext.adapters import _gym
from farside.ext.adapters._gym import OBSERVED, GymCore
from farside.ext.common._records import TICK_HZ
from farside.ext.common.errors import FarsideError
from farside.flight.assembly import site_frame
from farside.flight.faults import PLANT_UNITS, fault_rows, table_of
from farside.flight.start import braking_attitude
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.guidance.table import autopilot_table
from farside.mission import FlightConfig, Mission, MissionError, SiteFrame, load_mission
from farside.mission.faults import Fault, with_faults
from farside.mission.frames import arrival_axes
from farside.mission.integers import seed_number, whole_number

StartName = Literal["approach", "pdi"]
ActionName = Literal["torque", "target"]
ObservationName = Literal["normalised", "si"]
GroundName = Literal["flat", "synthetic"]

#: Where the terminal descent starts differs from the gate by these, 1 sigma an axis: ours.
APPROACH_POSITION_M = (100.0, 100.0, 30.0)
APPROACH_VELOCITY_MPS = (2.0, 2.0, 2.0)
APPROACH_TURN_RAD = math.radians(2.0)
APPROACH_RATE_RADPS = math.radians(0.3)
#: How far the thrust axis leans back from the arrival at the start of the terminal descent.
APPROACH_LEAN_RAD = math.radians(30.0)
#: The thrust acceleration that the terminal descent starts with [m/s^2]: about a hover's.
HOVER_MPS2 = 1.62
#: Target mode: what an action of 1 asks for [m/s^2]; full thrust on dry tanks gives 4.5.
TARGET_ACCEL_MPS2 = 5.0
#: Rewards: a kilogram, a landing, how soft at most, how near at most and how near that begins, and
#: anything that is no landing.
PER_KG = 0.1
LANDED = 100.0
SOFTNESS = 50.0
NEARNESS = 50.0
NEAR_M = 50.0
FAILURE = 100.0
#: Half width [m] of the ground rasterised at 0.1 m about the target.
PATCH_HALF_M = 60.0
#: Names of the facts of an ended episode, in the kernel's order.
FACT_NAMES = (
    "ending",
    "score",
    "propellant_kg",
    "vertical_mps",
    "horizontal_mps",
    "tilt_deg",
    "rate_dps",
    "miss_m",
    "softness",
    "nearness",
    "struck",
)
_IN_DEGREES = ("tilt_deg", "rate_dps")


class Ending(IntEnum):
    """How an episode ended."""

    FLYING = _gym.FLYING
    LANDED = _gym.LANDED  # first contact on the pads, inside the mission's touchdown limits
    CRASHED = _gym.CRASHED  # any other contact, or a state out of all bounds
    OUTSIDE = _gym.OUTSIDE  # left the box: truncated
    OUT_OF_TIME = _gym.OUT_OF_TIME  # truncated


@dataclass(frozen=True)
class Scenario:
    """What `gymnasium.make("farside/LunarLanding-v0", ...)` may be told.

    Parameters
    ----------
    mission : str or Mission
        Vehicle, site, touchdown limits.
    start : {"approach", "pdi"}
        Terminal descent from the mission's first gate (about 2500 m), or powered-descent
        initiation, with the mission's dispersions.
    action : {"torque", "target"}
        Throttle and body torque, or a thrust acceleration that the attitude loop flies.
    observation : {"normalised", "si"}
        Divided by the scales of the table, or in SI units.
    ground : {"flat", "synthetic"}
        A sphere at the site's radius, or the mission's ground with rocks and craters.
    ground_seed : int
        Of the synthetic ground; one for all episodes.
    frame_skip : int
        Ticks of 10 ms that an action is held.
    max_time_s : float, optional
        An episode is truncated then; 300 s of the terminal descent, 1200 s from initiation.
    shaping : bool
        Whether rewards hold the potential's gain.
    faults : sequence of Fault or str
        What fails in every episode: of engine, thrusters and legs, from a time or below a height,
        as "engine weak 0.8 from 10 s" (docs/faults.md).

    References
    ----------
    .. [1] Ng, A. Y., Harada, D. and Russell, S., "Policy invariance under reward
       transformations: theory and application to reward shaping", ICML, 1999.

    Examples
    --------
    >>> from farside.adapters.gym import Scenario
    >>> Scenario(action="target", frame_skip=50).max_time_s is None  # 300 s from the approach
    True
    >>> Scenario(action="jump")
    Traceback (most recent call last):
        ...
    farside.ext.common.errors.FarsideError: action 'jump': choose one of torque, target
    """

    mission: str | Mission = "chang-e-6"
    start: StartName = "approach"
    action: ActionName = "torque"
    observation: ObservationName = "normalised"
    ground: GroundName = "flat"
    ground_seed: int = 0
    frame_skip: int = 1
    max_time_s: float | None = None
    shaping: bool = True
    faults: Sequence[Fault | str] | None = ()

    def __post_init__(self) -> None:
        """Refuse what does not exist."""
        for name, choices in (
            ("start", ("approach", "pdi")),
            ("action", ("torque", "target")),
            ("observation", ("normalised", "si")),
            ("ground", ("flat", "synthetic")),
        ):
            if getattr(self, name) not in choices:
                raise FarsideError(
                    f"{name} {getattr(self, name)!r}: choose one of {', '.join(choices)}"
                )
        skip = whole_number("frame_skip", self.frame_skip, 1, 10_000)
        object.__setattr__(self, "frame_skip", skip)
        object.__setattr__(self, "ground_seed", seed_number(self.ground_seed, "ground_seed"))
        if not isinstance(self.shaping, bool | np.bool_):
            raise FarsideError(f"shaping {self.shaping!r}: give True or False")
        object.__setattr__(self, "shaping", bool(self.shaping))
        if isinstance(self.faults, str):
            raise FarsideError(f"faults {self.faults!r}: give a list of faults, not one line")
        object.__setattr__(self, "faults", tuple(self.faults or ()))
        # A shorter episode would be over before its first tick.
        most = self.max_time_s
        number = isinstance(most, int | float | np.integer | np.floating)
        if most is not None and (isinstance(most, bool) or not number or not 0.01 <= most <= 1e6):
            raise FarsideError(f"max_time_s is 0.01 to 1e6, not {most!r}")


@dataclass(frozen=True)
class World:
    """Everything that environments of one scenario share."""

    scenario: Scenario
    mission: Mission
    setup: dict[str, Any]
    vehicle: dict[str, Any]
    moon: dict[str, Any]
    ground: Ground
    action_space: spaces.Box
    observation_space: spaces.Box

    def core(self, count: int) -> GymCore:
        """Return so many episodes; they have to be seeded before they are stepped."""
        return GymCore(self.setup, self.vehicle, self.moon, self.ground.model, count)


def make_world(scenario: Scenario) -> World:
    """Turn a scenario into the numbers of the kernel.

    Raises
    ------
    ValueError
        For a choice that does not exist.
    """
    mission = scenario.mission
    if not isinstance(mission, Mission):
        mission = load_mission(mission)
    failing = episode_faults(mission, scenario.faults)
    ground = Ground(mission, seed=scenario.ground_seed, flat=scenario.ground == "flat")
    ground.rasterise(0.0, 0.0, PATCH_HALF_M)
    frame = site_frame(mission, ground.radius_m)
    # an episode's own key is in the kernel
    vehicle = build_vehicle(mission, noise_key=0)
    plan = Autopilot(mission, ground.radius_m).plan
    table = autopilot_table(FlightConfig.of(mission), frame, plan)
    limits = mission.touchdown
    begun = _pdi(mission, frame, plan) if scenario.start == "pdi" else _approach(mission, plan)
    torque = scenario.action == "torque"
    seconds = scenario.max_time_s or (1200.0 if scenario.start == "pdi" else 300.0)
    scale, low, high = _observed(begun, vehicle, scenario.observation == "si")
    setup: dict[str, Any] = {
        "mode": _gym.MODES[scenario.action],
        "frame_skip": scenario.frame_skip,
        "ticks_most": round(TICK_HZ * seconds),
        **begun["setup"],
        "target_site": [0.0, 0.0, float(ground.height(0.0, 0.0))],
        "box_m": begun["box_m"],
        "ceiling_m": begun["ceiling_m"],
        "floor_m": -begun["ceiling_m"],
        "accel_mps2": TARGET_ACCEL_MPS2,
        "heading_site": table["heading_site"],
        "slew_radps": table["slew_radps"],
        "slew_torque_nm": table["slew_torque_nm"],
        "attitude": table["gains"]["attitude"],
        "scale": scale.tolist(),
        "low": low.astype(np.float64).tolist(),
        "high": high.astype(np.float64).tolist(),
        "reward": {
            "shaping": float(scenario.shaping),
            "distance_m": begun["distance_m"],
            "speed_mps": begun["speed_mps"],
            "per_kg": PER_KG,
            "landed": LANDED,
            "softness": SOFTNESS,
            "nearness": NEARNESS,
            "near_m": NEAR_M,
            "failure": FAILURE,
            "vertical_mps": limits.vertical_speed_mps,
            "horizontal_mps": limits.horizontal_speed_mps,
            "tilt_rad": math.radians(limits.tilt_deg),
            "rate_radps": math.radians(limits.rate_dps),
        },
        "faults": table_of(failing),
    }
    return World(
        scenario=replace(scenario, mission=mission),
        mission=mission,
        setup=setup,
        vehicle=vehicle,
        moon=moon_numbers(frame),
        ground=ground,
        action_space=spaces.Box(-1.0, 1.0, (4 if torque else 3,), np.float32),
        observation_space=spaces.Box(low, high, dtype=np.float32),
    )


def episode_faults(mission: Mission, faults: Sequence[Fault | str] | None) -> list[dict[str, Any]]:
    """Return the rows of the kernel's table of the faults of an episode, the mission's own too.

    Raises
    ------
    MissionError
        For a fault that cannot be read or can never happen, of a unit that an environment does not
        have, with a phase or with a probability: one line.
    """
    failed = with_faults(mission, faults)
    for fault in failed.faults:
        why = ""
        if fault.unit_name not in PLANT_UNITS:
            why = f"the exact state is observed: only {', '.join(PLANT_UNITS)} can fail"
        elif fault.phase is not None:
            why = "an environment flies no phase table; give from N s or below N m"
        elif fault.event is not None:
            why = "an environment ends at the first contact; give from N s or below N m"
        elif fault.probability < 1.0:
            why = "an environment draws no faults; give those that happen"
        if why:
            raise MissionError(f"fault {str(fault)!r}: {why}")
    return fault_rows(failed, range(len(failed.faults)), {})


def facts_of(row: NDArray[np.float64]) -> dict[str, Any]:
    """Name the facts of one ended episode."""
    facts: dict[str, Any] = {
        name: float(np.degrees(value)) if name in _IN_DEGREES else float(value)
        for name, value in zip(FACT_NAMES, row, strict=True)
    }
    facts["ending"] = int(row[0])
    facts["struck"] = bool(row[10])
    facts["is_success"] = facts["ending"] == Ending.LANDED
    return facts


def _approach(mission: Mission, plan: Any) -> dict[str, Any]:
    """Return the start at the first gate, engine running, the thrust axis leaning back."""
    gate = mission.phases[0]
    if gate.law != "braking":
        raise FarsideError(
            f"start 'approach' needs a first gate, {mission.name} has none: use 'pdi'"
        )
    along, _ = arrival_axes(mission.orbit.arrival_azimuth_deg)
    mass = mission.vehicle.descent_mass_kg - plan.propellant_kg
    height = gate.altitude_m + mission.vehicle.body.com_height_full_m
    engine = mission.vehicle.engine
    lean = 0.5 * APPROACH_LEAN_RAD
    # body x level and ahead: the mission's heading, then the lean about the axis across the arrival
    axis = np.cross([0.0, 0.0, 1.0], -along)
    spread = mission.dispersions
    return {
        "setup": {
            "burning": 1,
            "start": {
                "r_site": [*(-gate.range_m * along[:2]).tolist(), height],
                "v_site": (
                    gate.horizontal_speed_mps * along + [0.0, 0.0, gate.vertical_speed_mps]
                ).tolist(),
                "q_site_body": [math.cos(lean), *(math.sin(lean) * axis).tolist()],
                "omega_body": [0.0, 0.0, 0.0],
                "mass_kg": mass,
            },
            "thrust_n": min(max(HOVER_MPS2 * mass, engine.thrust_min_n), engine.thrust_max_n),
            "r_sigma_m": list(APPROACH_POSITION_M),
            "v_sigma_mps": list(APPROACH_VELOCITY_MPS),
            "turn_sigma_rad": APPROACH_TURN_RAD,
            "rate_sigma_radps": APPROACH_RATE_RADPS,
            **_built(spread),
        },
        "box_m": max(5000.0, 2.0 * gate.range_m),
        "ceiling_m": max(4000.0, 1.6 * gate.altitude_m),
        "distance_m": max(1000.0, math.hypot(gate.range_m, gate.altitude_m)),
        "speed_mps": 50.0,
        "speed_most_mps": 250.0,
    }


def _pdi(mission: Mission, frame: SiteFrame, plan: Any) -> dict[str, Any]:
    """Return the planned initiation with the mission's dispersions, engine off."""
    spread = mission.dispersions
    speed = float(np.linalg.norm(plan.v_site))
    return {
        "setup": {
            "burning": 0,
            "start": {
                "r_site": plan.r_site.tolist(),
                "v_site": plan.v_site.tolist(),
                "q_site_body": braking_attitude(mission, frame, plan).tolist(),
                "omega_body": [0.0, 0.0, 0.0],
                "mass_kg": mission.vehicle.start_mass_kg,
            },
            "thrust_n": 0.0,
            "r_sigma_m": [spread.position_m.sigma] * 3,
            "v_sigma_mps": [spread.velocity_mps.sigma] * 3,
            "turn_sigma_rad": 0.0,
            "rate_sigma_radps": 0.0,
            **_built(spread),
        },
        "box_m": 1.2 * plan.range_m,
        "ceiling_m": 2.0 * (mission.orbit.pdi_radius_m - frame.radius_m),
        "distance_m": plan.range_m,
        "speed_mps": speed,
        "speed_most_mps": 1.5 * speed,
    }


def _built(spread: Any) -> dict[str, float]:
    """Return how the lander differs from its design, 1 sigma."""
    return {
        "mass_sigma": 0.01 * spread.mass_percent.sigma,
        "thrust_sigma": 0.01 * spread.thrust_percent.sigma,
        "isp_sigma": 0.01 * spread.isp_percent.sigma,
    }


def _observed(
    begun: dict[str, Any], vehicle: dict[str, Any], si: bool
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]:
    """Return the scales of an observation and its bounds."""
    box, top, fast = begun["box_m"], begun["ceiling_m"], begun["speed_most_mps"]
    # where the box is wide, the site's plane is far above the ground at its rim
    below = top + box * box / 1.7e6
    strong = 1.5 * vehicle["thrust_scale"]
    far = begun["distance_m"]
    scale = np.array(
        [far, far, far, far, *[begun["speed_mps"]] * 3, *[1.0] * 4, *[0.5] * 3, 1.0, 1.0]
    )
    high = np.array([box, box, top, top, *[fast] * 3, *[1.0] * 4, *[3.0] * 3, 1.0, strong])
    low = np.concatenate([-high[:14], [0.0, 0.0]])
    low[2] = -below
    if si:
        scale = np.ones(OBSERVED)
    return scale, (low / scale).astype(np.float32), (high / scale).astype(np.float32)
