"""The table `[guidance.late]`: what guidance leaves out where it comes late to its ticks.

ext/guidance/autopilot/late.pxd has the order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from farside.mission.bounds import Doc, Fraction, Positive
from farside.mission.reader import Table


@dataclass(frozen=True, kw_only=True)
class LateGains(Table):
    """Shares of missed ticks from which work is left out, in the order of their names."""

    rules: ClassVar = ("order",)

    average_s: Annotated[
        Positive, Doc("over which the share of missed ticks is averaged", "two major cycles")
    ] = 2.0
    constrained_share: Annotated[
        Fraction,
        Doc(
            "from here on no descent within glide slope and tilt is planned: the longest work",
            "ours: two ticks in two seconds",
        ),
    ] = 0.01
    solutions_share: Annotated[
        Fraction,
        Doc(
            "from here on braking's solution and plans are made half as often",
            "ours: Apollo 11 lost 13 %",
        ),
    ] = 0.05
    plans_share: Annotated[
        Fraction,
        Doc("from here on none is planned, and laws that need none fly", "ours: half of that time"),
    ] = 0.5
    leave_share: Annotated[
        Fraction, Doc("of these shares, below which the work is taken up again", "ours: no chatter")
    ] = 0.5

    def order(self) -> Iterator[tuple[str, str]]:
        """Yield shares that do not rise."""
        if not self.constrained_share <= self.solutions_share <= self.plans_share:
            yield (
                "constrained_share",
                "constrained_share, solutions_share and plans_share must rise in this order",
            )
