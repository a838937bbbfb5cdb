"""The phase table: rows of a guidance law, its targets, and the exit that ends it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Annotated, ClassVar, Final, Literal

from farside.mission.bounds import Azimuth, Doc, NonNegative, Positive, Slug, Triple, Within
from farside.mission.exits import EXITS, exit_fault
from farside.mission.reader import FieldSpec, Table

_GATE = ("altitude_m", "vertical_speed_mps", "horizontal_speed_mps", "range_m")

LAWS: Final = {
    "braking": FieldSpec(_GATE),
    "adjust": FieldSpec(),
    "polynomial": FieldSpec((*_GATE, "duration_s"), ("gamma", "kr", "tilt_limit_deg", "beyond_s")),
    "optimal": FieldSpec((*_GATE, "duration_s"), ("gamma", "kr", "tilt_limit_deg")),
    "hover": FieldSpec(("altitude_m",), ("scan",)),
    "descend": FieldSpec(("vertical_speed_mps",), ("pitch_deg", "azimuth_deg")),
    "hold": FieldSpec((), ("throttle", "pitch_deg", "azimuth_deg")),
    "off": FieldSpec((), ("pitch_deg", "azimuth_deg", "push_s")),
    "trim": FieldSpec(("duration_s",)),
    "quadratic": FieldSpec(
        ("target_m", "target_mps", "target_mps2", "target_mps3"),
        ("duration_s", "later_s", "lead_s", "cycle_s", "frame_gain", "frame_hold_s"),
    ),
    "null_velocity": FieldSpec(("vertical_speed_mps", "tau_s"), ("cycle_s",)),
    "e_guidance": FieldSpec(("altitude_m", "range_m"), ("time_weight", "tilt_limit_deg")),
}
"""The laws, with the keys that each needs and may have besides."""

MEANING: Final = {
    "braking": "near-constant thrust by an explicit solution, to a gate short of the site: the "
    "altitude, range and both speeds of the row's keys. It is planned from initiation, so the "
    "first row has it; further rows of it, to the same gate, may follow behind coasts, which are "
    "planned with: rows of hold with throttle = 0",
    "adjust": "turns to the attitude that the next row will begin with, and thrusts as that row "
    "will: for optimal and polynomial, else upright with the weight",
    "polynomial": "Lu's fractional polynomial to the row's altitude, range and speeds in the time "
    "duration_s, stretched where thrust or tilt would not do",
    "optimal": "least propellant to the same targets, solved anew each second, with the polynomial "
    "of duration_s, gamma and kr behind it for the last 16 s and where no plan is found",
    "hover": "holds the place over the touchdown target at altitude_m; with scan = true it images "
    "the ground, and a site is chosen",
    "descend": "comes down at a constant rate over the touchdown target; with pitch_deg it leans, "
    "keeps the rate and lets the place go",
    "hold": "holds an attitude and a throttle, whatever the flight does: those it finds at its "
    "entry, or the thrust axis by pitch_deg and azimuth_deg, and the thrust by throttle",
    "off": "engine off, upright, or the thrust axis by pitch_deg and azimuth_deg; with push_s the "
    "attitude thrusters turn it there on the ground, too",
    "trim": "Apollo's: least thrust for duration_s the way the next row, a quadratic, will point",
    "quadratic": "Apollo's P63 and P64: a quadratic in time to a target state where T = 0",
    "null_velocity": "Apollo's P65: to a rate of descent without horizontal speed, exponentially",
    "e_guidance": "E-guidance to rest at altitude_m and range_m, in the time that costs least",
}
"""What a row of each law does."""

#: Least pitch of a descent that leans [deg]: the thrust is then 1.4 times the weight.
LEAN_PITCH_DEG = 45.0

#: Of a row [s]: ten hours, longer than any descent.
Span = Annotated[float, Within(least=0.0, most=36000.0)]


@dataclass(frozen=True, kw_only=True)
class Phase(Table):
    """One row. Targets are those of the row's end; what its law does not steer to keeps 0.

    Examples
    --------
    >>> from farside.mission import load_mission
    >>> hover = next(row for row in load_mission("chang-e-6").phases if row.scan)
    >>> hover.name, hover.law, hover.altitude_m, hover.exit
    ('hover', 'hover', 100.0, 'site')
    """

    selectors: ClassVar = {"law": LAWS, "exit": EXITS}
    rules: ClassVar = ("gains", "rate", "times", "axis", "ends")

    name: Annotated[Slug, Doc("unlike every other row's; a law may have several rows")]
    law: Annotated[
        Literal[
            "braking",
            "adjust",
            "polynomial",
            "optimal",
            "hover",
            "descend",
            "hold",
            "off",
            "trim",
            "quadratic",
            "null_velocity",
            "e_guidance",
        ],
        Doc("guidance law of the row"),
    ]
    exit: Annotated[
        Literal[
            "time_to_go", "attitude", "site", "height", "altitude", "elapsed", "contact", "rest"
        ],
        Doc("what ends the row"),
    ]
    altitude_m: Annotated[
        NonNegative, Doc("of the base, above the touchdown target: the site until one is chosen")
    ] = 0.0
    vertical_speed_mps: Annotated[
        float, Within(most=0.0, what="downwards"), Doc("relative to the Moon's surface, up")
    ] = 0.0
    horizontal_speed_mps: Annotated[
        NonNegative, Doc("relative to the Moon's surface, along orbit.arrival_azimuth_deg")
    ] = 0.0
    range_m: Annotated[
        NonNegative, Doc("short of the touchdown target, against orbit.arrival_azimuth_deg")
    ] = 0.0
    duration_s: Annotated[Positive, Doc("first time-to-go")] = 0.0
    gamma: Annotated[
        NonNegative, Doc("first exponent of the fractional polynomial", "E-guidance (Lu 2020)")
    ] = 1.0
    kr: Annotated[
        Positive,
        Doc(
            "(gamma + 2)(second exponent + 2), at least 2 (gamma + 2); above 6 it ends upright, "
            "with 12 as Apollo's P64",
            "E-guidance (Lu 2020)",
        ),
    ] = 6.0
    tilt_limit_deg: Annotated[
        float,
        Within(above=0.0, most=90.0),
        Doc("of the thrust axis off the vertical", "guidance.tilt_limit_deg, where that is less"),
    ] = 90.0
    beyond_s: Annotated[
        NonNegative, Doc("how far after its end the polynomial aims", "at its end")
    ] = 0.0
    time_weight: Annotated[
        NonNegative, Doc("what a second costs [m^2/s^3]", "energy alone counts")
    ] = 0.0
    target_m: Annotated[
        Triple,
        Doc("place where T = 0, from the touchdown target: up, across (along x up), along"),
    ] = (0.0, 0.0, 0.0)
    target_mps: Annotated[Triple, Doc("velocity there, the same axes")] = (0.0, 0.0, 0.0)
    target_mps2: Annotated[Triple, Doc("acceleration there, the same axes")] = (0.0, 0.0, 0.0)
    target_mps3: Annotated[float, Doc("jerk there, along the flight")] = 0.0
    later_s: Annotated[
        NonNegative, Doc("of T = 0 after that of the quadratic row before, in duration_s's stead")
    ] = 0.0
    lead_s: Annotated[NonNegative, Doc("over the lag from sensing to thrusting", "none")] = 0.0
    cycle_s: Annotated[
        float, Within(least=0.0, most=10.0), Doc("of guidance passes", "0: every 0.1 s")
    ] = 0.0
    frame_gain: Annotated[
        float,
        Within(least=0.0, most=1.0),
        Doc("share of the flight to come that turns the guidance frame", "none"),
    ] = 0.0
    frame_hold_s: Annotated[
        NonNegative, Doc("the guidance frame stands still when less time is left", "never")
    ] = 0.0
    tau_s: Annotated[Positive, Doc("time constant in which the velocity is nulled")] = 10.0
    throttle: (
        Annotated[
            float,
            Within(least=0.0, most=1.0),
            Doc("share of engine.thrust_max_n; 0 is off", "the thrust at entry is held"),
        ]
        | None
    ) = None
    pitch_deg: (
        Annotated[
            float,
            Within(least=-90.0, most=90.0),
            Doc(
                "of the thrust axis above the level at the lander; 90 is upright",
                "law hold keeps the attitude at entry, off and descend are upright",
            ),
        ]
        | None
    ) = None
    azimuth_deg: (
        Annotated[
            Azimuth,
            Doc("of the thrust axis", "against orbit.arrival_azimuth_deg: it slows the lander"),
        ]
        | None
    ) = None
    push_s: Annotated[
        float,
        Within(least=0.0, most=60.0),
        Doc("how long the thrusters push towards the axis although a footpad touches", "never"),
    ] = 0.0
    scan: Annotated[bool, Doc("image the ground and choose a site; one row at the most")] = False
    exit_s: Annotated[Span, Doc("time-to-go, or time since the row began")] = 0.0
    exit_deg: Annotated[float, Within(above=0.0, below=180.0), Doc("attitude error")] = 0.0
    exit_m: Annotated[NonNegative, Doc("height or altitude")] = 0.0
    limit_s: Annotated[Positive, Doc("leave after this long all the same", "never")] = inf

    def gains(self) -> Iterator[tuple[str, str]]:
        """Yield exponents that the polynomial cannot have."""
        # Lu (2020): kr = (gamma + 2)(gamma2 + 2) with the second exponent not negative
        if self.kr < 2.0 * (self.gamma + 2.0):
            yield "kr", f"{self.kr:g} must be at least 2 (gamma + 2), {2.0 * (self.gamma + 2.0):g}"

    def rate(self) -> Iterator[tuple[str, str]]:
        """Yield a descent that stands still."""
        if self.law in ("descend", "null_velocity") and self.vertical_speed_mps == 0.0:
            yield "vertical_speed_mps", "0 never comes down; give a negative rate"

    def times(self) -> Iterator[tuple[str, str]]:
        """Yield a quadratic's time that is given twice or not at all, and exits it cannot see."""
        if self.law == "quadratic" and (self.duration_s > 0.0) == (self.later_s > 0.0):
            yield "duration_s", "a quadratic row takes either duration_s or later_s; give one"
        if self.exit == "time_to_go" and self.exit_s < self.cycle_s:
            yield (
                "exit_s",
                f"{self.exit_s:g} is below cycle_s, {self.cycle_s:g}, which looks ahead by a pass; "
                "give more",
            )

    def axis(self) -> Iterator[tuple[str, str]]:
        """Yield half of a thrust axis."""
        if self.azimuth_deg is not None and self.pitch_deg is None:
            yield "pitch_deg", "missing; azimuth_deg needs it; add it, in degrees"
        if self.law == "hold" and self.exit == "attitude" and self.pitch_deg is None:
            yield "pitch_deg", 'missing; exit = "attitude" needs it; add it, in degrees'
        if self.push_s > 0.0 and self.pitch_deg is None:
            yield "pitch_deg", "missing; push_s needs an axis to push to; add it, in degrees"
        if self.law == "descend" and self.pitch_deg is not None and self.pitch_deg < LEAN_PITCH_DEG:
            yield (
                "pitch_deg",
                f"{self.pitch_deg:g} leans too far to come down steadily; give "
                f"{LEAN_PITCH_DEG:g} or more",
            )

    def ends(self) -> Iterator[tuple[str, str]]:
        """Yield an exit that is met at once, or never."""
        wrong = exit_fault(self.law, self.exit)
        if wrong:
            yield "exit", wrong
        if self.exit == "site" and not self.scan:
            yield "scan", 'missing; exit = "site" needs a scan to choose one from; add scan = true'
        if self.exit == "elapsed" and self.exit_s == 0.0:
            yield "exit_s", "0 ends the row as it begins; give the seconds that it shall last"
        if self.duration_s > 0.0 and self.exit == "time_to_go" and self.exit_s >= self.duration_s:
            yield (
                "exit_s",
                f"{self.exit_s:g} is not below duration_s, {self.duration_s:g}: the row is over as "
                "it begins; lower it",
            )


def contact_axis(phases: tuple[Phase, ...]) -> tuple[float, float | None] | None:
    """Return pitch and azimuth [deg] that the row which waits for contact asks for.

    None where it asks for an upright lander, or for none; an azimuth of None is against the
    arrival's.

    Examples
    --------
    >>> lean = Phase(name="fall", law="off", exit="contact", pitch_deg=80.0, azimuth_deg=240.0)
    >>> contact_axis((lean,))
    (80.0, 240.0)
    """
    row = next((row for row in phases if row.exit == "contact"), None)
    if row is None or row.pitch_deg is None:
        return None
    return row.pitch_deg, row.azimuth_deg


def _behind(name: str) -> Phase:
    """Return a row behind the phase table: its law is none that a file may name."""
    phase = Phase(name=name, law="hold", exit="rest")
    object.__setattr__(phase, "law", name)
    return phase


#: What is flown where a descent is left: its phase's number is that behind the table's last.
ABORT = _behind("abort")
#: And where neither a landing nor an orbit is left: the number behind that.
LEAST_HARM = _behind("least_harm")


def flown_phases(phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    """Return the phases that the telemetry's numbers count: the table's, and the two of an abort.

    Parameters
    ----------
    phases : tuple of Phase
        The table's.

    Returns
    -------
    tuple of Phase
    """
    return (*phases, ABORT, LEAST_HARM)
