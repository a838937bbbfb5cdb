"""The logic that flew where a landing failed, as options of the flight software's own.

An option is a set of keys of the mission file and nothing else: what it changes can be read here,
and the flight software knows no option by name. docs/failures.md prints the table;
docs/decisions/055 has why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Keys = Mapping[str, float]


@dataclass(frozen=True)
class NaiveOption:
    """A logic that flew.

    Attributes
    ----------
    meaning : str
        What it does, in a line.
    keys : mapping of str to number
        Keys of a mission, as `Mission.replace` takes them, and their values.
    """

    meaning: str
    keys: Keys


#: Longer than any descent [s].
_NEVER = 600.0

OPTIONS: Mapping[str, NaiveOption] = MappingProxyType(
    {
        "latched_rejection": NaiveOption(
            "an altimeter that was rejected once is never taken back",
            {"health.latch_altimeter": 1},
        ),
        "weighted_range": NaiveOption(
            "a range gives the altitude alone, by a fixed weight, over ground level with the site",
            {
                # ours: 3.6 s at 20 Hz; the gate is fitted to a step of 3 km that fails it
                "navigation.range_weight": 0.014,
                "navigation.range_gate_share": 0.25,
                "navigation.place_apart": 1,
            },
        ),
        "no_altimeter": NaiveOption(
            "the filter takes no range at all", {"navigation.beam_cosine_min": 0.999999999}
        ),
        "late_altimeter": NaiveOption(
            "a range that should be there and is not goes unnoticed", {"health.silent_s": _NEVER}
        ),
        "altimeter_alone": NaiveOption(
            "a range is believed whatever it says, however the beam points, and ends a row",
            {
                "navigation.range_open": 1,
                "health.stuck_after": 10_000,
                "navigation.beam_cosine_min": -1.0,
                "guidance.cutoff.height_bound_m": 1e6,
            },
        ),
        "zeros_believed": NaiveOption(
            "accelerometers that repeat themselves, as exact zeros do, are believed",
            {"health.imu_s": _NEVER},
        ),
        "saturation_integrated": NaiveOption(
            "a reading at the end of its scale is integrated as a rate",
            {"navigation.integrate_saturated": 1},
        ),
        "attitude_apart": NaiveOption(
            "no range and no speed over ground corrects the attitude",
            {"navigation.attitude_apart": 1},
        ),
        "contact_latched": NaiveOption(
            "a contact felt above the height of arming counts once it is armed, at 40 m",
            {
                "guidance.cutoff.keep_early": 1,
                "guidance.cutoff.arm_height_m": 40.0,
                "guidance.cutoff.arm_s": 0.0,
            },
        ),
        "single_sample_cutoff": NaiveOption(
            "the engine is cut by one sample",
            {
                "guidance.cutoff.contact_ticks": 1,
                "guidance.cutoff.contact_window": 1,
                "guidance.cutoff.height_ticks": 1,
                "guidance.cutoff.height_window": 1,
            },
        ),
        "cutoff_needs_radar": NaiveOption(
            "no engine cut-off but by a height that the radar gives",
            {
                "guidance.cutoff.needs_reading": 1,
                "navigation.height_by_sensor": 1,
                "guidance.cutoff.arm_s": _NEVER,
                "guidance.cutoff.carried_ticks": 10_000,
            },
        ),
        "restart_without_checkpoint": NaiveOption(
            "a computer that restarts begins from what was loaded before the descent",
            {"computer.checkpoint_s": 0.0},
        ),
        "fixed_limits": NaiveOption(
            "no new aim where thrust falls short of the plan", {"guidance.braking.reaim_m": 0.0}
        ),
        "thrust_as_commanded": NaiveOption(
            "the engine is taken to give what it was commanded",
            {"guidance.thrust.gain_per_s": 0.0},
        ),
        "no_time_budget": NaiveOption(
            "a tick turns the reference as if none before it had been missed",
            {"guidance.attitude.held_ticks": 1},
        ),
        "height_as_known": NaiveOption(
            "the estimate of the height is flown as if it were right",
            {"guidance.unsure.sigmas": 0.0},
        ),
        "no_abort": NaiveOption(
            "no descent is left for an orbit, nor for least harm", {"abort.decides": 0}
        ),
    }
)
