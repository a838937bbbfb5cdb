"""The phase table: rows of a guidance law, its targets, and the gate that ends it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Annotated, ClassVar, Literal

from farside.mission.bounds import NonNegative, Positive, Slug, Triple, Within
from farside.mission.reader import Table, Takes

MOST_ROWS = 16

LAWS = {
    "braking": Takes(("altitude_m", "vertical_speed_mps", "horizontal_speed_mps", "range_m")),
    "adjust": Takes(),
    "polynomial": Takes(
        ("altitude_m", "vertical_speed_mps", "horizontal_speed_mps", "range_m", "duration_s"),
        ("gamma", "kr", "tilt_limit_deg", "beyond_s"),
    ),
    "optimal": Takes(
        ("altitude_m", "vertical_speed_mps", "horizontal_speed_mps", "range_m", "duration_s"),
        ("gamma", "kr", "tilt_limit_deg"),
    ),
    "hover": Takes(("altitude_m",), ("scan",)),
    "descend": Takes(("vertical_speed_mps",)),
    "off": Takes(),
    "trim": Takes(("duration_s",)),
    "quadratic": Takes(
        ("target_m", "target_mps", "target_mps2", "target_mps3"),
        ("duration_s", "later_s", "lead_s", "cycle_s", "frame_gain", "frame_hold_s"),
    ),
    "null_velocity": Takes(("vertical_speed_mps", "tau_s"), ("cycle_s",)),
    "e_guidance": Takes(("altitude_m", "range_m"), ("time_weight", "tilt_limit_deg")),
}
"""The laws, with the targets that each steers to."""

EXITS = {
    "time_to_go": Takes(("exit_s",)),
    "attitude": Takes(("exit_deg", "limit_s")),
    "site": Takes(("limit_s",)),
    "height": Takes(("exit_m",)),
    "altitude": Takes(("exit_m",)),
    "contact": Takes(),
    "rest": Takes(),
}
"""The gates, with the number that opens each."""


@dataclass(frozen=True, kw_only=True)
class Phase(Table):
    """One row. Targets are those of the row's end; what its law does not steer to keeps 0.

    Laws: `braking` near-constant thrust to a gate short of the site; `adjust` turns to the next
    row's first attitude; `polynomial` in time; `optimal` least propellant with the polynomial
    behind it (its duration_s, gamma, kr); `hover` holds; `descend` at a constant rate; `off`.
    The classics: `e_guidance` to rest in the time that costs it least; Apollo's `trim`, least
    thrust the way the next row will; `quadratic`, P63 and P64; `null_velocity`, P65.

    Exits: `time_to_go` of the law down to exit_s; `attitude` error below exit_deg; `site` chosen;
    `height` above the ground below exit_m; `altitude` above the site's radius below exit_m;
    first leg in `contact`; at `rest`.
    """

    selectors: ClassVar = {"law": LAWS, "exit": EXITS}

    name: Slug
    law: Literal[
        "braking",
        "adjust",
        "polynomial",
        "optimal",
        "hover",
        "descend",
        "off",
        "trim",
        "quadratic",
        "null_velocity",
        "e_guidance",
    ]
    exit: Literal["time_to_go", "attitude", "site", "height", "altitude", "contact", "rest"]
    altitude_m: NonNegative = 0.0  # above the site's radius
    vertical_speed_mps: Annotated[float, Within(most=0.0, what="downwards")] = 0.0  # Moon-fixed
    horizontal_speed_mps: NonNegative = 0.0  # Moon-fixed, towards the site
    range_m: NonNegative = 0.0  # short of the site along the track
    duration_s: Positive = 0.0  # first time-to-go; 0 where the law finds its own
    gamma: NonNegative = 1.0  # first exponent of the fractional polynomial (Lu 2020)
    kr: Positive = 6.0  # (gamma + 2)(second exponent + 2); 1 and 6 are E-guidance
    tilt_limit_deg: Annotated[float, Within(above=0.0, most=90.0)] = 90.0  # besides guidance's own
    beyond_s: NonNegative = 0.0  # how far after its end the polynomial aims; 0: at it
    time_weight: NonNegative = 0.0  # what a second costs E-guidance [m^2/s^3]
    # A quadratic row's target at T = 0: up, across (along x up), along the flight; gravity and all
    target_m: Triple = (0.0, 0.0, 0.0)  # from the touchdown target
    target_mps: Triple = (0.0, 0.0, 0.0)
    target_mps2: Triple = (0.0, 0.0, 0.0)
    target_mps3: float = 0.0  # jerk along
    later_s: NonNegative = 0.0  # what T = 0 lies after the T = 0 of the row before
    lead_s: NonNegative = 0.0  # over the lag from sensing to thrusting
    cycle_s: Annotated[float, Within(least=0.0, most=10.0)] = 0.0  # of passes; 0: every 0.1 s
    frame_gain: Annotated[float, Within(least=0.0, most=1.0)] = 0.0  # of the way still to fly
    frame_hold_s: NonNegative = 0.0  # the guidance frame stands still when less time is left
    tau_s: Positive = 10.0  # in which the velocity is nulled
    scan: bool = False  # image the ground with the lidar meanwhile
    exit_s: NonNegative = 0.0
    exit_deg: Positive = 0.0
    exit_m: NonNegative = 0.0
    limit_s: Positive = inf  # leave after this long all the same; infinity: never

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield targets that the law cannot steer to."""
        # Lu (2020): kr = (gamma + 2)(gamma2 + 2) with the second exponent not negative
        if self.kr < 2.0 * (self.gamma + 2.0):
            yield "kr", f"{self.kr:g} must be at least 2 (gamma + 2), {2.0 * (self.gamma + 2.0):g}"
        if self.law in ("descend", "null_velocity") and self.vertical_speed_mps == 0.0:
            yield "vertical_speed_mps", "0 never comes down; give a negative rate"
        if self.law == "quadratic" and (self.duration_s > 0.0) == (self.later_s > 0.0):
            yield "duration_s", "a quadratic row takes either duration_s or later_s; give one"


FIRST = ("braking", "trim", "quadratic")
"""The laws that a descent may begin with."""


def table_faults(rows: Sequence[Phase]) -> Iterator[tuple[str, str]]:
    """Yield (key, fault) for what the rows cannot see one by one."""
    if not 2 <= len(rows) <= MOST_ROWS:
        yield "phases", f"{len(rows)} rows; give 2 to {MOST_ROWS}"
        return
    if rows[0].law not in FIRST:
        wanted = " or ".join(f'"{law}"' for law in FIRST)
        yield f"phases[{rows[0].name}].law", f"the first row must have law = {wanted}"
    for i, row in enumerate(rows):
        if row.later_s > 0.0 and (i == 0 or rows[i - 1].law != "quadratic"):
            yield f"phases[{row.name}].later_s", "later than what? no quadratic row stands before"
    for row, after in pairwise(rows):
        if row.law == "trim" and after.law != "quadratic":
            yield f"phases[{row.name}].law", 'trim points as a law = "quadratic" row after it will'
    if (rows[-1].law, rows[-1].exit) != ("off", "rest"):
        yield f"phases[{rows[-1].name}]", 'the last row must have law = "off" and exit = "rest"'
    seen = set[str]()
    for row in rows:
        if row.name in seen:
            yield f"phases[{row.name}].name", "used by two rows; rename one"
        seen.add(row.name)
    for row in rows[:-1]:
        if row.exit == "rest":
            yield f"phases[{row.name}].exit", "only the last row may wait for rest; change it"
