"""A touchdown held against its limits, and what failed, line by line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from farside.flight.aborted import WHY
from farside.flight.faults import FlownFault
from farside.flight.health import HealthSpan
from farside.flight.landing import Landing
from farside.guidance.autopilot import AbortCause
from farside.mission.units import number

#: States of a sensor in which its reports were refused for what they said, not for want of them.
REFUSED = frozenset(("rejected", "stuck", "zero", "saturated"))

OUTCOMES = {
    "landed": "Landed",
    "belly_struck": "Belly struck",
    "tipped": "Tipped over",
    "crashed": "Crashed",
    "out_of_propellant": "Out of propellant",
    "unfinished": "Cut off in flight",
    "aborted": "Aborted to orbit",
}


@dataclass(frozen=True)
class Check:
    """One number of the touchdown; `holds` is None where no limit binds it."""

    what: str
    value: float
    limit: float | None
    unit: str
    digits: int

    @property
    def holds(self) -> bool | None:
        """Whether the size of the value is within the limit; a number that is missing is not."""
        if self.limit is None:
            return None
        return math.isfinite(self.value) and abs(self.value) <= self.limit

    @property
    def value_text(self) -> str:
        """The value with its unit."""
        return number(self.value, self.digits, self.unit)

    @property
    def limit_text(self) -> str:
        """The limit with its unit; a dash where there is none."""
        return number(self.limit, self.digits, self.unit)

    @property
    def verdict(self) -> str:
        """The word for it."""
        if self.holds is None:
            return ""
        if not math.isfinite(self.value):
            return "unknown"
        return "holds" if self.holds else "broken"


def checks(landing: Landing) -> tuple[Check, ...]:
    """Hold the first contact, the rest and the true ground beneath against the mission's limits."""
    met, most, ground = landing.touchdown, landing.plan.touchdown, landing.plan.hazards
    way_off = (
        ()
        if ground.ramp is None
        else (
            Check(
                "slope of the rover's way", met.ramp_slope_deg, ground.ramp.steepest_deg, "deg", 1
            ),
        )
    )
    return (
        *way_off,
        Check("vertical speed", met.vertical_speed_mps, most.vertical_speed_mps, "m/s", 2),
        Check("horizontal speed", met.horizontal_speed_mps, most.horizontal_speed_mps, "m/s", 2),
        Check("tilt at contact", met.tilt_deg, most.tilt_deg, "deg", 1),
        Check("turn rate at contact", met.rate_dps, most.rate_dps, "deg/s", 2),
        Check("tilt at rest", met.rest_tilt_deg, most.rest_tilt_deg, "deg", 1),
        Check("slope of the ground", met.ground_slope_deg, ground.slope_deg, "deg", 1),
        Check("roughness of the ground", met.ground_roughness_m, ground.obstacle_m, "m", 2),
        Check("miss of the chosen site", met.miss_m, None, "m", 2),
        Check("miss of the target on the Moon", met.absolute_miss_m, None, "m", 1),
    )


def ending(landing: Landing) -> str:
    """Describe how a flight ended, and whether that was safe."""
    outcome = OUTCOMES.get(landing.outcome, landing.outcome)
    if landing.outcome == "aborted":
        return f"{outcome}, no landing"
    return f"{outcome}, {'safe' if landing.safe else 'not safe'}"


def abort_lines(landing: Landing) -> tuple[tuple[str, str], ...]:
    """List what became of a descent that was left: names and values with units; empty else."""
    abort = landing.abort
    if abort is None:
        return ()
    lines = [
        ("left", f"{number(abort.began_s, 1, 's')}, {WHY[AbortCause[abort.cause.upper()]]}"),
        ("way", abort.way.replace("_", " ")),
    ]
    if abort.parted_s is not None:
        lines.append(("ascent stage parted", number(abort.parted_s, 1, "s")))
    if abort.least_harm_s is not None:
        lines.append(("least harm from", number(abort.least_harm_s, 1, "s")))
    if abort.stopped_s is not None:
        lines += [
            ("engine stopped", number(abort.stopped_s, 1, "s")),
            ("orbit", "reached" if abort.reached else "not reached"),
            ("periapsis", number(abort.periapsis_m / 1e3, 1, "km")),
            ("apoapsis", number(abort.apoapsis_m / 1e3, 1, "km")),
            ("inclination", number(abort.inclination_deg, 2, "deg")),
        ]
    lines += [
        ("propellant since", number(abort.propellant_kg, 1, "kg")),
        ("propellant left", number(abort.propellant_left_kg, 1, "kg")),
    ]
    return tuple(lines)


def fault_line(fault: FlownFault) -> str:
    """Describe in a line what became of a fault in a flight."""
    if not fault.happened:
        return f"Fault {fault.fault}: not drawn in this flight."
    if fault.began_s is None:
        return f"Fault {fault.fault}: it never began."
    ended = f", ended at {number(fault.ended_s, 2, 's')}" if fault.ended_s is not None else ""
    return f"Fault {fault.fault}: began at {number(fault.began_s, 2, 's')}{ended}."


def refused_line(spans: Sequence[HealthSpan], most: int = 4) -> str:
    """Return in a line which units were refused, when and why; nothing where none was.

    Parameters
    ----------
    spans : sequence of HealthSpan
        From `health_spans`.
    most : int
        Units named; of the others the number is given.

    Examples
    --------
    >>> refused_line([HealthSpan("altimeter", 600.45, 601.5, "rejected")])
    'Not believed: altimeter rejected from 600.5 s for 1.0 s.'
    """
    by_unit: dict[str, list[HealthSpan]] = {}
    for span in spans:
        if span.state in REFUSED:
            by_unit.setdefault(span.unit, []).append(span)
    if not by_unit:
        return ""
    told = sorted(by_unit.values(), key=lambda held: held[0].from_s)
    words = [_refused(held) for held in told[:most]]
    if len(told) > most:
        words.append(f"{len(told) - most} more")
    return f"Not believed: {'; '.join(words)}."


def _refused(held: Sequence[HealthSpan]) -> str:
    """Describe when and why one unit was refused."""
    why = "/".join(dict.fromkeys(span.state for span in held))
    seconds = sum(span.to_s - span.from_s for span in held)
    whole = " in all" if len(held) > 1 else ""
    return f"{held[0].unit} {why} from {held[0].from_s:.1f} s for {seconds:.1f} s{whole}"
