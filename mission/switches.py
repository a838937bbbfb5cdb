"""The contact switches of the footpads: one for each leg."""

from dataclasses import dataclass
from typing import Annotated

from farside.mission.bounds import Doc, NonNegative, Within
from farside.mission.mounting import ABSENT
from farside.mission.reader import Table

Moment = Annotated[float, Within(least=0.0, most=0.6)]


@dataclass(frozen=True, kw_only=True)
class ContactSwitches(Table):
    """Closed by the ground's push on a footpad; the first of them tells the lander it has landed.

    A change counts when it has lasted debounce_s without a break.
    """

    force_n: Annotated[NonNegative, Doc("push on a footpad that moves its switch", ABSENT)] = 0.0
    bounce_s: Annotated[Moment, Doc("for which it chatters after it has moved", ABSENT)] = 0.0
    debounce_s: Annotated[Moment, Doc("that a change must last", ABSENT)] = 0.0
    delay_s: Annotated[Moment, Doc("from there to the report", ABSENT)] = 0.0
