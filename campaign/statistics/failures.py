"""Why not: every flight that was no success falls into one class, told from its row alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from farside.campaign.statistics.flights import Flags, Flights
from farside.campaign.statistics.proportion import Share
from farside.mission import Mission


@dataclass(frozen=True)
class Marks:
    """What is asked of each row, once for all classes: arrays of truths."""

    outcome: dict[str, Flags]
    fast: Flags  # vertical speed beyond twice the limit, which no leg holds
    hard: Flags  # beyond the limit
    adrift: Flags  # horizontal speed beyond the limit
    turning: Flags
    tilted: Flags
    leaning: Flags  # at rest
    steep: Flags  # slope of the true disc
    rough: Flags  # obstacles on the true disc
    scanned: Flags
    least_bad: Flags
    could: Flags  # a truly safe point was in the scanned square
    off: Flags  # further from the chosen site than three sigma of navigation
    dry: Flags
    unknown: Flags  # numbers that are missing

    @property
    def unsafe_disc(self) -> Flags:
        """The true ground beneath is outside the limits."""
        return self.steep | self.rough


Rule = Callable[[Marks], Flags]


@dataclass(frozen=True)
class FailureKind:
    """A class of failure: its rule, and what it means."""

    name: str
    title: str
    sentence: str
    rule: Rule


@dataclass(frozen=True)
class FailureClass:
    """The flights of a campaign in one class."""

    name: str
    title: str
    sentence: str
    flights: Share  # of all flights
    runs: tuple[int, ...]
    says: tuple[str, ...] = ()  # what flights that never began gave as reason, most frequent first


def marks_of(flights: Flights, mission: Mission) -> Marks:
    """Read the marks of every row."""
    limits, hazards = mission.touchdown, mission.hazards
    down = -flights.number("touchdown_vertical_speed_mps")

    def beyond(column: str, limit: float) -> Flags:
        found: Flags = flights.number(column) > limit
        return found

    endings, ending = flights.kinds("outcome")
    scanned = flights.number("site_scans") > 0.0
    return Marks(
        outcome={name: ending == i for i, name in enumerate(endings)},
        fast=down > 2.0 * limits.vertical_speed_mps,
        hard=down > limits.vertical_speed_mps,
        adrift=beyond("touchdown_horizontal_speed_mps", limits.horizontal_speed_mps),
        turning=beyond("touchdown_rate_dps", limits.rate_dps),
        tilted=beyond("touchdown_tilt_deg", limits.tilt_deg),
        leaning=beyond("touchdown_rest_tilt_deg", limits.rest_tilt_deg),
        steep=beyond("touchdown_ground_slope_deg", hazards.slope_deg),
        rough=beyond("touchdown_ground_roughness_m", hazards.obstacle_m),
        scanned=scanned,
        least_bad=flights.flag("site_least_bad"),
        could=flights.flag("site_truth_has_safe_point"),
        off=scanned & beyond("touchdown_miss_m", hazards.navigation_error_m),
        dry=flights.number("propellant_left_kg") < 0.0,
        unknown=np.isnan(down),
    )


def _ended(name: str) -> Rule:
    """Return the rule of an outcome."""
    return lambda m: m.outcome.get(name, np.zeros(len(m.fast), bool))


_crashed, _tipped, _landed = _ended("crashed"), _ended("tipped"), _ended("landed")

#: In this order: a flight belongs to the first class whose rule it meets.
KINDS: tuple[FailureKind, ...] = (
    FailureKind(
        "not_flown", "not flown",
        "No flight came of these inputs: the planning before it refused them, and says why.",
        _ended("not_flown"),
    ),
    FailureKind(
        "out_of_propellant", "out of propellant",
        "The tanks ran dry before the ground; look at mass, thrust, Isp and how long it hovered.",
        lambda m: _ended("out_of_propellant")(m) | m.dry,
    ),
    FailureKind(
        "unfinished", "never came down",
        "It was still in flight after half an hour and was cut off there.",
        _ended("unfinished"),
    ),
    FailureKind(
        "crashed_fast", "arrived too fast",
        "It fell on the ground at more than twice the vertical limit, which no leg can hold.",
        lambda m: _crashed(m) & (m.fast | m.unknown),
    ),
    FailureKind(
        "crashed_adrift", "crashed adrift",
        "It met the ground drifting, turning or tilted beyond the limits, and came to harm.",
        lambda m: _crashed(m) & (m.adrift | m.turning | m.tilted),
    ),
    FailureKind(
        "struck_rock", "struck a rock",
        "It arrived within its limits, but ground higher than the obstacle limit was under it: the "
        "body touched.",
        lambda m: _crashed(m) & m.rough,
    ),
    FailureKind(
        "belly_contact", "body or no rest",
        "It arrived within its limits; then the body touched the ground between the legs, or it "
        "did not come to rest.",
        _crashed,
    ),
    FailureKind(
        "belly_struck", "belly struck",
        "It stands, but the rim of its nozzle touched the ground: legs crushed and pads sunk too "
        "far, or ground too high between them.",
        _ended("belly_struck"),
    ),
    FailureKind(
        "tipped_on_slope", "tipped on a slope",
        "It fell over on ground steeper than the slope limit.",
        lambda m: _tipped(m) & m.steep,
    ),
    FailureKind(
        "tipped", "tipped over",
        "It fell over on ground within the slope limit: speed, a rock or a crushed leg.",
        _tipped,
    ),
    FailureKind(
        "least_bad_site", "nothing safe in sight",
        "No point of the scanned square was safe; the lander took the least bad one, which was "
        "not good enough.",
        lambda m: _landed(m) & m.unsafe_disc & m.least_bad & ~m.could,
    ),
    FailureKind(
        "off_the_site", "missed its site",
        "It came down further from the chosen site than three sigma of navigation, on ground that "
        "is not safe.",
        lambda m: _landed(m) & m.unsafe_disc & m.off,
    ),
    FailureKind(
        "unsafe_disc_chosen", "chose unsafe ground",
        "It stands where it meant to; that ground is outside the limits, although a safe point "
        "was in sight: the map erred.",
        lambda m: _landed(m) & m.unsafe_disc & m.scanned & m.could,
    ),
    FailureKind(
        "nowhere_safe", "no safe point",
        "It stands where it meant to, on ground outside the limits; no point of the scanned "
        "square was safe.",
        lambda m: _landed(m) & m.unsafe_disc & m.scanned,
    ),
    FailureKind(
        "unseen_ground", "landed without looking",
        "It stands on ground outside the limits, and had made no scan to avoid it.",
        lambda m: _landed(m) & m.unsafe_disc,
    ),
    FailureKind(
        "leaning", "leans at rest",
        "It stands on ground within the limits but leans beyond its own: pads on rocks, or legs "
        "crushed unevenly.",
        lambda m: _landed(m) & m.leaning,
    ),
    FailureKind(
        "hard_contact", "hard contact",
        "It stands, but touched the ground faster, more tilted or turning quicker than allowed.",
        lambda m: _landed(m) & (m.hard | m.adrift | m.turning | m.tilted),
    ),
    FailureKind(
        "other", "otherwise",
        "It is not marked safe, and no rule of ours says why: look at its telemetry.",
        lambda m: np.ones(len(m.fast), bool),
    ),
)  # fmt: skip

#: What a success may still be marked with: it counts as one, and is worth a look.
REMARKS: tuple[FailureKind, ...] = (
    FailureKind(
        "lucky", "least bad site, and lucky",
        "Its map showed nothing safe, it took the least bad point, and landed safely.",
        lambda m: m.least_bad,
    ),
    FailureKind(
        "wide_miss", "wide of its site",
        "It came down further from the chosen site than three sigma of navigation, on safe ground.",
        lambda m: m.off,
    ),
)  # fmt: skip


def classify(flights: Flights, mission: Mission, good: Flags) -> tuple[str, ...]:
    """Name the class of each flight; empty for a success."""
    marks = marks_of(flights, mission)
    named = np.full(len(flights), "", dtype=object)
    left = ~good
    for kind in KINDS:
        here = left & kind.rule(marks)
        named[here] = kind.name
        left &= ~here
    return tuple(named)


def failure_classes(flights: Flights, mission: Mission, good: Flags) -> tuple[FailureClass, ...]:
    """Count the classes that have flights, the most frequent first."""
    named = np.asarray(classify(flights, mission, good), dtype=object)
    found = [_filled(flights, kind, named == kind.name) for kind in KINDS]
    return tuple(sorted((c for c in found if c.runs), key=lambda c: -len(c.runs)))


def remarks(flights: Flights, mission: Mission, good: Flags) -> tuple[FailureClass, ...]:
    """Count the successes that are worth a look."""
    marks = marks_of(flights, mission)
    found = (_filled(flights, kind, good & kind.rule(marks)) for kind in REMARKS)
    return tuple(each for each in found if each.runs)


def _filled(flights: Flights, kind: FailureKind, here: Flags) -> FailureClass:
    """Return a class its flights."""
    said = np.asarray(flights.words_where("error", here), dtype=str)
    reasons, counts = np.unique(said[said != ""], return_counts=True)
    return FailureClass(
        kind.name,
        kind.title,
        kind.sentence,
        flights.share(here),
        tuple(int(run) for run in flights.run[here]),
        tuple(str(reasons[i]) for i in np.argsort(-counts, kind="stable")[:5]),
    )
