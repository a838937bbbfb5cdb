"""The table `[guidance.couples]`: when a couple of attitude thrusters counts as failed.

ext/guidance/autopilot/couples.pxd has the equations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, Fraction, NonNegative, Positive, Within
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class CoupleGains(Table):
    """Effectiveness of the couples, as measured from turning, and what counts as a failure."""

    rules: ClassVar = ("order",)

    noise_share: Annotated[
        Positive,
        Doc(
            "of a large couple's torque: 1 sigma of the mean torque over a window of 0.25 s that "
            "is neither commanded nor constant",
            "ours: slosh, and the pulse that is still owed",
        ),
    ] = 0.08
    drift_share: Annotated[
        Positive,
        Doc(
            "of the same torque: 1 sigma of what the offset torque changes by in a second",
            "ours: the thrust through a centre of mass that moves",
        ),
    ] = 0.002
    liquid_share: Annotated[
        NonNegative,
        Doc(
            "of a large couple's torque: 1 sigma of what liquid gives as an abort's engine is lit",
            "Apollo 11 as modelled, lit after a turn of 0.18 rad/s in free fall: swings of 1.7",
        ),
    ] = 1.5
    liquid_s: Annotated[
        Positive,
        Doc("time in which that falls to 1/e", "the same: 8.5 s"),
    ] = 10.0
    gate_sigmas: Annotated[
        Positive,
        Doc("two windows on end further off than this open the estimate anew", "99.99 %, twice"),
    ] = 4.0
    lost_share: Annotated[
        Fraction, Doc("of its torque, below which a couple is lost", "ours: half of one thruster")
    ] = 0.25
    weak_share: Annotated[
        Fraction,
        Doc("of its torque, below which it is weak, and driven harder", "ours: one is out"),
    ] = 0.7
    sure_sigma: Annotated[
        Annotated[float, Within(above=0.0, most=1.0)],
        Doc("of a share, 1 sigma, above which it says nothing", "ours: a third of lost to weak"),
    ] = 0.12

    def order(self) -> Iterator[tuple[str, str]]:
        """Yield a couple that is lost before it is weak."""
        if self.lost_share >= self.weak_share:
            yield "lost_share", f"{self.lost_share:g} is not below weak_share; lower it"
