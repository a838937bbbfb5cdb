"""The table `[guidance.cutoff]`: which contact and which height may switch the engine off.

guidance/table.py makes the autopilot's table of it; ext/guidance/autopilot/cutoff.pxd has the
equations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, Within
from farside.mission.reader import Table

#: Ticks of 10 ms that a count may look back on: what a register holds.
_Ticks = Annotated[int, Within(least=1, most=64)]


@dataclass(frozen=True, kw_only=True)
class CutoffGains(Table):
    """Contact and height: how long they must last, and what they must agree with."""

    rules: ClassVar = ("windows",)

    arm_height_m: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc(
            "contact counts below this height",
            "a fall from it at 1.5 m/s ends with 3.7 m/s, inside 3.8: a false contact is no crash",
        ),
    ] = 3.5
    arm_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc("contact counts so long after a row with thrust began", "the turn into it is over"),
    ] = 0.5
    height_bound_m: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc(
            "a height reading may disagree by so much, where the estimate has no sigma",
            "cut-off at 2 m + 1.5 m, as arm_height_m",
        ),
    ] = 1.5
    height_sigmas: Annotated[
        float,
        Within(above=0.0, most=100.0),
        Doc("by so many of the estimate's sigma, where it has one", "99.7 %"),
    ] = 3.0
    contact_ticks: Annotated[
        _Ticks, Doc("a switch closed in so many ticks of 10 ms ...", "two of three")
    ] = 2
    contact_window: Annotated[_Ticks, Doc("of the last so many is a contact", "two of three")] = 3
    height_ticks: Annotated[
        _Ticks,
        Doc(
            "a height below the exit's in so many ticks ...",
            "two readings of a sensor of 20 Hz: one alone lasts 5 ticks",
        ),
    ] = 10
    height_window: Annotated[
        _Ticks, Doc("of the last so many ends the row", "three such readings")
    ] = 15
    carried_ticks: Annotated[
        int,
        Within(least=1, most=10000),
        Doc(
            "a contact counts at any height once the ground has carried the lander for so long",
            "longer than the throttle takes between its limits",
        ),
    ] = 50
    carried_height_m: Annotated[
        float,
        Within(above=0.0, most=1e6),
        Doc("and the height is below this", "ours: half of a hover's: no fault cuts off there"),
    ] = 50.0
    carried_speed_mps: Annotated[
        float,
        Within(above=0.0, most=100.0),
        Doc("and the speed below this", "below every descent's"),
    ] = 1.0
    carried_share: Annotated[
        float,
        Within(above=0.0, most=10.0),
        Doc(
            "of gravity, by which the specific force passes that of the engine: the ground carries",
            "least_up_share leaves 0.6 of the weight to the legs",
        ),
    ] = 0.3
    quiet_s: Annotated[
        float,
        Within(least=0.0, most=600.0),
        Doc(
            "so long after cut-off a load alone is a contact, without a switch",
            "the thrust has died away",
        ),
    ] = 1.5
    bounce_ticks: Annotated[
        int,
        Within(least=1, most=10000),
        Doc(
            "after contact, so long without contact or load: the thrusters hold the attitude",
            "ours: a rebound at 0.3 m/s lasts longer",
        ),
    ] = 30
    keep_early: Annotated[
        int,
        Within(least=0, most=1),
        Doc(
            "1: a contact from before it was armed counts once it is, open again or not",
            "0: it is cleared",
        ),
    ] = 0
    needs_reading: Annotated[
        int,
        Within(least=0, most=1),
        Doc(
            "1: no height ends a row while the height sensor gives none",
            "0: the estimate's height counts then",
        ),
    ] = 0

    def windows(self) -> Iterator[tuple[str, str]]:
        """Yield a count that its window can never hold."""
        for name in ("contact", "height"):
            ticks, window = getattr(self, f"{name}_ticks"), getattr(self, f"{name}_window")
            if ticks > window:
                yield f"{name}_ticks", f"{ticks} of {window} ticks never come; lower it"
